"""Labels of another annotator whose classes are not quite ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.views.dialogs.import_labels import ImportLabelsDialog
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import set_lane
from tests.app.conftest import N_FRAMES
from tests.app.windows import opened


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


def test_missing_classes_are_said_before_and_added_in_one_step(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    with opened(qtbot, project_folder) as project_window:
        document, window = project_window.document, project_window.window
        before = document.project
        importer = project_window.services.files.label_importer

        def asked(*names: str) -> ImportLabelsDialog:
            file = their_project(tmp_path / "-".join(names), project_folder, names)
            importer.begin([file], "anna")

            def there() -> list[ImportLabelsDialog]:
                found = window.findChildren(ImportLabelsDialog)
                return [dialog for dialog in found if dialog.isVisible()]

            qtbot.waitUntil(lambda: bool(there()), timeout=20_000)
            return there()[0]

        dialog = asked("walk", "jump")
        assert "1 new class: jump." in dialog.remarks.text()
        dialog.reject()
        assert document.project == before
        dialog = asked("walk", "read", "wave")
        assert "2 new classes: read, wave." in dialog.remarks.text()
        assert "project.json is read as: project of skelseg." in dialog.about.text()
        qtbot.waitUntil(dialog.ok.isEnabled, timeout=20_000)
        dialog.ok.click()
        qtbot.waitUntil(lambda: document.undo_stack.count() == 1, timeout=20_000)
        after = document.project
        assert after.label_map.names[len(before.label_map) :] == ("read", "wave")
        lane = after.track("one").lanes["annotator:anna"]
        names = [after.label_map.name_of(s.class_id) for s in lane.segments]
        assert (names, lane.n_frames) == (["walk", "read", "wave"], N_FRAMES)
        assert after.track("one").annotation is before.track("one").annotation
        document.undo_stack.undo()
        assert document.project == before
        qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)
