"""Comments on frames in the real window, by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.timeline.kinds.comment import CommentLane
from app.timeline.lane import TipPoint
from app.views.dialogs.dialogs import CommentDialog
from app.views.tables.comments import DONE
from app.window.project_window import ProjectWindow
from skelseg_core.labels.comments import Comment
from skelseg_core.project.point_and_comment_edits import add_comments
from skelseg_core.project.project_edits import set_locked
from tests.app.windows import activate, opened, trigger

_Key, _Held = Qt.Key, Qt.KeyboardModifier
Write = Callable[..., None]


@pytest.fixture
def window(project_window: ProjectWindow, qtbot: QtBot) -> ProjectWindow:
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=30_000)
    project_window.services.settings.person = "eva"
    return project_window


@pytest.fixture
def write(
    window: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Write:
    """Press the key of a comment, write it and press Ctrl+Return."""
    texts: list[str] = []

    def answer(dialog: CommentDialog) -> int:
        dialog.show()
        dialog.field.selectAll()
        qtbot.keyClicks(dialog.field, texts.pop(0))
        qtbot.keyClick(dialog.field, _Key.Key_Return, _Held.ControlModifier)
        return dialog.result()

    monkeypatch.setattr(CommentDialog, "exec", answer)

    def run(*words: str) -> None:
        texts[:] = words
        held = _Held.ControlModifier | _Held.ShiftModifier
        activate(qtbot, window.window)  # a dialog was before it
        qtbot.keyClick(window.docks.timeline, _Key.Key_C, held)
        assert not texts

    return run


def comments(window: ProjectWindow, video: str = "one") -> tuple[Comment, ...]:
    return window.document.project.track(video).video.comments


def spans(window: ProjectWindow) -> list[tuple[int, int, str]]:
    return [(c.start, c.stop, c.text) for c in comments(window)]


def go(window: ProjectWindow, qtbot: QtBot, frame: int) -> None:
    window.player.seek(frame)
    qtbot.waitUntil(lambda: window.session.frame == frame, timeout=20_000)


def test_a_key_comments_on_range_segment_or_frame(
    window: ProjectWindow, qtbot: QtBot, write: Write
) -> None:
    go(window, qtbot, 7)
    write("frame")
    window.session.set_range(10, 20)
    write("range")
    window.session.set_range(None, None)
    window.services.labelling.segment_editor.split(30)
    window.session.set_chosen([(30, window.document.project.track("one").n_frames)])
    write("segment")
    assert spans(window) == [(7, 8, "frame"), (10, 20, "range"), (30, 90, "segment")]
    found = comments(window)[0]
    assert (found.author, found.track, found.done) == ("eva", None, False)
    write(" ")
    assert len(comments(window)) == 3
    trigger(window, "undo")
    assert len(comments(window)) == 2


def test_a_refused_text_is_asked_for_again(
    window: ProjectWindow, qtbot: QtBot, write: Write
) -> None:
    said: list[str] = []
    window.services.notices.warned.connect(said.append)
    monkey = "x" * 5001
    window.services.labelling.comments.add(monkey, (0, 1))
    assert "at most" in " ".join(said)
    assert not comments(window)


def test_the_lane_is_there_where_there_are_comments(
    window: ProjectWindow, qtbot: QtBot, write: Write
) -> None:
    timeline = window.docks.timeline
    assert not [i for i in timeline.lanes.seen if isinstance(i, CommentLane)]
    go(window, qtbot, 40)
    write("is <b>this</b> right?")
    (lane,) = [i for i in timeline.lanes.seen if isinstance(i, CommentLane)]
    assert lane.subtitle(timeline.data) == "1 open"
    tip = lane.tip(TipPoint(41, 0.5, 1), timeline.data)
    assert tip == "is &lt;b&gt;this&lt;/b&gt; right?<br><i>eva · 40</i>"
    assert not lane.tip(TipPoint(60, 0.5, 1), timeline.data)
    go(window, qtbot, 0)
    row = next(r for r in timeline.rows if r.lane is lane or r.lane == lane)
    image = timeline.grab().toImage()
    colours = {
        image.pixelColor(round(120 + timeline.view.x_of(40) + 1), y).name()
        for y in range(row.top, row.bottom)
    }
    assert len(colours) > 1
    window.session.set_video("two")
    assert not [i for i in timeline.lanes.seen if isinstance(i, CommentLane)]


def test_the_list_filters_goes_there_settles_and_deletes(
    window: ProjectWindow, qtbot: QtBot, write: Write
) -> None:
    for frame, text in ((5, "a"), (50, "b")):
        go(window, qtbot, frame)
        write(text)
    other = Comment(3, 9, None, "c", "ben", "2026-01-02T10:00:00+00:00")
    window.document.apply("", lambda p: add_comments(p, "two", [other]))
    trigger(window, "dock-comments")
    view = window.docks.comments
    qtbot.waitUntil(view.isVisible, timeout=20_000)

    def listed() -> list[str]:
        return [r.comment.text for r in view.model.rows]

    assert listed() == ["a", "b", "c"]
    view.table.selectRow(0)
    qtbot.keyClick(view.table, _Key.Key_Space, _Held.ControlModifier)
    assert [c.done for c in comments(window)] == [True, False]
    view.open.setChecked(True)
    assert listed() == ["b", "c"]
    view.author.setCurrentText("ben")
    assert listed() == ["c"]
    qtbot.keyClick(view.table, _Key.Key_Return)
    assert (window.session.track_id, window.player.target) == ("two", 3)
    qtbot.keyClick(view.table, _Key.Key_Delete)
    assert not comments(window, "two")
    trigger(window, "undo")
    assert comments(window, "two") == (other,)
    view.author.setCurrentIndex(0)
    view.open.setChecked(False)
    done = view.model.index(0, DONE)
    view.model.setData(
        done, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole
    )
    assert [c.done for c in comments(window)] == [False, False]


def test_f2_changes_the_text(
    window: ProjectWindow, qtbot: QtBot, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a")
    trigger(window, "dock-comments")
    view = window.docks.comments
    qtbot.waitUntil(view.isVisible, timeout=20_000)

    def answer(dialog: CommentDialog) -> int:
        assert dialog.field.toPlainText() == "a"
        dialog.field.setPlainText("b")
        return 1

    monkeypatch.setattr(CommentDialog, "exec", answer)
    qtbot.keyClick(view.table, _Key.Key_F2)
    assert [c.text for c in comments(window)] == ["b"]


def test_no_edit_of_labels_loses_a_comment(
    window: ProjectWindow, qtbot: QtBot, write: Write
) -> None:
    window.session.set_range(10, 30)
    write("a")
    window.session.set_range(None, None)
    editor = window.services.labelling.segment_editor
    before = spans(window)
    for edit in (
        lambda: editor.label(0, 5),
        lambda: editor.split(20),
        lambda: editor.merge(5),
        lambda: editor.label(None, 5),
    ):
        edit()
        assert spans(window) == before
    window.document.apply("", lambda p: set_locked(p, "one", "eva"))
    write("b")  # locked labels can still be commented on
    assert len(comments(window)) == 2
    document = window.document
    qtbot.waitUntil(lambda: not document.unsaved, timeout=30_000)
    with opened(qtbot, document.folder) as again:
        assert comments(again) == comments(window)


def test_a_comment_of_a_track_leads_to_the_track(
    window: ProjectWindow, qtbot: QtBot, write: Write
) -> None:
    assert window.services.labelling.track_editor.add_tier("Left hand", "person")
    go(window, qtbot, 12)
    write("a")
    (found,) = window.services.labelling.comments.all
    assert (found.video_id, found.comment.track) == ("one", "one@Left_hand")
    window.session.set_video("two")
    window.services.labelling.comments.go_to(found)
    assert window.session.track_id == "one@Left_hand"
