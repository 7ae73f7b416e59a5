"""The top row's word on what to do next; a click does it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from app.kit.commands import plain
from app.services.review.next_step import Stages, next_step

PADDING_PX, LEAST_PX = 8, 96
"""Pixels beside the words, and the least width in a narrow window."""


class NextStepView(QPushButton):
    """Say the next step with its key; a click runs its command."""

    def __init__(self, stages: Stages) -> None:
        super().__init__()
        self._stages = stages
        self._action: QAction | None = None
        self._command: Callable[[str], QAction] | None = None
        self._keys: Callable[[str], str] = lambda _: ""
        self._whole = ""
        self.setProperty("quiet", True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    def use(
        self, command: Callable[[str], QAction], keys: Callable[[str], str]
    ) -> None:
        """Set where actions and keys of commands are found by their ids."""
        self._command, self._keys = command, keys
        self.refresh()

    def refresh(self) -> None:
        """Look anew at what is to be done."""
        if self._command is None:
            return
        step = next_step(self._stages.now())
        self._action = self._command(step.command)
        key = self._keys(step.command)
        if key:
            text = step.text.format(key)
        else:
            text = step.text.partition(":")[0].format(plain(self._action.text()))
        self._whole = self.tr("Next: {}").format(text)
        self.setEnabled(self._action.isEnabled())
        self.setAccessibleName(self._whole)
        self.setToolTip(self._action.toolTip())
        self.updateGeometry()
        self._elide()

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self._whole)
        return QSize(words + 2 * PADDING_PX + 1, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint().boundedTo(QSize(LEAST_PX, self.sizeHint().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        right = Qt.TextElideMode.ElideRight
        room = self.width() - 2 * PADDING_PX
        self.setText(self.fontMetrics().elidedText(self._whole, right, room))

    def _on_clicked(self) -> None:
        if self._action is not None:
            self._action.trigger()
