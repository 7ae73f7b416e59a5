"""Videos with labels to be looked at, for scripts and notebooks."""

from __future__ import annotations

import os
from pathlib import Path

from skelseg_core.choices import takes
from skelseg_core.cli.terminal import run_task
from skelseg_core.library.told import tell
from skelseg_core.tasks.picture_choices import RenderChoices


@takes(RenderChoices)
def render(
    project: str | os.PathLike[str],
    video: str,
    out: str | os.PathLike[str],
    choices: RenderChoices,
) -> Path:
    """Write a video with its labels burned in below the picture, frame for frame.

    Parameters
    ----------
    project : path
        Folder of the project.
    video : str
        Id of the video.
    out : path
        MP4 file to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SkelsegError
        Where a lane is missing, the video cannot be read, or ``out`` is a file that
        skelseg did not render.
    """
    from skelseg_core.tasks.render import render as rendering

    task = rendering(str(Path(project)), video, str(Path(out)), **vars(choices))
    done = run_task(task)
    tell(done["notes"], above=1)
    return Path(done["file"])
