"""2D pose estimators: `base` says what they do, `registry` lists and loads them."""

from __future__ import annotations

FOUND_SKELETON = "coco17"
"""Name of the skeleton that every estimator of ours finds: people, no animals."""


_MADE_HERE = ", skelseg "
"""Part of the name of every estimator, as it is kept with the poses."""


def is_estimate(estimator: str) -> bool:
    """Tell whether poses were estimated here, by the name that is kept with them."""
    return _MADE_HERE in estimator
