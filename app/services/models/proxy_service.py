"""Have small copies of videos made, so that every look at one is instant."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.settings import Settings
from app.playback.player import Player
from app.services.jobs import Job
from app.services.models.pose_service import READING, PoseService
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.progress import Progress, Task


class ProxyService(QObject):
    """Write the proxy of a video when it is first opened, one after the other.

    Where poses are estimated, they write it on the way. It is removed with its video,
    and all are when they are switched off.
    """

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        tasks: TaskRunner,
        poses: PoseService,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._jobs = current, player, tasks.jobs
        self._after_save, self._poses = tasks.after_save, poses
        self._settings = settings
        poses.proxy_bytes = settings.proxy_bytes
        # Looked at since they were opened; and cancelled, or impossible to write.
        self._handled: set[Path] = set()
        self._given: set[Path] = set()
        self._job: Job | None = None
        # Jobs that were writing one when proxies were switched off, and may finish it.
        self._late: list[Job] = []
        self._path: Path | None = None
        tasks.jobs.ended.connect(self._on_job_ended)
        current.document.changed.connect(self._on_document_changed)

    @command("proxies", "Small copies for quick looks", checked=lambda self: self.on)
    def toggle(self) -> None:
        """Make proxies or, switched off, remove them all."""
        self._settings.proxies = not self.on
        self._poses.proxy_bytes = self._settings.proxy_bytes
        self._handled.clear()
        self._given.clear()
        self._late = []
        if self.on:
            self.write()
            return
        self._late = [j for j in self._jobs.running if j.kind in ("poses", "proxy")]
        self.cancel()
        self._remove_all()

    def _remove_all(self) -> None:
        self._jobs.start(self.tr("Remove the small copies of videos"), _removed())

    @property
    def on(self) -> bool:
        """Tell whether proxies are made."""
        return self._settings.proxies

    def cancel(self) -> None:
        """Cancel the proxy that is written now."""
        if self._job is not None:
            self._job.cancel()

    def begin(self) -> None:
        """Write the proxy of the video whose first picture is shown."""
        if self._player.path is not None:
            self._handled.discard(self._player.path)
        self.write()

    def write(self) -> None:
        """Write the proxy of the current video, unless it is there or on its way."""
        item, path, info = self._current.item, self._player.path, self._player.info
        if item is None or path is None or info is None or not info.is_slow:
            return
        if not self.on or self._job is not None or path in self._handled | self._given:
            return
        # Where poses are estimated, that writes it: both would decode every frame.
        if self._poses.is_reading or self._after_save.is_begun("poses", item.id):
            return
        self._handled.add(path)
        title, task = (self.tr("Small copy of {}").format(item.id), self._written(path))
        self._path = path
        job = self._jobs.start(title, task, self._on_written, "proxy", item.n_frames)
        job.in_background = True
        self._job = job if job.running else None

    def _written(self, path: Path) -> Task[bool]:
        from skelseg_core.video.proxy_writing import is_missing
        from skelseg_core.video.reader import open_index

        index = yield from open_index(path)
        if not is_missing(index):
            return True
        # The process is started for this alone, beside those that a person waits for.
        room = self._settings.proxy_bytes
        result = yield from self._jobs.worker.alone(
            "write_proxy", path=str(path), max_bytes=room
        )
        return bool(result["there"])

    def _on_written(self, there: bool) -> None:
        if not there and self._path is not None:
            self._given.add(self._path)

    def _on_job_ended(self, job: Job) -> None:
        if job in self._late:
            self._late.remove(job)
            self._remove_all()
        if job is self._job:
            self._job = None
            if job.state != "done" and self._path is not None:
                self._given.add(self._path)
            self.write()
        elif job.kind in ("poses", READING):
            self.write()

    def _on_document_changed(self, change: Change) -> None:
        for item in change.before.videos if change.videos else ():
            if item.has_file and not change.after.has(item.id):
                title = self.tr("Remove the small copy of {}").format(item.id)
                self._jobs.start(title, _removed(item.fingerprint))


def _removed(fingerprint: str | None = None) -> Task[None]:
    from skelseg_core.video.proxy_writing import remove_proxies

    yield Progress("removing small copies")
    yield from remove_proxies(fingerprint)
