"""Exposure: the picture brightened for the eye, by a table from byte to byte."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from app.playback.player import FramePicture
from app.state.session import Exposure

STEEPEST = 4.0
"""How many times as steep the full contrast is."""


@lru_cache(maxsize=4)
def table(exposure: Exposure) -> bytes:
    """What becomes of each of the 256 values of a colour."""
    value = np.linspace(0.0, 1.0, 256) ** (1.0 / exposure.gamma)
    value = (value - 0.5) * STEEPEST**exposure.contrast + 0.5 + exposure.brightness
    return bytes(np.rint(np.clip(value, 0.0, 1.0) * 255).astype(np.uint8))


def words(exposure: Exposure) -> str:
    """What is said of a picture that is not shown as it is."""
    if exposure == Exposure():
        return ""
    lighter = sum(table(exposure)) - sum(range(256))
    # Contrast takes from one half what it gives to the other, but for rounding.
    if abs(lighter) <= 256:
        return _tr("Contrast changed")
    return _tr("Picture brightened") if lighter > 0 else _tr("Picture darkened")


class ExposureFilter:
    """Keeps the last picture as it was developed: it is painted more than once."""

    def __init__(self) -> None:
        self._last: tuple[FramePicture, Exposure, QImage, np.ndarray] | None = None

    def develop(self, picture: FramePicture, exposure: Exposure) -> QImage:
        """The picture in this exposure; the very same where nothing is changed."""
        if exposure == Exposure():
            self._last = None
            return picture.image
        last = self._last
        if last is None or last[0] is not picture or last[1] != exposure:
            last = self._last = (picture, exposure, *_looked_up(picture, exposure))
        return last[2]


def _looked_up(picture: FramePicture, exposure: Exposure) -> tuple[QImage, np.ndarray]:
    # Four times as fast as indexing: nothing is widened to 8 bytes on the way.
    changed = bytearray(picture.pixels.data).translate(table(exposure))
    height, width = picture.image.height(), picture.image.width()
    pixels = np.frombuffer(changed, np.uint8).reshape(height, width, 4)
    if changed[3] != 255:  # the table takes alpha for a colour
        pixels[..., 3] = 255
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return image, pixels


def _tr(text: str) -> str:
    return QCoreApplication.translate("VideoView", text)
