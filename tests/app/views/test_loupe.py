"""The loupe: which frames it shows, and what a click does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.playback.player import Player
from app.playback.thumbnails import ThumbnailReader, ThumbnailSpec
from app.services.labelling.segment_editor import SegmentEditor
from app.state.document import Document, open_document
from app.state.session import Session
from app.views.picture.loupe import N_FRAMES as N_SHOWN
from app.views.picture.loupe import LoupeView
from app.views.picture.overlays import PoseOverlay
from skelseg_core.labels.edits import paint
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.folder import ProjectFolder
from tests.app.conftest import N_FRAMES
from tests.settled import settle
from tests.videos import read_code, write_video

WHOLE = ThumbnailSpec(None, 160, 96)
CUT = 40


def array(image: QImage) -> np.ndarray:
    """Pixels (H, W, 3) of a picture, red first."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    # The bytes go with the image.
    return pixels.copy()


# -- small pictures -----------------------------------------------------------------


@pytest.fixture
def frames(qtbot: QtBot, tmp_path: Path) -> Iterator[ThumbnailReader]:
    made = ThumbnailReader()
    made.open(write_video(tmp_path / "a.mp4", 30))
    yield made
    made.close()


def test_every_small_picture_is_of_its_frame(
    qtbot: QtBot, frames: ThumbnailReader
) -> None:
    wanted = [12, 13, 3, 29]
    frames.want(wanted, WHOLE)
    assert frames.image(12) is None
    qtbot.waitUntil(lambda: all(frames.image(n) is not None for n in wanted))
    for n in wanted:
        image = frames.image(n)
        assert image is not None
        assert read_code(array(image)) == n
    assert frames.image(4) is None


def test_a_new_wish_replaces_the_one_before(
    qtbot: QtBot, frames: ThumbnailReader
) -> None:
    came: list[int] = []
    frames.ready.connect(came.append)
    frames.want([7], WHOLE)
    qtbot.waitUntil(lambda: came == [7])
    frames.want(range(30), WHOLE)
    frames.want([5], ThumbnailSpec((0, 0, 80, 96), 40, 48))
    qtbot.waitUntil(lambda: frames.image(5) is not None)
    image = frames.image(5)
    assert image is not None
    assert (image.width(), image.height()) == (40, 48)
    assert frames.image(7) is None, "of another look"
    frames.want([7], WHOLE)
    assert frames.image(7) is not None, "kept"


def test_frames_that_are_not_there_and_files_that_are_none(
    qtbot: QtBot, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    made = ThumbnailReader()
    for path in (bad, tmp_path / "gone.mp4"):
        made.open(path)
        made.want([0], WHOLE)
    made.open(write_video(tmp_path / "a.mp4", 10))
    made.want([-1, 10, 2], WHOLE)
    qtbot.waitUntil(lambda: made.image(2) is not None)
    made.close()
    assert made.image(2) is None


def test_no_thread_before_the_first_wish_and_none_afterwards(
    qtbot: QtBot, tmp_path: Path
) -> None:
    def n_threads() -> int:
        return sum(t.name == "small pictures" for t in threading.enumerate())

    path, made = write_video(tmp_path / "a.mp4", 10), ThumbnailReader()
    made.open(path)
    assert n_threads() == 0
    made.want([], WHOLE)
    assert n_threads() == 0
    for _ in range(5):
        made.open(path)
        made.want([1], WHOLE)
    made.close()
    assert n_threads() == 0


# -- the loupe ----------------------------------------------------------------------


@dataclass
class Bench:
    document: Document
    session: Session
    player: Player
    loupe: LoupeView
    qtbot: QtBot

    def boundaries(self) -> list[int]:
        return self.document.project.track("one").annotation.boundaries.tolist()

    def at(self, frame: int) -> QPointF:
        """The middle of a frame's picture."""
        cell = self.loupe.cells()[frame - self.loupe.shown().start]
        return cell.center()

    def click(self, frame: int) -> None:
        point = self.at(frame).toPoint()
        self.qtbot.mouseClick(self.loupe, Qt.MouseButton.LeftButton, pos=point)


@pytest.fixture
def bench(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[Bench]:
    document, session = open_document(project_folder), Session()
    player = Player(session)
    loupe = LoupeView(document, session, player)
    qtbot.addWidget(loupe)
    loupe.resize(1200, 120)
    loupe.show()
    session.set_video("one")
    player.open(project_folder.root.parent / "one.mp4")
    for start, stop, label in ((0, CUT, 1), (CUT, CUT + 8, 2), (CUT + 8, N_FRAMES, 0)):
        document.edit_lane(
            "Paint", "one", lambda s, a=start, b=stop, c=label: paint(s, a, b, c)
        )
    qtbot.waitUntil(lambda: player.picture is not None)
    yield Bench(document, session, player, loupe, qtbot)
    loupe.close_video()
    player.close()
    document.close()


def test_it_shows_what_is_around_the_selected_boundary(bench: Bench) -> None:
    bench.session.set_boundary(0)
    shown = bench.loupe.shown()
    assert len(shown) == N_SHOWN
    assert shown[len(shown) // 2] == CUT
    frames = bench.loupe.frames
    bench.qtbot.waitUntil(lambda: all(frames.image(n) is not None for n in shown))
    for n in shown:
        image = frames.image(n)
        assert image is not None
        assert read_code(array(image)) == n
    bench.loupe.resize(500, 200)
    assert bench.loupe.shown() == shown


def test_a_click_on_the_first_frame_of_the_new_action_moves_the_boundary(
    bench: Bench,
) -> None:
    bench.session.set_boundary(0)
    n_steps = bench.document.undo_stack.count()
    bench.click(CUT + 2)
    assert bench.boundaries() == [CUT + 2, CUT + 8]
    assert bench.document.undo_stack.count() == n_steps + 1
    assert bench.loupe.shown()[len(bench.loupe.shown()) // 2] == CUT + 2
    bench.qtbot.waitUntil(lambda: bench.session.frame == CUT + 2)
    bench.click(CUT - 1)
    assert bench.boundaries() == [CUT - 1, CUT + 8]
    # The second press of a double click would be on another frame, with another cut.
    went_on: list[bool] = []
    bench.loupe.went_on.connect(lambda: went_on.append(True))
    for held in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        place = bench.at(bench.boundaries()[0] - 3).toPoint()
        moved, left = bench.boundaries()[0] - 3, Qt.MouseButton.LeftButton
        bench.qtbot.mouseClick(bench.loupe, left, held, place)
        bench.qtbot.mouseDClick(bench.loupe, left, held, place)
        assert bench.boundaries() == [moved, CUT + 8]
        bench.document.undo_stack.undo()
    assert went_on == [True]
    bench.document.undo_stack.undo()
    bench.document.undo_stack.undo()
    assert bench.boundaries() == [CUT, CUT + 8]


def test_a_click_on_the_boundary_or_beyond_a_neighbour_only_shows_the_frame(
    bench: Bench,
) -> None:
    bench.session.set_boundary(1)
    bench.document.edit_lane("Paint", "one", lambda s: paint(s, CUT + 5, CUT + 8, 3))
    bench.session.set_boundary(2)
    n_steps = bench.document.undo_stack.count()
    before = bench.boundaries()
    cut = bench.loupe.cut()
    assert cut is not None
    for frame in (cut.frame, cut.low - 1):
        bench.click(frame)
        assert bench.boundaries() == before
        bench.qtbot.waitUntil(lambda n=frame: bench.session.frame == n)
    assert bench.document.undo_stack.count() == n_steps
    assert "cannot pass" in bench.loupe.tip_at(bench.at(cut.low - 1))
    assert "begin “walk” here" in bench.loupe.tip_at(bench.at(cut.low))


def test_an_end_is_judged_by_pictures_of_a_readable_size_only(bench: Bench) -> None:
    """At 800x500 pictures of 49 px said that both ends were reviewed."""
    assert bench.loupe.is_large
    bench.loupe.resize(800, 75)
    assert not bench.loupe.is_large


def test_at_the_ends_of_the_video_no_frame_is_made_up(bench: Bench) -> None:
    bench.document.edit_lane("Paint", "one", lambda s: paint(s, 0, 2, 3))
    bench.session.set_boundary(0)
    assert bench.loupe.shown().start == 0
    bench.click(1)
    assert bench.boundaries()[0] == 1
    last = len(bench.boundaries())
    bench.document.edit_lane(
        "Paint", "one", lambda s: paint(s, N_FRAMES - 1, N_FRAMES, 3)
    )
    bench.session.set_boundary(last)
    assert bench.loupe.shown()[-1] == N_FRAMES - 1
    assert bench.loupe.grab().size() == bench.loupe.size()


def test_the_line_below_each_picture_has_the_colour_of_its_label(bench: Bench) -> None:
    bench.document.edit_lane("Paint", "one", lambda s: paint(s, CUT + 3, N_FRAMES, 0))
    bench.session.set_boundary(0)
    project, loupe = bench.document.project, bench.loupe
    lane, image = project.track("one").annotation, loupe.grab().toImage()
    for frame, cell in zip(loupe.shown(), loupe.cells(), strict=True):
        found = project.class_of(lane.at(frame).class_id)
        assert found is not None
        colour = image.pixelColor(round(cell.center().x()), round(cell.bottom()) + 4)
        assert colour.name() == found.color.lower(), frame


def test_it_follows_a_boundary_that_is_dragged(bench: Bench) -> None:
    bench.session.set_boundary(0)
    bench.loupe.set_dragged(CUT - 9)
    shown = bench.loupe.shown()
    assert shown[len(shown) // 2] == CUT - 9
    bench.loupe.set_dragged(None)
    shown = bench.loupe.shown()
    assert shown[len(shown) // 2] == CUT


def test_the_square_around_the_hands_holds_all_wrists_that_are_shown(
    bench: Bench,
) -> None:
    coco = load_skeleton("coco17")
    keypoints = np.full((N_FRAMES, 1, 17, 2), 20, np.float32)
    wrists = [i for i, name in enumerate(coco.keypoints) if name.endswith("wrist")]
    keypoints[:, 0, wrists] = (90, 50)
    keypoints[CUT, 0, wrists[0]] = (100, 56)
    scores = np.full((N_FRAMES, 1, 17), 0.9, np.float32)
    scores[CUT + 1, 0, wrists[1]] = 0
    keypoints[CUT + 1, 0, wrists[1]] = 0
    poses = PoseSequence(keypoints, scores, "coco17", (160, 96))
    subject = np.zeros(N_FRAMES, int)
    bench.loupe.set_overlay_source(PoseOverlay(poses, subject, coco))
    bench.session.set_boundary(0)
    whole = bench.loupe.shown()
    bench.loupe.set_crop("hands")
    box = bench.loupe.box()
    assert box is not None
    left, top, right, bottom = box
    cell = bench.loupe.cells()[0]
    shape = (right - left) / (bottom - top)
    assert shape == pytest.approx(cell.width() / cell.height(), rel=0.02)
    assert left < 90
    assert right > 100
    assert left > 70, "a missing wrist is nowhere"
    # By default all of the subject is in it, and the same square a frame later.
    bench.loupe.set_crop("subject")
    box = bench.loupe.box()
    assert box is not None
    assert box[0] < 20 < 100 < box[2]
    bench.session.set_boundary(1)
    assert bench.loupe.box() == box
    bench.loupe.set_crop("picture")
    assert bench.loupe.box() is None
    bench.session.set_boundary(0)
    bench.loupe.set_crop("hands")
    assert len(bench.loupe.shown()) >= len(whole)
    frames = bench.loupe.frames
    shown = bench.loupe.shown()
    bench.qtbot.waitUntil(lambda: all(frames.image(n) is not None for n in shown))
    bench.click(CUT + 1)
    assert bench.boundaries()[0] == CUT + 1


def test_without_a_boundary_it_shows_what_is_around_the_playhead(bench: Bench) -> None:
    def go(frame: int) -> range:
        bench.player.seek(frame)
        bench.qtbot.waitUntil(lambda: bench.session.frame == frame, timeout=10_000)
        bench.qtbot.waitUntil(lambda: not bench.loupe.rest_timer.isActive())
        return bench.loupe.shown()

    shown = go(60)
    assert shown[len(shown) // 2] == 60
    frames = bench.loupe.frames
    bench.qtbot.waitUntil(lambda: all(frames.image(n) is not None for n in shown))
    assert go(62) == shown, "it jumps while one steps among its frames"
    assert go(shown.stop + 3) != shown
    shown, before = bench.loupe.shown(), bench.document.project
    bench.click(shown.start + 2)
    bench.qtbot.waitUntil(lambda: bench.session.frame == shown.start + 2)
    assert bench.document.project is before, "there is no boundary to be moved"
    assert "click to go there" in bench.loupe.tip_at(bench.at(shown.start + 1))


def test_while_it_plays_only_numbers_are_painted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.player.seek(10)
    bench.qtbot.waitUntil(lambda: bench.session.frame == 10)
    bench.qtbot.waitUntil(lambda: not bench.loupe.rest_timer.isActive())
    frames = bench.loupe.frames
    shown = bench.loupe.shown()
    bench.qtbot.waitUntil(lambda: all(frames.image(n) is not None for n in shown))
    settle()
    pictures: list[int] = []
    image = frames.image

    def counted(frame: int) -> QImage | None:
        pictures.append(frame)
        return image(frame)

    monkeypatch.setattr(frames, "image", counted)
    bench.loupe.rest_timer.setInterval(100_000)
    bench.session.set_frame(11)
    settle()
    assert pictures == []
    bench.loupe.repaint()
    assert pictures == list(bench.loupe.shown())


def test_what_was_labelled_while_it_played_does_not_mislead_a_click(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    editing = SegmentEditor(bench.document, bench.session, bench.player, Notices())
    bench.session.set_boundary(0)

    def pause() -> None:
        # As a segment that grows is written where playing ends.
        bench.document.edit_lane("Grown", "one", lambda s: paint(s, 5, 20, 0))

    monkeypatch.setattr(bench.player, "pause", pause)
    bench.click(CUT + 2)
    assert bench.boundaries() == [5, 20, CUT + 2, CUT + 8]
    assert editing.session.boundary == 2
