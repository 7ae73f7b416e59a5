"""The main window: a frame shown before the modules of a project are imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QMainWindow, QScrollArea, QWidget

from app.kit import theme
from app.kit.labels import Label
from app.kit.threads import paint_now, wait_until
from app.kit.wheel_policy import WheelPolicy

if TYPE_CHECKING:
    from app.kit.settings import Settings
    from app.state.document import Document
    from app.views.messages import MessageBar
    from app.window.project_window import ProjectWindow
    from app.window.start_window import StartWindow


USUAL, FRAME = QSize(1440, 900), QSize(16, 48)
"""Default size of the window in pixels, and the size of the frame around it."""


EXPOSED_S = 0.3
"""Seconds that a new window waits until it is on the screen, to be painted."""


class MainWindow(QMainWindow):
    """The main window; it says what is being opened until `fill` adds a project."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.project_window: ProjectWindow | None = None
        self.start_window: StartWindow | None = None
        self.setWindowTitle("skelseg")
        room = self.screen().availableSize()
        large = QSize(room.width() * 3 // 4, room.height() * 3 // 4)
        # The frame's real size is known only once the window is shown.
        self.resize(large.expandedTo(USUAL).boundedTo(room - FRAME))
        geometry = settings.layout("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        WheelPolicy(self)

    @property
    def is_empty(self) -> bool:
        """True until the window is filled."""
        return self.project_window is None and self.start_window is None

    def show_opening(self, name: str, old: MainWindow | None) -> None:
        """Show the window with the name of what it is being filled with.

        It comes at the place of the old one; without one it is maximized on a screen
        that is too small for the default size.
        """
        fits = (USUAL + FRAME).boundedTo(self.screen().availableSize()) == USUAL + FRAME
        if old is not None:
            self.restoreGeometry(old.saveGeometry())
        elif self._settings.layout("geometry") is None and not fits:
            self.setWindowState(Qt.WindowState.WindowMaximized)
        if name:
            self.setWindowTitle(f"{name} – skelseg")
            opening = Label(self.tr("Opening {}…").format(name))
            opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
            theme.set_tone(opening, "dim")
            self.setCentralWidget(opening)
        self.show()
        # A window manager places it first.
        wait_until(lambda: self.windowHandle().isExposed(), EXPOSED_S)
        paint_now()

    def fill(self, document: Document) -> ProjectWindow:
        """Put an open project into the window."""
        from app.window.project_window import ProjectWindow

        self.project_window = ProjectWindow(self, document, self._settings)
        self.setWindowTitle(f"{document.project.name} – skelseg")
        return self.project_window

    def welcome(self) -> StartWindow:
        """Put the start page into the window."""
        from app.window.start_window import StartWindow

        self.start_window = StartWindow(self, self._settings)
        self.setWindowTitle("skelseg")
        return self.start_window

    def warn(self, text: str, helps: QAction | None = None, of: str = "") -> bool:
        """Show an error in the message bar; False where the window has no bar yet."""
        bar = self._bar()
        if bar is not None:
            bar.notices.warn(text, helps, of=of)
        return bar is not None

    def says(self, text: str) -> bool:
        """Return True if the message bar shows this text, or will."""
        bar = self._bar()
        return bar is not None and bar.notices.says(text)

    def _bar(self) -> MessageBar | None:
        inside = (
            self.start_window
            if self.project_window is None
            else self.project_window.docks
        )
        return None if inside is None else inside.messages

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Move the focus by Tab, skipping widgets in docks that lie behind others.

        Qt calls this too when the widget with the focus was hidden or disabled. It
        would choose a neighbour, and the next key, meant for the timeline, would press
        that; so the timeline gets the keyboard.
        """
        had = self.focusWidget()
        gone = had is not None and not (had.isVisible() and had.isEnabled())
        if gone and self.project_window is not None:
            self.project_window.docks.take_keyboard()
            return True
        first: QWidget | None = None
        while super().focusNextPrevChild(forward):
            now = self.focusWidget()
            if now is None or now is first or self._shows(now):
                _scroll_to(now)
                return True
            first = first or now
        return False

    def _shows(self, widget: QWidget) -> bool:
        """Return True if a widget lies within the visible window.

        Qt places the contents of docks that lie behind others outside of it.
        """
        part, around = widget, widget.parentWidget()
        while around is not None and around is not self:
            part, around = around, around.parentWidget()
        return part.geometry().intersects(self.rect())

    def may_leave(self) -> bool:
        """Return True if the window may close; ask where a job would be cut off."""
        inside = (
            self.start_window if self.project_window is None else self.project_window
        )
        if inside is None:
            return True
        from app.window.leaving import may_leave, save_first

        project = self.project_window
        return may_leave(self, inside.jobs) and (
            project is None or save_first(self, project.document)
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        # Commands that close the window have asked before; here the frame's button or
        # the system closes it. Qt does not mark a quit by the system as spontaneous,
        # hence the property.
        if not self.property("asked") and not self.may_leave():
            event.ignore()
            return
        if self.project_window is not None:
            self.project_window.close()
            self.project_window = None
        if self.start_window is not None:
            self.start_window.close()
            self.start_window = None
        event.accept()


def _scroll_to(widget: QWidget | None) -> None:
    """Scroll the areas around a widget until it is visible."""
    around = widget
    while widget is not None and around is not None:
        around = around.parentWidget()
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(widget)
