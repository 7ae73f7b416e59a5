"""Import of label files: plan what becomes of every label.

Labels are found (which video), named (which tier and person, as the file says) and
assigned (which track of the project). `plan_import` turns their times into frames and
counts what is labelled, overlaps and is left out; its plan is applied as one edit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from skelseg_core.errors import EditError, FormatError, SkelsegError
from skelseg_core.formats.label_file import Interval, LabelFile, LabelTrack, one_line
from skelseg_core.labels.classes import ActionClass, check_class_name
from skelseg_core.labels.people import MOST_PEOPLE, people_of_text
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.assigned_labels import (
    Assigned,
    AssignedLabels,
    assign_labels,
)
from skelseg_core.project.imports.found_labels import Found, Problem, find_labels
from skelseg_core.project.imports.frames_and_overlaps import (
    MOST_BEYOND_S,
    framed,
    in_frames,
    told_apart,
)
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_plan import (
    ImportPlan,
    PlannedExtra,
    PlannedVideo,
    class_ids,
    filled,
    n_said,
)
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.tracks import TrackKey
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said, counted, listed
from skelseg_core.video.times import FrameTimes

RATE_DIFFERS = 0.0005
"""Share by which the rate of a file may differ from that of the video unsaid: less than
the difference of 29.97 and 30, which is a frame in half a minute."""

MOST_NAMED = 20
"""Things of a file that are left out and named, at most."""
_ENDS = {
    "end": "end with the video",
    "next": "end at the next event",
    "leave-out": "are left out",
}
"""What becomes of an event without a stop, by the choice."""


def plan_import(
    folder: ProjectFolder,
    project: Project,
    files: Sequence[LabelFile],
    choices: ImportChoices | None = None,
    places: Sequence[Path] = (),
    new: bool = False,
) -> Task[ImportPlan]:
    """Plan what becomes of the labels of files; nothing is changed.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
        What they are imported into.
    files : sequence of LabelFile
    choices : ImportChoices, optional
    places : sequence of Path
        Folders where videos are looked for that the project does not have.
    new : bool
        Whether the project is made for these files: classes that they declare and do
        not use are added too, and labels without a video become recordings.

    Raises
    ------
    SkelsegError
        Where a name that was chosen is none, or a video cannot be read.
    """
    choices = choices or ImportChoices()
    yield Progress("finding the videos")
    found = find_labels(folder, project, files, choices, places, new)
    problems = list(found.problems)
    whole = project
    for track in found.added:
        whole = add_video(whole, track)
    colors = {n.strip(): c for f in files for n, c in f.colors.items()}
    assigned = AssignedLabels(whole)
    try:
        assigned = assign_labels(whole, found.labels, choices, colors, new)
    except SkelsegError as error:
        problems.append(Problem(str(error)))
    problems += assigned.problems
    whole = assigned.project
    frames = _Frames(folder, whole, choices)
    for n, one in enumerate(assigned.labels):
        yield Progress("reading the times", n, len(assigned.labels))
        try:
            frames.take(one)
        except SkelsegError as error:
            frames.problems.append(Problem(str(error)))
    problems += frames.problems
    planned, extra = frames.videos, frames.extra
    if not found.labels and not problems:
        problems.append(_nothing(files, found.not_found))
    plan = ImportPlan(
        choices,
        tuple(planned),
        found.added,
        tuple(_new_classes(frames, files, colors, new)),
        found.not_found,
        found.not_picked,
        (
            *found.notes,
            *_beside_notes(planned, {e.comments for e in extra}),
            *_lane_notes(planned, files, choices),
            *_former_notes(whole, planned),
        ),
        tuple(problems),
        assigned.edits,
        assigned.proposed,
        tuple(extra),
    )
    if not problems:
        try:
            plan.apply(project)  # so that what it refuses is said before
        except SkelsegError as error:
            return replace(plan, problems=(Problem(str(error)),))
    return plan


def _nothing(files: Sequence[LabelFile], not_found: Sequence[str]) -> Problem:
    text = f"{listed([f.path.name for f in files])} has no labels."
    if not_found:
        text = (
            f"The project has no video for {listed(not_found)}; add it, or choose the "
            "video."
        )
    return Problem(text, ("video",))


# -- frames -------------------------------------------------------------------------


class _Frames:
    """Labels in frames of their videos, and why some cannot be imported."""

    def __init__(
        self, folder: ProjectFolder, project: Project, choices: ImportChoices
    ) -> None:
        self.folder, self.project, self.choices = folder, project, choices
        self.videos: list[PlannedVideo] = []
        self.extra: list[PlannedExtra] = []
        self.problems: list[Problem] = []

    def take(self, one: Assigned) -> None:
        """Turn the times of labels into frames."""
        found, track, rate = one.found, one.track, self.choices.rate
        times = self._times(track, found.labels)
        if found.labels.in_row is not None:
            labels = self._part_of_row(found, times)
            if not (labels.unpaired or labels.intervals):
                return  # all of it is in the other videos
            found = replace(found, labels=labels)
        labels = found.labels
        if labels.what != "comments":
            _check_names(labels, found.file)
        if labels.what == "segments":
            self._plan(found, track, times)
            return
        comments = labels.what == "comments"
        inside = tuple(in_frames(labels, times, found.file, rate))
        on_video = comments and not labels.tier
        self.extra.append(
            PlannedExtra(track.id, track.video_id, inside, comments, on_video)
        )

    def _times(self, track: Track, labels: LabelTrack) -> FrameTimes:
        """Return the times of the frames of a video, from its file if need be."""
        rate = self.choices.rate
        if not track.video.has_file:
            usual = labels.rate or track.video.mean_rate
            return FrameTimes.even(track.n_frames, rate or usual)
        if labels.unit == "frame" and rate is None:
            return track.video.even_times
        with open_recording(self.folder, track, self.project.media_roots) as reader:
            return reader.times

    def _part_of_row(self, found: Found, times: FrameTimes) -> LabelTrack:
        """Cut labels to their video, of several that played in a row."""
        row = found.labels.in_row
        assert row is not None
        lengths_s = {v.id: self._times(v, found.labels).duration_s for v in found.row}
        whole_s = sum(lengths_s.values())
        if row.total_s is not None and abs(whole_s - row.total_s) > MOST_BEYOND_S:
            raise FormatError(
                "{} says that the videos of {} are {:.3f} s long together, but {} are "
                "{:.3f} s: one may be missing between; import the project of BORIS.",
                found.file,
                found.labels.title,
                row.total_s,
                listed(list(lengths_s)),
                whole_s,
            )
        at = [*lengths_s].index(found.track.id)
        begins_s = sum([*lengths_s.values()][:at])
        ends_s = math.inf if at + 1 == len(lengths_s) else begins_s + times.duration_s
        return _part_of(found.labels, begins_s, ends_s)

    def _plan(self, found: Found, track: Track, times: FrameTimes) -> None:
        choices, labels, file = self.choices, found.labels, found.file
        rate = choices.rate if track.video.has_file else None
        by_number = labels.unit == "frame" and rate is None
        if by_number and labels.n_frames not in (None, track.n_frames):
            raise FormatError(
                "{} labels {:,} frames and {} has {:,}; use the labels of this video.",
                file,
                labels.n_frames,
                self.project.titled(track.id),
                track.n_frames,
            )
        notes = [*_rate_notes(labels, track, rate)]
        if labels.unpaired:
            notes += _unpaired_notes(labels, choices)
            per_s = rate if labels.unit == "frame" and rate else 1.0
            end = times.n_frames if by_number else times.duration_s * per_s
            labels = _with_ends(labels, choices, end)
        inside = framed(labels, times, file, choices.overlap, rate)
        if labels.guesses and not labels.says_who:
            inside = told_apart(inside, labels.guesses)
            notes += _guess_notes(*inside.n_of_model)
        if choices.lane in track.missing:
            raise FormatError("{}", track.why_missing(choices.lane))
        there, n_taken = track.lanes.get(choices.lane), inside.n_labelled
        if choices.existing == "fill" and there is not None:
            new = inside.segmentation(dict.fromkeys(inside.names, 0))
            n_taken = filled(there, new).n_labelled - there.n_labelled
        people, refused = _new_people(found)
        said = {
            note
            for other in self.videos
            if (other.source.path, other.source.track.video_id)
            == (found.path, track.video_id)
            for note in other.notes
        }
        planned = PlannedVideo(
            track.id,
            replace(found, labels=labels),
            inside,
            n_said(there) if there else 0,
            n_taken,
            tuple(note for note in (*notes, *refused) if note not in said),
            people,
            self.project.titled(track.id),
        )
        self.videos.append(planned)
        self.problems += _refusals(planned, choices)


def _part_of(labels: LabelTrack, begins_s: float, ends_s: float) -> LabelTrack:
    """Cut labels of several videos to one of them, and count from where that begins.

    The first video has what lies before it, and the last what lies behind.
    """
    from_s = begins_s or -math.inf

    def cut(i: Interval) -> Interval:
        start, stop = max(i.start, from_s), min(i.stop, ends_s)
        return replace(i, start=start - begins_s, stop=stop - begins_s)

    inside = (i for i in labels.intervals if i.start < ends_s and i.stop > from_s)
    begun = (i for i in labels.unpaired if from_s <= i.start < ends_s)
    return replace(
        labels, intervals=tuple(map(cut, inside)), unpaired=tuple(map(cut, begun))
    )


def _with_ends(labels: LabelTrack, choices: ImportChoices, end: float) -> LabelTrack:
    """Give the events that do not stop an end, that of the video at latest.

    Those that do not start are left out.
    """
    at_next = choices.unpaired == "next"
    ended = [
        replace(i, stop=max(i.start, min(i.stop, end) if at_next else end))
        for i in labels.unpaired
        if choices.unpaired in ("end", "next") and i.stop > i.start
    ]
    return replace(labels, intervals=(*labels.intervals, *ended))


def _check_names(labels: LabelTrack, file: str) -> None:
    """Refuse a name that no class can have, with its place."""
    places: dict[str, str] = {}
    for i in (*labels.intervals, *labels.unpaired):
        places.setdefault(i.name.strip(), i.place)
    places.pop("", None)
    for name, place in places.items():
        try:
            check_class_name(name)
        except EditError as error:
            raise FormatError("{}, {}: {}", file, place, error) from error


# -- what is to be said -------------------------------------------------------------


def _new_people(found: Found) -> tuple[tuple[str, ...], list[str]]:
    """List whom the file sees in the video and nobody named, and what names nobody."""
    names: dict[str, None] = {}
    refused = []
    for name in found.people:
        try:
            names.update(dict.fromkeys(people_of_text(one_line(name))))
        except EditError as error:
            refused.append(f"These people were left out: {error}")
    known = {person.casefold() for person in found.track.video.people}
    new = tuple(name for name in names if name.casefold() not in known)
    if len(new) + len(known) > MOST_PEOPLE or ANNOTATION in found.track.missing:
        return (), [*refused, f"{counted(len(new), 'name')} of people are left out."]
    return new, refused


def _guess_notes(n_frames: int, n_agreed: int) -> list[str]:
    seen = f"a person agreed with {n_agreed:,} of them" if n_agreed else "nobody agreed"
    text = (
        f"A model labelled {counted(n_frames, 'frame')} of these, and {seen}: they are "
        "imported with these marks."
    )
    return [text] if n_frames else []


def _rate_notes(labels: LabelTrack, track: Track, rate: float | None) -> list[str]:
    if labels.unit == "frame" and rate is not None:
        return [
            f"Its frames, {rate:g} per second, were converted to frames of the video "
            "by their times."
        ]
    usual = track.video.mean_rate
    if not labels.rate or abs(labels.rate - usual) <= RATE_DIFFERS * usual:
        return []
    kept = (
        "frame numbers are kept, so give the rate if they are not those of the video"
        if labels.unit == "frame"
        else "times are kept as they are"
    )
    return [
        f"The file says {labels.rate:g} frames per second and the video has "
        f"{usual:.6g}; {kept}."
    ]


def _unpaired_notes(labels: LabelTrack, choices: ImportChoices) -> Iterator[str]:
    """Say of each event that lacks its other end what becomes of it."""
    if choices.unpaired == "refuse":
        return
    for lacks, does in (("start", "are left out"), ("stop", _ENDS[choices.unpaired])):
        events = [i for i in labels.unpaired if (i.stop > i.start) == (lacks == "stop")]
        if events:
            named = listed([f"'{i.name}' ({i.place})" for i in events])
            yield f"Events without a {lacks} {does}: {named}."


def _refusals(planned: PlannedVideo, choices: ImportChoices) -> Iterator[Problem]:
    """Say what a person has to choose before labels can be imported."""
    labels = planned.source.labels
    if labels.unpaired and choices.unpaired == "refuse":
        first, n = labels.unpaired[0], len(labels.unpaired)
        at = f"{first.start:.3f} s"
        if labels.unit == "frame":
            at = f"image {first.start + 1:.0f}"
        does = f"starts at {at} and does not stop"
        if first.stop <= first.start:
            does = f"stops at {at} without a start before"
        more = f", and {counted(n - 1, 'more event')} like it" if n > 1 else ""
        text = (
            f"{planned.source.file}, {first.place}: '{first.name}' of {labels.title} "
            f"{does}{more}; end such events with the video or at the next event, leave "
            "them out, or choose other tracks."
        )
        yield Problem(text, ("unpaired", "picks"))
    if planned.labels.overlap and choices.overlap == "refuse":
        text = f"{planned.labels.overlap}; choose whether the last or first counts."
        yield Problem(text, ("overlap",))
    if planned.n_there and choices.existing == "refuse":
        lane: str = planned.title
        if choices.annotator:
            lane = Said("the lane of {} in {}", choices.annotator, lane)
        text = Said(
            "{} of {} already have labels; fill only the others, replace all, or "
            "import these for another annotator.",
            counted(planned.n_there, "frame"),
            lane,
        )
        yield Problem(text, ("existing", "annotator"))


def _new_classes(
    frames: _Frames, files: Sequence[LabelFile], colors: Mapping[str, str], new: bool
) -> Iterator[ActionClass]:
    """List the classes that the tiers lack; of a project that is new, all of them."""
    project = frames.project
    used: dict[str, dict[str, None]] = {}
    declared: dict[str, dict[str, None]] = {}
    for video in frames.videos:
        tier = project.track(video.track_id).tier
        used.setdefault(tier, {}).update(dict.fromkeys(video.labels.names))
        vocabulary = dict.fromkeys(video.source.labels.vocabulary)
        declared.setdefault(tier, {}).update(vocabulary)
    for extra in frames.extra:
        tier = project.track(extra.track_id).tier
        used.setdefault(tier, {}).update(dict.fromkeys(extra.names))
    for tier, names in used.items():
        known_names = declared.get(tier)
        if not known_names and len(project.tiers) == 1:
            known_names = dict.fromkeys(n for f in files for n in f.classes)
        wanted = [n.strip() for n in known_names or () if new or n.strip() in names]
        every = dict.fromkeys([*wanted, *names])
        known = class_ids(project.classes_of(TrackKey(tier)), every)
        for n, name in enumerate(every):
            if new or name not in known:
                yield ActionClass(n, name, color=colors.get(name, ""), tier=tier)


def _former_notes(project: Project, planned: Sequence[PlannedVideo]) -> list[str]:
    found: dict[str, None] = {}
    for video in planned:
        classes = project.classes_of(video.track_id)
        for name, class_id in class_ids(classes, video.labels.names).items():
            if classes.named(name) is None:
                into = classes.name_of(class_id)
                found[f"The class '{name}' was merged into '{into}'."] = None
    return [*found]


def _beside_notes(
    planned: Sequence[PlannedVideo], comments: Collection[bool]
) -> list[str]:
    """Count what the files say of these labels and labels have no place for."""
    intervals = (i for v in planned for i in v.source.labels.intervals)
    counts = Counter(name for i in intervals for name in i.beside)
    if True in comments:
        counts.pop("comment", None)
    named = [f"{name} {n:,}" for name, n in counts.most_common(MOST_NAMED)]
    more = len(counts) - len(named)
    rest = f" and {more:,} more" if more else ""
    text = f"Not imported, with the number of labels: {', '.join(named)}{rest}."
    return [text] if counts else []


def _lane_notes(
    planned: Sequence[PlannedVideo], files: Sequence[LabelFile], choices: ImportChoices
) -> list[str]:
    """Say that tracks of one file need not be two annotators."""
    medias = {f.path: Counter(t.media for t in f.tracks) for f in files}
    sources = [video.source for video in planned]
    several = {s.file for s in sources if medias[s.path][s.labels.media] > 1}
    if not choices.annotator or not several:
        return []
    return [
        f"{listed(sorted(several))} has several tracks of one video. They are two "
        "annotators only if two people labelled the same thing. Otherwise agreement "
        "between them means nothing. Import them as labels of the project to keep "
        "tiers and people."
    ]
