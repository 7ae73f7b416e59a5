"""The toolbar: buttons for the commands used most with the mouse."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from app.kit.icons import SIZE

BUTTON_PX = 28


class Toolbar(QWidget):
    """A row of icons beside the menus; None makes a gap."""

    def __init__(self, actions: Sequence[QAction | None]) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Toolbar"))
        self.buttons: list[QToolButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(0)
        for action in actions:
            if action is None:
                row.addWidget(_line())
            else:
                row.addWidget(self._button(action))

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setIconSize(QSize(SIZE, SIZE))
        button.setFixedSize(BUTTON_PX + 4, BUTTON_PX)
        button.setAccessibleName(action.text().rstrip("…"))
        # A click does not take the keyboard from the timeline; Tab reaches the buttons.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.buttons.append(button)
        return button


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.NoFrame)
    line.setFixedWidth(12)
    return line
