"""Parts: everything that works on one open project, made in the order of need."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.kit.background import turn
from app.kit.settings import Settings
from app.playback.decoder import RING_BYTES
from app.playback.player import Player
from app.playback.sound import Sound
from app.playback.thumbnails import CACHE_BYTES as STRIP_BYTES
from app.services.annotator_import import AnnotatorImport
from app.services.class_editor import ClassEditor
from app.services.class_keys import ClassKeys
from app.services.file_importer import FileImporter
from app.services.jobs import Jobs, Worker
from app.services.keypoint_editor import KeypointEditor
from app.services.live_labelling import LiveLabelling
from app.services.missing_labels import MissingLabels
from app.services.model_service import ModelService
from app.services.motion import Motion
from app.services.operations import Operations
from app.services.review_playback import ReviewPlayback
from app.services.segment_editor import SegmentEditor
from app.services.subject_choice import SubjectChoice
from app.services.tap_labelling import TapLabelling
from app.services.undo_redo import UndoRedo
from app.services.video_relinker import VideoRelinker
from app.services.video_steps import VideoSteps
from app.state.document import Document
from app.state.session import Session
from app.views.dialogs.ask_files import ask_replace, ask_video
from app.views.dialogs.dialogs import Dialogs
from app.window.docks import Docks
from skelseg_core.project.value import Project


class Parts(QObject):
    """Owns what is looked at, what runs, the verbs and the views of one project."""

    def __init__(
        self, window: QMainWindow, document: Document, settings: Settings
    ) -> None:
        super().__init__(window)
        self.window = window
        self.document, self.settings = document, settings
        # It goes with the window: what is connected to it would be kept for ever.
        document.setParent(self)
        self.session = Session(self, document.can_show)
        room = kept_bytes(settings.cache_bytes)
        self.player = Player(self.session, self, cache_bytes=room)
        self.jobs = Jobs(Worker(), self)
        self.operations = Operations(
            document, self.session, self.player, self.jobs, self
        )
        self.segment_editor = SegmentEditor(document, self.session, self.player, self)
        self.video_steps = VideoSteps(document, self.session, self)
        self.class_editor = ClassEditor(document, self.jobs, self)
        live = (document, self.session, self.player, settings, self)
        self.live_labelling, self.tap_labelling = (
            LiveLabelling(*live),
            TapLabelling(*live),
        )
        self.file_importer = FileImporter(
            self.operations,
            self._which_video,
            lambda text: ask_replace(window, text),
            self,
        )
        self.model_service = ModelService(self.operations, self)
        self.dialogs = Dialogs(window, self.operations)
        turn()
        self.docks = Docks(window, self.model_service, self.jobs, self.class_editor)
        self.docks.timeline.lanes.remember_in(settings)
        self._tell_targets()
        turn()
        self.review_playback = ReviewPlayback(self.operations, self)
        self.undo_redo = UndoRedo(self.operations, self)
        self.undo_redo.seen.connect(self.docks.timeline.ensure_visible)
        self.annotator_import = AnnotatorImport(self.operations, self)
        self.video_relinker = VideoRelinker(self.operations, self)
        self.missing_labels = MissingLabels(self.operations, self)
        self.motion = Motion(self.operations, self)
        self.subject_choice = SubjectChoice(self.operations, self)
        self.keypoint_editor = KeypointEditor(
            self.operations, self.segment_editor.targets, self
        )
        self.class_keys = ClassKeys(
            window,
            self.segment_editor,
            self.live_labelling,
            self.tap_labelling,
            self.docks.timeline.pointer.arm,
        )
        self.docks.timeline.pointer.keys = self.class_keys
        self.sound = Sound(self.player, settings, self)

    def _tell_targets(self) -> None:
        """What a key would act on is asked about where it is not seen."""
        targets, docks = self.segment_editor.targets, self.docks
        targets.sees, targets.reveal = docks.timeline.sees, docks.timeline.reveal
        targets.asked.connect(self._ask_about_target)
        targets.answered.connect(lambda: self._ask_about_target(""))
        docks.transport.acts = self.segment_editor.acting

    def _ask_about_target(self, text: str) -> None:
        bar = self.docks.messages
        with bar.about("target"):
            if text:
                bar.say(text)

    def _which_video(self, file: Path, project: Project) -> str | None:
        return ask_video(self.window, file, project, self.session.video_id)


def kept_bytes(room: int) -> int:
    """Share the player's decoded frames have of the ``room`` for all, in bytes.

    The rest is for the pictures that are about to be shown and for the loupe.
    """
    return max(room // 2, room - RING_BYTES - STRIP_BYTES)
