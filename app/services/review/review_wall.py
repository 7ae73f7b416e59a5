"""Work on the wall: which strips it shows, what is selected, what is reviewed.

It holds no widgets. What is on the wall stays where it is through every edit, by
whomever it was made, until another page or choice is asked for: nothing jumps under
the hand. What an edit changed has to be looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.kit.plural import plural
from app.services.labelling.segment_editor import SegmentEditor
from app.services.review.item_finder import Found, ItemFinder
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.labels.bulk_edits import delete_all_into_neighbours, remove_boundary
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.edits import move_boundary
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane, hides_other_lanes
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.review_item import Reason, ReviewItem
from skelseg_core.review.wall import (
    Attention,
    Choice,
    OfClass,
    OfItems,
    Strip,
    class_choices,
    followed,
    followed_all,
    item_of_strip,
    mark_reviewed,
    strips,
    transition_choices,
)
from skelseg_core.video.times import FrameTimes

LONGEST_TICK_S = 0.25
"""Most seconds that count as looked at between two ticks: a computer may have slept."""
NOT_RIGHT = "You marked it as wrong on the wall"


class ReviewWall(QObject):
    """Hold the strips of the current video, or of several, and edit through them.

    Signals ``changed`` when strips, page, selection or marks are others, ``marked``
    when other items are marked as not right, and ``choices_changed`` when other
    strips can be chosen.
    """

    changed = Signal()
    marked = Signal()
    choices_changed = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        editor: SegmentEditor,
        finder: ItemFinder,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._editor, self._finder = current, editor, finder
        self._document, self._session = editor.document, editor.session
        self.is_open = False
        self.choice: Choice = OfClass()
        self.with_seen = False
        self.page, self._per_page = 0, 1
        # As they were when the wall was filled, which undo may come back to; and now.
        self._first: list[Strip] = []
        self._all: list[Strip | None] = []
        self._found: tuple[ReviewItem, ...] = ()
        self._wrong: dict[object, Strip] = {}
        # The tracks that are shown where they are not the current one alone.
        self._over: tuple[TrackId, ...] = ()
        # Tracks that nobody may edit here now, by their ids; services tell.
        self.held: Callable[[], Collection[str]] = tuple
        self._cursor, self._anchor = 0, 0
        self._attention = Attention()
        self._nudges = 0
        self._nudged: tuple[int, object] | None = None
        self._untouched = False
        # Frames that the pictures of some strips of the page show; the window tells.
        self.shown_by: Callable[[Collection[Strip]], Sight] | None = None
        editor.sight = self._sight
        finder.found.connect(self._on_found)
        self._document.changed.connect(self._on_document)
        self._session.video_changed.connect(self._on_video)
        self._session.selection_changed.connect(self._select_segments)

    # -- what is shown ----------------------------------------------------------------

    @property
    def item(self) -> Track | None:
        """The current video, or None."""
        return self._current.item

    @property
    def several(self) -> bool:
        """True where it shows several videos."""
        return bool(self._over)

    @property
    def has_several(self) -> bool:
        """True where there are several videos to show."""
        return len(self._document.project.video_ids) > 1

    @property
    def tracks(self) -> list[Track]:
        """What is shown: the current video, or those of several that can be edited."""
        project, item = self._document.project, self._current.item
        if not self._over or item is None:
            return [] if item is None else [item]
        found = filter(None, map(project.find, self._over))
        return [
            track
            for track in found
            if track.tier == item.tier and track.video.has_file
            if not self._why_left_out(track)
        ]

    @property
    def left_out(self) -> dict[str, str]:
        """Why videos are left out, by their titles."""
        found = filter(None, map(self._document.project.find, self._over))
        open_ = (track for track in found if not track.reviewed)
        why = {t.video.title: self._why_left_out(t) for t in open_}
        return {title: text for title, text in why.items() if text}

    def say_left_out(self) -> None:
        """Name the videos that are left out, and why; say nothing of none."""
        if out := self.left_out:
            names = ", ".join(f"{title} ({why})" for title, why in out.items())
            self._editor.notices.say(self.tr("Left out: {}.").format(names))

    def _why_left_out(self, track: Track) -> str:
        if track.locked:
            return self.tr("locked")
        if track.id in self.held():
            return self.tr("labelled by somebody else now")
        if hides_other_lanes(self._document.project, track):
            return self.tr("blind")
        return ""

    def track_of(self, strip: Strip) -> Track | None:
        """Return the track that a strip is of; None where it is gone."""
        return self._document.project.find(strip.track)

    def show_videos(self, tracks: Sequence[TrackId]) -> None:
        """Show the strips of these tracks; of none, those of the current video."""
        over = tuple(tracks)
        if over != self._over:
            self._over, self.choice = over, OfClass()
            self._found = ()
            self._attention.clear()
            if self.is_open:
                self._rebuild()
                self._find()

    @property
    def all_tracks(self) -> Sequence[TrackId]:
        """All tracks of the project; those of the current tier can be shown."""
        return self._document.project.track_ids

    def _find(self) -> None:
        if not self.several:
            self._finder.find()

    def open(self) -> None:
        """Show what is to review now, or the page that was left for a while."""
        self.is_open = True
        if self._first:
            self._follow()
        else:
            self._rebuild()
            self._find()

    def _on_found(self, found: Found) -> None:
        """Take the queue: it tells what is odd better than lengths do.

        Strips that somebody has begun to work on keep their places.
        """
        if self.several:
            return
        self._found = found.items
        if self.is_open and self._untouched:
            self._rebuild()
        else:
            self.choices_changed.emit()

    def close(self, *, for_a_while: bool = False) -> None:
        """Stop following and select nothing; what is marked stays marked."""
        self.is_open = False
        if not for_a_while:
            self._first, self._all = [], []
        self._session.set_chosen(())

    def choose(self, choice: Choice) -> None:
        """Show other strips, from the first page."""
        self.choice = choice
        self._rebuild()

    def set_with_seen(self, with_seen: bool) -> None:
        """Show also what a person saw and reviewed, or leave it out."""
        self.with_seen = with_seen
        self._rebuild()

    def set_per_page(self, n: int) -> None:
        """Set how many strips fit on the screen; what was first stays on it."""
        first, untouched = self.page * self._per_page, self._untouched
        self._per_page = max(1, n)
        self._turn_to(first // self._per_page)
        self._untouched = untouched

    def choices(self) -> list[tuple[Choice, int]]:
        """List what can be chosen, with the number of strips."""
        counts: dict[Choice, int] = {}
        for track in self.tracks:
            lane = track.annotation
            of_lane: list[tuple[Choice, int]] = []
            of_lane += class_choices(lane, self.with_seen)
            of_lane += transition_choices(lane, self.with_seen)
            for choice, n in of_lane:
                counts[choice] = counts.get(choice, 0) + n
        most = sorted(counts.items(), key=lambda item: -item[1])
        of_class = [(c, n) for c, n in most if isinstance(c, OfClass)]
        found: list[tuple[Choice, int]] = [(OfClass(), sum(n for _, n in of_class))]
        if not self.several:
            marked = self._found, self.wrong_items
            found += [(OfItems(items), len(items)) for items in marked if items]
        found += of_class
        found += [(c, n) for c, n in most if not isinstance(c, OfClass)]
        return found

    @property
    def label_map(self) -> LabelMap:
        """The classes of the project."""
        return self._document.project.classes_of(self._session.track_id)

    def name_of(self, class_id: int | None) -> str:
        """Return the name of a class, or a word for frames without a label."""
        return self.label_map.name_of(class_id) or self.tr("unlabelled")

    def times_of(self, strip: Strip) -> FrameTimes:
        """Return the times of the frames of the video of a strip."""
        track = self.track_of(strip)
        return (
            FrameTimes.even(1, 1.0) if track is None else self._current.times_of(track)
        )

    def length_s(self, strip: Strip) -> float:
        """Return how long the segment of a strip is, in seconds."""
        ends = np.array([strip.segment.start, strip.segment.stop])
        start_s, stop_s = self.times_of(strip).edges_s(ends)
        return float(stop_s - start_s)

    @property
    def per_page(self) -> int:
        """Number of strips on a page."""
        return self._per_page

    @property
    def n_strips(self) -> int:
        """Number of strips on all pages."""
        return len(self._all)

    @property
    def strips(self) -> list[Strip]:
        """The strips of all pages, without those that are gone."""
        return [strip for strip in self._all if strip is not None]

    @property
    def n_pages(self) -> int:
        """Number of pages, 1 at least."""
        return max(1, -(-len(self._all) // self._per_page))

    @property
    def shown(self) -> list[Strip | None]:
        """The strips of this page; None where an edit took one away."""
        first = self.page * self._per_page
        return self._all[first : first + self._per_page]

    def turn(self, by: int) -> None:
        """Show the next (1) or the previous (-1) page."""
        self._turn_to(self.page + by)

    def _turn_to(self, page: int) -> None:
        self._untouched = False
        self.page = min(max(page, 0), self.n_pages - 1)
        self._cursor = self._anchor = 0
        self._after()

    def _rebuild(self) -> None:
        found: list[Strip] = []
        for track in self.tracks if self.is_open else ():
            made = strips(track.annotation, self.choice, self._found)
            found += [replace(strip, track=track.id) for strip in made]
        if self.several:
            found.sort(key=lambda strip: -strip.risk)
        self._first = [s for s in found if self.with_seen or not s.seen]
        self._all = list(self._first)
        self._turn_to(0)
        self._untouched = True
        self.choices_changed.emit()

    def _after(self) -> None:
        self._select_segments()
        self.changed.emit()

    def _on_document(self, change: Change) -> None:
        if not any(change.touches(track.id) for track in self.tracks):
            return
        self._forget_mended()
        if self.is_open and self._first:
            self._follow()
        elif self.is_open:
            self._rebuild()
            self._find()

    def _follow(self) -> None:
        self._untouched = False
        self._all = self._followed(self._first)
        self._after()
        self.choices_changed.emit()

    def _followed(self, old: Sequence[Strip]) -> list[Strip | None]:
        """Follow strips in the tracks that they are of."""
        found: list[Strip | None] = [None] * len(old)
        places: dict[TrackId, list[int]] = {}
        for place, strip in enumerate(old):
            places.setdefault(strip.track, []).append(place)
        for track_id, here in places.items():
            track = self._document.project.find(track_id)
            if track is not None:
                now = followed_all([old[n] for n in here], track.annotation)
                for place, strip_now in zip(here, now, strict=True):
                    found[place] = strip_now
        return found

    def _forget_mended(self) -> None:
        """Drop the marks of what was changed or looked at since it was marked."""
        for key, strip in list(self._wrong.items()):
            track = self.track_of(strip)
            now = None if track is None else followed(strip, track.annotation)
            if now is None or now.what != strip.what or now.seen > strip.seen:
                del self._wrong[key]
                self.marked.emit()

    def _on_video(self, _: str) -> None:
        if self.several and self.is_open:
            return  # a key means a strip of another video
        self._over = ()
        self._attention.clear()
        self._found, self._first, self._all = (), [], []
        if isinstance(self.choice, OfItems):
            self.choice = OfClass()
        self.marked.emit()
        if self.is_open:
            self._rebuild()
            self._find()

    # -- selection --------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """Place on the page of the strip that keys mean."""
        return self._cursor

    @property
    def selected(self) -> list[int]:
        """Places on the page of all selected strips, without those that are gone."""
        low, high = sorted((self._anchor, self._cursor))
        shown, now = self.shown, self.current()
        here = enumerate(shown[low : high + 1], start=low)
        # A key edits one video: those of others are not selected with it.
        return [i for i, s in here if s and (now is None or s.track == now.track)]

    def current(self) -> Strip | None:
        """Return the strip that keys mean, or None where it is gone."""
        shown = self.shown
        return shown[self._cursor] if self._cursor < len(shown) else None

    def go(self, place: int, *, extend: bool = False) -> None:
        """Select the strip at a place of the page; extending, all up to there."""
        if not 0 <= place < len(self.shown):
            return
        self._cursor, self._untouched = place, False
        if not extend:
            self._anchor = place
        self._after()

    def _chosen(self) -> list[Strip]:
        shown = self.shown
        return [strip for i in self.selected if (strip := shown[i]) is not None]

    def _select_segments(self) -> None:
        """Select the segments of the selected strips, so that class keys mean them."""
        if self.is_open:
            here = self._session.track_id
            found = [s.segment for s in self._chosen() if s.track == here]
            self._session.set_chosen([(s.start, s.stop) for s in found])

    def take_up(self) -> None:
        """Let keys of other parts of the window mean the selected strips.

        Those of another video become the current one's.
        """
        strip = self.current()
        if strip is not None and strip.track != self._session.track_id:
            self._session.set_video(strip.track)
            self._select_segments()

    # -- marks ------------------------------------------------------------------------

    def is_wrong(self, strip: Strip) -> bool:
        """Tell whether a strip is marked as not right."""
        return _key(strip) in self._wrong

    def toggle_wrong(self) -> None:
        """Mark the selected strips as not right, or take the marks away."""
        self._untouched = False
        chosen, here = self._chosen(), self._wrong
        clear = all(_key(s) in here for s in chosen)
        for strip in chosen:
            if clear:
                del here[_key(strip)]
            else:
                here[_key(strip)] = strip
        self.marked.emit()
        self.choices_changed.emit()
        self.changed.emit()

    @property
    def wrong_items(self) -> tuple[ReviewItem, ...]:
        """Items of the current video that are marked as not right, in order."""
        item, track_id = self.item, self._session.track_id
        found = [s for s in self._wrong.values() if s.track == track_id]
        if item is None or not found:
            return ()
        here = [s for s in followed_all(found, item.annotation) if s is not None]
        here.sort(key=lambda strip: strip.segment.start)
        return tuple(item_of_strip(strip, Reason(NOT_RIGHT)) for strip in here)

    # -- edits ------------------------------------------------------------------------

    def merge_away(self) -> None:
        """Delete the selected segments into neighbours, or the selected boundaries."""
        chosen = self._chosen()
        cuts = [s.boundary for s in chosen if s.boundary is not None]
        if not chosen:
            return
        if not cuts:
            starts = [s.segment.start for s in chosen]
            sight = self._seen_of(chosen[0])
            self._edit(
                chosen[0],
                plural("Delete {n} segment(s)", len(starts)),
                lambda lane: delete_all_into_neighbours(
                    lane, {lane.index_at(start) for start in starts}, sight
                ),
            )
            return
        self._edit(
            chosen[0],
            self.tr("Remove boundary"),
            lambda lane: _without_boundaries(lane, cuts),
        )

    def nudge(self, frames: int) -> None:
        """Move the boundary at which the selected segment begins; one undo step."""
        strip = self.current()
        if strip is not None and strip.segment.start:
            again = self._nudged == (strip.anchor, self._document.project)
            self._nudges += not again
            self.set_boundary(strip, strip.segment.start + frames, self._nudges)
            self._nudged = strip.anchor, self._document.project

    def set_boundary(self, strip: Strip, frame: int, group: int = 0) -> None:
        """Let the segment of a strip begin at a frame.

        Moves with the same ``group`` are one undo step, 0 is none.
        """
        start = strip.segment.start
        self._edit(
            strip,
            self.tr("Move boundary"),
            lambda lane: move_boundary(lane, lane.index_at(start) - 1, frame),
            f"wall {group}" if group else "",
        )

    def _edit(
        self,
        strip: Strip,
        text: str,
        edit: Callable[[Segmentation], Segmentation],
        merge: str = "",
    ) -> bool:
        """Edit the lane that a strip is of."""
        return self._document.edit_lane(text, strip.track, edit, merge)

    # -- looking and reviewing ---------------------------------------------------------

    def look(self, places: Collection[int], seconds: float) -> None:
        """Count seconds in which the strips at these places were there to be seen."""
        shown = self.shown
        there = [shown[i] for i in places if i < len(shown)]
        keys = [(_key(s), s.what) for s in there if s and self._is_open(s)]
        self._attention.add(keys, min(seconds, LONGEST_TICK_S))

    def forget_looks(self) -> None:
        """Count anew how long strips are looked at: they have another size."""
        self._attention.clear()

    @property
    def open_strips(self) -> list[Strip]:
        """The strips of this page that a person would review now."""
        return [s for s in self.shown if s and self._is_open(s)]

    def _is_open(self, strip: Strip) -> bool:
        return not strip.seen and not self.is_wrong(strip)

    @property
    def seconds_left(self) -> float:
        """Seconds until all of them were looked at long enough."""
        return self._attention.left_s((_key(s), s.what) for s in self.open_strips)

    def waits(self, strip: Strip) -> bool:
        """Tell whether a strip has to be looked at longer before it is reviewed."""
        looked_at = self._attention.left_s([(_key(strip), strip.what)]) == 0
        return self._is_open(strip) and not looked_at

    def _sight(self) -> Sight:
        """Return what was seen, of the strips what was looked at long enough."""
        seen, here = self._editor.on_screen.sight, self._session.track_id
        if not self.is_open or self.shown_by is None:
            return seen
        there = [s for s in self.shown if s and not self.waits(s) and s.track == here]
        return seen | self.shown_by(there) if there else seen

    def _seen_of(self, strip: Strip) -> Sight:
        """Return what was seen of the video of a strip, beside the wall."""
        if strip.track == self._session.track_id:
            return self._editor.on_screen.sight
        times = self.times_of(strip)
        nothing = np.zeros(times.n_frames, bool)
        return Sight(nothing, nothing, times)

    def can_agree(self) -> dict[TrackId, tuple[list[Strip], Sight]]:
        """Return the open strips that show enough to agree with, and what was seen.

        They are listed by track. A strip of a segment longer than it has pictures for
        is left out.
        """
        found: dict[TrackId, tuple[list[Strip], Sight]] = {}
        for track_id in dict.fromkeys(s.track for s in self.open_strips):
            here = [s for s in self.shown if s and s.track == track_id]
            seen = self._seen_of(here[0])
            if self.shown_by is not None:
                seen |= self.shown_by(here)
            can = [s for s in here if self._is_open(s) and _shows(seen, s)]
            if can:
                found[track_id] = can, seen
        return found

    def mark_reviewed(self) -> bool:
        """Mark what this page shows as reviewed, show the next; False while early."""
        if not self.tracks or (self.open_strips and self.seconds_left > 0):
            return False
        wanted, left = self.can_agree(), len(self.open_strips)
        n = sum(len(can) for can, _ in wanted.values())

        def edit(project: Project) -> Project:
            for track_id, (can, seen) in wanted.items():
                agreed = partial(mark_reviewed, shown=can, sight=seen)
                project = edit_lane(project, track_id, agreed)
            return project

        if wanted:
            text = plural("Mark {n} strip(s) as reviewed", n)
            if not self._document.apply(text, edit):
                return False
        if self.page < self.n_pages - 1:
            self.turn(1)
            if left > n:
                self._say_left(n, left - n)
        else:
            self._rebuild()
            self._say_left(n, left - n)
        return True

    def _say_left(self, n: int, long: int) -> None:
        left = sum(s is not None and self.is_wrong(s) for s in self._all)
        text = plural("{n} segment(s) of the last page marked as reviewed.", n)
        if long:
            text += " " + plural(
                "{n} segment(s) too long for a strip: play them.", long
            )
        if left:
            text += " " + plural("{n} strip(s) are marked as wrong.", left)
        self._editor.notices.say(text)


def _shows(seen: Sight, strip: Strip) -> bool:
    """Tell whether enough of a strip was seen to agree with it."""
    if strip.boundary is not None:
        return seen.shows(strip.boundary)
    segment = strip.segment
    return segment.class_reviewed or seen.covers(segment.start, segment.stop)


def _key(strip: Strip) -> object:
    """Return what tells a strip from all others."""
    return strip.track, strip.anchor, strip.before is not None


def _without_boundaries(lane: Segmentation, cuts: Sequence[int]) -> Segmentation:
    for cut in sorted(cuts, reverse=True):
        lane = remove_boundary(lane, lane.index_at(cut) - 1)
    return lane
