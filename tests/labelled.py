"""Labelled videos for tests of label formats, and a reader of tracks of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.formats.descriptors import LabelFormat, ReadOptions, WriteOptions
from skelseg_core.formats.label_file import LabelFile, LabelledVideo, LabelTrack
from skelseg_core.formats.labels.framewise_and_segment_csv import (
    FramewiseCsv,
    SegmentCsv,
)
from skelseg_core.labels.classes import LabelMap, label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.video.times import FrameTimes

NAMES = (
    "walk", "open door, left", 'say "no"', "a & b", "1 < 2", "Tür öffnen", "拾う",
    "it's; done|not", "tab-free (x)", "NA",
)  # fmt: skip
LABELS = [0, 0, 1, 2, 2, -1, -1, 3, 4, 4, 4, 5, 6, 7, 8, 8, 0]
"""Classes of 17 frames, of which ten segments have one."""
KEPT = Path(__file__).parent / "core/formats/written"
"""`LABELS` at 25 Hz as skelseg once wrote them in formats that it only reads now."""
RATES = (10, 12, 15, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60, 120)


def video_of(
    labels: list[int],
    rate: float = 25,
    *,
    times: FrameTimes | None = None,
    names: tuple[str, ...] = NAMES,
    **rest: object,
) -> LabelledVideo:
    """Make a labelled video of class indices per frame, -1 for unlabelled."""
    label_map: LabelMap = label_map_from_names(names)
    segmentation = Segmentation.from_frames(np.array(labels))
    own = times or FrameTimes.even(len(labels), rate)
    made = {"id": "v 1", "media": Path("/films/v 1.mp4"), "out": Path("/films/out")}
    return LabelledVideo(
        segmentation=segmentation, label_map=label_map, times=own, **{**made, **rest}
    )  # type: ignore[arg-type]


def framewise_csv(lane: Segmentation, names: LabelMap, times: FrameTimes) -> str:
    """Format a framewise CSV of one track."""
    return FramewiseCsv().write_tracks([LabelledVideo("v", lane, names, times)])


def segment_csv(lane: Segmentation, names: LabelMap, times: FrameTimes) -> str:
    """Format a segment CSV of one track."""
    return SegmentCsv().write_tracks([LabelledVideo("v", lane, names, times)])


def uneven(n: int, seed: int = 0) -> FrameTimes:
    """Make times of a video of a variable rate, 8 to 90 ms apart."""
    gaps = np.random.default_rng(seed).uniform(0.008, 0.09, n - 1)
    return FrameTimes.of_table(np.r_[0.0, np.cumsum(gaps)])


def written(
    form: LabelFormat,
    folder: Path,
    *videos: LabelledVideo,
    options: WriteOptions | None = None,
) -> list[Path]:
    """Write the labels of videos to a folder."""
    paths = []
    for name, content in form.write_files(videos, options or WriteOptions()).items():
        path = folder / name
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        paths.append(path)
    return paths


def a_file(form: LabelFormat, folder: Path, labels: list[int] = LABELS) -> Path:
    """Write labels; of a format that is only read, find the file that is kept."""
    if form.written_suffix is None:
        return KEPT / f"{form.name}{form.suffixes[0]}"
    return written(form, folder, video_of(labels))[0]


def read_back(form: LabelFormat, path: Path, **options: object) -> LabelFile:
    """Read a label file."""
    return form.read_file(path, ReadOptions(**options))  # type: ignore[arg-type]


def frames_of(track: LabelTrack, video: LabelledVideo) -> list[int]:
    """Convert a track to class indices per frame, at the nearest boundaries."""
    n = video.times.n_frames
    edges = video.times.edges_s(np.arange(n + 1))
    labels = [-1] * n
    for interval in track.intervals:
        ends = [interval.start, interval.stop]
        if track.unit == "s":
            ends = [int(np.abs(edges - end).argmin()) for end in ends]
        start, stop = (int(end) for end in ends)
        assert 0 <= start < stop <= n, interval
        assert set(labels[start:stop]) == {-1}, "overlap"
        index = video.label_map.names.index(interval.name)
        labels[start:stop] = [index] * (stop - start)
    return labels
