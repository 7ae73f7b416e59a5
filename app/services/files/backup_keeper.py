"""Make backups of the project before it is saved; list and restore them."""

from __future__ import annotations

import contextlib
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from app.kit.language import in_language
from app.kit.plural import plural
from app.services.task_runner import TaskRunner
from app.state.change import Change
from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.progress import Progress, Task
from skelseg_core.project.copies.backups import Backup, Backups, deletes_classes
from skelseg_core.project.copies.repairing import RestoredFrom, labels_repaired
from skelseg_core.project.copies.restoring import restored, restored_video
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.said import listed

TOPIC = "backups"


class BackupKeeper(QObject):
    """Keep backups of one project on this computer.

    A backup is made of the files as they are, by the thread of a save right before it
    writes: before the first edit of a day, and before imports, restores, and edits that
    delete or merge classes. ``listed`` answers `look`, and differs after
    ``saved``.
    """

    listed = Signal(object)  # list of Backup
    saved = Signal(str)
    _failed = Signal(str)

    def __init__(self, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._document = tasks, tasks.document
        self._reason = ""
        self._daily = self.tr("Before the first edit of a day")
        document = tasks.document
        self._backups = Backups(document.folder, document.project.uuid)
        self._document.changed.connect(self._on_changed)
        self._document.saved.connect(self.saved)
        self._document.saver.before_save = self._keep
        self._failed.connect(self._on_failed)

    # -- made by itself ---------------------------------------------------------------

    def keep_before(self, step: str) -> None:
        """Make a backup before this step is saved."""
        self._reason = self.tr("Before: {}").format(step)

    def _on_changed(self, change: Change) -> None:
        if self._reason or not change.classes:
            return
        if deletes_classes(change.before, change.after):
            self._reason = self.tr("Before classes were deleted or merged")

    def _keep(self) -> None:
        """Make a backup where one is due, in the thread of a save; say where it fails.

        The save goes on: no full disk may stop it.
        """
        reason, self._reason = self._reason, ""
        # The window may be gone meanwhile.
        with contextlib.suppress(RuntimeError):
            try:
                make = self._backups.make if reason else self._backups.make_daily
                make(reason or self._daily)
            except SkelsegError as error:
                self._failed.emit(in_language(error))

    def _on_failed(self, text: str) -> None:
        said = self.tr("No backup was made. {}").format(text)
        self._tasks.notices.warn(said, about=TOPIC)

    # -- looked at and restored -------------------------------------------------------

    def look(self) -> None:
        """Read the list of the backups; ``listed`` has it."""
        title = self.tr("Read the backups")
        self._tasks.run(title, self._read(), self.listed.emit)

    def _read(self) -> Task[list[Backup]]:
        yield Progress("backups")
        return self._backups.all()

    def restore(self, backup: Backup, video_id: TrackId | None = None) -> None:
        """Make the project, or one video, what it was, in one step of undo."""
        what = video_id or self.tr("the project")
        words = self.tr("the backup of {}").format(time_words(backup.made))
        text = self.tr("Restore {} from {}").format(what, words)
        backups, stay = self._backups, set[str]()

        def edit(now: Project) -> Task[Project]:
            then = yield from backups.then(backup)
            if video_id:
                after = restored_video(now, then, video_id)
            else:
                after = restored(now, then)
                stay.update(v.id for v in then.tracks if v.missing)
            if after == now:
                raise EditError("Nothing was changed: the backup is the same.")
            return after

        def tell(_: object) -> None:
            self.keep_before(text)
            done = self.tr("Restored from {}. You can undo this.").format(words)
            lacks = plural(
                "It lacks {n} video(s), whose labels stay as they are.", len(stay)
            )
            self._tasks.tell(done, [lacks] if stay else [])

        self._tasks.edit(text, edit, tell)

    def repair(self) -> None:
        """Restore damaged and missing labels from the newest backups that have them.

        All else stays as it is; it is one step of undo.
        """
        text, found = self.tr("Restore labels from backups"), RestoredFrom()

        def edit(now: Project) -> Task[Project]:
            after, came = yield from labels_repaired(now, self._backups)
            found.update(came)
            return after

        def tell(_: object) -> None:
            self.keep_before(text)
            project, one = self._document.project, self.tr("{} from the backup of {}")
            words = [
                one.format(project.titled(video), time_words(backup.made))
                for video, used in found.items()
                for backup in used
            ]
            done = self.tr("Restored: {}. You can undo this.")
            self._tasks.tell(done.format(listed(words)))

        self._tasks.edit(text, edit, tell)


def time_words(made: datetime) -> str:
    """Write a time of UTC as the clock on the wall shows it; the day if not today."""
    local, now = made.astimezone(), datetime.now().astimezone()
    words = "%H:%M" if local.date() == now.date() else "%Y-%m-%d %H:%M"
    return local.strftime(words)
