"""Make the views and docks of the window; show, hide and arrange them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from app.kit.commands import Command, command, declare
from app.kit.keyboard import give_keyboard
from app.kit.language import tr
from app.kit.settings import Settings
from app.services.review.next_step import Stages
from app.services.services import Services
from app.state.change import Change
from app.state.current_video import ShownPoses
from app.timeline.key_line import KeyLine
from app.timeline.view import TimelineView
from app.views.classes.classes import ClassesView
from app.views.dialogs.export_labels import ExportView
from app.views.dock_title import DockTitle
from app.views.jobs.jobs_list import JobsView
from app.views.jobs.model_line import ModelLine
from app.views.jobs.model_panel import ModelView
from app.views.jobs.next_step import NextStepView
from app.views.jobs.status_bar_jobs import JobsBar
from app.views.jobs.status_bar_saving import SavedView
from app.views.messages import MessageBar
from app.views.picture.floating_bar import Overlaid
from app.views.picture.loupe import Crop, LoupeView
from app.views.picture.overlays import PoseOverlay
from app.views.picture.recording_badge import RecordingBadge
from app.views.picture.transport import TransportBar
from app.views.picture.video import VideoView
from app.views.review.blind_pill import BlindPill
from app.views.review.room import ReviewRoomView
from app.views.review.segment_strip import SegmentStrip
from app.views.review.strip_pictures import StripPictures
from app.views.review.wall import WallView
from app.views.start.without_videos import EmptyView
from app.views.tables.comments import WIDTH_PX as COMMENTS_PX
from app.views.tables.comments import CommentsView
from app.views.tables.statistics import StatisticsView
from app.views.tables.videos import VideosView
from app.window.both_ends import BothEnds
from app.window.pages import EXPORT, LABEL, LEFT, REVIEW, TRAIN, PageBar, Pages
from app.window.pane_focus import Pane, Panes
from app.window.top_row import PlaceName, TopRow
from skelseg_core.poses.corrections import Correction

_Area = Qt.DockWidgetArea
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
NARROW_PX, LARGEST_SHARE = 340, 0.58
"""Default width of a table in px; largest share of the timeline's width for one."""


class Docks:
    """Make the views of a window: the picture in the middle, docks around it."""

    def __init__(
        self,
        window: QMainWindow,
        services: Services,
        choose_folder: Callable[[Path], Path | None],
    ) -> None:
        document, session = services.document, services.session
        player, jobs = services.player, services.jobs
        self._window, self._document = window, document
        self.top = TopRow(window, services.settings)
        self._overlay: PoseOverlay | None = None
        self.docks: dict[str, QDockWidget] = {}
        self._hidden: list[QDockWidget] = []
        self._keys: Callable[[str], str] = lambda _: ""
        self.video = VideoView(session, player)
        self.badge = RecordingBadge(document, session, player, self.video)
        self.empty = EmptyView(document)
        self.transport = TransportBar(
            player, services.notices, services.labelling.segment_editor.acting
        )
        self.timeline = TimelineView(
            services.current_video, player, services.review.class_keys
        )
        self.timeline.lanes.remember_in(services.settings)
        self.timeline.key_line = KeyLine(services.settings)
        self.loupe = LoupeView(document, session, player)
        self.end_loupe = LoupeView(document, session, player)
        self._loupes = (self.loupe, self.end_loupe)
        for picture in (self.video, *self._loupes):
            # A click on the picture takes the keyboard from a text field.
            picture.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.messages = MessageBar(services.notices)
        self.videos = VideosView(document, session)
        self.classes = ClassesView(services.labelling.class_editor)
        self.model = ModelView(
            services.models.model_library, services.review.next_video, choose_folder
        )
        self.model.left.connect(self.show_film)
        self.model_line = ModelLine(services.models.model_service)
        self.export = ExportView(services.tasks, services.current_video, choose_folder)
        self._room = services.review.review_room
        self._pictures = [
            StripPictures(services.current_video, player, window) for _ in range(2)
        ]
        self.review = ReviewRoomView(
            self._room, services.review.settling, self._pictures[1]
        )
        self.jobs, self.saved = JobsBar(jobs), SavedView(document)
        self.statistics = StatisticsView(services.current_video, player, jobs)
        self.comments = CommentsView(services.labelling.comments)
        for table in (self.statistics, self.comments):
            table.left.connect(self.take_keyboard)
        self.strip = SegmentStrip(self._room, player, self._pictures[0])
        screen = services.labelling.segment_editor.on_screen
        self._ends = BothEnds(
            self._room, screen, self.loupe, self.strip, self.end_loupe
        )
        self.timeline.boundary_dragged.connect(self._ends.set_dragged)
        self._room.is_drawn = lambda: self._ends.is_drawn
        for view in (self.strip, *self._loupes):
            view.painted.connect(self.review.refresh)
        screen.in_sight = self._sees_picture
        self._middle = self._centre()
        self._around = self._middle_of_pages()
        window.setCentralWidget(self._around)
        self._show_empty(not document.project.tracks)
        self.wall = WallView(
            window,
            services.review.review_wall,
            services.current_video,
            player,
            self.messages,
            lambda: self.top.bottom,
        )
        self.wall.closed.connect(self.take_keyboard)
        self.review.wall_asked.connect(self.wall.show_queue)
        filler = services.labelling.example_filler
        filler.review_asked.connect(self.wall.show_wall)
        for signal in (self.wall.shown, self.wall.hidden):
            signal.connect(self._show_room)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            window.setCorner(corner, _Area.BottomDockWidgetArea)
        left = _Area.LeftDockWidgetArea
        self._left = self._dock("Videos", self.videos, left, hidden=True)
        self._review = self._dock("Review", self.review, left, hidden=True)
        self._dock("Classes", self._classes(), _Area.RightDockWidgetArea)
        self._bottom = self._dock("Timeline", self.timeline, _Area.BottomDockWidgetArea)
        self._loupe = self._dock("Loupe", self._ends, _Area.BottomDockWidgetArea)
        for dock in (self._bottom, self._loupe):
            dock.setTitleBarWidget(QWidget())
        window.splitDockWidget(self._loupe, self._bottom, _DOWN)
        self._more: dict[str, QDockWidget] = {}
        for name, title, more in (
            ("statistics", "Class statistics", self.statistics),
            ("jobs", "Jobs", JobsView(jobs)),
            ("comments", "Comments", self.comments),
        ):
            self._more[name] = self._more_dock(title, more)
        self.jobs.lead_to(lambda: self.show_more("jobs"))
        centres = {"": self._middle, TRAIN: self.model, EXPORT: self.export}
        self.pages = Pages(window, self.docks, centres, services.settings)
        self._player = player
        self.pages.chosen.connect(self._on_page)
        # What leads to the film may choose a page itself, such as the review.
        self._film_timer = QTimer(window, singleShot=True, interval=0)
        self._film_timer.timeout.connect(self.show_film)
        for leads_to_film in (session.video_changed, player.asked_for):
            leads_to_film.connect(self._show_film_soon)
        for dock in self._more.values():
            dock.visibilityChanged.connect(self.pages.fit_soon)
        services.models.model_service.training_started.connect(self.take_keyboard)
        self.model_line.clicked.connect(self.show_training)
        self.export.exported.connect(self.take_keyboard)
        self._show_videos()
        self._tracks = services.labelling.track_editor
        document.changed.connect(self._on_changed)
        session.video_changed.connect(self._show_track)
        session.video_changed.connect(lambda _: self.classes.show_classes())
        self._room.entered.connect(self._on_room_entered)
        self._room.left.connect(self._on_room_left)
        # Qt tells it amid its own work, and crashes where panels are then moved.
        leave = self._leave_closed_room
        self._review.visibilityChanged.connect(
            lambda _: QTimer.singleShot(0, window, leave)
        )
        self._fill_top_row(services)
        self.panes = Panes(window, self._panes, self.timeline)

    def _panes(self) -> list[Pane]:
        """List the panes in the order in which one goes from one to the next."""
        if self.wall.isVisible():
            return [Pane(self.wall, self.wall.strips)]
        lists = {"Videos": self.videos.list}
        pictures = (self.video, self.empty)
        return [
            *(Pane(self.docks[name], lists.get(name)) for name in LEFT.values()),
            *(Pane(page) for page in (self.model, self.export)),
            *(Pane(self._middle, view) for view in pictures if view.isVisible()),
            Pane(self._loupe, self.loupe),
            Pane(self._bottom, self.timeline),
            *(Pane(d, d.widget().focusProxy()) for d in self._more.values()),
            Pane(self.docks["Classes"], self.classes.list),
            Pane(self.top, self.page_bar.shown),
        ]

    def _fill_top_row(self, services: Services) -> None:
        self.page_bar, self.next_step = (
            PageBar(self.pages),
            NextStepView(
                Stages(
                    services.models.model_service,
                    services.review.review_room,
                    services.labelling.example_filler,
                )
            ),
        )
        self.blind = BlindPill(services.current_video)
        place = PlaceName(services.document, services.session)
        first = (self.page_bar, place, self.next_step)
        last = (self.jobs, self.blind, self.saved, self.top.finder)
        self.top.put((*first, None, *last), wide=[place])
        message = Overlaid(self.messages, self._foot)
        for signal in (self.pages.chosen, self.wall.shown, self.wall.hidden):
            signal.connect(message.place)

    def _foot(self) -> tuple[QWidget, QWidget]:
        """Find what has the messages, and the part of it that has them at its foot."""
        if self.wall.isVisible():
            keys = self.wall.keys
            return self.wall, keys if keys.isVisible() else self.wall
        views = (self.model.middle, self.export.middle, self.video)
        shown = next((view for view in views if view.isVisible()), self.empty)
        return self._around, shown

    def _on_page(self) -> None:
        """Stop a film that is seen no more; leave wall and room of the review."""
        self._film_timer.stop()
        if not self.pages.has_film:
            self._player.pause()
        if self.pages.page != REVIEW and self.wall.isVisible():
            self.wall.leave()
        self._leave_closed_room()

    def _show_film_soon(self, _: object) -> None:
        if not self.pages.has_film:
            self._film_timer.start()

    def show_film(self, _: object = None) -> None:
        """Show the film to whoever goes to a place in it from another page."""
        if self.pages.page:
            self.pages.show_film()

    def _classes(self) -> QWidget:
        """Put the classes above the line of the model."""
        both = QWidget()
        column = QVBoxLayout(both)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.classes, 1)
        column.addWidget(self.model_line)
        return both

    def _on_changed(self, change: Change) -> None:
        if change.videos:
            self._show_empty(not change.after.tracks)
            self._show_videos()
        if not change.only_labels:
            self._show_track()

    def stops(self) -> bool:
        """Say that a key needs the film, on a page without it; else return False."""
        if self.pages.has_film:
            return False
        text = tr("Nothing was changed: the video is on the page Label ({}).")
        self.messages.notices.refuse(text.format(self._keys("page-label")))
        return True

    def _show_videos(self) -> None:
        self.pages.set_several(len(self._document.project.video_ids) > 1)

    def _show_track(self, _: object = None) -> None:
        """Say over the classes of which track they are, where there are several."""
        title = tr("Classes")
        self.docks["Classes"].setWindowTitle(self._tracks.title or title)

    def _middle_of_pages(self) -> QWidget:
        """Put the film and the pages without it in one place; one is shown."""
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        for page in (self._middle, self.model, self.export):
            layout.addWidget(page)
        self.model.hide()
        self.export.hide()
        return middle

    def _centre(self) -> QWidget:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.video, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.transport)
        return centre

    def _show_empty(self, empty: bool) -> None:
        """Show what to do first in place of the picture if there is no video."""
        self.empty.setVisible(empty)
        self.video.setVisible(not empty)

    def _dock(
        self,
        title: str,
        view: QWidget,
        area: Qt.DockWidgetArea,
        *,
        hidden: bool = False,
    ) -> QDockWidget:
        words = tr(title)
        dock = QDockWidget(words, self._window)
        dock.setObjectName(title)
        dock.setWidget(view)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        if hidden:
            # Hidden until the dock has a place, because the window may be visible
            # already.
            dock.hide()
        self._window.addDockWidget(area, dock)
        dock.setTitleBarWidget(DockTitle(dock))
        self.docks[title] = dock
        return dock

    def _more_dock(self, title: str, view: QWidget) -> QDockWidget:
        """Make a hidden dock beside the timeline, as a tab with others of its kind."""
        dock = self._dock(title, view, _Area.BottomDockWidgetArea, hidden=True)
        if self._more:
            self._window.tabifyDockWidget(next(iter(self._more.values())), dock)
        else:
            self._window.splitDockWidget(self._bottom, dock, _ACROSS)
        return dock

    def is_shown(self, name: str) -> bool:
        """Return True if a dock beside the timeline is open."""
        return not self._more[name].isHidden()

    @declare(
        [
            Command("dock-statistics", "Class statistics", ("F4",), ("statistics",)),
            Command("dock-jobs", "Jobs", ("Ctrl+J",), ("jobs",)),
            Command("dock-comments", "Comments", args=("comments",)),
        ],
        checked=is_shown,
    )
    def toggle_more(self, name: str) -> None:
        """Show a dock and give it the keyboard; hide it if it is visible."""
        dock = self._more[name]
        if dock.visibleRegion().isEmpty():
            self.show_more(name)
        else:
            dock.hide()
            self.take_keyboard()

    def show_more(self, name: str) -> None:
        """Show a dock beside the timeline and give it the keyboard."""
        dock = self._more[name]
        if dock.isHidden():
            alone = all(other.isHidden() for other in self._more.values())
            room, widths = (
                self._bottom.width(),
                {
                    "statistics": self.statistics.table.needed_width,
                    "comments": COMMENTS_PX,
                },
            )
            width = min(widths.get(name, NARROW_PX), round(room * LARGEST_SHARE))
            dock.show()
            beside = self._window.dockWidgetArea(dock) == _Area.BottomDockWidgetArea
            if alone and beside and not dock.isFloating():
                docks = [self._bottom, dock]
                self._window.resizeDocks(docks, [room - width, width], _ACROSS)
        dock.raise_()
        give_keyboard(dock.widget())

    @command("docks", "Hide all panels", "F12")
    def toggle(self) -> None:
        """Hide all docks but the timeline and the loupe, or show them again."""
        if not self.pages.has_film:
            self.pages.show_film()
            return
        side = [d for d in self.docks.values() if d not in (self._bottom, self._loupe)]
        shown = [dock for dock in side if not dock.isHidden()]
        self.pages.keep_closed()
        self.pages.all_hidden = bool(shown)
        # Docks that were hidden before stay hidden.
        for dock in shown or self._hidden or [self.docks["Classes"]]:
            dock.setVisible(not shown)
        self._hidden = shown

    @declare(
        [
            Command("dock-videos", "Videos", args=("Videos",)),
            Command("dock-classes", "Classes", args=("Classes",)),
            Command("dock-timeline", "Timeline", args=("Timeline",)),
        ],
        checked=lambda self, name: not self.docks[name].isHidden(),
    )
    def toggle_dock(self, name: str) -> None:
        """Show or hide a dock."""
        dock, has_film = self.docks[name], self.pages.has_film
        self.pages.show_film()
        dock.setVisible(dock.isHidden() or not has_film)

    @property
    def more_views(self) -> list[QWidget]:
        """The views in the docks beside the timeline."""
        return [dock.widget() for dock in self._more.values()]

    def _sees_picture(self) -> bool:
        """Tell whether nothing hides the picture."""
        hidden = self._window.isMinimized() or self.wall.isVisible()
        return self.video.isVisible() and not hidden

    @property
    def has_loupe(self) -> bool:
        """True if the loupe is shown: the frames around the current boundary."""
        return not self._loupe.isHidden()

    @command("loupe", "Show the loupe", "Q", checked=lambda self: self.has_loupe)
    def toggle_loupe(self) -> None:
        """Show or hide the loupe."""
        self.set_loupe(not self.has_loupe)

    @declare(
        [
            Command("loupe-hands", "Show hands in the loupe", ("Shift+Q",), ("hands",)),
            Command(
                "loupe-picture",
                "Show the whole picture in the loupe",
                args=("picture",),
            ),
        ],
        enabled=lambda self, _: self.has_loupe,
        checked=lambda self, crop: self.loupe.crop == crop,
    )
    def toggle_crop(self, crop: Crop) -> None:
        """Show this part of the picture in the loupe, or the subject again."""
        wanted: Crop = "subject" if self.loupe.crop == crop else crop
        for loupe in self._loupes:
            loupe.set_crop(wanted)

    def set_loupe(self, shown: bool) -> None:
        """Show or hide the loupe; the picture gives or gets the height."""
        self.pages.show_film()
        if shown != self.has_loupe:
            self._loupe.setVisible(shown)
            self.pages.fit()

    # -- the review room --------------------------------------------------------------

    def _on_room_entered(self) -> None:
        """Show the page of the review with the loupe; no field keeps the keyboard."""
        self.pages.choose(REVIEW)
        self.set_loupe(True)
        # The wall makes way for what has the keyboard below it.
        give_keyboard(self.timeline if self.timeline.isVisible() else self.video)

    def _on_room_left(self) -> None:
        self.pages.leave(REVIEW)
        self.take_keyboard()

    def _leave_closed_room(self) -> None:
        """Leave a room that a person closed; behind another tab it stays open."""
        passing = self.pages.moving or self.pages.all_hidden
        if self._review.isHidden() and not passing:
            self._room.leave()

    def _show_room(self) -> None:
        """Tell the room whether its strip is on the screen, with no wall over it.

        The wall is a view of the review, whichever page lies below it.
        """
        self._room.set_in_sight(not self.wall.isVisible())
        self.page_bar.mark(REVIEW if self.wall.isVisible() else "")

    def show_poses(self, shown: ShownPoses | None) -> None:
        """Draw these poses over every picture; None removes them."""
        self._overlay = None
        if shown is not None:
            self._overlay = PoseOverlay.of(shown)
        for view in (self.video, *self._loupes):
            view.set_overlay_source(self._overlay)

    def show_corrections(self, corrections: tuple[Correction, ...]) -> None:
        """Draw the corrected poses, until `show_poses` brings them all."""
        if self._overlay is not None:
            self._overlay.follow(corrections)
            for view in (self.video, *self._loupes):
                view.set_overlay_source(self._overlay)

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of commands on buttons and hints; ``keys`` finds them by id."""
        self._keys = keys
        views = (self.transport, self.video, self.timeline, self.wall)
        for view in (*views, *self._loupes):
            view.show_keys(keys)
        for other in (self.badge, self.empty, self.saved):
            other.show_keys(keys)

    def close_video(self) -> None:
        """Close the video's file in every view; the player still has it open."""
        for pictures in self._pictures:
            pictures.close()
        for loupe in self._loupes:
            loupe.close_video()
        self.wall.close_video()
        self.timeline.close_video()

    @command("train", "Train…", "Ctrl+T")
    def show_training(self) -> None:
        """Show the page for training, with the form for a new model."""
        self.pages.choose(TRAIN)
        self.model.show_training()

    @command("models", "Models", tip="Accuracy of each model, and which one is used")
    def show_models(self) -> None:
        """Show the page for training, with the list of the models."""
        self.pages.choose(TRAIN)
        self.model.show_models()

    @command("export", "Export…", "Ctrl+E")
    def show_export(self, videos: Sequence[str] = ()) -> None:
        """Show the page of the export, with these videos checked, or all."""
        self.export.prepare(videos)
        self.pages.choose(EXPORT)
        self.export.take_keyboard()

    def take_keyboard(self) -> None:
        """Give the keyboard to the timeline, or to the picture if that is hidden.

        While the wall is open it has them; a page without the film has a list or a
        field for them.
        """
        for page in (self.model, self.export):
            if page.isVisible():
                page.take_keyboard()
                return
        places = (self.wall.strips, self.timeline, self.video)
        shown = (w for w in places if w.isVisible())
        give_keyboard(next(shown, self.empty))

    def go_back(self) -> None:
        """Show the film, where a page is without it; the keyboard is there then."""
        self.show_film()
        self.take_keyboard()

    def save_layout(self, settings: Settings) -> None:
        """Save the geometry of the window and its docks, without the review."""
        self._room.leave()
        self.pages.keep_closed()
        settings.set_layout("geometry", self._window.saveGeometry())

    def restore_layout(self) -> None:
        """Show the page for labelling, its panels as they were left."""
        self.pages.choose(LABEL)
        # Docks that were hidden meanwhile have lost the keyboard.
        self.take_keyboard()
