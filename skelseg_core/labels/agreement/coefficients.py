"""Coefficients of agreement, from counts that add up over videos.

Each function takes counts with any number of axes before the last ones and returns one
value for each: so a bootstrap computes all its draws at once. NaN is "not defined":
nothing was counted, or chance alone would agree everywhere (one class only).
"""

from __future__ import annotations

import numpy as np


def cohen_kappa(table: np.ndarray) -> np.ndarray:
    """Compute Cohen's kappa of contingency tables (..., C, C)."""
    table = np.asarray(table, float)
    n = table.sum((-1, -2))
    chance = _ratio((table.sum(-1) * table.sum(-2)).sum(-1), n**2)
    return _above_chance(_ratio(_trace(table), n), chance)


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


def _above_chance(observed: np.ndarray, chance: np.ndarray) -> np.ndarray:
    return _ratio(observed - chance, 1 - chance)


def _trace(table: np.ndarray) -> np.ndarray:
    return np.asarray(np.trace(table, axis1=-2, axis2=-1))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    below = np.asarray(below, float)
    something = np.abs(below) > 1e-12
    return np.where(something, above / np.where(something, below, 1), float("nan"))
