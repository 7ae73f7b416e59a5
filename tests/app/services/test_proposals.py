"""After a mending the alike places are offered: taken as one step, or dropped."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from skelseg_core.labels.edits import delete_into_neighbour, paint, review
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, prediction_lane, set_lane
from skelseg_core.review.assist import Work
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import habits_of_others
from skelseg_core.review.proposals import Proposer
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services

LENGTH, WALK, REACH, STAND = 12, 0, 1, 2


def pre_labels() -> Prediction:
    """Walk, reach, walk, ...; *stand* has some probability at every change."""
    labels = (np.arange(N_FRAMES) // LENGTH) % 2
    p = np.full((N_FRAMES, 3), 0.01, np.float32)
    p[np.arange(N_FRAMES), labels] = 0.98
    for at in range(LENGTH, N_FRAMES, LENGTH):
        p[at - 2 : at + 2] = p[at - 2 : at + 2] * 0.5
        p[at - 2 : at + 2, STAND] = 0.5
    return Prediction(p, np.arange(3), Segmentation.from_frames(labels, "model"))


def both_ways() -> Segmentation:
    """What somebody labelled in another video: with *stand* between, and without."""
    row = [WALK, STAND, REACH, STAND] * 4 + [WALK, REACH] * 4
    return Segmentation.from_frames(np.resize(np.repeat(row, 3), N_FRAMES))


@pytest.fixture
def bench(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[SimpleNamespace]:
    services = make_services(project_folder)
    document, current = services.document, services.current_video
    services.session.set_video("one")
    qtbot.waitUntil(lambda: services.player.picture is not None, timeout=20_000)
    found = pre_labels()
    document.apply("Set", lambda p: set_lane(p, "two", ANNOTATION, both_ways()))
    for lane in (prediction_lane("m"), ANNOTATION):
        document.apply(
            "Set", lambda p, n=lane: set_lane(p, "one", n, found.segmentation)
        )
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)
    current.set_prediction("one", "m", found)

    def edit(change: object) -> None:
        assert callable(change)
        assert document.edit_lane("Edit", "one", change)
        qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)

    yield SimpleNamespace(services=services, edit=edit, proposals=services.proposals)
    close_services(services)


def lane(bench: SimpleNamespace) -> Segmentation:
    annotation = bench.services.current_video.item.annotation
    assert isinstance(annotation, Segmentation)
    return annotation


def mend(bench: SimpleNamespace) -> None:
    bench.edit(lambda s: paint(s, LENGTH - 2, LENGTH + 2, STAND))


def stands(bench: SimpleNamespace) -> int:
    return sum(s.class_id == STAND for s in lane(bench).segments)


def test_alike_places_are_offered_shown_and_taken_as_one_step(
    bench: SimpleNamespace,
) -> None:
    services = bench.services
    assert bench.proposals.offer is None
    mend(bench)
    n = len(bench.proposals.offer.proposal.places)
    assert n == N_FRAMES // LENGTH - (N_FRAMES % LENGTH == 0) - 1
    ghosts = services.session.proposed
    assert [c for _, _, c in ghosts if c == STAND] == [STAND] * n
    name = services.document.project.label_map.name_of(STAND)
    notice = services.notices.all[-1]
    assert notice.text == f"“{name}” may be missing at {n} places."
    assert (notice.warning, notice.helps) == (False, ("alike-take",))
    step, before = services.document.undo_stack.index(), lane(bench)
    bench.proposals.take()
    assert services.document.undo_stack.index() == step + 1
    assert stands(bench) == n + 1
    taken = [s for s in lane(bench).segments if s.class_id == STAND][1:]
    assert all(s.source == "model" and not s.class_vouched for s in taken)
    assert services.session.proposed == ()
    assert notice not in services.notices.all
    services.document.undo()
    assert lane(bench) == before
    services.document.redo()
    assert stands(bench) == n + 1


def test_it_is_what_assist_proposes(bench: SimpleNamespace) -> None:
    mend(bench)
    project, now = bench.services.document.project, lane(bench)
    item, said = bench.services.current_video.item, pre_labels()
    rate, names = item.mean_rate, {c.id: c.name for c in project.label_map.classes}
    evidence = Evidence(said.probabilities, said.class_ids, rate)
    habits = habits_of_others(project, item)
    propose = Proposer(evidence, habits, names, said.segmentation)
    found = propose(Work.of(now, np.zeros(N_FRAMES, bool)))
    assert found is not None
    assert bench.proposals.offer.proposal == found


def test_what_was_taken_over_is_not_offered_to_go(bench: SimpleNamespace) -> None:
    mend(bench)
    bench.proposals.take()
    there = {s.start for s in lane(bench).segments if s.class_id == STAND}
    # All that the person still looks at is left without.
    while stands(bench) > len(there) // 2:
        n = next(i for i, s in enumerate(lane(bench).segments) if is_taken(s))
        bench.edit(lambda s, n=n: delete_into_neighbour(s, n))
        offer = bench.proposals.offer
        kept = {s.start for s in lane(bench).segments if s.class_id == STAND}
        if offer is not None:
            then = {s.start for s in offer.proposal.lane.segments}
            assert kept <= then


def test_what_was_taken_and_undone_is_offered_again(bench: SimpleNamespace) -> None:
    mend(bench)
    places = bench.proposals.offer.proposal.places
    bench.proposals.take()
    bench.services.document.undo()
    bench.edit(lambda s: paint(s, 2 * LENGTH - 2, 2 * LENGTH + 2, STAND))
    assert bench.proposals.offer.proposal.places == places[1:]


def is_taken(segment: Segment) -> bool:
    return segment.class_id == STAND and not segment.class_vouched


def test_it_is_made_anew_after_each_edit(bench: SimpleNamespace, qtbot: QtBot) -> None:
    mend(bench)
    before = bench.proposals.offer
    bench.edit(lambda s: review(s, len(s) - 1))
    after = bench.proposals.offer
    assert after is not None
    assert after.lane is lane(bench)
    # The boundary that was accepted is offered no more.
    assert len(after.proposal.places) == len(before.proposal.places) - 1
    bench.edit(lambda s: paint(s, 2 * LENGTH - 2, 2 * LENGTH + 2, STAND))
    assert bench.proposals.offer.lane is lane(bench)
    for n in range(4, len(lane(bench))):
        bench.services.document.edit_lane("R", "one", lambda s, i=n: review(s, i))
    qtbot.waitUntil(lambda: not bench.services.jobs.running, timeout=20_000)
    assert bench.proposals.offer is None
    assert not bench.proposals.can_take


def test_escape_closing_undo_and_another_video_drop_it(bench: SimpleNamespace) -> None:
    services = bench.services
    mend(bench)
    services.session.set_boundary(1)
    services.segment_editor.clear_choice()
    assert bench.proposals.offer is None
    assert services.session.boundary == 1, "one thing after the other"
    services.document.undo()
    mend(bench)
    services.notices.close(services.notices.all[-1])
    assert bench.proposals.offer is None
    services.document.undo()
    mend(bench)
    assert bench.proposals.offer is not None
    services.document.undo()
    assert bench.proposals.offer is None
    services.document.redo()


def test_a_late_answer_is_dropped(bench: SimpleNamespace, qtbot: QtBot) -> None:
    document = bench.services.document
    document.edit_lane("Edit", "one", lambda s: paint(s, 10, 14, STAND))
    document.undo()
    qtbot.waitUntil(lambda: not bench.services.jobs.running, timeout=20_000)
    assert bench.proposals.offer is None


def test_nothing_is_offered_where_that_is_switched_off(bench: SimpleNamespace) -> None:
    bench.proposals.toggle()
    mend(bench)
    assert bench.proposals.offer is None
    assert not bench.services.settings.offers_alike
    bench.proposals.toggle()
    bench.services.document.undo()
    mend(bench)
    assert bench.proposals.offer is not None
