"""Desktop Assembly: one fixed task, 76 videos, 22 actions and a background.

The layout in which unsupervised segmentation uses it (TOT, ASOT): ``groundTruth/NAME``
with one class name per line, *without* a suffix (``.txt`` is read too);
``mapping/mapping.txt``, or ``mapping.txt``, with ``id name`` lines;
``features/NAME.npy`` (T, D), time first, other than MS-TCN's. No splits are published.

Assumed, as no description is at hand: ``videos/NAME.mp4`` begins with the first label.
Labels that were sampled at another rate than the video do not fit it; that video is
then left out. Without a mapping the classes are the names in the labels, sorted.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from skelseg_core.file_names import portable_name
from skelseg_core.formats.dataset import Dataset, Recording, check_once
from skelseg_core.formats.dataset_arrays import (
    cut_note,
    find_video,
    load_features,
    with_video,
)
from skelseg_core.formats.dataset_text import (
    folder_of,
    label_map_of,
    line_notes,
    lines_of,
    load_mapping,
    load_names,
)
from skelseg_core.formats.descriptors import DatasetLayout
from skelseg_core.labels.classes import LabelMap

N_VIDEOS = 76
"""Videos of the complete data set."""
_LAYOUT = "TD"


class DesktopAssembly(DatasetLayout):
    """Desktop Assembly as unsupervised segmentation uses it."""

    name = "desktop-assembly"
    title = "Desktop Assembly"
    about = "One class name per line and frame; videos begin with the first label."

    def sniff(self, folder: Path) -> bool:
        """Accept any folder with ``groundTruth`` in it."""
        return (folder / "groundTruth").is_dir()

    def read(self, src: Path) -> Dataset:
        """Read ``groundTruth`` and what lies beside it."""
        folder = folder_of(src, "groundTruth")
        texts = [p for p in sorted(folder.iterdir()) if _is_label_file(p)]
        check_once((p.name.removesuffix(".txt") for p in texts), "video")
        label_map, notes = _classes(src, texts)
        notes += line_notes(texts)
        recordings = []
        for text in texts:
            recording, said = _load(src, text, label_map)
            recordings.append(recording)
            notes += said
        if len(recordings) != N_VIDEOS:
            notes.append(
                f"{len(recordings)} of the {N_VIDEOS} published videos have labels "
                "here."
            )
        return Dataset(
            "Desktop Assembly", label_map, tuple(recordings), notes=tuple(notes)
        )


def _is_label_file(path: Path) -> bool:
    # Names are dates such as 2020-04-19_14-03-25 and hold no dot.
    return path.is_file() and path.suffix in ("", ".txt") and path.name[0] != "."


def _classes(src: Path, texts: list[Path]) -> tuple[LabelMap, list[str]]:
    for path in (src / "mapping" / "mapping.txt", src / "mapping.txt"):
        if path.is_file():
            return load_mapping(path), line_notes([path])
    names = sorted({name for text in texts for name in lines_of(text)})
    note = "There is no mapping.txt, so the classes are the sorted labels."
    return label_map_of(enumerate(names), src / "groundTruth"), [note]


def _load(src: Path, text: Path, label_map: LabelMap) -> tuple[Recording, list[str]]:
    stem = text.name.removesuffix(".txt")
    labels = load_names(text, label_map)
    path = src / "features" / f"{stem}.npy"
    notes: list[str] = []
    features = None
    if path.is_file():
        n_features = len(load_features(path, _LAYOUT))
        notes += cut_note(f"features/{path.name}", n_features, text.name, len(labels))
        labels = labels[:n_features]
        features = partial(load_features, path, _LAYOUT)
    recording = Recording(portable_name(stem), labels, features=features)
    recording, said = with_video(recording, find_video((src / "videos", src), stem))
    return recording, [*notes, *said]
