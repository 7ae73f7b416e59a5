"""Changes of the parts of a project, as a journal records them.

A part has a name and a value, None where it is not there. ``class/ID`` is one class,
also one that was merged or deleted; ``video/ID`` and ``track/ID`` are the entries of a
video and of a track in ``project.json``, ``about/ID`` is what people said of a video
(notes, people, comments, corrections, ...), in its own file. ``work/ID`` is what people
said of a track besides labels, and ``lane/ID/NAME`` the segments of one lane that a
person made, in label files.
``tier/ID`` is one tier. ``classes`` and ``tiers`` are the order of these, ``videos`` is
that of all tracks.
All others are named as in ``project.json``. The value of a lane is a `Segmentation`,
all others are plain.

A change of a part says what was there and what is there now, and of a long list or of a
lane only the pieces that differ. So it can be made, and taken back, on any value that
still has what was there.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from skelseg_core.errors import ProjectError
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.json import segments_from_json, segments_to_json
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.tracks import TrackId, VideoId

Segments = tuple[Segment, ...]
VIDEOS, CLASSES, TIERS = "videos", "classes", "tiers"
ORDERS = (VIDEOS, CLASSES, TIERS)
"""Parts that only say in which order others are listed: a change of one of them fits
whatever the order is."""
_VIDEO, _WORK, _LANE, _CLASS = "video/", "work/", "lane/", "class/"
_TRACK, _ABOUT = "track/", "about/"
_TIER = "tier/"


@dataclass(frozen=True)
class PartChange:
    """Values of one part before and after an edit; None where there is none."""

    old: Any
    new: Any


def video_part(video_id: str) -> str:
    """Name the part that is the entry of a video."""
    return f"{_VIDEO}{video_id}"


def about_part(video_id: str) -> str:
    """Name the part that is what people said of a video."""
    return f"{_ABOUT}{video_id}"


def track_part(track_id: str) -> str:
    """Name the part that is the entry of a track."""
    return f"{_TRACK}{track_id}"


def work_part(track_id: str) -> str:
    """Name the part that is what people said of a track besides its labels."""
    return f"{_WORK}{track_id}"


def class_part(class_id: int) -> str:
    """Name the part that is a class."""
    return f"{_CLASS}{class_id}"


def tier_part(tier_id: str) -> str:
    """Name the part that is a tier."""
    return f"{_TIER}{tier_id}"


def lane_part(video_id: str, lane: str) -> str:
    """Name the part that is a lane of a video."""
    return f"{_LANE}{video_id}/{lane}"


def lane_of_part(part: str) -> tuple[TrackId, str] | None:
    """Return video and name of the lane that a part is; None where it is none."""
    if not part.startswith(_LANE):
        return None
    video_id, _, name = part.removeprefix(_LANE).partition("/")
    return TrackId(video_id), name


def track_of_part(part: str) -> TrackId:
    """Return the id of the track that a part belongs to; empty where to none."""
    lane = lane_of_part(part)
    if lane is not None:
        return lane[0]
    return TrackId(_id_in(part, _TRACK)) or work_of_part(part)


def video_of_part(part: str) -> VideoId:
    """Return the id of the video that a part belongs to, and none of its tracks."""
    return entry_of_part(part) or about_of_part(part)


def entry_of_part(part: str) -> VideoId:
    """Return the id of the video whose entry a part is; empty where it is none."""
    return VideoId(_id_in(part, _VIDEO))


def about_of_part(part: str) -> VideoId:
    """Return the id of the video that a part of `about_part` is of; else empty."""
    return VideoId(_id_in(part, _ABOUT))


def work_of_part(part: str) -> TrackId:
    """Return the id of the track that a part of `work_part` is of; else empty."""
    return TrackId(_id_in(part, _WORK))


def _id_in(part: str, kind: str) -> str:
    return part.removeprefix(kind) if part.startswith(kind) else ""


def label_file_of_part(part: str) -> tuple[TrackId, str] | None:
    """Return track and lane of the label file that a part is in; None where in none."""
    track_id = work_of_part(part)
    return (track_id, ANNOTATION) if track_id else lane_of_part(part)


def class_of_part(part: str) -> int | None:
    """Return the id of the class that a part is; None where it is none."""
    return int(part.removeprefix(_CLASS)) if part.startswith(_CLASS) else None


def tier_of_part(part: str) -> str | None:
    """Return the id of the tier that a part is; None where it is none."""
    return part.removeprefix(_TIER) if part.startswith(_TIER) else None


def is_of_classes(part: str) -> bool:
    """Tell whether a part is a class or a tier, or their order."""
    return part in (CLASSES, TIERS) or part.startswith((_CLASS, _TIER))


# -- changes as plain values ------------------------------------------------------


def change_to_json(part: str, change: PartChange) -> dict[str, Any]:
    """Write what differs between the two values of a part."""
    if lane_of_part(part) is None:
        return _difference(change.old, change.new)
    if change.old is None or change.new is None:
        return _piece(*(None if v is None else v.segments for v in _both(change)))
    both = differing(change.old.segments, change.new.segments)
    pieces = [_piece(*piece) for piece in both]
    return pieces[0] if len(pieces) == 1 else {"pieces": pieces}


def _both(change: PartChange) -> tuple[Any, Any]:
    return change.old, change.new


def pieces_of(change: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List the pieces of a recorded change of a lane, the first frames first."""
    pieces: list[Mapping[str, Any]] = change.get("pieces", [change])
    return pieces


def _piece(old: Segments | None, new: Segments | None) -> dict[str, Any]:
    return {"was": _segments_to_json(old), "put": _segments_to_json(new)}


def _segments_to_json(segments: Segments | None) -> list[dict[str, Any]] | None:
    return None if segments is None else segments_to_json(segments)


def _segments_from_json(values: Any) -> Segments | None:
    return None if values is None else segments_from_json(values)


def differing(old: Segments, new: Segments) -> Iterator[tuple[Segments, Segments]]:
    """Find where two lanes differ: neighbouring segments of the same frames in both."""
    i = j = 0
    n_old, n_new = len(old), len(new)
    while True:
        # Most segments are the same objects, and "is" is ten times as fast as "==".
        while i < n_old and j < n_new and (old[i] is new[j] or old[i] == new[j]):
            i += 1
            j += 1
        if i == n_old and j == n_new:
            return
        since_i, since_j = i, j
        while (i < n_old or j < n_new) and not _same_at(old, i, new, j):
            stop, other = _stop(old, i), _stop(new, j)
            i += stop <= other
            j += other <= stop
        yield old[since_i:i], new[since_j:j]


def _stop(segments: Segments, i: int) -> float:
    return segments[i].stop if i < len(segments) else math.inf


def _same_at(old: Segments, i: int, new: Segments, j: int) -> bool:
    return i < len(old) and j < len(new) and old[i] == new[j]


def value_to_json(value: Any) -> Any:
    """Write the value of a part: of a lane, its segments as in a label file."""
    return _segments_to_json(value.segments) if hasattr(value, "segments") else value


def value_from_json(part: str, value: Any) -> Any:
    """Read what `value_to_json` wrote."""
    if value is None or lane_of_part(part) is None:
        return value
    return Segmentation(_segments_from_json(value) or ())


def _difference(old: Any, new: Any) -> dict[str, Any]:
    if isinstance(old, list) and isinstance(new, list):
        head, tail = _ends_alike(old, new)
        return {
            "at": head,
            "was": old[head : len(old) - tail],
            "put": new[head : len(new) - tail],
        }
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            "fields": {
                name: _difference(old.get(name), new.get(name))
                for name in {**old, **new}
                if old.get(name) != new.get(name)
            }
        }
    return {"was": old, "put": new}


def _ends_alike(old: Any, new: Any) -> tuple[int, int]:
    """Count what two sequences have in common at their start, and then at their end."""
    head = _alike(old, new)
    room = min(len(old), len(new)) - head
    tail = _alike(old[len(old) - room :][::-1], new[len(new) - room :][::-1])
    return head, tail


def _alike(a: Any, b: Any) -> int:
    # Most segments are the same objects, and "is" is ten times as fast as "==".
    pairs = enumerate(zip(a, b, strict=False))
    different = (i for i, (x, y) in pairs if x is not y and x != y)
    return next(different, min(len(a), len(b)))


# -- made and taken back ----------------------------------------------------------


class DoesNotFit(ProjectError):
    """Error of a change that took away something that is not there."""


def taken_back(change: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a change round: what makes of the value after it the one before."""
    if "fields" in change:
        return {"fields": {k: taken_back(v) for k, v in change["fields"].items()}}
    if "pieces" in change:
        return {"pieces": [taken_back(piece) for piece in change["pieces"]]}
    return {**change, "was": change["put"], "put": change["was"]}


def changed(part: str, value: Any, change: Mapping[str, Any]) -> Any:
    """Make a recorded change of the value of a part.

    Raises
    ------
    DoesNotFit
        Where what the change took away is not there.
    KeyError, TypeError, ValueError, AttributeError, EditError
        Where the change is damaged.
    """
    if part in ORDERS:
        with suppress(DoesNotFit):
            return _changed(value, change)
        return value
    if lane_of_part(part) is None:
        return _changed(value, change)
    segments = None if value is None else value.segments
    made = _changed_segments(part, segments, change)
    return None if made is None else Segmentation(made)


def _changed_segments(
    part: str, value: Segments | None, change: Mapping[str, Any]
) -> Segments | None:
    new: list[Segment] = []
    done = 0
    for piece in pieces_of(change):
        was = _segments_from_json(piece["was"])
        put = _segments_from_json(piece["put"])
        if value is None or was is None or put is None:
            if value != was:
                raise DoesNotFit("{} is not as it was.", part)
            return put
        if not was:
            return value
        at = bisect_left(value, was[0].start, done, key=attrgetter("start"))
        if value[at : at + len(was)] != was:
            raise DoesNotFit("{} is not as it was.", part)
        new += (*value[done:at], *put)
        done = at + len(was)
    return value if value is None else (*new, *value[done:])


def _changed(value: Any, change: Mapping[str, Any]) -> Any:
    if "fields" in change:
        if not isinstance(value, dict):
            raise DoesNotFit("{} is not as it was.", value)
        new = {**value}
        for name, inner in change["fields"].items():
            new[name] = _changed(value.get(name), inner)
        return {name: inner for name, inner in new.items() if inner is not None}
    was, put = change["was"], change["put"]
    if "at" not in change:
        if value != was:
            raise DoesNotFit("{} is not as it was.", was)
        return put
    at, stop = int(change["at"]), int(change["at"]) + len(was)
    if not isinstance(value, list) or value[at:stop] != was:
        raise DoesNotFit("{} is not as it was.", was)
    return [*value[:at], *put, *value[stop:]]
