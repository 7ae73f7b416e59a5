"""Label Studio's SDK and labelformat take what is written here, and theirs is read.

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
from tests.labelled import NAMES, RATES, frames_of, read_back, uneven, video_of, written

interface = pytest.importorskip("label_studio_sdk.label_interface")
control_tags = pytest.importorskip("label_studio_sdk.label_interface.control_tags")
activitynet = pytest.importorskip("labelformat.formats.activitynet")

Spans = list[tuple[str, int, int]]
LABELS = [0, 0, 1, 2, 2, -1, -1, 3, 4, 4, 4, 5, 6, 7, 8, 8, 0]
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


def studio_spans(
    folder: Path, video: LabelledVideo, options: WriteOptions | None = None
) -> Spans:
    """List what the SDK says of the regions of a task."""
    tasks, config = written(LabelStudio(), folder, video, options=options)
    judge = interface.LabelInterface(config.read_text())
    judge.validate()
    assert set(judge.get_control("labels").labels) == set(NAMES)
    (task,) = json.loads(tasks.read_text())
    assert judge.validate_task({"data": task["data"]})
    (result,) = task["predictions" if options else "annotations"]
    assert judge.validate_prediction(result, return_errors=True) == []
    found = []
    for region in result["result"]:
        value = control_tags.TimelineLabelsValue(**region["value"])
        (span,) = value.ranges
        # Its frames count from 1 and hold the last.
        ends = [(n / task["data"]["fps"]) for n in (span.start - 1, span.end)]
        start, stop = (frame(video, end) for end in ends)
        found.append((value.timelinelabels[0], start, stop))
    return found


@pytest.mark.parametrize("options", [None, PREDICTED])
@pytest.mark.parametrize("rate", [*RATES, 0])
def test_label_studio_takes_what_is_written(
    tmp_path: Path, rate: float, options: WriteOptions | None
) -> None:
    video = film(rate)
    assert studio_spans(tmp_path, video, options) == given(video)


def test_label_studio_notices_one_boundary_one_frame_off(tmp_path: Path) -> None:
    assert studio_spans(tmp_path, film(25, SHIFTED)) != given(film(25))


def test_label_studio_notices_a_class_that_its_configuration_lacks(
    tmp_path: Path,
) -> None:
    tasks, config = written(LabelStudio(), tmp_path, film(25))
    lacks = config.read_text().replace('value="walk"', 'value="run"')
    judge = interface.LabelInterface(lacks)
    (task,) = json.loads(tasks.read_text())
    assert judge.validate_prediction(task["annotations"][0], return_errors=True)


def test_a_task_that_label_studio_makes_is_read(tmp_path: Path) -> None:
    objects = pytest.importorskip("label_studio_sdk.label_interface.objects")
    video = film(25)
    tasks, config = written(LabelStudio(), tmp_path, video)
    (task,) = json.loads(tasks.read_text())
    made = objects.TaskValue(
        data=task["data"], annotations=[{**task["annotations"][0], "completed_by": 1}]
    )
    tasks.write_text(json.dumps([made.model_dump()]))
    (track,) = read_back(LabelStudio(), tasks).tracks
    assert track.picks == ("1",)
    assert frames_of(track, video) == LABELS
    sample = interface.LabelInterface(
        config.read_text()
    ).generate_complete_sample_task()
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
