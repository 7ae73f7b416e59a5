"""Features that a network is given: whether they are whole and fit it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skelseg_core.errors import ModelError

EXPONENT = 0x7C00
"""Bits of a float16 that are all set where it is no finite number."""


def fitting_features(
    in_dims: Mapping[str, int], features: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Take the features that a network needs of one video.

    Parameters
    ----------
    in_dims : Mapping[str, int]
        Dimensions that the network needs, by modality.
    features : Mapping[str, ndarray (T, D)]
        By modality; others than the network's are left out.

    Raises
    ------
    ModelError
        Where they do not fit the network or each other, or one is not a number.
    """
    used = {m: features[m] for m in in_dims if m in features}
    for modality, array in used.items():
        check_features(array, modality)
    for modality, wanted in in_dims.items():
        if modality not in used:
            raise ModelError(
                "This model needs {} features and there are none; extract them first.",
                modality,
            )
        if used[modality].shape[1] != wanted:
            raise ModelError(
                "This model needs {} features of dimension {}, these have {}; "
                "extract them with the model's own settings.",
                modality,
                wanted,
                used[modality].shape[1],
            )
    lengths = {m: len(array) for m, array in used.items()}
    if len(set(lengths.values())) != 1:
        said = ", ".join(f"{m} {n}" for m, n in lengths.items())
        raise ModelError(
            "The features cover different numbers of frames ({}); extract them again.",
            said,
        )
    return used


def check_features(array: np.ndarray, where: str) -> None:
    """Refuse an array that is no ``(T, D)`` of finite numbers.

    Raises
    ------
    ModelError
        Says ``where``, and at which frame.
    """
    if array.ndim != 2 or array.shape[1] == 0:
        raise ModelError(
            "{}: features of the shape {} are not (frames, dimensions); extract them "
            "again.",
            where,
            array.shape,
        )
    if array.dtype == np.float16:
        # Numpy adds these slowly, and it is asked at every step of a training.
        suspicious = bool((array.view(np.uint16) & EXPONENT == EXPONENT).any())
    else:
        # A sum is finite only if everything is (or it overflows: then look closely).
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not np.isfinite(array.sum(dtype=np.float64))
    if suspicious and not (finite := np.isfinite(array).all(axis=1)).all():
        raise ModelError(
            "{}: the feature of frame {} is not a number; extract the features again.",
            where,
            int(np.argmin(finite)),
        )
