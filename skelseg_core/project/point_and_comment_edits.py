"""Edits of points and comments: pure functions of projects."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skelseg_core.errors import EditError
from skelseg_core.labels.comments import Comment, sorted_comments
from skelseg_core.labels.points import Point, Points, sorted_points
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId, VideoId


def edit_points(
    project: Project, item_id: TrackId, edit: Callable[[Points], Iterable[Point]]
) -> Project:
    """Apply an edit to the points of a track.

    Raises
    ------
    EditError
        Where the track has segments, a point is outside of the video, or its class is
        not of the track's tier.
    """
    item = project.track(item_id)
    tier = project.tier(item.tier)
    if tier.kind != "points":
        raise EditError("'{}' has segments, not points.", tier.name)
    points = sorted_points(edit(item.marks), item.n_frames)
    if not {m.class_id for m in points} <= {*project.classes_of(item).ids}:
        raise EditError("A point has a class that '{}' does not have.", tier.name)
    if points == item.marks:
        return project
    return project.with_tracks(item.with_said(marks=points))


def add_comments(
    project: Project, video_id: VideoId, comments: Iterable[Comment]
) -> Project:
    """Add comments to a video, whichever of its tracks ``video_id`` is.

    Raises
    ------
    EditError
        Where one is outside of the video.
    """
    return _with_comments(project, video_id, (), comments)


def replace_comment(
    project: Project, video_id: VideoId, old: Comment, new: Comment | None
) -> Project:
    """Put another comment in the place of one, or take it away.

    Raises
    ------
    EditError
        Where it is not there any more.
    """
    if old not in project.video(video_id).comments:
        raise EditError("This comment has changed meanwhile. Look at it again.")
    return _with_comments(project, video_id, (old,), () if new is None else (new,))


def _with_comments(
    project: Project,
    video_id: VideoId,
    less: Iterable[Comment],
    more: Iterable[Comment],
) -> Project:
    video, gone = project.video(video_id), {*less}
    kept = (c for c in video.comments if c not in gone)
    comments = sorted_comments((*kept, *more), video.n_frames)
    if comments == video.comments:
        return project
    return project.with_video(video.with_said(comments=comments))
