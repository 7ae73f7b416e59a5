"""Descriptors of pose formats, label formats and data set layouts.

Each format is one file in `formats.poses`, `formats.labels` or `formats.datasets`, with
its descriptor at the top. The rest of the program knows the descriptor alone: file
dialogs, drops, choices of the command line, the search for a file's format and the help
pages are built from it.
"""

from __future__ import annotations

import csv
import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from skelseg_core import plugins
from skelseg_core.array_files import load_npz
from skelseg_core.errors import ConfigError, FormatError, PluginError
from skelseg_core.formats.dataset import Dataset
from skelseg_core.formats.label_file import LabelFile, LabelledVideo, tracks_by_video
from skelseg_core.formats.pose_parts.detections import TargetFrames
from skelseg_core.formats.pose_parts.pose_text import MAX_POSE_TEXT
from skelseg_core.formats.tables.table_mapping import TableMapping
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Task
from skelseg_core.said import Said
from skelseg_core.text_files import read_json, read_text, unreadable

_log = logging.getLogger(__name__)

MOST_FILES = 2000
"""Files of a folder that are listed to find its format, at most."""

_HEAD_BYTES = 1 << 20
"""Bytes at the start of a file that are read to find its format."""
_TEXT_HEAD_BYTES = 1 << 16
"""Bytes of text that are split into lines to find the format."""


class CandidateFile:
    """A file or folder whose format is to be found; parts are read when needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.suffix = path.suffix.lower()

    @cached_property
    def is_folder(self) -> bool:
        """True for a folder."""
        return self.path.is_dir()

    @cached_property
    def names(self) -> list[str]:
        """Names of the files of a folder, at most `MOST_FILES`."""
        try:
            with os.scandir(self.path) as entries:
                return [
                    e.name for e, _ in zip(entries, range(MOST_FILES), strict=False)
                ]
        except OSError:
            return []

    @cached_property
    def head(self) -> bytes:
        """First MiB of the file.

        Raises
        ------
        FormatError
            Where the file cannot be read.
        """
        try:
            with self.path.open("rb") as stream:
                return stream.read(_HEAD_BYTES)
        except OSError as error:
            raise unreadable(self.path, error) from error

    @cached_property
    def lines(self) -> list[str]:
        """Lines of the first 64 KiB that are not blank; empty where it is no text."""
        head = self.head[:_TEXT_HEAD_BYTES]
        cut = len(self.head) > len(head)
        try:
            # The last character may be cut in two.
            text = head.decode("utf-8-sig", "ignore" if cut else "strict")
        except UnicodeDecodeError:
            return []
        lines = [] if "\0" in text else text.splitlines()
        # The last line may be cut as well.
        return [s for s in (lines[:-1] if cut and lines[1:] else lines) if s.strip()]

    @cached_property
    def header(self) -> list[str]:
        """Cells of the first line of a CSV file."""
        return [cell.strip() for cell in next(csv.reader(self.lines[:1]), [])]

    def check_text(self) -> None:
        """Refuse a file that is called text and is empty or not UTF-8.

        Raises
        ------
        FormatError
            Says at which byte.
        """
        if self.suffix in (".csv", ".txt"):
            text = read_text(self.path, MAX_POSE_TEXT)
            if not text.strip():
                raise FormatError("{} is empty; export it again.", self.path)

    @cached_property
    def json(self) -> Any:
        """Value of a JSON file; raises FormatError where it is none."""
        return read_json(self.path, MAX_POSE_TEXT)

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays of an ``.npz`` file; raises FormatError where it is none."""
        return load_npz(self.path)


class Descriptor(ABC):
    """The names and the description that every format has.

    Attributes
    ----------
    name : str
        Name on the command line: ``"openpose"``.
    title : str
        Name in the window: ``"OpenPose"``.
    about : str
        A sentence: what a file is, how it counts frames, what an interval includes.
    """

    name: str
    title: str
    about: str


class FileFormat(Descriptor):
    """A format of files of one video.

    Attributes
    ----------
    suffixes : tuple of str
        Endings of files that may be of the format, in lower case; empty where it is
        known by content alone.
    written_suffix : str or None
        Ending of the file that is written for a video, empty for a folder; None where
        skelseg only reads the format.
    cannot_hold : str
        Rest of a sentence on what is lost where a file is written; empty where nothing
        is.
    """

    suffixes: tuple[str, ...] = ()
    written_suffix: str | None = None
    cannot_hold: str = ""

    def fits(self, file: CandidateFile) -> bool:
        """Tell whether a file is of this format, by its suffix and content.

        Raises
        ------
        FormatError
            Where the file cannot be read.
        """
        return (not self.suffixes or file.suffix in self.suffixes) and self.sniff(file)

    @abstractmethod
    def sniff(self, file: CandidateFile) -> bool:
        """Tell whether a file with a fitting suffix has the content of this format."""


class PoseFormat(FileFormat):
    """A format of the pose files of another tool.

    Attributes
    ----------
    is_folder : bool
        Whether a recording is a folder of files.
    several_videos : bool
        Whether a file may be of several videos, of which one is read.
    """

    is_folder: bool = False
    several_videos: bool = False

    def fits(self, file: CandidateFile) -> bool:
        """Tell whether a file or folder is of this format, by suffix and content."""
        if file.is_folder:
            return self.is_folder and self.sniff(file)
        return super().fits(file)

    @abstractmethod
    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read the poses of one recording, in the skeleton of the file.

        Raises
        ------
        FormatError
            Where the file is damaged, or not of the recording.
        """

    def write(
        self, path: Path, poses: PoseSequence, media: Path | None = None
    ) -> Task[None] | None:
        """Write the poses of one recording, as a task where that takes long.

        Parameters
        ----------
        path : Path
        poses : PoseSequence
        media : Path, optional
            Video of the poses, for formats that name it.

        Raises
        ------
        FormatError
            Where the format has no place for the skeleton.
        ProjectError
            Where the file cannot be written, or the folder holds files already.
        """
        raise ConfigError("skelseg reads {} and does not write it.", self.name)

    def file_read(self, path: Path) -> Path:
        """Find the file that is read where ``path`` is given."""
        return path


@dataclass(frozen=True)
class ReadOptions:
    """Choices of how a label file is read; a format obeys those that it knows.

    Parameters
    ----------
    modifiers : bool
        Whether modifiers of a behaviour become part of the name of its class.
    rate : float, optional
        Frames per second that frame numbers of the file count by, where it does not
        say so.
    table : TableMapping, optional
        Which column of a table holds what; what it leaves open is recognised.
    saved_tables : Path, optional
        File of mappings by header, for tables of which ``table`` says nothing.
    """

    modifiers: bool = False
    rate: float | None = None
    table: TableMapping | None = None
    saved_tables: Path | None = None


@dataclass(frozen=True)
class WriteOptions:
    """Choices of how label files are written; a format obeys those that it knows.

    Parameters
    ----------
    single_table : bool
        Whether all videos go into one table.
    unlabelled : str
        Class that frames without a label are written as, where they cannot be left out.
    """

    single_table: bool = False
    unlabelled: str = ""


Held = Literal[
    "gaps",
    "undecided",
    "repeats",
    "source",
    "reviewed",
    "confidence",
    "points",
    "comments",
    "ends",
]
"""Property of labels that a format may have a place for: frames without a label; that a
person left them undecided; two neighbours of one class; who gave a label; whether it
was reviewed; how sure the model was; marks of single frames; comments, and where these
end."""
ALL_HELD: tuple[Held, ...] = tuple(
    held for held in get_args(Held) if held not in ("points", "comments", "ends")
)
"""All that there is to say of segments."""


class LabelFormat(FileFormat):
    """A format of the label files of one or more videos.

    Attributes
    ----------
    options : tuple of str
        Names of the fields of `ReadOptions` and of the choices of an export that it
        obeys.
    holds : tuple of str
        What a file holds of labels beside classes and times; by default what a list of
        intervals does.
    holds_tracks : bool
        Whether a file holds all tiers and people of a video.
    folders : tuple of str
        Folders, each with a last ``/``, that are written as a whole.
    """

    options: tuple[str, ...] = ()
    holds: tuple[Held, ...] = ("gaps", "repeats")
    holds_tracks: bool = False
    folders: tuple[str, ...] = ()

    @property
    def is_read(self) -> bool:
        """True where skelseg reads the format; some it writes alone."""
        return type(self).read_file is not LabelFormat.read_file

    def why_not(self, file: CandidateFile) -> str:
        """Say why another file of the same tool is not read, and what to do.

        Returns
        -------
        str
            Rest of a sentence that begins with the path; empty for any other file.
        """
        return ""

    def accepts(self, file: CandidateFile) -> bool:
        """Tell whether a file is read as this format where a person says that it is."""
        return self.fits(file)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read all that a file says of actions, of all videos and people in it.

        Raises
        ------
        FormatError
            Where the file is damaged; says where in it.
        """
        raise ConfigError("skelseg writes {} and does not read it.", self.name)

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format the labels of videos: contents of files by name, one per video here.

        Raises
        ------
        FormatError
            Where times and labels do not cover the same frames, a class has no name,
            or the format has no word for what is there.
        """
        return {
            f"{name}{self.written_suffix}": self.write_tracks(tracks)
            for name, tracks in self.by_file(videos).items()
        }

    def changes(
        self,
        videos: Sequence[str],
        label_map: LabelMap,
        lanes: Sequence[Segmentation],
        options: WriteOptions,
    ) -> list[str]:
        """Write a sentence on each thing that is written in another way than it is."""
        return []

    def by_file(
        self, videos: Sequence[LabelledVideo]
    ) -> Mapping[str, Sequence[LabelledVideo]]:
        """List the tracks of each file, by its name without suffix."""
        return (
            tracks_by_video(videos)
            if self.holds_tracks
            else {v.id: [v] for v in videos}
        )

    def write_tracks(self, tracks: Sequence[LabelledVideo]) -> str | bytes:
        """Format the tracks of a file, which is one where it does not hold several."""
        (video,) = tracks
        return self.write_video(video)

    def write_video(self, video: LabelledVideo) -> str | bytes:
        """Format the labels of one track."""
        raise ConfigError("skelseg reads {} and does not write it.", self.name)


class DatasetLayout(Descriptor):
    """The layout of a published data set: a folder that becomes a project."""

    @abstractmethod
    def sniff(self, folder: Path) -> bool:
        """Tell whether a folder has this layout."""

    @abstractmethod
    def read(self, src: Path) -> Dataset:
        """Read the data set in a folder.

        Raises
        ------
        FormatError
            Where a file is missing, damaged, or contradicts another.
        VideoError
            Where a video cannot be read.
        """


F = TypeVar("F", bound=FileFormat)


class FormatList(Sequence[F]):
    """The formats of a kind, in the order in which they are tried.

    Those that packages add (`skelseg.formats`) stand behind ours; their packages are
    imported when the list is first looked at.

    Parameters
    ----------
    kind : type
    ours : sequence of F
    last : sequence of F
        Ours that accept almost any file, and come after all others.
    """

    def __init__(self, kind: type[Any], ours: Sequence[F], last: Sequence[F] = ()):
        self._kind, self._ours, self._last = kind, ours, last

    @cached_property
    def _added(self) -> tuple[tuple[F, ...], tuple[str, ...]]:
        ours = tuple(form.name for form in (*self._ours, *self._last))
        return plugins.added(plugins.FORMATS, self._kind, ours, FileFormat)

    @cached_property
    def _all(self) -> tuple[F, ...]:
        return (*self._ours, *map(_watched, self._added[0]), *self._last)

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    @property
    def refused(self) -> tuple[str, ...]:
        """Sentences on formats of packages that cannot be used."""
        return self._added[1]

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of files that may be of one of them, in lower case."""
        return tuple(dict.fromkeys(s for form in self for s in form.suffixes if s))


def _watched(form: F) -> F:
    """Let a format of a package say whose it is, in lists and where it fails."""
    package = plugins.package_of(plugins.FORMATS, form.name)
    whose = Said("The format {} of the package {}", form.name, package)
    form.title = getattr(form, "title", form.name)
    form.about = f"{getattr(form, 'about', '')} From the package {package}.".strip()
    sniff = plugins.watched(form.sniff, whose, bool)

    def sniff_or_not(file: CandidateFile) -> bool:
        # A file of another format is not to fail by it.
        try:
            return sniff(file)
        except PluginError as error:
            _log.warning("%s", error)
            return False

    form.sniff = sniff_or_not  # type: ignore[method-assign]
    for name, kinds in _RESULTS.items():
        if hasattr(form, name):
            call = plugins.watched(getattr(form, name), whose, *kinds)
            setattr(form, name, call)
    return form


_RESULTS: dict[str, tuple[type, ...]] = {
    "read": (PoseSequence,),
    "read_file": (LabelFile,),
    "write_files": (Mapping,),
    "write_tracks": (str, bytes),
    "write": (object,),
}
"""What functions of a format of a package may return."""
