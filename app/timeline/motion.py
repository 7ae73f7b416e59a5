"""Show in a moment how the lanes came to what they show: they move, or fade."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEasingCurve, QVariantAnimation
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QWidget

from app.timeline.geometry import TimeWindow

DURATION_MS = 120


class Motion:
    """Move a widget's lanes from one part of the video to another, or fade an edit.

    Nothing moves where the style of the system says that nothing is to be animated.
    """

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._left: TimeWindow | None = None
        self._before: QPixmap | None = None
        self._clock = QVariantAnimation(widget)
        self._clock.setStartValue(0.0)
        self._clock.setEndValue(1.0)
        self._clock.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._clock.valueChanged.connect(lambda _: widget.update())
        self._clock.finished.connect(self.stop)

    def move(self, left: TimeWindow) -> None:
        """Begin to move from what was shown."""
        if self._begin():
            self._left = left

    def fade(self, before: QPixmap) -> None:
        """Begin to fade out the lanes as they were before an edit."""
        if self._begin():
            self._before = before

    def stop(self) -> None:
        """Show what there is now."""
        self._clock.stop()
        self._left = self._before = None
        self._widget.update()

    def _begin(self) -> bool:
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration
        longest = self._widget.style().styleHint(hint, None, self._widget)
        duration = min(DURATION_MS, longest)
        if not self._widget.isVisible() or duration <= 0:
            return False
        self.stop()
        self._clock.setDuration(duration)
        self._clock.start()
        return True

    def view(self, view: TimeWindow) -> TimeWindow:
        """Return the part of the video to paint on the way to ``view``."""
        left = self._left
        if left is None or left.n_frames != view.n_frames:
            return view
        share = float(self._clock.currentValue())
        first = left.first + share * (view.first - left.first)
        last = left.last + share * (view.last - left.last)
        return replace(view, first=first, frames_per_px=(last - first) / view.width)

    def paint(self, painter: QPainter, lanes: QPixmap) -> None:
        """Paint what fades over the lanes."""
        if self._before is not None and self._before.size() == lanes.size():
            painter.setOpacity(1 - float(self._clock.currentValue()))
            painter.drawPixmap(0, 0, self._before)
            painter.setOpacity(1)
