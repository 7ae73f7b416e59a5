from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from skelseg_core.cli.main import cli
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.project_edits import edit_lane
from tests.poses_only import make_poses_project


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def test_the_command_labels_the_open_frames_and_no_others(tmp_path: Path) -> None:
    folder = make_poses_project(tmp_path / "p")
    before = folder.load()
    folder.save(edit_lane(before, "old", lambda s: paint(s, 50, 80, None)), before)
    result = run("fill", folder.root, "old", "--from", 60)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1].startswith("old: ")
    annotation = ProjectFolder(folder.root).load().track("old").annotation
    frames = annotation.to_frames()
    first, second = before.label_map.ids[:2]
    assert (frames[:40] == first).all()
    assert (frames[40:50] == second).all()
    assert (frames[50:60] == -1).all()
    assert set(frames[60:].tolist()) <= {first, second, -1}
    assert all(s.source != "human" for s in annotation.segments if s.start >= 60)


def test_a_video_without_labels_is_filled_like_the_others(tmp_path: Path) -> None:
    folder = make_poses_project(tmp_path / "p")
    old = folder.load().track("old")
    result = run("fill", folder.root, "new")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "new: 80 frames"
    after = ProjectFolder(folder.root).load()
    assert after.track("new").annotation.n_labelled == 80
    assert not any(s.reviewed for s in after.track("new").annotation.segments)
    assert after.track("old") == old
    again = run("fill", folder.root, "new", "old")
    assert again.exit_code == 2
    assert "new has labels already" in again.output


def test_without_any_label_it_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = make_poses_project(tmp_path / "p")
    before = folder.load()
    folder.save(edit_lane(before, "old", lambda s: paint(s, 0, 80, None)), before)
    result = run("fill", folder.root, "new", "old")
    assert result.exit_code == 2
    assert "There is no example yet" in result.output


def test_a_video_that_somebody_labels_is_refused_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    folder = make_poses_project(tmp_path / "p")
    before = folder.load()
    folder.save(edit_lane(before, "old", lambda s: paint(s, 50, 80, None)), before)
    there = folder.labels_path("old").read_bytes()
    window = Claims(folder.root, "Anna")
    window.take("old")
    result = run("fill", folder.root, "old", "--from", 60)
    assert result.exit_code == 2
    assert "old is being labelled on" in result.output
    assert "by Anna since" in result.output
    assert folder.labels_path("old").read_bytes() == there
    window.close()
    assert run("fill", folder.root, "old", "--from", 60).exit_code == 0
    assert not list((folder.root / ".claims").glob("*.json"))
