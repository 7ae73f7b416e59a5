"""What nobody saw is not reviewed: Return by real keys, and a clock that is real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project import ANNOTATION, add_video, set_lane
from tests.e2e.conftest import Opener
from tests.e2e.reviewer import CTRL, NONE, Key, Person
from tests.videos import write_video

N_FRAMES = 180
CUTS = (0, 30, 66, 102, 140, N_FRAMES)
LONG = 20_000


@pytest.fixture(autouse=True)
def eyes() -> None:
    """See no more than there is."""


@pytest.fixture
def window(tmp_path: Path, opener: Opener) -> ProjectWindow:
    """A video that a model labelled, of which nobody saw anything."""
    folder, project = create_project(
        tmp_path / "kitchen", label_map_from_names(("walk", "reach", "carry"))
    )
    before = project
    item = probe_video(write_video(tmp_path / "one.mp4", N_FRAMES), folder, project)
    labels = np.repeat((0, 1, 2, 0, 1), np.diff(CUTS))
    ids = np.array(project.label_map.ids)
    lane = Segmentation.from_frames(ids[labels], "model", np.full(N_FRAMES, 0.9))
    project = set_lane(add_video(project, item), item.id, ANNOTATION, lane)
    folder.save(project, before)
    made = opener(folder.root)
    made.docks.timeline.setFocus()
    return made


def segments(window: ProjectWindow) -> tuple[Segment, ...]:
    return window.document.project.videos[0].annotation.segments


def press(window: ProjectWindow, key: Key) -> None:
    QTest.keyClick(window.window.focusWidget() or window.window, key, NONE)


def play(window: ProjectWindow, qtbot: QtBot, rate: float, to: int) -> None:
    window.player.set_rate(rate)
    press(window, Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.frame >= to, timeout=LONG)
    window.player.pause()
    qtbot.waitUntil(lambda: window.session.frame == window.player.target, timeout=LONG)


def test_six_returns_review_nothing_that_was_not_on_the_screen(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    press(window, Key.Key_Home)
    qtbot.waitUntil(lambda: window.session.frame == 0, timeout=LONG)
    for _ in range(6):
        press(window, Key.Key_Return)
        QTest.qWait(30)
    QTest.qWait(400)
    press(window, Key.Key_Return)
    assert not any(s.class_reviewed for s in segments(window))
    assert "were not on the screen" in window.docks.messages.text.text()


def test_what_was_played_is_reviewed_once_a_return(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    play(window, qtbot, 2.0, 104)
    press(window, Key.Key_Home)
    for n in (1, 2, 3):
        qtbot.waitUntil(
            lambda: window.services.labelling.segment_editor.on_screen.settled,
            timeout=LONG,
        )
        press(window, Key.Key_Return)
        press(window, Key.Key_Return)  # its place has not been on the screen yet
        assert [s.class_reviewed for s in segments(window)] == [
            *[True] * n,
            *[False] * (5 - n),
        ]
    qtbot.waitUntil(
        lambda: window.services.labelling.segment_editor.on_screen.settled, timeout=LONG
    )
    press(window, Key.Key_Return)
    assert not segments(window)[3].class_reviewed, "no more than its start was played"


def test_a_glance_at_high_speed_is_none(window: ProjectWindow, qtbot: QtBot) -> None:
    play(window, qtbot, 8.0, N_FRAMES - 2)
    press(window, Key.Key_Home)
    QTest.qWait(500)
    press(window, Key.Key_Return)
    assert not any(s.class_reviewed for s in segments(window))


def test_the_review_shows_all_of_a_segment_unasked(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    labels = np.concatenate(
        [np.full(s.stop - s.start, s.class_id) for s in segments(window)]
    )
    person = Person(window, qtbot, labels, 2)
    QTest.keyClick(window.docks.timeline, Key.Key_R, CTRL)
    person.wait(lambda: person.room.state == "at")
    strip, place = window.docks.strip, person.room.place
    assert place is not None
    assert (strip.frames[0], strip.frames[-1]) == (place.start, place.stop - 1)
    panel = window.docks.review.unseen
    assert "all of it" in panel.text()
    person.wait(lambda: "all of it" not in panel.text())
    press(window, Key.Key_Return)
    done = [s for s in segments(window) if s.class_reviewed]
    assert [(s.start, s.stop) for s in done] == [(place.start, place.stop)]
    person.wait(lambda: "all of it" in panel.text())
    person.wait(lambda: "all of it" not in panel.text())
    # What a merge adds has to be seen, and the panel says when it was.
    lane = segments(window)
    press(window, Key.Key_Backspace)
    assert segments(window) != lane
    assert "all of it" in panel.text()
    person.wait(lambda: "all of it" not in panel.text())
    # A picture of it leads there.
    QTest.mouseClick(
        strip, Qt.MouseButton.LeftButton, NONE, strip.cells()[-1].center().toPoint()
    )
    assert window.player.target == strip.frames[-1]
