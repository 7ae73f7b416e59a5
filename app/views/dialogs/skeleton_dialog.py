"""Dialog that completes the skeleton of keypoints that a pose file names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label
from app.kit.plural import plural
from app.services.file_importer import FileImporter
from app.views.dialogs.list_parts import dialog_column, push_button
from app.views.dialogs.skeleton_canvas import SkeletonCanvas
from app.views.dialogs.skeleton_table import SkeletonTable
from skelseg_core.errors import SkelsegError
from skelseg_core.poses.own_skeleton import MOST_LETTERS
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeleton_draft import SkeletonDraft
from skelseg_core.project.named_keypoints import NamedKeypoints

_FIXED_LENGTH = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
_SIZE = (960, 640)
"""Size of the dialog in pixels; it fits a screen of 1366 x 768."""


class SkeletonDialog(QDialog):
    """Say what body the keypoints of a file are of; signal ``chosen`` gives it."""

    chosen = Signal(Skeleton)

    def __init__(self, found: NamedKeypoints, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_tr("Skeleton of {}").format(found.path.name))
        self._found, self._shown = found, 0
        self.draft = found.draft
        self.name = QLineEdit(self.draft.title)
        self.name.setMaxLength(MOST_LETTERS)
        self.table = SkeletonTable(self._take)
        self.canvas = SkeletonCanvas()
        self.front, self.back = QComboBox(), QComboBox()
        self.hint, self.frame, self.wrong = Label(), Label(), Label()
        self.another = push_button(_tr("Another frame"), self._show_another)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(
            _tr("Use this skeleton"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        self._lay_out()
        self._connect()
        self._refresh()
        self._show_hint()
        self.name.selectAll()

    def _lay_out(self) -> None:
        about = Label(
            plural(
                "{file} names {n} keypoint(s). Say what body they are of; what you see "
                "is a guess.",
                len(self.draft.names),
                file=self._found.path.name,
            )
        )
        for box in (self.front, self.back):
            box.setSizeAdjustPolicy(_FIXED_LENGTH)
            box.setMinimumContentsLength(8)
        for label in (about, self.hint, self.wrong):
            label.setWordWrap(True)
        for label in (about, self.hint, self.frame):
            theme.set_tone(label, "dim")
        theme.set_tone(self.wrong, "error")
        self.name.setAccessibleName(_tr("Name of the skeleton"))
        self.front.setAccessibleName(_tr("Length of the body, one end"))
        self.back.setAccessibleName(_tr("Length of the body, other end"))
        length = QHBoxLayout()
        length.setSpacing(8)
        length.addWidget(self.front, 1)
        length.addWidget(Label(_tr("to")))
        length.addWidget(self.back, 1)
        form = QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.addRow(_tr("Name"), self.name)
        form.addRow(_tr("Length of the body"), length)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(self.table.widget, 1)
        left.addLayout(form)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.frame)
        foot.addWidget(self.another)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.canvas, 1)
        right.addLayout(foot)
        parts = QHBoxLayout()
        parts.setSpacing(16)
        parts.addLayout(left)
        parts.addLayout(right, 1)
        body = dialog_column(self)
        body.addWidget(about)
        body.addLayout(parts, 1)
        body.addWidget(self.wrong)
        body.addWidget(self.buttons)
        self.ok.setDefault(True)
        self.resize(*_SIZE)
        self.setTabOrder(self.name, self.front)
        self.setTabOrder(self.front, self.back)
        self.setTabOrder(self.back, self.table.widget)
        self.setTabOrder(self.table.widget, self.canvas)
        self.setTabOrder(self.canvas, self.another)
        self.name.setFocus()

    def _connect(self) -> None:
        self.name.textEdited.connect(self._on_name)
        for box in (self.front, self.back):
            box.activated.connect(self._on_length)
        self.table.widget.currentCellChanged.connect(
            lambda row, *_: self.canvas.set_current(row)
        )
        self.canvas.chosen.connect(self.table.choose)
        self.canvas.toggled.connect(self._on_edge)
        self.canvas.picked.connect(self._show_hint)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)

    # -- what a person says ---------------------------------------------------------

    def _take(self, draft: SkeletonDraft) -> None:
        self.draft = draft
        self._refresh()

    def _on_name(self, text: str) -> None:
        self._take(replace(self.draft, title=text.strip()))

    def _on_edge(self, a: int, b: int) -> None:
        self._take(self.draft.with_edge_toggled(a, b))

    def _on_length(self) -> None:
        ends = (tuple(b.currentData() or ()) for b in (self.front, self.back))
        self._take(replace(self.draft, scale=tuple(ends)))

    def _show_another(self) -> None:
        self._shown = (self._shown + 1) % max(len(self._found.frames), 1)
        self._refresh()

    # -- what is shown --------------------------------------------------------------

    def _refresh(self) -> None:
        draft, found = self.draft, self._found
        self.table.show_draft(draft)
        places = np.full((len(draft.names), 2), np.nan)
        if found.frames:
            places = found.places[self._shown]
            self.frame.setText(_tr("frame {}").format(f"{found.frames[self._shown]:,}"))
        self.another.setEnabled(len(found.frames) > 1)
        self.canvas.show_draft(draft, places)
        for box, n in ((self.front, 0), (self.back, 1)):
            self._fill_length(box, n)
        problem = self._problem()
        self.wrong.setText(problem)
        self.ok.setEnabled(not problem)

    def _fill_length(self, box: QComboBox, n: int) -> None:
        groups = self.draft.groups
        box.clear()
        for group in groups:
            box.addItem(self.draft.named(group), group)
        length = self.draft.length
        box.setCurrentIndex(groups.index(length[n]) if length[n] in groups else -1)

    def _show_hint(self, *_: object) -> None:
        first = self.canvas.first
        if first < 0:
            text = _tr("Click two keypoints to draw an edge, or to remove it.")
        else:
            text = _tr("From {} to which one? Escape gives it up.")
            text = text.format(self.draft.names[first])
        self.hint.setText(text)

    def _problem(self) -> str:
        """Return a sentence on what is missing, or nothing."""
        draft = self.draft
        kept = set(draft.kept)
        if not draft.title:
            return _tr("Give the skeleton a name.")
        if len(kept) < 2:
            return _tr("Check two keypoints or more.")
        if not kept & set(draft.centre):
            return _tr("Check in the column Centre where the middle of the body is.")
        ends = [set(end) for end in draft.length]
        if not all(ends) or ends[0] == ends[1]:
            return _tr("Choose two places between which the length of the body lies.")
        try:
            self._built()
        except SkelsegError as error:
            return str(error)
        return ""

    def _built(self) -> Skeleton:
        return self.draft.build(lambda _key, _n: _tr("The skeleton"))

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


def _tr(text: str) -> str:
    return QCoreApplication.translate("SkeletonDialog", text)
