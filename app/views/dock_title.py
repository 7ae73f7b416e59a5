"""The title bar of a dock: drag to move it; under the pointer, float and close."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QPaintEvent, QPalette
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QToolButton, QWidget

from app.kit.icons import icon
from app.kit.labels import Label

HEIGHT_PX, ICON_PX = 32, 14


class DockTitle(QWidget):
    """Show the name of a dock and two buttons; dragging moves the dock."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.name = Label(dock.windowTitle())
        bold = QFont(self.name.font())
        bold.setWeight(QFont.Weight.DemiBold)
        self.name.setFont(bold)
        self.name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        dock.windowTitleChanged.connect(self.name.setText)
        self.floating, self.closing = _Button(), _Button()
        # Its buttons are painted anew when the pointer comes and goes.
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 0)
        row.setSpacing(0)
        row.addWidget(self.name, 1)
        for button in (self.floating, self.closing):
            button.setIconSize(QSize(ICON_PX, ICON_PX))
            button.setFixedSize(24, 24)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.setFixedHeight(HEIGHT_PX)
        self.floating.clicked.connect(self._on_floating)
        self.closing.clicked.connect(dock.close)
        self.closing.setIcon(icon("close"))
        _name(self.closing, self.tr("Close this panel"))
        dock.topLevelChanged.connect(self._show_state)
        self._show_state(dock.isFloating())

    def _on_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def _show_state(self, floating: bool) -> None:
        self.floating.setIcon(icon("dock-window" if floating else "open-in-new"))
        out, back = self.tr("Take this panel out"), self.tr("Put this panel back")
        _name(self.floating, back if floating else out)


class _Button(QToolButton):
    """A button that is seen while the pointer is on the title, or at the keyboard."""

    def paintEvent(self, event: QPaintEvent) -> None:
        title = self.parentWidget()
        if self.hasFocus() or (title is not None and title.underMouse()):
            super().paintEvent(event)


def _name(button: QToolButton, text: str) -> None:
    button.setToolTip(text)
    button.setAccessibleName(text)
