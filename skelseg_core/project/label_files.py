"""The one door to label files, whoever wrote them: which format, and into a project.

Framewise CSV, segment CSV, and framewise text as MS-TCN has it (its result files too).
Labels replace the whole annotation of a video; classes that the project does not have
are added to it.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal, cast

from skelseg_core.errors import EditError, FormatError
from skelseg_core.formats.labels_csv import load_framewise_csv
from skelseg_core.formats.labels_segments import NEEDED, load_segment_csv
from skelseg_core.formats.labels_text import (
    RESULT_MARK,
    is_table,
    load_framewise_text,
    load_result_text,
)
from skelseg_core.labels.classes import (
    ActionClass,
)
from skelseg_core.labels.segmentation import (
    Segment,
    Segmentation,
    Source,
)
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.value import ANNOTATION, Project, VideoItem, set_lane
from skelseg_core.video.media_path import media_title

Format = Literal[
    "framewise-csv", "segment-csv", "text", "result", "intervals", "classes"
]
_HEAD = 1 << 16


@dataclass(frozen=True)
class NamedSegment:
    """Frames ``[start, stop)`` with the name of a class; empty is unlabelled."""

    start: int
    stop: int
    name: str
    source: Source = "import"
    reviewed: bool = False
    confidence: float | None = None


@dataclass(frozen=True)
class ReadLabels:
    """What a label file says; ``segments`` tile the frames ``[0, n_frames)``.

    Where it is ``open_ended``, the frames after that are unlabelled: segment CSV lists
    what there is.
    """

    path: Path
    segments: tuple[NamedSegment, ...]
    open_ended: bool = False

    @property
    def n_frames(self) -> int:
        """Number of frames that are spoken of."""
        return self.segments[-1].stop

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, in the order in which they first come."""
        return tuple(dict.fromkeys(s.name for s in self.segments if s.name))


def label_format(path: Path) -> Format | None:
    """What a file is by how it begins; None where it holds no labels.

    A text in which no line comes twice is a list of classes.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise FormatError(
            f"{path} cannot be read ({error.strerror}); check its path and permissions."
        ) from error
    try:
        # The last character may be cut in two.
        text = head.decode("utf-8-sig", "ignore" if len(head) == _HEAD else "strict")
    except UnicodeDecodeError:
        return None
    lines = text.splitlines()
    if not lines or "\0" in text:
        return None
    if path.suffix.lower() == ".csv":
        return _csv_format(lines[0])
    if path.suffix.lower() != ".txt" and path.suffix:
        return None
    if lines[0].startswith(RESULT_MARK):
        return "result"
    filled = [line for line in lines if line.strip()]
    # A line that was cut in two is none of them.
    if is_table(filled[:-1] if len(head) == _HEAD else filled):
        return "intervals"
    return "text" if len(set(filled)) < len(filled) else "classes"


def _csv_format(line: str) -> Format | None:
    header = {name.strip() for name in next(csv.reader([line]), [])}
    if {"frame", "label"} <= header:
        return "framewise-csv"
    return "segment-csv" if set(NEEDED) <= header else None


def load_labels(path: Path, video: VideoItem | None = None) -> ReadLabels:
    """Read a label file of any format.

    Parameters
    ----------
    path : Path
    video : VideoItem, optional
        Whose labels are wanted, for files that say of each row which video it is of.

    Raises
    ------
    FormatError
        Where it is none, or damaged, or holds labels of other videos; says where.
    """
    names = set() if video is None else _names_of(video)
    kind = label_format(path)
    if kind == "framewise-csv":
        return ReadLabels(path, _of_framewise_csv(path, names))
    if kind == "segment-csv":
        return ReadLabels(path, _of_segment_csv(path, names), open_ended=True)
    if kind == "result":
        return ReadLabels(path, _of_names(load_result_text(path)))
    if kind in ("text", "classes"):
        return ReadLabels(path, _of_names(load_framewise_text(path)))
    if kind == "intervals":
        raise FormatError(
            f"{path} is a table of labels that skelseg does not read as it stands; "
            "save it as CSV with the columns start_frame, stop_frame and label."
        )
    raise FormatError(
        f"{path} holds no labels that skelseg knows; it reads framewise CSV, segment "
        "CSV, and text with one class name per frame."
    )


def _names_of(item: VideoItem) -> set[str]:
    """What a video may be called in a table: by its id, or by its file."""
    path = Path(item.path)
    return {item.id, media_title(path), path.name} if item.path else {item.id}


def _of_names(names: Sequence[str]) -> tuple[NamedSegment, ...]:
    made, at = [], 0
    for name, run in groupby(names):
        n = sum(1 for _ in run)
        made.append(NamedSegment(at, at + n, name))
        at += n
    return tuple(made)


def _of_framewise_csv(path: Path, video: Collection[str]) -> tuple[NamedSegment, ...]:
    table = load_framewise_csv(path, video)
    made = []
    for _, run in groupby(range(len(table)), key=lambda n: table.segments[n]):
        frames = list(run)
        first = frames[0]
        made.append(
            NamedSegment(
                first,
                frames[-1] + 1,
                table.labels[first],
                table.sources[first],
                table.reviewed[first],
                table.confidences[first],
            )
        )
    return tuple(made)


def _of_segment_csv(path: Path, video: Collection[str]) -> tuple[NamedSegment, ...]:
    made: list[NamedSegment] = []
    at = 0
    for row in load_segment_csv(path, video):
        if row.start > at:
            made.append(NamedSegment(at, row.start, ""))
        source = cast(Source, row.source)
        made.append(
            NamedSegment(
                row.start, row.stop, row.label, source, row.reviewed, row.confidence
            )
        )
        at = row.stop
    return tuple(made)


def with_labels(project: Project, video_id: str, labels: ReadLabels) -> Project:
    """Make labels the annotation of a video; classes that are missing are added.

    Raises
    ------
    EditError
        Where the labels are of another number of frames, or a name cannot be one.
    """
    missing = [ActionClass(n, name, color="") for n, name in enumerate(labels.names)]
    project = add_classes(project, missing)
    ids = {c.name: c.id for c in project.label_map.classes}
    value = segmentation_of(labels, project.video(video_id), ids)
    return set_lane(project, video_id, ANNOTATION, value)


def segmentation_of(
    labels: ReadLabels, item: VideoItem, ids: Mapping[str, int | None]
) -> Segmentation:
    """The labels as a segmentation of a video, with the id of every class by its name.

    Raises
    ------
    EditError
        Where the labels are of another number of frames.
    """
    left = item.n_frames - labels.n_frames
    if left < 0 or (left and not labels.open_ended):
        raise other_length(labels.path, labels.n_frames, item)
    return whole_segmentation(labels, item.n_frames, ids)


def other_length(path: Path, n_frames: int, item: VideoItem) -> EditError:
    """Say that a file labels another number of frames than a video has."""
    return EditError(
        f"{path.name} labels {n_frames:,} frames and {item.id} has "
        f"{item.n_frames:,}; give the labels of this very video."
    )


def whole_segmentation(
    labels: ReadLabels, n_frames: int, ids: Mapping[str, int | None]
) -> Segmentation:
    """All that a file says, unlabelled from there to ``n_frames`` where that is more.

    Parameters
    ----------
    labels : Labels
    n_frames : int
    ids : mapping of str to int or None
        Id of every class by its name; None leaves its frames unlabelled.
    """
    segments = []
    for s in labels.segments:
        class_id = ids[s.name] if s.name else None
        if class_id is None:
            segments.append(Segment(s.start, s.stop, confidence=s.confidence))
            continue
        made = Segment(s.start, s.stop, class_id, s.source, confidence=s.confidence)
        segments.append(made.as_reviewed() if s.reviewed else made)
    if labels.n_frames < n_frames:
        segments.append(Segment(labels.n_frames, n_frames))
    return Segmentation(tuple(segments))
