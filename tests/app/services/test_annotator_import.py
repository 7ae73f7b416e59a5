"""Labels of another annotator whose classes or length are not quite ours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from tests.app.conftest import N_FRAMES
from tests.app.windows import opened, warns

LEFT = Qt.MouseButton.LeftButton


def test_missing_classes_and_frames_are_asked_about_at_once_and_added_by_a_button(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    file = tmp_path / "anna.txt"

    def write(names: list[str], n_frames: int) -> None:
        rows = [names[n * len(names) // n_frames] for n in range(n_frames)]
        file.write_text("\n".join(rows) + "\n")

    with opened(qtbot, project_folder) as project_window:
        bar, before = project_window.docks.messages, project_window.document.project

        def bring(words: str) -> None:
            project_window.services.annotator_import.import_labels(file, "anna")
            qtbot.waitUntil(lambda: words in bar.text.text(), timeout=20_000)

        write(["walk", "read", "sit"], N_FRAMES + 2)
        bring("read, sit")
        text = bar.text.text()
        assert "use 2 classes that this project does not have" in text
        assert "92 frames and one has 90: the last 2 would be left out" in text
        # The file was mended and is imported again: the first question is none now.
        write(["walk", "read", "wave"], N_FRAMES)
        bring("read, wave")
        # Nor is it one of a class that was added by hand.
        project_window.document.apply("Add", lambda p: add_class(p, "wave"))
        assert not warns(bar)
        assert bar.text.text().endswith("import the labels of anna again.")
        project_window.document.undo_stack.undo()
        bar.notices.close_all()
        write(["walk", "read", "wave"], N_FRAMES + 2)
        bring("read, wave")
        assert bar.number == 1
        assert bar.help.text() == "Add and import"
        assert project_window.document.project == before
        qtbot.mouseClick(bar.help, LEFT)
        after = project_window.document.project
        assert after.label_map.names[len(before.label_map) :] == ("read", "wave")
        lane = after.video("one").lanes["annotator:anna"]
        names = [after.label_map.name_of(s.class_id) for s in lane.segments]
        assert (names, lane.n_frames) == (["walk", "read", "wave"], N_FRAMES)
        assert not warns(bar)
        assert "New classes: read, wave." in bar.text.text()
        project_window.document.undo_stack.undo()
        assert project_window.document.project == before
        # Only the length is another; whoever closes the bar imports nothing.
        write(["walk"], N_FRAMES - 3)
        bring("the last 3 would stay unlabelled")
        assert bar.help.text() == "Import"
        qtbot.mouseClick(bar.closing, LEFT)
        assert project_window.document.project == before
