"""Read label files of all programs, and plan their import.

The window imports it when the first labels are imported.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from app.kit.language import in_language
from skelseg_core.errors import SkelsegError
from skelseg_core.formats.descriptors import LabelFormat, ReadOptions
from skelseg_core.formats.exported_tracks import with_manifest
from skelseg_core.formats.label_file import LabelFile
from skelseg_core.formats.labels import ANY_TABLE
from skelseg_core.formats.labels.any_table import known_mapping
from skelseg_core.formats.tables.mapped_table import remember as save_columns
from skelseg_core.formats.tables.table import Table
from skelseg_core.formats.tables.table_file import read_table
from skelseg_core.formats.tables.table_mapping import TableMapping
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.found_labels import Problem
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_files import importable_format, load_label_file
from skelseg_core.project.imports.label_plan import ImportPlan
from skelseg_core.project.imports.project_labels import PROJECT_FILE, project_labels
from skelseg_core.project.project import Project
from skelseg_core.said import Said
from skelseg_core.tasks.import_labels import plan_labels

Read = tuple[
    tuple[LabelFile, ...], tuple[LabelFormat, ...], tuple[str, ...], tuple[Path, ...]
]
"""Files, their formats, why others could not be read, and which are tables."""


def tried_table(
    path: Path, options: ReadOptions
) -> Task[tuple[Table, TableMapping | None] | str]:
    """Read a table and what is known of its columns, or say why it cannot be read."""
    yield Progress(Said("reading {}", path.name))
    try:
        table = read_table(path)
        return table, known_mapping(table, options)[0]
    except SkelsegError as error:
        return in_language(error)


def reading(
    paths: Sequence[Path],
    options: ReadOptions,
    project: Project,
    chosen: Collection[Path],
    remember: bool,
) -> Task[Read]:
    """Read label files; say of each that cannot be read why.

    Parameters
    ----------
    paths : sequence of Path
    options : ReadOptions
    project : Project
        For labels that are another project's.
    chosen : collection of Path
        Tables whose columns a person chose.
    remember : bool
        Whether these columns are saved for tables with the same header.
    """
    files, formats, unread, tables = [], [], [], []
    for n, path in enumerate(paths):
        yield Progress(Said("reading {}", path.name), n, len(paths))
        is_table = path in chosen
        try:
            if path.name == PROJECT_FILE:
                files.append(project_labels(path, project))
                continue
            form = ANY_TABLE if path in chosen else importable_format(path)
            is_table = form is ANY_TABLE
            files.append(with_manifest(load_label_file(path, form, options)))
            formats.append(form)
            if remember and is_table and options.table and options.saved_tables:
                save_columns(path, options.table, options.saved_tables)
        except SkelsegError as error:
            unread.append(in_language(error))
        tables += [path] if is_table else []
    return tuple(files), tuple(formats), tuple(unread), tuple(tables)


def planned(
    folder: ProjectFolder,
    project: Project,
    files: tuple[LabelFile, ...],
    choices: ImportChoices,
    places: tuple[Path, ...],
) -> Task[ImportPlan]:
    """Plan an import; what cannot be chosen is its problem."""
    try:
        return (yield from plan_labels(folder, project, files, choices, places))
    except SkelsegError as error:
        return ImportPlan(choices, problems=(Problem(in_language(error)),))
