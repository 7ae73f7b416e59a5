"""Self-training: sure labels of unlabelled videos are learnt from, and only those."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.config import Preset, from_dict
from skelseg_core.learning import self_training
from skelseg_core.learning.data import Sample
from skelseg_core.learning.self_training import sure_labels, train_with_unlabelled
from skelseg_core.learning.training import train
from skelseg_core.progress import run

PRESET = from_dict(
    Preset,
    {
        "model": {
            "modalities": ["keypoints"],
            "n_features": 8,
            "n_prediction_layers": 2,
            "n_refinement_layers": 2,
            "n_refinement_stages": 0,
            "standardise": False,
        },
        "train": {"epochs": 60, "min_steps": 0, "learning_rate": 0.01},
    },
    "test",
)


def sample(name: str, seed: int, labelled: bool = True) -> Sample:
    dice = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 0, 1], 20)
    values = np.eye(2)[labels] * 3 + dice.normal(0, 0.3, (80, 2))
    known = labels if labelled else np.full(80, -1)
    return Sample(name, {"keypoints": values.astype(np.float32)}, known)


def test_without_other_videos_it_is_the_plain_training() -> None:
    samples = [sample("a", 1)]
    plain = run(train(samples, PRESET, 2, threads=1))
    same = run(train_with_unlabelled(samples, [], PRESET, 2, threads=1))
    for name, weights in plain.model.state_dict().items():
        assert (weights == same.model.state_dict()[name]).all()


def test_the_second_training_has_sure_labels_of_other_videos(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[list[Sample]] = []

    def noted(samples: list[Sample], *rest: object, **more: object) -> object:
        given.append(list(samples))
        return train(samples, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(self_training, "train", noted)
    labelled, other = sample("a", 1), sample("b", 2, labelled=False)
    result = run(
        train_with_unlabelled([labelled], [other], PRESET, 2, tmp_path, threads=1)
    )
    first, second = given
    assert [s.name for s in first] == ["a"]
    assert [s.name for s in second] == ["a", "b"]
    assert second[0] is labelled
    true = np.repeat([0, 1, 0, 1], 20)
    sure = second[1].labels >= 0
    assert sure.mean() > 0.5
    assert (second[1].labels[sure] == true[sure]).mean() > 0.9
    assert not list(tmp_path.rglob("*.safetensors"))
    assert sure_labels(result.model, other).labels.shape == (80,)


def test_what_the_first_is_not_sure_of_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(self_training, "SURE", 1.01)
    samples = [sample("a", 1)]
    task = train_with_unlabelled(
        samples, [sample("b", 2, labelled=False)], PRESET, 2, threads=1
    )
    plain, found = run(train(samples, PRESET, 2, threads=1)), run(task)
    for name, weights in plain.model.state_dict().items():
        assert (weights == found.model.state_dict()[name]).all()
