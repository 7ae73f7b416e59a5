"""Repeat one edit while it grows, and undo it as one step."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

from app.state.document import Document
from skelseg_core.labels.segmentation import Segmentation

EVERY_S = 0.25
"""Seconds between two writings of a growing segment; a kill loses no more."""
_serial = count()


class LiveEdit:
    """Replace the annotation of a video again and again, from the one at the start."""

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
        """Return the annotation as it was before the edit."""
        return self._base

    @property
    def intact(self) -> bool:
        """Tell whether nobody else changed the annotation since."""
        project = self._document.project
        there = project.has(self.video_id)
        return there and project.video(self.video_id).annotation is self._value

    @property
    def due(self) -> bool:
        """Tell whether it is time to write the annotation again."""
        at = self._written_at
        return at is None or self._now() - at >= EVERY_S

    def show(self, text: str, edit: Callable[[Segmentation], Segmentation]) -> None:
        """Show the annotation that ``edit`` makes of the one at the start."""
        if not self.intact:
            return
        self._written_at = self._now()

        def grown(_: Segmentation) -> Segmentation:
            # Set before `changed` is sent: who hears it asks whether it is `intact`.
            self._value = edit(self._base)
            return self._value

        before = self._value
        if not self._document.edit_lane(text, self.video_id, grown, self._key):
            self._value = before
