"""Fill the window for one project: make services, docks and commands, connect them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from app.kit.commands import Command, Commands
from app.kit.project_picture import save_project_picture
from app.kit.settings import Settings
from app.kit.shifted_digits import ShiftedDigits
from app.kit.threads import run_in_thread
from app.services.services import Services
from app.state.change import Change
from app.state.current_video import POSES, PREDICTIONS, VIDEO
from app.state.document import Document
from app.timeline.key_line import CLASS
from app.timeline.lane import Lane
from app.views.dialogs.ask_files import ask_replace, ask_video
from app.views.dialogs.dialogs import Dialogs
from app.views.picture.transport import lane_labels
from app.window import accessible
from app.window.accessible import Spoken
from app.window.command_owners import project_table
from app.window.command_ui import CommandUi
from app.window.docks import Docks
from app.window.dropping import DropChoice, Dropping, project_choices
from app.window.find_project import dataset_importer
from app.window.help_and_tour import HelpAndTour
from app.window.leaving import SAVE_S
from app.window.menus import NEED_FILM
from app.window.missing_files import MissingFiles
from app.window.program_commands import ProgramCommands
from app.window.project_commands import ProjectCommands
from app.window.task_commands import TaskCommands
from app.window.timeline_menu import timeline_menu
from skelseg_core.errors import SkelsegError
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import model_of_lane, prediction_lane
from skelseg_core.review.wall import Strip

if TYPE_CHECKING:
    from app.window.dropped_files import Dropped

OPENING = "opening"
"""Subject of the warning that no video was opened by itself."""
PLACE_MS = 1000
"""Milliseconds until the place that one went to is remembered."""
PICTURE_S = 2.0
"""Seconds that closing waits until the picture of the start page is kept."""


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
        accessible.install()
        self.jobs = services.jobs
        self.dialogs = Dialogs(window, services)
        self.docks = docks = Docks(window, services, self.dialogs.folder_to_export_to)
        Spoken(window, services, docks)
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
        self.task_commands = TaskCommands(window, services, self)
        commands.bind(self)
        commands.stops = self._stops
        self.dropping = Dropping(window, self.jobs, self._on_dragged, self)
        self._refresh_timer = QTimer(self, singleShot=True)
        self._refresh_timer.timeout.connect(self._refresh)
        # Also while it plays, and for a start after this program was killed.
        self._place_timer = QTimer(self, singleShot=True, interval=PLACE_MS)
        self._place_timer.timeout.connect(self.keep_place)
        self._video = ""
        self._connect_refresh()
        self._connect_data()
        self._connect_views()

    def _keep_place_later(self, *_: object) -> None:
        if not self._place_timer.isActive():
            self._place_timer.start()

    def _connect_refresh(self) -> None:
        self.session.frame_changed.connect(self._keep_place_later)
        self.session.video_changed.connect(self._keep_place_later)
        """Refresh the commands when their conditions may have changed."""
        services, session = self.services, self.session
        lanes = self.docks.timeline.lanes
        self.document.changed.connect(self._on_changed)
        self.document.stepped.connect(self._on_step)
        for signal in (
            session.range_changed,
            session.selection_changed,
            session.recording_changed,
            session.overlays_changed,
            session.correcting_changed,
            session.keypoint_changed,
            services.models.model_service.models_changed,
            services.models.model_service.info_changed,
            services.labelling.rest_corrector.changed,
            services.review.review_room.changed,
            lanes.changed,
        ):
            signal.connect(self._refresh)
        session.video_changed.connect(self._on_video)
        # Results of threads come in bursts, and no key can be meant for them yet:
        # refresh later.
        player = self.player
        for signal in (player.opened, player.failed, player.state_changed, lanes.found):
            signal.connect(self._refresh_later)

    def _connect_data(self) -> None:
        """Show results of threads for the current video."""
        services, docks = self.services, self.docks
        services.files.video_files.thumb_ready.connect(docks.videos.set_thumb)
        claims = services.files.video_claims
        claims.changed.connect(lambda: docks.videos.set_elsewhere(claims.marks))
        claims.changed.connect(self._refresh)
        services.current_video.changed.connect(self._on_current_changed)
        services.models.pose_service.came.connect(self.docks.show_poses)
        services.labelling.keypoint_editor.corrected.connect(docks.show_corrections)

    def _connect_views(self) -> None:
        """Connect the views to the services."""
        services, docks, timeline = self.services, self.docks, self.docks.timeline
        keys, targets = (
            services.review.class_keys,
            services.labelling.segment_editor.targets,
        )
        keys.listen(self.window, timeline.pointer.arm, docks.stops)
        keys.used.connect(lambda: timeline.use_key(CLASS))
        self.commands.ran.connect(timeline.use_key)
        ShiftedDigits(self.window, keys.press, keys.release)
        targets.look_at(timeline, self.commands.keys)
        services.labelling.example_filler.show_keys(self.commands.keys)
        targets.look_also_at(docks.wall.strips)
        targets.asked.connect(self._ask_about_target)
        targets.answered.connect(lambda: self._ask_about_target(""))
        services.labelling.undo_redo.seen.connect(docks.show_film)
        services.labelling.undo_redo.seen.connect(timeline.ensure_visible)
        room = services.review.review_room
        room.came.connect(timeline.show_place)
        room.left.connect(timeline.leave_place)
        timeline.menu_requested.connect(self._open_timeline_menu)
        docks.transport.plan_clicked.connect(services.review.review_playback.leave)
        docks.video.person_clicked.connect(services.labelling.subject_choice.click)
        docks.video.click_tip = lambda: services.labelling.subject_choice.tip
        docks.video.set_keypoint_edits(services.labelling.keypoint_editor)
        docks.classes.class_chosen.connect(keys.choose)
        docks.comments.ask = self.dialogs.change_comment
        for view in (docks.videos, docks.statistics):
            view.add_requested.connect(self.dialogs.add_videos)
        docks.videos.notes_requested.connect(self.dialogs.edit_notes)
        several = services.models.several_videos
        docks.videos.estimate_requested.connect(self.project_commands.estimate_poses)
        docks.videos.prelabel_requested.connect(several.prelabel)
        docks.videos.people_requested.connect(self.dialogs.ask_people)
        docks.videos.done_requested.connect(several.mark_done)
        docks.videos.export_requested.connect(docks.show_export)
        docks.videos.remove_requested.connect(several.remove)
        docks.statistics.save_requested.connect(self.dialogs.save_statistics)
        for left in (docks.transport, docks.videos, docks.classes, docks.messages):
            left.left.connect(docks.take_keyboard)
        docks.wall.went_to.connect(self._go_to_strip)
        docks.wall.copy_requested.connect(self.commands["copy-prediction"].trigger)
        docks.empty.videos_requested.connect(self.dialogs.add_videos)
        docks.empty.labels_requested.connect(self.commands["import-labels"].trigger)
        docks.empty.classes_requested.connect(self.commands["class-import"].trigger)

    def start(self) -> None:
        """Restore the layout, go to where one was, and say what was recovered."""
        # Docks have sizes that can be changed only once the window is shown.
        QTimer.singleShot(0, self.docks.restore_layout)
        once = Qt.ConnectionType.SingleShotConnection
        strays = self.services.files.copy_saver.remove_strays
        self.player.first_picture_shown.connect(strays, once)
        # By then the docks have the sizes that they keep.
        self.player.first_picture_shown.connect(self.docks.videos.show_current, once)
        self._open_first()
        self.docks.timeline.setFocus()
        self.services.show_opening_notices()
        QTimer.singleShot(0, self.help_and_tour.start_on_demo)

    def _open_first(self) -> None:
        """Go to where one was, unless the program died twice while a video was open."""
        files, once = (
            self.services.files.video_files,
            Qt.ConnectionType.SingleShotConnection,
        )
        died_with, twice = files.died_with()
        if twice:
            # Its small picture is read no more than itself.
            text = self.tr(
                "The program ended unexpectedly twice while {} was open. Choose a "
                "video in the list."
            )
            self.services.notices.warn(text.format(died_with), about=OPENING)
            shown = self.player.first_picture_shown
            shown.connect(lambda: self.services.notices.settle(OPENING), once)
            self.docks.pages.keep_list()
            return
        # Reading thumbnails earlier would delay the first picture.
        self.player.first_picture_shown.connect(files.load_thumbs, once)
        video_id, frame = self._first_place()
        project = self.document.project
        if project.has(died_with) and (
            project.track(died_with).video_id != self.document.video_id_of(video_id)
        ):
            # It ended before the place in it was kept.
            video_id, frame = died_with, 0
        self.session.set_video(video_id)
        if frame:
            self.player.seek(frame)

    def _first_place(self) -> tuple[TrackId, int]:
        """Return video and frame where one was, else the first video to label."""
        project = self.document.project
        video_id, frame = self.settings.place(project.uuid)
        if project.has(video_id):
            return video_id, frame
        unfinished = (v.id for v in project.tracks if project.to_finish(v))
        first = project.track_ids[0] if project.track_ids else TrackId("")
        return next(unfinished, first), 0

    def _stops(self, found: Command) -> bool:
        """Say why a command does nothing on this page or in this tier; else False."""
        needs_film = not NEED_FILM.isdisjoint((found.menu, found.id))
        if needs_film and self.docks.stops():
            return True
        return self.services.labelling.segment_editor.points.stops(found.id)

    # -- slots ----------------------------------------------------------------------

    def _on_video(self, video_id: str) -> None:
        self._video = video_id
        self._refresh()

    def _refresh(self, *_: object) -> None:
        if self.session.track_id != self._video:
            return  # the video changes: once is enough, when all services know it
        self.commands.tick()
        self._on_step()

    def _on_changed(self, change: Change) -> None:
        if not change.only_labels:
            self.commands.tick()

    def _on_step(self) -> None:
        if self.session.track_id != self._video:
            return
        self._refresh_timer.stop()
        self.commands.enable()
        self.docks.next_step.refresh()
        current, source = self.services.current_video, None
        item = current.item
        if item is not None and not self.document.project.has_points(item):
            model = current.shown_model
            prediction = current.predictions.get(prediction_lane(model))
            source = lane_labels(
                item, current.classes, model, prediction, lambda: self.session.growing
            )
        self.docks.transport.set_label_source(source)
        self.docks.video.set_label_source(source)

    def _refresh_later(self, *_: object) -> None:
        self._refresh_timer.start()

    def _on_current_changed(self, what: str) -> None:
        current = self.services.current_video
        if what in (VIDEO, POSES):
            self.docks.show_poses(current.poses)
        if what == POSES and current.item is not None:
            self.commands.refresh()
        if what == PREDICTIONS or model_of_lane(what):
            self._refresh_later()

    def _ask_about_target(self, text: str) -> None:
        with self.services.notices.about("target"):
            if text:
                self.services.notices.say(text)

    def _go_to_strip(self, strip: Strip) -> None:
        """Show a place of the wall in the picture and the loupe."""
        item, services = self.services.current_video.item, self.services
        if item is not None:
            index = item.annotation.index_at(strip.segment.start)
            services.labelling.segment_editor.boundary.go_to(index - 1)
        text = self.tr("{} goes back to the wall.")
        services.notices.say(text.format(self.commands.keys("wall") or "–"))

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
        importer = self.services.files.file_importer
        return project_choices(found, project, importer, go, new, take)

    # -- closing --------------------------------------------------------------------

    def keep_place(self) -> None:
        """Remember video, track and frame for the next start."""
        uuid, video_id = self.document.project.uuid, self.session.track_id
        # Until there is a picture, the frame is not the one where it was left.
        if self.player.picture or self.settings.place(uuid)[0] != video_id:
            self.settings.set_place(uuid, video_id, self.session.frame)

    def close(self) -> None:
        """Close the services and save the layout and the project."""
        self._refresh_timer.stop()
        self._place_timer.stop()
        self.command_ui.close()
        self.docks.save_layout(self.settings)
        self.keep_place()
        root, shown = self.document.folder.root, self.player.picture
        if shown is not None:
            run_in_thread(lambda: save_project_picture(root, shown.image), PICTURE_S)
        self.services.close()
        self.docks.close_video()
        left = self.document.left_unsaved
        try:
            self.document.close(0.0 if left else SAVE_S)
        except SkelsegError as error:
            if left:
                return  # asked before
            text = self.tr("{} Your edits are kept and come back next time.")
            self.dialogs.show_message(text.format(error))
