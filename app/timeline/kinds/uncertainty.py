"""The uncertainty lane: how unsure a model is in each frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.kit.commands import Command
from app.kit.language import tr
from app.timeline.curves import Curve, CurveLane
from app.timeline.lane import Lane, ModelLane

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData


class UncertaintyLane(CurveLane, ModelLane):
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

    def curve(self, video: VideoData) -> Curve:
        prediction = video.prediction(self.source)
        return video.derived(
            self.key, (prediction,), lambda: Curve(prediction.curves.uncertainty)
        )

    def value_text(self, value: float) -> str:
        return f"{value:.2f}"
