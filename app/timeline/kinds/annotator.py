"""The lane of another annotator's labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.kit.commands import Command
from app.kit.language import tr
from app.timeline.lane import Lane
from app.timeline.segment_lane import SegmentLane
from skelseg_core.labels.segmentation import Segment
from skelseg_core.project.videos_and_tracks import annotator_lane

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData


class AnnotatorLane(SegmentLane):
    """Labels of the annotator called ``name``."""

    kind = "annotator"
    commands = (Command("lane-annotator", "Other annotators", args=("annotator",)),)

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls(name) for name in video.item.annotators]

    @property
    def source(self) -> str:
        return annotator_lane(self.name)

    @property
    def title(self) -> str:
        return self.name

    @property
    def menu_text(self) -> str:
        return tr("Labels of {}").format(self.name)

    def subtitle(self, video: VideoData) -> str:
        return super().subtitle(video) or tr("annotator")

    def origin_words(self, segment: Segment) -> str:
        return tr("annotator {}").format(self.name)
