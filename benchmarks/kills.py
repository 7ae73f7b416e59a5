"""Is an edit ever lost when the program is killed, and another computer edits too?

The real program opens the demo, and keys are pressed in its window, as fast as it takes
them. Every edit that is shown is written down here; then the program is killed. Before
half of the next openings somebody else, who knows nothing of its journal, edits labels
and notes of the same folder. The program is opened again and says what it shows.
`--kills 1000` is the long run; with `--tracks` the first video has two people with two
tiers each. Needs no display: QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skelseg_core.labels.edits import paint
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.parts import with_parts
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane, set_notes
from skelseg_core.project.track_edits import add_person, add_tier

OPEN_S = 60.0
"""Seconds that the program may take to open the project."""
PROGRAM = "import sys; from benchmarks.kills import typed; typed(*sys.argv[1:])"
KEYS = (
    *("Right", "Left", "Shift+Right", "Ctrl+Right", "Up", "Down", "Down", "Home"),
    *("1", "2", "3", "4", "5", "S", "M", "[", "]", "Delete", "Alt+Left", "Alt+Right"),
    *("I", "O", "Return", "Ctrl+Z", "Ctrl+Z", "Ctrl+Y", "Backspace", "Ctrl+S"),
    *("T", "Alt+1", "Alt+2"),  # no other key where there is one track
)
State = dict[str, list[int]]


def state_of(project: Project) -> State:
    """Return the class of each frame of each video, -1 where it has none."""
    return {v.id: v.annotation.to_frames().tolist() for v in project.tracks}


def typed(root: str, seed: str) -> None:
    """Be the program, with somebody who types; tell of each edit."""
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QKeySequence
    from PySide6.QtTest import QTest

    from app import application as program
    from app.window.main_window import MainWindow

    dice, fill = random.Random(seed), MainWindow.fill

    def say(kind: str, project: Project) -> None:
        print(json.dumps([kind, state_of(project)]), flush=True)

    def filled(self: MainWindow, document: Any) -> Any:
        window = fill(self, document)
        record = document.journal.record

        def recorded(text: str, changes: Any, *rest: Any) -> Any:
            values = {part: change.new for part, change in changes.items()}
            say("begin", with_parts(document.project, values, document.folder))
            return record(text, changes, *rest)

        document.journal.record = recorded
        document.changed.connect(lambda change: say("shown", change.after))
        timer = QTimer(window)
        timer.timeout.connect(
            lambda: QTest.keySequence(
                window.docks.timeline, QKeySequence(dice.choice(KEYS))
            )
        )
        say("opened", document.project)
        timer.start(15)
        return window

    MainWindow.fill = filled  # type: ignore[method-assign]
    sys.argv = ["skelseg-app", root]
    sys.exit(program.run_window(sys.argv[1:]))


def killed(root: Path, home: Path, seed: int, dice: random.Random) -> list[Any]:
    """Run the program for a moment and kill it; what it told."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
        environment[f"XDG_{kind}_HOME"] = str(home / kind)
    command = [sys.executable, "-c", PROGRAM, str(root)]
    lines: list[str] = []
    opened = threading.Event()
    with subprocess.Popen(
        [*command, str(seed)], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                opened.set()

        reader = threading.Thread(target=read)
        reader.start()
        if dice.random() < 0.1:
            time.sleep(dice.uniform(0.2, 3))  # while it opens, or recovers
        else:
            assert opened.wait(OPEN_S), "it did not open"
            time.sleep(dice.uniform(0.05, 4))
        assert process.poll() is None, f"it ended by itself: {process.returncode}"
        process.kill()
        reader.join()
    return [json.loads(line) for line in lines if line.endswith("\n")]


@dataclass
class Foreign:
    """What lay there before and after somebody else's edit."""

    base: State
    theirs: State
    notes: str


def edit_elsewhere(root: Path, other: Path, n: int, dice: random.Random) -> Foreign:
    """Edit as another computer does: with a state folder of its own."""
    os.environ["XDG_STATE_HOME"] = str(other)
    folder = ProjectFolder(root)
    there = folder.load()
    item = dice.choice(there.tracks[:3])
    start = dice.randrange(item.n_frames - 10)
    stop = min(item.n_frames, start + dice.randrange(5, 60))
    class_id = dice.choice(there.classes_of(item).ids)
    after = edit_lane(there, item.id, lambda s: paint(s, start, stop, class_id))
    after = set_notes(after, there.tracks[-1].video_id, f"theirs {n}")
    folder.save(after, there)
    return Foreign(state_of(there), state_of(after), f"theirs {n}")


def lost(root: Path, mine: State, now: State, foreign: Foreign | None) -> list[str]:
    """Say which frames are neither as they have to be nor kept beside."""
    if foreign is None:
        return [v for v in now if now[v] != mine[v]]
    wrong = []
    for v, frames in now.items():
        beside = list(zip(*kept_beside(root, v), strict=True)) or [()] * len(frames)
        rows = zip(foreign.base[v], mine[v], foreign.theirs[v], frames, strict=True)
        for n, (b, m, t, f) in enumerate(rows):
            if f not in (m, t) or any(k not in (b, f, *beside[n]) for k in (m, t)):
                wrong.append(f"{v} frame {n}: was {b}, mine {m}, theirs {t}, is {f}")
    return wrong


def kept_beside(root: Path, video_id: str) -> list[list[int]]:
    """Return the labels of the files that were kept beside those of a video."""
    # Once its labels are shown as a lane, a file lies in the folder `set-aside`.
    found = root.rglob(f"{video_id}.conflict-*.json")
    of_labels = (path for path in found if path.parent.name != "about")
    texts = (json.loads(path.read_text()) for path in of_labels)
    lanes = [labels_from_json(text, video_id) for text in texts]
    return [lane.to_frames().tolist() for lane in lanes]


def main() -> None:
    """Kill it again and again, and print what was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--tracks", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice, tally, wrong = random.Random(options.seed), Counter[str](), 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve()
        root = home / "demo"
        made = write_demo(root)
        if options.tracks:
            before, first = made, made.tracks[0].id
            made = add_tier(made, "Left hand")
            made = add_class(made, "free", tier="Left_hand")
            made = add_person(made, first, "zoe")
            ProjectFolder(root).save(made, before)
        mine = state_of(made)
        may: list[State] = [mine]
        foreign: Foreign | None = None
        for n in range(options.kills + 1):
            told = killed(root, home, options.seed * 10_000 + n, dice)
            tally["kills"] += 1
            if not told:
                tally["kills before the project was open"] += 1
                continue
            now = told[0][1]
            found = [lost(root, state, now, foreign) for state in may]
            if all(found):
                wrong += 1
                print(f"LOST at opening {n}: {found[0][:5]}", flush=True)
            if foreign is not None:
                tally["edits of somebody else"] += 1
                kept = list(root.rglob("*.conflict-*"))
                tally["conflicts, one of both kept beside"] += bool(kept)
                notes = ProjectFolder(root).load().tracks[-1].video.notes
                if notes != foreign.notes:
                    wrong += 1
                    print(f"LOST at opening {n}: the notes are {notes}", flush=True)
                for path in kept:
                    path.unlink()
            shown = [state for kind, state in told if kind != "begin"]
            tally["edits shown"] += len(shown) - 1
            may = [shown[-1], told[-1][1]]
            tally["kills in the midst of an edit"] += told[-1][0] == "begin"
            foreign = None
            if n % 2:
                other = home / "other state"
                foreign = edit_elsewhere(root, other, n, dice)
    for what, count in tally.items():
        print(f"{count:7,}  {what}")
    print(f"{wrong} times something was lost, {time.monotonic() - begun:.0f} s")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
