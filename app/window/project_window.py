"""Fill the window for one project: make services, docks and commands, connect them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMainWindow

from app.kit.commands import Commands
from app.kit.settings import Settings
from app.kit.shifted_digits import ShiftedDigits
from app.kit.splash_picture import save_splash_picture
from app.kit.threads import run_in_thread_and_wait
from app.services.services import Services
from app.state.current_video import POSES, VIDEO
from app.state.document import Document
from app.timeline.lane import Lane
from app.views.dialogs.ask_files import ask_replace, ask_video
from app.views.dialogs.dialogs import Dialogs
from app.views.picture.transport import lane_labels
from app.window.command_owners import project_table
from app.window.command_ui import CommandUi
from app.window.docks import Docks
from app.window.dropping import DropChoice, Dropped, Dropping, project_choices
from app.window.find_project import dataset_importer
from app.window.help_and_tour import HelpAndTour
from app.window.missing_files import MissingFiles
from app.window.program_commands import ProgramCommands
from app.window.project_commands import ProjectCommands
from app.window.timeline_menu import timeline_menu
from skelseg_core.errors import SkelsegError

MAX_FIRST_PICTURES = 4


class ProjectWindow(QObject):
    """Own the services, the docks and the commands of one open project.

    Signals when another project, or the start page, is asked for.
    """

    open_requested = Signal(object)  # Path of a project or video
    close_requested = Signal()

    def __init__(
        self, window: QMainWindow, document: Document, settings: Settings
    ) -> None:
        super().__init__(window)
        self.window, self.document, self.settings = window, document, settings
        self.services = services = Services(
            document,
            settings,
            lambda *about: ask_video(window, *about),
            lambda text: ask_replace(window, text),
            self,
        )
        self.session, self.player = services.session, services.player
        self.jobs = services.jobs
        self.dialogs = Dialogs(window, services)
        self.docks = docks = Docks(window, services)
        self.commands = commands = Commands(
            window, project_table(), settings.keys, services.notices.about
        )
        self.help_and_tour = HelpAndTour(window, services, docks, commands, self)
        self.command_ui = CommandUi(window, services, docks, commands, self)
        docks.messages.use(commands.__getitem__)
        self.missing_files = MissingFiles(window, services, self)
        self.program_commands = ProgramCommands(
            window,
            settings,
            lambda: commands.key_texts,
            self.help_and_tour.help_page,
            document.folder.root,
        )
        self.program_commands.add_to(commands, before="add")
        self.program_commands.open_requested.connect(self.open_requested)
        self.project_commands = ProjectCommands(
            window, services, docks, self.dialogs, self
        )
        self.project_commands.close_requested.connect(self.close_requested)
        commands.bind(self)
        self._first_pictures: dict[str, QImage] = {}
        self.dropping = Dropping(window, self.jobs, self._on_dragged, self)
        self._refresh_timer = QTimer(self, singleShot=True)
        self._refresh_timer.timeout.connect(self._refresh)
        self._connect_refresh()
        self._connect_data()
        self._connect_views()

    def _connect_refresh(self) -> None:
        """Refresh the commands when their conditions may have changed."""
        services, session = self.services, self.session
        lanes = self.docks.timeline.lanes
        for signal in (
            self.document.stepped,
            session.video_changed,
            session.range_changed,
            session.selection_changed,
            session.recording_changed,
            session.overlays_changed,
            session.correcting_changed,
            session.keypoint_changed,
            services.model_service.models_changed,
            services.model_service.info_changed,
            services.review_playback.plan_changed,
            lanes.changed,
        ):
            signal.connect(self._refresh)
        # Results of threads come in bursts, and no key can be meant for them yet:
        # refresh later.
        for signal in (self.player.opened, self.player.failed, lanes.found):
            signal.connect(self._refresh_later)

    def _connect_data(self) -> None:
        """Show results of threads for the current video."""
        services, docks = self.services, self.docks
        services.video_files.thumb_ready.connect(docks.videos.set_thumb)
        services.current_video.changed.connect(self._on_current_changed)
        services.keypoint_editor.corrected.connect(docks.show_corrections)
        self.player.picture_changed.connect(self._on_picture)

    def _connect_views(self) -> None:
        """Connect the views to the services."""
        services, docks, timeline = self.services, self.docks, self.docks.timeline
        keys, targets = services.class_keys, services.segment_editor.targets
        keys.listen(self.window, timeline.pointer.arm)
        ShiftedDigits(self.window, keys.press, keys.release)
        targets.look_at(timeline, self.commands.keys)
        targets.asked.connect(self._ask_about_target)
        targets.answered.connect(lambda: self._ask_about_target(""))
        services.undo_redo.seen.connect(timeline.ensure_visible)
        timeline.menu_requested.connect(self._open_timeline_menu)
        docks.transport.plan_clicked.connect(services.review_playback.leave)
        docks.video.person_clicked.connect(services.subject_choice.choose)
        docks.video.set_keypoint_edits(services.keypoint_editor)
        docks.classes.class_chosen.connect(keys.choose)
        for view in (docks.videos, docks.segments, docks.statistics):
            view.add_requested.connect(self.dialogs.add_videos)
        docks.videos.notes_requested.connect(self.dialogs.edit_notes)
        docks.videos.remove_requested.connect(services.video_files.remove)
        docks.statistics.fill_requested.connect(services.model_service.prelabel)
        for left in (docks.transport, docks.videos, docks.classes, docks.messages):
            left.left.connect(docks.take_keyboard)
        docks.empty.videos_requested.connect(self.dialogs.add_videos)
        docks.empty.labels_requested.connect(self.commands["import-labels"].trigger)
        docks.empty.classes_requested.connect(self.commands["class-import"].trigger)

    def start(self) -> None:
        """Restore the layout, show the first video, and say what was recovered."""
        # Docks have sizes that can be changed only once the window is shown.
        layouts = self.command_ui.layouts
        QTimer.singleShot(0, lambda: self.docks.restore_layout(self.settings, layouts))
        # Reading thumbnails earlier would delay the first picture.
        files, once = self.services.video_files, Qt.ConnectionType.SingleShotConnection
        self.player.first_picture_shown.connect(files.load_thumbs, once)
        # By then the docks have the sizes that they keep.
        self.player.first_picture_shown.connect(self.docks.videos.show_current, once)
        self.session.set_video(self._first_video())
        self.docks.timeline.setFocus()
        self.services.show_opening_notices()
        QTimer.singleShot(0, self.help_and_tour.start_on_demo)

    def _first_video(self) -> str:
        """Return the id of the first video that is not finished, else of the first."""
        videos = self.document.project.videos
        unfinished = (v.id for v in videos if not v.finished)
        return next(unfinished, videos[0].id if videos else "")

    # -- slots ----------------------------------------------------------------------

    def _refresh(self, *_: object) -> None:
        self._refresh_timer.stop()
        self.commands.refresh()
        current, source = self.services.current_video, None
        if current.item is not None:
            label_map, model = self.document.project.label_map, current.shown_model
            prediction = current.shown_prediction
            source = lane_labels(current.item, label_map, model, prediction)
        self.docks.transport.set_label_source(source)
        self.docks.video.set_label_source(source)

    def _refresh_later(self, *_: object) -> None:
        self._refresh_timer.start()

    def _on_picture(self, picture: Any) -> None:
        if picture.frame == 0:
            self._first_pictures.pop(self.session.video_id, None)
            self._first_pictures[self.session.video_id] = picture.image.copy()
            # The next start shows one of these pictures; each is some megabytes large.
            for video_id in list(self._first_pictures)[:-MAX_FIRST_PICTURES]:
                del self._first_pictures[video_id]

    def _on_current_changed(self, what: str) -> None:
        current = self.services.current_video
        if what in (VIDEO, POSES):
            self.docks.show_poses(current.poses)
        if what == POSES and current.item is not None:
            self.commands.refresh()
        if what in current.predictions:
            self._refresh_later()

    def _ask_about_target(self, text: str) -> None:
        with self.services.notices.about("target"):
            if text:
                self.services.notices.say(text)

    def _open_timeline_menu(self, lane: Lane, frame: int, place: QPoint) -> None:
        menu = timeline_menu(
            self.services, self.commands, lane, frame, self.docks.timeline
        )
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(place)

    def _on_dragged(self, found: Dropped) -> list[DropChoice]:
        go, project = self.open_requested.emit, self.document.project

        new = self.program_commands.new_project
        take = dataset_importer(self.window, self.jobs, go)
        importer = self.services.file_importer
        return project_choices(found, project, importer, go, new, take)

    # -- closing --------------------------------------------------------------------

    def close(self) -> None:
        """Close the services and save the layout and the project."""
        self._refresh_timer.stop()
        self.command_ui.close()
        self.docks.save_layout(self.settings)
        root, first = (
            self.document.folder.root,
            self._first_pictures.get(self._first_video()),
        )
        run_in_thread_and_wait(lambda: save_splash_picture(root, first))
        self.services.close()
        self.docks.close_video()
        try:
            self.document.close()
        except SkelsegError as error:
            text = self.tr("{} Your edits are kept and come back next time.")
            self.dialogs.show_message(text.format(error))
