"""Changes of the parts of a project, as a journal records them.

A part has a name and a plain value, None where it is not there. ``name``,
``skeleton``, ``media_roots``, ``classes``, ``former_classes`` and ``conventions`` are
as in ``project.json``; ``videos`` is the list of ids, ``video/ID`` the entry of one
video, and ``lane/ID/NAME`` the segments of one lane that a person made.

A change of a part says what was there and what is there now, and of a long list or of a
lane only the pieces that differ. So it can be made, and taken back, on any value that
still has what was there.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from skelseg_core.errors import ProjectError
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.json import segment_from_json, segment_to_json

Segments = tuple[Segment, ...]
VIDEOS = "videos"
_VIDEO, _LANE = "video/", "lane/"


@dataclass(frozen=True)
class PartChange:
    """Values of one part before and after an edit.

    Parameters
    ----------
    old, new : Any
        Plain values; tuples of segments for a lane; None where there is none.
    was : object
        The lane before, by which the journal knows that it recorded it; else None.
    now : object
        The lane after.
    """

    old: Any
    new: Any
    was: Segmentation | None = None
    now: Segmentation | None = None


def video_part(video_id: str) -> str:
    """Name the part that is the entry of a video."""
    return f"{_VIDEO}{video_id}"


def lane_part(video_id: str, lane: str) -> str:
    """Name the part that is a lane of a video."""
    return f"{_LANE}{video_id}/{lane}"


def lane_of_part(part: str) -> tuple[str, str] | None:
    """Return video and name of the lane that a part is; None where it is none."""
    if not part.startswith(_LANE):
        return None
    video_id, _, name = part.removeprefix(_LANE).partition("/")
    return video_id, name


def video_of_part(part: str) -> str:
    """Return the id of the video that a part belongs to; empty where to none."""
    lane = lane_of_part(part)
    return lane[0] if lane is not None else entry_of_part(part) or ""


def entry_of_part(part: str) -> str | None:
    """Return the id of the video whose entry a part is; None where it is none."""
    return part.removeprefix(_VIDEO) if part.startswith(_VIDEO) else None


# -- changes as plain values ------------------------------------------------------


def change_to_json(part: str, change: PartChange) -> dict[str, Any]:
    """Write what differs between the two values of a part."""
    if lane_of_part(part) is None:
        return _difference(change.old, change.new)
    if change.old is None or change.new is None:
        return _piece(change.old, change.new)
    pieces = [_piece(*piece) for piece in differing(change.old, change.new)]
    return pieces[0] if len(pieces) == 1 else {"pieces": pieces}


def pieces_of(change: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List the pieces of a recorded change of a lane, the first frames first."""
    pieces: list[Mapping[str, Any]] = change.get("pieces", [change])
    return pieces


def _piece(old: Segments | None, new: Segments | None) -> dict[str, Any]:
    return {"was": value_to_json(old), "put": value_to_json(new)}


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
    """Write the value of a part: segments as in a label file."""
    if not isinstance(value, tuple):
        return value
    return [segment_to_json(s) for s in value]


def value_from_json(part: str, value: Any) -> Any:
    """Read what `value_to_json` wrote."""
    if value is None or lane_of_part(part) is None:
        return value
    return tuple(segment_from_json(v) for v in value)


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
    if lane_of_part(part) is None:
        return _changed(value, change)
    new: list[Segment] = []
    done = 0
    for piece in pieces_of(change):
        was = value_from_json(part, piece["was"])
        put = value_from_json(part, piece["put"])
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
    return (*new, *value[done:])


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


def pasted(value: Segments, put: Segments) -> Segments:
    """Put segments over the frames that they cover, whatever lies there."""
    start, stop = put[0].start, put[-1].stop
    before = [s.part(s.start, min(s.stop, start)) for s in value if s.start < start]
    after = [s.part(max(s.start, stop), s.stop) for s in value if s.stop > stop]
    return Segmentation((*before, *put, *after)).segments
