"""Absent content: files of which a data manager has left a pointer here, and no more.

git-annex and DataLad leave a link into ``.git/annex/objects``, or a small text file in
its place; Git LFS leaves a text file.
"""

from __future__ import annotations

import os
from pathlib import Path

_POINTER_BYTES = 32_768
"""Largest file that may be a pointer; git-annex reads no larger one as such."""
_LFS = b"version https://git-lfs.github.com/spec/v1"


def absent_content(path: Path) -> str:
    """Say that the content of a file is not here, and how to get it; else be empty."""
    try:
        if os.path.islink(path) and not os.path.exists(path):
            target = "/" + os.readlink(path).replace("\\", "/")
            inside = "/.git/annex/objects/" in target
            return _sentence(path, "git annex get") if inside else ""
        if not path.is_file() or path.stat().st_size > _POINTER_BYTES:
            return ""
        with path.open("rb") as stream:
            return pointer_sentence(path, stream.read(200))
    except (OSError, ValueError):
        return ""


def pointer_sentence(path: Path, head: bytes) -> str:
    """Say that a file which begins with ``head`` is a pointer; empty where not."""
    first = head.partition(b"\n")[0]
    if first.startswith(b"/annex/objects/"):
        return _sentence(path, "git annex get")
    return _sentence(path, "git lfs pull --include") if first == _LFS else ""


def _sentence(path: Path, command: str) -> str:
    return (
        f"The content of {path} is not here, only a pointer to it; get it in that "
        f'folder with: {command} "{path.name}".'
    )
