"""What is written in the box of a segment, and that it can be read."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.kit import theme
from app.kit.label_style import ClassColor, class_colors_of, luminance, style_of
from app.kit.settings import Scheme
from app.kit.short_name import within
from app.timeline.segment_box import words_in
from skelseg_core.labels.classes import PALETTE, label_map_from_names

RIGHT = "reach for the upper shelf with the right hand while holding the tray"
LEFT = RIGHT.replace("right", "left")
CHINESE = "用右手把盘子放到桌子上面再走回来"


@pytest.fixture
def classes(qtbot: QtBot) -> tuple[ClassColor, ...]:
    widget = QWidget()
    qtbot.addWidget(widget)
    labels = label_map_from_names((RIGHT, LEFT, "walk", CHINESE))
    return class_colors_of(labels, style_of(widget)).classes


def test_a_name_is_cut_and_what_differs_is_seen(
    classes: tuple[ClassColor, ...], qapp: QApplication
) -> None:
    metrics = QFontMetricsF(qapp.font())
    for room in (60, 155, 273):
        names = [c.short.cut(within(metrics, room)) for c in classes]
        assert names[0] != names[1], room
        assert "rig" in names[0], room
        assert "lef" in names[1], room
        assert names[2] == "walk"
        assert len(names[3]) > 1
        assert all(metrics.horizontalAdvance(n) <= room + 2 for n in names)


def test_names_of_three_like_parts_are_told_apart_in_narrow_boxes(
    qtbot: QtBot, qapp: QApplication
) -> None:
    names = [
        f"{verb} the {thing} with the {side} hand"
        for verb in ("reach for", "put down")
        for thing in ("box", "cup")
        for side in ("left", "right")
    ]
    widget, metrics = QWidget(), QFontMetricsF(qapp.font())
    qtbot.addWidget(widget)
    labels = label_map_from_names((*names, "walk"))
    found = class_colors_of(labels, style_of(widget)).classes
    for room in (50, 80, 119):
        cut = [c.short.cut(within(metrics, room)) for c in found]
        assert len(set(cut)) == len(cut), room
        assert all(metrics.horizontalAdvance(name) <= room for name in cut)


@pytest.mark.parametrize("ticked", [False, True])
def test_the_narrower_a_box_the_less_is_written(
    classes: tuple[ClassColor, ...], ticked: bool
) -> None:
    found = [words_in(classes[0], ticked, room) for room in range(600, 0, -1)]
    states = list(dict.fromkeys((w.badge, w.tick, w.name_px > 0) for w in found))
    alone = [(True, False, False)] * ticked
    assert states == [
        (True, ticked, True),
        (True, ticked, False),
        *alone,
        (False, False, False),
    ]
    assert words_in(classes[3], ticked, 125).name_px > 40
    assert words_in(classes[1], True, 24).badge, "the tick does not take its room"


@pytest.mark.parametrize("scheme", ["dark", "light", "contrast-dark", "contrast-light"])
def test_words_on_every_class_colour_can_be_read(
    qtbot: QtBot, qapp: QApplication, scheme: Scheme
) -> None:
    theme.apply(qapp, scheme)
    widget = QWidget()
    qtbot.addWidget(widget)
    style = style_of(widget)
    labels = label_map_from_names(f"class {n}" for n in range(len(PALETTE)))
    for made in class_colors_of(labels, style).classes:
        for ground in (made.fill, made.light):
            pair = sorted((luminance(ground) + 0.05, luminance(style.text) + 0.05))
            assert pair[1] / pair[0] >= 4.5
    theme.apply(qapp, "dark")
