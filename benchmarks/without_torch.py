"""Pre-labelling by NumPy and by torch. ``python -m benchmarks.without_torch``

``skelseg predict`` on a clip of the demo, from its start to the labels, by turns; then
both on all clips, which have to get the same labels.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelseg_core.labels.prediction import load_prediction
from skelseg_core.learning.model_info import load_info, save_info
from skelseg_core.module_commands import module_command
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder

CLIP = "anna-2"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--model", default="keypoints")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        roots = {by: Path(name) / by for by in ("torch", "NumPy")}
        for by, root in roots.items():
            write_demo(root)
            model = ProjectFolder(root).model_dir(arguments.model)
            save_info(model, replace(load_info(model), torch_only=by == "torch"))
        timed(roots, arguments.model, arguments.runs)
        compared(roots, arguments.model)


def predict(root: Path, model: str, *more: str) -> tuple[float, float, float]:
    """CPU seconds, seconds and MB of a command that pre-labels."""
    shutil.rmtree(root / "predictions", ignore_errors=True)
    options = [str(root), "--model", model, *more]
    command = module_command("skelseg_core.cli.main", "predict", *options)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(process.returncode)
    passed = time.perf_counter() - start
    return used.ru_utime + used.ru_stime, passed, used.ru_maxrss / 1024


def timed(roots: dict[str, Path], model: str, runs: int) -> None:
    found: dict[str, list[tuple[float, float, float]]] = {by: [] for by in roots}
    for _ in range(runs):
        for by, root in roots.items():
            found[by].append(predict(root, model, "--video", CLIP))
    for by, rows in found.items():
        cpu, passed, memory = (statistics.median(c) for c in zip(*rows, strict=True))
        print(f"{by}: {cpu:.2f} CPU s, {passed:.2f} s, {memory:.0f} MB")


def compared(roots: dict[str, Path], model: str) -> None:
    folders = [ProjectFolder(root) for root in roots.values()]
    for folder in folders:
        predict(folder.root, model)
    frames = other = 0
    off = 0.0
    for item in folders[0].load().tracks:
        a, b = (load_prediction(f.prediction_path(item.id, model)) for f in folders)
        frames += item.n_frames
        off = max(off, float(np.abs(a.probabilities - b.probabilities).max()))
        labels = (p.segmentation.to_frames() for p in (a, b))
        other += int(np.not_equal(*labels).sum())
    print(f"{frames} frames: {other} with another label; off by {off:.1g} at most")


if __name__ == "__main__":
    main()
