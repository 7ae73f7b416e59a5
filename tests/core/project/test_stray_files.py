"""Temporary files of writes that were cut off are removed, and nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from skelseg_core.files import atomic_write, temporary_prefix
from skelseg_core.project.copies.stray_files import IMPORT, OLD_S, remove_strays


def made(root: Path, name: str, old: bool = False) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    if old:
        then = path.stat().st_mtime - OLD_S - 60
        os.utime(path, (then, then))
    return path


def of_process(process: int) -> str:
    head = temporary_prefix().removesuffix(f"{os.getpid()}-")
    return f"{head}{process}-abcd1234.tmp"


def test_strays_go_and_everything_else_stays(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    strays = {
        made(tmp_path, f"labels/{of_process(dead.pid)}"),
        made(tmp_path, f"predictions/v1/{of_process(os.getpid())}", old=True),
        made(tmp_path, "models/m/.skelseg-00000001-12-abcd1234.tmp", old=True),
    }
    kept = {
        made(tmp_path, f"labels/{of_process(os.getpid())}"),
        made(tmp_path, "labels/.skelseg-00000001-12-abcd1234.tmp"),
        made(tmp_path, "mine.tmp", old=True),
        made(tmp_path, ".notes.abcd1234.tmp", old=True),
        made(tmp_path, ".git/.skelseg-00000001-12-abcd1234.tmp", old=True),
        made(tmp_path, "a/b/c/d/.skelseg-00000001-12-abcd1234.tmp", old=True),
    }
    assert set(remove_strays(tmp_path)) == strays
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == kept


def test_a_name_of_any_length_is_written(tmp_path: Path) -> None:
    name = "ä" * 125 + ".json"  # 255 bytes, all that a file system takes
    atomic_write(tmp_path / name, "{}")
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert len(temporary_prefix()) < 40


def test_folders_of_dead_processes_go_inside_and_beside(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    project = tmp_path / "p"
    made(project, "project.json")
    strays = {
        project / f"models/{of_process(dead.pid)}",
        tmp_path / of_process(dead.pid),
    }
    kept = {
        tmp_path / of_process(os.getpid()),
        tmp_path / ".skelseg-00000001-12-abcd1234.tmp",
        tmp_path / "other.tmp",
    }
    for folder in strays | kept:
        made(folder, "labels/v1.json", old=True)
    beside = made(tmp_path, "movie.mp4")
    (tmp_path / "links").mkdir()
    (project / of_process(dead.pid)).symlink_to(tmp_path / "links")
    removed = set(remove_strays(project))
    assert strays <= removed
    assert {f for f in strays | kept if f.exists()} == kept
    assert beside.exists()
    assert (tmp_path / "links").is_dir()


def test_what_a_killed_import_left_in_its_folder_goes_after_a_day(
    tmp_path: Path,
) -> None:
    made(tmp_path, "project.json")
    kept = made(tmp_path, f"{IMPORT}/old/labels/v1.json")
    assert remove_strays(tmp_path) == []
    then = time.time() - OLD_S - 60
    os.utime(tmp_path / IMPORT, (then, then))
    assert remove_strays(tmp_path) == [tmp_path / IMPORT]
    assert not kept.exists()
