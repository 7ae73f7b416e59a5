"""What a file holds is what is declared, or a sentence says where it is not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta

from skelseg_core.config import load_preset
from skelseg_core.errors import FormatError, SkelsegError
from skelseg_core.typed_values import typed


@dataclass(frozen=True)
class Part:
    share: Annotated[float, Meta(ge=0, lt=1)]
    note: str | None = None

    def __post_init__(self) -> None:
        if self.share == 0.5:
            raise ValueError("must not be a half")


@dataclass(frozen=True)
class Whole:
    parts: tuple[Part, ...]
    sizes: Mapping[str, Annotated[int, Meta(ge=1)]]
    pair: tuple[int, str] = (0, "")


def test_what_is_declared_is_read_and_the_rest_ignored() -> None:
    value = {"parts": [{"share": 0, "more": 1}], "sizes": {"a": 3}, "pair": [1, "b"]}
    assert typed(Whole, value, "a.json") == Whole((Part(0.0),), {"a": 3}, (1, "b"))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "it must be lines 'name: value'"),
        ({"parts": []}, "'sizes' is missing"),
        ({"parts": {}}, "'parts' must be a list"),
        ({"parts": [{}]}, "'parts.0.share' is missing"),
        ({"parts": [{"share": 1}]}, "'parts.0.share' must be a number of at least 0"),
        ({"parts": [{"share": math.nan}]}, "of at least 0 and below 1"),
        ({"parts": [{"share": math.inf}]}, "of at least 0 and below 1"),
        ({"parts": [{"share": 10**400}]}, "'parts.0.share' must be a number"),
        ({"parts": [{"share": True}]}, "'parts.0.share' must be a number"),
        ({"parts": [{"share": 0.5}]}, "'parts.0' must not be a half"),
        ({"parts": [{"share": 0, "note": 3}]}, "must be a text or nothing"),
        ({"parts": [], "sizes": {"a.b": 0}}, "'sizes.*' must be a whole number"),
        ({"parts": [], "sizes": {}, "pair": [1, 2]}, "'pair.1' must be a text"),
        ({"parts": [], "sizes": {3: 1}}, "a.json: "),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(value: Any, said: str) -> None:
    with pytest.raises(FormatError) as told:
        typed(Whole, value, "a.json")
    assert said in str(told.value)
    assert str(told.value).startswith("a.json: ")
    assert str(told.value).endswith("restore it from a copy.")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("model:\n  n_features: many\n", 2, "'model.n_features' must be a whole"),
        ("model:\n  dropout: 0.1\n  depth: 3\n", 3, "'model.depth' is unknown; known"),
        ("model:\n  modalities:\n  - rgb\n  - sound\n", 4, "one of heatmap, keypoints"),
        ("model:\n  modalities: [rgb, rgb]\n", 1, "each once"),
        ("train:\n  seed: 1\n  seed: 2\n", 3, "'seed' appears twice"),
        ("model: 3\n", 1, "'model' must be lines"),
    ],
)
def test_a_recipe_by_hand_says_its_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SkelsegError) as told:
        load_preset(str(path))
    assert str(told.value).startswith(f"{path}, line {line}: ")
    assert said in str(told.value)


def test_numbers_of_yaml_may_be_written_as_powers(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("train:\n  learning_rate: 1e-3\n", encoding="utf-8")
    assert load_preset(str(path)).train.learning_rate == 0.001
