"""Fill the window while no project is open: start page, menus, recent projects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app.kit.announcer import Announcer
from app.kit.commands import Commands, CommandTable, KeyTexts, command, default_keys
from app.kit.key_policy import KeyPolicy
from app.kit.keymap import Keymap
from app.kit.notices import Notices
from app.kit.recent_projects import read_recent
from app.kit.settings import Settings
from app.services.jobs import Job, Jobs
from app.views.jobs.status_bar_jobs import JobsBar
from app.views.messages import MessageBar
from app.views.start.start_page import StartView
from app.window.dropping import Dropping, start_choices
from app.window.find_project import dataset_importer, demo_task, labels_importer
from app.window.menus import START_MENUS
from app.window.program_commands import ProgramCommands
from app.window.top_row import TopRow
from skelseg_core.engine.worker_process import Worker
from skelseg_core.progress import Task


class StartWindow(QObject):
    """Show the start page and its menus; signal the project to open.

    ``import_requested`` signals a project to open and label files to import into it.
    """

    open_requested = Signal(object)  # Path of a project or video
    import_requested = Signal(object, object)  # Path of a project, and those of files

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self.messages, self.start = MessageBar(Notices(self)), StartView()
        self._demo: Job | None = None
        notices = self.messages.notices
        Announcer(window, notices)
        self.jobs = Jobs(Worker(), self, notices.about)
        self.jobs.failed.connect(notices.warn)
        self.jobs.ended.connect(self._on_job_ended)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.messages)
        layout.addWidget(self.start, 1)
        window.setCentralWidget(centre)
        self.top = TopRow(window, settings)
        self.top.put((None, JobsBar(self.jobs)))
        self.program_commands = ProgramCommands(
            window, settings, lambda: _key_texts(settings)
        )
        owners = {"": StartWindow, "program_commands": ProgramCommands, "top": TopRow}
        table = CommandTable(START_MENUS, owners, {"&Help": ("menu",)})
        self.commands = Commands(window, table, settings.keys, notices.about)
        self.commands.bind(self)
        self.start.show_keys(self.commands.keys)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._policy = KeyPolicy(application, self)
        program = self.program_commands
        program.add_to(self.commands, before="demo")
        program.open_requested.connect(self.open_requested)
        self.start.new_requested.connect(lambda: program.new_project())
        self.start.choose_requested.connect(program.choose_project)
        self.start.demo_requested.connect(self.demo)
        self.start.chosen.connect(self.open_requested)
        self.start.forgotten.connect(self.forget)
        self._take_dataset = dataset_importer(
            window, self.jobs, self.open_requested.emit
        )
        self._dropping = Dropping(
            window,
            self.jobs,
            lambda d: start_choices(
                d,
                self.open_requested.emit,
                program.new_project,
                self._take_dataset,
                labels_importer(
                    window,
                    self.jobs,
                    self.open_requested.emit,
                    self.import_requested.emit,
                ),
            ),
            self,
        )
        self._dropping.unusable.connect(self._on_unusable)
        self.start.open.setFocus()

    def take(self, paths: list[Path]) -> None:
        """Do with files and folders what a drop of them does."""
        self._dropping.take(paths)

    def _on_unusable(self, paths: list[Path]) -> None:
        text = self.tr("{} holds no project, video, labels or poses that can be read.")
        self.messages.notices.warn(text.format(paths[0]))

    def load_recent(self) -> None:
        """Read the details of the recent projects, in a thread."""
        recent = self._settings.recent
        self.start.make_room(len(recent))
        self._run(self.tr("Recent projects"), read_recent(recent), self._show)

    def _show(self, rows: Any) -> None:
        self.start.show_recent(rows)

    def _run(self, title: str, task: Task[Any], then: Callable[[Any], None]) -> Job:
        return self.jobs.start(title, task, then)

    @command("demo", "Open the demo")
    def demo(self) -> None:
        """Open the user's own copy of the demo; copy it the first time."""
        if self._demo is None:
            self.start.demo.setEnabled(False)
            self._demo = self._run(
                self.tr("Demo"), demo_task(), self.open_requested.emit
            )

    def _on_job_ended(self, job: Job) -> None:
        if job is self._demo:
            self._demo = None
            self.start.demo.setEnabled(True)

    def forget(self, root: Path) -> None:
        """Remove a project from the list of recent ones; its files stay."""
        self._settings.remove_recent(root)
        self.start.show_recent([r for r in self.start.model.rows if r.root != root])

    def close(self) -> None:
        """Save the geometry and stop the jobs."""
        self._settings.set_layout("geometry", self._window.saveGeometry())
        self._policy.close()
        self.jobs.close()


def _key_texts(settings: Settings) -> KeyTexts:
    """Return the keys of all commands, also of those that only a project has."""
    # Imported here: it takes a second, and the start page does not need it.
    from app.window.command_owners import project_table

    commands = project_table().commands
    return KeyTexts(commands, Keymap.of(default_keys(commands), settings.keys))
