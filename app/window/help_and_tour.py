"""Start the guided tour, and find the help page for the widget with the focus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from app.kit.commands import Commands, command
from app.services.services import Services
from app.views.start.help import page_for
from app.views.start.help_pages import with_keys
from app.views.start.tour import TourStep, TourView
from app.window.docks import Docks
from skelseg_core.user_folders import demo_folder


class HelpAndTour(QObject):
    """Start the guided tour and choose help pages; the tour is made at first use."""

    def __init__(
        self,
        window: QMainWindow,
        services: Services,
        docks: Docks,
        commands: Commands,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._services, self._docks = window, services, docks
        self._commands = commands
        self.tour: TourView | None = None
        commands.keys_changed.connect(self._on_keys_changed)
        docks.wall.shown.connect(self._on_wall)

    def _on_wall(self) -> None:
        """End the tour: the wall covers what it explains, and it would cover strips."""
        if self.tour is not None:
            self.tour.end()

    def _on_keys_changed(self) -> None:
        if self.tour is not None:
            self.tour.set_steps(self._steps())

    def help_page(self) -> str:
        """Return the name of the help page for the widget with the focus."""
        return page_for(QApplication.focusWidget(), self._places())

    def _places(self) -> dict[QWidget, str]:
        docks = self._docks
        return {view: "window" for view in docks.more_views} | {
            docks.video: "playing",
            docks.transport: "playing",
            docks.empty: "first-project",
            docks.timeline: "labelling",
            docks.loupe: "boundaries",
            docks.review: "review-room",
            docks.wall: "wall",
            docks.videos: "files",
            docks.classes: "classes",
            docks.model: "models",
            docks.export: "files",
        }

    @command("guided-tour", "Guided tour")
    def start_tour(self) -> None:
        """Start the guided tour."""
        if self.tour is None:
            self.tour = TourView(
                self._window, self._steps(), lambda: self._docks.top.bottom
            )
            self.tour.ended.connect(self._on_ended)
            services = self._services
            # Later: a step may go to another video, and an edit may be under way here.
            later, look = Qt.ConnectionType.QueuedConnection, self.tour.look
            services.player.state_changed.connect(look, later)
            services.document.stepped.connect(look, later)
            services.current_video.changed.connect(look, later)
        self.tour.start()

    def start_on_demo(self) -> None:
        """Start the tour on the demo, unless it was seen before."""
        root: Path = self._services.document.folder.root
        if not self._services.settings.tour_seen and root == demo_folder().resolve():
            self.start_tour()

    def _on_ended(self) -> None:
        self._services.settings.tour_seen = True
        self._docks.take_keyboard()

    def _look_at(self, labelled: bool) -> None:
        """Show the first video that is wholly labelled, or the first that is not."""
        for item in self._services.document.project.tracks:
            if (item.annotation.n_labelled == item.n_frames) is labelled:
                self._services.session.set_video(item.id)
                return

    # Each shows an example, and returns what tells that a step is done.

    def _until_played(self) -> Callable[[], bool]:
        player, played = self._services.player, False
        self._look_at(False)

        def is_done() -> bool:
            nonlocal played
            played = played or player.playing
            return played and not player.playing

        return is_done

    def _until_edited(self, labelled: bool) -> Callable[[], bool]:
        self._look_at(labelled)
        document, item = self._services.document, self._services.current_video.item
        if item is None:
            return lambda: False
        video_id, before = item.id, item.annotation

        def is_done() -> bool:
            now = document.project.find(video_id)
            return now is not None and now.annotation is not before

        return is_done

    def _until_prelabelled(self) -> Callable[[], bool]:
        self._look_at(False)
        current = self._services.current_video
        before = current.shown_prediction

        def is_done() -> bool:
            now = current.shown_prediction
            return now is not None and now is not before

        return is_done

    def _steps(self) -> list[TourStep]:
        docks, keys = self._docks, self._commands.key_texts

        def step(
            title: str,
            text: str,
            target: QWidget,
            prepare: Callable[[], Callable[[], bool]],
        ) -> TourStep:
            return TourStep(title, with_keys(text, keys.key), target, prepare)

        return [
            step(
                self.tr("Play the video"),
                self.tr(
                    "Press {key:play} to play and again to pause. {key:previous} and "
                    "{key:next} go frame by frame. The lines over the person are the "
                    "skeleton, which the model sees."
                ),
                docks.video,
                self._until_played,
            ),
            step(
                self.tr("Drag a boundary"),
                self.tr(
                    "In the lane *Annotation*, drag the boundary between two "
                    "segments. Both change, and the picture shows the frame there. "
                    "{key:undo} undoes any edit."
                ),
                docks.timeline,
                lambda: self._until_edited(True),
            ),
            step(
                self.tr("Label with a key"),
                self.tr(
                    "Go to the start of an action and press {key:in}. Go to its end "
                    "and press {key:out}. Then press the key of its class, shown "
                    "before its name."
                ),
                docks.classes,
                lambda: self._until_edited(False),
            ),
            step(
                self.tr("Let the model do the rest"),
                self.tr(
                    "{key:prelabel} labels this video with the model of the demo. The "
                    "top of the window shows the time left. The pre-label gets its "
                    "own lane."
                ),
                docks.timeline,
                self._until_prelabelled,
            ),
            step(
                self.tr("Copy the prediction"),
                self.tr(
                    "{key:copy-prediction} copies the prediction into your annotation, "
                    "except where you labelled. Then {key:room} goes through what "
                    "nobody has reviewed yet."
                ),
                docks.timeline,
                lambda: self._until_edited(False),
            ),
            step(
                self.tr("Now your own videos"),
                self.tr(
                    "{key:new} makes a project from your videos. Label part of one "
                    "and fill in the rest with {key:fill-example}. {key:train} trains "
                    "your own model. {key:help} opens the help."
                ),
                docks.videos,
                lambda: lambda: False,
            ),
        ]
