"""Several people and the command line work on one project: is every edit there?

Two real windows, a script and `skelseg add` and `skelseg predict` work on one folder,
edit the same and other videos at random, take videos over, undo, add classes. Each
writer labels ranges of frames of its own in every video, so that it is known at the end
what each of them must hold: in the lane, or in a file that is kept beside it. With
`--tracks` two windows add, rename, remove and undo tiers, people and videos while the
other one labels them; with `--kills` one of them is killed now and then. With
`--machines` each window has a state folder of its own, as on two computers, and with
`--tracks` sees changes late, as in a network folder. With
`--git` two clones, each open in a window that edits videos of its own, are kept in step
by git; no conflict may come of that. Needs no display: QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from benchmarks.track_acts import TrackHand, check_tracks, read_log
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.module_commands import module_command
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.copies.conflict_files import find_conflicts
from skelseg_core.project.copies.stray_files import SET_ASIDE
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane, set_notes

N_WRITERS = 3
"""Two windows and a script."""
SLOT = 6
"""Frames of one range; the writers have them by turns."""
MOST_CLASSES = 4
FAR_LOOK_MS = 5000
"""Milliseconds between two looks at a network folder; in the program four times it."""
SYNC_S = 3.0
"""Seconds between two rounds of git."""

Place = tuple[str, int]


def name_at(project: Project, lane: Segmentation, slot: int) -> str | None:
    """Name the class of a range; two dashes where it has more than one."""
    ids = {i.item() for i in lane.to_frames()[slot * SLOT : (slot + 1) * SLOT]}
    if len(ids) > 1:
        return "--"
    found = project.label_map.get(ids.pop())
    return None if found is None else found.name


class Writer:
    """Edits at random, and notes what must be there because of that."""

    def __init__(self, number: int, seed: int, own_videos: bool) -> None:
        self.number, self.dice = number, random.Random(seed + number)
        self.own_videos = own_videos
        self.must: dict[Place, str | None] = {}
        self.beside: list[tuple[str, int, str | None]] = []
        self.classes: list[str] = []
        self.notes: dict[str, str] = {}
        self.did: Counter[str] = Counter()

    def place(self, project: Project) -> Place:
        """Choose a video and one of this writer's ranges in it."""
        videos = [v for v in project.tracks if not v.id.startswith("more")]
        if self.own_videos:
            videos = videos[self.number :: N_WRITERS]
        item = self.dice.choice(videos)
        ours = range(self.number, item.n_frames // SLOT, N_WRITERS)
        return item.id, self.dice.choice(ours)

    def compare(self, project: Project) -> None:
        """Note ranges that are no longer as labelled: they must lie beside."""
        for (video, slot), name in list(self.must.items()):
            now = name_at(project, project.track(video).annotation, slot)
            if now != name:
                self.did["taken out of the lane"] += 1
                self.beside.append((video, slot, name))
                self.must[video, slot] = now

    def renew(self, project: Project) -> None:
        """Take what is shown for what must be there: after an undo."""
        for video, slot in self.must:
            lane = project.track(video).annotation
            self.must[video, slot] = name_at(project, lane, slot)

    def told(self) -> dict[str, Any]:
        """Return what must be there, as JSON holds it."""
        return {
            "must": [[*place, name] for place, name in self.must.items()],
            "beside": self.beside,
            "classes": self.classes,
            "notes": self.notes,
            "did": self.did,
        }


def painted(place: Place, class_id: int) -> Callable[[Project], Project]:
    """Make the edit that labels a range."""
    video, slot = place
    start = slot * SLOT
    return lambda p: edit_lane(
        p, video, lambda a: paint(a, start, start + SLOT, class_id)
    )


def script(root: Path, writer: Writer, until: float) -> None:
    """Edit the files now and then, without a claim, as scripts of others do."""
    while time.time() < until:
        time.sleep(writer.dice.uniform(0.5, 3))
        folder = ProjectFolder(root)
        try:
            before = folder.load()
            writer.compare(before)
            place = writer.place(before)
            chosen = writer.dice.choice(before.label_map.classes)
            folder.save(painted(place, chosen.id)(before), before)
        except SkelsegError as error:
            # Labels whose class another writer is still to write: the next time.
            writer.did[f"refused: {type(error).__name__}"] += 1
            continue
        writer.must[place] = chosen.name
        writer.did["label"] += 1


def window(
    root: Path,
    until: float,
    hand_in: Callable[[Any], Hand],
    dice: random.Random,
    far: bool = False,
) -> list[str]:
    """Edit in a real window; return what it said."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from app.kit.settings import Settings
    from app.services import folder_watch
    from app.state.document import open_document
    from app.window.leaving import leave
    from app.window.main_window import MainWindow

    if far:
        # In a network folder nobody tells of changes: they are seen now and then.
        folder_watch.folders_there = lambda _: []
        folder_watch.LOOK_MS = FAR_LOOK_MS
    application = QApplication([])
    outer = MainWindow(Settings())
    inner = outer.fill(open_document(ProjectFolder(root)))
    inner.services.models.pose_service.by_itself = False
    outer.show()
    inner.start()

    def rest(ms: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(ms, loop.quit)
        loop.exec()

    rest(2000)
    hand = hand_in(inner)
    while time.time() < until:
        hand.act()
        rest(dice.choice([20, 100, 400, hand.longest_ms]))
    for _ in range(100):
        rest(200)
        if not inner.document.unsaved:
            break
    hand.end()
    said = [n.text for n in inner.services.notices.all]
    leave(outer)
    application.processEvents()
    return said


class Hand(Protocol):
    """Works in a window."""

    longest_ms: int

    def act(self) -> object:
        """Do something."""

    def end(self) -> object:
        """Write down how it ended."""


class _Hand:
    """Labels videos."""

    longest_ms = 2000

    def __init__(self, inner: Any, writer: Writer) -> None:
        self.document, self.inner, self.writer = inner.document, inner, writer

    def act(self) -> None:
        self.writer.compare(self.document.project)
        what = self.writer.dice.choices(
            ("label", "note", "new_class", "undo", "redo", "save"), (60, 6, 1, 6, 3, 3)
        )[0]
        getattr(self, what)()

    def end(self) -> None:
        self.writer.compare(self.document.project)
        self.writer.did["steps"] = self.document.undo_stack.count()

    def label(self) -> None:
        project, writer = self.document.project, self.writer
        place = writer.place(project)
        chosen = writer.dice.choice(project.label_map.classes)
        lane = project.track(place[0]).annotation
        if name_at(project, lane, place[1]) == chosen.name:
            return
        if self.document.apply("Label", painted(place, chosen.id)):
            writer.must[place] = chosen.name
            writer.did["label"] += 1
        else:
            writer.did["refused"] += 1
            if writer.dice.random() < 0.1:
                self.take_over(place[0])

    def take_over(self, video: str) -> None:
        self.inner.session.set_video(video)
        if self.inner.session.track_id == video:
            self.inner.services.files.video_claims.take_over()
            self.writer.did["take over"] += 1

    def note(self) -> None:
        project, writer = self.document.project, self.writer
        video, _ = writer.place(project)
        at = project.ids.index(video) % N_WRITERS
        text = f"note {writer.did['note']} of {writer.number}"
        if at == writer.number and self.document.apply(
            "Note", lambda p: set_notes(p, video, text)
        ):
            writer.notes[video] = text
            writer.did["note"] += 1

    def new_class(self) -> None:
        writer = self.writer
        name = f"new {len(writer.classes)} of {writer.number}"
        if len(writer.classes) >= MOST_CLASSES or writer.own_videos:
            return
        if self.document.apply("Class", lambda p: add_class(p, name)):
            writer.classes.append(name)

    def undo(self) -> None:
        self._step(self.document.undo)

    def redo(self) -> None:
        self._step(self.document.redo)

    def _step(self, step: Callable[[], None]) -> None:
        writer, before = self.writer, self.document.project
        step()
        if self.document.project is not before:
            project = self.document.project
            writer.renew(project)
            writer.notes = {v: project.video(v).notes for v in writer.notes}
            names = project.label_map.names
            writer.classes = [n for n in writer.classes if n in names]
            writer.did["undo or redo"] += 1

    def save(self) -> None:
        self.document.save()


# -- running them -------------------------------------------------------------------


def begin(
    root: Path, number: int, options: argparse.Namespace, state: Path
) -> subprocess.Popen[bytes]:
    """Start a writer as a process of its own."""
    homes = {f"XDG_{kind}_HOME": str(state / kind) for kind in ("CONFIG", "DATA")}
    homes |= {f"XDG_{kind}_HOME": str(state / kind) for kind in ("CACHE", "STATE")}
    arguments = ["--writer", str(number), "--root", str(root)]
    arguments += ["--minutes", str(options.minutes), "--seed", str(options.seed)]
    arguments += ["--git"] if options.git else []
    arguments += ["--tracks"] if options.tracks else []
    arguments += ["--machines"] if options.machines else []
    command = module_command("benchmarks.two_writers", *arguments)
    return subprocess.Popen(command, env={**os.environ, **homes})


def run_commands(root: Path, until: float, did: Counter[str]) -> None:
    """Add videos and predict, by the command line."""
    dice = random.Random(1)
    clips = sorted((root / "videos").glob("*")) or sorted(root.parent.glob("*.mp4"))
    while time.time() < until - 10:
        if dice.random() < 0.5:
            copy = root.parent / f"more-{did['add']}.mp4"
            shutil.copy(dice.choice(clips), copy)
            arguments = ["add", str(root), str(copy)]
        else:
            video = dice.choice(ProjectFolder(root).track_ids())
            model = ProjectFolder(root).model_names()[0]
            arguments = ["predict", str(root), "--model", model, "--video", video]
        command = module_command("skelseg_core.cli.main", *arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"  {arguments[0]} failed: {done.stderr[-300:]}", flush=True)
        else:
            did[arguments[0]] += 1
        time.sleep(dice.uniform(1, 4))


def run_git(clones: list[Path], until: float, did: Counter[str]) -> None:
    """Keep clones in step while they are open."""
    while time.time() < until + 2 * SYNC_S:
        for clone in clones:
            time.sleep(SYNC_S / len(clones))
            commit(clone)
            while git(clone, "pull", "-q", "--no-rebase", "--no-edit"):
                if (clone / ".git/MERGE_HEAD").exists():
                    did["conflict of git"] += 1
                    print(f"  {clone.name}: git cannot merge", flush=True)
                    return
                # The window saved between the two; git merges over no such file.
                did["saved in between"] += 1
                commit(clone)
            git(clone, "push", "-q")
            did["sync"] += 1


def commit(clone: Path) -> None:
    """Commit what was saved, if anything."""
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "work")


def git(clone: Path, *arguments: str) -> int:
    """Run git in a clone; return its exit status."""
    who = ("-c", "user.name=w", "-c", "user.email=w@localhost")
    command = ["git", "-C", str(clone), *who, *arguments]
    return subprocess.run(command, capture_output=True, check=False).returncode


def check(root: Path, told: list[dict[str, Any]]) -> int:
    """Count what is neither in its lane nor beside; print each."""
    folder = ProjectFolder(root)
    project = folder.load()
    for path in (root / SET_ASIDE).rglob("*.json"):
        os.replace(path, root / path.relative_to(root / SET_ASIDE))
    kept = find_conflicts(folder, project)
    lost = 0
    for number, said in enumerate(told):
        wrong = [
            f"{video} {slot}: {name}"
            for video, slot, name in said["must"]
            if name_at(project, project.track(video).annotation, slot) != name
            and not any(
                name_at(project, c.labels, slot) == name
                for c in kept
                if c.video_id == video and c.labels is not None
            )
        ]
        wrong += [
            f"{video} {slot}: {name}, not beside"
            for video, slot, name in said["beside"]
            if name_at(project, project.track(video).annotation, slot) != name
            and not any(
                name_at(project, c.labels, slot) == name
                for c in kept
                if c.video_id == video and c.labels is not None
            )
        ]
        wrong += [
            f"class {name}"
            for name in said["classes"]
            if project.label_map.named(name) is None
        ]
        wrong += [
            f"note of {video}: {text}"
            for video, text in said["notes"].items()
            if text not in project.track(video).video.notes
        ]
        for text in wrong:
            print(f"  LOST of writer {number}: {text}", flush=True)
        lost += len(wrong)
    others = [p.name for p in root.rglob("*.conflict-*")]
    print(f"{root.name}: {len(others)} files kept beside, {len(kept)} of them labels")
    return lost


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--machines", action="store_true")
    parser.add_argument("--git", action="store_true")
    parser.add_argument("--tracks", action="store_true")
    parser.add_argument("--kills", type=int, default=0, help="with --tracks")
    parser.add_argument("--keep", type=Path, help="folder for projects with a loss")
    parser.add_argument("--writer", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    until = time.time() + 60 * options.minutes
    if options.root is not None:
        _write(options, until)
        return 0
    with tempfile.TemporaryDirectory() as name:
        run = _run_tracks if options.tracks else _run
        return run(Path(name).resolve(), options, until)


def _write(options: argparse.Namespace, until: float) -> None:
    """Be one of the writers."""
    root, n, dice = options.root, options.writer, random.Random(options.seed)
    if options.tracks:
        log = root.parent / f"did-{n}.jsonl"

        def hand_in(inner: Any) -> TrackHand:
            return TrackHand(inner, n, options.seed, log)

        window(root, until, hand_in, dice, options.machines)
        return
    writer = Writer(n, options.seed, options.git)
    if n == 2:
        script(root, writer, until)
    else:
        for text in window(root, until, lambda w: _Hand(w, writer), writer.dice):
            print(f"  window {n}: {text}", flush=True)
    state = Path(os.environ["XDG_STATE_HOME"])
    told = json.dumps(writer.told())
    (state.parent / f"told-{n}.json").write_text(told)


def _run_tracks(place: Path, options: argparse.Namespace, until: float) -> int:
    """Let two windows change which tracks there are; kill one of them now and then."""
    os.environ["XDG_CACHE_HOME"] = os.environ["XDG_STATE_HOME"] = str(place / "own")
    root, dice = place / "project", random.Random(options.seed)
    write_demo(root)
    for n, path in enumerate(sorted((root / "videos").glob("*.mp4"))[:2]):
        shutil.copy(path, place / f"clip-{n}.mp4")
    states = [place / (f"state-{n}" if options.machines else "own") for n in range(2)]
    for state in states:
        state.mkdir(exist_ok=True)
    logs = [place / f"did-{n}.jsonl" for n in range(2)]
    running = [begin(root, n, options, state) for n, state in enumerate(states)]
    for n in range(options.kills):
        time.sleep(
            (until - time.time()) / (options.kills - n + 1) * dice.uniform(0.5, 1)
        )
        which = dice.randrange(2)
        running[which].kill()
        running[which].wait()
        options.minutes = max(0.0, until - time.time()) / 60
        running[which] = begin(root, which, options, states[which])
    failed = [n for n, process in enumerate(running) if process.wait(180)]
    unsaved = [n for n, log in enumerate(logs) if read_log(log)[-1].get("unsaved")]
    # What a window could not save comes back when the project is opened again.
    options.minutes = 0.0
    for n in {*unsaved, *failed}:
        begin(root, n, options, states[n]).wait(180)
    lost, unnamed = check_tracks(root, logs)
    print(
        f"seed {options.seed}: {lost} lost, {unnamed} unnamed; windows that failed: "
        f"{failed}, that ended unsaved: {unsaved}",
        flush=True,
    )
    if options.keep is not None and (lost or unnamed or failed):
        shutil.copytree(place, options.keep / f"seed-{options.seed}", symlinks=True)
    return 1 if lost or unnamed or failed else 0


def _run(place: Path, options: argparse.Namespace, until: float) -> int:
    os.environ["XDG_CACHE_HOME"] = os.environ["XDG_STATE_HOME"] = str(place / "own")
    roots = [place / "project"]
    write_demo(roots[0])
    apart = options.machines or options.git
    n_writers = 2 if options.git else N_WRITERS
    if options.git:
        roots = _clones(roots[0])
    states = [place / (f"state-{n}" if apart else "own") for n in range(n_writers)]
    running = []
    for n, state in enumerate(states):
        state.mkdir(exist_ok=True)
        running.append(begin(roots[n % len(roots)], n, options, state))
    did: Counter[str] = Counter()
    if options.git:
        run_git(roots, until, did)
    else:
        run_commands(roots[0], until, did)
    failed = [n for n, process in enumerate(running) if process.wait(180)]
    if options.git:
        run_git(roots, time.time(), did)
    told = [
        json.loads((state / f"told-{n}.json").read_text())
        for n, state in enumerate(states)
    ]
    for n, said in enumerate(told):
        print(f"writer {n}: {said['did']}")
    print(f"beside them: {dict(did)}")
    lost = sum(check(root, told) for root in roots)
    if not options.git:
        ids = ProjectFolder(roots[0]).load().track_ids
        lost += sum(f"more-{n}" not in ids for n in range(did["add"]))
    print(f"lost: {lost}; windows that failed: {failed}")
    return 1 if lost or failed or did["conflict of git"] else 0


def _clones(root: Path) -> list[Path]:
    """Put a project into git, and clone it twice."""
    shared = root.parent / "shared.git"
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "begin")
    clones = [root.parent / f"clone-{n}" for n in range(2)]
    subprocess.run(["git", "clone", "-q", "--bare", root, shared], check=True)
    for clone in clones:
        subprocess.run(["git", "clone", "-q", shared, clone], check=True)
    return clones


if __name__ == "__main__":
    sys.exit(main())
