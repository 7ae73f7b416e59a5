"""Ratings that are drawn alike here and where another program judges them."""

from __future__ import annotations

import numpy as np

TWO = ((20, 2), (50, 3), (200, 5), (1000, 8))
"""Items and classes of the ratings of two."""
SEVERAL = ((20, 2, 3), (50, 3, 3), (200, 5, 4), (1000, 8, 6))
"""Items, classes and raters."""


def drawn(n_items: int, n_classes: int, n_raters: int = 2) -> np.ndarray:
    """Draw ratings (R, N) that agree in part; this generator is frozen for good."""
    random = np.random.RandomState(n_items)
    truth = random.randint(0, n_classes, n_items)
    right = random.rand(n_raters, n_items) < 0.7
    return np.where(right, truth, random.randint(0, n_classes, (n_raters, n_items)))
