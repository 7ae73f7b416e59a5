"""Which videos a model is told to be unlike what it learnt from.

Clips of the demo, people of one film (`benchmarks.film`), signs (`benchmarks.hands`)
and people of UW-IOM teach; asked are strangers who do the same, and all other films.
Nothing is trained: what is asked follows from the poses alone (`learning.likeness`).

``python -m benchmarks.unlike FILM UW_IOM SIGNS UNRELATED...`` prints the tables of
``docs/results/unlike.md``; SIGNS is the folder of ``again.mkv`` and so on. Five minutes
of one core, nearly all of it for poses.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.film import write_project
from benchmarks.hands import TESTED, TRAINED, demo
from skelseg_core.config import load_preset
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.learning.likeness import Learnt, posture_and_motion
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks.importing import import_dataset, load_dataset

DRAWS = 20
"""Choices of people or clips, at the most; of more, as many are drawn."""
Rows = Mapping[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("uw_iom", type=Path)
    parser.add_argument("signs", type=Path)
    parser.add_argument("unrelated", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, help="Folder to keep poses in.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work = arguments.work or Path(place)
        if not (work / "demo" / "project.json").is_file():
            demo(work / "demo")
        clips = [*arguments.unrelated, *sorted(arguments.signs.glob("*.mkv"))]
        film_project(arguments.film, clips, work / "film")
        if not (work / "uw-iom" / "project.json").is_file():
            dataset = load_dataset("uw-iom", arguments.uw_iom)
            run(import_dataset(dataset, work / "uw-iom", Camera(1050.0, 1920, 1080)))
        rows = {**compared(work / "demo"), **compared(work / "film")}
        print_named(rows)
        print_choices(rows, compared(work / "uw-iom"))


def film_project(film: Path, others: Sequence[Path], root: Path) -> None:
    """Write a project of the people of the film and of other films."""
    if not (root / "project.json").is_file():
        write_project(film, root)
        folder = ProjectFolder(root)
        project = folder.load()
        for path in others:
            project = add_video(project, probe_video(path, folder, project))
        folder.save(project)


def compared(root: Path) -> dict[str, np.ndarray]:
    """Make what each video is compared by."""
    folder, recipe = ProjectFolder(root), load_preset("keypoints")
    project, found = folder.load(), {}
    for item in project.tracks:
        work = FeatureWork(folder, project, item, 1)
        found[item.id] = posture_and_motion(run(features_of(work, recipe)).subject)
    return found


def person_of(video: str) -> str:
    """Name who is in a video; signers are told by the groups of `benchmarks.hands`."""
    for number, group in enumerate((*TRAINED, *TESTED)):
        if video in group.split():
            return f"signer-{number}"
    return video if video.startswith("person-") else video.split("-")[0]


def kinds(rows: Rows) -> dict[str, list[str]]:
    """Sort the videos by what people do in them."""
    signs = [v for v in rows if person_of(v).startswith("signer-")]
    film = [v for v in rows if v.startswith("person-")]
    clips = [v for v in rows if "-" in v and v not in film]
    return {"demo": clips, "film": film, "signs": signs}


def asked(rows: Rows, teach: Sequence[str], ask: Sequence[str]) -> list[float]:
    """Tell how many times too far each video is from those that teach."""
    learnt = Learnt.of([rows[v] for v in teach])
    return [learnt.times_too_far(rows[v]) for v in ask]


def print_named(rows: Rows) -> None:
    """Print how far the unrelated films are, by whole sets and by mixed ones."""
    sets = kinds(rows)
    five = sets["demo"][:5]
    sets = {"demo, its five labelled clips": five, **sets}
    sets["the five, each twice"] = [*five, *five]
    sets["five, signs"] = [*five, *sets["signs"]]
    sets["five, signs, film"] = [*five, *sets["signs"], *sets["film"]]
    del sets["demo"]
    known = kinds(rows)
    named = [v for v in rows if v not in itertools.chain(*known.values())]
    print("| taught by | " + " | ".join([*named, *known]) + " |")
    for title, teach in sets.items():
        cells = [f"{times:.2f}" for times in asked(rows, teach, named)]
        for ids in known.values():
            rest = [v for v in ids if v not in teach]
            times = asked(rows, teach, rest)
            cells.append(f"{min(times):.2f} to {max(times):.2f}" if rest else "-")
        print(f"| {title} | " + " | ".join(cells) + " |", flush=True)


def choices(ids: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    """List choices of n, or draw as many as `DRAWS`."""
    every = list(itertools.combinations(ids, n))
    dice = np.random.default_rng(n)
    some = sorted(dice.permutation(len(every))[:DRAWS])
    return (every[k] for k in some)


def print_choices(rows: Rows, uw: Rows) -> None:
    """Print strangers at the same work and unrelated films by choices of people."""
    print("\n| teach | of | strangers | | unrelated films | |")
    for title, ids in kinds(rows).items():
        people = sorted({person_of(v) for v in ids})
        others = [v for v in rows if v not in ids]
        for n in range(1, len(people)):
            teach = [
                [v for v in ids if person_of(v) in chosen]
                for chosen in choices(people, n)
            ]
            print_row(f"{n} people", title, rows, ids, others, teach, person_of)
    dice = np.random.default_rng(0)
    for title in ("demo", "signs"):
        ids = kinds(rows)[title]
        others = [v for v in rows if v not in ids]
        for n in (1, 2, 4):
            teach = [list(dice.permutation(ids)[:n]) for _ in range(DRAWS)]
            print_row(f"{n} clips", title, rows, ids, others, teach, person_of)
    for n in (1, 2, 4, 8, 15):
        teach = [list(chosen) for chosen in choices(list(uw), n)]
        print_row(f"{n} people", "UW-IOM", uw, list(uw), [], teach, str)


def print_row(
    n: str,
    title: str,
    rows: Rows,
    ids: Sequence[str],
    others: Sequence[str],
    sets: Sequence[Sequence[str]],
    person: Callable[[str], str],
) -> None:
    strange: list[float] = []
    unrelated: list[float] = []
    for teach in sets:
        known = {person(v) for v in teach}
        strange += asked(rows, teach, [v for v in ids if person(v) not in known])
        unrelated += asked(rows, teach, others)
    cells = " | ".join(
        row(times) if times else "- | -" for times in (strange, unrelated)
    )
    print(f"| {n} | {title} | {cells} |", flush=True)


def row(times: Sequence[float]) -> str:
    """Write how many are unlike, and the middle and the ends of the distances."""
    unlike = sum(t > 1 for t in times)
    low, middle, high = np.quantile(times, [0, 0.5, 1])
    return f"{unlike} of {len(times)} | {low:.2f} / {middle:.2f} / {high:.2f}"


if __name__ == "__main__":
    main()
