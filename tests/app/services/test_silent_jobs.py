"""A background process that stands still is said, and its job can be cancelled."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from pytestqt.qtbot import QtBot

from app.services.jobs import Job, Jobs
from app.views.jobs.status_bar_jobs import jobs_text
from skelseg_core.engine import serving, worker_process

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGSTOP")
SILENT = "Pre-label v: not responding"


@pytest.fixture
def stopped(
    qtbot: QtBot, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> tuple[Job, subprocess.Popen[str]]:
    """A job whose process was stopped, once that is said."""
    monkeypatch.setattr(worker_process, "SILENT_S", 1.0)
    task = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
    job = jobs.start("Pre-label v", task)
    qtbot.waitUntil(lambda: jobs.worker.process is not None, timeout=20_000)
    process = jobs.worker.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    qtbot.waitUntil(lambda: jobs_text([job]) == SILENT, timeout=20_000)
    return job, process


def test_a_job_whose_process_stands_still_is_cancelled(
    qtbot: QtBot, jobs: Jobs, stopped: tuple[Job, subprocess.Popen[str]]
) -> None:
    job, process = stopped
    with qtbot.waitSignal(jobs.ended, timeout=20_000):
        job.cancel()
    assert process.poll() == -signal.SIGKILL


def test_a_process_that_lives_again_goes_on(
    qtbot: QtBot, jobs: Jobs, stopped: tuple[Job, subprocess.Popen[str]]
) -> None:
    _, process = stopped
    with qtbot.waitSignal(jobs.failed, timeout=60_000) as caught:
        os.kill(process.pid, signal.SIGCONT)
    assert "not a skelseg project" in caught.args[0]


def test_the_signs_come_oftener_than_they_are_missed() -> None:
    assert serving.BEAT_S * 3 < worker_process.SILENT_S
