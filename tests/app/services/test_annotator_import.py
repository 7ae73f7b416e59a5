"""Labels of another annotator whose classes are not quite ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, set_lane
from tests.app.conftest import N_FRAMES
from tests.app.windows import opened, warns

LEFT = Qt.MouseButton.LeftButton


def their_project(root: Path, ours: ProjectFolder, names: Sequence[str]) -> Path:
    """Write a project of the same videos, of which one is labelled by these classes."""
    length = N_FRAMES // len(names)
    lane = Segmentation(
        tuple(Segment(n * length, (n + 1) * length, n) for n in range(len(names)))
    )
    project = replace(ours.load(), label_map=label_map_from_names(tuple(names)))
    folder = ProjectFolder(root)
    folder.save(set_lane(project, "one", ANNOTATION, lane))
    return folder.project_file


def test_missing_classes_are_asked_about_at_once_and_added_by_a_button(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    with opened(qtbot, project_folder) as project_window:
        bar, before = project_window.docks.messages, project_window.document.project

        def bring(*names: str) -> None:
            file = their_project(tmp_path / "-".join(names), project_folder, names)
            project_window.services.files.annotator_import.import_labels(file, "anna")
            words = ", ".join(names[1:])
            qtbot.waitUntil(lambda: words in bar.text.text(), timeout=20_000)

        bring("walk", "read", "sit")
        said = "use 2 classes that this project lacks"
        assert said in bar.text.text()
        # Other labels of theirs are imported: the first question is none now.
        bring("walk", "read", "wave")
        # Nor is it one of a class that was added by hand.
        project_window.document.apply("Add", lambda p: add_class(p, "wave"))
        assert not warns(bar)
        assert bar.text.text().endswith("Import the labels of anna again.")
        project_window.document.undo_stack.undo()
        bar.notices.close_all()
        bring("walk", "read", "wave")
        assert bar.number == 1
        assert bar.help.text() == "Add and import"
        assert project_window.document.project == before
        qtbot.mouseClick(bar.help, LEFT)
        after = project_window.document.project
        assert after.label_map.names[len(before.label_map) :] == ("read", "wave")
        lane = after.track("one").lanes["annotator:anna"]
        names = [after.label_map.name_of(s.class_id) for s in lane.segments]
        assert (names, lane.n_frames) == (["walk", "read", "wave"], N_FRAMES)
        assert not warns(bar)
        assert "New classes: read, wave." in bar.text.text()
        project_window.document.undo_stack.undo()
        assert project_window.document.project == before
        # Whoever closes the bar imports nothing.
        bring("walk", "jump")
        qtbot.mouseClick(bar.closing, LEFT)
        assert project_window.document.project == before
