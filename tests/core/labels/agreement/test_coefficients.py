from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.agreement import coefficients as of
from skelseg_core.labels.agreement.frames import (
    coincidences,
    contingency,
    fleiss_sums,
    pieces_of,
)
from tests.core.labels.agreement.ratings import SEVERAL, TWO, drawn

# By scikit-learn 1.9.1 and statsmodels 0.15.0: tests/judges/test_agreement.py.
COHEN = [0.3, 0.4492044063647491, 0.5130782196142081, 0.4775859211120447]
FLEISS = [
    0.5286195286195287,
    0.5653973509933774,
    0.45969062594528065,
    0.4916320467463735,
]
# Computing Krippendorff's Alpha-Reliability, 2011: sections A, B and C.
BINARY = ("0100000010", "1110010000", 0.095)
NOMINAL = ("aabbdcccedda", "babbbccceddd", 0.692)
FOUR = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def values(*lines: str) -> np.ndarray:
    known = sorted({c for line in lines for c in line} - {"."})
    return np.array([[known.index(c) if c != "." else -1 for c in x] for x in lines])


def alpha(lanes: np.ndarray) -> float:
    table = coincidences(pieces_of(lanes), int(lanes.max()) + 1)
    return float(of.krippendorff_alpha(table))


@pytest.mark.parametrize(("drawing", "kappa"), list(zip(TWO, COHEN, strict=True)))
def test_cohens_kappa_is_that_of_its_judge(
    drawing: tuple[int, int], kappa: float
) -> None:
    table = contingency(pieces_of(drawn(*drawing)), drawing[1])[:-1, :-1]
    assert of.cohen_kappa(table) == pytest.approx(kappa, abs=1e-12)


@pytest.mark.parametrize(("drawing", "kappa"), list(zip(SEVERAL, FLEISS, strict=True)))
def test_fleiss_kappa_is_that_of_its_judge(
    drawing: tuple[int, int, int], kappa: float
) -> None:
    sums = fleiss_sums(pieces_of(drawn(*drawing)), drawing[1])
    assert of.fleiss_kappa(sums, drawing[2]) == pytest.approx(kappa, abs=1e-12)


@pytest.mark.parametrize(("first", "second", "published"), [BINARY, NOMINAL])
def test_alpha_of_two_is_the_published_one(
    first: str, second: str, published: float
) -> None:
    assert round(alpha(values(first, second)), 3) == published


def test_alpha_of_four_with_missing_values_is_the_published_one() -> None:
    lanes = values(*FOUR)
    assert round(alpha(lanes), 3) == 0.743
    # A unit of one rating says nothing, and no more units of it do.
    alone = np.full((4, 50), -1)
    alone[2] = 3
    assert alpha(np.hstack([lanes, alone])) == pytest.approx(alpha(lanes))


def test_fleiss_leaves_out_what_somebody_left_unlabelled() -> None:
    lanes = drawn(200, 5, 4)
    more = np.hstack([lanes, np.array([[0], [0], [0], [-1]])])
    sums = [fleiss_sums(pieces_of(x), 5) for x in (lanes, more)]
    assert (sums[0] == sums[1]).all()


def test_one_class_alone_defines_no_kappa() -> None:
    table = np.array([[40.0]])
    assert np.isnan(of.cohen_kappa(table))
    assert np.isnan(of.krippendorff_alpha(table))
    assert np.isnan(of.cohen_kappa(np.zeros((3, 3))))


@given(
    st.lists(st.integers(0, 9), min_size=9, max_size=9).filter(any), st.integers(1, 7)
)
def test_counts_times_n_have_the_same_kappa(cells: list[int], times: int) -> None:
    table = np.array(cells, float).reshape(3, 3)
    one, many = of.cohen_kappa(table), of.cohen_kappa(table * times)
    assert many == pytest.approx(one, nan_ok=True)
    assert of.cohen_kappa(table.T) == pytest.approx(one, nan_ok=True)


def test_many_tables_are_computed_as_one_by_one() -> None:
    tables = np.random.RandomState(3).randint(0, 9, (20, 4, 4)).astype(float)
    for formula in (of.cohen_kappa, of.krippendorff_alpha):
        one_by_one = [float(formula(t)) for t in tables]
        assert formula(tables) == pytest.approx(one_by_one, nan_ok=True, abs=1e-8)
