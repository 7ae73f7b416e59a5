"""Work on the wall: which strips it shows, what is selected, what is reviewed.

It holds no widgets. What is on the wall stays where it is through every edit, by
whomever it was made, until another page or choice is asked for: nothing jumps under
the hand. What an edit changed has to be looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

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
    """Hold the strips of the current video, page by page, and edit through them.

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
        self._wrong: dict[str, dict[object, Strip]] = {}
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

    def open(self) -> None:
        """Show what is to review now, or the page that was left for a while."""
        self.is_open = True
        if self._first:
            self._follow()
        else:
            self._rebuild()
            self._finder.find()

    def _on_found(self, found: Found) -> None:
        """Take the queue: it tells what is odd better than lengths do.

        Strips that somebody has begun to work on keep their places.
        """
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
        item = self.item
        if item is None:
            return []
        lane = item.annotation
        of_class = class_choices(lane, self.with_seen)
        found: list[tuple[Choice, int]] = [(OfClass(), sum(n for _, n in of_class))]
        for items in (self._found, self.wrong_items):
            if items:
                found.append((OfItems(items), len(items)))
        found += of_class
        found += transition_choices(lane, self.with_seen)
        return found

    @property
    def label_map(self) -> LabelMap:
        """The classes of the project."""
        return self._document.project.classes_of(self._session.track_id)

    def name_of(self, class_id: int | None) -> str:
        """Return the name of a class, or a word for frames without a label."""
        return self.label_map.name_of(class_id) or self.tr("unlabelled")

    @property
    def times(self) -> FrameTimes:
        """Times of the frames of the current video."""
        item = self.item
        return FrameTimes.even(1, 1.0) if item is None else self._current.times_of(item)

    def length_s(self, strip: Strip) -> float:
        """Return how long the segment of a strip is, in seconds."""
        ends = np.array([strip.segment.start, strip.segment.stop])
        start_s, stop_s = self.times.edges_s(ends)
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
        item = self.item
        self._first = []
        if item is not None and self.is_open:
            found = strips(item.annotation, self.choice, self._found)
            self._first = [s for s in found if self.with_seen or not s.seen]
        self._all = list(self._first)
        self._turn_to(0)
        self._untouched = True
        self.choices_changed.emit()

    def _after(self) -> None:
        self._select_segments()
        self.changed.emit()

    def _on_document(self, change: Change) -> None:
        if not change.touches(self._session.track_id):
            return
        self._forget_mended()
        if self.is_open and self._first:
            self._follow()
        elif self.is_open:
            self._rebuild()
            self._finder.find()

    def _follow(self) -> None:
        item, self._untouched = self.item, False
        self._all = [None] * len(self._first)
        if item is not None:
            self._all = followed_all(self._first, item.annotation)
        self._after()
        self.choices_changed.emit()

    def _forget_mended(self) -> None:
        """Drop the marks of what was changed or looked at since it was marked."""
        item, wrong = self.item, self._wrong.get(self._session.track_id, {})
        if item is None:
            return
        for key, strip in list(wrong.items()):
            now = followed(strip, item.annotation)
            if now is None or now.what != strip.what or now.seen > strip.seen:
                del wrong[key]
                self.marked.emit()

    def _on_video(self, _: str) -> None:
        self._attention.clear()
        self._found, self._first, self._all = (), [], []
        if isinstance(self.choice, OfItems):
            self.choice = OfClass()
        self.marked.emit()
        if self.is_open:
            self._rebuild()
            self._finder.find()

    # -- selection --------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """Place on the page of the strip that keys mean."""
        return self._cursor

    @property
    def selected(self) -> list[int]:
        """Places on the page of all selected strips, without those that are gone."""
        low, high = sorted((self._anchor, self._cursor))
        shown = self.shown
        return [i for i in range(low, high + 1) if i < len(shown) and shown[i]]

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
            ends = [(s.segment.start, s.segment.stop) for s in self._chosen()]
            self._session.set_chosen(ends)

    # -- marks ------------------------------------------------------------------------

    def is_wrong(self, strip: Strip) -> bool:
        """Tell whether a strip is marked as not right."""
        return _key(strip) in self._wrong.get(self._session.track_id, {})

    def toggle_wrong(self) -> None:
        """Mark the selected strips as not right, or take the marks away."""
        self._untouched = False
        chosen, here = (
            self._chosen(),
            self._wrong.setdefault(self._session.track_id, {}),
        )
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
        item = self.item
        found = list(self._wrong.get(self._session.track_id, {}).values())
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
            sight = self._editor.on_screen.sight
            self._edit(
                plural("Delete {n} segment(s)", len(starts)),
                lambda lane: delete_all_into_neighbours(
                    lane, {lane.index_at(start) for start in starts}, sight
                ),
            )
            return
        self._edit(
            self.tr("Remove boundary"), lambda lane: _without_boundaries(lane, cuts)
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
            self.tr("Move boundary"),
            lambda lane: move_boundary(lane, lane.index_at(start) - 1, frame),
            f"wall {group}" if group else "",
        )

    def _edit(
        self, text: str, edit: Callable[[Segmentation], Segmentation], merge: str = ""
    ) -> bool:
        return self._editor.edit(text, edit, merge)

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
        seen = self._editor.on_screen.sight
        if not self.is_open or self.shown_by is None:
            return seen
        there = [s for s in self.shown if s and not self.waits(s)]
        return seen | self.shown_by(there)

    def can_agree(self, shown: Sight) -> list[Strip]:
        """Return the open strips that show enough to agree with.

        A strip of a segment longer than it has pictures for does not.
        """
        seen = shown | self._editor.on_screen.sight
        return [
            s
            for s in self.open_strips
            if (
                s.segment.class_reviewed or seen.covers(s.segment.start, s.segment.stop)
                if s.boundary is None
                else seen.shows(s.boundary)
            )
        ]

    def mark_reviewed(self, shown: Sight) -> bool:
        """Mark what this page shows as reviewed, show the next; False while early.

        ``shown`` are the frames of its pictures.
        """
        item = self.item
        if item is None or (self.open_strips and self.seconds_left > 0):
            return False
        wanted, left = self.can_agree(shown), len(self.open_strips)
        sight = shown | self._editor.on_screen.sight
        n = len(wanted)
        if wanted:
            self._edit(
                plural("Mark {n} strip(s) as reviewed", n),
                lambda lane: mark_reviewed(lane, wanted, sight),
            )
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


def _key(strip: Strip) -> object:
    """Return what tells a strip from all others of its video."""
    return strip.anchor, strip.before is not None


def _without_boundaries(lane: Segmentation, cuts: Sequence[int]) -> Segmentation:
    for cut in sorted(cuts, reverse=True):
        lane = remove_boundary(lane, lane.index_at(cut) - 1)
    return lane
