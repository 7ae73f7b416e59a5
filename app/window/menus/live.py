"""Labelling while the video plays."""

from __future__ import annotations

from collections.abc import Callable

from app.kit.commands import Entry, separator
from app.services.live_labelling import LiveLabelling
from app.services.tap_labelling import TapLabelling


def live_entries(
    live: LiveLabelling,
    taps: TapLabelling,
    ask_lag: Callable[[], object],
    video: Callable[[], bool],
) -> list[Entry]:
    """Ending what grows, the mode of taps, and how late a hand is."""
    menu = "&Segment"

    def toggle_taps() -> None:
        live.end()
        taps.toggle()

    return [
        separator(menu),
        Entry(
            "live-end",
            menu,
            "End the segment that grows",
            ("E",),
            live.end,
            lambda: live.running,
        ),
        Entry(
            "taps",
            menu,
            "Tap mode: one key per action while it plays",
            ("Shift+T",),
            toggle_taps,
            video,
            lambda: taps.on,
        ),
        Entry("reaction-lag", menu, "Reaction lag…", (), ask_lag),
    ]
