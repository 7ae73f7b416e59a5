"""Parts of a project: which ones an edit changed, and a project with others.

Their names and changes are in `part_changes`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import (
    Lanes,
    project_from_json,
    project_to_json,
    video_to_json,
)
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.part_changes import (
    VIDEOS,
    PartChange,
    differing,
    entry_of_part,
    lane_of_part,
    lane_part,
    video_of_part,
    video_part,
)
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    annotator_lane,
    changed_videos,
    same_ids,
)

# -- what an edit changed ---------------------------------------------------------


def changed_parts(before: Project, after: Project) -> dict[str, PartChange]:
    """Compare two projects; what it costs does not grow with the number of videos."""
    found: dict[str, PartChange] = {}
    if replace(before, videos=()) != replace(after, videos=()):
        old, new = top_values(before), top_values(after)
        for name in {**old, **new}:
            if old.get(name) != new.get(name):
                found[name] = PartChange(old.get(name), new.get(name))
    if not same_ids(before, after):
        found[VIDEOS] = PartChange(list(before.ids), list(after.ids))
        for item in before.videos:
            if not after.has(item.id):
                found[video_part(item.id)] = PartChange(video_to_json(item), None)
    for item in changed_videos(before, after):
        found.update(_parts_of(before.find(item.id), item))
    return found


def top_values(project: Project) -> dict[str, Any]:
    """Return the plain values of a project that belong to none of its videos."""
    values = project_to_json(replace(project, videos=()))
    return {k: v for k, v in values.items() if k not in ("schema", "uuid", VIDEOS)}


def _parts_of(before: VideoItem | None, after: VideoItem) -> Iterator[Any]:
    if before is None or not _same_entry(before, after):
        old = None if before is None else video_to_json(before)
        new = video_to_json(after)
        if old != new:
            yield video_part(after.id), PartChange(old, new)
    was: dict[str, Segmentation] = {} if before is None else known_lanes(before)
    now = known_lanes(after)
    for name in {**was, **now}:
        old_lane, new_lane = was.get(name), now.get(name)
        if old_lane is not new_lane and not (before is None and _on_disk(new_lane)):
            yield (
                lane_part(after.id, name),
                PartChange(
                    _segments(old_lane), _segments(new_lane), old_lane, new_lane
                ),
            )


def known_lanes(item: VideoItem) -> dict[str, Segmentation]:
    """Return the lanes that people made and whose files are there."""
    lanes = item.lanes
    return {name: lanes[name] for name in lanes if name not in item.missing}


def _on_disk(lane: Segmentation | None) -> bool:
    """Tell whether nobody has looked at a lane since it was opened: its file has it."""
    return isinstance(lane, UnreadLane) and not lane.is_read


def _segments(lane: Segmentation | None) -> tuple[Segment, ...] | None:
    return None if lane is None else lane.segments


def n_changed(
    old: Segmentation | None, new: Segmentation, most: float = math.inf
) -> int:
    """Count the segments that an edit of a lane takes away and puts there.

    Counting ends where it comes to more than ``most``.
    """
    if old is new:
        return 0
    if old is None or _on_disk(old) or _on_disk(new):
        return new.class_counts.total()
    n = 0
    for was, put in differing(old.segments, new.segments):
        n += len(was) + len(put)
        if n > most:
            break
    return n


_ENTRY = attrgetter(
    "path", "fingerprint", "n_frames", "width", "height", "mean_rate", "notes",
    "annotators", "annotator", "done", "decisions",
)  # fmt: skip


def _same_entry(a: VideoItem, b: VideoItem) -> bool:
    same = a.corrections is b.corrections and a.picks is b.picks
    return same and _ENTRY(a) == _ENTRY(b)


# -- a project with other values --------------------------------------------------


def value_of(project: Project, part: str) -> Any:
    """Return the value that a part of a project has now, None where there is none."""
    lane = lane_of_part(part)
    if lane is not None:
        item = project.find(lane[0])
        found = None if item is None else known_lanes(item).get(lane[1])
        return _segments(found)
    video_id = entry_of_part(part)
    if video_id is not None:
        item = project.find(video_id)
        return None if item is None else _plain(video_to_json(item))
    if part == VIDEOS:
        return list(project.ids)
    return _plain(top_values(project).get(part))


def _plain(value: Any) -> Any:
    """Convert to what JSON gives back: lists, no tuples."""
    return json.loads(json.dumps(value))


def with_parts(
    project: Project, values: Mapping[str, Any], folder: ProjectFolder
) -> Project:
    """Give parts of a project other values.

    Lanes of videos that are not in the project, and that ``values`` do not give, are
    read from the folder.

    Raises
    ------
    ProjectError, FormatError
        Where the values make no project.
    """
    top = {k: v for k, v in values.items() if "/" not in k and k != VIDEOS}
    if top:
        project = _with_top(project, top, folder)
    items = _items_with(project, values, folder)
    ids = values.get(VIDEOS)
    if ids is None:
        ids = [*project.ids, *(i for i in items if not project.has(i))]
        ids = [i for i in ids if items.get(i, i) is not None]
    if tuple(ids) == project.ids:
        return project.with_videos(*(v for v in items.values() if v is not None))
    there = {v.id: v for v in project.videos} | items
    chosen = (there.get(video_id) for video_id in ids)
    return replace(project, videos=tuple(v for v in chosen if v is not None))


def _with_top(
    project: Project, top: Mapping[str, Any], folder: ProjectFolder
) -> Project:
    raw = {**project_to_json(replace(project, videos=())), **top}
    raw = {name: value for name, value in raw.items() if value is not None}
    raw |= _fitting_former(raw)
    made = project_from_json(raw, folder.lanes_of, "the journal")
    return replace(made, videos=project.videos)


def _fitting_former(raw: Mapping[str, Any]) -> dict[str, Any]:
    """List the former classes that fit the classes, which may be somebody else's.

    A class that one side deleted is there in the classes of the other side.
    """
    ids = {item["id"] for item in raw["classes"]}
    former = [
        item
        for item in raw.get("former_classes", ())
        if item["id"] not in ids and item.get("into") in {None, *ids}
    ]
    return {"former_classes": former} if "former_classes" in raw else {}


def _items_with(
    project: Project, values: Mapping[str, Any], folder: ProjectFolder
) -> dict[str, VideoItem | None]:
    """Make the videos of which a part has another value; None for those that go."""
    touched = dict.fromkeys(filter(None, map(video_of_part, values)))
    items: dict[str, VideoItem | None] = {}
    for video_id in touched:
        there = project.find(video_id)
        entry = values.get(video_part(video_id), there and video_to_json(there))
        if entry is None:
            items[video_id] = None
            continue
        item = _item_of(project, entry, there, folder)
        for name in (ANNOTATION, *map(annotator_lane, entry.get("annotators", ()))):
            segments = values.get(lane_part(video_id, name))
            if segments is not None:
                item = item.with_found(name, Segmentation(segments))
        items[video_id] = item
    return items


def _item_of(
    project: Project,
    entry: Mapping[str, Any],
    there: VideoItem | None,
    folder: ProjectFolder,
) -> VideoItem:
    if there is not None and video_to_json(there) == entry:
        return there
    raw = project_to_json(replace(project, videos=()))
    lanes: Lanes = folder.lanes_of
    if there is not None:
        lanes = _LanesOf(there, folder)
    return project_from_json({**raw, VIDEOS: [entry]}, lanes, "the journal").videos[0]


class _LanesOf:
    """Give the lanes of a video that is there; reads only those that it has not."""

    def __init__(self, item: VideoItem, folder: ProjectFolder) -> None:
        self._item, self._folder = item, folder

    def __call__(
        self, video: Mapping[str, Any]
    ) -> tuple[Mapping[str, Segmentation], frozenset[str]]:
        names = lane_names(video)
        lanes, missing = self._item.lanes, self._item.missing
        if not lanes.keys() >= set(names):
            found, gone = self._folder.lanes_of(video)
            missing = missing | (gone - lanes.keys())
            lanes = {**found, **lanes}
        kept = {name: lanes[name] for name in names if name in lanes}
        return kept, missing & kept.keys()


def lane_names(entry: Mapping[str, Any]) -> Iterable[str]:
    """List the names of the lanes of a video that is given as plain values."""
    return [ANNOTATION, *(annotator_lane(str(n)) for n in entry.get("annotators", ()))]
