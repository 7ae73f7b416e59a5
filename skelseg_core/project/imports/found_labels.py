"""Labels that were found: each track of a file, and the video that it is of."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from skelseg_core.array_files import content_key
from skelseg_core.errors import EditError
from skelseg_core.file_names import portable_name, short_name
from skelseg_core.formats.label_file import LabelFile, LabelTrack, file_name_in
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.videos_of_files import (
    VideoNames,
    VideoSearch,
    names_of,
)
from skelseg_core.project.poses_only_video import MAX_FRAMES
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import listed

LEAST_TEXTS = 50
"""Labels of a track up to which they are no free text, however seldom each is."""
STAGE = 1920, 1080
"""Width and height in px of the picture of labels without a video."""


@dataclass(frozen=True)
class Found:
    """A track of a label file, and the video that it is of.

    Parameters
    ----------
    labels : LabelTrack
        What the file says.
    path : Path
        The file.
    track : Track
        The track of the project that the file names, or the first of its video.
    why : str
        Why it is of this one, for a person.
    row : tuple of Track
        Videos that played one after the other, where times are those of all.
    people : tuple of str
        All whom the file sees in the video, in other tracks as well.
    of_nobody : bool
        Whether it names nobody, while other tracks name people.
    """

    labels: LabelTrack
    path: Path
    track: Track
    why: str
    row: tuple[Track, ...] = ()
    people: tuple[str, ...] = ()
    of_nobody: bool = False

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.path.name


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
class FoundLabels:
    """All tracks of files that were chosen and found a video, and what did not."""

    labels: tuple[Found, ...]
    added: tuple[Track, ...]
    not_found: tuple[str, ...]
    not_picked: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def find_labels(
    folder: ProjectFolder,
    project: Project,
    files: Sequence[LabelFile],
    choices: ImportChoices,
    places: Sequence[Path] = (),
    new: bool = False,
) -> FoundLabels:
    """Find the video of every track that is wanted; parameters as `plan_import`.

    Raises
    ------
    EditError
        Where no track has a name that was picked.
    VideoError
        Where a video that is to be added cannot be read.
    """
    keeps = choices.tracks == "keep"
    if keeps:
        files = [replace(f, tracks=(*f.tracks, *f.extra), extra=()) for f in files]
    if choices.text == "comments":
        files = texts_as_comments(files)
    is_wanted = _wanted(files, choices.picks)
    every = [(file, labels) for file in files for labels in file.tracks]
    chosen = [(file, labels) for file, labels in every if is_wanted(labels.picks)]
    not_picked = [labels.title for _, labels in every if not is_wanted(labels.picks)]
    faults = [p for file, labels in chosen for p in _faults(file, labels, choices)]
    chosen = [(file, labels) for file, labels in chosen if not labels.fault]
    videos = _Videos(folder, project, places, choices.rate, new)
    found: list[Found | Problem | None] = []
    if choices.video:
        found += _all_of(project.track(TrackId(choices.video)), chosen)
    else:
        found += [videos.of(file, labels) for file, labels in chosen]
    seen = _people(files)
    with_people = (_with_people(f, seen) for f in found if isinstance(f, Found))
    whole = [videos.in_row(f) for f in with_people]
    problems = (p for p in (*faults, *found, *whole) if isinstance(p, Problem))
    return FoundLabels(
        tuple(f for f in whole if isinstance(f, Found)),
        tuple(videos.added),
        tuple(dict.fromkeys(videos.not_found)),
        tuple(dict.fromkeys(not_picked)),
        tuple(problems),
        _notes(files, is_wanted, keeps),
    )


def _wanted(
    files: Sequence[LabelFile], picks: Sequence[str]
) -> Callable[[tuple[str, ...]], bool]:
    """Tell by their names the tracks with all that are picked, or else with any."""
    wanted = {pick.casefold() for pick in picks}

    def picked(names: tuple[str, ...]) -> set[str]:
        return wanted & {name.casefold() for name in (*names, ", ".join(names))}

    every = [labels.picks for file in files for labels in file.tracks]
    if unknown := wanted.difference(*map(picked, every)):
        known = dict.fromkeys(name for names in every for name in names)
        raise EditError(
            "No track is called '{}'; the file has {}.",
            next(pick for pick in picks if pick.casefold() in unknown),
            quoted(known) or "one without a name",
        )
    has_all = any(len(picked(names)) == len(wanted) for names in every)
    least = len(wanted) if has_all else 1
    return lambda names: len(picked(names)) >= least


def _faults(
    file: LabelFile, labels: LabelTrack, choices: ImportChoices
) -> list[Problem]:
    """Say what is wrong with a track that is wanted."""
    found = []
    if labels.fault:
        text = f"{labels.fault.rstrip('.')}, or choose the other tracks."
        found.append(Problem(text, ("picks",)))
    if choices.text == "refuse" and is_free_text(labels, file):
        title = f" ({labels.title})" if labels.title else ""
        text = (
            f"{file.path.name}{title} has free text, {len(labels.names):,} different "
            f"labels of {len(labels.intervals):,}; import it as comments or classes."
        )
        found.append(Problem(text, ("text",)))
    return found


def _all_of(
    track: Track, chosen: Sequence[tuple[LabelFile, LabelTrack]]
) -> list[Found]:
    """Take the labels that name a video, or all where none does."""
    names = names_of(track)
    named = [(f, t) for f, t in chosen if t.media and t.media_in(names)]
    medias = dict.fromkeys(labels.media for _, labels in chosen if labels.media)
    if not named and len(medias) > 1:
        raise EditError(
            "{} labels several videos, {}, and none has the name {}; choose one of "
            "them.",
            chosen[0][0].path.name,
            listed(list(medias)),
            track.id,
        )
    return [Found(t, f.path, track, "as you chose") for f, t in named or chosen]


_Seen = dict[tuple[Path, str | None], dict[str, None]]


def _people(files: Iterable[LabelFile]) -> _Seen:
    """List whom each file sees in each video that it is of, and by None in all."""
    seen: _Seen = {}
    for file in files:
        for labels in file.tracks:
            for media in (labels.media, None):
                people = seen.setdefault((file.path, media), {})
                people.update(dict.fromkeys(labels.people))
    return seen


def _with_people(found: Found, seen: _Seen) -> Found:
    people = tuple(seen[found.path, found.labels.media])
    # Of a video in which nobody is named, the labels are its subject's.
    others = people or (found.track.person and seen[found.path, None])
    of_nobody = found.labels.of_scene
    if of_nobody is None:
        of_nobody = bool(others) and not found.labels.people
    return replace(found, people=people, of_nobody=of_nobody)


def _notes(
    files: Sequence[LabelFile], wanted: Callable[[tuple[str, ...]], bool], kept: bool
) -> tuple[str, ...]:
    """List the notes of the files, each with its file where they are several."""
    named = len(files) > 1
    notes = [(file, note) for file in files for note in file.notes_of(wanted, kept)]
    lines = (f"{f.path.name}: {note}" if named else note for f, note in notes)
    return tuple(dict.fromkeys(lines))


class _Videos:
    """Videos of a project, and those that are added because files are of them.

    Where a file contradicts its name a person decides: labels of another video would
    be wrong without a word.
    """

    def __init__(
        self,
        folder: ProjectFolder,
        project: Project,
        places: Sequence[Path],
        rate: float | None,
        new: bool,
    ) -> None:
        self.folder, self.project, self.rate, self.new = folder, project, rate, new
        self.names = VideoNames(project, folder.root)
        self.search = VideoSearch(places)
        self.added: list[Track] = []
        self.not_found: list[str] = []

    def of(self, file: LabelFile, labels: LabelTrack) -> Found | Problem | None:
        """Find a video by the media that a file names, else by the file's name.

        Returns
        -------
        Found, Problem or None
            None where there is no such video.
        """
        beside = os.path.realpath(file.path.parent)
        name, media = file.path.name, labels.media
        named = self.names.of_media(media, beside) if media else ()
        like_file = self.names.of_file(file.path, beside)
        if len(named) > 1:
            ids = listed([track.id for track in named])
            text = f"{name} names the video {media}; choose which of {ids} it is."
            return Problem(text, ("video",))
        if named:
            return Found(labels, file.path, named[0], f"named {media} in the file")
        if like_file and not media:
            track = self.project.track(TrackId(like_file))
            return Found(labels, file.path, track, "named like the file")
        paths = self.search.find(media, file.path)
        if len(paths) > 1:
            return Problem(
                f"{name} may belong to {listed([str(p) for p in paths])}; add the "
                "right one to the project first."
            )
        if paths:
            track = self._add(probe_video(paths[0], self.folder, self.project))
            return Found(labels, file.path, track, f"found at {paths[0]}")
        if like_file and len({t.media for t in file.tracks}) == 1:
            text = (
                f"{name} has the name of {like_file}, but names the video {media}, "
                "which is not in the project; choose the video."
            )
            return Problem(text, ("video",))
        if self.new:
            return self._recording(file, labels)
        self.not_found.append(f"{name} of {media}" if media else name)
        return None

    def _recording(self, file: LabelFile, labels: LabelTrack) -> Found | Problem:
        """Make a recording without a video, of labels alone."""
        name = file_name_in(labels.media) or file.path.name
        rate = self.rate or labels.rate
        n_frames = _length(labels, rate)
        if rate is None or n_frames is None:
            text = (
                f"No video was found for {name}, and the file has no frame rate; put "
                "the video beside it, or give the rate."
            )
            return Problem(text, ("rate",))
        video_id = short_name(portable_name(name.partition(".")[0]))
        if not self.project.has(video_id):
            key = f"poses-{content_key([video_id, n_frames])}"
            self._add(Track.of_film(video_id, "", key, n_frames, *STAGE, rate))
        track = self.project.track(TrackId(video_id))
        return Found(labels, file.path, track, "without a video")

    def _add(self, track: Track) -> Track:
        self.project = add_video(self.project, track)
        self.names.add(track)
        self.added.append(track)
        return track

    def in_row(self, found: Found) -> Found | Problem:
        """Find the videos that played in a row, or say which is missing."""
        if found.labels.in_row is None:
            return found
        medias = found.labels.in_row.media
        beside = os.path.realpath(found.path.parent)
        row: list[Track] = []
        for media in medias:
            named = self.names.of_media(media, beside)
            if len(named) != 1:
                return Problem(
                    f"{found.file} counts the times of {listed(list(medias))} "
                    f"together, and {media} is not in the project; add it to find the "
                    "starts of the others."
                )
            row += named
        return replace(found, row=tuple(row))


def _length(labels: LabelTrack, rate: float | None) -> int | None:
    """Count the frames of a video by its labels; None where that cannot be known."""
    begun = (i.start for i in labels.unpaired)
    last = max([*(i.stop for i in labels.intervals), *begun], default=0.0)
    if labels.unit == "s":
        last = last * rate if rate else 0.0
    if labels.n_frames is not None:
        return labels.n_frames
    return ceil(last - 0.5) if 0.5 < last <= MAX_FRAMES else None


def quoted(names: Iterable[str]) -> str:
    """List names in quotes, the first twenty."""
    return ", ".join(f"'{name}'" for name in [*names][:20])


def is_free_text(labels: LabelTrack, file: LabelFile) -> bool:
    """Tell whether labels are texts: many, mostly said once, and of no vocabulary."""
    known = {*labels.vocabulary, *file.classes}
    counts = Counter(i.name for i in labels.intervals if i.name not in known)
    once = sum(n == 1 for n in counts.values())
    many = sum(counts.values()) > LEAST_TEXTS and 2 * once > len(labels.intervals)
    return labels.what == "segments" and many


def texts_as_comments(files: Iterable[LabelFile]) -> list[LabelFile]:
    """Make comments on the whole video of all free text."""

    def remarks(labels: LabelTrack) -> LabelTrack:
        texts = tuple(i for i in labels.intervals if i.name.strip())
        return replace(labels, intervals=texts, tier="", what="comments")

    found = []
    for file in files:
        tracks = (remarks(t) if is_free_text(t, file) else t for t in file.tracks)
        found.append(replace(file, tracks=tuple(tracks)))
    return found
