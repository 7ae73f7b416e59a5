"""Takes the pictures of docs/pictures from the real program, state by state.

python -m tools.screenshots [NAME...]; each state is a process of its own, so that
one can be 200 % and none leaves anything to the next.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.window import again_and_again
from skelseg_core.child_process import module_command
from tools.pictures import COLOURS, Camera, write_picture

OUT = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH = 1200
SIZE = 1440, 900
CLIP = "anna-1"


def prelabelled(camera: Camera) -> None:
    """A clip with what the model says of it."""
    camera.open()
    project_window = camera.project_window
    camera.resize(*SIZE)
    project_window.session.set_video("ben-2")
    camera.idle()
    project_window.services.model_service.prelabel()
    camera.until(lambda: project_window.services.current_video.shown_model != "")
    camera.idle()
    project_window.services.model_service.copy_prediction()
    camera.seek(214)
    project_window.services.segment_editor.boundary.go(1)
    project_window.docks.messages.close_message()
    camera.idle()


def dark(camera: Camera) -> None:
    prelabelled(camera)
    camera.project_window.docks.timeline.lanes.toggle("probability")
    camera.idle()


def light(camera: Camera) -> None:
    from app.kit import theme

    camera.owner.settings.scheme = "light"
    theme.apply(camera.qt, "light")
    prelabelled(camera)
    camera.project_window.docks.show_more("segments")
    camera.idle()


def large(camera: Camera) -> None:
    """200 %, by QT_SCALE_FACTOR."""
    camera.open()
    camera.resize(SIZE[0] * 2 // 3, SIZE[1] * 2 // 3)
    camera.project_window.session.set_video(CLIP)
    camera.project_window.docks.set_loupe(False)
    camera.idle()
    camera.seek(210)


def classes_60(camera: Camera) -> None:
    from skelseg_core.labels.classes import label_map_from_names
    from skelseg_core.labels.segmentation import Segmentation
    from skelseg_core.project.folder import ProjectFolder

    folder = ProjectFolder(camera.root)
    project = folder.load()
    names = [
        f"{thing}_{motion}_{what}_{height}"
        for thing in ("box", "rod", "tool")
        for motion in ("bend", "stand", "walk", "reach", "kneel")
        for what in ("pick-up", "place")
        for height in ("low", "mid")
    ]
    label_map = label_map_from_names(names)
    dice, items = np.random.default_rng(4), []
    for item in project.videos:
        frames = np.repeat(dice.permutation(label_map.ids), item.n_frames // 60 + 1)
        lane = Segmentation.from_frames(frames[: item.n_frames])
        items.append(replace(item, lanes={"annotation": lane}))
    folder.save(replace(project, label_map=label_map, videos=tuple(items)))
    camera.open()
    camera.resize(*SIZE)
    camera.project_window.docks.set_loupe(False)
    camera.idle()
    camera.project_window.docks.timeline.zoom_in()
    camera.project_window.docks.classes.find_class()
    camera.wait(1)


def segments_10000(camera: Camera) -> None:
    from skelseg_core.formats.poses_npz import save_poses
    from skelseg_core.labels.classes import label_map_from_names
    from skelseg_core.labels.segmentation import Segmentation
    from skelseg_core.poses.sequence import PoseSequence
    from skelseg_core.project.folder import create_project
    from skelseg_core.project.project import VideoItem, add_video
    from tests.poses_only import STANDING

    camera.root = camera.root.with_name("long")
    names = [f"action {n}" for n in range(12)]
    folder, project = create_project(
        camera.root, label_map_from_names(names), "lcrnet15"
    )
    dice, n = np.random.default_rng(1), 100_000
    cuts = np.sort(dice.choice(np.arange(1, n), 9_999, replace=False))
    lengths = np.diff(np.concatenate([[0], cuts, [n]]))
    labels = np.cumsum(dice.integers(1, 12, len(lengths))) % 12
    lane = Segmentation.from_frames(np.repeat(labels, lengths))
    size = (320, 240)
    item = VideoItem("long", "", "poses-long", n, *size, 30.0, {"annotation": lane})
    folder.save(add_video(project, item), project)
    points = np.repeat(STANDING[None, None], n, axis=0).copy()
    sway = np.sin(np.arange(n) / 17) * np.sin(np.arange(n) / 430)
    points[:, 0, [6, 7], 1] += 40 * sway[:, None]
    scores = np.ones(points.shape[:-1], np.float32)
    poses = PoseSequence(points, scores, "lcrnet15", size, "made")
    save_poses(folder.poses_path("long"), poses, item.fingerprint)
    camera.open()
    camera.resize(*SIZE)
    camera.project_window.docks.set_loupe(False)
    camera.idle()
    camera.seek(50_000)
    for _ in range(5):
        camera.project_window.docks.timeline.zoom_in()
    camera.project_window.docks.show_more("segments")
    camera.idle()


def hour(camera: Camera) -> None:
    from skelseg_core.formats.poses_npz import load_poses, save_poses
    from skelseg_core.labels.segmentation import Segmentation
    from skelseg_core.poses.sequence import PoseSequence
    from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
    from skelseg_core.project.project import add_video

    demo = ProjectFolder(camera.root)
    project = demo.load()
    short = project.video(CLIP)
    source = demo.video_path(short)
    camera.root = camera.root.with_name("hour")
    folder, made = create_project(camera.root, project.label_map)
    film = again_and_again(source, camera.root / "shift.mp4", 3600)
    item = probe_video(film, folder, made)
    times = -(-item.n_frames // short.n_frames)
    frames = np.tile(short.annotation.to_frames(), times)[: item.n_frames]
    frames[item.n_frames * 2 // 3 :] = -1
    item = replace(item, lanes={"annotation": Segmentation.from_frames(frames)})
    folder.save(add_video(made, item), made)
    known = load_poses(demo.poses_path(CLIP))
    poses = PoseSequence(
        np.tile(known.keypoints, (times, 1, 1, 1))[: item.n_frames],
        np.tile(known.scores, (times, 1, 1))[: item.n_frames],
        known.skeleton,
        known.size,
        known.estimator,
    )
    save_poses(folder.poses_path(item.id), poses, item.fingerprint)
    camera.open()
    camera.resize(*SIZE)
    camera.project_window.docks.set_loupe(False)
    camera.idle()
    camera.seek(item.n_frames // 2)
    for _ in range(4):
        camera.project_window.docks.timeline.zoom_in()
    camera.idle()


def empty(camera: Camera) -> None:
    camera.open()
    camera.project_window.settings.remove_recent(camera.root.resolve())
    camera.project_window.close_requested.emit()
    camera.window.resize(*SIZE)
    camera.wait(2)


def error(camera: Camera) -> None:
    camera.open()
    camera.resize(*SIZE)
    camera.idle()
    other = camera.project_window.document.folder.root / "truth" / "ben-2.csv"
    wrong = other.rename(other.with_name("david-1.csv"))
    camera.project_window.session.set_video("david-1")
    camera.idle()
    camera.project_window.services.file_importer.take(labels=[wrong])
    camera.until(lambda: not camera.project_window.docks.messages.isHidden(), 20)
    camera.wait(2)


def job(camera: Camera) -> None:
    camera.open()
    camera.resize(*SIZE)
    camera.project_window.session.set_video("emi-1")
    camera.idle()
    camera.seek(120)
    camera.project_window.services.model_service.prelabel()
    camera.project_window.docks.show_more("jobs")
    camera.until(
        lambda: any(
            (j.progress.fraction or 0) > 0.3 for j in camera.project_window.jobs.running
        ),
        120,
    )


SCENES: dict[str, Callable[[Camera], None]] = {
    "dark": dark,
    "light": light,
    "large": large,
    "classes-60": classes_60,
    "segments-10000": segments_10000,
    "hour": hour,
    "empty": empty,
    "error": error,
    "job": job,
}


def take(name: str) -> None:
    """Take one picture, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{folder}/{kind}"
        camera = Camera(Path(folder))
        SCENES[name](camera)
        write_picture(camera.window.grab(), OUT / f"{name}.png", WIDTH, COLOURS)
        from app.window.leaving import leave

        leave(camera.window)


def main() -> None:
    names = sys.argv[1:] or list(SCENES)
    if names[0] == "--take":
        take(names[1])
        return
    OUT.mkdir(parents=True, exist_ok=True)
    for name in names:
        more = {"QT_SCALE_FACTOR": "2"} if name == "large" else {}
        command = module_command("tools.screenshots", "--take", name)
        subprocess.run(command, check=True, env={**os.environ, **more})


if __name__ == "__main__":
    main()
