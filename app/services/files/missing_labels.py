"""Warn about missing or damaged label files; look for them again, or give them up."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.language import in_language
from app.kit.plural import plural
from app.services.files.backup_keeper import BackupKeeper
from app.services.jobs import Job
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project_edits import give_up_labels, missing_labels
from skelseg_core.project.videos_and_tracks import Track

TOPIC = "missing labels"
MOST_TOLD = 3
"""Videos with damaged label files that are told of one by one."""


class MissingLabels(QObject):
    """Warn about missing or damaged label files until each is found or given up."""

    def __init__(
        self,
        current: CurrentVideo,
        tasks: TaskRunner,
        backups: BackupKeeper,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._backups = backups
        self._current, self._document, self._tasks = current, current.document, tasks
        self._notices, self._shown = tasks.notices, ""
        self._document.changed.connect(self._on_changed)

    @property
    def videos(self) -> tuple[str, ...]:
        """Names of the videos that miss a label file."""
        project = self._document.project
        films = (project.track(i).video.title for i in missing_labels(project))
        return tuple(dict.fromkeys(films))

    @property
    def of_current(self) -> bool:
        """True if the current video misses a label file, or its notes are damaged."""
        item = self._current.item
        return item is not None and bool(item.missing or item.video.damage)

    @property
    def _damaged(self) -> list[Track]:
        project = self._document.project
        items = map(project.track, missing_labels(project))
        return [item for item in items if item.is_damaged]

    def sentence(self) -> str:
        """Return the warning about missing label files; empty where none is missing."""
        damaged = self._damaged
        told = {item.video.title for item in damaged}
        gone = tuple(video_id for video_id in self.videos if video_id not in told)
        texts = [
            in_language(item.why_missing(name))
            for item in damaged[:MOST_TOLD]
            for name in sorted(item.missing & item.damaged.keys())
        ]
        if more := len(damaged[MOST_TOLD:]):
            texts.append(plural("{n} more video(s) have damaged label files.", more))
        if gone:
            text = plural(
                "The label file(s) of {n} video(s) are missing ({names}). Put them "
                "back and look again, restore them with File > Backups…, or give them "
                "up.",
                len(gone),
                names=_names(gone),
            )
            texts.insert(0, text)
        return " ".join(texts)

    def show_warning(self) -> None:
        """Warn about missing label files, if there are any."""
        if self.videos:
            self._warn(self.sentence())

    def _warn(self, text: str) -> None:
        self._shown = self.sentence()
        # A file that is put back is taken in by itself; damage needs a backup.
        helps = "labels-repair" if self._damaged else "labels-look-again"
        self._notices.warn(text, helps, "labels-give-up", about=TOPIC)

    def _on_changed(self, _: object) -> None:
        """Renew the warning when other label files are missing than it says."""
        if self._shown and self.sentence() != self._shown:
            self._notices.settle(TOPIC)
            self._shown = ""
            self.show_warning()

    @command(
        "labels-look-again",
        "Look again for missing labels",
        enabled=lambda self: self.videos,
        tip="Read label files that are back",
        acts_on="missing",
    )
    def look_again(self, quiet: bool = False) -> Job:
        """Read the missing label files that can be found again, in a thread.

        With ``quiet`` nothing is said where none was found.
        """
        document, title = self._document, self.tr("Look again for labels")
        folder = document.folder

        def show(lanes: Mapping[str, Mapping[str, Segmentation]]) -> None:
            if lanes:
                document.apply(title, lambda p: folder.with_found(p, lanes))
            still = self.videos
            if quiet and not lanes:
                return
            if still:
                text = self.tr("The label files of {} are still missing.")
                text = text.format(_names(still))
                self._warn(self.sentence() if self._damaged else text)
            else:
                self._notices.say(self.tr("All label files are back."))

        task = folder.find_missing(document.project)
        return self._tasks.run(title, task, show)

    @command(
        "labels-repair",
        "Restore from backup",
        enabled=lambda self: self.videos,
        tip="Damaged and missing labels as the newest whole backup has them",
        acts_on="missing",
    )
    def repair(self) -> None:
        """Restore damaged and missing labels; what is whole stays as it is."""
        self._backups.repair()

    @command(
        "labels-give-up",
        "Discard the missing labels",
        enabled=lambda self: self.of_current,
        tip="Treat this video as unlabelled, or without notes where these are damaged",
        acts_on="video",
    )
    def give_up(self) -> None:
        """Make the current video unlabelled, whose label file is missing."""
        item = self._current.item
        if item is None or not self.of_current:
            return
        name = self._document.project.titled(item.id)
        text = self.tr("Discard the labels of {}").format(name)
        sentence = self.tr("{} is unlabelled now. You can undo this.")
        if not item.missing:
            name = item.video.title
            text = self.tr("Discard the damaged notes of {}").format(name)
            sentence = self.tr("{} has no notes now. The damaged file is kept beside.")
        if self._document.apply(text, lambda p: give_up_labels(p, item.id)):
            self._notices.say(sentence.format(name))


def _names(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
