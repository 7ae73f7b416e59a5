"""A video during which the program died is known the next time, and only then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from skelseg_core.project.holds.open_video import OpenVideo

CODE = """
import os, sys
from skelseg_core.project.holds.open_video import OpenVideo
note = OpenVideo(sys.argv[1])
note.died_with()
note.say("film")
if sys.argv[2] == "works":
    note.clear_suspect()
if sys.argv[2] == "ended":
    note.end()
print("here", flush=True)
if sys.argv[2] == "waits":
    sys.stdin.read()
os._exit(0)
"""


NOTHING = ("", False)


def process(uuid: str, how: str) -> subprocess.Popen[bytes]:
    """Open a video in another process, which ends as ``how`` says."""
    started = subprocess.Popen(
        [sys.executable, "-c", CODE, uuid, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == b"here\n"
    return started


def test_a_video_is_known_once_where_the_process_died(own_user_folders: Path) -> None:
    note = OpenVideo("one")
    assert note.died_with() == NOTHING
    process("one", "dies").communicate()
    assert OpenVideo("two").died_with() == NOTHING
    assert note.died_with() == ("film", False)
    assert note.died_with() == NOTHING


def test_a_process_that_ends_in_order_or_goes_on_is_none(
    own_user_folders: Path,
) -> None:
    note = OpenVideo("one")
    process("one", "ended").communicate()
    note.say("own")
    other = process("one", "waits")
    assert note.died_with() == NOTHING
    other.kill()
    other.communicate()
    assert note.died_with() == ("film", False)


def test_no_state_folder_is_no_trouble(tmp_path: Path, own_user_folders: Path) -> None:
    note = OpenVideo("one")
    folder = own_user_folders
    for path in folder.iterdir():
        path.rmdir()
    folder.rmdir()
    folder.write_text("no folder")
    note.say("film")
    assert note.died_with() == NOTHING
    note.end()


def test_a_video_that_ends_the_program_as_soon_as_it_is_opened_again(
    own_user_folders: Path,
) -> None:
    process("one", "dies").communicate()
    process("one", "dies").communicate()  # opened again
    process("one", "dies").communicate()  # chosen by a person
    note = OpenVideo("one")
    assert note.died_with() == ("film", True)
    # It is shown after all, and the power fails later.
    note.say("film")
    note.end()
    process("one", "dies").communicate()
    process("one", "works").communicate()
    assert note.died_with() == ("film", False)
    # Another video is no reason to doubt this one.
    note.say("other")
    note.clear_suspect()
    note.say("film")
    (kept,) = own_user_folders.glob("**/open_videos/*/*")
    assert kept.read_text().endswith("film\nagain")


def test_nothing_is_noted_after_the_end(own_user_folders: Path) -> None:
    process("one", "dies").communicate()
    note = OpenVideo("one")
    note.died_with()
    note.say("film")
    note.end()
    note.clear_suspect()
    assert note.died_with() == NOTHING
    assert not list(own_user_folders.glob("**/open_videos/*/*"))
