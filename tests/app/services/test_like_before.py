"""The command that labels a segment like the one before it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import Segmentation
from tests.app.windows import mixed

SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_a_segment_gets_the_class_of_the_one_before(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document, session = project_window.document, project_window.session
    document.edit_lane("mixed", session.video_id, lambda _: mixed())

    def annotation() -> Segmentation:
        return document.project.video(session.video_id).annotation

    project_window.player.seek(25)
    qtbot.keyClick(project_window.docks.timeline, Qt.Key.Key_B, SHIFT)
    before, here = annotation().at(10), annotation().at(25)
    assert (here.start, here.stop, here.class_id) == (20, 45, before.class_id)
    assert here.class_vouched
    assert document.undo_stack.undoText() == "Label like the segment before"
    project_window.player.seek(0)
    value = annotation()
    qtbot.keyClick(project_window.docks.timeline, Qt.Key.Key_B, SHIFT)
    assert annotation() == value, "no segment is before the first one"
