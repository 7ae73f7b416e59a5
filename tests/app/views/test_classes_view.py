"""The palette of classes, worked with by real keys and mouse events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.kit.shifted_digits import digit_of
from app.services.after_save import AfterSave
from app.services.jobs import Jobs
from app.services.labelling.class_editor import ClassEditor
from app.services.labelling.segment_editor import SegmentEditor
from app.services.task_runner import TaskRunner
from app.state.document import Document
from app.state.session import Session
from app.views.classes.class_menu import DestinationDialog
from app.views.classes.class_model import COUNT
from app.views.classes.classes import ClassesView
from skelseg_core.engine.worker_process import Worker
from skelseg_core.labels.classes import PALETTE
from skelseg_core.labels.edits import paint, relabel
from skelseg_core.project.class_edits import group_class, rename_class, set_class_key
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_annotator_lane
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.app.timeline.test_tools import PREDICTED, FakePlayer, make_document

# Menus on the screen that is none: it has no windows to raise and no keys to hold.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

Key, Button = Qt.Key, Qt.MouseButton
NOTHING = Qt.KeyboardModifier.NoModifier
W = TypeVar("W", bound=QWidget)


class Bench(QObject):
    """The palette beside a stand-in for the timeline, wired as the window does it."""

    def __init__(self, document: Document, qtbot: QtBot) -> None:
        super().__init__()
        self.wait: Callable[[Callable[[], bool]], None] = qtbot.waitUntil
        self.document, self.session = document, Session()
        self.session.set_video("one")
        self.jobs = Jobs(Worker())
        self.notices = Notices()
        self.verbs = ClassEditor(
            TaskRunner(
                document, self.jobs, AfterSave(document, self.jobs), self.notices
            )
        )
        player = FakePlayer(self.session)
        self.segment_editor = SegmentEditor(
            document,
            self.session,
            player,
            self.notices,  # type: ignore[arg-type]
        )
        self.window = QWidget()
        self.timeline = QWidget()
        self.timeline.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view = ClassesView(self.verbs)
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.timeline)
        layout.addWidget(self.view, 1)
        self.view.class_chosen.connect(self.segment_editor.apply_class)
        self.view.left.connect(self.timeline.setFocus)
        self.said: list[str] = []
        self.problems: list[str] = []
        self.notices.said.connect(self.said.append)
        document.problem.connect(self.problems.append)
        self.window.resize(280, 640)

    @property
    def project(self) -> Project:
        return self.document.project

    @property
    def names(self) -> tuple[str, ...]:
        return self.project.label_map.names

    @property
    def shown(self) -> list[str]:
        model = self.view.list.model()
        return [str(model.index(r, 0).data()) for r in range(model.rowCount())]

    @property
    def focused(self) -> QWidget | None:
        return QApplication.focusWidget()

    def row(self, name: str) -> QPoint:
        index = self.view.list.model().index(self.shown.index(name), 0)
        return self.view.list.visualRect(index).center()

    def button(self, name: str) -> QPoint:
        index = self.view.list.model().index(self.shown.index(name), 0)
        return self.view.list.button_in(self.view.list.visualRect(index)).center()

    def click(self, name: str, button: Button = Button.LeftButton) -> None:
        QTest.mouseClick(self.view.list.viewport(), button, NOTHING, self.row(name))

    def double_click(self, name: str) -> None:
        self.click(name)
        viewport = self.view.list.viewport()
        QTest.mouseDClick(viewport, Button.LeftButton, NOTHING, self.row(name))

    def key(self, key: Key, held: Qt.KeyboardModifier = NOTHING) -> None:
        # After a dialog the focus comes back on its own time.
        self.wait(lambda: self.focused is not None)
        assert self.focused is not None
        QTest.keyClick(self.focused, key, held)

    def type(self, text: str) -> None:
        assert self.focused is not None
        QTest.keyClicks(self.focused, text)

    def editor(self) -> QLineEdit:
        found = self.view.list.viewport().findChildren(QLineEdit)
        assert len(found) == 1
        return found[0]

    def at(self, frame: int) -> str:
        lane = self.project.track("one").annotation
        return self.project.label_map.name_of(lane.at(frame).class_id)

    def count(self, name: str) -> int:
        model = self.view.list.model()
        return int(model.index(self.shown.index(name), 0).data(COUNT))


@pytest.fixture
def bench(tmp_path: Path, qtbot: QtBot) -> Iterator[Bench]:
    document = make_document(tmp_path / "kitchen")
    made = Bench(document, qtbot)
    qtbot.addWidget(made.window)
    made.window.show()
    assert QTest.qWaitForWindowExposed(made.window, 20_000)
    made.window.activateWindow()
    made.timeline.setFocus()
    qtbot.waitUntil(made.timeline.hasFocus)
    yield made
    made.jobs.close()
    document.close()


def answer(kind: type[W], do: Callable[[W], object]) -> list[W]:
    """Do something with the dialog that is about to open."""
    met: list[W] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, kind) and dialog.isVisible():
            timer.stop()
            met.append(dialog)
            do(dialog)

    timer = QTimer(QApplication.instance())
    timer.timeout.connect(look)
    timer.start(5)
    return met


def press_return(dialog: QDialog) -> None:
    QTest.keyClick(dialog, Key.Key_Return)


def open_menu(bench: Bench, name: str) -> QMenu:
    bench.click(name, Button.RightButton)
    viewport = bench.view.list.viewport()
    at = bench.row(name)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at)
    )
    QApplication.sendEvent(viewport, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def entry(menu: QMenu, *texts: str) -> QAction:
    for text in texts[:-1]:
        sub = next(a.menu() for a in menu.actions() if a.text().startswith(text))
        assert isinstance(sub, QMenu)
        menu = sub
    return next(a for a in menu.actions() if a.text().startswith(texts[-1]))


def choose(bench: Bench, name: str, *texts: str) -> None:
    """Open the menu of a class and click an entry, or one of a submenu."""
    menu = open_menu(bench, name)
    for n in range(len(texts)):
        action = entry(menu, texts[n])
        at = menu.actionGeometry(action).center()
        QTest.mouseClick(menu, Button.LeftButton, NOTHING, at)
        if n < len(texts) - 1:
            found = action.menu()
            assert isinstance(found, QMenu)
            bench.wait(found.isVisible)
            menu = found
    QApplication.processEvents()


# -- choosing -----------------------------------------------------------------------


def test_a_click_selects_and_the_button_in_the_row_labels(bench: Bench) -> None:
    bench.session.set_frame(200)
    before = bench.project
    bench.click("open drawer")
    assert bench.project == before
    assert bench.view.current is not None
    assert bench.view.current.name == "open drawer"
    assert bench.timeline.hasFocus()

    viewport, at = bench.view.list.viewport(), bench.button("reach")
    QTest.mousePress(viewport, Button.LeftButton, NOTHING, at)
    QTest.mouseRelease(viewport, Button.LeftButton, NOTHING, bench.row("reach"))
    assert bench.project is before, "let go beside it"
    bench.session.set_range(90, 120)
    QTest.mouseClick(viewport, Button.LeftButton, NOTHING, at)
    QTest.mouseDClick(viewport, Button.LeftButton, NOTHING, at)
    assert (bench.at(100), bench.at(200)) == ("reach", "walk"), "two clicks are one"
    assert bench.document.undo_stack.index() == 1
    assert bench.view.current.name == "open drawer", "and nothing else is selected"
    assert bench.timeline.hasFocus()
    assert not viewport.findChildren(QLineEdit)


def test_the_arrows_choose_while_somebody_types(bench: Bench) -> None:
    bench.session.set_frame(100)
    bench.view.find_class()
    bench.type("a")
    assert bench.shown == ["walk", "reach", "open drawer"]
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Up, Key.Key_PageDown):
        bench.key(key)
    assert bench.view.filter.hasFocus()
    bench.key(Key.Key_Enter)
    assert bench.at(100) == "open drawer"


def test_escape_leaves_and_labels_nothing(bench: Bench) -> None:
    before = bench.project
    bench.view.find_class()
    bench.type("walk")
    bench.key(Key.Key_Escape)
    assert bench.timeline.hasFocus()
    assert bench.project == before
    assert len(bench.shown) == 3


def test_without_a_match_it_says_so_and_offers_to_add(bench: Bench) -> None:
    before = bench.project
    bench.view.find_class()
    bench.type("fly  high")
    bench.key(Key.Key_Return)
    assert bench.project == before
    assert bench.view.empty.isVisible()
    assert not bench.view.list.isVisible()
    assert bench.view.add_typed.text() == "Add “fly high”"
    QTest.mouseClick(bench.view.add_typed, Button.LeftButton)
    assert bench.names[-1] == "fly high"
    assert bench.view.list.isVisible()
    assert bench.view.current is not None
    assert bench.view.current.name == bench.names[-1]


def test_the_list_alone_labels_by_keys(bench: Bench) -> None:
    bench.session.set_frame(350)
    assert not bench.view.list.is_highlighted
    bench.view.find_class()
    assert bench.view.list.is_highlighted
    bench.key(Key.Key_Tab)
    assert bench.view.list.hasFocus()
    assert bench.view.list.is_highlighted
    bench.key(Key.Key_End)
    bench.key(Key.Key_Return)
    assert bench.at(350) == "open drawer"
    assert bench.timeline.hasFocus()


# -- counts -------------------------------------------------------------------------


def test_counts_follow_edits_and_undo(bench: Bench) -> None:
    assert [bench.count(n) for n in bench.names] == [1, 1, 1]
    first, second = bench.project.label_map.ids[:2]
    bench.document.edit_lane("Paint", "one", lambda s: paint(s, 600, 650, second))
    assert [bench.count(n) for n in bench.names] == [1, 2, 2]
    bench.document.undo_stack.undo()
    assert [bench.count(n) for n in bench.names] == [1, 1, 1]
    bench.verbs.delete(second, first)
    assert [bench.count(n) for n in bench.names] == [1, 1], "what touches is one"
    bench.document.undo_stack.undo()
    assert [bench.count(n) for n in bench.names] == [1, 1, 1]


def test_a_class_of_many_segments_goes_in_a_thread_and_after_edits_of_the_meantime(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.labelling.class_editor.LARGE_SEGMENTS", 0)
    first, second = bench.project.label_map.ids[:2]
    bench.verbs.delete(second, first)
    bench.document.edit_lane("Paint", "one", lambda s: paint(s, 600, 650, second))
    assert [bench.count(n) for n in bench.names] == [1, 2, 2]
    bench.wait(lambda: second not in bench.project.label_map.ids)
    assert [bench.count(n) for n in bench.names] == [2, 2]
    assert bench.document.undo_stack.count() == 2
    assert len(bench.said) == 1
    bench.document.undo_stack.undo()
    assert [bench.count(n) for n in bench.names] == [1, 2, 2]


# -- names --------------------------------------------------------------------------


def test_f2_renames_in_one_step(bench: Bench) -> None:
    bench.view.find_class()
    bench.key(Key.Key_Tab)
    bench.key(Key.Key_Home)
    bench.key(Key.Key_F2)
    bench.editor().selectAll()
    bench.type("stroll")
    bench.key(Key.Key_Return)
    QApplication.processEvents()
    assert bench.names == ("stroll", "reach", "open drawer")
    assert bench.view.list.hasFocus()
    bench.key(Key.Key_Escape)
    assert bench.timeline.hasFocus()
    bench.document.undo_stack.undo()
    assert bench.names[0] == "walk"


def test_a_double_click_renames_and_leaves_undo_and_redo_alone(bench: Bench) -> None:
    bench.session.set_frame(100)
    bench.segment_editor.split()
    bench.document.undo_stack.undo()
    bench.session.set_range(90, 120)
    before = bench.project
    bench.double_click("open drawer")
    assert bench.project == before
    assert (bench.session.range_in, bench.session.range_out) == (90, 120)
    bench.key(Key.Key_Escape)
    assert bench.project == before
    assert bench.document.undo_stack.redoText() == "Split", "the real redo is there"
    bench.wait(lambda: not bench.view.list.viewport().findChildren(QLineEdit))

    bench.double_click("open drawer")
    bench.editor().selectAll()
    bench.type("pull drawer")
    bench.key(Key.Key_Return)
    QApplication.processEvents()
    assert bench.names[2] == "pull drawer"
    assert bench.timeline.hasFocus()


def test_a_name_that_is_there_is_refused_with_a_sentence(bench: Bench) -> None:
    bench.double_click("walk")
    bench.editor().selectAll()
    bench.type("reach")
    bench.key(Key.Key_Return)
    QApplication.processEvents()
    assert bench.names[0] == "walk"
    assert bench.problems == [
        "A class 'reach' already exists; choose another name, or merge the two."
    ]


def test_adding_and_naming_is_one_step(bench: Bench) -> None:
    steps = bench.document.undo_stack.count()
    QTest.mouseClick(bench.view.add_button, Button.LeftButton)
    assert bench.editor().text() == "new class"
    bench.type("carry")
    bench.key(Key.Key_Return)
    QApplication.processEvents()
    assert bench.names[-1] == "carry"
    added = bench.project.label_map.classes[-1]
    assert (added.key, added.color) == ("4", PALETTE[3])
    assert bench.document.undo_stack.count() == steps + 1
    assert bench.timeline.hasFocus()
    bench.document.undo_stack.undo()
    assert len(bench.names) == 3


# -- order --------------------------------------------------------------------------


def drag(bench: Bench, name: str, to: QPoint, *, release: bool = True) -> None:
    viewport = bench.view.list.viewport()
    start = bench.row(name)
    QTest.mousePress(viewport, Button.LeftButton, NOTHING, start)
    for share in (0.3, 0.6, 1.0):
        at = QPoint(start.x(), round(start.y() + (to.y() - start.y()) * share))
        QTest.mouseMove(viewport, at)
        _move(viewport, at)
    if release:
        QTest.mouseRelease(viewport, Button.LeftButton, NOTHING, to)


def _move(widget: QWidget, at: QPoint) -> None:
    where = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        QPointF(widget.mapToGlobal(at)),
        Button.NoButton,
        Button.LeftButton,
        NOTHING,
    )
    QApplication.sendEvent(widget, event)


def test_a_class_is_dragged_to_its_place(bench: Bench) -> None:
    before = bench.project
    drag(bench, "walk", bench.row("open drawer") + QPoint(0, 8))
    assert bench.names == ("reach", "open drawer", "walk")
    assert bench.project.track("one") is before.track("one"), "and nothing is labelled"
    assert bench.timeline.hasFocus()
    drag(bench, "walk", bench.row("reach") - QPoint(0, 8))
    assert bench.names == ("walk", "reach", "open drawer")
    bench.document.undo_stack.undo()
    bench.document.undo_stack.undo()
    assert bench.project == before


def test_a_class_whose_button_came_up_unseen_is_let_go(bench: Bench) -> None:
    before, viewport = bench.project, bench.view.list.viewport()
    drag(bench, "walk", bench.row("open drawer"), release=False)
    low = bench.row("open drawer") + QPoint(0, 8)
    bare = QPointF(low)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        bare,
        QPointF(viewport.mapToGlobal(bare)),
        Button.NoButton,
        Button.NoButton,
        NOTHING,
    )
    QApplication.sendEvent(viewport, event)
    QTest.mouseRelease(viewport, Button.LeftButton, NOTHING, low)
    assert bench.names == before.label_map.names


def test_alt_and_arrows_move_a_class_among_those_shown(bench: Bench) -> None:
    alt = Qt.KeyboardModifier.AltModifier
    bench.view.find_class()
    bench.type("w")
    bench.key(Key.Key_Tab)
    assert bench.shown == ["walk", "open drawer"]
    bench.key(Key.Key_Home)
    bench.key(Key.Key_Down, alt)
    assert bench.names == ("reach", "open drawer", "walk")
    assert bench.view.current is not None
    assert bench.view.current.name == "walk"
    bench.key(Key.Key_Down, alt)
    bench.key(Key.Key_Up, alt)
    assert bench.names == ("reach", "walk", "open drawer")


# -- the menu -----------------------------------------------------------------------


def test_the_menu_key_opens_the_menu_of_the_selected_class(bench: Bench) -> None:
    bench.view.find_class()
    bench.key(Key.Key_Tab)
    bench.key(Key.Key_Down)
    QApplication.sendEvent(
        bench.view.list,
        QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint()),
    )
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [a.text().split("\t")[0] for a in menu.actions() if not a.isSeparator()]
    assert texts == [
        *("Rename", "Colour…", "Key", "Description…", "Group"),
        *("Move up", "Move down", "Merge into…", "Delete…"),
    ]
    menu.close()


def test_a_key_is_swapped_and_that_is_said(bench: Bench) -> None:
    menu = open_menu(bench, "walk")
    assert entry(menu, "Key", "1").isChecked()
    assert entry(menu, "Key", "3").text() == "3\topen drawer"
    menu.close()
    QApplication.processEvents()
    choose(bench, "walk", "Key", "3")
    assert [c.key for c in bench.project.label_map.classes] == ["3", "2", "1"]
    assert bench.said == ["walk now has the key 3, and open drawer has 1."]
    choose(bench, "walk", "Key", "No key")
    assert bench.project.label_map.classes[0].key == ""
    choose(bench, "walk", "Key", "2")
    assert bench.said[-1] == "walk now has the key 2, and reach has none."


# -- merging and deleting -----------------------------------------------------------


def test_deleting_asks_for_the_destination_alone(bench: Bench) -> None:
    bench.document.apply(
        "Anna", lambda p: add_annotator_lane(p, "one", "Anna", PREDICTED)
    )
    before = bench.project

    def look(dialog: DestinationDialog) -> None:
        combo = dialog.findChild(QComboBox)
        assert combo is not None
        assert combo.currentText() == "Unlabelled"
        said = [label.text() for label in dialog.findChildren(QLabel)]
        assert said == [
            "Segments of “walk”: 1, and 1 of other annotators. They become:"
        ]
        combo.setCurrentText("reach")
        press_return(dialog)

    met = answer(DestinationDialog, look)
    choose(bench, "walk", "Delete")
    assert met
    assert bench.names == ("reach", "open drawer")
    assert bench.at(100) == "reach"
    lanes = bench.project.track("one").lanes
    for name in (ANNOTATION, annotator_lane("Anna")):
        assert {s.class_id for s in lanes[name].segments} <= {None, 1, 2}
    assert bench.said == ["Merged walk into reach (segments: 2). You can undo this."]
    bench.document.undo_stack.undo()
    assert bench.project == before


# -- groups -------------------------------------------------------------------------


def test_groups_filter_together_with_words(bench: Bench) -> None:
    assert not bench.view.groups.isVisible()
    for class_id in (0, 1):
        bench.document.apply("G", lambda p, i=class_id: group_class(p, i, "body"))
    assert bench.view.groups.isVisible()
    bench.view.groups.setCurrentText("body")
    assert bench.shown == ["walk", "reach"]
    bench.view.find_class()
    bench.type("rea")
    assert bench.shown == ["reach"]
    bench.view.groups.setCurrentIndex(0)
    bench.key(Key.Key_Escape)
    assert len(bench.shown) == 3


# -- Shift and a digit --------------------------------------------------------------


def test_a_class_without_a_digit_is_found_by_how_its_words_begin(bench: Bench) -> None:
    bench.document.apply("N", lambda p: rename_class(p, 2, "open upper drawer"))
    for letters in ("oud", "opdr", "odr"):
        bench.document.edit_lane("x", "one", lambda s: relabel(s, 0, 1))
        bench.view.find_class()
        bench.type(letters)
        bench.key(Key.Key_Return)
        assert bench.at(0) == "open upper drawer"
    # The one that was found last is two keys away.
    bench.document.edit_lane("x", "one", lambda s: relabel(s, 0, 1))
    bench.view.find_class()
    bench.key(Key.Key_Return)
    assert bench.at(0) == "open upper drawer"
    # Another may have a letter of its own, which labels at once.
    bench.document.apply("K", lambda p: set_class_key(p, 1, "/o"))
    bench.view.find_class()
    bench.type("o")
    assert bench.at(0) == "reach"
    assert bench.view.filter.text() == ""
    assert bench.focused is bench.timeline
    # After a space it is a word like any other, and so it is at the end of deleting.
    bench.view.find_class()
    bench.type(" op")
    assert bench.shown == ["open upper drawer"]
    bench.document.edit_lane("x", "one", lambda s: relabel(s, 0, 0))
    bench.key(Key.Key_Home)
    bench.key(Key.Key_Delete)
    bench.key(Key.Key_End)
    bench.key(Key.Key_Backspace)
    assert bench.view.filter.text() == "o"
    assert bench.at(0) == "walk"


def test_the_digit_is_known_by_the_place_of_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pressed(key: Key, scan: int, virtual: int = 0) -> str:
        held = Qt.KeyboardModifier.ShiftModifier
        return digit_of(QKeyEvent(QKeyEvent.Type.KeyPress, key, held, scan, virtual, 0))

    monkeypatch.setattr("sys.platform", "linux")
    assert pressed(Key.Key_Exclam, 10) == "1"
    assert pressed(Key.Key_Equal, 19) == "0"
    assert pressed(Key.Key_A, 38) == ""
    monkeypatch.setattr("sys.platform", "win32")
    assert pressed(Key.Key_Exclam, 2) == "1"
    monkeypatch.setattr("sys.platform", "darwin")
    assert pressed(Key.Key_Percent, 0, 23) == "5"
    assert pressed(Key.Key_7, 0, 99) == "7"
