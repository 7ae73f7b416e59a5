from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.services.jobs import Jobs
from app.state.document import open_document
from app.views.jobs.jobs_list import HOW_FAR, STOP, WHAT, JobsView
from app.views.jobs.status_bar_jobs import JobsBar
from app.views.jobs.status_bar_saving import SavedView
from app.window.project_window import ProjectWindow
from skelseg_core.engine.worker_process import WAITING
from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.labels.edits import paint
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder


@pytest.fixture(autouse=True)
def everything_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """List every job, however soon it is done: how fast a machine is does not count."""
    monkeypatch.setattr("app.views.jobs.jobs_list.MIN_LISTED_S", 0.0)


@pytest.fixture
def view(qtbot: QtBot, jobs: Jobs) -> JobsView:
    made = JobsView(jobs)
    qtbot.addWidget(made)
    made.resize(420, 300)
    made.show()
    return made


def endless(stop: threading.Event, step: str = "features of 07") -> Task[int]:
    n = 0
    while not stop.wait(0.01):
        n = min(n + 1, 63)
        yield Progress(step, n, 100)
    return n


def failing() -> Task[int]:
    yield Progress("looking at the videos")
    raise SkelsegError("clip.mp4 is cut off; copy it again.")


def texts(view: JobsView, column: int) -> list[str]:
    model = view.model
    return [model.index(r, column).data() for r in range(model.rowCount())]


def click(view: JobsView, row: int, column: int) -> None:
    place = view.table.visualRect(view.model.index(row, column)).center()
    port = view.table.viewport()
    QTest.mouseClick(
        port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
    )


def test_what_runs_is_listed_and_stopped_by_its_cross(
    qtbot: QtBot, jobs: Jobs, view: JobsView
) -> None:
    assert view.empty.isVisible()
    stop = threading.Event()
    job = jobs.start("Features of 07", endless(stop))
    qtbot.waitUntil(lambda: texts(view, HOW_FAR) == ["63 %"], timeout=10_000)
    assert texts(view, WHAT) == ["Features of 07"]
    assert not view.empty.isVisible()
    with qtbot.waitSignal(job.cancelled, timeout=5_000):
        click(view, 0, STOP)
    qtbot.waitUntil(lambda: texts(view, HOW_FAR) == ["cancelled"], timeout=5_000)
    assert texts(view, STOP) == [""]


def test_delete_cancels_the_chosen_job_and_no_other(
    qtbot: QtBot, jobs: Jobs, view: JobsView
) -> None:
    stop = threading.Event()
    first = jobs.start("first", endless(stop))
    second = jobs.start("second", endless(stop, WAITING))
    qtbot.waitUntil(lambda: len(texts(view, WHAT)) == 2, timeout=10_000)
    assert texts(view, HOW_FAR)[0] == "waiting"
    click(view, 1, WHAT)
    with qtbot.waitSignal(first.cancelled, timeout=5_000):
        QTest.keyClick(view.table, Qt.Key.Key_Delete)
    assert second.running
    stop.set()
    qtbot.waitUntil(lambda: not jobs.running, timeout=5_000)
    assert texts(view, HOW_FAR) == ["done", "cancelled"]


def test_what_failed_says_its_whole_sentence_and_is_cleared(
    qtbot: QtBot, jobs: Jobs, view: JobsView
) -> None:
    jobs.start("Add videos", failing())
    qtbot.waitUntil(lambda: texts(view, HOW_FAR) == ["failed"], timeout=5_000)
    assert view.detail.text() == "clip.mp4 is cut off; copy it again."
    assert view.detail.property("tone") == "error"
    selectable = Qt.TextInteractionFlag.TextSelectableByMouse
    assert view.detail.textInteractionFlags() & selectable
    QTest.mouseClick(view.clear, Qt.MouseButton.LeftButton)
    assert texts(view, WHAT) == []
    assert view.empty.isVisible()
    assert not view.clear.isEnabled()


def test_a_job_that_nobody_waited_for_is_not_listed(
    qtbot: QtBot, jobs: Jobs, view: JobsView, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is, nobody waits for an hour.
    monkeypatch.setattr("app.views.jobs.jobs_list.MIN_LISTED_S", 3_600.0)

    def quick() -> Task[int]:
        yield Progress("reading")
        return 1

    jobs.start("reading", quick())
    qtbot.waitUntil(lambda: not jobs.running, timeout=5_000)
    assert texts(view, WHAT) == []


def test_a_choice_stays_on_its_job_when_another_begins(
    qtbot: QtBot, jobs: Jobs, view: JobsView
) -> None:
    stop = threading.Event()
    jobs.start("first", endless(stop))
    qtbot.waitUntil(lambda: texts(view, WHAT) == ["first"], timeout=10_000)
    click(view, 0, WHAT)
    jobs.start("second", endless(stop))
    qtbot.waitUntil(lambda: texts(view, WHAT) == ["second", "first"], timeout=10_000)
    assert view.chosen is not None
    assert view.chosen.title == "first"
    stop.set()
    qtbot.waitUntil(lambda: not jobs.running, timeout=5_000)


def test_the_line_asks_for_the_list(qtbot: QtBot, jobs: Jobs) -> None:
    bar = JobsBar(jobs)
    qtbot.addWidget(bar)
    bar.show()
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert bar.toolTip() == "", "it promises a list where there is none"
    asked: list[int] = []
    bar.lead_to(lambda: asked.append(1))
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert asked == [1]
    assert "all jobs" in bar.toolTip()


def test_the_line_says_what_a_job_waits_for(qtbot: QtBot, jobs: Jobs) -> None:
    bar = JobsBar(jobs)
    qtbot.addWidget(bar)
    bar.show()
    stop = threading.Event()
    poses = jobs.start("Poses of 07", endless(stop, "poses of 07"), None, "poses", 90)
    more = jobs.start("Poses of 08", endless(stop, WAITING), None, "poses", 90)
    filling = jobs.start("Fill in 07", endless(stop, WAITING))
    begun = "Fill in 07 waits for poses of 07: 63 %"
    qtbot.waitUntil(lambda: bar.text.text().startswith(begun), timeout=10_000)
    assert "(1 more" in bar.text.text()
    with qtbot.waitSignal(filling.cancelled, timeout=5_000):
        QTest.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    assert poses.running
    assert more.running
    stop.set()
    qtbot.waitUntil(lambda: not jobs.running, timeout=5_000)


def test_the_docks_come_by_key_and_go(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    window, docks = project_window.window, project_window.docks
    held = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
    for name, key, with_ in (
        ("jobs", Qt.Key.Key_J, held[0]),
        ("statistics", Qt.Key.Key_F4, held[1]),
    ):
        assert not docks.is_shown(name)
        QTest.keyClick(window, key, with_)
        assert docks.is_shown(name)
        QTest.keyClick(window, key, with_)
        assert not docks.is_shown(name)
    QTest.mouseClick(docks.jobs, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert docks.is_shown("jobs")
    # Hiding all panels and showing them again brings none that was closed.
    docks.toggle()
    docks.toggle()
    assert not docks.is_shown("statistics")


def test_the_status_says_what_is_true(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = open_document(project_folder)
    said: list[str] = []
    view = SavedView(document)
    qtbot.addWidget(view)
    view.show()
    for signal in (document.saving, document.saved, document.save_failed):
        signal.connect(lambda *_: said.append(view.text()))

    def edit(stop: int) -> None:
        document.edit_lane("Paint", "one", lambda s: paint(s, 0, stop, 1))

    assert view.text() == "Saved"
    edit(5)
    assert view.text() == "Saving…"
    with qtbot.waitSignal(document.saved, timeout=10_000):
        pass
    assert said[0] == "Saving…"
    assert said[1].startswith("Saved ")
    assert len(said[1]) == len("Saved 14:03:22")

    def full(*_: object) -> list[str]:
        raise ProjectError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(document.folder, "save", full)
        edit(9)
        with qtbot.waitSignal(document.save_failed, timeout=10_000):
            pass
        assert view.text() == "NOT SAVED"
        view.show_keys(lambda action: "Ctrl+S" if action == "save" else "")
        assert "Ctrl+S" in view.text()
        assert view.property("tone") == "error"
        edit(11)
        assert "Ctrl+S" in view.text()
    with qtbot.waitSignal(document.saved, timeout=10_000):
        document.save()
    assert view.text().startswith("Saved ")
    assert view.property("tone") == "dim"
    document.close()


def test_a_click_on_the_status_shows_the_folder(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    show: Callable[[object], bool] = lambda url: not opened.append(url.toLocalFile())  # type: ignore[attr-defined] # noqa: E731
    monkeypatch.setattr(
        "app.views.jobs.status_bar_saving.QDesktopServices.openUrl", show
    )
    document = open_document(project_folder)
    view = SavedView(document)
    qtbot.addWidget(view)
    view.show()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton)
    assert opened == [str(project_folder.root)]
    document.close()


def test_the_line_stops_the_next_job_too(qtbot: QtBot, jobs: Jobs) -> None:
    bar = JobsBar(jobs)
    qtbot.addWidget(bar)
    bar.show()
    jobs.start("first", endless(threading.Event(), "one"))
    jobs.start("second", endless(threading.Event(), "two"))
    qtbot.waitUntil(bar.cancel.isVisible, timeout=5_000)
    for step in ("One", "Two"):
        qtbot.waitUntil(lambda step=step: bar.text.text().startswith(step))
        qtbot.waitUntil(bar.cancel.isEnabled, timeout=5_000)
        QTest.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not jobs.running, timeout=5_000)
