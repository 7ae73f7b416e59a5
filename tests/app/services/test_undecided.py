"""The command Undecided: what it acts on, and what takes it back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import Segmentation
from tests.app.windows import mixed, trigger


def labelled(project_window: ProjectWindow) -> Segmentation:
    """Label the current video as `mixed`."""
    document, session = project_window.document, project_window.session
    document.edit_lane("mixed", session.track_id, lambda _: mixed())
    return annotation(project_window)


def annotation(project_window: ProjectWindow) -> Segmentation:
    video_id = project_window.session.track_id
    return project_window.document.project.track(video_id).annotation


def bands(value: Segmentation) -> list[tuple[int, int]]:
    return [(s.start, s.stop) for s in value.segments if s.undecided]


def test_the_segment_the_marked_range_or_the_selection_become_a_band(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    before = labelled(project_window)
    project_window.player.seek(25)
    qtbot.keyClick(project_window.docks.timeline, Qt.Key.Key_U)
    assert bands(annotation(project_window)) == [(20, 45)]
    project_window.session.set_range(62, 66)
    trigger(project_window, "undecided")
    assert bands(annotation(project_window)) == [(20, 45), (62, 66)]
    assert project_window.session.range_in is None
    project_window.session.set_chosen([(0, 20), (45, 60), (60, 62)])
    trigger(project_window, "undecided")
    assert bands(annotation(project_window)) == [(0, 66)]
    for _ in range(3):
        trigger(project_window, "undo")
    assert annotation(project_window) == before


def test_a_video_in_which_nothing_is_marked_is_not_given_up_by_one_key(
    project_window: ProjectWindow,
) -> None:
    before = project_window.document.project
    trigger(project_window, "undecided")
    assert project_window.document.project is before
    said = [notice.text for notice in project_window.services.notices.all]
    assert any("Mark a range first" in text for text in said)


def test_a_class_key_or_backspace_takes_it_back(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    labelled(project_window)
    project_window.player.seek(25)
    trigger(project_window, "undecided")
    trigger(project_window, "unlabel")
    assert annotation(project_window).at(25).unlabelled
    trigger(project_window, "undecided")
    qtbot.keyClick(project_window.docks.timeline, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: annotation(project_window).at(25).class_id is not None)
    assert not bands(annotation(project_window))
