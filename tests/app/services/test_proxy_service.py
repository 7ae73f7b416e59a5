"""Small copies of videos: made at the first look, removed with their video."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.services.services import Services
from app.views.jobs.status_bar_jobs import JobsBar
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks.registry import TASKS
from skelseg_core.video.proxy import TABLE, proxies_folder
from skelseg_core.video.reader import VideoReader
from tests.app.made_services import close_services, make_services
from tests.in_process import in_this_process
from tests.settled import settle
from tests.videos import read_code, write_video

N = 40
SLOW = {"size": (1280, 720), "options": {"g": str(N), "preset": "ultrafast"}}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for k, name in enumerate(("one", "two")):
        path = folder / f"{name}.mp4"
        write_video(path, N, shows=lambda n, k=k: 100 * k + n, **SLOW)  # type: ignore[arg-type,misc]
    write_video(folder / "quick.mp4", N)
    return folder


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path, films: Path) -> Iterator[Services]:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    before = project
    for name in ("one", "two", "quick"):
        path = Path(shutil.copy(films / f"{name}.mp4", tmp_path))
        project = add_video(project, probe_video(path, folder, project))
    folder.save(project, before)
    made = make_services(ProjectFolder(folder.root))
    yield made
    close_services(made)


def look_at(qtbot: QtBot, services: Services, video_id: str) -> None:
    services.session.set_video(video_id)
    qtbot.waitUntil(lambda: services.player.picture is not None, timeout=20_000)


def rest(qtbot: QtBot, services: Services) -> None:
    settle()
    assert not services.jobs.running


def shown(services: Services, video_id: str) -> int | None:
    """The number on frame 30 of the proxy of a video; None without one."""
    document = services.document
    path = document.folder.video_path(document.project.track(video_id).video)
    with VideoReader(path) as reader:
        pixels = reader.preview(30)
        return None if pixels is None else read_code(pixels[..., 2::-1])


def test_a_video_that_is_slow_to_look_at_gets_one_at_the_first_look(
    qtbot: QtBot, services: Services
) -> None:
    titles: list[str] = []
    services.jobs.started.connect(lambda job: titles.append(job.title))
    look_at(qtbot, services, "quick")
    rest(qtbot, services)
    assert not [t for t in titles if t.startswith("Small copy")]
    look_at(qtbot, services, "one")
    # Once it is known that there are no poses, whose estimate would write it.
    qtbot.waitUntil(lambda: "Small copy of one" in titles, timeout=20_000)
    look_at(qtbot, services, "two")  # while the first is written
    rest(qtbot, services)
    assert [shown(services, v) for v in ("one", "two")] == [30, 130]
    assert titles.count("Small copy of two") == 1
    # It is there: nothing is begun but a look.
    look_at(qtbot, services, "one")
    rest(qtbot, services)
    assert shown(services, "one") == 30
    # One that was damaged is made again.
    for folder in proxies_folder().iterdir():
        (folder / TABLE).write_bytes(b"damaged")
    assert shown(services, "two") is None
    look_at(qtbot, services, "two")
    rest(qtbot, services)
    assert shown(services, "two") == 130


def test_they_are_removed_and_none_is_made_where_they_are_switched_off(
    qtbot: QtBot, services: Services
) -> None:
    services.jobs.worker = in_this_process(TASKS)()
    look_at(qtbot, services, "one")
    rest(qtbot, services)
    services.models.proxy_service.toggle()
    assert not services.settings.proxies
    assert services.models.pose_service.proxy_bytes == 0
    rest(qtbot, services)
    assert shown(services, "one") is None
    for video_id in ("two", "one"):
        look_at(qtbot, services, video_id)
        rest(qtbot, services)
    assert list(proxies_folder().iterdir()) == []
    services.models.proxy_service.toggle()
    rest(qtbot, services)
    assert shown(services, "one") == 30
    assert services.models.pose_service.proxy_bytes == 20 * 10**9


def test_it_goes_with_its_video(qtbot: QtBot, services: Services) -> None:
    services.jobs.worker = in_this_process(TASKS)()
    for video_id in ("one", "two"):
        look_at(qtbot, services, video_id)
        rest(qtbot, services)
    assert len(list(proxies_folder().iterdir())) == 2
    services.files.video_files.remove("one")
    rest(qtbot, services)
    assert shown(services, "two") == 130
    assert len(list(proxies_folder().iterdir())) == 1
    services.document.undo_stack.undo()
    look_at(qtbot, services, "one")
    rest(qtbot, services)
    assert shown(services, "one") == 30


def test_who_cancels_is_not_asked_again(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("small copy of one", 1, 9)

    monkeypatch.setattr(services.jobs.worker, "alone", endless)
    look_at(qtbot, services, "one")
    running = services.jobs.running
    qtbot.waitUntil(lambda: any(j.kind == "proxy" for j in running), timeout=20_000)
    services.models.proxy_service.cancel()
    rest(qtbot, services)
    begun: list[str] = []
    services.jobs.started.connect(lambda job: begun.append(job.title))
    look_at(qtbot, services, "quick")
    look_at(qtbot, services, "one")
    rest(qtbot, services)
    assert "Small copy of one" not in begun


def test_what_cannot_be_written_is_tried_once(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def full(*_: object, path: str, **__: object) -> Task[dict[str, Any]]:
        tried.append(path)
        yield Progress("small copy of one", 1, 9)
        return {"there": False}

    monkeypatch.setattr(services.jobs.worker, "alone", full)
    for video_id in ("one", "quick", "one"):
        look_at(qtbot, services, video_id)
        rest(qtbot, services)
    assert len(tried) == 1


def test_where_poses_are_estimated_they_write_it(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    alone: list[str] = []
    estimated = threading.Event()

    def estimate(task: str, **arguments: Any) -> Task[dict[str, Any]]:
        asked.append({"task": task, **arguments})
        while not estimated.is_set():
            yield Progress("poses of one", 1, 9)
        return {}

    def write(task: str, **_: Any) -> Task[dict[str, Any]]:
        alone.append(task)
        assert not [j for j in services.jobs.running if j.kind == "poses"]
        yield Progress("small copy of one", 1, 9)
        return {"there": False}

    monkeypatch.setattr(services.jobs.worker, "task", estimate)
    monkeypatch.setattr(services.jobs.worker, "alone", write)
    services.models.pose_service.by_itself = True
    look_at(qtbot, services, "one")
    qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
    assert not [j for j in services.jobs.running if j.kind == "proxy"]
    estimated.set()
    rest(qtbot, services)
    assert asked[0]["task"] == "estimate_poses"
    assert asked[0]["proxy_bytes"] == 20 * 10**9
    # Where they did not (cancelled, gone on from before), it is written afterwards.
    qtbot.waitUntil(lambda: alone == ["write_proxy"], timeout=20_000)
    rest(qtbot, services)


def test_a_job_that_somebody_waits_for_is_shown_before_one_in_the_background(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("small copy of one", 1, 9)

    monkeypatch.setattr(services.jobs.worker, "alone", endless)
    bar = JobsBar(services.jobs)
    qtbot.addWidget(bar)
    look_at(qtbot, services, "one")

    def is_shown() -> bool:
        return bar.shown is not None and bar.shown.title == "Small copy of one"

    # After the poses have been read.
    qtbot.waitUntil(is_shown, timeout=20_000)
    job = services.jobs.start("Train a", endless())
    assert bar.shown is job
    for job in services.jobs.running:
        job.cancel()
    rest(qtbot, services)


@pytest.mark.parametrize("kind", ["poses", "proxy"])
def test_one_that_lands_after_they_are_switched_off_is_removed(
    qtbot: QtBot, services: Services, kind: str
) -> None:
    may_land = threading.Event()

    def late() -> Task[None]:
        while not may_land.is_set():
            yield Progress("writing", 1, 9)
        (proxies_folder() / "late").mkdir(parents=True)
        (proxies_folder() / "late" / TABLE).write_bytes(b"a proxy")

    job = services.jobs.start("Writing", late(), kind=kind)
    services.models.proxy_service.toggle()
    qtbot.waitUntil(lambda: services.jobs.running == [job], timeout=20_000)
    may_land.set()
    rest(qtbot, services)
    assert list(proxies_folder().iterdir()) == []
