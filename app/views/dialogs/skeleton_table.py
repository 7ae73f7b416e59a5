"""Table of keypoints: which are used, their sides, and the centre of the body."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHeaderView, QMenu, QTableWidget, QTableWidgetItem

from app.kit.labels import plain_tip
from app.views.dialogs.list_parts import row_table
from skelseg_core.poses.skeleton import SIDE_COLORS
from skelseg_core.poses.skeleton_draft import SkeletonDraft

NAME, SIDE, OTHER, CENTRE = range(4)
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_DOT_PX = 10
_WIDTHS = {SIDE: 96, OTHER: 120, CENTRE: 76}
"""Widths of the columns in pixels; names take what is left."""


class SkeletonTable:
    """Show a draft in a table widget and pass on what a person says in it.

    ``change`` is called with the next draft. Return, or a click, opens the choices of a
    cell; Space checks.
    """

    def __init__(self, change: Callable[[SkeletonDraft], object]) -> None:
        self._change, self._draft = change, SkeletonDraft(())
        heads = (_tr("Keypoint"), _tr("Side"), _tr("Other side"), _tr("Centre"))
        self.widget = table = row_table(_tr("Keypoints"), heads, NAME)
        for column, tip in (
            (NAME, _tr("Leave out those that nothing depends on")),
            (SIDE, _tr("Side of the body, seen from the animal")),
            (OTHER, _tr("The same thing on the other side of the body")),
            (CENTRE, _tr("The body is in the middle of those that are checked")),
        ):
            head = table.horizontalHeaderItem(column)
            if head is not None:
                head.setToolTip(tip)
        header = table.horizontalHeader()
        for column, width in _WIDTHS.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectItems)
        table.setMinimumWidth(420)
        table.itemChanged.connect(self._on_item)
        table.cellClicked.connect(self._open)
        table.cellActivated.connect(self._open)

    def choose(self, keypoint: int) -> None:
        """Put the cursor on a keypoint, in the column where it is."""
        if keypoint != self.widget.currentRow():
            column = max(self.widget.currentColumn(), NAME)
            self.widget.setCurrentCell(keypoint, column)

    def show_draft(self, draft: SkeletonDraft) -> None:
        """Show a draft."""
        self._draft, table = draft, self.widget
        table.blockSignals(True)
        table.setRowCount(len(draft.names))
        for k, name in enumerate(draft.names):
            used = k not in draft.left_out
            other = draft.other_side(k)
            self._set(k, NAME, name, used, check=used)
            self._set(k, SIDE, _side_text(draft.side(k)), used)
            item = table.item(k, SIDE)
            if item is not None:
                item.setIcon(_dot(SIDE_COLORS[draft.side(k)]) if used else QIcon())
            self._set(k, OTHER, "–" if other is None else draft.names[other], used)
            self._set(k, CENTRE, "", used, check=used and k in draft.centre)
        table.blockSignals(False)

    def _set(
        self, row: int, column: int, text: str, used: bool, check: bool | None = None
    ) -> None:
        item = self.widget.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.widget.setItem(row, column, item)
        flags = Qt.ItemFlag.ItemIsSelectable
        if used or column == NAME:
            flags |= Qt.ItemFlag.ItemIsEnabled
        if check is not None:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
            item.setCheckState(_CHECKED if check else _UNCHECKED)
        item.setFlags(flags)
        item.setText(text)
        item.setToolTip(plain_tip(text))

    def _on_item(self, item: QTableWidgetItem) -> None:
        keypoint, checked = item.row(), item.checkState() == _CHECKED
        if item.column() == NAME:
            self._change(self._draft.with_use(keypoint, checked))
        elif item.column() == CENTRE:
            self._change(self._draft.with_centre(keypoint, checked))

    def _open(self, row: int, column: int) -> None:
        """Open the choices of a cell: the sides, or the other keypoints."""
        draft = self._draft
        if row in draft.left_out or column not in (SIDE, OTHER):
            return
        menu = QMenu(self.widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        choices: list[tuple[str, bool, SkeletonDraft]] = []
        if column == SIDE:
            for side in ("left", "right", "centre"):
                now = draft.side(row) == side
                choices.append((_side_text(side), now, draft.with_side(row, side)))
        else:
            here = draft.other_side(row)
            for k in (None, *(k for k in draft.kept if k != row)):
                text = _tr("None") if k is None else draft.names[k]
                choices.append((text, k == here, draft.with_other_side(row, k)))
        for text, now, after in choices:
            action = menu.addAction(text.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(now)
            action.triggered.connect(lambda _, d=after: self._change(d))
            if now:
                menu.setActiveAction(action)
        place = self.widget.visualRect(self.widget.model().index(row, column))
        menu.popup(self.widget.viewport().mapToGlobal(place.bottomLeft()))


def _dot(colour: str) -> QIcon:
    scale = 2
    picture = QPixmap(_DOT_PX * scale, _DOT_PX * scale)
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor("#787e86"))
    painter.setBrush(QColor(colour))
    painter.drawEllipse(QRectF(1, 1, _DOT_PX - 2, _DOT_PX - 2))
    painter.end()
    return QIcon(picture)


def _side_text(side: str) -> str:
    return {"left": _tr("left"), "right": _tr("right"), "centre": _tr("centre")}[side]


def _tr(text: str) -> str:
    return QCoreApplication.translate("SkeletonDialog", text)
