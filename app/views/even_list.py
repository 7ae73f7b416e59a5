"""A list view with rows of equal height that repaints single rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

_Index = QModelIndex | QPersistentModelIndex


class EvenList(QListView):
    """A `QListView` that repaints only the row that changed.

    Qt lays out and repaints all rows, because another text might need more height.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUniformItemSizes(True)

    def dataChanged(
        self, first: _Index, last: _Index, roles: Sequence[int] = ()
    ) -> None:
        QAbstractItemView.dataChanged(self, first, last, roles)
