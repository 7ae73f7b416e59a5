"""The list of the models: what each is worth, which one is used, and its files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.kit.labels import plain_tip
from app.kit.painting import left_to_right
from app.kit.plural import plural
from app.services.models.background_training import spared
from app.services.models.model_library import ModelLibrary
from app.views.columns import heading
from skelseg_core.tasks.model_folders import ListedModel

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ModelList(QWidget):
    """List the models, the newest first; the selected one pre-labels.

    It is renamed, exported and deleted by the buttons below.
    """

    def __init__(
        self, library: ModelLibrary, choose_folder: Callable[[Path], Path | None]
    ) -> None:
        super().__init__()
        self._library, self._models = library, library.model_service
        self._choose_folder = choose_folder
        self.list = QTreeWidget()
        left_to_right(self.list)
        self.list.setAccessibleName(self.tr("Models"))
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        # Names that begin alike differ at their ends.
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.currentItemChanged.connect(self._on_chosen)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.rename = self._button(buttons, self.tr("Rename…"), self._on_rename)
        self.export = self._button(buttons, self.tr("Export…"), self._on_export)
        self.delete = self._button(buttons, self.tr("Delete…"), self._on_delete)
        self._items: list[QTreeWidgetItem] = []
        self.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(heading(self.tr("Models")))
        column.addWidget(self.list)
        column.addLayout(buttons)

    def _button(
        self, row: QHBoxLayout, text: str, run: Callable[[], None]
    ) -> QPushButton:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: run())
        row.addWidget(button)
        return button

    def refresh(self) -> None:
        """Show the models as they are known now."""
        models, chosen = self._models.models, self._models.session.model
        with QSignalBlocker(self.list):
            if [item.text(0) for item in self._items] != [m.name for m in models]:
                self.list.clear()
                self._items = [QTreeWidgetItem(self.list, [m.name]) for m in models]
            for item, model in zip(self._items, models, strict=True):
                item.setText(1, self._right(model))
                item.setTextAlignment(1, _RIGHT)
                for column in range(2):
                    tip = f"{model.name}\n{self.about(model)}"
                    item.setToolTip(column, plain_tip(tip))
                if model.name == chosen:
                    self.list.setCurrentItem(item)
            if not chosen:
                self.list.setCurrentIndex(QModelIndex())
        self.setVisible(bool(models))
        row, frame = self.list.sizeHintForRow(0), 2 * self.list.frameWidth()
        # What is around it scrolls.
        self.list.setFixedHeight(row * len(models) + frame)
        found = self._models.model_named(chosen)
        free = found is not None and self._models.measuring(chosen) is None
        self.rename.setEnabled(free and self._models.info is not None)
        self.export.setEnabled(found is not None)
        self.delete.setEnabled(free)

    def _right(self, model: ListedModel) -> str:
        job = self._models.measuring(model.name)
        if model.info is None:
            return self.tr("cannot be read")
        if job is not None:
            share = int(100 * (job.progress.share or 0))
            return self.tr("{} % measured").format(share)
        if model.info.measured:
            return f"{model.info.held_out['accuracy']:.1f} %"
        return self.tr("not measured")

    def about(self, model: ListedModel) -> str:
        """Say when a model was trained, on what, and what it spares."""
        info = model.info
        if info is None:
            return model.problem
        n = info.n_videos
        text = plural("Trained {when} on {n} video(s)", n, when=_local(info.created))
        if info.unlabelled:
            more = self.tr("{}, {} more unlabelled")
            text = more.format(text, f"{len(info.unlabelled):,}")
        unreviewed = info.metrics.get("unreviewed_frames")
        if unreviewed:
            more = plural("{n} frame(s) of them unreviewed", int(unreviewed))
            text = f"{text}, {more}"
        tiers = self._models.document.project.tiers
        if len(tiers) > 1:
            of = self._models.tiers_of(model)
            names = ", ".join(t.name for t in tiers if t.id in of)
            text = f"{names}. {text}"
        return f"{text}. {spared(info.held_out.get('against'))}".strip()

    # -- what is done to the selected model -------------------------------------------

    def _on_chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self._models.session.set_model(item.text(0))

    def _on_rename(self) -> None:
        name = self._models.session.model
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
        place = self._choose_folder(self._models.document.folder.root)
        if place is not None:
            self._library.export(self._models.session.model, place)

    def _on_delete(self) -> None:
        name = self._models.session.model
        box = QMessageBox(self)
        box.setWindowTitle("skelseg")
        text = self.tr("Delete {} for good? This cannot be undone.").format(name)
        n = self._models.current.found.count(name)
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
