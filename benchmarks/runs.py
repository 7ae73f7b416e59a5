"""What does a run over many videos cost, and is anything repeated or torn when it dies?

`noop`: a project of many videos of which all is done; milliseconds per task of a run
that finds nothing to do, seconds until the first task of one that has something to do,
milliseconds per task that two processes are given and find done, and files opened.
`workers`: the clips of the demo by one process and by two, in turns, and whether all
arrays are equal.
`two`: the same by one process on one core and by two on two, in turns, and how many
times quicker two are; say it on an idle machine, of which the load is printed.
`kills`: the same while a worker or the run is killed at random moments; how often each
task began, and whether it was repeated though it had ended.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npz
from skelseg_core.engine.queued_task import QueuedTask
from skelseg_core.features.video_work import work_on
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import load_prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import load_info
from skelseg_core.module_commands import module_command
from skelseg_core.progress import run
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks.predict import predict, prediction_key
from skelseg_core.tasks.runs.run_plan import RunChoices, begin_plan, plan_run, run_plan
from skelseg_core.tasks.train import train
from tests.poses_only import SMALL, item, make_poses_project, waving
from tests.projects import changed
from tests.videos import write_video

FRAMES = 40
"""Frames of a small video."""


def noop(n_videos: int) -> None:
    """Time a run that finds nothing to do."""
    with tempfile.TemporaryDirectory() as place:
        folder = make_poses_project(Path(place, "p"))
        root = str(folder.root)
        small = {**SMALL["model"], "modalities": ["keypoints"], "standardise": False}
        run(train(root, "net", {**SMALL, "model": small}, ["old"], threads=1))
        run(predict(root, "old", "net", 1))
        made = load_prediction(folder.prediction_path("old", "net"))
        project = before = folder.load()
        for n in range(n_videos - 2):
            video = item(f"v{n:05}", made.segmentation.to_frames())
            project = add_video(project, changed(video, fingerprint=f"f{n}"))
        folder.save(project, before)
        info = load_info(folder.model_dir("net"))
        for video in project.tracks[2:]:
            save_poses(folder.poses_path(video.id), waving(), video.video.fingerprint)
            key = prediction_key(work_on(root, video.id, 1), info)
            path = folder.prediction_path(video.id, "net")
            save_prediction(path, replace(made, key=key))
        choices = RunChoices(videos=("v*",))
        for _ in range(2):
            began_s, cpu_s = time.perf_counter(), time.process_time()
            plan = run(plan_run(root, choices))
            wall_s = time.perf_counter() - began_s
            cpu_s = time.process_time() - cpu_s
            n_tasks = sum(plan.n_done.values())
            print(
                f"{n_videos} videos, {n_tasks} tasks done, {len(plan.tasks)} to do: "
                f"{1000 * wall_s / n_tasks:.2f} ms a task ({1000 * cpu_s / n_tasks:.2f}"
                f" of the processor), load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        folder.prediction_path("v00000", "net").unlink()
        began_s = time.perf_counter()
        next(filter(None, begin_plan(root, choices).look()))
        print(f"{time.perf_counter() - began_s:.2f} s until the first task is found")
        _no_ops(root, choices)


def _no_ops(root: str, choices: RunChoices) -> None:
    """Time tasks that find themselves done, in processes of their own."""
    plan = begin_plan(root, choices)
    plan.n_looked = plan.n_busy = len(plan.video_ids)
    plan.tasks += [
        QueuedTask(
            f"poses {name}",
            "run_stage",
            {"root": root, "stage": "poses", "video_id": name},
            stage="poses",
            video=name,
        )
        for name in plan.video_ids
    ]
    result = run(run_plan(plan, 2))
    states = Counter(event.state for event in result.ends.values())
    n_tasks = len(plan.tasks)
    print(
        f"{dict(states)} by two processes: {1000 * result.seconds / n_tasks:.2f} ms a "
        f"task with their start, load {os.getloadavg()[0]:.1f}"
    )


def arrays_of(root: Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Load the arrays of all poses and predictions of a project, by name."""
    for part in ("poses", "predictions"):
        for path in sorted((root / part).rglob("*.npz")):
            yield str(path.relative_to(root)), load_npz(path)


def same(a: Path, b: Path) -> bool:
    """Tell whether two projects have the same arrays."""
    ours, theirs = dict(arrays_of(a)), dict(arrays_of(b))
    return ours.keys() == theirs.keys() and all(
        _equal(ours[name], theirs[name]) for name in ours
    )


def _equal(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(
        np.array_equal(a[k], b[k], equal_nan=a[k].dtype.kind == "f") for k in a
    )


def made_clips(place: Path, n: int) -> Path:
    """Make a project of small videos and a small model, without poses of any."""
    root = place / "made"
    folder, project = create_project(root, label_map_from_names(("walk", "reach")))
    before = project
    for number in range(n):
        path = write_video(root / f"v{number:02}.mp4", FRAMES + number, size=(320, 192))
        video = probe_video(path, folder, project)
        half = np.repeat(project.label_map.ids, [FRAMES // 2, FRAMES - FRAMES // 2])
        labels = np.pad(half, (0, number), mode="edge")
        lanes = {ANNOTATION: Segmentation.from_frames(labels)} if not number else {}
        project = add_video(project, replace(video, lanes={**video.lanes, **lanes}))
    folder.save(project, before)
    first = project.track_ids[0]
    small = {**SMALL["model"], "modalities": ["keypoints"], "standardise": False}
    run(train(str(root), "net", {**SMALL, "model": small}, [first], threads=1))
    folder.poses_path(first).unlink()
    return root


def demo_clips(place: Path, n: int) -> Path:
    """Make a project of clips of the demo without poses and predictions."""
    root = place / "made"
    write_demo(root)
    folder = ProjectFolder(root)
    for video_id in folder.track_ids():
        folder.poses_path(video_id).unlink(missing_ok=True)
    shutil.rmtree(root / "predictions", ignore_errors=True)
    values = json.loads(folder.project_file.read_text())
    values["videos"] = values["videos"][:n]
    folder.project_file.write_text(json.dumps(values))
    return root


def started(
    root: Path, cache: Path, *arguments: str, cores: Collection[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a command of the command line with a cache of its own, on these cores."""
    command = module_command("skelseg_core.cli.main", *arguments[:1], str(root))
    return subprocess.Popen(
        [*command, *arguments[1:]],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
    )


def two(n_videos: int, small: bool, n_turns: int) -> None:
    """Say how many times quicker two processes are than one, of one thread each."""
    one_core, *others = sorted(os.sched_getaffinity(0))
    ways = {"one": (one_core,), "two": (one_core, others[0])}
    took_s: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as place:
        made = (made_clips if small else demo_clips)(Path(place), n_videos)
        for turn in range(n_turns):
            for name, cores in ways.items():
                root = Path(shutil.copytree(made, Path(place, "p")))
                cache, load = Path(place, "cache"), os.getloadavg()[0]
                began_s = time.perf_counter()
                command = ("run", "--jobs", str(len(cores)))
                code = started(root, cache, *command, cores=cores).wait()
                took_s[name].append(time.perf_counter() - began_s)
                print(
                    f"turn {turn + 1}, {name}: {took_s[name][-1]:.1f} s, exit code "
                    f"{code}, load before it {load:.1f}",
                    flush=True,
                )
                shutil.rmtree(root)
                shutil.rmtree(cache, ignore_errors=True)
    one, both = (float(np.median(took_s[name])) for name in ways)
    print(f"{one:.1f} s by one, {both:.1f} s by two: {one / both:.2f} times")


def workers(n_videos: int, small: bool) -> None:
    """Compare one process with two."""
    with tempfile.TemporaryDirectory() as place:
        made = (made_clips if small else demo_clips)(Path(place), n_videos)
        ways = {
            "one process": ("run", "--jobs", "1"),
            "two processes": ("run", "--jobs", "2"),
        }
        roots = {}
        for name, command in ways.items():
            root = roots[name] = Path(shutil.copytree(made, Path(place, name)))
            began_s = time.perf_counter()
            cache = Path(place, "c" + name)
            code = started(root, cache, *command).wait()
            took_s = time.perf_counter() - began_s
            equal = same(root, roots["one process"])
            print(f"{name}: {took_s:.1f} s, exit code {code}, equal: {equal}")


def kills(n_videos: int, n_kills: int, seed: int) -> None:
    """Kill parts of runs at random moments, and count what was repeated."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        made, cache = made_clips(Path(place), n_videos), Path(place, "cache")
        whole = Path(shutil.copytree(made, Path(place, "whole")))
        started(whole, cache, "run").wait()
        killed, rounds, bad = Counter[str](), 0, 0
        repeated = torn = 0
        while sum(killed.values()) < n_kills:
            rounds += 1
            root = Path(shutil.copytree(made, Path(place, f"r{rounds}")))
            own_cache = Path(place, f"c{rounds}")
            while True:
                process = started(root, own_cache, "run")
                try:
                    process.wait(dice.uniform(1.0, 9.0))
                    break
                except subprocess.TimeoutExpired:
                    pass
                victim = dice.choice([process.pid, *_children(process.pid)])
                with _gone():
                    os.kill(victim, signal.SIGKILL)
                killed["run" if victim == process.pid else "worker"] += 1
                ended_well = process.wait() == 0
                if victim != process.pid:
                    if ended_well:
                        break
                    bad += 1
                torn += len(list(root.rglob("*.tmp")))
            repeated += _repeated(root)
            bad += not same(root, whole)
            print(f"round {rounds}: {dict(killed)}, bad {bad}, repeated {repeated}")
            shutil.rmtree(root)
            shutil.rmtree(own_cache, ignore_errors=True)
        print(
            f"{sum(killed.values())} kills {dict(killed)} in {rounds} runs: {bad} not "
            f"as a run without kills, {repeated} tasks repeated that had ended, {torn} "
            "temporary files seen after a kill"
        )


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with _gone():
            found += [int(child) for child in path.read_text().split()]
    return found


class _gone:
    """Pass over a process that has just ended."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, OSError)


def _repeated(root: Path) -> int:
    """Count the tasks that began again though they had ended."""
    ended, repeated = set(), 0
    for path in sorted((root / ".runs").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            said = json.loads(line)
            if said["state"] == "started" and said["task"] in ended:
                repeated += 1
            elif said["state"] == "done":
                ended.add(said["task"])
    return repeated


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["noop", "workers", "two", "kills"])
    parser.add_argument("--small", action="store_true", help="Small made videos.")
    parser.add_argument("--videos", type=int, default=0)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.what == "noop":
        noop(asked.videos or 10_000)
    elif asked.what == "workers":
        workers(asked.videos or 8, asked.small)
    elif asked.what == "two":
        two(asked.videos or 8, asked.small, asked.turns)
    else:
        kills(asked.videos or 10, asked.kills, asked.seed)


if __name__ == "__main__":
    main()
