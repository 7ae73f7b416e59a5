"""Find labels that a model made, and which of them a person reviewed.

Labels that a person merely confirmed are biased towards the model: people agree with
anything plausible, so such labels make it look too good. Places that a person changed
among copied labels are biased the other way: each is an error of the model, and its
right labels there were never confirmed. Only a person who goes through segments one
after the other reveals the error rate.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np

from skelseg_core.labels.segmentation import UNLABELLED, Segmentation

STRETCH = 10
"""Fewest consecutive segments that show a model's right and wrong labels in proportion.
"""


def began_as_prelabels(lane: Segmentation) -> np.ndarray:
    """Find the frames whose pre-label a person confirmed, bool (T,), from any model.

    Frames that a person corrected are not included. Scoring only the rest of such a
    video would count only the model's errors, so score the whole video.
    """
    return lane.frames_where(lambda run: run.source == "model" and run.class_reviewed)


def gone_through(lane: Segmentation) -> np.ndarray:
    """Find the frames whose labels can judge a model, bool (T,).

    These are all frames if no unreviewed copy is left, otherwise stretches of `STRETCH`
    segments without any.
    """
    if not lane.accepted.any():
        return np.ones(lane.n_frames, bool)
    found = np.zeros(lane.n_frames, bool)
    for unseen, group in groupby(lane.segments, key=lambda segment: segment.accepted):
        stretch = list(group)
        n_labelled = sum(segment.class_id is not None for segment in stretch)
        if not unseen and n_labelled >= STRETCH:
            found[stretch[0].start : stretch[-1].stop] = True
    return found


def to_go_through(lane: Segmentation) -> tuple[int, int]:
    """Find the frames ``[start, stop)`` to review so that a model can be judged there.

    They begin at the first unreviewed copy, wherever the model errs, and hold as many
    labelled segments as are needed.
    """
    first = lane.index_at(int(lane.accepted.argmax()))
    labelled = [s for s in lane.segments[first:] if s.class_id is not None]
    return labelled[0].start, labelled[:STRETCH][-1].stop


def judged_labels(lane: Segmentation) -> np.ndarray:
    """Return the framewise class ids (T,) by which a model can be judged, or -1."""
    kept = gone_through(lane) & ~lane.accepted
    return np.where(kept, lane.to_frames(), UNLABELLED)


def learnt_labels(lane: Segmentation) -> Segmentation:
    """Return the labels to train a model on; other frames become unlabelled.

    Unreviewed copies are included up to `STRETCH` segments from a class or boundary
    that a person set or confirmed: a person who changed a place also looked around it.
    The changed places alone would show the exceptions without the rule; copies further
    away would repeat the errors of the old model (docs/results/mended.md).
    """
    segments = lane.segments
    seen = [
        (not s.unlabelled and any(not run.accepted for run in s.runs))
        or (s.start > 0 and s.start_reviewed)
        for s in segments
    ]
    around = np.convolve(seen, np.ones(2 * STRETCH + 1))[STRETCH:] > 0
    return Segmentation(
        tuple(
            replace(s, class_id=None) if s.accepted and not near else s
            for s, near in zip(segments, around, strict=False)
        )
    )
