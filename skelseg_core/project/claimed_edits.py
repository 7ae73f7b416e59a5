"""Claimed edits: which videos a change of the project needs the claims on."""

from __future__ import annotations

from skelseg_core.errors import EditError
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    changed_tracks,
    changed_videos,
    same_ids,
)
from skelseg_core.project.tracks import video_hold
from skelseg_core.project.videos_and_tracks import Track, same_work


def videos_to_claim(before: Project, after: Project) -> tuple[str, ...]:
    """List the videos of which a change touches what their label files say.

    Where the video lies is nobody's: that needs no claim. Nor does a video that is new,
    or labels that were missing and are found again.
    """
    found: list[str] = [
        item.id
        for item in changed_tracks(before, after)
        if (old := before.find(item.id)) is not None and _is_touched(old, item)
    ]
    found += [
        video_hold(video.id)
        for video in changed_videos(before, after)
        if before.has_video(video.id) and not before.video(video.id).is_same_said(video)
    ]
    if same_ids(before, after):
        return tuple(found)
    found += [item.id for item in before.tracks if not after.has(item.id)]
    found += [video_hold(v.id) for v in before.videos if not after.has_video(v.id)]
    return tuple(found)


def check_unlocked(before: Project, after: Project) -> None:
    """Refuse a change of what somebody locked.

    Raises
    ------
    EditError
        Where a track is locked before and after it.
    """
    for track_id in videos_to_claim(before, after):
        old, new = before.find(track_id), after.find(track_id)
        if old is not None and old.locked and (new is None or new.locked):
            raise EditError(
                "The labels of {} are locked ({}); unlock them to change them.",
                before.titled(old.id),
                old.locked,
            )


def _is_touched(old: Track, new: Track) -> bool:
    found = ANNOTATION in old.missing - new.missing
    if not found and not same_work(old, new):
        return True
    if old.lanes.keys() != new.lanes.keys():
        return True
    return any(
        lane is not old.lanes[name] and name not in old.missing
        for name, lane in new.lanes.items()
    )
