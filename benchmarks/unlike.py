"""Which videos a model is told to be unlike what it learnt from.

Six people of one film (`benchmarks.film`) teach, unrelated films are asked; eight
people of UW-IOM teach, the eight others are asked, who do the same there. Nothing
is trained: what is asked follows from the poses alone (`learning.likeness`).

``python -m benchmarks.unlike FILM UW_IOM UNRELATED...`` prints the tables of
``docs/results/unlike.md``; five minutes of one core, nearly all of it for poses.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.film import write_project
from skelseg_core.config import load_preset
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.learning.likeness import Learnt, posture_and_motion
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project import add_video
from skelseg_core.tasks.importing import import_dataset, load_dataset

DRAWS = 8
"""Draws of people at random, beside the two halves that other pages take."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("uw_iom", type=Path)
    parser.add_argument("unrelated", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, help="Folder to keep poses in.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work = arguments.work or Path(place)
        film = film_project(arguments.film, arguments.unrelated, work / "film")
        uw = work / "uw-iom"
        if not (uw / "project.json").is_file():
            dataset = load_dataset("uw-iom", arguments.uw_iom)
            run(import_dataset(dataset, uw, Camera(1050.0, 1920, 1080)))
        print_film(compared(film))
        print_people(compared(uw))


def film_project(film: Path, unrelated: Sequence[Path], root: Path) -> Path:
    """Write a project of the people of the film and of the unrelated ones."""
    if not (root / "project.json").is_file():
        write_project(film, root)
        folder = ProjectFolder(root)
        project = folder.load()
        for path in unrelated:
            project = add_video(project, probe_video(path, folder, project))
        folder.save(project)
    return root


def compared(root: Path) -> dict[str, np.ndarray]:
    """Make what each video is compared by."""
    folder, recipe = ProjectFolder(root), load_preset("keypoints")
    project, found = folder.load(), {}
    for item in project.videos:
        work = FeatureWork(folder, project, item, 1)
        found[item.id] = posture_and_motion(run(features_of(work, recipe)).subject)
    return found


def asked(
    videos: Mapping[str, np.ndarray], teach: Sequence[str], ask: Sequence[str]
) -> list[float]:
    """Tell how many times too far each video is from those that teach."""
    learnt = Learnt.of([videos[v] for v in teach], teach)
    return [learnt.times_too_far(videos[v]) for v in ask]


def print_film(videos: Mapping[str, np.ndarray]) -> None:
    people = [v for v in videos if v.startswith("person-")]
    others = [v for v in videos if v not in people]
    print("taught by all six people:")
    for name, times in zip(others, asked(videos, people, others), strict=True):
        print(f"| {name} | {times:.2f} |")
    whole = np.concatenate([videos[p] for p in people])
    alone = asked({**videos, "whole": whole}, ["whole"], others)
    print(f"by the film as one video: {min(alone):.2f} to {max(alone):.2f}")
    for n in range(2, len(people)):
        strange, unrelated = [], []
        for teach in itertools.combinations(people, n):
            rest = [p for p in people if p not in teach]
            strange += asked(videos, teach, rest)
            unrelated += asked(videos, teach, others)
        print(f"| {n} of six | {row(strange)} | {row(unrelated)} |", flush=True)


def print_people(videos: Mapping[str, np.ndarray]) -> None:
    ids, dice = list(videos), np.random.default_rng(0)
    half = len(ids) // 2
    halves = [(ids[:half], ids[half:]), (ids[half:], ids[:half])]
    halves += [(ids[::2], ids[1::2]), (ids[1::2], ids[::2])]
    found = [asked(videos, *draw) for draw in halves]
    for name, times in zip(("first", "last", "even", "odd"), found, strict=True):
        print(f"| eight, {name} | {row(times)} |")
    for n in (1, 2, 4, 8):
        times = []
        for _ in range(DRAWS):
            order = [ids[k] for k in dice.permutation(len(ids))]
            times += asked(videos, order[:n], order[n:])
        print(f"| {n}, {DRAWS} draws | {row(times)} |", flush=True)


def row(times: Sequence[float]) -> str:
    """Write how many are unlike, and the middle and the ends of the distances."""
    unlike = sum(t > 1 for t in times)
    low, middle, high = np.quantile(times, [0, 0.5, 1])
    return f"{unlike} of {len(times)} | {low:.2f} / {middle:.2f} / {high:.2f}"


if __name__ == "__main__":
    main()
