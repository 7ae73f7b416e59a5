"""People of the videos of a project: proposed from names, and as a table."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from skelseg_core.errors import EditError, FormatError
from skelseg_core.formats.label_file import file_name_in
from skelseg_core.labels.people import people_of_text, people_text
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import counted, listed
from skelseg_core.text_files import csv_lines

_COLUMNS = ("video", "people")
_CODE_WORDS = (
    "actor child id p part participant patient person proband pt s sub subj subject "
    "user vp worker"
)
_OTHER_WORDS = (
    "angle back c cam camera ch clip converted copy cropped cut data day desktop "
    "documents downloads dsc edited export film final footage front gh gopr gopro "
    "group gx h264 home img kitchen left low media mov movie mp mvi new old output "
    "pose proxy raw rec record recording recordings right run sample scene screen "
    "sequence session set side small stream take task test top train trial v ver vid "
    "video videos view webcam week"
)
_CODES = frozenset(_CODE_WORDS.split())
"""Words whose number is part of the id: P01, subject 3."""
_NOT_PEOPLE = _CODES.union(_OTHER_WORDS.split())
"""Words in names of files and folders that are of no person."""
_LONGEST_WORD = 40
_MOST_LISTED = 6
"""Videos that a sentence lists, at most."""
_TOKEN = re.compile(r"[^\W\d_]+|\d+")


def proposed_people(
    project: Project, added: Collection[VideoId] = ()
) -> dict[VideoId, tuple[str, ...]]:
    """Propose who is in videos of nobody who is named, as `people_by_names` does."""
    paths = {v.id: v.path for v in project.videos}
    named = {v.id: v.people for v in project.videos if v.people}
    return people_by_names(paths, named, added)


def people_by_names(
    paths: Mapping[VideoId, str],
    named: Mapping[VideoId, Sequence[str]] = MappingProxyType({}),
    added: Collection[VideoId] = (),
) -> dict[VideoId, tuple[str, ...]]:
    """Propose who is seen in videos, by their names and folders.

    Of ``ben-1`` and ``ben-2`` it is ``ben``, of ``P01/cam1`` it is ``P01`` where beside
    ``P01`` there are other folders with videos: a word that two videos share and
    another has not (a code, such as P01, may be of all), one of which is among the
    ``added`` ones where these are given.

    Parameters
    ----------
    paths : Mapping[str, str]
        Where each video lies, by its id.
    named : Mapping[str, Sequence[str]]
        People of the videos of which that is known.
    added : collection of str
        Ids of the videos that are new.

    Returns
    -------
    dict
        People by video; nothing is proposed of the others.
    """
    folders = {_above(path) for path in paths.values()} - {""}
    beside = Counter(map(_above, folders))

    def word_of(video: VideoId) -> str:
        folder = _above(paths[video])
        by_folder = beside[_above(folder)] > 1
        found = person_in(video)
        return found or (person_in(file_name_in(folder)) if by_folder else "")

    unnamed = [video for video in paths if video not in named]
    if added:
        # Of ten thousand videos most are like none of these.
        new = {word_of(v).casefold() for v in added if v in paths} - {""}
        alike = re.compile("|".join(map(re.escape, new)) or "(?!)", re.IGNORECASE)
        unnamed = [v for v in unnamed if alike.search(v) or alike.search(paths[v])]
    words = {video: word_of(video) for video in unnamed}
    counts = Counter(word.casefold() for word in words.values() if word)
    counts.update({p.casefold() for people in named.values() for p in people})
    shared = {word for word, n in counts.items() if n > 1}
    if added:
        shared &= new
    # Words in every name say what is filmed, not who.
    every = [f"{path}/{video}".casefold() for video, path in paths.items()]
    shared = {
        word
        for word in shared
        if not word.isalpha() or not all(word in name for name in every)
    }
    spelled: dict[str, str] = {}
    return {
        video: (spelled.setdefault(word.casefold(), word),)
        for video, word in words.items()
        if word.casefold() in shared
    }


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def person_in(name: str) -> str:
    """Find the word of a name that may be a person; empty where there is none."""
    found = list(_TOKEN.finditer(name))
    for token, after in zip(found, [*found, None][1:], strict=True):
        word = token[0].casefold()
        if after is not None and word in _CODES and after[0].isdecimal():
            return name[token.start() : after.end()]
        usual = 1 < len(word) <= _LONGEST_WORD and word.isalpha()
        if usual and word not in _NOT_PEOPLE:
            return token[0]
    return ""


def proposal_text(people: Mapping[VideoId, Iterable[str]]) -> str:
    """Write whom a proposal sees in which videos: ``ben (ben-1, ben-2)``."""
    videos: dict[str, list[str]] = {}
    for video, named in people.items():
        videos.setdefault(people_text(named), []).append(video)
    if len(videos) > 3:
        return f"{counted(len(videos), 'name')}: {listed(list(videos))}"
    few = len(people) <= _MOST_LISTED
    return ", ".join(
        f"{who} ({listed(found) if few else counted(len(found), 'video')})"
        for who, found in videos.items()
    )


def people_csv(items: Iterable[Track]) -> str:
    """Write who is in which video as a table, which `load_people` reads."""
    out = io.StringIO()
    rows = ((v.id, people_text(v.video.people)) for v in items)
    csv.writer(out, lineterminator="\n").writerows([_COLUMNS, *rows])
    return out.getvalue()


def load_people(path: Path, project: Project) -> dict[VideoId, tuple[str, ...]]:
    """Read a table with the columns ``video`` and ``people``; commas part people.

    Raises
    ------
    FormatError
        Where a column is missing, or a row names no video of the project, one that was
        named before, or what cannot be a person.
    """
    lines = csv_lines(path)
    _, header = next(lines, (0, []))
    names = [cell.strip().casefold() for cell in header]
    if not set(_COLUMNS) <= set(names):
        raise FormatError(
            "{} is not a table of people; its first line must name the columns video "
            "and people.",
            path,
        )
    at = [names.index(column) for column in _COLUMNS]
    found: dict[VideoId, tuple[str, ...]] = {}
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        video, text = ((*cells, *[""] * len(names))[n].strip() for n in at)
        if not project.has_video(video) or video in found:
            why = "appears twice" if video in found else "is not in the project"
            raise FormatError("{}, line {}: video '{}' {}.", path, number, video, why)
        try:
            found[video] = people_of_text(text)
        except EditError as error:
            raise FormatError("{}, line {}: {}", path, number, error) from error
    return found
