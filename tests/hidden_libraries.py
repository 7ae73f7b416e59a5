"""Run a program where libraries of the system are missing.

``python tests/hidden_libraries.py NAME... -- COMMAND...`` makes a namespace of mounts
of its own, in which an empty file lies over each library, and runs the command there.
It needs Linux, and leave to make namespaces (root, or users' namespaces).
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from pathlib import Path

NEWUSER, NEWNS = 0x10000000, 0x00020000
PRIVATE, BIND = 0x44000, 0x1000


def hide(libraries: list[str]) -> None:
    """Hide libraries, by the names by which programs load them, from this process."""
    places = [_place(name) for name in libraries]
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEWNS) != 0:
        if libc.unshare(NEWUSER | NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "no namespace of mounts can be made")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    mounts: list[tuple[bytes, bytes, int]] = [(b"none", b"/", PRIVATE)]
    with tempfile.NamedTemporaryFile() as empty:
        mounts += [(empty.name.encode(), p.encode(), BIND) for p in places]
        for source, target, how in mounts:
            if libc.mount(source, target, None, how, None) != 0:
                raise OSError(ctypes.get_errno(), f"nothing lies over {target!r}")


def _place(library: str) -> str:
    """Find the file of a library as the system's loader does."""
    ctypes.CDLL(library)
    stem = library.partition(".so")[0]
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.rpartition(" ")[2]
        if Path(path).name.startswith(f"{stem}.so"):
            return path
    raise FileNotFoundError(library)


def main() -> None:
    at = sys.argv.index("--")
    command = sys.argv[at + 1 :]
    try:
        hide(sys.argv[1:at])
    except OSError as error:
        sys.exit(f"cannot hide libraries: {error}")
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
