"""While a thread is waited for, the window goes on being painted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.kit.threads import (
    Queue,
    begin,
    run_in_thread_and_wait,
    under_way,
    wait_for_thread,
)
from app.state.document import open_document
from skelseg_core.errors import ProjectError
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from tests.settled import settle

SLOW_S = 0.2


@contextmanager
def ticking() -> Iterator[list[None]]:
    """Give a list that grows whenever the event loop turns."""
    seen: list[None] = []
    timer = QTimer()
    timer.timeout.connect(lambda: seen.append(None))
    timer.start(1)
    try:
        yield seen
    finally:
        timer.stop()


def test_work_in_a_thread_gives_its_result_or_its_error(qtbot: QtBot) -> None:
    def work() -> threading.Thread:
        time.sleep(SLOW_S)
        return threading.current_thread()

    def fail() -> None:
        raise ProjectError("no project")

    with ticking() as seen:
        assert run_in_thread_and_wait(work) is not threading.main_thread()
    assert len(seen) > 5
    with pytest.raises(ProjectError, match="no project"):
        run_in_thread_and_wait(fail)


def test_a_thread_that_hangs_is_not_waited_for_forever(qtbot: QtBot) -> None:
    go_on = threading.Event()
    hanging = threading.Thread(target=go_on.wait)
    hanging.start()
    with ticking() as seen:
        wait_for_thread(hanging, SLOW_S)
    assert len(seen) > 5
    assert hanging.is_alive()
    go_on.set()
    wait_for_thread(hanging)
    assert not hanging.is_alive()


def test_what_was_begun_is_under_way_until_it_has_ended(qtbot: QtBot) -> None:
    go_on = threading.Event()
    begin(go_on.wait, "wait")
    assert under_way() == ["wait"]
    go_on.set()
    settle()
    assert under_way() == []


def test_a_queue_does_one_after_the_other_and_nothing_once_it_ends(
    qtbot: QtBot,
) -> None:
    go_on, done = threading.Event(), list[object]()
    queue = Queue("tell")
    assert queue.thread.ident is None, "it begins with what is asked"
    queue.put(go_on.wait)
    for n in range(100):
        queue.put(lambda n=n: done.append((n, threading.current_thread())))
    assert under_way() == ["tell"]
    assert done == []
    go_on.set()
    settle()
    assert done == [(n, queue.thread) for n in range(100)]
    assert queue.thread.is_alive(), "it rests"
    queue.put(lambda: done.append("last"))
    queue.end()
    queue.put(lambda: done.append("too late"))
    wait_for_thread(queue.thread)
    assert not queue.thread.is_alive()
    assert done[-1] == "last"


def test_what_follows_in_a_moment_is_waited_for(qtbot: QtBot) -> None:
    done: list[int] = []

    def then() -> None:
        begin(lambda: QTimer.singleShot(0, later, lambda: done.append(2)), "second")

    later = QTimer(singleShot=True, interval=50)
    later.timeout.connect(lambda: (done.append(1), then()))
    begin(lambda: done.append(0), "first")
    later.start()
    settle()
    assert done == [0, 1, 2]


def test_a_slow_disk_does_not_stop_the_painting(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, save = ProjectFolder.load, ProjectFolder.write_lost

    def slow_load(folder: ProjectFolder) -> Project:
        time.sleep(SLOW_S)
        return load(folder)

    def slow_save(folder: ProjectFolder, project: Project) -> list[str]:
        time.sleep(SLOW_S)
        return save(folder, project)

    monkeypatch.setattr(ProjectFolder, "load", slow_load)
    monkeypatch.setattr(ProjectFolder, "write_lost", slow_save)
    with ticking() as seen:
        document = open_document(project_folder)
    assert len(seen) > 5
    with ticking() as seen:
        document.close()
    assert len(seen) > 5
