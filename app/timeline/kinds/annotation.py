"""The annotation lane: what the person labels, with a preview of gestures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.kit.label_style import percent
from app.kit.language import tr
from app.timeline.lane import Lane
from app.timeline.lane_place import LanePlace
from app.timeline.segment_box import UNREVIEWED
from app.timeline.segment_lane import SegmentLane, paint_hint
from app.timeline.segments import paint_segments
from skelseg_core.labels.segmentation import Segment
from skelseg_core.project.project import ANNOTATION

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData

HINT = (
    "Nothing is labelled yet: press a class key while the video plays, or first mark "
    "a range with {} and {}"
)
HINT_MODEL = "Nothing is labelled yet: pre-label with {} or label with class keys"
HINT_PREDICTED = (
    "Nothing is labelled yet: copy the prediction with {} or label with class keys"
)
HINT_MISSING = (
    "The label file of this video is missing: put it back and look again, or "
    "discard its labels"
)
HINT_DAMAGED = (
    "The label file of this video is damaged: restore it with File > Backups…, or "
    "discard its labels"
)


class AnnotationLane(SegmentLane):
    """The lane of the person's own labels."""

    kind = "annotation"
    usual_px, least_px = 48, 24
    editable, fixed = True, True

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        # Of several tracks it stands among the others.
        return [cls()] if len(video.tracks) == 1 else []

    @property
    def source(self) -> str:
        return ANNOTATION

    @property
    def title(self) -> str:
        return self.label or tr("Annotation")

    def subtitle(self, video: VideoData) -> str:
        if video.item.locked:
            return tr("locked")
        share = percent(video.segments(ANNOTATION).labelled)
        return super().subtitle(video) or tr("{} labelled").format(share)

    def header_tip(self, video: VideoData) -> tuple[str, ...]:
        locked = video.item.locked
        said = (tr("Locked by {}").format(locked),) if locked else ()
        return (*super().header_tip(video), *said)

    def paint(self, place: LanePlace, video: VideoData) -> None:
        data = video.dragged_annotation()
        paint_segments(place, data, video.class_colors(place.style), UNREVIEWED)
        if data.labelled == 0:
            paint_hint(place, hint(video))

    def origin(self, segment: Segment) -> str:
        if segment.undecided:
            return super().origin(segment)
        parts = [super().origin(segment)]
        if segment.reviewed:
            parts.append(_reviewed(segment))
        else:
            parts.append(_open(segment))
        return " \u00b7 ".join(parts)


def hint(video: VideoData) -> str:
    """Return a hint on how to begin with a video that has no labels."""
    if ANNOTATION in video.item.missing:
        return tr(HINT_DAMAGED if video.item.is_damaged else HINT_MISSING)
    text, commands = HINT, ["in", "out"]
    if video.read_models:
        text, commands = HINT_PREDICTED, ["copy-prediction"]
    elif video.has_model:
        text, commands = HINT_MODEL, ["prelabel"]
    return tr(text).format(*(video.key_of(i) or "–" for i in commands))


def _reviewed(segment: Segment) -> str:
    """Say that a segment is reviewed, and how where nobody looked at it by itself."""
    ways = {
        "wall": tr("reviewed on the wall"),
        "rule": tr("reviewed with all of its kind"),
    }
    return ways.get(segment.reviewed_by, tr("reviewed"))


def _open(segment: Segment) -> str:
    """List which parts of a segment are still to be reviewed."""
    parts = (
        (segment.class_reviewed, tr("class")),
        (segment.start_reviewed, tr("start")),
        (segment.stop_reviewed, tr("end")),
    )
    left = [word for reviewed, word in parts if not reviewed]
    return tr("to review: {}").format(", ".join(left))
