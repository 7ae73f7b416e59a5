"""MessageBar: news and errors, in a bar that is never in the way."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

NEWS_MS = 8000


class MessageBar(QFrame):
    """Shows one sentence; news goes by itself, a warning stays until it is closed.

    A warning may have a button for what helps, and one for what else may.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.help, self.other = QPushButton(), QPushButton()
        for button in (self.help, self.other):
            button.setToolTip(self.tr("What helps against it"))
            button.setAccessibleName(button.toolTip())
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.help.clicked.connect(lambda: self._on_help(0))
        self.other.clicked.connect(lambda: self._on_help(1))
        self._close = QToolButton()
        self._close.setText("✕")
        self._close.setAccessibleName(self.tr("Close message"))
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close.clicked.connect(self.close_message)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 6)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.help)
        layout.addWidget(self.other)
        layout.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.close_message)
        self._warnings: list[tuple[str, tuple[QAction, ...]]] = []
        self._helps: tuple[QAction, ...] = ()
        self.is_warning = False
        self.hide()

    def say(self, text: str) -> None:
        """Show news; it does not push a warning away."""
        if not self.is_warning:
            self._show(text, warning=False)
            self._timer.start(NEWS_MS)

    def warn(
        self,
        text: str,
        helps: QAction | None = None,
        of: str = "",
        other: QAction | None = None,
    ) -> None:
        """Show what went wrong until it is closed, and buttons for what helps.

        Where ``of`` is shown, or waits, the text takes its place.
        """
        if of and self.says(of):
            self._renew(of, text)
            return
        actions = tuple(action for action in (helps, other) if action is not None)
        if self.is_warning:
            known = [self.text.text(), *(waiting for waiting, _ in self._warnings)]
            if text not in known:
                self._warnings.append((text, actions))
            return
        self._timer.stop()
        self._show(text, actions, warning=True)

    def says(self, text: str) -> bool:
        """Whether a warning is shown, or waits for its turn."""
        shown = self.is_warning and self.text.text() == text
        return shown or any(waiting == text for waiting, _ in self._warnings)

    def _renew(self, old: str, new: str) -> None:
        if self.is_warning and self.text.text() == old:
            self.text.setText(new)
        self._warnings = [
            (new if text == old else text, helps) for text, helps in self._warnings
        ]

    def helped(self, helps: QAction) -> None:
        """Close the warnings that this helped against."""
        self._warnings = [w for w in self._warnings if helps not in w[1]]
        if self.is_warning and helps in self._helps:
            self.close_message()

    @property
    def closing(self) -> QToolButton:
        """The button that closes what is said."""
        return self._close

    def close_message(self) -> None:
        """Close what is said; the next warning follows where one waits."""
        self.is_warning = False
        if self._warnings:
            self._show(*self._warnings.pop(0), warning=True)
        else:
            self.hide()

    def _on_help(self, which: int) -> None:
        if which < len(self._helps):
            self._helps[which].trigger()

    def _show(
        self, text: str, helps: tuple[QAction, ...] = (), *, warning: bool
    ) -> None:
        for action in self._helps:
            action.changed.disconnect(self._show_helps)
        self.is_warning, self._helps = warning, helps
        for action in helps:
            action.changed.connect(self._show_helps)
        self._show_helps()
        # The sheet of the scheme colours it, so that it follows another scheme.
        self.setProperty("warning", warning)
        self.style().unpolish(self)
        self.style().polish(self)
        self.text.setText(text)
        self.show()

    def _show_helps(self) -> None:
        for n, button in enumerate((self.help, self.other)):
            action = self._helps[n] if n < len(self._helps) else None
            button.setVisible(action is not None)
            if action is not None:
                button.setText(action.text())
                button.setToolTip(action.toolTip())
                button.setAccessibleName(action.text())
                button.setEnabled(action.isEnabled())
