"""Lost tracks: label files of tracks that ``project.json`` does not have any more.

Such a file is left where two people edit tiers and people at once, or where
``project.json`` alone went back, as by a checkout of that file.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from skelseg_core.errors import SkelsegError
from skelseg_core.file_names import portable_name
from skelseg_core.project.class_edits import with_used_classes
from skelseg_core.project.folder_reading import FolderReader
from skelseg_core.project.json import labels_from_json, track_to_json
from skelseg_core.project.parts import lanes_of_annotators
from skelseg_core.project.project import (
    Project,
    Track,
    add_track,
    set_people,
    track_item,
)
from skelseg_core.project.seen_files import bytes_of
from skelseg_core.project.tracks import (
    SEPARATOR,
    Tier,
    TrackKey,
    is_item_id,
    tier_of,
    video_of,
)


@dataclass(frozen=True)
class LostTrack:
    """Labels of a track that is not in its project.

    Parameters
    ----------
    path : Path
        The label file.
    item_id : str
        Id that the track had.
    n_labelled : int
        Frames with a label.
    """

    path: Path
    item_id: str
    n_labelled: int


def find_lost_tracks(folder: FolderReader, project: Project) -> tuple[LostTrack, ...]:
    """Find label files with labels of tracks that the project's videos do not have.

    Files of videos that are not in the project are left out: who removed a video knew
    its labels.
    """
    at = folder.labels_path("").parent
    try:
        names = sorted(os.listdir(at))
    except OSError:
        return ()
    found = []
    for name in names:
        item_id = name.removesuffix(".json")
        if SEPARATOR not in item_id or name == item_id or project.has(item_id):
            continue
        tracks = project.tracks_of(video_of(item_id)) if is_item_id(item_id) else ()
        # What cannot be read is for the check of all files.
        with contextlib.suppress(ValueError, RecursionError, SkelsegError):
            lane = labels_from_json(json.loads(bytes_of(at / name) or b""), name)
            if tracks and lane.n_labelled and lane.n_frames == tracks[0].n_frames:
                found.append(LostTrack(at / name, item_id, lane.n_labelled))
    return tuple(found)


def with_lost_tracks(
    folder: FolderReader, project: Project, lost: Iterable[LostTrack]
) -> Project:
    """Put lost tracks back, with a tier and classes where these are gone, too.

    Raises
    ------
    ProjectError, FormatError
        Where a file is damaged by now.
    """
    for track in lost:
        if not project.has(track.item_id) and project.has_video(
            video_of(track.item_id)
        ):
            project = _with_track(folder, project, track.item_id)
    return with_used_classes(project, lanes_of_annotators(project.tracks))[0]


def _with_track(folder: FolderReader, project: Project, item_id: str) -> Project:
    first = project.first_track(video_of(item_id))
    video, tier_id = first.video, tier_of(item_id)
    if tier_id not in {tier.id for tier in project.tiers}:
        names = {tier.name.casefold() for tier in project.tiers}
        name = tier_id.replace("_", " ")
        name = name if name.casefold() not in names else tier_id
        project = replace(project, tiers=(*project.tiers, Tier(tier_id, name)))
    person = _person(project, first, item_id)
    blank = replace(track_item(video, TrackKey(tier_id, person)), id=item_id)
    item = folder.track_of(track_to_json(blank), video, {}, project)
    project = add_track(project, item)
    if person in ("", *video.people):
        return project
    return set_people(project, {video.id: (*video.people, person)})


def _person(project: Project, first: Track, item_id: str) -> str:
    """Name the person of a track; of the first one of a video it does not say whom."""
    of_scene = project.tier(tier_of(item_id)).of == "scene"
    said = item_id.split(SEPARATOR)[2:]
    if of_scene or not said:
        return "" if of_scene else first.person
    known = (p for v in project.tracks for p in (*v.video.people, v.person))
    return next((p for p in known if portable_name(p) == said[0]), said[0])
