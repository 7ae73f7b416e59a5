"""The prediction lane: segments that a model predicts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from app.kit.commands import Command
from app.kit.language import tr
from app.timeline.lane import Lane, ModelLane, TipPoint
from app.timeline.lane_place import LanePlace
from app.timeline.segment_lane import SegmentLane, paint_hint
from skelseg_core.labels.segmentation import Segment

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData


class PredictionLane(ModelLane, SegmentLane):
    """Prediction of the model called ``name``."""

    kind = "prediction"
    commands = (Command("lane-prediction", "Predictions", args=("prediction",)),)

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls(name) for name in video.models]

    @property
    def title(self) -> str:
        return self.name

    @property
    def menu_text(self) -> str:
        return tr("Prediction of {}").format(self.name)

    def subtitle(self, video: VideoData) -> str:
        return super().subtitle(video) or self._whose(video)

    def header_tip(self, video: VideoData) -> tuple[str, ...]:
        why = video.why_unfit(self.source)
        if self._is_unlike(video):
            why = tr("The video is unlike the training videos. Check this lane.")
        return (self.menu_text, self.subtitle(video), *([why] if why else []))

    def paint(self, place: LanePlace, video: VideoData) -> None:
        super().paint(place, video)
        if why := video.why_unfit(self.source):
            paint_hint(place, why)

    def origin_words(self, segment: Segment) -> str:
        return tr("model {}").format(self.name)

    def tip(self, at: TipPoint, video: VideoData) -> str:
        prediction = video.find_prediction(self.source)
        if prediction is None:
            return escape(video.why_unfit(self.source))
        if prediction.is_fixed(at.frame):
            kept = tr("your label, kept by {}").format(self.name)
            return self.segment_tip(at.frame, video, kept)
        return super().tip(at, video)

    def _is_unlike(self, video: VideoData) -> bool:
        prediction = video.find_prediction(self.source)
        return prediction is not None and bool(prediction.unlike)

    def _whose(self, video: VideoData) -> str:
        """Say what to doubt, else whether it was made with the person's labels."""
        if video.why_unfit(self.source):
            return tr("does not fit")
        prediction = video.find_prediction(self.source)
        if self._is_unlike(video):
            return tr("unlike training")
        if prediction is not None and prediction.has_fixed:
            return tr("with my labels")
        if prediction is not None and video.item.annotation.n_protected:
            return tr("without my labels")
        return tr("model")
