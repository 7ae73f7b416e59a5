"""Commands of a project that ask a question first or need several services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from app.kit.commands import command
from app.kit.plural import plural
from app.services.services import Services
from app.timeline.kinds.annotator import AnnotatorLane
from app.views.dialogs.annotator import ask_annotator, ask_copy, ask_own_name
from app.views.dialogs.ask_files import ask_label_files, ask_pose_files
from app.views.dialogs.backups import show_backups
from app.views.dialogs.dialogs import Dialogs
from app.views.dialogs.estimator_choice import FROM_FILE, ChosenEstimator, ask_estimator
from app.views.dialogs.known_order import label_in_order
from app.views.dialogs.reaction_lag import ask_lag
from app.views.dialogs.save_copy import ask_save_copy
from app.window.docks import Docks
from skelseg_core.estimators.registry import BUNDLED
from skelseg_core.file_names import portable_name
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import prediction_lane

if TYPE_CHECKING:
    from skelseg_core.formats.tables.table import Table
    from skelseg_core.formats.tables.table_mapping import TableMapping
    from skelseg_core.project.imports.named_keypoints import NamedKeypoints

DIFFERENCE_TIP = "In the lane of differences: yours and a model's, or two annotators'"


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
        importer = services.files.label_importer
        importer.asked.connect(self._ask_import)
        importer.columns_asked.connect(self._ask_columns)
        files = services.files.file_importer
        files.skeleton_asked.connect(self._ask_skeleton)

    def _ask_import(self) -> None:
        from app.views.dialogs.import_labels import ask_import

        ask_import(self._window, self._services.files.label_importer)

    def _ask_columns(self, table: Table, known: TableMapping | None) -> None:
        from app.views.dialogs.table_columns_dialog import ask_columns

        importer = self._services.files.label_importer
        ask_columns(self._window, table, known, importer.take_columns)

    def _ask_skeleton(self, found: NamedKeypoints) -> None:
        from app.views.dialogs.skeleton_dialog import ask_skeleton

        ask_skeleton(self._window, found, self._services.files.file_importer)

    def _has_video(self, *_: object) -> bool:
        return self._services.current_video.item is not None

    @command("close-project", "Close project", "Ctrl+W")
    def close_project(self) -> None:
        """Close the project and show the start page."""
        # Later, because the shortcut or menu must finish before its window is deleted.
        QTimer.singleShot(0, self.close_requested.emit)

    # -- files ----------------------------------------------------------------------

    @command(
        "save-copy",
        "Save a copy…",
        "Ctrl+Shift+S",
        tip="Copy the project and unsaved edits to another folder",
    )
    def save_copy(self) -> None:
        """Ask for a folder and save a copy of the project there."""
        services = self._services
        answer = ask_save_copy(self._window, services.document.folder.root.name)
        if answer is not None:
            services.files.copy_saver.save_copy(*answer)

    @command(
        "find-moved",
        "Find moved videos…",
        enabled=lambda self: self._services.files.video_files.has_any,
        tip="Look in a folder for missing videos",
        acts_on="files",
    )
    def find_moved_videos(self) -> None:
        """Ask for a folder and look for moved videos in it."""
        place = self._dialogs.folder_of_videos()
        if place is not None:
            self._services.files.video_files.look_in(place)

    @command("import-labels", "Import labels…", "Ctrl+I", acts_on="labels of files")
    def import_labels(self) -> None:
        """Ask for label files and import them."""
        self._services.files.file_importer.take(labels=ask_label_files(self._window))

    @command(
        "import-poses",
        "Import poses…",
        enabled=lambda self: self._services.document.project.video_ids,
    )
    def import_poses(self) -> None:
        """Ask for pose files and import them."""
        self._services.files.file_importer.take(poses=ask_pose_files(self._window))

    @command(
        "poses",
        "Estimate poses…",
        enabled=lambda self: self._services.models.pose_service.can_estimate,
        tip="Choose who finds them: MoveNet, another network, or a file",
    )
    def estimate_poses(self, videos: Sequence[VideoId] = ()) -> None:
        """Ask who finds the poses of some videos, or the current one, and begin."""
        services, poses = self._services, self._services.models.pose_service
        project = services.document.project
        ids = [v for v in videos if project.has_video(v)]
        ids = ids or [services.session.video_id]
        if not all(map(poses.can_find, ids)):
            return
        title = self.tr("Poses of {}").format(ids[0])
        if len(ids) > 1:
            title = plural("Poses of {n} video(s)", len(ids))
        before = ChosenEstimator(project.pose_estimator, project.pose_weights)
        chosen = ask_estimator(self._window, title, before, *poses.on_present(ids))
        if chosen is None:
            return
        if chosen.name == FROM_FILE:
            self.import_poses()
            return
        name = "" if chosen.name == BUNDLED else chosen.name
        if poses.choose(name, chosen.weights):
            services.models.several_videos.estimate(ids, chosen.allow_download)

    @command(
        "import-annotator",
        "Import another annotator's labels…",
        enabled=_has_video,
        acts_on="annotator",
    )
    def import_annotator(self) -> None:
        """Ask for an annotator's name and project or label file, and import these."""
        answer = ask_annotator(self._window)
        if answer is None:
            return
        path, name = answer
        self._services.files.label_importer.begin([path], portable_name(name))

    @command(
        "copy-annotator",
        "Copy for another annotator…",
        enabled=lambda self: self._services.document.project.video_ids,
        tip="A new folder with the same videos, classes and poses, without labels",
    )
    def copy_for_annotator(self) -> None:
        """Ask for a name and a place, and copy the project without its labels there."""
        answer = ask_copy(self._window, self._services.document.project.name)
        if answer is not None:
            self._services.labelling.annotator_name.copy_for(*answer)

    def _chosen_annotator(self) -> str:
        lane = self._docks.timeline.lanes.chosen_lane
        return lane.name if isinstance(lane, AnnotatorLane) else ""

    @command(
        "remove-annotator",
        "Remove the chosen annotator's labels",
        enabled=_chosen_annotator,
        acts_on="lane",
    )
    def remove_annotator(self) -> None:
        """Remove the labels in the chosen annotator lane."""
        self._services.labelling.annotator_name.remove(self._chosen_annotator())

    @command(
        "backups",
        "Backups…",
        tip="Restore an earlier state of the project or of one video",
        acts_on="backup",
    )
    def show_backups(self) -> None:
        """List the backups."""
        services = self._services
        current = services.current_video.item
        video_id = "" if current is None else current.id
        show_backups(self._window, services.files.backups, video_id)

    @command("class-import", "Import classes…", acts_on="classes")
    def import_classes(self) -> None:
        """Ask for a class file and import the classes that are new."""
        path = self._dialogs.class_file()
        if path is not None:
            self._services.labelling.class_editor.load(path)

    @command("class-export", "Export classes…")
    def export_classes(self) -> None:
        """Ask for a file name and write the classes to it."""
        path = self._dialogs.new_class_file()
        if path is not None:
            self._services.labelling.class_editor.save(path)

    # -- the order of a video ---------------------------------------------------------

    @command(
        "order",
        "Label in a known order…",
        enabled=_has_video,
        tip="The order of a text file, of another video, or of the labels so far",
        acts_on="open frames",
    )
    def label_in_order(self) -> None:
        """Ask for an order of classes, and label the video in it."""
        label_in_order(self._window, self._services.labelling.order_labelling)

    # -- models -----------------------------------------------------------------------

    @command("checkup", "Check this project…", tip="Its files and their frames")
    def show_checkup(self) -> None:
        """Check the project, and list what may be wrong."""
        from app.views.dialogs.checkup import CheckupDialog

        services = self._services
        CheckupDialog(services.tasks, services.session.set_video, self._window).show()

    @command(
        "agreement",
        "Agreement…",
        tip="How far two annotators agree, and where they differ",
    )
    def show_agreement(self) -> None:
        """Show how far two people agree."""
        from app.views.dialogs.agreement import show_agreement

        self._ask_name_once()
        services = self._services
        show_agreement(self._window, services.review.agreement, services.notices.refuse)

    def _ask_name_once(self) -> None:
        if not self._services.labelling.annotator_name.is_named:
            self.ask_name()

    @command(
        "your-name",
        "Annotator name…",
        tip=("Your name in labels, decisions and claims"),
    )
    def ask_name(self) -> None:
        """Ask for the name of who labels."""
        people = self._services.labelling.annotator_name
        name = ask_own_name(self._window, people.name)
        if name:
            people.set_name(name)

    # -- labels ---------------------------------------------------------------------

    @command(
        "unlabel",
        "Remove label",
        "Backspace",
        enabled=_has_video,
        acts_on="range or segments",
        reviews="The ends of a marked range, but not unlabelled frames",
    )
    def remove_label(self) -> None:
        """Remove the label that a class key would set."""
        self._services.labelling.segment_editor.apply_class(None)

    @command(
        "review",
        "Mark as reviewed, next",
        "Return",
        enabled=_has_video,
        icon="check",
        tip="You looked at the segment, and it is right",
        acts_on="selected segments",
        reviews="Its class and ends, as far as they were on the screen",
    )
    def review_segment(self) -> None:
        """Mark the segment at the current boundary or playhead as reviewed, and go on.

        Where nothing is labelled, the model's prediction is copied first.
        """
        shown = self._services.current_video.shown_prediction
        said = None if shown is None else shown.segmentation
        self._services.labelling.segment_editor.review_and_go_on(said)

    def _shown_model(self) -> str:
        return self._services.current_video.shown_model

    @command(
        "copy-lane",
        "Copy the prediction here",
        "Shift+C",
        enabled=_shown_model,
        acts_on="range or prediction",
    )
    def copy_prediction_here(self) -> None:
        """Copy the marked range or the segment from the shown prediction."""
        lane = prediction_lane(self._shown_model())
        said = self._services.current_video.lane(lane)
        self._services.labelling.segment_editor.copy_lane(lane, said)

    @command(
        "difference-previous",
        "Previous difference",
        "Ctrl+Shift+D",
        args=(-1,),
        enabled=_has_video,
        tip=DIFFERENCE_TIP,
    )
    @command(
        "difference-next",
        "Next difference",
        "Ctrl+D",
        args=(1,),
        enabled=_has_video,
        tip=DIFFERENCE_TIP,
    )
    def go_to_difference(self, direction: int) -> None:
        """Go to the next difference of the lane of differences that is shown."""
        services, timeline = self._services, self._docks.timeline
        frame = timeline.difference_from(services.player.target, direction)
        if frame is None and not timeline.shows_differences:
            services.notices.refuse(
                self.tr(
                    "There is no lane to compare with yours. Pre-label the video or "
                    "import another annotator's labels."
                )
            )
        elif frame is None:
            services.notices.say(
                self.tr("There are no more differences in this direction.")
            )
        else:
            services.labelling.segment_editor.boundary.go_to_frame(frame)

    @command("reaction-lag", "Reaction lag…")
    def ask_reaction_lag(self) -> None:
        """Ask for the person's reaction lag."""
        ask_lag(self._window, self._services.settings)

    # -- keypoints ------------------------------------------------------------------

    def _is_correcting(self) -> bool:
        return self._services.labelling.keypoint_editor.active

    @command(
        "keypoint-gone",
        "Mark the keypoint as missing",
        "Delete",
        enabled=_is_correcting,
        acts_on="keypoint",
    )
    def remove_keypoint(self) -> None:
        """Mark the keypoint under the pointer, else the chosen one, missing."""
        pointed = self._docks.video.pointed_keypoint
        self._services.labelling.keypoint_editor.remove_here(pointed)

    @command(
        "swap-people",
        "Swap keypoints with another person",
        "Shift+E",
        enabled=_is_correcting,
        acts_on="poses",
    )
    def swap_people(self) -> None:
        """Swap the subject with the person under the pointer, else the nearest."""
        self._services.labelling.keypoint_editor.swap_people(
            self._docks.video.pointed_person
        )
