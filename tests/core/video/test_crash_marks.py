"""A video with which the program crashed is known the next time, a kill is no crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from skelseg_core.user_folders import state_folder
from skelseg_core.video.crash_marks import CrashMark, forgive, has_crashed

CODE = """
import os, sys, time
from pathlib import Path
from skelseg_core.logs import keep_crashes
from skelseg_core.video.crash_marks import CrashMark
keep_crashes()
mark = CrashMark(Path(sys.argv[1]))
if sys.argv[2] == "ended":
    mark.end()
if sys.argv[2] != "killed":
    os.abort()
print("here", flush=True)
time.sleep(60)
"""


def marks() -> list[Path]:
    return sorted((state_folder() / "decoding" / "now").glob("*"))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"not looked at")
    return path


def run(video: Path, how: str) -> None:
    """Open a video in another process, which ends as ``how`` says."""
    command = [sys.executable, "-c", CODE, str(video), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if how == "killed":
            process.stdout.readline()
            process.kill()
        process.wait()
        if os.name != "nt":
            ended = signal.SIGKILL if how == "killed" else signal.SIGABRT
            assert process.returncode == -ended


def test_a_video_with_which_the_program_crashed_is_known(
    own_user_folders: Path, video: Path
) -> None:
    run(video, "crashed")
    assert has_crashed(video)
    assert has_crashed(video)
    assert marks() == []
    assert forgive(video) == video
    assert not has_crashed(video)


def test_another_version_of_the_file_is_another_video(
    own_user_folders: Path, video: Path
) -> None:
    run(video, "crashed")
    assert has_crashed(video)
    video.write_bytes(b"copied again")
    assert not has_crashed(video)


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_a_program_that_was_killed_or_crashed_later(
    own_user_folders: Path, video: Path, how: str
) -> None:
    run(video, how)
    assert not has_crashed(video)
    assert marks() == []


def test_windows_side_by_side_keep_their_marks(
    own_user_folders: Path, video: Path
) -> None:
    first, second = CrashMark(video), CrashMark(video)
    assert len(marks()) == 2
    first.end()
    first.end()
    assert len(marks()) == 1
    second.end()


def test_a_file_that_is_not_there_has_no_mark(
    own_user_folders: Path, tmp_path: Path
) -> None:
    CrashMark(tmp_path / "none.mp4").end()
    assert not has_crashed(tmp_path / "none.mp4")
    assert forgive(tmp_path / "none.mp4") == tmp_path / "none.mp4"
