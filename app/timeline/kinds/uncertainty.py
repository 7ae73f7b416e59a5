"""The uncertainty lane: how unsure a model is in each frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.kit.commands import Command
from app.timeline.curves import Curve, curve_tip
from app.timeline.lane import Lane, ModelLane, TipPoint
from app.timeline.lane_place import LanePlace, tr

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData


class UncertaintyLane(ModelLane):
    """A curve from 0, where the model is sure, to 1."""

    kind = "uncertainty"
    usual_px, least_px = 22, 14
    attached = minor = True
    commands = (Command("lane-uncertainty", "Uncertainty", args=("uncertainty",)),)

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls(name) for name in video.read_models]

    @property
    def title(self) -> str:
        return tr("Uncertainty")

    @property
    def menu_text(self) -> str:
        return tr("Uncertainty of {}").format(self.name)

    def paint(self, place: LanePlace, video: VideoData) -> None:
        self._curve(video).paint(place)

    def tip(self, at: TipPoint, video: VideoData) -> str:
        value = float(self._curve(video).values[at.frame])
        text = (
            ""
            if math.isnan(value)
            else tr("{} at frame {}").format(f"{value:.2f}", f"{at.frame:,}")
        )
        return curve_tip(self.menu_text, at.frame, text)

    def _curve(self, video: VideoData) -> Curve:
        prediction = video.prediction(self.source)
        return video.derived(
            self.key, (prediction,), lambda: Curve(prediction.curves.uncertainty)
        )
