"""A mouse, for tests: its skeleton file, its motion, and a project of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.skeleton_file import read_skeleton
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.imports.pose_import import import_pose_file
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track

MOUSE = """\
name: mouse
keypoints: [snout, leftear, rightear, tailbase]
edges:
  - [snout, leftear]
  - [snout, rightear]
  - [leftear, tailbase]
  - [rightear, tailbase]
flip_pairs:
  - [leftear, rightear]
centre: [tailbase]
scale: [[leftear, rightear], [tailbase]]
"""
"""A skeleton file, as a user would write one for files of DeepLabCut."""

PARTS = ("snout", "leftear", "rightear", "tailbase")
N_FRAMES, RATE, SIZE = 240, 25.0, (640, 480)
CLASSES = ("rest", "run", "turn")
_BODY = np.array([(40, 0), (24, -10), (24, 10), (0, 0)], float)
"""Keypoints in px of a mouse that looks to the right, its tail base at the origin."""


def mouse_and_labels(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Move a mouse: it rests, runs ahead or turns on the spot, as its labels say.

    Returns
    -------
    points : ndarray of float64, shape (N_FRAMES, 4, 2)
        In px.
    labels : ndarray of int64, shape (N_FRAMES,)
        Index into `CLASSES`.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.permutation(np.tile(np.arange(3), 3)), 30)[:N_FRAMES]
    place, angle = np.array(SIZE) / 2, rng.uniform(0, 2 * np.pi)
    points = np.empty((N_FRAMES, len(PARTS), 2))
    for frame, label in enumerate(labels.tolist()):
        ahead = np.array([np.cos(angle), np.sin(angle)])
        if label == CLASSES.index("run"):
            place = (place + 4 * ahead) % SIZE
        if label == CLASSES.index("turn"):
            angle += 0.15
        turned = np.array([ahead, [-ahead[1], ahead[0]]])
        points[frame] = place + _BODY @ turned
    return points + rng.normal(0, 0.2, points.shape), labels


def deeplabcut_csv(points: np.ndarray, parts: Sequence[str] = PARTS) -> str:
    """Write places (T, K, 2) as DeepLabCut does, with a likelihood of 0.9."""
    names = [(part, coord) for part in parts for coord in ("x", "y", "likelihood")]
    lines = [
        ",".join(["scorer", *["DLC_mouse"] * len(names)]),
        ",".join(["bodyparts", *(part for part, _ in names)]),
        ",".join(["coords", *(coord for _, coord in names)]),
    ]
    for frame, row in enumerate(points.tolist()):
        cells = [repr(v) for x, y in row for v in (x, y, 0.9)]
        lines.append(",".join([str(frame), *cells]))
    return "\n".join(lines) + "\n"


def write_mouse_film(path: Path, points: np.ndarray) -> Path:
    """Write a video of a mouse from above, with its keypoints (T, 4, 2) in px."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=int(RATE))
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "28"}
        stream.codec_context.thread_count = 1
        for snout, left, right, tail in points:
            picture = np.full((*SIZE[::-1], 3), (196, 188, 172), np.uint8)
            body, ahead = (snout + 2 * tail) / 3, snout - tail
            angle = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
            fur = (92, 80, 72)
            cv2.line(picture, _px(tail), _px(tail - ahead), (150, 120, 118), 3)
            cv2.ellipse(picture, _px(body), (28, 14), angle, 0, 360, fur, -1)
            cv2.ellipse(
                picture, _px((left + right) / 2), (16, 10), angle, 0, 360, fur, -1
            )
            cv2.line(picture, _px((left + right) / 2), _px(snout), fur, 9)
            for ear in (left, right):
                cv2.circle(picture, _px(ear), 6, (140, 118, 112), -1)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def _px(place: np.ndarray) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))


def make_mouse_project(root: Path, n_labelled: int = 3) -> ProjectFolder:
    """Make recordings ``old0``... with labels and ``new`` without, of a mouse."""
    root.mkdir(parents=True)
    (root / "mouse.yaml").write_text(MOUSE, encoding="utf-8")
    mouse = read_skeleton(root / "mouse.yaml")
    folder, before = create_project(
        root / "p", label_map_from_names(CLASSES), mouse.name
    )
    project = before
    for n, name in enumerate([*(f"old{n}" for n in range(n_labelled)), "new"]):
        points, truth = mouse_and_labels(n)
        ids = np.array(project.label_map.ids)[truth]
        labels = np.full(N_FRAMES, -1) if name == "new" else ids
        lanes = {ANNOTATION: Segmentation.from_frames(labels)}
        item = Track.of_film(name, "", f"poses-{name}", N_FRAMES, *SIZE, RATE, lanes)
        project = add_video(project, item)
        csv = root / f"{name}.csv"
        csv.write_text(deeplabcut_csv(points), encoding="utf-8")
        import_pose_file(folder, project, name, csv)
    folder.save(project, before)
    return folder
