"""Start the guided tour, and find the help page for the widget with the focus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
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
            docks.conventions: "conventions",
            docks.wall: "wall",
            docks.videos: "files",
            docks.classes: "classes",
            docks.model: "models",
        }

    @command("guided-tour", "Guided tour")
    def start_tour(self) -> None:
        """Start the guided tour."""
        if self.tour is None:
            self.tour = TourView(self._window, self._steps())
            self.tour.ended.connect(self._on_ended)
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
        for item in self._services.document.project.videos:
            if (item.annotation.n_labelled == item.n_frames) is labelled:
                self._services.session.set_video(item.id)
                return

    def _steps(self) -> list[TourStep]:
        docks, keys = self._docks, self._commands.key_texts

        def step(title: str, text: str, target: QWidget, labelled: bool) -> TourStep:
            filled = with_keys(text, keys.key)
            return TourStep(title, filled, target, lambda: self._look_at(labelled))

        return [
            step(
                self.tr("Play the video"),
                self.tr(
                    "Press {key:play} to play and to pause, {key:previous} and "
                    "{key:next} to go frame by frame. The lines over the person are "
                    "the skeleton, which is what the network sees."
                ),
                docks.video,
                False,
            ),
            step(
                self.tr("Lanes"),
                self.tr(
                    "Time runs from left to right. The annotation is what people say; "
                    "what a model says has a lane of its own below and never "
                    "overwrites yours. The wheel moves, Ctrl and the wheel zoom."
                ),
                docks.timeline,
                True,
            ),
            step(
                self.tr("Drag a boundary"),
                self.tr(
                    "Take the edge between two segments and drag it: both neighbours "
                    "move, and the picture shows the frame under the edge. "
                    "{key:boundary-previous} and {key:boundary-next} go from one to "
                    "the next, {key:undo} takes back whatever you did."
                ),
                docks.timeline,
                True,
            ),
            step(
                self.tr("Label with a key"),
                self.tr(
                    "Every class has a digit. Mark where an action begins and ends "
                    "with {key:in} and {key:out}, press the digit of its class, and "
                    "the range is labelled. Without marks it is the segment under the "
                    "playhead."
                ),
                docks.classes,
                False,
            ),
            step(
                self.tr("Let the model do the rest"),
                self.tr(
                    "{key:prelabel} labels this clip with the model that comes along, "
                    "{key:accept} takes that over, except where you labelled. Correct "
                    "what is wrong, and {key:train} learns the next, better model "
                    "from it. {key:help} explains everything."
                ),
                docks.model,
                False,
            ),
        ]
