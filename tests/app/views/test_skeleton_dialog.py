"""The dialog in which a person says what body the keypoints of a file are of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.views.dialogs.skeleton_dialog import JOINED, NAME, PARTNER, SkeletonDialog
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeleton_draft import SkeletonDraft
from skelseg_core.poses.skeleton_guess import guess_skeleton
from skelseg_core.project.imports.named_keypoints import NamedKeypoints
from tests.mouse import PARTS, mouse_and_labels

LEFT = Qt.MouseButton.LeftButton


def open_dialog(qtbot: QtBot, draft: SkeletonDraft) -> SkeletonDialog:
    made = SkeletonDialog(NamedKeypoints(Path("vDLC.csv"), draft))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.fixture
def dialog(qtbot: QtBot) -> SkeletonDialog:
    points, _ = mouse_and_labels(0)
    return open_dialog(qtbot, guess_skeleton(PARTS, points))


def texts(dialog: SkeletonDialog, column: int) -> list[str]:
    table = dialog.table
    return [table.item(k, column).text() for k in range(table.rowCount())]


def press(dialog: SkeletonDialog, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(dialog.focusWidget(), key)


def taken(qtbot: QtBot, dialog: SkeletonDialog) -> Skeleton:
    with qtbot.waitSignal(dialog.chosen) as caught:
        QTest.mouseClick(dialog.ok, LEFT)
    assert not dialog.isVisible()
    skeleton = caught.args[0]
    assert isinstance(skeleton, Skeleton)
    return skeleton


def shown_menu(qtbot: QtBot, dialog: SkeletonDialog) -> QMenu:
    def shown() -> list[QMenu]:
        return [m for m in dialog.table.findChildren(QMenu) if m.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()))
    return shown()[0]


def choose(
    qtbot: QtBot, dialog: SkeletonDialog, cell: tuple[int, int], text: str
) -> None:
    """Open the choices of a cell by Return and take one."""
    dialog.table.setFocus()
    dialog.table.setCurrentCell(*cell)
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    menu = shown_menu(qtbot, dialog)
    menu.setActiveAction(next(a for a in menu.actions() if a.text() == text))
    QTest.keyClick(menu, Qt.Key.Key_Return)


def test_a_guess_is_taken_as_it_is_by_one_key(
    qtbot: QtBot, dialog: SkeletonDialog
) -> None:
    assert dialog.name.hasFocus()
    assert dialog.name.selectedText() == "animal"
    QTest.keyClicks(dialog.name, "mouse")
    with qtbot.waitSignal(dialog.chosen) as caught:
        press(dialog, Qt.Key.Key_Return)
    skeleton = caught.args[0]
    assert (skeleton.title, skeleton.keypoints) == ("mouse", PARTS)
    assert skeleton.edges == ((0, 1), (0, 2), (1, 3), (2, 3))


def test_an_edge_is_chosen_or_given_up_by_keys(
    qtbot: QtBot, dialog: SkeletonDialog
) -> None:
    assert texts(dialog, JOINED)[0] == "leftear, rightear"
    choose(qtbot, dialog, (0, JOINED), "tailbase")
    assert (0, 3) in dialog.draft.edges
    choose(qtbot, dialog, (1, JOINED), "snout")
    assert texts(dialog, JOINED)[0] == "rightear, tailbase"
    assert taken(qtbot, dialog).edges == ((0, 2), (0, 3), (1, 3), (2, 3))


def test_a_click_opens_the_choices_of_a_cell(
    qtbot: QtBot, dialog: SkeletonDialog
) -> None:
    table = dialog.table
    place = table.visualRect(table.model().index(0, JOINED)).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=place)
    menu = shown_menu(qtbot, dialog)
    ticks = {a.text(): a.isChecked() for a in menu.actions()}
    assert ticks == {"leftear": True, "rightear": True, "tailbase": False}
    menu.close()


def test_all_of_it_is_reached_by_tab(dialog: SkeletonDialog) -> None:
    reached = []
    for _ in range(5):
        reached.append(dialog.focusWidget())
        press(dialog, Qt.Key.Key_Tab)
    assert {dialog.name, dialog.table, dialog.ok} <= set(reached)


def test_sides_are_chosen_by_keys(qtbot: QtBot, dialog: SkeletonDialog) -> None:
    said = ["–", "left, rightear is right", "right, leftear is left", "–"]
    assert texts(dialog, PARTNER) == said
    choose(qtbot, dialog, (1, PARTNER), "right, rightear is left")
    assert dialog.draft.flip_pairs == ((2, 1),)
    choose(qtbot, dialog, (1, PARTNER), "neither")
    assert dialog.draft.flip_pairs == ()
    assert texts(dialog, PARTNER) == ["–"] * 4
    choose(qtbot, dialog, (0, PARTNER), "left, tailbase is right")
    assert taken(qtbot, dialog).flip_pairs == ((0, 3),)


def test_a_keypoint_that_measures_nothing_is_left_out_by_space(qtbot: QtBot) -> None:
    points, _ = mouse_and_labels(0)
    tip = points[:, 3:] + (points[:, 3:] - points[:, :1]) / 4
    draft = guess_skeleton([*PARTS, "tailtip"], np.concatenate([points, tip], 1))
    dialog = open_dialog(qtbot, draft)
    assert "from the middle of leftear + rightear" in dialog.measures.text()
    assert "between snout and tailbase" in dialog.measures.text()
    table = dialog.table
    table.setFocus()
    for keypoint in (0, 4):
        table.setCurrentCell(keypoint, NAME)
        QTest.keyClick(table, Qt.Key.Key_Space)
    assert dialog.draft.left_out == {4}
    assert "needed to measure" in table.item(0, NAME).toolTip()
    assert "tailtip" not in texts(dialog, JOINED)[3]
    assert taken(qtbot, dialog).keypoints == PARTS


def test_without_a_name_it_says_what_to_do(
    qtbot: QtBot, dialog: SkeletonDialog
) -> None:
    dialog.name.clear()
    dialog.name.textEdited.emit("")
    assert "a name" in dialog.wrong.text()
    assert not dialog.ok.isEnabled()
    QTest.keyClicks(dialog.name, "mouse")
    assert taken(qtbot, dialog).title == "mouse"
