"""The proxy of a video as a task of its own, where no poses are estimated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skelseg_core.progress import Task
from skelseg_core.video import proxy_writing


def write_proxy(path: str, max_bytes: int) -> Task[dict[str, Any]]:
    """Write the proxy of the video in ``path``, unless it is there or does not pay.

    Parameters
    ----------
    path : str
        Video file or images.
    max_bytes : int
        Room for all proxies; those used longest ago make room.
    """
    there = yield from proxy_writing.write_proxy(Path(path), max_bytes)
    return {"path": path, "there": there}
