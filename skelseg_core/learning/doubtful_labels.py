"""Doubtful labels: stretches that a model which has not seen them contradicts.

Confident learning: a frame is in doubt where another class is surer than that class
usually is of its own frames. What is longer than half a second within one label is
worth a look, the clearest first; nothing is changed by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta

LEAST_S = 0.5
"""Seconds below which a disagreement is no doubt."""
MOST = 100
"""Doubts that are kept of one model."""

Judged = tuple[str, float, np.ndarray, np.ndarray]
"""Video, frames per second, labels (T,), probabilities (T, C)."""


@dataclass(frozen=True)
class Doubt:
    """Frames ``[start, stop)`` of a video whose label may be wrong.

    Parameters
    ----------
    video : str
    start, stop : int
    label, suggested : int
        What a person said, and what the model says: columns of the network, or class
        ids where they stand in a model's description.
    probability : float
        Mean of the suggested class, 0..1.
    """

    video: str
    start: Annotated[int, Meta(ge=0)]
    stop: int
    label: int
    suggested: int
    probability: Annotated[float, Meta(ge=0, le=1)]

    def __post_init__(self) -> None:
        """Refuse no frames."""
        if self.start >= self.stop:
            raise ValueError("must stop after its start")


def find_doubts(judged: Sequence[Judged]) -> tuple[Doubt, ...]:
    """Find labels that the probabilities of unseen frames contradict.

    Parameters
    ----------
    judged : sequence of Judged
        The probabilities are those of models that have not seen the labels.

    Returns
    -------
    tuple of Doubt
        At most `MOST`, by how much and how long they are contradicted; ``label`` and
        ``suggested`` are columns.
    """
    usual = _usual(judged)
    found: list[tuple[float, Doubt]] = []
    for video, rate, labels, values in judged:
        said = values.argmax(axis=1)
        rows = np.arange(len(labels))
        sure = values[rows, said]
        doubtful = (labels >= 0) & (said != labels) & (sure > usual[said] - 1e-6)
        # One number per pair of label and suggestion; -1 where there is no doubt.
        pair = np.where(doubtful, labels * values.shape[1] + said, -1)
        cuts = (np.flatnonzero(np.diff(pair)) + 1).tolist()
        least = max(3, math.ceil(LEAST_S * rate))
        for a, b in zip([0, *cuts], [*cuts, len(pair)], strict=True):
            if pair[a] < 0 or b - a < least:
                continue
            label, other = int(labels[a]), int(said[a])
            gain = float((values[a:b, other] - values[a:b, label]).mean())
            mean = round(float(sure[a:b].mean()), 3)
            doubt = Doubt(video, a, b, label, other, mean)
            found.append((gain * (b - a) / rate, doubt))
    found.sort(key=lambda pair: (-pair[0], pair[1].video, pair[1].start))
    return tuple(doubt for _, doubt in found[:MOST])


def _usual(judged: Sequence[Judged]) -> np.ndarray:
    """Compute how sure each class is of the frames that bear its label, (C,)."""
    labels = np.concatenate([j[2] for j in judged])
    values = np.concatenate([j[3] for j in judged])
    n = values.shape[1]
    usual = np.ones(n)
    for c in np.unique(labels[labels >= 0]):
        usual[c] = values[labels == c, c].mean()
    return usual
