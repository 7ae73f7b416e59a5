"""A list of videos of which some are checked, as fast for ten thousand as for ten."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from skelseg_core.project.videos_and_tracks import Track

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class VideoChoice(QAbstractListModel):
    """Videos with a box each; those that cannot be chosen say why in their tooltip.

    Signals ``changed`` when other videos are checked.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: Sequence[Track] = ()
        self._checked: set[str] = set()
        self._reasons: list[str] = []

    def offer(self, items: Sequence[Track], checked: Collection[str] = ()) -> None:
        """Offer these videos; without ``checked`` what was unchecked stays so."""
        unchecked = {item.id for item in self.items} - self._checked
        self.beginResetModel()
        self.items, self._reasons = items, [""] * len(items)
        self._checked = set(checked or ({item.id for item in items} - unchecked))
        self.endResetModel()

    def set_reasons(self, why_not: Callable[[Track], str]) -> None:
        """Ask of every video why it cannot be chosen; empty where it can."""
        self._reasons = [why_not(item) for item in self.items]
        self._repaint()

    def check_all(self, checked: bool) -> None:
        """Check all videos, or none."""
        self._checked = {item.id for item in self.items} if checked else set()
        self._repaint()
        self.changed.emit()

    @property
    def checked(self) -> list[str]:
        """Ids of the checked videos that can be chosen."""
        return self._ids(possible=True)

    @property
    def left_out(self) -> list[str]:
        """Ids of the checked videos that cannot be chosen."""
        return self._ids(possible=False)

    def _ids(self, possible: bool) -> list[str]:
        rows = zip(self.items, self._reasons, strict=True)
        return [
            i.id for i, why in rows if i.id in self._checked and possible != bool(why)
        ]

    def _repaint(self) -> None:
        if self.items:
            self.dataChanged.emit(self.index(0), self.index(len(self.items) - 1))

    # -- methods of QAbstractListModel ----------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role == _Role.DisplayRole:
            return item.id
        if role == _Role.ToolTipRole:
            return self._reasons[index.row()]
        if role == _Role.CheckStateRole:
            checked = item.id in self._checked
            return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
        return None

    def setData(self, index: _Index, value: object, role: int = 0) -> bool:
        if role != _Role.CheckStateRole or not index.isValid():
            return False
        video = self.items[index.row()].id
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self._checked.add(video)
        else:
            self._checked.discard(video)
        self.dataChanged.emit(index, index)
        self.changed.emit()
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable
        possible = index.isValid() and not self._reasons[index.row()]
        return flags | Qt.ItemFlag.ItemIsEnabled if possible else flags
