"""MoveNet on ONNX Runtime: multipose finds people, thunder refines each of them.

Multipose looks at the whole picture every few frames, and whenever somebody was lost;
in between the last keypoints say where to look. Thunder sees a square around one
person, so its keypoints are finer. Scores of MoveNet are low in scale: 0.3 to 0.7 for
a keypoint in plain view. Both networks are there twice: most of their convolutions in
8-bit integers, which takes half the time, and all in float32, the exact ones.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from skelseg_core.array_files import content_key
from skelseg_core.bundled import resource
from skelseg_core.errors import ModelError
from skelseg_core.estimators.person_collector import PersonCollector
from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.poses.sequence import PoseSequence, boxes
from skelseg_core.poses.tracking import pose_distance
from skelseg_core.progress import Progress, Task
from skelseg_core.torch_tools.onnx_sessions import (
    is_on_card,
    open_on_processor,
    open_onnx,
)
from skelseg_core.torch_tools.weights import file_hash

_NETWORKS = ("multipose", "thunder")
MAX_PEOPLE = 6  # multipose's own limit
N_KEYPOINTS = 17
MIN_SCORE = 0.2  # of a keypoint; what scores less is missing
MIN_PERSON_SCORE = 0.2  # of multipose, for a whole person
MIN_KEYPOINTS = 5  # fewer are no person
MIN_MEAN_SCORE = 0.3  # of the keypoints that are there
LOOK_EVERY = 5  # frames, of those looked at, from one look at the whole picture on
UNCONFIRMED_LOOKS = 3  # looks in which multipose may miss a person thunder still finds
NEAR = 0.4  # body sizes; nearer estimates of multipose are of a followed person
SAME_PERSON = 0.12  # body sizes; two estimates that are nearer are one person
CROP_MARGIN = 1.25  # of multipose's box
KEYPOINT_MARGIN = 1.45  # of the box of keypoints, which lacks the crown and the toes


@dataclass
class _Person:
    """A person followed from frame to frame."""

    keypoints: np.ndarray  # (17, 2) px, NaN where missing
    scores: np.ndarray  # (17,)
    square: np.ndarray  # x, y of the middle and side of the next crop, px
    unconfirmed: int = 0
    seen: _Person | None = None  # multipose's estimate, where it ran on this frame

    @property
    def mean_score(self) -> float:
        there = self.scores > 0
        return float(self.scores[there].mean()) if there.any() else 0.0


class MoveNet:
    """The bundled pose estimator: COCO-17, up to six people, works offline.

    Parameters
    ----------
    threads : int
        Threads of the processor; 0 for half of its cores, four at most.
    folder : Path, optional
        Folder of the networks.
    every : int
        Frames from one that is given to the next, at most; in between people are drawn
        on straight lines.
    exact : bool
        Whether the networks compute in float32, as they were published.

    Raises
    ------
    ModelError
        Where one of the files is missing or damaged.
    """

    skeleton = "coco17"

    def __init__(
        self,
        threads: int = 0,
        folder: Path | None = None,
        every: int = 1,
        exact: bool = False,
    ) -> None:
        count = threads if threads > 0 else max(1, min(4, (os.cpu_count() or 2) // 2))
        files = _files(resource("models") if folder is None else folder, exact)
        self._multipose, self._thunder = (_open(file, count, exact) for file in files)
        self.every, self.exact = every, exact
        self._made_of = [
            *(_onnx_version(), is_on_card(self._thunder)),
            *(file_hash(file) for file in files),
        ]

    @property
    def name(self) -> str:
        """Name and version, as kept with the poses."""
        return _name(self.every, self.exact)

    def estimate(
        self,
        frames: Iterable[tuple[int, np.ndarray]],
        n_frames: int,
        size: tuple[int, int],
        blocks: PoseBlocks | None = None,
    ) -> Task[PoseSequence]:
        """Estimate the poses of one video; see `base.PoseEstimator.estimate`."""
        found = PersonCollector(n_frames, N_KEYPOINTS, MAX_PEOPLE)
        people = _followed(found.begin(blocks, self.name, *self._made_of))
        first = blocks.n_done if blocks is not None else 0
        if first:
            yield Progress("estimating poses", first, n_frames)
        before = first - 1
        for n, rgb in frames:
            look = not people or -(-n // self.every) % LOOK_EVERY == 0
            people = self._follow(rgb, people, look)
            found.put(
                n,
                np.array([person.keypoints for person in people]),
                np.array([person.scores for person in people]),
            )
            if before >= 0:
                found.fill(before, n)
            found.end_frame(_to_follow(people), n - before)
            before = n
            yield Progress("estimating poses", n + 1, n_frames)
        return found.sequence(self.skeleton, size, self.name)

    def sees_somebody(self, rgb: np.ndarray) -> bool:
        """Tell whether anybody is in a frame by itself."""
        return bool(self._follow(rgb, [], look=True))

    def _follow(
        self, rgb: np.ndarray, people: list[_Person], look: bool
    ) -> list[_Person]:
        """Find everybody in a frame, given the people of the frame before."""
        newcomers = self._look(rgb, people) if look else []
        kept = [p for p in people if p.unconfirmed < UNCONFIRMED_LOOKS]
        found = self._refine(rgb, [*kept, *newcomers])
        if len(found) < len(people) and not look:
            # Somebody was lost: look at the whole picture.
            return self._follow(rgb, people, look=True)
        return found

    def _look(self, rgb: np.ndarray, people: list[_Person]) -> list[_Person]:
        """Find newcomers in the whole picture; confirm people who are followed."""
        found = self._find(rgb)
        for person in people:
            person.unconfirmed += 1
        pairs = sorted(
            (pose_distance(person.keypoints, one.keypoints), p, n)
            for p, person in enumerate(people)
            for n, one in enumerate(found)
        )
        newcomers = dict(enumerate(found))
        for distance, p, n in pairs:
            person = people[p]
            if distance < NEAR and n in newcomers and person.unconfirmed:
                person.seen = newcomers.pop(n)
                person.unconfirmed = 0
                person.square[2] = max(person.square[2], person.seen.square[2])
        return list(newcomers.values())[: MAX_PEOPLE - len(people)]

    def _find(self, rgb: np.ndarray) -> list[_Person]:
        """Find people in the whole picture by multipose."""
        height, width = rgb.shape[:2]
        scale = _input_side(width, height) / max(width, height)
        h, w = max(1, round(height * scale)), max(1, round(width * scale))
        grid = np.zeros((1, -(-h // 32) * 32, -(-w // 32) * 32, 3), np.int32)
        grid[0, :h, :w] = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA)
        out = _run(self._multipose, grid)[0]
        stretch = np.array([grid.shape[2] * width / w, grid.shape[1] * height / h])
        people = []
        for row in out[out[:, 55] >= MIN_PERSON_SCORE]:
            points, scores = _above(row[:51].reshape(N_KEYPOINTS, 3), stretch, (0, 0))
            x0, y0, x1, y1 = row[[52, 51, 54, 53]] * np.tile(stretch, 2)
            side = CROP_MARGIN * max(x1 - x0, y1 - y0)
            if side >= 8 and (scores > 0).any():
                square = np.array([(x0 + x1) / 2, (y0 + y1) / 2, side])
                one = _Person(points, scores, square)
                one.seen = replace(one)
                people.append(one)
        return people

    def _refine(self, rgb: np.ndarray, people: list[_Person]) -> list[_Person]:
        """Keep the people whom thunder finds too."""
        seen = [person.seen for person in people if person.seen is not None]
        found = []
        for person in people:
            refined = self._refined(rgb, person)
            if person.seen is not None and _is_other(refined, person.seen, seen):
                # Both crops show both people, and thunder took the wrong one.
                refined = person.seen
            if _is_person(refined):
                found.append(replace(refined, seen=None))
        return _distinct(found)

    def _refined(self, rgb: np.ndarray, person: _Person) -> _Person:
        """Find the keypoints of one person by thunder, and where to look next."""
        x, y, side = (float(v) for v in person.square)
        n = int(self._thunder.get_inputs()[0].shape[1])
        crop = crop_square(rgb, x - side / 2, y - side / 2, side, n)
        out = _run(self._thunder, crop[None].astype(np.int32))[0, 0]
        points, scores = _above(out, side, (x - side / 2, y - side / 2))
        found = _Person(points, scores, person.square, person.unconfirmed)
        if (scores > 0).any():
            x0, y0, x1, y1 = boxes(points)
            # The crop shrinks slowly, so that a limb hidden for a moment stays in it.
            side = max(KEYPOINT_MARGIN * max(x1 - x0, y1 - y0), 0.95 * side)
            side = min(side, 2.0 * max(rgb.shape[:2]))
            found.square = np.array([(x0 + x1) / 2, (y0 + y1) / 2, side])
        return found


@functools.cache
def bundled_key(every: int = 1, exact: bool = False) -> str:
    """Return the key of what the bundled estimator's poses follow from, but the video.

    Not the version of onnxruntime: a newer one is no reason to estimate all anew.
    """
    files = _files(resource("models"), exact)
    return content_key(_name(every, exact), *map(file_hash, files))


def _files(folder: Path, exact: bool) -> list[Path]:
    end = "" if exact else "-int8"
    return [folder / f"movenet-{name}{end}.onnx" for name in _NETWORKS]


def _name(every: int, exact: bool) -> str:
    # That of the exact networks is in the poses of older projects.
    name = f"MoveNet multipose + thunder{'' if exact else ' in int8'}, skelseg 2"
    return name if every == 1 else f"{name}, every {every} frames"


def load(
    threads: int, weights: str, allow_download: bool, exact: bool = False
) -> MoveNet:
    """Load the estimator with its bundled weights; others are refused."""
    if weights:
        raise ModelError(
            "The estimator movenet has its own weights; leave out --weights."
        )
    return MoveNet(threads, exact=exact)


def _to_follow(people: list[_Person]) -> dict[str, np.ndarray]:
    """Convert followed people to arrays for `_followed`, in their order."""
    state = {"unconfirmed": np.array([p.unconfirmed for p in people], np.int64)}
    for n, person in enumerate(people):
        # One array per person: squares differ in type, and so in how they are rounded.
        state |= {
            f"person{n}.keypoints": person.keypoints,
            f"person{n}.scores": person.scores,
            f"person{n}.square": person.square,
        }
    return state


def _followed(state: Mapping[str, np.ndarray]) -> list[_Person]:
    """Convert arrays of `_to_follow` to followed people; nobody without arrays."""
    return [
        _Person(
            state[f"person{n}.keypoints"],
            state[f"person{n}.scores"],
            state[f"person{n}.square"],
            int(unconfirmed),
        )
        for n, unconfirmed in enumerate(state.get("unconfirmed", ()))
    ]


def _is_person(one: _Person) -> bool:
    enough = int((one.scores > 0).sum()) >= MIN_KEYPOINTS
    return enough and one.mean_score >= MIN_MEAN_SCORE


def _is_other(refined: _Person, own: _Person, seen: list[_Person]) -> bool:
    """Tell whether multipose takes thunder's person for another than ``own``."""
    distance = pose_distance(refined.keypoints, own.keypoints)
    return any(pose_distance(refined.keypoints, s.keypoints) < distance for s in seen)


def _open(path: Path, threads: int, exact: bool) -> Any:
    if not path.is_file():
        raise ModelError(
            "The pose estimator {} is missing; install skelseg again.", path
        )
    try:
        # Integers on the processor alone: a video has the same poses on all computers.
        open_network = open_onnx if exact else open_on_processor
        return open_network(path.read_bytes(), threads)
    except ModelError:
        raise
    except Exception as error:  # its exceptions share no base class
        raise ModelError(
            "The pose estimator {} is damaged; install skelseg again.", path
        ) from error


def _onnx_version() -> str:
    import onnxruntime

    return str(onnxruntime.__version__)


def _run(session: Any, array: np.ndarray) -> np.ndarray:
    return np.asarray(session.run(None, {session.get_inputs()[0].name: array})[0])


def _input_side(width: int, height: int) -> int:
    """Compute the longer side of multipose's input: small people need a larger one."""
    longest = max(width, height)
    return 256 if longest <= 480 else 320 if longest <= 960 else 384


def _above(
    rows: np.ndarray, scale: np.ndarray | float, origin: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Convert rows (y, x, score), 0..1, to keypoints in px; too low is missing."""
    scores = np.clip(rows[:, 2], 0, 1)
    there = np.asarray(np.isfinite(rows).all(axis=1) & (scores >= MIN_SCORE))
    points = rows[:, 1::-1] * scale + np.array(origin)
    return (
        np.where(there[:, None], points, np.nan).astype(np.float32),
        np.where(there, scores, 0).astype(np.float32),
    )


def crop_square(
    rgb: np.ndarray, x0: float, y0: float, side: float, n: int
) -> np.ndarray:
    """Cut out the square at (x0, y0) px as (n, n, 3), black beyond the picture."""
    step = int(side / n)
    if step > 1:
        # warpAffine does not average: make smaller first, by a whole number, which is
        # quick, and only what is seen.
        height, width = rgb.shape[:2]
        left, top = (max(0, math.floor(v) - step) for v in (x0, y0))
        w = min(width - left, math.ceil(x0 + side) + step - left) // step
        h = min(height - top, math.ceil(y0 + side) + step - top) // step
        if min(w, h) < 1:
            return np.zeros((n, n, 3), np.uint8)
        seen = rgb[top : top + h * step, left : left + w * step]
        rgb = cv2.resize(seen, (w, h), interpolation=cv2.INTER_AREA)
        x0, y0, side = (x0 - left) / step, (y0 - top) / step, side / step
    scale = n / side
    matrix = np.array(
        [[scale, 0, (0.5 - x0) * scale - 0.5], [0, scale, (0.5 - y0) * scale - 0.5]]
    )
    return np.asarray(cv2.warpAffine(rgb, matrix, (n, n), flags=cv2.INTER_LINEAR))


def _distinct(found: list[_Person]) -> list[_Person]:
    """Keep the best estimate of each person: two crops can show the same one."""
    kept: list[_Person] = []
    for person in sorted(found, key=lambda p: -p.mean_score):
        near = (pose_distance(person.keypoints, other.keypoints) for other in kept)
        if all(distance > SAME_PERSON for distance in near):
            kept.append(person)
    return kept
