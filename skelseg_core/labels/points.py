"""Points: labels of single frames, such as a contact, and their edits.

The points of a track are a tuple sorted by frame, at most one per class and frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import Source
from skelseg_core.typed_values import Whole

SAME_FRAMES = 2
"""Marking a class again within this many frames means the existing point."""


class Point(Struct, frozen=True, order=True):
    """A label of one frame.

    Parameters
    ----------
    frame, class_id : int
    source : {"human", "model", "import"}
        Source of the point.
    reviewed : bool
        Whether a person reviewed it.
    confidence : float or None
        Confidence of the model, 0..1.
    """

    frame: Whole
    class_id: Whole = field(name="class")
    source: Source = "human"
    reviewed: bool = True
    confidence: float | None = None


Points = tuple[Point, ...]


def sorted_points(points: Iterable[Point], n_frames: int) -> Points:
    """Sort points; the first of one class and frame stays.

    Raises
    ------
    EditError
        If one is outside the video.
    """
    found: dict[tuple[int, int], Point] = {}
    for point in points:
        if not 0 <= point.frame < n_frames:
            raise EditError(
                "Frame {:,} is outside of the video, which has {:,} frames.",
                point.frame,
                n_frames,
            )
        found.setdefault((point.frame, point.class_id), point)
    return tuple(found[key] for key in sorted(found))


def toggled(points: Points, frame: int, class_id: int, n_frames: int) -> Points:
    """Mark a frame, or remove a point of the class that is there or near."""
    near = nearest((m for m in points if m.class_id == class_id), frame)
    if near is not None and abs(near.frame - frame) <= SAME_FRAMES:
        return tuple(m for m in points if m is not near)
    return sorted_points((*points, Point(frame, class_id)), n_frames)


def moved(points: Points, point: Point, frame: int, n_frames: int) -> Points:
    """Move a point to a frame for a person, which marks it as reviewed."""
    others = tuple(m for m in points if m is not point)
    if any((m.frame, m.class_id) == (frame, point.class_id) for m in others):
        raise EditError("Frame {:,} has a point of this class already.", frame)
    return sorted_points(
        (*others, replace(point, frame=frame, reviewed=True)), n_frames
    )


def nearest(points: Iterable[Point], frame: int) -> Point | None:
    """Return the point nearest to a frame, or None."""
    return min(points, key=lambda point: abs(point.frame - frame), default=None)


def remap_points(points: Points, into: Mapping[int, int | None]) -> Points:
    """Replace classes of points by others; None removes the point.

    Returns ``points`` itself if none has one of these classes.
    """
    if all(point.class_id not in into for point in points):
        return points
    found: dict[tuple[int, int], Point] = {}
    for point in points:
        class_id = into.get(point.class_id, point.class_id)
        if class_id is not None:
            new = replace(point, class_id=class_id)
            found.setdefault((new.frame, class_id), new)
    return tuple(found[key] for key in sorted(found))
