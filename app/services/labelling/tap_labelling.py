"""Label by taps: one key press per action while the video plays.

Each press of a class key is a tap, at the frame that was shown a reaction lag ago. The
unlabelled part of the watched frames is divided between neighbouring taps: where the
shown prediction sees the boundary, or halfway where there is none. The document has it
from the first tap on, and it grows with playback. Existing labels stay.
Every tap is one step of undo: undoing it leaves the taps before it, and playback goes
on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject

from app.kit.notices import Notices
from app.kit.settings import Settings
from app.playback.player import Player
from app.services.labelling.live_labelling import frame_reacted_to, item_as_opened
from app.state.document import Document
from app.state.live_edit import LiveEdit
from app.state.session import Session
from skelseg_core.labels.bulk_edits import Cuts, Tap, halfway, label_taps
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import ANNOTATION, VideoItem
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.taps import cuts_by

TAPS = "taps"
"""Topic of the notice about boundaries between taps, by which it is removed."""


@dataclass
class _Step:
    """Result of one key press: the taps up to it, and the edit that writes them."""

    growth: LiveEdit
    taps: tuple[Tap, ...]


@dataclass
class _Run:
    """Frames ``[start, stop)`` watched in one piece, and the taps in them.

    ``find`` finds the boundaries between taps. ``steps`` are its steps of undo, oldest
    first; the first ``done`` are in effect.
    """

    base: Segmentation
    start: int
    stop: int
    find: Cuts
    steps: list[_Step] = field(default_factory=list)
    done: int = 0

    @property
    def step(self) -> _Step | None:
        """The last step in effect, or None."""
        return self.steps[self.done - 1] if self.done else None

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The taps in effect."""
        return self.step.taps if self.step is not None else ()


class TapLabelling(QObject):
    """Label by taps, while this mode is on.

    ``evidence`` returns what a prediction says about the current video, or None.
    """

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
        evidence: Callable[[], Evidence | None] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._notices, self._evidence = notices, evidence
        self._document, self._session = document, session
        self._player, self._settings, self._now = player, settings, clock
        self._run: _Run | None = None
        self._jumped = False
        session.frame_changed.connect(self._on_frame)
        session.video_changed.connect(self._divide)
        player.jumped.connect(self._on_jumped)
        player.state_changed.connect(self._on_state)
        document.changed.connect(self._on_changed)

    @property
    def on(self) -> bool:
        """True if class keys are taps."""
        return self._session.tapping

    def toggle(self) -> None:
        """Enter the mode, or leave it; the watched frames stay divided."""
        if self.on:
            self._divide()
            self._session.set_taps(False, ())
        else:
            self._session.set_taps(True, ())

    def press(self, class_id: int) -> None:
        """Add a tap; call when a class key is pressed during playback."""
        item, frame = self._item, self._session.frame
        if item is None:
            return
        if ANNOTATION in item.missing:
            self._notices.refuse(item.why_missing(ANNOTATION))
            return
        self._watch(frame)
        if self._run is None:
            return
        lagged = frame_reacted_to(self._player, self._settings, frame)
        # A tap right after playback began means the first frame of it, not one before.
        lagged = min(max(lagged, self._run.start), self._run.stop - 1)
        free = _nearest_unlabelled(self._run.base, lagged, frame)
        if free is None:
            self._notices.refuse(
                self.tr(
                    "Frame {} is labelled already, and taps only fill unlabelled "
                    "frames. Pause to change it."
                ).format(f"{frame:,}")
            )
            return
        self._add(self._run, (*self._run.taps, (free, class_id)))

    def remove_last(self) -> None:
        """Remove the last tap."""
        run = self._run
        if run is not None and run.taps:
            self._add(run, run.taps[:-1])
        else:
            self._notices.refuse(
                self.tr("There is no tap to remove. Leave tap mode to remove labels.")
            )

    def _add(self, run: _Run, taps: tuple[Tap, ...]) -> None:
        """Replace the taps, as a step of undo."""
        growth = LiveEdit(self._document, self._session.video_id, self._now)
        run.steps[run.done :] = [_Step(growth, taps)]
        run.done = len(run.steps)
        self._write(run)
        self._publish()

    def _divide(self, *_: object) -> None:
        """Write the watched frames and begin a new run at the next frame."""
        run, self._run = self._run, None
        if run is not None and run.taps:
            self._finish(run)
        self._jumped = False
        self._publish()

    def _on_jumped(self) -> None:
        self._jumped = True

    def _on_state(self) -> None:
        # Every watched frame counts, also those not yet written.
        run = self._run
        if run is not None and run.taps and not self._player.playing:
            self._finish(run)

    @property
    def _item(self) -> VideoItem | None:
        return item_as_opened(self._document, self._session, self._player)

    def _on_frame(self, frame: int) -> None:
        if self.on and self._player.playing and self._item is not None:
            self._watch(frame)
            run = self._run
            step = run.step if run is not None else None
            if run is not None and step is not None and step.growth.due:
                self._write(run)

    def _watch(self, frame: int) -> None:
        run = self._run
        elsewhere = run is not None and not run.start - 1 <= frame <= run.stop
        if self._jumped and elsewhere:
            self._divide()
        self._jumped = False
        run = self._run
        if run is not None:
            run.start, run.stop = min(run.start, frame), max(run.stop, frame + 1)
        else:
            item = self._document.project.video(self._session.video_id)
            evidence = self._evidence()
            find = halfway if evidence is None else cuts_by(evidence)
            self._run = _Run(item.annotation, frame, frame + 1, find)

    def _write(self, run: _Run) -> None:
        step = run.step
        if step is not None:
            new = label_taps(run.base, step.taps, run.start, run.stop, run.find)
            step.growth.show(self.tr("Divide by taps"), lambda _: new)

    def _finish(self, run: _Run) -> None:
        """Write the watched frames, and say where their boundaries come from."""
        self._write(run)
        if len(run.taps) < 2:
            return
        text = (
            self.tr(
                "The boundaries lie halfway between the taps, and are to review. In a "
                "pre-labelled video they lie where the model sees them."
            )
            if run.find is halfway
            else self.tr(
                "The boundaries lie where the model sees them, and are to review."
            )
        )
        self._notices.say(text, about=TAPS)

    def _publish(self) -> None:
        taps = self._run.taps if self._run is not None else ()
        self._session.set_taps(self.on, taps)

    def _on_changed(self, _: object) -> None:
        run = self._run
        if run is None or (run.step is not None and run.step.growth.intact):
            return
        project, video_id = self._document.project, self._session.video_id
        now = project.find(video_id)
        annotation = now.annotation if now is not None else None
        # Undo or redo changed which taps are in effect.
        done = [n for n, step in enumerate(run.steps, 1) if step.growth.intact]
        if done:
            run.done = done[-1]
        elif annotation is run.base:
            run.done = 0
        else:
            # Another edit came: begin a new run.
            self._run = None
        self._publish()


def _nearest_unlabelled(annotation: Segmentation, frame: int, shown: int) -> int | None:
    """Return the first unlabelled frame on the way from ``frame`` to ``shown``."""
    if not annotation.at(shown).unlabelled:
        return None
    step = 1 if shown >= frame else -1
    while not annotation.at(frame).unlabelled:
        segment = annotation.at(frame)
        frame = segment.stop if step > 0 else segment.start - 1
    return frame
