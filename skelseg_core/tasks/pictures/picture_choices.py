"""Choices of what is written to be looked at: videos with labels, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skelseg_core.choices import WrittenTask, choice, lanes, tier, videos


@dataclass(frozen=True)
class RenderChoices:
    """Choices of a rendered video; the first lane is the largest."""

    frames: str = choice(
        "",
        "Frames A up to B (120:480), or seconds (4.5s:12s); all by default.",
        "--range",
        metavar="A:B",
        of="frames",
        title="Frames",
    )
    lanes: Sequence[str] = lanes()
    skeleton: bool = choice(
        True,
        "Draw no skeleton of the subject.",
        "--no-skeleton",
        title="Skeleton of the subject",
    )


@dataclass(frozen=True)
class PlotChoices:
    """Choices of a picture of labels, with a row for each lane that a video has."""

    videos: Sequence[str] = videos()
    tier: str = tier()
    lanes: Sequence[str] = lanes()


RENDER = WrittenTask(
    "render",
    RenderChoices,
    """Write VIDEO of FOLDER with its labels burned in, frame for frame.

    Below the picture stand label, time and frame, and the lanes as strips. Every frame
    has the time that it has in the video, and the sound is kept. A file that skelseg
    did not render, or that was changed since, is not replaced.
    """,
    "Export video with labels…",
    "This video as an MP4 file, its labels below the picture, the sound kept",
    "{}-labels",
    (".mp4",),
    of_video=True,
)
PLOT = WrittenTask(
    "plot",
    PlotChoices,
    """Draw the labels of FOLDER over time, a row for each video and lane.

    Classes have the colours and textures of the window. The ending of the file says
    the kind of picture; in an SVG and a PDF text stays text.
    """,
    "Export picture of the labels…",
    "Labels over time, as SVG, PDF or PNG",
    "labels",
    (".svg", ".pdf", ".png"),
)

WRITTEN: tuple[WrittenTask, ...] = (RENDER, PLOT)
"""All tasks that write a file for a person to look at, as offered."""
