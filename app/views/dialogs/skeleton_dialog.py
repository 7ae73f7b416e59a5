"""Dialog that completes the skeleton of keypoints that a pose file names."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language, tr
from app.kit.plural import plural
from app.services.files.file_importer import FileImporter
from app.views.dialogs.list_parts import dialog_column, row_table
from skelseg_core.errors import SkelsegError
from skelseg_core.poses.own_skeleton import MOST_LETTERS
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeleton_draft import SkeletonDraft
from skelseg_core.project.imports.named_keypoints import NamedKeypoints

NAME, PARTNER, JOINED = range(3)
"""Columns of the table."""
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_SIZE = (760, 520)
"""Size of the dialog in pixels; it fits a screen of 1366 x 768."""


class SkeletonDialog(QDialog):
    """Say what body the keypoints of a file are of; signal ``chosen`` gives it.

    Each keypoint has a row. Space checks whether it is used; Return, or a click, opens
    the choices of the other cells.
    """

    chosen = Signal(Skeleton)

    def __init__(self, found: NamedKeypoints, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Skeleton of {}").format(found.path.name))
        self._found, self.draft = found, found.draft
        self.name = QLineEdit(self.draft.title)
        self.name.setMaxLength(MOST_LETTERS)
        self.name.setAccessibleName(tr("Name of the skeleton"))
        heads = (tr("Keypoint"), tr("Left or right"), tr("Connected to"))
        self.table = row_table(tr("Keypoints"), heads, JOINED)
        self.measures, self.wrong = Label(), Label()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(
            tr("Use this skeleton"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self._lay_out()
        self._connect()
        self._refresh()
        self.name.selectAll()

    def _lay_out(self) -> None:
        about = Label(
            plural(
                "{file} names {n} keypoint(s). Everything below is a guess: check it.",
                len(self.draft.names),
                file=self._found.path.name,
            )
        )
        for label in (about, self.measures, self.wrong):
            label.setWordWrap(True)
        for label in (about, self.measures):
            theme.set_tone(label, "dim")
        theme.set_tone(self.wrong, "error")
        header = self.table.horizontalHeader()
        for column, width in ((NAME, 180), (PARTNER, 220)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(column, width)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectItems)
        form = QFormLayout()
        form.addRow(tr("Name"), self.name)
        body = dialog_column(self)
        body.addWidget(about)
        body.addLayout(form)
        body.addWidget(self.table, 1)
        body.addWidget(self.measures)
        body.addWidget(self.wrong)
        body.addWidget(self.buttons)
        self.ok.setDefault(True)
        self.resize(*_SIZE)
        self.setTabOrder(self.name, self.table)
        self.name.setFocus()

    def _connect(self) -> None:
        self.name.textEdited.connect(self._on_name)
        self.table.itemChanged.connect(self._on_item)
        self.table.cellClicked.connect(self._open)
        self.table.cellActivated.connect(self._open)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)

    # -- what a person says ---------------------------------------------------------

    def _take(self, draft: SkeletonDraft) -> None:
        self.draft = draft
        self._refresh()

    def _on_name(self, text: str) -> None:
        self._take(replace(self.draft, title=text.strip()))

    def _on_item(self, item: QTableWidgetItem) -> None:
        used = item.checkState() == _CHECKED
        self._take(self.draft.with_use(item.row(), used))

    def _open(self, row: int, column: int) -> None:
        """Open the choices of a cell: keypoints of the other side, or edges."""
        if column == NAME or row in self.draft.left_out:
            return
        choices = self._partners(row) if column == PARTNER else self._joined(row)
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, now, after in choices:
            action = menu.addAction(text.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(now)
            action.triggered.connect(lambda _, d=after: self._take(d))
        place = self.table.visualRect(self.table.model().index(row, column))
        menu.popup(self.table.viewport().mapToGlobal(place.bottomLeft()))

    def _partners(self, row: int) -> list[tuple[str, bool, SkeletonDraft]]:
        """List texts, whether they hold now, and what the draft would be then."""
        draft, here = self.draft, self.draft.partner(row)
        choices = [(tr("neither"), here is None, draft.without_pair(row))]
        for left in (True, False):
            for other in draft.kept:
                if other != row:
                    pair = (row, other) if left else (other, row)
                    text = self._pair_text(other, left)
                    now = pair in draft.flip_pairs
                    choices.append((text, now, draft.with_pair(*pair)))
        return choices

    def _joined(self, row: int) -> list[tuple[str, bool, SkeletonDraft]]:
        draft, joined = self.draft, self.draft.joined(row)
        return [
            (draft.names[k], k in joined, draft.with_edge_toggled(row, k))
            for k in draft.kept
            if k != row
        ]

    # -- what is shown --------------------------------------------------------------

    def _pair_text(self, other: int, left: bool) -> str:
        text = tr("left, {} is right") if left else tr("right, {} is left")
        return text.format(self.draft.names[other])

    def _refresh(self) -> None:
        draft, table = self.draft, self.table
        table.blockSignals(True)
        table.setRowCount(len(draft.names))
        for k, name in enumerate(draft.names):
            other = draft.partner(k)
            side = "–"
            if other is not None:
                side = self._pair_text(other, (k, other) in draft.flip_pairs)
            self._set(k, NAME, name)
            self._set(k, PARTNER, side)
            joined = ", ".join(draft.names[j] for j in draft.joined(k))
            self._set(k, JOINED, joined or "–")
        table.blockSignals(False)
        text = tr(
            "Positions are measured from the middle of {}, lengths between {} and {}."
        )
        groups = (draft.centre, *draft.scale)
        self.measures.setText(text.format(*map(draft.named, groups)))
        problem = self._problem()
        self.wrong.setText(problem)
        self.ok.setEnabled(not problem)

    def _set(self, row: int, column: int, text: str) -> None:
        item, used = self.table.item(row, column), row not in self.draft.left_out
        if item is None:
            item = QTableWidgetItem()
            self.table.setItem(row, column, item)
        flags = Qt.ItemFlag.ItemIsSelectable
        if used or column == NAME:
            flags |= Qt.ItemFlag.ItemIsEnabled
        tip = text
        if column == NAME:
            item.setCheckState(_CHECKED if used else _UNCHECKED)
            if row in self.draft.measuring:
                tip = tr("{}: needed to measure the body").format(text)
            else:
                flags |= Qt.ItemFlag.ItemIsUserCheckable
        item.setFlags(flags)
        item.setText(text)
        item.setToolTip(plain_tip(tip))

    def _problem(self) -> str:
        """Return a sentence on what is missing, or nothing."""
        if not self.draft.title:
            return tr("Give the skeleton a name.")
        try:
            self._built()
        except SkelsegError as error:
            return in_language(error)
        return ""

    def _built(self) -> Skeleton:
        return self.draft.build(lambda _names: tr("The skeleton"))

    def _on_accepted(self) -> None:
        if not self._problem():
            skeleton = self._built()
            self.accept()
            self.chosen.emit(skeleton)


def ask_skeleton(
    parent: QWidget, found: NamedKeypoints, importer: FileImporter
) -> SkeletonDialog:
    """Open the question; the importer takes the answer."""
    dialog = SkeletonDialog(found, parent)
    dialog.chosen.connect(importer.take_skeleton)
    dialog.rejected.connect(importer.leave_skeleton)
    dialog.open()
    return dialog
