"""The wheel scrolls; it changes no choice and no number that lies under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.kit.wheel_policy import WheelPolicy
from tests.app.windows import activate


def test_the_wheel_over_a_choice_scrolls_what_lies_around_it(qtbot: QtBot) -> None:
    area, inside = QScrollArea(), QWidget()
    qtbot.addWidget(area)
    policy = WheelPolicy(area)
    choice, number, rows = QComboBox(), QSpinBox(), QVBoxLayout(inside)
    choice.addItems(["All", "To review"])
    for widget in (choice, number):
        rows.addWidget(widget)
    inside.setFixedSize(200, 2_000)
    area.setWidget(inside)
    area.resize(260, 200)
    rows.addStretch(1)
    activate(qtbot, area)
    qtbot.waitUntil(lambda: QApplication.focusWindow() is area.windowHandle())
    choice.setFocus()
    for widget in (choice, number):
        before = area.verticalScrollBar().value()
        roll(area, widget)
        assert (choice.currentIndex(), number.value()) == (0, 0)
        assert area.verticalScrollBar().value() > before
        area.verticalScrollBar().setValue(0)
    assert policy.parent() is area


def roll(window: QWidget, over: QWidget) -> None:
    """Roll the wheel towards oneself over a widget, as the system says it."""
    middle = QPointF(over.mapToGlobal(over.rect().center()))
    at = QPointF(over.mapTo(window, over.rect().center()))
    event = QWheelEvent(
        at,
        middle,
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(window.windowHandle(), event)
