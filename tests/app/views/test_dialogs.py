"""What is asked in a window of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.views.dialogs.dialogs import NewProjectDialog, NotesDialog
from app.views.dialogs.paths_line import PathsLine
from skelseg_core.errors import EditError
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from tests.app.windows import activate, opened
from tests.settled import settle
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
        found = [v.video.people for v in ProjectFolder(root).load().tracks]
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
        assert document.project.track("one").video.notes == "mine"
        window.dialogs.edit_notes("one")
        assert shown == ["", "mine", "mine"]


def test_a_project_is_made_by_keys_of_paths_that_are_typed_and_pasted(
    qtbot: QtBot, tmp_path: Path
) -> None:
    """As file managers and shells give them: addresses, quoted, a line each."""
    films = [write_video(tmp_path / f"ben-{n}.mp4", 5) for n in (1, 2)]
    spaced = write_video(tmp_path / "a clip, cut.mp4", 5)
    dialog = NewProjectDialog()
    qtbot.addWidget(dialog)
    activate(qtbot, dialog)
    QTest.keyClicks(dialog.classes, "walk")
    for _ in range(20):
        if dialog.videos.hasFocus():
            break
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Backtab)
    assert dialog.videos.hasFocus()
    clip = QGuiApplication.clipboard()
    clip.setText(f"{QUrl.fromLocalFile(str(spaced)).toString()}\n'{films[0]}'")
    dialog.videos.paste()
    QTest.keyClicks(dialog.videos, f"; {films[1]}")
    assert dialog.videos.paths == [spaced, *films]
    # A chosen one may hold what stands between two that are typed.
    line = PathsLine()
    qtbot.addWidget(line)
    line.paths = [tmp_path / "one; two.mp4"]
    assert line.paths == [tmp_path / "one; two.mp4"]
    # Office writes such files; nobody has to be called so.
    line.setText("~$one.mp4")
    assert line.paths == [Path("~$one.mp4")]
    # The first Return shows what follows from the paths, the second creates.
    QTest.keyClick(dialog.videos, Qt.Key.Key_Return)
    assert dialog.root is None
    assert dialog.folder.text() == str(tmp_path / f"{tmp_path.name}-project")
    assert dialog.by_names.isVisible()
    QTest.keyClick(dialog.videos, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.root is not None, timeout=20_000)
    project = ProjectFolder(tmp_path / f"{tmp_path.name}-project").load()
    assert [v.video.path for v in project.tracks] == [
        f"../{film.name}" for film in (spaced, *films)
    ]
    assert [v.video.people for v in project.tracks] == [(), ("ben",), ("ben",)]


def test_a_typed_path_of_nothing_is_refused_by_name(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = NewProjectDialog()
    qtbot.addWidget(dialog)
    activate(qtbot, dialog)
    QTest.keyClicks(dialog.classes, "walk")
    dialog.videos.setFocus()
    QTest.keyClicks(dialog.videos, str(tmp_path / "gone.mp4"))
    QTest.keyClick(dialog.videos, Qt.Key.Key_Return)
    QTest.keyClick(dialog.videos, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "gone.mp4" in dialog.wrong.text(), timeout=20_000)
    assert not (tmp_path / "gone-project").exists()


def test_a_dialog_that_is_left_reads_no_typed_poses(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = NewProjectDialog()
    qtbot.addWidget(dialog)
    activate(qtbot, dialog)
    dialog.poses.setFocus()
    QTest.keyClicks(dialog.poses, str(tmp_path / "gone.csv"))
    taken: list[bool] = []
    dialog.poses.taken.connect(lambda: taken.append(True))
    QTest.keyClick(dialog.poses, Qt.Key.Key_Escape)
    settle()
    assert not dialog.isVisible()
    assert not taken
