"""LiveEdit: one edit made again and again while it grows, and undone as one step."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

from app.state.document import Document
from skelseg_core.labels.segmentation import (
    Segmentation,
)

EVERY_S = 0.25
"""Seconds between two writings of a growing segment; a kill loses no more."""
_serial = count()


class LiveEdit:
    """Puts ever new values in place of the annotation that was there at the start."""

    def __init__(
        self,
        document: Document,
        video_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._document, self.video_id, self._now = document, video_id, clock
        self._key = f"grow {next(_serial)}"
        self._base = self._value = document.project.video(video_id).annotation
        self._written_at: float | None = None

    @property
    def base(self) -> Segmentation:
        """The annotation as it was before."""
        return self._base

    @property
    def intact(self) -> bool:
        """Whether nobody else changed the annotation since."""
        project = self._document.project
        there = project.has(self.video_id)
        return there and project.video(self.video_id).annotation is self._value

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        at = self._written_at
        return at is None or self._now() - at >= EVERY_S

    def show(self, text: str, edit: Callable[[Segmentation], Segmentation]) -> None:
        """Make the annotation what ``edit`` makes of the one at the start."""
        if not self.intact:
            return
        self._written_at = self._now()

        def grown(_: Segmentation) -> Segmentation:
            # Known before anybody hears of the change, who asks whether it is ours.
            self._value = edit(self._base)
            return self._value

        before = self._value
        if not self._document.edit_lane(text, self.video_id, grown, self._key):
            self._value = before
