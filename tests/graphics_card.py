"""A graphics card that is none: ONNX Runtime computes on the processor in its stead.

It rounds otherwise than the processor, has room for so many pictures, or does not work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime
import pytest

CUDA = "CUDAExecutionProvider"


def lend_card(
    monkeypatch: pytest.MonkeyPatch,
    room: int = 1000,
    works: bool = True,
    error: float = 1e-4,
) -> list[int]:
    """Let ONNX Runtime find a card; return the list of its batches, as it is filled.

    Parameters
    ----------
    room : int
        Pictures that fit into its memory.
    works : bool
        Whether it answers.
    error : float
        How far its figures are off, relative to the largest.
    """
    batches: list[int] = []
    session_of = onnxruntime.InferenceSession

    class Session:
        def __init__(
            self, content: bytes, options: Any, providers: Sequence[Any]
        ) -> None:
            names = [p if isinstance(p, str) else p[0] for p in providers]
            self._names = names
            self._session = session_of(
                content, options, providers=["CPUExecutionProvider"]
            )

        def get_providers(self) -> list[str]:
            return self._names

        def get_inputs(self) -> Any:
            return self._session.get_inputs()

        def run(self, names: Any, given: Mapping[str, np.ndarray]) -> list[np.ndarray]:
            found: list[np.ndarray] = self._session.run(names, given)
            if CUDA not in self._names:
                return found
            if not works:
                raise RuntimeError("CUDNN failure 1001: CUDNN_STATUS_NOT_INITIALIZED")
            (n,) = {len(v) for v in given.values()}
            batches.append(n)
            if n > room:
                raise RuntimeError("Failed to allocate memory for requested buffer")
            rng = np.random.default_rng(0)
            return [
                (v + error * np.abs(v).max() * rng.uniform(-1, 1, v.shape)).astype(
                    v.dtype
                )
                for v in found
            ]

    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"]
    )
    return batches
