"""Checkups of projects in which something is wrong, one thing at a time."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.doctor.checkup import Checkup, apply_fixes, examine_project
from skelseg_core.errors import ProjectError
from skelseg_core.files import temporary_prefix
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.conventions import Convention
from skelseg_core.labels.edits import paint
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.project.copies.stray_files import OLD_S, SET_ASIDE
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import add_video, edit_lane
from skelseg_core.project.track_edits import add_tier, set_tier
from tests.videos import write_video

N = 60


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """A project of one real video ``v``, unlabelled, of classes a, b and c."""
    folder, project = create_project(tmp_path / "p", label_map_from_names("abc"))
    write_video(tmp_path / "p" / "v.mp4", N)
    video = probe_video(tmp_path / "p" / "v.mp4", folder, project)
    folder.save(add_video(project, video))
    return folder


def found(folder: ProjectFolder, check: str) -> list[str]:
    """Texts of the findings of one check."""
    checkup = run(examine_project(folder.root))
    return [f.text for f in checkup.findings if f.check == check]


def checks(checkup: Checkup) -> set[str]:
    return {f.check for f in checkup.findings}


def labelled(folder: ProjectFolder, text: str, each: int = 6) -> None:
    """Label the video by one letter for every ``each`` frames."""
    before = folder.load()
    ids = {c.name: c.id for c in before.label_map.classes}
    lane = before.videos[0].annotation
    for n, name in enumerate(text):
        lane = paint(lane, n * each, (n + 1) * each, ids[name])
    folder.save(edit_lane(before, before.videos[0].id, lambda _: lane), before)


def test_nothing_is_wrong_with_a_new_project(folder: ProjectFolder) -> None:
    assert checks(run(examine_project(folder.root))) == set()
    labelled(folder, "abcabcabca")
    assert checks(run(examine_project(folder.root))) == set()


def test_it_changes_nothing(folder: ProjectFolder) -> None:
    (folder.root / "labels" / "gone.json").write_text("{}")
    (folder.root / "poses").mkdir()
    folder.poses_path("v").write_bytes(b"nothing")
    before = {p: p.read_bytes() for p in folder.root.rglob("*") if p.is_file()}
    run(examine_project(folder.root))
    assert {p: p.read_bytes() for p in folder.root.rglob("*") if p.is_file()} == before


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError):
        run(examine_project(tmp_path))


def test_a_project_that_cannot_be_read_is_a_finding(folder: ProjectFolder) -> None:
    folder.labels_path("v").write_text("{")
    checkup = run(examine_project(folder.root))
    assert [f.check for f in checkup.findings if f.severity == "error"] == ["project"]
    assert "labels/v.json" in checkup.findings[0].text
    assert checkup.n_errors == 1


def test_another_video_in_its_place(folder: ProjectFolder) -> None:
    write_video(folder.root / "v.mp4", N - 7)
    (text,) = found(folder, "frames")
    assert "53 frames" in text
    assert "60" in text


def test_a_video_of_as_many_frames_that_is_another(folder: ProjectFolder) -> None:
    write_video(folder.root / "v.mp4", N, rate=13)
    (text,) = found(folder, "frames")
    assert "not the file that was added" in text


def test_a_video_that_moved_is_found_in_the_folder(folder: ProjectFolder) -> None:
    (folder.root / "v.mp4").rename(folder.root / "renamed.mp4")
    (text,) = found(folder, "missing video")
    assert "v.mp4" in text
    said = run(apply_fixes(folder.root, run(examine_project(folder.root))))
    assert said[0].endswith("done.")
    assert folder.load().videos[0].path == "renamed.mp4"
    assert found(folder, "missing video") == []


def test_a_video_that_is_nowhere_has_no_fix(folder: ProjectFolder) -> None:
    (folder.root / "v.mp4").unlink()
    checkup = run(examine_project(folder.root))
    assert [f.fix for f in checkup.findings if f.check == "missing video"] == [None]


def test_labels_that_are_gone(folder: ProjectFolder) -> None:
    folder.labels_path("v").unlink()
    (text,) = found(folder, "missing labels")
    assert "put it back" in text


def test_poses_of_another_length_are_set_aside(folder: ProjectFolder) -> None:
    keypoints = np.zeros((N - 1, 1, 17, 2), np.float32)
    poses = PoseSequence(keypoints, np.ones((N - 1, 1, 17)), "coco17", (160, 96), "t")
    save_poses(folder.poses_path("v"), poses, "f")
    data = folder.poses_path("v").read_bytes()
    (text,) = found(folder, "poses")
    assert "59 frames" in text
    run(apply_fixes(folder.root, run(examine_project(folder.root))))
    assert found(folder, "poses") == []
    assert (folder.root / SET_ASIDE / "poses" / "v.npz").read_bytes() == data


def test_corrected_poses_are_not_moved(folder: ProjectFolder) -> None:
    from skelseg_core.poses.corrections import Point

    before = folder.load()
    corrected = replace(before.videos[0], corrections=(Point(3, 0, 1, 5.0, 5.0),))
    folder.save(before.with_videos(corrected), before)
    (folder.root / "poses").mkdir()
    folder.poses_path("v").write_bytes(b"nothing")
    checkup = run(examine_project(folder.root))
    assert [f.fix for f in checkup.findings if f.check == "poses"] == [None]


def test_a_damaged_prediction(folder: ProjectFolder) -> None:
    path = folder.prediction_path("v", "m")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing")
    (text,) = found(folder, "prediction")
    assert str(path) in text


def test_files_of_no_video_conflicts_and_what_was_cut_off(
    folder: ProjectFolder,
) -> None:
    (folder.root / "labels" / "other.json").write_text("{}")
    (folder.root / "labels" / "v.conflict-20260101-000000.json").write_text("{}")
    old = folder.root / "labels" / f"{temporary_prefix()}abcdefgh.tmp"
    old.write_text("half")
    os.utime(old, (0, 0))
    new = folder.root / "labels" / f"{temporary_prefix()}defghijk.tmp"
    new.write_text("half")
    os.utime(new, (new.stat().st_mtime - OLD_S + 600,) * 2)
    assert len(found(folder, "orphan")) == 1
    assert len(found(folder, "conflict")) == 1
    assert ["abcdefgh." in text for text in found(folder, "leftover")] == [True]
    run(apply_fixes(folder.root, run(examine_project(folder.root))))
    assert checks(run(examine_project(folder.root))) == {"conflict"}
    assert new.exists()
    assert not old.exists()
    assert (folder.root / SET_ASIDE / "labels" / "other.json").exists()


def test_links(folder: ProjectFolder, tmp_path: Path) -> None:
    away = tmp_path / "away.json"
    path = folder.labels_path("v")
    path.rename(away)
    path.symlink_to(away)
    (text,) = found(folder, "link")
    assert str(away) in text
    assert "out of the project" in text
    away.unlink()
    path.unlink()
    path.symlink_to("../.git/annex/objects/ab/SHA256E-s3--ab.json")
    (text,) = found(folder, "link")
    assert "git annex get labels/v.json" in text


def test_a_flicker(folder: ProjectFolder) -> None:
    labelled(folder, "abcabcabca")
    before = folder.load()
    b = before.label_map.classes[1].id
    folder.save(edit_lane(before, "v", lambda s: paint(s, 3, 4, b)), before)
    checkup = run(examine_project(folder.root))
    (finding,) = [f for f in checkup.findings if f.check == "flicker"]
    assert (finding.start, finding.stop) == (3, 4)
    assert "'b' lasts 1 frame within 'a'" in finding.text


def test_a_segment_much_longer_than_usual(folder: ProjectFolder) -> None:
    labelled(folder, "ab" * 15, each=2)
    before = folder.load()
    a = before.label_map.classes[0].id
    longer = edit_lane(before, "v", lambda s: paint(s, 20, 38, a))
    folder.save(longer, before)
    checkup = run(examine_project(folder.root))
    odd = [f for f in checkup.findings if f.check == "length"]
    assert [(f.start, f.stop) for f in odd] == [(20, 38)]
    assert "9 times longer" in odd[0].text


def test_a_segment_against_a_convention(folder: ProjectFolder) -> None:
    labelled(folder, "abcabcabca")
    before = folder.load()
    a, b, c = (k.id for k in before.label_map.classes)
    rule = replace(before, conventions=(Convention(b, None, a, c),))
    folder.save(rule, before)
    assert len(found(folder, "convention")) == 3


def test_the_command(folder: ProjectFolder) -> None:
    runner = CliRunner()
    result = runner.invoke(cli, ["doctor", str(folder.root)])
    assert result.exit_code == 0, result.output
    assert "0 errors" in result.output
    (folder.root / "labels" / "other.json").write_text("{}")
    folder.labels_path("v").unlink()
    result = runner.invoke(cli, ["doctor", str(folder.root), "--json"])
    assert result.exit_code == 1
    said = json.loads(result.stdout)["findings"]
    assert {f["check"] for f in said} >= {"missing labels", "orphan"}
    result = runner.invoke(cli, ["doctor", str(folder.root), "--fix"])
    assert "Move other.json away: done." in result.output
    result = runner.invoke(cli, ["doctor", str(folder.root / "v.mp4")])
    assert result.exit_code == 0
    result = runner.invoke(cli, ["doctor", str(folder.root / "nothing")])
    assert result.exit_code == 2


def test_lengths_are_those_of_a_video_whose_rate_varies(tmp_path: Path) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names("abc"))
    # The first half at 30 frames a second, each frame of the rest six times as long.
    times = [*range(30), *range(30, 30 + 6 * 30, 6)]
    path = write_video(tmp_path / "p" / "v.mkv", N, pts=times)
    folder.save(add_video(project, probe_video(path, folder, project)))
    labelled(folder, "ab" * 15, each=2)
    assert found(folder, "length"), "by frames all are of one length"


def test_what_lies_in_no_segment_of_the_tier_that_holds_it(
    folder: ProjectFolder,
) -> None:
    labelled(folder, "abcabc")
    before = folder.load()
    project = add_tier(before, "Phase", of="scene")
    project = set_tier(project, "", inside="Phase")
    folder.save(project, before)
    # Nothing is said as long as no phase is labelled.
    assert found(folder, "outside") == []
    phase = project.classes_of("v@Phase").ids[0]
    after = edit_lane(project, "v@Phase", lambda s: paint(s, 0, 16, phase))
    folder.save(after, project)
    assert found(folder, "outside") == [
        f"'{name}' in v, frame {frame}, lies in no segment of Phase; check both."
        for name, frame in (("a", 18), ("b", 24), ("c", 30))
    ]
