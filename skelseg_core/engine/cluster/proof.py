"""Proof of a worker, before its first task, that it is what the run takes it for."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from skelseg_core import __version__
from skelseg_core.errors import SkelsegError
from skelseg_core.files import resource

SHOWN_S = 10.0
"""Seconds after which a disk shows on one computer what another wrote."""
_LOOK_S = 0.2
"""Seconds between two looks."""
_SHOWN_CHARACTERS = 8
"""Of a hash in a sentence."""


@dataclass(frozen=True)
class Proof:
    """Proof that a worker has what is here: code, networks, and the project.

    Parameters
    ----------
    code, models : str
        As `code_key` and `models_key` give them.
    seen : tuple of str
        Paths that are there.
    same : tuple of (str, str)
        Paths of files, and their hashes.
    """

    code: str
    models: str
    seen: tuple[str, ...] = ()
    same: tuple[tuple[str, str], ...] = ()


def proof_of(seen: Sequence[Path] = (), same: Sequence[Path] = ()) -> Proof:
    """Make the proof that is asked of workers, by what is here.

    Parameters
    ----------
    seen, same : sequence of Path
        As `queued_task.Workers.prove` says.
    """
    hashes = tuple((str(path), _hash([path])) for path in same)
    return Proof(code_key(), models_key(), tuple(map(str, seen)), hashes)


def unfit(proof: Proof, worker: str) -> str:
    """Word what a worker lacks; empty where it lacks nothing.

    Parameters
    ----------
    proof : Proof
    worker : str
        Its name.
    """
    try:
        _check(proof, worker)
    except SkelsegError as error:
        return str(error)
    return ""


def _check(proof: Proof, worker: str) -> None:
    if proof.code != code_key():
        raise SkelsegError(
            "The worker {} has another skelseg (its code is {}, here {}); install the "
            "same on both, and start the worker again.",
            worker,
            code_key()[-_SHOWN_CHARACTERS:],
            proof.code[-_SHOWN_CHARACTERS:],
        )
    if proof.models != models_key():
        raise SkelsegError(
            "The worker {} has other bundled models; install the same skelseg there, "
            "and start it again.",
            worker,
        )
    for path in (*proof.seen, *dict(proof.same)):
        if not _is_seen(Path(path)):
            raise SkelsegError(
                "The worker {} does not see {}; the project has to lie on a disk that "
                "all workers see, under this path.",
                worker,
                path,
            )
    for path, expected in proof.same:
        if _hash([Path(path)]) != expected:
            raise SkelsegError(
                "The worker {} sees another {} than is here; the project has to lie "
                "on a disk that all workers see, under this path.",
                worker,
                path,
            )


def _is_seen(path: Path) -> bool:
    """Tell whether a path is there, or comes to be."""
    until_s = time.monotonic() + SHOWN_S
    while not path.exists():
        if time.monotonic() > until_s:
            return False
        time.sleep(_LOOK_S)
    return True


@cache
def code_key() -> str:
    """Compute what tells this code from every other: its version, and a hash of it."""
    package = Path(__file__).resolve().parents[2]
    return f"{__version__}-{_hash(package.rglob('*.py'))}"


@cache
def models_key() -> str:
    """Compute a hash of the bundled networks."""
    return _hash(resource("models").glob("*.onnx"))


def _hash(paths: Iterable[Path]) -> str:
    """Hash the contents of files, in the order of their names."""
    sha = hashlib.sha256()
    for path in sorted(paths):
        sha.update(hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()
