from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.agreement.bootstrap import estimate
from skelseg_core.labels.agreement.coefficients import raw_agreement
from skelseg_core.labels.agreement.meanings import MEANINGS
from skelseg_core.labels.agreement.report import (
    Agreement,
    PairAgreement,
    measure_agreement,
)

NAMES = ("walk", "sit", "stand")


def lane(*runs: tuple[int, int]) -> np.ndarray:
    return np.array([c for c, n in runs for _ in range(n)])


ANNA = lane((0, 100), (1, 80), (2, 60), (0, 60))
BEN = lane((0, 104), (1, 73), (2, 63), (0, 60))


def of_two(first: np.ndarray, second: np.ndarray, collar: int = 5) -> Agreement:
    videos = {"v1": {"anna": first, "ben": second}}
    return measure_agreement(videos, ["anna", "ben"], NAMES, collar)


@given(
    st.lists(
        st.tuples(st.integers(-1, 2), st.integers(1, 20)), min_size=1, max_size=12
    ).filter(lambda runs: len({c for c, _ in runs if c >= 0}) > 1)
)
def test_a_lane_with_itself_agrees_wholly(runs: list[tuple[int, int]]) -> None:
    same = lane(*runs)
    (pair,) = of_two(same, same, 0).pairs
    for name, figure in pair.figures.items():
        unit = MEANINGS[name].unit
        assert figure.value is None or figure.value == pytest.approx(
            100 if unit == "%" else 1
        ), name
    assert pair.figures["kappa"].value == pytest.approx(1)
    assert pair.figures["alpha"].value == pytest.approx(1)


def test_style_and_confusion_are_two_numbers() -> None:
    (style,) = of_two(ANNA, BEN).pairs
    assert style.figures["raw"].value == pytest.approx(100 * 293 / 300)
    assert style.figures["kappa_collar"].value == 1
    confused = np.where((ANNA == 2), 1, ANNA)
    (real,) = of_two(ANNA, confused).pairs
    left = real.figures["kappa_collar"].value
    assert left is not None
    assert left < 0.75
    assert real.without_boundaries[2, 1] == 60 - 2 * 5


def test_every_figure_has_its_sentence() -> None:
    videos = {"v1": {"anna": ANNA, "ben": BEN, "cara": ANNA}}
    found = measure_agreement(videos, ["anna", "ben", "cara"], NAMES)
    used = {*found.together, *found.pairs[0].figures}
    assert used == set(MEANINGS)
    assert len(found.pairs) == 3
    assert found.together["fleiss"].value == pytest.approx(0.96, abs=0.02)


def test_unlabelled_frames_are_missing_and_counted_apart() -> None:
    half = ANNA.copy()
    half[150:] = -1
    (pair,) = of_two(ANNA, half).pairs
    assert pair.figures["kappa"].value == 1
    assert pair.n_compared == 150
    assert pair.confusion[:, -1].sum() == 150


def test_a_video_that_one_person_did_not_label_is_left_out() -> None:
    nothing = np.full(300, -1)
    videos = {
        "v1": {"anna": ANNA, "ben": BEN},
        "v2": {"anna": ANNA, "ben": nothing},
        "v3": {"anna": ANNA},
    }
    found = measure_agreement(videos, ["anna", "ben"], NAMES)
    assert found.videos == found.pairs[0].videos == ("v1",)
    assert measure_agreement({"v3": videos["v3"]}, ["anna", "ben"], NAMES).pairs == ()


def test_few_videos_have_no_interval_and_several_have() -> None:
    """Of two videos half of such intervals missed, of four one in five."""
    for n_videos in (1, 2, 4):
        few = {f"v{n}": {"anna": ANNA, "ben": np.roll(BEN, n)} for n in range(n_videos)}
        (pair,) = measure_agreement(few, ["anna", "ben"], NAMES).pairs
        assert {f.low for f in pair.figures.values()} == {None}
    videos = {f"v{n}": {"anna": ANNA, "ben": np.roll(BEN, 7 * n)} for n in range(9)}
    (pair,) = measure_agreement(videos, ["anna", "ben"], NAMES).pairs
    kappa = pair.figures["kappa"]
    assert None not in (kappa.low, kappa.value, kappa.high)
    assert kappa.low < kappa.value < kappa.high  # type: ignore[operator]
    again = measure_agreement(videos, ["anna", "ben"], NAMES).pairs[0].figures["kappa"]
    assert again == kappa


def test_an_interval_is_that_of_draws_of_whole_videos() -> None:
    # Nine videos right and one wrong: of ten draws, so many hold the wrong one k times.
    tables = np.array([[[10.0, 0], [0, 0]]] * 9 + [[[0.0, 10], [0, 0]]])
    found = estimate("raw", tables, raw_agreement)
    assert (found.value, found.low, found.high) == (0.9, 0.7, 1.0)


def test_tracks_of_one_video_are_drawn_together() -> None:
    """Two people who do the same in one video are not two videos."""
    once = {f"v{n}": {"anna": ANNA, "ben": np.roll(BEN, 7 * n)} for n in range(9)}
    twice = {f"{v}{track}": said for v, said in once.items() for track in ("", "@@eva")}

    def measured(videos: Mapping[str, Mapping[str, np.ndarray]]) -> PairAgreement:
        lanes = ["anna", "ben"]
        found = measure_agreement(
            videos, lanes, NAMES, video_of=lambda v: v.partition("@")[0]
        )
        assert found.n_videos == len(videos.keys() & once.keys())
        return found.pairs[0]

    one, two = measured(once), measured(twice)
    assert (two.n_videos, len(two.videos)) == (9, 18)
    assert two.figures["kappa"] == one.figures["kappa"]
    few = {v: said for v, said in twice.items() if v[1] < "4"}
    assert len(few) == 8
    assert measured(few).figures["kappa"].low is None


def test_one_class_alone_leaves_kappa_undefined() -> None:
    (pair,) = of_two(np.zeros(50, int), np.zeros(50, int)).pairs
    assert pair.figures["kappa"].value is None
    assert pair.figures["raw"].value == 100


def test_each_row_leads_to_the_place_where_it_is_worst() -> None:
    videos = {
        "v1": {"anna": ANNA, "ben": BEN},
        "v2": {"anna": ANNA, "ben": lane((0, 92), (1, 88), (0, 30), (2, 30), (0, 60))},
    }
    (pair,) = measure_agreement(videos, ["anna", "ben"], NAMES).pairs
    assert pair.furthest[0, 1] == ("v2", 100)
    assert pair.furthest[1, 2] == ("v1", 180)
    assert pair.most_confused[2, 0] == ("v2", 180)
    assert pair.most_confused[1, 0] == ("v1", 100)


def test_classes_are_named_with_what_each_person_said() -> None:
    (pair,) = of_two(ANNA, BEN).pairs
    walk, sit, stand = pair.classes
    assert (walk.n_first, walk.n_second, walk.n_both) == (160, 164, 160)
    assert sit.share == pytest.approx(200 * 73 / 153)
    assert stand.n_both == 60
