"""Make all services of one open project: the parts of the program without widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from app.kit.notices import EDIT, JOB, VIDEO, Notices
from app.kit.plural import plural
from app.kit.settings import Settings
from app.playback.decoder import RING_BYTES
from app.playback.player import Player
from app.playback.sound import Sound
from app.playback.thumbnails import CACHE_BYTES as STRIP_BYTES
from app.services.after_save import AfterSave
from app.services.files.annotator_import import AnnotatorImport
from app.services.files.backup_keeper import BackupKeeper
from app.services.files.file_importer import FileImporter
from app.services.files.label_importer import LabelImporter
from app.services.files.missing_labels import MissingLabels
from app.services.files.project_saver import ProjectSaver
from app.services.files.video_claims import VideoClaims
from app.services.files.video_files import VideoFiles
from app.services.folder_watch import FolderWatch
from app.services.jobs import Jobs
from app.services.labelling.adapting import Adapting
from app.services.labelling.class_editor import ClassEditor
from app.services.labelling.class_keys import ClassKeys
from app.services.labelling.comments import Comments
from app.services.labelling.example_filler import ExampleFiller
from app.services.labelling.keypoint_editor import KeypointEditor
from app.services.labelling.live_labelling import LiveLabelling
from app.services.labelling.order_labelling import OrderLabelling
from app.services.labelling.redecoding import Redecoding
from app.services.labelling.segment_editor import SegmentEditor
from app.services.labelling.subject_choice import SubjectChoice
from app.services.labelling.tracks import Tracks
from app.services.labelling.undo_redo import UndoRedo
from app.services.models.background_training import BackgroundTraining
from app.services.models.model_library import ModelLibrary
from app.services.models.model_service import ModelService
from app.services.models.pose_service import PoseService
from app.services.models.proxy_service import ProxyService
from app.services.models.several_videos import SeveralVideos
from app.services.models.video_runs import VideoRuns
from app.services.review.agreement import AgreementService
from app.services.review.next_video import NextVideo
from app.services.review.people import People
from app.services.review.place_editor import PlaceEditor
from app.services.review.place_finder import PlaceFinder
from app.services.review.review_playback import ReviewPlayback
from app.services.review.review_room import ReviewRoom
from app.services.review.review_wall import ReviewWall
from app.services.review.settling import Settling
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from app.state.document import Change, Document
from app.state.session import Session
from skelseg_core.engine.worker_process import Worker
from skelseg_core.project.folder_writing import listed
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
        player.choose_step(settings.step_frames)
        player.step_chosen.connect(lambda n: setattr(settings, "step_frames", n))
        self.jobs = jobs = Jobs(
            Worker(),
            self,
            about=lambda title: notices.about(JOB + title),
            ready=lambda: not document.is_busy,
        )
        # A change ends what was said of the one before; then services speak of it.
        self._connect_notices()
        self.after_save = after = AfterSave(document, jobs, self)
        self.tasks = tasks = TaskRunner(document, jobs, after, notices)
        self.current_video = current = CurrentVideo(document, session, self)
        self.people = people = People(current, player, settings, jobs, notices, self)
        self.comments = Comments(current, player, lambda: people.name, self)
        self.video_claims = VideoClaims(current, notices, self)
        self.video_files = files = VideoFiles(current, player, tasks, self)
        self.pose_service = poses = PoseService(current, tasks, self)
        self.proxy_service = ProxyService(current, player, tasks, poses, settings, self)
        self.model_service = models = ModelService(current, player, tasks, poses, self)
        self._keep_chosen_model()
        self.model_library = ModelLibrary(models, self)
        self.background_training = BackgroundTraining(
            current, models, tasks, settings, self
        )
        self.next_video = NextVideo(current, tasks, self)
        self.example_filler = ExampleFiller(current, player, tasks, self)
        self.order_labelling = OrderLabelling(current, player, models, tasks, self)
        self.adapting = Adapting(current, models, tasks, self)
        self.project_saver = ProjectSaver(document, jobs, after, notices, self)
        self.segment_editor = SegmentEditor(document, session, player, notices, self)
        edge = self.segment_editor.boundary
        self.redecoding = Redecoding(current, player, edge, models, tasks, self)
        self.class_editor = ClassEditor(tasks, self, lambda: session.video_id)
        self.live_labelling = LiveLabelling(
            document, session, player, settings, notices, self
        )
        self.segment_editor.marks.reacted = self.live_labelling.frame_reacted_to
        self.tracks = Tracks(current, notices, self)
        self.label_importer = LabelImporter(tasks, files, self)
        self.file_importer = FileImporter(
            tasks,
            files,
            poses,
            self.label_importer,
            lambda file, project: which_video(file, project, session.video_id),
            may_replace,
            self,
        )
        self.review_playback = ReviewPlayback(current, player, notices, self)
        self.review_wall = ReviewWall(
            current, self.segment_editor, PlaceFinder(current, jobs, self), self
        )
        self.undo_redo = UndoRedo(current, player, notices, self)
        self.review_room = ReviewRoom(
            current,
            player,
            self.segment_editor.boundary,
            self.review_playback,
            PlaceFinder(current, jobs, self),
            lambda: self.review_wall.wrong_places,
            notices,
            self.segment_editor.on_screen,
            self,
        )
        self.place_editor = PlaceEditor(
            self.review_room, self.segment_editor, player, tasks, self
        )
        self.class_keys = ClassKeys(
            self.segment_editor, self.live_labelling, self.place_editor.label, self
        )
        self.settling = Settling(self.review_room, self.people, notices, self)
        self.agreement = AgreementService(current, jobs, self.settling, self)
        self.annotator_import = AnnotatorImport(current, tasks, self)
        self.backups = BackupKeeper(tasks, self)
        self.missing_labels = MissingLabels(current, tasks, self)
        self.subject_choice = SubjectChoice(current, self.tracks, notices, self)
        self.keypoint_editor = KeypointEditor(
            current, self.segment_editor.targets, notices, self
        )
        self.folder_watch = FolderWatch(
            document, lambda: self.video_claims.others, notices, self
        )
        self.video_runs = runs = VideoRuns(
            current, models, poses, tasks, self.folder_watch, self
        )
        self.several_videos = SeveralVideos(
            document, poses, models, runs, notices, self
        )
        self.sound = Sound(player, settings, self)
        self._connect_services()

    def _connect_services(self) -> None:
        """Let services follow one another."""
        self.video_files.added.connect(self.pose_service.estimate_new)
        self.player.first_picture_shown.connect(self._on_first_picture)
        once = Qt.ConnectionType.SingleShotConnection
        self.player.first_picture_shown.connect(self.current_video.found.look, once)
        self.review_wall.marked.connect(self.review_room.find_again)
        self.document.undone.connect(self._on_undone)
        self.document.redone.connect(self._on_redone)
        self.video_claims.files_changed.connect(self.folder_watch.look)
        self.folder_watch.looked.connect(self.current_video.found.look)
        for step in (self.label_importer.imported, self.annotator_import.imported):
            step.connect(self.backups.keep_before)

    def _on_first_picture(self) -> None:
        """Read the poses of a video; write its proxy unless their estimate does."""
        # Threads that read earlier would slow down the first picture.
        self.pose_service.load()
        self.proxy_service.begin()

    def _on_undone(self, text: str, change: Change) -> None:
        """Go where the edit was, then find which place of the review that is."""
        self.undo_redo.show_undone(text, change)
        self.review_room.follow_undo(change)

    def _on_redone(self, text: str, change: Change) -> None:
        self.undo_redo.show_redone(text, change)
        self.review_room.follow_redo(change)

    def _keep_chosen_model(self) -> None:
        """Choose the model that was chosen when the project was closed, if any."""
        document, session = self.document, self.session
        kept = self.settings.chosen_model(document.project.uuid)
        if kept in document.model_names():
            session.set_model(kept)

        def keep() -> None:
            self.settings.set_chosen_model(document.project.uuid, session.model)

        session.model_changed.connect(keep)

    def _connect_notices(self) -> None:
        """Show messages of edits, saves and jobs, as long as they hold."""
        document, notices = self.document, self.notices
        document.problem.connect(notices.refuse)
        document.noted.connect(notices.warn)
        document.changed.connect(self._on_changed)
        self.jobs.failed.connect(notices.warn)

    def _on_changed(self, change: Change) -> None:
        self.notices.settle(EDIT)
        if change.videos:
            for item in change.before.videos:
                if not change.after.has(item.id):
                    self.notices.settle(VIDEO + item.id)

    def show_opening_notices(self) -> None:
        """Say which edits were recovered and which label files are missing."""
        self.missing_labels.show_warning()
        self.folder_watch.look_soon()
        self.project_saver.show_read_only()
        if n := self.document.recovered:
            text = plural("Recovered {n} edit(s) from an interrupted session.", n)
            if videos := self.document.history.videos:
                text += " " + self.tr("They are in {}.").format(listed(videos))
            self.notices.say(text)
        for note in self.document.notes:
            self.notices.warn(note)

    def close(self) -> None:
        """Stop all jobs and close the files; unsaved edits stay in the document."""
        self.after_save.drop()
        self.folder_watch.close()
        self.video_claims.close()
        self.player.close()
        self.video_files.close()
        self.sound.close()
        self.jobs.close()


def decoded_bytes(room: int) -> int:
    """Return the bytes of the ``room`` for pictures that decoded frames may take.

    The rest is for the next pictures to show and for the loupe.
    """
    return max(room // 2, room - RING_BYTES - STRIP_BYTES)
