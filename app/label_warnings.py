"""Label warnings: says in the bar which label files are gone, and what helps."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.actions import Actions
from app.missing_labels import MissingLabels
from app.views.messages import MessageBar


class LabelWarnings(QObject):
    """Owns no data; warns until every label file is back or given up."""

    def __init__(
        self, missing: MissingLabels, bar: MessageBar, actions: Actions
    ) -> None:
        super().__init__(missing)
        self._missing, self._bar = missing, bar
        self._again = actions["labels-look-again"]
        self._give_up = actions["labels-give-up"]
        missing.found.connect(self._on_found)
        missing.problem.connect(self._warn)

    def tell(self) -> None:
        """Say which are gone, where any are."""
        if self._missing.videos:
            self._warn(self._missing.sentence())

    def _warn(self, text: str) -> None:
        self._bar.warn(text, self._again, other=self._give_up)

    def _on_found(self, text: str) -> None:
        if not self._missing.videos:
            self._bar.helped(self._again)
        self._bar.say(text)
