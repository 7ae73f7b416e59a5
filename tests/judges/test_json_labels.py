"""What Label Studio's SDK makes is read.

Runs where it is (`requirements/judges-json.txt`), and skips elsewhere.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skelseg_core.formats.labels.label_studio import LabelStudio
from tests.labelled import KEPT, LABELS, frames_of, read_back, video_of

interface = pytest.importorskip("label_studio_sdk.label_interface")
objects = pytest.importorskip("label_studio_sdk.label_interface.objects")


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
    assert frames_of(track, video_of(LABELS, 25)) == LABELS
    sample = interface.LabelInterface(CONFIG).generate_complete_sample_task()
    tasks.write_text(json.dumps([sample], default=str))
    assert read_back(LabelStudio(), tasks).tracks
