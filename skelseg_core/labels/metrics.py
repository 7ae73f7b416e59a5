"""Metrics of action segmentation: frame accuracy, edit score, F1@k.

Labels are framewise integers (T,); a segment is a run of equal labels. -1 is
unlabelled. No metric judges frames without a true label: accuracy skips them, and a
prediction counts as unlabelled there. An unlabelled *prediction* is wrong in accuracy
and not a segment. Background classes are left out of edit and F1 only.

-2 in the truth is `ABSENT`: the person is not in the picture, so only an unlabelled
prediction is right. Accuracy counts such frames like others. In edit and F1 they are
not a true segment: a predicted segment there is one too many, one that reaches into
them overlaps its true one less.

Published evaluations differ in details; a `Convention` names each. Where they fail (an
exception or NaN if there is only background), we return values: a prediction without
any true segment is a false positive, and the edit score of nothing against nothing is
100. F1 without any segment on both sides is 0, as published.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.labels.segmentation import ABSENT, UNLABELLED

OVERLAPS = (0.10, 0.25, 0.50)
SCORES = ("accuracy", "edit", "f1@10", "f1@25", "f1@50")
"""Keys of the scores that `evaluate` returns."""
Pair = tuple[np.ndarray, np.ndarray]
"""Truth and prediction of one video, int (T,) each."""


@dataclass(frozen=True)
class Convention:
    """Rules by which an evaluation counts segments and averages over videos.

    Parameters
    ----------
    short_last : bool
        The last segment stops one frame early, as in the code of MS-TCN++, ASRF and
        ASFormer: a segment of one frame then has no length and never matches.
    pooled : bool
        F1 and accuracy over the sums of all videos; otherwise means of videos.
    """

    name: str
    short_last: bool = False
    pooled: bool = True


CONVENTIONS = {
    c.name: c
    for c in (
        Convention("half-open"),
        Convention("ms-tcn++", short_last=True),
        Convention("ms-gcn"),
        Convention("tcn", pooled=False),
    )
}
"""``half-open`` (default) equals MS-TCN and MS-GCN; ``tcn`` is Lea et al.'s."""


def convention(name: str) -> Convention:
    """Return the convention called ``name``."""
    if name not in CONVENTIONS:
        raise ConfigError(
            "There is no convention '{}'; choose one of {}.",
            name,
            ", ".join(CONVENTIONS),
        )
    return CONVENTIONS[name]


@dataclass(frozen=True)
class LabelRuns:
    """Segments of framewise labels: labels, starts and exclusive stops, int (S,)."""

    labels: np.ndarray
    starts: np.ndarray
    stops: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def only(self, keep: np.ndarray) -> LabelRuns:
        """Keep the segments where ``keep``, bool (S,), is set."""
        return LabelRuns(self.labels[keep], self.starts[keep], self.stops[keep])


def runs(
    labels: np.ndarray, background: Sequence[int] = (), short_last: bool = False
) -> LabelRuns:
    """Find the segments of framewise labels, without background and unlabelled ones.

    Parameters
    ----------
    labels : ndarray of int, shape (T,)
        Framewise labels; -1 is unlabelled, -2 absent.
    background : sequence of int
        Labels whose segments are left out; their neighbours stay divided.
    """
    values = np.asarray(labels, np.int64)
    if not len(values):
        return LabelRuns(values, values, values)
    cuts = np.flatnonzero(np.diff(values)) + 1
    starts = np.concatenate([[0], cuts])
    stops = np.concatenate([cuts, [len(values)]])
    if short_last:
        stops[-1] -= 1
    found = LabelRuns(values[starts], starts, stops)
    return found.only(~np.isin(found.labels, [UNLABELLED, ABSENT, *background]))


def judged(truth: np.ndarray, pred: np.ndarray) -> Pair:
    """Return both as arrays; the prediction is unlabelled where the truth is."""
    truth, pred = np.asarray(truth), np.asarray(pred)
    unknown = np.flatnonzero(truth == UNLABELLED)
    unknown = unknown[unknown < len(pred)]
    if len(unknown):
        pred = pred.copy()
        pred[unknown] = UNLABELLED
    return truth, pred


def _hits(truth: np.ndarray, pred: np.ndarray) -> tuple[int, int]:
    """Count correct frames, and all labelled frames."""
    truth, pred = np.asarray(truth), np.asarray(pred)
    if truth.shape != pred.shape:
        raise FormatError(
            "The prediction has {} frames and the truth {}; score labels of the same "
            "video.",
            len(pred),
            len(truth),
        )
    known = truth != UNLABELLED
    right = (truth == pred) | ((truth == ABSENT) & (pred == UNLABELLED))
    return int(right[known].sum()), int(known.sum())


def frame_accuracy(truth: np.ndarray, pred: np.ndarray) -> float:
    """Compute the share of labelled frames (T,) predicted correctly, in percent.

    Raises
    ------
    FormatError
        If the two differ in length, or no frame of the truth is labelled.
    """
    hits, n_frames = _hits(truth, pred)
    if not n_frames:
        raise FormatError("The truth has no labelled frame, so nothing can be scored.")
    return 100.0 * hits / n_frames


def edit_score(
    truth: np.ndarray, pred: np.ndarray, background: Sequence[int] = ()
) -> float:
    """Compute 100 x (1 - edit distance of the segments' labels / the longer count).

    Nothing against nothing is 100 (published code divides by 0).
    """
    truth, pred = judged(truth, pred)
    a, b = runs(pred, background).labels, runs(truth, background).labels
    longer = max(len(a), len(b))
    return (1 - edit_distance(a, b) / longer) * 100 if longer else 100.0


def edit_distance(a: np.ndarray, b: np.ndarray) -> int:
    """Count the fewest insertions, deletions, substitutions from ``a`` to ``b``."""
    columns = np.arange(len(b) + 1)
    row = columns.copy()
    for label in a:
        best = row + 1
        best[1:] = np.minimum(best[1:], row[:-1] + (b != label))
        # Insertions run along the row: minimum of best[i] + (j - i) for i <= j.
        row = np.minimum.accumulate(best - columns) + columns
    return int(row[-1])


@dataclass(frozen=True)
class Counts:
    """Segments found (tp), invented (fp) and missed (fn); they add up over videos."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def f1(self) -> float:
        """F1 in percent; 0 if there is nothing to count."""
        total = 2 * self.tp + self.fp + self.fn
        return 200.0 * self.tp / total if total else 0.0


def f1_counts(
    truth: np.ndarray,
    pred: np.ndarray,
    k: float,
    background: Sequence[int] = (),
    convention_name: str = "half-open",
) -> Counts:
    """Count segments that overlap a true one of the same label by at least ``k``.

    In order of time, each predicted segment is compared with the true one it overlaps
    best (intersection over union); if that one is taken, it is a false positive.

    Parameters
    ----------
    truth, pred : ndarray of int, shape (T,)
        Framewise labels.
    k : float
        Least overlap, greater than 0 and at most 1: 0.1, 0.25, 0.5.
    background : sequence of int
        Labels left out.
    convention_name : str
        A key of `CONVENTIONS`.
    """
    short = convention(convention_name).short_last
    truth, pred = judged(truth, pred)
    true, found = runs(truth, background, short), runs(pred, background, short)
    return _match(true, found, k)


def _match(true: LabelRuns, found: LabelRuns, k: float) -> Counts:
    used = np.zeros(len(true), bool)
    if not len(true):
        return Counts(0, len(found), 0)
    for label, start, stop in zip(found.labels, found.starts, found.stops, strict=True):
        overlap = np.minimum(stop, true.stops) - np.maximum(start, true.starts)
        hull = np.maximum(stop, true.stops) - np.minimum(start, true.starts)
        # A segment without length (see short_last) gives 0 / 0, which matches nothing.
        with np.errstate(invalid="ignore"):
            iou = overlap / hull * (true.labels == label)
        best = int(iou.argmax())
        if iou[best] >= k:
            used[best] = True
    tp = int(used.sum())
    return Counts(tp, len(found) - tp, len(true) - tp)


def evaluate(
    pairs: Iterable[Pair],
    background: Sequence[int] = (),
    convention_name: str = "half-open",
) -> dict[str, float]:
    """Compute the scores over videos in percent, as the field reports them.

    F1 from counts summed over videos, accuracy over all frames, edit the mean of
    videos (``tcn``: all three are means of videos). A video whose truth has no
    labelled frame is left out.

    Parameters
    ----------
    pairs : iterable of (truth, prediction)
        Framewise labels, int (T,) each, of equal length within a pair.
    background : sequence of int
        Labels left out of edit and F1.
    convention_name : str
        A key of `CONVENTIONS`.

    Returns
    -------
    dict
        ``accuracy``, ``edit``, ``f1@10``, ``f1@25``, ``f1@50``.

    Raises
    ------
    FormatError
        If a pair differs in length or no frame of any truth is labelled.
    """
    rule = convention(convention_name)
    used = [(t, p) for t, p in pairs if _hits(t, p)[1]]
    if not used:
        raise FormatError("The truth has no labelled frame, so nothing can be scored.")
    edits = [edit_score(t, p, background) for t, p in used]
    hits = np.array([_hits(t, p) for t, p in used])
    shares = hits.sum(0, keepdims=True) if rule.pooled else hits
    scores = {
        "accuracy": float(np.mean(100.0 * shares[:, 0] / shares[:, 1])),
        "edit": float(np.mean(edits)),
    }
    for k in OVERLAPS:
        counts = [f1_counts(t, p, k, background, convention_name) for t, p in used]
        f1s = [sum(counts, Counts()).f1] if rule.pooled else [c.f1 for c in counts]
        scores[f"f1@{round(100 * k)}"] = float(np.mean(f1s))
    return scores
