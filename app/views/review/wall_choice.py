"""The field that says what is on the wall, and lists what can be."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from app.services.review.review_wall import ReviewWall
from app.views.fields import ChoiceBox
from skelseg_core.review.wall import Choice, OfItems, OfTransition

LETTERS = 28
"""Letters that fit into the field."""
_REACHED_FOR = (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.KeyPress)
"""Events by which somebody is about to choose."""


class WallChoice(ChoiceBox):
    """Say what is on the wall; ``chosen`` tells of another choice.

    Of sixty classes there are thousands of transitions: they are listed when somebody
    reaches for the field, and until then it holds what is shown alone.
    """

    chosen = Signal(object)  # Choice

    def __init__(
        self, wall: ReviewWall, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, [], parent)
        self._wall, self._is_listed = wall, False
        self._listed: list[Choice | None] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # Else Qt measures the text of every item.
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(LETTERS)
        wall.choices_changed.connect(self.show_current)
        self.activated.connect(self._on_activated)

    def show_current(self) -> None:
        """Show what is on the wall now, and forget the list of before."""
        if self.view().isVisible():
            return  # Nothing moves under the hand; the list was made for it.
        choice = self._wall.choice
        n = next((n for known, n in self._wall.choices() if known == choice), 0)
        self._show([(choice, n)])
        self._is_listed = False

    def list_all(self) -> None:
        """List what can be on the wall, with numbers of strips."""
        if self._is_listed:
            return
        found = self._wall.choices()
        if self._wall.choice not in [choice for choice, _ in found]:
            found.append((self._wall.choice, 0))
        self._show(found)
        self._is_listed = True

    def _show(self, found: list[tuple[Choice, int]]) -> None:
        self.clear()
        self.addItems([f"{self._words(choice)}   {n:,}" for choice, n in found])
        self._listed = [choice for choice, _ in found]
        for at in range(len(found) - 1, 0, -1):
            kind = type(found[at][0])
            if kind is not type(found[at - 1][0]) and kind is not OfItems:
                self.insertSeparator(at)
                self._listed.insert(at, None)
        self.setCurrentIndex(self._listed.index(self._wall.choice))

    def _words(self, choice: Choice) -> str:
        if isinstance(choice, OfTransition):
            names = map(self._wall.name_of, (choice.before, choice.after))
            return " → ".join(names)
        if isinstance(choice, OfItems):
            mine = choice.items == self._wall.wrong_items
            return self.tr("Marked as wrong") if mine else self.tr("Review queue")
        if choice.class_id is None:
            return self.tr("All segments")
        return self._wall.name_of(choice.class_id)

    def _on_activated(self, index: int) -> None:
        choice = self._listed[index] if index < len(self._listed) else None
        self.chosen.emit(self._wall.choice if choice is None else choice)

    def showPopup(self) -> None:
        self.list_all()
        super().showPopup()

    def event(self, event: QEvent) -> bool:
        if event.type() in _REACHED_FOR:
            self.list_all()
        return super().event(event)
