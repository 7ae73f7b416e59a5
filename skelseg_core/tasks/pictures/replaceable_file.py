"""Replaceable file: its checksum in it says if anybody changed it.

A comment in it has the checksum of all the rest; players and viewers pass over it. Such
a file is replaced only while its checksum is still the same.
"""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.files import behind_links
from skelseg_core.operating_system import to_disk
from skelseg_core.progress import Progress, Task

_PNG_END = 12
"""Bytes of the last chunk of a PNG file, before which the comment stands."""


def seal(path: Path, suffix: str) -> Task[None]:
    """Seal a new file: ``suffix`` is ``".mp4"``, ``".svg"``, ``".pdf"`` or ``".png"``.

    Its own name may have another ending, as that of a temporary file.
    """
    at = path.stat().st_size - _after(suffix)
    comment = _comment(suffix, (yield from _sha256(path, at, 0)))
    # The file is new, and not in its place yet.
    with path.open("r+b") as stream:
        stream.seek(at)
        end = stream.read()
        stream.seek(at)
        stream.write(comment + end)
        stream.flush()
        to_disk(stream.fileno())


def check_own(path: Path, what: str) -> Task[None]:
    """Refuse to replace a file that was not sealed, or was changed since.

    Parameters
    ----------
    path : Path
    what : str
        What it should be, for the error: ``"video that skelseg rendered"``.

    Raises
    ------
    ProjectError
        Where it is something else.
    """
    target = behind_links(path)
    if not target.exists():
        return
    own = False
    if target.is_file():
        own = yield from _is_sealed(target, path.suffix)
    if not own:
        raise ProjectError(
            "{} exists and is not a {}, or was changed since; choose another name, "
            "or move it away.",
            path,
            what,
        )


def _is_sealed(path: Path, suffix: str) -> Task[bool]:
    length = len(_comment(suffix, "0" * 64))
    at = path.stat().st_size - _after(suffix) - length
    if at < 0:
        return False
    digest = yield from _sha256(path, at, length)
    with path.open("rb") as stream:
        stream.seek(at)
        return stream.read(length) == _comment(suffix, digest)


def _after(suffix: str) -> int:
    return _PNG_END if suffix.lower() == ".png" else 0


def _comment(suffix: str, digest: str) -> bytes:
    text = f"skelseg sha256 {digest}".encode()
    match suffix.lower():
        case ".svg":
            return b"<!-- " + text + b" -->\n"
        case ".pdf":
            return b"% " + text + b"\n"
        case ".png":
            chunk = b"tEXtComment\0" + text
            length, check = len(chunk) - 4, zlib.crc32(chunk)
            return length.to_bytes(4, "big") + chunk + check.to_bytes(4, "big")
    return (8 + len(text)).to_bytes(4, "big") + b"free" + text


def _sha256(path: Path, at: int, n_left_out: int) -> Task[str]:
    """Compute the checksum of a file, without some bytes from ``at`` on."""
    digest, left = hashlib.sha256(), at
    with path.open("rb") as stream:
        while left and (block := stream.read(min(left, 1 << 22))):
            digest.update(block)
            left -= len(block)
            yield Progress("checksum", at - left, at)
        stream.seek(at + n_left_out)
        digest.update(stream.read())
    return digest.hexdigest()
