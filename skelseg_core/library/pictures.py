"""Videos with labels to be looked at, for scripts and notebooks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from skelseg_core.library.progress_bar import run_shown
from skelseg_core.library.told import tell
from skelseg_core.project.project import ANNOTATION


def render(
    project: str | os.PathLike[str],
    video: str,
    out: str | os.PathLike[str],
    *,
    lanes: Sequence[str] = (ANNOTATION,),
    frames: str = "",
    skeleton: bool = True,
    heatmap: bool = False,
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
    lanes : sequence of str
        ``"annotation"``, ``"prediction:<model>"`` or ``"annotator:<name>"``.
    frames : str
        ``"120:480"`` in frames, ``"4.5s:12s"`` in seconds; all by default.
    skeleton, heatmap : bool
        Whether these are drawn of the subject.

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

    task = rendering(
        str(Path(project)),
        video,
        str(Path(out)),
        tuple(lanes),
        frames,
        skeleton,
        heatmap,
    )
    done = run_shown(task)
    tell(done["notes"])
    return Path(done["file"])
