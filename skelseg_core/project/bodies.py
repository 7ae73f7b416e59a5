"""Bodies: whether it is known which figure of the poses the person of a track is.

The only person of a video is the subject that is found by itself. If several people
have tracks, each needs a choice of a figure, which all tracks of that person share.
Without one a network would be given the figure of another person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skelseg_core.errors import ProjectError
from skelseg_core.project.project import Project, VideoItem
from skelseg_core.said import Said


def is_body_known(project: Project, item: VideoItem) -> bool:
    """Tell whether it is known which figure the person of a track is.

    A track of the scene needs none.
    """
    if item.picks or _is_of_scene(project, item):
        return True
    tracks = project.tracks_of(item.id)
    return all(t.person == item.person or _is_of_scene(project, t) for t in tracks)


def check_body(project: Project, item: VideoItem) -> None:
    """Refuse a track if it is not known which figure its person is.

    Raises
    ------
    ProjectError
    """
    if not is_body_known(project, item):
        raise ProjectError(
            "It is not known which figure in {} is {}; open the video, go to this "
            "person and click the figure.",
            item.video_id,
            item.person or "the person without a name",
        )


def people_without_body(project: Project, items: Iterable[VideoItem]) -> list[str]:
    """List the people whose figure is not known, as "video: person", each once."""
    found = (
        f"{item.video_id}: {item.person or '?'}"
        for item in items
        if not is_body_known(project, item)
    )
    return list(dict.fromkeys(found))


def bodiless_text(people: Sequence[str]) -> str:
    """Say of `people_without_body` what mends it."""
    return Said(
        "{}: it is not known which figure this is. Open the video, go to the person "
        "and click the figure.",
        ", ".join(people),
    )


def _is_of_scene(project: Project, item: VideoItem) -> bool:
    return any(t.id == item.tier and t.of == "scene" for t in project.tiers)
