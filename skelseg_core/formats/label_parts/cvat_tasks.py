"""Tasks of a file of CVAT, and the labels of their tracks by frames of the video."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import Interval, LabelTrack, one_line, said_of
from skelseg_core.formats.xml_text import attribute, child_text

SHAPES = frozenset(
    ("box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton")
)
"""Names of elements that are shapes of a track."""
_CHOICES = ("select", "radio")
"""Kinds of attributes that can be an action: one of several values."""
_MOST_CHOICES = 50
"""Such attributes of a task that are read; the time taken grows with them."""


@dataclass(eq=False)
class Task:
    """A video or part of one that was annotated, and its tracks.

    Parameters
    ----------
    name, media : str
    first, step, size : int
        First frame of the video, frames from one to the next, and how many; size is 0
        where the file does not say it.
    last : int, optional
        Last frame of the video that belongs to it.
    choices : tuple of str
        Names of attributes whose value may change while a track is visible.
    tracks : list of Element
    """

    name: str = ""
    media: str = ""
    first: int = 0
    step: int = 1
    size: int = 0
    last: int | None = None
    choices: tuple[str, ...] = ()
    tracks: list[ET.Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A shape of a track: its frame, whether it is outside, values of attributes."""

    frame: int
    outside: bool
    values: Mapping[str, str]
    place: str


def tasks_of(root: ET.Element, path: Path) -> list[Task]:
    """List the tasks of a file that have tracks."""
    tasks = {
        child_text(element, "id"): _task(element, path)
        for element in root.iter()
        if element.tag in ("task", "job") and element.find("size") is not None
    }
    # A file of one task does not say of which a track is.
    rest = next(iter(tasks.values())) if len(tasks) == 1 else Task()
    for track in root.iter("track"):
        tasks.get(track.get("task_id", ""), rest).tracks.append(track)
    used = [task for task in tasks.values() if task.tracks]
    if rest.tracks and rest not in used:
        used.append(rest)
    if not used:
        raise FormatError(
            "{} has no tracks; export it from CVAT as 'CVAT for video 1.1'.", path
        )
    return used


def _task(element: ET.Element, path: Path) -> Task:
    step = re.fullmatch(
        r"\s*step\s*=\s*(\d{1,6})\s*", child_text(element, "frame_filter")
    )
    last = child_text(element, "stop_frame")
    return Task(
        name=one_line(child_text(element, "name")),
        media=one_line(child_text(element, "source")),
        first=_whole(child_text(element, "start_frame") or "0", "start_frame", path),
        step=max(1, int(step[1])) if step else 1,
        size=_whole(child_text(element, "size"), "size", path),
        last=_whole(last, "stop_frame", path) if last else None,
        choices=tuple(
            dict.fromkeys(
                child_text(choice, "name")
                for choice in element.iterfind("labels/label/attributes/attribute")
                if child_text(choice, "input_type") in _CHOICES
                and child_text(choice, "mutable").lower() == "true"
            )
        )[:_MOST_CHOICES],
    )


def _whole(text: str, what: str, path: Path) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise FormatError(
            "{}: {} is '{:.40}' and not a whole number; the file is damaged, export "
            "it again.",
            path,
            what,
            text,
        )
    return int(text)


def label_tracks(task: Task, several: bool, path: Path) -> Iterator[LabelTrack]:
    """Make a track of the labels of a task, and one of each choice that is made."""
    shapes = [_shapes(track, path) for track in task.tracks]
    shapes = _frames_of_video(shapes, task, path)
    names = [one_line(attribute(track, "label", path)) for track in task.tracks]
    labels = [
        interval
        for track, name in zip(shapes, names, strict=True)
        for interval in _intervals(track, [name] * len(track), task)
    ]
    made = [("label", labels)]
    for choice in task.choices:
        values = [
            interval
            for track in shapes
            for interval in _intervals(
                track, [one_line(s.values.get(choice, "")) for s in track], task
            )
        ]
        if values:
            made.append((choice, values))
    for pick, intervals in made:
        picks = (task.name,) if several and task.name else ()
        yield LabelTrack(
            tuple(sorted(intervals, key=lambda i: i.start)),
            "frame",
            media=task.media or task.name,
            picks=(*picks, pick) if len(made) > 1 else picks,
        )


def _shapes(track: ET.Element, path: Path) -> list[_Shape]:
    """List the shapes of a track in the order of time."""
    made = []
    place = f"track {track.get('id', ''):.100}"
    for element in track:
        if element.tag in SHAPES:
            frame = _whole(attribute(element, "frame", path), "frame", path)
            values = {
                a.get("name", ""): a.text or "" for a in element.iter("attribute")
            }
            made.append(_Shape(frame, _is_outside(element), values, place))
    return sorted(made, key=lambda shape: shape.frame)


def _is_outside(shape: ET.Element) -> bool:
    """Tell whether a shape is not to be seen; a skeleton, whether none of it is."""
    parts = [part for part in shape if part.tag in SHAPES] or [shape]
    return all(part.get("outside") == "1" for part in parts)


def _frames_of_video(
    tracks: list[list[_Shape]], task: Task, path: Path
) -> list[list[_Shape]]:
    """Count frames by the video where the file counts those of the task."""
    frames = [shape.frame for track in tracks for shape in track]
    if all(f >= task.first and (f - task.first) % task.step == 0 for f in frames):
        return tracks
    if task.size and max(frames) > task.size:
        raise FormatError(
            "{}: frame {} is not in task '{}', which begins with frame {} and uses "
            "every {}. frame; export it from CVAT again.",
            path,
            max(frames),
            task.name,
            task.first,
            task.step,
        )
    return [
        [replace(s, frame=task.first + s.frame * task.step) for s in track]
        for track in tracks
    ]


def _intervals(
    shapes: Sequence[_Shape], names: Sequence[str], task: Task
) -> Iterator[Interval]:
    """Yield the times for which a track is visible with the same name."""
    start, now = 0, ""
    beside: tuple[str, ...] = ()
    for shape, name in zip(shapes, names, strict=True):
        name = "" if shape.outside else name
        if name != now:
            if now:
                yield Interval(start, shape.frame, now, shape.place, beside=beside)
            start, now, beside = shape.frame, name, _beside(shape, task)
    if now:
        end = shapes[-1].frame + task.step
        if task.last is not None:
            end = max(shapes[-1].frame, task.last) + 1
        elif task.size:
            end = max(end, task.first + task.size * task.step)
        yield Interval(start, end, now, shapes[-1].place, beside=beside)


def _beside(shape: _Shape, task: Task) -> tuple[str, ...]:
    """Name the attributes of a shape that have a value and are no track."""
    return tuple(
        said_of("attribute", name)
        for name, value in shape.values.items()
        if value.strip() and name not in task.choices
    )
