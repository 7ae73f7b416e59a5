"""`skelseg backups`: lists what is kept, restores it, says what is wrong."""

from __future__ import annotations

import zipfile
from datetime import datetime, timezone
from pathlib import Path

import click
import pytest

from skelseg_core.cli.main import cli
from skelseg_core.cli.terminal import look_at_every
from skelseg_core.errors import FormatError
from skelseg_core.project.copies.backups import Backup, Backups, write_lost
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_notes
from tests.commands import done, run
from tests.projects import make_project, painted


def test_a_backup_is_listed_and_restored(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 3, 9, 1)
    assert "no backup of this project" in run("backups", folder.root).output
    folder.save(old, project)
    made = Backups(folder, project.uuid).make("by hand")
    assert made is not None
    wiped = painted(old, 0, 60, 0)
    folder.save(wiped, old)
    listed = run("backups", folder.root).output
    assert made.id in listed
    assert "by hand" in listed
    done = run("backups", folder.root, "--restore", made.id)
    assert done.exit_code == 0, done.output
    assert ProjectFolder(folder.root).load() == old
    reasons = {b.reason for b in Backups(folder, project.uuid).all()}
    assert reasons == {"by hand", f"Before: restore {made.id}"}


def test_one_video_is_restored(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    made = Backups(folder, project.uuid).make("by hand")
    assert made is not None
    folder.save(painted(project, 0, 60, 0), project)
    result = run("backups", folder.root, "--restore", made.id, "--video", "v1")
    assert result.exit_code == 0, result.output
    assert ProjectFolder(folder.root).load() == project


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    result = run("backups", folder.root, "--restore", "x")
    assert (result.exit_code, "There is no backup 'x'" in result.output) == (2, True)
    result = run("backups", folder.root, "--video", "v1")
    assert "--video needs --restore" in result.output
    both = run("backups", folder.root, "--repair", "--restore", "any")
    assert (both.exit_code, "leave out --restore" in both.output) == (2, True)


def test_a_lost_project_file_is_written_again(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 3, 9, 1)
    folder.save(old, project)
    made = Backups(folder, project.uuid).make("by hand")
    assert made is not None
    newer = painted(old, 20, 30, 2)
    folder.save(newer, old)
    folder.project_file.unlink()
    folder.labels_path("v2").unlink()
    assert made.id in run("backups", folder.root).output
    result = run("backups", folder.root, "--restore", made.id)
    assert result.output == "Restored files: labels/v2.json, project.json\n"
    assert ProjectFolder(folder.root).load() == newer
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "no backup of a project" in run("backups", elsewhere).output


@pytest.mark.parametrize("form", ["cut", "folder"])
def test_one_command_repairs_all_that_is_damaged(tmp_path: Path, form: str) -> None:
    folder, project = make_project(tmp_path / "p")
    first = set_notes(painted(project, 3, 9, 1), "v1", "a note")
    folder.save(first, project)
    backups = Backups(folder, project.uuid)
    assert backups.make("by hand") is not None
    then = painted(first, 20, 30, 2, "v2")
    folder.save(then, first)
    bad = [folder.labels_path("v1"), folder.project_file]
    for path in bad:
        if form == "folder":
            path.unlink()
            path.mkdir()
        else:
            path.write_bytes(path.read_bytes()[:200])
    listed = run("backups", folder.root)
    assert backups.all()[0].id in listed.output
    # A backup that holds the damaged file is passed over.
    done("backups", folder.root, "--repair")
    bad[0].write_text("{")
    assert backups.make("of a damaged file") is not None
    assert "--repair" in run("info", folder.root).output
    assert "v1" in done("backups", folder.root, "--repair")
    assert ProjectFolder(folder.root).load() == then
    for path in bad:
        assert list(path.parent.glob(f"{path.stem}.conflict-*"))
    assert "damaged" not in run("info", folder.root).output
    assert "damaged or missing" in done("backups", folder.root, "--repair")


def test_a_damaged_backup_is_named(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    backups = Backups(folder, project.uuid)
    made = backups.make("by hand")
    assert made is not None
    made.path.write_bytes(made.path.read_bytes()[:50])
    assert str(made.path) in run("backups", folder.root).output
    folder.labels_path("v1").write_text("{")
    result = run("backups", folder.root, "--repair", "--video", "v1")
    assert result.exit_code == 2
    assert "no backup with the labels" in result.output


def test_a_name_in_a_backup_leads_nowhere_else(tmp_path: Path) -> None:
    root, archive = tmp_path / "p", tmp_path / "b.zip"
    root.mkdir()
    for name in ("../x.json", "labels/../../x.json", "labels/..", "/x.json", "a.json"):
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(name, "{}")
        made = datetime.now(timezone.utc)
        backup = Backup(archive, made, "", str(root), {name: (2, 0)})
        with pytest.raises(FormatError, match="damaged"):
            write_lost(root, backup)
    assert list(tmp_path.glob("**/*.json")) == []


def test_the_first_edit_of_a_day_makes_one(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    for n in (3, 5):
        look_at(folder, n)
    (made,) = Backups(folder, project.uuid).all()
    assert made.reason == "Before: skelseg poses"


def test_a_disk_that_takes_none_stops_no_edit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, project = make_project(tmp_path / "p")
    root = Backups(folder, project.uuid).root
    root.parent.mkdir(parents=True)
    root.write_text("in the way")
    look_at(folder, 3)
    assert "No backup was made" in capsys.readouterr().err
    assert ProjectFolder(folder.root).load().pose_every == 3


def look_at(folder: ProjectFolder, every: int) -> None:
    """Make an edit as `skelseg poses --every` does."""
    with click.Context(cli, info_name="poses"):
        look_at_every(folder.root, every)
