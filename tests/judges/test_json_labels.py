"""What Label Studio's SDK makes is read, and labelformat takes what is written here.

Runs where they are (`requirements/judges-json.txt`), and skips elsewhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.formats.descriptors import WriteOptions
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.labels.activitynet import ActivityNet
from skelseg_core.formats.labels.label_studio import LabelStudio
from skelseg_core.labels.segmentation import Segment, Segmentation
from tests.labelled import (
    KEPT,
    LABELS,
    RATES,
    frames_of,
    read_back,
    uneven,
    video_of,
    written,
)

interface = pytest.importorskip("label_studio_sdk.label_interface")
objects = pytest.importorskip("label_studio_sdk.label_interface.objects")
activitynet = pytest.importorskip("labelformat.formats.activitynet")

Spans = list[tuple[str, int, int]]
SHIFTED = [*LABELS[:2], 0, *LABELS[3:]]
PREDICTED = WriteOptions(as_predictions=True)


def given(video: LabelledVideo) -> Spans:
    return [(name, start, stop) for start, stop, name in video.named()]


def frame(video: LabelledVideo, seconds: float) -> int:
    edges = [video.times.start_s(n) for n in range(video.times.n_frames + 1)]
    return min(range(len(edges)), key=lambda n: abs(edges[n] - seconds))


def film(rate: float, labels: list[int] = LABELS) -> LabelledVideo:
    return video_of(labels, rate or 1, times=None if rate else uneven(len(labels)))


# -- Label Studio --------------------------------------------------------------------

CONFIG = """<View>
  <TimelineLabels name="labels" toName="video">
    <Label value="walk"/>
    <Label value="sit"/>
  </TimelineLabels>
  <Video name="video" value="$video" frameRate="$fps"/>
</View>"""


def test_a_task_that_label_studio_makes_is_read(tmp_path: Path) -> None:
    (task,) = json.loads((KEPT / "label-studio.json").read_text())
    made = objects.TaskValue(
        data=task["data"], annotations=[{**task["annotations"][0], "completed_by": 1}]
    )
    tasks = tmp_path / "tasks.json"
    tasks.write_text(json.dumps([made.model_dump()]))
    (track,) = read_back(LabelStudio(), tasks).tracks
    assert track.picks == ("1",)
    assert frames_of(track, film(25)) == LABELS
    sample = interface.LabelInterface(CONFIG).generate_complete_sample_task()
    tasks.write_text(json.dumps([sample], default=str))
    assert read_back(LabelStudio(), tasks).tracks


# -- ActivityNet ---------------------------------------------------------------------


def labelformat_spans(path: Path, video: LabelledVideo) -> Spans:
    judge = activitynet.ActivityNetTemporalClassificationInput(path)
    (found,) = judge.get_labels()
    assert found.video_id == video.id
    return [
        (e.category.name, frame(video, e.start_time_s), frame(video, e.end_time_s))
        for e in found.events
    ]


@pytest.mark.parametrize("options", [None, PREDICTED])
@pytest.mark.parametrize("rate", [*RATES, 0])
def test_labelformat_takes_what_is_written(
    tmp_path: Path, rate: float, options: WriteOptions | None
) -> None:
    video = film(rate)
    (path,) = written(ActivityNet(), tmp_path, video, options=options)
    assert labelformat_spans(path, video) == given(video)


def test_labelformat_notices_one_boundary_one_frame_off(tmp_path: Path) -> None:
    (path,) = written(ActivityNet(), tmp_path, film(25, SHIFTED))
    assert labelformat_spans(path, film(25)) != given(film(25))


def test_subsets_durations_and_scores_arrive(tmp_path: Path) -> None:
    lane = Segmentation((Segment(0, 2, 0, "model", confidence=0.75), Segment(2, 5)))
    video = video_of([0] * 5, 10, fold="testing", size=(64, 48))
    object.__setattr__(video, "segmentation", lane)

    def read(options: WriteOptions | None) -> Any:
        (path,) = written(ActivityNet(), tmp_path, video, options=options)
        judge = activitynet.ActivityNetTemporalClassificationInput(path)
        (found,) = judge.get_labels()
        return found

    people = read(None)
    assert (people.subset, people.duration_s) == ("testing", 0.5)
    assert people.resolution == "64x48"
    assert [e.confidence for e in read(PREDICTED).events] == [0.75]
