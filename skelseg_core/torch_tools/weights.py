"""Weights of published networks: read from files or downloaded by torchvision.

Nothing in a file is ever executed, and nothing is downloaded that was not asked for.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skelseg_core.errors import ModelError


def published_state(
    weights: str, network: str, allow_download: bool, instead: str = ""
) -> tuple[Mapping[str, Any], str]:
    """Read torchvision's weights: tensors by name, and the file that they are from.

    Parameters
    ----------
    weights : str
        Torchvision's name of the weights.
    network : str
        Name of the network in messages.
    allow_download : bool
        Whether weights that are not on this computer may be downloaded.
    instead : str
        Advice in the error: what else can be done without the weights.

    Raises
    ------
    ModelError
        Where the weights are not here and may not or cannot be downloaded.
    """
    import torch
    import torchvision

    published = torchvision.models.get_weight(weights)
    stored = Path(torch.hub.get_dir()) / "checkpoints" / Path(published.url).name
    ways = instead or "or give a weights file (--weights)"
    if stored.is_file():
        return read_weights(stored), str(stored)
    if not allow_download:
        size = published.meta["_file_size"]
        raise ModelError(
            "The weights of {} ({:.0f} MB) are not on this computer; allow the "
            "download (--download), {}.",
            network,
            size,
            ways,
        )
    try:
        state = published.get_state_dict(
            progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        raise ModelError(
            "The weights of {} could not be downloaded from {} ({}); try again, {}.",
            network,
            published.url,
            error,
            ways,
        ) from error
    return state, str(stored)


def stored_weights(name: str) -> Path:
    """Return where PyTorch keeps a file that it downloaded; PyTorch is not imported."""
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = Path(os.environ.get("TORCH_HOME") or Path(caches) / "torch")
    return home.expanduser() / "hub" / "checkpoints" / name


def read_weights(path: Path) -> Mapping[str, Any]:
    """Read the tensors of a weights file by name; nothing in it is ever executed.

    Parameters
    ----------
    path : Path
        A ``.safetensors``, ``.pt`` or ``.pth`` file; the last two may wrap the tensors
        in ``{"state_dict": ...}``.

    Raises
    ------
    ModelError
        Where the file is missing, damaged, of another kind, or holds more than tensors.
    """
    if path.suffix.lower() not in (".safetensors", ".pt", ".pth"):
        raise ModelError(
            "The weights file {} must end in .safetensors, .pt or .pth.", path
        )
    file_hash(path)  # says in one sentence where it cannot be read
    try:
        state = _read_tensors(path)
    except Exception as error:  # a foreign file can make the readers raise anything
        raise ModelError(
            "The weights file {} is damaged or holds more than plain tensors; "
            "download it again or save it as .safetensors.",
            path,
        ) from error
    if not isinstance(state, Mapping):
        raise ModelError("The weights file {} has no weights with names.", path)
    return state


def _read_tensors(path: Path) -> Any:
    if path.suffix.lower() == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        return state["state_dict"]
    return state


def file_hash(path: Path) -> str:
    """Compute the SHA-256 of a weights file.

    Raises
    ------
    ModelError
        Where it cannot be read.
    """
    try:
        state = path.stat()
        return _hash_of(str(path), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise ModelError(
            "The weights file {} cannot be read ({}); correct its path in the "
            "settings, or reinstall skelseg if it is a bundled one.",
            path,
            error.strerror,
        ) from error


@functools.lru_cache(maxsize=8)
def _hash_of(path: str, size: int, mtime_ns: int) -> str:
    # Size and time are arguments only so that a changed file misses the cache.
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
