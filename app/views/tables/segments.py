"""The segment table: list, filter, select and edit the current video's segments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.kit.keyboard import hand_on
from app.kit.labels import Label
from app.kit.plural import plural
from app.playback.player import Player
from app.services.labelling.on_screen import OnScreen
from app.state.change import Change
from app.state.current_video import TIMES, CurrentVideo
from app.views.fields import ChoiceBox, EmptyState, FindField
from app.views.frame_field import find_frame
from app.views.tables.cell_editors import SegmentDelegate, find_class
from app.views.tables.segments_model import CLASS, STOP, SegmentsModel
from app.views.tables.table import TableView
from skelseg_core.errors import EditError
from skelseg_core.labels.bulk_edits import delete_all_into_neighbours
from skelseg_core.labels.edits import relabel, start_at, stop_at
from skelseg_core.labels.reviewing import agree, agree_all
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.videos_and_tracks import Track

_Select = QItemSelectionModel.SelectionFlag


class SegmentsView(QWidget):
    """Show the annotation, edit it through the document, seek to the selected row.

    Signals ``left`` when the keyboard goes back to the timeline, and ``add_requested``
    where there is no video. It does nothing while hidden.
    """

    left = Signal()
    add_requested = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        on_screen: OnScreen,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._on_screen = on_screen
        self._document, self._session = current.document, current.session
        self._player, self._current = player, current
        self._shown = ""
        self._following = False
        self.model = SegmentsModel(self)
        self.search = FindField(self.tr("Find a class"))
        self.search.setToolTip(
            self.tr("Show segments whose class has this in its name")
        )
        self.kind = ChoiceBox(
            self.tr("Which segments to show"),
            [
                self.tr("All"),
                self.tr("By you"),
                self.tr("To review"),
                self.tr("Reviewed"),
                self.tr("Imported"),
                self.tr("Unlabelled"),
            ],
        )
        self.kind.setMinimumContentsLength(8)
        self.table = TableView(self.text, self)
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Segments"))
        self._delegate = SegmentDelegate(self.model, self.table)
        self.table.setItemDelegate(self._delegate)
        self.table.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(QTableView.EditTrigger.DoubleClicked)
        self.table.set_widths(
            ["10,000", "MM open drawer", "100,000", "00:00.000", "100,000",
             "1,000.000", "10,000", "Reviewed", "Confidence"]
        )  # fmt: skip
        self.table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.table.setSortingEnabled(True)
        self.count = Label()
        self.empty = EmptyState()
        self._add_commands()
        self._lay_out()
        self._connect()
        self._show_all()

    def _add_commands(self) -> None:
        add = self.table.add_command
        add(self.tr("Mark as reviewed, next"), "Return", self.review)
        add(self.tr("Edit"), "F2", self.edit)
        add(self.tr("Delete into neighbour"), "Delete", self.delete)
        self.table.add_copy_and_sort()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 12, 4)
        head.setSpacing(8)
        head.addWidget(self.search, 3)
        head.addWidget(self.kind, 2)
        self._head = QWidget()
        self._head.setLayout(head)
        self._pages = QStackedLayout()
        self.count.setContentsMargins(12, 4, 12, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addLayout(self._pages, 1)
        # Added here: a page without a parent would be shown as a window of its own.
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.empty)
        layout.addWidget(self.count)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_filter)
        self.search.left.connect(self.left)
        self.search.down.connect(self.table.setFocus)
        self.search.returnPressed.connect(self.table.setFocus)
        self.kind.currentIndexChanged.connect(self._on_filter)
        self.table.left.connect(self.left)
        self.table.entered.connect(self.review)
        self.table.deleted.connect(self.delete)
        self.table.edited.connect(self.edit)
        # A click on another row may close the editor: that row is handled first.
        queued = Qt.ConnectionType.QueuedConnection
        self.table.closed.connect(self._on_rows_moved, queued)
        self.table.clicked.connect(self._on_chosen)
        self.table.selectionModel().currentChanged.connect(self._on_current_changed)
        head = self.table.horizontalHeader()
        head.sortIndicatorChanged.connect(self._on_rows_moved)
        self._delegate.typed.connect(self.apply_typed)
        self.empty.clicked.connect(self._on_empty_clicked)
        self._document.changed.connect(self._on_changed)
        self._session.video_changed.connect(self._show_all)
        self._session.frame_changed.connect(self._follow)
        self._current.changed.connect(self._on_current)

    # -- what is shown --------------------------------------------------------------

    @property
    def item(self) -> Track | None:
        """The current video."""
        return self._document.project.find(self._session.track_id)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_all()

    def _show_all(self, *_: object) -> None:
        """Show the present state from scratch."""
        if not self.isVisible():
            self._shown = ""
            return
        project = self._document.project
        item, label_map = self.item, project.classes_of(self._session.track_id)
        self._delegate.label_map = label_map
        self._following = True
        if item is None:
            self.model.show(None, label_map, np.zeros(1))
        elif item.id == self._shown:
            self.model.refresh(item.annotation, label_map, self._moments_s(item))
        else:
            self.model.show(item.annotation, label_map, self._moments_s(item))
        self._shown = item.id if item is not None else ""
        self._following = False
        self._say_count()
        self._follow()

    def _on_changed(self, change: Change) -> None:
        if change.touches(self._session.track_id):
            self._show_all()

    def _on_current(self, what: str) -> None:
        item = self.item
        if what == TIMES and item is not None and item.id == self._shown:
            self._following = True
            self.model.set_moments(self._moments_s(item))
            self._following = False
            self._follow(again=True)

    def _moments_s(self, item: Track) -> np.ndarray:
        edges = np.append(item.annotation.starts, item.n_frames)
        return self._current.times_of(item).edges_s(edges)

    def _say_count(self) -> None:
        total, shown = len(self.model.segments), self.model.rowCount()
        none = not shown
        self._pages.setCurrentWidget(self.empty if none else self.table)
        hand_on(self, None if none else self.table)
        self._head.setVisible(bool(total))
        self.count.setVisible(bool(total))
        if total == shown:
            self.count.setText(plural("{n} segment(s)", total))
        else:
            text = plural("{shown} of {n} segment(s)", total, shown=f"{shown:,}")
            self.count.setText(text)
        if not total:
            text = self.tr("The segments of a video will appear here, one per row.")
            self.empty.say(text, self.tr("Add videos…"))
        elif none:
            self.empty.say(self.tr("No segment matches."), self.tr("Show all"))

    def _on_empty_clicked(self) -> None:
        if self.item is None:
            self.add_requested.emit()
        else:
            self.show_all_rows()

    def show_all_rows(self) -> None:
        """Clear the filter."""
        self.search.clear()
        self.kind.setCurrentIndex(0)
        self.table.setFocus()

    def _on_filter(self, *_: object) -> None:
        self._following = True
        self.model.set_filter(self.search.text(), self.kind.currentIndex())
        self._following = False
        self._say_count()
        self._follow(again=True)

    def _on_rows_moved(self, *_: object) -> None:
        # Other segments may be selected now.
        self._follow(again=True)

    # -- following the playhead ------------------------------------------------------

    def _number(self) -> int:
        """Return the segment under the frame that was sought last, or -1."""
        item = self.item
        if item is None or not self.model.segments:
            return -1
        frame = self._player.target if self._player.info else self._session.frame
        return item.annotation.index_at(min(frame, item.n_frames - 1))

    def _follow(self, _: object = None, again: bool = False) -> None:
        """Mark the row of the playhead; ``again`` where rows have moved."""
        if not self.isVisible():
            return
        number = self._number()
        if number != self.model.current or again:
            self.model.set_current(number)
            self._select(number, again)

    def _select(self, number: int, alone: bool = False) -> None:
        chosen = self.table.selectionModel()
        several = len(chosen.selectedRows()) > 1 and not alone
        if self.table.editing or several:
            return
        row = self.model.row_of(number)
        self._following = True
        if row < 0:
            chosen.clearSelection()
        else:
            column = max(CLASS, self.table.currentIndex().column())
            index = self.model.index(row, column)
            chosen.setCurrentIndex(index, _Select.ClearAndSelect | _Select.Rows)
            self.table.scrollTo(index)
        self._following = False

    def _on_current_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        if not self._following and current.isValid() and current.row() != before.row():
            self._on_chosen(current)

    def _on_chosen(self, index: QModelIndex) -> None:
        self._go_to(self.model.number_at(index.row()))

    def _go_to(self, number: int) -> None:
        segment = self.model.segments[number]
        self.model.set_current(number)
        # Seeking may end a growing segment, which changes the numbers.
        self._session.set_boundary(number - 1 if number else None)
        self._player.seek(segment.start)

    # -- edits -------------------------------------------------------------------------

    def chosen(self) -> list[int]:
        """Return the numbers of the selected segments, in the order of rows."""
        rows = self.table.selectionModel().selectedRows()
        return [self.model.number_at(i.row()) for i in sorted(rows)]

    def text(self) -> str:
        """Return the selected rows, or all, as text with tabs."""
        rows = sorted(i.row() for i in self.table.selectionModel().selectedRows())
        return self.model.tabbed(rows or list(range(self.model.rowCount())))

    def edit(self) -> None:
        """Edit the current cell, or the class if that cell cannot be edited."""
        index = self.table.currentIndex()
        if not index.isValid():
            return
        if not index.flags() & Qt.ItemFlag.ItemIsEditable:
            index = index.siblingAtColumn(CLASS)
            self.table.selectionModel().setCurrentIndex(index, _Select.NoUpdate)
        self.table.edit(index)

    def review(self) -> None:
        """Agree with the selected segments and go to the next row."""
        numbers = self.chosen()
        if not numbers:
            return
        row = self.table.currentIndex().row()
        following = row + 1 if row + 1 < self.model.rowCount() else row
        number = self.model.number_at(following)
        sight = self._on_screen.sight

        def agreed(value: Segmentation) -> Segmentation:
            if len(numbers) == 1:
                return agree(value, numbers[0], sight)
            return agree_all(value, numbers, sight)

        self._edit(self.tr("Mark as reviewed, next"), agreed)
        item = self.item
        if item and all(item.annotation.segments[n].class_reviewed for n in numbers):
            self._go_to(number)
            self._select(number, alone=True)

    def delete(self) -> None:
        """Delete the selected segments into their neighbours."""
        numbers = self.chosen()
        if numbers:
            text = plural("Delete {n} segment(s)", len(numbers))
            sight = self._on_screen.sight
            self._edit(text, lambda s: delete_all_into_neighbours(s, numbers, sight))
            self._select(self._number(), alone=True)

    def _edit(self, text: str, edit: Callable[[Segmentation], Segmentation]) -> bool:
        item = self.item
        return item is not None and self._document.edit_lane(text, item.id, edit)

    def apply_typed(self, segment: Segment, column: int, text: str) -> None:
        """Make the edit that a text typed into a cell asks for."""
        item = self.item
        if item is None or not text.strip():
            return
        if column == CLASS:
            self._edit(self.tr("Change class"), lambda s: self._named(s, segment, text))
            return
        times = self._current.times_of(item)
        place, words = start_at, self.tr("Move start")
        if column == STOP:
            place, words = stop_at, self.tr("Move stop")
        moved: list[int] = []

        def move(value: Segmentation) -> Segmentation:
            frame, number = find_frame(text, times), _unchanged_number(value, segment)
            moved[:] = [frame if column != STOP else segment.start]
            # The table shows the last frame of a segment, not the one after.
            return place(value, number, frame + (column == STOP))

        if self._edit(words, move):
            # The playhead stays in the edited segment.
            self._player.seek(moved[0])

    def _named(self, value: Segmentation, segment: Segment, text: str) -> Segmentation:
        label_map = self._document.project.classes_of(self._session.track_id)
        if text.strip() == self.model.class_text(segment):
            return value
        class_id = find_class(text, label_map, self.model.unlabelled)
        number = _unchanged_number(value, segment)
        same = class_id == segment.class_id and not segment.undecided
        return value if same else relabel(value, number, class_id)


def _unchanged_number(value: Segmentation, segment: Segment) -> int:
    """Return the number of a segment; raise EditError if it has changed."""
    number = value.index_at(min(segment.start, value.n_frames - 1))
    if value.segments[number] != segment:
        raise EditError("The segment has changed meanwhile. Edit it again.")
    return number
