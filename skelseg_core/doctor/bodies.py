"""People of a project whose figure in the poses is not known, or is that of another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from skelseg_core.doctor.finding import Finding
from skelseg_core.errors import SkelsegError
from skelseg_core.project.bodies import bodiless_text, people_in, tracks_without_body
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.video_poses import load_estimate, with_subject
from skelseg_core.said import Said


def unknown_bodies(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find people who are neither trained on nor pre-labelled for lack of a figure."""
    for whose, item in tracks_without_body(project, project.tracks).items():
        track = project.said_of(item.id)
        yield Finding("body", "warning", bodiless_text([whose]), item.id, track=track)


def shared_bodies(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find two people of a video who are the same figure where both are seen."""
    for video in project.videos:
        people = {n: v for n, v in people_in(project, video.id).items() if v.picks}
        path = folder.poses_path(video.id)
        if len(people) < 2 or not path.is_file():
            continue
        try:
            estimate = load_estimate(
                path, next(iter(people.values())), project.skeleton
            )
        except SkelsegError:
            continue  # said where frames are compared
        figures = {n: with_subject(estimate, v)[1] for n, v in people.items()}
        for one, other in combinations(people, 2):
            both = (figures[one] >= 0) & (figures[other] >= 0)
            same = int(np.sum(both & (figures[one] == figures[other])))
            if 2 * same > int(both.sum()):
                text = Said(
                    "{}: {} and {} are the same figure in {:,} frames, so both are "
                    "labelled by the motion of one. Open the video, go to the person "
                    "who is wrong and click the figure.",
                    video.title,
                    one or "?",
                    other or "?",
                    same,
                )
                item = people[other]
                track = project.said_of(item.id)
                yield Finding("body", "warning", text, item.id, track=track)
