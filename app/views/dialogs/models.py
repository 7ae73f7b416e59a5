"""The list of the models: what each is worth, which one is used, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QTableWidgetItem,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label, plain_tip
from app.kit.plural import plural
from app.services.models.model_library import ModelLibrary
from app.views.dialogs.ask_paths import ask_folder
from app.views.dialogs.list_parts import (
    Told,
    button_row,
    dialog_column,
    push_button,
    row_table,
)
from skelseg_core.tasks.model_folders import ListedModel

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WIDTHS = (180, 160, 190, 125, 65, 70, 165)
"""Widths of the columns in pixels; the first takes what is left."""
_SOON_MS = 200
"""Milliseconds between two looks at the progress of measurements."""


class ModelsDialog(QDialog):
    """List the models, the newest first; use, measure, rename, export, delete."""

    def __init__(self, library: ModelLibrary, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Models"))
        self._library = library
        self.table = row_table(
            self.tr("Models"),
            (
                self.tr("Model"),
                self.tr("Trained"),
                self.tr("Trained on"),
                self.tr("Right"),
                self.tr("Edit"),
                self.tr("F1@50"),
                self.tr("Corrections avoided"),
            ),
            0,
        )
        self.told = Told()
        self.use = push_button(self.tr("Use"), self._on_use)
        self.measure = push_button(self.tr("Measure"), self._on_measure)
        self.rename = push_button(self.tr("Rename…"), self._on_rename)
        self.export = push_button(self.tr("Export…"), self._on_export)
        self.delete = push_button(self.tr("Delete…"), self._on_delete)
        self._lay_out()
        library.changed.connect(self._refresh)
        library.told.connect(self.told.tell)
        models = library.model_service
        models.models_changed.connect(self._look)
        # Progress comes in bursts.
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._refresh)
        models.jobs.changed.connect(self._refresh_soon)
        models.jobs.failed.connect(self.told.tell_error)
        models.info_changed.connect(self._look)
        self.table.itemSelectionChanged.connect(self._enable)
        self.table.itemActivated.connect(lambda _: self._on_use())
        library.look()
        self._refresh()

    def _lay_out(self) -> None:
        table = self.table
        header = table.horizontalHeader()
        for column, width in enumerate(_WIDTHS):
            if column:
                header.resizeSection(column, width)
            head = table.horizontalHeaderItem(column)
            if column > 2 and head is not None:
                head.setTextAlignment(_RIGHT)
        about = Label(
            self.tr(
                "Models are measured on labels they had not seen. You can use an older "
                "model; pre-labels stay."
            )
        )
        about.setWordWrap(True)
        theme.set_tone(about, "dim")
        self.use.setProperty("primary", True)
        row = button_row(
            self, (self.use, self.measure, self.rename, self.export, self.delete)
        )
        body = dialog_column(self)
        body.addWidget(about)
        body.addWidget(table, 1)
        body.addWidget(self.told)
        body.addLayout(row)
        self.resize(1000, 420)

    def _refresh_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        self._library.look()

    # -- what is shown ----------------------------------------------------------------

    @property
    def selected(self) -> str:
        """Name of the selected model; empty where none is."""
        row = self.table.currentRow()
        models = self._library.models
        return models[row].name if 0 <= row < len(models) else ""

    def _refresh(self) -> None:
        models, before = self._library.models, self.selected or self._library.chosen
        self.table.blockSignals(True)
        self.table.setRowCount(len(models))
        for row, model in enumerate(models):
            self._fill(row, model)
        names = [m.name for m in models]
        if names:
            self.table.selectRow(names.index(before) if before in names else 0)
        self.table.blockSignals(False)
        if self._library.is_read and not models:
            self.told.tell(self.tr("No model yet: Model > Train… makes one."))
        self._enable()

    def _fill(self, row: int, model: ListedModel) -> None:
        chosen = model.name == self._library.chosen
        name = self.tr("{} (in use)").format(model.name) if chosen else model.name
        bold = QFont(self.table.font())
        bold.setWeight(QFont.Weight.DemiBold)
        texts = [name, *self._facts(model)]
        tips = {6: self._about_spared(model), 3: self._about_worth(model)}
        for column, text in enumerate(texts):
            cell = QTableWidgetItem(text)
            tip = tips.get(column, "") or model.problem or text
            cell.setToolTip(plain_tip(tip))
            if column > 2:
                cell.setTextAlignment(_RIGHT)
            if chosen:
                cell.setFont(bold)
            self.table.setItem(row, column, cell)

    def _facts(self, model: ListedModel) -> list[str]:
        info = model.info
        if info is None:
            return [self.tr("cannot be read"), *[""] * 5]
        learnt = plural("{n} video(s)", len(info.videos))
        if info.unlabelled:
            more = self.tr("{}, {} more unlabelled")
            learnt = more.format(learnt, f"{len(info.unlabelled):,}")
        unreviewed = info.metrics.get("unreviewed_frames")
        if unreviewed:
            more = self.tr("{}, {} frames of them reviewed by nobody")
            learnt = more.format(learnt, f"{unreviewed:,.0f}")
        held = info.held_out
        job = self._library.measuring(model.name)
        if job is not None:
            share = int(100 * (job.progress.share or 0))
            right = self.tr("{} % measured").format(share)
        elif info.measured:
            right = f"{held['accuracy']:.1f} %"
        else:
            right = self.tr("not measured")
        scores = [f"{held[n]:.1f}" if n in held else "" for n in ("edit", "f1@50")]
        return [_local(info.created), learnt, right, *scores, self._spared(held)]

    def _spared(self, held: Mapping[str, Any]) -> str:
        against = held.get("against")
        if not against:
            return ""
        counts = (f"{against[n]:,}" for n in ("fixed", "made", "broken"))
        return self.tr("{} of {}, {} new").format(*counts)

    def _about_spared(self, model: ListedModel) -> str:
        against = model.info.held_out.get("against") if model.info else None
        if not against:
            return ""
        return self.tr(
            "Of your corrections to pre-labels of {}: how many it avoids, and how many "
            "errors it adds"
        ).format(against["model"])

    def _about_worth(self, model: ListedModel) -> str:
        info = model.info
        if info is None:
            return ""
        return info.worth if info.held_out else ""

    def _enable(self) -> None:
        name, library = self.selected, self._library
        found = {m.name: m for m in library.models}.get(name)
        usable = found is not None and found.info is not None
        free = library.measuring(name) is None
        self.use.setEnabled(usable and name != library.chosen)
        self.measure.setEnabled(usable and free)
        self.rename.setEnabled(usable and free)
        self.export.setEnabled(found is not None)
        self.delete.setEnabled(found is not None and free)

    # -- what the buttons do ----------------------------------------------------------

    def _on_use(self) -> None:
        if self.use.isEnabled():
            self._library.use(self.selected)

    def _on_measure(self) -> None:
        self._library.model_service.measure(self.selected)

    def _on_rename(self) -> None:
        name = self.selected
        new, ok = QInputDialog.getText(
            self,
            self.tr("Rename {}").format(name),
            self.tr("Name"),
            QLineEdit.EchoMode.Normal,
            name,
        )
        if ok and new.strip() != name:
            self._library.rename(name, new)

    def _on_export(self) -> None:
        name = self.selected
        place = ask_folder(self, self.tr("Export {} to").format(name))
        if place is not None:
            self._library.export(name, place)

    def _on_delete(self) -> None:
        name = self.selected
        box = QMessageBox(self)
        box.setWindowTitle("skelseg")
        text = self.tr("Delete {} for good? This cannot be undone.").format(name)
        n = self._library.carriers(name)
        if n:
            stay = plural("Its pre-labels of {n} video(s) stay.", n)
            text = f"{text} {stay}"
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        yes = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(no)
        box.exec()
        if box.clickedButton() is yes:
            self._library.delete(name)
        box.deleteLater()


def _local(created: str) -> str:
    """Write a time of UTC (ISO 8601) as the clock on the wall shows it."""
    try:
        return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return created


def show_models(parent: QWidget, library: ModelLibrary) -> ModelsDialog:
    """Open the list of the models."""
    dialog = ModelsDialog(library, parent)
    dialog.open()
    dialog.table.setFocus()
    return dialog
