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

    A warning may have a button for what helps.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.help = QPushButton()
        self.help.setToolTip(self.tr("What helps against it"))
        self.help.setAccessibleName(self.help.toolTip())
        self.help.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.help.clicked.connect(self._on_help)
        self._close = QToolButton()
        self._close.setText("✕")
        self._close.setAccessibleName(self.tr("Close message"))
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close.clicked.connect(self.close_message)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 6)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.help)
        layout.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.close_message)
        self._warnings: list[tuple[str, QAction | None]] = []
        self._helps: QAction | None = None
        self.is_warning = False
        self.hide()

    def say(self, text: str) -> None:
        """Show news; it does not push a warning away."""
        if not self.is_warning:
            self._show(text, warning=False)
            self._timer.start(NEWS_MS)

    def warn(self, text: str, helps: QAction | None = None, of: str = "") -> None:
        """Show what went wrong until it is closed, and a button for what helps.

        Where ``of`` is shown, or waits, the text takes its place.
        """
        if of and self.says(of):
            self._renew(of, text)
            return
        if self.is_warning:
            known = [self.text.text(), *(waiting for waiting, _ in self._warnings)]
            if text not in known:
                self._warnings.append((text, helps))
            return
        self._timer.stop()
        self._show(text, helps, warning=True)

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
        self._warnings = [w for w in self._warnings if w[1] is not helps]
        if self.is_warning and self._helps is helps:
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

    def _on_help(self) -> None:
        if self._helps is not None:
            self._helps.trigger()

    def _show(self, text: str, helps: QAction | None = None, *, warning: bool) -> None:
        self.is_warning, self._helps = warning, helps
        self.help.setVisible(helps is not None)
        if helps is not None:
            self.help.setText(helps.text())
            self.help.setToolTip(helps.toolTip())
            self.help.setAccessibleName(helps.text())
        # The sheet of the scheme colours it, so that it follows another scheme.
        self.setProperty("warning", warning)
        self.style().unpolish(self)
        self.style().polish(self)
        self.text.setText(text)
        self.show()
