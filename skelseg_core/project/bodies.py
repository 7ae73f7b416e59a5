"""Bodies: whether it is known which figure of the poses the person of a track is.

The only person of a video is the subject that is found by itself. If several people
have tracks, each needs a choice of a figure, which all tracks of that person share.
Without one a network would be given the figure of another person.
"""

from __future__ import annotations

from collections.abc import Iterable

from skelseg_core.errors import ProjectError
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said


def is_body_known(project: Project, item: Track) -> bool:
    """Tell whether it is known which figure the person of a track is.

    A track of the scene needs none.
    """
    return not _without_body(project, [item], project.tracks_of(item.video_id))


def people_in(project: Project, video_id: VideoId) -> dict[str, Track]:
    """Return a track of each person who is labelled in a video, by name, in order."""
    of_scene = {tier.id for tier in project.tiers if tier.of == "scene"}
    found: dict[str, Track] = {}
    for track in project.tracks_of(video_id):
        if track.tier not in of_scene:
            found.setdefault(track.person, track)
    return found


def check_body(project: Project, item: Track) -> None:
    """Refuse a track if it is not known which figure its person is.

    Raises
    ------
    ProjectError
    """
    if not is_body_known(project, item):
        raise ProjectError(
            "It is not known which figure in {} is {}; open the video, go to this "
            "person and click the figure.",
            item.video.title,
            item.person or "the person without a name",
        )


def people_without_body(project: Project, items: Iterable[Track]) -> list[str]:
    """List the people whose figure is not known, as "video: person", each once."""
    return list(tracks_without_body(project, items))


def tracks_without_body(project: Project, items: Iterable[Track]) -> dict[str, Track]:
    """Return a track of each of `people_without_body`, by these."""
    without = _without_body(project, items, project.tracks)
    found: dict[str, Track] = {}
    for item in without:
        found.setdefault(f"{item.video.title}: {item.person or '?'}", item)
    return found


def bodiless_text(people: Iterable[str]) -> str:
    """Say of `people_without_body` what mends it."""
    return Said(
        "{}: it is not known which figure this is. Open the video, go to the person "
        "and click the figure.",
        ", ".join(people),
    )


def _without_body(
    project: Project, items: Iterable[Track], tracks: Iterable[Track]
) -> list[Track]:
    """List the items whose figure is not known, of videos with these tracks."""
    of_scene = {tier.id for tier in project.tiers if tier.of == "scene"}
    people: dict[str, set[str]] = {}
    for track in tracks:
        if track.tier not in of_scene:
            people.setdefault(track.video_id, set()).add(track.person)
    return [
        item
        for item in items
        if not (item.picks or item.tier in of_scene)
        and people[item.video_id] != {item.person}
    ]
