"""Choice of the device (CPU, CUDA, MPS) that a network runs on.

``SKELSEG_DEVICE`` says which is wanted, for this process and those that it starts.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
from collections.abc import Callable, Iterator

import numpy as np

from skelseg_core.errors import ModelError

VARIABLE = "SKELSEG_DEVICE"
WANTED = ("auto", "cpu", "cuda")
"""Values of the variable: what answers, the processor, or a card of NVIDIA's."""
MOST_PICTURES = 64
"""Pictures that a graphics card is given at once, at most."""
PICTURE_BYTES = 64 << 20
"""Memory of the card that a picture of 224x224 may take, and rather too much."""
UNTOLD_PICTURES = 8
"""Pictures at once where nobody says how much memory there is."""
_OUT_OF_MEMORY = ("out of memory", "failed to allocate memory", "alloc_failed")

_log = logging.getLogger(__name__)


def wanted_device() -> str:
    """Return which device is wanted, one of `WANTED`."""
    wanted = os.environ.get(VARIABLE, "") or "auto"
    if wanted not in WANTED:
        raise ModelError(
            "{} is '{}'; set it to one of {}.", VARIABLE, wanted, ", ".join(WANTED)
        )
    return wanted


def best_device() -> str:
    """Choose ``"cuda"`` or ``"mps"`` where torch can use one, else ``"cpu"``.

    Raises
    ------
    ModelError
        Where a graphics card is wanted that torch cannot use.
    """
    wanted = wanted_device()
    if wanted == "cpu":
        return "cpu"
    device = answering_device()
    if wanted == "cuda" and device != "cuda":
        raise no_card("PyTorch")
    return device


@functools.cache
def answering_device() -> str:
    """Find the device that torch has and that answers a small sum."""
    import torch

    found = torch.accelerator.current_accelerator(check_available=True)
    if found is None or found.type not in ("cuda", "mps"):
        return "cpu"
    try:
        works = float(torch.ones(2, device=found.type).sum()) == 2
    except RuntimeError as error:  # a card or driver that this torch is too new for
        _log.warning("The graphics card does not answer PyTorch: %s", error)
        return "cpu"
    return found.type if works else "cpu"


def no_card(library: str) -> ModelError:
    """Make the error of a graphics card that is wanted and does not answer."""
    return ModelError(
        "No graphics card answers {}; install it with CUDA, or use --device auto.",
        library,
    )


@contextlib.contextmanager
def exact_float32() -> Iterator[None]:
    """Let a graphics card compute in float32 as the processor does, not in TF32."""
    import torch

    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def pictures_at_once() -> int:
    """Choose how many pictures a graphics card is given at once, by its free memory.

    A power of two. Without a PyTorch for CUDA nobody can ask for the memory of a card
    that ONNX Runtime uses.
    """
    try:
        import torch
    except ImportError:
        return UNTOLD_PICTURES
    if not torch.cuda.is_available():
        return UNTOLD_PICTURES
    free, _ = torch.cuda.mem_get_info()
    # Others, such as the other workers of a run, use the same memory.
    room = max(1, min(MOST_PICTURES, free // 4 // PICTURE_BYTES))
    return 1 << (int(room).bit_length() - 1)


class FittingBatches:
    """Run a network on as many pictures at a time as fit into the memory of a card.

    Parameters
    ----------
    network : callable
        Turns pictures (N, H, W, C) into an array (N, ...).
    """

    def __init__(self, network: Callable[[np.ndarray], np.ndarray]) -> None:
        self._network = network
        self.most = sys.maxsize
        """Pictures at once; half of what did not fit."""

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Run the network on pictures (N, H, W, C), N at least 1.

        Raises
        ------
        ModelError
            Where not even one picture fits.
        """
        done: list[np.ndarray] = []
        at = 0
        while at < len(pictures):
            batch = pictures[at : at + self.most]
            try:
                done.append(self._network(batch))
            except Exception as error:  # of torch or ONNX Runtime: no common base
                if not is_out_of_memory(error):
                    raise
                if len(batch) == 1:
                    raise ModelError(
                        "The memory of the graphics card is full; close other "
                        "programs that use it, or use --device cpu."
                    ) from error
                self.most = len(batch) // 2
                _log.info("%d pictures at once are too many: %s", len(batch), error)
            else:
                at += len(batch)
        return np.concatenate(done)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether a card had too little memory, whichever library says so."""
    text = str(error).lower()
    return any(said in text for said in _OUT_OF_MEMORY)
