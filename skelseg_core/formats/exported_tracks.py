"""Tracks of exported files, as the manifest beside these tells of them.

Most formats have no word for a tier or a person, or for who gave a label. The manifest
lists for each file the tracks in it, so that an import finds them again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from skelseg_core.choices import ANNOTATION
from skelseg_core.file_names import portable_name
from skelseg_core.formats.export_manifest import MANIFEST, unchanged_files
from skelseg_core.formats.label_file import (
    Guess,
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
    file_name_in,
    guess_lines,
    left_out_of,
    name_in_tier,
    names_of_several,
    read_guesses,
)
from skelseg_core.text_files import read_json
from skelseg_core.typed_values import typed


@dataclass(frozen=True)
class ExportedTrack:
    """A track in a file, as the manifest tells of it.

    Parameters
    ----------
    id, video : str
        Of the track and of its video.
    tier, person : str
        Names; both are empty where a project has one track of each video.
    of_scene, points : bool
        Whether the tier is of nobody, and whether it has points.
    lane : str
        Name of the lane; empty of the annotation.
    classes : tuple of str
        Names of the classes of the tier.
    of_model : tuple of str
        Frames that a model labelled, as `guess_lines` writes them.
    """

    id: str
    video: str
    tier: str = ""
    person: str = ""
    of_scene: bool = False
    points: bool = False
    lane: str = ""
    classes: tuple[str, ...] = ()
    of_model: tuple[str, ...] = ()

    @property
    def guesses(self) -> tuple[Guess, ...]:
        """The frames that a model labelled."""
        return read_guesses(self.of_model)


def told(track: LabelledVideo) -> dict[str, Any]:
    """Describe a track for the manifest; what is as usual is left out."""
    classes = track.label_map.names if track.tier else ()
    lines = guess_lines(track.segmentation, track.label_map)
    made = ExportedTrack(
        track.id,
        track.video_id,
        *(track.tier, track.person, track.of_scene, track.points),
        track.lane if track.lane != ANNOTATION else "",
        tuple(classes),
        tuple(lines),
    )
    return {name: value for name, value in asdict(made).items() if value}


def with_manifest(file: LabelFile) -> LabelFile:
    """Add to the tracks of a file what a manifest of ours beside it tells of them.

    Of a folder that is read as one file, each track is a file by its name.
    """
    folder = file.path if file.path.is_dir() else file.path.parent
    path = folder / MANIFEST
    if not path.is_file():
        return file
    by_file = _told_by(path, path.stat().st_mtime_ns)
    by_track = {portable_name(Path(name).stem): own for name, own in by_file.items()}

    def parted(track: LabelTrack) -> Iterator[LabelTrack]:
        own = by_file.get(file.path.name, ())
        if folder == file.path and (own := by_track.get(track.media, ())):
            track = replace(track, media=own[0].id)
        return _parted(track, own)

    tracks = [part for track in file.tracks for part in parted(track)]
    points = [track for track in tracks if track.what == "points"]
    return replace(
        file,
        tracks=tuple(track for track in tracks if track.what != "points"),
        extra=(*(part for track in file.extra for part in parted(track)), *points),
        left_out={**file.left_out, **left_out_of(points)},
    )


@functools.lru_cache(maxsize=1)  # each of a thousand files of a folder asks
def _told_by(path: Path, changed: int) -> Mapping[str, tuple[ExportedTrack, ...]]:
    """Read a manifest as it was when it was changed last; nothing of another tool's."""
    value = read_json(path)
    ours = isinstance(value, dict) and value.get("tool") == "skelseg"
    advice = "; export it again or remove it."
    kind = dict[str, tuple[ExportedTrack, ...]]
    return typed(kind, value.get("tracks", {}) if ours else {}, path, advice=advice)


def repeated_files(folder: Path, names: Iterable[str]) -> list[str]:
    """List the files of one export that have nothing which those before lack.

    Files that somebody changed since are none of them.
    """
    same, path = unchanged_files(folder), folder / MANIFEST
    by_file = _told_by(path, path.stat().st_mtime_ns) if same else {}
    seen: set[tuple[str, str]] = set()
    found = []
    for name in names:
        own = {(one.id, one.lane) for one in by_file.get(name, ())}
        if name in same and own and own <= seen:
            found.append(name)
        elif name in same:
            seen |= own
    return found


def _parted(track: LabelTrack, every: Sequence[ExportedTrack]) -> Iterator[LabelTrack]:
    """Part a track of a file by the tiers that were written into it."""
    own = _own(track, every)
    if not _all(track) or track.what == "comments":
        own = own[:1]
    # A file without a label may not name its video.
    untold = not track.media and not _all(track)
    if own and (untold or track.media in {one.id for one in every}):
        track = replace(track, media=own[0].video)
    if len(own) < 2 or len({one.tier for one in own}) < len(own):
        yield _as(track, own[0]) if len(own) == 1 else track
        return
    shared = names_of_several({one.tier: one.classes for one in every})
    of = {
        name_in_tier(n, one.tier, shared): (one, n) for one in own for n in one.classes
    }
    rest = _part(track, {i.name: i.name for i in _all(track) if i.name not in of})
    for one in own:
        names = {name: n for name, (its, n) in of.items() if its is one}
        part = _part(track, names)
        if part.intervals or part.unpaired:
            yield _as(replace(part, kinds={}), one)
    if rest.intervals or rest.unpaired:
        yield rest


def _own(track: LabelTrack, every: Sequence[ExportedTrack]) -> Sequence[ExportedTrack]:
    """Find which of the tracks that were written a track of a file may hold."""
    same = [one for one in every if one.id == track.media]
    if same and not track.people and len({one.tier for one in every}) == 1:
        return same
    names = {track.media, Path(file_name_in(track.media)).stem, track.labelling}
    found = [one for one in every if one.video in names] or every
    if track.people:
        found = [one for one in found if one.person in track.people]
    else:
        found = [one for one in found if not one.person] or found
    if track.what == "points":
        found = [one for one in found if one.points]
    return [one for one in found if track.tier in ("", one.tier)]


def _as(track: LabelTrack, one: ExportedTrack) -> LabelTrack:
    what = track.what
    if one.points and what == "segments":
        # Of points in frames side by side a file of frames makes one.
        each = (
            (i, n) for i in track.intervals for n in range(int(i.start), int(i.stop))
        )
        points = tuple(replace(i, start=n, stop=n + 1) for i, n in each)
        track, what = replace(track, intervals=points), "points"
    picks = tuple(name for name in (one.tier, one.person) if name)
    return replace(
        track,
        what=what,
        tier=track.tier or (one.tier if what != "comments" else ""),
        people=track.people or ((one.person,) if one.person else ()),
        of_scene=one.of_scene if one.tier else None,
        picks=track.picks or picks,
        vocabulary=track.vocabulary or one.classes,
        guesses=one.guesses or track.guesses,
    )


def _all(track: LabelTrack) -> tuple[Interval, ...]:
    return (*track.intervals, *track.unpaired)


def _part(track: LabelTrack, names: Mapping[str, str]) -> LabelTrack:
    """Reduce a track to some classes, and give these other names."""

    def own(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
        return tuple(
            replace(i, name=names[i.name]) for i in intervals if i.name in names
        )

    return replace(track, intervals=own(track.intervals), unpaired=own(track.unpaired))
