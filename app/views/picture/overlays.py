"""Overlays: people and heatmaps known of a video's frames.

Positions are in pixels of the picture.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.views.picture.frame_overlay import FrameOverlay
from app.views.picture.placement import Box
from skelseg_core.poses.skeleton import Skeleton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.state.current_video import Figure, HeatmapInput, ShownPoses
    from app.views.picture.handles import Handles
    from skelseg_core.features.seen_heatmaps import SeenHeatmap
    from skelseg_core.poses.corrections import Correction
    from skelseg_core.poses.sequence import PoseSequence

MARGIN_SHARE = 0.15
"""Margin around the area where people are, as a share of the area."""
MIN_STAGE = 0.1
"""Least half-size of the stage of a video without pictures, as a share of the frame."""


class OverlaySource(Protocol):
    """A source of the people in the frames of the shown video."""

    skeleton: Skeleton

    @property
    def extent(self) -> Box | None:
        """Box of all people over all frames, or None where there are none."""

    def at(self, frame: int) -> FrameOverlay | None:
        """Return the people of a frame, or None where nothing is known."""

    def handles_at(self, frame: int) -> Handles | None:
        """Return the handles of the subject's keypoints."""

    @property
    def heatmap(self) -> HeatmapInput | None:
        """What heatmaps are drawn of."""

    def heatmaps_at(self, frame: int) -> tuple[SeenHeatmap, ...]:
        """Return the subject's heatmaps as the network gets them."""


class PoseOverlay:
    """An overlay source for estimated poses; the last heatmaps are kept.

    ``poses`` are ``estimate`` with ``corrections``. Without ``heatmap`` there is none.
    """

    def __init__(
        self,
        poses: PoseSequence,
        subject: np.ndarray,
        skeleton: Skeleton,
        min_score: float = 0.2,
        heatmap: HeatmapInput | None = None,
        estimate: PoseSequence | None = None,
        corrections: tuple[Correction, ...] = (),
        people: Sequence[Figure] = (),
    ) -> None:
        self._people = people
        self.skeleton, self.heatmap = skeleton, heatmap
        self._poses, self._subject, self._min_score = poses, subject, min_score
        self._estimate, self._corrections = estimate or poses, corrections
        self._late = False
        self._frame: tuple[int, FrameOverlay, np.ndarray] | None = None
        self._heatmaps: tuple[int, tuple[SeenHeatmap, ...]] = -1, ()

    @classmethod
    def of(cls, shown: ShownPoses) -> PoseOverlay:
        """Make the overlay of poses that were read."""
        whole = shown.poses, shown.subject, shown.skeleton
        made = shown.estimate, shown.corrections, shown.people
        return cls(*whole, shown.min_score, shown.heatmap, *made)

    @cached_property
    def extent(self) -> Box | None:
        """Box of all people over all frames, with a margin; px of the picture."""
        points = self._poses.keypoints.reshape(-1, 2)
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            return None
        size = np.array(self._poses.size, float)
        low = np.clip(points.min(axis=0), 0.0, size)
        high = np.clip(points.max(axis=0), 0.0, size)
        half = np.maximum((0.5 + MARGIN_SHARE) * (high - low), MIN_STAGE * size)
        left, top = ((low + high) / 2 - half).tolist()
        right, bottom = ((low + high) / 2 + half).tolist()
        return left, top, right, bottom

    def at(self, frame: int) -> FrameOverlay | None:
        """Return the people of a frame, or None."""
        if not 0 <= frame < self._poses.n_frames:
            return None
        if self._late:
            return self._corrected(frame)[0]
        now = self._poses.keypoints[frame], self._poses.scores[frame]
        return self._overlay(frame, *now)

    def _overlay(
        self, frame: int, keypoints: np.ndarray, scores: np.ndarray
    ) -> FrameOverlay:
        names: dict[int, tuple[str, str]] = {}
        for figure in self._people:
            at = int(figure.places[frame])
            if at >= 0:
                both = (
                    (names[at][0], figure.person) if at in names else (figure.person,)
                )
                names[at] = ", ".join(both), figure.color
        who, least = int(self._subject[frame]), self._min_score
        return FrameOverlay(keypoints, scores, who, least, names)

    def follow(self, corrections: tuple[Correction, ...]) -> None:
        """Show these corrections until an overlay made with them is ready.

        The subject and the heatmap change only with the new overlay.
        """
        self._late = self._late or corrections != self._corrections
        self._corrections, self._frame = corrections, None

    def _corrected(self, frame: int) -> tuple[FrameOverlay, np.ndarray]:
        """Return a frame with the present corrections, and its marks (M, K)."""
        if self._frame is None or self._frame[0] != frame:
            from skelseg_core.poses.corrections import corrected_frame

            keypoints, scores, marks = corrected_frame(
                self._estimate, self._corrections, self.skeleton, frame
            )
            self._frame = frame, self._overlay(frame, keypoints, scores), marks
        return self._frame[1:]

    def handles_at(self, frame: int) -> Handles | None:
        """Return the handles of the subject's keypoints."""
        from app.views.picture.handles import handles_of
        from skelseg_core.poses.sequence import nearest_subject

        if not 0 <= frame < self._poses.n_frames or not self._poses.n_individuals:
            return None
        person = max(0, nearest_subject(self._subject, frame))
        return handles_of(*self._corrected(frame), person, frame, self._poses)

    def heatmaps_at(self, frame: int) -> tuple[SeenHeatmap, ...]:
        """Return the subject's heatmaps as the network gets them."""
        from skelseg_core.features.seen_heatmaps import seen_heatmaps

        given = self.heatmap
        if given is None or not 0 <= frame < self._poses.n_frames:
            return ()
        if not np.isfinite(given.body.keypoints[frame]).any():
            return ()
        if self._heatmaps[0] != frame:
            self._heatmaps = frame, seen_heatmaps(given.body, given.recipe, frame)
        return self._heatmaps[1]
