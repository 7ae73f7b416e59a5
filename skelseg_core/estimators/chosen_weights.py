"""Weights files that a person chose on this computer.

A project names the file of its estimator, and a stranger may have made the project.
Some estimators, as YOLO, run code that a weights file holds: only a file that was
chosen here is opened.
"""

from __future__ import annotations

import os
from pathlib import Path

from skelseg_core.errors import ConfigError
from skelseg_core.files import atomic_write
from skelseg_core.user_folders import config_folder

_NAME = "pose-weights.txt"


def remember_weights(path: str) -> None:
    """Note that a person chose a weights file; empty is none."""
    known = _known()
    if path and _whole(path) not in known:
        lines = "".join(f"{line}\n" for line in [*known, _whole(path)])
        config_folder().mkdir(parents=True, exist_ok=True)
        atomic_write(config_folder() / _NAME, lines)


def check_weights(path: str) -> None:
    """Raise a ConfigError if nobody chose a weights file on this computer."""
    if path and _whole(path) not in _known():
        raise ConfigError(
            "The project names the weights file {}, which nobody chose on this "
            "computer. Choose it in 'Estimate poses…' or by 'skelseg poses --weights' "
            "if you trust it: it may hold a program.",
            path,
        )


def _known() -> list[str]:
    try:
        return (config_folder() / _NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _whole(path: str) -> str:
    return os.path.abspath(Path(path).expanduser())
