"""The subject lane: who is the subject, and where a person chose that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPolygonF

from app.kit.label_style import blend
from app.kit.language import tr
from app.timeline.geometry import raster, visible
from app.timeline.lane import MEASURES, Lane, TipPoint
from app.timeline.lane_place import LanePlace
from skelseg_core.project.videos_and_tracks import Track

if TYPE_CHECKING:
    from app.state.current_video import ShownPoses
    from app.timeline.video_data import VideoData

_TONES = (0.20, 0.32)
"""Shares of the text's colour in the two greys that runs alternate between."""
_PIN_PX = 4.0
_WORDS_PX = 20.0
"""Width in pixels from which a run shows its number."""


@dataclass(frozen=True, eq=False)
class SubjectRuns:
    """Runs of frames with the same subject, and the frames of a person's choices.

    ``starts`` and ``people`` have shape (R,); people is -1 where no subject is visible.
    """

    n_frames: int
    starts: np.ndarray
    people: np.ndarray
    picks: tuple[int, ...]

    @classmethod
    def of(cls, subject: np.ndarray, picks: Sequence[int]) -> SubjectRuns:
        """Find the runs of a subject (T,)."""
        starts = np.append(0, np.flatnonzero(np.diff(subject)) + 1)
        return cls(len(subject), starts, np.asarray(subject[starts]), tuple(picks))

    def text_at(self, frame: int) -> str:
        """Name the subject in a frame, and say who chose it."""
        run = int(np.searchsorted(self.starts, frame, side="right")) - 1
        person = int(self.people[run])
        if person < 0:
            return tr("The subject is not visible")
        chosen = [p for p in self.picks if p <= frame]
        how = tr("by continuity")
        if chosen:
            how = tr("chosen at frame {}").format(f"{chosen[-1]:,}")
        return tr("Person {}, {}").format(person + 1, how)

    def paint(self, place: LanePlace) -> None:
        """Paint runs in two alternating greys, their numbers, and pins at choices."""
        painter, view, style = place.painter, place.view, place.style
        tones = [blend(style.well, style.text, share).rgb() for share in _TONES]
        low, high = visible(self.starts, view)
        people = self.people[low:high]
        colours = np.where(
            people < 0, style.well.rgb(), np.where(people % 2 == 0, tones[0], tones[1])
        )
        place.draw(raster(self.starts[low:high], colours, place.device))
        ends = np.append(self.starts, self.n_frames)[low : high + 1]
        xs = np.clip((ends - view.first) / view.frames_per_px, 0, view.width)
        metrics = QFontMetricsF(style.small)
        base = place.top + (place.height + metrics.ascent() - metrics.descent()) / 2
        words: dict[int, list[tuple[str, float]]] = {}
        painter.setFont(style.small)
        painter.setPen(style.text)
        seen = (np.diff(xs) >= _WORDS_PX) & (people >= 0)
        for run in np.flatnonzero(seen).tolist():
            person = int(people[run])
            if person not in words:
                texts = [t.format(person + 1) for t in (tr("person {}"), "{}")]
                words[person] = [(t, metrics.horizontalAdvance(t)) for t in texts]
            for text, wide in words[person]:
                if wide + 16 <= xs[run + 1] - xs[run]:
                    painter.drawText(QPointF(xs[run] + 10, base), text)
                    break
        self._paint_pins(place)

    def _paint_pins(self, place: LanePlace) -> None:
        painter, view, style = place.painter, place.view, place.style
        top = place.top
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.accent)
        for frame in self.picks:
            if view.holds(frame):
                x = view.x_of(frame)
                painter.drawRect(QRectF(x, top, 1.5, place.height))
                corners = (x, top), (x + 2 * _PIN_PX, top), (x, top + 2 * _PIN_PX)
                painter.drawPolygon(QPolygonF([QPointF(*c) for c in corners]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def subject_runs(shown: ShownPoses | None, item: Track) -> SubjectRuns | None:
    """Find the runs of the subject; None if there is one person and no choice."""
    if shown is None or not (shown.several or item.picks):
        return None
    return SubjectRuns.of(shown.subject, [p.frame for p in item.picks])


class SubjectLane(Lane):
    """The subject, for videos with several people or a choice."""

    kind = "subject"
    usual_px, least_px = 18, 14
    menu_part = MEASURES
    minor = has_menu = True

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls()] if cls().runs(video) is not None else []

    @property
    def title(self) -> str:
        return tr("Subject")

    def paint(self, place: LanePlace, video: VideoData) -> None:
        runs = self.runs(video)
        if runs is not None:
            runs.paint(place)

    def tip(self, at: TipPoint, video: VideoData) -> str:
        runs = self.runs(video)
        return "" if runs is None else runs.text_at(at.frame)

    def runs(self, video: VideoData) -> SubjectRuns | None:
        """Give the runs of the subject, kept until poses or picks change."""
        poses, item = video.poses, video.item
        return video.derived(
            self.key, (poses, item.picks), lambda: subject_runs(poses, item)
        )
