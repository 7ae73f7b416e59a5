from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.config import ModelConfig
from skelseg_core.errors import ModelError
from skelseg_core.learning.data import (
    Sample,
    check_samples,
    collate,
    fit_standardisation,
    labelled_parts,
    mean_and_spread,
)
from skelseg_core.learning.losses import IGNORED
from skelseg_core.learning.models import build_model
from tests.soak import examples


def sample(n_frames: int, name: str = "a", dim: int = 3, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    return Sample(
        name,
        {"heatmap": rng.normal(size=(n_frames, dim)).astype(np.float16)},
        rng.integers(-1, 4, n_frames),
    )


@given(st.lists(st.integers(1, 20), min_size=1, max_size=4))
def test_collate_pads_and_masks(lengths: list[int]) -> None:
    samples = [sample(n, seed=i) for i, n in enumerate(lengths)]
    batch = collate(samples)
    longest = max(lengths)
    assert batch.features["heatmap"].shape == (len(lengths), 3, longest)
    assert batch.features["heatmap"].dtype == torch.float32
    assert batch.mask.sum(dim=(1, 2)).tolist() == lengths
    for row, (one, n) in enumerate(zip(samples, lengths, strict=True)):
        found = batch.features["heatmap"][row]
        np.testing.assert_array_equal(found[:, :n].T, one.features["heatmap"])
        assert not found[:, n:].any()
        known = one.labels >= 0
        labels = batch.labels[row].numpy()
        np.testing.assert_array_equal(labels[:n][known], one.labels[known])
        assert (labels[:n][~known] == IGNORED).all()
        assert (labels[n:] == IGNORED).all()


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    good = np.zeros((4, 2), np.float32)
    labels = np.zeros(4, np.int64)
    bad = good.copy()
    bad[2, 1] = np.nan
    for features, text in [
        ({}, "v has no features"),
        ({"rgb": good[:3]}, "3 frames but labels of 4"),
        ({"rgb": good[0]}, "not \\(frames, dimensions\\)"),
        ({"rgb": bad}, "v, rgb: the feature of frame 2"),
    ]:
        with pytest.raises(ModelError, match=text):
            Sample("v", features, labels)
    with pytest.raises(ModelError, match="has no frames"):
        Sample("v", {"rgb": good[:0]}, labels[:0])
    # Large but finite values are not mistaken for damage.
    Sample("v", {"rgb": np.full((4, 2), 3e38, np.float32)}, labels)


def test_samples_of_one_training_must_agree() -> None:
    check_samples([sample(5), sample(7, "b")], ["heatmap"], 4)
    with pytest.raises(ModelError, match="b has heatmap features of dimension 4"):
        check_samples([sample(5), sample(7, "b", dim=4)], ["heatmap"], 4)
    with pytest.raises(ModelError, match="a has no rgb features"):
        check_samples([sample(5)], ["rgb"], 4)
    with pytest.raises(ModelError, match="class 3 of 3 classes"):
        check_samples([sample(50)], ["heatmap"], 3)


def test_spread_is_over_all_frames_and_never_tiny() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(5, [2, 1, 1e-6, 0], (n, 4)) for n in (30, 300)]
    mean, std = mean_and_spread(arrays)
    together = np.concatenate(arrays)
    np.testing.assert_allclose(mean, together.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(std[:2], together.std(axis=0)[:2], rtol=1e-6)
    assert (std[2:] > 0.01).all()
    assert mean_and_spread([np.ones((5, 2))])[1].tolist() == [1, 1]


def test_standardisation_is_part_of_the_model() -> None:
    samples = [sample(40, seed=i) for i in range(2)]
    config = ModelConfig(("heatmap",), 4, 2, 2, 0)
    model = build_model(config, {"heatmap": 3}, 4)
    fit_standardisation(model, samples)
    assert "inputs.heatmap.mean" in model.state_dict()
    with torch.no_grad():
        seen = model.inputs["heatmap"](collate(samples).features["heatmap"])
    np.testing.assert_allclose(seen.mean(dim=(0, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(dim=(0, 2), correction=0), 1, atol=1e-4)
    plain = ModelConfig(("heatmap",), 4, 2, 2, 0, standardise=False)
    unchanged = build_model(plain, {"heatmap": 3}, 4)
    fit_standardisation(unchanged, samples)
    assert not unchanged.inputs
    both = ModelConfig(("keypoints", "rgb"), 4, 2, 2, 0)
    dims = {"keypoints": 5, "rgb": 3}
    assert set(build_model(both, dims, 4).inputs) == {"rgb"}


def test_only_labelled_stretches_are_trained_on() -> None:
    whole = sample(200)
    labels = np.full(200, -1, np.int64)
    labels[10:60] = 0
    labels[70:90] = 1  # a short gap stays inside
    labels[150:180] = 1
    parts = labelled_parts(Sample("a", whole.features, labels))
    assert [len(p.labels) for p in parts] == [80, 30]
    for part, (start, stop) in zip(parts, [(10, 90), (150, 180)], strict=True):
        np.testing.assert_array_equal(part.labels, labels[start:stop])
        for modality, values in whole.features.items():
            np.testing.assert_array_equal(part.features[modality], values[start:stop])
    assert labelled_parts(Sample("a", whole.features, np.full(200, -1))) == []


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 45), st.booleans()), min_size=1, max_size=9),
    st.integers(0, 30),
    st.integers(0, 7),
)
def test_parts_begin_and_end_labelled_and_know_their_place(
    runs: list[tuple[int, bool]], max_gap: int, start: int
) -> None:
    labels = np.concatenate([np.full(n, k - 1, np.int64) for n, k in runs])
    frames = np.arange(start, start + len(labels))
    features = {"rgb": frames[:, None].astype(np.float32)}
    whole = Sample("a", features, labels, start=start, risk=frames * 2.0)
    parts = labelled_parts(whole, max_gap)
    seen = np.zeros(len(labels), bool)
    stop = -1
    for part in parts:
        np.testing.assert_array_equal(
            part.features["rgb"][:, 0], part.start + np.arange(len(part))
        )
        assert part.risk is not None
        np.testing.assert_array_equal(part.risk, 2 * part.features["rgb"][:, 0])
        inside = slice(part.start - start, part.start - start + len(part))
        np.testing.assert_array_equal(part.labels, labels[inside])
        assert part.labels[0] >= 0
        assert part.labels[-1] >= 0
        # Between two parts more is unlabelled than may be; inside one never.
        assert stop < 0 or part.start - stop > max_gap
        assert np.diff(np.flatnonzero(part.labels >= 0)).max(initial=0) <= max_gap + 1
        seen[inside] = True
        stop = part.start + len(part)
    np.testing.assert_array_equal(labels[~seen], -1)
    assert seen.any() == (labels >= 0).any()


def test_parts_of_parts_still_know_their_place() -> None:
    labels = np.repeat([-1, 0, -1, 1, -1], 40)
    whole = Sample("a", {"rgb": np.arange(200.0)[:, None]}, labels)
    for part in labelled_parts(whole):
        (again,) = labelled_parts(part)
        assert (again.start, len(again)) == (part.start, len(part)) != (0, 40)


def test_risk_scores_are_padded_by_none() -> None:
    short, long = sample(3), sample(5, seed=1)
    scored = Sample("b", long.features, long.labels, risk=np.arange(5) * 1.5)
    batch = collate([short, scored])
    assert torch.isnan(batch.risk[0]).all()
    assert batch.risk[1].tolist() == [0, 1.5, 3, 4.5, 6]
    assert batch.risk.dtype == torch.float32
    batch = collate([Sample("b", short.features, short.labels, risk=np.ones(3)), long])
    assert batch.risk[0, :3].tolist() == [1, 1, 1]
    assert torch.isnan(batch.risk[0, 3:]).all()
    moved = batch.to(torch.device("cpu"))
    for name in ("mask", "labels", "risk"):
        torch.testing.assert_close(
            getattr(moved, name), getattr(batch, name), equal_nan=True
        )
