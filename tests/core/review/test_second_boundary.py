"""The second boundary: the next best frame by the probabilities, elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import move_boundary
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.item_edits import second_boundary

LANE = Segmentation.from_frames(np.repeat([7, 8, 9], 20), "model")


def evidence() -> Evidence:
    """Sure of the lane, but that 8 may go on to frame 46, or less likely from 16 on."""
    labels = np.repeat([0, 1, 2], 20)
    values = np.full((60, 3), 0.01)
    values[np.arange(60), labels] = 0.98
    values[40:46] = [0.02, 0.48, 0.50]
    values[16:20] = [0.60, 0.38, 0.02]
    return Evidence(values.astype(np.float32), np.array([7, 8, 9]), 10.0)


def test_it_is_the_next_best_and_from_there_the_way_back():
    second = second_boundary(LANE, 1, evidence())
    assert second == 43  # the nearest that is not beside the boundary: all are alike
    moved = move_boundary(LANE, 1, 46)
    assert second_boundary(moved, 1, evidence()) == 40


def test_it_keeps_within_its_neighbours():
    short = Segmentation.from_frames(np.repeat([7, 8, 9, 7], [20, 20, 3, 17]), "model")
    assert second_boundary(short, 1, evidence()) == 37
    tight = Segmentation.from_frames(np.array([7, 8, 9]), "model")
    values = evidence().probabilities[[0, 20, 40]]
    assert second_boundary(tight, 0, Evidence(values, np.array([7, 8, 9]), 10)) is None


def test_classes_the_model_does_not_know():
    unknown = Segmentation.from_frames(np.repeat([1, 2, 9], 20), "import")
    assert second_boundary(unknown, 0, evidence()) is None
    with pytest.raises(EditError, match="no boundary"):
        second_boundary(LANE, 2, evidence())
