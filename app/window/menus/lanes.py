"""What the timeline shows: lanes on and off, their order and heights."""

from __future__ import annotations

from app.kit.commands import Entry, separator
from app.timeline.kinds import LANE_COMMANDS
from app.timeline.lane import LaneCommand
from app.timeline.view import TimelineView

MENU = "&View > &Lanes"


def lane_entries(timeline: TimelineView) -> list[Entry]:
    """Lanes by kind, the menu of all of them, and what keys do to the chosen one."""
    lanes = timeline.lanes

    def shown(command: LaneCommand) -> Entry:
        return Entry(
            command.id,
            MENU,
            command.text,
            command.shortcuts,
            lambda: lanes.toggle(command.key),
            lambda: lanes.has(command.key),
            lambda: lanes.shows(command.key),
        )

    def chosen() -> bool:
        return lanes.chosen_lane is not None

    def loose() -> bool:
        lane = lanes.chosen_lane
        return lane is not None and not lane.editable

    return [
        Entry("lanes", MENU, "Choose lanes…", ("Shift+L",), timeline.show_lanes_menu),
        separator(MENU),
        *map(shown, LANE_COMMANDS),
        separator(MENU),
        Entry("lane-above", MENU, "Lane above", ("Alt+PgUp",), lambda: lanes.step(-1)),
        Entry("lane-below", MENU, "Lane below", ("Alt+PgDown",), lambda: lanes.step(1)),
        Entry(
            "lane-up",
            MENU,
            "Move this lane up",
            ("Alt+Shift+PgUp",),
            lambda: lanes.move(-1),
            loose,
        ),
        Entry(
            "lane-down",
            MENU,
            "Move this lane down",
            ("Alt+Shift+PgDown",),
            lambda: lanes.move(1),
            loose,
        ),
        Entry(
            "lane-larger",
            MENU,
            "Make this lane larger",
            ("Ctrl+Shift++",),
            lambda: lanes.grow(1),
            chosen,
        ),
        Entry(
            "lane-smaller",
            MENU,
            "Make this lane smaller",
            ("Ctrl+Shift+-",),
            lambda: lanes.grow(-1),
            chosen,
        ),
        Entry("lane-hide", MENU, "Hide this lane", (), lanes.hide, loose),
        Entry("lanes-reset", MENU, "Reset the lanes", (), lanes.reset),
    ]
