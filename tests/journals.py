"""What a journal gives back, for tests."""

from __future__ import annotations

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history import recovery
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recorded_session import followed
from skelseg_core.project.part_changes import lane_of_part
from skelseg_core.project.parts import value_of
from skelseg_core.project.project import Project


def replayed(project: Project, journal: Journal, folder: ProjectFolder) -> Project:
    """The project with the edits that the journal has and its files lack."""
    return recovery.replayed(folder, project, journal.read()).project


def last_lanes(
    project: Project, journal: Journal
) -> dict[tuple[str, str], Segmentation]:
    """The final state of each changed lane, by video and name."""
    found = followed(journal.read(), lambda part: value_of(project, part)).final
    lanes = {lane_of_part(part): value for part, value in found.items()}
    return {lane: value for lane, value in lanes.items() if lane is not None}
