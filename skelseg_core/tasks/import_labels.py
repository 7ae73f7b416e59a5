"""Label files of any format in a folder: find them, say what they are, read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skelseg_core.errors import EditError, FormatError, SkelsegError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.formats.descriptors import (
    MOST_FILES,
    CandidateFile,
    LabelFormat,
    ReadOptions,
)
from skelseg_core.formats.exported_tracks import repeated_files, with_manifest
from skelseg_core.formats.label_file import LabelFile, framewise_track
from skelseg_core.formats.labels import ANY_TABLE, LABEL_FORMATS
from skelseg_core.formats.labels.any_table import known_mapping
from skelseg_core.formats.tables.mapped_table import remember as save_columns
from skelseg_core.formats.tables.table import Table
from skelseg_core.formats.tables.table_file import read_table
from skelseg_core.formats.tables.table_mapping import TableMapping, saved_tables
from skelseg_core.labels.classes import LabelMap, label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.returned import Prelabel, is_prelabel, kept
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_files import is_class_list
from skelseg_core.project.folder import ProjectFolder, check_free
from skelseg_core.project.imports.frames_and_overlaps import told_apart
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_files import (
    importable_format,
    label_format,
    load_label_file,
)
from skelseg_core.project.imports.label_import import plan_import
from skelseg_core.project.imports.label_plan import ImportPlan, PlannedVideo, class_ids
from skelseg_core.project.project import Project, new_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.said import Said, counted, listed
from skelseg_core.tasks.importing import dataset_layout, load_dataset

AUTO = "auto"
"""Name that stands for the format that a file has."""
_CHOICES = {"tracks", "picks", "text", "overlap", "unpaired"}
"""Kinds of problems that are mended by a choice in the preview of an import."""
_NO_LABELS = {"manifest.json", "project.json", "mapping.txt", "classes.txt"}
_NEW = 1 << 30
"""Id from which on classes are that the project does not have."""


@dataclass(frozen=True)
class LabelSources:
    """Label files that were found, each with its format, and files that are none.

    ``repeated`` are those that have the labels of others once more, as skelseg wrote.
    """

    files: tuple[tuple[Path, LabelFormat], ...]
    left_out: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()

    @property
    def taken_for(self) -> str:
        """Say what the files were taken for, as one sentence."""
        if len(self.files) == 1:
            path, form = self.files[0]
            text = f"{path.name} is read as {form.title}"
        else:
            kinds = Counter(form.title for _, form in self.files)
            found = (f"{counted(n, 'file')} as {k}" for k, n in kinds.items())
            text = f"Read {', '.join(found)}"
        out = f"; no labels: {listed(self.left_out)}" if self.left_out else ""
        if self.repeated:
            out = f"; the same labels again: {listed(self.repeated)}{out}"
        return f"{text}{out}."


def layout_of(src: Path) -> str:
    """Find the layout of the data set in a folder; empty where it holds label files."""
    if not src.is_dir():
        return ""
    found = dataset_layout(src)
    # The last layout accepts almost any folder.
    return "" if found == "desktop-assembly" and _found_in(src, AUTO).files else found


def find_label_files(src: Path, kind: str = AUTO) -> LabelSources:
    """Find the label files in a folder, or take the one that is given.

    Parameters
    ----------
    src : Path
    kind : str
        Name of their format, or `AUTO`.

    Raises
    ------
    FormatError
        Where there is none.
    """
    if not src.is_dir():
        return LabelSources(((src, _named(kind) or importable_format(src)),))
    found = _found_in(src, kind)
    if not found.files:
        form = _named(kind)
        what = f"as {form.title}" if form else "of any format"
        raise FormatError(
            "No file in {} can be read {}; choose the folder with the label files.",
            src,
            what,
        )
    return found


def _named(kind: str) -> LabelFormat | None:
    return next((form for form in LABEL_FORMATS if form.name == kind), None)


def _found_in(folder: Path, kind: str) -> LabelSources:
    files, left_out = [], []
    names = sorted(CandidateFile(folder).names[:MOST_FILES])
    for path in (folder / name for name in names if not name.startswith(".")):
        if path.is_file() and path.suffix.lower() not in VIDEO_SUFFIXES:
            form = _form_of(path, kind)
            if form is None:
                left_out.append(path.name)
            else:
                files.append((path, form))
    # Of several formats of one export, that which holds most is read.
    files.sort(key=lambda file: LABEL_FORMATS.index(file[1]))
    again = repeated_files(folder, [path.name for path, _ in files])
    files = sorted(file for file in files if file[0].name not in again)
    return LabelSources(tuple(files), tuple(left_out), tuple(again))


def _form_of(path: Path, kind: str) -> LabelFormat | None:
    """Find the format of a file among others; None where it holds no labels."""
    wanted = _named(kind)
    if path.name.lower() in _NO_LABELS:
        return None
    try:
        if wanted is not None:
            return wanted if wanted.accepts(CandidateFile(path)) else None
        return None if is_class_list(path) else label_format(path)
    except SkelsegError:
        return None


def read_label_files(
    sources: LabelSources, options: ReadOptions
) -> Task[tuple[LabelFile, ...]]:
    """Read label files, all or none.

    Raises
    ------
    FormatError
        Where one is damaged; says where.
    """
    found = []
    for n, (path, form) in enumerate(sources.files):
        yield Progress(Said("reading {}", path.name), n, len(sources.files))
        found.append(with_manifest(load_label_file(path, form, options)))
    return tuple(found)


def plan_labels(
    folder: ProjectFolder,
    project: Project,
    files: Sequence[LabelFile],
    choices: ImportChoices,
    places: Sequence[Path] = (),
    new: bool = False,
) -> Task[ImportPlan]:
    """Plan an import, as `plan_import`; pre-labels that come back are told.

    They are told by their boundaries, whatever the file calls them: those of a video,
    or those of all videos if half of its own are a model's.
    """
    plan = yield from plan_import(folder, project, files, choices, places, new)
    found: dict[str, _Returned] = {}
    for video in plan.videos:
        yield Progress("comparing with the pre-labels")
        one = _returned(folder, project, video)
        if one is not None:
            found[video.track_id] = one
    every = found.values()
    together = is_prelabel(sum(o.n_shared for o in every), sum(o.n for o in every))
    videos = [
        _told_apart(project, video, found[video.track_id], together)
        if video.track_id in found
        else video
        for video in plan.videos
    ]
    return replace(plan, videos=tuple(videos))


@dataclass(frozen=True)
class _Returned:
    """Pre-label that shares most boundaries with labels, and how many of how many."""

    said: Prelabel | None
    labels: Segmentation
    n_shared: int = 0
    n: int = 0
    note: str = ""


def _returned(
    folder: ProjectFolder, project: Project, video: PlannedVideo
) -> _Returned | None:
    """Find what labels may have begun as; None where that is told, or nothing was."""
    track = video.source.labels
    if track.says_who or track.guesses or video.track_id not in project.track_ids:
        return None
    classes = project.classes_of(video.track_id)
    names = video.labels.names
    # A class that is new has an id that no other has.
    ids = dict(zip(names, range(_NEW, _NEW + len(names)), strict=True))
    labels = video.labels.segmentation(ids | class_ids(classes, names))
    try:
        said = [one.in_classes(classes) for one in kept(folder, video.track_id)]
    except FormatError as error:
        return _Returned(None, labels, note=str(error))
    best = _Returned(None, labels)
    for one in said:
        n_shared, n = one.shared_with(labels)
        if n_shared * best.n >= best.n_shared * n and n:
            best = _Returned(one, labels, n_shared, n)
    return best


def _told_apart(
    project: Project, video: PlannedVideo, found: _Returned, together: bool
) -> PlannedVideo:
    """Mark the labels of a pre-label as the model's, and say how many there are."""
    if found.note:
        return replace(video, notes=(*video.notes, found.note))
    told = is_prelabel(found.n_shared, found.n)
    told = told or (together and 2 * found.n_shared >= found.n)
    if found.said is None or not told:
        return video
    guesses = found.said.guesses(found.labels, project.classes_of(video.track_id))
    labels = told_apart(video.labels, guesses)
    n_unseen = sum(not guess.agreed for guess in guesses)
    note = Said(
        "{:,} of {:,} boundaries are those of the prediction of {}, to the frame: {} "
        "imported as pre-labels that nobody reviewed, {:,} as corrected ones.",
        found.n_shared,
        found.n,
        found.said.model,
        counted(n_unseen, "segment"),
        len(guesses) - n_unseen,
    )
    return replace(video, labels=labels, notes=(*video.notes, note))


def dataset_labels(src: Path, layout: str, project: Project) -> LabelFile:
    """Read the labels of a published data set, for the videos of a project.

    A class that the project calls by several words is meant by them joined by ``_``.

    Raises
    ------
    FormatError
        Where a file of it is missing, damaged, or contradicts another.
    """
    found = load_dataset(layout, src)
    ours = {"_".join(name.split()): name for name in project.classes.names}
    names = {
        c.id: c.name if project.classes.named(c.name) else ours.get(c.name, c.name)
        for c in found.label_map.classes
    }
    tracks = []
    for recording in found.recordings:
        words = (names.get(label, "") for label in recording.labels.tolist())
        track = framewise_track(words, src / recording.id)
        tracks.append(replace(track, media=recording.id))
    only = "Only labels are imported: poses, features and splits need a new project."
    file = LabelFile(src, tuple(tracks), (*found.notes, only))
    return with_manifest(file)


def unexplained_table(
    paths: Sequence[Path],
) -> Task[tuple[Table, TableMapping | None] | None]:
    """Find the first table of which a person has to say what its columns are.

    Returns
    -------
    (Table, TableMapping or None), or None
        The table, and what is known of its columns; None where all can be read.

    Raises
    ------
    FormatError
        Where a file cannot be read at all.
    """
    options = ReadOptions(saved_tables=saved_tables())
    for n, path in enumerate(paths):
        yield Progress(Said("reading {}", path.name), n, len(paths))
        if importable_format(path) is not ANY_TABLE:
            continue
        try:
            load_label_file(path, ANY_TABLE, options)
        except FormatError:
            table = read_table(path)
            return table, known_mapping(table, options)[0]
    return None


def make_project(
    root: Path,
    paths: Sequence[Path],
    places: Sequence[Path] = (),
    columns: TableMapping | None = None,
    remember: bool = False,
) -> Task[bool]:
    """Make a project of label files, with the videos beside them or in ``places``.

    Parameters
    ----------
    root : Path
    paths : sequence of Path
    places : sequence of Path
        Folders where videos are looked for.
    columns : TableMapping, optional
        What a person says of the columns of tables.
    remember : bool
        Whether these columns are saved for tables with the same header.

    Returns
    -------
    bool
        False where a person has to choose what becomes of the labels, such as which of
        several tracks they are: then the project has the videos alone.

    Raises
    ------
    SkelsegError
        Where a file is damaged or no video is found; says which. Nothing is written.
    """
    folder = check_free(root)
    sources = LabelSources(tuple((p, importable_format(p)) for p in paths))
    store = saved_tables()
    files = yield from read_label_files(
        sources, ReadOptions(table=columns, saved_tables=store)
    )
    for path, form in sources.files:
        if columns is not None and remember and form is ANY_TABLE:
            save_columns(path, columns, store)
    project = project_for(root, files)
    plan = yield from plan_import(folder, project, files, places=places, new=True)
    if plan.added and plan.problems and {p.kind for p in plan.problems} <= _CHOICES:
        for item in plan.added:
            project = add_video(project, item)
        folder.save(project)
        return False
    folder.save(plan.apply(project))
    return True


def project_for(root: Path, files: Sequence[LabelFile]) -> Project:
    """Make the project that label files are imported into where there is none yet.

    It has the first of their classes; the import adds the others.

    Raises
    ------
    FormatError
        Where the files name no class.
    """
    return new_project(root.resolve().name, _first_class(files))


def _first_class(files: Sequence[LabelFile]) -> LabelMap:
    for file in files:
        for name in (*file.classes, *_names(file)):
            if name.strip():
                try:
                    found = label_map_from_names([name.strip()])
                except EditError:
                    continue  # where it is used, the import says so with its place
                color = file.colors.get(name)
                return found if not color else _colored(found, color)
    raise FormatError(
        "{} names no class; choose a file with labels.",
        listed([f.path.name for f in files]),
    )


def _names(file: LabelFile) -> Iterator[str]:
    """List the names of classes that the tracks of a file use."""
    return (n for t in file.tracks if t.what != "comments" for n in t.names)


def _colored(label_map: LabelMap, color: str) -> LabelMap:
    (only,) = label_map.classes
    return replace(label_map, classes=(replace(only, color=color),))
