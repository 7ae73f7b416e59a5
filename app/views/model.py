"""ModelView: pre-label, accept, train, and the curves while it trains."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.modelling import Modelling
from skelseg_core.progress import Progress
from skelseg_core.segmentation import PALETTE

RECIPES = "fusion: heatmaps and RGB; heatmap or rgb: one of them; tiny: small, quick"
RECIPES_ON_POSES = (
    "Recipes on skeletons; those with RGB need a video of every recording"
)


class ModelView(QWidget):
    """The loop in one dock: choose a model, pre-label, accept; train the next."""

    def __init__(self, modelling: Modelling, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        operations = self._operations = modelling.operations
        self._modelling = modelling
        self.models = QComboBox()
        self.models.setAccessibleName(self.tr("Model"))
        self.models.setToolTip(self.tr("The model that pre-labels"))
        self.models.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.models.activated.connect(
            lambda _: operations.set_model(self.models.currentText())
        )
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.prelabel = self._button(self.tr("Pre-label"), modelling.prelabel)
        self.prelabel.setProperty("primary", True)
        self.accept = self._button(self.tr("Accept"), modelling.accept_all)
        self.train = self._button(self.tr("Train a new model…"), self.show_training)
        self.training = _Training(modelling)
        self.training.hide()
        self.curves = Curves()
        self.curves.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.prelabel, 1)
        row.addWidget(self.accept, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.models)
        layout.addWidget(self.hint)
        layout.addLayout(row)
        layout.addWidget(self.train)
        layout.addWidget(self.training)
        layout.addWidget(self.curves)
        layout.addStretch()
        operations.models_changed.connect(self._refresh)
        modelling.training_started.connect(self._on_training_started)
        modelling.training_progressed.connect(self.curves.add)
        modelling.training_ended.connect(self._on_training_ended)
        operations.document.changed.connect(lambda _: self._enable())
        operations.session.video_changed.connect(lambda _: self._enable())
        self._refresh()

    def _button(self, text: str, run: Any) -> QPushButton:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: run())
        return button

    def _refresh(self) -> None:
        ops = self._operations
        names = list(ops.document.folder.model_names())
        if [self.models.itemText(i) for i in range(self.models.count())] != names:
            self.models.clear()
            self.models.addItems(names)
        self.models.setCurrentText(ops.model)
        self.models.setVisible(bool(names))
        self.hint.setVisible(not names)
        self.hint.setText(
            self.tr(
                "No model yet. Label a part of a video, then train one; it labels the "
                "rest."
            )
        )
        self._enable()

    def _enable(self) -> None:
        # At every edit: that must not look for models on what may be a slow disk.
        ops = self._operations
        self.prelabel.setEnabled(bool(ops.model) and ops.item is not None)
        self.accept.setEnabled(bool(ops.shown_model()))

    def show_training(self) -> None:
        """Show the form, and start with it."""
        self.training.prepare()
        self.training.show()
        self.train.hide()

    def _on_training_started(self) -> None:
        self.training.hide()
        self.train.show()
        self.train.setEnabled(False)
        self.curves.start()
        self.curves.show()

    def _on_training_ended(self) -> None:
        self.train.setEnabled(not self._modelling.training)


class _Training(QWidget):
    """The form: name and recipe of the next model."""

    def __init__(self, modelling: Modelling) -> None:
        super().__init__()
        self._modelling = modelling
        self.name = QLineEdit()
        self.preset = QComboBox()
        start, close = (
            QPushButton(self.tr("Start training")),
            QPushButton(self.tr("Close")),
        )
        start.setProperty("primary", True)
        start.clicked.connect(self._on_start)
        self.name.returnPressed.connect(self._on_start)
        close.clicked.connect(self._on_close)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        for text, tip, field in (
            (self.tr("Name"), self.tr("What the new model is called"), self.name),
            (self.tr("Recipe"), self.tr(RECIPES), self.preset),
        ):
            form.addRow(text, field)
            field.setAccessibleName(text)
            field.setToolTip(tip)
        row = QHBoxLayout()
        row.addWidget(start, 1)
        row.addWidget(close)
        form.addRow(row)

    def prepare(self) -> None:
        """Propose a name that is free."""
        taken, n = set(self._modelling.document.folder.model_names()), 1
        while f"model-{n}" in taken:
            n += 1
        self._offer(self._modelling.presets())
        self.name.setText(f"model-{n}")
        self.name.selectAll()
        self.name.setFocus()

    def _offer(self, names: Sequence[str]) -> None:
        chosen = self.preset.currentText() or "fusion"
        self.preset.clear()
        self.preset.addItems(list(names))
        self.preset.setCurrentText(chosen if chosen in names else "heatmap")
        said = RECIPES if "fusion" in names else RECIPES_ON_POSES
        self.preset.setToolTip(self.tr(said))

    def _on_start(self) -> None:
        self._modelling.train(self.name.text().strip(), self.preset.currentText())

    def _on_close(self) -> None:
        self.hide()
        parent = self.parentWidget()
        if isinstance(parent, ModelView):
            parent.train.show()


class Curves(QWidget):
    """Loss and accuracy of the training that runs, one line per step of it."""

    _imported = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._plots: dict[str, Any] = {}
        self._lines: dict[tuple[str, str], Any] = {}
        self.points: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        self._last: dict[str, float] = {}
        self._library: Any = None
        self._imported.connect(self._draw)

    def start(self) -> None:
        """Begin with empty plots; their library is fetched without a wait."""
        while self._layout.count():
            item = self._layout.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        self._plots, self._lines, self.points, self._last = {}, {}, {}, {}
        if self._library is None:
            threading.Thread(target=self._fetch, name="curves", daemon=True).start()

    def _fetch(self) -> None:
        import pyqtgraph

        self._library = pyqtgraph
        self._imported.emit()

    def add(self, progress: Progress) -> None:
        """Add the figures of one report."""
        values = dict(progress.values)
        if not values or values == self._last:
            return
        self._last = values
        for name, value in values.items():
            key = (name, progress.step)
            xs, ys = self.points.setdefault(key, ([], []))
            xs.append(progress.done)
            ys.append(value)
        self._draw()

    def _draw(self) -> None:
        if self._library is None:
            return
        for key, (xs, ys) in self.points.items():
            line = self._lines.get(key) or self._line(*key)
            line.setData(xs, ys)

    def _line(self, name: str, step: str) -> Any:
        plot = self._plots.get(name) or self._plot(name)
        n = sum(1 for key in self._lines if key[0] == name)
        pen = self._library.mkPen(PALETTE[n % len(PALETTE)], width=2)
        label = step.removeprefix("training ")
        self._lines[name, step] = plot.plot(pen=pen, name=label)
        return self._lines[name, step]

    def _plot(self, name: str) -> Any:
        plot = self._library.PlotWidget()
        plot.setFixedHeight(120)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(False, False)
        plot.hideButtons()
        if not self._plots:
            plot.addLegend(offset=(-4, 4)).setLabelTextSize("8pt")
        plot.getAxis("left").setWidth(34)
        plot.getAxis("bottom").setStyle(showValues=False)
        self._plots[name] = plot
        _colour(plot, name)
        self._layout.addWidget(plot)
        return plot

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for name, plot in self._plots.items():
                _colour(plot, name)


def _colour(plot: Any, name: str) -> None:
    """Give a plot the greys of the scheme; pyqtgraph keeps those it was made with."""
    colours = theme.current()
    plot.setBackground(colours.panel)
    plot.setTitle(name, color=colours.dim, size="9pt")
    if plot.plotItem.legend is not None:
        plot.plotItem.legend.setLabelTextColor(colours.dim)
    for axis in ("left", "bottom"):
        plot.getAxis(axis).setPen(colours.edge)
        plot.getAxis(axis).setTextPen(colours.dim)
