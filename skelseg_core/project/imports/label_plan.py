"""Plan of an import of labels: all its numbers, its words, and the one edit that it is.

Nothing is changed before `ImportPlan.apply`, which is a pure edit of the project. What
must not happen is a sentence in `ImportPlan.problems`, and a plan with problems cannot
be applied. `label_import` makes plans.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from skelseg_core.errors import EditError
from skelseg_core.formats.label_file import Interval
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import joined_at
from skelseg_core.labels.points import Point
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.imports.assigned_labels import (
    NO_EDITS,
    ProposedTrack,
    TrackEdits,
)
from skelseg_core.project.imports.found_labels import Found, Problem
from skelseg_core.project.imports.frames_and_overlaps import FramedLabels
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.point_and_comment_edits import add_comments, edit_points
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    add_video,
    set_lane,
    set_people,
)
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said, counted, listed

_NUMBERS = (
    "n_segments",
    "n_frames",
    "n_labelled",
    "n_gaps",
    "n_overlaps",
    "n_short",
    "n_off",
)
"""Numbers of labels in frames that plain values of a plan have."""


@dataclass(frozen=True)
class PlannedVideo:
    """Labels that one track of a video is given.

    Parameters
    ----------
    track_id : TrackId
        Track that gets the labels.
    source : Found
        Where they come from, and why they are of this video.
    labels : FramedLabels
        By frames.
    n_there : int
        Frames of the lane that are labelled, or that a person left undecided, already.
    n_taken : int
        Frames that get a label by this import.
    notes : tuple of str
        Sentences on what the file says that is not as in the video.
    people : tuple of str
        Who the file says is in the video, beside those of whom that is known.
    title : str
        What the track of the video is called in a sentence.
    """

    track_id: TrackId
    source: Found
    labels: FramedLabels
    n_there: int = 0
    n_taken: int = 0
    notes: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    title: str = ""

    @property
    def video_id(self) -> VideoId:
        """Id of the video."""
        return self.source.track.video_id

    def line(self, choices: ImportChoices) -> str:
        """Write what it gets as a plain sentence."""
        labels, source = self.labels, self.source
        lane = f" into the lane of {choices.annotator}" if choices.annotator else ""
        track = f" ({source.labels.title})" if source.labels.title else ""
        gaps = f", {labels.n_gaps:,} in gaps stay unlabelled" if labels.n_gaps else ""
        return (
            f"{self.title}: {counted(labels.n_segments, 'segment')} of {source.file}"
            f"{track}{lane}, {source.why}; {labels.n_labelled:,} of "
            f"{counted(labels.n_frames, 'frame')} labelled{gaps}."
        )

    def remarks(self, choices: ImportChoices) -> list[str]:
        """Write what is lost, or is to be known, as plain sentences."""
        labels, there = self.labels, counted(self.n_there, "frame")
        fills, replaces = (choices.existing == how for how in ("fill", "replace"))
        counting = {
            "last": Said(": the last counts"),
            "first": Said(": the first counts"),
        }
        remarks = [
            (
                labels.n_overlaps,
                Said(
                    "{} in overlaps{}.",
                    counted(labels.n_overlaps, "frame"),
                    counting.get(choices.overlap, ""),
                ),
            ),
            (
                labels.covered,
                Said(
                    "{} lost all frames to others: {}.",
                    counted(len(labels.covered), "segment"),
                    listed(labels.covered),
                ),
            ),
            (
                labels.n_short,
                Said(
                    "{} shorter than a frame: each gets the frame at its time.",
                    counted(labels.n_short, "segment"),
                ),
            ),
            (
                labels.n_off,
                Said(
                    "{} more than half a frame from the nearest boundary, at "
                    "most {:.3f} s: the nearest is used.",
                    counted(labels.n_off, "time"),
                    labels.most_off_s,
                ),
            ),
            (
                self.n_there and fills,
                Said(
                    "{} keep their labels, {:,} unlabelled ones get a label.",
                    there,
                    self.n_taken,
                ),
            ),
            (self.n_there and replaces, Said("The labels of {} are replaced.", there)),
            (
                self.people,
                Said("People, according to the file: {}.", listed(self.people)),
            ),
        ]
        return [*(text for is_so, text in remarks if is_so), *self.notes]

    def as_json(self, choices: ImportChoices) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "id": self.track_id,
            "file": self.source.file,
            "track": self.source.labels.title,
            "found_by": self.source.why,
            "lane": choices.lane,
            **{name: getattr(self.labels, name) for name in _NUMBERS},
            "covered": list(self.labels.covered),
            "most_off_s": round(self.labels.most_off_s, 6),
            "n_there": self.n_there,
            "n_taken": self.n_taken,
            "notes": list(self.notes),
            "people": list(self.people),
        }


@dataclass(frozen=True)
class PlannedExtra:
    """Points of a track, or comments on one or on the whole video, in frames."""

    track_id: TrackId
    video_id: VideoId
    labels: tuple[Interval, ...]
    comments: bool = False
    on_video: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes of points."""
        names = dict.fromkeys(label.name for label in self.labels)
        return () if self.comments else tuple(names)

    def apply(self, project: Project) -> Project:
        """Add them; raises EditError where the project has changed meanwhile."""
        item = project.track(self.track_id)
        if self.comments:
            track = None if self.on_video else item.id
            comments = (
                Comment(int(label.start), int(label.stop), track, label.name, "", "")
                for label in self.labels
            )
            return add_comments(project, item.video_id, comments)
        ids = class_ids(project.classes_of(item), self.names)
        points = (
            Point(int(i.start), ids[i.name], i.source, i.reviewed, i.confidence)
            for i in self.labels
        )
        return edit_points(project, item.id, lambda there: (*there, *points))


@dataclass(frozen=True)
class ImportPlan:
    """Plan of an import: what becomes of every label, before anything is changed.

    Parameters
    ----------
    choices : ImportChoices
    videos : tuple of PlannedVideo
        The tracks of videos that get labels.
    added : tuple of Track
        Videos that are added to the project for it.
    classes : tuple of ActionClass
        Those that are added to the project for it; ids do not count.
    not_found : tuple of str
        Tracks without a video, each as file and media: they are left out.
    not_picked : tuple of str
        Names of the tracks that were not chosen.
    notes : tuple of str
        Sentences on what the files hold and labels cannot.
    problems : tuple of Problem
        Why this cannot be done, and what to do.
    track_edits : TrackEdits
        Tiers and people that are added to the project for it.
    proposed : tuple of ProposedTrack
        What becomes of the tiers and people of the files, where these are kept.
    extra : tuple of PlannedExtra
        Points and comments that come with them.
    """

    choices: ImportChoices
    videos: tuple[PlannedVideo, ...] = ()
    added: tuple[Track, ...] = ()
    classes: tuple[ActionClass, ...] = ()
    not_found: tuple[str, ...] = ()
    not_picked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    track_edits: TrackEdits = NO_EDITS
    proposed: tuple[ProposedTrack, ...] = ()
    extra: tuple[PlannedExtra, ...] = ()

    def apply(self, project: Project) -> Project:
        """Give the videos their labels, and the project the classes and videos.

        Raises
        ------
        EditError
            Where the plan has a problem, or the project has changed so that it no
            longer holds.
        """
        if self.problems:
            raise EditError("{}", self.problems[0].text)
        for item in self.added:
            project = add_video(project, item)
        project = self.track_edits.apply(project)
        for tier in dict.fromkeys(c.tier for c in self.classes):
            new = [c for c in self.classes if c.tier == tier]
            project = add_classes(project, new, tier)
        for planned in self.videos:
            project = _labelled(project, planned, self.choices)
        for extra in self.extra:
            project = extra.apply(project)
        named = ((project.track(v.track_id), v.people) for v in self.videos if v.people)
        return set_people(
            project, {i.video_id: (*i.video.people, *new) for i, new in named}
        )

    def lines(self) -> list[str]:
        """Write the plan as plain sentences, without the problems."""
        lines = []
        for video in self.videos:
            remarks = (f"  {text}" for text in video.remarks(self.choices))
            lines += [video.line(self.choices), *remarks]
        return [*lines, *self.remarks()]

    def remarks(self) -> list[str]:
        """Write what is to be said of the import as a whole, as plain sentences."""
        ids = listed([item.id for item in self.added])
        names = listed([c.name for c in self.classes])
        n_comments = sum(len(e.labels) for e in self.extra if e.comments)
        n_points = sum(len(e.labels) for e in self.extra) - n_comments
        added = Said("{} to add: {}.", counted(len(self.added), "video"), ids)
        remarks = [
            (n_points, Said("{} to add.", counted(n_points, "point"))),
            (n_comments, Said("{} to add.", counted(n_comments, "comment"))),
            (
                self.classes,
                Said("{}: {}.", counted(len(self.classes), "new class"), names),
            ),
            (
                self.not_found and self.videos,  # else a problem reports it
                Said(
                    "No video was found for {}: left out; add the video first or "
                    "choose it.",
                    listed(self.not_found),
                ),
            ),
            (self.not_picked, Said("Not chosen: {}.", listed(self.not_picked))),
        ]
        return [
            *([added] if self.added else []),
            *self.track_edits.lines,
            *(text for is_so, text in remarks if is_so),
            *self.notes,
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return {
            "videos": [video.as_json(self.choices) for video in self.videos],
            "added_videos": [item.id for item in self.added],
            "new_classes": [c.name for c in self.classes],
            "tracks": [
                {"source": [*p.source], "target": p.target and [*p.target]}
                for p in self.proposed
            ],
            "not_found": list(self.not_found),
            "not_picked": list(self.not_picked),
            "notes": list(self.notes),
            "problems": [{"kind": p.kind, "text": p.text} for p in self.problems],
        }


# -- the edit -----------------------------------------------------------------------


def _labelled(
    project: Project, planned: PlannedVideo, choices: ImportChoices
) -> Project:
    item = project.track(planned.track_id)
    if item.n_frames != planned.labels.n_frames:
        raise EditError(
            "{} has {:,} frames now and had {:,}; import the labels again.",
            planned.title,
            item.n_frames,
            planned.labels.n_frames,
        )
    ids = class_ids(project.classes_of(item), planned.labels.names)
    new = planned.labels.segmentation(ids)
    there = item.lanes.get(choices.lane)
    if there is not None and choices.existing == "fill":
        new = filled(there, new)
    elif choices.existing == "refuse" and there and n_said(there):
        raise EditError(
            "{} already has labels; fill only unlabelled frames, or replace all.",
            planned.title,
        )
    if choices.annotator:
        return add_annotator_lane(project, item.id, choices.annotator, new)
    return set_lane(project, item.id, ANNOTATION, new)


def n_said(lane: Segmentation) -> int:
    """Count the frames that are labelled, or that a person left undecided."""
    return lane.n_labelled + lane.n_undecided


def filled(there: Segmentation, new: Segmentation) -> Segmentation:
    """Give unlabelled frames the labels of another segmentation; all others stay."""
    made: list[Segment] = []
    at = 0
    for old in there.segments:
        if not old.unlabelled:
            made.append(old)
            continue
        while at < len(new.segments) and new.segments[at].stop <= old.start:
            at += 1
        inside = []
        for n in range(at, len(new.segments)):
            said = new.segments[n]
            if said.start >= old.stop:
                break
            start, stop = max(said.start, old.start), min(said.stop, old.stop)
            inside.append((old if said.unlabelled else said).part(start, stop))
        made += [old] if all(s.unlabelled for s in inside) else inside
    result = Segmentation(tuple(made))
    for gap in there.segments:
        if gap.unlabelled:
            result = joined_at(joined_at(result, gap.start), gap.stop)
    return result


def class_ids(label_map: LabelMap, names: Iterable[str]) -> dict[str, int]:
    """Find the ids of classes by name; of a merged one, that of its successor."""
    former = {f.name: f.into for f in label_map.former if f.into is not None}
    found = {}
    for name in names:
        item = label_map.named(name)
        class_id = former.get(name) if item is None else item.id
        if class_id is not None:
            found[name] = class_id
    return found
