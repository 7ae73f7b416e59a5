"""The model of the segment table: sorting, filtering, texts of cells.

Sorting and filtering use arrays, not a proxy: Qt's would ask Python for a quarter of a
million cells to sort 10,000 rows. An edit changes only the rows it touched.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, Qt
from PySide6.QtGui import QColor, QIcon

from app.views.frame_field import time_text
from app.views.tables.table import Index, TableModel, swatch
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation

NUMBER, CLASS, START, TIME, STOP, SECONDS, FRAMES, SOURCE, CONFIDENCE = range(9)
EDITABLE = (CLASS, START, TIME, STOP)
SEGMENT = int(Qt.ItemDataRole.UserRole)
ALL, PERSON, MODEL, REVIEWED, IMPORTED, OPEN = range(6)
TO_REVIEW = MODEL
"""The filter shows what is not reviewed, of a model's segments and all others."""
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)


def source_of(segment: Segment) -> int:
    """Return the origin of a label: PERSON, MODEL, REVIEWED, IMPORTED or OPEN."""
    if segment.undecided:
        return PERSON
    if segment.class_id is None:
        return OPEN
    if segment.accepted:
        return MODEL
    if segment.source == "model":
        return REVIEWED if segment.reviewed else MODEL
    return IMPORTED if segment.source == "import" else PERSON


class SegmentsModel(TableModel):
    """The rows of the segment table, in order; a row is the number of a segment."""

    texts = (CLASS, SOURCE)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._value: Segmentation | None = None
        self._label_map: LabelMap | None = None
        self._swatches: dict[int, QIcon] = {}
        self._moments_s = np.zeros(1)
        self._order = np.zeros(0, np.int64)
        self._row_of = np.zeros(0, np.int64)
        self._sorted = (NUMBER, Qt.SortOrder.AscendingOrder)
        self._wanted, self._kind = "", ALL
        self.current = -1
        self.headers = (
            ("#", self.tr("Number of the segment")),
            (self.tr("Class"), self.tr("Class; F2 changes it")),
            (self.tr("Start"), self.tr("First frame; F2 moves the boundary")),
            (self.tr("Time"), self.tr("When it starts; F2 moves the boundary")),
            (
                self.tr("Stop"),
                self.tr("Last frame; F2 moves it. Files have the frame after it"),
            ),
            (self.tr("Seconds"), self.tr("How long it lasts")),
            (self.tr("Frames"), self.tr("How many frames it has")),
            (self.tr("By"), self.tr("Who labelled it")),
            (self.tr("Confidence"), self.tr("How sure the model was, 0 to 1")),
        )
        self.sources = (
            "",
            self.tr("You"),
            self.tr("Model"),
            self.tr("Reviewed"),
            self.tr("Imported"),
            "",
        )
        self.unlabelled = self.tr("unlabelled")
        self.undecided, self.absent = self.tr("undecided"), self.tr("absent")

    # -- what is shown --------------------------------------------------------------

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments, shown or not."""
        return self._value.segments if self._value is not None else ()

    def number_at(self, row: int) -> int:
        """Return the number of the segment in a row, from 0."""
        return int(self._order[row])

    def row_of(self, number: int) -> int:
        """Return the row of a segment, or -1 where it is not shown."""
        return int(self._row_of[number]) if 0 <= number < len(self._row_of) else -1

    def show(
        self, value: Segmentation | None, label_map: LabelMap, moments_s: np.ndarray
    ) -> None:
        """Show another video; ``moments_s`` (S + 1,) are starts and the last end."""
        self.beginResetModel()
        self._take(value, label_map, moments_s)
        self._set_order(self._wanted_order())
        self.current = -1
        self.endResetModel()

    def refresh(
        self, value: Segmentation, label_map: LabelMap, moments_s: np.ndarray
    ) -> None:
        """Update the rows that an edit changed."""
        old, renamed = self.segments, label_map is not self._label_map
        new = value.segments
        head = _same_head(old, new)
        tail = _same_head(old[head:][::-1], new[head:][::-1])
        shift, touched = len(new) - len(old), len(new) - tail - head
        moved = np.arange(len(old))
        moved[head + min(touched, len(old) - tail - head) : len(old) - tail] = -1
        moved[len(old) - tail :] += shift
        before = moved[self._order]
        self._take(value, label_map, moments_s)
        # until the rows are inserted and removed, Qt asks for the rows as they were
        self._order = before
        self._replace_rows(before)
        rows = self._row_of[head : head + touched]
        rows = rows[rows >= 0]
        if renamed:
            self._rows_changed(0, self.rowCount() - 1)
        elif len(rows):
            self._rows_changed(int(rows.min()), int(rows.max()))
        if shift:
            self._rows_changed(0, self.rowCount() - 1, NUMBER)

    def set_moments(self, moments_s: np.ndarray) -> None:
        """Set the times of starts and ends; call when timestamps were read."""
        before = self._order
        self._moments_s = moments_s
        self._replace_rows(before)
        self._rows_changed(0, self.rowCount() - 1)

    def set_filter(self, text: str, kind: int) -> None:
        """Show segments of this kind whose class contains ``text``."""
        before = self._order
        self._wanted, self._kind = text.strip().casefold(), kind
        self._replace_rows(before)

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        before = self._order
        self._sorted = (column, order)
        self._replace_rows(before)

    def set_current(self, number: int) -> None:
        """Mark the segment under the playhead."""
        old, self.current = self.current, number
        for row in (self.row_of(old), self.row_of(number)):
            if row >= 0:
                self._rows_changed(row, row, NUMBER)

    # -- rows -----------------------------------------------------------------------

    def _take(
        self, value: Segmentation | None, label_map: LabelMap, moments_s: np.ndarray
    ) -> None:
        if label_map is not self._label_map:
            self._label_map = label_map
            colours = {c.id: QColor(c.color) for c in label_map.classes}
            # With no swatch the word would be moved to where swatches are.
            colours[UNLABELLED] = QColor(Qt.GlobalColor.transparent)
            self._swatches = {i: swatch(c) for i, c in colours.items()}
        self._value, self._moments_s = value, moments_s

    def _set_order(self, order: np.ndarray) -> None:
        self._order = order
        self._row_of = np.full(len(self.segments), -1)
        self._row_of[order] = np.arange(len(order))

    def _replace_rows(self, before: np.ndarray) -> None:
        """Replace the rows ``before``, as present numbers, by the wanted ones."""
        after = self._wanted_order()
        shorter = min(len(before), len(after))
        head = _equal_head(before[:shorter], after[:shorter])
        tail = _equal_head(
            before[len(before) - shorter + head :][::-1],
            after[len(after) - shorter + head :][::-1],
        )
        old, new = len(before) - head - tail, len(after) - head - tail
        kept, none = head + min(old, new), QModelIndex()
        if new > old:
            self.beginInsertRows(none, kept, head + new - 1)
            self._set_order(after)
            self.endInsertRows()
        elif new < old:
            self.beginRemoveRows(none, kept, head + old - 1)
            self._set_order(after)
            self.endRemoveRows()
        else:
            self._set_order(after)
        self._rows_changed(head, kept - 1)

    def _rows_changed(self, first: int, last: int, column: int | None = None) -> None:
        if first <= last:
            left = 0 if column is None else column
            right = CONFIDENCE if column is None else column
            self.dataChanged.emit(self.index(first, left), self.index(last, right))

    def _wanted_order(self) -> np.ndarray:
        value = self._value
        if value is None:
            return np.zeros(0, np.int64)
        rows = np.flatnonzero(self._is_wanted(value))
        column, order = self._sorted
        keys = self._keys(value, column)
        if keys is not None:
            rows = rows[np.argsort(_turned(keys[rows], order), kind="stable")]
        elif order == Qt.SortOrder.DescendingOrder:
            rows = rows[::-1]
        return rows

    def _is_wanted(self, value: Segmentation) -> np.ndarray:
        wanted = np.ones(len(value), bool)
        if self._wanted and self._label_map is not None:
            named = [(c.id, c.name) for c in self._label_map.classes]
            named.append((UNLABELLED, self.unlabelled))
            found = [i for i, name in named if self._wanted in name.casefold()]
            undecided = np.array([s.undecided for s in value.segments])
            meant = self._wanted in self.undecided.casefold()
            wanted &= np.where(undecided, meant, np.isin(value.class_ids, found))
        if self._kind != ALL:
            wanted &= _of_kind(value, self._kind)
        return wanted

    def _keys(self, value: Segmentation, column: int) -> np.ndarray | None:
        """Return the sort keys of a column (S,); None for the order of time."""
        if column == CLASS and self._label_map is not None:
            named = sorted(self._label_map.classes, key=lambda c: c.name.casefold())
            places = {c.id: place for place, c in enumerate(named)}
            ids, rows = np.unique(value.class_ids, return_inverse=True)
            last = len(named)
            return np.array([places.get(int(i), last) for i in ids], np.float64)[rows]
        if column == SECONDS:
            return np.diff(self._moments_s)
        if column == FRAMES:
            return np.diff(np.append(value.starts, value.n_frames)).astype(np.float64)
        if column == SOURCE:
            return _sources(value).astype(np.float64)
        if column == CONFIDENCE:
            found = (s.confidence for s in value.segments)
            return np.array([np.nan if c is None else c for c in found], np.float64)
        return None

    # -- methods of QAbstractTableModel ---------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._order)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and self.may_edit(
            self.number_at(index.row()), index.column()
        ):
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def may_edit(self, number: int, column: int) -> bool:
        """Return True if a cell can be edited; the ends of the video cannot."""
        if column in (START, TIME):
            return number > 0
        if column == STOP:
            return number < len(self.segments) - 1
        return column == CLASS

    def data(self, index: Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        number, column = self.number_at(index.row()), index.column()
        if role == _DISPLAY:
            return self.text(number, column)
        if role == _ALIGNMENT:
            return self.alignment(column)
        if role == _DECORATION and column == CLASS:
            found = self.segments[number].class_id
            return self._swatches.get(UNLABELLED if found is None else found)
        if role == Qt.ItemDataRole.EditRole:
            return self.text(number, column).replace(",", "")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.headers[column][0]}: {self.text(number, column)}"
        if role == SEGMENT:
            return number
        return None

    def text(self, number: int, column: int) -> str:
        """Return the text of a cell."""
        segment = self.segments[number]
        if column == NUMBER:
            return f"{number + 1:,}"
        if column == CLASS:
            return self.class_text(segment)
        if column == START:
            return f"{segment.start:,}"
        if column == TIME:
            return time_text(float(self._moments_s[number]))
        if column == STOP:
            return f"{segment.stop - 1:,}"
        if column == SECONDS:
            return f"{self.seconds(number):,.3f}"
        if column == FRAMES:
            return f"{len(segment):,}"
        if column == SOURCE:
            return self.sources[source_of(segment)]
        return "" if segment.confidence is None else f"{segment.confidence:.2f}"

    def class_text(self, segment: Segment) -> str:
        """Return the name of a segment's class, or the word for none."""
        names = self._label_map
        name = names.name_of(segment.class_id) if names is not None else ""
        if segment.absent:
            return self.absent
        return name or (self.undecided if segment.undecided else self.unlabelled)

    def seconds(self, number: int) -> float:
        """Return the length of a segment in seconds."""
        return float(self._moments_s[number + 1] - self._moments_s[number])

    def tabbed(self, rows: list[int]) -> str:
        """Return rows as text with tabs and a header, for a spreadsheet."""
        lines = [
            "segment\tclass\tstart_frame\tstop_frame\tstart_s\tstop_s\tduration_s\t"
            "frames\tsource\tconfidence"
        ]
        segments, moments = self.segments, self._moments_s.tolist()
        for number in self._order[rows].tolist():
            segment = segments[number]
            begin, end, sure = moments[number], moments[number + 1], segment.confidence
            lines.append(
                f"{number + 1}\t{self.class_text(segment)}\t"
                f"{segment.start}\t"
                f"{segment.stop}\t{begin:.3f}\t{end:.3f}\t{end - begin:.3f}\t"
                f"{len(segment)}\t{self.sources[source_of(segment)]}\t"
                f"{'' if sure is None else format(sure, '.4f')}"
            )
        return "\n".join(lines) + "\n"


def _same_head(a: tuple[Segment, ...], b: tuple[Segment, ...]) -> int:
    """Count the segments at the start that are identical."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x is not y:
            break
        count += 1
    return count


def _equal_head(a: np.ndarray, b: np.ndarray) -> int:
    """Count the equal numbers at the start of two arrays of one length."""
    differ = np.flatnonzero(a != b)
    return int(differ[0]) if len(differ) else len(a)


def _turned(keys: np.ndarray, order: Qt.SortOrder) -> np.ndarray:
    return keys if order == Qt.SortOrder.AscendingOrder else -keys


def _of_kind(value: Segmentation, kind: int) -> np.ndarray:
    """Return the segments (S,) of a filter's kind, as booleans."""
    reviewed = np.array([s.reviewed for s in value.segments])
    if kind == REVIEWED:
        return reviewed
    if kind == TO_REVIEW:
        return np.asarray(~reviewed & (value.class_ids >= 0))
    return np.asarray(_sources(value) == kind)


def _sources(value: Segmentation) -> np.ndarray:
    return np.array([source_of(s) for s in value.segments], np.int64)
