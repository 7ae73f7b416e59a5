"""Every row of the table of acts is done by hand: it acts on what it says alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QColorDialog,
    QDialog,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMenu,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.timeline.kinds.annotation import AnnotationLane
from app.timeline.kinds.annotator import AnnotatorLane
from app.timeline.kinds.subject import SubjectLane
from app.timeline.lane import Lane
from app.timeline.layout import HEADER_PX
from app.views.classes.class_menu import DestinationDialog
from app.views.dialogs.backups import BackupsDialog
from app.views.dialogs.dialogs import NotesDialog
from app.views.dialogs.import_labels import ImportLabelsDialog
from app.views.dialogs.known_order import KnownOrderDialog
from app.views.start.help_pages import load_page, with_acts
from app.window.history_menu import HistoryMenu
from app.window.project_window import ProjectWindow
from app.window.timeline_menu import timeline_menu
from skelseg_core.labels.edits import merge
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.project_edits import add_annotator_lane, edit_lane
from tests.acts import ACTS, COMMANDS, HANDS, STEPS, Act, rows_of_gestures
from tests.e2e.conftest import Opener
from tests.e2e.test_monkey import N_FRAMES, root
from tests.oracle import Oracle
from tests.videos import write_video

__all__ = ["root"]  # the project of the monkey: videos, poses, a prediction

Key, Held = Qt.Key, Qt.KeyboardModifier
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
LONG = 20_000
# It needs a folder of images.
ELSEWHERE = {
    "image-rate",
    # Done in tests/app/window/test_tracks.py, on a video with several tracks.
    *("tier-add", "tier-add-scene", "tier-add-points", "tier-rename", "tier-remove"),
    *("person-add", "person-name", "person-remove", "absent-unseen"),
    # Of what people label in two ways: in tests/app/services/test_review_room.py.
    "room-leave-out",
    # Offered after twenty corrections: in tests/app/services/test_rest_corrector.py.
    "adapt-take",
}


class Hand:
    """Does what the rows say, in the real window."""

    def __init__(
        self,
        project_window: ProjectWindow,
        qtbot: QtBot,
        folder: Path,
        lost: tuple[Path, bytes],
    ) -> None:
        self.project_window, self.qtbot, self.folder, self.lost = (
            project_window,
            qtbot,
            folder,
            lost,
        )
        self.oracle = Oracle(project_window)
        self.docks, self.stack = (
            project_window.docks,
            project_window.document.undo_stack,
        )
        self.files: list[Path] = []
        self.typed = ""

    # -- help for the hand ----------------------------------------------------------

    def wait(self, there: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(there, timeout=LONG)

    def seek(self, frame: int) -> None:
        self.wait(lambda: self.project_window.player.picture is not None)
        self.project_window.player.pause()
        self.project_window.player.seek(frame)
        self.wait(lambda: self.project_window.session.frame == frame)
        self.wait(lambda: self.project_window.player.picture.frame == frame)

    def trigger(self, command: str) -> None:
        self.project_window.commands.refresh()
        action = self.project_window.commands[command]
        assert action.isEnabled(), command
        action.trigger()

    def key(self, key: Key | str, held: Held = NONE) -> None:
        where = QApplication.focusWidget() or self.docks.timeline
        self.oracle.begin()
        QTest.keyClick(where, key, held)

    def at(self, frame: float, row: int = 0) -> QPoint:
        timeline = self.docks.timeline
        place = timeline.rows[row]
        x = HEADER_PX + timeline.view.x_of(frame)
        return QPoint(round(x), place.top + place.height // 2)

    def drag(self, begin: QPoint, end: QPoint, held: Held = NONE) -> None:
        self._drag(self.docks.timeline, begin, end, held)

    def _drag(self, widget: QWidget, begin: QPoint, end: QPoint, held: Held) -> None:
        self.oracle.begin(widget)
        QTest.mousePress(widget, LEFT, held, begin)
        for share in (0.3, 0.7, 1.0):
            at = begin + (end - begin) * share
            where = QPointF(at)
            moved = QMouseEvent(
                QEvent.Type.MouseMove,
                where,
                QPointF(widget.mapToGlobal(at)),
                Qt.MouseButton.NoButton,
                LEFT,
                held,
            )
            QApplication.sendEvent(widget, moved)
        QTest.mouseRelease(widget, LEFT, held, end)

    def row(self, name: str) -> QPoint:
        view = self.docks.classes.list
        names = [
            view.model().index(n, 0).data() for n in range(view.model().rowCount())
        ]
        index = view.model().index(names.index(name), 0)
        view.scrollTo(index)
        # On the name: at the end of the row is its button.
        place = view.visualRect(index)
        return QPoint(place.left() + 70, place.center().y())

    def pick(self, name: str) -> None:
        viewport = self.docks.classes.list.viewport()
        self.wait(lambda: viewport.rect().contains(self.row(name)))
        self.oracle.begin(viewport)
        QTest.mouseClick(viewport, LEFT, NONE, self.row(name))
        current = self.docks.classes.current
        assert current is not None
        assert current.name == name

    def write(self, name: str, text: str) -> None:
        self.files = [self.folder / name]
        self.files[0].write_text(text, encoding="utf-8")

    def answer(self, dialog: QDialog) -> int:
        """Fill in a dialog and agree with it."""
        if isinstance(dialog, NotesDialog):
            dialog.field.setPlainText("seen")
        if isinstance(dialog, DestinationDialog) and dialog.destination is None:
            dialog.choice.setCurrentIndex(0)
        if isinstance(dialog, KnownOrderDialog):
            dialog.source.activated.emit(1)
        if isinstance(dialog, QColorDialog):
            dialog.setCurrentColor(QColor("#123456"))
        if isinstance(dialog, DestinationDialog) and dialog.choice.currentIndex() < 0:
            dialog.choice.setCurrentIndex(1)
        return 1

    # -- the rows that are more than a trigger ----------------------------------------

    def do(self, act: Act) -> None:
        special = getattr(self, "do_" + act.id.replace("-", "_"), None)
        if special is not None:
            special()
        else:
            self.trigger(act.id)

    def do_undo(self) -> None:
        self.trigger("split")
        self.oracle.begin()
        self.trigger("undo")

    def do_redo(self) -> None:
        self.do_undo()
        self.oracle.begin()
        self.trigger("redo")

    def do_trim_start(self, command: str = "trim-start") -> None:
        self.seek(70)
        self.project_window.session.set_boundary(None)
        self.trigger(command)

    def do_trim_stop(self) -> None:
        self.do_trim_start("trim-stop")

    def do_unlabel(self) -> None:
        self.seek(70)
        self.trigger("unlabel")

    def do_undecided(self) -> None:
        self.seek(70)
        self.trigger("undecided")

    def do_review(self) -> None:
        self.project_window.session.set_boundary(None)
        self.trigger("review")

    def enter_room(self) -> None:
        """Be in the review, at its first place, with its pictures on the screen."""
        room = self.project_window.services.review.review_room
        self.trigger("room")
        self.wait(lambda: room.state == "at")
        self.arrive()

    def arrive(self) -> None:
        player, loupe = self.project_window.player, self.docks.loupe
        self.wait(lambda: self.project_window.session.frame == player.target)
        self.wait(lambda: player.picture.frame == player.target)
        self.wait(lambda: all(loupe.frames.image(f) for f in loupe.shown()))
        self.wait(lambda: self.project_window.services.review.review_room.ready)
        loupe.repaint()

    def in_room(self, command: str) -> None:
        self.enter_room()
        self.oracle.begin()
        self.trigger(command)
        self.trigger("room-leave")

    def do_room(self) -> None:
        self.trigger("room")
        self.wait(lambda: not self.project_window.jobs.running)
        self.trigger("room-leave")

    def do_room_right(self) -> None:
        self.in_room("room-right")

    def do_room_merge(self) -> None:
        self.in_room("room-merge")

    def do_room_second(self) -> None:
        """Go on to a boundary of which the model sees another."""
        index, room = self.stack.index, self.project_window.services.review.review_room
        self.enter_room()
        before = index()
        while room.state == "at" and index() == before:
            self.oracle.begin()
            self.trigger("room-second")
            self.trigger("room-next")
        self.trigger("room-leave")

    def do_room_undecided(self) -> None:
        self.in_room("room-undecided")

    def do_room_insert(self) -> None:
        room = self.project_window.services.review.review_room
        self.enter_room()
        look, segment = room.look, room.segment
        assert look is not None
        assert segment is not None
        ids = self.project_window.document.project.label_map.ids
        other = next(i for i in ids if i != segment.class_id)
        ghost = Segment(segment.start + 2, segment.start + 6, other, "model")
        look.item = replace(look.item, ghost=ghost)
        self.oracle.begin()
        self.trigger("room-insert")
        self.trigger("room-leave")

    def do_room_begin(self) -> None:
        self.trigger("room")
        self.wait(lambda: not self.project_window.jobs.running)
        self.trigger("undo")
        self.oracle.begin()
        self.oracle.judged.clear()
        QTest.keyClick(self.docks.review, Key.Key_Return)
        self.wait(lambda: not self.project_window.jobs.running)
        self.trigger("room-leave")

    def two_people(self) -> None:
        """Put somebody's labels beside: one boundary elsewhere, and one class."""
        document = self.project_window.document
        item = document.project.track("one")
        ids = document.project.label_map.ids
        frames = item.annotation.to_frames()
        cut = item.annotation.segments[1].start
        frames[cut : cut + 5] = frames[cut - 1]
        frames[80:85] = next(i for i in ids if i != frames[80])
        said = Segmentation.from_frames(frames)
        self.oracle.called.add("import-annotator")
        document.apply(
            "Import labels of ben", lambda p: add_annotator_lane(p, "one", "ben", said)
        )

    def do_settle(self) -> None:
        self.two_people()
        self.oracle.begin()
        self.trigger("settle")
        room = self.project_window.services.review.review_room
        self.wait(lambda: room.state == "at")

    def settling(self, command: str, kind: str) -> None:
        self.do_settle()
        settling = self.project_window.services.review.settling
        while settling.block is not None and settling.block.kind != kind:
            self.trigger("room-next")
        self.wait(lambda: self.project_window.services.review.review_room.ready)
        self.oracle.begin()
        self.trigger(command)
        self.trigger("room-leave")

    def do_settle_first(self) -> None:
        self.settling("settle-first", "moved")

    def do_settle_second(self) -> None:
        self.settling("settle-second", "moved")

    def do_settle_middle(self) -> None:
        self.settling("settle-middle", "moved")

    def do_settle_gold(self) -> None:
        self.settling("settle-second", "moved")
        self.oracle.begin()
        self.trigger("settle-gold")

    def do_class_key(self) -> None:
        self.project_window.session.set_boundary(None)
        self.key("2")

    def do_class_key_live(self) -> None:
        self.project_window.session.set_boundary(None)
        self.seek(92)
        self.project_window.player.play()
        self.wait(lambda: self.project_window.session.frame > 93)
        self.key("3")
        self.wait(lambda: self.project_window.session.growing is not None)
        self.wait(lambda: self.stack.index() > 0)

    def do_live_end(self) -> None:
        self.do_class_key_live()
        grown = self.project_window.session.growing
        assert grown is not None
        self.wait(lambda: self.project_window.session.frame > grown.start + 5)
        self.oracle.begin()
        self.trigger("live-end")

    def do_fill_example(self) -> None:
        self._job("fill-example")

    def do_redecode(self) -> None:
        self.trigger("copy-prediction")
        self.oracle.begin()
        self._job("redecode")

    def do_order(self) -> None:
        self.write("order.txt", "...\nwalk\n...\n")
        self._job("order")

    def do_import_annotator(self) -> None:
        self.write("one.csv", "start_frame,stop_frame,label\n0,60,walk\n")
        self.typed = "anna"
        self._import("import-annotator", "")

    def do_remove_annotator(self) -> None:
        self.do_import_annotator()
        lanes = self.docks.timeline.lanes
        lane = next(n for n in lanes.seen if isinstance(n, AnnotatorLane))
        lanes.choose(lane.key)
        self.oracle.begin()
        self.trigger("remove-annotator")

    def do_import_labels(self) -> None:
        self.write("one.txt", "reach\n" * N_FRAMES)
        # The video has labels, so it is asked what becomes of them.
        self._import("import-labels", "replace")

    def _import(self, command: str, existing: str) -> None:
        """Import the written file; where there are labels, say what becomes of them."""
        count = self.stack.index()
        self.trigger(command)
        window = self.project_window.window
        self.wait(lambda: any(d.isVisible() for d in self._imports()))
        dialog = next(d for d in self._imports() if d.isVisible())
        if existing:
            assert not dialog.ok.isEnabled()
            dialog.existing.setCurrentIndex(dialog.existing.findData(existing))
            dialog.existing.activated.emit(dialog.existing.currentIndex())
        self.wait(dialog.ok.isEnabled)
        QTest.mouseClick(dialog.ok, LEFT)
        self.wait(lambda: self.stack.index() > count)
        window.activateWindow()
        self.wait(window.isActiveWindow)

    def _imports(self) -> list[ImportLabelsDialog]:
        return self.project_window.window.findChildren(ImportLabelsDialog)

    def do_class_import(self) -> None:
        self.write("classes.txt", "sit\nrest\n")
        self._job("class-import")

    def do_add(self) -> None:
        self.files = [write_video(self.folder / "more.mp4", 12)]
        self._job("add")
        self.project_window.session.set_video("one")

    def do_find_moved(self) -> None:
        place = self.folder / "moved"
        place.mkdir()
        shutil.move(self.folder / "two.mp4", place / "two.mp4")
        self.files = [place]
        self._job("find-moved")
        shutil.move(place / "two.mp4", self.folder / "two.mp4")

    def do_labels_look_again(self) -> None:
        path, data = self.lost
        path.write_bytes(data)
        self._job("labels-look-again")
        path.unlink()

    def do_labels_repair(self) -> None:
        path, data = self.lost
        path.write_bytes(data)
        document = self.project_window.document
        Backups(document.folder, document.project.uuid).make("whole")
        path.unlink()
        self._job("labels-repair")

    def do_backups(self) -> None:
        document = self.project_window.document
        Backups(document.folder, document.project.uuid).make("test")
        self.trigger("split")
        self.oracle.begin()
        self.trigger("backups")
        (dialog,) = self.project_window.window.findChildren(BackupsDialog)
        self.wait(dialog.restore.isEnabled)
        count = self.stack.index()
        dialog.restore.click()
        self.wait(lambda: self.stack.index() > count)
        dialog.reject()
        self.project_window.window.activateWindow()
        self.wait(self.project_window.window.isActiveWindow)

    def do_labels_give_up(self) -> None:
        self.project_window.session.set_video("two")
        self.trigger("labels-give-up")

    def _job(self, command: str) -> None:
        count = self.stack.index()
        self.trigger(command)
        self.wait(lambda: self.stack.index() > count)

    def do_keypoint_gone(self) -> None:
        self.do_handle_drag()
        self.oracle.begin()
        self.trigger("keypoint-gone")

    def do_keypoint_line(self) -> None:
        self.do_handle_drag()
        self.seek(110)
        self.do_handle_drag()
        self.seek(105)
        self.oracle.begin()
        self.trigger("keypoint-line")

    def do_swap_sides(self, command: str = "swap-sides") -> None:
        self.project_window.session.set_correcting(True)
        self.project_window.session.set_range(90, 110)
        self.trigger(command)
        assert self.project_window.session.range_in is None

    def do_swap_people(self) -> None:
        self.do_swap_sides("swap-people")

    def do_restore(self) -> None:
        self.do_swap_sides()
        self.oracle.begin()
        self.do_swap_sides("restore")

    def do_subject_forget(self) -> None:
        self.trigger("subject-next")
        self.oracle.begin()
        self.trigger("subject-forget")

    def do_class_rename(self) -> None:
        self.pick("reach")
        self.trigger("class-rename")
        self._name("grasp")

    def do_class_name(self) -> None:
        self.pick("reach")
        self.docks.classes.list.setFocus()
        self.key(Key.Key_F2)
        self._name("grasp")

    def _name(self, name: str) -> None:
        editors = self.docks.classes.list.viewport().findChildren(QLineEdit)
        editors[-1].selectAll()
        QTest.keyClicks(editors[-1], name)
        QTest.keyClick(editors[-1], Key.Key_Return)
        QApplication.processEvents()

    def do_class_color(self) -> None:
        self.pick("reach")
        self.trigger("class-color")

    def do_class_describe(self) -> None:
        self.typed = "from touch to lift"
        self.pick("reach")
        self.trigger("class-describe")

    def do_class_merge(self) -> None:
        self.pick("reach")
        self.trigger("class-merge")

    def do_class_delete(self) -> None:
        self.pick("reach")
        self.trigger("class-delete")

    def do_class_gone(self) -> None:
        self.pick("reach")
        self.docks.classes.list.setFocus()
        self.key(Key.Key_Delete)

    def do_class_menu(self) -> None:
        self.pick("reach")
        view = self.docks.classes
        assert view.current is not None
        menu = view.questions.menu(view.current, view.rename, view.list.shift)
        texts = [action.text().partition("\t")[0] for action in menu.actions()]
        menu.actions()[texts.index("Move down")].trigger()
        menu.deleteLater()

    def do_classes_menu(self) -> None:
        self.pick("walk")
        viewport = self.docks.classes.list.viewport()
        QTest.mouseClick(viewport, LEFT, Held.ControlModifier, self.row("reach"))
        view = self.docks.classes
        menu = view.questions.menu_of(view.selected)
        (keys,) = (a.menu() for a in menu.actions() if a.text() == "Keys")
        keys.actions()[2].trigger()
        menu.deleteLater()

    def menu_at(self, lane: Lane, frame: int) -> QMenu:
        window, timeline = self.project_window, self.docks.timeline
        commands = window.commands
        menu = timeline_menu(window.services, commands, lane, frame, timeline)
        assert menu is not None
        self.oracle.menu_opened(lane, frame, menu)
        return menu

    def do_subject_menu(self) -> None:
        menu = self.menu_at(SubjectLane(), 80)
        self.oracle.begin()
        self.oracle.called.add("subject-menu")
        texts = [action.text() for action in menu.actions()]
        choose = next(t for t in texts if t.endswith("subject from frame 80 on"))
        menu.actions()[texts.index(choose)].trigger()
        assert self.project_window.document.project.track("one").picks[-1].frame == 80
        menu.deleteLater()

    def do_class_label(self) -> None:
        self.project_window.session.set_boundary(None)
        view = self.docks.classes.list
        row = view.visualRect(view.model().index(1, 0))
        self.oracle.begin(view.viewport())
        QTest.mouseClick(view.viewport(), LEFT, NONE, view.button_in(row).center())

    def do_class_move(self) -> None:
        self.pick("walk")
        self.docks.classes.list.setFocus()
        self.key(Key.Key_Down, Held.AltModifier)

    def do_drag_boundary(self) -> None:
        self.drag(self.at(60), self.at(70))

    def do_drag_segment(self) -> None:
        self.drag(self.at(75), self.at(84), Held.ControlModifier)

    def do_drag_range(self) -> None:
        timeline = self.docks.timeline
        QTest.keyPress(timeline, "4")
        self.drag(self.at(100, 1), self.at(115, 1))
        QTest.keyRelease(timeline, "4")

    def do_timeline_menu(self) -> None:
        menu = self.menu_at(AnnotationLane(), 75)
        self.oracle.begin()
        self.oracle.called.add("timeline-menu")
        texts = [action.text().partition("\t")[0] for action in menu.actions()]
        menu.actions()[texts.index("Merge with next")].trigger()
        menu.deleteLater()

    def do_loupe_shift_click(self) -> None:
        self.do_loupe_click(Held.ShiftModifier)

    def do_loupe_click(self, held: Held = NONE) -> None:
        self.seek(60)
        self.project_window.session.set_boundary(1)
        loupe = self.docks.loupe
        self.wait(lambda: loupe.cut() is not None and loupe.cut().is_boundary)
        cell = loupe.cells()[loupe.shown().index(61)]
        self.oracle.begin(loupe)
        QTest.mouseClick(loupe, LEFT, held, QPointF(cell.center()).toPoint())

    def do_person_click(self) -> None:
        view = self.docks.video
        people = view.people()
        assert people is not None
        other = 1 - max(0, people.subject)
        place = view.placement
        assert place is not None
        for point in people.keypoints[other]:
            at = QPointF(*place.to_widget(np.array(point)))
            if view.person_under(at) == other:
                break
        self.oracle.begin(view)
        QTest.mouseClick(view, LEFT, NONE, at.toPoint())

    def do_handle_drag(self) -> None:
        self.project_window.session.set_correcting(True)
        view = self.docks.video
        handles, place = view.tool.handles, view.placement
        assert handles is not None
        assert place is not None
        begin = QPointF(*place.to_widget(handles.points[9])).toPoint()
        count = self.stack.index()
        self._drag(view, begin, begin + QPoint(12, 7), NONE)
        assert self.stack.index() == count + 1

    def _open_wall(self, place: int) -> None:
        if self.docks.wall.isHidden():
            self.trigger("copy-prediction")
            self.trigger("wall")
        wall = self.project_window.services.review.review_wall
        self.wait(lambda: self.docks.wall.strips.is_whole() and wall.n_strips > place)
        wall.go(place)

    def _on_wall(self, place: int, key: Key, held: Held = NONE) -> None:
        """Press a key on the wall, at this strip, and close it."""
        self._open_wall(place)
        self.key(key, held)
        self.docks.wall.leave()

    def do_wall_review(self) -> None:
        self._open_wall(0)
        self.wait(
            lambda: self.project_window.services.review.review_wall.seconds_left == 0
        )
        self._on_wall(0, Key.Key_Return)

    def do_wall_gone(self) -> None:
        self._on_wall(1, Key.Key_Backspace)

    def do_wall_nudge(self) -> None:
        self._on_wall(1, Key.Key_Right, Held.AltModifier)

    def do_video_menu(self) -> None:
        rows = {a.text(): a for a in self.docks.videos.list.actions()}
        self.oracle.begin(self.docks.videos)
        rows["Remove from the project"].trigger()

    def do_comment_list(self) -> None:
        self.trigger("comment")
        self.docks.show_more("comments")
        comments = self.docks.comments
        self.wait(comments.table.isVisible)
        self.oracle.begin(comments.table)
        comments.toggle()

    def do_history_click(self) -> None:
        self.trigger("split")
        self.trigger("history")
        (menu,) = self.project_window.window.findChildren(HistoryMenu)
        self.oracle.begin(menu)
        QTest.mouseClick(
            menu, LEFT, NONE, menu.actionGeometry(menu.actions()[-1]).center()
        )


def test_every_row_does_what_it_says_and_undo_takes_it_back(
    root: Path, opener: Opener, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = root / "labels" / "two.json"
    data = lost.read_bytes()
    lost.unlink()
    project_window = opener(root)
    qtbot.waitUntil(
        lambda: project_window.services.labelling.keypoint_editor.can_correct,
        timeout=LONG,
    )
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=LONG)
    hand = Hand(project_window, qtbot, root.parent, (lost, data))
    monkeypatch.setattr(QDialog, "exec", lambda dialog: hand.answer(dialog))
    monkeypatch.setattr("app.window.project_window.ask_replace", lambda *_: True)
    for name, answer in {
        "getOpenFileNames": lambda *_, **__: ([str(f) for f in hand.files], ""),
        "getOpenFileName": lambda *_, **__: (str(hand.files[0]), ""),
        "getExistingDirectory": lambda *_, **__: str(hand.files[0]),
    }.items():
        monkeypatch.setattr(QFileDialog, name, answer)
    for name in ("getText", "getMultiLineText"):
        monkeypatch.setattr(QInputDialog, name, lambda *_, **__: (hand.typed, True))
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("ben, P1", True))
    project_window.window.activateWindow()
    first, oracle = project_window.document.project, hand.oracle
    for act in ACTS:
        if act.id in ELSEWHERE:
            continue
        project_window.session.set_video("one")
        project_window.session.set_correcting(False)
        project_window.docks.timeline.setFocus()
        qtbot.waitUntil(
            lambda: project_window.services.labelling.keypoint_editor.can_correct,
            timeout=LONG,
        )
        hand.seek(100)
        qtbot.waitUntil(
            lambda: project_window.services.review.class_keys.held is None, timeout=LONG
        )
        qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=LONG)
        project_window.session.set_boundary(
            None if act.acts_on == "segment here" else 1
        )
        oracle.begin()
        oracle.judged.clear()
        hand.do(act)
        project_window.player.pause()
        assert not oracle.wrong, (act.id, oracle.wrong)
        if act.steps:
            assert act.id in oracle.judged, (act.id, oracle.judged)
        oracle.called.add("undo")
        project_window.document.go_to(0)
        assert project_window.document.project == first, act.id
        assert not oracle.wrong, (act.id, oracle.wrong)


def test_what_edits_more_than_its_row_says_is_found(
    root: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = opener(root)
    oracle = Oracle(project_window)
    editing = project_window.services.labelling.segment_editor

    def worse(frame: int | None = None) -> None:
        editing.edit("Merge", lambda s: merge(s, 4))

    project_window.session.set_boundary(None)
    oracle.called.add("merge")
    worse()
    assert "class of frames" in oracle.wrong.pop()
    editing.edit("Merge", lambda s: merge(s, 0))
    assert not oracle.wrong, "that is what it is for"
    oracle.begin()
    editing.edit("Merge", lambda s: merge(s, 0))
    assert oracle.wrong.pop().startswith("“Merge” by"), "nobody asked for it"
    oracle.called.add("merge")
    project_window.document.apply(
        "Merge", lambda p: edit_lane(p, "two", lambda s: merge(s, 0))
    )
    assert "annotation of two" in oracle.wrong.pop()
    project_window.document.apply(
        "Tidy", lambda p: edit_lane(p, "one", lambda s: merge(s, 0))
    )
    assert oracle.wrong.pop() == "“Tidy” is in no row of the table"
    oracle.begin()
    project_window.document.undo_stack.undo()
    assert oracle.wrong.pop().startswith("a step back or on by")


def test_the_help_tells_of_every_act_what_it_is_about() -> None:
    text, told = load_page("changes").text, set[str]()

    def rows(thing: str) -> list[tuple[str, str, str]]:
        told.add(thing)
        return [(a.id, "", "") for a in COMMANDS if a.acts_on == thing]

    with_acts(text, rows)
    assert told == {act.acts_on for act in ACTS}
    assert set(rows_of_gestures()) == {hand for hand, _ in HANDS.values()}
    assert STEPS.keys() <= {act.id for act in COMMANDS}
    assert len({act.id for act in ACTS}) == len(ACTS)
