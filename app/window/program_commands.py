"""Commands of every window, with or without a project: open, help, colours, quit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QInputDialog, QMainWindow, QMenu

from app.kit import theme
from app.kit.commands import Command, Commands, KeyTexts, command, declare
from app.kit.labels import plain_tip
from app.kit.language import language_name, languages, user_folder
from app.kit.settings import TEXT_SIZES, Scheme, Settings
from app.views.dialogs.dialogs import ask_new_project, ask_project
from app.views.start.help import HelpView
from app.views.start.help_pages import PAGES
from skelseg_core.logs import log_folder

SCHEMES: dict[Scheme, str] = {
    "system": "System colours",
    "dark": "Dark",
    "light": "Light",
    "contrast-dark": "High contrast, dark",
    "contrast-light": "High contrast, light",
}


class ProgramCommands(QObject):
    """Open projects, show the help, change the colours, quit.

    ``root`` is the folder of the open project. ``key_texts`` gives the keys shown in
    the help, ``help_page`` the page to open first.
    """

    open_requested = Signal(object)  # Path of a project or video

    def __init__(
        self,
        window: QMainWindow,
        settings: Settings,
        key_texts: Callable[[], KeyTexts],
        help_page: Callable[[], str] = lambda: PAGES[0],
        root: Path | None = None,
    ) -> None:
        super().__init__(window)
        self._window, self._settings, self._root = window, settings, root
        self._key_texts, self._help_page = key_texts, help_page
        self.help: HelpView | None = None
        self.recent = QMenu(self.tr("Recent"), window)

    def add_to(self, commands: Commands, before: str) -> None:
        """Insert the menu of recent projects before a command of the menu File."""
        commands.menus["&File"].insertMenu(commands[before], self.recent)
        commands.keys_changed.connect(self._on_keys_changed)
        self.recent.setToolTipsVisible(True)
        self.recent.aboutToShow.connect(self._fill_recent)
        self._fill_recent()

    def _fill_recent(self) -> None:
        """List the recent projects but the open one."""
        self.recent.clear()
        for root in self._settings.recent:
            if root == self._root:
                continue
            action = self.recent.addAction(root.name.replace("&", "&&"))
            action.setToolTip(plain_tip(str(root)))
            action.triggered.connect(lambda _, r=root: self.open_requested.emit(r))
        if self.recent.isEmpty():
            self.recent.addAction(self.tr("No other project yet")).setEnabled(False)

    @command("new", "New project…", "Ctrl+N")
    def new_project(
        self, videos: Sequence[Path] = (), poses: Sequence[Path] = ()
    ) -> None:
        """Make a project in a dialog, and open it."""
        self._open(ask_new_project(self._window, videos, poses))

    @command("open", "Open project…", "Ctrl+O")
    def choose_project(self) -> None:
        """Ask for the folder of a project, and open it."""
        self._open(ask_project(self._window))

    def _open(self, root: Path | None) -> None:
        if root is not None:
            self.open_requested.emit(root)

    @command("quit", "Quit", "Ctrl+Q")
    def quit(self) -> None:
        """Close the window; ask first where a job would be cut off."""
        self._window.close()

    @declare(
        (Command(f"scheme-{i}", text, args=(i,)) for i, text in SCHEMES.items()),
        checked=lambda self, scheme: self._settings.scheme == scheme,
    )
    def choose_scheme(self, scheme: Scheme) -> None:
        """Choose the colour scheme of the program."""
        self._settings.scheme = scheme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, scheme)

    @command("text-size", "Text size…", tip="Also the size of controls and drawings")
    def choose_text_size(self) -> None:
        """Ask for the size of text, which the next start takes."""
        sizes = [self.tr("{} %").format(size) for size in TEXT_SIZES]
        size, chosen = QInputDialog.getItem(
            self._window,
            self.tr("Text size"),
            self.tr("Size of text, controls and drawings from the next start:"),
            sizes,
            TEXT_SIZES.index(self._settings.text_size),
            False,
        )
        if chosen:
            self._settings.text_size = TEXT_SIZES[sizes.index(size)]

    @command("language", "Language…")
    def choose_language(self) -> None:
        """Ask for the language of the window, which the next start takes."""
        names = {"": "English"} | {code: language_name(code) for code in languages()}
        text = self.tr("Language from the next start. Translations are files in {}.")
        now = self._settings.language
        name, chosen = QInputDialog.getItem(
            self._window,
            self.tr("Language"),
            text.format(user_folder()),
            list(names.values()),
            list(names).index(now) if now in names else 0,
            False,
        )
        if chosen:
            self._settings.language = next(c for c in names if names[c] == name)

    # -- help -----------------------------------------------------------------------

    @command("help", "Help", "F1")
    def show_help(self) -> None:
        """Open the help page for the widget with the focus."""
        if self.help is None:
            self.help = HelpView(self._key_texts, self._window)
        self.help.open_page(self._help_page())

    def _on_keys_changed(self) -> None:
        if self.help is not None and self.help.isVisible():
            self.help.refresh()

    @command("logs", "Open the folder of logs")
    def open_logs(self) -> None:
        """Show the folder of the log in the file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))

    @command("about", "About and licences…")
    def show_about(self) -> None:
        """Show the version, the parts of the program and their licences."""
        from app.views.dialogs.about import show_about

        show_about(self._window)
