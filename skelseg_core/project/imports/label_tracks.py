"""Tracks of label files and the videos that they are of, before times become frames."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Literal

from skelseg_core.array_files import content_key
from skelseg_core.errors import EditError
from skelseg_core.file_names import portable_name, short_name
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelTrack,
    file_name_in,
    one_line,
)
from skelseg_core.labels.people import people_of_text
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.imports.videos_of_files import (
    VideoNames,
    VideoSearch,
    names_of,
)
from skelseg_core.project.poses_only_video import MAX_FRAMES
from skelseg_core.project.project import ANNOTATION, Project, Track, add_video
from skelseg_core.said import listed

TrackPolicy = Literal["refuse", "keep", "one"]
"""What an import does with several tracks: refuse, keep all, or make one of them."""
TextPolicy = Literal["refuse", "comments", "classes"]
"""Policy for free text: refuse it, make comments, or make classes."""
LEAST_TEXTS = 50
"""Labels of a track up to which they are no free text, however seldom each is."""
Wants = Callable[[tuple[str, ...]], bool]
"""Tells by its names whether a track is wanted."""
STAGE = 1920, 1080
"""Width and height in px of the picture of labels without a video."""


@dataclass(frozen=True)
class TrackOfVideo:
    """Track of a file, the video that it is of, and why: words for a person.

    ``row`` are the videos that played one after the other where times are of all;
    ``people`` all whom the file sees in the video, in other tracks as well. It is
    ``of_nobody`` if it names nobody and other tracks name people.
    """

    item: Track
    track: LabelTrack
    file: str
    why: str
    row: tuple[Track, ...] = ()
    people: tuple[str, ...] = ()
    of_nobody: bool = False


@dataclass(frozen=True)
class Problem:
    """Reason why labels cannot be imported as they are: a sentence.

    ``choices`` are the names of those that mend it, fields of `ImportChoices`.
    """

    text: str
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Name of the first choice that mends it; empty where none does."""
        return next(iter(self.choices), "")


@dataclass(frozen=True)
class FoundTracks:
    """Tracks that were chosen and found a video, and all that did not."""

    tracks: tuple[TrackOfVideo, ...]
    added: tuple[Track, ...]
    not_found: tuple[str, ...]
    not_picked: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def find_tracks(
    folder: ProjectFolder,
    project: Project,
    files: Sequence[LabelFile],
    video: str = "",
    picks: Sequence[str] = (),
    places: Sequence[Path] = (),
    rate: float | None = None,
    blank: bool = False,
    tracks: TrackPolicy = "refuse",
    text: TextPolicy = "refuse",
) -> FoundTracks:
    """Find the video of every track that is wanted.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    files : sequence of LabelFile
    video : str
        Id of the video that they are of; empty where files or names tell.
    picks : sequence of str
        Names of tracks; all where empty.
    places : sequence of Path
        Folders where videos are looked for that the project does not have.
    rate : float, optional
        Frames per second of labels that have no video; by default what the file says.
    blank : bool
        Whether labels of which no video is found become a recording without one.
    tracks : {"refuse", "keep", "one"}
        What becomes of several tracks of a video: with "keep" each is found alone.
    text : {"refuse", "comments", "classes"}
        What becomes of free text.

    Raises
    ------
    EditError
        Where no track has a name that was picked.
    VideoError
        Where a video that is to be added cannot be read.
    """
    if tracks == "keep":
        files = [replace(f, tracks=(*f.tracks, *f.extra), extra=()) for f in files]
    if text == "comments":
        files = texts_as_comments(files)
    wants = _wanted(files, picks)
    every = [(f, t) for f in files for t in f.tracks]
    chosen = [(f, t) for f, t in every if wants(t.picks)]
    left = [t for _, t in every if not wants(t.picks)]
    finder = _Finder(folder, project, places, rate, blank)
    for file, track in chosen:
        if track.fault:
            fault = f"{track.fault.rstrip('.')}, or choose the other tracks."
            finder.problems.append(Problem(fault, ("picks",)))
        if text == "refuse" and is_free_text(track, file):
            title = f" ({track.title})" if track.title else ""
            numbers = (
                f"{len(track.names):,} different labels of {len(track.intervals):,}"
            )
            said = (
                f"{file.path.name}{title} has free text, {numbers}; import it as "
                "comments or classes."
            )
            finder.problems.append(Problem(said, ("text",)))
    chosen = [(f, t) for f, t in chosen if not t.fault]
    if video:
        finder.take_all(chosen, project.track(video))
    else:
        for file, track in chosen:
            finder.take(file, track)
    kept = tracks == "keep"
    made = finder.each() if kept else finder.merged(tracks == "one")
    return finder.result(left, made, _file_notes(files, wants, kept))


def _file_notes(
    files: Sequence[LabelFile], wants: Wants, kept: bool
) -> tuple[str, ...]:
    said = {f.path: f.notes_of(wants, kept) for f in files}
    if len(files) == 1:
        return tuple(dict.fromkeys(note for notes in said.values() for note in notes))
    every = ((path.name, note) for path, notes in said.items() for note in notes)
    return tuple(f"{name}: {note}" for name, note in every)


def _wanted(files: Sequence[LabelFile], picks: Sequence[str]) -> Wants:
    """Tell tracks that have all names, by theirs; where none has, those with any."""
    wanted = {p.casefold() for p in picks}

    def named(own: tuple[str, ...]) -> set[str]:
        return wanted & {p.casefold() for p in (*own, ", ".join(own))}

    every = [t.picks for f in files for t in f.tracks]
    has = [*map(named, every)]
    known = list(dict.fromkeys(p for own in every for p in own))
    unknown = wanted.difference(*has)
    if unknown:
        first = next(p for p in picks if p.casefold() in unknown)
        raise EditError(
            "No track is called '{}'; the file has {}.",
            first,
            ", ".join(f"'{p}'" for p in known[:20]) or "one without a name",
        )
    least = len(wanted) if any(len(h) == len(wanted) for h in has) else 1
    return lambda own: len(named(own)) >= least


class _Finder:
    def __init__(
        self,
        folder: ProjectFolder,
        project: Project,
        places: Sequence[Path],
        rate: float | None,
        blank: bool,
    ) -> None:
        self.folder, self.project, self.rate, self.blank = folder, project, rate, blank
        self.names = VideoNames(project, folder.root)
        self.search = VideoSearch(places)
        self.added: list[Track] = []
        self.not_found: list[str] = []
        self.problems: list[Problem] = []
        self.of_video: dict[str, list[tuple[LabelFile, LabelTrack, str]]] = {}

    def take_all(
        self, chosen: Sequence[tuple[LabelFile, LabelTrack]], item: Track
    ) -> None:
        """Take the tracks that name a video, or all where none does."""
        named = [(f, t) for f, t in chosen if t.media and t.media_in(names_of(item))]
        medias = dict.fromkeys(t.media for _, t in chosen if t.media)
        if not named and len(medias) > 1:
            raise EditError(
                "{} labels several videos, {}, and none has the name {}; choose one "
                "of them.",
                chosen[0][0].path.name,
                listed(list(medias)),
                item.id,
            )
        for file, track in named or chosen:
            self._add(item, file, track, "as you chose")

    def take(self, file: LabelFile, track: LabelTrack) -> None:
        """Find the video of a track by the media it names, else by the file's name.

        Where the two contradict each other a person decides: labels of another video
        would be wrong without a word.
        """
        beside = os.path.realpath(file.path.parent)
        if track.media:
            named = self.names.of_media(track.media, beside)
            if len(named) > 1:
                ids = listed([v.id for v in named])
                text = (
                    f"{file.path.name} names the video {track.media}; choose which of "
                    f"{ids} it is."
                )
                self.problems.append(Problem(text, ("video",)))
                return
            if named:
                self._add(named[0], file, track, f"named {track.media} in the file")
                return
            if self._new(file, track):
                return
        found = self.names.of_file(file.path, beside)
        if found and not track.media:
            why = "named like the file"
            self._add(self.project.track(found), file, track, why)
        elif found and len({t.media for t in file.tracks}) == 1:
            text = (
                f"{file.path.name} has the name of {found}, but names the video "
                f"{track.media}, which is not in the project; choose the video."
            )
            self.problems.append(Problem(text, ("video",)))
        elif track.media or not self._new(file, track):
            self._without_video(file, track)

    def _without_video(self, file: LabelFile, track: LabelTrack) -> None:
        """Make a recording of labels alone where that is wanted; else leave it out."""
        name = file_name_in(track.media) or file.path.name
        if not self.blank:
            where = f"{file.path.name} of {track.media}" if track.media else name
            self.not_found.append(where)
            return
        rate = self.rate or track.rate
        n_frames = _length(track, rate)
        if rate is None or n_frames is None:
            text = (
                f"No video was found for {name}, and the file has no frame rate; put "
                "the video beside it, or give the rate."
            )
            self.problems.append(Problem(text, ("rate",)))
            return
        stem = (
            name.partition(".")[0] if track.media else file.path.name.partition(".")[0]
        )
        item = _blank_item(short_name(portable_name(stem)), n_frames, rate)
        if not self.project.has(item.id):
            self._take_in(item)
        self._add(item, file, track, "without a video")

    def _new(self, file: LabelFile, track: LabelTrack) -> bool:
        """Add the video of a track to the project, where its file is found."""
        paths = self.search.find(track.media, file.path)
        if len(paths) > 1:
            text = (
                f"{file.path.name} may belong to {listed([str(p) for p in paths])}; "
                "add the right one to the project first."
            )
            self.problems.append(Problem(text))
            return True
        if not paths:
            return False
        item = probe_video(paths[0], self.folder, self.project)
        self._take_in(item)
        self._add(item, file, track, f"found at {paths[0]}")
        return True

    def _take_in(self, item: Track) -> None:
        self.project = add_video(self.project, item)
        self.names.add(item)
        self.added.append(item)

    def _add(self, item: Track, file: LabelFile, track: LabelTrack, why: str) -> None:
        self.of_video.setdefault(item.id, []).append((file, track, why))

    def _row(self, track: LabelTrack, path: Path) -> tuple[Track, ...] | None:
        """Find the videos that played in a row; say which is missing, once, if any."""
        media = track.in_row.media if track.in_row else ()
        beside = os.path.realpath(path.parent)
        found = [self.names.of_media(name, beside) for name in media]
        missing = [m for m, items in zip(media, found, strict=True) if len(items) != 1]
        if not missing:
            return tuple(items[0] for items in found)
        text = (
            f"{path.name} counts the times of {listed(list(media))} together, and "
            f"{missing[0]} is not in the project; add it to find the starts of the "
            "others."
        )
        self.problems.append(Problem(text))
        return None

    def each(self) -> Iterator[TrackOfVideo]:
        """List the tracks as they are in the files."""
        for video_id, found in self.of_video.items():
            for file, track, why in found:
                made = self._of_video(video_id, file, track, why)
                if made is not None:
                    yield made

    def merged(self, into_one: bool) -> Iterator[TrackOfVideo]:
        """Make one track of those that are of the same video, or say why not.

        Comments stay apart.
        """
        for video_id, every in self.of_video.items():
            found = [one for one in every if one[1].what != "comments"]
            for file, track, why in every:
                on = self._of_video(video_id, file, track, why)
                if track.what == "comments" and on is not None:
                    yield on
            if not found:
                continue
            file, _, why = found[0]
            problem = _several(video_id, found, into_one)
            if problem:
                self.problems.append(Problem(problem, ("tracks", "picks")))
                continue
            whole = joined([t for _, t, _ in found])
            said, known = person_of(whole), self.project.track(video_id).person
            if known and said and said.casefold() != known.casefold() and not into_one:
                text = (
                    f"{file.path.name} labels {said}, and the labels of {video_id} are "
                    f"of {known}; keep tracks of tiers and people."
                )
                self.problems.append(Problem(text, ("tracks",)))
                continue
            made = self._of_video(video_id, file, whole, why)
            if made is not None:
                yield made

    def _of_video(
        self, video_id: str, file: LabelFile, track: LabelTrack, why: str
    ) -> TrackOfVideo | None:
        item = self.project.track(video_id)
        row = self._row(track, file.path)
        if row is None:
            return None
        people = tuple(self._people[file.path, track.media])
        # Of a video in which nobody is named, the labels are its subject's.
        others = people or (item.person and self._people[file.path, None])
        nobody = track.of_scene
        if nobody is None:
            nobody = bool(others) and not track.people
        return TrackOfVideo(item, track, file.path.name, why, row, people, nobody)

    @cached_property
    def _people(self) -> dict[tuple[Path, str | None], dict[str, None]]:
        """Whom files see in each video that they are of, and by None in all."""
        found: dict[tuple[Path, str | None], dict[str, None]] = {}
        files = {f.path: f for own in self.of_video.values() for f, _, _ in own}
        for file in files.values():
            for track in file.tracks:
                for media in (track.media, None):
                    people = found.setdefault((file.path, media), {})
                    people.update(dict.fromkeys(track.people))
        return found

    def result(
        self,
        left: Sequence[LabelTrack],
        tracks: Iterable[TrackOfVideo],
        notes: tuple[str, ...],
    ) -> FoundTracks:
        """Return these tracks, with what was not found, and why."""
        found = tuple(tracks)
        return FoundTracks(
            found,
            tuple(self.added),
            tuple(dict.fromkeys(self.not_found)),
            tuple(dict.fromkeys(t.title for t in left)),
            tuple(self.problems),
            notes,
        )


def _length(track: LabelTrack, rate: float | None) -> int | None:
    """Count the frames of a video by its labels; None where that cannot be known."""
    begun = (i.start for i in track.unpaired)
    last = max([*(i.stop for i in track.intervals), *begun], default=0.0)
    if track.unit == "s":
        last = last * rate if rate else 0.0
    if track.n_frames is not None:
        return track.n_frames
    return ceil(last - 0.5) if 0.5 < last <= MAX_FRAMES else None


def _blank_item(video_id: str, n_frames: int, rate: float) -> Track:
    return Track(
        video_id,
        "",
        f"poses-{content_key([video_id, n_frames])}",
        n_frames,
        *STAGE,
        rate,
        {ANNOTATION: Segmentation.unlabelled(n_frames)},
    )


def _several(
    video_id: str, found: Sequence[tuple[LabelFile, LabelTrack, str]], into_one: bool
) -> str:
    """Say why several tracks cannot be labels of one video; empty where they can."""
    files = list(dict.fromkeys(f.path.name for f, _, _ in found))
    if len(files) > 1:
        return f"{listed(files)} all label {video_id}; import one of them."
    titles = list(dict.fromkeys(t.title for _, t, _ in found))
    if len(titles) > 1 and not into_one:
        return (
            f"{files[0]} has several tracks of {video_id}: {quoted(titles)}; choose "
            "one, or keep them as tracks of tiers and people."
        )
    if len({(t.unit, t.n_frames) for _, t, _ in found}) > 1:
        return (
            f"{files[0]} counts tracks of {video_id} in different ways; choose one of "
            "them."
        )
    return ""


def quoted(names: Iterable[str]) -> str:
    """List names in quotes, the first twenty."""
    return ", ".join(f"'{name}'" for name in [*names][:20])


def is_free_text(track: LabelTrack, file: LabelFile) -> bool:
    """Tell whether labels are texts: many, mostly said once, and of no vocabulary."""
    known = {*track.vocabulary, *file.classes}
    counts = Counter(i.name for i in track.intervals if i.name not in known)
    once = sum(n == 1 for n in counts.values())
    return (
        track.what == "segments"
        and sum(counts.values()) > LEAST_TEXTS
        and 2 * once > len(track.intervals)
    )


def texts_as_comments(files: Iterable[LabelFile]) -> list[LabelFile]:
    """Make comments on the whole video of all free text."""
    return [
        replace(
            file,
            tracks=tuple(
                replace(
                    track,
                    intervals=tuple(i for i in track.intervals if i.name.strip()),
                    tier="",
                    what="comments",
                )
                if is_free_text(track, file)
                else track
                for track in file.tracks
            ),
        )
        for file in files
    ]


def person_of(track: LabelTrack) -> str:
    """Name the person whom a track is of; empty where they are several, or nobody."""
    try:
        people = people_of_text(one_line(", ".join(track.people)))
    except EditError:
        return ""  # the import says that this names nobody
    return people[0] if len(people) == 1 else ""


def joined(tracks: Sequence[LabelTrack]) -> LabelTrack:
    """Make one track of several of the same video."""
    if len(tracks) == 1:
        return tracks[0]
    intervals = [i for t in tracks for i in t.intervals]
    picks = dict.fromkeys(t.title for t in tracks if t.title)
    return replace(
        tracks[0],
        intervals=tuple(sorted(intervals, key=lambda i: (i.start, i.stop))),
        picks=tuple(picks),
        unpaired=tuple(i for t in tracks for i in t.unpaired),
    )


def with_unpaired(
    track: LabelTrack, ends: bool, at_next: bool, end: float
) -> LabelTrack:
    """Give the events that do not stop an end, which is that of the video at latest.

    Parameters
    ----------
    track : LabelTrack
    ends : bool
        Whether they get one; else they are left out, as those that do not start are.
    at_next : bool
        Whether the next event of their subject ends them.
    end : float
        Of the video, in the unit of the track.
    """
    ended = [
        replace(i, stop=max(i.start, min(i.stop, end) if at_next else end))
        for i in track.unpaired
        if ends and i.stop > i.start
    ]
    return replace(track, intervals=(*track.intervals, *ended))


def part_of(track: LabelTrack, begins_s: float, ends_s: float) -> LabelTrack:
    """Cut a track of several videos to one of them, and count from where that begins.

    The first video has what lies before it, and the last what lies behind.
    """
    from_s = begins_s or -math.inf

    def cut(i: Interval) -> Interval:
        start, stop = max(i.start, from_s), min(i.stop, ends_s)
        return replace(i, start=start - begins_s, stop=stop - begins_s)

    inside = (i for i in track.intervals if i.start < ends_s and i.stop > from_s)
    begun = (i for i in track.unpaired if from_s <= i.start < ends_s)
    return replace(
        track, intervals=tuple(map(cut, inside)), unpaired=tuple(map(cut, begun))
    )
