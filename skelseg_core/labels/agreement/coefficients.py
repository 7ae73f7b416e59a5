"""Coefficients of agreement, from counts that add up over videos.

Each function takes counts with any number of axes before the last ones and returns one
value for each: a bootstrap computes all its draws at once. NaN is "not defined":
nothing was counted, or chance alone would agree everywhere (one class only).
"""

from __future__ import annotations

import numpy as np

MOST_FITS = 1000
"""Most rounds of the proportional fitting; it is near its end after ten or so."""
_CLOSE = 1e-10
"""Share of a row or column total that a fitted table may be off by."""


def raw_agreement(table: np.ndarray) -> np.ndarray:
    """Compute the share on the diagonal of contingency tables (..., C, C), 0..1."""
    table = np.asarray(table, float)
    return _ratio(_trace(table), table.sum((-1, -2)))


def cohen_kappa(table: np.ndarray) -> np.ndarray:
    """Compute Cohen's kappa of contingency tables (..., C, C)."""
    table = np.asarray(table, float)
    n = table.sum((-1, -2))
    chance = _ratio((table.sum(-1) * table.sum(-2)).sum(-1), n**2)
    return _above_chance(raw_agreement(table), chance)


def fleiss_kappa(sums: np.ndarray, n_raters: int) -> np.ndarray:
    """Compute Fleiss' kappa.

    Parameters
    ----------
    sums : ndarray, shape (..., 1 + C)
        Ordered pairs of raters that agree, summed over the items; then for each class
        the ratings that name it.
    n_raters : int
        Ratings of each item.
    """
    sums = np.asarray(sums, float)
    ratings = sums[..., 1:].sum(-1)
    observed = _ratio(sums[..., 0], ratings * (n_raters - 1))
    chance = _ratio((sums[..., 1:] ** 2).sum(-1), ratings**2)
    return _above_chance(observed, chance)


def pairwise_agreement(sums: np.ndarray, n_raters: int) -> np.ndarray:
    """Compute the share of pairs of raters that agree, 0..1; see `fleiss_kappa`."""
    sums = np.asarray(sums, float)
    return _ratio(sums[..., 0], sums[..., 1:].sum(-1) * (n_raters - 1))


def krippendorff_alpha(coincidences: np.ndarray) -> np.ndarray:
    """Compute Krippendorff's alpha for classes without an order (nominal).

    Parameters
    ----------
    coincidences : ndarray, shape (..., C, C)
        Matrices of coincidences: of a unit with m ratings, each ordered pair of them
        counts 1 / (m - 1).
    """
    table = np.asarray(coincidences, float)
    totals = table.sum(-1)
    n = totals.sum(-1)
    observed = n - _trace(table)
    expected = n**2 - (totals**2).sum(-1)
    return 1 - _ratio((n - 1) * observed, expected)


def matched_kappa(table: np.ndarray) -> np.ndarray:
    """Compute the kappa of matched segments by Holle and Rein, as ELAN does.

    Nobody counts what neither of two people marked: the last cell is empty by its
    nature. The table that chance would make has the totals of this one and that cell
    empty; it is found by proportional fitting.

    Parameters
    ----------
    table : ndarray, shape (..., C + 1, C + 1)
        Segments by both classes, matched ones counted twice; last is "no partner".
    """
    table = np.asarray(table, float)
    return _above_chance(raw_agreement(table), _chance_of_matched(table))


def greatest_matched_kappa(table: np.ndarray) -> np.ndarray:
    """Compute the greatest `matched_kappa` that the totals of the tables allow."""
    table = np.asarray(table, float)
    rows, columns = table.sum(-1), table.sum(-2)
    shared = np.minimum(rows, columns)[..., :-1].sum(-1)
    # Segments without a partner fill rows and columns of classes off the diagonal.
    matched = table[..., :-1, :-1].sum((-1, -2))
    best = _ratio(np.minimum(shared, matched), table.sum((-1, -2)))
    return _above_chance(best, _chance_of_matched(table))


def _chance_of_matched(table: np.ndarray) -> np.ndarray:
    return _ratio(_trace(_fitted(table)), table.sum((-1, -2)))


def _fitted(table: np.ndarray) -> np.ndarray:
    """Fit tables with an empty last cell to the totals of ``table``."""
    rows, columns = table.sum(-1), table.sum(-2)
    fitted = np.ones_like(table)
    fitted[..., -1, -1] = 0
    close = _CLOSE * max(1.0, float(table.sum((-1, -2)).max(initial=0)))
    for _ in range(MOST_FITS):
        fitted *= _ratio(rows, fitted.sum(-1), empty=0)[..., :, None]
        fitted *= _ratio(columns, fitted.sum(-2), empty=0)[..., None, :]
        if np.abs(fitted.sum(-1) - rows).max(initial=0) < close:
            break
    return fitted


def _above_chance(observed: np.ndarray, chance: np.ndarray) -> np.ndarray:
    return _ratio(observed - chance, 1 - chance)


def _trace(table: np.ndarray) -> np.ndarray:
    return np.asarray(np.trace(table, axis1=-2, axis2=-1))


def _ratio(
    above: np.ndarray, below: np.ndarray, empty: float = float("nan")
) -> np.ndarray:
    """Divide; ``empty`` where that would be by nothing."""
    below = np.asarray(below, float)
    something = np.abs(below) > 1e-12
    return np.where(something, above / np.where(something, below, 1), empty)
