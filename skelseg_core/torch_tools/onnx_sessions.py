"""Sessions of ONNX Runtime, on a graphics card where one answers.

onnxruntime is imported on use.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from skelseg_core.torch_tools.devices import no_card, wanted_device

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_TYPES = {"tensor(int32)": np.int32, "tensor(float)": np.float32}

_log = logging.getLogger(__name__)


def open_onnx(content: bytes, threads: int) -> Any:
    """Open a network of ONNX, on a graphics card where one answers.

    A card answers where the network runs on it once. It computes in float32 as the
    processor does, not in the shorter TF32.

    Parameters
    ----------
    content : bytes
        The ONNX file.
    threads : int
        Processor threads.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    ModelError
        Where a graphics card is wanted and none answers.
    """
    import onnxruntime

    if may_use_card():
        exact = (_CUDA, {"use_tf32": "0"})
        try:
            session = onnxruntime.InferenceSession(
                content, _options(threads), providers=[exact, _CPU]
            )
            if is_on_card(session) and _answers(session):
                return session
        except Exception as error:  # its exceptions share no public base class
            _log.warning("ONNX Runtime has CUDA, which does not work: %s", error)
    if wanted_device() == "cuda":
        raise no_card("ONNX Runtime")
    return open_on_processor(content, threads)


def open_on_processor(content: bytes, threads: int) -> Any:
    """Open a network of ONNX on the processor, for what is too small for a card."""
    import onnxruntime

    return onnxruntime.InferenceSession(content, _options(threads), providers=[_CPU])


def _options(threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin while they wait would take the processor from the window and
    # from who decodes the next frames.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def may_use_card() -> bool:
    """Tell whether ONNX Runtime was built for a graphics card, and may use it."""
    import onnxruntime

    built_for: list[str] = onnxruntime.get_available_providers()
    return wanted_device() != "cpu" and _CUDA in built_for


def is_on_card(session: Any) -> bool:
    """Tell whether a session runs on a graphics card."""
    return _CUDA in session.get_providers()


def _answers(session: Any) -> bool:
    """Run a network on a small black picture; tell whether all it says are numbers."""
    given = {}
    for value in session.get_inputs():
        # The first axis counts pictures; a side that is free is one of pixels.
        shape = [
            n if isinstance(n, int) else 1 if axis == 0 else 64
            for axis, n in enumerate(value.shape)
        ]
        given[value.name] = np.zeros(shape, _TYPES[value.type])
    return all(np.isfinite(out).all() for out in session.run(None, given))
