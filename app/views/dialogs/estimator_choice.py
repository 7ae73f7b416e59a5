"""Ask who finds the poses: what is installed, what the others need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.kit.labels import Label
from app.kit.language import in_language, tr
from app.views.dialogs.ask_paths import ask_file
from app.views.dialogs.list_parts import (
    accept_or_cancel,
    dialog_column,
    push_button,
    row_table,
)
from app.views.fields import CopiedLine, resize_columns
from skelseg_core.estimators.registry import (
    BUNDLED,
    EXACT,
    EstimatorKind,
    estimator_kinds,
)
from skelseg_core.module_commands import in_bundle

FROM_FILE = "file"
"""Row of the list that imports the poses of another tool."""
WEIGHTS = "*.pt *.pth *.safetensors"
_NAMES_PX, _STATE_PX = 300, 110
_SIZE = (760, 360)
"""Size of the dialog in pixels; it fits a window of 800 x 500."""


@dataclass(frozen=True)
class ChosenEstimator:
    """Hold who finds the poses, by which weights, and whether these may be fetched.

    ``name`` is `FROM_FILE` where poses are imported.
    """

    name: str
    weights: str = ""
    allow_download: bool = False


class EstimatorDialog(QDialog):
    """List who can find poses; say of each if it is there, and what it is good for.

    Parameters
    ----------
    title : str
        Of which videos.
    before : ChosenEstimator
        The one of the project.
    note : str
        Sentence on the poses that are there; empty without any.
    refused : str
        Sentence that says why no poses can be estimated now; empty where they can.
    parent : QWidget, optional
    """

    def __init__(
        self,
        title: str,
        before: ChosenEstimator,
        note: str = "",
        refused: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._before, self._refused = before, refused
        self.kinds, unusable = estimator_kinds()
        heads = self.tr("Who finds the poses"), self.tr("Here")
        self.names = row_table(heads[0], heads, 0)
        self.names.setFixedWidth(_NAMES_PX)
        resize_columns(self.names.horizontalHeader(), ((1, _STATE_PX),))
        self.title, self.about, self.note = Label(), Label(), Label()
        self.lacks = Label()
        self.line = CopiedLine(self.tr("Line for a terminal that installs it"))
        self.weights = QLineEdit(before.weights)
        self.weights.setAccessibleName(self.tr("Weights file"))
        self.weights.setPlaceholderText(self.tr("Weights file"))
        self.weights.textChanged.connect(self._show_state)
        self.browse = push_button(self.tr("Choose…"), self._choose_weights)
        self.download = QCheckBox()
        self.download.toggled.connect(self._show_state)
        self._buttons, self.ok = accept_or_cancel(self, "")
        self.ok.setDefault(True)
        self._lay_out(note or refused, unusable)
        for kind in self.kinds:
            self._add(kind.title, _state(kind))
        self._add(self.tr("A file of another program"), self.tr("import"))
        self.names.itemSelectionChanged.connect(self._show)
        known = [kind.name for kind in self.kinds]
        name = before.name if before.name in known else BUNDLED
        self.names.selectRow(known.index(name))
        self.names.setFocus()

    def _lay_out(self, note: str, unusable: Sequence[str]) -> None:
        self._weights_row = QWidget()
        row = QHBoxLayout(self._weights_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.weights, 1)
        row.addWidget(self.browse)
        side = QVBoxLayout()
        side.setSpacing(8)
        for label in (self.title, self.about, self.lacks, self.note):
            label.setWordWrap(True)
        font = self.title.font()
        font.setWeight(font.Weight.DemiBold)
        self.title.setFont(font)
        parts = (self.title, self.about, self.lacks, self.line)
        for part in (*parts, self._weights_row, self.download):
            side.addWidget(part)
        side.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addWidget(self.names)
        columns.addLayout(side, 1)
        body = dialog_column(self)
        body.addLayout(columns, 1)
        self._notes = [*map(in_language, unusable), note]
        body.addWidget(self.note)
        body.addWidget(self._buttons)
        self.resize(*_SIZE)

    def _add(self, title: str, state: str) -> None:
        row = self.names.rowCount()
        self.names.setRowCount(row + 1)
        for column, text in enumerate((title, state)):
            self.names.setItem(row, column, QTableWidgetItem(text))

    @property
    def kind(self) -> EstimatorKind | None:
        """The chosen estimator; None where poses are imported."""
        row = self.names.currentRow()
        return self.kinds[row] if 0 <= row < len(self.kinds) else None

    @property
    def chosen(self) -> ChosenEstimator:
        """What was chosen, as it stands."""
        kind = self.kind
        if kind is None:
            return ChosenEstimator(FROM_FILE)
        weights = self.weights.text().strip() if _takes_weights(kind) else ""
        download = bool(kind.download) and self.download.isChecked()
        return ChosenEstimator(kind.name, weights, download)

    def _show(self) -> None:
        kind = self.kind
        if kind is None:
            self.title.setText(self.tr("A file of another program"))
            self.about.setText(
                self.tr(
                    "Poses that DeepLabCut, SLEAP, OpenPose, MMPose, AlphaPose or "
                    "another program found. For animals, and where there are better "
                    "poses already."
                )
            )
        else:
            self.title.setText(kind.title)
            self.about.setText(in_language(kind.about))
            own = kind.name == self._before.name
            self.weights.setText(self._before.weights if own else "")
            text = self.tr("Download {}")
            self.download.setText(text.format(in_language(kind.download)))
        needs = kind.needs() if kind is not None else ""
        self.lacks.setText(_lacks(needs, kind.weights if kind is not None else ""))
        self.lacks.setVisible(bool(self.lacks.text()))
        self.line.set_line(needs)
        self.line.setVisible(bool(needs) and not in_bundle())
        there = kind if not needs else None
        self._weights_row.setVisible(there is not None and _takes_weights(there))
        fetched = there is not None and there.is_fetched()
        wanted = there is not None and bool(there.download) and not fetched
        self.download.setVisible(wanted)
        kept = self.tr("Next videos of this project get theirs from it too.")
        notes = [*self._notes, kept if there is not None else ""]
        self.note.setText(" ".join(filter(None, notes)))
        self._show_state()

    def _show_state(self) -> None:
        kind = self.kind
        text = self.tr("Estimate") if kind is not None else self.tr("Choose files…")
        self.ok.setText(text)
        fits = kind is None or not (
            kind.needs() or self._lacks_weights(kind) or self._refused
        )
        self.ok.setEnabled(fits)

    def _lacks_weights(self, kind: EstimatorKind) -> bool:
        chosen = self.chosen
        return kind.lacks_weights and not (chosen.weights or chosen.allow_download)

    def _choose_weights(self) -> None:
        kinds = f"{self.tr('Weights')} ({WEIGHTS});;{self.tr('All')} (*)"
        path = ask_file(self, self.tr("Weights file"), kinds)
        if path is not None:
            self.weights.setText(str(path))


def _takes_weights(kind: EstimatorKind) -> bool:
    return bool(kind.weights or kind.download)


def _state(kind: EstimatorKind) -> str:
    if kind.needs():
        return tr("not installed")
    if kind.name in (BUNDLED, EXACT):
        return tr("included")
    return tr("needs weights") if kind.lacks_weights else tr("installed")


def _lacks(needs: str, weights: str) -> str:
    if needs and in_bundle():
        return tr(
            "This folder of programs cannot have it. Install skelseg by pip or uv for "
            "it; that opens the same projects."
        )
    if needs:
        return tr("It is not installed. Run this line in a terminal, then come back:")
    return in_language(weights)


def ask_estimator(
    parent: QWidget, title: str, before: ChosenEstimator, note: str, refused: str
) -> ChosenEstimator | None:
    """Ask who finds the poses; None where cancelled."""
    dialog = EstimatorDialog(title, before, note, refused, parent)
    try:
        return dialog.chosen if dialog.exec() else None
    finally:
        dialog.deleteLater()
