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
from itertools import filterfalse
from pathlib import Path

from skelseg_core.errors import SkelsegError
from skelseg_core.project.class_edits import with_used_classes
from skelseg_core.project.folder_reading import FolderReader
from skelseg_core.project.json import labels_from_json, track_to_json
from skelseg_core.project.parts import lanes_of_annotators
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_track, set_people
from skelseg_core.project.repairs import repaired
from skelseg_core.project.seen_files import bytes_of
from skelseg_core.project.tracks import Tier, TrackId, TrackKey, VideoId, is_track_id
from skelseg_core.project.tracks import track_id as made_track_id
from skelseg_core.project.videos_and_tracks import track_item


@dataclass(frozen=True)
class LostTrack:
    """Labels of a track that is not in its project.

    Parameters
    ----------
    path : Path
        The label file.
    track_id : TrackId
        Id that the track had.
    video_id : VideoId
        Video that it is of.
    key : TrackKey
        Tier and person that it was of.
    n_labelled : int
        Frames with a label or that are undecided, and points.
    """

    path: Path
    track_id: TrackId
    video_id: VideoId
    key: TrackKey
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
    ids = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    # What cannot be read is for the check of all files.
    found = []
    for track_id in filterfalse(project.has, ids):
        with contextlib.suppress(ValueError, RecursionError, SkelsegError):
            lost = _lost_track(project, at, TrackId(track_id))
            found += [lost] if lost is not None else []
    return tuple(found)


def _lost_track(project: Project, at: Path, track_id: TrackId) -> LostTrack | None:
    """Return the track that a label file is of, where its video is there."""
    path = at / f"{track_id}.json"
    raw = json.loads(bytes_of(path) or b"")
    lane = labels_from_json(raw, path.name)
    video_id = VideoId(str(raw.get("video", "")))
    if not is_track_id(track_id) or not project.has_video(video_id):
        return None
    marks = raw.get("marks")
    n = lane.n_labelled + lane.n_undecided
    n += len(marks) if isinstance(marks, list) else 0
    if not n or lane.n_frames != project.video(video_id).n_frames:
        return None
    key = TrackKey(str(raw.get("tier", "")), str(raw.get("person", "")))
    # A copy of a file, under another name, is no track.
    if not track_id.startswith(made_track_id(video_id, key)):
        return None
    return LostTrack(path, track_id, video_id, key, n)


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
        if not project.has(track.track_id) and project.has_video(track.video_id):
            project = _with_track(folder, project, track)
    project, _ = with_used_classes(project, lanes_of_annotators(project.tracks))
    return repaired(project)


def _with_track(folder: FolderReader, project: Project, lost: LostTrack) -> Project:
    video, (tier_id, person) = project.video(lost.video_id), lost.key
    blank = replace(track_item(video, lost.key), id=lost.track_id)
    item = folder.track_of(track_to_json(blank), video, {}, project)
    if tier_id not in {tier.id for tier in project.tiers}:
        names = {tier.name.casefold() for tier in project.tiers}
        name = tier_id.replace("_", " ")
        name = name if name.casefold() not in names else tier_id
        tier = Tier(tier_id, name)
        if item.marks and not item.annotation.n_labelled:
            tier = Tier(tier_id, name, kind="points", required=False)
        project = replace(project, tiers=(*project.tiers, tier))
    project = add_track(project, item)
    if person in ("", *video.people):
        return project
    return set_people(project, {video.id: (*video.people, person)})
