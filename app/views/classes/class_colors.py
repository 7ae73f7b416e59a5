"""Choose a colour for a class from a palette of distinct colours."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QColorDialog,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.kit.labels import Label, plain_tip
from app.kit.painting import painting
from skelseg_core.labels.classes import PALETTE

_COLUMNS = 10
_SIZE_PX = 28


class _Swatch(QAbstractButton):
    """A button for one colour; a dot marks a colour that another class has."""

    def __init__(self, color: str, owner: str) -> None:
        super().__init__()
        self.color, self._taken = color, bool(owner)
        self.setToolTip(plain_tip(f"{color}  {owner}".strip()))
        self.setAccessibleName(self.toolTip())
        self.setFixedSize(_SIZE_PX, _SIZE_PX)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(_SIZE_PX, _SIZE_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            role = QPalette.ColorRole
            if self.hasFocus() or self.underMouse():
                painter.setPen(QPen(self.palette().color(role.Highlight), 2))
                painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 5, 5)
            painter.setPen(self.palette().color(role.Mid))
            painter.setBrush(QColor(self.color))
            painter.drawRoundedRect(self.rect().adjusted(4, 4, -4, -4), 3, 3)
            if self._taken:
                dot = QRect(0, 0, 6, 6)
                dot.moveCenter(self.rect().center())
                painter.setPen(QPen(QColor("#ffffff"), 1.5))
                painter.setBrush(QColor("#000000"))
                painter.drawEllipse(dot)


class ClassColorDialog(QDialog):
    """Choose a class colour from the palette; ``color`` is the result.

    Parameters
    ----------
    parent : QWidget
    title : str
    now : str
        The present colour ``#rrggbb``.
    owners : Mapping of str to str
        Names of the classes by the colours they have.
    """

    def __init__(
        self, parent: QWidget, title: str, now: str, owners: Mapping[str, str]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.color = now
        legend = Label(self.tr("Colours with a dot are in use."))
        grid = QGridLayout()
        grid.setSpacing(0)
        self.swatches: dict[str, _Swatch] = {}
        for n, color in enumerate(PALETTE):
            swatch = _Swatch(color, owners.get(color, ""))
            swatch.clicked.connect(lambda _=False, c=color: self._choose(c))
            grid.addWidget(swatch, n // _COLUMNS, n % _COLUMNS)
            self.swatches[color] = swatch
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        other = QPushButton(self.tr("Other colour…"))
        other.setToolTip(self.tr("Mix a colour or pick one from the screen"))
        other.setAutoDefault(False)
        buttons.addButton(other, QDialogButtonBox.ButtonRole.ActionRole)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setAutoDefault(False)
        other.clicked.connect(self._mix)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(legend)
        layout.addLayout(grid)
        layout.addWidget(buttons)
        free = next((c for c in PALETTE if c not in owners), PALETTE[0])
        self.swatches[free].setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, color: str) -> None:
        self.color = color
        self.accept()

    def _mix(self) -> None:
        chosen = QColorDialog.getColor(
            QColor(self.color),
            self,
            self.windowTitle(),
            options=QColorDialog.ColorDialogOption.DontUseNativeDialog,
        )
        if chosen.isValid():
            self._choose(chosen.name())
