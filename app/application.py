"""The application and its window: projects are opened, and replace one another."""

from __future__ import annotations

import gc
import logging
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from app.kit.language import in_language, tr
from app.kit.memory import (
    GarbageCollector,
    keep_collector_quiet,
    read_no_sources,
    share_freed_memory,
)
from app.kit.threads import begin, drop_input, read_quickly
from app.window.main_window import MainWindow
from skelseg_core import __version__
from skelseg_core.errors import BrokenProject, SkelsegError, unreachable
from skelseg_core.progress import run

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QApplication

    from app.kit.settings import Settings

START_S = 3.0
"""Seconds that the start waits for the disk of the project, before it does without."""
BACKUP_S = 10.0
"""Seconds to look for a backup of a project that cannot be opened."""
LATER_MS = 2000
"""Delay in ms before what the first act would wait for is imported in a thread."""
IMPORTED_LATER = ("app.services.files.label_reading", "skelseg_core.tasks.train")
"""Modules that the start leaves out, and whose import would stall the window."""
AGAIN_MS = 20
"""Delay in ms before a project that was asked for too early is opened."""


class Application:
    """Run the QApplication and its one window; replace the window to open a project."""

    def __init__(self, application: QApplication, settings: Settings) -> None:
        self.application, self.settings = application, settings
        self.window: MainWindow | None = None
        self._switching = False
        self._last_asked: Callable[[], None] | None = None
        # Called when a window has its message bar.
        self.on_ready: Callable[[], None] = lambda: None

    def end(self, number: int, _: FrameType | None) -> None:
        """End at a signal of the system, as at a log-out: no death during a video."""
        project = self.window.project_window if self.window is not None else None
        if project is not None:
            project.keep_place()
            self.settings.finish()
            project.services.files.video_files.close()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def open(self, target: Path) -> None:
        """Show a project, or a video as a project; raises SkelsegError."""
        with self._switch():
            self._open(target)

    @contextmanager
    def _switch(self) -> Iterator[None]:
        """Mark that a window is being replaced, so that other requests wait."""
        self._switching = True
        try:
            yield
        finally:
            self._switching = False

    def _later(self, ask: Callable[[], None]) -> bool:
        """Repeat a request later if a window is being replaced; True if it is.

        While files are read or saved, jobs and timers run and may ask for a project. Of
        several requests the last one counts.
        """
        if self._switching:
            self._last_asked = ask
            QTimer.singleShot(AGAIN_MS, self.application, lambda: self._repeat(ask))
        return self._switching

    def _repeat(self, ask: Callable[[], None]) -> None:
        if ask is self._last_asked:
            ask()

    def _open(self, target: Path) -> None:
        from app.state.document import open_document
        from app.window.find_project import project_for
        from app.window.leaving import wait_for_opening
        from skelseg_core.project.folder import ProjectFolder

        old = self.window
        root = project_for(target, partial(wait_for_opening, target, old), old)
        project_window = old.project_window if old is not None else None
        if root is None or (
            project_window is not None and project_window.document.folder.root == root
        ):
            return
        if old is not None and not old.may_leave():
            return
        document = open_document(
            ProjectFolder(root), wait=partial(wait_for_opening, root, old)
        )
        self.settings.add_recent(root)
        window = self._next_window(document.project.name)
        project_window = window.fill(document)
        project_window.open_requested.connect(self.open_or_warn)
        project_window.close_requested.connect(self.welcome)
        project_window.start()
        self._replace(old, window)

    def _next_window(self, name: str = "") -> MainWindow:
        """Show the window that says what is opened, or one at the place of the old."""
        old = self.window
        if old is not None and old.is_empty:
            return old
        window = self.window = MainWindow(self.settings)
        window.show_opening(name, old)
        return window

    def _replace(self, old: MainWindow | None, new: MainWindow) -> None:
        """Be ready: close the window before the one that was filled."""
        # What was pressed meanwhile was meant for what was there before.
        drop_input(self.application)
        self.on_ready()
        # Modules, the window and the project stay: nothing looks at them for garbage.
        tidy_up: Callable[[], object] = gc.freeze
        if old is not None and old is not new:
            from app.window.leaving import leave

            leave(old)
            old.deleteLater()
            tidy_up = keep_collector_quiet
        QTimer.singleShot(0, self.application, tidy_up)
        QTimer.singleShot(LATER_MS, new, _import_the_rest)

    def open_or_warn(self, target: Path) -> None:
        """Open another project, or show the error in the bar of the present window."""
        if self._later(lambda: self.open_or_warn(target)):
            return
        try:
            self.open(target)
        except SkelsegError as error:
            broken = isinstance(error, BrokenProject)
            helps = self._way_back(target) if broken else None
            if self.window is None or not self.window.warn(in_language(error), helps):
                raise

    def import_into(self, root: Path, paths: Sequence[Path]) -> None:
        """Open a project, and ask what becomes of label files in it."""
        if self._later(lambda: self.import_into(root, paths)):
            return
        before = self.window
        self.open_or_warn(root)
        window = self.window
        if window is before or window is None or window.project_window is None:
            return
        window.project_window.services.files.label_importer.begin(paths)

    def _way_back(self, root: Path) -> QAction | None:
        """Return what restores ``project.json`` from its newest backup, if any.

        What is there in its place is kept beside it.
        """
        from PySide6.QtGui import QAction

        from app.services.files.backup_keeper import time_words
        from skelseg_core.project.copies.backups import Backup, write_lost
        from skelseg_core.project.copies.repairing import newest_whole

        def look() -> Backup | None:
            # Where the folder is gone its disk is away: nothing is written there.
            return newest_whole(root.resolve()) if root.is_dir() else None

        backup = read_quickly(look, None, BACKUP_S)
        if backup is None:
            return None

        def restore() -> None:
            try:
                if _is_broken(root):  # nobody mended it since
                    write_lost(root.resolve(), backup)
            except SkelsegError as error:
                if self.window is not None:
                    self.window.warn(in_language(error))
            else:
                self.open_or_warn(root)

        text = tr("Restore from the backup of {}")
        action = QAction(text.format(time_words(backup.made)), self.application)
        action.triggered.connect(restore)
        return action

    def welcome(self, trouble: str = "", helps: QAction | None = None) -> None:
        """Show the start page, with the error that led to it and what helps."""
        if self._later(lambda: self.welcome(trouble, helps)):
            return
        with self._switch():
            self._welcome(trouble, helps)

    def _welcome(self, trouble: str, helps: QAction | None) -> None:
        old = self.window
        if old is not None and not old.may_leave():
            return
        window = self._next_window()
        start_window = window.welcome()
        start_window.open_requested.connect(self.open_or_warn)
        start_window.import_requested.connect(self.import_into)
        if trouble:
            window.warn(trouble, helps)
        self._replace(old, window)
        # The last project is saved by now, and its first picture is kept.
        start_window.load_recent()

    def begin(self, arguments: list[str]) -> None:
        """Open what the arguments name; without any, the project that was open last.

        Several files, or a folder of them, are taken as if they were dropped on the
        start page. At the very first start the demo and its tour are shown. If the last
        project is missing, or the dialog for a new one is cancelled, the start page is
        shown.
        """
        recent = self.settings.recent
        if arguments and arguments[0] != "--demo":
            self._open_named([Path(argument) for argument in arguments])
        elif arguments or not recent:
            # Shown before the rest of the program is imported.
            self._next_window("demo")
            from app.window.find_project import demo_task

            self.open(run(demo_task()))
        else:
            self._next_window(recent[0].name)
            self._open_last(recent[0])
        if self.window is None or self.window.is_empty:
            self.welcome()

    def _open_named(self, targets: list[Path]) -> None:
        def look() -> list[bool]:
            return [target.exists() for target in targets]

        there = read_quickly(look, [False] * len(targets), START_S)
        if not all(there):
            # Its error says that it is missing.
            self._open_asked(targets[there.index(False)])
        elif len(targets) > 1:
            self._take(targets)
        else:
            self._next_window(os.path.basename(os.path.abspath(targets[0])))
            self._open_asked(targets[0])

    def _open_asked(self, target: Path) -> None:
        try:
            self.open(target)
        except BrokenProject as error:
            helps = self._way_back(target)
            if helps is None and not os.path.lexists(target / "project.json"):
                if not (target.is_dir() and os.listdir(target)):
                    raise
                self._take([target])
                return
            # Whoever started it from an icon sees no terminal.
            self.welcome(in_language(error), helps)

    def _take(self, paths: list[Path]) -> None:
        """Show the start page, and do with paths what a drop of them does."""
        self.welcome()
        assert self.window is not None
        assert self.window.start_window is not None
        self.window.start_window.take(paths)

    def _open_last(self, root: Path) -> None:
        # Nobody asked for this project: its error must be shown in a window, and no
        # other project is opened instead, because the person would begin to work on it.
        trouble = read_quickly(lambda: _trouble_with(root), _silent_text(root), START_S)
        broken = trouble == _missing_text(root)
        if not trouble:
            try:
                self.open(root)
            except SkelsegError as error:
                trouble = in_language(error)
                broken = isinstance(error, BrokenProject)
        if trouble:
            self.welcome(trouble, self._way_back(root) if broken else None)


def _import_the_rest() -> None:
    begin(lambda: list(map(import_module, IMPORTED_LATER)), "imports")


def _is_broken(root: Path) -> bool:
    """Tell whether ``project.json`` is gone or damaged."""
    from skelseg_core.project.folder import ProjectFolder

    try:
        ProjectFolder(root).load()
    except BrokenProject:
        return True
    return False


def _trouble_with(root: Path) -> str:
    """Return a sentence why the project that was open last is not there, or nothing."""
    try:
        return "" if (root / "project.json").is_file() else _missing_text(root)
    except OSError as error:
        return unreachable(error)


def _silent_text(root: Path) -> str:
    text = tr(
        "The last project {} cannot be opened: the disk of {} does not answer. Check "
        "the disk or choose another project."
    )
    return text.format(root.name, root.parent)


def _missing_text(root: Path) -> str:
    text = tr(
        "The last project {} is not in {} any more. Open it where it is now or choose "
        "another."
    )
    return text.format(root.name, root.parent)


def run_window(arguments: list[str]) -> int:
    """Make the application, and open what the arguments name; return the exit code."""
    share_freed_memory()
    read_no_sources()
    from PySide6.QtWidgets import QApplication

    from app.kit import theme
    from app.kit.error_report import ErrorReporter, log_exception
    from app.kit.icons import program_icon
    from app.kit.language import speak
    from app.kit.program_style import put_on
    from app.kit.settings import Settings
    from skelseg_core.logs import keep_crashes, start_logging

    start_logging()
    keep_crashes()
    logging.getLogger("app").info(
        "skelseg %s, Python %s, %s",
        __version__,
        platform.python_version(),
        sys.platform,
    )
    QApplication.setApplicationName("skelseg")
    QApplication.setOrganizationName("skelseg")
    settings = Settings()
    set_text_size(settings)
    application = QApplication(sys.argv[:1])
    GarbageCollector(application)
    application.setWindowIcon(program_icon())
    put_on(application)
    speak(application, settings.language)
    theme.apply(application, settings.scheme)
    theme.Follower(application, settings)
    owner = Application(application, settings)
    faults = ErrorReporter(lambda: owner.window)
    owner.on_ready = faults.tell_waiting
    faults.install()
    signal.signal(signal.SIGTERM, owner.end)
    try:
        owner.begin(arguments)
        return application.exec() if owner.window else 0
    except SkelsegError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except Exception as error:
        log_exception(type(error), error, error.__traceback__)
        return 1
    finally:
        faults.remove()


def set_text_size(settings: Settings) -> None:
    """Enlarge all that Qt draws; it looks there once, before the application."""
    if settings.text_size != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", str(settings.text_size / 100))
