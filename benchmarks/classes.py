"""What a project of many classes costs: an edit, a keystroke, a merge.

``python -m benchmarks.classes [CLASSES] [VIDEOS] [SEGMENTS]``; no screen is needed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from app.kit.notices import Notices
from app.services.after_save import AfterSave
from app.services.jobs import Jobs
from app.services.labelling.class_editor import ClassEditor
from app.services.task_runner import TaskRunner
from app.state.document import open_document
from app.views.classes.classes import ClassesView
from skelseg_core.engine.worker_process import Worker
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import relabel
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import delete_class, free_color
from skelseg_core.project.folder import create_project
from skelseg_core.project.project import (
    ANNOTATION,
    VideoItem,
    add_video,
    annotator_lane,
)

FRAMES = 20


def timed(name: str, run: Callable[[int], object], times: int = 30) -> None:
    took = []
    for n in range(times):
        start = time.perf_counter()
        run(n)
        QApplication.processEvents()
        took.append((time.perf_counter() - start) * 1000)
    print(f"{name:48s} median {np.median(took):7.2f} ms, worst {max(took):7.2f} ms")


def main(n_classes: int = 100, n_videos: int = 100, n_segments: int = 400) -> None:
    application = QApplication([])
    names = [
        f"{o}_{m}_{a}_{h}"
        for o in ("box", "rod", "crate")
        for m in ("bend", "stand", "walk")
        for a in ("pick-up", "place", "hold", "push")
        for h in ("low", "mid", "high")
    ][:n_classes]
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        folder, project = create_project(
            Path(place) / "project", label_map_from_names(names)
        )
        before = project
        for n in range(n_videos):
            lanes = {
                lane: Segmentation.from_frames(
                    rng.integers(0, len(names), n_segments).repeat(FRAMES)
                )
                for lane in (ANNOTATION, annotator_lane("m"))
            }
            length = lanes[ANNOTATION].n_frames
            item = VideoItem(f"v{n}", "v.mp4", "f", length, 64, 48, 25.0, lanes)
            project = add_video(project, item)
        folder.save(project, before)
        document = open_document(folder)
        document.apply("Lanes", lambda _: project)
        jobs = Jobs(Worker())
        view = ClassesView(
            ClassEditor(
                TaskRunner(document, jobs, AfterSave(document, jobs), Notices())
            )
        )
        view.resize(280, 800)
        view.show()
        application.processEvents()
        last = len(names) - 1
        print(f"{len(names)} classes, {n_videos} videos, {n_segments} segments each")
        timed(
            "relabel a segment",
            lambda n: document.edit_lane("x", "v0", lambda s: relabel(s, n, n % 50)),
        )
        view.find_class()
        timed("type a letter", lambda n: view.filter.setText("lo up"[: n % 6]))
        timed("rename a class", lambda n: view.editor.rename(n, f"name {n}"))
        timed("choose a free colour", lambda _: free_color(view.editor.label_map))
        timed("merge, the edit alone", lambda n: delete_class(project, n, last), 10)
        timed("merge, with journal and view", lambda n: view.editor.delete(n, last), 10)
        timed("undo the merge", lambda _: document.undo_stack.undo(), 10)
        jobs.close()
        document.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
