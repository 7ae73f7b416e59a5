"""The page for training: the models, what each is worth, and the next one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QPainter,
    QPalette,
    QResizeEvent,
    QShowEvent,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.keyboard import give_keyboard
from app.kit.labels import Label
from app.kit.language import in_language, tr
from app.kit.plural import plural
from app.kit.threads import begin
from app.services.models.model_library import ModelLibrary
from app.services.models.model_service import ModelService
from app.services.review.next_video import NextVideo
from app.views.columns import Columns, heading
from app.views.fields import ScrolledDown
from app.views.jobs.label_next import LabelNext
from app.views.jobs.model_list import ModelList
from app.views.jobs.share_list import Row, ShareList
from app.views.jobs.torch_needed import TorchNeeded
from skelseg_core.labels.classes import PALETTE
from skelseg_core.learning.model_info import Confusion
from skelseg_core.learning.recipes import PROPOSED, Recipe, measuring_s
from skelseg_core.progress import Progress

_Index = QModelIndex | QPersistentModelIndex


MEASURE, REVIEW = "measure", "review"


class ModelView(QWidget):
    """Choose a model, see what it is worth, and train the next one.

    Signals ``left`` where it led to a place in the film.
    """

    left = Signal()

    def __init__(
        self,
        library: ModelLibrary,
        next_video: NextVideo,
        choose_folder: Callable[[Path], Path | None],
    ) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Train"))
        # While the first model is trained, nothing else can have the keyboard.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        modelling = library.model_service
        self.model_service = modelling
        self._session = modelling.session
        self._confused: Sequence[Confusion] = ()
        self._gone_to: dict[int, int] = {}
        self.models = ModelList(library, choose_folder)
        self.title, self.figures = heading(""), Label()
        theme.set_tone(self.figures, "dim")
        self.hint, self.accuracy = _Wrapped(), _Wrapped()
        self.accuracy.setAccessibleName(self.tr("Accuracy of the model"))
        self.accuracy.hide()
        self.accuracy.setTextFormat(Qt.TextFormat.RichText)
        self.accuracy.linkActivated.connect(lambda _: modelling.measure())
        self.by_class = ShareList(self.tr("Frames right, by class"))
        self.confused = ShareList(self.tr("Taken for another class"), leads=True)
        self.confused.went.connect(self._go_to_confused)
        self.by_video = ShareList(self.tr("Frames right, by video"))
        self.next = LabelNext(modelling, next_video)
        self.next.left.connect(self.left)
        self.training = _Training(modelling)
        self.curves = Curves(self)
        # Its plots ask for more room than there is.
        self.curves.setSizePolicy(
            QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored
        )
        self.curves.hide()
        self._lay_out()
        modelling.info_changed.connect(self._refresh_accuracy)
        modelling.jobs.changed.connect(self._refresh_accuracy)
        modelling.models_changed.connect(self._refresh)
        modelling.training_started.connect(self._on_training_started)
        modelling.torch_needed.connect(lambda: TorchNeeded(self.window()).open())
        modelling.training_progressed.connect(self.curves.add)
        modelling.training_ended.connect(self._on_training_ended)
        # At every edit: it must not read the folder of models, perhaps on a slow disk.
        modelling.document.changed.connect(lambda _: self._refresh_accuracy())
        modelling.current.changed.connect(lambda _: self._refresh_accuracy())
        self._refresh()
        modelling.read_info()

    def _lay_out(self) -> None:
        left = _stacked(*(self.models, heading(self.tr("New model")), self.training))
        worth = _stacked(
            *(self.title, self.hint, self.accuracy, self.figures),
            *(self.by_class, self.confused, self.by_video),
        )
        self.middle = middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.curves, 1)
        column.addWidget(ScrolledDown(worth), 1)
        columns = Columns(
            left, middle, self.next, (self.training.start, self.next.prelabel)
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(columns)
        QWidget.setTabOrder(self.training.preset, self.training.start)

    def _refresh(self) -> None:
        self.hint.setVisible(not self._session.model)
        self.hint.setText(
            self.tr(
                "No model yet. Label part of a video, then train one; it labels the "
                "rest."
            )
        )
        self._refresh_accuracy()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh_accuracy()

    def _refresh_accuracy(self) -> None:
        """Show the models, and what the chosen one is worth, where that is seen."""
        if not self.isVisible():
            return
        self.models.refresh()
        info, model = self.model_service.info, self._session.model
        found = self.model_service.model_named(model)
        known = info is not None and info.measured
        if info is None:
            text = ""
        elif self.model_service.measuring(model) is not None:
            text = self.tr("Measuring it: its videos are left out in turn.")
        elif known:
            text = escape(in_language(info.worth))
        else:
            why = str(info.held_out.get("why", ""))
            why = why or self.tr("Accuracy not measured.")
            text = f"{escape(why)} {_link(MEASURE, self.tr('Measure it'))}"
        if found is not None:
            text = f"{text}<br>{escape(self.models.about(found))}".removeprefix("<br>")
        self.title.setText(model)
        self.title.setVisible(bool(model))
        if text != self.accuracy.text():
            self.accuracy.setText(text)
            self.accuracy.setVisible(bool(text))
        self._show_figures(info.held_out if info is not None and known else {})

    def _show_figures(self, held: Mapping[str, Any]) -> None:
        """Show the other measures, and what is right of each class and video."""
        names = (("edit", self.tr("Edit")), ("f1@10", "F1@10"), ("f1@25", "F1@25"))
        said = [
            f"{title} {held[n]:.1f}"
            for n, title in (*names, ("f1@50", "F1@50"))
            if n in held
        ]
        self.figures.setText(" · ".join(said))
        self.figures.setVisible(bool(said))
        by_class = sorted(held.get("by_class", {}).items(), key=lambda one: one[1])
        self.by_class.show_rows([_percent(*one) for one in by_class])
        self._confused = held.get("confused", [])
        most = max((c["n_frames"] for c in self._confused), default=1)
        self.confused.show_rows(
            [
                (
                    self.tr("{} → {}").format(c["label"], c["said"]),
                    c["n_frames"] / most,
                    plural("{n} frame(s)", c["n_frames"]),
                )
                for c in self._confused
            ]
        )
        by_video = held.get("by_video", {}).items()
        self.by_video.show_rows([_percent(*one) for one in by_video])

    def _go_to_confused(self, row: int) -> None:
        """Go to a place where a class was taken for another, the longest first."""
        confused = self._confused[row]
        places = confused["places"]
        n = self._gone_to.get(row, -1) + 1
        self._gone_to = {row: n % len(places)}
        self.left.emit()
        self.model_service.go_to_confused(confused, self._gone_to[row])

    def show_training(self) -> None:
        """Fill in the form for the next model, and focus it."""
        self.training.prepare()
        give_keyboard(self.training.name)

    def take_keyboard(self) -> None:
        """Give the keyboard to the list of the models, or to the form."""
        places = (self.models.list, self.training.name)
        give_keyboard(next((w for w in places if w.isVisible()), self))

    def show_models(self) -> None:
        """Fill in the form, and focus the list of the models, where there are any."""
        self.show_training()
        if self.models.isVisible():
            give_keyboard(self.models.list)

    def _on_training_started(self) -> None:
        self.training.start.setEnabled(False)
        # The form waits as well, and leaves its room to the curves.
        self.training.hide()
        self.curves.start()
        self.curves.show()

    def _on_training_ended(self) -> None:
        running = self.model_service.training
        self.training.start.setEnabled(not running)
        self.training.setVisible(not running)
        self.curves.setVisible(running)
        if self.training.name.text() in self.model_service.document.model_names():
            self.training.prepare()


class _Training(QWidget):
    """The form for training: name and recipe of the next model."""

    def __init__(self, modelling: ModelService) -> None:
        super().__init__()
        self.model_service = modelling
        self.name = QLineEdit()
        self.preset, self.about = QComboBox(), _Wrapped()
        self.preset.setItemDelegate(_RecipeDelegate(self.preset))
        self.preset.currentIndexChanged.connect(lambda _: self._describe())
        theme.set_tone(self.about, "dim")
        self.unreviewed = _Wrapped()
        self.unreviewed.setTextFormat(Qt.TextFormat.RichText)
        self._recipes: dict[str, Recipe] = {}
        self._n_frames = self._n_videos = 0
        self.start = QPushButton(self.tr("Start training"))
        self.start.setProperty("primary", True)
        self.start.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.start.clicked.connect(self._on_start)
        self.name.returnPressed.connect(self.start.click)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        form.addRow(self.unreviewed)
        for text, tip, field in (
            (self.tr("Name"), self.tr("Name of the new model"), self.name),
            (self.tr("Recipe"), self.tr("How it is trained"), self.preset),
        ):
            form.addRow(text, field)
            field.setAccessibleName(text)
            field.setToolTip(tip)
        form.addRow(self.about)

    def prepare(self) -> None:
        """Fill in a free name, and list the recipes."""
        taken, n = set(self.model_service.document.model_names()), 1
        while f"model-{n}" in taken:
            n += 1
        self._offer(self.model_service.recipes())
        n_frames = self.model_service.unreviewed_frames
        text = plural(
            "{n} frame(s) copied from a pre-label and reviewed by nobody. A model "
            "learns from those around what you changed.",
            n_frames,
        )
        link = _link(REVIEW, self.tr("Review them"))
        self.unreviewed.setText(f"{escape(text)} {link}")
        self.unreviewed.setVisible(n_frames > 0)
        self.name.setText(f"model-{n}")
        self.name.selectAll()

    def _offer(self, recipes: Sequence[Recipe]) -> None:
        """List the recipes under the headings of their groups; keep the choice."""
        chosen = self.preset.currentText()
        self._n_frames, self._n_videos, n_all = self.model_service.labelled()
        self._recipes = {r.name: r for r in recipes}
        self.preset.clear()
        group = ""
        for recipe in recipes:
            if recipe.group != group:
                group = recipe.group
                self._add_heading(self.tr(group))
            seconds = recipe.seconds(self._n_frames, self._n_videos, n_all)
            texts = (self._cost(recipe.sees, seconds), self.tr(recipe.better))
            self.preset.addItem(recipe.name, texts)
            place, role = self.preset.count() - 1, Qt.ItemDataRole.AccessibleTextRole
            self.preset.setItemData(place, ": ".join((recipe.name, *texts)), role)
        if chosen not in self._recipes:
            chosen = PROPOSED
        self.preset.setCurrentIndex(self.preset.findText(chosen))
        self.preset.view().setMinimumWidth(_RecipeDelegate.WIDTH)
        self._describe()

    def _add_heading(self, text: str) -> None:
        """Add a line that keys and the mouse pass over."""
        self.preset.addItem(text)
        model = self.preset.model()
        assert isinstance(model, QStandardItemModel)
        model.item(model.rowCount() - 1).setFlags(Qt.ItemFlag.NoItemFlags)

    def _cost(self, sees: str, seconds: float) -> str:
        return self.tr("{}, {}").format(self.tr(sees), self._about(seconds))

    def _about(self, seconds: float) -> str:
        if seconds < 45:
            return self.tr("under a minute")
        if seconds < 5400:
            return self.tr("about {} min").format(f"{max(1, round(seconds / 60)):,}")
        return self.tr("about {} h").format(f"{seconds / 3600:,.0f}")

    def _describe(self) -> None:
        """Describe the chosen recipe: its inputs, its duration, its advantage."""
        recipe = self._recipes.get(self.preset.currentText())
        if recipe is None:
            return
        sees, better = self.preset.currentData()
        self.about.setText(f"{_sentence(sees)} {_sentence(better)}")
        train_s = recipe.training_s(self._n_frames, self._n_videos)
        measured = self._about(measuring_s(train_s, self._n_videos))
        self.about.setToolTip(
            self.tr(
                "You can use it once it is trained. Measuring takes {} more."
            ).format(measured)
        )

    def _on_start(self) -> None:
        self.model_service.train(self.name.text().strip(), self.preset.currentText())


class _Wrapped(Label):
    """A wrapping label that always has the height of its text."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        # Qt never says less than the minimum, which may be that of a narrower dock.
        self.setMinimumHeight(0)
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))


class _RecipeDelegate(QStyledItemDelegate):
    """Paint the list of recipes: headings, names, and below them a description."""

    WIDTH, LINE = 500, 18

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        n_lines = 3 if index.data(Qt.ItemDataRole.UserRole) else 1
        return QSize(self.WIDTH, n_lines * self.LINE + 12)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        rect: QRect = option.rect
        palette: QPalette = option.palette
        colours = theme.current()
        painter.save()
        chosen = option.state & QStyle.StateFlag.State_Selected
        if chosen:
            painter.fillRect(rect, palette.color(QPalette.ColorRole.Highlight))
        about = index.data(Qt.ItemDataRole.UserRole)
        lines = (str(index.data()), *(about or ()))
        bold = QFont(painter.font())
        bold.setWeight(QFont.Weight.DemiBold)
        for n, line in enumerate(lines):
            place = rect.adjusted(26 if about else 10, 6 + n * self.LINE, -10, 0)
            place.setHeight(self.LINE)
            painter.setFont(option.font if n else bold)
            plain = colours.dim if n or not about else colours.text
            painter.setPen(QColor(colours.on_accent if chosen else plain))
            text = painter.fontMetrics().elidedText(
                _sentence(line) if n else line,
                Qt.TextElideMode.ElideRight,
                place.width(),
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class Curves(QWidget):
    """Plot the loss of the running training, a line per step."""

    _imported = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Training loss"))
        self._empty = Label(self.tr("The loss appears here during training."))
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_tone(self._empty, "dim")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 4, 12, 8)
        outer.addWidget(self._empty, 1)
        self._layout = QVBoxLayout()
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        outer.addLayout(self._layout)
        self.plots: dict[str, Any] = {}
        self.lines: dict[tuple[str, str], Any] = {}
        self.points: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        self._last: dict[str, float] = {}
        self._library: Any = None
        self._imported.connect(self._draw)

    def start(self) -> None:
        """Clear the plots; import their library in a thread."""
        while self._layout.count():
            item = self._layout.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        self.plots, self.lines, self.points, self._last = {}, {}, {}, {}
        self._empty.show()
        if self._library is None:
            begin(self._fetch, "curves")

    def _fetch(self) -> None:
        import pyqtgraph

        self._library = pyqtgraph
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._imported.emit()

    def add(self, progress: Progress) -> None:
        """Add the values of one progress report."""
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
            line = self.lines.get(key) or self._line(*key)
            line.setData(xs, ys)

    def _line(self, name: str, step: str) -> Any:
        plot = self.plots.get(name) or self._plot(name)
        n = sum(1 for key in self.lines if key[0] == name)
        pen = self._library.mkPen(PALETTE[n % len(PALETTE)], width=2)
        label = in_language(step).removeprefix("training ")
        self.lines[name, step] = plot.plot(pen=pen, name=label)
        return self.lines[name, step]

    def _plot(self, name: str) -> Any:
        plot = self._library.PlotWidget()
        plot.setMinimumHeight(72)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(False, False)
        plot.hideButtons()
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if not self.plots:
            plot.addLegend(offset=(-4, 4)).setLabelTextSize("8pt")
        plot.getAxis("left").setWidth(34)
        self.plots[name] = plot
        _colour(plot, name)
        self._empty.hide()
        self._layout.addWidget(plot)
        return plot

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for name, plot in self.plots.items():
                _colour(plot, name)


def _colour(plot: Any, name: str) -> None:
    """Set the colours of a plot; pyqtgraph does not follow a change of scheme."""
    colours = theme.current()
    titles = {"loss": tr("Loss")}
    plot.setBackground(colours.panel)
    plot.setTitle(titles.get(name, name), color=colours.dim, size="9pt")
    if plot.plotItem.legend is not None:
        plot.plotItem.legend.setLabelTextColor(colours.dim)
    for axis in ("left", "bottom"):
        plot.getAxis(axis).setPen(colours.edge)
        plot.getAxis(axis).setTextPen(colours.dim)


def _percent(name: str, percent: float) -> Row:
    return name, percent / 100, tr("{} %").format(f"{percent:.0f}")


def _stacked(*widgets: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return page


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _link(name: str, text: str) -> str:
    return f'<a href="{name}" style="text-decoration: none">{escape(text)}</a>'
