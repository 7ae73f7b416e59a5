"""Marks: labels of single frames, such as a contact, and the edits of them.

The marks of a track are a tuple, sorted by frame; of one class a frame has at most one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import Source

SAME_FRAMES = 2
"""Frames within which a class that is marked again means the mark that is there."""


@dataclass(frozen=True, order=True)
class Mark:
    """A label of one frame.

    Parameters
    ----------
    frame, class_id : int
    source : {"human", "model", "import"}
        Who set it.
    reviewed : bool
        Whether a person saw it.
    confidence : float or None
        How sure a model was, 0..1.
    """

    frame: int
    class_id: int
    source: Source = "human"
    reviewed: bool = True
    confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values of a label file."""
        values: dict[str, Any] = {
            "frame": self.frame,
            "class": self.class_id,
            "source": self.source,
            "reviewed": self.reviewed,
        }
        if self.confidence is not None:
            values["confidence"] = self.confidence
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Mark:
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError."""
        frame, class_id, source = values["frame"], values["class"], values["source"]
        if type(frame) is not int or type(class_id) is not int:
            raise ValueError(f"the mark at {frame} needs a frame and a class")
        if source not in get_args(Source):
            raise ValueError(f"source '{source}' is unknown")
        confidence = values.get("confidence")
        return cls(
            frame,
            class_id,
            source,
            bool(values["reviewed"]),
            None if confidence is None else float(confidence),
        )


Marks = tuple[Mark, ...]


def sorted_marks(marks: Iterable[Mark], n_frames: int) -> Marks:
    """Sort marks; of two of one class in a frame the first one stays.

    Raises
    ------
    EditError
        Where one is outside of the video.
    """
    found: dict[tuple[int, int], Mark] = {}
    for mark in marks:
        if not 0 <= mark.frame < n_frames:
            raise EditError(
                "Frame {:,} is outside of the video, which has {:,} frames.",
                mark.frame,
                n_frames,
            )
        found.setdefault((mark.frame, mark.class_id), mark)
    return tuple(found[key] for key in sorted(found))


def toggled(marks: Marks, frame: int, class_id: int, n_frames: int) -> Marks:
    """Mark a frame; a mark of the class that is there, or near, goes instead."""
    near = nearest((m for m in marks if m.class_id == class_id), frame)
    if near is not None and abs(near.frame - frame) <= SAME_FRAMES:
        return tuple(m for m in marks if m is not near)
    return sorted_marks((*marks, Mark(frame, class_id)), n_frames)


def moved(marks: Marks, mark: Mark, frame: int, n_frames: int) -> Marks:
    """Move a mark to a frame, as a person does: what is moved was seen."""
    others = tuple(m for m in marks if m is not mark)
    if any((m.frame, m.class_id) == (frame, mark.class_id) for m in others):
        raise EditError("Frame {:,} has a point of this class already.", frame)
    return sorted_marks((*others, replace(mark, frame=frame, reviewed=True)), n_frames)


def nearest(marks: Iterable[Mark], frame: int) -> Mark | None:
    """Return the mark nearest to a frame, or None where there is none."""
    return min(marks, key=lambda mark: abs(mark.frame - frame), default=None)


def remap_marks(marks: Marks, into: Mapping[int, int | None]) -> Marks:
    """Give marks of some classes other classes; those that are given None go.

    ``marks`` come back themselves where none has one of these classes.
    """
    if all(mark.class_id not in into for mark in marks):
        return marks
    found: dict[tuple[int, int], Mark] = {}
    for mark in marks:
        class_id = into.get(mark.class_id, mark.class_id)
        if class_id is not None:
            new = replace(mark, class_id=class_id)
            found.setdefault((new.frame, class_id), new)
    return tuple(found[key] for key in sorted(found))
