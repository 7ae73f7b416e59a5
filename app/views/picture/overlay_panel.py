"""The overlay panel: choose what is drawn over the picture, opacity and exposure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from app.kit.labels import Label
from app.state.session import Exposure, Session

if TYPE_CHECKING:
    from skelseg_core.config import HeatmapKind

OVERLAYS = (
    ("skeleton", "Skeleton", "P"),
    ("others", "Other people", "Shift+P"),
    ("heatmap", "Heatmap", "H"),
    ("box", "What the network sees", ""),
    ("trail", "Trail of the wrists", "T"),
    ("labels", "Class of the frame", ""),
)
"""Field of `session.Overlays`, text and key, if any, of every overlay."""
KINDS: tuple[tuple[HeatmapKind | None, str], ...] = (
    (None, "as the model sees it"),
    ("joint", "joints"),
    ("limb", "limbs"),
    ("combined", "joints and limbs"),
)
LIGHT = (("brightness", "Brightness"), ("contrast", "Contrast"), ("gamma", "Gamma"))
FULL = 100
"""Slider steps from nothing to all."""
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
    """A popup with a row for every overlay, and the exposure of the picture."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._session = session
        self.setObjectName("overlays")
        self.setAccessibleName(self.tr("Overlays"))
        self.checks: dict[str, QCheckBox] = {}
        self.sliders: dict[str, QSlider] = {}
        self.values: dict[str, QLabel] = {}
        self.keys: dict[str, QLabel] = {}
        self.kind, self.reset = QComboBox(), QPushButton(self.tr("Reset the picture"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 12, 16, 12)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self.setStyleSheet(
            "#overlays { background: palette(window); border: 1px solid palette(mid); }"
        )
        self._fill()
        session.overlays_changed.connect(self._show_state)
        session.exposure_changed.connect(self._show_state)
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
        for name, text, _ in OVERLAYS:
            self._add_overlay(name, self.tr(text))
            if name == "heatmap":
                self._add_kind()
        self.show_keys(
            {f"overlay-{name}": key for name, _, key in OVERLAYS}.__getitem__
        )
        line = QFrame()
        line.setFixedHeight(1)
        line.setStyleSheet("background: palette(mid);")
        self._grid.addWidget(line, self._grid.rowCount(), 0, 1, 3)
        for name, text in LIGHT:
            self._add_light(name, self.tr(text))
        self._grid.addWidget(self.reset, self._grid.rowCount(), 1, 1, 2)
        self.reset.clicked.connect(lambda: self._session.set_exposure(Exposure()))

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of the overlays, which work in the panel as well."""
        for name, label in self.keys.items():
            key_text = keys(f"overlay-{name}")
            label.setText(key_text)
            self.checks[name].setShortcut(QKeySequence(key_text.split(", ")[0]))

    def _add_overlay(self, name: str, text: str) -> None:
        check, session = QCheckBox(text), self._session
        check.toggled.connect(lambda on: session.set_overlays(**{name: on}))
        slider = self._slider(self.tr("Opacity of {}").format(text.lower()), 5, FULL)
        slider.valueChanged.connect(
            lambda value: session.set_overlays(**{f"{name}_opacity": value / FULL})
        )
        self.checks[name], self.sliders[name] = check, slider
        self.keys[name] = Label()
        self._add_row(check, slider, self.keys[name])

    def _add_kind(self) -> None:
        for kind, text in KINDS:
            self.kind.addItem(self.tr(text), kind)
        self.kind.setAccessibleName(self.tr("What the heatmap shows"))
        self.kind.setToolTip(self.tr("What the heatmap shows"))
        self.kind.activated.connect(
            lambda: self._session.set_overlays(heatmap_kind=self.kind.currentData())
        )
        self._grid.addWidget(self.kind, self._grid.rowCount(), 1, 1, 2)

    def _add_light(self, name: str, text: str) -> None:
        slider, value = self._slider(text, -FULL, FULL), Label()
        slider.valueChanged.connect(lambda at: self._set_light(name, at / FULL))
        self.sliders[name], self.values[name] = slider, value
        self._add_row(Label(text), slider, value)

    def _set_light(self, name: str, share: float) -> None:
        value = LARGEST_GAMMA**share if name == "gamma" else share
        old = self._session.exposure
        self._session.set_exposure(replace(old, **{name: round(value, 3)}))

    def _slider(self, name: str, low: int, high: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setPageStep(10)
        slider.setMinimumWidth(120)
        slider.setAccessibleName(name)
        slider.setToolTip(name)
        return slider

    def _add_row(self, *widgets: QWidget) -> None:
        row = self._grid.rowCount()
        for column, widget in enumerate(widgets):
            self._grid.addWidget(widget, row, column)
        last = widgets[-1]
        last.setMinimumWidth(last.fontMetrics().horizontalAdvance("Shift+P"))
        last.setForegroundRole(QPalette.ColorRole.PlaceholderText)

    # -- signals ---------------------------------------------------------------------

    def _show_state(self) -> None:
        wanted, light = self._session.overlays, self._session.exposure
        for name, check in self.checks.items():
            on = bool(getattr(wanted, name))
            with QSignalBlocker(check):
                check.setChecked(on)
            self._set(name, getattr(wanted, f"{name}_opacity"))
            self.sliders[name].setEnabled(on)
        self.kind.setEnabled(wanted.heatmap)
        self.kind.setCurrentIndex(self.kind.findData(wanted.heatmap_kind))
        self._set("brightness", light.brightness)
        self._set("contrast", light.contrast)
        self._set("gamma", math.log(light.gamma, LARGEST_GAMMA))
        self.values["brightness"].setText(f"{100 * light.brightness:+.0f} %")
        self.values["contrast"].setText(f"{100 * light.contrast:+.0f} %")
        self.values["gamma"].setText(f"{light.gamma:.2f}")
        self.reset.setEnabled(light != Exposure())

    def _set(self, name: str, share: float) -> None:
        slider = self.sliders[name]
        with QSignalBlocker(slider):
            slider.setValue(round(share * FULL))
