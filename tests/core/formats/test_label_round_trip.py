"""Round trips: every format that is written and read gives each frame its label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import LabelFormat, ReadOptions, WriteOptions
from skelseg_core.formats.label_file import LabelledVideo, LabelTrack
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.labels.classes import LabelMap, label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.imports.assigned_labels import joined
from skelseg_core.project.imports.frames_and_overlaps import framed
from skelseg_core.video.times import FrameTimes
from tests.soak import SOAK, examples

BOTH = [f for f in LABEL_FORMATS if f.is_read and f.written_suffix is not None]
ALL_RATES = (10, 12, 15, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60, 120)
RATES = ALL_RATES if SOAK else (12, 30000 / 1001, 60)
NAMES = (
    *("open door, left", 'say "hm"', "a & b", "x < y > z", "it's"),
    *("Schrank öffnen", "打开抽屉", "引き出し", "pick up", "a;b\\c", "100 %"),
)
CLASSES = label_map_from_names(NAMES)
NO_GAPS: set[str] = set()
"""Formats that have no word for frames without a label."""


@st.composite
def labels(draw: st.DrawFn, gaps: bool = True) -> Segmentation:
    """Two frames at least: the only frame of a video is shown for 0 s."""
    lengths = draw(st.lists(st.sampled_from([1, 1, 1, 2, 3, 17]), min_size=1))
    at, made = 0, []
    for n in lengths:
        found = draw(st.sampled_from([None, *CLASSES.ids] if gaps else CLASSES.ids))
        made.append(Segment(at, at + n, found))
        at += n
    # A single frame has no duration, which files of seconds cannot say.
    if at == 1 or all(s.class_id is None for s in made):
        made.append(Segment(at, at + 1, draw(st.sampled_from(CLASSES.ids))))
    return Segmentation(tuple(made))


def names_by_frame(value: Segmentation, label_map: LabelMap) -> list[str]:
    return [label_map.name_of(None if i < 0 else int(i)) for i in value.to_frames()]


def written(
    form: LabelFormat, video: LabelledVideo, folder: Path
) -> list[tuple[Path, LabelTrack]]:
    """Write a video and read what was written: the tracks of all files."""
    found = []
    for name, data in form.write_files([video], WriteOptions()).items():
        path = folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        if name.endswith(form.written_suffix or ""):
            read = form.read_file(path, ReadOptions())
            found += [(path, track) for track in read.tracks]
    return found


def there_and_back(form: LabelFormat, video: LabelledVideo, folder: Path) -> list[str]:
    tracks = written(form, video, folder)
    track = joined([t for _, t in tracks])
    found = framed(track, video.times, "the file")
    assert (found.n_overlaps, found.n_short, found.n_off) == (0, 0, 0)
    names = [""] * found.n_frames
    for start, stop, said in found.pieces:
        names[start:stop] = [said.name] * (stop - start)
    return names


@pytest.mark.parametrize("form", BOTH, ids=lambda f: f.name)
@pytest.mark.parametrize("rate", RATES, ids=lambda r: f"{r:.5g}fps")
@settings(
    max_examples=examples(6),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_every_frame_comes_back_at_a_steady_rate(
    tmp_path: Path, form: LabelFormat, rate: float, data: st.DataObject
) -> None:
    value = data.draw(labels(form.name not in NO_GAPS))
    # By a table, as a video has it: rounded to its own ticks of 1/90000 s.
    table_s = np.round(np.arange(value.n_frames) / rate * 90_000) / 90_000
    video = video_of(value, FrameTimes.of_table(table_s), tmp_path)
    assert there_and_back(form, video, tmp_path) == names_by_frame(value, CLASSES)


@pytest.mark.parametrize("form", BOTH, ids=lambda f: f.name)
@settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_every_frame_comes_back_at_a_variable_rate(
    tmp_path: Path, form: LabelFormat, data: st.DataObject
) -> None:
    value = data.draw(labels(form.name not in NO_GAPS))
    n, some = value.n_frames, st.sampled_from([0.005, 0.0167, 0.04, 0.5, 2.0])
    lengths_s = data.draw(st.lists(some, min_size=n, max_size=n))
    table_s = np.concatenate([[0.0], np.cumsum(lengths_s)[:-1]])
    video = video_of(value, FrameTimes.of_table(table_s), tmp_path)
    assert there_and_back(form, video, tmp_path) == names_by_frame(value, CLASSES)


def video_of(value: Segmentation, times: FrameTimes, folder: Path) -> LabelledVideo:
    media = folder / "videos" / "Küche & Bad, 1.mp4"
    return LabelledVideo(
        "Küche-1", value, CLASSES, times, media, folder, (64, 48), annotator="Ängström"
    )


@pytest.mark.parametrize("form", BOTH, ids=lambda f: f.name)
def test_a_boundary_that_is_one_frame_off_is_noticed(
    tmp_path: Path, form: LabelFormat
) -> None:
    times = FrameTimes.even(40, 120)
    value = Segmentation((Segment(0, 20, 0), Segment(20, 40, 1)))
    moved = Segmentation((Segment(0, 21, 0), Segment(21, 40, 1)))
    found = there_and_back(form, video_of(moved, times, tmp_path), tmp_path)
    wanted = names_by_frame(value, CLASSES)
    assert [n for n in range(40) if found[n] != wanted[n]] == [20]


@pytest.mark.parametrize("name", ["eaf", "via", "srt"])
def test_a_segment_that_lasts_no_time_is_refused(tmp_path: Path, name: str) -> None:
    (form,) = [f for f in LABEL_FORMATS if f.name == name]
    value = Segmentation((Segment(0, 1, 0),))
    times = FrameTimes.of_table(np.zeros(1))
    with pytest.raises(FormatError, match="of Küche-1 from frame 0 to 1 is shorter"):
        form.write_files([video_of(value, times, tmp_path)], WriteOptions())
