"""Labelling while playing: what a key does to the frames, and to undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.kit.settings import Settings
from app.services.labelling.live_labelling import (
    EVERY_S,
    HOLD_S,
    LiveLabelling,
    lagged_frame,
)
from app.state.document import open_document
from app.state.session import GrowingSegment, Session
from skelseg_core.labels.edits import paint, split
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import set_lane
from skelseg_core.video.times import FrameTimes
from tests.app.timeline.test_tools import N_FRAMES, make_document
from tests.app.windows import kill

RATE = 25.0
ANNOTATED = Segmentation(
    (
        Segment(0, 40, 0).as_reviewed(),
        Segment(40, 700, None),
        Segment(700, 750, 2, "model", confidence=0.7),
        Segment(750, 800, 1).as_reviewed(),
        Segment(800, N_FRAMES, None),
    )
)


@dataclass
class Info:
    times: FrameTimes

    @property
    def n_frames(self) -> int:
        return self.times.n_frames


class Player(QObject):
    """Plays when it is told to, frame by frame."""

    jumped = Signal()
    state_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.playing, self.speed = session, False, 1.0
        self.info = Info(FrameTimes.even(N_FRAMES, RATE))

    def play(self, speed: float = 1.0) -> None:
        self.playing, self.speed = True, speed
        self.state_changed.emit()

    def pause(self) -> None:
        self.playing = False
        self.state_changed.emit()

    def seek(self, frame: int) -> None:
        self.jumped.emit()
        self.session.set_frame(frame)


class Stage:
    """A document, a player that stands at frame 100, and a clock."""

    def __init__(self, folder: Path, lag_ms: int = 0) -> None:
        self.now = 1000.0
        self.document = make_document(folder / "kitchen")
        self.document.edit_lane("Begin", "one", lambda _: ANNOTATED)
        self.document.undo_stack.clear()
        self.session = Session()
        self.player = Player(self.session)
        self.settings = Settings(folder / "settings.ini")
        self.settings.reaction_lag_ms = lag_ms
        self.notices = Notices()
        parts = (self.document, self.session, self.player, self.settings, self.notices)
        self.live_labelling = LiveLabelling(*parts, clock=lambda: self.now)
        self.session.set_video("one")
        self.session.set_frame(100)

    def run(self, to: int, step: int = 1) -> None:
        """Play on to a frame, at 25 frames per second."""
        step = step if to >= self.session.frame else -step
        for frame in range(self.session.frame + step, to + step, step):
            self.now += 1 / RATE
            self.session.set_frame(frame)

    @property
    def annotation(self) -> Segmentation:
        return self.document.project.track("one").annotation

    def undone(self, steps: int = 1) -> None:
        assert self.document.undo_stack.count() == steps
        for _ in range(steps):
            self.document.undo_stack.undo()
        assert self.annotation == ANNOTATED


@pytest.fixture
def stage(tmp_path: Path, qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.document.close()


@given(
    st.lists(st.floats(0.001, 0.5), min_size=1, max_size=60),
    st.data(),
    st.integers(0, 2000),
    st.sampled_from((-2.0, -1.0, 0.25, 1.0, 4.0)),
)
def test_the_lag_goes_by_the_times_of_the_frames(
    steps: list[float], data: st.DataObject, lag_ms: int, speed: float
) -> None:
    times = np.cumsum([0.0, *steps])
    frame = data.draw(st.integers(0, len(times) - 1))
    found = lagged_frame(FrameTimes.of_table(times), frame, lag_ms, speed)
    moment = times[frame] - lag_ms / 1000 * speed
    assert 0 <= found < len(times)
    assert times[found] <= moment + 1e-5 or found == 0
    assert found == len(times) - 1 or times[found + 1] > moment
    assert lagged_frame(FrameTimes.of_table(times), frame, 0) == frame


# -- live ------------------------------------------------------------------------------


def test_a_held_key_labels_until_it_is_let_go(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.run(110)
    assert stage.session.growing == GrowingSegment(2, 100, 111)
    assert stage.live_labelling.running
    stage.run(150)
    stage.live_labelling.release(2, stage.live_labelling.mark())
    assert stage.session.growing is None
    assert stage.annotation == paint(ANNOTATED, 100, 150, 2)
    stage.undone()


def test_a_tapped_key_labels_until_the_end_is_said(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.now += HOLD_S / 2
    stage.live_labelling.release(2, stage.live_labelling.mark())
    stage.run(160)
    assert stage.live_labelling.running
    stage.live_labelling.end()
    stage.run(170)
    assert stage.annotation == paint(ANNOTATED, 100, 160, 2)
    stage.undone()


def test_the_same_key_ends_it_and_another_goes_on_from_there(stage: Stage) -> None:
    stage.player.play()
    for frame, key in ((100, 2), (130, 1), (140, 1)):
        stage.run(frame)
        stage.live_labelling.press(key)
        stage.live_labelling.release(key, stage.live_labelling.mark())
    stage.run(150)
    assert not stage.live_labelling.running
    expected = paint(paint(ANNOTATED, 100, 130, 2), 130, 140, 1)
    assert stage.annotation == expected
    stage.undone(2)


def test_letting_go_of_the_key_before_the_last_ends_nothing(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.run(120)
    stage.live_labelling.press(1)
    stage.run(130)
    stage.live_labelling.release(2, stage.live_labelling.mark())
    assert stage.live_labelling.running
    stage.run(140)
    stage.live_labelling.release(1, stage.live_labelling.mark())
    assert stage.annotation == paint(paint(ANNOTATED, 100, 120, 2), 120, 140, 1)


@pytest.mark.parametrize(("speed", "frames"), [(1.0, 5), (2.0, 10), (0.2, 1)])
def test_the_reaction_lag_is_taken_off_both_ends(
    stage: Stage, speed: float, frames: int
) -> None:
    stage.settings.reaction_lag_ms = 200
    stage.player.play(speed)
    stage.live_labelling.press(2)
    stage.run(150)
    assert stage.session.growing == GrowingSegment(2, 100 - frames, 151)
    stage.live_labelling.end()
    assert stage.annotation == paint(ANNOTATED, 100 - frames, 150 - frames, 2)
    stage.undone()


def test_backwards_it_grows_to_the_left(stage: Stage) -> None:
    stage.settings.reaction_lag_ms = 200
    stage.player.play(-1.0)
    stage.live_labelling.press(2)
    stage.run(60)
    assert stage.session.growing == GrowingSegment(2, 60, 106)
    stage.live_labelling.end()
    assert stage.annotation == paint(ANNOTATED, 66, 106, 2)


def test_pausing_seeking_turning_and_another_video_keep_what_was_seen(
    stage: Stage,
) -> None:
    stage.settings.reaction_lag_ms = 200
    ends = (
        stage.player.pause,
        lambda: stage.player.seek(700),
        lambda: stage.player.play(-1.0),
        lambda: stage.session.set_video("two"),
    )
    for end in ends:
        stage.session.set_video("one")
        stage.session.set_frame(100)
        stage.player.play()
        stage.live_labelling.press(2)
        stage.run(150)
        end()
        assert not stage.live_labelling.running
        # Nobody said that it ends there.
        assert stage.annotation == paint(ANNOTATED, 95, 151, 2, sets_stop=False)
        stage.session.set_frame(160)
        stage.undone()


def test_it_is_seen_at_every_frame_and_written_now_and_then(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    written = {stage.annotation}
    for frame in range(101, 151):
        stage.run(frame)
        assert stage.session.growing == GrowingSegment(2, 100, frame + 1)
        written.add(stage.annotation)
        labelled = int((stage.annotation.to_frames()[100:] == 2)[:60].sum())
        assert frame + 1 - 100 - labelled <= EVERY_S * RATE + 1
    assert len(written) < 15
    assert stage.document.undo_stack.count() == 1


def test_killing_the_program_loses_no_more_than_a_moment(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.run(150)
    kill(stage.document)
    again = open_document(ProjectFolder(stage.document.folder.root))
    try:
        found = again.project.track("one").annotation
        assert found.at(140).class_id == 2
        assert found.at(100).start == 100
    finally:
        again.close()


def test_undo_in_the_middle_takes_it_back_and_ends_it(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.run(150)
    stage.document.undo_stack.undo()
    assert not stage.live_labelling.running
    assert stage.session.growing is None
    stage.run(170)
    assert stage.annotation == ANNOTATED


def test_another_edit_ends_it_and_labels_of_others_do_not(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.run(120)
    other = Segmentation.unlabelled(N_FRAMES)
    stage.document.apply("Import", lambda p: set_lane(p, "one", "annotator:x", other))
    assert stage.live_labelling.running
    stage.document.edit_lane("Split", "one", lambda s: split(s, 20))
    assert not stage.live_labelling.running
    before = stage.annotation
    stage.run(140)
    assert stage.annotation is before


def test_a_tap_and_its_end_within_the_lag_label_one_frame(stage: Stage) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.live_labelling.end()
    assert stage.annotation == paint(ANNOTATED, 100, 101, 2)


@pytest.mark.parametrize("at", ["a frame", "much"])
def test_undo_of_a_wrong_key_lets_the_segment_before_grow_on(
    stage: Stage, at: str
) -> None:
    stage.player.play()
    stage.live_labelling.press(2)
    stage.run(130)
    stage.live_labelling.press(1)
    stage.run(131 if at == "a frame" else 170)
    stage.document.undo_stack.undo()
    assert stage.session.growing == GrowingSegment(2, 100, stage.session.frame + 1)
    stage.run(190)
    stage.live_labelling.end()
    assert stage.annotation == paint(ANNOTATED, 100, 190, 2)
    stage.undone()


def test_what_grows_ends_before_a_person_s_label(stage: Stage) -> None:
    said: list[str] = []
    stage.notices.warned.connect(said.append)
    stage.session.set_frame(690)
    stage.player.play()
    stage.live_labelling.press(2)
    stage.run(780)
    assert not stage.live_labelling.running
    assert stage.annotation == paint(ANNOTATED, 690, 750, 2)
    stage.live_labelling.press(0)
    assert not stage.live_labelling.running
    assert said == ["A person already labelled frame 780. Pause to change it."]
    stage.undone()
    stage.player.play(-1.0)
    stage.session.set_frame(60)
    stage.live_labelling.press(1)
    stage.run(10)
    assert stage.annotation == paint(ANNOTATED, 40, 61, 1)


def test_the_frames_of_the_reaction_are_no_segment(stage: Stage) -> None:
    stage.session.set_frame(40)
    stage.player.play()
    stage.run(47)
    stage.live_labelling.press(2)
    stage.run(60)
    stage.live_labelling.end()
    assert stage.annotation == paint(ANNOTATED, 40, 60, 2)
    stage.run(64)
    stage.live_labelling.press(1)
    stage.run(100)
    stage.live_labelling.press(0)
    stage.run(110)
    stage.live_labelling.end()
    expected = paint(paint(paint(ANNOTATED, 40, 60, 2), 60, 100, 1), 100, 110, 0)
    assert stage.annotation == expected
    stage.run(140)
    stage.live_labelling.press(2)
    stage.live_labelling.end()
    assert stage.annotation.at(139).class_id is None, "more than a reaction"


def test_labels_that_are_missing_are_not_begun(stage: Stage) -> None:
    said: list[str] = []
    stage.notices.warned.connect(said.append)

    def lost(project: Project) -> Project:
        videos = tuple(
            replace(v, missing=frozenset({ANNOTATION})) for v in project.tracks
        )
        return replace(project, tracks=videos)

    stage.document.apply("Lose", lost)
    before = stage.annotation
    stage.player.play()
    stage.run(120)
    stage.live_labelling.press(2)
    stage.run(160)
    assert len(said) == 1
    assert "label file of one is missing" in said[0]
    assert stage.session.growing is None
    assert stage.annotation is before
