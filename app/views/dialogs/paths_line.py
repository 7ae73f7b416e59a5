"""Line for the paths of files: typed, pasted from a file manager, dropped or chosen."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit

BETWEEN = "; "
_BETWEEN = re.compile("[;\n\r\u2028]+")


class PathsLine(QLineEdit):
    """Line that shows the whole paths of some files, and takes them as text.

    Attributes
    ----------
    taken : Signal
        The paths are others than before, and nobody types any more.
    """

    taken = Signal()
    _text = _shown = ""
    _chosen: tuple[Path, ...] = ()

    @property
    def paths(self) -> list[Path]:
        """The paths as they stand in the line, each once."""
        if self.text() == self._shown:
            return list(self._chosen)  # whatever stands in their names
        parts = (part.strip().strip("\"'") for part in _BETWEEN.split(self.text()))
        return list(dict.fromkeys(_path(part) for part in parts if part))

    @paths.setter
    def paths(self, paths: Sequence[Path]) -> None:
        self._chosen, self._shown = tuple(paths), BETWEEN.join(map(str, paths))
        self.setText(self._shown)
        self.setCursorPosition(0)
        self.take()

    def take(self) -> bool:
        """Tell of paths that were typed; return whether there are new ones."""
        before, self._text = self._text, self.text()
        if self._text != before:
            self.taken.emit()
        return self._text != before

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # Whoever goes to a file manager for another path is not done.
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.take()


def _path(text: str) -> Path:
    """Make a path of what a person, a shell or a file manager writes for one."""
    url = QUrl(text)
    # Path.expanduser raises where a name begins with "~" and nobody is called so.
    return Path(os.path.expanduser(url.toLocalFile() if url.isLocalFile() else text))
