"""Edits of a folder on a disk that is away are asked about, in the window."""

from __future__ import annotations

import shutil

from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.state.document import open_document
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened


def test_a_copy_asks_before_it_takes_edits_of_a_disk_that_is_away(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    disk = project_folder.root.parent / "disk"
    root = disk / "kitchen"
    shutil.copytree(project_folder.root, root)
    first = open_document(ProjectFolder(root))
    first.edit_lane("Label", "one", lambda lane: paint(lane, 0, 20, 1))
    # Cut off: its edits are in the journal alone.
    first.saver.stop()
    first.journal.close()
    copy = root.parent.with_name("copy")
    shutil.copytree(root, copy)
    (copy / ".lock").unlink(missing_ok=True)
    disk.rename(disk.with_name("drawer"))
    with opened(qtbot, ProjectFolder(copy)) as window:
        notices, document = window.services.notices, window.document
        (asked,) = [n for n in notices.all if "which is missing" in n.text]
        assert asked.text == (
            f"1 unsaved edit was made in {root}, which is missing. Is its disk "
            "connected? Add it here or leave it there?"
        )
        bring, leave = asked.helps
        assert isinstance(bring, QAction)
        assert isinstance(leave, QAction)
        assert (bring.text(), leave.text()) == ("Add here", "Leave there")
        assert document.project.video("one").annotation.n_labelled == 0
        bring.trigger()
        assert document.project.video("one").annotation.n_labelled == 20
        assert not [n for n in notices.all if "which is missing" in n.text]
