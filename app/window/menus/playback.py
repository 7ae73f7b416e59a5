"""Playing and stepping."""

from __future__ import annotations

from collections.abc import Callable

from app.kit.commands import Entry, separator
from app.playback.sound import Sound
from app.services.review_playback import ReviewPlayback
from app.services.segment_editor import SegmentEditor
from app.services.services import Services


def playback_entries(services: Services, editing: SegmentEditor) -> list[Entry]:
    """Playing and stepping."""
    player = services.player

    def seconds(step: float) -> None:
        if player.info is not None:
            times = player.info.times
            player.seek(times.frame_at(times.start_s(player.target) + step))

    def end() -> None:
        if player.info is not None:
            player.seek(player.info.n_frames - 1)

    def opened() -> bool:
        return player.info is not None

    rows: list[tuple[str, str, tuple[str, ...], Callable[[], object]]] = [
        ("play", "Play or pause", ("Space",), player.toggle),
        ("next", "Next frame", ("Right",), lambda: player.step(1)),
        ("previous", "Previous frame", ("Left",), lambda: player.step(-1)),
        ("next10", "10 frames on", ("Ctrl+Right",), lambda: player.step(10)),
        ("previous10", "10 frames back", ("Ctrl+Left",), lambda: player.step(-10)),
        ("second-on", "1 second on", ("Shift+Right",), lambda: seconds(1.0)),
        ("second-back", "1 second back", ("Shift+Left",), lambda: seconds(-1.0)),
        ("first", "First frame", ("Home",), lambda: player.seek(0)),
        ("last", "Last frame", ("End",), end),
        (
            "boundary-next",
            "Next boundary",
            ("Down",),
            lambda: editing.boundary.go(1),
        ),
        (
            "boundary-previous",
            "Previous boundary",
            ("Up",),
            lambda: editing.boundary.go(-1),
        ),
        ("shuttle-back", "Play back, or faster", ("J",), lambda: player.shuttle(-1)),
        ("shuttle-stop", "Pause", ("K",), player.stop),
        ("shuttle-on", "Play on, or faster", ("L",), lambda: player.shuttle(1)),
        ("slower", "Slower", ("Ctrl+Down",), lambda: player.set_rate(player.rate / 2)),
        ("faster", "Faster", ("Ctrl+Up",), lambda: player.set_rate(player.rate * 2)),
    ]
    return [Entry(i, "&Playback", t, k, run, opened) for i, t, k, run in rows]


def sound_entries(sound: Sound) -> list[Entry]:
    """What is heard."""
    menu = "&Playback"
    return [
        separator(menu),
        Entry(
            "mute",
            menu,
            "Mute",
            ("Ctrl+M",),
            sound.toggle_muted,
            lambda: sound.there,
            lambda: sound.muted,
        ),
    ]


def watching_entries(
    watching: ReviewPlayback, go_to: Callable[[], object]
) -> list[Entry]:
    """Playing parts of the video, and going to a frame by its number."""
    menu = "&Playback"

    def ticked(name: str) -> Callable[[], bool]:
        return lambda: watching.plan == name

    def opened() -> bool:
        return watching.can_play

    return [
        separator(menu),
        Entry("go-to", menu, "Go to frame or time…", ("G",), go_to, opened),
        separator(menu),
        Entry(
            "loop",
            menu,
            "Loop the segment",
            ("R",),
            watching.loop,
            opened,
            ticked("loop"),
        ),
        Entry(
            "around",
            menu,
            "Play around the boundary",
            ("D",),
            watching.around,
            opened,
        ),
        Entry(
            "tour",
            menu,
            "Play from boundary to boundary",
            ("W",),
            watching.tour,
            opened,
            ticked("tour"),
        ),
        Entry(
            "adaptive",
            menu,
            "Adaptive: slow where it matters",
            ("A",),
            watching.adaptive,
            opened,
            ticked("adaptive"),
        ),
    ]
