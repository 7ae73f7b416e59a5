"""Handle the keys of classes (1-0 …): label, paint, or label live.

While the video is paused, a class key labels the marked range, the selected segments or
the segment under the playhead. While it plays, the key labels live; in the two seconds
after it ended by itself, a key that was meant so does nothing. During the drag of a
range it chooses the class to paint. In a text field it types a character: the field
receives the key first.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDockWidget, QWidget

from app.services.labelling.live_labelling import LiveLabelling, Moment
from app.services.labelling.segment_editor import SegmentEditor
from skelseg_core.labels.classes import KEYS
from skelseg_core.project.project import Project

REPEAT_MS = 30
"""Milliseconds within which a release and a press are key repeat, not two presses.

Some displays send both events while a key stays down.
"""
LATE_S = 2.0
"""Seconds after the end of the video in which a class key comes too late."""


class ClassKeys(QObject):
    """Turn presses and releases of class keys into labels.

    ``before`` returns True where it labelled with the class: the place in review.
    ``clock`` returns seconds that never go back.
    """

    used = Signal()
    clock = staticmethod(time.monotonic)

    def __init__(
        self,
        editor: SegmentEditor,
        live: LiveLabelling,
        before: Callable[[int], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        # When the video ended by itself, and nobody did anything since.
        self._ended_s: float | None = None
        session, player = editor.session, editor.player
        player.ended.connect(self._on_ended)
        for signal in (
            player.asked_for,
            player.state_changed,
            session.selection_changed,
            session.range_changed,
        ):
            signal.connect(self._on_act)
        self._editor, self._live = editor, live
        self._arm: Callable[[int], bool] = lambda _: False
        self._stops: Callable[[], bool] = lambda: False
        self._before = before
        self._down: dict[str, int] = {}
        self._released: dict[str, Moment] = {}
        self._places: dict[str, int] = {}
        self._place = 0
        self._release_timer = QTimer(self)
        self._release_timer.setSingleShot(True)
        self._release_timer.setInterval(REPEAT_MS)
        self._release_timer.timeout.connect(self._on_release_timeout)
        self._labelled: tuple[Project, int] | None = None

    def listen(
        self, window: QWidget, arm: Callable[[int], bool], stops: Callable[[], bool]
    ) -> None:
        """Listen for class keys in a window and its docks; call once the docks exist.

        ``arm`` returns True where a drag takes the class; then nothing is labelled.
        ``stops`` says why no key labels now; False where they do.
        """
        self._arm, self._stops = arm, stops
        for key in KEYS:
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(lambda k=key: self.press(k))
        # The window receives the release of a key whatever has the focus; a dock that
        # floats is a window of its own.
        for place in (window, *window.findChildren(QDockWidget)):
            place.installEventFilter(self)

    @property
    def held(self) -> int | None:
        """Id of the class whose key is down, or None; a mark is not dragged."""
        held = next(reversed(self._down.values()), None)
        return None if held is None or self._editor.sets_point(held) else held

    def take_back(self) -> None:
        """Undo what the pressed class key labelled: it was meant for a drag."""
        labelled, self._labelled = self._labelled, None
        document = self._editor.document
        if labelled is None or labelled[0] is not document.project:
            return
        if labelled[1] == document.step:
            document.undo_stack.undo()

    def choose(self, class_id: int) -> None:
        """Label with a class as a short press of its key would; for its button."""
        self.begin(class_id)
        self._live.release(class_id, self._live.mark())

    def press(self, key: str) -> None:
        """Handle the press of a class key."""
        if self._released.pop(key, None) is not None:
            return  # key repeat: the key was never released
        if self._stops():
            return
        class_id = self._class_of(key)
        if class_id is not None:
            self._down[key] = class_id
            self._places[key] = self._place
            self.begin(class_id)

    def release_all(self) -> None:
        """Release every pressed key; call when no release events will arrive."""
        for key in list(self._down):
            self.release(key)

    def _class_of(self, key: str) -> int | None:
        class_id = self._editor.class_of(key)
        if class_id is None:
            self._editor.notices.refuse(self.tr("No class has the key {}.").format(key))
        return class_id

    def begin(self, class_id: int) -> None:
        """Label with a class, or begin to while the video plays."""
        self.used.emit()
        self._labelled = None
        document = self._editor.document
        if self._editor.sets_point(class_id):
            self._editor.apply_class(class_id)
            return
        if self._is_late():
            name = document.project.name_of(class_id)
            text = self.tr(
                "The video is over, so “{}” labelled nothing. In two seconds its key "
                "labels the segment here."
            )
            self._editor.notices.refuse(text.format(name))
            return
        if self._before(class_id):
            return
        if self._live.ready:
            self._live.press(class_id)
        elif not self._arm(class_id):
            before = document.project
            self._editor.apply_class(class_id)
            if document.project is not before:
                self._labelled = document.project, document.step

    def _on_ended(self) -> None:
        self._ended_s = self.clock()

    def _on_act(self, *_: object) -> None:
        self._ended_s = None

    def _is_late(self) -> bool:
        """Tell whether a key may be meant for the video that just stopped playing.

        It would label the whole segment, and join it with its neighbours.
        """
        return self._ended_s is not None and self.clock() - self._ended_s < LATE_S

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle key releases, and release all keys when the window loses the focus."""
        if event.type() == QEvent.Type.WindowDeactivate:
            self.release_all()
        elif not isinstance(event, QKeyEvent):
            return False
        elif event.type() == QEvent.Type.ShortcutOverride:
            self._place = event.nativeScanCode()
        elif event.type() == QEvent.Type.KeyRelease:
            key = self._released_key(event)
            if not key:
                # Another key came between, so the release was real.
                self._on_release_timeout()
            elif not event.isAutoRepeat():
                self.release(key)
        return False

    def _released_key(self, event: QKeyEvent) -> str:
        """Find the pressed key that an event releases, whatever Shift is held."""
        place = event.nativeScanCode()
        at = (k for k in self._down if place and self._places[k] == place)
        named = chr(event.key()) if event.key() < 128 else ""
        return next(at, named if named in self._down else "")

    def release(self, key: str) -> None:
        """Note the release of a key; it counts once no repeated press follows."""
        if key in self._down:
            self._released[key] = self._live.mark()
            self._release_timer.start()

    def _on_release_timeout(self) -> None:
        self._release_timer.stop()
        rising, self._released = self._released, {}
        for key, mark in rising.items():
            self._live.release(self._down.pop(key), mark)
