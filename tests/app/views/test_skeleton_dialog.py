"""The dialog in which a person says what body the keypoints of a file are of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.views.dialogs.skeleton_dialog import SkeletonDialog
from app.views.dialogs.skeleton_table import CENTRE, NAME, OTHER, SIDE
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeleton_guess import guess_skeleton
from skelseg_core.project.named_keypoints import NamedKeypoints
from tests.mouse import PARTS, mouse_and_labels

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(qtbot: QtBot) -> SkeletonDialog:
    points, _ = mouse_and_labels(0)
    draft = guess_skeleton(PARTS, points)
    found = NamedKeypoints(Path("vDLC.csv"), draft, (3, 90), points[[3, 90]])
    made = SkeletonDialog(found)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def click(dialog: SkeletonDialog, keypoint: int) -> None:
    place = dialog.canvas.point_of(keypoint).toPoint()
    QTest.mouseClick(dialog.canvas, LEFT, pos=place)


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


def choose(qtbot: QtBot, dialog: SkeletonDialog, cell: tuple[int, int], n: int) -> None:
    """Open the choices of a cell by Return and take the one in a place."""
    table = dialog.table.widget
    table.setFocus()
    table.setCurrentCell(*cell)
    QTest.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(m.isVisible() for m in table.findChildren(QMenu)))
    menu = next(m for m in table.findChildren(QMenu) if m.isVisible())
    menu.setActiveAction(menu.actions()[n])
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


def test_two_clicks_draw_an_edge_or_remove_it(
    qtbot: QtBot, dialog: SkeletonDialog
) -> None:
    click(dialog, 0)
    assert "From snout" in dialog.hint.text()
    assert dialog.table.widget.currentRow() == 0
    click(dialog, 3)
    assert (0, 3) in dialog.draft.edges
    click(dialog, 1)
    click(dialog, 0)
    assert (0, 1) not in dialog.draft.edges
    # Twice the same one, and beside all of them, is no edge.
    before = dialog.draft
    click(dialog, 2)
    click(dialog, 2)
    click(dialog, 2)
    QTest.mouseClick(dialog.canvas, LEFT, pos=dialog.canvas.rect().topLeft())
    assert dialog.canvas.first == -1
    assert dialog.draft == before
    assert taken(qtbot, dialog).edges == ((0, 2), (0, 3), (1, 3), (2, 3))


def test_edges_are_drawn_by_keys(dialog: SkeletonDialog) -> None:
    dialog.canvas.setFocus()
    reached = []
    for arrow in (*[Qt.Key.Key_Right] * 4, Qt.Key.Key_Up, Qt.Key.Key_Down):
        reached.append(dialog.canvas.current)
        press(dialog, arrow)
    assert reached == [0, 1, 2, 3, 0, 3]
    assert dialog.table.widget.currentRow() == 0
    dialog.table.widget.setCurrentCell(0, NAME)
    press(dialog, Qt.Key.Key_Space)
    # Escape gives the edge up and leaves the dialog open.
    press(dialog, Qt.Key.Key_Escape)
    assert dialog.canvas.first == -1
    assert dialog.isVisible()
    press(dialog, Qt.Key.Key_Space)
    dialog.table.widget.setCurrentCell(3, NAME)
    press(dialog, Qt.Key.Key_Return)
    assert (0, 3) in dialog.draft.edges
    press(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_all_of_it_is_reached_by_tab(dialog: SkeletonDialog) -> None:
    reached = []
    for _ in range(8):
        reached.append(dialog.focusWidget())
        press(dialog, Qt.Key.Key_Tab)
    wanted = (
        dialog.name, dialog.front, dialog.back, dialog.table.widget, dialog.canvas,
        dialog.another, dialog.ok,
    )  # fmt: skip
    assert set(wanted) <= set(reached)


def test_sides_are_chosen_by_keys(qtbot: QtBot, dialog: SkeletonDialog) -> None:
    choose(qtbot, dialog, (1, SIDE), 1)
    assert dialog.draft.flip_pairs == ((2, 1),)
    choose(qtbot, dialog, (1, OTHER), 0)
    assert dialog.draft.flip_pairs == ()
    texts = [dialog.table.widget.item(k, SIDE).text() for k in range(4)]
    assert texts == ["centre"] * 4
    choose(qtbot, dialog, (0, OTHER), 3)
    assert dialog.draft.flip_pairs == ((0, 3),)


def test_a_keypoint_is_left_out_by_space(qtbot: QtBot, dialog: SkeletonDialog) -> None:
    table = dialog.table.widget
    table.setFocus()
    table.setCurrentCell(0, NAME)
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert dialog.draft.left_out == {0}
    # It was one end of the length.
    assert not dialog.ok.isEnabled()
    assert "length of the body" in dialog.wrong.text()
    dialog.front.setCurrentIndex(dialog.front.findText("leftear + rightear"))
    dialog.front.activated.emit(dialog.front.currentIndex())
    assert dialog.wrong.text() == ""
    skeleton = taken(qtbot, dialog)
    assert skeleton.keypoints == PARTS[1:]
    assert skeleton.scale == ((0, 1), (2,))


def test_without_a_centre_it_says_what_to_do(dialog: SkeletonDialog) -> None:
    table = dialog.table.widget
    table.setFocus()
    for keypoint in (1, 2):
        table.setCurrentCell(keypoint, CENTRE)
        QTest.keyClick(table, Qt.Key.Key_Space)
    assert dialog.draft.centre == ()
    assert "column Centre" in dialog.wrong.text()
    assert not dialog.ok.isEnabled()
    table.setCurrentCell(3, CENTRE)
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert dialog.ok.isEnabled()
    dialog.name.clear()
    dialog.name.textEdited.emit("")
    assert "a name" in dialog.wrong.text()


def test_another_frame_is_another_picture(dialog: SkeletonDialog) -> None:
    assert dialog.frame.text() == "frame 3"
    before = _picture(dialog)
    QTest.mouseClick(dialog.another, LEFT)
    assert dialog.frame.text() == "frame 90"
    assert (_picture(dialog) != before).any()
    QTest.mouseClick(dialog.another, LEFT)
    assert dialog.frame.text() == "frame 3"


def _picture(dialog: SkeletonDialog) -> np.ndarray:
    image = dialog.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    return np.frombuffer(image.constBits(), np.uint8).copy()


def test_what_is_missing_in_a_frame_can_be_joined(qtbot: QtBot) -> None:
    points, _ = mouse_and_labels(0)
    draft = guess_skeleton(PARTS, points)
    points[5, 0] = np.nan
    found = NamedKeypoints(Path("vDLC.csv"), draft, (5,), points[[5]])
    dialog = SkeletonDialog(found)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.another.isEnabled()
    click(dialog, 0)
    click(dialog, 3)
    assert (0, 3) in dialog.draft.edges
