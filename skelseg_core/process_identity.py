"""Process identity: know again the computer and a process that a file names.

A process id alone says little: it is given to another process soon after. Together with
the moment at which the process began it is nobody else's.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from functools import cache
from pathlib import Path

HIDDEN = "?"
"""Start of a process that another user runs and hides."""


@cache
def computer_name() -> str:
    """Return the name of this computer, as people call it."""
    return socket.gethostname() or "?"


@cache
def computer_id() -> str:
    """Compute what tells this computer from others, even of the same name.

    Processes in a container have another id than those outside: they cannot see one
    another, and so cannot tell whether the other one runs.
    """
    parts = (computer_name(), _installation(), _namespace())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def process_start(pid: int) -> str:
    """Look up when a process began, as text to compare; empty where none runs.

    On Linux it names the boot too, so that a process of before it is another. It is
    `HIDDEN` where a process runs and this user may not know more.
    """
    if pid <= 0:
        return ""
    if os.path.exists("/proc/self/stat"):
        return _start_on_linux(pid)
    return _start_elsewhere(pid)


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _installation() -> str:
    """Return the id that the operating system was given when it was installed."""
    if sys.platform == "win32":
        import winreg

        place = r"SOFTWARE\Microsoft\Cryptography"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
                return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        except OSError:
            return ""
    else:
        return _text("/etc/machine-id")


def _namespace() -> str:
    """Return which processes this one can see, on Linux."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _start_on_linux(pid: int) -> str:
    # The name of the program stands in brackets and may hold any character.
    _, _, rest = _text(f"/proc/{pid}/stat").rpartition(")")
    fields = rest.split()
    if not fields:
        return _hidden(pid)
    if len(fields) < 20 or fields[0] in "ZX":
        return ""  # it has ended and was not yet waited for
    return f"{_text('/proc/sys/kernel/random/boot_id')}/{fields[19]}"


def _hidden(pid: int) -> str:
    """Ask for a process that cannot be looked at."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except (OSError, OverflowError):
        pass
    return HIDDEN


def _start_elsewhere(pid: int) -> str:
    import psutil

    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return "" if ended else str(process.create_time())
    except psutil.NoSuchProcess:
        return ""
    except psutil.AccessDenied:
        return HIDDEN
