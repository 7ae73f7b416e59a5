"""Make all services of one open project: the parts of the program without widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.notices import EDIT, JOB, SAVE, VIDEO, Notices
from app.kit.plural import plural
from app.kit.settings import Settings
from app.playback.decoder import RING_BYTES
from app.playback.player import Player
from app.playback.sound import Sound
from app.playback.thumbnails import CACHE_BYTES as STRIP_BYTES
from app.services.after_save import AfterSave
from app.services.annotator_import import AnnotatorImport
from app.services.class_editor import ClassEditor
from app.services.class_keys import ClassKeys
from app.services.exporter import Exporter
from app.services.file_importer import FileImporter
from app.services.jobs import Jobs
from app.services.keypoint_editor import KeypointEditor
from app.services.live_labelling import LiveLabelling
from app.services.missing_labels import MissingLabels
from app.services.model_service import ModelService
from app.services.pose_service import PoseService
from app.services.review_playback import ReviewPlayback
from app.services.segment_editor import SegmentEditor
from app.services.subject_choice import SubjectChoice
from app.services.tap_labelling import TapLabelling
from app.services.undo_redo import UndoRedo
from app.services.video_files import VideoFiles
from app.services.video_relinker import VideoRelinker
from app.services.worker import Worker
from app.state.current_video import CurrentVideo
from app.state.document import Change, Document
from app.state.session import Session
from skelseg_core.project.project import Project


class Services(QObject):
    """Make the services of one project, each after those that it needs.

    ``which_video`` asks the person which video a file belongs to, ``may_replace``
    whether existing data may be replaced.
    """

    def __init__(
        self,
        document: Document,
        settings: Settings,
        which_video: Callable[[Path, Project, str], str | None],
        may_replace: Callable[[str], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.document, self.settings = document, settings
        # Without a parent the document would outlive the window, which its signals
        # refer to.
        document.setParent(self)
        self.notices = notices = Notices(self)
        self.session = session = Session(self, document.can_show)
        room = decoded_bytes(settings.cache_bytes)
        self.player = player = Player(session, self, cache_bytes=room)
        self.jobs = jobs = Jobs(Worker(), self)
        self._connect_notices()
        self.after_save = after = AfterSave(document, jobs, self)
        # The first listener to a change of video, so that it drops its values before
        # others ask.
        self.current_video = current = CurrentVideo(document, session, self)
        self.video_files = files = VideoFiles(current, player, jobs, notices, self)
        self.pose_service = poses = PoseService(current, jobs, after, notices, self)
        files.added.connect(poses.estimate_new)
        # Threads that read earlier would slow down the first picture.
        player.first_picture_shown.connect(poses.load)
        self.model_service = ModelService(
            current, player, jobs, after, poses, notices, self
        )
        self.exporter = Exporter(document, jobs, notices, self)
        self.segment_editor = SegmentEditor(document, session, player, notices, self)
        self.class_editor = ClassEditor(document, jobs, notices, self)
        live = (document, session, player, settings, notices, self)
        self.live_labelling, self.tap_labelling = (
            LiveLabelling(*live),
            TapLabelling(*live),
        )
        self.class_keys = ClassKeys(
            self.segment_editor, self.live_labelling, self.tap_labelling, self
        )
        self.file_importer = FileImporter(
            document,
            jobs,
            after,
            files,
            poses,
            lambda file, project: which_video(file, project, session.video_id),
            may_replace,
            notices,
            self,
        )
        self.review_playback = ReviewPlayback(current, player, notices, self)
        self.undo_redo = UndoRedo(current, player, notices, self)
        self.annotator_import = AnnotatorImport(current, jobs, notices, self)
        self.video_relinker = VideoRelinker(document, jobs, files, notices, self)
        self.missing_labels = MissingLabels(current, jobs, notices, self)
        self.subject_choice = SubjectChoice(current, notices, self)
        self.keypoint_editor = KeypointEditor(
            current, self.segment_editor.targets, notices, self
        )
        self.sound = Sound(player, settings, self)

    def _connect_notices(self) -> None:
        """Show messages of edits, saves and jobs, as long as they hold."""
        document, notices = self.document, self.notices
        document.problem.connect(notices.refuse)
        document.noted.connect(notices.warn)
        document.changed.connect(self._on_changed)
        document.save_failed.connect(self._on_save_failed)
        document.saved.connect(lambda: notices.settle(SAVE))
        self.jobs.failed.connect(notices.warn)
        self.jobs.about = lambda title: notices.about(JOB + title)

    def _on_changed(self, change: Change) -> None:
        self.notices.settle(EDIT)
        if change.videos:
            for item in change.before.videos:
                if not change.after.has(item.id):
                    self.notices.settle(VIDEO + item.id)

    def _on_save_failed(self, text: str) -> None:
        if text:
            self.notices.warn(text, about=SAVE)

    def show_opening_notices(self) -> None:
        """Say which edits were recovered and which label files are missing."""
        self.missing_labels.show_warning()
        if n := self.document.recovered:
            text = "Recovered {n} edit(s) of a session that was cut off."
            self.notices.say(plural(text, n))
        for note in self.document.notes:
            self.notices.warn(note)

    def close(self) -> None:
        """Stop all jobs and close the files; unsaved edits stay in the document."""
        self.after_save.drop()
        self.player.close()
        self.sound.close()
        self.jobs.close()


def decoded_bytes(room: int) -> int:
    """Return the bytes of the ``room`` for pictures that decoded frames may take.

    The rest is for the next pictures to show and for the loupe.
    """
    return max(room // 2, room - RING_BYTES - STRIP_BYTES)
