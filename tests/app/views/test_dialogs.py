"""What is asked in a window of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.views.dialogs.dialogs import NewProjectDialog, NotesDialog
from skelseg_core.errors import EditError
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from tests.app.windows import activate, opened
from tests.videos import write_video


def test_return_creates_and_does_not_cancel(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = NewProjectDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.folder.setText(str(tmp_path / "kitchen"))
    dialog.classes.setPlainText("walk\nreach")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.root is not None, timeout=20_000)
    assert (tmp_path / "kitchen" / "project.json").is_file()


def test_ctrl_return_creates_where_return_begins_a_line(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = NewProjectDialog()
    qtbot.addWidget(dialog)
    activate(qtbot, dialog)
    dialog.folder.setText(str(tmp_path / "kitchen"))
    QTest.keyClicks(dialog.classes, "walk")
    QTest.keyClick(
        dialog.classes, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
    )
    qtbot.waitUntil(lambda: dialog.root is not None, timeout=20_000)
    assert (tmp_path / "kitchen" / "project.json").is_file()


def test_who_is_in_the_first_videos_is_proposed(qtbot: QtBot, tmp_path: Path) -> None:
    videos = [write_video(tmp_path / f"{n}.mp4", 5) for n in ("ben-1", "ben-2", "x1")]
    for by_names, people in ((True, ("ben",)), (False, ())):
        dialog = NewProjectDialog(None, videos)
        qtbot.addWidget(dialog)
        dialog.show()
        assert dialog.by_names.text() == "ben (ben-1, ben-2) (from the file names)"
        assert dialog.by_names.isChecked()
        dialog.by_names.setChecked(by_names)
        root = tmp_path / f"p{by_names}"
        dialog.folder.setText(str(root))
        dialog.classes.setPlainText("walk\nreach")
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda d=dialog: d.root is not None, timeout=20_000)
        found = [v.people for v in ProjectFolder(root).load().videos]
        assert found == [people, people, ()]
    dialog = NewProjectDialog(None, [videos[0], videos[2]])
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.by_names.isVisible(), "quiet where names tell nothing"


def test_notes_that_are_refused_stay_in_their_window(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else labels the video, and lets go of it."""
    shown: list[str] = []

    def refuse(_: Project, __: Project) -> None:
        raise EditError("held")

    def answer(dialog: NotesDialog) -> int:
        shown.append(dialog.field.toPlainText())
        dialog.field.setPlainText("mine")
        document.guard = refuse if len(shown) < 2 else lambda *_: None
        return 1

    monkeypatch.setattr(NotesDialog, "exec", answer)
    with opened(qtbot, project_folder) as window:
        document = window.document
        window.dialogs.edit_notes("one")
        assert shown == ["", "mine"]
        assert document.project.video("one").notes == "mine"
        window.dialogs.edit_notes("one")
        assert shown == ["", "mine", "mine"]
