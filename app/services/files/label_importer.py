"""Import label files of any format: read them, plan what becomes of them, do it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.kit.plural import plural
from app.services.files.video_files import VideoFiles
from app.services.jobs import Job
from app.services.task_runner import TaskRunner
from app.state.document import PreparedEdit
from skelseg_core.formats.descriptors import ReadOptions
from skelseg_core.formats.tables.table_mapping import saved_tables
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import names_added
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId
from skelseg_core.said import listed

if TYPE_CHECKING:
    from app.services.files.label_reading import Read
    from skelseg_core.formats.descriptors import LabelFormat
    from skelseg_core.formats.label_file import LabelFile
    from skelseg_core.formats.tables.table import Table
    from skelseg_core.formats.tables.table_mapping import TableMapping
    from skelseg_core.project.imports.label_plan import ImportPlan, PlannedVideo


class LabelImporter(QObject):
    """Read label files and keep the plan of their import until a person agrees.

    ``asked`` says that files were read and a person is to see the plan, ``planned``
    that the plan is another one, ``columns_asked`` that a person is to say what the
    columns of a table are. Nothing is changed before `apply`, which is one step of
    undo.
    """

    asked = Signal()
    planned = Signal()
    columns_asked = Signal(object, object)  # a Table; a TableMapping, or None
    imported = Signal(str)  # name of the step

    def __init__(
        self, tasks: TaskRunner, videos: VideoFiles, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._notices = tasks.document, tasks.notices
        self._tasks, self._videos = tasks, videos
        self._paths: tuple[Path, ...] = ()
        self._options = ReadOptions()
        self._job: Job | None = None
        self._turn = 0
        self._tables: tuple[Path, ...] = ()
        self.files: tuple[LabelFile, ...] = ()
        self.formats: tuple[LabelFormat, ...] = ()
        self.unread: tuple[str, ...] = ()
        self.choices = ImportChoices()
        self.places: tuple[Path, ...] = ()
        self.plan: ImportPlan | None = None

    @property
    def project(self) -> Project:
        """The project that the labels go into."""
        return self._document.project

    def begin(self, paths: Sequence[Path], annotator: str = "") -> None:
        """Read label files in a thread, then ask; say what cannot be read.

        Labels of another ``annotator`` go into a lane of that name.
        """
        self._paths = tuple(paths)
        self._options = ReadOptions(saved_tables=saved_tables())
        self.choices = ImportChoices(annotator=annotator)
        self.plan, self.files, self.places = None, (), ()
        self._read(self.asked.emit)

    def read_again(self, *, modifiers: bool) -> None:
        """Read the files by another option, and plan anew."""
        self._options, self.plan = replace(self._options, modifiers=modifiers), None
        self._read(self.planned.emit)

    def ask_columns(self) -> None:
        """Read the first table once more, for a person to say what its columns are."""
        from app.services.files.label_reading import tried_table

        if self._tables:
            task = tried_table(self._tables[0], self._options)
            self._start(task, self._on_table)

    def _on_table(self, found: tuple[Table, TableMapping | None] | str) -> None:
        if isinstance(found, str):
            self._notices.warn(found)
        else:
            self.columns_asked.emit(*found)

    def take_columns(self, mapping: TableMapping, remember: bool) -> None:
        """Read tables by these columns, and plan anew; ask where nobody has seen it."""
        then = self.planned.emit if self.files else self.asked.emit
        self._options, self.plan = replace(self._options, table=mapping), None
        # Other columns make other tracks.
        self.choices = replace(self.choices, picks=(), targets=())
        if self.files:
            self.planned.emit()
        self._read(then, self._tables, remember)

    def _read(
        self,
        then: Callable[[], object],
        chosen: Collection[Path] = (),
        remember: bool = False,
    ) -> None:
        from app.services.files.label_reading import reading

        task = reading(self._paths, self._options, self.project, chosen, remember)
        self._start(task, lambda found: self._keep(found, then))

    def _keep(self, found: Read, then: Callable[[], object]) -> None:
        self.files, self.formats, self.unread, self._tables = found
        from skelseg_core.project.imports.named_labels import says_tracks

        if self.files:
            if self.choices == ImportChoices() and says_tracks(self.files):
                self.choices = ImportChoices(tracks="keep")
            self._plan(then)
        elif self._tables and len(self._paths) == 1:
            self.ask_columns()
        else:
            for text in self.unread:
                self._notices.warn(text)

    def choose(self, choices: ImportChoices) -> None:
        """Plan anew by other choices, in a thread; ``planned`` follows."""
        self.choices, self.plan = choices, None
        self._plan(self.planned.emit)

    def look_in(self, folder: Path) -> None:
        """Look for videos that the project lacks in a folder, too, and plan anew."""
        self.places, self.plan = (folder,), None
        self._plan(self.planned.emit)

    def _plan(self, then: Callable[[], object]) -> None:
        from app.services.files.label_reading import planned

        folder, project = self._document.folder, self._document.project
        task = planned(folder, project, self.files, self.choices, self.places)
        self._start(task, lambda plan: self._show(plan, then))

    def _show(self, plan: ImportPlan, then: Callable[[], object]) -> None:
        self.plan = plan
        then()

    def _start(self, task: Task[Any], show: Callable[[Any], object]) -> None:
        """Run a task in place of the one before, whose answer nobody waits for."""
        if self._job is not None:
            self._job.cancel()
        self._turn += 1
        turn = self._turn

        def answer(value: Any) -> None:
            if turn == self._turn:
                show(value)

        self._job = self._tasks.run(self.tr("Import labels"), task, answer)

    def apply(self) -> None:
        """Import the labels as planned, as one step of undo."""
        plan = self.plan
        if plan is None or plan.problems:
            return
        ids = listed(_video_ids(plan))
        self._tasks.edit(
            self.tr("Import labels of {}").format(ids),
            partial(_applied, plan),
            lambda made: self._on_imported(plan, made),
        )

    def _on_imported(self, plan: ImportPlan, made: PreparedEdit) -> None:
        self.imported.emit(made.text)
        self._tell(plan, made.before)

    def _tell(self, plan: ImportPlan, before: Project) -> None:
        if plan.added:
            self._videos.show_added([item.id for item in plan.added])
        if len(plan.videos) == 1:
            said = self._said_of(plan.videos[0], before, plan)
        else:
            text = "Imported labels of {n} video(s). You can undo this."
            said = plural(text, len(_video_ids(plan)))
        if new := names_added(before, self.project):
            said += " " + self.tr("New classes: {}.").format(", ".join(new))
        self._notices.say(said)

    def _said_of(self, video: PlannedVideo, before: Project, plan: ImportPlan) -> str:
        place = {"video": video.video_id, "file": video.source.file}
        n = video.labels.n_segments
        said = plural("{video}: {n} segment(s) from {file}.", n, **place)
        item = before.find(video.track_id)
        lane = item.lanes.get(plan.choices.lane) if item is not None else None
        if lane is not None and plan.choices.existing == "replace":
            was = sum(s.class_id is not None for s in lane.segments)
            text = self.tr("They replace {was}. You can undo this.")
            said += " " + text.format(was=f"{was:,}") if was else ""
        return said


def _video_ids(plan: ImportPlan) -> list[VideoId]:
    """List the videos that get labels, points or comments."""
    ids = [*(v.video_id for v in plan.videos), *(e.video_id for e in plan.extra)]
    return list(dict.fromkeys(ids))


def _applied(plan: ImportPlan, project: Project) -> Task[Project]:
    yield Progress("labels")
    return plan.apply(project)
