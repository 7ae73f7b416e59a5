"""Feature extraction: one vector per frame from heatmaps or RGB frames.

What a network is shown:

* a *heatmap* ``h`` becomes the grey picture ``255 (1 - exp(-h))``, drawn at 112x112;
  networks see it as if it had three channels alike. Sums of joints and limbs reach 3 to
  7; the curve keeps them apart without cutting any off. 112 instead of the 56 of the
  grid, because a network that halves five times leaves only 2x2 cells of 56.
* an RGB *frame* is squashed to 224x224 as a whole. The centre crop that is usual for
  photographs would throw the sides of a wide picture away, and with them people.
* the *subject*, where so configured, is cut out by a square that follows it (see
  `poses.follow_boxes`) and scaled to 224x224; what lies outside of the picture is grey.
  What hands hold is some pixels large then, not one.
* the *hands*, where so configured, are a square each (see `poses.hand_boxes`), and
  what the network says of both stands side by side, the left hand's first.

Features are cached by a key of their content, in half precision (`half_precision`),
which is what networks see of fresh ones too. Cached and fresh features are the same to
the last bit, and so are those that were made with an interruption (`FeatureParts`).
Where few frames changed, `feature_rows` finds the others.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from skelseg_core.array_files import content_key, load_npy, save_npy
from skelseg_core.errors import FormatError, ProjectError, VideoError
from skelseg_core.features.backbones import backbone_key
from skelseg_core.file_names import safe_name
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.user_folders import cache_folder

if TYPE_CHECKING:
    from skelseg_core.config import FeatureConfig, HeatmapConfig, Modality
    from skelseg_core.features.backbones import Backbone

HEATMAP_PX = 112
"""Side in px of the heatmap pictures that backbones see."""
RGB_PX = 224
"""Side in px of the frames that backbones see."""
GREY = 127
"""Value of pixels beyond the frame."""
FARTHEST_PX = 1e9
"""Boxes with a corner farther away than this count as missing."""
CACHE_SHARE = 0.25
"""Share that the feature cache may have of the disk space that is free without it."""
PART_S = 20.0
"""Seconds of work in a part: so much is lost at most when the program ends."""
RECIPE = 2
"""Version of the features as the module describes them; raising it makes all anew."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


def heatmap_pixels(heatmaps: np.ndarray, size_px: int = HEATMAP_PX) -> np.ndarray:
    """Draw heatmaps as the pictures that networks see.

    Parameters
    ----------
    heatmaps : ndarray (N, H, W)
        Non-negative heatmaps.
    size_px : int
        Height and width of the pictures.

    Returns
    -------
    ndarray (N, size_px, size_px, 1) float32
        Grey, values 0..255.
    """
    grey = np.empty((len(heatmaps), size_px, size_px), np.float32)
    curve = 255 * (1 - np.exp(-np.asarray(heatmaps, np.float32)))
    for picture, source in zip(grey, curve, strict=True):
        cv2.resize(source, (size_px, size_px), picture, interpolation=cv2.INTER_LINEAR)
    return grey[..., None]


def rgb_pixels(
    frame: np.ndarray, box: Sequence[float] | None = None, size_px: int = RGB_PX
) -> np.ndarray:
    """Scale a frame, or the square around a box in it, to what networks see.

    Parameters
    ----------
    frame : ndarray (H, W, 3) uint8
        RGB.
    box : sequence of 4 floats, optional
        x0, y0, x1, y1 in pixels of the frame; it may reach beyond the frame. The whole
        frame without one, or where it is empty or not finite.
    size_px : int
        Height and width of the picture.

    Returns
    -------
    ndarray (size_px, size_px, 3) uint8
    """
    part = frame if box is None else _square(frame, np.asarray(box, np.float64))
    shrinks = min(part.shape[:2]) > size_px
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    picture: np.ndarray = cv2.resize(part, (size_px, size_px), interpolation=method)
    return picture


def _square(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    place = squares(box, (frame.shape[1], frame.shape[0]))
    x, y, side = place.tolist()
    if not side:
        return frame
    height, width = frame.shape[:2]
    left, right = max(0, x), min(width, x + side)
    top, bottom = max(0, y), min(height, y + side)
    if right - left == side and bottom - top == side:
        return frame[top:bottom, left:right]
    square = np.full((side, side, 3), GREY, np.uint8)
    square[top - y : bottom - y, left - x : right - x] = frame[top:bottom, left:right]
    return square


def squares(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Find the squares of the frames that are cut out for some boxes.

    Parameters
    ----------
    boxes : ndarray (..., 4)
        x0, y0, x1, y1 in px.
    size : tuple of int
        Width and height of the frames in px.

    Returns
    -------
    ndarray of int64 (..., 3)
        x, y and side in px; zeros where the whole frame is taken, because the box is
        empty, not finite or outside.
    """
    box = np.asarray(boxes, np.float64)
    with np.errstate(invalid="ignore"):
        near = np.asarray(np.abs(box) < FARTHEST_PX).all(axis=-1, keepdims=True)
    box = np.where(near, box, 0.0)
    low, high = box[..., :2], box[..., 2:]
    good = (high > low).all(axis=-1)
    side = np.maximum(1, np.ceil((high - low).max(axis=-1, keepdims=True)))
    corner = np.floor((low + high) / 2 - side / 2)
    inside = (corner < size) & (corner + side > 0)
    good &= inside.all(axis=-1)
    found = np.concatenate([corner, side], axis=-1).astype(np.int64)
    return np.where(good[..., None], found, 0)


def half_precision(features: np.ndarray) -> np.ndarray:
    """Round features to float16, 0.05 % off at most, for half the memory and disk.

    Each value is rounded by itself, so that it does not matter which others it lies
    with, and only once: what is rounded stays as it is. One that is too large for
    float16 (no network that we know has any) is left alone, and keeps the array in
    float32.

    Parameters
    ----------
    features : ndarray (T, D) float32 or float16

    Returns
    -------
    ndarray (T, D) float16, or float32 where a value is beyond 65,504 or not finite
    """
    if features.dtype == np.float16:
        return features
    with np.errstate(over="ignore"):
        half = features.astype(np.float16)
    fits = np.isfinite(half)
    if fits.all():
        return half
    return np.where(fits, half.astype(np.float32), features)


def heatmap_features(
    heatmaps: np.ndarray | Iterable[np.ndarray],
    backbone: Backbone,
    name: str,
    n_frames: int | None = None,
    kept: FeatureParts | None = None,
) -> Task[np.ndarray]:
    """Extract the features of a video's heatmaps.

    Parameters
    ----------
    heatmaps : ndarray (T, H, W), or iterable of ndarray (n, H, W)
        Heatmaps of one kind, summed over keypoints or limbs: all, or in parts, which
        are asked for while the network runs and need little memory.
    backbone : Backbone
        The network.
    name : str
        The video's name, for the progress.
    n_frames : int, optional
        How many frames all parts have; needed for parts.
    kept : FeatureParts, optional
        What is done already, which the heatmaps leave out, and where the rest goes.

    Returns
    -------
    ndarray (T, D) float32

    Raises
    ------
    ValueError
        Where the parts do not have ``n_frames`` frames.
    """
    if isinstance(heatmaps, np.ndarray):
        heatmaps, n_frames = [heatmaps], len(heatmaps)
    total = n_frames or 0
    size = backbone.batch * (RGB_PX // HEATMAP_PX) ** 2
    step = Said("heatmap features of {}", name)
    kept = kept or FeatureParts(total, backbone.dim)
    done = kept.n_done
    yield Progress(step, done, total)
    with contextlib.closing(ahead(_grey_batches(heatmaps, size))) as batches:
        for pictures, is_last in batches:
            values = backbone(pictures)
            if done + len(values) > total:
                raise ValueError(f"there are more than {total} heatmaps")
            kept.features[done : done + len(values)] = values
            done += len(values)
            # Batches restart at every part, so features can only be resumed at a part.
            kept.done(done, is_last)
            yield Progress(step, done, total)
    if done != total:
        raise ValueError(f"there are {done} heatmaps, not {total}")
    return kept.features


def _grey_batches(
    parts: Iterable[np.ndarray], size: int
) -> Iterator[tuple[np.ndarray, bool]]:
    """Cut parts into batches of pictures; say which is the last of its part."""
    for part in parts:
        for start in range(0, len(part), size):
            stop = start + size
            yield heatmap_pixels(part[start:stop]), stop >= len(part)


def rgb_features(
    frames: Iterable[tuple[int, np.ndarray]],
    n_frames: int,
    backbone: Backbone,
    name: str,
    boxes: np.ndarray | None = None,
    kept: FeatureParts | None = None,
) -> Task[np.ndarray]:
    """Extract the features of a video's frames.

    Frames are decoded and scaled in a thread of their own while the network runs, two
    batches ahead of it at most.

    Parameters
    ----------
    frames : iterable of (int, ndarray (H, W, 3) uint8)
        Every frame once, with its number; RGB. Not used any more once the task ends
        or is closed.
    n_frames : int
        How many frames the video has.
    backbone : Backbone
        The network.
    name : str
        The video's name, for the progress.
    boxes : ndarray (T, 4) or (T, N, 4), optional
        x0, y0, x1, y1 in pixels of the squares to look at in every frame; the whole
        frame without them.
    kept : FeatureParts, optional
        What is done already, which the frames leave out, and where the rest goes.

    Returns
    -------
    ndarray (T, D) float32, or (T, N D)

    Raises
    ------
    VideoError
        Where fewer frames came than there are.
    """
    step = Said("picture features of {}", name)
    kept = kept or FeatureParts(n_frames, backbone.dim * n_pictures(boxes))
    done = kept.n_done
    yield Progress(step, done, n_frames)
    found = ahead(_rgb_batches(frames, boxes, backbone.batch))
    with contextlib.closing(found) as batches:
        for numbers, pictures in batches:
            kept.features[numbers] = backbone(pictures).reshape(len(numbers), -1)
            done += len(numbers)
            kept.done(done)
            yield Progress(step, done, n_frames)
    if done != n_frames:
        raise VideoError(
            "{} gave {} of {} frames; the file changed or is damaged, add it again.",
            name,
            done,
            n_frames,
        )
    return kept.features


def n_pictures(boxes: np.ndarray | None) -> int:
    """Count the pictures that boxes (T, 4) or (T, N, 4), or none, make of a frame."""
    return boxes.shape[1] if boxes is not None and boxes.ndim == 3 else 1


def _rgb_batches(
    frames: Iterable[tuple[int, np.ndarray]], boxes: np.ndarray | None, size: int
) -> Iterator[tuple[list[int], np.ndarray]]:
    numbers: list[int] = []
    pictures: list[np.ndarray] = []
    for number, frame in frames:
        numbers.append(number)
        if boxes is None:
            pictures.append(rgb_pixels(frame))
        else:
            pictures += [rgb_pixels(frame, box) for box in np.atleast_2d(boxes[number])]
        if len(pictures) >= size:
            yield numbers, np.stack(pictures)
            numbers, pictures = [], []
    if pictures:
        yield numbers, np.stack(pictures)


def ahead(items: Iterable[T], n: int = 2) -> Generator[T, None, None]:
    """Make items in a thread of their own while earlier ones are used."""
    source = iter(items)
    end = object()
    with ThreadPoolExecutor(1, "ahead") as pool:
        waiting = deque(pool.submit(next, source, end) for _ in range(n))
        try:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(pool.submit(next, source, end))
                yield item  # type: ignore[misc]  # not the end, hence a T
        finally:
            for future in waiting:
                future.cancel()


def feature_settings_key(
    modality: Modality, heatmap: HeatmapConfig, features: FeatureConfig
) -> str:
    """Compute the key of the settings that features depend on; models store it.

    A model fits features of the same key only. The key begins with the modality and,
    for RGB, the crop: ``heatmap-...``, ``rgb-frame-...``, ``rgb-subject-...``,
    ``rgb-hands-...``.

    Raises
    ------
    ModelError
        Where the weights file that the settings name is missing.
    """
    network = [RECIPE, *backbone_key(features)]
    if modality == "heatmap":
        drawn: list[object] = [heatmap.kind, heatmap.size, heatmap.sigma_px]
        if heatmap.view != "video":
            drawn.append(heatmap.view)
        found = [heatmap.padding, heatmap.min_score]
        return f"heatmap-{content_key(network, drawn, found)}"
    return f"rgb-{features.rgb_crop}-{content_key(network)}"


@dataclass(frozen=True, eq=False)
class FeatureSource:
    """Inputs that the features of one video depend on, and the keys made of them.

    It holds what is drawn or cut out, not what that was worked out from, so that
    nothing on the way can be forgotten: equal sources, equal features.

    Parameters
    ----------
    modality : {"heatmap", "rgb"}
        Which features.
    settings_key : str
        From `feature_settings_key`.
    video : str
        Fingerprint of the video file.
    skeleton : str
        Name of the skeleton of the poses.
    edges : tuple of (int, int)
        Keypoints that limbs are drawn between.
    by_frame : tuple of ndarray (T, ...)
        What is seen in each frame: of heatmaps the keypoints in px of the grid and
        their scores, of a subject or hands the squares; empty where whole frames are
        seen.
    """

    modality: Modality
    settings_key: str
    video: str
    skeleton: str
    edges: tuple[tuple[int, int], ...] = ()
    by_frame: tuple[np.ndarray, ...] = ()

    @cached_property
    def key(self) -> str:
        """Name of the features for `FeatureCache`.

        Heatmaps do not depend on the video's pixels: videos with equal poses share
        them.
        """
        shared = self.edges if self.modality == "heatmap" else self.video
        key = content_key(self.settings_key, shared, *self.by_frame)
        return f"{self.modality}-{key}"

    @property
    def rows_key(self) -> str:
        """Key of what all frames share: where it is equal, frames may be reused."""
        shared: list[object] = [self.settings_key, self.video, self.skeleton]
        if self.edges:
            shared.append(self.edges)
        return content_key(shared)


class FeatureCache:
    """Features on disk by key; every file of it may be deleted at any time.

    Parameters
    ----------
    folder : Path, optional
        Where they lie; the user's cache folder by default.
    max_bytes : int, optional
        When there is more, the features that were not used for longest go; by default
        `CACHE_SHARE` of the disk decides. An hour of video at 25 frames a second is
        a quarter of a gigabyte per modality.
    """

    def __init__(
        self, folder: Path | None = None, max_bytes: int | None = None
    ) -> None:
        if folder is None:
            folder = cache_folder() / "features"
        self.folder = folder
        self.max_bytes = max_bytes

    def path(self, key: str) -> Path:
        """Return the file of a key, whether it is there or not."""
        return self.folder / f"{safe_name(key)}.npy"

    def get(self, key: str) -> np.ndarray | None:
        """Load the features (T, D) of a key, or None; remove a damaged file."""
        path = self.path(key)
        if not path.is_file():
            return None
        try:
            values = load_npy(path)
        except FormatError:
            values = None
        if values is None or not _are_features(values):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return values

    def put(self, key: str, features: np.ndarray) -> None:
        """Keep features (T, D) in half precision; a folder may be read-only."""
        try:
            save_npy(self.path(key), half_precision(features))
        except ProjectError as error:
            _log.warning("Features are not cached: %s", error)
            return
        self._prune(self.path(key))

    def _prune(self, newest: Path) -> None:
        found = []
        for path in self.folder.glob("*.npy"):
            # Another process may have removed the file meanwhile.
            with contextlib.suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime_ns, state.st_size, path))
        held = sum(size for _, size, _ in found)
        most = self.max_bytes
        if most is None:
            most = int(CACHE_SHARE * (held + shutil.disk_usage(self.folder).free))
        excess = held - most
        for _, size, path in sorted(found):
            if excess <= 0:
                return
            if path != newest:
                with contextlib.suppress(OSError):
                    path.unlink()
                    excess -= size


class FeatureParts:
    """Features that are being made; what is done is kept in a cache, part by part.

    Every part ends where a batch ends, so that the batches after an interruption are
    those of one run, and so are the features.

    Parameters
    ----------
    n_frames, dim : int
        How many are to be made, and how long each is.
    cache : FeatureCache, optional
        Where the parts lie; nothing is kept without one.
    key : str
        Of all that they follow from.
    """

    def __init__(
        self, n_frames: int, dim: int, cache: FeatureCache | None = None, key: str = ""
    ) -> None:
        self.features = np.empty((n_frames, dim), np.float32)
        self.n_done = 0
        self._cache, self._prefix = cache, f"part-{key}"
        while self._found():
            pass
        self._written, self._since = self.n_done, time.monotonic()

    def _found(self) -> bool:
        """Take over the largest good part that begins where the last one ends."""
        first = self.n_done
        for path in sorted(self._paths(f"{first:09d}-*"), reverse=True):
            values = self._cache.get(path.stem) if self._cache is not None else None
            room = self.features[first:]
            if values is not None and 0 < len(values) <= len(room):
                room[: len(values)] = values
                self.n_done += len(values)
                return True
        return False

    def _paths(self, rest: str) -> list[Path]:
        if self._cache is None:
            return []
        return list(self._cache.folder.glob(f"{self._prefix}-{rest}.npy"))

    def done(self, n_done: int, may_end: bool = True) -> None:
        """Note how many frames are done; write a part where it is time for one."""
        self.n_done = n_done
        now = time.monotonic()
        if self._cache is None or not may_end or now - self._since < PART_S:
            return
        self._since = now
        name = f"{self._prefix}-{self._written:09d}-{n_done:09d}"
        self._cache.put(name, self.features[self._written : n_done])
        self._written = n_done

    def remove(self) -> None:
        """Remove all parts, once the whole is kept."""
        for path in self._paths("*"):
            with contextlib.suppress(OSError):
                path.unlink()


def _are_features(values: np.ndarray) -> bool:
    return (
        values.ndim == 2
        and values.dtype in (np.float16, np.float32)
        and bool(np.isfinite(values).all())
    )
