"""The document of the window is killed while it is edited; another computer edits, too.

``make soak`` kills it a thousand times; SKELSEG_KILLS says how often.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.recovery import recover
from skelseg_core.project.history.session_journals import begin_journal
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video, edit_lane, set_notes
from tests.projects import item, make_project
from tests.soak import times

KILLS = times("SKELSEG_KILLS", 6, 1000)
OURS, THEIRS = slice(0, 25), slice(35, 60)
CHILD = """
import json, random, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.state.document import open_document
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_notes
from skelseg_core.labels.edits import paint

application = QApplication([])
document = open_document(ProjectFolder(Path(sys.argv[1])))
dice = random.Random(sys.argv[2])

def now():
    item = document.project.track("v1")
    frames = item.annotation.to_frames()[:25].tolist()
    return [frames, document.project.video("v2").notes]

def say(kind, state):
    print(json.dumps([kind, state]), flush=True)

# The states of the history as far as this session knows it, and the place in it.
history, at = [now()], 0

def act():
    global at
    frames, written = now()
    roll = dice.random()
    step = -1 if roll < 0.2 else 1 if roll < 0.3 else 0
    if step:
        # Beyond the ends are the steps of earlier sessions.
        known = 0 <= at + step < len(history)
        say("begin", history[at + step] if known else None)
        (document.undo if step < 0 else document.redo)()
        at += step * known
    else:
        note, a, c = f"note {dice.random()}", dice.randrange(0, 20), dice.randrange(3)
        if roll < 0.4:
            say("begin", [frames, note])
            document.apply("Notes", lambda p: set_notes(p, "v2", note))
        else:
            say("begin", [frames[:a] + 5 * [c] + frames[a + 5 :], written])
            document.edit_lane("Paint", "v1", lambda s: paint(s, a, a + 5, c))
        if now() != [frames, written]:
            history[at + 1 :] = [now()]
            at += 1
    if step and not known:
        history[:], at = [now()], 0
    say("done", now())
    if dice.random() < 0.1:
        document.save()

say("opened", now())
timer = QTimer()
timer.timeout.connect(act)
timer.start(3)
sys.exit(application.exec())
"""


def killed_session(root: Path, seed: str, after_s: float) -> list[Any]:
    """Let a session edit and kill it; what it said."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root), seed],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        lines = [first, *process.stdout.readlines()]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def reopened(root: Path) -> tuple[Project, tuple[str, ...]]:
    folder = ProjectFolder(root)
    project = folder.load()
    journal = begin_journal(project.uuid, folder)
    found = recover(folder, project, journal)
    journal.close()
    return found.project, found.notes


def frames(project: Project, video: str = "v1") -> np.ndarray:
    return project.track(video).annotation.to_frames()


def test_no_edit_of_either_computer_is_lost(tmp_path: Path) -> None:
    root = tmp_path / "p"
    folder, project = make_project(root)
    folder.save(add_video(project, item("v3")), project)
    dice = random.Random(5)
    n_edits, theirs, known = 0, np.full(25, -1), list[Any]()
    for n in range(KILLS):
        said = killed_session(root, f"{n}", dice.uniform(0.02, 1.8))
        states = [state for kind, state in said if kind != "begin"]
        known += states
        n_edits += len(states) - 1
        (root / ".lock").unlink(missing_ok=True)
        if n % 2:
            start, label = dice.randrange(36, 50), dice.randrange(3)
            folder = ProjectFolder(root)
            there = folder.load()
            after = edit_lane(
                there,
                "v3",
                lambda s, a=start, c=label: paint(s, a, a + 8, c),  # type: ignore[misc]
            )
            after = set_notes(after, "v3", f"theirs {n}")
            folder.save(after, there)
            theirs = frames(after, "v3")[THEIRS]
        project, notes = reopened(root)
        ours, written = frames(project)[OURS].tolist(), project.track("v2").video.notes
        # The edit that was under way may be there; one that was told has to be.
        now, (kind, state) = [ours, written], said[-1]
        under_way = kind == "begin" and (
            now == state or (state is None and now in known)
        )
        assert now == states[-1] or under_way, notes
        assert (frames(project, "v3")[THEIRS] == theirs).all(), notes
        if n % 2:
            assert project.track("v3").video.notes == f"theirs {n}"
        assert list(root.rglob("*.conflict-*")) == []
        assert ProjectFolder(root).load() == project
    assert n_edits > KILLS
