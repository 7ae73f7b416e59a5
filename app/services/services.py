"""Services: everything without a widget that works on one open project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

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
from skelseg_core.project.value import Project


class Services(QObject):
    """Makes the services of one project, each after those that it needs.

    ``which_video`` asks a person which video a file is of, ``may_replace`` whether
    what is there may be replaced.
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
        # Without a parent it would outlive the window, for its signals hold the window.
        document.setParent(self)
        self.session = session = Session(self)
        room = decoded_bytes(settings.cache_bytes)
        self.player = player = Player(session, self, cache_bytes=room)
        self.jobs = Jobs(Worker(), self)
        self.operations = ops = Operations(document, session, player, self.jobs, self)
        self.segment_editor = SegmentEditor(document, session, player, self)
        self.video_steps = VideoSteps(document, session, self)
        self.class_editor = ClassEditor(document, self.jobs, self)
        live = (document, session, player, settings, self)
        self.live_labelling, self.tap_labelling = (
            LiveLabelling(*live),
            TapLabelling(*live),
        )
        self.class_keys = ClassKeys(
            self.segment_editor, self.live_labelling, self.tap_labelling, self
        )
        self.file_importer = FileImporter(
            ops,
            lambda file, project: which_video(file, project, session.video_id),
            may_replace,
            self,
        )
        self.model_service = ModelService(ops, self)
        self.review_playback = ReviewPlayback(ops, self)
        self.undo_redo = UndoRedo(ops, self)
        self.annotator_import = AnnotatorImport(ops, self)
        self.video_relinker = VideoRelinker(ops, self)
        self.missing_labels = MissingLabels(ops, self)
        self.motion = Motion(ops, self)
        self.subject_choice = SubjectChoice(ops, self)
        self.keypoint_editor = KeypointEditor(ops, self.segment_editor.targets, self)
        self.sound = Sound(player, settings, self)


def decoded_bytes(room: int) -> int:
    """Share the player's decoded frames have of the ``room`` for all, in bytes.

    The rest is for the pictures that are about to be shown and for the loupe.
    """
    return max(room // 2, room - RING_BYTES - STRIP_BYTES)
