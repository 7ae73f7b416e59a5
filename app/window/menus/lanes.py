"""What the timeline shows: lanes on and off, their order and heights."""

from __future__ import annotations

from app.kit.commands import Entry, separator
from app.timeline.view import TimelineView

MENU = "&View > &Lanes"


def lane_entries(timeline: TimelineView) -> list[Entry]:
    """Lanes by kind, the menu of all of them, and what keys do to the chosen one."""
    lanes = timeline.lanes

    def shown(text: str, kind: str, name: str = "") -> Entry:
        key = f"{kind}:{name}" if name else kind
        return Entry(
            f"lane-{key.replace(':', '-')}",
            MENU,
            text,
            (),
            lambda: lanes.toggle(key),
            lambda: lanes.has(kind, name),
            lambda: lanes.shows(kind, name),
        )

    def chosen() -> bool:
        return lanes.chosen_lane is not None

    def loose() -> bool:
        lane = lanes.chosen_lane
        return lane is not None and lane.kind != "annotation"

    return [
        Entry("lanes", MENU, "Choose lanes…", ("Shift+L",), timeline.show_lanes_menu),
        separator(MENU),
        shown("Other annotators", "annotator"),
        shown("Predictions", "prediction"),
        shown("Class probabilities", "probability"),
        shown("Uncertainty", "uncertainty"),
        shown("Model boundaries", "boundaries", "model"),
        shown("Motion changes", "boundaries", "motion"),
        shown("Speed of the wrists", "motion", "wrists"),
        shown("Speed of the hips", "motion", "hips"),
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
