"""Prelabelled: which labels began as what a model said, and what a person saw of them.

Labels that a person agreed with are a person's word, and no stranger's truth: people
agree with what is plausible, so a model is judged too well by them. Places that a
person changed among copied labels are no truth either: each is an error of the model,
and what the model had right there nobody confirmed. Only where a person went through
one segment after the other do labels tell how often it errs.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np

from skelseg_core.labels.segmentation import UNLABELLED, Segmentation

STRETCH = 10
"""Fewest segments, one after the other, that show right and wrong as they occur."""


def began_as_prelabels(lane: Segmentation) -> np.ndarray:
    """Find the frames that a person agreed with, bool (T,), of whatever model.

    What a person corrected is not among them. A figure of the rest of such a video
    would be one of the model's errors alone: who scores takes the video as a whole.
    """
    return lane.frames_where(lambda run: run.source == "model" and run.class_reviewed)


def gone_through(lane: Segmentation) -> np.ndarray:
    """Find the frames by whose labels a model can be judged, bool (T,).

    All, where no copied label is left that nobody reviewed. Beside such labels only
    stretches of `STRETCH` segments without any.
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
    """Find the frames ``[start, stop)`` to review, so that a model can be judged there.

    They begin at the first copied label that nobody reviewed, wherever the model errs,
    and have as many labelled segments as are needed.
    """
    first = lane.index_at(int(lane.accepted.argmax()))
    labelled = [s for s in lane.segments[first:] if s.class_id is not None]
    return labelled[0].start, labelled[:STRETCH][-1].stop


def judged_labels(lane: Segmentation) -> np.ndarray:
    """Return the framewise class ids (T,) by which a model can be judged, or -1."""
    kept = gone_through(lane) & ~lane.accepted
    return np.where(kept, lane.to_frames(), UNLABELLED)


def learnt_labels(lane: Segmentation) -> Segmentation:
    """Return the labels that a model learns from; other frames become unlabelled.

    Copied ones that nobody reviewed are among them up to `STRETCH` segments from a
    class or a boundary that a person gave or agreed with: who changed something went
    through what is around it. The changed places alone would teach the exceptions
    without the rule, and what nobody looked at the errors of the model it came from
    (docs/results/mended.md).
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
