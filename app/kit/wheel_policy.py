"""Keep the wheel from changing a choice or a number that one only rolls over."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QWheelEvent, QWindow
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QWidget,
)


class WheelPolicy(QObject):
    """Scroll what lies around a combo box or spin box in place of changing it.

    It watches the windows of the program, each from the first time it is active: a
    filter of every event would cost at each of them.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusWindowChanged.connect(self._on_window)

    def _on_window(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QWheelEvent):
            return False
        under = QApplication.widgetAt(event.globalPosition().toPoint())
        field = _around(under, QComboBox, QAbstractSpinBox)
        if field is None:
            return False
        area = _around(field.parentWidget(), QAbstractScrollArea)
        if isinstance(area, QAbstractScrollArea):
            QApplication.sendEvent(area.viewport(), event)
        return True


def _around(widget: QWidget | None, *kinds: type[QWidget]) -> QWidget | None:
    """Return the widget, or the nearest of its parents, that is of one of the kinds."""
    while widget is not None and not isinstance(widget, kinds):
        widget = None if widget.isWindow() else widget.parentWidget()
    return widget
