"""The overlay panel: choose what is drawn over the picture, and its light."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from app.kit.labels import Label
from app.state.session import Session

OVERLAYS = (
    ("skeleton", "Skeleton", "P"),
    ("others", "Other people", "Shift+P"),
    ("heatmap", "Heatmap", "H"),
    ("labels", "Class of the frame", ""),
)
"""Field of `session.Overlays`, text and key, if any, of every overlay."""
FULL = 100
"""Slider steps from no change to the most."""
LARGEST_GAMMA = 4.0


class OverlayButton(QToolButton):
    """The button on the picture that opens the panel; dark in every scheme."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(self.tr("Overlays"))
        self.setToolTip(self.tr("What to draw over the picture"))
        self.setAccessibleName(self.tr("Overlays"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setStyleSheet(
            "QToolButton { background: rgba(0, 0, 0, 170); color: #e4e6e8;"
            " padding: 4px 10px; border: 1px solid transparent; }"
            "QToolButton:hover { background: rgba(0, 0, 0, 220); }"
            "QToolButton:focus { border-color: #ffffff; }"
        )
        self.hide()


class OverlayPanel(QFrame):
    """A popup with a row for every overlay, and the light of the picture."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._session = session
        self.setObjectName("overlays")
        self.setAccessibleName(self.tr("Overlays"))
        self.checks: dict[str, QCheckBox] = {}
        self.keys: dict[str, QLabel] = {}
        self.light, self.value = QSlider(Qt.Orientation.Horizontal), Label()
        self.reset = QPushButton(self.tr("Reset the picture"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 12, 16, 12)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self.setStyleSheet(
            "#overlays { background: palette(window); border: 1px solid palette(mid); }"
        )
        self._fill()
        session.overlays_changed.connect(self._show_state)
        session.light_changed.connect(self._show_state)
        self._show_state()

    def open_at(self, corner: QPoint) -> None:
        """Show the panel with its top right corner there, but within the screen."""
        size, room = self.sizeHint(), self.screen().availableGeometry()
        x = max(room.left(), corner.x() - size.width())
        y = max(room.top(), min(corner.y(), room.bottom() - size.height()))
        self.move(x, y)
        self.show()
        self.checks["skeleton"].setFocus(Qt.FocusReason.PopupFocusReason)

    # -- building -------------------------------------------------------------------

    def _fill(self) -> None:
        session, words = self._session, self.tr("Light")
        for name, text, _ in OVERLAYS:
            check = self.checks[name] = QCheckBox(self.tr(text))
            check.toggled.connect(lambda on, n=name: session.set_overlays(**{n: on}))
            self.keys[name] = Label()
            self._grid.addWidget(check, self._grid.rowCount(), 0, 1, 2)
            self._add_dim(self.keys[name])
        self.show_keys(
            {f"overlay-{name}": key for name, _, key in OVERLAYS}.__getitem__
        )
        line = QFrame()
        line.setFixedHeight(1)
        line.setStyleSheet("background: palette(mid);")
        self._grid.addWidget(line, self._grid.rowCount(), 0, 1, 3)
        self.light.setRange(-FULL, FULL)
        self.light.setPageStep(10)
        self.light.setMinimumWidth(120)
        self.light.setAccessibleName(words)
        self.light.setToolTip(self.tr("Makes dark pictures lighter, for you alone"))
        self.light.valueChanged.connect(
            lambda at: session.set_gamma(round(LARGEST_GAMMA ** (at / FULL), 3))
        )
        self._grid.addWidget(Label(words), self._grid.rowCount(), 0)
        self._grid.addWidget(self.light, self._grid.rowCount() - 1, 1)
        self._add_dim(self.value)
        self._grid.addWidget(self.reset, self._grid.rowCount(), 1, 1, 2)
        self.reset.clicked.connect(lambda: session.set_gamma(1.0))

    def _add_dim(self, label: QLabel) -> None:
        """Put a dim text at the end of the last row."""
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance("Shift+P"))
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._grid.addWidget(label, self._grid.rowCount() - 1, 2)

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of the overlays, which work in the panel as well."""
        for name, label in self.keys.items():
            key_text = keys(f"overlay-{name}")
            label.setText(key_text)
            self.checks[name].setShortcut(QKeySequence(key_text.split(", ")[0]))

    # -- signals ---------------------------------------------------------------------

    def _show_state(self) -> None:
        gamma = self._session.gamma
        for name, check in self.checks.items():
            with QSignalBlocker(check):
                check.setChecked(getattr(self._session.overlays, name))
        with QSignalBlocker(self.light):
            self.light.setValue(round(FULL * math.log(gamma, LARGEST_GAMMA)))
        self.value.setText(f"{gamma:.2f}")
        self.reset.setEnabled(gamma != 1.0)
