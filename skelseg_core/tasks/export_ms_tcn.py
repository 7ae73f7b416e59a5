"""Export in the layout of MS-TCN, which the code of most networks reads.

``features/VIDEO.npy`` (D, T) float32; ``groundTruth/VIDEO.txt`` one class name per
line; ``mapping.txt`` with ``id name`` lines; ``splits/{train,test}.splitK.bundle`` with
one ``VIDEO.txt`` per line.

Published readers silently misread the following, which is mended or refused here:

- They drop a last line that has no line break; every line gets one.
- They part a line of the mapping, and their own results, at blanks, and cut the name
  of a video at its first dot. Such names are refused, or written with ``_``.
- They take as many classes as the mapping has lines, so ids count from 0, in the order
  of the project, whatever its own ids are.
- They cut features and labels to the shorter; both have a value per frame.
- Text has no word for unlabelled, nor for undecided; such frames are refused, written
  as a class, or as the label before them and listed in ``ignore/VIDEO.txt``: one line
  per frame, 1 where it is to be left out of training and scores, else 0.

`formats.datasets.ms_tcn` reads the layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelseg_core.array_files import save_npy
from skelseg_core.config import Preset, load_preset
from skelseg_core.errors import ConfigError, EditError, FormatError, ProjectError
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork, cpu_threads
from skelseg_core.files import atomic_write
from skelseg_core.formats.class_list import mapping_text
from skelseg_core.formats.dataset import listed
from skelseg_core.formats.dataset_arrays import load_features
from skelseg_core.formats.datasets.ms_tcn import MsTcn
from skelseg_core.formats.descriptors import Held
from skelseg_core.formats.export_folder import MANIFEST, MANIFEST_SCHEMA, export_folder
from skelseg_core.formats.label_losses import label_losses
from skelseg_core.formats.labels.ms_tcn_text import framewise_text
from skelseg_core.labels.classes import check_class_name
from skelseg_core.learning.folds import (
    folds_by_subject,
    named_folds,
    subjects_of,
    unnamed_note,
)
from skelseg_core.predictions.lanes import unsaid_in_text, with_predicted
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, VideoItem, model_of_lane
from skelseg_core.said import counted
from skelseg_core.tasks.data_card import CARD, data_card
from skelseg_core.tasks.export_choices import DEFAULT_PRESET, N_FOLDS, ExportChoices
from skelseg_core.tasks.export_labels import how_much, skipped_text, videos_with_lane
from skelseg_core.tasks.exported import Exported
from skelseg_core.tasks.labelled_videos import LabelledVideos

_HOLDS: tuple[Held, ...] = ("gaps", "undecided", "source")
"""Properties of labels whose loss `_labels` and `unsaid_in_text` tell, not `holds`."""


def export_ms_tcn(
    folder: ProjectFolder, project: Project, out: Path, choices: ExportChoices
) -> Task[Exported]:
    """Write features, labels, classes, splits and a data card to ``out``.

    Everything that is cheap is checked before features are made. All files appear, or
    none (`export_folder`).

    Parameters
    ----------
    folder, project : ProjectFolder, Project
        What is exported; ``project`` may be newer than the files.
    out : Path
        Folder; made where it is missing.
    choices : ExportChoices

    Returns
    -------
    Exported
        Of its notes the first is about the features, where they are written; the others
        are one per thing that was renamed, left out or assumed.

    Raises
    ------
    ProjectError, FormatError, ModelError, ConfigError
        Where a name or a frame has no place in the layout, a lane, features or a
        second subject are missing, or files in ``out`` are not skelseg's to replace;
        says which.
    """
    plan = plan_ms_tcn(folder, project, choices)
    items, notes = plan.items, list(plan.notes)
    work = _Features(folder, project, items, choices, notes)
    videos = [
        LabelledVideos(folder, project, choices.lane, out).roughly(item)
        for item in items
    ]
    card = yield from data_card(folder, project, videos, [MsTcn()], notes)
    texts = {**plan.texts, CARD: card}
    names = ["mapping.txt", CARD, "groundTruth/", "splits/", "ignore/"]
    names += ["features/"] if choices.features else []
    about = {"schema": MANIFEST_SCHEMA, "layout": MsTcn.name, "lane": choices.lane}
    replaced: list[Path] = []
    with export_folder(
        out, names, about, replaced if choices.overwrite else None
    ) as made:
        for n, item in enumerate(items):
            yield Progress("export", n, len(items))
            values = yield from work.of(item)
            if values is not None:
                name = f"features/{plan.files[item.id]}.npy"
                save_npy(made / name, np.ascontiguousarray(values.T, np.float32))
                work.written.append(name)
        for name, text in texts.items():
            atomic_write(made / name, text)
    yield Progress("export", len(items), len(items))
    written = tuple(out / name for name in (*texts, *work.written, MANIFEST))
    words = work.in_words()
    made_of = [f"{counted(len(items), 'video')}{words}."] if words else []
    ids = tuple(item.id for item in items)
    there = how_much(project, items, choices.lane)
    return Exported(
        written, ids, plan.skipped, tuple(replaced), (*made_of, *notes), there
    )


@dataclass(frozen=True)
class MsTcnPlan:
    """Texts of an export in the layout of MS-TCN, before features are made.

    Parameters
    ----------
    items : tuple of VideoItem
        Videos that are exported.
    skipped : tuple of str
        Ids of videos left out that lack the lane.
    files : Mapping[str, str]
        Name of the files of each video, by its id.
    texts : Mapping[str, str]
        Labels, classes, splits and lists of frames to be left out, by path.
    notes : tuple of str
        One sentence per thing that was renamed, left out, assumed or lost.
    """

    items: tuple[VideoItem, ...]
    skipped: tuple[str, ...]
    files: Mapping[str, str]
    texts: Mapping[str, str]
    notes: tuple[str, ...]


def plan_ms_tcn(
    folder: ProjectFolder, project: Project, choices: ExportChoices
) -> MsTcnPlan:
    """Write all texts of the layout; raises as `export_ms_tcn`."""
    if choices.ignore and choices.unlabelled:
        raise ConfigError(
            "--unlabelled writes frames without a label as a class and --ignore "
            "lists them in a file; choose one."
        )
    lane = choices.lane
    project = with_predicted(folder, project, [lane])
    items, skipped = videos_with_lane(
        folder, project, lane, choices.videos, choices.skip_missing
    )
    notes = [skipped_text(skipped, lane)] if skipped else []
    files = _one_word([i.id for i in items], "video", choices.rename, notes)
    texts = _labels(project, items, choices, files, notes)
    notes += unsaid_in_text(folder, project, items, lane)
    lanes = [item.lanes[lane] for item in items]
    notes += label_losses(MsTcn.title, _HOLDS, lanes, bool(model_of_lane(lane)))
    texts.update(_splits(folder, project, items, choices.folds, files, notes))
    return MsTcnPlan(tuple(items), skipped, files, texts, tuple(notes))


# -- names --------------------------------------------------------------------------

_WHY = {
    "class": "a blank, and readers of this layout split names at blanks",
    "video": "a dot, and readers of this layout cut names at dots",
}


def _one_word(
    names: Iterable[str], what: str, rename: bool, notes: list[str]
) -> dict[str, str]:
    """Join the words of each name; add a note where a name changes.

    Raises
    ------
    ProjectError
        Where a name needs another and none may be given, or two become one.
    """
    written: dict[str, str] = {}
    owner: dict[str, str] = {}
    for name in names:
        word = "_".join(name.split() if what == "class" else name.split("."))
        if word != name and not rename:
            raise ProjectError(
                "The name of the {} '{}' has {}; use --rename to write '{}' and the "
                "like.",
                what,
                name,
                _WHY[what],
                word,
            )
        if word in owner:
            raise ProjectError(
                "'{}' and '{}' would both be written as the {} '{}'; give one of "
                "them another name.",
                owner[word],
                name,
                what,
                word,
            )
        written[name] = word
        owner[word] = name
    changed = [f"'{n}' as '{w}'" for n, w in written.items() if n != w]
    if changed:
        notes.append(f"Renamed {counted(len(changed), what)}: {listed(changed)}.")
    return written


# -- texts --------------------------------------------------------------------------


def _labels(
    project: Project,
    items: Sequence[VideoItem],
    choices: ExportChoices,
    files: Mapping[str, str],
    notes: list[str],
) -> dict[str, str]:
    """Write the texts of the mapping and of every video's labels, by path."""
    labels = {i.id: _indices(project, i, choices) for i in items}
    ignored = _ignored(labels, files, notes) if choices.ignore else {}
    names = list(project.classes.names)
    n_open = sum(int((values < 0).sum()) for values in labels.values())
    if n_open:
        _check_name(choices.unlabelled)
        if choices.unlabelled not in names:
            names.append(choices.unlabelled)
        for values in labels.values():
            values[values < 0] = names.index(choices.unlabelled)
    words = list(_one_word(names, "class", choices.rename, notes).values())
    if n_open:
        word = words[names.index(choices.unlabelled)]
        notes.append(f"{counted(n_open, 'unlabelled frame')} written as '{word}'.")
    texts = {
        f"groundTruth/{files[video]}.txt": framewise_text([words[i] for i in values])
        for video, values in labels.items()
    }
    return {"mapping.txt": mapping_text(words), **texts, **ignored}


def _ignored(
    labels: Mapping[str, np.ndarray], files: Mapping[str, str], notes: list[str]
) -> dict[str, str]:
    """List the frames without a label, by path, and give them the label before them.

    A text has a class in every line; who does not read the list would train on them.
    """
    texts = {}
    for video, values in labels.items():
        is_open = values < 0
        texts[f"ignore/{files[video]}.txt"] = framewise_text(
            ["1" if left_out else "0" for left_out in is_open]
        )
        known = np.flatnonzero(~is_open)
        before = np.searchsorted(known, np.arange(len(values)), "right") - 1
        values[:] = values[known[np.maximum(before, 0)]]
    n = sum(text.count("1") for text in texts.values())
    notes.append(
        f"{counted(n, 'frame')} without a label are listed in the folder ignore, and "
        "written as the label before; leave them out of training and scores."
    )
    return texts


def _indices(project: Project, item: VideoItem, choices: ExportChoices) -> np.ndarray:
    """Find the class index of every frame (T,); -1 only where that is allowed."""
    lane = item.lanes[choices.lane]
    indices = project.classes.to_indices(lane.to_frames())
    unlabelled = np.flatnonzero(indices < 0)
    if len(unlabelled) == len(indices) and choices.ignore:
        raise ProjectError(
            "Video {} has no label at all; label it, or leave it out.", item.id
        )
    if len(unlabelled) and not (choices.unlabelled or choices.ignore):
        raise ProjectError(
            "Video {}, frame {}: {:,} frames have no label, which this layout cannot "
            "store; label them, leave the video out, list them in a file (--ignore), "
            "or write them as a class (--unlabelled NAME).",
            item.id,
            unlabelled[0],
            len(unlabelled),
        )
    return indices


def _check_name(name: str) -> None:
    try:
        check_class_name(name)
    except EditError as error:
        raise ProjectError("--unlabelled: {}", error) from error


def _splits(
    folder: ProjectFolder,
    project: Project,
    items: Sequence[VideoItem],
    folds: int | None,
    files: Mapping[str, str],
    notes: list[str],
) -> dict[str, str]:
    """Write the bundles, by path; no subject is on both sides of a split."""
    if folds == 0:
        return {}
    published = {} if folds else _published(folder, [i.id for i in items], files)
    if published:
        return published
    subjects = subjects_of(items)
    n_subjects = len(set(subjects.values()))
    if n_subjects < 2:
        raise ProjectError(
            "A split needs two subjects or more, and only one is seen here; export "
            "videos of more, name people with 'skelseg people', or leave splits out "
            "(--folds 0)."
        )
    n_folds = min(N_FOLDS, n_subjects) if folds is None else folds
    tests = folds_by_subject(subjects, n_folds)
    notes += filter(None, [unnamed_note(items)])
    texts = {}
    for number, test in enumerate(tests, start=1):
        train = [v for v in subjects if v not in test]
        for side, videos in (("train", train), ("test", test)):
            text = _bundle_text([files[v] for v in videos])
            texts[f"splits/{side}.split{number}.bundle"] = text
    return texts


def _published(
    folder: ProjectFolder, videos: Sequence[str], files: Mapping[str, str]
) -> dict[str, str]:
    """Write the bundles of the data set's own splits, by path; empty without.

    For a part of the data set's videos the other videos are left out of the splits, if
    a video remains on both sides of each.
    """
    texts = {}
    for name, sides in named_folds(folder).items():
        for side, listed_there in sides.items():
            chosen = [files[v] for v in listed_there if v in videos]
            if not chosen:
                return {}
            texts[f"splits/{side}.{name}.bundle"] = _bundle_text(chosen)
    return texts


def _bundle_text(videos: Sequence[str]) -> str:
    """Format a ``.bundle``: ``VIDEO.txt`` per line.

    Published readers cut the name at its first dot: names must hold none.
    """
    return framewise_text([f"{video}.txt" for video in videos])


# -- features -----------------------------------------------------------------------


class _Features:
    """Features of the videos: those of the data set, or made by a preset.

    Parameters
    ----------
    folder, project, items
        What is exported.
    choices : ExportChoices
    notes : list of str
        Takes a sentence on videos that have none.
    """

    def __init__(
        self,
        folder: ProjectFolder,
        project: Project,
        items: Sequence[VideoItem],
        choices: ExportChoices,
        notes: list[str],
    ) -> None:
        self._folder, self._project = folder, project
        self._made_by = choices.preset or DEFAULT_PRESET
        self._preset = load_preset(self._made_by)
        self.written: list[str] = []
        self._n_dims = 0
        self._bare = {i.id for i in items}
        self._stored: set[str] = set()
        if choices.features:
            self._stored, self._bare = _without_making(
                folder, items, choices.preset, notes
            )

    def of(self, item: VideoItem) -> Task[np.ndarray | None]:
        """Load or make the features (T, D) of a video; None where it has none."""
        if item.id in self._bare:
            return None
        if item.id in self._stored:
            values = load_features(_stored_path(self._folder, item), "TD")
        else:
            work = FeatureWork(self._folder, self._project, item, cpu_threads())
            values = yield from _made(work, self._preset)
        _check(values, item, self._n_dims)
        self._n_dims = values.shape[1]
        return values

    def in_words(self) -> str:
        """Write how many features a frame has and what made them; empty for none."""
        source = "of the data set" if self._stored else f"by {self._made_by}"
        return f", {self._n_dims:,} features a frame {source}" if self._n_dims else ""


def _stored_path(folder: ProjectFolder, item: VideoItem) -> Path:
    return folder.root / "features" / f"{item.id}.npy"


def _without_making(
    folder: ProjectFolder, items: Sequence[VideoItem], preset: str, notes: list[str]
) -> tuple[set[str], set[str]]:
    """Find videos whose features came with the data set, and those that have none."""
    if preset:
        return set(), set()
    stored = {i.id for i in items if _stored_path(folder, i).is_file()}
    others = [i for i in items if i.id not in stored]
    bare = {
        i.id
        for i in others
        if not i.has_video and not folder.poses_path(i.id).is_file()
    }
    could = [i.id for i in others if i.id not in bare]
    if stored and could:
        raise ProjectError(
            "The data set had no features of {}, but of others; use --preset NAME to "
            "make those of all videos, or choose videos with --video.",
            listed(could),
        )
    if bare:
        names = [i.id for i in items if i.id in bare]
        notes.append(
            f"{counted(len(bare), 'video')} without features, poses and pictures, so "
            f"only the labels were written: {listed(names)}."
        )
    return stored, bare


def _made(work: FeatureWork, preset: Preset) -> Task[np.ndarray]:
    """Make the features of all modalities of a preset side by side, (T, D)."""
    found = yield from features_of(work, preset)
    parts = [found.features[m] for m in preset.model.modalities]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _check(values: np.ndarray, item: VideoItem, n_dims: int) -> None:
    """Refuse features of another length, and features that are not finite."""
    if len(values) != item.n_frames:
        raise FormatError(
            "The features of {} have {:,} frames, the video {:,}; import the data set "
            "again, or use --preset NAME.",
            item.id,
            len(values),
            item.n_frames,
        )
    if n_dims and values.shape[1] != n_dims:
        raise FormatError(
            "Video {} has {:,} features a frame and those before {:,}; use --preset "
            "NAME to make all of them the same.",
            item.id,
            values.shape[1],
            n_dims,
        )
    good = np.isfinite(values).all(axis=1)
    if not good.all():
        raise FormatError(
            "Video {}, frame {}: a feature is not a finite number; import or "
            "estimate its poses again.",
            item.id,
            int(np.argmin(good)),
        )
