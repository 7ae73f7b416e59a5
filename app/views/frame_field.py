"""The field with the frame number; type a frame or a time to go there.

How times and frames are written and parsed in the whole window is defined here.
"""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from skelseg_core.errors import EditError
from skelseg_core.video.times import FrameTimes

_FRAME = re.compile(r"\d+|\d{1,3}(?:,\d{3})+")
_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?) *s?")


def find_frame(text: str, times: FrameTimes) -> int:
    """Parse a frame or time: ``1234``, ``1,234``, ``1:02.5`` or ``62.5 s``.

    Parameters
    ----------
    text : str
    times : FrameTimes

    Raises
    ------
    EditError
        For a text that is neither, or a place after the last frame.
    """
    text, last = text.strip(), times.n_frames - 1
    if _FRAME.fullmatch(text):
        frame = int(text.replace(",", ""))
        if frame > last:
            raise EditError(
                "There is no frame {:,}. The last one is {:,}.", frame, last
            )
        return frame
    found = _TIME.fullmatch(text)
    if not found:
        raise EditError("'{}' is not a frame or a time. Write 1234 or 1:02.5.", text)
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    wanted = 3600 * hours + 60 * minutes + seconds
    begins = times.start_s(last)
    if wanted > begins and wanted >= times.duration_s:
        raise EditError(
            "The video ends before {}. Its last frame begins at {:.3f} s.", text, begins
        )
    # Times are written in whole milliseconds, while frames begin between them.
    return times.frame_at(wanted + 0.0005)


def time_text(seconds: float) -> str:
    """Format seconds as ``m:ss.mmm``, from an hour on as ``h:mm:ss.mmm``."""
    ms = round(seconds * 1000)
    minutes, ms = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{ms // 1000:02d}.{ms % 1000:03d}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


class FrameField(QLineEdit):
    """Show the frame number; a click or its key lets a person type another."""

    entered = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""
        self.setFrame(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setStyleSheet(
            "QLineEdit { background: transparent; padding: 2px 4px;"
            " border-color: transparent; }"
            "QLineEdit:hover { border-color: palette(mid); }"
            "QLineEdit:focus { background: palette(base);"
            " border-color: palette(highlight); }"
        )
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("0,000,000") + 16)
        self.setToolTip("Frame. Type a frame or a time to go there")
        self.setAccessibleName(self.tr("Go to frame or time"))
        self.returnPressed.connect(self._on_return)

    def show_number(self, text: str) -> None:
        """Show a number, unless somebody is typing."""
        self._shown = text
        if not self.hasFocus() and text != self.text():
            self.setText(text)

    def _on_return(self) -> None:
        text = self.text()
        self.left.emit()
        self.entered.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.deselect()
        self.setText(self._shown)
