"""PyTorch, which skelseg does without until a network is trained."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from skelseg_core.errors import ConfigError
from skelseg_core.module_commands import in_bundle
from skelseg_core.said import Said

ADDRESS = "ADDRESS"
"""Place in a line for what PyTorch's page "Start Locally" says."""


def has_torch() -> bool:
    """Tell whether PyTorch is installed; importing it would take seconds."""
    try:
        return "torch" in sys.modules or importlib.util.find_spec("torch") is not None
    except ImportError:
        return False


def install_line(elsewhere: bool = False, what: str = "torch torchvision") -> str:
    """Return the line for a terminal that installs PyTorch for this Python.

    Parameters
    ----------
    elsewhere : bool
        From `ADDRESS`, for another build than the system's usual one.
    what : str
        Other packages to install in its place.
    """
    python = subprocess.list2cmdline([sys.executable])  # quoted where it has spaces
    pip = f"{python} -m pip install"
    if importlib.util.find_spec("pip") is None:  # in an environment of uv
        pip = f"uv pip install --python {python}"
    place = f" --index-url {ADDRESS}" if elsewhere else ""
    return f"{pip} {what}{place}"


def check_torch(what: str) -> None:
    """Refuse what needs PyTorch where it is not installed.

    Parameters
    ----------
    what : str
        What needs it, as the subject of a sentence.

    Raises
    ------
    ConfigError
        Says how to get it: every video would meet it.
    """
    if has_torch():
        return
    if in_bundle():
        raise ConfigError(
            "{} needs PyTorch, which this folder of programs cannot have; install "
            "skelseg by pip or uv, with its extra 'train'.",
            what,
        )
    size = Said("0.2 GB to download")
    if sys.platform.startswith("linux"):
        size = Said(
            "3 GB to download, or 0.2 GB without CUDA, as the page Install says under "
            "'PyTorch without CUDA'"
        )
    raise ConfigError(
        "{} needs PyTorch, which is not installed ({}); install it by: {}",
        what,
        size,
        install_line(),
    )
