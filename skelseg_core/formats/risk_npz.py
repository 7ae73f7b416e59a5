"""Framewise REBA scores of a recording: one ``.npz``, without pickles.

``scores`` (T,) float32, NaN where unknown, and the text ``schema``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import load_npz, save_npz

SCHEMA = "skelseg-risk-1"


def save_risk(path: Path, scores: np.ndarray) -> None:
    """Write the framewise risk of one recording, atomically.

    Parameters
    ----------
    path : Path
        Where, usually ``risk/<video>.npz``.
    scores : ndarray of float, shape (T,)
        REBA scores, NaN where unknown.
    """
    save_npz(
        path,
        {"scores": np.asarray(scores, np.float32), "schema": np.array(SCHEMA)},
    )


def load_risk(path: Path) -> np.ndarray:
    """Read the framewise risk of one recording: REBA scores (T,), float32.

    Raises
    ------
    FormatError
        Where the file is missing, damaged or of another kind.
    """
    arrays = load_npz(path)
    schema, scores = arrays.get("schema"), arrays.get("scores")
    if schema is None or schema.shape != () or str(schema) != SCHEMA:
        raise FormatError(f"{path} is no risk file of this skelseg; {_AGAIN}")
    if scores is None or scores.ndim != 1 or scores.dtype.kind not in "fiu":
        raise FormatError(f"{path}: 'scores' has not one number per frame; {_AGAIN}")
    return scores.astype(np.float32)


_AGAIN = "import the data set again."
