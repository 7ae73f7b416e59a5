"""The command line, another window and git beside the open window lose nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from skelseg_core.labels.edits import paint
from skelseg_core.module_commands import module_command
from skelseg_core.project.class_edits import rename_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import edit_lane
from tests.e2e.conftest import Opener
from tests.videos import write_video

LONG = 60_000
OTHER = """
import sys
from pathlib import Path
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import edit_lane
folder = ProjectFolder(Path(sys.argv[1]))
before = folder.load()
video, start, stop = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
after = edit_lane(before, video, lambda a: paint(a, start, stop, 1))
folder.save(after, before)
"""


def skelseg(*arguments: object) -> None:
    done = subprocess.run(
        module_command("skelseg_core.cli.main", *map(str, arguments)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_an_added_video_and_a_class_edit_in_the_window_are_both_there(
    demo_root: Path, opener: Opener, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opener(demo_root)
    document = window.document
    video = write_video(tmp_path / "more.mp4", 30)
    document.apply("rename", lambda p: rename_class(p, p.label_map.ids[0], "mine"))
    skelseg("add", demo_root, video)
    qtbot.waitUntil(lambda: document.project.has("more"), timeout=LONG)
    document.apply("rename", lambda p: rename_class(p, p.label_map.ids[1], "too"))
    document.save_now()
    found = ProjectFolder(demo_root).load()
    assert found.has("more")
    assert found.label_map.names[:2] == ("mine", "too")
    assert not list(demo_root.rglob("*.conflict-*"))


def test_labels_of_another_process_come_in_while_keys_are_pressed(
    demo_root: Path, opener: Opener, qtbot: QtBot
) -> None:
    window = opener(demo_root)
    document, video = window.document, window.session.track_id
    item = document.project.track(video)
    n = item.n_frames
    assert document.apply(
        "mine", lambda p: edit_lane(p, video, lambda a: paint(a, 2, 6, 0))
    )
    document.save_now()
    subprocess.run(
        [sys.executable, "-c", OTHER, str(demo_root), video, str(n - 9), str(n - 3)],
        check=True,
        timeout=120,
    )
    for _ in range(5):
        QTest.keyClick(window.docks.timeline, "l")
        qtbot.wait(20)
    qtbot.waitUntil(
        lambda: document.project.track(video).annotation.at(n - 5).class_id == 1,
        timeout=LONG,
    )
    assert document.project.track(video).annotation.at(3).class_id == 0
    document.undo()
    lane = document.project.track(video).annotation
    assert lane.at(n - 5).class_id == 1
    document.save_now()
    assert ProjectFolder(demo_root).load().track(video).annotation == lane


def git(root: Path, *arguments: str) -> None:
    name = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *name, *arguments], cwd=root, check=True, timeout=60)


def test_a_checkout_under_the_open_window_is_shown(
    demo_root: Path, opener: Opener, qtbot: QtBot
) -> None:
    try:
        git(demo_root, "init", "-q")
    except FileNotFoundError:
        pytest.skip("git is not installed")
    git(demo_root, "add", "project.json", "labels")
    git(demo_root, "commit", "-qm", "before")
    folder = ProjectFolder(demo_root)
    before = folder.load()
    first, video = before.label_map.ids[0], before.track_ids[0]
    frames = before.track(video).n_frames
    after = edit_lane(
        rename_class(before, first, "other"), video, lambda a: paint(a, 0, frames, 1)
    )
    folder.save(after, before)
    git(demo_root, "commit", "-qam", "after")
    window = opener(demo_root)
    assert window.document.project.label_map.names[0] == "other"
    git(demo_root, "checkout", "-q", "HEAD~1")
    document = window.document
    qtbot.waitUntil(
        lambda: (
            document.project.track(video).annotation == before.track(video).annotation
        ),
        timeout=LONG,
    )
    qtbot.waitUntil(
        lambda: document.project.label_map == before.label_map, timeout=LONG
    )
    assert not document.unsaved
    git(demo_root, "diff", "--exit-code")
