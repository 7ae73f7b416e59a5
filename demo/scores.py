"""Train models on the five labelled clips of the demo.

Prints the table of the README: scores on the three clips that no model has seen.
``--install`` measures the models of ``BUNDLED`` and puts them into
``resources/demo/models``.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from skelseg_core.bundled import resource
from skelseg_core.config import load_preset, to_dict
from skelseg_core.learning.likeness import LEARNT_NAME
from skelseg_core.predictions.found import models_of
from skelseg_core.progress import Task
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.videos_and_tracks import prediction_lane
from skelseg_core.tasks.evaluation import evaluate_folders
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from skelseg_core.tasks.measure_model import measure
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train
from skelseg_core.text_files import read_json

ROWS = ("keypoints", "hands", "heatmap-paper", "rgb-paper", "fusion-paper")
BUNDLED = ("keypoints", "hands", "fusion-paper")


def watch(task: Task[Any]) -> Any:
    step = ""
    while True:
        try:
            progress = next(task)
        except StopIteration as end:
            return end.value
        if progress.step != step:
            step = progress.step
            print(f"  {step}", flush=True)


def recipe(name: str, seed: int) -> dict[str, Any]:
    preset = to_dict(load_preset(name))
    preset["train"]["seed"] = seed
    return preset


def pre_label(folder: ProjectFolder, project: Project, model: str) -> None:
    for item in project.tracks:
        if (item.annotation.to_frames() < 0).all():
            watch(predict(str(folder.root), item.id, model))


def score(folder: ProjectFolder, project: Project, model: str) -> dict[str, Any]:
    out = folder.root / "scored" / model
    unseen = [v for v in project.track_ids if model in models_of(folder.root, v)]
    lane = prediction_lane(model)
    choices = ExportChoices("framewise-csv", lane, unseen)
    watch(export_labels(folder, project, out, choices))
    truth = folder.root / "scored" / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    for video in unseen:
        shutil.copy(folder.root / "truth" / f"{video}.csv", truth)
    return evaluate_folders(truth, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", nargs="*", default=list(ROWS))
    arguments = parser.parse_args()
    root = Path(tempfile.mkdtemp()) / "demo"
    project = write_demo(root)
    folder = ProjectFolder(root)
    shutil.rmtree(folder.models_dir, ignore_errors=True)
    rows = []
    for name in arguments.rows:
        print(f"training {name}", flush=True)
        watch(train(str(root), name, recipe(name, arguments.seed)))
        pre_label(folder, project, name)
        figures = score(folder, project, name)
        rows.append((f"{name}, strangers", figures))
        rows.append((f"{name}, people of the training", figures["known_people"]))
        print(name, {k: v for k, v in figures.items() if k != "per_video"}, flush=True)
    print("\n| model | F1@10 | F1@50 | edit | accuracy |\n|---|---|---|---|---|")
    for name, f in rows:
        print(
            f"| {name} | {f['f1@10']:.1f} | {f['f1@50']:.1f} | {f['edit']:.1f} "
            f"| {f['accuracy']:.1f} |"
        )
    if arguments.install:
        for name in [n for n in BUNDLED if n in arguments.rows]:
            watch(measure(str(root), name))
            install(folder, name)
    shutil.rmtree(root.parent)


def install(folder: ProjectFolder, name: str) -> None:
    """Bundle a model with the demo, in half precision."""
    from skelseg_core.learning.models.checkpoint import load_model, save_model

    network, info = load_model(folder.model_dir(name))
    target = resource("demo") / "models" / name
    save_model(target, network, info, half=True)
    shutil.copy(folder.model_dir(name) / LEARNT_NAME, target)
    size = sum(p.stat().st_size for p in resource("demo").rglob("*") if p.is_file())
    print(f"resources/demo is {size / 1e6:.2f} MB; {read_json(target / 'model.json')}")


if __name__ == "__main__":
    main()
