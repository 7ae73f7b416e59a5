"""Keep the first picture of a project and show it while the program still loads.

The picture is the first frame of the first video, kept when the project is closed.
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.kit import theme
from app.kit.painting import painting

MAX_WIDTH = 1280
"""Width in px to which a picture is scaled down before it is kept."""


class SplashPicture(QWidget):
    """Paint one picture as large as it can be."""

    def __init__(self, picture: QImage | None = None) -> None:
        super().__init__()
        self.picture = picture

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.current().surround)
            if self.picture is not None and not self.picture.isNull():
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                size = self.picture.size().scaled(
                    self.size(), Qt.AspectRatioMode.KeepAspectRatio
                )
                place = QRect(0, 0, size.width(), size.height())
                place.moveCenter(self.rect().center())
                painter.drawImage(place, self.picture)


def splash_picture_path(root: Path) -> Path:
    """Return where the first picture of a project is kept, in the cache folder."""
    from skelseg_core.user_folders import cache_folder

    name = f"{zlib.crc32(os.fsencode(root.resolve())):08x}.jpg"
    return cache_folder() / "first" / name


def load_splash_picture(root: Path, width: int = 0) -> QImage | None:
    """Read the first picture of a project, scaled to a width if given; or None."""
    reader = QImageReader(str(splash_picture_path(root)))
    size = reader.size()
    if width and size.isValid():
        # A JPEG that is wanted small is decoded small.
        wanted = QSize(width, max(1, size.height() * width // size.width()))
        reader.setScaledSize(wanted)
    image = reader.read()
    return None if image.isNull() else image


def save_splash_picture(root: Path, picture: QImage | None) -> None:
    """Keep the first picture of a project; None forgets it."""
    from skelseg_core.errors import SkelsegError
    from skelseg_core.files import atomic_write

    path = splash_picture_path(root)
    if picture is None:
        # A cache that may not be written must not keep a project from being closed.
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return
    if picture.width() > MAX_WIDTH:
        smooth = Qt.TransformationMode.SmoothTransformation
        picture = picture.scaledToWidth(MAX_WIDTH, smooth)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    if picture.save(buffer, "JPG", 90):  # type: ignore[call-overload]
        try:
            atomic_write(path, bytes(data.data()), sync=False)
        except SkelsegError:
            return  # without it the next start is a little slower
