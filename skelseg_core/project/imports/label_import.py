"""Import of label files: plan what becomes of every label.

`plan_import` finds the video of each track, turns times into frames and counts what is
labelled, overlaps and is left out; the plan that it returns is applied as one edit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelseg_core.errors import EditError, FormatError, SkelsegError
from skelseg_core.formats.label_file import LabelFile, LabelTrack, one_line
from skelseg_core.labels.classes import ActionClass, check_class_name
from skelseg_core.labels.people import MOST_PEOPLE, people_of_text
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.frames_and_overlaps import (
    MOST_BEYOND_S,
    FramedLabels,
    framed,
    in_frames,
    told_apart,
)
from skelseg_core.project.imports.kept_tracks import NO_EDITS, KeptTracks, keep_tracks
from skelseg_core.project.imports.label_plan import (
    ImportChoices,
    ImportPlan,
    PlannedExtra,
    PlannedVideo,
    class_ids,
)
from skelseg_core.project.imports.label_tracks import (
    Problem,
    TrackOfVideo,
    find_tracks,
    part_of,
    with_unpaired,
)
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.project import ANNOTATION, Project, Track, add_video
from skelseg_core.project.tracks import TrackKey
from skelseg_core.said import Said, counted, listed
from skelseg_core.video.times import FrameTimes

RATE_DIFFERS = 0.0005
"""Share by which the rate of a file may differ from that of the video unsaid: less than
the difference of 29.97 and 30, which is a frame in half a minute."""

MOST_NAMED = 20
"""Things of a file that are left out and named, at most."""


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
    found = find_tracks(
        folder,
        project,
        files,
        choices.video,
        choices.picks,
        places,
        choices.rate,
        blank=new,
        tracks=choices.tracks,
        text=choices.text,
    )
    problems = list(found.problems)
    whole = project
    for item in found.added:
        whole = add_video(whole, item)
    kept = KeptTracks(NO_EDITS, (), whole, found.tracks)
    if choices.tracks == "keep":
        try:
            kept = keep_tracks(
                whole, found.tracks, choices.assigned, _colors(files), new
            )
        except SkelsegError as error:
            problems.append(Problem(str(error)))
        problems += [Problem(text, ("picks",)) for text in kept.problems]
    whole = kept.project
    planned: list[PlannedVideo] = []
    extra: list[PlannedExtra] = []
    for n, source in enumerate(kept.tracks):
        yield Progress("reading the times", n, len(kept.tracks))
        try:
            source, times = _timed(folder, whole, source, choices.rate)
            if source.track.what != "segments":
                extra.append(_extra(source, times, choices.rate))
                continue
            video = _planned(source, times, choices)
            if source.row and not source.track.unpaired and not video.labels.pieces:
                continue  # all of it is in the other videos
            planned.append(_not_again(video, planned, whole))
            problems += _refusals(video, choices)
        except SkelsegError as error:
            problems.append(Problem(str(error)))
    if not found.tracks and not problems:
        problems.append(Problem(_nothing(files, found.not_found), ("video",)))
    plan = ImportPlan(
        choices,
        tuple(planned),
        found.added,
        tuple(_new_classes(whole, planned, extra, files, new)),
        found.not_found,
        found.not_picked,
        (
            *found.notes,
            *_beside_notes(planned, {e.comments for e in extra}),
            *_lane_notes(planned, files, choices),
            *_former_notes(whole, planned),
        ),
        tuple(problems),
        kept.edits,
        kept.asked,
        tuple(extra),
    )
    return _checked(plan, project)


def _timed(
    folder: ProjectFolder, project: Project, source: TrackOfVideo, rate: float | None
) -> tuple[TrackOfVideo, FrameTimes]:
    """Return a track that counts from where its video begins, and the video's times."""
    times = _times(folder, project, source, rate)
    row = source.track.in_row
    if row is None:
        return source, times
    lengths_s = {
        item.id: _times(folder, project, replace(source, item=item), rate).duration_s
        for item in source.row
    }
    whole_s = sum(lengths_s.values())
    if row.total_s is not None and abs(whole_s - row.total_s) > MOST_BEYOND_S:
        raise FormatError(
            "{} says that the videos of {} are {:.3f} s long together, but {} are "
            "{:.3f} s: one may be missing between; import the project of BORIS.",
            source.file,
            source.track.title,
            row.total_s,
            listed(list(lengths_s)),
            whole_s,
        )
    ids = [item.id for item in source.row]
    at = ids.index(source.item.id)
    begins_s = sum(lengths_s[name] for name in ids[:at])
    ends_s = begins_s + times.duration_s if at + 1 < len(ids) else math.inf
    track = part_of(source.track, begins_s, ends_s)
    return replace(source, track=track), times


def _times(
    folder: ProjectFolder, project: Project, source: TrackOfVideo, rate: float | None
) -> FrameTimes:
    """Return the times of the frames of a video, of its own table where it counts."""
    item, track = source.item, source.track
    if not item.has_video:
        return FrameTimes.even(item.n_frames, rate or track.rate or item.mean_rate)
    if track.unit == "frame" and rate is None:
        return item.even_times
    with open_recording(folder, item, project.media_roots) as reader:
        return reader.times


def _planned(
    source: TrackOfVideo, times: FrameTimes, choices: ImportChoices
) -> PlannedVideo:
    track, item = source.track, source.item
    _check_names(track, source.file)
    rate = choices.rate if item.has_video else None
    if track.unit == "frame" and rate is None:
        _check_length(track, item, source.file)
    notes = _rate_notes(track, item, rate)
    if track.unpaired:
        notes += _unpaired_notes(track, choices)
        end = times.duration_s
        if track.unit == "frame":
            end = times.n_frames if rate is None else end * rate
        ends = choices.unpaired in ("end", "next")
        track = with_unpaired(track, ends, choices.unpaired == "next", end)
    labels = framed(track, times, source.file, choices.overlap, rate)
    if track.guesses and not track.says_who:
        labels = told_apart(labels, track.guesses)
        notes += _guess_notes(labels)
    there = _protected(item, choices.lane)
    n_taken = labels.n_labelled
    if choices.existing == "fill" and there is not None:
        n_taken = _n_filled(labels, there)
    people, refused = _people(source)
    return PlannedVideo(
        item.id,
        source,
        labels,
        0 if there is None else there.n_labelled + there.n_undecided,
        n_taken,
        (*notes, *refused),
        people,
    )


def _not_again(
    video: PlannedVideo, before: Iterable[PlannedVideo], project: Project
) -> PlannedVideo:
    """Leave out what is said of another track of the same video and file already."""
    film, source = project.video(video.video_id).id, video.source
    said = {
        note
        for other in before
        if (project.video(other.video_id).id, other.source.file) == (film, source.file)
        for note in other.notes
    }
    notes = tuple(note for note in video.notes if note not in said)
    return replace(video, notes=notes, title=project.titled(video.video_id))


def _extra(source: TrackOfVideo, times: FrameTimes, rate: float | None) -> PlannedExtra:
    comments = source.track.what == "comments"
    if not comments:
        _check_names(source.track, source.file)
    said = in_frames(source.track, times, source.file, rate)
    on_video = comments and not source.track.tier
    return PlannedExtra(source.item.id, tuple(said), comments, on_video)


def _people(source: TrackOfVideo) -> tuple[tuple[str, ...], list[str]]:
    """List whom the file sees in the video and nobody named, and what names nobody."""
    found: dict[str, None] = {}
    refused = []
    for name in source.people:
        try:
            found.update(dict.fromkeys(people_of_text(one_line(name))))
        except EditError as error:
            refused.append(f"These people were left out: {error}")
    known = {p.casefold() for p in source.item.people}
    new = tuple(p for p in found if p.casefold() not in known)
    if len(new) + len(known) > MOST_PEOPLE or ANNOTATION in source.item.missing:
        return (), [*refused, f"{counted(len(new), 'name')} of people are left out."]
    return new, refused


def _guess_notes(labels: FramedLabels) -> tuple[str, ...]:
    n, agreed = labels.n_of_model
    if not n:
        return ()
    seen = f"a person agreed with {agreed:,} of them" if agreed else "nobody agreed"
    return (
        f"A model labelled {counted(n, 'frame')} of these, and {seen}: they are "
        "imported with these marks.",
    )


def _check_names(track: LabelTrack, file: str) -> None:
    """Refuse a name that no class can have, with its place."""
    seen = {""}
    for i in (*track.intervals, *track.unpaired):
        if (name := i.name.strip()) not in seen:
            seen.add(name)
            try:
                check_class_name(name)
            except EditError as error:
                raise FormatError("{}, {}: {}", file, i.place, error) from error


def _check_length(track: LabelTrack, item: Track, file: str) -> None:
    if track.n_frames not in (None, item.n_frames):
        raise FormatError(
            "{} labels {:,} frames and {} has {:,}; use the labels of this video.",
            file,
            track.n_frames,
            item.id,
            item.n_frames,
        )


def _protected(item: Track, lane: str) -> Segmentation | None:
    """Return the labels that the lane has; None where it is empty or new."""
    if lane in item.missing:
        raise FormatError("{}", item.why_missing(lane))
    return item.lanes.get(lane)


def _n_filled(labels: FramedLabels, there: Segmentation) -> int:
    free = np.repeat(
        [s.unlabelled for s in there.segments],
        np.diff(there.starts, append=there.n_frames),
    )
    return sum(int(free[a:b].sum()) for a, b, said in labels.pieces if said.name)


def _rate_notes(track: LabelTrack, item: Track, rate: float | None) -> tuple[str, ...]:
    if track.unit == "frame" and rate is not None:
        return (
            f"Its frames, {rate:g} per second, were converted to frames of the video "
            "by their times.",
        )
    said = track.rate
    if not said or abs(said - item.mean_rate) <= RATE_DIFFERS * item.mean_rate:
        return ()
    what = (
        "frame numbers are kept, so give the rate if they are not those of the video"
        if track.unit == "frame"
        else "times are kept as they are"
    )
    return (
        f"The file says {said:g} frames per second and the video has "
        f"{item.mean_rate:.6g}; {what}.",
    )


def _unpaired_notes(track: LabelTrack, choices: ImportChoices) -> tuple[str, ...]:
    """Say of each event that lacks its other end what becomes of it."""
    if choices.unpaired == "refuse":
        return ()
    found = []
    for what, does in (("start", "are left out"), ("stop", _ENDS[choices.unpaired])):
        events = [i for i in track.unpaired if (i.stop > i.start) == (what == "stop")]
        if events:
            named = listed([f"'{i.name}' ({i.place})" for i in events])
            found.append(f"Events without a {what} {does}: {named}.")
    return tuple(found)


_ENDS = {
    "end": "end with the video",
    "next": "end at the next event",
    "leave-out": "are left out",
}


def _unpaired_problem(planned: PlannedVideo) -> Problem:
    """Say which event lacks its other end, and how many do."""
    track = planned.source.track
    first, n = track.unpaired[0], len(track.unpaired)
    at = f"{first.start:.3f} s" if track.unit == "s" else f"image {first.start + 1:.0f}"
    does = "starts at {} and does not stop"
    if first.stop <= first.start:
        does = "stops at {} without a start before"
    more = f", and {counted(n - 1, 'more event')} like it" if n > 1 else ""
    return Problem(
        f"{planned.source.file}, {first.place}: '{first.name}' of {track.title} "
        f"{does.format(at)}{more}; end such events with the video or at the next "
        "event, leave them out, or choose other tracks.",
        ("unpaired", "picks"),
    )


def _refusals(planned: PlannedVideo, choices: ImportChoices) -> list[Problem]:
    found = []
    if planned.source.track.unpaired and choices.unpaired == "refuse":
        found.append(_unpaired_problem(planned))
    if planned.labels.overlap and choices.overlap == "refuse":
        text = f"{planned.labels.overlap}; choose whether the last or first counts."
        found.append(Problem(text, ("overlap",)))
    if planned.n_there and choices.existing == "refuse":
        lane = planned.video_id
        if choices.annotator:
            lane = Said("the lane of {} in {}", choices.annotator, lane)
        text = Said(
            "{} of {} already have labels; fill only the others, replace all, or "
            "import these for another annotator.",
            counted(planned.n_there, "frame"),
            lane,
        )
        found.append(Problem(text, ("existing", "annotator")))
    return found


def _nothing(files: Sequence[LabelFile], not_found: Sequence[str]) -> str:
    if not_found:
        return (
            f"The project has no video for {listed(not_found)}; add it, or choose the "
            "video."
        )
    return f"{listed([f.path.name for f in files])} has no labels."


def _new_classes(
    project: Project,
    planned: Sequence[PlannedVideo],
    extra: Sequence[PlannedExtra],
    files: Sequence[LabelFile],
    new: bool,
) -> Iterator[ActionClass]:
    """List the classes that the tiers lack; of a project that is new, all of them."""
    colors = _colors(files)
    by_tier: dict[str, list[PlannedVideo]] = {}
    for video in planned:
        by_tier.setdefault(video.source.item.tier, []).append(video)
    for one in extra:
        by_tier.setdefault(project.track(one.item_id).tier, [])
    for tier, own in by_tier.items():
        points = [e for e in extra if project.track(e.item_id).tier == tier]
        names = [name for v in own for name in v.labels.names]
        names += [name for e in points for name in e.names]
        declared = [n for v in own for n in v.source.track.vocabulary]
        if not declared and len(project.tiers) == 1:
            declared = [n for f in files for n in f.classes]
        wanted = [n.strip() for n in declared if new or n.strip() in names]
        known = class_ids(project.classes_of(TrackKey(tier)), [*wanted, *names])
        for n, name in enumerate(dict.fromkeys([*wanted, *names])):
            if new or name not in known:
                yield ActionClass(n, name, color=colors.get(name, ""), tier=tier)


def _colors(files: Sequence[LabelFile]) -> dict[str, str]:
    return {n.strip(): c for f in files for n, c in f.colors.items()}


def _former_notes(project: Project, planned: Sequence[PlannedVideo]) -> list[str]:
    found: dict[str, None] = {}
    for video in planned:
        classes = project.classes_of(video.source.item)
        found |= {
            f"The class '{name}' was merged into '{classes.name_of(class_id)}'.": None
            for name, class_id in class_ids(classes, video.labels.names).items()
            if classes.named(name) is None
        }
    return [*found]


def _beside_notes(
    planned: Sequence[PlannedVideo], comments: Collection[bool]
) -> list[str]:
    """Count what the files say of these labels and labels have no place for."""
    intervals = (i for v in planned for i in v.source.track.intervals)
    counts = Counter(what for i in intervals for what in i.beside)
    if True in comments:
        counts.pop("comment", None)
    if not counts:
        return []
    named = [f"{what} {n:,}" for what, n in counts.most_common(MOST_NAMED)]
    more = len(counts) - len(named)
    rest = f" and {more:,} more" if more else ""
    return [f"Not imported, with the number of labels: {', '.join(named)}{rest}."]


def _lane_notes(
    planned: Sequence[PlannedVideo], files: Sequence[LabelFile], choices: ImportChoices
) -> list[str]:
    """Say that tracks of one file need not be two annotators."""
    media = {f.path.name: Counter(t.media for t in f.tracks) for f in files}
    sources = [v.source for v in planned]
    several = {s.file for s in sources if media[s.file][s.track.media] > 1}
    if not choices.annotator or not several:
        return []
    return [
        f"{listed(sorted(several))} has several tracks of one video. They are two "
        "annotators only if two people labelled the same thing. Otherwise agreement "
        "between them means nothing. Import them as labels of the project to keep "
        "tiers and people."
    ]


def _checked(plan: ImportPlan, project: Project) -> ImportPlan:
    """Do the edit once, so that what it refuses is said before."""
    if not plan.problems:
        try:
            plan.apply(project)
        except SkelsegError as error:
            return replace(plan, problems=(Problem(str(error)),))
    return plan
