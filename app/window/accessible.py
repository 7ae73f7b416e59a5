"""Say to a screen reader what is painted: timeline, picture and loupe."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleObject,
    QAccessibleValueChangeEvent,
    QTextDocumentFragment,
)
from PySide6.QtWidgets import QAccessibleWidget, QWidget
from shiboken6 import isValid

from app.kit.announcer import Announcer
from app.kit.language import tr
from app.timeline.lane import TipPoint
from app.timeline.layout import HEADER_PX
from app.timeline.point_lane import PointLane
from app.timeline.segment_lane import SegmentLane, unnamed
from app.timeline.view import TimelineView
from app.views.frame_field import time_text
from app.views.picture.loupe import LoupeView
from app.views.picture.transport import segment_label
from app.views.picture.video import VideoView
from skelseg_core.labels.segmentation import Segment
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.videos_and_tracks import Track

if TYPE_CHECKING:
    from app.services.services import Services
    from app.window.docks import Docks

REST_MS = 150
"""Milliseconds that the playhead must rest before its place is said."""
_WORDS = "spoken words"
"""Property of a canvas that holds its words; no object of Qt, which might be gone."""
_DOT = " \u00b7 "
"""Parts the words of a tooltip; for the ear they are a list."""
_AROUND = (-1, 0, 1)
"""The segments that can be read one by one: before, at and after the playhead."""
_Role, _Text, _Event = QAccessible.Role, QAccessible.Text, QAccessible.Event
_READS_VALUES = sys.platform == "win32"
"""True where screen readers read a value; elsewhere the description says it."""


class Words:
    """Word what timeline, picture and loupe show, as status line and tooltips do."""

    def __init__(self, services: Services, docks: Docks) -> None:
        self._services, self._docks = services, docks
        self._data = docks.timeline.data

    def value(self, canvas: QWidget) -> str:
        """Word the frame at the playhead; for the loupe that of its boundary."""
        item, frame = self._data.find(), self._services.session.frame
        if item is None or frame >= item.n_frames:
            return ""
        cut = canvas.cut() if isinstance(canvas, LoupeView) else None
        frame = frame if cut is None else cut.frame
        last = item.n_frames - 1
        return _listed(
            tr("frame {} of {}").format(f"{frame:,}", f"{last:,}"),
            time_text(self._data.seconds_of(frame)),
            self._said(item, frame),
            self._services.labelling.track_editor.title,
        )

    def _said(self, item: Track, frame: int) -> str:
        if isinstance(self._lane, PointLane):
            tip = self._lane.tip(TipPoint(frame, 0.5, 1.0), self._data)
            plain = QTextDocumentFragment.fromHtml(tip).toPlainText()
            return _listed(*plain.replace(_DOT, "\n").splitlines())
        segment = item.annotation.at(frame)
        return _listed(self._name(item, segment), self._origin(segment))

    @property
    def _lane(self) -> SegmentLane | None:
        """The lane that is labelled; None until the timeline has it."""
        lanes = self._docks.timeline.lanes.lanes
        found = next((lane for lane in lanes if lane.editable), None)
        return found if isinstance(found, SegmentLane) else None

    def _name(self, item: Track, segment: Segment) -> str:
        missing = ANNOTATION in item.missing
        label = segment_label(segment, self._data.label_map, missing)
        return label.name or unnamed(segment)

    def _origin(self, segment: Segment) -> str:
        lane = None if segment.unlabelled else self._lane
        return "" if lane is None else _listed(*lane.origin(segment).split(_DOT))

    def segment(self, step: int) -> Segment | None:
        """Return the segment ``step`` places after the playhead, if there is one."""
        item, frame = self._data.find(), self._services.session.frame
        if item is None or frame >= item.n_frames or isinstance(self._lane, PointLane):
            return None
        at = item.annotation.index_at(frame) + step
        return item.annotation.segments[at] if 0 <= at < len(item.annotation) else None

    def segment_words(self, step: int) -> str:
        """Word a segment: its class, when it is, and its origin."""
        item, segment = self._data.find(), self.segment(step)
        if item is None or segment is None:
            return ""
        ends = map(self._data.seconds_of, (segment.start, segment.stop))
        times = tr("{} to {}").format(*map(time_text, ends))
        return _listed(self._name(item, segment), times, self._origin(segment))

    def segment_place(self, step: int) -> QRect:
        """Return where a segment is on the screen; empty where it is not shown."""
        timeline, segment = self._docks.timeline, self.segment(step)
        row = next((r for r in timeline.rows if r.lane.editable), None)
        if segment is None or row is None:
            return QRect()
        view = timeline.view
        xs = (round(view.x_of(f)) for f in (segment.start, segment.stop))
        left, right = (HEADER_PX + min(max(x, 0), view.width) for x in xs)
        place = QRect(left, row.top, right - left, row.height)
        return QRect(timeline.mapToGlobal(place.topLeft()), place.size())


class Spoken(QObject):
    """Tell screen readers what is new: steps of the history, and values at rest."""

    def __init__(self, window: QWidget, services: Services, docks: Docks) -> None:
        super().__init__(window)
        self._announcer = Announcer(window, services.notices)
        self._document, self._player = services.document, services.player
        self._timeline = docks.timeline
        self._canvases = (docks.timeline, docks.video, docks.loupe, docks.end_loupe)
        self._words, self._step = Words(services, docks), services.document.step
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rest)
        for canvas in self._canvases:
            canvas.setProperty(_WORDS, self._words)
        session, document = services.session, services.document
        for signal in (session.frame_changed, session.video_changed, document.changed):
            signal.connect(self._on_moved)
        document.stepped.connect(self._on_step)

    def _on_step(self) -> None:
        before, self._step = self._step, self._document.step
        if self._step > before:
            self._announcer.tell_step(self._document.undo_stack.undoText())

    def _on_moved(self, _: object) -> None:
        # While it plays nothing is said: one listens to the video.
        if QAccessible.isActive() and not self._player.playing:
            self._rest.start()

    def _on_rest(self) -> None:
        for canvas in self._canvases:
            changed = (
                QAccessibleValueChangeEvent(canvas, self._words.value(canvas))
                if _READS_VALUES
                else QAccessibleEvent(canvas, _Event.DescriptionChanged)
            )
            QAccessible.updateAccessibility(changed)
        for part in self._timeline.findChildren(Part):
            changed = QAccessibleEvent(part, _Event.NameChanged)
            QAccessible.updateAccessibility(changed)


def _listed(*parts: str) -> str:
    return ", ".join(filter(None, parts))


# -- what Qt asks --------------------------------------------------------------------


class Part(QObject):
    """Stand for a segment near the playhead, as long as its canvas is there."""

    def __init__(self, canvas: QWidget, step: int) -> None:
        super().__init__(canvas)
        self.step = step


def _words_of(canvas: QObject | None) -> Words | None:
    """Find the words of a canvas; None before the window has them, and after it."""
    words = canvas.property(_WORDS) if canvas is not None else None
    return words if isinstance(words, Words) else None


class _Canvas(QAccessibleWidget):
    """Answer for a canvas. The timeline has the segments near the playhead inside."""

    def __init__(self, canvas: QWidget) -> None:
        has_parts = isinstance(canvas, TimelineView)
        super().__init__(canvas, _Role.Canvas if has_parts else _Role.Graphic, "")
        self._parts = [Part(canvas, step) for step in _AROUND if has_parts]

    def text(self, what: QAccessible.Text) -> str:
        told = _Text.Value if _READS_VALUES else _Text.Description
        if what not in (_Text.Value, told):
            return super().text(what)
        words, canvas = _words_of(self.object()), self.object()
        if words is None or not isinstance(canvas, QWidget):
            return ""
        return words.value(canvas)

    def _shown(self) -> list[Part]:
        words = _words_of(self.object())
        if words is None:
            return []
        return [part for part in self._parts if words.segment(part.step) is not None]

    def childCount(self) -> int:
        return super().childCount() + len(self._shown())

    def child(self, index: int) -> QAccessibleInterface:
        own, shown = super().childCount(), self._shown()
        if index < own:
            return super().child(index)
        if index - own >= len(shown):
            return None  # type: ignore[return-value]
        return QAccessible.queryAccessibleInterface(shown[index - own])

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        part, shown = child.object(), self._shown()
        if part in shown:
            return super().childCount() + shown.index(part)
        return super().indexOfChild(child)


class _Segment(QAccessibleObject):
    """A segment before, at or after the playhead."""

    def __init__(self, part: Part) -> None:
        super().__init__(part)
        self._step = part.step

    def _words(self) -> Words | None:
        part = self.object()
        return None if part is None else _words_of(part.parent())

    def isValid(self) -> bool:
        words = self._words()
        return words is not None and words.segment(self._step) is not None

    def text(self, what: QAccessible.Text) -> str:
        words = self._words()
        if words is None or what != _Text.Name:
            return ""
        return words.segment_words(self._step)

    def rect(self) -> QRect:
        words = self._words()
        return QRect() if words is None else words.segment_place(self._step)

    def parent(self) -> QAccessibleInterface:
        part = self.object()
        canvas = None if part is None else part.parent()
        if canvas is None:
            return None  # type: ignore[return-value]
        return QAccessible.queryAccessibleInterface(canvas)

    def role(self) -> QAccessible.Role:
        return _Role.ListItem

    def state(self) -> QAccessible.State:
        return QAccessible.State()

    def child(self, _: int) -> QAccessibleInterface:
        return None  # type: ignore[return-value]

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, _: QAccessibleInterface) -> int:
        return -1


_KEPT: list[QAccessibleInterface] = []
"""Interfaces that Qt still uses; without a reference here Python would delete them."""


def _made(_: str, asked: QObject) -> QAccessibleInterface | None:
    made: QAccessibleInterface
    if isinstance(asked, TimelineView | VideoView | LoupeView):
        made = _Canvas(asked)
    elif isinstance(asked, Part):
        made = _Segment(asked)
    else:
        return None
    _KEPT[:] = [*filter(isValid, _KEPT), made]
    return made


@cache
def install() -> None:
    """Let Qt ask for what is spoken; before the first of the widgets is made."""
    QAccessible.installFactory(_made)
