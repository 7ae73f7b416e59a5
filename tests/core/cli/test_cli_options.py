"""Options of the command line that make no sense are refused, and nothing is quiet."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from skelseg_core.cli.main import cli
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run as finish
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.imports.pose_files import save_pose_file
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video
from tests.videos import write_images, write_video

N = 6


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def mistake(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    (line,) = result.output.strip().splitlines()
    return line


@pytest.fixture
def made(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    folder, before = create_project(tmp_path / "p", label_map_from_names("ab"))
    path = write_video(tmp_path / "v.mp4", N)
    project = add_video(before, probe_video(path, folder, before))
    folder.save(project, before)
    return folder, project


def poses(score: float) -> PoseSequence:
    body = np.random.default_rng(1).uniform(5, 90, (17, 2))
    keypoints = np.tile(body, (N, 1, 1, 1))
    scores = np.full((N, 1, 17), score)
    return PoseSequence(keypoints, scores, "coco17", (160, 96), "made")


# -- add ----------------------------------------------------------------------------


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "5000"])
def test_no_images_are_shown_at_such_a_rate(
    made: tuple[ProjectFolder, Project], tmp_path: Path, rate: str
) -> None:
    folder, project = made
    write_images(tmp_path / "images", range(4))
    said = mistake("add", folder.root, tmp_path / "images", "--rate", rate)
    assert "images per second; give a rate from 0.001 to 1000" in said
    assert folder.load() == project


def test_a_video_file_takes_no_rate(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    path = write_video(tmp_path / "w.mp4", N)
    said = mistake("add", folder.root, path, "--rate", "10")
    assert f"{path} is not a sequence of images" in said
    assert "leave out --rate" in said
    assert folder.load() == project
    # What is not there is another mistake.
    assert "gone.mp4" in mistake("add", folder.root, tmp_path / "gone.mp4", "--rate", 9)


def test_all_videos_of_a_folder_are_added(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, _ = made
    films = tmp_path / "films"
    films.mkdir()
    for name in ("take10.mp4", "take2.MP4"):
        write_video(films / name, 5)
    (films / "notes.txt").write_text("of Monday")
    said = run("add", folder.root, films).output
    names = [line.split(":")[0] for line in said.splitlines() if "frames" in line]
    assert [n for n in names if not n.startswith(" ")] == ["take2", "take10"]
    write_images(films, range(2))
    said = mistake("add", folder.root, films)
    assert "has images and videos, such as take2.MP4; name the videos" in said


# -- options ------------------------------------------------------------------------


def test_an_option_with_one_value_is_given_once(
    made: tuple[ProjectFolder, Project],
) -> None:
    root = made[0].root
    said = mistake("predict", root, "--model", "a", "--model", "b")
    assert said.startswith("Error: --model takes one value and is given 2 times; ")
    assert said.endswith("see 'skelseg predict --help'.")
    # These may be repeated, and what is said twice of yes and no is said.
    said = mistake("predict", root, "--model", "a", "--video", "v", "--video", "v")
    assert "There is no model 'a'" in said
    assert run("predict", "--help").exit_code == 0
    assert "No such option" in mistake("predict", root, "--modle", "a")


def test_an_interrupt_ends_with_its_own_code(
    made: tuple[ProjectFolder, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("skelseg_core.project.copies.moved_videos.find_videos", stopped)
    result = run("find", made[0].root, made[0].root)
    assert result.exit_code == 130
    assert result.output.strip() == "Stopped."


# -- poses --------------------------------------------------------------------------


def test_poses_without_a_score_are_told(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, _ = made
    finish(save_pose_file(tmp_path / "v.json", poses(0.5), "coco"))
    text = (tmp_path / "v.json").read_text()
    result = run("import-poses", folder.root, "v", tmp_path / "v.json")
    assert result.exit_code == 0, result.output
    assert "nobody" not in result.output
    zero = text.replace("0.5", "0.0")
    assert zero != text
    (tmp_path / "v.json").write_text(zero)
    result = run("import-poses", folder.root, "v", tmp_path / "v.json", "--again")
    assert result.exit_code == 0, result.output
    assert f"a person in 0 of {N} frames" in result.output
    assert "v.json has nobody in any frame: no keypoint has a score above" in (
        result.output
    )


def test_the_csv_beside_an_h5_is_told_and_not_taken_where_it_is_old(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, _ = made
    h5, beside = tmp_path / "v.h5", tmp_path / "v.csv"
    h5.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 99 + b"df_with_missing\0(lp0\n")
    finish(save_pose_file(beside, poses(0.5), "dlc"))
    os.utime(h5, (2_000_000_000, 2_000_000_000))
    os.utime(beside, (1_999_990_000, 1_999_990_000))
    said = mistake("import-poses", folder.root, "v", h5)
    assert f"{beside} is older than {h5}" in said
    assert not folder.poses_path("v").exists()
    # Unpacked from one archive, one after the other.
    os.utime(beside, (1_999_999_990, 1_999_999_990))
    result = run("import-poses", folder.root, "v", h5)
    assert result.exit_code == 0, result.output
    assert "v.csv was read, not v.h5" in result.output
    result = run("import-poses", folder.root, "v", beside, "--again")
    assert result.exit_code == 0, result.output
    assert "beside" not in result.output


# -- advice -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        ("EACCES", "check the permissions of its folder"),
        ("ENOSPC", "free some space"),
        ("ENOTDIR", "a part of its path is a file"),
        ("EROFS", "its disk can only be read"),
        ("EIO", "its disk fails"),
        ("ENOENT", "choose another folder"),
    ],
)
def test_advice_fits_what_the_disk_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str, advice: str
) -> None:
    import errno

    code = getattr(errno, number)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    (tmp_path / "classes.txt").write_text("a\nb\n")
    monkeypatch.setattr("skelseg_core.files.tempfile.mkstemp", refuse)
    said = mistake("init", tmp_path / "q", "--classes", tmp_path / "classes.txt")
    assert os.strerror(code) in said
    assert advice in said
    assert ("space" in said) == (number == "ENOSPC" or "space" in os.strerror(code))
