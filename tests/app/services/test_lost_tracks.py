"""Labels whose track is gone from project.json are named at opening, and come back."""

from __future__ import annotations

from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.project.track_edits import add_tier
from tests.app.windows import opened

TRACK = "one@Left_hand"


def test_they_are_named_at_opening_and_brought_back_in_one_step(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    before = project_folder.load()
    former = project_folder.project_file.read_bytes()
    project = add_tier(before, "Left hand")
    hand = project.classes_of(TRACK).ids[0]
    project = edit_lane(project, TRACK, lambda a: paint(a, 0, 40, hand))
    project_folder.save(project, before)
    project_folder.project_file.write_bytes(former)
    with opened(qtbot, project_folder) as window:
        document, notices = window.document, window.services.notices
        (said,) = [n for n in notices.all if f"{TRACK}.json" in n.text]
        assert said.text == (
            f"{TRACK}.json has labels, but no track in the project. Bring it back, or "
            "move the file away."
        )
        (bring,) = said.helps
        assert isinstance(bring, QAction)
        bring.trigger()
        assert document.project.track(TRACK).annotation.n_labelled == 40
        assert document.project.tier("Left_hand").name == "Left hand"
        assert not [n for n in notices.all if "no track" in n.text]
        document.undo()
        assert not document.project.has(TRACK)
        document.redo()
        document.save_now()
    again = ProjectFolder(project_folder.root)
    assert again.load().track(TRACK).annotation.n_labelled == 40
    assert not list(project_folder.root.rglob("*.conflict-*"))
    with opened(qtbot, project_folder) as window:
        assert not window.document.lost_tracks
