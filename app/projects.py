"""Which project a path means."""

from __future__ import annotations

from pathlib import Path

from skelseg_core.errors import ProjectError, unreachable
from skelseg_core.project_folder import ProjectFolder


def project_for(target: Path) -> Path | None:
    """The project that a path means; a video is asked about and made into one.

    Raises
    ------
    SkelsegError
        Where it is neither a project nor a video.
    """
    try:
        root = _project_of(target)
    except OSError as error:
        raise ProjectError(unreachable(error)) from error
    if root is not None:
        return root.resolve()
    from app.dialogs import ask_new_project

    made = ask_new_project(None, [target])
    return made.resolve() if made else None


def _project_of(target: Path) -> Path | None:
    """The project that is there already; None where a video has none yet."""
    if not target.is_file():
        ProjectFolder(target).load()
        return target
    root = target.with_name(f"{target.stem}-project")
    if ProjectFolder(root).project_file.is_file():
        return root
    from skelseg_core.video_file import VideoFile

    # Looked at before anything is asked: a file that is no video needs no dialog.
    VideoFile(target).close()
    return None
