"""Kappas of others hold ours to account.

Runs where scikit-learn and statsmodels are (`requirements/judges-agreement.txt`), and
skips elsewhere. The numbers of `tests/core/labels/agreement/test_coefficients.py` are
what they say.
"""

from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.labels.agreement.coefficients import cohen_kappa, fleiss_kappa
from skelseg_core.labels.agreement.frames import contingency, fleiss_sums, pieces_of
from tests.core.labels.agreement.ratings import SEVERAL, TWO, drawn

sklearn = pytest.importorskip("sklearn.metrics")
inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")


@pytest.mark.parametrize(("n_items", "n_classes"), TWO)
def test_cohens_kappa_is_that_of_scikit_learn(n_items: int, n_classes: int) -> None:
    first, second = lanes = drawn(n_items, n_classes)
    judge = sklearn.cohen_kappa_score
    ours = cohen_kappa(contingency(pieces_of(lanes), n_classes)[:-1, :-1])
    assert ours == pytest.approx(judge(first, second), abs=1e-12)
    shifted = np.roll(second, 1)
    assert ours != pytest.approx(judge(first, shifted), abs=1e-3)


@pytest.mark.parametrize(("n_items", "n_classes", "n_raters"), SEVERAL)
def test_fleiss_kappa_is_that_of_statsmodels(
    n_items: int, n_classes: int, n_raters: int
) -> None:
    lanes = drawn(n_items, n_classes, n_raters)
    table, _ = inter_rater.aggregate_raters(lanes.T)
    ours = fleiss_kappa(fleiss_sums(pieces_of(lanes), n_classes), n_raters)
    assert ours == pytest.approx(inter_rater.fleiss_kappa(table), abs=1e-12)
