"""Plan of an import of labels: all its numbers, its words, and the one edit that it is.

Nothing is changed before `ImportPlan.apply`, which is a pure edit of the project. What
must not happen is a sentence in `ImportPlan.problems`, and a plan with problems cannot
be applied. `label_import` makes plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from skelseg_core.choices import choice
from skelseg_core.errors import ConfigError, EditError
from skelseg_core.formats.label_file import Interval
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import joined_at
from skelseg_core.labels.points import Point
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.imports.frames_and_overlaps import FramedLabels, Overlap
from skelseg_core.project.imports.kept_tracks import (
    NO_EDITS,
    Assigned,
    SourceTrack,
    TrackEdits,
)
from skelseg_core.project.imports.label_tracks import (
    Problem,
    TextPolicy,
    TrackOfVideo,
    TrackPolicy,
)
from skelseg_core.project.point_and_comment_edits import add_comments, edit_points
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    Track,
    add_annotator_lane,
    add_video,
    annotator_lane,
    set_lane,
    set_people,
)
from skelseg_core.said import Said, counted, listed

Existing = Literal["refuse", "fill", "replace"]
Unpaired = Literal["refuse", "end", "next", "leave-out"]


@dataclass(frozen=True)
class ImportChoices:
    """Choices of a person on how label files are imported.

    Of ``picks``, whole titles of tracks or names, those tracks are taken that have all
    of them; where none has, those that have any. ``assigned`` is what a person said of
    the tiers and people of tracks that are kept; the rest is proposed.
    """

    video: str = choice("", "Video that was labelled.", metavar="ID", of="video")
    picks: tuple[str, ...] = choice(
        (),
        "Tier, observation, subject, player or annotator; may be repeated.",
        "--pick",
        metavar="NAME",
    )
    annotator: str = choice(
        "", "Put the labels into the lane of this person.", metavar="NAME"
    )
    tracks: TrackPolicy = choice(
        "refuse",
        "Several tracks of a video: keep tiers and people, or make one of all.",
        title="Several tracks",
        words=("choose…", "are kept, by tier and person", "become one"),
    )
    assigned: Assigned = ()
    text: TextPolicy = choice(
        "refuse",
        "Tracks of free text: import them as comments, or each text as a class.",
        title="Free text",
        words=("choose…", "becomes comments", "becomes classes"),
    )
    overlap: Overlap = choice(
        "refuse",
        "Which label counts where two overlap.",
        title="Where two overlap",
        words=(
            "choose…",
            "the one that starts last counts",
            "the one that started first counts",
        ),
    )
    unpaired: Unpaired = choice(
        "refuse",
        "Events that start and do not stop: end them with the video or at the next "
        "event of their subject, or leave them out.",
        title="Events that do not stop",
        words=(
            "choose…",
            "end with the video",
            "end at the next event of the subject",
            "are left out",
        ),
    )
    existing: Existing = choice(
        "refuse",
        "Existing labels: refuse, fill only unlabelled frames, or replace them.",
        title="Existing labels",
        words=("choose…", "keep them: fill only unlabelled frames", "are replaced"),
    )
    rate: float | None = choice(
        None, "Frames per second of the labels, if there is no video.", metavar="R"
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be chosen."""
        if self.rate is not None and not 0 < self.rate < 1e6:
            raise ConfigError(
                "The rate is {} frames per second; it must be above 0.", self.rate
            )
        for what, value, known in (
            ("tracks", self.tracks, get_args(TrackPolicy)),
            ("text", self.text, get_args(TextPolicy)),
            ("overlap", self.overlap, get_args(Overlap)),
            ("unpaired", self.unpaired, get_args(Unpaired)),
            ("existing", self.existing, get_args(Existing)),
        ):
            if value not in known:
                raise ConfigError(
                    "{} is '{}'; it must be {}.", what, value, ", ".join(known)
                )

    @property
    def lane(self) -> str:
        """Name of the lane that the labels go into."""
        return annotator_lane(self.annotator) if self.annotator else ANNOTATION


@dataclass(frozen=True)
class PlannedVideo:
    """Labels that one video is given.

    Parameters
    ----------
    video_id : str
    source : TrackOfVideo
        Where they come from, and why they are of this video.
    labels : FramedLabels
        By frames.
    n_there : int
        Frames of the lane that are labelled, or that a person left undecided, already.
    n_taken : int
        Frames that get a label by this import.
    notes : tuple of str
        Sentences on the rate of the file.
    people : tuple of str
        Who the file says is in the video, beside those of whom that is known.
    title : str
        What the track of the video is called in a sentence.
    """

    video_id: str
    source: TrackOfVideo
    labels: FramedLabels
    n_there: int = 0
    n_taken: int = 0
    notes: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class PlannedExtra:
    """Points of a track, or comments on one or on the whole video, in frames."""

    item_id: str
    said: tuple[Interval, ...]
    comments: bool = False
    on_video: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes of points."""
        return () if self.comments else tuple(dict.fromkeys(i.name for i in self.said))

    def apply(self, project: Project) -> Project:
        """Add them; raises EditError where the project has changed meanwhile."""
        item = project.track(self.item_id)
        if self.comments:
            track = None if self.on_video else item.id
            made = (
                Comment(int(i.start), int(i.stop), track, i.name, "", "")
                for i in self.said
            )
            return add_comments(project, item.id, made)
        ids = class_ids(project.classes_of(item), self.names)
        marks = (
            Point(int(i.start), ids[i.name], i.source, i.reviewed, i.confidence)
            for i in self.said
        )
        return edit_points(project, item.id, lambda there: (*there, *marks))


@dataclass(frozen=True)
class ImportPlan:
    """Plan of an import: what becomes of every label, before anything is changed.

    Parameters
    ----------
    choices : ImportChoices
    videos : tuple of PlannedVideo
        The videos that get labels.
    added : tuple of Track
        Those that are added to the project for it.
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
    asked : tuple of SourceTrack
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
    asked: tuple[SourceTrack, ...] = ()
    extra: tuple[PlannedExtra, ...] = ()

    @classmethod
    def refused(cls, choices: ImportChoices, text: str) -> ImportPlan:
        """Make a plan that cannot be applied, of choices that cannot be made."""
        return cls(choices, problems=(Problem(text),))

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
            own = [c for c in self.classes if c.tier == tier]
            project = add_classes(project, own, tier)
        for planned in self.videos:
            classes = project.classes_of(planned.video_id)
            ids = class_ids(classes, planned.labels.names)
            project = _labelled(project, planned, ids, self.choices)
        for extra in self.extra:
            project = extra.apply(project)
        named = ((project.track(v.video_id), v.people) for v in self.videos if v.people)
        return set_people(project, {i.id: (*i.people, *new) for i, new in named})

    def lines(self) -> list[str]:
        """Write the plan as plain sentences, without the problems."""
        lines = [line for v in self.videos for line in video_lines(v, self.choices)]
        return [*lines, *self.remarks()]

    def remarks(self) -> list[str]:
        """Write what is to be said of the import as a whole, as plain sentences."""
        lines: list[str] = []
        if self.added:
            ids = listed([item.id for item in self.added])
            lines.append(Said("{} to add: {}.", counted(len(self.added), "video"), ids))
        lines += self.track_edits.lines
        for what in (False, True):
            n = sum(len(e.said) for e in self.extra if e.comments is what)
            lines += [
                Said("{} to add.", counted(n, "comment" if what else "point"))
            ] * bool(n)
        if self.classes:
            names = listed([c.name for c in self.classes])
            lines.append(
                Said("{}: {}.", counted(len(self.classes), "new class"), names)
            )
        if self.not_found and self.videos:  # else a problem reports it
            lines.append(
                Said(
                    "No video was found for {}: left out; add the video first or "
                    "choose it.",
                    listed(self.not_found),
                )
            )
        if self.not_picked:
            lines.append(Said("Not chosen: {}.", listed(self.not_picked)))
        return [*lines, *self.notes]

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return {
            "videos": [video_json(v, self.choices) for v in self.videos],
            "added_videos": [item.id for item in self.added],
            "new_classes": [c.name for c in self.classes],
            "tracks": [
                {"said": [*one.said], "into": None if one.into is None else [*one.into]}
                for one in self.asked
            ],
            "not_found": list(self.not_found),
            "not_picked": list(self.not_picked),
            "notes": list(self.notes),
            "problems": [{"kind": p.kind, "text": p.text} for p in self.problems],
        }


# -- the edit -----------------------------------------------------------------------


def _labelled(
    project: Project,
    planned: PlannedVideo,
    ids: Mapping[str, int],
    choices: ImportChoices,
) -> Project:
    item = project.track(planned.video_id)
    if item.n_frames != planned.labels.n_frames:
        raise EditError(
            "{} has {:,} frames now and had {:,}; import the labels again.",
            item.id,
            item.n_frames,
            planned.labels.n_frames,
        )
    new = planned.labels.segmentation(ids)
    there = item.lanes.get(choices.lane)
    if there is not None and choices.existing == "fill":
        new = filled(there, new)
    elif choices.existing == "refuse" and says_something(there):
        raise EditError(
            "{} already has labels; fill only unlabelled frames, or replace all.",
            item.id,
        )
    if choices.annotator:
        return add_annotator_lane(project, item.id, choices.annotator, new)
    return set_lane(project, item.id, ANNOTATION, new)


def says_something(lane: Segmentation | None) -> bool:
    """Tell whether a person or a model said anything of a frame of a lane."""
    return lane is not None and bool(lane.n_labelled or lane.n_undecided)


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


def video_lines(v: PlannedVideo, choices: ImportChoices) -> list[str]:
    """Write what one video gets, and what is lost, as plain sentences."""
    labels = v.labels
    where = f" into the lane of {choices.annotator}" if choices.annotator else ""
    track = f" ({v.source.track.title})" if v.source.track.title else ""
    gaps = f", {labels.n_gaps:,} in gaps stay unlabelled" if labels.n_gaps else ""
    first = (
        f"{v.title}: {counted(labels.n_segments, 'segment')} of {v.source.file}"
        f"{track}{where}, {v.source.why}; {labels.n_labelled:,} of "
        f"{counted(labels.n_frames, 'frame')} labelled{gaps}."
    )
    return [first, *(f"  {text}" for text in video_remarks(v, choices))]


def video_remarks(v: PlannedVideo, choices: ImportChoices) -> list[str]:
    """Write what is to be said of the labels of one video, as plain sentences."""
    labels, lines = v.labels, []
    if labels.n_overlaps:
        who = {"last": Said(": the last counts"), "first": Said(": the first counts")}
        shared = counted(labels.n_overlaps, "frame")
        lines.append(Said("{} in overlaps{}.", shared, who.get(choices.overlap, "")))
    if labels.covered:
        lines.append(
            Said(
                "{} lost all frames to others: {}.",
                counted(len(labels.covered), "segment"),
                listed(labels.covered),
            )
        )
    if labels.n_short:
        lines.append(
            Said(
                "{} shorter than a frame: each gets the frame at its time.",
                counted(labels.n_short, "segment"),
            )
        )
    if labels.n_off:
        lines.append(
            Said(
                "{} more than half a frame from the nearest boundary, at "
                "most {:.3f} s: the nearest is used.",
                counted(labels.n_off, "time"),
                labels.most_off_s,
            )
        )
    if v.n_there and choices.existing == "fill":
        lines.append(
            Said(
                "{} keep their labels, {:,} unlabelled ones get a label.",
                counted(v.n_there, "frame"),
                v.n_taken,
            )
        )
    if v.n_there and choices.existing == "replace":
        lines.append(
            Said("The labels of {} are replaced.", counted(v.n_there, "frame"))
        )
    if v.people:
        lines.append(Said("People, according to the file: {}.", listed(v.people)))
    return [*lines, *v.notes]


def video_json(v: PlannedVideo, choices: ImportChoices) -> dict[str, Any]:
    """Return what one video gets as plain values."""
    labels = v.labels
    return {
        "id": v.video_id,
        "file": v.source.file,
        "track": v.source.track.title,
        "found_by": v.source.why,
        "lane": choices.lane,
        "n_segments": labels.n_segments,
        "n_frames": labels.n_frames,
        "n_labelled": labels.n_labelled,
        "n_gaps": labels.n_gaps,
        "n_overlaps": labels.n_overlaps,
        "covered": list(labels.covered),
        "n_short": labels.n_short,
        "n_off": labels.n_off,
        "most_off_s": round(labels.most_off_s, 6),
        "n_there": v.n_there,
        "n_taken": v.n_taken,
        "notes": list(v.notes),
        "people": list(v.people),
    }
