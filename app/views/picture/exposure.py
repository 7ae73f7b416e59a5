"""Change brightness, contrast and gamma of the picture by a table of 256 values."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from app.playback.player import FramePicture
from app.state.session import Exposure

MAX_SLOPE = 4.0
"""Slope of the contrast curve at full contrast."""


@lru_cache(maxsize=4)
def table(exposure: Exposure) -> bytes:
    """Return the new value of each of the 256 values of a colour."""
    value = np.linspace(0.0, 1.0, 256) ** (1.0 / exposure.gamma)
    value = (value - 0.5) * MAX_SLOPE**exposure.contrast + 0.5 + exposure.brightness
    return bytes(np.rint(np.clip(value, 0.0, 1.0) * 255).astype(np.uint8))


def words(exposure: Exposure) -> str:
    """Describe how the picture is changed; empty if it is not."""
    if exposure == Exposure():
        return ""
    lighter = sum(table(exposure)) - sum(range(256))
    # Contrast adds to one half what it takes from the other, apart from rounding.
    if abs(lighter) <= 256:
        return _tr("Contrast changed")
    return _tr("Picture brightened") if lighter > 0 else _tr("Picture darkened")


class ExposureFilter:
    """Apply an exposure, and keep the last result, which is painted more than once."""

    def __init__(self) -> None:
        self._last: tuple[FramePicture, Exposure, QImage, np.ndarray] | None = None

    def apply(self, picture: FramePicture, exposure: Exposure) -> QImage:
        """Return the picture with this exposure; itself if nothing is changed."""
        if exposure == Exposure():
            self._last = None
            return picture.image
        last = self._last
        if last is None or last[0] is not picture or last[1] != exposure:
            last = self._last = (picture, exposure, *_looked_up(picture, exposure))
        return last[2]


def _looked_up(picture: FramePicture, exposure: Exposure) -> tuple[QImage, np.ndarray]:
    # Four times as fast as indexing, which converts to 8 bytes a value.
    changed = bytearray(picture.pixels.data).translate(table(exposure))
    height, width = picture.image.height(), picture.image.width()
    pixels = np.frombuffer(changed, np.uint8).reshape(height, width, 4)
    if changed[3] != 255:  # the table changed alpha as well
        pixels[..., 3] = 255
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return image, pixels


def _tr(text: str) -> str:
    return QCoreApplication.translate("VideoView", text)
