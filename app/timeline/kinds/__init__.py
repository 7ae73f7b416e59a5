"""List the kinds of lanes, one class each.

To add one: write its class in a file here, and name it in `KINDS`.
"""

from __future__ import annotations

from functools import cache

from app.kit.commands import Command
from app.timeline.kinds.annotation import AnnotationLane
from app.timeline.kinds.annotator import AnnotatorLane
from app.timeline.kinds.boundaries import MotionChangesLane
from app.timeline.kinds.comment import CommentLane
from app.timeline.kinds.difference import DifferenceLane
from app.timeline.kinds.filmstrip import FilmstripLane
from app.timeline.kinds.prediction import PredictionLane
from app.timeline.kinds.probability import ProbabilityLane
from app.timeline.kinds.speed import SpeedLane
from app.timeline.kinds.subject import SubjectLane
from app.timeline.kinds.track import PersonLane, TrackLane
from app.timeline.kinds.uncertainty import UncertaintyLane
from app.timeline.kinds.waveform import WaveformLane
from app.timeline.lane import Lane
from app.timeline.video_data import LaneReader, VideoData

KINDS: tuple[type[Lane], ...] = (
    CommentLane,
    TrackLane,
    PersonLane,
    AnnotationLane,
    AnnotatorLane,
    PredictionLane,
    ProbabilityLane,
    UncertaintyLane,
    DifferenceLane,
    MotionChangesLane,
    SpeedLane,
    SubjectLane,
    WaveformLane,
    FilmstripLane,
)
"""All kinds of lanes, in their default order on the timeline."""

LANE_COMMANDS: tuple[Command, ...] = tuple(c for k in KINDS for c in k.commands)
"""Commands that show or hide a lane, or all lanes of a kind."""

READERS: frozenset[type[LaneReader]] = frozenset(k.reader for k in KINDS if k.reader)
"""Readers of the kinds that show what is in the video's file."""


def lanes_of(video: VideoData) -> tuple[Lane, ...]:
    """List all lanes that the current video has."""
    if video.find() is None:
        return ()
    return tuple(lane for kind in KINDS for lane in kind.of(video))


@cache
def lane_of(key: str) -> Lane:
    """Return the lane of a settings key, or any lane of the kind it names."""
    for kind in KINDS:
        if key == kind.kind:
            return kind()
        if key.startswith(f"{kind.kind}:"):
            return kind(key.removeprefix(f"{kind.kind}:"))
    raise KeyError(key)
