"""Dialog of agreement: how far people agree, and what that means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHeaderView,
    QTableWidgetItem,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label
from app.kit.language import in_language, tr
from app.services.review.agreement import AgreementService
from app.views.dialogs.list_parts import (
    button_row,
    dialog_column,
    push_button,
    row_table,
)
from app.views.fields import ChoiceBox, resize_columns
from skelseg_core.errors import SkelsegError
from skelseg_core.files import atomic_write
from skelseg_core.labels.agreement.bootstrap import FEW_VIDEOS
from skelseg_core.labels.agreement.meanings import INTERVAL, MEANINGS
from skelseg_core.labels.agreement.text_and_tables import as_csv, shown
from skelseg_core.project.project import ANNOTATION
from skelseg_core.tasks.agreement import shown_lane

_WIDTHS = ((0, 190), (1, 70), (2, 130))


class AgreementDialog(QDialog):
    """Show the figures of two lanes, or of all people."""

    def __init__(
        self, service: AgreementService, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Agreement"))
        self._service = service
        self._groups = service.groups()
        self.annotators = ChoiceBox(
            self.tr("People"), [", ".join(map(_named, lanes)) for lanes in self._groups]
        )
        heads = (self.tr("Measure"), self.tr("Value"), self.tr("Interval"))
        self.figures = row_table(
            self.tr("Figures"), (*heads, self.tr("What it means")), 3
        )
        self.figures.setWordWrap(True)
        self.figures.verticalHeader().setSectionResizeMode(
            QHeaderView.ResizeMode.ResizeToContents
        )
        resize_columns(self.figures.horizontalHeader(), _WIDTHS)
        self.summary, self.notes = Label(), Label()
        self.summary.setWordWrap(True)
        self.notes.setWordWrap(True)
        theme.set_tone(self.notes, "dim")
        self.settle = push_button(self.tr("Settle disagreements"), self._on_settle)
        self.settle.setProperty("primary", True)
        self.save = push_button(self.tr("Save…"), self._on_save)
        body = dialog_column(self)
        body.addWidget(self.annotators)
        body.addWidget(self.summary)
        body.addWidget(self.figures, 1)
        body.addWidget(self.notes)
        body.addLayout(button_row(self, (self.settle, self.save)))
        self.resize(820, 640)
        self.annotators.activated.connect(lambda _: self._measure())
        service.changed.connect(self._refresh)
        service.failed.connect(self.summary.setText)
        self._measure()

    @property
    def _lanes(self) -> tuple[str, ...]:
        return self._groups[self.annotators.currentIndex()]

    def _measure(self) -> None:
        self._service.measure(self._lanes)

    def _refresh(self) -> None:
        found = self._service.found
        self.save.setEnabled(found is not None)
        self.settle.setEnabled(found is not None and len(self._lanes) == 2)
        if found is None:
            if self._service.is_measuring:
                self.summary.setText(self.tr("Measuring…"))
            self.figures.setRowCount(0)
            self.notes.clear()
            return
        measured = found.agreement
        self.summary.setText(
            self.tr("Videos: {} of {}; frames labelled by two or more: {}").format(
                f"{measured.n_videos:,}",
                f"{len(self._service.current.document.project.video_ids):,}",
                f"{measured.n_frames:,}",
            )
        )
        interval = tr(INTERVAL).format(FEW_VIDEOS)
        self.notes.setText(" ".join([*map(in_language, found.notes), interval]))
        self.figures.setRowCount(len(measured.figures))
        for row, figure in enumerate(measured.figures):
            meaning = MEANINGS[figure.name]
            cells = (tr(meaning.title), *shown(figure), tr(meaning.sentence))
            for column, text in enumerate(cells):
                self.figures.setItem(row, column, QTableWidgetItem(text))

    def _on_settle(self) -> None:
        self.accept()
        self._service.settle()

    def _on_save(self) -> None:
        found = self._service.found
        kinds = [self.tr("Figures (*.csv)")]
        if len(self._lanes) == 2:
            kinds.append(self.tr("Disagreements and decisions (*.csv)"))
        name, kind = QFileDialog.getSaveFileName(
            self,
            self.tr("Save figures or disagreements"),
            "agreement.csv",
            ";;".join(kinds),
            options=QFileDialog.Option.DontUseNativeDialog,
        )
        if not name or found is None:
            return
        path = Path(name)
        path = path if path.suffix == ".csv" else path.with_suffix(".csv")
        said = self.tr("Saved as {}.").format(path.name)
        if kind in kinds[1:]:
            self._service.save_disagreements(
                path, self._lanes, lambda: self.summary.setText(said)
            )
            return
        try:
            atomic_write(path, as_csv(found.agreement))
        except SkelsegError as error:
            said = in_language(error)
        self.summary.setText(said)


def _named(lane: str) -> str:
    return tr("Annotation") if lane == ANNOTATION else shown_lane(lane)


def show_agreement(
    parent: QWidget, service: AgreementService, refuse: Callable[[str], object]
) -> AgreementDialog | None:
    """Open the dialog; None where there are not two people to compare."""
    if len(service.lanes()) < 2:
        refuse(
            tr(
                "Only one person has labelled here. Use “Import another annotator's "
                "labels”."
            )
        )
        return None
    dialog = AgreementDialog(service, parent)
    dialog.show()
    dialog.figures.setFocus()
    return dialog
