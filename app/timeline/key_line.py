"""A line of keys below the lanes; each goes when it was used ten times."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from app.kit.label_style import Style
from app.kit.language import tr
from app.kit.settings import Settings

CLASS = "class"
"""Stands for the keys of all classes."""
KNOWN = 10
"""Uses of a key after which it is not shown any more."""
LINES = (
    (("play",), "play"),
    ((CLASS,), "label"),
    (("in", "out"), "range"),
    (("trim-start", "trim-stop"), "ends"),
    (("split",), "split"),
    (("fill-example",), "fill in the rest"),
    (("undo",), "undo"),
)
"""Commands in the order of the line, and a word for what they do."""
KEYS_PX, BETWEEN_PX, GAP_PX = 24, 6, 12


class KeyLine:
    """Count the uses of keys, and paint those that are not known yet."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._uses = settings.key_uses
        self._texts: tuple[object, list[tuple[str, str]]] = None, []

    def use(self, command_id: str) -> bool:
        """Count a use; return True if the key goes from the line by it."""
        if not any(command_id in ids for ids, _ in LINES):
            return False
        uses = self._uses.get(command_id, 0) + 1
        if uses <= KNOWN:
            self._uses = self._settings.key_uses = {**self._uses, command_id: uses}
        return uses == KNOWN

    def texts(self, key_of: Callable[[str], str]) -> list[tuple[str, str]]:
        """Return the keys to show, and what they do."""
        made_from = key_of, self._uses
        if self._texts[0] == made_from:
            return self._texts[1]
        found = []
        for ids, does in LINES:
            keys = (
                "1–9" if ids == (CLASS,) else " ".join(filter(None, map(key_of, ids)))
            )
            if keys and any(self._uses.get(i, 0) < KNOWN for i in ids):
                found.append((keys, tr(does)))
        self._texts = made_from, found
        return found

    def paint(
        self,
        painter: QPainter,
        area: QRectF,
        style: Style,
        key_of: Callable[[str], str],
    ) -> None:
        """Paint as many of the keys as there is room for."""
        painter.setFont(style.font)
        width_of, x = painter.fontMetrics().horizontalAdvance, area.left()
        for keys, does in self.texts(key_of):
            if x + width_of(keys) + width_of(does) + BETWEEN_PX > area.right():
                return
            for text, colour in ((keys, style.text), (does, style.dim)):
                painter.setPen(colour)
                box = QRectF(x, area.top(), width_of(text) + 2, area.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
                x += width_of(text) + BETWEEN_PX
            x += GAP_PX
