"""Lanes of the other tracks of the video, and a heading for each person.

What is labelled in another track is there to look at. A click on its lane makes it the
track that is labelled; a click on a heading folds the tracks of a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.kit.label_style import percent
from app.kit.language import tr
from app.state.current_video import track_lane
from app.timeline.kinds.annotation import AnnotationLane
from app.timeline.lane import Lane
from app.timeline.lane_place import LanePlace
from app.timeline.point_lane import PointLane
from app.timeline.segment_lane import SegmentLane

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData


class TrackLane(SegmentLane):
    """Labels of a track; its id is the name."""

    kind = "track"
    usual_px, least_px = 28, 16
    attached, fixed = True, True

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        """List the tracks of the scene, then those of each person."""
        tracks = sorted(video.tracks, key=lambda track: bool(track.person))
        several = len({track.person for track in tracks if track.person}) > 1
        lanes: list[Lane] = []
        for track in tracks if len(tracks) > 1 else ():
            heading = PersonLane(track.person) if several and track.person else None
            if heading is not None and heading not in lanes:
                lanes.append(heading)
            fold = heading.key if heading is not None else ""
            tier = video.tier_name(track)
            points = video.has_points(track)
            if track.id == video.item.id:
                active = ActivePointLane if points else AnnotationLane
                lanes.append(active(label=tier))
            else:
                other = TrackPointLane if points else cls
                lanes.append(other(track.id, tier, fold))
        return lanes

    @property
    def shown(self) -> str:
        return track_lane(self.name)

    @property
    def title(self) -> str:
        return self.label

    def subtitle(self, video: VideoData) -> str:
        return tr("{} labelled").format(percent(video.segments(self.shown).labelled))


class ActivePointLane(PointLane, AnnotationLane):
    """Marks of the track that is labelled."""


class TrackPointLane(PointLane, TrackLane):
    """Marks of another track."""


class PersonLane(Lane):
    """Heading over the tracks of a person."""

    kind = "person"
    usual_px, least_px = 18, 18
    fixed = True

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return []  # they come with the tracks

    @property
    def title(self) -> str:
        return self.name

    def paint(self, place: LanePlace, video: VideoData) -> None:
        """Paint nothing: its title is beside it."""
