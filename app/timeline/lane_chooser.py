"""LaneChooser: choose the lanes to show, their order and heights; commands for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command, declare
from app.timeline.kinds import LANE_COMMANDS, lane_of
from app.timeline.lane import Lane
from app.timeline.lane_set import LaneSet

if TYPE_CHECKING:
    from app.kit.settings import Settings


@dataclass(frozen=True, slots=True)
class MenuRow:
    """A line of the menu of lanes; ``part`` is the `Lane.menu_part`.

    The tracks have no line.
    """

    key: str
    text: str
    shown: bool
    part: int


class LaneChooser(QObject):
    """Keep which lanes are wanted; signal ``changed`` with lanes, order or heights.

    ``found`` is signalled when the video has other lanes than before. ``lanes`` are the
    lanes of the video, ``chosen`` is the key of the lane clicked last, or "".
    """

    changed = Signal()
    found = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.value = LaneSet()
        self.lanes: tuple[Lane, ...] = ()
        self._keys: frozenset[str] = frozenset()
        self.chosen = ""
        self._settings: Settings | None = None
        self._seen: tuple[LaneSet, tuple[Lane, ...], list[Lane]] | None = None

    def remember_in(self, settings: Settings) -> None:
        """Load the choice of lanes from the settings, and save later changes there."""
        self._settings = settings
        self.show_as(LaneSet.of_text(settings.lanes))

    def show_as(self, value: LaneSet) -> None:
        """Show lanes as in ``value`` without saving that; for previews of a drag."""
        if value != self.value:
            self.value = value
            self.changed.emit()

    def set(self, value: LaneSet) -> None:
        """Show lanes as in ``value`` and save that."""
        self.show_as(value)
        if self._settings is not None:
            self._settings.lanes = value.text()

    def set_lanes(self, lanes: tuple[Lane, ...]) -> None:
        """Set the lanes that the video has."""
        if lanes != self.lanes:
            self.lanes = lanes
            self._keys = frozenset(k for lane in lanes for k in (lane.key, lane.kind))
            self.found.emit()

    # -- shown or hidden ------------------------------------------------------------

    def shows(self, key: str) -> bool:
        """Return True if a lane, or lanes of a kind, are wanted."""
        return self.value.shows(lane_of(key))

    def has(self, key: str) -> bool:
        """Return True if the video has this lane, or lanes of this kind."""
        return key in self._keys

    def set_shown(self, key: str, shown: bool) -> None:
        """Show or hide a lane, or all lanes of a kind."""
        self.set(self.value.with_shown(key, shown))

    @declare(LANE_COMMANDS, enabled=has, checked=shows)
    def toggle(self, key: str) -> None:
        """Show or hide a lane, or all lanes of a kind."""
        self.set_shown(key, not self.shows(key))

    def menu_rows(self) -> list[MenuRow]:
        """List all lanes of the video but the tracks, as lines of a menu."""
        order = {g: n for n, g in enumerate(self.value.groups(self.lanes))}
        lanes = sorted(self.lanes, key=lambda i: (i.menu_part, order[i.group]))
        return [
            MenuRow(i.key, i.menu_text, self.value.shows(i), i.menu_part)
            for i in lanes
            if not i.fixed
        ]

    # -- the chosen lane ------------------------------------------------------------

    @property
    def chosen_lane(self) -> Lane | None:
        """The lane that lane commands act on, where it is shown."""
        return next((i for i in self.seen if i.key == self.chosen), None)

    @property
    def seen(self) -> Sequence[Lane]:
        """The visible lanes, from the top."""
        kept = self._seen
        if kept is None or kept[0] is not self.value or kept[1] is not self.lanes:
            shown = self.value.shown_of(self.lanes)
            kept = self._seen = (self.value, self.lanes, shown)
        return kept[2]

    def fold(self, key: str) -> None:
        """Fold the tracks under a heading, or show them again."""
        self.set_shown(key, not self.value.shown.get(key, True))

    def choose(self, key: str) -> None:
        """Make a lane the one that lane commands act on."""
        if key != self.chosen:
            self.chosen = key
            self.changed.emit()

    @command("lanes-reset", "Reset the lanes")
    def reset(self) -> None:
        """Restore the default lanes."""
        self.set(LaneSet())
