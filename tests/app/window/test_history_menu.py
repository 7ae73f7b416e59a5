"""The history as a menu: what each step did, and a click that goes there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.state.document import Document, open_document
from app.window.history_menu import AROUND, HistoryMenu
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
def place(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def paint_step(document: Document, n: int) -> None:
    document.edit_lane(f"Paint {n}", "one", lambda s: paint(s, n, n + 1, n % 4))


def rows(document: Document, place: QWidget) -> list[tuple[str, str]]:
    """Texts and notes, the oldest first."""
    texts = [a.text().split("\t") for a in HistoryMenu(document, place).actions()]
    return [(text, notes) for text, notes in reversed(texts)]


def go_to(document: Document, place: QWidget, text: str) -> None:
    actions = HistoryMenu(document, place).actions()
    next(a for a in actions if a.text().startswith(text)).trigger()


def test_steps_of_earlier_sessions_have_their_day(
    document: Document, place: QWidget
) -> None:
    at_s = 24 * 3600.0 * 20000
    change = {"was": None, "put": None}
    steps = [
        EarlierStep(f"s:{n}", f"Earlier {n}", at_s, (("former_classes", change),))
        for n in range(2)
    ]
    document.history.put_below(EarlierSteps(tuple(steps), (), 0))
    document.history.left_out = 3
    paint_step(document, 0)
    menu = HistoryMenu(document, place)
    assert menu.actions()[-1].text() == "3 older steps can no longer be undone"
    found = [a.text().split("\t") for a in menu.actions()[-3::-1]]
    assert [text for text, _ in found] == [
        *("Before these steps", "Earlier 0", "Earlier 1", "Paint 0")
    ]
    assert found[2][1].startswith("opened · ")
    assert found[2][1].endswith(f" · {found[1][1]}")
    assert found[3][1] == "now"


def test_a_click_goes_to_a_step(document: Document, place: QWidget) -> None:
    values = [document.project]
    for n in range(5):
        paint_step(document, n)
        values.append(document.project)
    texts = ["Opened kitchen", *(f"Paint {n}" for n in range(5))]
    assert [text for text, _ in rows(document, place)] == texts
    told: list[object] = []
    document.changed.connect(told.append)
    for step in (2, 5, 0, 3):
        go_to(document, place, texts[step])
        assert document.project == values[step]
        assert document.undo_stack.index() == step
        assert rows(document, place)[step][1].startswith("now")
    assert rows(document, place)[4][1] == "undone"
    assert len(told) == 4, "told once for each jump, however far"


def test_the_steps_around_the_present_one_are_listed(
    document: Document, place: QWidget
) -> None:
    for n in range(3 * AROUND):
        paint_step(document, n)
    assert len(rows(document, place)) == AROUND + 1
    oldest = rows(document, place)[0][0]
    go_to(document, place, oldest)
    assert len(rows(document, place)) == 2 * AROUND + 1


def test_what_is_saved_is_marked(
    qtbot: QtBot, document: Document, place: QWidget
) -> None:
    paint_step(document, 1)
    assert rows(document, place)[1][1] == "now"
    with qtbot.waitSignal(document.saved, timeout=10_000):
        document.save()
    assert rows(document, place)[1][1] == "now · saved"
    paint_step(document, 2)
    assert [notes for _, notes in rows(document, place)[1:]] == ["saved", "now"]
    document.undo_stack.undo()
    assert rows(document, place)[1][1] == "now · saved"
    # Another way from the start: what was saved is not on it.
    document.undo_stack.undo()
    paint_step(document, 3)
    assert document.history.saved_step == -1


def test_what_grows_across_a_save_stays_one_step(
    qtbot: QtBot, document: Document, place: QWidget
) -> None:
    for stop in (3, 6):
        document.edit_lane("Grow", "one", lambda s, n=stop: paint(s, 0, n, 1), "grow")
        with qtbot.waitSignal(document.saved, timeout=10_000):
            document.save()
    document.edit_lane("Grow", "one", lambda s: paint(s, 0, 9, 1), "grow")
    assert document.undo_stack.count() == 1
    assert rows(document, place)[1][1] == "now"


def test_a_jump_survives_a_kill(
    project_folder: ProjectFolder, document: Document, place: QWidget
) -> None:
    for n in range(6):
        paint_step(document, n)
    go_to(document, place, "Paint 1")
    wanted = document.project
    kill(document)
    again = open_document(ProjectFolder(project_folder.root))
    assert again.project == wanted
    again.close()


def test_it_comes_by_its_key_and_arrows_choose(project_window: ProjectWindow) -> None:
    window = project_window.window
    for n in range(4):
        paint_step(project_window.document, n)
    QTest.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, HistoryMenu)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert project_window.document.undo_stack.index() == 3
    assert project_window.session.boundary is None, "the arrow chose no boundary"
