"""A background process that hangs is noticed, said, and can be begun anew."""

from __future__ import annotations

import os
import signal

import pytest
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.services import silent_jobs
from app.services.jobs import Jobs
from app.services.silent_jobs import SilentJobs
from app.views.jobs.jobs_bar import jobs_text
from skelseg_core.engine import serving

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGSTOP")


@pytest.fixture
def notices(jobs: Jobs) -> Notices:
    made = Notices(jobs.parent())
    SilentJobs(jobs, made, jobs.parent())
    return made


def test_a_process_that_stands_still_is_said_and_begun_anew(
    qtbot: QtBot, jobs: Jobs, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.engine.worker_process.SILENT_S", 1.0)
    task = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
    job = jobs.start("Pre-label v", task)
    qtbot.waitUntil(lambda: jobs.worker.process is not None, timeout=20_000)
    process = jobs.worker.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    qtbot.waitUntil(lambda: bool(notices.all), timeout=20_000)
    (said,) = notices.all
    assert said.text.startswith("Pre-label v: no sign of life for 30 s.")
    assert "Wait, or restart it: your labels are safe." in said.text
    assert jobs_text([job]) == "Pre-label v: no sign of life"
    (restart,) = said.helps
    # It may be said again while the new process begins, which takes seconds.
    monkeypatch.setattr("skelseg_core.engine.worker_process.SILENT_S", 60.0)
    with qtbot.waitSignal(jobs.failed, timeout=60_000) as caught:
        restart.trigger()  # type: ignore[union-attr]
    assert "no skelseg project" in caught.args[0]
    assert process.poll() == -signal.SIGKILL
    qtbot.waitUntil(lambda: not notices.all, timeout=20_000)


def test_a_process_that_lives_again_takes_the_warning_back(
    qtbot: QtBot, jobs: Jobs, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.engine.worker_process.SILENT_S", 1.0)
    task = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
    jobs.start("Pre-label v", task)
    qtbot.waitUntil(lambda: jobs.worker.process is not None, timeout=20_000)
    process = jobs.worker.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    qtbot.waitUntil(lambda: bool(notices.all), timeout=20_000)
    with qtbot.waitSignal(jobs.failed, timeout=60_000):
        os.kill(process.pid, signal.SIGCONT)
    qtbot.waitUntil(lambda: not notices.all, timeout=20_000)


def test_the_signs_come_oftener_than_they_are_missed() -> None:
    assert serving.BEAT_S * 3 < silent_jobs.SILENT_S
