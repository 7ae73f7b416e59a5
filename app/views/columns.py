"""Three columns that fill a page: what to choose, what it is, what to do with it."""

from __future__ import annotations

from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from app.kit.labels import Label
from app.views.fields import ScrolledDown

SIDE_EM, NARROW_EM = 25, 66
"""Width of a side column, and of a page that has room for two, in heights of a line."""
GAP_PX = 20


class Columns(QWidget):
    """Lay out three widgets side by side; in a narrow page the third below the second.

    ``feet`` stand below the scrolled part of the first and the third, always in sight;
    one that expands shares the height with it.
    """

    def __init__(
        self,
        left: QWidget,
        middle: QWidget,
        right: QWidget,
        feet: tuple[QWidget, QWidget],
    ) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._left = _column(ScrolledDown(left), feet[0])
        self._middle, self._right = middle, _column(ScrolledDown(right), feet[1])
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 8, 12, 8)
        self._grid.setSpacing(GAP_PX)
        self._is_narrow: bool | None = None
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        em = self.fontMetrics().height()
        side = min(SIDE_EM * em, self.width() * 2 // 5)
        for column in (self._left, self._right):
            column.setMinimumWidth(0)
        narrow = self.width() < NARROW_EM * em
        self._left.setFixedWidth(side)
        if narrow:
            self._right.setMaximumWidth(16777215)
        else:
            self._right.setFixedWidth(side)
        if narrow == self._is_narrow:
            return
        self._is_narrow = narrow
        for widget in (self._left, self._middle, self._right):
            self._grid.removeWidget(widget)
        self._grid.addWidget(self._left, 0, 0, 2, 1)
        self._grid.addWidget(self._middle, 0, 1, 1 if narrow else 2, 1)
        self._grid.addWidget(self._right, *((1, 1) if narrow else (0, 2, 2, 1)))
        self._grid.setColumnStretch(1, 1)


def _column(area: QWidget, foot: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    layout.addWidget(area, 1)
    expands = foot.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Expanding
    layout.addWidget(foot, int(expands))
    return column


def heading(text: str) -> Label:
    """Make the heading of a part of a page."""
    made = Label(text)
    font = made.font()
    font.setWeight(QFont.Weight.DemiBold)
    made.setFont(font)
    return made
