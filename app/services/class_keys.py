"""Class keys: what the key of a class does, by whether the video plays or a drag runs.

While it stands they label what is marked or selected, or the segment under the
playhead; while it plays they label live, or are taps; during the drag of a range they
say what it is painted with. In a text field they are characters: it takes them first.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDockWidget, QWidget

from app.services.live_labelling import LiveLabelling, Mark
from app.services.segment_editor import SegmentEditor
from app.services.tap_labelling import TapLabelling
from skelseg_core.labels.classes import (
    KEYS,
)
from skelseg_core.project.value import Project

REPEAT_MS = 30
"""A key that is down again so soon was never up: some screens repeat it like that."""


class ClassKeys(QObject):
    """Turns presses and releases of the keys of classes into what they mean."""

    def __init__(
        self,
        editing: SegmentEditor,
        live: LiveLabelling,
        taps: TapLabelling,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._editing, self._live, self._taps = editing, live, taps
        self._arm: Callable[[int], bool] = lambda _: False
        self._down: dict[str, int] = {}
        self._rising: dict[str, Mark] = {}
        self._places: dict[str, int] = {}
        self._place = 0
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(REPEAT_MS)
        self._settle.timeout.connect(self._on_settled)
        self._labelled: tuple[Project, int] | None = None

    def listen(self, window: QWidget, arm: Callable[[int], bool]) -> None:
        """Take the keys of a window and of its docks, once these are made.

        ``arm`` is asked whether a drag takes the class, before the class labels.
        """
        self._arm = arm
        for key in KEYS:
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(lambda k=key: self.press(k))
        # A release comes up to the window, whoever has the focus; a dock that was
        # taken out is a window of its own.
        for place in (window, *window.findChildren(QDockWidget)):
            place.installEventFilter(self)

    @property
    def held(self) -> int | None:
        """The class whose key is down."""
        return next(reversed(self._down.values()), None)

    def take_back(self) -> None:
        """Take back what the key that is down labelled: it was meant for a drag."""
        told, self._labelled = self._labelled, None
        document = self._editing.document
        if told is None or told[0] is not document.project:
            return
        if told[1] == document.undo_stack.index():
            document.undo_stack.undo()

    def choose(self, class_id: int) -> None:
        """Label with a class by its button, as a tap on its key would."""
        self.begin(class_id)
        self._live.release(class_id, self._live.mark())

    def press(self, key: str) -> None:
        """The key of a class went down."""
        if self._rising.pop(key, None) is not None:
            return  # it repeats by itself, and was never let go
        class_id = self._class_of(key)
        if class_id is not None:
            self._down[key] = class_id
            self._places[key] = self._place
            self.begin(class_id)

    def let_go(self) -> None:
        """Nobody will say any more when the keys that are down come up."""
        for key in list(self._down):
            self.release(key)

    def _class_of(self, key: str) -> int | None:
        class_id = self._editing.class_of(key)
        if class_id is None:
            self._editing.notices.refuse(
                self.tr("No class has the key {}.").format(key)
            )
        return class_id

    def begin(self, class_id: int) -> None:
        """Label with a class, or begin to while the video plays."""
        self._labelled = None
        document = self._editing.document
        if self._live.ready and self._taps.on:
            self._taps.press(class_id)
        elif self._live.ready:
            self._live.press(class_id)
        elif not self._arm(class_id):
            before = document.project
            self._editing.apply_class(class_id)
            if document.project is not before:
                self._labelled = document.project, document.undo_stack.index()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice releases; with the window's focus the keys are gone, too."""
        if event.type() == QEvent.Type.WindowDeactivate:
            self.let_go()
        elif not isinstance(event, QKeyEvent):
            return False
        elif event.type() == QEvent.Type.ShortcutOverride:
            self._place = event.nativeScanCode()
        elif event.type() == QEvent.Type.KeyRelease:
            key = self._came_up(event)
            if not key:
                self._on_settled()  # another key between: it was up
            elif not event.isAutoRepeat():
                self.release(key)
        return False

    def _came_up(self, event: QKeyEvent) -> str:
        """Which of the keys that are down this is, whatever Shift makes of it now."""
        place = event.nativeScanCode()
        at = (k for k in self._down if place and self._places[k] == place)
        named = chr(event.key()) if event.key() < 128 else ""
        return next(at, named if named in self._down else "")

    def release(self, key: str) -> None:
        """It came up."""
        if key in self._down:
            self._rising[key] = self._live.mark()
            self._settle.start()

    def _on_settled(self) -> None:
        self._settle.stop()
        rising, self._rising = self._rising, {}
        for key, mark in rising.items():
            self._live.release(self._down.pop(key), mark)
