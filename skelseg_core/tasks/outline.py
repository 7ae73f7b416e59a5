"""Outline of labels: a line of text for each segment, to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skelseg_core.choices import WrittenTask, choice, lane, takes, videos
from skelseg_core.progress import Progress, Task


@dataclass(frozen=True)
class OutlineChoices:
    """Choices of an outline."""

    lane: str = lane()
    videos: Sequence[str] = videos()
    frames: bool = choice(
        False, "Say frames in place of seconds.", title="Frames in place of seconds"
    )


@takes(OutlineChoices)
def outline(root: str, out: str, choices: OutlineChoices) -> Task[dict[str, Any]]:
    """Write a line for each labelled segment: where it begins, and its class."""
    from skelseg_core.errors import ProjectError
    from skelseg_core.files import atomic_write, matching_names
    from skelseg_core.formats.dataset import counted
    from skelseg_core.project.folder import ProjectFolder

    folder, path = ProjectFolder(Path(root)), Path(out)
    if path.exists():
        raise ProjectError("{} is there already; choose another name.", path)
    project, lines = folder.load(), list[str]()
    for video in matching_names(choices.videos, project.ids) or project.ids:
        yield Progress("outline")
        item = project.video(video)
        lines.append(video)
        for segment in item.lanes[choices.lane].segments:
            if segment.class_id is not None:
                start = item.even_times.start_s(segment.start)
                at = f"{segment.start}" if choices.frames else f"{start:.2f} s"
                lines.append(f"  {at}  {project.label_map.name_of(segment.class_id)}")
    atomic_write(path, "\n".join([*lines, ""]))
    said = f"Wrote {counted(len(lines), 'line')} to {out}."
    return {"said": said, "file": out, "notes": []}


OUTLINE = WrittenTask(
    "outline",
    OutlineChoices,
    """Write the labels of FOLDER as lines to be read.

    A line for each labelled segment: when it begins, by the mean rate of the video, and
    its class.
    """,
    "Export outline of the labels…",
    "A line of text for each segment",
    "outline",
    (".txt",),
)
