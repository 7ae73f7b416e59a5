"""Settle where two people disagree: block by block, in the review room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.language import in_language
from app.kit.notices import Notices
from app.services.labelling.annotator_name import AnnotatorName
from app.services.review.review_room import ReviewRoom
from app.state.change import Change
from skelseg_core.errors import EditError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.decisions import Choice, Decision
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.disagreements import Block, BlockOrder, item_of_block, ordered
from skelseg_core.review.review_item import ReviewItem
from skelseg_core.review.settling import (
    Dispute,
    answers,
    begin,
    keep_as_gold,
    settle,
    settled_as_it_is,
    shares_agreed,
)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class Settling(QObject):
    """Go through the disagreements of two lanes of the current video.

    Each answer is one undo step that holds the labels and who decided; any edit in a
    block is an answer, too. ``changed`` says that there are other disagreements.
    """

    changed = Signal()

    def __init__(
        self,
        room: ReviewRoom,
        annotator: AnnotatorName,
        notices: Notices,
        parent: QObject | None = None,
        now: Callable[[], str] = _now,
    ) -> None:
        super().__init__(parent)
        self._room, self._annotator, self._notices = room, annotator, notices
        self._document, self._session = room.document, room.session
        self._now = now
        self.dispute: Dispute | None = None
        self.order: BlockOrder = "length"
        self._kept: (
            tuple[tuple[Segmentation, Segmentation], tuple[Block, ...]] | None
        ) = None
        self._document.amendments.append(self._with_answer)
        self._document.changed.connect(self._on_document)
        room.changed.connect(self._on_room)
        room.came.connect(self._play)

    # -- what there is to settle ------------------------------------------------------

    @property
    def on(self) -> bool:
        """True while disagreements are gone through."""
        return self._room.queue is self

    @property
    def item(self) -> Track | None:
        """The current video, or None."""
        return self._room.current.item

    @property
    def label_map(self) -> LabelMap:
        """The classes of the project."""
        return self._room.current.classes

    def usual(self, item: Track) -> Dispute | None:
        """Return the two lanes of a video that were settled last, or the first two."""
        for decision in reversed(item.decisions):
            dispute = Dispute(decision.first, decision.second)
            if dispute.of(item) is not None:
                return dispute
        lanes = [
            name
            for name, lane in item.lanes.items()
            if name not in item.missing and lane.n_labelled
        ]
        lanes.sort(key=lambda n: n != ANNOTATION)
        return Dispute(lanes[0], lanes[1]) if len(lanes) > 1 else None

    def names(self) -> tuple[str, str]:
        """Return the names of the two people, as they are shown."""
        if self.dispute is None:
            return "", ""
        from skelseg_core.tasks.agreement import shown_lane

        return shown_lane(self.dispute.first), shown_lane(self.dispute.second)

    def items(self) -> Sequence[ReviewItem]:
        """List the items of the blocks that are left, in the chosen order."""
        item, dispute = self.item, self.dispute
        if item is None or dispute is None:
            return ()
        blocks = [
            b for b in self._blocks(item, dispute) if dispute.decision(item, b) is None
        ]
        names = {c.id: c.name for c in self.label_map.classes}
        return [
            item_of_block(b, names, *self.names()) for b in ordered(blocks, self.order)
        ]

    def set_order(self, order: BlockOrder) -> None:
        """Go through what is left in this order from now on."""
        self.order = order
        if self.on:
            self._room.find_again()

    @property
    def block(self) -> Block | None:
        """The block one is at, or None."""
        item, look, dispute = self.item, self._room.look, self.dispute
        if not self.on or item is None or look is None or dispute is None:
            return None
        frames = look.found.start, look.found.stop
        found = self._blocks(item, dispute)
        return next((b for b in found if (b.start, b.stop) == frames), None)

    def _blocks(self, item: Track, dispute: Dispute) -> tuple[Block, ...]:
        """Find where the two disagree, once as long as their lanes are the same."""
        both = dispute.of(item)
        if both is None:
            return ()
        if self._kept is None or any(
            a is not b for a, b in zip(self._kept[0], both, strict=True)
        ):
            self._kept = both, dispute.blocks(item)
        return self._kept[1]

    @property
    def decision(self) -> Decision | None:
        """Decision on the block one is at, or None."""
        item, block = self.item, self.block
        if item is None or block is None or self.dispute is None:
            return None
        return self.dispute.decision(item, block)

    @property
    def n_open(self) -> int:
        """Number of the disagreements gone through that nobody settled."""
        return len(self.items())

    def figures(self) -> tuple[float, float, float] | None:
        """Compute how far they agree, and how far the result does with each, in %.

        Over the frames of the current video that both label; None without any.
        """
        item, dispute = self.item, self.dispute
        both = None if item is None or dispute is None else dispute.of(item)
        if item is None or both is None:
            return None
        return shares_agreed(*both, item.annotation)

    # -- in ---------------------------------------------------------------------------

    def _can_begin(self) -> bool:
        item = self.item
        return item is not None and self.usual(item) is not None

    @command(
        "settle",
        "Settle disagreements",
        enabled=_can_begin,
        tip="Go through what two people label differently, and decide",
        acts_on="disputed",
    )
    def begin_usual(self) -> None:
        """Settle what the two people disagree about that were compared last."""
        item = self.item
        dispute = None if item is None else self.usual(item)
        if dispute is not None:
            self.begin(dispute)

    def begin(self, dispute: Dispute) -> None:
        """Go through the disagreements of two lanes of the current video."""
        item = self.item
        if item is None:
            return
        try:
            if dispute.of(item) is None:
                raise EditError(
                    "{} has no labels by two people. Import another annotator's "
                    "labels. If the project is blind, mark the video as done.",
                    item.id,
                )
            _, now = begin(
                self._document.project, item.id, dispute, self._annotator.name
            )
        except EditError as error:
            self._notices.refuse(in_language(error))
            return
        video, person = item.id, self._annotator.name
        self.dispute = now
        # Where the labels begin as those of one of the two, that is no answer.
        self._room.go_through(None)
        self._document.apply(
            self.tr("Settle {} and {}").format(*self.names()),
            lambda p: begin(p, video, dispute, person)[0],
        )
        self._room.go_through(self)
        self._room.enter()
        self.changed.emit()

    # -- answers ----------------------------------------------------------------------

    def at(self, *_: object) -> bool:
        """Tell whether the keys of a block hold."""
        return self.on and self._room.at()

    def at_moved(self, *_: object) -> bool:
        """Tell whether the block one is at is a boundary that moved."""
        block = self.block if self.at() else None
        return block is not None and block.kind == "moved"

    @command(
        "settle-first",
        "Take the first label, next",
        "A",
        args=("first",),
        enabled=at,
        acts_on="disagreement",
        reviews="The classes and boundaries in it that were on the screen",
    )
    @command(
        "settle-second",
        "Take the second label, next",
        "B",
        args=("second",),
        enabled=at,
        acts_on="disagreement",
        reviews="The classes and boundaries in it that were on the screen",
    )
    def take(self, choice: Choice) -> None:
        """Take what one of the two says, and go to the next block."""
        self._answer(choice)

    @command(
        "settle-middle",
        "Take the middle, next",
        "M",
        enabled=at_moved,
        acts_on="disagreement",
        reviews="The classes and boundaries in it that were on the screen",
    )
    def take_middle(self) -> None:
        """Put a boundary halfway between the two, and go to the next block."""
        self._answer("middle")

    def _answer(self, choice: Choice) -> None:
        block, dispute, place = self.block, self.dispute, self._room.place
        if block is None or dispute is None or place is None:
            return
        if not self._is_seen(place):
            return
        self._room.stop_playing()
        video, who, when = self._session.track_id, self._annotator.name, self._now()
        sight = self._room.on_screen.sight
        self._document.apply(
            self._text(choice),
            lambda p: settle(p, video, dispute, block, choice, who, when, sight),
        )
        self._room.go(1)

    def _is_seen(self, item: ReviewItem) -> bool:
        """Tell whether the block was there to be looked at; go back to it else."""
        room = self._room
        return room.ready and room.is_here(item) and room.on_screen.settled

    def _text(self, choice: Choice) -> str:
        first, second = self.names()
        if choice == "middle":
            return self.tr("Take the middle")
        return self.tr("Take {}").format(first if choice == "first" else second)

    def agree(self) -> bool:
        """Settle the block one is at by what stands there now."""
        block, dispute, place = self.block, self.dispute, self._room.place
        if block is None or dispute is None or place is None:
            return False
        if not self._is_seen(place):
            return False
        self._room.stop_playing()
        video, who, when = self._session.track_id, self._annotator.name, self._now()
        self._document.apply(
            self.tr("Leave it as it is"),
            lambda p: settled_as_it_is(p, video, dispute, block, who, when),
        )
        return True

    def _with_answer(self, before: Project, after: Project) -> Project:
        """Note who decided where an edit by hand changes the block one is at."""
        block, dispute, video = self.block, self.dispute, self._session.track_id
        old, item = before.find(video), after.find(video)
        if block is None or dispute is None or old is None or item is None:
            return after
        if old.decisions != item.decisions or dispute.of(item) is None:
            return after
        if not answers(old.annotation, item.annotation, block):
            return after
        who, when = self._annotator.name, self._now()
        return settled_as_it_is(after, video, dispute, block, who, when)

    # -- after the last ---------------------------------------------------------------

    def go_on(self) -> None:
        """Keep the result, and settle the next video of these two people.

        Where something was left alone, that comes again first.
        """
        if self.n_open and self.dispute is not None:
            self.begin(self.dispute)
            return
        self.keep_gold()
        video = self.next_video
        dispute = self._dispute_elsewhere(video)
        if video is None or dispute is None:
            self._room.leave()
            return
        self._session.set_video(video.id)
        if self._session.track_id == video.id:
            self.begin(dispute)

    @property
    def next_video(self) -> Track | None:
        """The next video in which these two people disagree, from the start again."""
        project = self._document.project
        at = project.places.get(self._session.track_id, -1)
        others = (*project.tracks[at + 1 :], *project.tracks[: max(0, at)])
        for item in others:
            seen = self._room.current.seen(item.id)
            dispute = self._dispute_elsewhere(seen)
            if seen is not None and dispute and dispute.open_blocks(seen):
                return seen
        return None

    def _dispute_elsewhere(self, item: Track | None) -> Dispute | None:
        """Return the lanes of the two people in another video, or None."""
        if item is None or self.dispute is None:
            return None
        names = [
            name if name in item.lanes else ANNOTATION
            for name in (self.dispute.first, self.dispute.second)
        ]
        if names[0] == names[1]:
            return None
        return Dispute(*names)

    def _can_keep(self) -> bool:
        item = self.item
        return item is not None and bool(item.decisions)

    @command(
        "settle-gold",
        "Keep the result as lane “gold”",
        enabled=_can_keep,
        tip="A copy of the annotation beside it. Exports call it annotator:gold",
        acts_on="lane",
    )
    def keep_gold(self) -> None:
        """Keep the annotation of the current video as the lane of gold."""
        video = self._session.track_id
        self._document.apply(self.tr("Keep as gold"), lambda p: keep_as_gold(p, video))

    # -- what changes beside it -------------------------------------------------------

    def _on_document(self, change: Change) -> None:
        if not self.on or not change.touches(self._session.track_id):
            return
        item = self.item
        if item is None or self.dispute is None or self.dispute.of(item) is None:
            self._room.go_through(None)
            self._room.leave()

    def _play(self) -> None:
        """Play around the block that one came to."""
        if self.on:
            self._room.play_again()

    def _on_room(self) -> None:
        self.changed.emit()
