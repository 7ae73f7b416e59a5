"""Prediction: a model's output for a video, and its file.

The file is a cache that predicting makes again. It names its own inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segment, Segmentation

MATTERS = 0.05
"""A class that is never more probable than this gets no row."""
FEW = 8
"""Up to this many classes always get a row."""
_LEVELS = 255
"""Steps that probabilities are rounded to, so that their sums are integers."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Class probabilities of a model for a video, and the segments decoded from them.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (T, C)
        Per frame and class.
    class_ids : ndarray of int64, shape (C,)
        Project class of each channel.
    segmentation : Segmentation
        The decoded segments.
    model_key : str
        Fingerprint of the model's weights.
    fixed : ndarray of bool, shape (T,)
        Frames that hold a person's label; the segments were decoded around them. None
        by default.
    trained_on : bool or None
        Whether the model was trained on this video; None if unknown.
    key : str
        Hash of all inputs; empty if unknown.
    model : str
        Name of the model.
    class_names : tuple of str
        Name of each channel's class at the time.
    video, poses : str
        Fingerprint of the video file and checksum of the poses.
    unlike : bool or None
        Whether the video is unlike the training videos, see `likeness`; the
        probabilities are then lowered. None if not checked.
    """

    probabilities: np.ndarray
    class_ids: np.ndarray
    segmentation: Segmentation
    model_key: str = ""
    fixed: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    trained_on: bool | None = None
    key: str = ""
    model: str = ""
    class_names: tuple[str, ...] = ()
    video: str = ""
    poses: str = ""
    unlike: bool | None = None

    def __post_init__(self) -> None:
        if not len(self.fixed):
            object.__setattr__(self, "fixed", np.zeros(len(self.probabilities), bool))

    @cached_property
    def has_fixed(self) -> bool:
        """Whether the decoding kept a person's labels."""
        return bool(self.fixed.any())

    def is_fixed(self, frame: int) -> bool:
        """Tell whether a frame holds a person's label."""
        return frame < len(self.fixed) and bool(self.fixed[frame])

    @cached_property
    def curves(self) -> PredictionCurves:
        """Curves of the probabilities for the timeline, computed on first use."""
        return PredictionCurves.of(self.probabilities)


def in_classes(prediction: Prediction, label_map: LabelMap) -> Prediction:
    """Map a prediction to today's classes: merged ones join, deleted ones go."""
    probabilities, ids = merged_channels(
        prediction.probabilities, prediction.class_ids, label_map
    )
    return replace(
        prediction,
        probabilities=probabilities,
        class_ids=ids,
        class_names=tuple(map(label_map.name_of, ids.tolist())),
        segmentation=remap_classes(prediction.segmentation, label_map.moves),
    )


def merged_channels(
    probabilities: np.ndarray, class_ids: np.ndarray, label_map: LabelMap
) -> tuple[np.ndarray, np.ndarray]:
    """Add up the channels of merged classes.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
    class_ids : ndarray of int64, shape (C,)
        As in training. Deleted classes keep their channel: their probability belongs to
        no other class.
    label_map : LabelMap
        The classes of today.

    Returns
    -------
    probabilities : ndarray of float, shape (T, D)
    class_ids : ndarray of int64, shape (D,)
    """
    moves = label_map.moves
    said = class_ids.tolist()
    now = [i if (into := moves.get(i)) is None else into for i in said]
    if now == said:
        return probabilities, class_ids
    kept = list(dict.fromkeys(now))
    summed = np.zeros((len(probabilities), len(kept)), probabilities.dtype)
    for channel, class_id in enumerate(now):
        summed[:, kept.index(class_id)] += probabilities[:, channel]
    # Half precision in the file can make a sum exceed one.
    return np.minimum(summed, 1), np.array(kept, np.int64)


def with_sources(
    segmentation: Segmentation, fixed: np.ndarray, said: Segmentation | None = None
) -> Segmentation:
    """Set the source of each predicted frame to the model or a person.

    Segments stay; one with both sources has several runs, as after a copy into an
    annotation.

    Parameters
    ----------
    segmentation : Segmentation
        Of T frames.
    fixed : ndarray of bool, shape (T,)
        Frames that hold a person's label.
    said : Segmentation, optional
        The annotation of the T frames. Where it protects the fixed label, source and
        review flags are copied from it; a fully reviewed segment stays fully reviewed.
    """
    cuts = set((np.flatnonzero(np.diff(fixed)) + 1).tolist())
    if said is not None:
        cuts |= {run.start for run in said.runs}
    made = []
    for segment in segmentation.segments:
        within = sorted(c for c in cuts if segment.start < c < segment.stop)
        runs = []
        for start, stop in pairwise([segment.start, *within, segment.stop]):
            part = segment.part(start, stop)
            runs.append(_persons(part, said) if fixed[start] else part)
        whole = replace(segment, inner=tuple(runs))
        there = None if said is None else said.at(segment.start)
        span = segment.start, segment.stop
        if there is not None and there.reviewed and (there.start, there.stop) == span:
            whole = replace(whole, start_reviewed=True, stop_reviewed=True)
        made.append(whole)
    return Segmentation(tuple(made))


def _persons(part: Segment, said: Segmentation | None) -> Segment:
    """Make a part a person's, or copy its source from the annotation."""
    if said is None:
        return part.as_persons()
    segment = said.at(part.start)
    runs = segment.part(part.start, part.stop).runs
    if segment.class_id == part.class_id and runs[0].protected:
        return runs[0]
    return replace(part.as_persons(), class_reviewed=False)


def save_prediction(path: Path, prediction: Prediction) -> None:
    """Write a prediction (probabilities as float16), atomically."""
    segments = prediction.segmentation.segments
    known: dict[str, np.ndarray] = {}
    if prediction.trained_on is not None:
        known["trained_on"] = np.array(prediction.trained_on)
    if prediction.unlike is not None:
        known["unlike"] = np.array(prediction.unlike)
    if prediction.key:
        known["key"] = np.array(prediction.key)
    save_npz(
        path,
        {
            "probabilities": prediction.probabilities.astype(np.float16),
            "class_ids": np.asarray(prediction.class_ids, np.int64),
            "starts": np.array([s.start for s in segments], np.int64),
            "labels": np.array(
                [-1 if s.class_id is None else s.class_id for s in segments], np.int64
            ),
            "confidence": np.array(
                [np.nan if s.confidence is None else s.confidence for s in segments]
            ),
            "model_key": np.array(prediction.model_key),
            "fixed": np.asarray(prediction.fixed, bool),
            "model": np.array(prediction.model),
            "class_names": np.array(prediction.class_names, str),
            "video": np.array(prediction.video),
            "poses": np.array(prediction.poses),
            **known,
        },
    )


def load_prediction(path: Path) -> Prediction:
    """Read a prediction."""
    arrays = load_npz(path)
    try:
        probabilities = arrays["probabilities"].astype(np.float32)
        class_ids = arrays["class_ids"]
        if probabilities.shape[1:] != class_ids.shape or class_ids.ndim != 1:
            raise ValueError("not one channel per class")
        fixed = _flags(arrays["fixed"], (len(probabilities),))
        trained_on, unlike = arrays.get("trained_on"), arrays.get("unlike")
        starts = arrays["starts"].tolist()
        stops = [*starts[1:], len(probabilities)]
        segments = tuple(
            Segment(
                start,
                stop,
                None if label < 0 else label,
                "model",
                confidence=None if np.isnan(confidence) else confidence,
            )
            for start, stop, label, confidence in zip(
                starts,
                stops,
                arrays["labels"].tolist(),
                arrays["confidence"].tolist(),
                strict=True,
            )
        )
        return Prediction(
            probabilities,
            class_ids,
            Segmentation(segments),
            str(arrays["model_key"]),
            fixed,
            None if trained_on is None else bool(_flags(trained_on, ())),
            str(arrays.get("key", "")),
            str(arrays.get("model", "")),
            tuple(map(str, arrays.get("class_names", ()))),
            str(arrays.get("video", "")),
            str(arrays.get("poses", "")),
            None if unlike is None else bool(_flags(unlike, ())),
        )
    except (KeyError, TypeError, ValueError, EditError) as error:
        raise FormatError("{} is damaged; pre-label this video again.", path) from error


def _flags(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if array.dtype != bool or array.shape != shape:
        raise ValueError("no flags of this shape")
    return array


@dataclass(frozen=True, eq=False)
class PredictionCurves:
    """Probabilities (T, C) summed along the frames, for drawing at any zoom.

    Parameters
    ----------
    channels : ndarray of int64, shape (R,)
        Drawn channels: above `MATTERS` somewhere, or all of a few.
    sums : ndarray of uint32, shape (R, T + 1)
        Cumulative probabilities in 255ths: the mean of any range is one difference.
    uncertainty : ndarray of float32, shape (T,)
        1 - probability of the best class.
    """

    channels: np.ndarray
    sums: np.ndarray
    uncertainty: np.ndarray

    @classmethod
    def of(cls, probabilities: np.ndarray) -> PredictionCurves:
        """Compute the curves of probabilities (T, C); 0.1 s for 100,000 x 30."""
        values = np.nan_to_num(np.asarray(probabilities, np.float32))
        most = values.max(axis=0, initial=0.0)
        everything = values.shape[1] <= FEW
        channels = np.flatnonzero((most > MATTERS) | everything)
        sums = np.zeros((len(channels), len(values) + 1), np.uint32)
        for row, channel in enumerate(channels.tolist()):
            whole = np.clip(values[:, channel] * _LEVELS + 0.5, 0, _LEVELS)
            np.cumsum(whole.astype(np.uint8), out=sums[row, 1:], dtype=np.uint32)
        best = values.max(axis=1, initial=0.0)
        return cls(channels, sums, np.clip(1 - best, 0, 1))

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return int(self.sums.shape[1]) - 1

    def means(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Compute the mean probability per drawn channel over frames ``[low, high)``.

        Parameters
        ----------
        low, high : ndarray of int, shape (W,)
            Within 0..T, each range at least one frame.

        Returns
        -------
        ndarray of uint8, shape (R, W)
            In 255ths.
        """
        low, high = np.asarray(low), np.asarray(high)
        if (low[1:] == high[:-1]).all():
            at = np.take(self.sums, np.append(low[:1], high), axis=1)
            total = at[:, 1:] - at[:, :-1]
        else:
            total = np.take(self.sums, high, axis=1) - np.take(self.sums, low, axis=1)
        # Integer division takes several times as long.
        share = np.float32(1) / (high - low).astype(np.float32)
        return np.asarray((total * share + np.float32(1e-3)).astype(np.uint8))
