"""The recording badge over the picture: the growing segments."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.kit.painting import painting
from app.playback.player import Player
from app.state.document import Document
from app.state.session import GrowingSegment, Session

_GROUND, _TEXT, _DIM = QColor(16, 17, 19, 220), QColor("#ffffff"), QColor("#b4bac2")
_PAD, _DOT, _HIGH, _TOP = 12, 10, 28, 12


class RecordingBadge(QWidget):
    """Show class and length of each growing segment, that of the active track first."""

    def __init__(
        self, document: Document, session: Session, player: Player, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._document, self._session, self._player = document, session, player
        self._picture = parent
        self._keys: Callable[[str], str] = lambda action_id: ""
        # Colour and words of each, and the number of them that the key ends.
        self._parts: list[tuple[QColor, str]] = []
        self._ending, self._how = 0, ""
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
        words = [f"● {text}" for _, text in self._parts]
        words.insert(self._ending, f"({self._how})")
        return " ".join(words) if self._parts else ""

    def _on_frame(self, _: int) -> None:
        if self._parts:
            self.refresh()

    def refresh(self) -> None:
        """Update the text to the present state."""
        own, beside = self._session.growing, self._session.growing_beside
        self._parts = [self._part(g) for g in ([own] if own else []) + [*beside]]
        self._ending = 1 if own else len(beside)
        self._how = self.tr("{} ends").format(self._keys("live-end"))
        self.setAccessibleDescription(self.text)
        self.setVisible(bool(self._parts))
        self._place()
        self.update()

    def _part(self, grows: GrowingSegment) -> tuple[QColor, str]:
        found = self._document.project.class_of(grows.class_id)
        colour = QColor(found.color) if found is not None else _TEXT
        name = found.name if found is not None else ""
        whose = f"{grows.whose}: " if grows.whose else ""
        return colour, f"{whose}{name}  {self._length(grows)}"

    def _length(self, grows: GrowingSegment) -> str:
        """Return the length of a growing segment by its frames' times, ``m:ss.t``."""
        info = self._player.info
        if info is None:
            return ""
        seconds = info.times.start_s(grows.stop) - info.times.start_s(grows.start)
        tenths = int(10 * seconds + 0.5)
        return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"

    def sizeHint(self) -> QSize:
        advance = QFontMetrics(self.font()).horizontalAdvance
        words = sum(_DOT + 8 + advance(f"{text}  ") for _, text in self._parts)
        return QSize(2 * _PAD + words + advance(f"({self._how})"), _HIGH)

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
            left = _PAD
            for n, (dot, text) in enumerate(self._parts, 1):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(dot)
                middle = QPointF(left + _DOT / 2, _HIGH / 2)
                painter.drawEllipse(middle, _DOT / 2, _DOT / 2)
                left = self._write(painter, left + _DOT + 8, text, _TEXT)
                if n == self._ending:
                    left = self._write(painter, left, f"({self._how})", _DIM)

    def _write(self, painter: QPainter, left: int, text: str, ink: QColor) -> int:
        """Write words from the left; return where the next ones begin."""
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.setPen(ink)
        painter.drawText(self.rect().adjusted(left, 0, -_PAD, 0), flags, text)
        return left + painter.fontMetrics().horizontalAdvance(f"{text}  ")
