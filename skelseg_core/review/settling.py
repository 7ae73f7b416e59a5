"""Settling: what becomes of the labels of two people, block by block.

While it lasts, the annotation holds the labels that come of it, so that every edit of
the program is an answer too. What the annotation said before is kept beside it, under
the name of who labelled it. The result can be kept as the lane `GOLD`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.decisions import Choice, Decision, settled, with_decision
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_annotator_lane, set_lane
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track, annotator_lane
from skelseg_core.review.disagreements import (
    Block,
    choice_of,
    find_blocks,
    take,
    take_middle,
)
from skelseg_core.review.review_item import ReviewItem
from skelseg_core.review.walk import Walk

GOLD = "gold"
"""Name under which the result is kept, as that of an annotator."""


@dataclass(frozen=True)
class Dispute:
    """Two lanes of people that disagree.

    Parameters
    ----------
    first, second : str
        Names of the lanes.
    """

    first: str
    second: str

    def of(self, item: Track) -> tuple[Segmentation, Segmentation] | None:
        """Return both lanes of a video; None where one is not there or not known."""
        names = (self.first, self.second)
        if any(n not in item.lanes or n in item.missing for n in names):
            return None
        return item.lanes[self.first], item.lanes[self.second]

    def blocks(self, item: Track) -> tuple[Block, ...]:
        """Find where the two disagree in a video, in order of time."""
        both = self.of(item)
        return () if both is None else find_blocks(*both)

    def open_blocks(self, item: Track) -> tuple[Block, ...]:
        """Find the blocks that nobody settled yet."""
        return tuple(b for b in self.blocks(item) if self.decision(item, b) is None)

    def decision(self, item: Track, block: Block) -> Decision | None:
        """Return what was decided on a block between these two; None where nothing."""
        same = [
            d
            for d in item.decisions
            if {d.first, d.second} == {self.first, self.second}
        ]
        return settled(same, block.start, block.stop)


def begin(
    project: Project, video_id: TrackId, dispute: Dispute, person: str
) -> tuple[Project, Dispute]:
    """Make the annotation the place where a dispute is settled.

    If it is one of the two, its labels are kept beside it, as the lane of ``person``.
    If it has no labels, it begins as the first of the two.

    Raises
    ------
    EditError
        Where a lane is not there, or another lane has the name of the person.
    """
    item = project.track(video_id)
    if dispute.first == dispute.second or dispute.of(item) is None:
        raise EditError(
            "{} needs the labels of two people; import those of another.",
            project.titled(video_id),
        )
    if ANNOTATION in (dispute.first, dispute.second):
        name = item.annotator or person
        lane = annotator_lane(name)
        kept = item.lanes.get(lane)
        if kept is not None and kept != item.annotation:
            raise EditError(
                "Other labels of '{}' are already beside the annotation of {}; "
                "remove them, or compare these two.",
                name,
                project.titled(video_id),
            )
        project = add_annotator_lane(project, video_id, name, item.annotation)
        names = [
            lane if n == ANNOTATION else n for n in (dispute.first, dispute.second)
        ]
        return project, Dispute(*names)
    if not item.annotation.n_labelled:
        project = set_lane(project, video_id, ANNOTATION, item.lanes[dispute.first])
    return project, dispute


def settle(
    project: Project,
    video_id: TrackId,
    dispute: Dispute,
    block: Block,
    choice: Choice,
    who: str,
    when: str,
    sight: Sight,
) -> Project:
    """Settle a block: take one of the two, the middle, or what stands there.

    What is taken is reviewed as far as it was seen.

    Raises
    ------
    EditError
        Where there is no middle, or a lane is not there.
    """
    item = project.track(video_id)
    both = dispute.of(item)
    if both is None:
        raise EditError(
            "{} no longer has the labels of one of the two.", project.titled(video_id)
        )
    lane = item.annotation
    if choice in ("first", "second"):
        lane = take(lane, both[choice == "second"], block, sight)
    elif choice == "middle":
        lane = take_middle(lane, *both, block, sight)
    made = _decision(project, dispute, block, choice, who, when)
    decisions = with_decision(item.decisions, made)
    item = replace(item.with_lane(ANNOTATION, lane), decisions=decisions)
    return project.with_tracks(item)


def settled_as_it_is(
    project: Project,
    video_id: TrackId,
    dispute: Dispute,
    block: Block,
    who: str,
    when: str,
) -> Project:
    """Settle a block by what the annotation says there now."""
    item = project.track(video_id)
    both = dispute.of(item)
    if both is None:
        return project
    choice = choice_of(item.annotation, *both, block)
    made = _decision(project, dispute, block, choice, who, when)
    decisions = with_decision(item.decisions, made)
    return project.with_tracks(item.with_said(decisions=decisions))


def answers(before: Segmentation, after: Segmentation, block: Block) -> bool:
    """Tell whether an edit changed the labels in a block, or reviewed them."""
    if before is after or before.n_frames != after.n_frames:
        return False
    span = slice(block.start, block.stop)
    said = [(lane.to_frames()[span], _reviewed(lane)[span]) for lane in (before, after)]
    return any((a != b).any() for a, b in zip(*said, strict=True))


def _reviewed(lane: Segmentation) -> np.ndarray:
    """Tell of each frame (T,) whether a person reviewed its class."""
    return lane.frames_where(lambda run: run.class_reviewed)


def shares_agreed(
    first: Segmentation, second: Segmentation, result: Segmentation
) -> tuple[float, float, float] | None:
    """Compute how far two people agree, and how far the result does with each.

    Returns
    -------
    tuple of float or None
        Percent of the frames that both label: first and second, first and result,
        second and result. None where there is no such frame.
    """
    a, b, c = (lane.to_frames() for lane in (first, second, result))
    known = (a >= 0) & (b >= 0)
    if not known.any():
        return None
    pairs = ((a, b), (a, c), (b, c))
    before, with_first, with_second = (
        100.0 * float((x == y)[known].mean()) for x, y in pairs
    )
    return before, with_first, with_second


def keep_as_gold(project: Project, video_id: TrackId) -> Project:
    """Keep the annotation beside itself, as the lane `GOLD`.

    Raises
    ------
    EditError
        Where nothing is labelled.
    """
    item = project.track(video_id)
    if not item.annotation.n_labelled:
        raise EditError("Nothing of {} is labelled.", project.titled(video_id))
    return add_annotator_lane(project, video_id, GOLD, item.annotation)


def unsettled(project: Project, dispute: Dispute, block: Block) -> Decision:
    """Describe a block that nobody settled, for the table of decisions."""
    return _decision(project, dispute, block, "", "", "")


def _decision(
    project: Project,
    dispute: Dispute,
    block: Block,
    choice: Choice | Literal[""],
    who: str,
    when: str,
) -> Decision:
    name_of = project.name_of
    return Decision(
        block.start,
        block.stop,
        block.kind,
        dispute.first,
        dispute.second,
        name_of(block.first),
        name_of(block.second),
        block.moved,
        choice,
        who,
        when,
    )


class BlockWalk(Walk):
    """Walk from block to block: a block has the same frames whatever is edited."""

    def follow(self, before: Segmentation, after: Segmentation) -> None:
        """Stay: what is in question are these frames."""

    def _now(self, item: ReviewItem) -> ReviewItem:
        """Stay: what the two say there is the same whatever is settled."""
        return item

    def find_anew(self, items: Iterable[ReviewItem]) -> None:
        """Let these items wait, in their order, but for those looked at already."""
        looked = {(k.found.start, k.found.stop) for k in self.looks}
        super().find_anew(p for p in items if (p.start, p.stop) not in looked)
