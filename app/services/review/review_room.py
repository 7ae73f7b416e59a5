"""Review the current video place by place: what is doubtful first, each seen once.

A place is a segment that nobody reviewed, whoever labelled it. One look is enough: the
keys of the room agree with it, or mend it. They hold while the room is on the screen,
wherever the keyboard is. What a person agrees with is reviewed as far as it was on the
screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.language import tr
from app.kit.notices import Notices
from app.kit.plural import plural
from app.playback.player import Player
from app.services.labelling.current_boundary import CurrentBoundary, boundary_at
from app.services.labelling.on_screen import OnScreen
from app.services.review.item_finder import Found, ItemFinder
from app.services.review.review_playback import ReviewPlayback
from app.state.change import Change
from app.state.current_video import PREDICTIONS, VIDEO, CurrentVideo
from app.state.session import PlaceMark
from skelseg_core.labels.edits import move_boundary
from skelseg_core.labels.reviewing import agreed_with
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project_edits import accept_prediction, hides_other_lanes
from skelseg_core.project.videos_and_tracks import Track, prediction_lane
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.review_item import ReviewItem
from skelseg_core.review.settling import BlockWalk
from skelseg_core.review.two_ways import Kind, Kinds, kind_at
from skelseg_core.review.walk import Look, Walk, index_of
from skelseg_core.review.wall import marked_first, unlabelled_items, unreviewed_items

MOST_ROWS = 300
"""Items of the queue that are listed."""
State = Literal["", "nothing", "ready", "searching", "at", "ended"]


class ItemQueue(Protocol):
    """Items from elsewhere than a model: what two people disagree about."""

    def items(self) -> Sequence[ReviewItem]:
        """List the items that are left in the current video."""

    def agree(self) -> bool:
        """Agree with the place one is at as it is; False where that is refused."""

    def go_on(self) -> None:
        """Go on after the last place."""


@dataclass(frozen=True)
class QueueRow:
    """Hold an item of the queue, of a track, and what became of it so far."""

    track: Track
    item: ReviewItem
    state: Literal["at", "right", "mended", "skipped", ""] = ""


class ReviewRoom(QObject):
    """Go from place to place, and do what the keys of the room mean.

    ``entered`` and ``left`` say that one is in or out; ``changed`` that there is
    something else to show; ``came`` that one came to a place.
    ``marked`` returns the items that a person marked as not right, which come first.
    With a ``queue`` the items are its own, until one leaves.
    """

    changed = Signal()
    came = Signal()
    entered = Signal()
    left = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        boundary: CurrentBoundary,
        playback: ReviewPlayback,
        finder: ItemFinder,
        marked: Callable[[], tuple[ReviewItem, ...]],
        notices: Notices,
        on_screen: OnScreen,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.current, self._player, self._boundary = current, player, boundary
        self._playback, self._notices = playback, notices
        self._finder, self._now = finder, clock
        self.document, self.session = current.document, current.session
        self.on, self.in_sight = False, True
        self.walk: Walk | None = None
        self.queue: ItemQueue | None = None
        self.evidence: Evidence | None = None
        self._kinds: Kinds = {}
        self.on_screen = on_screen
        self._seen_before: tuple[bool, ...] = ()
        self._marked = marked
        # Whether loupe and strip have the pictures of the place; the window tells.
        self.is_drawn: Callable[[], bool] = lambda: True
        self._was_drawn = False
        self._by_time = False
        self.over_all = False
        # Where to begin in a video that was just chosen.
        self._wanted: ReviewItem | None = None
        # Whether a model says what is doubtful; else the labels alone do.
        self._by_model = False
        # The undo step that took the prediction over.
        self._taken: int | None = None
        # Whether one entered before the prediction was read.
        self._begins_later = False
        current.changed.connect(self._on_current)
        self.document.changed.connect(self._on_document)
        on_screen.changed.connect(self._on_seen)
        self.changed.connect(self._note_seen)
        self.session.model_changed.connect(self._find)
        finder.found.connect(self._on_found)
        finder.ended.connect(self.changed)

    # -- what is shown ----------------------------------------------------------------

    @property
    def state(self) -> State:
        """Tell where one is: without anything to review, before, at or after it."""
        if self.current.item is None:
            return ""
        if self.walk is None:
            return "ready" if self._can_begin else "nothing"
        asks = self._by_model and self.queue is None
        if asks and self.evidence is None and self._finder.failed:
            return "ready"
        if self.walk.current is not None:
            return "at"
        found = not asks or (self.evidence is not None and not self._finder.searching)
        return "ended" if self.walk.ended or found else "searching"

    @property
    def _can_begin(self) -> bool:
        item = self.current.item
        return bool(self.current.shown_model) or (
            item is not None and not item.reviewed
        )

    @property
    def ready(self) -> bool:
        """True once the pictures of the place were on the screen, and one is now."""
        player, frame = self._player, self.session.frame
        if player.playing:
            return not player.plan.name or player.plan.holds(frame)
        if player.target != frame:
            return False
        self._was_drawn = self._was_drawn or self.is_drawn()
        return self._was_drawn

    @property
    def hides(self) -> bool:
        """True where the project is blind, and the video is not done."""
        item, project = self.current.item, self.document.project
        return project.blind and item is not None and not item.done

    @property
    def look(self) -> Look | None:
        """The place one is at, or None."""
        return self.walk.current if self.walk is not None and self.on else None

    @property
    def place(self) -> ReviewItem | None:
        """The place one is at, as it is now, or None."""
        return self.look.item if self.look is not None else None

    @property
    def lane(self) -> Segmentation | None:
        """The annotation of the current video, or None."""
        item = self.current.item
        return item.annotation if item is not None else None

    @property
    def segment(self) -> Segment | None:
        """The segment of the place one is at, or None."""
        place, lane = self.place, self.lane
        if place is None or lane is None:
            return None
        return lane.segments[index_of(place, lane)]

    @property
    def ends(self) -> tuple[int, int] | None:
        """Frames where the place begins, or what may be missing there, and ends."""
        place, segment = self.place, self.segment
        if place is None or segment is None:
            return None
        if place.ghost is not None or self.queue is not None:
            shown = place.ghost or place
            return shown.start, shown.stop
        return segment.start, segment.stop

    @property
    def kind(self) -> Kind | None:
        """The kind of the place, if that is labelled in two ways; else None."""
        place, item = self.place, self.current.item
        if place is None or item is None or self.evidence is None or self.queue:
            return None
        lane = item.annotation
        index, rate = index_of(place, lane), item.video.even_times.rate
        return kind_at(lane, index, rate, self._kinds)

    @property
    def seen(self) -> tuple[bool, bool, bool]:
        """Tell of class, start and end whether they would be reviewed now."""
        segment = self.segment
        if segment is None:
            return False, False, False
        now = agreed_with(segment, self.on_screen.sight)
        return now.class_reviewed, now.start_reviewed, now.stop_reviewed

    @property
    def next_video(self) -> Track | None:
        """The next video with something to review, from the start again."""
        project = self.document.project
        at = project.places.get(self.session.track_id, -1)
        others = (*project.tracks[at + 1 :], *project.tracks[: max(0, at)])
        open_ = (v for v in others if not hides_other_lanes(project, v))
        found = self.current.found
        return next(
            (
                v
                for v in open_
                if not v.reviewed or (not v.finished and found.models(v.id))
            ),
            None,
        )

    def rows(self) -> list[QueueRow]:
        """List the queue of this video, or of all: what was seen, then what waits."""
        walk, item, found = self.walk, self.current.item, list[QueueRow]()
        if walk is not None and item is not None:
            for look in walk.looks:
                found.append(QueueRow(item, look.item, self._became(look)))
            found += [QueueRow(item, i) for i in walk.waiting[:MOST_ROWS]]
        if self.over_all and item is not None and self.queue is None:
            for track in self.document.project.tracks:
                if len(found) >= MOST_ROWS:
                    break
                if self._waits(track) and track.tier == item.tier:
                    items = unreviewed_items(track.annotation)[:MOST_ROWS]
                    found += [QueueRow(track, i) for i in items]
        return found

    def _waits(self, track: Track) -> bool:
        """Tell whether another track has something to review."""
        hidden = hides_other_lanes(self.document.project, track)
        return track.id != self.session.track_id and not (track.reviewed or hidden)

    def _became(self, look: Look) -> Literal["at", "right", "mended", "skipped"]:
        if look is self.look:
            return "at"
        if look.mended:
            return "mended"
        return "right" if look.agreed else "skipped"

    def set_over_all(self, over_all: bool) -> None:
        """List what waits in all videos, or in this one alone."""
        self.over_all = over_all
        self.changed.emit()

    def go_to(self, row: QueueRow) -> None:
        """Go to an item of the queue, in another video where it is of one."""
        if row.track.id != self.session.track_id:
            self._wanted = row.item
            self.session.set_video(row.track.id)
            if self.session.track_id == row.track.id:
                self.enter()
            return
        lane = self.lane
        if self.walk is not None and lane is not None:
            self.stop_playing()
            self.walk.go_to_item(row.item, lane, self.document.step, self._now())
            self._show()

    def _on_seen(self) -> None:
        """Show anew what would be reviewed now."""
        if self.look is not None and self.seen != self._seen_before:
            self.changed.emit()

    def _note_seen(self) -> None:
        self._seen_before = self.seen

    def set_in_sight(self, in_sight: bool) -> None:
        """Note whether the room is on the screen; out of sight its keys do nothing."""
        if in_sight != self.in_sight:
            self.in_sight = in_sight
            self.changed.emit()

    @property
    def by_time(self) -> bool:
        """True where items come in the order of time, False by doubt."""
        return self._by_time

    def set_order(self, by_time: bool) -> None:
        """Go through what waits in the order of time, or by doubt."""
        self._by_time = by_time
        if self.walk is not None:
            self.walk.set_order(by_time)
        self.changed.emit()

    # -- in and out -------------------------------------------------------------------

    def _has_video(self) -> bool:
        return self.current.item is not None

    @command(
        "room",
        "Open the review room",
        "Ctrl+R",
        enabled=_has_video,
        tip="Go from item to item, the most doubtful first",
        acts_on="open frames",
    )
    def enter(self) -> None:
        """Enter the room; take the prediction over to be reviewed, the first time."""
        self.on = True
        other = self._by_model != bool(self.current.shown_model)
        if self.queue is not None:
            self._find()
        elif self.walk is None or other:
            self._begin()
        else:
            self._show()
            self._find()
        self.entered.emit()
        self.changed.emit()

    def _begin(self) -> None:
        """Begin, where there is a prediction once that is read."""
        self._by_model = bool(self.current.shown_model)
        self._begins_later = self._by_model and self.current.shown_prediction is None
        if self._begins_later or not self._can_begin:
            return
        self._take_over()
        self.walk, self.evidence = Walk(), None
        self._finder.forget()
        self.walk.set_order(self._by_time)
        self._find()

    def go_through(self, queue: ItemQueue | None) -> None:
        """Take the items from a queue, or from the model again, and begin anew."""
        self.queue, self.evidence = queue, None
        self.walk = None
        if queue is not None:
            self.walk = BlockWalk()
            self.walk.set_order(self._by_time)
        self.mark()
        self.changed.emit()

    def _take_over(self) -> None:
        """Copy what is new in the prediction; nobody reviewed it yet."""
        item, model = self.current.item, self.current.shown_model
        shown = self.current.shown_prediction
        if item is None or shown is None:
            return
        taken = self.document.apply(
            self.tr("Copy the prediction of {}").format(model),
            lambda p: accept_prediction(p, item.id, shown.segmentation, to_review=True),
        )
        if taken:
            self._taken = self.document.step
            self._notices.say(
                self.tr(
                    "The prediction of {} is copied to be reviewed. You can undo this."
                ).format(model)
                + self.what_to_doubt()
            )

    def what_to_doubt(self) -> str:
        """Say where the video is unlike what the model learnt from; else nothing."""
        shown = self.current.shown_prediction
        if shown is None or not shown.unlike:
            return ""
        return " " + self.tr("This video is unlike the training videos.")

    def in_room(self, *_: object) -> bool:
        """Tell whether the keys of the room hold."""
        return self.on and self.in_sight

    @command("room-leave", "Leave the review room", "Escape", enabled=in_room)
    def leave(self) -> None:
        """Leave the room; entering again comes back to this place."""
        if self.on:
            self.on = False
            self.stop_playing()
            if self.queue is not None:
                self.go_through(None)
            self.session.set_place(None)
            self.left.emit()
            self.changed.emit()

    def set_end(self, frame: int) -> None:
        """Move the selected end of the place's segment to a frame, and go there.

        Where none is selected, the nearer one moves.
        """
        segment, lane = self.segment, self.lane
        if segment is None or lane is None:
            return
        at = self._boundary.frame
        starts = frame - segment.start < segment.stop - frame
        if at in (segment.start, segment.stop):
            starts = at == segment.start
        index = boundary_at(lane, segment.start if starts else segment.stop)
        if index is None:
            self._player.seek(frame)
            return
        cut = frame if starts else frame + 1
        self.document.edit_lane(
            self.tr("Move boundary"),
            self.session.track_id,
            lambda s: move_boundary(s, index, cut),
        )
        self._boundary.go_to(index)

    def stop_playing(self) -> None:
        """Stand still; a place that plays again and again does no more."""
        if self._player.playing:
            self._player.pause()
            self._player.follow(None)

    # -- from place to place ----------------------------------------------------------

    def _find(self, *_: object) -> None:
        if not self.on or self.walk is None:
            return
        if self.queue is None and self._by_model:
            self._finder.find()
        elif self.queue is not None:
            self._take(self.queue.items())
        elif self.lane is not None:
            self._take(self._in_order(unreviewed_items(self.lane)))

    def _take(self, items: Sequence[ReviewItem]) -> None:
        """Let these items wait, and go to the first where one was at none."""
        if self.walk is not None:
            self.walk.find_anew(items)
            self._go_to_first()
            self.changed.emit()

    def find_again(self) -> None:
        """Find the items anew: others are marked."""
        self._find()

    def _on_found(self, found: Found) -> None:
        if self.walk is None or not self.on or self.queue is not None:
            return
        self.evidence, self._kinds = found.evidence, found.kinds
        self._take(self._in_order(found.items))

    def _in_order(self, items: Sequence[ReviewItem]) -> Sequence[ReviewItem]:
        """Put what is marked first, and what nobody labelled last."""
        holes = unlabelled_items(self.lane) if self.lane is not None else ()
        return marked_first(self._marked(), (*items, *holes))

    def _go_to_first(self) -> None:
        walk, lane, wanted = self.walk, self.lane, self._wanted
        if not self.on or walk is None or walk.looks or not walk.waiting:
            return
        self._wanted = None
        if wanted is not None and lane is not None:
            walk.go_to_item(wanted, lane, self.document.step, self._now())
            self._show()
        if not walk.looks:
            self._step(1)

    @command("room-next", "Next item", "N", args=(1,), enabled=in_room)
    @command("room-previous", "Previous item", "Shift+N", args=(-1,), enabled=in_room)
    def go(self, by: int) -> None:
        """Go to the next place (1) or back (-1); nothing is said of this one."""
        if self.state in ("at", "ended"):
            self._step(by)

    def _step(self, by: int) -> None:
        lane = self.lane
        if self.walk is None or lane is None:
            return
        self.stop_playing()
        self.walk.go(by, lane, self.document.step, self._now())
        self._show()

    def _show(self) -> None:
        """Show the place one is at: picture, boundary, loupe and timeline."""
        place, lane, boundary = self.place, self.lane, self._boundary
        self._was_drawn = False
        self.mark()
        if place is not None and lane is not None:
            self.session.set_range(None, None)
            self.session.set_chosen(())
            at = boundary_at(lane, self._begins(place))
            if at is None:
                boundary.drop()
                self._player.seek(self._begins(place))
            else:
                boundary.go_to(at)
            self.came.emit()
        self.changed.emit()

    def _begins(self, place: ReviewItem) -> int:
        """Return the frame to look at: that of the boundary in question."""
        if place.boundary is not None:
            return place.boundary
        return place.start if place.ghost is None else place.ghost.start

    def mark(self) -> None:
        """Mark the place on the timeline, for the loupe, too."""
        place = self.place
        self.session.set_place(
            None if place is None else PlaceMark(place.start, place.stop, place.ghost)
        )

    def is_here(self, place: ReviewItem) -> bool:
        """Tell whether the place is what is looked at; go back to it where not.

        It is while it plays again and again, with the frames before and after.
        """
        if self._player.playing and self._player.plan.name == "again":
            return True
        # An end that was just moved may have passed the picture.
        all_ = [place, place.ghost or place]
        all_ += [self.look.came] if self.look is not None else []
        first, last = min(p.start for p in all_), max(p.stop for p in all_)
        if first - 1 <= self._player.target <= last:
            return True
        self._show()
        self._notices.say(self.tr("Back at the item in review."))
        return False

    # -- what is said of a place ------------------------------------------------------

    def at(self, *_: object) -> bool:
        """Tell whether the keys of a place hold."""
        return self.in_room() and self.state == "at"

    @command(
        "video-to-review",
        "Review the next video",
        tip="Open the next video with labels that nobody reviewed",
    )
    def go_to_next_video(self) -> None:
        """Review the next video with something to review."""
        item = self.next_video
        if item is None:
            self._notices.say(self.tr("No other video has anything to review."))
            return
        self.session.set_video(item.id)
        if self.session.track_id == item.id:
            self.enter()

    @command("room-again", "Loop the item", "D", enabled=at)
    def play_again(self) -> None:
        """Play the place again and again; once more, stand still."""
        if self.place is not None:
            mark = PlaceMark(self.place.start, self.place.stop, self.place.ghost)
            self._playback.play_again(
                *mark.span, self._begins(self.place), not self.seen[0]
            )

    # -- what changes beside the room -------------------------------------------------

    def _on_current(self, what: str) -> None:
        if what == VIDEO:
            self.walk, self.evidence, self._taken = None, None, None
            self.queue, self._begins_later = None, False
            self.changed.emit()
        elif what == PREDICTIONS:
            if self._by_model and self.queue is None and not self.current.shown_model:
                self.walk = None
                if self.on:
                    self._begin()
                self.mark()
            self.changed.emit()
        elif what == prediction_lane(self.current.shown_model):
            if self.on and self._begins_later:
                self._begin()
            self._find()
            self.changed.emit()

    def _on_document(self, change: Change) -> None:
        if self.walk is None or not change.touches(self.session.track_id):
            return
        before = change.before.find(self.session.track_id)
        item = self.current.item
        asks = self._by_model and self.queue is None
        shows = not asks or self.current.shown_model
        if before is None or item is None or not shows:
            self.walk = None
        elif before.n_frames == item.n_frames:
            if before.annotation is not item.annotation:
                self.walk.follow(before.annotation, item.annotation)
            self._forget_gone_class()
            self._find()
        else:
            self.walk = None
        self.mark()
        self.changed.emit()

    def _forget_gone_class(self) -> None:
        """Offer nothing of a class that was deleted or merged."""
        look, class_of = self.look, self.document.project.class_of
        ghost = look.item.ghost if look is not None else None
        if look is None or ghost is None or ghost.class_id is None:
            return
        if class_of(ghost.class_id) is None:
            look.item = replace(look.item, ghost=None)

    def follow_undo(self, change: Change) -> None:
        """Show the place where an edit was that is undone."""
        step = self.document.step
        if self._taken is not None and step < self._taken:
            self.walk = None  # what was to be reviewed is gone
            self.mark()
            self.changed.emit()
        self._go_where_edited(step, change)

    def follow_redo(self, change: Change) -> None:
        """Show the place where an edit is that is done again."""
        self._go_where_edited(self.document.step - 1, change)

    def _go_where_edited(self, step: int, change: Change) -> None:
        """Show the place where an edit was made that came or went."""
        video = self.session.track_id
        before, item = change.before.find(video), self.current.item
        if self.walk is None or not self.on or before is None or item is None:
            return
        if before.annotation is item.annotation:
            return
        if self.walk.undone(step, before.annotation, item.annotation):
            self._show()
        self.mark()
        self.changed.emit()


def told(walk: Walk) -> str:
    """Say in one sentence what was done in a walk."""
    mended, right, left = walk.counts()
    parts = []
    if right:
        parts.append(tr("{} right").format(f"{right:,}"))
    if mended:
        parts.append(tr("{} corrected").format(f"{mended:,}"))
    if left:
        parts.append(plural("{n} item(s) skipped", left))
    text = plural("{n} item(s) looked at", len(walk.looks))
    return f"{text}: {', '.join(parts)}." if parts else f"{text}."
