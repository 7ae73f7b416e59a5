"""Icons: every drawing that comes with the program is used and can be painted."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.kit import icons
from skelseg_core.bundled import resource

FILES = sorted(resource("icons").glob("*.svg"))
APP = Path(icons.__file__).resolve().parents[1]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_icon_is_painted_in_the_colour_asked_for(qtbot: QtBot, file: Path) -> None:
    picture = QImage(24, 24, QImage.Format.Format_ARGB32)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    icons.paint(painter, file.stem, QRectF(0, 0, 24, 24), QColor("#e69f00"), 24)
    painter.end()
    pixels = [picture.pixelColor(x, y) for x in range(24) for y in range(24)]
    full = [p for p in pixels if p.alpha() == 255]
    assert full
    assert {p.name() for p in full} == {"#e69f00"}


def test_no_drawing_is_there_in_vain() -> None:
    texts = "".join(p.read_text(encoding="utf-8") for p in APP.rglob("*.py"))
    assert [f.stem for f in FILES if f'"{f.stem}"' not in texts] == []
