"""Go from pane to pane by a key, and show which of them has the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from app.kit import theme
from app.kit.commands import Command, declare
from app.kit.keyboard import give_keyboard_in_dock
from app.kit.painting import painting

_Reason = Qt.FocusReason
_TABBED = (_Reason.TabFocusReason, _Reason.BacktabFocusReason)
_PASSING = (_Reason.PopupFocusReason, _Reason.ActiveWindowFocusReason)


@dataclass(frozen=True)
class Pane:
    """A part of the window, and what gets the keyboard there.

    Without a visible ``target`` that is its first control.
    """

    widget: QWidget
    target: QWidget | None = None

    def holds(self, widget: QWidget | None) -> bool:
        """Tell whether a widget lies in it."""
        inside = widget is not None and self.widget.isAncestorOf(widget)
        return inside or widget is self.widget

    def entry(self) -> QWidget | None:
        """Return what gets the keyboard; None where nothing can have it now."""
        if self.target is not None and self.target.isVisible():
            return self.target
        # Not in the title of a dock.
        dock = self.widget
        inside = dock.widget() if isinstance(dock, QDockWidget) else dock
        at = inside.nextInFocusChain()
        while at is not None and at is not inside:
            tabbed = at.focusPolicy() & Qt.FocusPolicy.TabFocus
            usable = tabbed and at.isVisible() and at.isEnabled()
            if usable and inside.isAncestorOf(at):
                return at
            at = at.nextInFocusChain()
        return None


class Panes(QObject):
    """Give the keyboard to the next pane, and frame it while it is worked by keys.

    ``canvases`` are painted whole, and show in no other way that Tab led to them.
    """

    def __init__(
        self, window: QWidget, panes: Callable[[], list[Pane]], *canvases: QWidget
    ) -> None:
        super().__init__(window)
        self._panes, self.frame = panes, FocusFrame(window)
        for canvas in canvases:
            canvas.installEventFilter(self)

    @declare(
        (
            Command("pane-next", "Next pane", ("F6",), (1,)),
            Command("pane-previous", "Previous pane", ("Shift+F6",), (-1,)),
        )
    )
    def go(self, step: int) -> None:
        """Give the keyboard to the pane ``step`` places on, round the window."""
        shown = (pane for pane in self._panes() if pane.widget.isVisible())
        found = ((pane, pane.entry()) for pane in shown)
        panes = [(pane, entry) for pane, entry in found if entry is not None]
        now = QApplication.focusWidget()
        at = next((n for n, (pane, _) in enumerate(panes) if pane.holds(now)), None)
        if at is None:
            at = -1 if step > 0 else 0
        pane, entry = panes[(at + step) % len(panes)]
        give_keyboard_in_dock(entry)
        self.frame.show_around(pane.widget, entry)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        by_tab = isinstance(event, QFocusEvent) and event.reason() in _TABBED
        if by_tab and event.type() == QEvent.Type.FocusIn:
            assert isinstance(watched, QWidget)
            self.frame.show_around(watched, watched)
        return False


class FocusFrame(QWidget):
    """A frame inside the edge of a pane, until the keyboard goes or a click comes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._watched: tuple[QWidget, ...] = ()
        self.hide()

    def show_around(self, pane: QWidget, entry: QWidget) -> None:
        """Frame a pane while ``entry``, which lies in it, has the keyboard."""
        for watched in self._watched:
            watched.removeEventFilter(self)
        self._watched = (pane, entry)
        for watched in self._watched:
            watched.installEventFilter(self)
        self.setParent(pane)
        self._place(pane)
        self.show()

    def _place(self, pane: QWidget) -> None:
        px = theme.current().stroke_px + 1
        self.setGeometry(pane.rect())
        # Only the frame is painted, not what lies in it.
        inner = self.rect().adjusted(px, px, -px, -px)
        self.setMask(QRegion(self.rect()) - QRegion(inner))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.fillRect(event.rect(), QColor(theme.current().accent))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pane, entry = self._watched
        if watched is pane and event.type() == QEvent.Type.Resize:
            self._place(pane)
        left = isinstance(event, QFocusEvent) and event.reason() not in _PASSING
        gone = left and event.type() == QEvent.Type.FocusOut
        if watched is entry and (gone or event.type() == QEvent.Type.MouseButtonPress):
            self.hide()
        return False
