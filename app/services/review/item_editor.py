"""Edit the place that is reviewed: agree, give a class, merge away, insert."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.language import in_language
from app.kit.plural import frames_named, plural
from app.playback.player import Player
from app.services.labelling.current_boundary import boundary_at
from app.services.labelling.segment_editor import SegmentEditor
from app.services.review.review_room import ReviewRoom
from app.services.task_runner import TaskRunner
from app.state.document import PreparedEdit
from skelseg_core.errors import EditError
from skelseg_core.labels.bulk_edits import leave_undecided, make_undecided
from skelseg_core.labels.edits import carry_boundary, paint, relabel
from skelseg_core.labels.reviewing import agree
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.item_edits import insert, merge_away, second_boundary
from skelseg_core.review.review_item import ReviewItem
from skelseg_core.review.two_ways import leave_out
from skelseg_core.review.walk import index_of


class ItemEditor(QObject):
    """Edit the place one is at in the review; each call is one undo step.

    What is not the place that is looked at is not edited.
    """

    def __init__(
        self,
        room: ReviewRoom,
        editor: SegmentEditor,
        player: Player,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._room, self._editor, self._player = room, editor, player
        self._tasks, self._notices = tasks, tasks.notices
        self._document, self._session = room.document, room.session

    def in_room(self, *_: object) -> bool:
        """Tell whether the keys of the room hold."""
        return self._room.in_room()

    def at(self, *_: object) -> bool:
        """Tell whether the keys of a place hold."""
        return self._room.at()

    def at_doubt(self, *_: object) -> bool:
        """Tell whether the place is a segment, and no disagreement."""
        return self._room.at() and self._room.queue is None

    def by_model(self, *_: object) -> bool:
        """Tell whether a model finds the place doubtful."""
        return self.at_doubt() and self._room.evidence is not None

    @command(
        "room-right",
        "Mark as reviewed, next",
        "Return",
        "Enter",
        enabled=in_room,
        acts_on="item in review",
        reviews="Its class and ends, as far as they were on the screen",
    )
    def say_right(self) -> None:
        """Agree with the place as it is, and go to the next; begin, or end with it."""
        room = self._room
        if room.state == "at":
            if self.agree() if room.queue is None else room.queue.agree():
                room.go(1)
        elif room.state == "ready":
            room.enter()
        elif room.state == "ended" and room.walk is not None and room.walk.waiting:
            room.go(1)
        elif room.state == "ended" and room.queue is not None:
            room.queue.go_on()
        elif room.state == "ended":
            room.go_to_next_video()

    def agree(self) -> bool:
        """Agree with the place as far as it was on the screen; False where refused."""
        room = self._room
        look, lane, playing = room.look, room.lane, self._player.playing
        if not room.ready:
            return False
        room.stop_playing()
        if look is None or lane is None or not room.is_here(look.item):
            return False
        if not (playing or room.on_screen.settled):
            return False
        index, sight = index_of(look.item, lane), room.on_screen.sight
        if self._editor.refuse_unseen(index, "room-again"):
            return False
        try:
            agreed = agree(lane, index, sight)
        except EditError as error:
            self._notices.refuse(in_language(error))
            return False
        if agreed != lane:
            text = self.tr("Mark as reviewed, next")
            self._editor.edit(text, lambda s: agree(s, index, sight))
        elif self._refuses_end(lane, index):
            return False
        look.agreed = True
        return True

    def _refuses_end(self, lane: Segmentation, index: int) -> bool:
        """Go to an end that nobody looked at, and say so; False where both were."""
        segment = lane.segments[index]
        if segment.class_id is None or segment.reviewed:
            return False
        if segment.start > 0 and not segment.start_reviewed:
            index -= 1
        frame = lane.segments[index].stop
        self._editor.boundary.go_to(index)
        text = self.tr(
            "Frames {} did not stand on the screen yet: look at both, then press the "
            "key again. The loupe ({}) shows them."
        )
        key = self._editor.targets.key_of("loupe")
        self._notices.refuse(text.format(frames_named(frame - 1, frame + 1), key))
        return True

    def _edit(self, text: str, edit: Callable[[Segmentation], Segmentation]) -> bool:
        """Edit the lane here; playing stops, and what was seen stays seen."""
        self._room.stop_playing()
        return self._editor.edit(text, edit)

    def label(self, class_id: int) -> bool:
        """Give the segment of the place a class; False where another is meant."""
        place, player = self._room.place, self._player
        if not self._room.at() or place is None or self._session.chosen:
            return False
        item = self._room.current.item
        if item is None or self._session.marked_range(item.n_frames) is not None:
            return False
        if self._document.project.track_for(item, class_id) is not item:
            return False
        if player.playing and player.plan.name != "again":
            return False
        if not player.playing and not place.start <= player.target <= place.stop:
            return False
        index = index_of(place, item.annotation)
        has = item.annotation.segments[index].class_id == class_id
        if has and self._room.queue is None:
            self.agree()
            return True
        start, stop = place.start, place.stop
        name = self._document.project.name_of(class_id)
        whole = self._room.queue is None

        def given(lane: Segmentation) -> Segmentation:
            if whole:
                return relabel(lane, index, class_id)
            return paint(lane, start, stop, class_id)

        text, queue = self.tr("Label {}").format(name), self._room.queue
        if not self._edit(text, given) and queue is not None:
            queue.agree()  # it says what stands there already
        return True

    @command(
        "room-merge",
        "Merge the item",
        "Backspace",
        enabled=at_doubt,
        acts_on="item and neighbours",
        reviews="The merged frames, where all of them were on the screen",
    )
    def merge_away(self) -> None:
        """Give the place to the neighbour whose class is more probable there."""
        place, lane, evidence = self._room.place, self._room.lane, self._room.evidence
        if place is None or lane is None or not self._room.is_here(place):
            return
        index = index_of(place, lane)
        gone = lane.segments[index]
        kept: list[Segment] = []
        sight = self._room.on_screen.sight

        def merged(value: Segmentation) -> Segmentation:
            after, into = merge_away(value, index, evidence, sight)
            kept.append(into)
            return after

        if self._edit(self.tr("Merge the item"), merged):
            name_of = self._document.project.name_of
            nothing = self.tr("unlabelled")
            text = self.tr("“{}” is merged: its frames {} are “{}” now.")
            frames = frames_named(gone.start, gone.stop)
            names = [name_of(s.class_id) or nothing for s in (gone, kept[0])]
            self._notices.say(text.format(names[0], frames, names[1]))

    def in_two_ways(self, *_: object) -> bool:
        """Tell whether the place is one of a kind that is labelled in two ways."""
        return self._room.at() and self._room.kind is not None

    @command(
        "room-leave-out",
        "Leave out everywhere",
        "Shift+Backspace",
        enabled=in_two_ways,
        tip="Merge all segments like this, in all videos, into their neighbours",
        acts_on="all items of a kind",
        reviews="What grows over reviewed frames: its class, by rule",
    )
    def leave_out(self) -> None:
        """Leave out all of the kind that the place is one of, as one undo step."""
        room = self._room
        kind, place, item = room.kind, room.place, room.current.item
        if kind is None or place is None or item is None or not room.is_here(place):
            return
        class_id, tier = kind.key[1], item.tier
        room.stop_playing()

        def tell(edit: PreparedEdit) -> None:
            before, after = (p.totals.class_counts for p in (edit.before, edit.after))
            n = before[class_id] - after[class_id]
            self._tasks.tell(plural("{n} segment(s) left out in all videos.", n))

        name = self._document.project.name_of(class_id)
        text = self.tr("Leave out {}").format(name)
        self._tasks.edit(text, lambda p: leave_out(p, tier, kind), tell)

    @command(
        "room-second",
        "Use the model's other boundary",
        "B",
        enabled=by_model,
        acts_on="boundary",
    )
    def take_second(self) -> None:
        """Move the boundary to the next likeliest place, or back to the likeliest."""
        place, lane, evidence = self._room.place, self._room.lane, self._room.evidence
        if place is None or lane is None or not self._room.is_here(place):
            return
        index = self._editor.boundary.index
        if index is None or evidence is None:
            self._notices.say(self.tr("No boundary is selected here."))
            return
        frame = second_boundary(lane, index, evidence)
        if frame is None:
            self._notices.say(
                self.tr("The model sees no other boundary near this one.")
            )
            return
        text = self.tr("Move boundary")
        if self._edit(text, lambda s: carry_boundary(s, index, frame)):
            self._editor.boundary.go_to(index)

    @command(
        "room-undecided",
        "Mark the item as undecided",
        "U",
        enabled=at,
        acts_on="item in review",
        reviews="That nobody can tell the class; the ends of a range",
    )
    def leave_undecided(self) -> None:
        """Say of the place that nobody can tell what it is."""
        place, lane = self._room.place, self._room.lane
        if place is None or lane is None or not self._room.is_here(place):
            return
        text = self.tr("Mark as undecided")
        if self._room.queue is None:
            # Not what is selected elsewhere: the key is about what is looked at.
            index = index_of(place, lane)
            self._edit(text, lambda s: leave_undecided(s, {index}))
        else:
            start, stop = place.start, place.stop
            self._edit(text, lambda s: make_undecided(s, start, stop))

    @command(
        "room-insert",
        "Insert what may be missing",
        "G",
        enabled=by_model,
        acts_on="ghost",
        reviews="Its class and ends, as far as they were on the screen",
    )
    def insert(self) -> None:
        """Insert the segment that may be missing here."""
        look = self._room.look
        ghost = look.item.ghost if look is not None else None
        if look is None or ghost is None:
            self._notices.say(self.tr("Nothing seems to be missing here."))
            return
        if not self._room.is_here(look.item):
            return
        name = self._document.project.name_of(ghost.class_id)
        sight = self._room.on_screen.sight
        text = self.tr("Insert {}").format(name)
        if self._edit(text, lambda s: insert(s, ghost, sight)):
            start = ghost.start or None
            look.item = ReviewItem(ghost.start, ghost.stop, boundary=start)
            self._room.mark()
            lane = self._room.lane
            at = boundary_at(lane, ghost.start) if lane is not None else None
            if at is not None:
                self._editor.boundary.go_to(at)
            self._room.changed.emit()
