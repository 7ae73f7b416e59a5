"""EvenList: a list whose rows are equally high, painted row by row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

_Index = QModelIndex | QPersistentModelIndex


class EvenList(QListView):
    """A `QListView` that, where a row changed, paints that row and no other.

    Qt lays all rows out anew, and so paints them all: another text might be higher.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUniformItemSizes(True)

    def dataChanged(
        self, first: _Index, last: _Index, roles: Sequence[int] = ()
    ) -> None:
        QAbstractItemView.dataChanged(self, first, last, roles)
