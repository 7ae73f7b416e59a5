"""What fills the window for one project, and the wiring between its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMainWindow

from app.kit.background import aside, turn, turned
from app.kit.commands import Actions
from app.kit.settings import Settings
from app.kit.shifted_digits import ShiftedDigits
from app.kit.splash_picture import save_splash_picture
from app.services.readers import ShownPoses
from app.state.document import Document
from app.timeline.kinds.subject import subject_runs
from app.views.picture.transport import lane_labels
from app.window.command_ui import CommandUi
from app.window.dropping import DropChoice, Dropped, Dropping, project_choices
from app.window.help_and_tour import HelpAndTour
from app.window.menus.context import timeline_menu
from app.window.menus.table import entries_of
from app.window.notices import Notices
from app.window.parts import Parts
from app.window.projects import dataset_importer
from app.window.recent_menu import RecentMenu
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.prediction import Prediction
from skelseg_core.project.value import prediction_lane

MOST_FIRSTS = 4
THUMBS_MS = 300


class ProjectWindow(Parts):
    """The parts of one open project, wired; asks for another project by a signal."""

    open_requested = Signal(object)  # Path of a project or video
    close_requested = Signal()

    def __init__(
        self, window: QMainWindow, document: Document, settings: Settings
    ) -> None:
        super().__init__(window, document, settings)
        turn()
        self.help_and_tour, self.command_ui = HelpAndTour(self), CommandUi(self)
        entries = entries_of(
            self, self._ask, self._leave, self.command_ui, self.help_and_tour
        )
        about = self.docks.messages.about
        self.actions_table = turned(Actions(window, entries, settings.keys, about))
        self.notices = Notices(self, self.actions_table)
        self.command_ui.start(self.actions_table)
        self.help_and_tour.use(self.actions_table)
        root, go = document.folder.root, self.open_requested.emit
        turn()
        recent = RecentMenu(settings, go, root, window)
        self.actions_table.menus["&File"].insertMenu(self.actions_table["add"], recent)
        self._predictions: dict[str, Prediction] = {}
        self._firsts: dict[str, QImage] = {}
        ShiftedDigits(window, self.class_keys.press, self.class_keys.release)
        table = self.actions_table
        self.docks.badge.key_of = lambda name: table[name].shortcut().toString()
        self.docks.timeline.menu_at = lambda lane, frame: timeline_menu(
            self, self.actions_table, lane, frame, self.docks.timeline
        )
        self._dropping = Dropping(window, self.jobs, self._on_dragged, self)
        self._thumbs = QTimer(self, singleShot=True, interval=THUMBS_MS)
        self._thumbs.timeout.connect(self.operations.load_thumbs)
        self._lately = QTimer(self, singleShot=True)
        self._lately.timeout.connect(self._refresh)
        self._wire()

    def _wire(self) -> None:
        ops, docks = self.operations, self.docks
        for signal in (
            self.document.stepped,
            self.session.video_changed,
            self.session.range_changed,
            self.session.selection_changed,
            self.session.recording_changed,
            self.session.overlays_changed,
            self.session.correcting_changed,
            self.session.keypoint_changed,
            ops.models_changed,
            self.model_service.info_changed,
            self.review_playback.plan_changed,
            docks.timeline.lanes.changed,
        ):
            signal.connect(self._refresh)
        # What threads found: no key can be meant for it yet, and it comes in bursts.
        player, lanes = self.player, docks.timeline.lanes
        for signal in (player.opened, player.failed, lanes.found):
            signal.connect(self._refresh_lately)
        ops.thumb_ready.connect(docks.videos.set_thumb)
        ops.poses_ready.connect(self._on_poses)
        ops.prediction_ready.connect(self._on_prediction)
        self.motion.ready.connect(docks.timeline.data.set_motion)
        self.player.picture_changed.connect(self._on_picture)
        docks.transport.plan_clicked.connect(self.review_playback.leave)
        docks.transport.left.connect(docks.take_keyboard)
        self.session.video_changed.connect(self._on_video_changed)
        docks.video.person_clicked.connect(self.subject_choice.choose)
        docks.video.set_keypoint_edits(self.keypoint_editor)
        self.keypoint_editor.corrected.connect(docks.show_corrections)
        docks.classes.class_chosen.connect(self.class_keys.choose)
        for view in (docks.videos, docks.segments, docks.statistics):
            view.add_requested.connect(self.dialogs.add_videos)
        docks.videos.notes_requested.connect(self.dialogs.edit_notes)
        docks.videos.remove_requested.connect(ops.remove_video)
        docks.videos.left.connect(docks.take_keyboard)
        docks.statistics.fill_requested.connect(self.model_service.prelabel)
        docks.classes.left.connect(docks.take_keyboard)
        docks.empty.videos_requested.connect(self.dialogs.add_videos)
        trigger = self.actions_table.__getitem__
        docks.empty.labels_requested.connect(trigger("import-labels").trigger)
        docks.empty.classes_requested.connect(trigger("class-import").trigger)

    def start(self) -> None:
        """Show the first video; say how the opening went."""
        # Once the docks have their first sizes, they can be given others.
        layouts = self.command_ui.layouts
        QTimer.singleShot(0, lambda: self.docks.restore_layout(self.settings, layouts))
        self.session.set_video(self._first_video())
        self.docks.timeline.setFocus()
        # Small pictures of all videos would keep the first large one waiting.
        self._thumbs.start()
        self.operations.tell_opening()
        QTimer.singleShot(0, self.help_and_tour.greet)

    def _first_video(self) -> str:
        """The first video that is not wholly labelled, else the first."""
        videos = self.document.project.videos
        for item in videos:
            if any(s.class_id is None for s in item.annotation.segments):
                return item.id
        return videos[0].id if videos else ""

    # -- slots ----------------------------------------------------------------------

    def _refresh(self, *_: object) -> None:
        self._lately.stop()
        self.actions_table.refresh()
        item, model = self.operations.item, self.operations.shown_model()
        source = None
        if item is not None:
            said = self._predictions.get(prediction_lane(model))
            label_map = self.document.project.label_map
            source = lane_labels(item, label_map, model, said)
        self.docks.transport.set_label_source(source)
        self.docks.video.set_label_source(source)

    def _refresh_lately(self, *_: object) -> None:
        self._lately.start()

    def _on_video_changed(self, _: str) -> None:
        self._predictions.clear()
        self.docks.show_poses(None)

    def _on_picture(self, picture: Any) -> None:
        if picture.frame == 0:
            self._firsts.pop(self.session.video_id, None)
            self._firsts[self.session.video_id] = picture.image.copy()
            # The next start shows one of them; each is some megabytes large.
            for video_id in list(self._firsts)[:-MOST_FIRSTS]:
                del self._firsts[video_id]

    def _on_poses(self, video_id: str, shown: ShownPoses | None) -> None:
        if video_id != self.session.video_id:
            return
        item = self.document.project.video(video_id)
        self.docks.timeline.data.set_subject(subject_runs(shown, item))
        self.docks.show_poses(shown)
        self.actions_table.refresh()

    def _on_prediction(self, video_id: str, lane: str, prediction: Prediction) -> None:
        if video_id == self.session.video_id:
            self._predictions[lane] = prediction
            self.docks.timeline.data.set_prediction(lane, prediction)
            self._refresh_lately()

    def _ask(self, question: Callable[[], Path | None]) -> None:
        answer = question()
        if answer is not None:
            self.open_requested.emit(answer)

    def _leave(self) -> None:
        # The shortcut or the menu has to end before its window goes.
        QTimer.singleShot(0, self.close_requested.emit)

    def _on_dragged(self, found: Dropped) -> list[DropChoice]:
        go, project = self.open_requested.emit, self.document.project

        def new(videos: Sequence[Path]) -> None:
            self._ask(lambda: self.dialogs.new_project(videos))

        take = dataset_importer(self.window, self.jobs, go)
        return project_choices(found, project, self.file_importer, go, new, take)

    # -- closing --------------------------------------------------------------------

    def close(self) -> None:
        """Stop what runs, save, and let go of the project."""
        self._thumbs.stop()
        self._lately.stop()
        self.command_ui.close()
        self.docks.save_layout(self.settings)
        turn()
        root, first = self.document.folder.root, self._firsts.get(self._first_video())
        aside(lambda: save_splash_picture(root, first))
        self.operations.close()
        self.player.close()
        self.sound.close()
        self.docks.close_video()
        self.jobs.close()
        try:
            self.document.close()
        except SkelsegError as error:
            self.dialogs.tell(f"{error} Your edits are kept and come back next time.")
