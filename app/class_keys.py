"""Class keys: what the key of a class does, by whether the video plays or a drag runs.

While it stands they label what is marked or selected, or the segment under the
playhead; while it plays they label live, or are taps; during the drag of a range they
say what it is painted with. In a text field they are characters.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from app.editing import Editing
from app.live import Live, Mark
from app.taps import Taps
from skelseg_core.project import Project
from skelseg_core.segmentation import KEYS

REPEAT_MS = 30
"""A key that is down again so soon was never up: some screens repeat it like that."""
_FIELDS = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QKeySequenceEdit)


def takes_text(widget: QWidget | None) -> bool:
    """Whether somebody types into this widget, so that bare keys are characters."""
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, _FIELDS)


class ClassKeys(QObject):
    """Turns presses and releases of the keys of classes into what they mean.

    ``arm`` is asked first, with the class: whether a drag takes it.
    """

    def __init__(
        self,
        window: QWidget,
        editing: Editing,
        live: Live,
        taps: Taps,
        arm: Callable[[int], bool],
    ) -> None:
        super().__init__(window)
        self._editing, self._live, self._taps, self._arm = editing, live, taps, arm
        self._down: dict[str, int] = {}
        self._rising: dict[str, Mark] = {}
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(REPEAT_MS)
        self._settle.timeout.connect(self._on_settled)
        self._labelled: tuple[Project, int] | None = None
        for key in KEYS:
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(lambda k=key: self._press(k))
        # A release comes up to the window, whoever has the focus.
        window.installEventFilter(self)

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
        """What a click on a class means: a tap on its key."""
        self._begin(class_id)
        self._live.release(class_id, self._live.mark())

    def tap(self, key: str) -> None:
        """Press a key of which nobody says when it comes up."""
        class_id = self._class_of(key)
        if class_id is not None:
            self.choose(class_id)

    def _press(self, key: str) -> None:
        if self._rising.pop(key, None) is not None:
            return  # it repeats by itself, and was never let go
        if takes_text(QApplication.focusWidget()):
            return
        class_id = self._class_of(key)
        if class_id is not None:
            self._down[key] = class_id
            self._begin(class_id)

    def _class_of(self, key: str) -> int | None:
        class_id = self._editing.class_of(key)
        if class_id is None:
            self._editing.problem.emit(self.tr("No class has the key {}.").format(key))
        return class_id

    def _begin(self, class_id: int) -> None:
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
            for key in list(self._down):
                self._release(key)
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease:
            key = chr(event.key()) if event.key() < 128 else ""
            if key not in self._down:
                self._on_settled()  # another key between: it was up
            elif not event.isAutoRepeat():
                self._release(key)
        return False

    def _release(self, key: str) -> None:
        self._rising[key] = self._live.mark()
        self._settle.start()

    def _on_settled(self) -> None:
        self._settle.stop()
        rising, self._rising = self._rising, {}
        for key, mark in rising.items():
            self._live.release(self._down.pop(key), mark)
