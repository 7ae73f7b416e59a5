"""Label live: a segment grows with the playhead while the video plays.

A class key that is held labels until its release; one that is tapped, until the command
`end`, the same key or another one. People react late: the reaction lag is subtracted
from both ends, by the times of the frames. Where playback stops by itself nobody
reacted, and every frame that was shown counts. Labels of a person are never
overwritten: a growing segment ends before them. Undoing a key press removes what it
labelled and nothing that grows in other tracks, and the segment that it had ended grows
on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.notices import Notices
from app.kit.settings import Settings
from app.playback.player import Player
from app.state.document import Document
from app.state.session import GrowingSegment, Session
from skelseg_core.labels.edits import open_range_at, paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.times import FrameTimes

Moment = tuple[int, float]
_serial = count()
HOLD_S = 0.35
"""Seconds from which a key that is down counts as held, not tapped."""
EVERY_S = 0.25
"""Seconds between two writings of a growing segment; a kill loses no more."""
SLIVER_S = 0.5
"""Seconds: a shorter unlabelled gap before a segment is filled; it was reaction time.
"""


def lagged_frame(
    times: FrameTimes, frame: int, lag_ms: float, speed: float = 1.0
) -> int:
    """Return the frame that was shown ``lag_ms`` before ``frame``.

    Parameters
    ----------
    times : FrameTimes
    frame : int
        The frame that is shown now.
    lag_ms : float
        Reaction lag of the person, in milliseconds of the clock.
    speed : float
        Seconds of the video per second of the clock; negative backwards.
    """
    return times.frame_at(times.start_s(frame) - lag_ms / 1000 * speed)


class _LiveEdit:
    """Replace the annotation of a video again and again, from the one at the start."""

    def __init__(
        self,
        document: Document,
        video_id: TrackId,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._document, self.video_id, self._now = document, video_id, clock
        self._key = f"grow {next(_serial)}"
        self._base = self.value = document.project.track(video_id).annotation
        self._written_at: float | None = None

    @property
    def base(self) -> Segmentation:
        """Return the annotation as it was before the edit."""
        return self._base

    @property
    def intact(self) -> bool:
        """Tell whether nobody else changed the annotation since."""
        project = self._document.project
        there = project.has(self.video_id)
        return there and project.track(self.video_id).annotation is self.value

    @property
    def due(self) -> bool:
        """Tell whether it is time to write the annotation again."""
        at = self._written_at
        return at is None or self._now() - at >= EVERY_S

    @property
    def key(self) -> str:
        """Return what the writings of this edit have in common, for undo."""
        return self._key

    def grown(
        self, edit: Callable[[Segmentation], Segmentation], _: Segmentation
    ) -> Segmentation:
        """Make the annotation that ``edit`` makes of the one at the start."""
        self._written_at = self._now()
        # Set before `changed` is sent: who hears it asks whether it is `intact`.
        made = edit(self._base)
        if made != self.value:
            self.value = made
        return self.value


@dataclass
class _Open:
    """The growing segment, within frames ``[low, high)`` that no person labelled.

    It grows backwards where ``forward`` is False. ``begun`` is True if it begins where
    the key was pressed, and False if it begins at labels that were there.
    """

    growth: _LiveEdit
    class_id: int
    name: str
    anchor: int
    forward: bool
    pressed_at: float
    shown: int
    low: int
    high: int
    begun: bool

    @property
    def over(self) -> bool:
        """True if the frame that is shown is one that a person labelled."""
        return not self.low <= self.shown < self.high

    def seen(self) -> tuple[int, int]:
        """Return the segment if it ends with the shown frame, inclusive."""
        low, high = sorted((self.anchor, self.shown))
        return max(low, self.low), min(high + 1, self.high)

    def until(self, frame: int) -> tuple[int, int]:
        """Return the segment if it ends at ``frame``, which shows the next action."""
        if self.forward:
            return self.anchor, min(max(frame, self.anchor + 1), self.high)
        return max(min(frame + 1, self.anchor), self.low), self.anchor + 1

    def sets(self, span: tuple[int, int], reacted: bool) -> tuple[bool, bool]:
        """Return whether a person set the start, and the stop, of ``span``.

        ``reacted`` is True if a key ended the segment. Where playback or existing
        labels ended it, nobody said that the action ends.
        """
        start, stop = span
        if self.forward:
            return self.begun, reacted and stop < self.high
        return reacted and start > self.low, self.begun


def _painted(
    grows: _Open, span: tuple[int, int], reacted: bool, lane: Segmentation
) -> Segmentation:
    here, there = grows.sets(span, reacted)
    return paint(lane, *span, grows.class_id, sets_start=here, sets_stop=there)


class LiveLabelling(QObject):
    """Grow a segment with the playhead; each key press is one step of undo."""

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._notices = notices
        self._document, self._session = document, session
        self._player, self._settings, self._now = player, settings, clock
        # What grows, and what the last key of each ended, by track.
        self._open: dict[str, _Open] = {}
        self._ended: dict[str, _Open] = {}
        session.frame_changed.connect(self._on_frame)
        session.video_changed.connect(self._on_video)
        player.jumped.connect(self._stop)
        player.state_changed.connect(self._on_state)
        document.changed.connect(self._on_changed)

    @property
    def running(self) -> bool:
        """True while a segment grows."""
        return bool(self._open)

    @property
    def ready(self) -> bool:
        """True if a class key would begin a growing segment now."""
        return self._player.playing and self._player.info is not None

    def press(self, class_id: int) -> None:
        """Begin a growing segment; call when a class key is pressed during playback."""
        item = self._item
        if item is not None:
            item = self._document.project.track_for(item, class_id)
        before = None if item is None else self._open.get(item.id)
        if before is not None:
            self._finish(before, before.until(self.frame_reacted_to()), True)
        again = before is not None and before.class_id == class_id
        if again or item is None:
            return
        name = self._document.project.name_of(class_id)
        if ANNOTATION in item.missing:
            self._notices.refuse(item.why_missing(ANNOTATION))
            return
        annotation = self._document.project.track(item.id).annotation
        shown, forward = self._session.frame, self._player.speed > 0
        # The previous key may have labelled this very frame; that is no obstacle.
        base = annotation if before is None else before.growth.base
        free = open_range_at(base, shown)
        if free is None:
            self._notices.refuse(
                self.tr(
                    "A person already labelled frame {}. Pause to change it."
                ).format(f"{shown:,}")
            )
            return
        low, high = free
        pressed = self.frame_reacted_to()
        anchor = min(max(pressed, low), high - 1)
        if forward:
            anchor = self._without_sliver(annotation, anchor, low)
        if before is not None:
            self._ended[item.id] = before
        self._open[item.id] = _Open(
            _LiveEdit(self._document, item.id, self._now),
            class_id,
            name,
            anchor,
            forward,
            self._now(),
            shown,
            low,
            high,
            anchor == pressed,
        )
        self._grow(self._open[item.id])

    def _without_sliver(self, annotation: Segmentation, anchor: int, low: int) -> int:
        """Return where a segment begins: at ``anchor``, or at a short gap before it."""
        info, segment = self._player.info, annotation.at(anchor)
        if info is None or not segment.unlabelled:
            return anchor
        start = max(segment.start, low)
        times = info.times
        short_s = SLIVER_S * max(1.0, self._player.speed)
        return (
            start if times.start_s(anchor) - times.start_s(start) <= short_s else anchor
        )

    def mark(self) -> Moment:
        """Return the frame that a person reacts to now, and the time in seconds."""
        return self.frame_reacted_to(), self._now()

    def release(self, class_id: int, mark: Moment) -> None:
        """End the segment at ``mark`` if the released key was held, not tapped."""
        frame, at = mark
        for held in list(self._open.values()):
            if held.class_id == class_id and at - held.pressed_at > HOLD_S:
                self._finish(held, held.until(frame), True)

    @command(
        "live-end",
        "End the growing segment",
        "E",
        enabled=lambda self: self.running,
        acts_on="played",
        reviews="The class and the ends it sets",
    )
    def end(self) -> None:
        """End the segment where the person saw the action end.

        It is that of the active track, or what grows in others where none does there.
        """
        active = self._open.get(self._session.track_id)
        for grows in [active] if active is not None else list(self._open.values()):
            self._finish(grows, grows.until(self.frame_reacted_to()), True)

    def _stop(self, *_: object) -> None:
        """End what grows with the last frame that was shown."""
        for grows in list(self._open.values()):
            self._finish(grows, grows.seen())

    def _on_video(self, _: str) -> None:
        # In another track of the video it grows on.
        if self._session.same_film:
            self._show()
        else:
            self._stop()

    def _finish(
        self, done: _Open, span: tuple[int, int], reacted: bool = False
    ) -> None:
        track = done.growth.video_id
        self._open.pop(track, None)
        self._ended.pop(track, None)
        self._write(done, span, reacted)
        self._show()

    def _show(self) -> None:
        """Tell the window what grows in the active track, and in others."""
        project, active = self._document.project, self._session.track_id
        item = project.find(active)
        made = {}
        for track, grows in self._open.items():
            person = project.track(track).person if project.has(track) else ""
            whose = "" if item is None or person == item.person else person
            made[track] = GrowingSegment(grows.class_id, *grows.seen(), whose)
        own = made.pop(active, None)
        beside = sorted(made.values(), key=lambda grows: bool(grows.whose))
        self._session.set_growing(own, tuple(beside))

    @property
    def _item(self) -> Track | None:
        """The current video; None where the open file has not its frames."""
        info, video_id = self._player.info, self._session.track_id
        item = self._document.project.find(video_id)
        fits = info is not None and item is not None and info.n_frames == item.n_frames
        return item if fits else None

    def frame_reacted_to(self) -> int:
        """Return the frame that a person reacts to now."""
        player, frame = self._player, self._session.frame
        info, lag_ms = player.info, self._settings.reaction_lag_ms
        if info is None or frame >= info.n_frames:
            return frame
        return lagged_frame(info.times, frame, lag_ms, player.speed)

    def _grow(self, grows: _Open) -> None:
        if grows.over:
            self._finish(grows, grows.seen())
            return
        if grows.growth.due:
            self._write(grows, grows.seen())
        self._show()

    def _write(self, done: _Open, span: tuple[int, int], reacted: bool = False) -> None:
        """Write what grows in a track, as part of the step of its key."""
        live = done.growth
        if not live.intact:
            return
        before = live.value
        edit = partial(live.grown, partial(_painted, done, span, reacted))
        text = self.tr("Label {} while playing").format(done.name)
        if not self._document.edit_lane(text, live.video_id, edit, live.key):
            live.value = before

    def _on_frame(self, frame: int) -> None:
        for grows in list(self._open.values()) if self._player.playing else ():
            grows.shown = frame
            self._grow(grows)

    def _on_state(self) -> None:
        player = self._player
        for grows in list(self._open.values()):
            if not player.playing or (player.speed > 0) != grows.forward:
                self._finish(grows, grows.seen())

    def _on_changed(self, _: object) -> None:
        for track, grows in list(self._open.items()):
            if grows.growth.intact:
                continue
            del self._open[track]
            ended = self._ended.pop(track, None)
            if ended is not None and ended.growth.intact:
                # The key press that had ended this segment was undone.
                self._open[track] = ended
                ended.shown = self._session.frame
                self._grow(ended)
            else:
                # Another edit came, or this one was undone: stop growing.
                self._show()
