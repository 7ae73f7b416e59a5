"""Ask which column of a table holds what, with a preview of the labels it makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language, tr
from app.kit.plural import plural
from app.views.dialogs.list_parts import row_table
from app.views.frame_field import time_text
from skelseg_core.errors import SkelsegError
from skelseg_core.formats.label_file import LabelTrack
from skelseg_core.formats.tables.mapped_table import MappedTable, completed, mapped
from skelseg_core.formats.tables.table import Table
from skelseg_core.formats.tables.table_intervals import doubts, tracks_of
from skelseg_core.formats.tables.table_mapping import COLUMNS, TableMapping, TableUnit
from skelseg_core.formats.tables.table_presets import PRESETS

SHOWN_ROWS = 40
"""Rows of the table that are shown."""
TRIED_ROWS = 300
"""Rows of the table by which the preview is made; more would hold up the window."""
SHOWN_LABELS = 50
"""Labels of the preview at most."""
_PREVIEW_PX = 150
"""Height of the preview in pixels: five labels."""
_LEAST_PX, _MOST_PX = 90, 240
"""Width of a column in pixels, at least and at most, however long its cells are."""
_VIDEO, _SUBJECT = 3, 4
"""Columns of the preview that are hidden where nothing stands in them."""
_MOST_FIRST_FRAME = 1_000_000


class TableColumns(QWidget):
    """The rows of a table, whose heads are clicked to say what a column holds.

    Signal ``changed`` says that the mapping is another one.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._table: Table | None = None
        self._asked = TableMapping()
        self._known: MappedTable | None = None
        self.problem = ""
        self.preset, self.unit = QComboBox(), QComboBox()
        self.first_frame = QSpinBox()
        self.inclusive = QCheckBox(tr("The stop is the last frame"))
        self.rows = QTableWidget()
        self.labels = row_table(
            tr("Labels read from the table"),
            [tr("Start"), tr("Stop"), tr("Class"), tr("Video"), tr("Subject")],
            2,
        )
        self.said, self.remarks = Label(), Label()
        self._fill_choices()
        self._lay_out()
        self.preset.activated.connect(self._on_preset)
        for box in (self.unit.activated, self.inclusive.clicked):
            box.connect(self._on_counting)
        self.first_frame.valueChanged.connect(self._on_counting)
        self.rows.horizontalHeader().sectionClicked.connect(self.ask_role)
        self.rows.cellActivated.connect(lambda _, column: self.ask_role(column))

    def _fill_choices(self) -> None:
        self.preset.addItem(tr("recognised by its columns"), "")
        for name, preset in PRESETS.items():
            self.preset.addItem(preset.title, name)
            self.preset.setItemData(
                self.preset.count() - 1,
                plain_tip(preset.about),
                Qt.ItemDataRole.ToolTipRole,
            )
        self.unit.addItem(tr("recognised"), None)
        for unit in get_args(TableUnit):
            self.unit.addItem(_unit_text(unit), unit)
        self.first_frame.setRange(0, _MOST_FIRST_FRAME)
        self.first_frame.setKeyboardTracking(False)

    def _lay_out(self) -> None:
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(8)
        choices = QHBoxLayout()
        choices.setSpacing(8)
        self._first_text = Label(tr("The first frame is"))
        for part in (
            Label(tr("Kind of table")), self.preset, Label(tr("Times in")), self.unit,
            self._first_text, self.first_frame, self.inclusive,
        ):  # fmt: skip
            choices.addWidget(part)
        choices.addStretch()
        body.addLayout(choices)
        about = Label(
            tr("Click the header of a column, or press Return, to say what it holds.")
        )
        theme.set_tone(about, "dim")
        body.addWidget(about)
        self.rows.setAccessibleName(tr("Rows of the table"))
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.rows.setWordWrap(False)
        self.rows.setTabKeyNavigation(False)
        self.rows.verticalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        head = self.rows.horizontalHeader()
        head.setSectionsClickable(True)
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        body.addWidget(self.rows, 1)
        self.said.setWordWrap(True)
        body.addWidget(self.said)
        self.labels.setFixedHeight(_PREVIEW_PX)
        body.addWidget(self.labels)
        self.remarks.setWordWrap(True)
        theme.set_tone(self.remarks, "warn")
        body.addWidget(self.remarks)

    # -- the mapping ----------------------------------------------------------------

    def show_table(self, table: Table, mapping: TableMapping | None = None) -> None:
        """Show a table, with the columns of ``mapping`` or those recognised."""
        self._table = table.head(TRIED_ROWS)
        self._asked = mapping or TableMapping()
        self._refresh()

    @property
    def mapping(self) -> TableMapping:
        """The mapping as it stands."""
        if self._known is None:
            return self._asked
        return replace(self._known.mapping, header=self.has_header, complete=True)

    @property
    def has_header(self) -> bool:
        """True where the columns have names."""
        return self._known is not None and self._known.header is not None

    def role_of(self, column: int) -> str:
        """Return what a column holds, a field of `TableMapping`; empty for nothing."""
        if self._known is None:
            return ""
        for role in COLUMNS:
            name = getattr(self._known.mapping, role)
            if name and self._known.columns[name] == column:
                return role
        return ""

    def set_role(self, column: int, role: str) -> None:
        """Say what a column holds; empty is nothing. Others lose this role."""
        if self._known is None:
            return
        mapping = self._known.mapping
        cleared = {self.role_of(column)} | ({role} if role else set())
        if role in ("stop", "duration"):
            cleared |= {"stop", "duration"}
        values: dict[str, Any] = dict.fromkeys(cleared - {""}, "")
        if role:
            values[role] = self._name(column)
        header = self._known.header is not None
        self._asked = replace(mapping, header=header, complete=True, **values)
        self._refresh()
        self.changed.emit()

    def _name(self, column: int) -> str:
        """Name a column as a mapping does: by its name, or its number where that fails.

        A name that is a number could be taken for one.
        """
        header = self._known.header if self._known else None
        names = header.cells if header else ()
        folded = [name.casefold() for name in names]
        alone = column < len(names) and folded.count(folded[column]) == 1
        named = alone and bool(names[column]) and not names[column].isdecimal()
        return names[column] if named else str(column + 1)

    def _on_preset(self) -> None:
        preset = PRESETS.get(self.preset.currentData())
        self._asked = preset.mapping if preset else TableMapping()
        self._refresh()
        self.changed.emit()

    def _on_counting(self) -> None:
        base = self._asked if self._known is None else self._known.mapping
        unit = self.unit.currentData()
        frames = unit == "frame"
        self._asked = replace(
            base,
            unit=unit,
            first_frame=self.first_frame.value() if frames else 0,
            inclusive=frames and self.inclusive.isChecked(),
        )
        self._refresh()
        self.changed.emit()

    def ask_role(self, column: int) -> None:
        """Open the menu of what a column may hold."""
        menu, now = QMenu(self), self.role_of(column)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for role in (*COLUMNS, ""):
            if not role:
                menu.addSeparator()
            action = menu.addAction(_role_text(role) or tr("Nothing"))
            action.setCheckable(True)
            action.setChecked(role == now)
            action.triggered.connect(lambda _, r=role: self.set_role(column, r))
        head = self.rows.horizontalHeader()
        at = QPoint(head.sectionViewportPosition(column), head.height())
        menu.popup(head.viewport().mapToGlobal(at))

    # -- what is shown --------------------------------------------------------------

    def _refresh(self) -> None:
        if self._table is None:
            return
        self._known, self.problem = None, ""
        tracks: list[LabelTrack] = []
        notes: list[str] = []
        try:
            self._known = completed(self._table, self._asked)
            self._known = mapped(self._table, self._asked)
            tracks = tracks_of(self._known)
            notes = doubts(self._known, tracks)
        except SkelsegError as error:
            path = str(self._table.path)
            said = in_language(error).removeprefix(path).lstrip(":, ")
            self.problem = said[:1].upper() + said[1:]
        self._show_choices()
        self._show_rows()
        self._show_labels(tracks)
        theme.set_tone(self.said, "error" if self.problem else "dim")
        self.said.setText(self.problem or self._words(tracks))
        self.remarks.setText("\n".join(notes))
        self.remarks.setVisible(bool(notes))

    def _words(self, tracks: list[LabelTrack]) -> str:
        assert self._table is not None
        n_rows = len(self._table.rows)
        names = dict.fromkeys(i.name for t in tracks for i in t.intervals)
        n = sum(len(t.intervals) for t in tracks)
        text = plural("{n} label(s) of {classes}", n, classes=", ".join(names))
        if n_rows < TRIED_ROWS:
            return f"{text}."
        return tr("In the first {} rows: {}.").format(n_rows, text)

    def _show_choices(self) -> None:
        asked = self._asked if self._known is None else self._known.mapping
        for box, value in ((self.unit, asked.unit), (self.inclusive, None)):
            box.blockSignals(True)
            if isinstance(box, QComboBox):
                box.setCurrentIndex(max(0, box.findData(value)))
            else:
                box.setChecked(asked.inclusive)
            box.blockSignals(False)
        self.first_frame.blockSignals(True)
        self.first_frame.setValue(asked.first_frame)
        self.first_frame.blockSignals(False)
        frames = asked.unit == "frame"
        for part in (self._first_text, self.first_frame, self.inclusive):
            part.setVisible(frames)

    def _show_rows(self) -> None:
        assert self._table is not None
        header = self._known.header if self._known else None
        above = header.number if header else 0
        rows = [r for r in self._table.rows if r.number > above][:SHOWN_ROWS]
        width = self._table.width
        self.rows.setColumnCount(width)
        self.rows.setRowCount(len(rows))
        names = header.cells if header else ()
        for column in range(width):
            role = self.role_of(column)
            name = names[column] if column < len(names) else ""
            self._show_head(column, role, name)
            for n, row in enumerate(rows):
                text = row.cells[column] if column < len(row.cells) else ""
                self.rows.setItem(n, column, self._cell(text, bool(role)))
        self.rows.setVerticalHeaderLabels([str(row.number) for row in rows])
        self.rows.resizeColumnsToContents()
        head = self.rows.horizontalHeader()
        for column in range(width):
            fitting = head.sectionSize(column)
            head.resizeSection(column, min(max(fitting, _LEAST_PX), _MOST_PX))
        head.viewport().update()

    def _show_head(self, column: int, role: str, name: str) -> None:
        said = _role_text(role) or "–"
        head = QTableWidgetItem(f"{said}\n{name or column + 1}")
        font = head.font()
        font.setBold(bool(role))
        head.setFont(font)
        head.setToolTip(plain_tip(tr("Click to say what this column holds")))
        self.rows.setHorizontalHeaderItem(column, head)

    def _cell(self, text: str, used: bool) -> QTableWidgetItem:
        cell = QTableWidgetItem(text[:200])
        if not used:
            group = QPalette.ColorRole.PlaceholderText
            cell.setForeground(QColor(self.palette().color(group)))
        return cell

    def _show_labels(self, tracks: list[LabelTrack]) -> None:
        found = [(t, i) for t in tracks for i in t.intervals][:SHOWN_LABELS]
        self.labels.setRowCount(len(found))
        for row, (track, interval) in enumerate(found):
            texts = (
                _time(interval.start, track),
                _time(interval.stop, track),
                interval.name,
                track.media,
                track.title,
            )
            for column, text in enumerate(texts):
                self.labels.setItem(row, column, QTableWidgetItem(text))
        self.labels.setColumnHidden(_VIDEO, not any(t.media for t, _ in found))
        self.labels.setColumnHidden(_SUBJECT, not any(t.title for t, _ in found))


def _time(value: float, track: LabelTrack) -> str:
    return f"{value:,.0f}" if track.unit == "frame" else time_text(value)


def _unit_text(unit: str) -> str:
    return {
        "s": tr("seconds"),
        "ms": tr("milliseconds"),
        "us": tr("microseconds"),
        "frame": tr("frames"),
        "clock": tr("HH:MM:SS.ss"),
    }[unit]


def _role_text(role: str) -> str:
    return {
        "start": tr("Start"),
        "stop": tr("Stop"),
        "duration": tr("Duration"),
        "label": tr("Class"),
        "video": tr("Video"),
        "subject": tr("Subject or tier"),
        "event": tr("Begins or ends"),
    }.get(role, "")
