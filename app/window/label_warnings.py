"""Label warnings: says in the bar which label files are gone, and what helps."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.kit.commands import Commands
from app.services.missing_labels import MissingLabels
from app.state.document import Document
from app.views.messages import MessageBar

TOPIC = "missing labels"


class LabelWarnings(QObject):
    """Owns no data; warns until every label file is back or given up."""

    def __init__(
        self,
        missing: MissingLabels,
        bar: MessageBar,
        commands: Commands,
        document: Document,
    ) -> None:
        super().__init__(missing)
        self._missing, self._bar = missing, bar
        self._again = commands["labels-look-again"]
        self._give_up = commands["labels-give-up"]
        self._told = ""
        missing.found.connect(self._on_found)
        missing.problem.connect(self._warn)
        document.changed.connect(self._on_changed)

    def tell(self) -> None:
        """Say which are gone, where any are."""
        if self._missing.videos:
            self._warn(self._missing.sentence())

    def _warn(self, text: str) -> None:
        self._told = self._missing.sentence()
        with self._bar.about(TOPIC):
            self._bar.warn(text, self._again, other=self._give_up)

    def _on_changed(self, _: object) -> None:
        """Say it anew where others are gone than were told."""
        if not self._told or self._missing.sentence() == self._told:
            return
        self._bar.settle(TOPIC)
        self._told = ""
        self.tell()

    def _on_found(self, text: str) -> None:
        self._bar.say(text)
