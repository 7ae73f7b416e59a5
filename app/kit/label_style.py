"""Colours, fonts and number formats of labels, from palette and label map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QWidget

from app.kit import theme
from app.kit.plural import plural
from app.kit.short_name import ShortName, short_names
from skelseg_core.labels.classes import LabelMap

BADGE_PX = 16.0
HATCH_PX = 8
"""Period in pixels of the hatching of a model's boxes."""
MIN_CONTRAST = 1.8
"""Contrast of a colour with the gap beside it below which it gets an outline."""
FILL, _READABLE = 0.6, 4.5
"""Share of a class colour in a box, and the contrast with the words that limits it."""
_DARK_TEXT, _LIGHT_TEXT = QColor("#000000"), QColor("#ffffff")
# Colours past the first seven are hard to tell apart: where no name fits they get a
# texture as well, so that colour is never the only difference.
_PLAIN = 7
_TEXTURES = (
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.Dense6Pattern,
    Qt.BrushStyle.CrossPattern,
    Qt.BrushStyle.VerPattern,
)


@dataclass(frozen=True, eq=False)
class Style:
    """Greys, accent and the two font sizes; ``shades`` go from well to text (256,)."""

    surface: QColor
    well: QColor
    line: QColor
    text: QColor
    dim: QColor
    accent: QColor
    on_accent: QColor
    dark: bool
    font: QFont
    small: QFont
    shades: np.ndarray


def style_of(widget: QWidget) -> Style:
    """Return the style for a widget's palette and font."""
    palette, role = widget.palette(), QPalette.ColorRole
    surface = palette.color(role.Window)
    dark = surface.lightness() < 128
    strong = theme.current().stroke_px > 1
    small = QFont(widget.font())
    small.setPointSizeF(max(6.0, widget.font().pointSizeF() * theme.SMALL))
    text = palette.color(role.WindowText)
    well = blend(surface, QColor("black"), 0.24 if dark else 0.06)
    shades = [blend(well, text, i / 255).rgb() for i in range(256)]
    return Style(
        surface=surface,
        well=well,
        line=blend(surface, text, 0.75 if strong else 0.26),
        text=text,
        dim=blend(surface, text, 0.9 if strong else 0.7),
        accent=palette.color(role.Highlight),
        on_accent=palette.color(role.HighlightedText),
        dark=dark,
        font=widget.font(),
        small=small,
        shades=np.array(shades, np.uint32),
    )


@dataclass(frozen=True)
class ClassColor:
    """Colours and texts of one class: ``fill`` for a person's, ``hatch`` for a model's.

    Both are dimmer than ``solid``, the colour of the class, so that words in the usual
    colour can be read on them.
    """

    name: str
    key: str
    short: ShortName
    solid: QColor
    fill: QColor
    light: QColor
    hatch: QBrush
    name_px: float
    texture: QBrush | None
    edge: QColor | None

    @property
    def badge_px(self) -> float:
        """Width of the badge of the key; 0 without a key."""
        return BADGE_PX + 7 * (len(self.key) - 1) if self.key else 0.0


PEOPLE = (
    *("#ff5cc8", "#a6e22e", "#a78bfa", "#ffe14d", "#2dd4a7", "#ff6b5e"),
    *("#7db4ff", "#d9a066", "#d0d4d8"),
)
"""Colours of the people of a video, in their order."""


def person_color(place: int) -> str:
    """Return the colour of the person at a place among those of a video."""
    return PEOPLE[place % len(PEOPLE)]


@dataclass(frozen=True, eq=False)
class ClassColors:
    """Colours of all classes by index, and the same as colour tables for rasters."""

    classes: tuple[ClassColor, ...]
    solid: np.ndarray
    fill: np.ndarray
    light: np.ndarray
    band: QColor
    band_hatch: QBrush
    """Grey of what a person left undecided, and the same with lines."""


def class_colors_of(label_map: LabelMap, style: Style) -> ClassColors:
    """Return the colours of a label map; the last entry of a table is "unlabelled"."""
    metrics = QFontMetricsF(style.font)
    short = short_names(tuple(c.name for c in label_map.classes))
    class_colors = []
    for index, item in enumerate(label_map.classes):
        solid = QColor(item.color)
        share = _fill_share(solid, style)
        light = blend(style.well, solid, 0.55 * share)
        fill = blend(style.well, solid, share)
        pattern = _TEXTURES[index % len(_TEXTURES)]
        class_colors.append(
            ClassColor(
                name=item.name,
                key=item.key.replace("Shift+", "\u21e7"),
                short=short[index],
                solid=solid,
                fill=fill,
                light=light,
                hatch=_hatch(light, fill),
                name_px=metrics.horizontalAdvance(item.name),
                texture=None
                if index < _PLAIN
                else QBrush(with_alpha(style.text, 0.34), pattern),
                edge=_edge(solid, style),
            )
        )
    well = style.well.rgb()
    band = blend(style.well, style.text, 0.18)
    return ClassColors(
        tuple(class_colors),
        np.array([*(i.solid.rgb() for i in class_colors), well], np.uint32),
        np.array([*(i.fill.rgb() for i in class_colors), well], np.uint32),
        np.array([*(i.light.rgb() for i in class_colors), well], np.uint32),
        band,
        _hatch(band, blend(style.well, style.text, 0.5)),
    )


def _fill_share(solid: QColor, style: Style) -> float:
    """Return how much of a colour a box takes, so that its words can be read."""
    shares = (FILL - i * 0.02 for i in range(26))
    return next(
        (s for s in shares if _contrast(blend(style.well, solid, s), style.text)), 0.08
    )


def _contrast(ground: QColor, text: QColor) -> bool:
    low, high = sorted((luminance(ground) + 0.05, luminance(text) + 0.05))
    return high / low >= _READABLE


def _edge(solid: QColor, style: Style) -> QColor | None:
    """Return an outline for a colour that is too similar to the gap beside it."""
    bright, dark = sorted((luminance(solid), luminance(style.well)), reverse=True)
    if (bright + 0.05) / (dark + 0.05) >= MIN_CONTRAST:
        return None
    return blend(solid, style.text, 0.5)


def _hatch(ground: QColor, colour: QColor) -> QBrush:
    """Return diagonal lines, smoother and wider apart than Qt's own pattern."""
    size = HATCH_PX
    tile = QImage(size, size, QImage.Format.Format_RGB32)
    tile.fill(ground)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.6))
    for shift in (-size, 0, size):
        painter.drawLine(QLineF(shift - 1, size + 1, shift + size + 1, -1))
    painter.end()
    return QBrush(tile)


def blend(a: QColor, b: QColor, share: float) -> QColor:
    """Mix ``a`` with a share 0..1 of ``b``."""
    return QColor(_blended(a.rgb(), b.rgb(), share))


@lru_cache(maxsize=256)
def _blended(a: int, b: int, share: float) -> QColor:
    low, high = QColor(a).getRgbF(), QColor(b).getRgbF()
    mixed = (x + (y - x) * share for x, y in zip(low[:3], high[:3], strict=True))  # type: ignore[index]
    return QColor.fromRgbF(*mixed)


def with_alpha(colour: QColor, alpha: float) -> QColor:
    """Return the colour with another opacity, 0 invisible to 1 opaque."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def luminance(colour: QColor) -> float:
    """Return the relative luminance of WCAG, 0..1."""
    parts = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def text_on(fill: QColor) -> QColor:
    """Return black or white, whichever contrasts more: at least 4.5:1 on any colour."""
    light = luminance(fill) + 0.05
    dark_contrast = light / (luminance(_DARK_TEXT) + 0.05)
    return _DARK_TEXT if dark_contrast >= 1.05 / light else _LIGHT_TEXT


def percent(share: float) -> str:
    """Format a share so that rounding never claims that all, or nothing, is done."""
    if 0 < share < 0.01:
        return "< 1 %"
    return f"{100 if share >= 1 else min(99, int(share * 100))} %"


def clock(seconds: float, millis: bool = True) -> str:
    """Format seconds as ``m:ss.mmm``, or ``m:ss``."""
    total = round(max(0.0, seconds) * 1000)
    minutes, rest = divmod(total, 60_000)
    if millis:
        return f"{minutes:,}:{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{minutes:,}:{rest // 1000:02d}"


def frames_text(count: int) -> str:
    """Word a number of frames: ``1 frame``, ``1,204 frames``."""
    return plural("{n} frame(s)", count)
