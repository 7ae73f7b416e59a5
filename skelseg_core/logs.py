"""The log of the program in a file on this computer, and the stacks of a crash.

All windows and commands of a user share ``logs/skelseg.log`` in `state_folder`; each
line names the process that wrote it. Nothing is sent anywhere.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from pathlib import Path
from typing import Any

from skelseg_core.errors import SkelsegError
from skelseg_core.user_folders import state_folder

MAX_BYTES = 1 << 20
"""Size of the log from which on a new file is begun."""
KEPT = 3
"""Number of older log files, of `MAX_BYTES` each, that are kept."""
DEBUG = "SKELSEG_DEBUG"
"""Environment variable; where it is set, tracebacks are printed as well."""
SENTENCE = "sentence"
"""Attribute of a log record: the sentence that a window shows about it."""
OURS = ("app", "skelseg_core", "Qt")
"""Loggers whose errors are this program's; others are of libraries."""
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
_WHOLE = 3
"""Records of one fault that `Repeats` passes before it thins them out."""
_MOST_KEYS = 1000
"""Different faults that `Repeats` counts; more are taken for one."""


def log_folder() -> Path:
    """Return the folder of the log and of the stacks of a crash."""
    return state_folder() / "logs"


def log_file() -> Path:
    """Return the path of the current log."""
    return log_folder() / "skelseg.log"


def crash_file() -> Path:
    """Return the file for the stacks of all threads when the process crashes."""
    return log_folder() / "crash.log"


class LogFile(logging.FileHandler):
    """Log handler that several processes may share; it never raises.

    ``failed`` is True where the last record could not be written.
    """

    # `logging.handlers` rotates too, but not among processes, and its import costs more
    # than all that the window does for its log at the start.

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True)
        self.failed = False
        self.setFormatter(logging.Formatter(_FORMAT))
        self.addFilter(Repeats())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record into the file that has the name now."""
        self.failed = False
        try:
            if self.stream is None:
                os.makedirs(os.path.dirname(self.baseFilename), exist_ok=True)
            elif self._followed() > MAX_BYTES:
                self._rotate()
            super().emit(record)
        except OSError:
            self.handleError(record)

    def _followed(self) -> int:
        """Return the size of the file; reopen it if another process renamed it."""
        try:
            there = os.stat(self.baseFilename)
        except FileNotFoundError:
            self._let_go()
            return 0
        if self.stream is None:
            return 0
        if not os.path.samestat(there, os.fstat(self.stream.fileno())):
            self._let_go()
            return 0
        return there.st_size

    def _let_go(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def _rotate(self) -> None:
        """Begin a new file; where the old one cannot be renamed it goes on."""
        from skelseg_core.files import locked

        path = Path(self.baseFilename)
        try:
            # Without a lock two processes would rename each other's files.
            with locked(path.with_suffix(".lock"), "a rotation"):
                if self._followed() > MAX_BYTES:
                    self._let_go()
                    for n in range(KEPT, 0, -1):
                        older = path.with_name(
                            f"{path.name}.{n - 1}" if n > 1 else path.name
                        )
                        if older.exists():
                            os.replace(older, path.with_name(f"{path.name}.{n}"))
        except (OSError, SkelsegError):
            # Windows refuses to rename a file that another process has open.
            return

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without the record: a full disk must not be a second fault."""
        self.failed = True


class Repeats(logging.Filter):
    """Filter that passes the first records of a fault, then each tenth power."""

    def __init__(self) -> None:
        super().__init__()
        self._times: dict[tuple[Any, ...], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether this record is written."""
        if record.levelno < logging.WARNING:
            return True
        key = fault_key(record)
        if len(self._times) > _MOST_KEYS:
            self._times.clear()
        times = self._times[key] = self._times.get(key, 0) + 1
        return times <= _WHOLE or str(times).strip("0") == "1"


class _Brief(logging.Formatter):
    """Formatter for a terminal: one line, and a traceback only where `DEBUG` is set."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if not record.exc_info:
            # What another process printed before it died is for the log.
            brief = "" if os.environ.get(DEBUG) else getattr(record, SENTENCE, "")
            return str(brief) or text
        if record.levelno >= logging.ERROR:
            text = f"Error: something went wrong ({text}); the details are in "
            text += f"{log_file()}."
        if os.environ.get(DEBUG):
            text += "\n" + self.formatException(record.exc_info)
        return text


def fault_key(record: logging.LogRecord) -> tuple[Any, ...]:
    """Make the key of a fault: its exception and place, or its words."""
    if not record.exc_info or record.exc_info[1] is None:
        return record.name, record.getMessage()
    kind, _, trace = record.exc_info
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return kind, record.getMessage()
    return kind, trace.tb_frame.f_code.co_filename, trace.tb_lineno


def start_logging() -> LogFile:
    """Write records to the log, and warnings and errors to the terminal too.

    Called again, it begins anew.

    Returns
    -------
    LogFile
        Says whether the last record was written.
    """
    handler = LogFile(log_file())
    root = logging.getLogger()
    for old in [h for h in root.handlers if _is_ours(h)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    if sys.stderr is not None:
        printed = logging.StreamHandler(sys.stderr)
        printed.setLevel(logging.WARNING)
        printed.setFormatter(_Brief())
        printed.addFilter(Repeats())
        root.addHandler(printed)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    return handler


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler, LogFile) or isinstance(handler.formatter, _Brief)


def keep_crashes() -> None:
    """Let Python write the stacks of all threads to `crash_file` when it crashes.

    Where the file cannot be made the stacks go to the terminal, if there is one.
    """
    try:
        crash_file().parent.mkdir(parents=True, exist_ok=True)
        large = crash_file().exists() and crash_file().stat().st_size > MAX_BYTES
        # Stays open until the process ends: Python writes to it in a crash.
        stream = open(crash_file(), "wb" if large else "ab")  # noqa: SIM115
        faulthandler.enable(stream)
    except OSError:
        if sys.stderr is not None:
            faulthandler.enable()
