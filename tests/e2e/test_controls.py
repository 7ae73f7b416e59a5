"""Every control of the window says what it is: to the eye, and to a screen reader."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.views.fields import EmptyState
from app.window.project_window import ProjectWindow
from tests.e2e.conftest import Opener

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
)


def controls(project_window: ProjectWindow) -> list[QWidget]:
    """What can be operated, without the parts that Qt makes of it."""
    found = []
    for widget in project_window.window.findChildren(QWidget):
        parent = widget.parent()
        inner = isinstance(parent, QComboBox | QAbstractSpinBox | QLineEdit | QTabBar)
        of_qt = type(widget).__module__ == "PySide6.QtWidgets" and widget.objectName()
        if isinstance(widget, QScrollBar) or inner:
            continue
        if of_qt and widget.objectName().startswith("qt_"):
            continue
        popup = parent is not None and isinstance(parent.parent(), QComboBox)
        page = isinstance(parent, EmptyState) and parent.isHidden()
        if isinstance(parent, QAbstractItemView) or popup or page:
            continue
        if isinstance(widget, CONTROLS):
            found.append(widget)
    return found


def test_every_control_has_a_name_and_a_tip(
    demo_root: Path, opener: Opener, qtbot: QtBot
) -> None:
    project_window = opener(demo_root)
    for name in ("statistics", "jobs"):
        project_window.docks.show_more(name)
    project_window.docks.show_training()
    project_window.docks.show_export()
    nameless, silent = set(), set()
    for widget in controls(project_window):
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        what = f"{type(widget).__name__} {text!r} in {type(widget.parent()).__name__}"
        if not (widget.accessibleName() or text):
            nameless.add(what)
        written = isinstance(widget, QAbstractItemView) or text
        if not (widget.toolTip() or written):
            silent.add(f"{what} {widget.accessibleName()!r}")
    assert not nameless, nameless
    assert not silent, silent
