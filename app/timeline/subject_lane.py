"""People: a lane that says whose actions are segmented, and where a person chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPolygonF

from app.timeline.geometry import TimeWindow, raster, visible
from app.timeline.lane_set import Kind
from app.timeline.lanes import draw_row
from app.timeline.style import Style, blend
from skelseg_core.project.value import VideoItem

if TYPE_CHECKING:
    from app.state.current_video import ShownPoses

SUBJECT: Kind = "subject"
_TONES = (0.20, 0.32)
_PIN_PX = 4.0
_WORDS_PX = 20.0


@dataclass(frozen=True, eq=False)
class SubjectLane:
    """Runs of frames with the same subject, and the frames of a person's choices.

    ``starts`` (R,) and ``people`` (R,), -1 where the subject is not to be seen.
    """

    n_frames: int
    starts: np.ndarray
    people: np.ndarray
    picks: tuple[int, ...]

    @classmethod
    def of(cls, subject: np.ndarray, picks: Sequence[int]) -> SubjectLane:
        """The lane of a subject (T,)."""
        starts = np.append(0, np.flatnonzero(np.diff(subject)) + 1)
        return cls(len(subject), starts, np.asarray(subject[starts]), tuple(picks))

    def text_at(self, frame: int) -> str:
        """Who is the subject in a frame, and who says so."""
        run = int(np.searchsorted(self.starts, frame, side="right")) - 1
        person = int(self.people[run])
        if person < 0:
            return _tr("The subject is not to be seen")
        chosen = [p for p in self.picks if p <= frame]
        how = _tr("by continuity")
        if chosen:
            how = _tr("as chosen at frame {}").format(f"{chosen[-1]:,}")
        return _tr("Person {}, {}").format(person + 1, how)

    def paint(
        self,
        painter: QPainter,
        view: TimeWindow,
        top: float,
        height: float,
        style: Style,
    ) -> None:
        """Runs in two greys in turn, their numbers where they fit, pins on choices."""
        tones = [blend(style.well, style.text, share).rgb() for share in _TONES]
        low, high = visible(self.starts, view)
        people = self.people[low:high]
        colours = np.where(
            people < 0,
            style.well.rgb(),
            np.where(people % 2 == 0, tones[0], tones[1]),
        )
        ratio = painter.device().devicePixelRatio()
        row = raster(self.starts[low:high], colours, view.scaled(ratio))
        draw_row(painter, row, top, height)
        ends = np.append(self.starts, self.n_frames)[low : high + 1]
        xs = np.clip((ends - view.first) / view.frames_per_px, 0, view.width)
        metrics = QFontMetricsF(style.small)
        base = top + (height + metrics.ascent() - metrics.descent()) / 2
        words: dict[int, list[tuple[str, float]]] = {}
        painter.setFont(style.small)
        painter.setPen(style.text)
        seen = (np.diff(xs) >= _WORDS_PX) & (people >= 0)
        for run in np.flatnonzero(seen).tolist():
            person = int(people[run])
            if person not in words:
                texts = [t.format(person + 1) for t in (_tr("person {}"), "{}")]
                words[person] = [(t, metrics.horizontalAdvance(t)) for t in texts]
            for text, wide in words[person]:
                if wide + 16 <= xs[run + 1] - xs[run]:
                    painter.drawText(QPointF(xs[run] + 10, base), text)
                    break
        self._paint_pins(painter, view, top, height, style)

    def _paint_pins(
        self,
        painter: QPainter,
        view: TimeWindow,
        top: float,
        height: float,
        style: Style,
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.accent)
        for frame in self.picks:
            if view.holds(frame):
                x = view.x_of(frame)
                painter.drawRect(QRectF(x, top, 1.5, height))
                corners = (x, top), (x + 2 * _PIN_PX, top), (x, top + 2 * _PIN_PX)
                painter.drawPolygon(QPolygonF([QPointF(*c) for c in corners]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def subject_lane(shown: ShownPoses | None, item: VideoItem) -> SubjectLane | None:
    """The lane, or None where there is one person and nothing to be said."""
    if shown is None or not (shown.several or item.picks):
        return None
    return SubjectLane.of(shown.subject, [p.frame for p in item.picks])


def _tr(text: str) -> str:
    return QCoreApplication.translate("Timeline", text)
