"""The view in place of the picture for a project without videos."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.kit import theme
from app.kit.labels import Label
from app.state.document import Document
from app.views.start.start_card import Card


class EmptyView(QWidget):
    """Offer three things to do in a project without videos."""

    videos_requested = Signal()
    labels_requested = Signal()
    classes_requested = Signal()

    def __init__(self, document: Document) -> None:
        super().__init__()
        title = Label(self.tr("{} has no videos yet").format(document.project.name))
        font = QFont(title.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setWeight(QFont.Weight.DemiBold)
        title.setFont(font)
        self.videos = Card(
            "filmstrip-box-multiple",
            self.tr("Add videos"),
            self.tr("Files or a folder of images. They stay where they are"),
        )
        self.labels = Card(
            "label-multiple-outline",
            self.tr("Import labels"),
            self.tr("CSV or text files. A video of the same name beside one is added"),
        )
        self.classes = Card(
            "format-list-bulleted",
            self.tr("Read classes"),
            self.tr("One name per line, or a mapping.txt"),
        )
        self.videos.clicked.connect(self.videos_requested)
        self.labels.clicked.connect(self.labels_requested)
        self.classes.clicked.connect(self.classes_requested)
        hint = Label(self.tr("Or drop them anywhere in this window."))
        theme.set_tone(hint, "dim")
        cards = QHBoxLayout()
        cards.setSpacing(16)
        for card in (self.videos, self.labels, self.classes):
            cards.addWidget(card, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 16, 32, 16)
        layout.setSpacing(16)
        layout.addStretch(1)
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(cards)
        layout.addWidget(hint, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title.text())

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of commands on the cards; ``keys`` finds them by id."""
        self.videos.show_key(keys("add"))
        self.labels.show_key(keys("import-labels"))
        self.classes.show_key(keys("class-import"))
