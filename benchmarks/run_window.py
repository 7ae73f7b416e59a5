"""What the window costs while a run pre-labels a project of many videos.

The run is a process as in use, but its workers only write what a network would have
said, some milliseconds each. Printed is the processor time of the GUI thread in the
longest turn of its event loop while a person edits five times a second, without and
with the run, the longest time by the clock, and how many predictions were shown.
Needs no display: QT_QPA_PLATFORM=offscreen.

    python -m benchmarks.run_window --videos 10000 --seconds 60
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.kit.memory import GarbageCollector
from app.window.leaving import leave
from app.window.project_window import ProjectWindow
from benchmarks.projects import Stall, make_project, opened, rest, wait
from benchmarks.stalls import Turns
from skelseg_core.config import ModelConfig, Preset
from skelseg_core.engine import supervisor
from skelseg_core.features.video_features import settings_keys
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import ModelInfo, to_json
from skelseg_core.module_commands import module_command
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.runs import run_plan, run_process

MODEL, EDIT_MS = "net", 200


class Worker:
    """Writes what a network would have said."""

    process = None

    def __init__(self, *_: object) -> None:
        pass

    def task(self, _: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        yield Progress("labels")
        if arguments["stage"] == "predict":
            folder = ProjectFolder(Path(arguments["root"]))
            n_frames, ids = arguments["n_frames"], np.arange(3)
            lane = Segmentation.from_frames(
                np.repeat(ids, n_frames // 3 + 1)[:n_frames]
            )
            said = np.full((n_frames, 3), 1 / 3, np.float32)
            path = folder.prediction_path(arguments["video_id"], MODEL)
            save_prediction(path, Prediction(said, ids, lane))
        time.sleep(0.01)
        return {}

    def kill(self) -> None:
        pass


def work() -> None:
    """Be the process of the run; every video counts as one that nothing is there of."""
    root, log = Path(sys.argv[2]), sys.argv[3]
    n_frames = ProjectFolder(root).load().tracks[0].n_frames

    class Long(Worker):
        def task(self, name: str, /, **arguments: Any) -> Task[dict[str, Any]]:
            return super().task(name, n_frames=n_frames, **arguments)

    supervisor.Worker = Long  # type: ignore[assignment, misc]
    choices = run_plan.RunChoices(("predict",), (), MODEL, 2)
    run_process.work(str(root), choices, log)


def start(root: Path, _: Mapping[str, object], log: str) -> subprocess.Popen[str]:
    command = module_command("benchmarks.run_window", "--run", str(root), log)
    return subprocess.Popen(command, text=True)


def edited(window: ProjectWindow, collector: GarbageCollector, seconds: float) -> str:
    """Edit for a while; the longest turn and the longest wait meanwhile."""
    turns, stall, n = Turns(), Stall(), 0

    def edit() -> None:
        nonlocal n
        n += 1
        collector.input_at = time.monotonic()  # as a key does
        begin = 5 * (n % 20)
        window.document.edit_lane(
            "Paint",
            window.session.track_id,
            lambda lane: paint(lane, begin, begin + 3, n % 3),
        )

    timer = QTimer(interval=EDIT_MS)
    timer.timeout.connect(edit)
    timer.start()
    turns.longest_ms = stall.longest_ms = 0.0
    rest(int(1000 * seconds))
    timer.stop()
    return (
        f"longest turn {turns.longest_ms:.0f} ms, by the clock {stall.longest_ms:.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    application = QApplication([])
    collector = GarbageCollector(application)
    run_process.start_run = start
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "project"
        folder = make_project(root, options.videos, 40)
        project = folder.load()
        preset = Preset(model=ModelConfig(modalities=("keypoints",)))
        classes = project.label_map.classes
        info = ModelInfo(MODEL, preset, {"keypoints": 8}, classes, project.skeleton)
        info = replace(info, feature_keys=settings_keys(info.preset))
        folder.model_dir(MODEL).mkdir(parents=True)
        atomic_write(folder.model_dir(MODEL) / "model.json", to_json(info))
        window, inside = opened(folder, Path(place))
        inside.services.models.pose_service.by_itself = False
        inside.services.notices.warned.connect(print)
        rest(5000)
        print("alone:", edited(inside, collector, options.seconds / 3), flush=True)
        inside.services.models.video_runs.prelabel_all()
        print("with a run:", edited(inside, collector, options.seconds), flush=True)
        n = inside.services.current_video.found.count(MODEL)
        print(f"{n:,} predictions found", flush=True)
        for job in inside.jobs.running:
            job.cancel()
        wait(lambda: not inside.jobs.running and not inside.document.unsaved)
        leave(window)
    collector.deleteLater()
    application.quit()


if __name__ == "__main__":
    work() if sys.argv[1:2] == ["--run"] else main()
