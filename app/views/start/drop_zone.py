"""The drop zone: shows over the whole window what a drop would do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QObject,
    QPointF,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QWidget

from app.kit import theme
from app.kit.painting import painting

MARGIN_PX = 24.0


class DropZone(QWidget):
    """Signal ``entered`` (paths) when a drag begins, and ``dropped`` (choice).

    Between the two, `set_choices` says what can be done; two choices lie side by side.
    """

    entered = Signal(object)
    dropped = Signal(int)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.words: list[str] | None = None
        """A sentence for each choice; None while the files are looked at."""
        self._under = 0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(self.tr("What dropping here does"))
        self.hide()
        window.setAcceptDrops(True)
        for field in window.findChildren(QLineEdit):
            # Fields accept only text; files go to the window.
            field.setAcceptDrops(False)
        window.installEventFilter(self)

    def set_choices(self, words: Sequence[str]) -> None:
        """Show what can be done; an empty list for files that cannot be used."""
        self.words = list(words)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DragLeave:
            self.hide()
            return True
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return False
        # Nothing may change behind an open dialog.
        if QApplication.activeModalWidget() is not None:
            event.ignore()
            self.hide()
            return True
        assert isinstance(event, QDropEvent)
        paths = local_paths(event.mimeData())
        if not paths:
            return False
        if kind == QEvent.Type.DragEnter:
            self._on_enter(paths)
        self._point_at(event.position())
        if isinstance(event, QDragMoveEvent) or kind == QEvent.Type.Drop:
            event.acceptProposedAction()
        if self.words == []:
            event.ignore()
        elif kind == QEvent.Type.Drop:
            # The drop must end before a dialog or another window may open.
            choice = self._under
            QTimer.singleShot(0, lambda: self.dropped.emit(choice))
        if kind == QEvent.Type.Drop:
            self.hide()
        return True

    def _on_enter(self, paths: list[Path]) -> None:
        self.words = None
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.entered.emit(paths)

    def _point_at(self, at: QPointF) -> None:
        under = int(len(self.words or ()) == 2 and at.x() >= self.width() / 2)
        if under != self._under:
            self._under = under
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            colours = theme.current()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            veil = QColor(colours.window)
            veil.setAlphaF(0.86)
            painter.fillRect(self.rect(), veil)
            font = QFont(self.font())
            font.setPointSizeF(font.pointSizeF() * 1.5)
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            words = self._shown()
            wide = (self.width() - MARGIN_PX * (len(words) + 1)) / len(words)
            for n, text in enumerate(words):
                left = MARGIN_PX + n * (wide + MARGIN_PX)
                place = QRectF(left, MARGIN_PX, wide, self.height() - 2 * MARGIN_PX)
                self._paint_choice(painter, place, text, n == self._under)

    def _shown(self) -> list[str]:
        if self.words is None:
            return [self.tr("Looking at it…")]
        return self.words or [
            self.tr("skelseg cannot use this. Drop videos, folders, labels or poses")
        ]

    def _paint_choice(
        self, painter: QPainter, place: QRectF, text: str, under: bool
    ) -> None:
        colours, usable = theme.current(), bool(self.words)
        edge = QColor(colours.accent if usable and under else colours.edge)
        pen = QPen(edge, 3.0 if under and usable else 2.0, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        ground = QColor(colours.raised)
        painter.setBrush(ground if under and usable else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place, 12, 12)
        painter.setPen(QColor(colours.text if usable else colours.dim))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(place.adjusted(24, 24, -24, -24), int(flags), text)


def local_paths(data: QMimeData) -> list[Path]:
    """Return the dragged files and folders of this computer."""
    return [Path(u.toLocalFile()) for u in data.urls() if u.isLocalFile()]
