"""Commands of a project that ask a question first or need several services."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from app.kit.commands import command
from app.services.services import Services
from app.timeline.kinds.annotator import AnnotatorLane
from app.views.dialogs.annotator import ask_annotator
from app.views.dialogs.ask_files import ask_label_files, ask_pose_files
from app.views.dialogs.dialogs import Dialogs
from app.views.dialogs.reaction_lag import ask_lag
from app.window.docks import Docks
from skelseg_core.project.project import prediction_lane

TICK_TIP = "Where a model or another annotator begins something, or the motion changes"


class ProjectCommands(QObject):
    """Ask questions, and pass the answers and the state of views to the services."""

    close_requested = Signal()

    def __init__(
        self,
        window: QMainWindow,
        services: Services,
        docks: Docks,
        dialogs: Dialogs,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._services = window, services
        self._docks, self._dialogs = docks, dialogs

    def _has_video(self, *_: object) -> bool:
        return self._services.current_video.item is not None

    @command("close-project", "Close project", "Ctrl+W")
    def close_project(self) -> None:
        """Close the project and show the start page."""
        # Later, because the shortcut or menu must finish before its window is deleted.
        QTimer.singleShot(0, self.close_requested.emit)

    # -- files ----------------------------------------------------------------------

    @command(
        "find-moved",
        "Find moved videos…",
        enabled=lambda self: self._services.video_relinker.has_videos,
        tip="Look in a folder for the videos that are not where they were",
    )
    def find_moved_videos(self) -> None:
        """Ask for a folder and look for moved videos in it."""
        place = self._dialogs.folder_of_videos()
        if place is not None:
            self._services.video_relinker.look_in(place)

    @command("import-labels", "Import labels…", "Ctrl+I")
    def import_labels(self) -> None:
        """Ask for label files and import them."""
        self._services.file_importer.take(labels=ask_label_files(self._window))

    @command(
        "import-poses",
        "Import poses…",
        enabled=lambda self: self._services.document.project.videos,
    )
    def import_poses(self) -> None:
        """Ask for pose files and import them."""
        self._services.file_importer.take(poses=ask_pose_files(self._window))

    @command(
        "import-annotator", "Import another annotator's labels…", enabled=_has_video
    )
    def import_annotator(self) -> None:
        """Ask for an annotator's name and label file, and import the labels."""
        answer = ask_annotator(self._window)
        if answer is not None:
            self._services.annotator_import.import_labels(*answer)

    def _chosen_annotator(self) -> str:
        lane = self._docks.timeline.lanes.chosen_lane
        return lane.name if isinstance(lane, AnnotatorLane) else ""

    @command(
        "remove-annotator",
        "Remove the chosen annotator's labels",
        enabled=_chosen_annotator,
    )
    def remove_annotator(self) -> None:
        """Remove the labels in the chosen annotator lane."""
        self._services.annotator_import.remove(self._chosen_annotator())

    @command("class-import", "Import classes…")
    def import_classes(self) -> None:
        """Ask for a class file and import the classes that are new."""
        path = self._dialogs.class_file()
        if path is not None:
            self._services.class_editor.load(path)

    @command("class-export", "Export classes…")
    def export_classes(self) -> None:
        """Ask for a file name and write the classes to it."""
        path = self._dialogs.new_class_file()
        if path is not None:
            self._services.class_editor.save(path)

    # -- labels ---------------------------------------------------------------------

    @command(
        "unlabel", "Remove label, or the last tap", "Backspace", enabled=_has_video
    )
    def remove_label(self) -> None:
        """Remove the label that a class key would set; in tap mode the last tap."""
        if self._services.tap_labelling.on:
            self._services.tap_labelling.remove_last()
        else:
            self._services.segment_editor.apply_class(None)

    @command(
        "review",
        "Accept segment",
        "Return",
        enabled=_has_video,
        icon="check",
        tip="And go to where it ends: the next boundary",
    )
    def accept_segment(self) -> None:
        """Accept the segment at the current boundary or playhead, and go on.

        Where nothing is labelled, the model's prediction is accepted.
        """
        self._services.segment_editor.accept_and_go_on(self._shown_model())

    def _shown_model(self) -> str:
        return self._services.current_video.shown_model

    @command("copy-lane", "Copy from the prediction", "Shift+C", enabled=_shown_model)
    def copy_prediction(self) -> None:
        """Copy the marked range or the segment from the shown prediction."""
        self._services.segment_editor.copy_lane(prediction_lane(self._shown_model()))

    @command(
        "tick-previous",
        "Boundary to the tick before",
        "Alt+,",
        args=(-1,),
        enabled=_has_video,
        tip=TICK_TIP,
    )
    @command(
        "tick-next",
        "Boundary to the next tick",
        "Alt+.",
        args=(1,),
        enabled=_has_video,
        tip=TICK_TIP,
    )
    def go_to_tick(self, direction: int) -> None:
        """Move the current boundary to the next tick of the visible lanes."""
        ticks = self._docks.timeline.snap_candidates()
        self._services.segment_editor.go_to_tick(ticks, direction)

    @command(
        "taps",
        "Tap mode: one key per action while it plays",
        "Shift+T",
        enabled=_has_video,
        checked=lambda self: self._services.tap_labelling.on,
    )
    def toggle_taps(self) -> None:
        """Enter or leave the tap mode; a growing segment ends."""
        self._services.live_labelling.end()
        self._services.tap_labelling.toggle()

    @command("reaction-lag", "Reaction lag…")
    def ask_reaction_lag(self) -> None:
        """Ask for the person's reaction lag."""
        ask_lag(self._window, self._services.settings)

    # -- keypoints ------------------------------------------------------------------

    def _is_correcting(self) -> bool:
        return self._services.keypoint_editor.active

    # Only with the pointer on the picture; elsewhere Delete runs "absorb": see
    # `SharedKeys`.
    @command(
        "keypoint-gone", "Mark the keypoint missing", "Delete", enabled=_is_correcting
    )
    def remove_keypoint(self) -> None:
        """Mark the keypoint under the pointer, else the chosen one, missing."""
        pointed = self._docks.video.pointed_keypoint
        self._services.keypoint_editor.remove_here(pointed)

    @command(
        "swap-people", "Swap with another person", "Shift+E", enabled=_is_correcting
    )
    def swap_people(self) -> None:
        """Swap the subject with the person under the pointer, else the nearest."""
        self._services.keypoint_editor.swap_people(self._docks.video.pointed_person)
