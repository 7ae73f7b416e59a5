"""The recording badge over the picture: the growing segment."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.kit.painting import painting
from app.playback.player import Player
from app.state.document import Document
from app.state.session import Session

_GROUND, _TEXT, _DIM = QColor(16, 17, 19, 220), QColor("#ffffff"), QColor("#b4bac2")
_PAD, _DOT, _HIGH, _TOP = 12, 10, 28, 12


class RecordingBadge(QWidget):
    """Show class and length of the growing segment."""

    def __init__(
        self, document: Document, session: Session, player: Player, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._document, self._session, self._player = document, session, player
        self._picture = parent
        self._keys: Callable[[str], str] = lambda action_id: ""
        self._dot, self._recorded, self._how = _TEXT, "", ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(self.tr("Labelling while playing"))
        self.hide()
        session.recording_changed.connect(self.refresh)
        session.frame_changed.connect(self._on_frame)
        parent.installEventFilter(self)

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of commands that end recording; ``keys`` finds them by id."""
        self._keys = keys

    @property
    def text(self) -> str:
        """Text of the badge; empty where nothing is recorded."""
        return f"● {self._recorded} ({self._how})" if self._recorded else ""

    def _on_frame(self, _: int) -> None:
        if self._session.growing is not None:
            self.refresh()

    def refresh(self) -> None:
        """Update the text to the present state."""
        session = self._session
        self._recorded, self._how = "", ""
        if session.growing is not None:
            found = self._document.project.class_of(session.growing.class_id)
            self._dot = QColor(found.color) if found is not None else _TEXT
            name = found.name if found is not None else ""
            self._recorded = f"{name}  {self._length()}"
            self._how = self.tr("{} ends").format(self._keys("live-end"))
        self.setAccessibleDescription(self.text)
        self.setVisible(bool(self._recorded))
        self._place()
        self.update()

    def _length(self) -> str:
        """Return the length of the growing segment by its frames' times, ``m:ss.t``."""
        grows, info = self._session.growing, self._player.info
        if grows is None or info is None:
            return ""
        seconds = info.times.start_s(grows.stop) - info.times.start_s(grows.start)
        tenths = int(10 * seconds + 0.5)
        return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        words = metrics.horizontalAdvance(f"{self._recorded}  ({self._how})")
        return QSize(2 * _PAD + _DOT + 8 + words, _HIGH)

    def _place(self) -> None:
        size, parent = self.sizeHint(), self._picture
        width = min(size.width(), max(0, parent.width() - 16))
        left = (parent.width() - width) // 2
        self.setGeometry(left, _TOP, width, size.height())
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the badge in the middle of the picture."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_GROUND)
            painter.drawRoundedRect(QRectF(self.rect()), _HIGH / 2, _HIGH / 2)
            painter.setBrush(self._dot)
            middle = QPointF(_PAD + _DOT / 2, _HIGH / 2)
            painter.drawEllipse(middle, _DOT / 2, _DOT / 2)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
            area = self.rect().adjusted(_PAD + _DOT + 8, 0, -_PAD, 0)
            painter.setPen(_TEXT)
            painter.drawText(area, flags, self._recorded)
            width = painter.fontMetrics().horizontalAdvance(f"{self._recorded}  ")
            painter.setPen(_DIM)
            painter.drawText(area.adjusted(width, 0, 0, 0), flags, f"({self._how})")
