"""Paint the layers over the picture, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.state.session import Overlays
from app.views.picture.frame_overlay import FrameOverlay
from app.views.picture.heatmap_paint import paint_heatmaps
from app.views.picture.overlays import OverlaySource
from app.views.picture.placement import Placement
from app.views.picture.subjects_paint import paint_names, paint_others, paint_subject
from app.views.picture.transport import FrameLabel
from app.views.picture.words_paint import paint_banner

if TYPE_CHECKING:
    from skelseg_core.features.seen_heatmaps import SeenHeatmap


@dataclass(frozen=True, eq=False)
class OverlayScene:
    """Everything to paint over one frame, the picture's place, the room to paint in."""

    frame: int
    wanted: Overlays
    place: Placement
    room: QRectF
    source: OverlaySource | None = None
    label: FrameLabel | None = None
    hovered: int = -1
    draft: FrameOverlay | None = None

    @cached_property
    def people(self) -> FrameOverlay | None:
        """The people of the frame, or their draft during a drag."""
        if self.draft is not None:
            return self.draft
        return self.source.at(self.frame) if self.source is not None else None

    @cached_property
    def heatmaps(self) -> tuple[SeenHeatmap, ...]:
        """The heatmaps, if they are wanted and known."""
        if self.source is None or not self.wanted.heatmap:
            return ()
        return self.source.heatmaps_at(self.frame)


def paint_layers(painter: QPainter, scene: OverlayScene) -> None:
    """Paint what is wanted and known: large layers first, text last."""
    wanted = scene.wanted
    paint_heatmaps(painter, scene.heatmaps, scene.place, scene.room)
    if scene.people is not None and scene.source is not None:
        _paint_known(painter, scene, scene.people, scene.source)
    if wanted.labels and scene.label is not None:
        paint_banner(painter, scene.label, scene.room)


def _paint_known(
    painter: QPainter, scene: OverlayScene, people: FrameOverlay, source: OverlaySource
) -> None:
    wanted, place, skeleton = scene.wanted, scene.place, source.skeleton
    others = [scene.hovered] if scene.hovered >= 0 else []
    if wanted.others:
        others = [n for n in range(len(people.keypoints)) if n != people.subject]
    if wanted.skeleton:
        paint_others(painter, people, skeleton, place, others, scene.hovered)
        paint_subject(painter, people, skeleton, place, bool(scene.heatmaps))
        paint_names(painter, people, place, [*others, people.subject])
