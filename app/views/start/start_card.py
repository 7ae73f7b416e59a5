"""A large button with icon, title and a sentence."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout

from app.kit import icons, theme
from app.kit.labels import Label, plain_tip

ICON_PX = 28


class Card(QPushButton):
    """A large button: an icon, a title, and a sentence under it."""

    def __init__(self, icon: str, title: str, text: str) -> None:
        super().__init__()
        self._icon = icon
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setToolTip(plain_tip(title))
        self.setAutoDefault(True)
        self._image, self._title, self._text = Label(), Label(title), Label(text)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setWeight(QFont.Weight.DemiBold)
        self._title.setFont(font)
        theme.set_tone(self._text, "dim")
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(4)
        self._image.setFixedHeight(ICON_PX + 8)
        for label in (self._image, self._title, self._text):
            label.setWordWrap(True)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(label)
        layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(176)

    def show_key(self, key: str) -> None:
        """Show the key of the same command in the tooltip; empty for none."""
        title = self._title.text()
        self.setToolTip(plain_tip(f"{title} ({key})" if key else title))

    def sizeHint(self) -> QSize:
        hint = self._layout.sizeHint()
        return QSize(240, max(hint.height(), self._layout.heightForWidth(240)))

    def minimumSizeHint(self) -> QSize:
        width = max(self.width(), self.minimumWidth())
        return QSize(self.minimumWidth(), self._layout.heightForWidth(width))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self._draw()

    def _draw(self) -> None:
        scale = self.devicePixelRatio()
        picture = QPixmap(QSize(ICON_PX, ICON_PX) * scale)
        picture.setDevicePixelRatio(scale)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        place = QRectF(0, 0, ICON_PX, ICON_PX)
        colour = QColor(theme.current().accent)
        icons.paint(painter, self._icon, place, colour, ICON_PX)
        painter.end()
        self._image.setPixmap(picture)
