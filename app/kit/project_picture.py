"""Keep a small picture of each project for the start page."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, Qt
from PySide6.QtGui import QImage

WIDTH_PX = 192


def project_picture_path(root: Path) -> Path:
    """Return where the picture of a project is kept, in the cache folder."""
    from skelseg_core.user_folders import cache_folder

    name = f"{zlib.crc32(os.fsencode(root.resolve())):08x}.jpg"
    return cache_folder() / "projects" / name


def load_project_picture(root: Path) -> QImage | None:
    """Read the picture of a project; None where there is none."""
    image = QImage(str(project_picture_path(root)))
    return None if image.isNull() else image


def save_project_picture(root: Path, picture: QImage) -> None:
    """Keep a picture of a project."""
    from skelseg_core.errors import SkelsegError
    from skelseg_core.files import atomic_write

    path = project_picture_path(root)
    small = picture.scaledToWidth(WIDTH_PX, Qt.TransformationMode.SmoothTransformation)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    if small.save(buffer, "JPG", 90):  # type: ignore[call-overload]
        # A cache that may not be written must not keep a project from being closed.
        with suppress(SkelsegError):
            atomic_write(path, bytes(data.data()), sync=False)
