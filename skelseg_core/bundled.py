"""Files bundled with the program: presets, networks, skeletons, help, icons."""

from __future__ import annotations

from pathlib import Path


def resource(name: str) -> Path:
    """Return the path of a bundled file, such as ``"models/movenet-thunder.onnx"``."""
    here = Path(__file__).resolve().parent
    installed = here / "resources"
    return (installed if installed.is_dir() else here.parent / "resources") / name
