from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.paper.average_precision import framewise_map, segmental_map
from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.labels import metrics
from skelseg_core.labels.metrics import Counts
from skelseg_core.labels.segmentation import ABSENT
from tests.published import REFERENCE

CONVENTION = {"mstcn2": "ms-tcn++", "msgcn": "ms-gcn", "colincsl": "tcn"}
LABELS = st.lists(st.integers(-1, 3), min_size=1, max_size=40)


def expand(runs: list[list[int]]) -> np.ndarray:
    return np.array([c for c, n in runs for _ in range(n)], np.int64)


@pytest.fixture(scope="module")
def pairs() -> dict[str, Any]:
    value: dict[str, Any] = json.loads((REFERENCE / "metrics_pairs.json").read_text())
    return value


def judged(pairs: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for pair in pairs["pairs"]:
        truth, pred = expand(pair["gt"]), expand(pair["pred"])
        for key, ref in pair["ref"].items():
            if key != "mstcn2_acc":
                code, _, rest = key.partition("_")
                background = [0] if rest == "bg" else []
                yield pair, truth, pred, ref, CONVENTION[code], background


def test_pairs_agree_with_published_code(pairs: dict[str, Any]) -> None:
    n_checked = 0
    for pair, truth, pred, ref, name, background in judged(pairs):
        if "error" in ref:
            continue
        if ref["edit"] != "nan":
            edit = metrics.edit_score(truth, pred, background)
            assert edit == pytest.approx(ref["edit"], abs=1e-9), pair["kind"]
        for k in metrics.OVERLAPS:
            counts = metrics.f1_counts(truth, pred, k, background, name)
            assert counts.f1 == pytest.approx(ref[f"f1@{k}"], abs=1e-9), pair["kind"]
            if f"counts@{k}" in ref:
                assert [counts.tp, counts.fp, counts.fn] == ref[f"counts@{k}"]
            n_checked += 1
    assert n_checked > 1500


def test_accuracy_agrees_with_published_code(pairs: dict[str, Any]) -> None:
    for pair in pairs["pairs"]:
        truth, pred = expand(pair["gt"]), expand(pair["pred"])
        if len(truth) and len(truth) == len(pred):
            found = metrics.frame_accuracy(truth, pred)
            assert found == pytest.approx(pair["ref"]["mstcn2_acc"])


def test_where_published_code_fails(pairs: dict[str, Any]) -> None:
    """Truth that is all background: an exception (argmax of nothing) or edit NaN.

    Here every predicted segment is a false positive, and nothing against nothing has
    the edit score 100. Without any frame published code fails with an IndexError;
    here accuracy says so in a sentence.
    """
    kinds = set()
    for pair, truth, pred, ref, name, background in judged(pairs):
        if "error" not in ref and ref["edit"] != "nan":
            continue
        kinds.add(pair["kind"])
        n_found = len(metrics.runs(pred, background))
        counts = metrics.f1_counts(truth, pred, 0.1, background, name)
        assert counts == Counts(0, n_found, 0)
        expected = 0.0 if n_found else 100.0
        assert metrics.edit_score(truth, pred, background) == expected
        if not len(truth):
            with pytest.raises(FormatError, match="no labelled frame"):
                metrics.frame_accuracy(truth, pred)
    assert {"adv_all_bg_gt", "adv_both_all_bg", "adv_empty_both"} <= kinds


def test_a_longer_prediction_is_refused_where_published_code_cuts_it(
    pairs: dict[str, Any],
) -> None:
    pair = next(p for p in pairs["pairs"] if p["kind"] == "adv_pred_longer")
    with pytest.raises(FormatError, match="25 frames and the truth 20"):
        metrics.frame_accuracy(expand(pair["gt"]), expand(pair["pred"]))


def check_maps(
    truth: np.ndarray,
    pred: np.ndarray,
    scores: np.ndarray,
    lengths: list[int],
    expected: dict[tuple[Any, int], float],
) -> None:
    cuts = np.cumsum(lengths)[:-1]
    pairs = list(zip(np.split(truth, cuts), np.split(pred, cuts), strict=True))
    parts = np.split(scores, cuts)
    for (threshold, n_background), value in expected.items():
        found = segmental_map(pairs, parts, threshold, [0][:n_background])
        assert found == pytest.approx(value, abs=1e-9)


def test_maps_agree_with_published_code(pairs: dict[str, Any]) -> None:
    with np.load(REFERENCE / "metrics_scores.npz") as arrays:
        for case in pairs["map_cases"]:
            truth = arrays[case["npz_key"] + "_gt"].astype(np.int64)
            scores = arrays[case["npz_key"] + "_scores"]
            mean, values = framewise_map(truth, scores)
            reference = case["framewise_AP_per_class(MTL-ERA compute_class_ap)"]
            assert values == pytest.approx(np.array(reference), abs=1e-12)
            assert mean == pytest.approx(case["framewise_mAP(MTL-ERA)"])
            expected: dict[tuple[Any, int], float] = {}
            for n, name in enumerate(("nobg", "bg0")):
                for k in metrics.OVERLAPS:
                    key = f"segmental_mAP@{k}_{name}(colincsl IoU_mAP)"
                    expected[k, n] = case[key]
                expected["midpoint", n] = case[f"midpoint_mAP_{name}(colincsl)"]
            check_maps(truth, scores.argmax(1), scores, case["lengths"], expected)


def test_real_outputs_agree_with_published_code(shared: Path) -> None:
    cases = json.loads((shared / "reference" / "metrics_real.json").read_text())
    columns = {"accuracy": "acc", "edit": "edit"} | {
        f"f1@{round(100 * k)}": f"f1@{k}" for k in metrics.OVERLAPS
    }
    with np.load(shared / "reference" / "metrics_real.npz") as arrays:
        for case in cases:
            key = case["npz_key"]
            truth = arrays[f"{key}_gt"].astype(np.int64)
            pred = arrays[f"{key}_pred"].astype(np.int64)
            scores = arrays[f"{key}_scores"]
            mean, _ = framewise_map(truth, scores)
            assert mean == pytest.approx(case["framewise_mAP(MTL-ERA, absent class=0)"])
            mean, _ = framewise_map(truth, scores, "skip")
            assert mean == pytest.approx(case["framewise_mAP_present_only"])
            cuts = np.cumsum(case["lengths"])[:-1]
            videos = list(zip(np.split(truth, cuts), np.split(pred, cuts), strict=True))
            expected: dict[tuple[Any, int], float] = {}
            for n, name in enumerate(("nobg", "bg0")):
                for published, ref in case[name].items():
                    if isinstance(ref, dict):
                        rule = CONVENTION[published.partition("_")[0]]
                        found = metrics.evaluate(videos, [0][:n], rule)
                        for ours, theirs in columns.items():
                            assert found[ours] == pytest.approx(ref[theirs], abs=1e-9)
                    else:
                        k = published.partition("@")[2]
                        expected[float(k) if k else "midpoint", n] = ref
            check_maps(truth, pred, scores, case["lengths"], expected)


def test_the_short_last_segment_of_ms_tcn() -> None:
    truth = np.array([1] * 10 + [2])
    assert metrics.f1_counts(truth, truth, 0.5).f1 == 100
    assert metrics.f1_counts(truth, truth, 0.5, (), "ms-tcn++").f1 == 50


def test_a_taken_segment_is_not_matched_again() -> None:
    truth = np.array([1] * 20)
    pred = np.array([1] * 11 + [2] * 2 + [1] * 7)
    assert metrics.f1_counts(truth, pred, 0.25) == Counts(1, 2, 0)


def test_background_counts_in_accuracy_only() -> None:
    truth = np.repeat([0, 1, 0, 1], 5)
    pred = np.repeat([0, 1, 1, 1], 5)
    assert metrics.frame_accuracy(truth, pred) == 75
    assert metrics.edit_score(truth, pred, [0]) == 50
    assert len(metrics.runs(truth, [0])) == 2


def test_frames_without_a_true_label_are_not_judged() -> None:
    truth = np.repeat([1, -1, 2], [10, 10, 10])
    pred = np.repeat([1, 3, 2], [12, 6, 12])
    scores = metrics.evaluate([(truth, pred)])
    assert set(scores.values()) == {100.0}
    nothing = np.full(30, -1)
    assert metrics.evaluate([(truth, pred), (nothing, pred)]) == scores
    with pytest.raises(FormatError):
        metrics.evaluate([(nothing, pred)])


def test_an_unlabelled_prediction_is_wrong_and_no_segment() -> None:
    truth = np.repeat([1, 2], 10)
    pred = np.repeat([1, -1], 10)
    assert metrics.frame_accuracy(truth, pred) == 50
    assert metrics.edit_score(truth, pred) == 50
    assert metrics.f1_counts(truth, pred, 0.5) == Counts(1, 0, 1)


ABSENT_TRUTH = np.repeat([0, ABSENT, 1], 50)


@pytest.mark.parametrize(
    ("said", "accuracy", "edit", "f1"),
    [
        # Nothing is said of nobody; one segment reaches there; one lies there alone;
        # all of it is said of somebody else.
        (np.repeat([0, -1, 1], 50), 100, 100, (100, 100, 100)),
        (np.repeat([0, 0, 1], 50), 100 * 100 / 150, 100, (100, 100, 100)),
        (np.repeat([0, 2, 1], 50), 100 * 100 / 150, 100 * 2 / 3, (80, 80, 80)),
        (
            np.repeat([0, 0, 0, 1], [50, 50, 20, 30]),
            100 * 80 / 150,
            100,
            (100, 100, 50),
        ),
    ],
)
def test_what_is_said_of_nobody_is_wrong(
    said: np.ndarray, accuracy: float, edit: float, f1: tuple[float, ...]
) -> None:
    found = metrics.evaluate([(ABSENT_TRUTH, said)])
    wanted = {"accuracy": accuracy, "edit": edit}
    wanted |= dict(zip(("f1@10", "f1@25", "f1@50"), f1, strict=True))
    assert found == pytest.approx(wanted)


def test_a_video_of_nobody_counts() -> None:
    nobody = np.full(30, ABSENT)
    silent, inventing = np.full(30, -1), np.repeat([1, 2], 15)
    found = metrics.evaluate([(nobody, inventing)])
    assert (found["accuracy"], found["edit"]) == (0, 0)
    assert metrics.f1_counts(nobody, inventing, 0.1) == Counts(0, 2, 0)
    assert metrics.evaluate([(nobody, silent)])["edit"] == 100
    assert len(metrics.runs(nobody)) == 0


def test_pooling() -> None:
    good = (np.array([1] * 30), np.array([1] * 30))
    bad = (np.array([1, 2] * 5), np.array([2] * 10))
    pooled = metrics.evaluate([good, bad])
    assert pooled["accuracy"] == 100 * 35 / 40
    assert pooled["edit"] == pytest.approx((100 + 10) / 2)
    assert pooled["f1@50"] == pytest.approx(200 * 1 / (2 * 1 + 1 + 10))
    means = metrics.evaluate([good, bad], (), "tcn")
    assert (means["accuracy"], means["f1@50"]) == (75, 50)


def test_unknown_convention() -> None:
    with pytest.raises(ConfigError, match="half-open, ms-tcn"):
        metrics.evaluate([], (), "closed")


@given(LABELS)
def test_a_labelling_scores_100_against_itself(labels: list[int]) -> None:
    values = np.array(labels)
    if (values >= 0).any():
        assert set(metrics.evaluate([(values, values)]).values()) == {100.0}


@given(LABELS, st.data())
def test_scores_lie_between_0_and_100(labels: list[int], data: st.DataObject) -> None:
    n = len(labels)
    other = data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n))
    if max(labels) < 0:
        return
    for name in metrics.CONVENTIONS:
        found = metrics.evaluate([(np.array(labels), np.array(other))], [0], name)
        assert all(0 <= v <= 100 for v in found.values())


@given(LABELS, LABELS)
def test_edit_distance_against_the_textbook(a: list[int], b: list[int]) -> None:
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (x != y)
            )
    assert metrics.edit_distance(np.array(a), np.array(b)) == table[-1, -1]


def test_absent_classes_in_framewise_map() -> None:
    scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    assert framewise_map(np.array([0, 1]), scores)[0] == pytest.approx(2 / 3)
    mean, values = framewise_map(np.array([0, 1]), scores, "skip")
    assert mean == 1
    assert np.isnan(values[2])
    assert framewise_map(np.array([-1, -1]), scores, "skip")[0] == 0
    assert segmental_map([(np.array([-1]), np.array([0]))], [scores[:1]]) == 0
