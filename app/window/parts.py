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
from app.services.annotator_import import Comparing
from app.services.class_editor import ClassEditing
from app.services.class_keys import ClassKeys
from app.services.file_importer import Bringing
from app.services.jobs import Jobs, Worker
from app.services.keypoint_editor import Correcting
from app.services.live_labelling import Live
from app.services.missing_labels import MissingLabels
from app.services.model_service import Modelling
from app.services.motion import Motion
from app.services.operations import Operations
from app.services.review_playback import Watching
from app.services.segment_editor import Editing
from app.services.subject_choice import People
from app.services.tap_labelling import Taps
from app.services.undoing import Undoing
from app.services.video_relinker import Finding
from app.services.video_steps import VideoSteps
from app.state.document import Document
from app.state.session import Session
from app.views.dialogs.ask_files import ask_replace, ask_video
from app.views.dialogs.dialogs import Dialogs
from app.window.docks import Panels
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
        self.session = Session(self)
        room = kept_bytes(settings.cache_bytes)
        self.player = Player(self.session, self, cache_bytes=room)
        self.jobs = Jobs(Worker(), self)
        self.operations = Operations(
            document, self.session, self.player, self.jobs, self
        )
        self.editing = Editing(document, self.session, self.player, self)
        self.video_steps = VideoSteps(document, self.session, self)
        self.class_editing = ClassEditing(document, self.jobs, self)
        live = (document, self.session, self.player, settings, self)
        self.live, self.taps = Live(*live), Taps(*live)
        self.bringing = Bringing(
            self.operations,
            self._which_video,
            lambda text: ask_replace(window, text),
            self,
        )
        self.modelling = Modelling(self.operations, self)
        self.dialogs = Dialogs(window, self.operations)
        turn()
        self.panels = Panels(window, self.modelling, self.jobs, self.class_editing)
        self.panels.timeline.lanes.remember_in(settings)
        self._tell_targets()
        turn()
        self.watching = Watching(self.operations, self)
        self.undoing = Undoing(self.operations, self)
        self.undoing.seen.connect(self.panels.timeline.ensure_visible)
        self.comparing = Comparing(self.operations, self)
        self.finding = Finding(self.operations, self)
        self.missing_labels = MissingLabels(self.operations, self)
        self.motion = Motion(self.operations, self)
        self.people = People(self.operations, self)
        self.correcting = Correcting(self.operations, self.editing.targets, self)
        self.class_keys = ClassKeys(
            window, self.editing, self.live, self.taps, self.panels.timeline.pointer.arm
        )
        self.panels.timeline.pointer.keys = self.class_keys
        self.sound = Sound(self.player, settings, self)

    def _tell_targets(self) -> None:
        """What a key would act on is asked about where it is not seen."""
        targets, panels = self.editing.targets, self.panels
        targets.sees, targets.reveal = panels.timeline.sees, panels.timeline.reveal
        targets.asked.connect(self._ask_about_target)
        targets.answered.connect(lambda: self._ask_about_target(""))
        panels.transport.acts = self.editing.acting

    def _ask_about_target(self, text: str) -> None:
        bar = self.panels.messages
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
