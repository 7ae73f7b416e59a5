"""Queue model: how likely something is wrong, learnt on what was found wrong.

For each kind of error there is a logistic regression on a few cues. Its weights start
from defaults, follow the corrections of the project, and then those in the video that
is looked at: each step pulls away from the one before only as far as what was found
speaks for it. How often a segment is missing is a matter of style, so the pair of
classes on either side has an offset of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from skelseg_core.review.boundary_cues import BoundaryCues
from skelseg_core.review.findings import Findings
from skelseg_core.review.segment_cues import SegmentCues

Pair = tuple[int, int]
"""Ids of the classes before and after a boundary."""

DEFAULT: Mapping[str, tuple[float, ...]] = {
    "missing": (0.2, 1.0, 1.3),
    "moved": (-1.0, 0.8, 1.0),
    "within": (-0.5, 1.5, 1.5, 1.0),
    "extra": (-0.5, 1.8, -1.0),
    "other": (-4.6, 1.0),
}
"""Weights of the cues of `rows_of` before anything was learnt, by kind of error.

Rounded from what was fitted to the corrections of UW-IOM; a wrong class is nearly
impossible to foresee there, and its second weight is a guess for other recordings.
"""

PROJECT_BASE, PROJECT_WEIGHT, PROJECT_PAIR = 4.5, 1.0, 0.7
"""By how much base rate, weights and pairs of classes are expected to differ from the
defaults in a project, as standard deviations."""
VIDEO_BASE, VIDEO_WEIGHT, VIDEO_PAIR = 1.2, 0.2, 0.7
"""The same of one video, compared with the project."""


@dataclass(frozen=True, eq=False)
class CueRows:
    """Cues as rows of a regression, by kind of error; the first column is 1.

    Parameters
    ----------
    rows : Mapping of str to ndarray of float, shape (n, F)
        Of the boundaries for "missing" and "moved", else of the segments.
    pairs : tuple of Pair
        Classes on both sides of each boundary.
    """

    rows: Mapping[str, np.ndarray]
    pairs: tuple[Pair, ...]


def rows_of(
    boundaries: BoundaryCues, segments: SegmentCues, class_ids: np.ndarray
) -> CueRows:
    """Standardise the cues of a lane: each column is of the order of one."""
    ids = np.append(class_ids, -1)

    def table(*columns: np.ndarray) -> np.ndarray:
        return np.stack([np.ones(len(columns[0])), *columns], axis=1)

    def nats(values: np.ndarray, least: float, most: float) -> np.ndarray:
        return np.asarray(np.clip(values, least, most))

    rows = {
        "missing": table(
            nats(boundaries.gain, -30, 10) / 5, nats(boundaries.style, -8, 6) / 2
        ),
        "moved": table(np.log(boundaries.elsewhere + 0.01), boundaries.doubt * 5 - 1),
        "within": table(
            nats(segments.gain, -30, 10) / 5,
            nats(segments.style, -8, 6) / 2,
            np.clip(np.log(segments.length), -2, 2),
        ),
        "extra": table(nats(segments.removal, -30, 10) / 10, segments.own * 4 - 3),
        "other": table(segments.other * 4),
    }
    before, after = ids[boundaries.before].tolist(), ids[boundaries.after].tolist()
    return CueRows(rows, tuple(zip(before, after, strict=True)))


@dataclass(frozen=True, eq=False)
class QueueModel:
    """Weights of the cues, by kind of error.

    Parameters
    ----------
    weights : Mapping of str to ndarray of float, shape (F,)
    pairs : Mapping of Pair to float
        Log odds added to a missing segment between these two classes.
    differs : float
        Standard deviation by which the log odds of a video differ from these.
    borne_out : bool
        Whether the numbers of errors that follow were right in videos of the project.
    """

    weights: Mapping[str, np.ndarray] = field(
        default_factory=lambda: {k: np.array(w) for k, w in DEFAULT.items()}
    )
    pairs: Mapping[Pair, float] = field(default_factory=dict)
    differs: float = VIDEO_BASE
    borne_out: bool = False

    def probabilities(self, cues: CueRows) -> dict[str, np.ndarray]:
        """Compute how likely there is an error of each kind, by kind, (n,)."""
        odds = {kind: cues.rows[kind] @ w for kind, w in self.weights.items()}
        odds["missing"] = odds["missing"] + self._offsets(cues.pairs)
        return {kind: logistic(values) for kind, values in odds.items()}

    def learnt(self, found: Sequence[tuple[CueRows, Findings]]) -> QueueModel:
        """Learn of the corrections in the videos of a project."""
        return self._fitted(found, PROJECT_BASE, PROJECT_WEIGHT, PROJECT_PAIR)

    def updated(self, cues: CueRows, found: Findings) -> QueueModel:
        """Learn of what was found so far in the video that is looked at."""
        model = self._fitted([(cues, found)], self.differs, VIDEO_WEIGHT, VIDEO_PAIR)
        likely = model.probabilities(cues)
        told = sum(float((p * (1 - p))[found.seen(k)].sum()) for k, p in likely.items())
        # What was looked at tells how this video differs, as far as it could go either
        # way.
        return replace(model, differs=(self.differs**-2 + told) ** -0.5)

    def _offsets(self, pairs: Sequence[Pair]) -> np.ndarray:
        return np.array([self.pairs.get(pair, 0.0) for pair in pairs])

    def _fitted(
        self,
        found: Sequence[tuple[CueRows, Findings]],
        base: float,
        weight: float,
        pair: float,
    ) -> QueueModel:
        weights, offsets = dict(self.weights), dict(self.pairs)
        for kind, prior in self.weights.items():
            rows = np.concatenate([c.rows[kind][f.seen(kind)] for c, f in found])
            wrong = np.concatenate([f.wrong(kind)[f.seen(kind)] for _, f in found])
            if not len(rows):
                continue
            spread = np.full(len(prior), weight)
            spread[0] = base
            fit = _Fit(rows, wrong.astype(float), prior, spread)
            if kind != "missing":
                weights[kind] = fit.weights()
                continue
            seen = [
                p
                for c, f in found
                for p, s in zip(c.pairs, f.boundary_seen.tolist(), strict=True)
                if s
            ]
            known = list(dict.fromkeys(seen))
            group = np.array([known.index(p) for p in seen])
            weights[kind], own = fit.with_groups(group, self._offsets(known), pair)
            offsets.update(zip(known, own.tolist(), strict=True))
        return replace(self, weights=weights, pairs=offsets)


def logistic(values: np.ndarray) -> np.ndarray:
    """Turn log odds into probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


@dataclass(frozen=True, eq=False)
class _Fit:
    """A logistic regression that stays near what was expected (Newton's method)."""

    rows: np.ndarray  # (n, F)
    wrong: np.ndarray  # (n,), 0 or 1
    prior: np.ndarray  # (F,)
    spread: np.ndarray  # (F,), standard deviations about the prior

    def weights(self) -> np.ndarray:
        """Find the weights (F,)."""
        nothing = np.zeros(0)
        return self._solved(np.zeros(len(self.rows), np.int64), nothing, 1.0)[0]

    def with_groups(
        self, group: np.ndarray, prior: np.ndarray, spread: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the weights (F,) and an offset for each group of rows (G,).

        Parameters
        ----------
        group : ndarray of int, shape (n,)
        prior : ndarray of float, shape (G,)
        spread : float
            Standard deviation about the prior.
        """
        return self._solved(group, prior, spread)

    def _solved(
        self, group: np.ndarray, prior: np.ndarray, spread: float
    ) -> tuple[np.ndarray, np.ndarray]:
        weights, offsets = self.prior.astype(float), prior.astype(float)
        # Which group each row is of, (n, G); without groups it has no column.
        member = (group[:, None] == np.arange(len(prior))).astype(float)
        for _ in range(30):
            p = logistic(self.rows @ weights + member @ offsets)
            steep, over = p * (1 - p), p - self.wrong
            slope = self.rows.T @ over + (weights - self.prior) / self.spread**2
            bend = (self.rows * steep[:, None]).T @ self.rows
            bend += np.diag(self.spread**-2)
            # Offsets touch no rows of one another: they are solved for one by one.
            cross = (member * steep[:, None]).T @ self.rows
            group_slope = member.T @ over + (offsets - prior) / spread**2
            group_bend = member.T @ steep + spread**-2
            share = cross.T / group_bend
            step = np.linalg.solve(bend - share @ cross, slope - share @ group_slope)
            step_own = (group_slope - cross @ step) / np.where(
                group_bend, group_bend, 1
            )
            largest = max(np.abs(step).max(), np.abs(step_own).max(initial=0.0))
            # Far from the end a full step may overshoot.
            size = min(1.0, 2.0 / largest) if largest else 1.0
            weights -= size * step
            offsets -= size * step_own
            if largest < 1e-4:
                break
        return weights, offsets
