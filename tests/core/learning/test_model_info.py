"""The description of a model: what is read again, and which of two is better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skelseg_core.learning.model_info import ModelInfo, is_as_good, load_info, to_json


def test_videos_learnt_from_without_labels_are_read_again(tmp_path: Path) -> None:
    info = ModelInfo.new(
        "m",
        {"model": {"modalities": ["keypoints"]}},
        {"keypoints": 8},
        [{"id": 0, "name": "walk"}],
        videos=["a"],
        unlabelled=["b", "c"],
    )
    (tmp_path / "model.json").write_text(to_json(info), encoding="utf-8")
    assert load_info(tmp_path).unlabelled == ("b", "c")


@pytest.mark.parametrize(
    ("new", "old", "good"),
    [
        ({"accuracy": 80.0, "how": "videos"}, {}, True),
        ({}, {}, True),
        ({}, {"accuracy": 80.0, "how": "videos"}, False),
        ({"accuracy": 80.0, "how": "videos"}, {"accuracy": 80.0, "how": "one fold"}, 1),
        ({"accuracy": 79.9, "how": "videos"}, {"accuracy": 80.0, "how": "videos"}, 0),
        # A part of the only video is easier than videos that it has not seen.
        ({"accuracy": 60.0, "how": "videos"}, {"accuracy": 90.0, "how": "stretch"}, 1),
        ({"accuracy": 90.0, "how": "stretch"}, {"accuracy": 60.0, "how": "videos"}, 0),
    ],
)
def test_the_better_of_two_models_by_what_they_had_not_seen(
    new: dict[str, Any], old: dict[str, Any], good: bool
) -> None:
    assert is_as_good(new, old) == bool(good)
