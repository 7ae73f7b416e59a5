"""Oracle: every edit of a window is in the table of acts, and changes no more.

It stands between the window and `Document.apply`: who edits is looked up in
`tests.acts`, and what is another than before is compared with what that act
is said to act on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QMenu, QWidget

from app.state.change import Change
from app.state.document import PreparedEdit
from app.timeline.gestures import BoundaryDrag, Gesture, RangeSelect, SegmentDrag
from app.timeline.lane import Lane
from app.window.history_menu import HistoryMenu
from app.window.project_window import ProjectWindow
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.poses.corrections import apply_corrections
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.videos_and_tracks import Track, Video
from skelseg_core.review.walk import index_of
from tests.acts import ACTS, AGREE, Act

Span = tuple[int, int]
BACK = {"undo", "redo", "history-click", "class-name", "drag-range"}
"""What may take a step back; also a class without a name, and a key of a drag."""
GONE = "The merged frames, where all of them were on the screen"
REVIEWED = {
    "": (False, 0),
    "The ends of a marked range, but not unlabelled frames": (False, -1),
    "That nobody can tell the class; the ends of a range": (False, -1),
    "That boundary": (False, 1),
    "The new boundary": (False, 1),
    "Both its boundaries": (False, 2),
    "The class": (True, 0),
    GONE: (True, 0),
}
"""Whether an act may review a class, and for how many boundaries; -1: its ends.

All others are about a class, and the ends of what they label.
"""
AGREED = {
    "",
    GONE,
    "Its class and ends, as far as they were on the screen",
    "The classes and boundaries in it that were on the screen",
    "Of each segment the class, by wall; ends where the pictures are large",
}
"""What acts say that agree with labels: they are held to the law of review."""
LAG = 90
"""Frames that a person's reaction may be long, at 16x."""


def matches(act: Act, text: str) -> bool:
    """Whether a step of undo is called as the act says."""
    return any(
        re.fullmatch(re.escape(step).replace(r"\{\}", ".*"), text) for step in act.steps
    )


class Oracle(QObject):
    """Collects in ``wrong`` what no row of the table says."""

    def __init__(self, project_window: ProjectWindow) -> None:
        super().__init__(project_window)
        self.project_window, self.document = project_window, project_window.document
        self.wrong: list[str] = []
        self.judged: set[str] = set()
        self.called: set[str] = set()
        self._known = {id(self.document.project): self.document.project}
        self._fresh: list[Project] = []
        self._gesture: Gesture | None = None
        self._range: Span | None = None
        self._place: tuple[Lane, int] | None = None
        self._calm: tuple[str, Segmentation] | None = None
        self._visited = (0, 0)
        self._blind = ""
        self._plain = self.document.apply
        self._plain_prepared = self.document.apply_prepared
        self.document.apply = self._apply  # type: ignore[method-assign]
        prepared = self._apply_prepared
        self.document.apply_prepared = prepared  # type: ignore[method-assign]
        self.document.amendments.append(self._amended)
        self.document.changed.connect(self._on_changed)
        project_window.session.frame_changed.connect(self._on_frame)
        for entry in project_window.commands.all:
            action = project_window.commands[entry.id]
            # First it is noted, then it runs.
            action.triggered.disconnect()
            action.triggered.connect(lambda *_, i=entry.id: self.called.add(i))
            action.triggered.connect(
                lambda *_, e=entry: project_window.commands.run(e.id)
            )
        self._watch_timeline()
        label = project_window.services.review.class_keys.begin

        def labelled(class_id: int) -> None:
            self.called |= {"class-key", "class-label"}
            label(class_id)

        project_window.services.review.class_keys.begin = labelled  # type: ignore[method-assign]

    def _watch_timeline(self) -> None:
        pointer, timeline = (
            self.project_window.docks.timeline.pointer,
            self.project_window.docks.timeline,
        )
        release = pointer.release

        def released() -> None:
            self._gesture = pointer.gesture
            item = self._item()
            marked = self.project_window.session.marked_range
            self._range = marked(item.n_frames) if item is not None else None
            release()
            self._gesture = None

        pointer.release = released  # type: ignore[method-assign]
        timeline.menu_requested.connect(
            lambda lane, frame: self.menu_opened(lane, frame)
        )

    def menu_opened(self, lane: Lane, frame: int, menu: QWidget | None = None) -> None:
        """A menu was opened at a place of the timeline, by default as a popup."""
        self._place = lane, frame
        menu = menu or QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            menu.triggered.connect(self._on_menu)

    def _on_menu(self, _: QAction) -> None:
        self.called |= {"timeline-menu", "subject-menu"}

    # -- what is called ---------------------------------------------------------------

    def begin(self, *widgets: QWidget | None) -> None:
        """Another event begins, of the mouse on these widgets or of the keyboard."""
        project_window, docks = self.project_window, self.project_window.docks
        self.called.clear()
        playing = project_window.player.playing
        if project_window.command_ui.palette.isVisible():
            self.called.add("class-key")
        if project_window.services.review.class_keys.held is not None:
            self.called.add("drag-range")
        if playing or project_window.services.labelling.live_labelling.running:
            self.called |= {"class-key-live", "live-end"}
        if not playing:
            self._visited = (
                project_window.session.frame,
                project_window.session.frame + 1,
            )
        item = self._item()
        running = project_window.services.labelling.live_labelling.running
        if item is not None and not running:
            self._calm = item.id, item.annotation
        places: dict[QWidget, set[str]] = {
            docks.classes: {
                *("class-label", "class-name", "class-move", "class-gone"),
                *("class-menu", "classes-menu", "class-add"),
            },
            docks.videos: {"video-menu", "add"},
            docks.comments: {"comment-list"},
            docks.loupe: {"loupe-click", "loupe-shift-click"},
            docks.wall: {"wall-review", "wall-gone", "wall-nudge"},
            docks.video: {"person-click", "handle-drag"},
            docks.model_line: {"prelabel"},
        }
        self.called |= self._in_room()
        # A cell that is edited is closed by whatever comes next.
        typed = [
            field
            for view in project_window.window.findChildren(QAbstractItemView)
            for field in view.viewport().findChildren(QLineEdit)
        ]
        meant = [QApplication.focusWidget(), *widgets, *typed]
        for place, ids in places.items():
            if any(
                w is not None and (w is place or place.isAncestorOf(w)) for w in meant
            ):
                self.called |= ids
        if any(isinstance(w, HistoryMenu) for w in meant):
            self.called.add("history-click")

    def _in_room(self) -> set[str]:
        room = self.project_window.services.review.review_room
        return {"room-begin"} if room.on and room.state == "ready" else set()

    def _candidates(self, text: str) -> Iterator[Act]:
        drags = {BoundaryDrag: "drag-boundary", SegmentDrag: "drag-segment"}
        dragged = drags.get(type(self._gesture), "")  # type: ignore[call-overload]
        if isinstance(self._gesture, RangeSelect):
            dragged = "drag-range"
        for act in ACTS:
            called = act.id in self.called or act.id == dragged
            if called and matches(act, text):
                yield act

    # -- what becomes of it -----------------------------------------------------------

    def _item(self) -> Track | None:
        return self.project_window.services.labelling.segment_editor.item

    def _on_frame(self, frame: int) -> None:
        low, high = self._visited
        self._visited = min(low, frame), max(high, frame + 1)

    def _apply(
        self, text: str, edit: Callable[[Project], Project], merge: str = ""
    ) -> bool:
        before, made = self.document.project, list[Project]()
        sight, allowed = self._sight(), []
        for act in self._candidates(text):
            self._blind = ""
            allow = self._allowed(act, before)
            allow.blind = self._blind
            allowed.append((act, allow))

        def kept(project: Project) -> Project:
            made.append(edit(project))
            self._fresh.append(made[-1])
            self._known[id(made[-1])] = made[-1]
            return made[-1]

        done = self._plain(text, kept, merge)
        if done:
            self._judge(text, before, made[-1], allowed, sight)
        return done

    def _amended(self, _: Project, after: Project) -> Project:
        """The value with what the program added to an edit: who decided."""
        self._fresh.append(after)
        self._known[id(after)] = after
        return after

    def _apply_prepared(self, edit: PreparedEdit) -> bool:
        allowed = [
            (act, self._allowed(act, edit.before))
            for act in self._candidates(edit.text)
        ]
        self._fresh.append(edit.after)
        self._known[id(edit.after)] = edit.after
        sight = self._sight()
        done = self._plain_prepared(edit)
        if done:
            self._judge(edit.text, edit.before, edit.after, allowed, sight)
        return done

    def _on_changed(self, change: Change) -> None:
        if any(change.after is value for value in self._fresh):
            self._fresh.clear()
            return
        known = reversed(self._known.values())
        # Undo makes its value anew.
        if not any(change.after is value or change.after == value for value in known):
            self.wrong.append("another value than any that was there")
        elif not self.called & BACK:
            self.wrong.append(f"a step back or on by {sorted(self.called)}")
        self._calm = None

    def _judge(
        self,
        text: str,
        before: Project,
        after: Project,
        allowed: list[tuple[Act, Allowed]],
        sight: Sight,
    ) -> None:
        if not any(matches(act, text) for act in ACTS):
            self.wrong.append(f"“{text}” is in no row of the table")
            return
        if not allowed:
            self.wrong.append(f"“{text}” by {sorted(self.called)}")
            return
        item = self._item()
        if item is not None and not any(a.acts_on == "played" for a, _ in allowed):
            self._calm = item.id, item.annotation
        video = self.project_window.session.track_id
        lanes = before.find(video), after.find(video)
        agrees = text in AGREE or all(act.reviews in AGREED for act, _ in allowed)
        if lanes[0] and lanes[1] and agrees:
            said = unlawful(lanes[0].annotation, lanes[1].annotation, sight)
            self.wrong += [f"“{text}”: {what}" for what in said]
        found = [allow.excess(before, after) for _, allow in allowed]
        if all(found):
            rows = ", ".join(f"{a.id} ({a.acts_on})" for a, _ in allowed)
            self.wrong.append(f"“{text}”, {rows}: {found[0]}")
        self.judged |= {
            act.id for (act, _), bad in zip(allowed, found, strict=True) if not bad
        }

    def _sight(self) -> Sight:
        """Return what was seen, on the wall, too."""
        window = self.project_window
        seen = window.services.labelling.segment_editor.on_screen.sight
        wall = window.docks.wall
        item = window.services.current_video.item
        shown = window.services.review.review_wall.shown if wall.isVisible() else ()
        own = [s for s in shown if s is not None and item and s.track == item.id]
        return seen | wall.strips.shown_by(own) if own else seen

    # -- what an act may change -------------------------------------------------------

    def _allowed(self, act: Act, before: Project) -> Allowed:
        """What the table says of an act, in the state of now."""
        item, session = self._item(), self.project_window.session
        rules = {
            "chosen class": {"classes", "labels of a class"},
            "chosen classes": {"classes"},
            "class row": {"order"},
            "new class": {"classes"},
            "classes": {"classes"},
            "video": {"video"},
            "listed video": {"any video"},
            "videos": {"new video"},
            "tiers": {"anything"},
            "files": {"files"},
            "lane": {"lanes"},
            "annotator": {"lanes everywhere"},
            "missing": {"labels everywhere"},
            "backup": {"anything"},
            "labels of files": {"labels everywhere", "classes"},
            "all items of a kind": {"labels everywhere"},
            "disputed": {"lanes"},
            "whole project": {"blind"},
            "subject": {"picks"},
            "subject there": {"picks"},
        }
        if act.acts_on in rules or item is None:
            classes = {c.id for c in self.project_window.docks.classes.selected}
            parts = rules.get(act.acts_on, set())
            return Allowed(session.track_id, parts, classes=classes)
        if act.acts_on in ("keypoint", "line", "handle", "poses"):
            spans = self._poses_span(act.acts_on, item)
            return Allowed(
                item.id, {"corrections"}, spans, project_window=self.project_window
            )
        if act.acts_on == "played" and self._calm is not None:
            # Who goes to another video ends what grows in the one before.
            item = before.find(self._calm[0]) or item
        spans, protected = self._spans(act.acts_on, item)
        return Allowed(item.id, {"labels"}, spans, protected, reviews=act.reviews)

    def _poses_span(self, acts_on: str, item: Track) -> list[Span]:
        frame = self.project_window.session.frame
        if acts_on == "line":
            return [(0, item.n_frames)]
        if acts_on == "poses":
            marked = self._marked(item)
            return [marked or (frame, frame + 1)]
        return [(frame, frame + 1)]

    def _marked(self, item: Track) -> Span | None:
        marked = self.project_window.session.marked_range(item.n_frames)
        timeline = self.project_window.docks.timeline
        if marked is not None and timeline.isVisible() and not timeline.sees(*marked):
            # Of this act alone: keys that label while it plays need no range in sight.
            self._blind = f"{marked} is edited out of sight"
        return marked

    def _spans(
        self, acts_on: str, item: Track
    ) -> tuple[list[Span], Segmentation | None]:
        """Frames whose class may change, and labels of which none may."""
        lane, whole = item.annotation, [(0, item.n_frames)]
        here = Here(self.project_window, item)
        if acts_on == "range or segments":
            marked = self._marked(item) if not here.chosen else None
            reviewed = here.reviewed() if not marked else []
            return here.chosen or [marked or here.under(), *reviewed], None
        if acts_on == "range or prediction":
            return [self._marked(item) or here.predicted()], None
        if acts_on == "selected segments":
            return here.accepted(), here.kept()
        if acts_on == "place" and self._place is not None:
            lane, frame = self._place
            return here.place(lane.source, frame), None
        if acts_on.startswith("dragged"):
            return self._dragged(here), None
        if acts_on == "played":
            low, high = self._visited
            return [(low - LAG, high + LAG)], _protected(self._before(item))
        if acts_on in ("open frames", "filled", "around"):
            return whole, _protected(lane)
        return here.others(acts_on), None

    def _before(self, item: Track) -> Segmentation | None:
        """The labels before what grows, where they are known."""
        return self._calm[1] if self._calm and self._calm[0] == item.id else None

    def _dragged(self, here: Here) -> list[Span]:
        gesture = self._gesture
        if isinstance(gesture, BoundaryDrag):
            return here.both(gesture.index)
        if isinstance(gesture, SegmentDrag):
            return here.around(gesture.index - 1, gesture.index + 2)
        return [self._range] if self._range else []


class Here:
    """Where one is: frames that the acts speak of."""

    def __init__(self, project_window: ProjectWindow, item: Track) -> None:
        session = project_window.session
        self.project_window, self.item, self.lane = (
            project_window,
            item,
            item.annotation,
        )
        self.target = min(project_window.player.target, item.n_frames - 1)
        # Where it does not play the playhead is where one went, seen already or not.
        stands = (
            project_window.player.info is not None and not project_window.player.playing
        )
        shown = min(session.frame, item.n_frames - 1)
        self.frame = self.target if stands else shown
        segments = {(s.start, s.stop) for s in item.annotation.segments}
        self.chosen: list[Span] = [s for s in session.chosen if s in segments]
        there = session.boundary is not None and session.boundary < len(self.lane) - 1
        self.boundary = session.boundary if there else None
        self.index = self.lane.index_at(self.frame)

    def reviewed(self, beside: int = 0) -> list[Span]:
        """The place in review, and segments beside it."""
        place = self.project_window.services.review.review_room.place
        if place is None:
            return []
        index = index_of(place, self.lane)
        return self.around(index - beside, index + 1 + beside)

    def disputed(self) -> list[Span]:
        """The frames in which two people disagree, in review."""
        place = self.project_window.services.review.review_room.place
        return [] if place is None else [(place.start, place.stop)]

    def ghost(self) -> list[Span]:
        """The segment that may be missing at the place in review."""
        place = self.project_window.services.review.review_room.place
        ghost = place.ghost if place is not None else None
        return [] if ghost is None else [(ghost.start, ghost.stop)]

    def around(self, first: int, stop: int) -> list[Span]:
        """All of these segments."""
        parts = self.lane.segments[max(0, first) : stop]
        return [(parts[0].start, parts[-1].stop)]

    def both(self, index: int | None) -> list[Span]:
        """The segments on both sides of a boundary."""
        return [] if index is None else self.around(index, index + 2)

    def under(self) -> Span:
        """The segment under the playhead."""
        return self.around(self.index, self.index + 1)[0]

    def predicted(self, frame: int | None = None) -> Span:
        """The segment of the prediction at a frame, by default the playhead."""
        shown = self.project_window.services.current_video.shown_prediction
        lane = self.lane if shown is None else shown.segmentation
        there = lane.at(self.frame if frame is None else frame)
        return there.start, there.stop

    def _seen(self) -> Span:
        """What begins at the boundary one is at, else what is under the playhead."""
        if self.boundary is None:
            return self.under()
        return self.around(self.boundary + 1, self.boundary + 2)[0]

    def accepted(self) -> list[Span]:
        """What Return is about."""
        start, stop = self._seen()
        if self.lane.at(start).class_id is not None:
            return self.chosen or [(start, stop)]
        return self.chosen or [
            self.predicted(start if self.boundary is not None else None)
        ]

    def kept(self) -> Segmentation | None:
        """What it must not change: all but what is selected."""
        return None if self.chosen else _protected(self.lane)

    def place(self, name: str, frame: int) -> list[Span]:
        """What the menu of a place is about."""
        at = min(frame, self.item.n_frames - 1)
        if name != ANNOTATION:
            other = self.item.lanes[name].at(at)
            return [(other.start, other.stop)]
        index = self.lane.index_at(at)
        return self._hull() or self.around(index, index + 2)

    def _hull(self) -> list[Span]:
        """What is selected, as one; a segment alone is merged with the next."""
        if len(self.chosen) == 1:
            index = self.lane.index_at(self.chosen[0][0])
            return self.around(index, index + 2)
        return [(self.chosen[0][0], self.chosen[-1][1])] if self.chosen else []

    def strips(self, acts_on: str) -> list[Span]:
        """What is on the page of the wall, or selected there."""
        wall = self.project_window.services.review.review_wall
        places = wall.selected if acts_on == "strips" else range(len(wall.shown))
        found = (
            [wall.current()] if acts_on == "strip" else [wall.shown[i] for i in places]
        )
        spans = []
        for strip in found:
            if strip is not None:
                first = self.lane.index_at(strip.segment.start)
                spans += self.around(first - (acts_on == "strip"), first + 1)
        return spans

    def others(self, acts_on: str) -> list[Span]:
        """All that is not marked and not dragged."""
        hull = self._hull()
        both, index = self.both(self.boundary), self.index
        first = self.lane.index_at(self.target)
        if self.boundary is not None:
            first = self.boundary + 1
        spans = {
            "segments joined": lambda: hull or both or self.around(index, index + 2),
            "segment here": lambda: [self.under()],
            "start or end": lambda: both or self.around(index - 1, index + 2),
            "boundary": lambda: both,
            "loupe": lambda: both,
            "item in review": self.reviewed,
            "item and neighbours": lambda: self.reviewed(beside=1),
            "disagreement": self.disputed,
            "ghost": self.ghost,
            "whole segment": lambda: self.around(first - 1, first + 2),
            "strips": lambda: self.strips(acts_on),
            "strip": lambda: self.strips(acts_on),
            "wall page": lambda: self.strips(acts_on),
        }
        return spans[acts_on]() if acts_on in spans else []


def _protected(lane: Segmentation | None) -> Segmentation | None:
    """The same labels, but those that no person made or reviewed are open."""
    if lane is None:
        return None
    kept = (
        s if s.source == "human" or s.reviewed else Segment(s.start, s.stop, None)
        for s in lane.segments
    )
    return Segmentation(tuple(kept))


class Allowed:
    """Parts of a project that may be others, and frames of the annotation."""

    def __init__(
        self,
        video_id: str,
        parts: set[str],
        spans: list[Span] | None = None,
        protected: Segmentation | None = None,
        project_window: ProjectWindow | None = None,
        classes: set[int] | None = None,
        reviews: str = "",
    ) -> None:
        self.video_id, self.parts, self.classes = video_id, parts, classes or set()
        self.reviews = reviews
        self.spans, self.protected, self.project_window = (
            spans or [],
            protected,
            project_window,
        )
        self.blind = ""

    def excess(self, before: Project, after: Project) -> str:
        """What is another and must not be; empty where all is right."""
        return "; ".join(self._excess(before, after))

    def _excess(self, before: Project, after: Project) -> Iterator[str]:
        if "anything" in self.parts:
            return
        if self.blind:
            yield self.blind
        for name in ("uuid", "name", "skeleton", "media_roots", "blind"):
            same = getattr(before, name) == getattr(after, name)
            part = {"media_roots": "files", "blind": "blind"}.get(name, "")
            if not same and part not in self.parts:
                yield f"{name} of the project"
        yield from self._of_classes(before, after)
        ids = [[v.id for v in p.tracks] for p in (before, after)]
        if ids[0] != ids[1] and not self.parts & {"video", "any video", "new video"}:
            yield f"videos: {ids}"
        for item in before.tracks:
            now = after.find(item.id)
            if now is None:
                if "video" in self.parts and item.id != self.video_id:
                    yield f"{item.id} is gone"
            elif now is not item:
                yield from self._of_video(item, now)

    def _of_classes(self, before: Project, after: Project) -> Iterator[str]:
        if before.label_map == after.label_map:
            return
        if not self.parts & {"classes", "order"}:
            yield "classes"
            return
        for item in before.label_map.classes:
            now = after.label_map.get(item.id)
            # A key that is given to one class is taken from another.
            if now is not None and replace(now, key=item.key) == item:
                continue
            if "order" in self.parts or item.id not in self.classes:
                yield f"class {item.name}"

    def _of_video(self, before: Track, after: Track) -> Iterator[str]:
        here = before.id == self.video_id
        for field in fields(Track):
            a, b = (getattr(item, field.name) for item in (before, after))
            if a == b or field.name == "lanes":
                continue
            if field.name == "video":
                yield from self._of_film(before.video, after.video)
                continue
            fits = {
                "missing": "labels everywhere" in self.parts,
                "marks": "labels" in self.parts and here,
                # Who decided is said with the labels that are decided on.
                "decisions": "labels" in self.parts and here,
            }
            whole = ("video" in self.parts and here) or "any video" in self.parts
            if not (fits.get(field.name, False) or whole or "files" in self.parts):
                yield f"{field.name} of {before.id}"
        for lane in before.lanes.keys() | after.lanes.keys():
            one, two = before.lanes.get(lane), after.lanes.get(lane)
            if one != two:
                yield from self._of_lane(lane, before, one, two)
        if (
            "corrections" in self.parts
            and before.video.corrections != after.video.corrections
        ):
            yield from self._of_poses(before, after)

    def _of_film(self, before: Video, after: Video) -> Iterator[str]:
        """What is said once of the video of several tracks."""
        here = before.id == self.video_id.split("@")[0]
        parts = {"corrections": "corrections", "bodies": "picks"}
        whole = ("video" in self.parts and here) or "any video" in self.parts
        for field in fields(Video):
            if getattr(before, field.name) == getattr(after, field.name):
                continue
            fits = here and parts.get(field.name) in self.parts
            if not (fits or whole or "files" in self.parts):
                yield f"{field.name} of video {before.id}"

    def _of_lane(
        self, lane: str, item: Track, one: Segmentation | None, two: Segmentation | None
    ) -> Iterator[str]:
        here = item.id == self.video_id
        if "labels everywhere" in self.parts:
            return
        if "labels of a class" in self.parts and one is not None and two is not None:
            classes = [_frames(s, lambda g: g.class_id) for s in (one, two)]
            others = ~np.isin(classes[0].astype(str), [str(i) for i in self.classes])
            if (classes[0] != classes[1])[others].any():
                yield f"other classes in {lane} of {item.id}"
            return
        if lane != ANNOTATION:
            mine = "lanes" in self.parts and here
            if not mine and "lanes everywhere" not in self.parts:
                yield f"lane {lane} of {item.id}"
            return
        if "video" in self.parts and here:
            return
        if one is None or two is None or not (here and "labels" in self.parts):
            yield f"annotation of {item.id}"
            return
        yield from self._of_frames(one, two)

    def _of_frames(self, one: Segmentation, two: Segmentation) -> Iterator[str]:
        inside, beside = np.zeros((2, one.n_frames), bool)
        for start, stop in self.spans:
            inside[max(0, start) : stop] = True
        for segment in (*one.segments, *two.segments):
            # A boundary has two sides: what is said of it is said of both.
            low, high = max(0, segment.start - 1), segment.stop + 1
            if inside[low:high].any():
                beside[segment.start : segment.stop] = True
        classes = [_frames(s, lambda g: g.class_id) for s in (one, two)]
        changed = np.flatnonzero((classes[0] != classes[1]) & ~inside)
        if len(changed):
            yield f"class of frames {changed[0]}-{changed[-1]}, not in {self.spans}"
        told = [_frames(s, _said) for s in (one, two)]
        changed = np.flatnonzero((told[0] != told[1]) & ~beside)
        if len(changed):
            yield f"frames {changed[0]}-{changed[-1]}, not beside {self.spans}"
        if self.protected is not None:
            mine = _frames(self.protected, lambda g: g.class_id)
            gone = (mine != None) & (classes[1] != mine)  # noqa: E711
            # What an edit before this one changed was held against that one.
            lost = np.flatnonzero(gone & (classes[0] != classes[1]))
            if len(lost):
                yield f"frames {lost[0]}-{lost[-1]} had a person's label"

        # Whoever deletes a segment says what its neighbour goes on with.
        near = beside if self.reviews == GONE else inside
        yield from self._of_reviewing(one, two, near)

    def _of_reviewing(
        self, one: Segmentation, two: Segmentation, inside: np.ndarray
    ) -> Iterator[str]:
        """What is reviewed now and was not, and is not said to be."""
        of_class, most = REVIEWED.get(self.reviews, (True, -1))
        for now in two.segments:
            parts = one.segments[
                one.index_at(now.start) : one.index_at(now.stop - 1) + 1
            ]
            same = [r for s in parts if s.class_id == now.class_id for r in s.runs]
            # Frames that go over to a neighbour are what was said of the neighbour.
            known = any(s.class_reviewed for s in same)
            if not now.class_reviewed or not same or known:
                continue
            if not of_class or not inside[now.start : now.stop].any():
                yield f"the class of frames {now.start}-{now.stop - 1} is reviewed"
        told = _reviewed(two) - _reviewed(one)
        if most < 0:
            told = {b for b in told if not any(x <= b <= y for x, y in self.spans)}
        if len(told) > max(most, 0):
            yield f"the boundaries {sorted(told)} are reviewed"

    def _of_poses(self, before: Track, after: Track) -> Iterator[str]:
        if self.project_window is None:
            return
        shown = self.project_window.services.current_video.poses
        if shown is None:
            return
        poses = [
            apply_corrections(
                shown.estimate, item.video.corrections, shown.skeleton
            ).keypoints
            for item in (before, after)
        ]
        same = (poses[0] == poses[1]) | (np.isnan(poses[0]) & np.isnan(poses[1]))
        changed = np.flatnonzero(~same.all(axis=(1, 2, 3)))
        inside = np.zeros(len(same), bool)
        for start, stop in self.spans:
            inside[start:stop] = True
        if (~inside[changed]).any():
            yield f"poses of frames {changed[0]}-{changed[-1]}, not in {self.spans}"


def unlawful(before: Segmentation, after: Segmentation, sight: Sight) -> Iterator[str]:
    """Find what became reviewed by agreeing, and was not on the screen."""
    if before.n_frames != after.n_frames or len(sight.seen) != after.n_frames:
        return
    reviewed = [s.frames_where(lambda r: r.class_reviewed) for s in (before, after)]
    new = np.diff([0, *(reviewed[1] & ~reviewed[0]).astype(int), 0])
    for start, stop in zip(
        np.flatnonzero(new > 0).tolist(), np.flatnonzero(new < 0).tolist(), strict=True
    ):
        if not sight.covers(start, stop):
            yield f"the class of frames {start}-{stop - 1} was not on the screen"
    for boundary in _reviewed(after) - _reviewed(before):
        if not sight.shows(boundary):
            yield f"the boundary {boundary} was not on the screen"


def _reviewed(value: Segmentation) -> set[int]:
    """Boundaries that a person reviewed."""
    return {
        right.start
        for left, right in pairwise(value.segments)
        if left.stop_reviewed or right.start_reviewed
    }


def _frames(value: Segmentation, of: Callable[[Segment], object]) -> np.ndarray:
    made = np.empty(value.n_frames, object)
    for segment in value.segments:
        for frame in range(segment.start, segment.stop):
            made[frame] = of(segment)
    return made


def _said(segment: Segment) -> tuple[object, ...]:
    """All that is said of a segment, and where it begins."""
    names = (f.name for f in fields(Segment) if f.name != "stop")
    return tuple(getattr(segment, name) for name in names)
