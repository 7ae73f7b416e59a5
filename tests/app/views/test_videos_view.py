"""The list of videos, by real keys and clicks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.application import Application
from app.kit.label_style import percent
from app.state.current_video import CurrentVideo
from app.state.document import open_document
from app.state.session import Session
from app.views.tables.videos import VideosView
from app.views.tables.videos_model import (
    ITEM,
    OPENED,
    TO_REVIEW,
    UNFINISHED,
    VideosModel,
)
from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint, relabel
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, set_lane, set_notes
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.app.conftest import N_FRAMES
from tests.app.windows import mixed, opened, trigger
from tests.projects import changed, item
from tests.seen import review
from tests.videos import write_video

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def filled(class_id: int = 1) -> Segmentation:
    return paint(Segmentation.unlabelled(N_FRAMES), 0, N_FRAMES, class_id)


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    """One and three are to be labelled, two is done, with notes."""
    before = project_folder.load()
    project = set_lane(before, "one", ANNOTATION, mixed())
    project = set_lane(project, "two", ANNOTATION, filled())
    project = set_notes(project, "two", "camera slipped\nask Ümit")
    one = before.track("one")
    third = replace(one, id="three", video=replace(one.video, id="three"))
    project = add_video(project, third)
    project_folder.save(project, before)
    with opened(qtbot, project_folder) as project_window:
        yield project_window


def view(project_window: ProjectWindow) -> VideosView:
    return project_window.docks.videos


def names(project_window: ProjectWindow) -> list[str]:
    model = view(project_window).model
    return [str(model.index(r).data()) for r in range(model.rowCount())]


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifier)


def in_dialog(act: Callable[[QDialog], None]) -> None:
    """Do something in the dialog that opens next."""

    def find() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        assert QTest.qWaitForWindowActive(dialog)
        act(dialog)
        # Not to wait for ever for what did not work.
        if dialog.isVisible():
            dialog.reject()

    QTimer.singleShot(0, find)


def test_rows_say_how_far_a_video_is(project_window: ProjectWindow) -> None:
    model = view(project_window).model
    role = Qt.ItemDataRole
    first = model.index(0)
    tip = first.data(role.ToolTipRole)
    assert "75 of 90 frames labelled, 30 reviewed" in tip
    assert "30.00 per second, " in tip
    assert first.data(role.AccessibleTextRole) == "one, 83 % labelled, 33 % reviewed"
    assert "ask Ümit" in model.index(1).data(role.ToolTipRole)
    assert model.index(1).data(role.AccessibleDescriptionRole).startswith("camera")
    assert view(project_window).summary.text() == "1 of 3 done"
    project_window.document.edit_lane("Review", "one", lambda s: review(s, 1))
    assert "75 of 90 frames labelled, 55 reviewed" in first.data(role.ToolTipRole)
    project_window.document.edit_lane("Label", "one", lambda s: relabel(s, 2, 3))
    # An import is to be reviewed.
    assert view(project_window).summary.text() == "1 of 3 done, 1 to review"
    project_window.document.edit_lane("Review", "one", lambda s: review(s, 4))
    assert view(project_window).summary.text() == "2 of 3 done"


def test_a_row_says_who_else_labels_the_video(project_window: ProjectWindow) -> None:
    videos, role = view(project_window), Qt.ItemDataRole
    row = videos.model.index(names(project_window).index("two"))

    def picture() -> QImage:
        return videos.list.viewport().grab(videos.list.visualRect(row)).toImage()

    before = picture()
    sentence = "Being labelled on LAB-3 by Anna since 14:02."
    videos.set_elsewhere({"two": ("Anna", sentence)})
    assert picture() != before
    assert row.data(role.ToolTipRole).endswith(sentence)
    assert row.data(role.AccessibleTextRole).endswith(sentence)
    videos.set_elsewhere({})
    assert picture() == before


def test_a_click_opens_and_leaves_the_keyboard_where_it_was(
    project_window: ProjectWindow,
) -> None:
    project_window.docks.timeline.setFocus()
    shown = view(project_window).list
    place = shown.visualRect(view(project_window).model.index(1)).center()
    QTest.mouseClick(shown.viewport(), LEFT, NONE, place)
    assert project_window.session.track_id == "two"
    assert project_window.docks.timeline.hasFocus()
    opened = [view(project_window).model.index(r).data(OPENED) for r in range(3)]
    assert opened == [False, True, False]


def test_the_list_by_keys_alone(project_window: ProjectWindow) -> None:
    assert project_window.session.track_id == "one"
    QTest.keyClick(project_window.window, Key.Key_F, CTRL)
    assert view(project_window).search.hasFocus()
    press(Key.Key_Down)
    assert view(project_window).list.hasFocus()
    press(Key.Key_Down)
    assert project_window.session.track_id == "one", "arrows choose"
    press(Key.Key_Return)
    assert project_window.session.track_id == "two", "Return opens"
    assert project_window.document.undo_stack.count() == 0
    press(Key.Key_End)
    press(Key.Key_Return)
    assert project_window.session.track_id == "three"
    press(Key.Key_Tab)
    assert view(project_window).isVisible(), "Tab goes on and hides nothing here"
    view(project_window).list.setFocus()
    press(Key.Key_Escape)
    assert project_window.docks.timeline.hasFocus()


def test_next_previous_and_next_unfinished(project_window: ProjectWindow) -> None:
    window = project_window.window
    QTest.keyClick(window, Key.Key_PageDown)
    assert project_window.session.track_id == "two"
    QTest.keyClick(window, Key.Key_PageDown)
    assert project_window.session.track_id == "three"
    QTest.keyClick(window, Key.Key_PageDown)
    assert project_window.session.track_id == "three"
    QTest.keyClick(window, Key.Key_PageUp)
    QTest.keyClick(window, Key.Key_PageUp)
    assert project_window.session.track_id == "one"
    QTest.keyClick(window, Key.Key_PageDown, CTRL)
    assert project_window.session.track_id == "three"
    QTest.keyClick(window, Key.Key_PageDown, CTRL)
    assert project_window.session.track_id == "one"
    for video in ("one", "three"):
        project_window.document.apply(
            "All", lambda p, v=video: set_lane(p, v, ANNOTATION, filled())
        )
    found = window.findChild(QAction, "video-unfinished")
    assert found is not None
    assert not found.isEnabled()


def test_finding_by_name_and_notes(project_window: ProjectWindow) -> None:
    QTest.keyClick(project_window.window, Key.Key_F, CTRL)
    QTest.keyClicks(view(project_window).search, "slip")
    assert names(project_window) == ["two"], "what is open is not like that"
    assert project_window.document.undo_stack.count() == 0, (
        "letters are typed, not commands"
    )
    project_window.session.set_video("two")
    assert names(project_window) == ["two"]
    press(Key.Key_Escape)
    assert names(project_window) == ["one", "two", "three"]
    press(Key.Key_Escape)
    assert project_window.docks.timeline.hasFocus()


def test_return_after_a_name_leads_to_the_video_of_this_name(
    project_window: ProjectWindow,
) -> None:
    assert project_window.session.track_id == "one"
    QTest.keyClick(project_window.window, Key.Key_F, CTRL)
    QTest.keyClicks(view(project_window).search, "three")
    assert names(project_window) == ["three"]
    press(Key.Key_Return)
    assert project_window.session.track_id == "three"
    assert project_window.docks.timeline.hasFocus()


def test_filters_by_state(project_window: ProjectWindow) -> None:
    project_window.session.set_video("two")
    view(project_window).state.setFocus()
    press(Key.Key_Down)
    assert view(project_window).state.currentIndex() == UNFINISHED
    assert names(project_window) == ["one", "two", "three"]
    project_window.session.set_video("one")
    assert names(project_window) == ["one", "three"]
    # What is finished while one looks at it stays until one goes on.
    project_window.document.apply(
        "All", lambda p: set_lane(p, "one", ANNOTATION, filled())
    )
    assert names(project_window) == ["one", "three"]
    project_window.session.set_video("three")
    assert names(project_window) == ["three"]
    view(project_window).state.setCurrentIndex(TO_REVIEW)
    project_window.document.apply(
        "Undo it", lambda p: set_lane(p, "one", ANNOTATION, mixed())
    )
    assert names(project_window) == ["one", "three"]


def test_notes_are_written_saved_and_undone(
    project_window: ProjectWindow, qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    def write(dialog: QDialog) -> None:
        field = dialog.findChild(QPlainTextEdit)
        assert field is not None
        assert field.toPlainText() == ""
        QTest.keyClicks(field, "1 blurred")
        QTest.keyClick(field, Key.Key_Return)
        QTest.keyClicks(field, "from 4 on")
        QTest.keyClick(field, Key.Key_Return, CTRL)

    in_dialog(write)
    trigger(project_window, "notes")
    assert (
        project_window.document.project.track("one").video.notes
        == "1 blurred\nfrom 4 on"
    )
    assert project_window.document.project.track("one").annotation == mixed()
    assert "blurred" in view(project_window).model.index(0).data(
        Qt.ItemDataRole.ToolTipRole
    )
    with qtbot.waitSignal(project_window.document.saved, timeout=20_000):
        project_window.document.save()
    path = project_folder.about_path("one")
    assert json.loads(path.read_text("utf-8"))["notes"] == "1 blurred\nfrom 4 on"
    trigger(project_window, "undo")
    assert project_window.document.project.track("one").video.notes == ""
    in_dialog(QDialog.reject)
    trigger(project_window, "notes")
    assert project_window.document.project.track("one").video.notes == ""


def test_the_context_menu_is_for_the_row_it_was_asked_on(
    project_window: ProjectWindow,
) -> None:
    shown = view(project_window).list
    named = {a.text().split("\t")[0]: a for a in shown.actions()}
    place = shown.visualRect(view(project_window).model.index(2)).center()
    QTest.mouseClick(shown.viewport(), Qt.MouseButton.RightButton, NONE, place)
    assert project_window.session.track_id == "one"

    def write(dialog: QDialog) -> None:
        field = dialog.findChild(QPlainTextEdit)
        assert field is not None
        field.setPlainText("of three")
        dialog.accept()

    in_dialog(write)
    named["Notes…"].trigger()
    assert project_window.document.project.track("three").video.notes == "of three"
    named["Remove from the project"].trigger()
    assert names(project_window) == ["one", "two"]
    assert project_window.session.track_id == "one"
    trigger(project_window, "undo")
    assert names(project_window) == ["one", "two", "three"]
    shown.setCurrentIndex(view(project_window).model.index(1))
    named["Open"].trigger()
    assert project_window.session.track_id == "two"


def click(project_window: ProjectWindow, row: int, keys: Qt.KeyboardModifier) -> None:
    shown = view(project_window).list
    place = shown.visualRect(view(project_window).model.index(row)).center()
    QTest.mouseClick(shown.viewport(), LEFT, keys, place)


def test_several_videos_are_selected_and_none_of_them_is_opened(
    project_window: ProjectWindow,
) -> None:
    list_ = view(project_window)
    click(project_window, 1, NONE)
    assert project_window.session.track_id == "two"
    assert list_.list.selected == ["two"]
    assert "selected" not in list_.summary.text()
    click(project_window, 2, CTRL)
    assert list_.list.selected == ["two", "three"]
    assert list_.summary.text() == "2 selected"
    assert project_window.session.track_id == "two"
    click(project_window, 2, CTRL)  # back to one, which is open already
    assert list_.list.selected == ["two"]
    assert project_window.session.track_id == "two"
    click(project_window, 1, Qt.KeyboardModifier.ShiftModifier)
    assert list_.list.selected == ["two", "three"]
    assert project_window.session.track_id == "two"
    click(project_window, 0, NONE)
    assert list_.list.selected == ["one"]
    assert project_window.session.track_id == "one"


def test_who_is_in_a_video_is_asked_shown_and_undone(
    project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, document = view(project_window), project_window.document
    asked: list[tuple[str, list[str]]] = []
    answers = iter([("ben, P1", True), ("=ben", True), ("", False), ("P1", True)])

    def ask(_: object, title: str, __: str, names: list[str], *___: object) -> object:
        asked.append((title, names))
        return next(answers)

    monkeypatch.setattr(QInputDialog, "getItem", ask)
    click(project_window, 0, NONE)
    click(project_window, 1, CTRL)
    {a.text(): a for a in shown.list.actions()}["Person ids…"].trigger()
    assert asked == [("Person ids in 2 videos", [""])]
    assert document.undo_stack.undoText() == "People in 2 videos"
    both = [("ben", "P1"), ("ben", "P1"), ()]
    assert [v.video.people for v in document.project.tracks] == both
    role = Qt.ItemDataRole
    assert "People: ben, P1" in shown.model.index(0).data(role.ToolTipRole)
    assert shown.model.index(0).data(role.AccessibleTextRole).startswith("one, ben, P1")
    shown.search.setText("BEN")
    assert names(project_window) == ["one", "two"]
    shown.search.clear()
    # What is refused stays in the question; nobody is lost.
    trigger(project_window, "people")
    assert asked[1:] == [
        ("Person ids in one", ["ben, P1", "ben", "P1"]),
        ("Person ids in one", ["=ben", "ben", "P1"]),
    ]
    assert [v.video.people for v in document.project.tracks] == both
    project_window.session.set_video("three")
    trigger(project_window, "people")
    assert asked[-1] == ("Person ids in three", ["three", "ben", "P1"])
    assert document.undo_stack.undoText() == "People in three"
    trigger(project_window, "undo")
    trigger(project_window, "undo")
    assert not any(v.video.people for v in document.project.tracks)


def test_who_is_in_new_videos_is_offered_by_their_names(
    project_window: ProjectWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    first = {n: write_video(tmp_path / f"{n}.mp4", 5) for n in ("eva-1", "trial-1")}
    document, files = project_window.document, project_window.services.files.video_files
    notices = project_window.services.notices
    files.add(list(first.values()))
    qtbot.waitUntil(lambda: len(document.project.tracks) == 5, timeout=20_000)
    assert not any(n.helps for n in notices.all)
    assert any("has only 5 frames" in n.text for n in notices.all)
    assert document.undo_stack.undoText() == "Add 2 videos"
    files.add([write_video(tmp_path / f"{n}.mp4", 5) for n in ("Eva_2", "trial-2")])
    qtbot.waitUntil(lambda: document.project.has("trial-2"), timeout=20_000)
    # A word may be what is done: nobody is named unasked.
    assert not any(v.video.people for v in document.project.tracks)
    (notice,) = (n for n in notices.all if n.helps)
    assert "eva-1" in notice.text
    (name,) = notice.helps
    assert isinstance(name, QAction)
    name.trigger()
    assert notice not in notices.all
    found = {v.id: v.video.people for v in document.project.tracks if v.video.people}
    assert len(found) == 2
    assert set(found.values()) == {found["eva-1"]}
    assert document.undo_stack.undoText() == "People in 2 videos"


def test_no_video_says_what_will_be_here(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    for video in ("one", "two", "three"):
        project_window.services.files.video_files.remove(video)
    shown = view(project_window)
    assert "will appear here" in shown.empty.text.text()
    assert not shown.search.isVisible()
    shown.add_requested.disconnect()
    with qtbot.waitSignal(shown.add_requested):
        QTest.mouseClick(shown.empty.button, LEFT)
    for name in ("video-next", "video-unfinished", "notes"):
        found = project_window.window.findChild(QAction, name)
        assert found is not None
        assert not found.isEnabled()


def test_one_edit_changes_one_row_of_five_hundred(qtbot: QtBot, tmp_path: Path) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    whole = paint(Segmentation.unlabelled(60), 0, 60, 1)
    items = tuple(
        item(f"v{n:03}").with_lane(ANNOTATION, whole) if n > 123 else item(f"v{n:03}")
        for n in range(500)
    )
    folder.save(replace(project, tracks=items), project)
    document, session = open_document(folder), Session()
    model = VideosModel(document, session, session)
    steps = CurrentVideo(document, session)
    document.changed.connect(model.refresh)
    rows: list[int] = []
    resets: list[bool] = []
    model.dataChanged.connect(lambda a, b: rows.extend(range(a.row(), b.row() + 1)))
    model.modelReset.connect(lambda: resets.append(True))
    session.set_video("v123")
    document.edit_lane("Paint", "v123", lambda s: paint(s, 3, 9, 0))
    assert (rows, resets) == ([123], [])
    assert model.index(123).data(ITEM) is document.project.track("v123")
    # What others changed of many videos is one change of the list.
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda a, b: told.append((a.row(), b.row())))
    known = document.project
    guessed = [v.with_lane(annotator_lane("m"), whole) for v in known.tracks[7:300]]
    document.taking_in.take_in(known, known.with_tracks(*guessed))
    assert (told, resets) == ([(7, 299)], [])
    steps.go_to_unfinished()
    assert session.track_id == "v000"
    document.close()


def test_percent_never_rounds_to_an_end() -> None:
    for share, text in ((0, "0 %"), (0.001, "< 1 %"), (0.999, "99 %"), (1, "100 %")):
        assert percent(share) == text


def test_the_video_that_is_looked_at_first_is_seen_in_the_list(
    qtbot: QtBot, project_folder: ProjectFolder, program: Application
) -> None:
    before = project_folder.load()
    first, project = before.track("one"), before
    for n in range(20):
        project = add_video(project, changed(first, id=f"more-{n}"))
    for video in project.tracks[:-9]:
        project = set_lane(project, video.id, ANNOTATION, filled())
    project_folder.save(project, before)
    program.open(project_folder.root)
    assert program.window is not None
    project_window = program.window.project_window
    assert project_window is not None
    project_window.services.models.pose_service.by_itself = False
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    assert project_window.session.track_id == "more-11"
    listed = project_window.docks.videos.list
    # In the middle: who goes on sees what follows.
    shown = listed.visualRect(listed.currentIndex())
    assert shown.contains(listed.viewport().rect().center())
