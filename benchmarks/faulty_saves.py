"""Is a save all or nothing whatever call of it fails, or is the last before a kill?

A save of three files that refer to one another (a new class, and two videos that use
it) is made by the document of the window. strace counts the calls of its thread that
touch the project or the journal; then each is killed in turn, and fails in turn with
each error, once or from then on. Looked at are the files as they lie then, what was
said, and what is there after the fault has ended, or the project is opened again.
`--cases 200` tries so many of them. Needs strace; all take some ten minutes.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import faulthandler
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from app.state.document import Document, open_document
from skelseg_core.labels.classes import ActionClass
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.recovery import recover
from skelseg_core.project.history.session_journals import begin_journal
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane
from tests.faulty_disk import ERRORS
from tests.projects import make_project

SEED = 18
WAIT_S = 30.0
NEW_CLASS = 9
NAMES = (
    *("openat", "newfstatat", "readlink", "getdents64", "mkdir", "rename", "unlink"),
    *("chmod", "fchmod", "write", "ftruncate", "fsync", "fdatasync", "flock"),
)
"""The calls that are counted and fail, as strace names them.

Not close, which closes also where it fails: strace would leave the lock held."""
ANY_PROCESS = ctypes.c_ulong(-1)
PR_SET_PTRACER = 0x59616D61


def with_class(project: Project) -> Project:
    """Add a class, and use it in both videos."""
    classes = (*project.label_map.classes, ActionClass(NEW_CLASS, "pour"))
    label_map = replace(project.label_map, classes=classes)
    made = replace(project, label_map=label_map)
    for video in ("v1", "v2"):
        made = edit_lane(made, video, lambda s: paint(s, 5, 15, NEW_CLASS))
    return made


def edited(root: Path) -> Document:
    """Open a project and edit it; nothing is saved or tried again by itself."""
    import app.state.saving_thread as saver

    saver.AUTOSAVE_MS, saver.RETRY_S = 10**8, (10**5,)
    document = open_document(ProjectFolder(root))
    # What a save imports for the first time is no call of it.
    document.edit_lane("Paint", "v1", lambda s: paint(s, 20, 30, 1))
    document.save_now()
    document.apply("Class", with_class)
    return document


def session(root: Path, faults: list[str], trace: Path, answer: Path) -> None:
    """Save under strace, in a process of its own; write down what was said."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PTRACER, ANY_PROCESS, 0, 0, 0)
    application = QCoreApplication([])
    document = edited(root)
    told: list[str] = []
    document.save_failed.connect(told.append)
    save, tracers = document.folder.save, []

    ready = threading.Event()

    def traced(*arguments: Any) -> list[str]:
        thread = threading.get_native_id()
        command = [
            "strace",
            "-y",
            "-s",
            "0",
            "-o",
            str(trace),
            "-e",
            f"trace={','.join(NAMES)}",
        ]
        command += [part for each in faults for part in ("-e", f"inject={each}")]
        tracers.append(
            subprocess.Popen([*command, "-p", str(thread)], stderr=subprocess.DEVNULL)
        )
        looking = threading.Thread(target=wait_for_tracer, args=(thread, ready))
        looking.start()
        # No call that is counted: it waits for the other thread.
        ready.wait(WAIT_S)
        return save(*arguments)

    document.folder.save = traced  # type: ignore[method-assign]
    document.save()
    until = time.monotonic() + WAIT_S
    while document.saver.running and time.monotonic() < until:
        # The thread's own way to wake this one may have failed, too.
        QCoreApplication.sendPostedEvents()
        time.sleep(0.002)
    if document.saver.running:
        faulthandler.dump_traceback(all_threads=True)
        raise TimeoutError(trace.read_text()[-2000:])
    tracers[0].wait(WAIT_S)
    document.folder.save = save  # type: ignore[method-assign]
    left = state_of(root, told)
    if document.unsaved:
        document.save_now()
    left["ended"] = state_of(root, [])["state"]
    answer.write_text(json.dumps(left))
    document.close()
    del application


def wait_for_tracer(thread: int, ready: threading.Event) -> None:
    """Tell once strace looks at a thread."""
    status = Path(f"/proc/self/task/{thread}/status")
    while "TracerPid:\t0\n" in status.read_text():
        time.sleep(0.002)
    ready.set()


def state_of(root: Path, told: list[str]) -> dict[str, object]:
    """Return what the files are: before, after, or parts of both; or what is wrong."""
    before, after = versions(root)
    try:
        now = ProjectFolder(root).load()
    except Exception as error:
        return {"state": f"does not open: {error}", "told": told}
    state = "before and after"
    if same(now, before):
        state = "before"
    elif same(now, after):
        state = "after"
    else:
        for item in now.tracks:
            either = [p.track(item.id).annotation for p in (before, after)]
            if item.annotation not in either:
                state = "a third version"
            used = set(item.annotation.class_counts) - {None}
            if not used <= {c.id for c in now.label_map.classes}:
                state = "a mixture"
    if list(root.rglob("*.conflict-*")):
        state += ", with a conflict file"
    return {"state": state, "told": told}


def versions(root: Path) -> tuple[Project, Project]:
    """Return the project as it was saved before, and after the edit."""
    before = ProjectFolder(root.parent / "before").load()
    return before, with_class(before)


def same(a: Project, b: Project) -> bool:
    """Tell whether two projects have the same classes and labels."""
    lanes = [[v.annotation.segments for v in p.tracks] for p in (a, b)]
    return a.label_map == b.label_map and lanes[0] == lanes[1]


class Case:
    """One save of a project of its own, in a process forked from this one."""

    def __init__(self, home: Path, faults: list[str]) -> None:
        shutil.rmtree(home, ignore_errors=True)
        self.root, self.trace = home / "p", home / "trace"
        make_project(self.root)
        folder = ProjectFolder(self.root)
        project = folder.load()
        paint_first = edit_lane(project, "v1", lambda s: paint(s, 20, 30, 1))
        shutil.copytree(self.root, home / "before")
        ProjectFolder(home / "before").save(paint_first, None)
        os.environ["XDG_STATE_HOME"] = str(home / "state")
        answer = home / "answer"
        process = os.fork()
        if process == 0:
            code = 1
            try:
                session(self.root, faults, self.trace, answer)
                code = 0
            except BaseException as error:
                answer.write_text(json.dumps({"state": f"raised: {error!r}"}))
            finally:
                os._exit(code)
        self.status = os.waitpid(process, 0)[1]
        self.answer = json.loads(answer.read_text()) if answer.exists() else {}

    @property
    def killed(self) -> bool:
        """Tell whether the process ended by a kill."""
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == 9

    def reopened(self) -> str:
        """Open the project as the next session does; what it is then."""
        folder = ProjectFolder(self.root)
        journal = begin_journal(folder.load().uuid, folder)
        recover(folder, folder.load(), journal)
        journal.close()
        return str(state_of(self.root, [])["state"])


@dataclass(frozen=True)
class Call:
    """A call of the save that touches its files, and how many of each name so far."""

    name: str
    so_far: Counter[str]

    def fault(self, error: str, lasting: bool) -> list[str]:
        """Write for strace that this call fails, or all from it on."""
        if not lasting:
            return [f"{self.name}:{error}:when={self.so_far[self.name]}"]
        return [
            f"{name}:{error}:when={self.so_far[name] + (name != self.name)}+"
            for name in sorted(NAMES, key=lambda name: name != self.name)
        ]


def calls(case: Case) -> list[Call]:
    """List the calls of the save that touch its files."""
    found, seen, home = [], Counter[str](), str(case.root.parent)
    for line in case.trace.read_text().splitlines():
        name = re.match(r"(\w+)\(", line)
        if name is None:
            continue
        seen[name[1]] += 1
        if home in line:
            found.append(Call(name[1], seen.copy()))
    return found


def main() -> None:
    """Try every call with every fault, and count what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, help="so many of them, drawn; else all")
    parser.add_argument("--only", default="", help="those with this in their name")
    options = parser.parse_args()
    if shutil.which("strace") is None:
        sys.exit("strace is needed: apt-get install strace")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve() / "case"
        listed = calls(Case(home, []))
        print(
            f"{len(listed)} calls: {dict(Counter(c.name for c in listed))}", flush=True
        )
        tally, wrong = Counter[str](), 0
        cases = [(call, "KILL", False) for call in listed]
        cases += [
            (call, error, lasting)
            for call in listed
            for error in ERRORS
            for lasting in (False, True)
        ]
        # A run that is stopped has tried a bit of everything.
        random.Random(SEED).shuffle(cases)
        for call, error, lasting in cases[: options.cases]:
            injected = "signal=KILL" if error == "KILL" else f"error={error}"
            faults = call.fault(injected, lasting)
            if options.only not in " ".join(faults):
                continue
            case = Case(home, faults)
            what, good = outcome(case, error)
            kind = "killed" if error == "KILL" else "lasting" if lasting else "once"
            tally[f"{kind}: {what}"] += 1
            if not good:
                wrong += 1
                print(f"WRONG {' '.join(faults)}: {what}", case.answer, flush=True)
            if tally.total() % 100 == 0:
                print(f"{tally.total():,} saves, {wrong} wrong", flush=True)
        for what, n in sorted(tally.items()):
            print(f"{n:6,}  {what}")
    took = time.monotonic() - begun
    print(f"{sum(tally.values()):,} saves, {wrong} wrong, in {took:.0f} s")
    sys.exit(bool(wrong))


def outcome(case: Case, error: str) -> tuple[str, bool]:
    """Say what came of a case, and whether that is as it has to be."""
    if error == "KILL":
        left = str(state_of(case.root, [])["state"])
        again = case.reopened()
        good = left in ("before", "after", "before and after")
        what = f"{left}, opened again: {again}"
        return what if case.killed else f"not killed, {what}", good and again == "after"
    left, ended = case.answer.get("state", "nothing said"), case.answer.get("ended")
    told = case.answer.get("told") or []
    number = getattr(errno, error)
    said = any(os.strerror(number) in text for text in told)
    good = ended == "after" and (said or (left == "after" and not told))
    good = good and left in ("before", "after", "before and after")
    how = "said" if said else "other words" if told else "nothing to say"
    return f"{left}, {how}, in the end: {ended}", good


if __name__ == "__main__":
    main()
