"""A box that is put together from parts is the box that would have been painted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.kit import theme
from app.kit.settings import Scheme
from app.timeline import boxes as made_of
from app.timeline.boxes import (
    ACCEPTED,
    MODEL,
    PERSON,
    WIDEST_PX,
    Boxes,
    Look,
    paint_box,
    words_in,
)
from app.timeline.lanes import SINGLE_PX
from app.timeline.style import inks_of, style_of
from skelseg_core.labels.classes import (
    label_map_from_names,
)

NAMES = ("go", "open the upper left drawer", *(f"class {n}" for n in range(30)))
HEIGHT = 40
LOOKS: tuple[Look, ...] = (
    (-1, PERSON, False),
    (0, PERSON, False),
    (0, MODEL, False),
    (0, ACCEPTED, False),
    (1, PERSON, True),
    (1, MODEL, False),
    (8, MODEL, False),
    (16, PERSON, True),
    (31, PERSON, False),
    (31, ACCEPTED, False),
)


def made(scheme: Scheme, qtbot: QtBot, ratio: float) -> Boxes:
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, scheme)
    widget = QWidget()
    qtbot.addWidget(widget)
    style = style_of(widget)
    return Boxes(inks_of(label_map_from_names(NAMES), style), style, ratio)


def put(boxes: Boxes, sheet: np.ndarray, left: int, width: int, look: Look) -> None:
    looks = np.array([look[0]]), np.array([look[1]]), np.array([look[2]])
    boxes.put(sheet, np.array([left]), np.array([width]), looks)


def painted(boxes: Boxes, width: int, look: Look) -> np.ndarray:
    ratio = boxes.ratio
    image = QImage(width, round(HEIGHT * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(boxes.style.well)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    place = QRectF(0, 0, width / ratio - 1, HEIGHT)
    paint_box(painter, place, look, 9999, boxes.inks, boxes.style)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32)
    return pixels.reshape(image.height(), width).copy()


@pytest.mark.parametrize("scheme", ["dark", "light", "contrast-dark"])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_box_of_parts_is_the_box_painted(
    qtbot: QtBot, scheme: Scheme, ratio: float
) -> None:
    boxes = made(scheme, qtbot, ratio)
    for look in LOOKS:
        for width in range(round(SINGLE_PX * ratio), boxes.widest + 1, round(ratio)):
            sheet = np.zeros((round(HEIGHT * ratio), width + 20), np.uint32)
            put(boxes, sheet, 10, width, look)
            assert not sheet[:, :10].any()
            assert not sheet[:, 10 + width :].any()
            wanted = painted(boxes, width, look)
            same = np.array_equal(sheet[:, 10 : 10 + width], wanted)
            assert same, (look, width)


def test_the_parts_are_few_and_forgotten_when_they_get_too_many(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = made("dark", qtbot, 1.0)
    sheet = np.zeros((HEIGHT, WIDEST_PX), np.uint32)
    for width in range(40, WIDEST_PX):
        put(boxes, sheet, 0, width, (0, MODEL, False))
    assert len(boxes._lefts) + len(boxes._ends) < 20
    monkeypatch.setattr(made_of, "MOST_BYTES", 1)
    put(boxes, sheet, 0, 30, (1, PERSON, False))
    assert [len(made) for made in boxes._made.values()] == [1]
    assert np.array_equal(sheet[:, :30], painted(boxes, 30, (1, PERSON, False)))


def test_a_class_without_a_key_has_some_text_where_its_name_does_not_fit(
    qtbot: QtBot,
) -> None:
    boxes = made("dark", qtbot, 1.0)
    keyed, bare = boxes.inks.classes[1], boxes.inks.classes[31]
    looks = [(n, PERSON, False) for n in (1, 31)]
    assert [words_in(keyed, looks[0], room)[0] for room in (30, 9)] == ["badge", ""]
    assert bare.short == "c2"
    found = [words_in(bare, looks[1], room)[0] for room in (200, 30, 9)]
    assert found == ["name", "short", ""]
