"""Recipes on a real film, every person once left out: `python -m benchmarks.film FILM`.

The film (one_by_one.mp4 of Intel's sample-videos, CC BY 4.0, 1,394 frames at 10 a
second) shows six people who one after another walk to a table, read a sheet and leave.
It is cut into six videos, a person each, in the middle of the time when nobody is to be
seen, and is otherwise what a user would have: videos added to a project, poses by the
bundled estimator, labels by a person. A fold is tested on one person and trained on the
five others.

Needs the film; its labels are ours, ``docs/results/film/one_by_one.csv``. They follow
three rules: the room is empty while no part of a body is in the picture (a shadow is
none); who comes reads from the first frame in which both feet stand; who leaves does so
from the first frame in which a foot turns or lifts.
"""

from __future__ import annotations

import argparse
import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.paper.paper_tables import BenchmarkRow
from benchmarks.paper.run import BenchmarkPlan, benchmark
from skelseg_core.config import load_preset
from skelseg_core.formats.label_file import LabelTrack
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.imports.label_files import (
    frames_said,
    load_labels,
    whole_segmentation,
)
from skelseg_core.project.project import ANNOTATION, new_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.video.reader import VideoReader

LABELS = Path(__file__).resolve().parents[1] / "docs/results/film/one_by_one.csv"
NOBODY = "empty"
ROWS = (
    ("keypoints", "Keypoints", "2D keypoints"),
    ("heatmap-paper", "Heatmap MS-TCN++", "2D heatmaps, frozen network"),
    ("heatmap", "Heatmaps end to end", "2D heatmaps"),
    ("rgb-paper", "MS-TCN++", "RGB"),
    ("fusion-paper", "Fusion MS-TCN++", "2D heatmaps + RGB"),
)


def cuts(rows: LabelTrack) -> list[tuple[int, int]]:
    """Frames [start, stop) of each person, cut in the middle of the empty stretches."""
    empty = [r for r in rows.intervals if r.name == NOBODY]
    middles = [int(r.start + r.stop) // 2 for r in empty][1:-1]
    ends = [0, *middles, frames_said(rows)]
    return list(itertools.pairwise(ends))


def frames_of(rows: LabelTrack) -> np.ndarray:
    """Return the index among ``rows.names`` of each frame, int (T,)."""
    ids = {name: n for n, name in enumerate(rows.names)}
    return whole_segmentation(rows, frames_said(rows), ids).to_frames()


def cut(film: Path, start: int, stop: int, path: Path) -> None:
    """Write frames [start, stop) of a film as a video of their own, visibly alike."""
    with VideoReader(film) as reader, av.open(str(path), "w") as container:
        rate = Fraction(reader.mean_rate).limit_denominator(1001)
        options = {"crf": "12", "preset": "veryfast", "threads": "1"}
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height = reader.width, reader.height
        stream.pix_fmt = "yuv420p"
        for _, pixels in reader.frames(start, stop):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def write_project(film: Path, root: Path) -> None:
    """Write a project of six videos with our labels to ``root``."""
    rows = load_labels(LABELS)
    names, frames = rows.names, frames_of(rows)
    folder = ProjectFolder(root)
    (root / "videos").mkdir(parents=True)
    project = new_project("one_by_one", label_map_from_names(names))
    for person, (start, stop) in enumerate(cuts(rows), start=1):
        path = root / "videos" / f"person-{person}.mp4"
        cut(film, start, stop, path)
        item = probe_video(path, folder, project)
        if item.n_frames != stop - start:
            raise RuntimeError(f"{path}: {item.n_frames} frames, not {stop - start}")
        labels = Segmentation.from_frames(frames[start:stop])
        project = add_video(project, item.with_lane(ANNOTATION, labels))
    folder.save(project)


def by_order(rows: LabelTrack) -> list[dict[str, float]]:
    """Scores of each person, labelled by the order and the mean shares of the others.

    Nobody looks at a picture: what this reaches, the film gives away.
    """
    frames = frames_of(rows)
    people = [frames[start:stop] for start, stop in cuts(rows)]
    shares = []
    for labels in people:
        ends = [0, *(np.flatnonzero(np.diff(labels)) + 1), len(labels)]
        shares.append(np.diff(ends) / len(labels))
    ids = np.array([0, 1, 2, 3, 0])
    scores = []
    for n, labels in enumerate(people):
        mean = np.mean([s for k, s in enumerate(shares) if k != n], axis=0)
        stops = np.rint(np.cumsum(mean) * len(labels)).astype(int)
        said = np.repeat(ids, np.diff([0, *stops]))
        scores.append(evaluate([(labels, said)]))
    return scores


def main() -> None:
    """Make the project, train every recipe on every five, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--out", type=Path, default=Path("film"))
    parser.add_argument("--rows", nargs="*", default=[name for name, *_ in ROWS])
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    rows = tuple(
        BenchmarkRow(name, title, inputs, load_preset(name))
        for name, title, inputs in ROWS
        if name in arguments.rows
    )
    scores = by_order(load_labels(LABELS))
    for name in scores[0]:
        values = [s[name] for s in scores]
        spread = np.std(values, ddof=1)
        print(f"by the order alone, {name}: {np.mean(values):.1f} ± {spread:.1f}")
    root = arguments.out / "project"
    if not (root / "project.json").is_file():
        write_project(arguments.film, root)
    plan = BenchmarkPlan(
        root,
        arguments.out,
        folds=len(cuts(load_labels(LABELS))),
        seeds=1,
        rows=rows,
        threads=arguments.jobs,
        command="python -m benchmarks.film one_by_one.mp4",
    )
    for path in run(benchmark(plan, resume=True)):
        print(path)


if __name__ == "__main__":
    main()
