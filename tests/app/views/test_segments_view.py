"""The table of segments, by real keys and clicks, in step with the rest."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.views.tables.segments import SegmentsView
from app.views.tables.segments_model import (
    CLASS,
    CONFIDENCE,
    FRAMES,
    MODEL,
    NUMBER,
    OPEN,
    PERSON,
    SECONDS,
    SOURCE,
    START,
    STOP,
    TIME,
    SegmentsModel,
)
from app.window.project_window import ProjectWindow
from skelseg_core.errors import EditError
from skelseg_core.labels.bulk_edits import delete_all_into_neighbours
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import move_boundary, paint, relabel, split
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import set_lane
from tests.app.windows import mixed, opened
from tests.seen import ALL, review
from tests.soak import examples

# Where there is no screen, lists over the window can be neither raised nor hold keys.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    before = project_folder.load()
    project_folder.save(set_lane(before, "one", ANNOTATION, mixed()), before)
    with opened(qtbot, project_folder) as project_window:
        QTest.keyClick(project_window.window, Key.Key_F3)
        assert project_window.docks.segments.isVisible()
        assert project_window.docks.segments.table.hasFocus()
        yield project_window


def view(project_window: ProjectWindow) -> SegmentsView:
    return project_window.docks.segments


def annotation(project_window: ProjectWindow) -> Segmentation:
    return project_window.document.project.track("one").annotation


def texts(project_window: ProjectWindow, column: int) -> list[str]:
    model = view(project_window).model
    return [str(model.index(r, column).data()) for r in range(model.rowCount())]


def current(project_window: ProjectWindow) -> int:
    """Number of the segment of the current row."""
    return view(project_window).model.number_at(
        view(project_window).table.currentIndex().row()
    )


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    """Press a key where the keyboard is."""
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifier)


def edit(project_window: ProjectWindow, row: int, column: int, text: str) -> None:
    """Type into a cell by F2 and Return."""
    table = view(project_window).table
    # Where there is no screen, a list over the window takes its activation along.
    project_window.window.activateWindow()
    QApplication.processEvents()
    table.setCurrentIndex(view(project_window).model.index(row, column))
    press(Key.Key_F2)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert editor.selectedText() == editor.text()
    QTest.keyClicks(editor, text)
    finish(editor)


def finish(editor: QWidget) -> None:
    """Press Return in the field of a cell, which closes once that is dealt with."""
    QTest.keyClick(editor, Key.Key_Return)
    for _ in range(2):
        QApplication.processEvents()


def click(project_window: ProjectWindow, row: int, column: int = CLASS) -> None:
    table = view(project_window).table
    place = table.visualRect(view(project_window).model.index(row, column)).center()
    QTest.mouseClick(table.viewport(), LEFT, NONE, place)


def test_rows_say_what_the_annotation_says(project_window: ProjectWindow) -> None:
    assert texts(project_window, START) == ["0", "20", "45", "60", "70"]
    assert texts(project_window, STOP) == ["19", "44", "59", "69", "89"]
    assert texts(project_window, SOURCE) == ["You", "Model", "", "Reviewed", "Imported"]
    assert texts(project_window, CONFIDENCE) == ["", "0.81", "", "0.25", ""]
    times = project_window.player.info.times.starts_s
    assert texts(project_window, TIME)[1] == f"0:{times[20]:06.3f}"
    assert texts(project_window, SECONDS)[1] == f"{times[45] - times[20]:.3f}"


def test_the_ends_of_the_video_are_not_edited(project_window: ProjectWindow) -> None:
    model = view(project_window).model
    for row, column in ((0, START), (0, TIME), (4, STOP), (1, NUMBER), (1, SECONDS)):
        assert not model.flags(model.index(row, column)) & Qt.ItemFlag.ItemIsEditable


def test_rows_are_of_the_class_and_the_origin_that_is_chosen(
    project_window: ProjectWindow,
) -> None:
    shown = view(project_window)
    for kind, rows in ((PERSON, ["1"]), (MODEL, ["2", "5"]), (OPEN, ["3"])):
        shown.kind.setCurrentIndex(kind)
        assert texts(project_window, NUMBER) == rows
    shown.search.setText("walk")
    assert not shown.table.isVisible()
    QTest.mouseClick(shown.empty.button, LEFT)
    assert len(texts(project_window, NUMBER)) == 5


def test_the_row_under_the_playhead_is_marked_and_keeps_the_focus_elsewhere(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    project_window.docks.timeline.setFocus()
    for frame, number in ((50, 2), (89, 4), (0, 0), (19, 0), (20, 1)):
        project_window.player.seek(frame)
        qtbot.waitUntil(
            lambda f=frame: project_window.session.frame == f, timeout=20_000
        )
        assert view(project_window).model.current == current(project_window) == number
        assert project_window.docks.timeline.hasFocus()


def test_a_row_that_is_chosen_seeks_and_selects_its_boundary(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    click(project_window, 3)
    assert (project_window.player.target, project_window.session.boundary) == (60, 2)
    press(Key.Key_Up)
    assert (project_window.player.target, project_window.session.boundary) == (45, 1)
    press(Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert (project_window.player.target, project_window.session.boundary) == (0, None)
    press(Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert (project_window.player.target, project_window.session.boundary) == (70, 3)
    qtbot.waitUntil(lambda: project_window.session.frame == 70, timeout=20_000)
    # The playhead went elsewhere within the segment: the same row goes back.
    project_window.player.seek(80)
    click(project_window, 4)
    assert project_window.player.target == 70
    # The boundary that was chosen here is nudged by the window's own key.
    press(Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert annotation(project_window).boundaries.tolist() == [20, 45, 60, 69]
    assert current(project_window) == 4


def test_the_boundary_is_the_right_one_where_going_there_ends_what_grew(
    project_window: ProjectWindow,
) -> None:
    def grown() -> None:
        project_window.player.jumped.disconnect(grown)
        project_window.document.edit_lane("Grown", "one", lambda s: paint(s, 5, 10, 2))

    project_window.player.jumped.connect(grown)
    click(project_window, 3)
    assert project_window.player.target == 60
    assert project_window.session.boundary is not None
    project_window.services.labelling.segment_editor.nudge(2)
    assert list(annotation(project_window).boundaries) == [5, 10, 20, 45, 62, 70]


def test_a_class_is_chosen_from_the_list(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    table = view(project_window).table
    table.setCurrentIndex(view(project_window).model.index(1, CLASS))
    press(Key.Key_F2)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    popup = QApplication.activePopupWidget()
    assert popup is not None
    assert popup.model().rowCount() == 5
    for _ in range(4):
        QTest.keyClick(popup, Key.Key_Down)
    QTest.keyClick(popup, Key.Key_Return)
    qtbot.waitUntil(lambda: annotation(project_window) == relabel(mixed(), 1, 3))
    assert table.hasFocus()


def test_digits_typed_into_a_cell_label_nothing(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    view(project_window).table.setCurrentIndex(
        view(project_window).model.index(3, START)
    )
    press(Key.Key_F2)
    for key in (Key.Key_1, Key.Key_S, Key.Key_Delete, Key.Key_Backspace):
        press(key)
    press(Key.Key_Escape)
    assert annotation(project_window) == mixed()
    # And the same keys are commands again in the table itself.
    qtbot.waitUntil(lambda: project_window.session.frame == 60, timeout=20_000)
    press(Key.Key_4)
    assert annotation(project_window) == relabel(mixed(), 3, 3)


def test_return_reviews_and_goes_on_once(project_window: ProjectWindow) -> None:
    click(project_window, 0)
    press(Key.Key_Return)
    assert annotation(project_window) == mixed()
    assert current(project_window) == 1
    press(Key.Key_Return)
    assert annotation(project_window) == review(mixed(), 1)
    assert (current(project_window), project_window.player.target) == (2, 45)
    for held in (Key.Key_Return, Key.Key_Delete):
        kind, bare = QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier
        again = QKeyEvent(kind, held, bare, "", autorep=True)
        QApplication.sendEvent(view(project_window).table, again)
    assert annotation(project_window) == review(mixed(), 1)
    assert not project_window.docks.messages.isVisible(), "a held key goes no further"
    press(Key.Key_Return)
    assert "cannot be reviewed" in project_window.docks.messages.text.text()
    assert current(project_window) == 2
    assert project_window.document.undo_stack.count() == 1


def test_tab_and_escape_leave_and_panels_stay(project_window: ProjectWindow) -> None:
    table = view(project_window).table
    press(Key.Key_Tab)
    assert not table.hasFocus()
    assert view(project_window).isVisible()
    table.setFocus()
    press(Key.Key_Escape)
    assert project_window.docks.timeline.hasFocus()
    press(Key.Key_F12)
    assert not view(project_window).isVisible()
    press(Key.Key_F12)
    assert view(project_window).isVisible()


def test_what_is_reviewed_leaves_the_rows_to_review(
    project_window: ProjectWindow,
) -> None:
    shown = view(project_window)
    shown.kind.setCurrentIndex(MODEL)
    shown.table.setFocus()
    shown.table.setCurrentIndex(shown.model.index(0, CLASS))
    shown.table.selectRow(0)
    press(Key.Key_Return)
    assert annotation(project_window) == review(mixed(), 1)
    assert texts(project_window, NUMBER) == ["5"]
    shown.table.selectRow(0)
    press(Key.Key_Return)
    assert shown.model.rowCount() == 0
    assert shown.empty.button.text() == "Show all"


def test_columns_sort_by_a_click_and_edits_keep_their_order(
    project_window: ProjectWindow,
) -> None:
    shown = view(project_window)
    head = shown.table.horizontalHeader()
    for column, wanted in (
        (FRAMES, ["4", "3", "1", "5", "2"]),
        (CLASS, ["4", "2", "1", "5", "3"]),
        (CONFIDENCE, ["4", "2", "1", "3", "5"]),
        (SOURCE, ["1", "2", "4", "5", "3"]),
    ):
        x = head.sectionViewportPosition(column) + 12
        shown.table.horizontalScrollBar().setValue(0)
        x = head.sectionViewportPosition(column) + 12
        if x > head.viewport().width():
            shown.table.horizontalScrollBar().setValue(10_000)
            x = head.sectionViewportPosition(column) + 12
        place = QPoint(x, head.height() // 2)
        QTest.mouseClick(head.viewport(), LEFT, NONE, place)
        assert texts(project_window, NUMBER) == wanted
        assert current(project_window) == shown.model.current == 0
    shown.table.sortByColumn(FRAMES, Qt.SortOrder.DescendingOrder)
    assert texts(project_window, NUMBER) == ["2", "1", "5", "3", "4"]
    edit(project_window, 4, STOP, "87")
    assert texts(project_window, FRAMES) == ["28", "25", "20", "15", "2"]
    assert texts(project_window, NUMBER) == ["4", "2", "1", "3", "5"]
    assert current(project_window) == 3


def test_the_context_menu_offers_what_the_keys_do(
    project_window: ProjectWindow,
) -> None:
    click(project_window, 1)
    named = {a.text().split("\t")[0]: a for a in view(project_window).table.actions()}
    named["Mark as reviewed, next"].trigger()
    assert annotation(project_window) == review(mixed(), 1)
    assert current(project_window) == 2
    named["Delete into neighbour"].trigger()
    assert annotation(project_window) == delete_all_into_neighbours(
        review(mixed(), 1), [2], ALL
    )
    sort = named["Sort by"].menu()
    assert [a.text() for a in sort.actions()][CLASS] == "Class"
    sort.actions()[FRAMES].trigger()
    assert texts(project_window, FRAMES)[0] == "10"
    sort.actions()[FRAMES].trigger()
    assert texts(project_window, FRAMES)[-1] == "10"


def test_an_editor_of_a_segment_that_changed_meanwhile_changes_nothing(
    project_window: ProjectWindow,
) -> None:
    view(project_window).table.setCurrentIndex(
        view(project_window).model.index(1, START)
    )
    press(Key.Key_F2)
    editor = QApplication.focusWidget()
    assert editor is not None
    project_window.document.edit_lane("Split", "one", lambda s: split(s, 30))
    QTest.keyClicks(editor, "25")
    finish(editor)
    assert annotation(project_window) == split(mixed(), 30)
    assert "has changed meanwhile" in project_window.docks.messages.text.text()


def test_a_click_on_another_row_finishes_what_is_typed_and_goes_there(
    project_window: ProjectWindow,
) -> None:
    table = view(project_window).table
    table.setCurrentIndex(view(project_window).model.index(1, START))
    press(Key.Key_F2)
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClicks(editor, "23")
    click(project_window, 3)
    QApplication.processEvents()
    assert annotation(project_window) == move_boundary(mixed(), 0, 23)
    assert (
        current(project_window),
        project_window.player.target,
        project_window.session.boundary,
    ) == (3, 60, 2)
    assert [i.row() for i in table.selectionModel().selectedRows()] == [3]


# -- the model against doing it plainly -----------------------------------------------

NAMES = label_map_from_names(["b", "a", "c"])


class Watcher:
    """What a view holds of a model by its signals alone."""

    def __init__(self, model: SegmentsModel) -> None:
        self.model, self.resets = model, 0
        self.rows = self._all()
        self.changed = 0
        model.modelReset.connect(self._on_reset)
        model.rowsInserted.connect(self._on_inserted)
        model.rowsRemoved.connect(self._on_removed)
        model.dataChanged.connect(self._on_changed)

    def _row(self, row: int) -> list[str]:
        n = self.model.number_at(row)
        return [self.model.text(n, c) for c in range(self.model.columnCount())]

    def _all(self) -> list[list[str]]:
        return [self._row(r) for r in range(self.model.rowCount())]

    def _on_reset(self) -> None:
        self.resets += 1
        self.rows = self._all()

    def _on_inserted(self, _: QModelIndex, first: int, last: int) -> None:
        self.rows[first:first] = [self._row(r) for r in range(first, last + 1)]

    def _on_removed(self, _: QModelIndex, first: int, last: int) -> None:
        del self.rows[first : last + 1]

    def _on_changed(self, a: QModelIndex, b: QModelIndex) -> None:
        for row in range(a.row(), b.row() + 1):
            for column in range(a.column(), b.column() + 1):
                self.changed += 1
                number = self.model.number_at(row)
                self.rows[row][column] = self.model.text(number, column)

    def check(self) -> None:
        assert self.rows == self._all()


def _shown(value: Segmentation) -> np.ndarray:
    return np.append(value.starts, value.n_frames) / 25


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_a_view_that_follows_the_signals_shows_the_truth(
    seed: int, plain: bool
) -> None:
    dice = random.Random(seed)
    labels = np.repeat([dice.choice([-1, 0, 1, 2]) for _ in range(40)], 4)
    value = Segmentation.from_frames(labels, "model", np.full(160, 0.5))
    model = SegmentsModel()
    model.show(value, NAMES, _shown(value))
    watcher = Watcher(model)
    for _ in range(12):
        act = dice.randrange(3 if plain else 6)
        number = dice.randrange(len(value))
        try:
            if act == 0:
                value = split(value, dice.randrange(160))
            elif act == 1:
                value = delete_all_into_neighbours(value, [number])
            elif act == 2:
                value = dice.choice([review, lambda s, n: relabel(s, n, None)])(
                    value, number
                )
            elif act == 3:
                value = move_boundary(value, number, dice.randrange(160))
            elif act == 4:
                model.sort(dice.randrange(9), dice.choice(list(Qt.SortOrder)))
            else:
                model.set_filter(dice.choice(["", "a", "un"]), dice.randrange(6))
        except EditError:
            continue
        model.refresh(value, NAMES, _shown(value))
        watcher.check()
        shown = [model.number_at(r) for r in range(model.rowCount())]
        assert [model.row_of(n) for n in shown] == list(range(len(shown)))
        if plain:
            assert shown == list(range(len(value)))
    assert watcher.resets == 0


def test_one_moved_boundary_changes_two_rows_of_ten_thousand() -> None:
    parts = [Segment(4 * n, 4 * n + 4, n % 3) for n in range(10_000)]
    value = Segmentation(tuple(parts))
    model = SegmentsModel()
    model.show(value, NAMES, _shown(value))
    watcher = Watcher(model)
    after = move_boundary(value, 4_999, 20_001)
    model.refresh(after, NAMES, _shown(after))
    watcher.check()
    assert (watcher.resets, watcher.changed) == (0, 2 * 9)
    model.sort(FRAMES, Qt.SortOrder.DescendingOrder)
    assert model.number_at(0) == 4_999
    assert model.number_at(9_999) == 5_000


def test_a_model_holds_to_the_rules_of_qt(qtbot: QtBot, qtmodeltester: object) -> None:
    value = mixed()
    model: QAbstractItemModel = SegmentsModel()
    assert isinstance(model, SegmentsModel)
    model.show(value, NAMES, _shown(value))
    qtmodeltester.check(model)  # type: ignore[attr-defined]
