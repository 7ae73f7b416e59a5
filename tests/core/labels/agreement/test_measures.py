from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.agreement.bootstrap import Figure, estimate
from skelseg_core.labels.agreement.coefficients import cohen_kappa
from skelseg_core.labels.agreement.meanings import MEANINGS
from skelseg_core.labels.agreement.measures import Agreement, measure_agreement

N_CLASSES = 3


def lane(*runs: tuple[int, int]) -> np.ndarray:
    return np.array([c for c, n in runs for _ in range(n)])


ANNA = lane((0, 100), (1, 80), (2, 60), (0, 60))
BEN = lane((0, 104), (1, 73), (2, 63), (0, 60))


def of_two(first: np.ndarray, second: np.ndarray) -> Agreement:
    videos = {"v1": {"anna": first, "ben": second}}
    return measure_agreement(videos, ["anna", "ben"], N_CLASSES)


def by_name(found: Agreement) -> dict[str, Figure]:
    return {figure.name: figure for figure in found.figures}


@given(
    st.lists(
        st.tuples(st.integers(-1, 2), st.integers(1, 20)), min_size=1, max_size=12
    ).filter(lambda runs: len({c for c, _ in runs if c >= 0}) > 1)
)
def test_a_lane_with_itself_agrees_wholly(runs: list[tuple[int, int]]) -> None:
    same = lane(*runs)
    found = by_name(of_two(same, same))
    for name, perfect in (("kappa", 1), ("alpha", 1), ("f1@10", 100), ("f1@50", 100)):
        assert found[name].value == pytest.approx(perfect), name
    assert found["boundaries"].value in (None, 0)


def test_two_people_are_held_against_each_other_in_every_way() -> None:
    found = by_name(of_two(ANNA, BEN))
    # 4 and 3 frames; the last boundary is the same.
    assert found["boundaries"].value == 3
    assert found["f1@50"].value == 100
    assert found["kappa"].value == pytest.approx(
        cohen_kappa(np.array([[160, 0, 0], [4, 73, 3], [0, 0, 60]]))
    )
    confused = by_name(of_two(ANNA, np.where(ANNA == 2, 1, ANNA)))
    # Of 4 segments and 3 two are the same, and half of a third is not more than half.
    assert confused["f1@50"].value == pytest.approx(100 * 2 * 3 / 7)
    assert confused["boundaries"].value == 0


def test_three_people_are_held_against_each_other_in_every_way() -> None:
    videos = {"v1": {"anna": ANNA, "ben": BEN, "cara": ANNA}}
    found = by_name(measure_agreement(videos, ["anna", "ben", "cara"], N_CLASSES))
    assert found["fleiss"].value == pytest.approx(0.96, abs=0.02)
    # Each two of them: 0 between anna and cara, and 4, 3, 0 with ben, twice.
    assert found["boundaries"].value == 0
    mixed = {"v1": {"anna": ANNA, "ben": BEN}, "v2": {"ben": BEN, "cara": ANNA}}
    apart = measure_agreement(mixed, ["anna", "ben", "cara"], N_CLASSES)
    assert (apart.videos, apart.n_frames) == (("v1", "v2"), 600)
    two = by_name(of_two(ANNA, BEN))
    assert by_name(apart)["fleiss"].value is None
    assert by_name(apart)["boundaries"].value == two["boundaries"].value
    assert by_name(apart)["f1@50"].value == two["f1@50"].value


def test_every_figure_has_its_sentence() -> None:
    videos = {"v1": {"anna": ANNA, "ben": BEN, "cara": ANNA}}
    three = measure_agreement(videos, ["anna", "ben", "cara"], N_CLASSES)
    assert by_name(three).keys() | by_name(of_two(ANNA, BEN)).keys() == set(MEANINGS)


def test_unlabelled_frames_are_missing() -> None:
    half = ANNA.copy()
    half[150:] = -1
    found = of_two(ANNA, half)
    assert by_name(found)["kappa"].value == 1
    assert found.n_frames == 150


def test_a_video_that_one_person_did_not_label_is_left_out() -> None:
    nothing = np.full(300, -1)
    videos = {
        "v1": {"anna": ANNA, "ben": BEN},
        "v2": {"anna": ANNA, "ben": nothing},
        "v3": {"anna": ANNA},
    }
    found = measure_agreement(videos, ["anna", "ben"], N_CLASSES)
    assert found.videos == ("v1",)
    alone = measure_agreement({"v3": videos["v3"]}, ["anna", "ben"], N_CLASSES)
    assert (alone.videos, alone.figures) == ((), ())


def test_few_videos_have_no_interval_and_several_have() -> None:
    """Of two videos half of such intervals missed, of four one in five."""
    for n_videos in (1, 2, 4):
        few = {f"v{n}": {"anna": ANNA, "ben": np.roll(BEN, n)} for n in range(n_videos)}
        found = measure_agreement(few, ["anna", "ben"], N_CLASSES)
        assert {f.low for f in found.figures} == {None}
    videos = {f"v{n}": {"anna": ANNA, "ben": np.roll(BEN, 7 * n)} for n in range(9)}
    several = by_name(measure_agreement(videos, ["anna", "ben"], N_CLASSES))
    for name in ("kappa", "alpha", "f1@50", "boundaries"):
        one = several[name]
        assert None not in (one.low, one.value, one.high)
        assert one.low < one.value < one.high, name  # type: ignore[operator]
    again = by_name(measure_agreement(videos, ["anna", "ben"], N_CLASSES))
    assert again == several


def test_an_interval_is_that_of_draws_of_whole_videos() -> None:
    # Nine videos right and one wrong: of ten draws, so many hold the wrong one k times.
    counts = np.array([[10.0, 10.0]] * 9 + [[0.0, 10.0]])
    found = estimate("kappa", counts, lambda sums: sums[..., 0] / sums[..., 1])
    assert (found.value, found.low, found.high) == (0.9, 0.7, 1.0)


def test_tracks_of_one_video_are_drawn_together() -> None:
    """Two people who do the same in one video are not two videos."""
    once = {f"v{n}": {"anna": ANNA, "ben": np.roll(BEN, 7 * n)} for n in range(9)}
    twice = {f"{v}{track}": said for v, said in once.items() for track in ("", "@@eva")}

    def measured(videos: Mapping[str, Mapping[str, np.ndarray]]) -> Agreement:
        lanes = ["anna", "ben"]
        video_of = {track: track[:2] for track in videos}
        found = measure_agreement(videos, lanes, N_CLASSES, video_of)
        assert found.n_videos == len(videos.keys() & once.keys())
        return found

    one, two = measured(once), measured(twice)
    assert (two.n_videos, len(two.videos)) == (9, 18)
    ours, theirs = by_name(two), by_name(one)
    for name in ("kappa", "f1@50", "boundaries"):
        assert ours[name] == theirs[name], name
    few = {v: said for v, said in twice.items() if v[1] < "4"}
    assert len(few) == 8
    assert by_name(measured(few))["kappa"].low is None


def test_one_class_alone_leaves_kappa_undefined() -> None:
    found = by_name(of_two(np.zeros(50, int), np.zeros(50, int)))
    assert found["kappa"].value is found["boundaries"].value is None
    assert found["f1@50"].value == 100
