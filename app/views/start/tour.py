"""The guided tour: a card of steps, each of which waits for what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.key_policy import declare_keys, plain
from app.kit.labels import Label
from app.kit.painting import painting

WIDTH_PX = 340
GAP_PX = 12
RING_ALPHA = 150
_KEYS = (
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Escape,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
)
_RESTING = (QEvent.Type.Resize, QEvent.Type.LayoutRequest)


@dataclass(frozen=True)
class TourStep:
    """Title, text and target of a step.

    ``prepare`` shows an example first, and returns what tells that the act is done.
    """

    title: str
    text: str
    target: QWidget
    prepare: Callable[[], Callable[[], bool]]


class _Ring(QWidget):
    """A line around the part that a step explains."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = QColor(theme.current().accent)
            line.setAlpha(RING_ALPHA)
            painter.setPen(QPen(line, 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)


class TourView(QFrame):
    """Show the present step; the next one comes when its act is done, or by Return.

    Escape ends it; signals ``ended``. The card and its buttons stay in one place,
    below the pixel that ``top`` returns.
    """

    ended = Signal()

    def __init__(
        self, window: QMainWindow, steps: Sequence[TourStep], top: Callable[[], int]
    ) -> None:
        super().__init__(window)
        self._window, self._steps, self._top = window, tuple(steps), top
        self.step = 0
        self._is_done: Callable[[], bool] = lambda: False
        self._ring = _Ring(window)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(WIDTH_PX)
        self.count, self.title, self.text = Label(), Label(), Label()
        theme.set_tone(self.count, "dim")
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        bold.setPointSizeF(bold.pointSizeF() * 1.15)
        self.title.setFont(bold)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.MarkdownText)
        self.skip = QPushButton(self.tr("Skip"))
        self.back = QPushButton(self.tr("Back"))
        self.next = QPushButton()
        self.next.setProperty("primary", True)
        self.skip.setToolTip(
            self.tr("End the tour (Escape). Help > Guided tour starts it")
        )
        self.back.setToolTip(self.tr("Previous step"))
        self.next.setToolTip(self.tr("Skip this step (Return)"))
        self.skip.clicked.connect(self.end)
        self.back.clicked.connect(lambda: self.go_to(self.step - 1))
        self.next.clicked.connect(lambda: self.go_to(self.step + 1))
        declare_keys(self, lambda e: plain(e, *_KEYS))
        self._lay_out()
        self.hide()
        window.installEventFilter(self)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.skip)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        for label in (self.count, self.title, self.text):
            layout.addWidget(label)
        layout.addStretch()
        layout.addLayout(foot)

    def start(self) -> None:
        """Begin with the first step; if the tour runs already, take the focus."""
        if not self.isVisible():
            self.step = 0
            self.ensurePolished()
        self._fit()
        self.go_to(self.step)

    def go_to(self, step: int) -> None:
        """Show a step; after the last one, end the tour."""
        if step >= len(self._steps):
            self.end()
            return
        self.step = max(0, step)
        shown = self._steps[self.step]
        self._is_done = lambda: False  # an example that is shown is no act
        self._is_done = shown.prepare()
        self.count.setText(
            self.tr("Step {} of {}").format(self.step + 1, len(self._steps))
        )
        self.title.setText(shown.title)
        self.text.setText(shown.text)
        last = self.step == len(self._steps) - 1
        self.next.setText(self.tr("Done") if last else self.tr("Next"))
        self.back.setEnabled(self.step > 0)
        self.setAccessibleName(f"{self.count.text()}: {shown.title}")
        self.setAccessibleDescription(shown.text)
        self.show()
        self._place()
        self.setFocus()

    def look(self, *_: object) -> None:
        """Go on if the act of this step is done; call when something happened."""
        if self.isVisible() and self._is_done():
            self.go_to(self.step + 1)

    def set_steps(self, steps: Sequence[TourStep]) -> None:
        """Replace the texts of the steps; call when keys changed."""
        self._steps = tuple(steps)
        if self.isVisible():
            self._fit()
            self.title.setText(self._steps[self.step].title)
            self.text.setText(self._steps[self.step].text)

    def end(self) -> None:
        """End the tour."""
        if self.isVisible():
            self.hide()
            self._ring.hide()
            self.ended.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if plain(event, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self._window.focusWidget()
            if focused in (self.skip, self.back):
                focused.click()
            else:
                self.go_to(self.step + 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.end()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _RESTING and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        """Put the card on the side where it lies over least of what steps speak of."""
        target = self._steps[self.step].target
        self._ring.setVisible(target.isVisible())
        if target.isVisible():
            around = QRect(target.mapTo(self._window, QPoint()), target.size())
            self._ring.setGeometry(around)
            self._ring.raise_()
        top = self._top() + GAP_PX
        right = self._window.width() - self.width() - GAP_PX
        places = [QRect(QPoint(x, top), self.size()) for x in (GAP_PX, right)]
        self.move(min(places, key=self._covered).topLeft())
        self.raise_()

    def _covered(self, card: QRect) -> float:
        """Return the largest share of a part that a card would lie over."""
        shares = [0.0]
        for step in self._steps[:-1]:
            if step.target.isVisible():
                part = step.target.rect()
                part.moveTopLeft(step.target.mapTo(self._window, QPoint()))
                shares.append(_area(part.intersected(card)) / max(1, _area(part)))
        return max(shares)

    def _fit(self) -> None:
        """Make the card as high as the step with the longest text needs it."""
        layout, heights = self.layout(), []
        assert layout is not None
        for step in self._steps:
            self.title.setText(step.title)
            self.text.setText(step.text)
            layout.invalidate()
            heights.append(layout.heightForWidth(WIDTH_PX))
        self.setFixedHeight(max(heights))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            colours = theme.current()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colours.accent), colours.stroke_px))
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)


def _area(rect: QRect) -> int:
    return rect.width() * rect.height()
