"""Clips of segments, decoded again: the frames of the segment and no others."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project import ANNOTATION, add_video, set_lane
from skelseg_core.tasks.pictures.clips import clips
from skelseg_core.video.reader import VideoReader
from tests.videos import read_code, write_video

NAMES = ("öffnen / zu", "Öffnen _ zu", "con")
"""Two that a disk may take for one another, and one that Windows has for a device."""
LABELS = np.repeat([0, 1, -1, 2, 0], [7, 1, 5, 9, 8])
N = len(LABELS)
STEPS_MS = np.resize([33, 34, 120, 17, 40], N)
UNEVEN_MS = (np.cumsum(STEPS_MS) - STEPS_MS[0]).tolist()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of one video of variable rate, labelled in part."""
    classes = LabelMap(tuple(ActionClass(n, name) for n, name in enumerate(NAMES)))
    folder, before = create_project(tmp_path / "p", classes)
    path = write_video(
        tmp_path / "film.mkv",
        N,
        pts=UNEVEN_MS,
        time_base=Fraction(1, 1000),
        audio_s=2.0,
    )
    project = add_video(before, probe_video(path, folder, before))
    lane = Segmentation.from_frames(LABELS, "human")
    folder.save(set_lane(project, "film", ANNOTATION, lane), before)
    return folder.root


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "clips.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_clip_has_the_frames_of_its_segment(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = run(clips(str(root), str(out)))
    found = rows(out)
    assert made["n_clips"] == len(found) == 4
    assert made["n_frames"] == 25
    spans = [(int(r["start_frame"]), int(r["stop_frame"])) for r in found]
    assert spans == [(0, 7), (7, 8), (13, 22), (22, 30)]
    assert [r["class"] for r in found] == [NAMES[k] for k in (0, 1, 2, 0)]
    assert {(r["source"], r["reviewed"]) for r in found} == {("human", "0")}
    assert len({Path(r["file"]).parent.name.casefold() for r in found}) == 3
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.mp4")) == sorted(
        r["file"] for r in found
    )
    for row, (start, stop) in zip(found, spans, strict=True):
        with VideoReader(out / row["file"]) as reader:
            codes = [read_code(picture) for _, picture in reader.frames()]
            assert codes == list(range(start, stop))
            times = np.array(UNEVEN_MS[start:stop]) / 1000
            assert reader.times.starts_s == pytest.approx(times - times[0], abs=1e-9)
            assert reader.has_sound
        assert float(row["start_s"]) == pytest.approx(times[0], abs=1e-6)


def test_only_what_is_asked_for_is_written(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(clips(str(root), str(out), classes=["con"]))
    assert [r["class"] for r in rows(out)] == ["con"]
    assert [p.parent.name for p in out.rglob("*.mp4")] == ["con_"]
    for wrong, said in (
        ({"classes": ["sit"]}, "There is no class 'sit'"),
        ({"videos": ["nobody"]}, "nobody"),
        ({"lane": "prediction:x"}, "prediction:x"),
    ):
        with pytest.raises(ProjectError, match=said):
            run(clips(str(root), str(tmp_path / "other"), **wrong))  # type: ignore[arg-type]
    assert not (tmp_path / "other").exists()


def test_files_of_others_stay_and_nothing_is_half_written(
    root: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(clips(str(root), str(out)))
    run(clips(str(root), str(out)))  # its own are replaced
    file = out / rows(out)[1]["file"]
    file.write_bytes(b"cut by hand")
    with pytest.raises(ProjectError, match="was changed after skelseg exported it"):
        run(clips(str(root), str(out)))
    assert file.read_bytes() == b"cut by hand"
    task = clips(str(root), str(tmp_path / "other"))
    while not (tmp_path / "other").exists():
        next(task)
    next(task)
    task.close()
    assert not (tmp_path / "other").exists()
