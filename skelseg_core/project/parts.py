"""Parts of a project: which ones an edit changed, and a project with others.

Their names and changes are in `part_changes`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from msgspec import to_builtins

from skelseg_core.errors import ProjectError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import with_used_classes
from skelseg_core.project.folder_reading import FolderReader
from skelseg_core.project.json import (
    DAMAGE,
    class_values,
    label_map_of,
    project_from_json,
    project_to_json,
    said_from_json,
    said_to_json,
    settings_to_json,
    tiers_from_json,
    track_to_json,
    video_from_json,
    video_to_json,
    with_work,
    work_to_json,
)
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.part_changes import (
    CLASSES,
    ORDERS,
    TIERS,
    VIDEOS,
    PartChange,
    about_part,
    class_of_part,
    class_part,
    differing,
    entry_of_part,
    lane_of_part,
    lane_part,
    tier_of_part,
    tier_part,
    track_of_part,
    track_part,
    video_of_part,
    video_part,
    work_of_part,
    work_part,
)
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    changed_tracks,
    changed_videos,
    same_ids,
)
from skelseg_core.project.repairs import repaired, with_tiers_whole
from skelseg_core.project.tracks import Tier, VideoId
from skelseg_core.project.videos_and_tracks import Track, Video, annotator_lane

# -- what an edit changed ---------------------------------------------------------


def changed_parts(before: Project, after: Project) -> dict[str, PartChange]:
    """Compare two projects; what it costs does not grow with the number of videos.

    No lane is read for it.
    """
    found: dict[str, PartChange] = {}
    if before.label_map is not after.label_map:
        found.update(_changed_classes(before.label_map, after.label_map))
    if replace(before, tracks=()) != replace(after, tracks=()):
        found.update(_differing(_settings(before), _settings(after)))
        found.update(_changed_tiers(before, after))
    found.update(_changed_videos(before, after))
    if not same_ids(before, after):
        for item in before.tracks:
            if not after.has(item.id):
                found.update(_parts_of(item, None))
    for item in changed_tracks(before, after):
        found.update(_parts_of(before.find(item.id), item))
    return found


def _changed_videos(
    before: Project, after: Project
) -> Iterator[tuple[str, PartChange]]:
    if not same_ids(before, after):
        yield VIDEOS, PartChange(list(before.track_ids), list(after.track_ids))
        for video in before.videos:
            if not after.has_video(video.id):
                yield from _parts_of_video(video, None)
    for video in changed_videos(before, after):
        there = before.has_video(video.id)
        yield from _parts_of_video(before.video(video.id) if there else None, video)


def _settings(project: Project) -> dict[str, Any]:
    """Convert the settings to plain values, without the tiers."""
    values = settings_to_json(project)
    values.pop(TIERS, None)
    return values


def _tier_values(project: Project) -> dict[str, dict[str, Any]]:
    return {tier.id: to_builtins(tier) for tier in project.tiers}


def _changed_tiers(before: Project, after: Project) -> Iterator[tuple[str, PartChange]]:
    """List the tiers that differ: one by one, as two people may add one each."""
    old, new = _tier_values(before), _tier_values(after)
    for name, change in _differing(old, new):
        yield tier_part(name), change
    if list(old) != list(new):
        yield TIERS, PartChange(list(old), list(new))


def _differing(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, PartChange]]:
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield name, PartChange(old.get(name), new.get(name))


def _changed_classes(
    before: LabelMap, after: LabelMap
) -> Iterator[tuple[str, PartChange]]:
    old, new = class_values(before), class_values(after)
    for class_id in {**old, **new}:
        if old.get(class_id) != new.get(class_id):
            change = PartChange(old.get(class_id), new.get(class_id))
            yield class_part(class_id), change
    if before.ids != after.ids:
        yield CLASSES, PartChange(list(before.ids), list(after.ids))


def _parts_of_video(
    before: Video | None, after: Video | None
) -> Iterator[tuple[str, PartChange]]:
    """List what differs of a video; None where it is not in the project."""
    video_id = (before or after).id  # type: ignore[union-attr]
    yield from _values(video_part(video_id), video_to_json, before, after)
    if before is None or after is None or not before.is_same_said(after):
        yield from _values(about_part(video_id), _said, before, after)


def _said(video: Video) -> Mapping[str, Any] | None:
    """Convert what people said of a video; None where nobody knows it."""
    return None if video.damage else said_to_json(video)


def _values(
    name: str,
    to_json: Callable[[Any], Mapping[str, Any] | None],
    before: Video | Track | None,
    after: Video | Track | None,
) -> Iterator[tuple[str, PartChange]]:
    old, new = (None if v is None else to_json(v) for v in (before, after))
    if old != new:
        yield name, PartChange(old, new)


def _parts_of(
    before: Track | None, after: Track | None
) -> Iterator[tuple[str, PartChange]]:
    """List what differs of a track; None where it is not in the project."""
    track_id = (before or after).id  # type: ignore[union-attr]
    if before is None or after is None or _VALUES(before) != _VALUES(after):
        yield from _values(track_part(track_id), track_to_json, before, after)
        yield from _values(work_part(track_id), work_to_json, before, after)
    was, now = known_lanes(before), known_lanes(after)
    for lane in {**was, **now}:
        if was.get(lane) is not now.get(lane):
            change = PartChange(was.get(lane), now.get(lane))
            yield lane_part(track_id, lane), change


def known_lanes(item: Track | None) -> Mapping[str, Segmentation]:
    """Return the lanes that people made and whose files are there."""
    if item is None:
        return {}
    lanes = item.lanes
    return {name: lanes[name] for name in lanes if name not in item.missing}


def lanes_of_annotators(items: Iterable[Track]) -> list[Segmentation]:
    """List the lanes of videos that people made and whose files are there."""
    return [lane for item in items for lane in known_lanes(item).values()]


def with_classes_kept(
    before: Project, after: Project, lanes: Iterable[Segmentation]
) -> tuple[Project, tuple[str, ...]]:
    """Make classes again that an undo takes away and that labels have.

    Returns
    -------
    Project
    tuple of str
        The names of the classes that were made.
    """
    if set(before.label_map.ids) - set(after.label_map.ids):
        # Others may have labelled with a class that goes.
        lanes = lanes_of_annotators(after.tracks)
    return with_used_classes(after, lanes, before.label_map)


_VALUES = attrgetter(
    "annotators", "person", "annotator", "done", "locked", "decisions", "marks"
)


def n_changed(part: str, change: PartChange, most: float = math.inf) -> int:
    """Count the segments that a change of a lane takes away and puts there.

    Counting ends where it comes to more than ``most``; other parts have none.
    """
    old, new = change.old, change.new
    if lane_of_part(part) is None:
        return 0
    if old is None or new is None or _is_unread(old) or _is_unread(new):
        return sum(0 if v is None else v.class_counts.total() for v in (old, new))
    n = 0
    for was, put in differing(old.segments, new.segments):
        n += len(was) + len(put)
        if n > most:
            break
    return n


def _is_unread(lane: Segmentation) -> bool:
    return isinstance(lane, UnreadLane) and not lane.is_read


# -- a project with other values --------------------------------------------------


def value_of(project: Project, part: str) -> Any:
    """Return the value that a part of a project has now, None where there is none."""
    lane = lane_of_part(part)
    if lane is not None:
        return known_lanes(project.find(lane[0])).get(lane[1])
    video_id = video_of_part(part)
    if video_id:
        to_json = video_to_json if entry_of_part(part) else _said
        there = project.has_video(video_id)
        return _plain(to_json(project.video(VideoId(video_id)))) if there else None
    track_id = track_of_part(part)
    if track_id:
        item = project.find(track_id)
        of_track = work_to_json if work_of_part(part) else track_to_json
        return None if item is None else _plain(of_track(item))
    class_id = class_of_part(part)
    if class_id is not None:
        return class_values(project.label_map).get(class_id)
    tier_id = tier_of_part(part)
    if tier_id is not None:
        return _tier_values(project).get(tier_id)
    if part == TIERS:
        return list(_tier_values(project))
    if part == VIDEOS:
        return list(project.track_ids)
    if part == CLASSES:
        return list(project.label_map.ids)
    return _plain(settings_to_json(project).get(part))


def _plain(value: Any) -> Any:
    """Convert to what JSON gives back: lists, no tuples."""
    return json.loads(json.dumps(value))


def same_value(a: Any, b: Any) -> bool:
    """Tell whether two values of a part are the same; an unread lane stays unread."""
    return a is b or bool(a == b)


def with_parts(
    project: Project, values: Mapping[str, Any], folder: FolderReader
) -> Project:
    """Give parts of a project other values.

    Lanes of videos that are not in the project, and that ``values`` do not give, are
    read from the folder.

    Raises
    ------
    ProjectError, FormatError
        Where the values make no project.
    """
    project = _with_top(project, values, folder)
    try:
        videos = _videos_with(project, values, folder)
        tracks = _tracks_with(project, values, folder, videos)
    except DAMAGE as error:
        raise ProjectError("The journal is damaged ({}).", error) from error
    there = all(v and project.has(v.id) for v in tracks.values()) and all(
        v and project.has_video(v.id) for v in videos.values()
    )
    if VIDEOS not in values and there:
        made = project
        if tracks:
            made = project.with_tracks(*filter(None, tracks.values()))
        for video in filter(None, videos.values()):
            made = made.with_video(video)
        now = (item for item in tracks.values() if item is not None)
        same = all(_is_of_the_same(item, project.track(item.id)) for item in now)
        return made if same else repaired(made, project)
    return repaired(_listed(project, values.get(VIDEOS), videos, tracks), project)


def _is_of_the_same(a: Track, b: Track) -> bool:
    return (a.tier, a.person) == (b.tier, b.person)


def _listed(
    project: Project,
    order: Iterable[str] | None,
    videos: Mapping[str, Video | None],
    tracks: Mapping[str, Track | None],
) -> Project:
    """Put other videos and tracks into a project, and the videos into an order."""
    there: dict[str, Track | None] = {v.id: v for v in project.tracks}
    there.update(tracks)
    by_video: dict[str, list[Track]] = {}
    for track_id in _in_order(project.track_ids if order is None else order, there):
        item = there[track_id]
        if item is None:
            continue
        video = videos.get(item.video_id, item.video)
        if video is not None:  # else it goes, with all its tracks
            item = item if item.video is video else replace(item, video=video)
            by_video.setdefault(video.id, []).append(item)
    made = [item for own in by_video.values() for item in own]
    return replace(project, tracks=tuple(made))


def _in_order(order: Iterable[Any], there: Collection[Any]) -> list[Any]:
    """List what is there in an order, and then what that does not name."""
    first = [i for i in order if i in there]
    named = set(first)
    return [*first, *(i for i in there if i not in named)]


def _with_top(
    project: Project, values: Mapping[str, Any], folder: FolderReader
) -> Project:
    of_class = {
        class_id: value
        for part, value in values.items()
        if (class_id := class_of_part(part)) is not None
    }
    if of_class or CLASSES in values:
        label_map = _label_map_with(project.label_map, of_class, values.get(CLASSES))
        project = replace(project, label_map=label_map)
    of_tier = {
        tier_id: value
        for part, value in values.items()
        if (tier_id := tier_of_part(part)) is not None
    }
    if of_tier or TIERS in values:
        tiers = _tiers_with(project, of_tier, values.get(TIERS))
        project = replace(project, tiers=tiers)
    if of_tier or of_class:
        project = with_tiers_whole(project)
    top = {k: v for k, v in values.items() if "/" not in k and k not in ORDERS}
    if not top:
        return project
    raw = {**project_to_json(replace(project, tracks=())), **top}
    raw = {name: value for name, value in raw.items() if value is not None}
    made = project_from_json(raw, folder, "the journal")
    return replace(made, tracks=project.tracks)


def _tiers_with(
    project: Project, values: Mapping[str, Any], order: Iterable[str] | None
) -> tuple[Tier, ...]:
    """Give tiers other values; of two of one name the second gets another."""
    both = {**_tier_values(project), **values}
    there = {k: v for k, v in both.items() if v is not None}
    ids = _in_order(_tier_values(project) if order is None else order, there)
    tiers: list[Tier] = []
    for tier in tiers_from_json([there[i] for i in ids]):
        name, n = tier.name, 2
        while name.casefold() in {t.name.casefold() for t in tiers}:
            name, n = f"{tier.name} {n}", n + 1
        # Somebody else may have taken out the tier that this one names.
        inside = tier.inside if tier.inside in ids else None
        mirrors = tier.mirrors if tier.mirrors in ids else None
        tiers.append(replace(tier, name=name, inside=inside, mirrors=mirrors))
    return tuple(tiers)


def _label_map_with(
    label_map: LabelMap, values: Mapping[int, Any], order: Iterable[int] | None
) -> LabelMap:
    now = class_values(label_map)
    there = {k: v for k, v in {**now, **values}.items() if v is not None}
    if all("former" in v for v in there.values()):
        # Two people deleted all of them together: a project needs one.
        there |= {class_id: now[class_id] for class_id in label_map.ids}
    own = [class_id for class_id, value in there.items() if "former" not in value]
    ids = _in_order(label_map.ids if order is None else order, own)
    former = [value for value in there.values() if "former" in value]
    return label_map_of([*(there[i] for i in ids), *former], label_map.next_id)


def _videos_with(
    project: Project, values: Mapping[str, Any], folder: FolderReader
) -> dict[str, Video | None]:
    """Make the videos of which a part has another value; None for those that go."""
    made: dict[str, Video | None] = {}
    for video_id in dict.fromkeys(filter(None, map(video_of_part, values))):
        there = project.video(video_id) if project.has_video(video_id) else None
        entry = values.get(video_part(video_id), there and video_to_json(there))
        if entry is None:
            made[video_id] = None
            continue
        video = video_from_json(entry)
        said = values.get(about_part(video_id))
        # Where giving it up is undone the file says whether it is damaged yet.
        unknown = said is None and about_part(video_id) in values
        if there is not None and not unknown:
            video = replace(there, films=video.films)
        elif said is None:
            video = folder.said_of(video, project.skeleton)
        if said is not None:
            video = said_from_json(video, said, project.skeleton)
        made[video_id] = video
    return made


def _tracks_with(
    project: Project,
    values: Mapping[str, Any],
    folder: FolderReader,
    videos: Mapping[str, Video | None],
) -> dict[str, Track | None]:
    """Make the tracks of which a part has another value; None for those that go."""
    made: dict[str, Track | None] = {}
    for track_id in dict.fromkeys(filter(None, map(track_of_part, values))):
        there = project.find(track_id)
        entry = values.get(track_part(track_id), there and track_to_json(there))
        video = None if entry is None else _video_with(project, entry, videos)
        if entry is None or video is None:
            made[track_id] = None
            continue
        lanes = {
            name: lane
            for name in (ANNOTATION, *map(annotator_lane, entry.get("annotators", ())))
            if (lane := values.get(lane_part(track_id, name))) is not None
        }
        item = _track_of(project, entry, there, lanes, folder, video)
        for name, lane in lanes.items():
            item = item.with_found(name, lane)
        for part in values:
            # Giving up labels whose file is gone was undone.
            of_lane = lane_of_part(part)
            if of_lane is not None and of_lane[0] == track_id and values[part] is None:
                item = _with_missing(item, of_lane[1])
        work = values.get(work_part(track_id))
        made[track_id] = item if work is None else with_work(item, work)
    return made


def _video_with(
    project: Project, entry: Mapping[str, Any], videos: Mapping[str, Video | None]
) -> Video | None:
    video_id = str(entry["video"])
    if video_id in videos:
        return videos[video_id]
    return project.video(video_id) if project.has_video(video_id) else None


def _with_missing(item: Track, name: str) -> Track:
    """Say of a lane, where the track has it, that its file is gone."""
    if name not in item.lanes:
        return item
    lanes = {**item.lanes, name: Segmentation.unlabelled(item.n_frames)}
    return replace(item, lanes=lanes, missing=item.missing | {name})


def _track_of(
    project: Project,
    entry: Mapping[str, Any],
    there: Track | None,
    lanes: Mapping[str, Segmentation],
    folder: FolderReader,
    video: Video,
) -> Track:
    if there is not None and track_to_json(there) == entry:
        return there
    if there is None:
        return folder.track_of(entry, video, lanes, project)
    # What is missing stays so, though its file may be there again: taking that in is
    # for who reads all that the file says.
    item = folder.track_of(entry, video, {**there.lanes, **lanes}, project)
    missing = item.missing | (there.missing & item.lanes.keys())
    item = replace(item, missing=missing, damaged={**there.damaged, **item.damaged})
    return with_work(item, work_to_json(there))
