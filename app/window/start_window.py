"""StartWindow: what fills the window while no project is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app.kit.commands import Actions
from app.kit.key_policy import KeyPolicy
from app.kit.notices import Notices
from app.kit.recent_projects import read_recent
from app.kit.settings import Settings
from app.services.jobs import Job, Jobs, Worker
from app.views.dialogs.dialogs import ask_new_project, ask_project
from app.views.jobs.jobs_bar import JobsBar
from app.views.messages import MessageBar
from app.views.start.help import HelpView
from app.views.start.help_pages import PAGES
from app.views.start.start_page import StartView
from app.window.dropping import Dropping, start_choices
from app.window.leaving import quit_window
from app.window.menus.start import start_entries
from app.window.projects import dataset_importer, demo_task
from app.window.recent_menu import RecentMenu
from app.window.told_keys import ToldKeys
from skelseg_core.progress import Task


class StartWindow(QObject):
    """The start page with its menus; asks for a project by a signal."""

    open_requested = Signal(object)  # Path of a project or video

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self.jobs = Jobs(Worker(), self)
        self.help: HelpView | None = None
        self.messages, self.start = MessageBar(Notices(self)), StartView()
        self._demo: Job | None = None
        notices = self.messages.notices
        self.jobs.failed.connect(notices.warn)
        self.jobs.about = notices.about
        self.jobs.ended.connect(self._on_job_ended)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.messages)
        layout.addWidget(self.start, 1)
        window.setCentralWidget(centre)
        window.statusBar().addPermanentWidget(JobsBar(self.jobs), 1)
        window.statusBar().setSizeGripEnabled(False)
        self.actions_table = Actions(
            window,
            start_entries(
                lambda: self.new(),
                self.choose,
                self.demo,
                self.show_help,
                self.report_problem,
                lambda: quit_window(window, self.jobs),
                settings,
            ),
            settings.keys,
            notices.about,
        )
        self.start.show_keys(self.actions_table.keys)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._policy = KeyPolicy(application, self)
        recent = RecentMenu(settings, self.open_requested.emit, None, window)
        self.actions_table.menus["&File"].insertMenu(self.actions_table["demo"], recent)
        self.start.new_requested.connect(lambda: self.new())
        self.start.choose_requested.connect(self.choose)
        self.start.demo_requested.connect(self.demo)
        self.start.chosen.connect(self.open_requested)
        self.start.forgotten.connect(self.forget)
        self._take_dataset = dataset_importer(window, self.jobs, self._ask)
        self._dropping = Dropping(
            window,
            self.jobs,
            lambda d: start_choices(
                d, self.open_requested.emit, self.new, self._take_dataset
            ),
            self,
        )
        self.start.open.setFocus()

    def look(self) -> None:
        """Read what is to be seen of the recent projects, in a thread."""
        self._run(
            self.tr("Recent projects"), read_recent(self._settings.recent), self._show
        )

    def _show(self, rows: Any) -> None:
        self.start.show_recent(rows)

    def _run(self, title: str, task: Task[Any], then: Callable[[Any], None]) -> Job:
        return self.jobs.start(title, task, then)

    def new(self, videos: Sequence[Path] = ()) -> None:
        """Begin a project in a dialog."""
        self._ask(ask_new_project(self._window, videos))

    def choose(self) -> None:
        """Choose the folder of a project."""
        self._ask(ask_project(self._window))

    def demo(self) -> None:
        """Open the user's own copy of the demo; made at the first time."""
        if self._demo is None:
            self.start.demo.setEnabled(False)
            self._demo = self._run(self.tr("Demo"), demo_task(), self._ask)

    def _on_job_ended(self, job: Job) -> None:
        if job is self._demo:
            self._demo = None
            self.start.demo.setEnabled(True)

    def show_help(self) -> None:
        """Open the help where it begins."""
        if self.help is None:
            told = ToldKeys(self._settings.keys)
            self.help = HelpView(told.key_of, told.sheet, told.told, self._window)
        self.help.open_page(PAGES[0])

    def report_problem(self) -> None:
        """Show what a report of a problem holds, and save it."""
        from app.views.dialogs.report import report_problem

        report_problem(self._window, self._settings.path)

    def forget(self, root: Path) -> None:
        """Take a project off the list; its files stay."""
        self._settings.remove_recent(root)
        self.start.show_recent([r for r in self.start.model.rows if r.root != root])

    def _ask(self, root: Path | None) -> None:
        if root is not None:
            self.open_requested.emit(root)

    def close(self) -> None:
        """Stop what runs."""
        self._settings.set_layout("geometry", self._window.saveGeometry())
        self._policy.close()
        self.jobs.close()
