"""What others write into the video of a session without a window stays there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, edit_lane
from skelseg_core.tasks.assist import AssistedVideo


def test_labels_that_came_with_the_first_save_survive_the_second(
    made: tuple[ProjectFolder, Project],
) -> None:
    folder, project = made
    item = project.video("v1")
    session: Any = SimpleNamespace(annotation=paint(item.annotation, 5, 9, 1))
    found = AssistedVideo(folder, project, item, session)
    other = ProjectFolder(folder.root)
    before = other.load()
    theirs = edit_lane(before, "v1", lambda a: paint(a, 50, 60, 2))
    other.save(theirs, before)
    assert found.save() == []
    session.annotation = paint(session.annotation, 20, 25, 1)
    assert found.save() == []
    lane = ProjectFolder(folder.root).load().video("v1").annotation
    assert [lane.at(n).class_id for n in (6, 22, 55)] == [1, 1, 2]
