"""The model of the class list with segment counts, and its filter by words or group."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from app.kit.plural import plural
from app.kit.short_name import short_names
from app.services.labelling.class_editor import ClassEditor
from app.state.change import Change
from skelseg_core.labels.classes import ActionClass, LabelMap

_Index = QModelIndex | QPersistentModelIndex
CLASS = int(Qt.ItemDataRole.UserRole)
COUNT = CLASS + 1
KEY = CLASS + 2
SHORT_NAME = CLASS + 3
HEADING = CLASS + 4


class ClassModel(QAbstractListModel):
    """The classes that keys label with, and the number of their segments.

    Those of several tiers have headings, rows without a class.
    """

    def __init__(self, editor: ClassEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._take(editor.classes_beside)
        self.fresh: int | None = None

    def _take(self, label_map: LabelMap) -> None:
        self._label_map = label_map
        short = short_names(tuple(c.name for c in label_map.classes))
        self._short = dict(zip(label_map.ids, short, strict=True))
        tiers = dict.fromkeys(c.tier for c in label_map.classes)
        rows: list[ActionClass | str] = []
        for tier in tiers:
            rows += [tier] if len(tiers) > 1 else []
            rows += [c for c in label_map.classes if c.tier == tier]
        self._rows = rows

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def item(self, row: int) -> ActionClass | None:
        """Return the class of a row; None for a heading."""
        found = self._rows[row]
        return None if isinstance(found, str) else found

    def row_of(self, class_id: int) -> int:
        return next(n for n, _ in enumerate(self._rows) if self._id(n) == class_id)

    def heading_of(self, tier: str) -> QModelIndex:
        """Return the row of the heading of a tier; none where there is one tier."""
        return (
            self.index(self._rows.index(tier)) if tier in self._rows else QModelIndex()
        )

    def _id(self, row: int) -> int | None:
        item = self.item(row)
        return None if item is None else item.id

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        if self.item(index.row()) is None:
            return flag.NoItemFlags
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        item, roles = self._rows[index.row()], Qt.ItemDataRole
        if isinstance(item, str):
            return self._heading(item, role)
        if role in (roles.DisplayRole, roles.EditRole):
            return item.name
        if role == CLASS:
            return item
        if role == COUNT:
            return self._count(item)
        if role == KEY:
            return item.key
        if role == SHORT_NAME:
            return self._short[item.id]
        if role == roles.ToolTipRole:
            return self._tip(item)
        if role == roles.AccessibleTextRole:
            parts = [item.name, self._key_text(item.key)]
            return ", ".join(p for p in [*parts, self._count_text(item)] if p)
        return None

    def _heading(self, tier: str, role: int) -> object:
        roles = Qt.ItemDataRole
        if role == HEADING:  # it is of the tier that commands act on
            return tier == self._editor.tier
        named = role in (roles.DisplayRole, roles.AccessibleTextRole)
        return self._editor.tier_name(tier) if named else None

    def setData(self, index: _Index, value: object, role: int = 2) -> bool:
        item = index.data(CLASS)
        fresh, self.fresh = self.fresh == item.id, None
        return self._editor.rename(item.id, str(value), fresh)

    def _tip(self, item: ActionClass) -> str:
        lines = [f"<b>{html.escape(item.name)}</b>"]
        if item.description:
            lines.append(html.escape(item.description).replace("\n", "<br>"))
        if item.group:
            lines.append(html.escape(item.group))
        seconds = sum(
            v.video.even_times.start_s(v.annotation.class_frames[item.id])
            for v in self._editor.document.project.tracks
        )
        minutes, rest = divmod(round(seconds * 10), 600)
        total = f"{minutes:,}:{rest // 10:02d}.{rest % 10}"
        lines.append(f"{self._count_text(item)} · {total}")
        if item.key:
            lines.append(self._key_text(item.key))
        return "<br>".join(lines)

    def _count(self, item: ActionClass) -> int:
        return self._editor.document.project.totals.class_counts[item.id]

    def _count_text(self, item: ActionClass) -> str:
        return plural("{n} segment(s)", self._count(item))

    def _key_text(self, key: str) -> str:
        return self.tr("key {key}").format(key=key) if key else ""

    def refresh(self, change: Change) -> None:
        """Update rows whose count changed."""
        before = change.before.totals.class_counts
        after = change.after.totals.class_counts
        for row in range(len(self._rows)):
            class_id = self._id(row)
            if class_id is not None and before.get(class_id) != after.get(class_id):
                self.dataChanged.emit(self.index(row), self.index(row))

    def show_classes(self) -> None:
        """Show the classes of the editor anew."""
        label_map = self._editor.classes_beside
        if self._label_map.ids != label_map.ids:
            self.beginResetModel()
            self._take(label_map)
            self.endResetModel()
        else:
            self._take(label_map)
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))


class ClassFilter(QSortFilterProxyModel):
    """Classes that match all words and belong to the chosen group."""

    def __init__(self, model: ClassModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self.words: tuple[str, ...] = ()
        self._group = ""
        self.setSourceModel(model)

    def set_text(self, text: str) -> None:
        """Set the words to find in a name or group, in any order."""
        words = tuple(text.casefold().split())
        if words != self.words:
            self.words = words
            self.invalidate()

    def set_group(self, group: str) -> None:
        """Set the group; empty for all classes."""
        if group != self._group:
            self._group = group
            self.invalidate()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        item = self._model.item(row)
        if item is None:
            return not (self.words or self._group)
        if self._group and item.group != self._group:
            return False
        text, parts = f"{item.name}\n{item.group}".casefold(), _parts(item.name)
        return all(word in text or is_beginnings(word, parts) for word in self.words)

    def best(self) -> QModelIndex:
        """Return the first of the best matches: names that begin with the first word.

        Then names with a word that begins so, with words whose beginnings it joins, or
        with the letters anywhere.
        """
        rows = range(self.rowCount())
        best = min(rows, key=lambda r: (self._rank(r), r), default=-1)
        return self.index(best, 0) if best >= 0 else QModelIndex()

    def _rank(self, row: int) -> int:
        source = self.mapToSource(self.index(row, 0)).row()
        item = self._model.item(source)
        name = item.name.casefold() if item is not None else ""
        first = self.words[0] if self.words else ""
        if name.startswith(first):
            return 0
        parts = _parts(name)
        if any(p.startswith(first) for p in parts):
            return 1
        return 2 if is_beginnings(first, parts) else 3


def _parts(name: str) -> list[str]:
    return name.casefold().replace("_", " ").replace("-", " ").split()


def is_beginnings(letters: str, words: Sequence[str]) -> bool:
    """Return True if letters are beginnings of some words, in their order: wadr, wd."""
    reached = {0}
    for word in words:
        for at in tuple(reached):
            for n, letter in enumerate(word):
                if letters[at + n : at + n + 1] != letter:
                    break
                reached.add(at + n + 1)
    return len(letters) in reached
