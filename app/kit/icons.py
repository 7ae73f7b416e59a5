"""Icons: one set, one size, in the colours of the scheme that is on."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QLineF, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QIcon,
    QIconEngine,
    QPainter,
    QPen,
    QPixmap,
)

from app.kit import theme

SIZE = 18
"""Side of an icon in px; its strokes are drawn for multiples of 6."""


@lru_cache(maxsize=1)
def _font() -> tuple[str, dict[str, int]]:
    """Family of "Material Design Icons" 6, and where in it each name is.

    They come with qtawesome, whose import alone would hold the window up for 0.15 s.
    """
    spec = find_spec("qtawesome")
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        fonts = Path(folder, "fonts")
        for file in fonts.glob("materialdesignicons6-webfont-[0-9]*.ttf"):
            names = next(fonts.glob("materialdesignicons6-webfont-charmap-*.json"))
            loaded = QFontDatabase.addApplicationFont(str(file))
            family = QFontDatabase.applicationFontFamilies(loaded)[0]
            places = json.loads(names.read_bytes())
            return family, {name: int(place, 16) for name, place in places.items()}
    raise FileNotFoundError("the icons of qtawesome are not installed")


def paint(
    painter: QPainter, name: str, rect: QRectF, colour: QColor, size: float = SIZE
) -> None:
    """Paint an icon in the middle of a rectangle."""
    family, places = _font()
    font = QFont(family)
    font.setPixelSize(round(size))
    painter.save()
    painter.setFont(font)
    painter.setPen(colour)
    centre = int(Qt.AlignmentFlag.AlignCenter)
    painter.drawText(rect, centre, chr(places[name]))
    painter.restore()


class _Engine(QIconEngine):
    """Paints a glyph anew each time, so that it follows the scheme."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        return _Engine(self._name)

    def paint(
        self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        colours = theme.current()
        disabled = mode == QIcon.Mode.Disabled
        # Lines are faint where they only part surfaces, and as strong as words where
        # contrast is wanted.
        faint = theme.faded(colours) if colours.stroke_px > 1 else colours.line
        colour = faint if disabled else colours.text
        side = min(rect.width(), rect.height())
        paint(painter, self._name, QRectF(rect), QColor(colour), side)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made


def program_icon() -> QIcon:
    """What the desktop shows for the window: a figure over three segments."""
    made = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(side / 32, side / 32)
        _paint_program(painter)
        painter.end()
        made.addPixmap(pixmap)
    return made


def _paint_program(painter: QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.DARK.panel))
    painter.drawRoundedRect(QRectF(0, 0, 32, 32), 6, 6)
    for x, width, colour in (
        (4, 9, "#56b4e9"),
        (14, 5, "#e69f00"),
        (20, 8, "#009e73"),
    ):
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(x, 24, width, 4), 1, 1)
    pen = QPen(QColor(theme.DARK.text), 2.2)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for line in ((16, 9, 16, 15), (9, 8, 16, 10), (16, 10, 23, 6), (16, 15, 11, 21),
                 (16, 15, 21, 21)):  # fmt: skip
        painter.drawLine(QLineF(*line))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.DARK.text))
    painter.drawEllipse(QPointF(16, 5), 2.6, 2.6)


def icon(name: str) -> QIcon:
    """An icon by its name in the set, such as ``"undo"``.

    See https://pictogrammers.com/library/mdi for all of them.
    """
    return QIcon(_Engine(name))
