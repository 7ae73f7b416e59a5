from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.poses.sequence import PoseSequence, SubjectPick
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import ANNOTATION, Project, set_lane
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from skelseg_core.tasks.exports import preview
from tests.projects import N, make_project

PYSKL = ExportChoices("pyskl")
CUT = 25
"""Frame at which the label changes."""


def two_people() -> PoseSequence:
    keypoints = np.full((N, 2, 17, 2), 10.0, np.float32)
    keypoints[:, :, :, 0] += np.arange(17)
    keypoints[:, 1] += 25
    keypoints[:, :, :, 1] += np.arange(N)[:, None, None] / 8
    return PoseSequence(keypoints, np.full((N, 2, 17), 0.5), "coco17", (64, 48))


@pytest.fixture
def made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[ProjectFolder, Project]:
    """A project with a labelled video of two people, and one without labels."""
    monkeypatch.setattr(
        "skelseg_core.tasks.labelled_videos.open_recording",
        lambda folder, item, roots: blank_video(item),
    )
    folder, project = make_project(tmp_path / "p")
    save_poses(folder.poses_path("v1"), two_people(), "f")
    lane = Segmentation((Segment(0, CUT, 0), Segment(CUT, N - 5, 2), Segment(N - 5, N)))
    return folder, set_lane(project, "v1", ANNOTATION, lane)


def exported(made: tuple[ProjectFolder, Project], out: Path) -> dict[str, object]:
    run(export_labels(*made, out, PYSKL))
    value: dict[str, object] = pickle.loads((out / "segments.pkl").read_bytes())
    return value


def test_segments_go_out_with_the_poses_of_the_subject(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    picked = replace(project.tracks[0], picks=(SubjectPick(0, 40.0, 37.0),))
    (folder.root / "folds.json").write_text(
        json.dumps({"split1": {"train": ["v2"], "test": ["v1"]}})
    )
    value = exported((folder, project.with_tracks(picked)), tmp_path / "out")
    first, second = value["annotations"]  # type: ignore[misc]
    assert value["split"] == {
        "test": [f"v1_000000_{CUT:06d}", f"v1_{CUT:06d}_{N - 5:06d}"], "train": []
    }  # fmt: skip
    assert (first["label"], second["label"]) == (0, 2)
    assert (first["total_frames"], second["total_frames"]) == (CUT, N - 5 - CUT)
    poses = two_people().keypoints
    np.testing.assert_array_equal(first["keypoint"], poses[:CUT, 1:].swapaxes(0, 1))
    np.testing.assert_array_equal(
        second["keypoint"], poses[CUT : N - 5, 1:].swapaxes(0, 1)
    )
    names = (tmp_path / "out" / "classes.txt").read_text().split()
    assert names == list(project.label_map.names)


def test_a_preview_of_a_pickle_says_its_size(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    files = dict(run(preview(*made, tmp_path / "out", PYSKL)).files)
    assert files["segments.pkl"].endswith("bytes that are no text)")
    assert files["classes.txt"].splitlines() == ["a", "b", "c"]


def test_labels_without_poses_are_named(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    made[0].poses_path("v1").unlink()
    with pytest.raises(FormatError, match="v1 has no poses; estimate or import them"):
        exported(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()
