"""Lanes of differences: of two lanes of the project, or of the annotation and before.

The kind of a difference is a shape: two classes stand one over the other, what is
missing is hollow, what is extra is solid, and a boundary that moved is an arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.kit.commands import Command
from app.kit.label_style import with_alpha
from app.kit.language import tr
from app.kit.plural import frames_named, plural
from app.timeline.differences import Compared, DifferenceReader, Sides, sides_of
from app.timeline.lane import MEASURES, Lane, TipPoint
from app.timeline.lane_place import LanePlace
from skelseg_core.labels.comparison import Difference
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.videos_and_tracks import prediction_lane

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData

BETWEEN = "|"
"""Divides the names of the two lanes in the name of a lane of differences."""
LEAST_PX = 4.0
"""Least width in pixels of what marks a difference."""
_SIGN_PX = 10.0
"""Pixels from which a mark holds a plus or a minus."""


class DifferenceLane(Lane):
    """Differences of the second lane from the first; ``name`` names both."""

    kind = "difference"
    usual_px, least_px = 28, 24
    menu_part = MEASURES
    shown_at_first = False
    minor = True
    reader = DifferenceReader
    commands = (Command("lane-difference", "Differences of lanes", args=(kind,)),)

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        item = video.item
        known = [lane for lane in item.lanes if lane not in item.missing]
        known.sort(key=lambda lane: lane != ANNOTATION)
        known += map(prediction_lane, video.read_models)
        return [cls(BETWEEN.join(pair)) for pair in combinations(known, 2)]

    @property
    def pair(self) -> tuple[str, str]:
        """The two lanes of the project that are compared."""
        first, _, second = self.name.partition(BETWEEN)
        return first, second

    @property
    def title(self) -> str:
        first, second = self.pair
        if first == ANNOTATION:
            return f"\u2260 {_short(second)}"
        return f"{_short(first)} \u2260 {_short(second)}"

    @property
    def menu_text(self) -> str:
        return tr("Differences of {} and {}").format(*map(_short, self.pair))

    def sides(self, video: VideoData) -> Sides:
        """Return what is compared."""
        return sides_of(video, *self.pair)

    def compared(self, video: VideoData) -> Compared | None:
        """Return the differences, or None while a thread finds them."""
        return video.reader(DifferenceReader).find(self.key, self.sides(video))

    def subtitle(self, video: VideoData) -> str:
        found = self.compared(video)
        if found is None:
            return tr("comparing\u2026")
        figures = found.figures
        if figures is None:
            return plural("{n} difference(s)", len(found.differences))
        scores = (figures.accuracy, figures.edit, figures.f1_50)
        return " \u00b7 ".join(f"{s:.1f}" for s in scores if s is not None)

    def header_tip(self, video: VideoData) -> tuple[str, ...]:
        found = self.compared(video)
        if found is None:
            return self.menu_text, self.subtitle(video)
        count = plural("{n} difference(s)", len(found.differences))
        return self.menu_text, count, _figures_words(found)

    def paint(self, place: LanePlace, video: VideoData) -> None:
        place.painter.fillRect(place.area, place.style.well)
        found = self.compared(video)
        colours: dict[int | None, QColor] = {
            c.id: QColor(c.color) for c in video.label_map.classes
        }
        if found is not None:
            dim = place.style.dim
            _paint(place, found.differences, lambda i: colours.get(i, dim))

    def tip(self, at: TipPoint, video: VideoData) -> str:
        found = self.compared(video)
        reach = max(1.0, at.reach)
        there = [
            d
            for d in (found.differences if found is not None else ())
            if d.start - reach <= at.frame < d.stop + reach
        ]
        if not there:
            return ""
        nearest = min(there, key=lambda d: _apart(d, at.frame))
        return escape(self.words(nearest, video))

    def names(self, video: VideoData) -> tuple[str, str]:
        """Return the names of what is compared, for texts."""
        del video
        one, other = self.pair
        return _short(one), _short(other)

    def words(self, difference: Difference, video: VideoData) -> str:
        """Return a sentence on a difference: its kind, classes and frames."""
        names = video.label_map.name_of
        one, other = self.names(video)
        first = names(difference.first) or tr("no label")
        second = names(difference.second) or tr("no label")
        frames = frames_named(difference.start, difference.stop)
        if difference.kind == "moved":
            moved = difference.moved
            text = "{what} begins {n} frame(s) later in {other}: {to}, not {frame}"
            if moved < 0:
                text = (
                    "{what} begins {n} frame(s) earlier in {other}: {to}, not {frame}"
                )
            return plural(
                text,
                abs(moved),
                what=first,
                other=other,
                to=f"{difference.frame + moved:,}",
                frame=f"{difference.frame:,}",
            )
        if difference.kind == "missing":
            return tr("{} is missing in {}: {}").format(first, other, frames)
        if difference.kind == "extra":
            return tr("{} is extra in {}: {}").format(second, other, frames)
        text = tr("{} in {}, {} in {}: {}")
        return text.format(first, one, second, other, frames)


def _short(lane: str) -> str:
    """Return the name of a lane of the project for texts."""
    if lane == ANNOTATION:
        return tr("the annotation")
    return lane.partition(":")[2]


def _apart(difference: Difference, frame: int) -> int:
    return max(difference.start - frame, frame - difference.stop + 1, 0)


def _figures_words(found: Compared) -> str:
    """Describe the figures, and on which frames; or say why there are none."""
    figures = found.figures
    if figures is None:
        return tr("No figures: {}").format(found.why_not)
    accuracy = f"{figures.accuracy:.1f}"
    if figures.edit is None or figures.f1_50 is None:
        return plural(
            "Accuracy {accuracy} on {n} frame(s) whose labels the model did not get. "
            "It got the others, so there is no edit score or F1.",
            figures.n_frames,
            accuracy=accuracy,
        )
    return plural(
        "Accuracy {accuracy}, edit score {edit}, F1@50 {f1} on {n} frame(s)",
        figures.n_frames,
        accuracy=accuracy,
        edit=f"{figures.edit:.1f}",
        f1=f"{figures.f1_50:.1f}",
    )


class _Mark(NamedTuple):
    """A difference, where it is painted, and the colours of its two classes."""

    box: QRectF
    difference: Difference
    first: QColor
    second: QColor


def _paint(
    place: LanePlace,
    differences: Sequence[Difference],
    colour: Callable[[int | None], QColor],
) -> None:
    """Paint the visible differences, one mark for those in the same pixel."""
    painter, view = place.painter, place.view
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    last: tuple[str, int] | None = None
    for difference in differences:
        if difference.stop <= view.first or difference.start >= view.last:
            continue
        left = max(view.x_of(difference.start), -50.0)
        right = min(view.x_of(difference.stop), view.width + 50.0)
        here = (difference.kind, round(left))
        if right - left < LEAST_PX and here == last:
            continue
        last = here
        wide = max(right - left - 1, LEAST_PX)
        box = QRectF(left, place.top + 1, wide, place.height - 2)
        first, second = colour(difference.first), colour(difference.second)
        _PAINT[difference.kind](place, _Mark(box, difference, first, second))
    painter.restore()


def _paint_class(place: LanePlace, mark: _Mark) -> None:
    """Paint the first class over the second one."""
    box, half = mark.box, mark.box.height() / 2
    place.painter.fillRect(box.adjusted(0, 0, 0, -half - 0.5), mark.first)
    place.painter.fillRect(box.adjusted(0, half + 0.5, 0, 0), mark.second)


def _paint_missing(place: LanePlace, mark: _Mark) -> None:
    """Paint a hollow box with a minus."""
    painter = place.painter
    painter.setPen(QPen(mark.first, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(mark.box.adjusted(0.8, 0.8, -0.8, -0.8))
    _paint_sign(place, mark.box, place.style.text, False)


def _paint_extra(place: LanePlace, mark: _Mark) -> None:
    """Paint a solid box with a plus."""
    place.painter.fillRect(mark.box, mark.second)
    dark = mark.second.lightness() > 128
    _paint_sign(place, mark.box, QColor("black" if dark else "white"), True)


def _paint_sign(place: LanePlace, box: QRectF, colour: QColor, plus: bool) -> None:
    if box.width() < _SIGN_PX or box.height() < _SIGN_PX:
        return
    left, right = max(box.left(), 0.0), min(box.right(), float(place.view.width))
    x, y, arm = (left + right) / 2, box.center().y(), 3.0
    place.painter.setPen(QPen(colour, 1.6))
    place.painter.drawLine(QLineF(x - arm, y, x + arm, y))
    if plus:
        place.painter.drawLine(QLineF(x, y - arm, x, y + arm))


def _paint_moved(place: LanePlace, mark: _Mark) -> None:
    """Paint an arrow from the boundary in the first to that in the second."""
    painter, view = place.painter, place.view
    box, difference = mark.box, mark.difference
    from_ = view.x_of(difference.frame)
    to = view.x_of(difference.frame + difference.moved)
    y, text = box.center().y(), place.style.text
    painter.fillRect(box, with_alpha(text, 0.14))
    painter.setPen(QPen(text, 1.4))
    painter.drawLine(QLineF(from_, box.top(), from_, box.bottom()))
    painter.drawLine(QLineF(from_, y, to, y))
    head = min(4.0, max(2.0, abs(to - from_)))
    back = to - head if to > from_ else to + head
    painter.setBrush(text)
    painter.setPen(Qt.PenStyle.NoPen)
    tip = [QPointF(to, y), QPointF(back, y - 3.5), QPointF(back, y + 3.5)]
    painter.drawPolygon(QPolygonF(tip))


_PAINT = {
    "class": _paint_class,
    "missing": _paint_missing,
    "extra": _paint_extra,
    "moved": _paint_moved,
}
