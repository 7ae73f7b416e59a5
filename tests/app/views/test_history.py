from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.state.document import Document, open_document
from app.views.tables.history import HistoryView
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.earlier_steps import EarlierStep, EarlierSteps
from tests.app.windows import kill


@pytest.fixture
def document(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[Document]:
    made = open_document(project_folder)
    yield made
    made.close()


@pytest.fixture
def view(qtbot: QtBot, document: Document) -> HistoryView:
    made = HistoryView(document)
    qtbot.addWidget(made)
    made.resize(240, 400)
    made.show()
    return made


def paint_step(document: Document, n: int) -> None:
    document.edit_lane(f"Paint {n}", "one", lambda s: paint(s, n, n + 1, n % 4))


def click(view: HistoryView, row: int) -> None:
    port = view.list.viewport()
    index = view.model.index(row)
    view.list.scrollTo(index)
    QTest.mouseClick(
        port,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        view.list.visualRect(index).center(),
    )


def earlier(n: int, at_s: float) -> EarlierStep:
    change = {"was": None, "put": None}
    return EarlierStep(f"s:{n}", f"Earlier {n}", at_s, (("former_classes", change),))


def test_steps_of_earlier_sessions_stand_under_their_day(
    document: Document, view: HistoryView
) -> None:
    day_s = 24 * 3600.0
    steps = [earlier(0, day_s * 20000), earlier(1, day_s * 20000)]
    document.history.put_below(EarlierSteps((*steps, earlier(2, day_s * 20003)), (), 0))
    paint_step(document, 0)
    captions = [view.model.caption(row) for row in range(5)]
    assert captions[0] == captions[2] == ""
    assert len({*captions[1:2], *captions[3:]}) == 3
    assert captions[4] == "This session"
    rows = [str(view.model.index(r).data()) for r in range(5)]
    assert rows == [
        "Before these steps",
        "Earlier 0",
        "Earlier 1",
        "Earlier 2",
        "Paint 0",
    ]
    assert "opened" in view.model.state(3)
    heights = [view.list.visualRect(view.model.index(r)).height() for r in range(5)]
    assert heights[1] > heights[2]


def test_every_step_is_listed_and_a_click_goes_there(
    qtbot: QtBot, document: Document, view: HistoryView
) -> None:
    values = [document.project]
    for n in range(5):
        paint_step(document, n)
        values.append(document.project)
    rows = [view.model.index(r).data() for r in range(view.model.rowCount())]
    assert rows == ["Opened kitchen", *(f"Paint {n}" for n in range(5))]
    told: list[object] = []
    document.changed.connect(told.append)
    for row in (2, 5, 0, 3):
        click(view, row)
        assert document.project == values[row]
        assert document.undo_stack.index() == row
        assert view.list.currentIndex().row() == row
        assert view.model.state(row)[0] == "now"
    assert view.model.state(4) == ("undone",)
    assert len(told) == 4, "told once for each jump, however far"
    click(view, 3)
    assert len(told) == 4


def test_a_list_that_was_hidden_catches_up(
    document: Document, view: HistoryView
) -> None:
    view.hide()
    resets: list[None] = []
    view.model.modelReset.connect(lambda: resets.append(None))
    for n in range(3):
        paint_step(document, n)
    assert not resets, "nobody sees it"
    view.show()
    assert len(resets) == 1
    assert view.model.rowCount() == 4
    assert view.list.currentIndex().row() == 3


def test_what_is_saved_is_marked(
    qtbot: QtBot, document: Document, view: HistoryView
) -> None:
    paint_step(document, 1)
    assert view.model.state(1) == ("now",)
    with qtbot.waitSignal(document.saved, timeout=10_000):
        document.save()
    assert view.model.state(1) == ("now", "saved")
    paint_step(document, 2)
    assert view.model.state(1) == ("saved",)
    assert view.model.state(2) == ("now",)
    document.undo_stack.undo()
    assert view.model.state(1) == ("now", "saved")
    # Another way from the start: what was saved is not on it.
    document.undo_stack.undo()
    paint_step(document, 3)
    assert document.history.saved_step == -1


def test_what_grows_across_a_save_stays_one_step(
    qtbot: QtBot, document: Document, view: HistoryView
) -> None:
    for stop in (3, 6):
        document.edit_lane("Grow", "one", lambda s, n=stop: paint(s, 0, n, 1), "grow")
        with qtbot.waitSignal(document.saved, timeout=10_000):
            document.save()
    document.edit_lane("Grow", "one", lambda s: paint(s, 0, 9, 1), "grow")
    assert document.undo_stack.count() == 1
    assert view.model.state(1) == ("now",)


def test_a_jump_survives_a_kill(
    qtbot: QtBot, project_folder: ProjectFolder, document: Document, view: HistoryView
) -> None:
    for n in range(6):
        paint_step(document, n)
    click(view, 2)
    wanted = document.project
    kill(document)
    again = open_document(ProjectFolder(project_folder.root))
    assert again.project == wanted
    again.close()


def test_the_list_keeps_the_keys_that_move_in_it(project_window: ProjectWindow) -> None:
    window = project_window.window
    for n in range(4):
        paint_step(project_window.document, n)
    QTest.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    found = window.focusWidget()
    assert found.accessibleName() == "History"
    QTest.keyClick(found, Qt.Key.Key_Up)
    QTest.keyClick(found, Qt.Key.Key_Return)
    assert project_window.document.undo_stack.index() == 3
    assert project_window.session.boundary is None, "the arrow chose no boundary"


def test_return_goes_to_the_step_that_the_arrows_chose(
    qtbot: QtBot, document: Document, view: HistoryView
) -> None:
    for n in range(4):
        paint_step(document, n)
    view.list.setFocus()
    for _ in range(3):
        QTest.keyClick(view.list, Qt.Key.Key_Up)
    assert document.undo_stack.index() == 4
    QTest.keyClick(view.list, Qt.Key.Key_Return)
    assert document.undo_stack.index() == 1
