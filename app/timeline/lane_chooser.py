"""LaneChooser: owns the choice of lanes and the lane that keys are about."""

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

STEP_PX = 8
"""By so much keys make a lane higher or lower."""


@dataclass(frozen=True, slots=True)
class MenuRow:
    """A line of a menu of lanes; ``part`` is the `Lane.menu_part`.

    The annotation has no line: it is always shown.
    """

    key: str
    text: str
    shown: bool
    part: int


class LaneChooser(QObject):
    """Signals ``changed`` where other lanes, places or heights are wanted.

    ``found`` is signalled where the video has other lanes than before. ``lanes`` are
    those that it has, ``chosen`` is the key of the one that was clicked last, or the
    empty text.
    """

    changed = Signal()
    found = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.value = LaneSet()
        self.lanes: tuple[Lane, ...] = ()
        self.chosen = ""
        self._settings: Settings | None = None
        self._seen: tuple[LaneSet, tuple[Lane, ...], list[Lane]] | None = None

    def remember_in(self, settings: Settings) -> None:
        """Begin with what is remembered, and remember what is chosen."""
        self._settings = settings
        self.show_as(LaneSet.of_text(settings.lanes))

    def show_as(self, value: LaneSet) -> None:
        """Show lanes in another way, as while something is dragged."""
        if value != self.value:
            self.value = value
            self.changed.emit()

    def set(self, value: LaneSet) -> None:
        """Show lanes in another way from now on."""
        self.show_as(value)
        if self._settings is not None:
            self._settings.lanes = value.text()

    def set_lanes(self, lanes: tuple[Lane, ...]) -> None:
        """Say which lanes the video has."""
        if lanes != self.lanes:
            self.lanes = lanes
            self.found.emit()

    # -- shown or hidden ------------------------------------------------------------

    def shows(self, key: str) -> bool:
        """Whether a lane, or lanes of a kind, are wanted."""
        return self.value.shows(lane_of(key))

    def has(self, key: str) -> bool:
        """Whether the video has this lane, or lanes of this kind."""
        return any(key in (lane.key, lane.kind) for lane in self.lanes)

    def set_shown(self, key: str, shown: bool) -> None:
        """Show or hide a lane, or all lanes of a kind."""
        self.set(self.value.with_shown(key, shown))

    @declare(LANE_COMMANDS, enabled=has, checked=shows)
    def toggle(self, key: str) -> None:
        """Show a lane, or all of a kind, or hide what is shown."""
        self.set_shown(key, not self.shows(key))

    def menu_rows(self) -> list[MenuRow]:
        """All lanes of the video but the annotation, as lines of a menu."""
        order = {g: n for n, g in enumerate(self.value.groups(self.lanes))}
        lanes = sorted(self.lanes, key=lambda i: (i.menu_part, order[i.group]))
        return [
            MenuRow(i.key, i.menu_text, self.value.shows(i), i.menu_part)
            for i in lanes
            if not i.editable
        ]

    # -- the chosen lane ------------------------------------------------------------

    @property
    def chosen_lane(self) -> Lane | None:
        """The lane that keys are about, where it is shown."""
        return next((i for i in self.seen if i.key == self.chosen), None)

    @property
    def seen(self) -> Sequence[Lane]:
        """The lanes that are shown, from the top."""
        kept = self._seen
        if kept is None or kept[0] is not self.value or kept[1] is not self.lanes:
            shown = self.value.shown_of(self.lanes)
            kept = self._seen = (self.value, self.lanes, shown)
        return kept[2]

    def choose(self, key: str) -> None:
        """Make a lane the one that keys are about."""
        if key != self.chosen:
            self.chosen = key
            self.changed.emit()

    @command("lane-above", "Lane above", "Alt+PgUp", args=(-1,))
    @command("lane-below", "Lane below", "Alt+PgDown", args=(1,))
    def step(self, by: int) -> None:
        """Choose the lane above or below."""
        keys = [lane.key for lane in self.seen]
        if not keys:
            return
        if self.chosen in keys:
            place = min(max(keys.index(self.chosen) + by, 0), len(keys) - 1)
        else:
            place = 0
        self.choose(keys[place])

    def _has_loose(self, *_: object) -> bool:
        """Whether the chosen lane is one that can be moved and hidden."""
        lane = self.chosen_lane
        return lane is not None and not lane.editable

    @command("lane-hide", "Hide this lane", enabled=_has_loose)
    def hide(self) -> None:
        """Hide the chosen lane, and choose the one above."""
        lane = self.chosen_lane
        if lane is not None and not lane.editable:
            self.step(-1)
            self.set_shown(lane.key, False)

    @command(
        "lane-up", "Move this lane up", "Alt+Shift+PgUp", args=(-1,), enabled=_has_loose
    )
    @command(
        "lane-down",
        "Move this lane down",
        "Alt+Shift+PgDown",
        args=(1,),
        enabled=_has_loose,
    )
    def move(self, by: int) -> None:
        """Move the chosen lane, with what belongs to it, up or down."""
        lane = self.chosen_lane
        if lane is not None:
            self.set(self.value.stepped(self.lanes, lane.group, by))

    @command(
        "lane-larger",
        "Make this lane larger",
        "Ctrl+Shift++",
        args=(1,),
        enabled=lambda self, _: self.chosen_lane,
    )
    @command(
        "lane-smaller",
        "Make this lane smaller",
        "Ctrl+Shift+-",
        args=(-1,),
        enabled=lambda self, _: self.chosen_lane,
    )
    def grow(self, by: int) -> None:
        """Make the chosen lane larger or smaller by so many steps."""
        lane = self.chosen_lane
        if lane is not None:
            height = self.value.heights.get(lane.key, lane.usual_px)
            self.set(self.value.with_height(lane, height + by * STEP_PX))

    @command("lanes-reset", "Reset the lanes")
    def reset(self) -> None:
        """Show lanes as they are shown to somebody who never chose."""
        self.set(LaneSet())
