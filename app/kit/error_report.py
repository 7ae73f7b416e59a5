"""Log unexpected exceptions and tell them in the message bar of the window."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QAction

from app.kit.language import in_language, tr
from app.kit.plural import plural
from skelseg_core.errors import SkelsegError
from skelseg_core.logs import OURS, SENTENCE

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("Qt")
FLOOD_S = 5.0
"""Seconds within which an error that comes again is not shown again once closed."""
_LEVELS = {
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class ErrorBar(Protocol):
    """Show faults in a message bar; the open window does."""

    def warn(self, text: str, helps: QAction | None = None, of: str = "") -> bool:
        """Show a warning, in place of the warning ``of``; False where it cannot be."""

    def says(self, text: str) -> bool:
        """Tell whether a message is shown in the bar or waits behind another."""


class ErrorReporter(QObject):
    """Tell errors of the log to the user, one message for each kind, with its count.

    ``window`` gives what can show them now. Hooks are set by `install` alone: where
    they are not, in tests, exceptions go where they went.
    """

    came = Signal(str, str)  # sentence, details

    def __init__(self, window: Callable[[], ErrorBar | None]) -> None:
        super().__init__()
        self._window = window
        self.times: dict[str, int] = {}
        self._last_s: dict[str, float] = {}
        self._told: dict[str, str] = {}
        self.waiting: dict[str, None] = {}
        self.details = ""
        self.copy = QAction(self.tr("Copy details"), self)
        self.copy.setToolTip(
            self.tr("Copy what went wrong, the versions and the end of the log")
        )
        self.copy.triggered.connect(self._on_copy)
        # Never at once: it may come from the midst of painting, or of a thread.
        self.came.connect(self._on_came, Qt.ConnectionType.QueuedConnection)
        self._handler = _FaultHandler(self.came.emit)

    # -- hooks ----------------------------------------------------------------------

    def install(self) -> None:
        """Catch exceptions of slots and threads, messages of Qt and logged errors."""
        logging.getLogger().addHandler(self._handler)
        before = sys.excepthook, threading.excepthook
        sys.excepthook = log_exception
        threading.excepthook = lambda a: log_exception(
            a.exc_type, a.exc_value or a.exc_type(), a.exc_traceback
        )
        self._before = (*before, qInstallMessageHandler(_on_qt_message))

    def remove(self) -> None:
        """Remove the hooks that `install` set."""
        logging.getLogger().removeHandler(self._handler)
        sys.excepthook, threading.excepthook, qt = self._before
        qInstallMessageHandler(qt)

    # -- telling --------------------------------------------------------------------

    def tell_waiting(self) -> None:
        """Show the errors that came before there was a window."""
        waiting, self.waiting = self.waiting, {}
        for sentence in waiting:
            self._tell(sentence)

    def _on_came(self, sentence: str, details: str) -> None:
        # An error in here would be logged and come back here without end.
        try:
            self.details = details
            self.times[sentence] = self.times.get(sentence, 0) + 1
            self._tell(sentence)
        except Exception:
            _log.exception("an error could not be shown", extra={SENTENCE: None})

    def _tell(self, sentence: str) -> None:
        window, now = self._window(), time.monotonic()
        old, since = self._told.get(sentence, ""), self._last_s.get(sentence, now)
        self._last_s[sentence] = now
        if window is None:
            self.waiting[sentence] = None
            return
        if old and not window.says(old) and now - since < FLOOD_S:
            return
        text, times = sentence, self.times[sentence]
        if times > 1:
            text = "{sentence} (It happened {n} time(s).)"
            text = plural(text, times, sentence=sentence)
        if window.warn(text, self.copy, old):
            self._told[sentence] = text
        else:
            self.waiting[sentence] = None

    def _on_copy(self) -> None:
        # Imported here: looking up versions is rarely needed, and never at the start.
        from app.kit.problem_details import copy_details

        copy_details(self.details)


class _FaultHandler(logging.Handler):
    """Hand on the errors of this program's own loggers."""

    def __init__(self, hand_on: Callable[[str, str], None]) -> None:
        super().__init__(logging.ERROR)
        self._hand_on = hand_on
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        sentence = getattr(record, SENTENCE, something_wrong())
        if sentence is None or record.name.partition(".")[0] not in OURS:
            return
        try:
            self._hand_on(sentence, self.format(record))
        except Exception:
            # The window is gone by now; the log has it.
            return


def something_wrong() -> str:
    """Word the message of an unexpected exception."""
    return tr("Something went wrong. The log has the details.")


def log_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log an exception that nobody caught, with what people are told of it."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sentence = (
        in_language(error) if isinstance(error, SkelsegError) else something_wrong()
    )
    _log.error(
        "%s: %s", kind.__name__, error,
        exc_info=(kind, error, trace), extra={SENTENCE: sentence},
    )  # fmt: skip


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    level = _LEVELS.get(kind, logging.DEBUG)
    category = getattr(context, "category", None) or "default"
    _qt_log.log(level, "%s (%s)", text, category)
