"""Lanes of a project with the times of their frames, to be counted or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skelseg_core.errors import VideoError
from skelseg_core.predictions.lanes import no_lane
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.project import Project
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said
from skelseg_core.video.times import FrameTimes


@dataclass(frozen=True)
class TimedLane:
    """Name of a lane of a video, and the times of the video's frames."""

    item: Track
    lane: str
    times: FrameTimes


def timed_lanes(
    folder: ProjectFolder,
    project: Project,
    items: Sequence[Track],
    lanes: Sequence[str],
) -> Task[tuple[list[TimedLane], list[str]]]:
    """Find the lanes that videos have, and read the times of these videos.

    Returns
    -------
    found : list of TimedLane
        Video by video, in the order of ``lanes``.
    notes : list of str
        A sentence on the videos that cannot be read: their times are by the mean rate.

    Raises
    ------
    ProjectError
        Where no video has one of the lanes.
    """
    there = {
        item.id: [i for i in lanes if i in item.lanes and i not in item.missing]
        for item in items
    }
    for lane in lanes:
        if not any(lane in shown for shown in there.values()):
            raise no_lane(folder, project, items, lane)
    found: list[TimedLane] = []
    guessed = []
    for n, item in enumerate(items):
        if not there[item.id]:
            continue
        yield Progress("reading times", n, len(items))
        try:
            with open_recording(folder, item, project.media_roots) as reader:
                times = reader.times
        except VideoError:
            times = item.video.even_times
            guessed.append(item.video.title)
        found += [TimedLane(item, lane, times) for lane in there[item.id]]
    names = ", ".join(dict.fromkeys(guessed))
    sentence = Said(
        "Times by the mean rate, because the video cannot be read: {}.", names
    )
    return found, [sentence] if guessed else []
