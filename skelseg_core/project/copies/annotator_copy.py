"""Copy of a project for another annotator: its videos and classes, and no labels.

Another person labels in a folder of their own, so that no file has two writers and
nothing of others can be seen. The labels come back by `annotators`.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

from skelseg_core.files import atomic_write
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder, check_free
from skelseg_core.project.project import Project
from skelseg_core.project.seen_files import bytes_of
from skelseg_core.project.videos_and_tracks import blank_track


def copy_for_annotator(
    folder: ProjectFolder, project: Project, root: Path, name: str = ""
) -> Task[ProjectFolder]:
    """Write a copy of a project without labels, predictions and models.

    Classes, the choice of the subject, poses and their corrections go
    along. Videos stay where they are.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
        What is copied.
    root : Path
        Folder of the copy, which must not hold a project.
    name : str
        Of the person who is to label there; kept with the videos.

    Raises
    ------
    ProjectError
        Where there is a project already, or the folder cannot be written.
    """
    made = check_free(root)
    for video in project.videos:
        path = video.path
        if video.has_file:
            path = made.stored_path(folder.video_path(video, project.media_roots))
        project = project.with_video(
            replace(video.with_film(path=path), notes="", comments=())
        )
    tracks = tuple(replace(blank_track(v), annotator=name) for v in project.tracks)
    empty = replace(
        project, uuid=uuid.uuid4().hex, name=root.resolve().name, tracks=tracks
    )
    made.save(empty)
    for n, video in enumerate(project.videos):
        yield Progress("copying poses", n, len(project.videos))
        data = bytes_of(folder.poses_path(video.id))
        if data:
            atomic_write(made.poses_path(video.id), data)
    return made
