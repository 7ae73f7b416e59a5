"""The description of a model: what is read again, and which of two is better."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.bundled import resource
from skelseg_core.learning.model_info import is_as_good, load_info, to_json, worth_of
from tests.models import described


def test_videos_learnt_from_without_labels_are_read_again(tmp_path: Path) -> None:
    info = described("m", videos=("a",), unlabelled=("b", "c"))
    (tmp_path / "model.json").write_text(to_json(info), encoding="utf-8")
    assert load_info(tmp_path).unlabelled == ("b", "c")


def held(**accuracies: float) -> dict[str, Any]:
    """What is kept of a measurement, of videos of one length."""
    mean = sum(accuracies.values()) / len(accuracies)
    return {"accuracy": mean, "how": "videos", "by_video": accuracies}


FIGURES_OF = {"accuracy": 90.3, "n_videos": 4, "n_frames": 2000}
EASY = {"a": 86.0, "b": 88.0, "c": 85.0, "d": 89.0}


@pytest.mark.parametrize(
    ("new", "old", "good"),
    [
        (held(a=80), {}, True),
        ({}, {}, True),
        ({}, held(a=80), False),
        # A hard fifth person says nothing against who knows that person's labels.
        (held(**EASY, hard=70), held(**EASY), True),
        (held(a=87, b=86, c=86, d=88, hard=70), held(**EASY), True),
        # Worse on all that both were scored on is worse.
        (held(a=80, b=81, c=80, d=82, easy=99), held(**EASY), False),
        # Other videos: the figures alone.
        (held(x=80), held(y=79), True),
        (held(x=78), held(y=79), False),
        # It does not know all that the older one knew.
        (held(a=87, b=86.5, c=84), held(**EASY), False),
    ],
)
def test_the_better_of_two_models_by_the_videos_of_both(
    new: dict[str, Any], old: dict[str, Any], good: bool
) -> None:
    assert is_as_good(new, old) == good


def test_a_figure_says_how_far_single_people_differ_and_of_how_much_it_is() -> None:
    figures = {
        "accuracy": 87.04, "n_videos": 8, "n_frames": 12214, "n_segments": 631,
        "n_labelled": 8, "by": "people", "low": 80.5, "high": 92.9,
    }  # fmt: skip
    assert worth_of(figures) == (
        "87.0 % of the frames right where each of its 8 videos was left out in turn "
        "(single people 80 to 93 %), 12,214 frames in 631 segments."
    )
    part = worth_of({**figures, "n_videos": 3})
    assert "right where 3 of its 8 videos were left out in turn" in part
    # Forty segments right are a few people, and no proof of any share of others.
    all_right = worth_of({**figures, "accuracy": 100.0, "n_segments": 40})
    assert all_right.endswith(
        "(single people 80 to 93 %), 12,214 frames in 40 segments."
    )


def test_pictures_helped_only_by_more_than_chance_over_videos() -> None:
    alone = {"a": 83.0, "b": 90.0, "c": 91.0, "d": 96.0}

    def said(*gains: float) -> str:
        by_video = {v: alone[v] + g for v, g in zip(alone, gains, strict=False)}
        skeleton = {"recipe": "keypoints", "accuracy": 90.0, "by_video": alone}
        return worth_of({**FIGURES_OF, "by_video": by_video, "skeleton": skeleton})

    assert "Pictures helped: keypoints without them has 90.0 %." in said(2, 3, 2, 1)
    assert "Pictures did not help: " in said(-2, -3, -2, -1)
    for by_chance in ((-1.0, 0, 2.5, -1), (9.0, 0, 0, 0), (3.0,), (0.0, 0, 0, 0)):
        assert "No difference by pictures is seen: " in said(*by_chance)


def test_a_sentence_for_a_paper_says_how_it_was_measured() -> None:
    folder = resource("demo/models/keypoints")
    info = load_info(folder)
    assert info.for_paper == (
        "ms-tcn++ on keypoints (skelseg 0.1.0) was cross-validated in 4 folds, no "
        "person on both sides: 90.5 % of 2,624 frames in 5 videos were right, edit "
        "92.3, F1@10/25/50 95.2/95.2/92.1."
    )
    unnamed = replace(info, held_out={**info.held_out, "n_unnamed": 1})
    assert "no person" not in unnamed.for_paper
    assert replace(info, held_out={}).for_paper == ""
