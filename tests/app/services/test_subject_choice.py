"""Who is the subject: chosen by click or key, taken back, and seen on the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.kit.label_style import PEOPLE, style_of
from app.state.current_video import POSES, ShownPoses
from app.timeline.geometry import TimeWindow
from app.timeline.kinds.subject import SubjectRuns, subject_runs
from app.timeline.lane_place import LanePlace
from app.views.picture.overlays import PoseOverlay
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.poses.corrections import PersonSwap
from skelseg_core.poses.sequence import PoseSequence, select_subject, subject_poses
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import correct
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services


def two_people() -> PoseSequence:
    """The left one all the time, the right and smaller one from frame 20 on."""
    rng = np.random.default_rng(0)
    keypoints = np.zeros((N_FRAMES, 2, 17, 2), np.float32)
    keypoints[:, 0] = rng.uniform((5, 5), (45, 85), (17, 2))
    keypoints[:, 1] = rng.uniform((90, 20), (110, 60), (17, 2))
    scores = np.full((N_FRAMES, 2, 17), 0.9, np.float32)
    scores[:20, 1] = 0.0
    return PoseSequence(keypoints, scores, "coco17", (160, 96), "drawn")


@pytest.fixture
def bench(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[SimpleNamespace]:
    for name in ("one", "two"):
        save_poses(project_folder.poses_path(name), two_people(), "")
    services = make_services(project_folder)
    session, player, document = services.session, services.player, services.document
    made = SimpleNamespace(
        session=session,
        player=player,
        document=document,
        current_video=services.current_video,
        subject_choice=services.labelling.subject_choice,
        tracks=services.labelling.track_editor,
        shown=[],
        said=[],
        noted=[],
    )
    services.notices.warned.connect(made.said.append)
    services.notices.said.connect(made.noted.append)
    document.problem.connect(made.said.append)
    current = services.current_video
    current.changed.connect(
        lambda what: made.shown.append(current.poses) if what == POSES else None
    )
    session.set_video("one")
    qtbot.waitUntil(
        lambda: player.picture is not None and bool(made.shown), timeout=20_000
    )
    yield made
    close_services(services)


def seek(bench: SimpleNamespace, qtbot: QtBot, frame: int) -> None:
    bench.player.seek(frame)
    qtbot.waitUntil(lambda: bench.session.frame == frame, timeout=20_000)


def shown_after(bench: SimpleNamespace, qtbot: QtBot, n: int) -> ShownPoses:
    qtbot.waitUntil(lambda: len(bench.shown) == n, timeout=20_000)
    return bench.shown[-1]


def test_a_choice_holds_until_the_next_and_can_be_taken_back(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    assert bench.subject_choice.several
    assert not bench.subject_choice.chosen
    bench.subject_choice.next()  # nobody else is there yet
    assert "Nobody else" in bench.said.pop()
    seek(bench, qtbot, 30)
    bench.subject_choice.next()
    subject = shown_after(bench, qtbot, 2).subject
    assert set(subject[:30]) == {0}
    assert set(subject[30:]) == {1}
    seek(bench, qtbot, 60)
    bench.subject_choice.next()  # and round
    subject = shown_after(bench, qtbot, 3).subject
    assert [int(subject[n]) for n in (29, 30, 59, 60, 89)] == [0, 1, 1, 0, 0]
    bench.subject_choice.forget()
    assert set(shown_after(bench, qtbot, 4).subject[60:]) == {1}
    assert bench.subject_choice.chosen
    bench.document.undo_stack.undo()
    assert set(shown_after(bench, qtbot, 5).subject[60:]) == {0}
    # At any frame, wherever the playhead is: the menu of the lane.
    assert [bench.subject_choice.choice(n) for n in (29, 30, 89)] == [None, 30, 60]
    bench.subject_choice.forget(45)
    assert set(shown_after(bench, qtbot, 6).subject[:60]) == {0}
    assert bench.subject_choice.others(70) == [1]
    bench.subject_choice.choose(1, 70)
    assert set(shown_after(bench, qtbot, 7).subject[70:]) == {1}
    seek(bench, qtbot, 10)
    bench.subject_choice.forget()
    assert "There is no choice of subject at frame 10 of one" in bench.said.pop()


def test_a_click_chooses_and_the_overlay_follows(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    seek(bench, qtbot, 40)
    bench.subject_choice.choose(1)
    shown = shown_after(bench, qtbot, 2)
    overlay = PoseOverlay.of(shown)
    assert [overlay.at(n).subject for n in (39, 40)] == [0, 1]
    lane = subject_runs(shown, bench.current_video.item)
    assert lane is not None
    assert lane.starts.tolist() == [0, 40]
    assert lane.people.tolist() == [0, 1]
    assert lane.picks == (40,)
    assert lane.text_at(39) == "Person 1, by continuity"
    assert lane.text_at(41) == "Person 2, chosen at frame 40"


def test_the_subject_is_chosen_once(bench: SimpleNamespace, qtbot: QtBot) -> None:
    seek(bench, qtbot, 40)
    bench.subject_choice.choose(0)
    assert bench.document.undo_stack.count() == 0
    assert not bench.current_video.item.picks
    assert not bench.document.unsaved
    bench.subject_choice.choose(1)
    bench.subject_choice.choose(0)  # before the first choice is shown
    qtbot.waitUntil(lambda: bench.shown[-1].picks == bench.current_video.item.picks)
    assert bench.document.undo_stack.count() == 2
    assert set(bench.shown[-1].subject) == {0}


@pytest.mark.parametrize("span", [(0, 10), (5, 16), (8, 16), (30, 41), (35, 60)])
@pytest.mark.parametrize("chosen_at", [None, 40])
def test_a_swap_takes_the_subject_to_the_other_person_in_its_frames(
    bench: SimpleNamespace, qtbot: QtBot, span: tuple[int, int], chosen_at: int | None
) -> None:
    if chosen_at is not None:
        seek(bench, qtbot, chosen_at)
        bench.subject_choice.choose(1)
        shown_after(bench, qtbot, 2)
    before = bench.shown[-1]
    swap = PersonSwap(*span, 0, 1)
    bench.document.apply("Swap", lambda p: correct(p, "one", swap))
    after = shown_after(bench, qtbot, len(bench.shown) + 1)
    for frame in range(20, N_FRAMES):
        person = int(before.subject[frame])
        now = 1 - person if span[0] <= frame < span[1] else person
        alone = subject_poses(after.poses, after.subject).keypoints[frame, 0]
        assert np.array_equal(alone, before.estimate.keypoints[frame, now])


def test_one_person_needs_no_lane(bench: SimpleNamespace) -> None:
    alone = replace(bench.shown[-1], several=False)
    assert subject_runs(alone, bench.current_video.item) is None


def test_the_lane_is_painted_run_by_run_with_a_pin(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    style = style_of(widget)
    subject = np.repeat([0, 1, -1], 100)
    lane = SubjectRuns.of(subject, [100])
    assert lane.text_at(250) == "The subject is not visible"
    image = QImage(300, 20, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.fillRect(QRectF(image.rect()), style.surface)
    lane.paint(LanePlace(painter, TimeWindow.fitted(300, 300), 0, 20, style))
    painter.end()
    tones = [image.pixelColor(x, 18).name() for x in (5, 90, 190, 110, 250)]
    assert tones[0] == tones[1]
    assert tones[2] == tones[3]
    assert len(set(tones)) == 3
    assert tones[4] == style.well.name()
    assert image.pixelColor(102, 2) == style.accent


# -- several people who are labelled --------------------------------------------------


@pytest.fixture
def both(bench: SimpleNamespace, qtbot: QtBot) -> SimpleNamespace:
    """Anna, who is the left one, and Ben, the right one, from frame 30 on."""
    seek(bench, qtbot, 30)
    assert bench.tracks.name_person("anna")
    assert bench.tracks.add_person("ben")
    qtbot.waitUntil(lambda: bench.current_video.poses is not None, timeout=20_000)
    return bench


def test_each_of_two_people_is_told_from_the_other(
    both: SimpleNamespace, qtbot: QtBot
) -> None:
    project = both.document.project
    assert [len(v.picks) for v in project.tracks_of("one")] == [1, 1]
    assert both.session.track_id == "one@@ben"
    qtbot.waitUntil(lambda: both.current_video.poses.subject[30] == 1, timeout=20_000)
    assert both.subject_choice.tip == "Click to label this person"


def test_both_people_have_name_and_colour_whoever_is_labelled(
    both: SimpleNamespace, qtbot: QtBot
) -> None:
    for track in ("one@@ben", "one"):
        both.session.set_video(track)
        qtbot.waitUntil(lambda: both.current_video.poses is not None, timeout=20_000)
        overlay = PoseOverlay.of(both.current_video.poses).at(30)
        assert overlay is not None
        assert overlay.names == {0: ("anna", PEOPLE[0]), 1: ("ben", PEOPLE[1])}
    # No two have one figure.
    both.subject_choice.choose(1, 30)

    def names() -> dict[int, tuple[str, str]]:
        overlay = PoseOverlay.of(both.current_video.poses).at(30)
        assert overlay is not None
        return dict(overlay.names)

    exchanged = {1: ("anna", PEOPLE[0]), 0: ("ben", PEOPLE[1])}
    qtbot.waitUntil(lambda: names() == exchanged, timeout=20_000)


def test_the_next_subject_is_never_the_figure_of_two_people(
    both: SimpleNamespace, qtbot: QtBot
) -> None:
    before = both.document.project
    seek(both, qtbot, 50)
    both.subject_choice.next()
    anna, ben = both.document.project.track("one"), both.current_video.item
    assert both.noted[-1].startswith("ben and anna are exchanged from here on.")
    assert both.document.undo_stack.text(both.document.step - 1) == "Choose subject"
    estimate = two_people()
    told = [select_subject(estimate, track.picks) for track in (anna, ben)]
    assert (told[0] != told[1])[30:].all()
    assert [n[49] for n in told] == [0, 1]
    assert [n[50] for n in told] == [1, 0]
    both.document.undo()
    assert both.document.project == before
    # Nor of one whose own figure nobody knows yet.
    both.subject_choice.forget(50)
    assert not both.current_video.item.picks
    both.subject_choice.choose(0, 50)
    assert both.said[-1] == "This is anna. Choose ben in a frame that shows both."
    assert not both.current_video.item.picks
    qtbot.waitUntil(lambda: both.current_video.poses.picks == (), timeout=20_000)
    both.subject_choice.next()
    assert both.current_video.item.picks[0].x > 80, "the free figure"


def test_a_click_on_a_labelled_person_is_no_edit(
    both: SimpleNamespace, qtbot: QtBot
) -> None:
    before = both.document.project
    both.subject_choice.click(0)
    assert both.session.track_id == "one"
    qtbot.waitUntil(lambda: both.current_video.poses is not None, timeout=20_000)
    both.subject_choice.click(1)
    assert both.session.track_id == "one@@ben"
    qtbot.waitUntil(lambda: both.current_video.poses is not None, timeout=20_000)
    both.subject_choice.click(1)
    assert both.document.project is before
    assert both.session.frame == 30
