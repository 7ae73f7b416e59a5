"""People of a project whose figure in the poses is not known."""

from __future__ import annotations

from collections.abc import Iterator

from skelseg_core.doctor.finding import Finding
from skelseg_core.project.bodies import bodiless_text, tracks_without_body
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project


def unknown_bodies(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find people who are neither trained on nor pre-labelled for lack of a figure."""
    for whose, item in tracks_without_body(project, project.tracks).items():
        track = project.said_of(item.id)
        yield Finding("body", "warning", bodiless_text([whose]), item.id, track=track)
