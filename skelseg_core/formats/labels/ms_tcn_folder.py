"""Folder of MS-TCN, which the code of most networks reads; `formats.datasets` reads it.

``groundTruth/VIDEO.txt`` has one class name per line; ``mapping.txt`` has ``id name``
lines; ``splits/{train,test}.NAME.bundle`` has one ``VIDEO.txt`` per line. Features
(``features/VIDEO.npy``) are made by the export.

Published readers silently misread the following, which is mended or refused here:

- They drop a last line that has no line break; every line gets one.
- They part a line of the mapping, and their own results, at blanks, and cut the name
  of a video at its first dot. Such names are written with ``_``.
- They take as many classes as the mapping has lines, so ids count from 0, in the order
  of the project, whatever its own ids are.
- They cut features and labels to the shorter; both have a value per frame.
- Text has no word for unlabelled, nor for undecided; such frames are written as a
  class, or as the label before them and listed in ``ignore/VIDEO.txt``: one line per
  frame, 1 where it is to be left out of training and scores, else 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from skelseg_core.errors import EditError, FormatError
from skelseg_core.formats.class_list import mapping_text
from skelseg_core.formats.dataset_text import framewise_text
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, WriteOptions
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.labels.classes import LabelMap, check_class_name
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.said import counted, listed


class MsTcnFolder(LabelFormat):
    """Folder of labels, classes, splits and features as MS-TCN has it."""

    name = "ms-tcn"
    title = "MS-TCN"
    about = (
        "A folder of features, one class name per line and frame, a mapping and splits."
    )
    cannot_hold = (
        "other tiers, points and comments, repetitions of a class, who gave a label, "
        "whether it was reviewed, and confidences."
    )
    written_suffix = ""
    holds = ("gaps",)
    options = ("unlabelled", "preset", "features", "folds")
    folders = ("groundTruth/", "ignore/", "splits/")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise nothing: a folder of this layout is a data set."""
        return False

    def by_file(
        self, videos: Sequence[LabelledVideo]
    ) -> Mapping[str, Sequence[LabelledVideo]]:
        """List the track of each file of labels."""
        return {f"groundTruth/{word_of(v.id)}.txt": [v] for v in videos}

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format the labels of each video, the classes and the splits."""
        files = _words([video.id for video in videos], "video")
        label_map = videos[0].label_map
        labels = {
            files[v.id]: label_map.to_indices(v.segmentation.to_frames())
            for v in videos
        }
        names, ignored = list(label_map.names), {}
        if any((values < 0).any() for values in labels.values()):
            if options.unlabelled:
                names = _with_class(names, options.unlabelled)
                for values in labels.values():
                    values[values < 0] = names.index(options.unlabelled)
            else:
                ignored = dict(_ignored(labels))
        words = list(_words(names, "class").values())
        return {
            "mapping.txt": mapping_text(words),
            **{
                f"groundTruth/{file}.txt": framewise_text([words[i] for i in values])
                for file, values in labels.items()
            },
            **ignored,
            **dict(_bundles(videos, files)),
        }

    def changes(
        self,
        videos: Sequence[str],
        label_map: LabelMap,
        lanes: Sequence[Segmentation],
        options: WriteOptions,
    ) -> list[str]:
        """Say which names are written with ``_``, and what becomes of gaps."""
        notes = [*_renamed(videos, "video"), *_renamed(label_map.names, "class")]
        n = sum(lane.n_frames - lane.n_labelled for lane in lanes)
        if n and options.unlabelled:
            word = word_of(options.unlabelled, "class")
            notes.append(f"{counted(n, 'unlabelled frame')} written as '{word}'.")
        elif n:
            notes.append(
                f"{counted(n, 'frame')} without a label are listed in the folder "
                "ignore, and written as the label before; leave them out of training "
                "and scores."
            )
        return notes


def word_of(name: str, what: str = "video") -> str:
    """Write the name of a video or a class as readers of the folder take it."""
    return "_".join(name.split() if what == "class" else name.split("."))


def _words(names: Iterable[str], what: str) -> dict[str, str]:
    """Write each name as one word; raise FormatError where two become one."""
    written: dict[str, str] = {}
    owner: dict[str, str] = {}
    for name in names:
        word = word_of(name, what)
        if word in owner:
            raise FormatError(
                "'{}' and '{}' would both be written as the {} '{}'; give one of "
                "them another name.",
                owner[word],
                name,
                what,
                word,
            )
        written[name], owner[word] = word, name
    return written


def _renamed(names: Iterable[str], what: str) -> Iterator[str]:
    words = {name: word_of(name, what) for name in names}
    changed = [f"'{name}' as '{word}'" for name, word in words.items() if name != word]
    if changed:
        yield f"Renamed {counted(len(changed), what)}: {listed(changed)}."


def _with_class(names: list[str], unlabelled: str) -> list[str]:
    """Add the class of frames without a label, unless it is there."""
    try:
        check_class_name(unlabelled)
    except EditError as error:
        raise FormatError("--unlabelled: {}", error) from error
    return names if unlabelled in names else [*names, unlabelled]


def _ignored(labels: Mapping[str, np.ndarray]) -> Iterator[tuple[str, str]]:
    """List the frames without a label, by path, and give them the label before them.

    A text has a class in every line; who does not read the list would train on them.
    """
    for file, values in labels.items():
        is_open = values < 0
        known = np.flatnonzero(~is_open)
        if not len(known):
            raise FormatError(
                "Video {} has no label at all; label it, leave it out, or write its "
                "frames as a class (--unlabelled NAME).",
                file,
            )
        before = np.searchsorted(known, np.arange(len(values)), "right") - 1
        values[:] = values[known[np.maximum(before, 0)]]
        yield f"ignore/{file}.txt", framewise_text(["01"[n] for n in is_open.tolist()])


def _bundles(
    videos: Sequence[LabelledVideo], files: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """List the videos of each side of each split, by path."""
    for split in dict.fromkeys(name for video in videos for name, _ in video.splits):
        for side in ("train", "test"):
            chosen = [files[v.id] for v in videos if (split, side) in v.splits]
            text = framewise_text([f"{file}.txt" for file in chosen])
            yield f"splits/{side}.{split}.bundle", text
