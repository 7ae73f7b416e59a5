from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import FormatError
from skelseg_core.labels.prediction import (
    Prediction,
    load_prediction,
    save_prediction,
    with_sources,
)
from skelseg_core.labels.segmentation import Segmentation

N = 60


def test_prediction_round_trip(tmp_path: Path) -> None:
    labels = np.repeat([0, 2, 1], 20)
    segmentation = Segmentation.from_frames(labels, "model", np.full(N, 0.5))
    probabilities = np.eye(3, dtype=np.float32)[labels]
    path = tmp_path / "p.npz"
    fixed = labels == 2
    save_prediction(
        path, Prediction(probabilities, np.arange(3), segmentation, "k", fixed, False)
    )
    loaded = load_prediction(path)
    np.testing.assert_array_equal(loaded.fixed, fixed)
    assert loaded.trained_on is False
    assert loaded.segmentation == segmentation
    assert loaded.model_key == "k"
    np.testing.assert_array_equal(loaded.probabilities, probabilities)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FormatError, match=r"p\.npz"):
        load_prediction(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("probabilities", np.zeros(N)),
        ("probabilities", np.zeros((N, 2))),
        ("class_ids", np.array(3)),
        ("starts", np.array(0)),
        ("starts", np.array([0, 50, 40])),
        ("labels", np.array(["a", "b", "c"])),
        ("confidence", np.zeros(2)),
        ("fixed", np.zeros(N - 1, bool)),
        ("fixed", np.zeros(N)),
        ("trained_on", np.zeros(2, bool)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, value: np.ndarray
) -> None:
    labels = np.repeat([0, 2, 1], 20)
    segmentation = Segmentation.from_frames(labels, "model", np.full(N, 0.5))
    path = tmp_path / "p.npz"
    save_prediction(path, Prediction(np.eye(3)[labels], np.arange(3), segmentation))
    save_npz(path, {**load_npz(path), name: value})
    with pytest.raises(FormatError, match="pre-label this video again"):
        load_prediction(path)


def test_each_segment_is_said_by_one() -> None:
    labels = np.repeat([0, 2, 1], 20)
    segmentation = Segmentation.from_frames(labels, "model", np.full(N, 0.5))
    fixed = np.zeros(N, bool)
    fixed[[*range(5, 10), *range(20, 40), 59]] = True
    found = with_sources(segmentation, fixed)
    assert [(s.start, s.stop, s.source) for s in found.runs] == [
        (0, 5, "model"),
        (5, 10, "human"),
        (10, 20, "model"),
        (20, 40, "human"),
        (40, 59, "model"),
        (59, 60, "human"),
    ]
    np.testing.assert_array_equal(found.to_frames(), labels)
    assert found.boundaries.tolist() == segmentation.boundaries.tolist()
    assert all(s.class_reviewed == (s.source == "human") for s in found.runs)
    assert not any(s.reviewed for s in found.segments), "nobody knows about the ends"
    assert with_sources(segmentation, np.zeros(N, bool)) == segmentation
