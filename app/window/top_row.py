"""The one row at the top of the window: menus, pages, next step, jobs, saved, find."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShowEvent, QWindow
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QToolBar,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid

from app.kit import theme
from app.kit.commands import command
from app.kit.icons import SIZE, icon
from app.kit.labels import ElidedLabel
from app.kit.settings import Settings
from app.state.change import Change
from app.state.document import Document
from app.state.session import Session

HEIGHT_PX, BUTTON_PX = 36, 28
WIDEST_EM = 20
"""Width of the names of project and video, in heights of a line."""
NARROW_EM = 64
"""Width, in heights of a line, below which what has another place is left out."""
_Key, _Kind = Qt.Key, QEvent.Type
_OTHERS = {
    *(_Kind.ShortcutOverride, _Kind.KeyPress, _Kind.MouseButtonPress),
    *(_Kind.Wheel, _Kind.FocusOut),
}
"""After these, Alt was held for something else."""


class TopRow(QToolBar):
    """Hold what every page has, behind a button the menus of the window.

    The menus open by the button, by Alt and by F10; a menu bar above the row is shown
    where a person wants one, and always where the system has one of its own.
    """

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self.setObjectName("TopRow")
        self.setAccessibleName(self.tr("Top row"))
        self.setMovable(False)
        self.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setVisible(False)
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.menu_button = flat_button("menu", self.tr("Menu"))
        self.menu_button.clicked.connect(lambda: self._open(None))
        self.finder = flat_button("magnify", self.tr("Find a command"))
        self._row = _Row(self.menu_button)
        self.addWidget(self._row)
        self._wide: list[QWidget] = []
        self._alt, self._handle = False, QObject()
        self._watched: QWidget | None = None
        window.addToolBar(self)
        self._show_bar()

    def put(
        self, parts: Sequence[QWidget | None], wide: Sequence[QWidget] = ()
    ) -> None:
        """Put parts into the row, None for a gap; ``wide`` only where there is room."""
        for part in parts:
            self._row.put(part)
        self._wide = list(wide)
        self._fit()

    @property
    def bottom(self) -> int:
        """The first pixel of the window below the row."""
        return self.geometry().bottom() + 1

    @property
    def is_narrow(self) -> bool:
        """True where the window has no room for what has another place."""
        return self.width() < NARROW_EM * self.fontMetrics().height()

    def event(self, event: QEvent) -> bool:
        if event.type() == _Kind.Resize:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        style, narrow = Qt.ToolButtonStyle, self.is_narrow
        for part in self._wide:
            part.setVisible(not narrow)
        self.finder.setToolButtonStyle(
            style.ToolButtonIconOnly if narrow else style.ToolButtonTextBesideIcon
        )

    # -- menus ------------------------------------------------------------------------

    @property
    def is_native(self) -> bool:
        """True where the system shows the menus, outside of the window."""
        return self._window.menuBar().isNativeMenuBar()

    @command(
        "menu-bar",
        "Menu bar",
        enabled=lambda self: not self.is_native,
        checked=lambda self: self.is_native or self._settings.menu_bar,
        tip="Without it, Alt or F10 opens the menus",
    )
    def toggle_bar(self) -> None:
        """Show the menus in a bar of their own, or behind the button."""
        self._settings.menu_bar = not self._settings.menu_bar
        self._show_bar()

    def _show_bar(self) -> None:
        shown = self.is_native or self._settings.menu_bar
        self._window.menuBar().setVisible(shown)
        self.menu_button.setVisible(not shown)

    @command("menu", "Open the menu", "F10", enabled=lambda self: not self.is_native)
    def open_menu(self) -> None:
        """Open the first of the menus."""
        self._open(self._window.menuBar().actions()[0])

    def _open(self, chosen: QAction | None) -> None:
        if self._window.menuBar().isVisible():
            if chosen is not None:
                self._window.menuBar().setActiveAction(chosen)
            return
        below = self.menu_button.rect().bottomLeft()
        if self.isRightToLeft():
            below = self.menu_button.rect().bottomRight()
        self.menu.popup(self.menu_button.mapToGlobal(below))
        if chosen is not None:
            self.menu.setActiveAction(chosen)

    def _fill_menu(self) -> None:
        self.menu.addActions(self._window.menuBar().actions())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        handle = self._window.windowHandle()
        if isinstance(handle, QWindow) and handle is not self._handle:
            self._handle = handle
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open the menus when Alt was pressed and released, or with a menu's letter."""
        kind = event.type()
        if isinstance(event, QKeyEvent) and event.key() == _Key.Key_Alt:
            if kind == _Kind.KeyPress and not event.isAutoRepeat():
                self._alt = self._opens
                self._watch(QApplication.focusWidget())
            elif kind == _Kind.KeyRelease and self._alt and not event.isAutoRepeat():
                self._alt = False
                self.open_menu()
        elif kind in _OTHERS:
            self._alt = False
            if isinstance(event, QKeyEvent) and kind == _Kind.KeyPress:
                return self._on_letter(event)
        return False

    def _watch(self, widget: QWidget | None) -> None:
        """Look at what has the keyboard: a key that is a command comes there alone."""
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = widget
        if widget is not None:
            widget.installEventFilter(self)

    @property
    def _opens(self) -> bool:
        """True where no bar and no menu that is open takes Alt."""
        popup = QApplication.activePopupWidget()
        return popup is None and not self._window.menuBar().isVisible()

    def _on_letter(self, event: QKeyEvent) -> bool:
        """Open the menu whose letter was pressed with Alt."""
        pressed = QKeySequence(event.keyCombination())
        for menu in self._window.menuBar().actions() if self._opens else ():
            if QKeySequence.mnemonic(menu.text()) == pressed:
                self._open(menu)
                return True
        return False


class PlaceName(ElidedLabel):
    """Name the project and the video that is shown."""

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self.setContentsMargins(8, 0, 8, 0)
        theme.set_tone(self, "dim")
        self.setMaximumWidth(WIDEST_EM * self.fontMetrics().height())
        document.changed.connect(self._on_changed)
        session.video_changed.connect(self._refresh)
        self._refresh()

    def _on_changed(self, change: Change) -> None:
        if not change.only_labels:
            self._refresh()

    def _refresh(self, *_: object) -> None:
        project = self._document.project
        item = project.find(self._session.track_id)
        names = [project.name, *([] if item is None else [item.video.title])]
        self.setText(" / ".join(names))


class _Row(QWidget):
    """What is in the row. It takes any width, so that the tool bar leaves none out."""

    def __init__(self, first: QWidget) -> None:
        super().__init__()
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(4, 0, 4, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(first)
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Expanding)
        self.setSizePolicy(policy)

    def put(self, part: QWidget | None) -> None:
        if part is None:
            self._layout.addStretch(1)
        else:
            self._layout.addWidget(part)

    def sizeHint(self) -> QSize:
        return QSize(1, max(HEIGHT_PX, super().sizeHint().height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def flat_button(name: str, text: str) -> QToolButton:
    """Make a button of the row, with an icon; ``text`` is its accessible name."""
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(SIZE, SIZE))
    button.setMinimumSize(BUTTON_PX + 4, BUTTON_PX)
    button.setToolTip(text)
    button.setAccessibleName(text)
    # A click does not take the keyboard from the timeline; Tab reaches the button.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
