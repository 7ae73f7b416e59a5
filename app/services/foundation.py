"""Foundation of the services: the project, its video, the player, jobs and messages."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.kit.notices import EDIT, JOB, VIDEO, Notices
from app.kit.settings import Settings
from app.playback.decoder import RING_BYTES
from app.playback.player import Player
from app.playback.sound import Sound
from app.playback.thumbnails import CACHE_BYTES as STRIP_BYTES
from app.services.after_save import AfterSave
from app.services.jobs import Jobs
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import CurrentVideo
from app.state.document import Document
from app.state.session import Session
from skelseg_core.engine.worker_process import Worker


class Foundation(QObject):
    """Hold the objects of one project that every group of services needs."""

    def __init__(
        self, document: Document, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.document, self.settings = document, settings
        # Without a parent the document would outlive the window, which its signals
        # refer to.
        document.setParent(self)
        self.notices = notices = Notices(self)
        self.session = session = Session(self, document.can_show, document.video_id_of)
        room = decoded_bytes(settings.cache_bytes)
        self.player = player = Player(session, self, cache_bytes=room)
        player.choose_step(settings.step_frames)
        player.step_chosen.connect(lambda n: setattr(settings, "step_frames", n))
        self.sound = Sound(player, settings, self)
        self.jobs = jobs = Jobs(
            Worker(),
            self,
            about=lambda title: notices.about(JOB + title),
            ready=lambda: not document.is_busy,
        )
        # A change ends what was said of the one before; then services speak of it.
        document.problem.connect(notices.refuse)
        document.noted.connect(notices.warn)
        document.changed.connect(self._on_changed)
        jobs.failed.connect(notices.warn)
        self.after_save = after = AfterSave(document, jobs, self)
        self.tasks = TaskRunner(document, jobs, after, notices)
        self.current_video = CurrentVideo(document, session, self)

    def _on_changed(self, change: Change) -> None:
        self.notices.settle(EDIT)
        for track in change.gone:
            self.notices.settle(VIDEO + track.id)


def decoded_bytes(room: int) -> int:
    """Return the bytes of the ``room`` for pictures that decoded frames may take.

    The rest is for the next pictures to show and for the loupe.
    """
    return max(room // 2, room - RING_BYTES - STRIP_BYTES)
