"""The rows of the tables: which there are, and in what they differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.paper.paper_tables import (
    PRESETS,
    all_rows,
    gap_rows,
    heatmap_rows,
    limb_rows,
    main_rows,
    recipe_rows,
    row_preset,
)
from benchmarks.paper.run import chosen_rows
from skelseg_core.config import differences, load_preset, to_dict
from skelseg_core.errors import ModelError
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.training import train
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from tests.core.test_presets import samples


def test_every_row_has_a_name_of_its_own() -> None:
    assert max(Counter(row.id for row in all_rows()).values()) == 1
    tables = {row.table for row in all_rows()}
    assert tables == {"main", "recipe", "limbs", "heatmaps", "gap", "backbones"}
    assert not tables & {row.id for row in all_rows()}


def test_a_row_of_the_main_table_is_the_preset_of_its_name() -> None:
    for row in main_rows():
        assert row.preset == row_preset(row.id)


@pytest.mark.parametrize("name", sorted(path.stem for path in PRESETS.iterdir()))
def test_the_preset_of_a_row_can_be_trained_and_predicts(
    name: str, rivals: None
) -> None:
    preset = row_preset(name)
    preset = replace(preset, train=replace(preset.train, epochs=1, min_steps=0))
    videos = samples(preset)
    result = run(train(videos, preset, 3, skeleton=load_skeleton("lcrnet15")))
    assert len(result.history) == 1
    found = predict_probabilities(result.model, videos[1].features)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found.std(axis=0).max() > 0


def test_rivals_by_our_recipe_differ_in_training_alone() -> None:
    published = {row.id: row for row in main_rows()}
    for row in recipe_rows():
        other = published[row.id.removesuffix("-recipe")]
        assert replace(row.preset, train=other.preset.train) == other.preset
        assert row.preset.train == load_preset("keypoints").train


def test_rows_of_an_ablation_differ_in_what_they_say() -> None:
    frozen, trained = heatmap_rows()[:3], heatmap_rows()[3:]
    for rows in (frozen, trained):
        kinds = {row.preset.heatmap.kind for row in rows}
        assert kinds == {"joint", "limb", "combined"}
        first, *others = (to_dict(row.preset) for row in rows)
        for other in others:
            assert set(differences(other, first)) == {"heatmap"}
    *heatmaps, keypoints = gap_rows()
    assert [row.preset.heatmap.view for row in heatmaps] == [
        "video", "subject", "both", "both",
    ]  # fmt: skip
    assert [row.preset.model.read_pose for row in heatmaps] == [False] * 3 + [True]
    assert heatmaps[-1].preset == load_preset("heatmap")
    assert keypoints.preset == load_preset("keypoints")


def test_limbs_are_lost_while_training_or_not() -> None:
    lost, seen = (row.preset.train.augment for row in limb_rows())
    assert lost == load_preset("keypoints").train.augment
    assert lost.lose > 0
    assert seen == replace(lost, lose=0.0)


def test_rows_are_chosen_by_row_and_by_table() -> None:
    assert chosen_rows([]) == tuple(all_rows())
    named = chosen_rows(["gap", "stl"])
    assert [row.id for row in named] == ["stl", *(row.id for row in gap_rows())]
    with pytest.raises(ModelError, match=r"no row or table 'sttl'; choose from main"):
        chosen_rows(["sttl"])
