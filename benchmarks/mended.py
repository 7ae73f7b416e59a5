"""Measure what mended pre-labels teach: their mended places alone, or with the rest.

A model that some videos taught pre-labels others. A played person copies that, and
mends the largest errors with the edits of the program, until `RIGHT` of the frames are
right; the rest nobody looks at. The recipe is then trained on the first videos with
these others, in several ways (`WAYS`), and people are scored whom no training saw.

    python -m benchmarks.mended OUT
    python -m benchmarks.mended OUT --film FILM --signs FOLDER --uw-iom FOLDER
    python -m benchmarks.mended OUT --program

On the demo one person after another is scored, the three clips that its model did not
learn from are mended. FILM is that of `benchmarks.film`, the clips of signs are those
of `benchmarks.hands`. With ``--program`` the program itself pre-labels the three clips
by the demo's model, and trains, measures and evaluates with them. Figures that lie in
OUT are not made again; the tables of ``docs/results/mended.md`` are printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.few_labels import draw, mean_and_error, read, samples_of
from benchmarks.film import write_project
from benchmarks.hands import TESTED, TRAINED, demo, joined
from skelseg_core.config import Preset, load_preset, to_dict
from skelseg_core.features.estimated_poses import poses_of
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.labels.agreed_prelabels import learnt_labels
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.edits import accept, move_boundary, paint, relabel
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.model_info import load_info
from skelseg_core.learning.training import train
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project import ANNOTATION, new_project
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.tasks.evaluation import evaluate_folders, why_nothing
from skelseg_core.tasks.measure_model import measure
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train as train_model

RIGHT = 0.97
"""Share of the frames that are right when the played person stops."""
FIGURES = ("f1@10", "f1@50", "edit", "accuracy")
MENDED = ("ben-2", "emi-1", "farid-1")
"""Clips of the demo that its model did not learn from."""
WAYS = ("without", "places alone", "as the program", "half mended", "copied", "exact")
"""What is learnt from the mended videos: nothing; the frames that a person gave; these
and what is around them, as the program learns; the same after half of the edits; all
that was copied, not mended; the truth."""


@dataclass(frozen=True)
class Part:
    """Videos of a material that are taught, mended and scored, and their rate."""

    name: str
    rate: float
    taught: Sequence[Sample]
    mended: Sequence[Sample]
    scored: Sequence[Sample]


@dataclass(frozen=True)
class Labels:
    """Labels (T,) of a mended video by the way that is learnt from them."""

    by_way: Mapping[str, np.ndarray]
    n_edits: int


def learnt(samples: Sequence[Sample], part: Part, preset: Preset) -> list[Segmentation]:
    """Train on some videos; return what is said of the mended and the scored ones."""
    n_classes = 1 + max(int(s.labels.max()) for s in part.taught)
    model = run(train(samples, preset, n_classes, threads=1)).model
    counted = count_transitions(((s.labels, part.rate) for s in samples), n_classes)
    found = []
    for sample in [*part.mended, *part.scored]:
        said = predict_probabilities(model, sample.features)
        found.append(pre_labels(said, range(n_classes), part.rate, counted))
    return found


def mended(said: Segmentation, truth: np.ndarray) -> list[Segmentation]:
    """Copy a pre-label, mend one error after the other; return each lane."""
    lanes = [accept(Segmentation.unlabelled(len(truth)), said)]
    right = float((lanes[0].to_frames() == truth).mean())
    while right < RIGHT:
        best, lane = max(edited(lanes[-1], truth), key=lambda e: e[0])
        if best <= right:
            break
        right = best
        lanes.append(lane)
    return lanes


def edited(
    lane: Segmentation, truth: np.ndarray
) -> Iterator[tuple[float, Segmentation]]:
    """Try each edit towards the truth: a class, a boundary, a segment that is missing.

    Yields
    ------
    right, after : float, Segmentation
    """
    cuts = np.flatnonzero(np.diff(truth)) + 1
    said, tried = lane.to_frames(), []
    for start, stop in pairwise([0, *cuts.tolist(), len(truth)]):
        if not (said[start:stop] == truth[start]).any():
            tried.append(paint(lane, start, stop, int(truth[start])))
    for n, segment in enumerate(lane.segments):
        counts = np.bincount(truth[segment.start : segment.stop])
        if int(counts.argmax()) != segment.class_id:
            tried.append(relabel(lane, n, int(counts.argmax())))
        if n + 1 < len(lane) and len(cuts):
            near = int(cuts[np.abs(cuts - segment.stop).argmin()])
            tried.append(move_boundary(lane, n, near))
    for after in tried:
        yield float((after.to_frames() == truth).mean()), after


def ways(said: Segmentation, truth: np.ndarray) -> Labels:
    """Return what can be learnt from a video that was copied and mended."""
    lanes = mended(said, truth)
    labels = {
        "places alone": lanes[-1].reviewed_labels.to_frames(),
        "as the program": learnt_labels(lanes[-1]).to_frames(),
        "half mended": learnt_labels(lanes[len(lanes) // 2]).to_frames(),
        "copied": said.to_frames(),
        "exact": truth,
    }
    return Labels(labels, len(lanes) - 1)


def measured(part: Part, preset: Preset) -> dict[str, Any]:
    """Train in each way and score the people whom nothing has seen."""
    said = learnt(part.taught, part, preset)
    n = len(part.mended)
    labels = [ways(s, m.labels) for s, m in zip(said, part.mended, strict=False)]
    truth = np.concatenate([m.labels for m in part.mended])
    result: dict[str, Any] = {
        "edits": sum(one.n_edits for one in labels),
        "frames": len(truth),
    }
    for way in WAYS[1:]:
        values = [one.by_way[way] for one in labels]
        there = np.concatenate(values)
        known = there >= 0
        result[f"{way}: frames"] = int(known.sum())
        right = float((there == truth)[known].mean()) if known.any() else 1.0
        result[f"{way}: right"] = round(100 * right, 1)
    for way in WAYS:
        if way != "without":
            more = [
                replace(m, labels=one.by_way[way])
                for m, one in zip(part.mended, labels, strict=True)
            ]
            said = learnt([*part.taught, *more], part, preset)
        pairs = [
            (s.labels, found.to_frames())
            for s, found in zip(part.scored, said[n:], strict=True)
        ]
        figures = evaluate(pairs)
        result[way] = {name: round(figures[name], 2) for name in FIGURES}
    return result


def by_program(root: Path, preset: Preset) -> None:
    """Let the program train on the demo without three clips, then with them mended."""
    if not (root / "project.json").is_file():
        demo(root)
    folder = ProjectFolder(root)
    stored = folder.load()
    truth = {v: stored.track(v).annotation for v in MENDED}
    if all(lane.accepted.any() for lane in truth.values()):
        raise SystemExit(f"{root} is there; remove it to make it again.")
    project = stored
    for video, lane in truth.items():
        empty = Segmentation.unlabelled(lane.n_frames)
        project = set_lane(project, video, ANNOTATION, empty)
    folder.save(project, stored)
    for video in MENDED:
        run(predict(str(root), video, "keypoints", 1, free=True))
    print_figure(root, "without", preset)
    before = project
    for video, lane in truth.items():
        said = fitting_prediction(folder, project, project.track(video), "keypoints")
        labels = lane.to_frames()
        lanes = mended(said.segmentation, labels)
        right = 100 * (lanes[-1].to_frames() == labels).mean()
        print(f"{video}: {len(lanes) - 1} edits, {right:.1f} % right")
        project = set_lane(project, video, ANNOTATION, lanes[-1])
    folder.save(project, before)
    print_figure(root, "mended", preset)
    print(why_nothing(evaluate_folders(root, root, lane="prediction:keypoints")))


def print_figure(root: Path, name: str, preset: Preset) -> None:
    """Train and measure as the program does, and say what it says."""
    run(train_model(str(root), name, preset=to_dict(preset), threads=1))
    run(measure(str(root), name, threads=1))
    info = load_info(ProjectFolder(root).model_dir(name))
    figures = ", ".join(f"{f} {info.held_out[f]:.1f}" for f in FIGURES)
    print(f"{name}: {figures}; {info.worth}", flush=True)


def parts_of_demo(root: Path) -> list[Part]:
    """Score one person of the taught clips after the other; the others are taught."""
    if not (root / "project.json").is_file():
        demo(root)
    folder = ProjectFolder(root)
    items = {v.id: v for v in folder.load().tracks}
    samples = {s.name: s for s in read(folder)}
    rate = next(iter(items.values())).video.mean_rate
    taught = [v for v in items if v not in MENDED]
    found = []
    for person in dict.fromkeys(items[v].video.people for v in taught):
        others = [v for v in items if items[v].video.people != person]
        found.append(
            Part(
                "-".join(person),
                rate,
                [samples[v] for v in taught if v in others],
                [samples[v] for v in MENDED if v in others],
                [samples[v] for v in taught if v not in others],
            )
        )
    return found


def in_turns(samples: Sequence[Sample], rate: float, n_taught: int) -> list[Part]:
    """Score one video after the other; the next ones teach, the others are mended."""
    found = []
    for n, scored in enumerate(samples):
        rest = [*samples[n + 1 :], *samples[:n]]
        found.append(
            Part(scored.name, rate, rest[:n_taught], rest[n_taught:], [scored])
        )
    return found


def parts_of_film(film: Path, root: Path) -> list[Part]:
    """Two people of the film teach, three are mended, the sixth is scored."""
    if not (root / "project.json").is_file():
        write_project(film, root)
    folder = ProjectFolder(root)
    return in_turns(read(folder), folder.load().tracks[0].video.mean_rate, 2)


def parts_of_signs(source: Path, root: Path) -> list[Part]:
    """Two people who sign teach, two are mended, the fifth is scored."""
    folder = ProjectFolder(root)
    if not (root / "project.json").is_file():
        (root / "videos").mkdir(parents=True)
        project = new_project("signs", label_map_from_names(["one hand", "two hands"]))
        for n, clips in enumerate((*TRAINED, *TESTED)):
            path = root / "videos" / f"person-{n + 1}.mp4"
            labels = joined([source / f"{clip}.mkv" for clip in clips.split()], path)
            item = probe_video(path, folder, project)
            said = Segmentation.from_frames(np.array(labels))
            project = add_video(project, item.with_lane(ANNOTATION, said))
        folder.save(project)
        for item in project.tracks:
            run(poses_of(FeatureWork(folder, project, item, 1)))
    return in_turns(read(folder), folder.load().tracks[0].video.mean_rate, 2)


def parts_of_uw_iom(source: Path) -> list[Part]:
    """One, two or four people teach, three others are mended, six or so are scored."""
    samples = samples_of(source)
    found = []
    for size in (1, 2, 4):
        people = draw(len(samples), size, 0)
        taught, used, unseen = (
            [samples[i] for i in group]
            for group in (people.labelled, people.used, people.unseen)
        )
        found.append(Part(f"{size} labelled", 10.0, taught, used[:3], unseen))
    return found


def recipe(seed: int, short: bool) -> Preset:
    """Return `keypoints`, or what it is in a third of the steps."""
    preset = load_preset("keypoints")
    settings = replace(preset.train, seed=seed)
    if short:
        settings = replace(settings, epochs=20, min_steps=160)
    return replace(preset, train=settings)


def table(title: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the means over parts and seeds, and the leads over learning nothing."""
    lines = [f"\n{title}, {len(found)} runs\n", "| | " + " | ".join(FIGURES) + " |"]
    lines += ["|---" * (len(FIGURES) + 1) + "|"]
    for way in WAYS:
        cells = []
        for name in FIGURES:
            values = [float(one[way][name]) for one in found.values()]
            cell = f"{np.mean(values):.1f}"
            if way != "without":
                base = [float(one["without"][name]) for one in found.values()]
                leads = [a - b for a, b in zip(values, base, strict=True)]
                better = sum(lead > 0 for lead in leads)
                cell += f" ({mean_and_error(leads, '+.1f')}, {better} of {len(leads)})"
            cells.append(cell)
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    for way in WAYS[1:]:
        n, right, of = (
            np.mean([one[key] for one in found.values()])
            for key in (f"{way}: frames", f"{way}: right", "frames")
        )
        lines.append(f"{way}: {n:,.0f} of {of:,.0f} frames; {right:.1f} % right")
    n_edits = np.mean([one["edits"] for one in found.values()])
    return "\n".join([*lines, f"{n_edits:.1f} edits"])


def main() -> None:
    """Make the runs that are missing and print the tables of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--film", type=Path)
    parser.add_argument("--signs", type=Path)
    parser.add_argument("--uw-iom", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--program", action="store_true", help="Train by the program.")
    parser.add_argument("--short", action="store_true", help="A third of the steps.")
    arguments = parser.parse_args()
    out: Path = arguments.out
    preset = recipe(0, arguments.short)
    if arguments.program:
        by_program(out / f"program-{preset.train.min_steps}", preset)
        return
    materials = {}
    if arguments.film:
        materials["film"] = parts_of_film(arguments.film, out / "film")
    if arguments.signs:
        materials["signs"] = parts_of_signs(arguments.signs, out / "signs")
    if arguments.uw_iom:
        materials["uw-iom"] = parts_of_uw_iom(arguments.uw_iom)
    materials = materials or {"demo": parts_of_demo(out / "demo")}
    for material, parts in materials.items():
        kind = f"{material}, {'short' if arguments.short else 'full'}"
        found = {}
        for seed in range(arguments.seeds):
            for part in parts:
                path = out / f"{kind}, {part.name}, {seed}.json"
                if not path.is_file():
                    made = measured(part, recipe(seed, arguments.short))
                    path.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
                    print(path.name, flush=True)
                found[path.stem] = json.loads(path.read_text("utf-8"))
        print(table(kind, found), flush=True)


if __name__ == "__main__":
    main()
