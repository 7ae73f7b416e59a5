"""The speed lane: how fast keypoints of the subject move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.kit.commands import Command
from app.kit.language import tr
from app.timeline.curves import Curve, CurveLane
from app.timeline.lane import KEYPOINTS, MEASURES, Lane
from skelseg_core.poses.kinematics import PAIRS

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData


class SpeedLane(CurveLane):
    """Speed of a keypoint, or of a pair of keypoints, called ``name``."""

    kind = "motion"
    usual_px, least_px = 28, 16
    commands = (
        Command("lane-motion-wrists", "Speed of the wrists", args=("motion:wrists",)),
        Command("lane-motion-hips", "Speed of the hips", args=("motion:hips",)),
    )

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        motion = video.motion
        if motion is None:
            return []
        known = motion.keypoints
        pairs = (name for name, both in PAIRS.items() if set(both) <= set(known))
        return [cls(name) for name in (*pairs, *known)]

    @property
    def title(self) -> str:
        pairs = {"wrists": tr("Wrists"), "hips": tr("Hips")}
        return pairs.get(self.name) or self.name.replace("_", " ").capitalize()

    @property
    def menu_text(self) -> str:
        return tr("Speed of {}").format(self.title.lower())

    @property
    def menu_part(self) -> int:
        return MEASURES if self.name in PAIRS else KEYPOINTS

    @property
    def shown_at_first(self) -> bool:
        return self.name == "wrists"

    def subtitle(self, video: VideoData) -> str:
        return tr("0 \u2013 {} px/s").format(f"{self.curve(video).top:,.0f}")

    def value_text(self, value: float) -> str:
        return tr("{} px/s").format(f"{value:,.0f}")

    def curve(self, video: VideoData) -> Curve:
        motion = video.motion
        assert motion is not None

        def made() -> Curve:
            values = motion.curve(self.name)
            assert values is not None
            return Curve.scaled(values)

        return video.derived(self.key, (motion,), made)
