"""Exports of a video whose rate varies carry its own times."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.statistics import StatisticsPart, class_statistics
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.tasks.export_labels import export_labels
from skelseg_core.video.reader import VideoReader
from tests.videos import write_video

MS = np.cumsum([0, 33, 34, 500, 16, 17, 1000, 40, 40, 40, 250, 33])
"""When each frame is shown: pauses in between, as a phone records them."""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_an_export_carries_the_times_of_the_video_itself(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "phone.mkv", len(MS), pts=MS.tolist(), time_base=Fraction(1, 1000)
    )
    folder, before = create_project(tmp_path / "p", label_map_from_names("ab"))
    project = add_video(before, probe_video(path, folder, before))
    labels = Segmentation.from_frames(np.repeat([0, 1, 0], [3, 4, 5]), "human")
    project = set_lane(project, "phone", "annotation", labels)
    folder.save(project, before)
    out = tmp_path / "out"
    run(export_labels(folder, project, out))

    times = [float(row["time_s"]) for row in rows(out / "phone.csv")]
    assert times == pytest.approx(MS / 1000, abs=1e-6)
    found = [
        (float(row["start_s"]), float(row["stop_s"]))
        for row in rows(out / "phone.segments.csv")
    ]
    starts, stops = zip(*found, strict=True)
    assert starts == pytest.approx(MS[[0, 3, 7]] / 1000, abs=1e-6)
    with VideoReader(path) as reader:
        part = StatisticsPart("phone", labels, reader.times)
    counted = run(class_statistics([part], project.label_map))
    exported = [stop - start for start, stop in found]
    assert counted[0].total_s == pytest.approx(exported[0] + exported[2], abs=1e-5)
    assert counted[1].total_s == pytest.approx(exported[1], abs=1e-5)
    # The last frame lasts as long as is usual, 40 ms, not one by the mean rate.
    assert stops == pytest.approx([*MS[[3, 7]] / 1000, MS[-1] / 1000 + 0.04], abs=1e-6)
