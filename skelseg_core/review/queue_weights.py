"""Queue weights: how likely an error of each kind is, by a few cues.

For each kind there is a logistic regression, whose weights are the same in every
project: what people put right changes them so little that nothing is learnt of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skelseg_core.review.boundary_cues import BoundaryCues
from skelseg_core.review.segment_cues import SegmentCues

WEIGHTS: Mapping[str, tuple[float, ...]] = {
    "missing": (0.2, 1.0, 1.3),
    "moved": (-1.0, 0.8, 1.0),
    "within": (-0.5, 1.5, 1.5, 1.0),
    "extra": (-0.5, 1.8, -1.0),
    "other": (-4.6, 1.0),
}
"""Weights of the cues, by kind of error; the first is of no cue.

Rounded from what was fitted to the corrections of UW-IOM; a wrong class is nearly
impossible to foresee there, and its second weight is a guess for other recordings.
"""


def error_probabilities(
    boundaries: BoundaryCues, segments: SegmentCues
) -> dict[str, np.ndarray]:
    """Compute how likely there is an error of each kind, by kind.

    Returns
    -------
    dict of str to ndarray of float
        Of the S - 1 boundaries for "missing" and "moved", else of the S segments.
    """
    # Each cue is brought to the order of one.
    cues = {
        "missing": (
            np.clip(boundaries.gain, -30, 10) / 5,
            np.clip(boundaries.style, -8, 6) / 2,
        ),
        "moved": (np.log(boundaries.elsewhere + 0.01), boundaries.doubt * 5 - 1),
        "within": (
            np.clip(segments.gain, -30, 10) / 5,
            np.clip(segments.style, -8, 6) / 2,
            np.clip(np.log(segments.length), -2, 2),
        ),
        "extra": (np.clip(segments.removal, -30, 10) / 10, segments.own * 4 - 3),
        "other": (segments.other * 4,),
    }
    likely = {}
    for kind, (always, *weights) in WEIGHTS.items():
        odds = always + sum(w * c for w, c in zip(weights, cues[kind], strict=True))
        likely[kind] = np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
    return likely
