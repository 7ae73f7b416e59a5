"""TUM-Kitchen as it was relabelled for MTL-ERA: one class number per line and frame.

``NN.txt``, in the folder itself or in ``Labels_TUM``. The numbers 1 to 21 are seen; the
labels come without names, so the classes are called ``class_1`` and so on unless there
is a ``mapping.txt`` with ``id name`` lines. Poses and videos are not part of it: those
that lie beside the labels or in ``Poses`` and ``Videos`` (``NN_pose3d.npy`` with
LCR-Net's 15 keypoints as in UW-IOM, ``NN.mp4`` or ``NN.avi``) are taken.

No rule is published for poses that differ from the labels in number: the first frames
are taken to belong together, and the surplus is cut. Nor does the data set say who is
seen in which sequence.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.dataset import Dataset, Recording, check_once
from skelseg_core.formats.dataset_arrays import (
    cut_note,
    find_video,
    load_pose_file,
    missing_note,
    with_video,
)
from skelseg_core.formats.dataset_text import (
    label_map_of,
    line_notes,
    load_integers,
    load_mapping,
)
from skelseg_core.formats.descriptors import DatasetLayout
from skelseg_core.labels.classes import LabelMap

RATE = 25.0
SKELETON = "lcrnet15"
N_KEYPOINTS = 15
_RULE = "because no rule is published"
_NO_NAMES = "There is no mapping.txt, so the classes are called by their numbers."
_ALONE = "There are labels only, no poses and no videos."


class TumKitchen(DatasetLayout):
    """TUM-Kitchen as it was relabelled for MTL-ERA."""

    name = "tum-kitchen"
    title = "TUM-Kitchen"
    about = "One class number per line and frame; all begin with the same frame."

    def sniff(self, folder: Path) -> bool:
        """Recognise the data set by the name of the folder of its labels."""
        return (folder / "Labels_TUM").is_dir()

    def read(self, src: Path) -> Dataset:
        """Read ``NN.txt``, in the folder or in ``Labels_TUM``."""
        folder = src / "Labels_TUM" if (src / "Labels_TUM").is_dir() else src
        texts = sorted(p for p in folder.glob("*.txt") if re.fullmatch(r"\d+", p.stem))
        if not texts:
            raise FormatError(
                "{} has no label files such as 01.txt; choose the folder with them.",
                src,
            )
        check_once((str(int(p.stem)) for p in texts), "sequence")
        notes = line_notes(texts)
        recordings = []
        for text in texts:
            recording, said = _load(src, text)
            recordings.append(recording)
            notes += said
        mapping = src / "mapping.txt"
        if not mapping.is_file():
            notes.append(_NO_NAMES)
        posed = any(r.poses3d for r in recordings)
        if not posed and not any(r.video for r in recordings):
            notes.append(_ALONE)
        return Dataset(
            "TUM-Kitchen",
            load_mapping(mapping) if mapping.is_file() else _numbers(recordings, src),
            tuple(recordings),
            SKELETON if posed else "",
            RATE,
            tuple(notes),
        )


def _load(src: Path, text: Path) -> tuple[Recording, list[str]]:
    labels = load_integers(text)
    places = (text.parent, src, src / "Poses")
    path = next(
        (f / n for f in places if (f / (n := f"{text.stem}_pose3d.npy")).is_file()),
        None,
    )
    notes: list[str] = []
    poses = None
    if path is not None:
        poses = load_pose_file(path, SKELETON, N_KEYPOINTS, "LCR-Net")
        notes += missing_note(f"Sequence {text.stem}", poses)
        notes += cut_note(path.name, poses.n_frames, text.name, len(labels), _RULE)
        labels = labels[: poses.n_frames]
        poses = replace(poses, keypoints=poses.keypoints[: len(labels)])
    recording = Recording(f"{int(text.stem):02d}", labels, poses)
    video = find_video((text.parent, src, src / "Videos"), text.stem)
    recording, said = with_video(recording, video)
    return recording, [*notes, *said]


def _numbers(recordings: list[Recording], src: Path) -> LabelMap:
    """Make classes named by the numbers in the labels."""
    seen = np.unique(np.concatenate([r.labels for r in recordings]))
    if seen[0] < 0:
        bad = next(r for r in recordings if (r.labels < 0).any())
        raise FormatError(
            "Sequence {}, line {}: the class number is negative; correct the line.",
            bad.id,
            int(np.argmax(bad.labels < 0)) + 1,
        )
    return label_map_of(((int(i), f"class_{i}") for i in seen), src)
