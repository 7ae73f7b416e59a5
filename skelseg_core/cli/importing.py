"""The command ``skelseg import``: labels of other tools, and published data sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.choices import given
from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.terminal import (
    PATH,
    Mistake,
    NameOf,
    opened,
    run_task,
    save_and_tell,
)

if TYPE_CHECKING:
    from skelseg_core.formats.descriptors import ReadOptions
    from skelseg_core.formats.label_file import LabelFile
    from skelseg_core.formats.tables.table_mapping import TableMapping
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.imports.label_plan import ImportChoices, ImportPlan
    from skelseg_core.project.project import Project
    from skelseg_core.tasks.import_labels import LabelSources

FORMAT = "project"
"""Name of this kind of import."""

HINTS = {
    "overlap": "--overlap last or first",
    "unpaired": "--unpaired end, next or leave-out; --pick NAME",
    "existing": "--fill, --replace or --annotator NAME",
    "track": "--pick NAME, or --tracks keep or one",
    "text": "--text comments or classes",
    "video": "--video ID, or 'skelseg add'",
    "rate": "--rate R",
}
"""Options that mend a problem of a plan, by its kind."""


def _layouts() -> list[str]:
    from skelseg_core.formats.datasets import DATASET_LAYOUTS

    return [layout.name for layout in DATASET_LAYOUTS]


def _formats() -> list[str]:
    from skelseg_core.formats.labels import LABEL_FORMATS

    read = [form.name for form in LABEL_FORMATS if form.is_read]
    return list(dict.fromkeys(["auto", *read, FORMAT, *_layouts()]))


def _presets() -> list[str]:
    from skelseg_core.formats.tables.table_presets import PRESETS

    return list(PRESETS)


@click.command(
    "import",
    ChoicesCommand,
    choices="project.imports.label_plan.ImportChoices",
    table="formats.tables.table_mapping.TableMapping",
)
@click.argument("kind", metavar="FORMAT", type=NameOf(_formats))
@click.argument("src", type=PATH)
@click.option(
    "--project",
    "root",
    required=True,
    type=PATH,
    help="Folder of the project; it is made if it is missing.",
)
@click.option("--fill", is_flag=True, help="Label only unlabelled frames.")
@click.option("--replace", is_flag=True, help="Replace existing labels.")
@click.option(
    "--media", type=PATH, help="Folder with videos to add where the project lacks them."
)
@click.option("--modifiers", is_flag=True, help="Join modifiers to class names.")
@click.option(
    "--table",
    "preset",
    type=NameOf(_presets),
    help="Tables: the tool that wrote the file.",
)
@click.option(
    "--remember",
    is_flag=True,
    help="Tables: use these columns for every table with this header.",
)
@click.option("--focal", type=float, help="Data sets: focal length in px [1050].")
@click.option("--width", type=int, help="Data sets: picture width in px [1920].")
@click.option("--height", type=int, help="Data sets: picture height in px [1080].")
@click.option("--dry-run", is_flag=True, help="Show the plan, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def import_command(
    kind: str,
    src: Path,
    root: Path,
    choices: ImportChoices,
    table: TableMapping,
    **told: Any,
) -> None:
    """Import labels from SRC, a file or a folder of them, and say first what they are.

    FORMAT is that of the files, or auto. Each file labels the video that it names, or
    that has the same name. From another annotator's project come the labels of the
    videos that both projects have, as the lane of that person. A published data set
    becomes a new project; its 3D poses are also projected to 2D by a pinhole camera.
    The labels of ms-tcn can also go into an existing project.
    """
    from skelseg_core.tasks.import_labels import AUTO, layout_of

    of_labels = [one.option for c in (choices, table) for one in given(c).values()]
    of_labels += [option for name, option in _OF_LABELS.items() if told[name]]
    of_data_sets = [f"--{n}" for n in _OF_DATA_SETS if told[n] is not None]
    if kind == FORMAT or (kind == AUTO and (src / "project.json").is_file()):
        others = [option for option in of_labels if option != "--annotator"]
        _refuse([*others, *of_data_sets], "files, not of a project")
        import_project(src, root, choices.annotator, told["dry_run"])
        return
    layout = layout_of(src) if kind == AUTO else kind
    if layout in _layouts():
        if kind == AUTO:
            click.echo(f"{src} is read as a data set: {layout}.", err=True)
        if layout == INTO_PROJECTS and (root / "project.json").is_file():
            own = [*given(table).values()]
            _refuse([*(one.option for one in own), *_said(told)], "other label files")
            _refuse(of_data_sets, "data sets into new projects")
            _import_dataset_labels(src, root, choices, told)
            return
        # Data sets without videos need a rate, too.
        _refuse([o for o in of_labels if o != "--rate"], "label files")
        _import_dataset(layout, src, root, choices.rate, told)
    else:
        _refuse(of_data_sets, "data sets")
        _import_labels(kind, src, root, choices, table, told)


_OF_LABELS = {
    "fill": "--fill",
    "replace": "--replace",
    "media": "--media",
    "modifiers": "--modifiers",
    "preset": "--table",
    "remember": "--remember",
    "as_json": "--json",
}
"""Options of label files that are no choices, by parameter."""
_OF_TABLES = ("media", "modifiers", "preset", "remember")
"""Those of them that a data set has no use for."""
INTO_PROJECTS = "ms-tcn"
"""Layout whose labels may go into a project that is there."""
_OF_DATA_SETS = ("focal", "width", "height")


def _said(told: dict[str, Any]) -> list[str]:
    return [_OF_LABELS[name] for name in _OF_TABLES if told[name]]


def _refuse(options: Sequence[str], what: str) -> None:
    if options:
        raise Mistake(f"{options[0]} belongs to the import of {what}; leave it out.")


# -- data sets ----------------------------------------------------------------------


def _import_dataset(
    layout: str, src: Path, root: Path, rate: float | None, told: dict[str, Any]
) -> None:
    from skelseg_core.poses.poses3d import Camera
    from skelseg_core.said import counted
    from skelseg_core.tasks.importing import (
        empty_folder,
        import_dataset,
        load_dataset,
        survey,
    )

    usual = {"focal": 1050.0, "width": 1920, "height": 1080}
    said = {k: v if told[k] is None else told[k] for k, v in usual.items()}
    camera = Camera(said["focal"], int(said["width"]), int(said["height"]))
    empty_folder(root)
    found = load_dataset(layout, src)
    for line in survey(found):
        click.echo(line)
    dry_run = told["dry_run"]
    made = run_task(import_dataset(found, root, camera, rate, dry_run))
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
    else:
        n = counted(len(made.tracks), "recording")
        click.echo(f"Made project {root} with {n}.")


# -- label files --------------------------------------------------------------------


@dataclass(frozen=True)
class _Target:
    folder: ProjectFolder
    project: Project
    new: bool


def _import_labels(
    kind: str,
    src: Path,
    root: Path,
    choices: ImportChoices,
    table: TableMapping,
    told: dict[str, Any],
) -> None:
    from skelseg_core.project.imports.label_tracks import texts_as_comments
    from skelseg_core.tasks.import_labels import find_label_files, read_label_files

    options = _options(choices, table, told)
    sources = find_label_files(src, kind)
    if kind == "auto":
        click.echo(sources.taken_for, err=told["as_json"])
    _check_tables(sources, options, told)
    files = run_task(read_label_files(sources, options))
    if choices.text == "comments":  # so that a new project gets no class of them
        files = tuple(texts_as_comments(files))
    if told["remember"]:
        _remember([file.path for file in files], options.table)
    _import_files(files, _target(root, files), choices, told)


def _import_dataset_labels(
    src: Path, root: Path, choices: ImportChoices, told: dict[str, Any]
) -> None:
    """Import the labels of a data set into the videos of a project that is there."""
    from skelseg_core.tasks.import_labels import dataset_labels

    target = _Target(*opened(root), new=False)
    file = dataset_labels(src, INTO_PROJECTS, target.project)
    _import_files((file,), target, choices, told)


def _import_files(
    files: tuple[LabelFile, ...],
    target: _Target,
    choices: ImportChoices,
    told: dict[str, Any],
) -> None:
    from skelseg_core.tasks.import_labels import plan_labels

    if told["fill"] and told["replace"]:
        raise Mistake("--fill and --replace cannot be used together; choose one.")
    if told["fill"] or told["replace"]:
        choices = replace(choices, existing="fill" if told["fill"] else "replace")
    places = [told["media"]] if told["media"] else []
    plan = run_task(
        plan_labels(target.folder, target.project, files, choices, places, target.new)
    )
    written = not plan.problems and not told["dry_run"]
    if written:
        _write(target, plan)
    _tell(plan, target, told, written)


def _options(
    choices: ImportChoices, table: TableMapping, told: dict[str, Any]
) -> ReadOptions:
    from skelseg_core.formats.descriptors import ReadOptions
    from skelseg_core.formats.tables.table_mapping import saved_tables
    from skelseg_core.formats.tables.table_presets import PRESETS

    preset, mapping = told["preset"], table if given(table) else None
    if preset:
        mapping = table.filled(PRESETS[preset].mapping)
    return ReadOptions(told["modifiers"], choices.rate, mapping, saved_tables())


def _remember(paths: Sequence[Path], mapping: TableMapping | None) -> None:
    """Save a mapping for the headers of tables that were read."""
    from skelseg_core.formats.tables.mapped_table import remember
    from skelseg_core.formats.tables.table_mapping import saved_tables

    if mapping is None:
        raise Mistake("--remember needs options that name the columns.")
    if not [path for path in paths if remember(path, mapping, saved_tables())]:
        raise Mistake("Only a table with a header can be remembered.")


def _check_tables(
    sources: LabelSources, options: ReadOptions, told: dict[str, Any]
) -> None:
    """Refuse options of tables where a file is none, and would be read without them."""
    if options.table is None and not told["remember"]:
        return
    for path, form in sources.files:
        if "table" not in form.options:
            raise Mistake(
                f"{path.name} is read as {form.title}, whose columns are known; "
                "remove the options of tables, or choose the format csv."
            )


def _target(root: Path, files: tuple[Any, ...]) -> _Target:
    from skelseg_core.project.folder import check_free
    from skelseg_core.tasks.import_labels import project_for

    if (root / "project.json").exists():
        return _Target(*opened(root), new=False)
    return _Target(check_free(root), project_for(root, files), new=True)


def _write(target: _Target, plan: ImportPlan) -> None:
    after = plan.apply(target.project)
    if target.new:
        target.folder.save(after)
    else:
        save_and_tell(target.folder, after, target.project)


def _tell(
    plan: ImportPlan, target: _Target, told: dict[str, Any], written: bool
) -> None:
    if told["as_json"]:
        value = {**plan.as_json(), "written": written}
        click.echo(json.dumps(value, indent=1, ensure_ascii=False))
    else:
        for line in plan.lines():
            click.echo(line)
    if plan.problems:
        first, more = plan.problems[0], len(plan.problems) - 1
        hint = f" ({HINTS[first.kind]})" if first.kind in HINTS else ""
        rest = "" if not more else f" And {more} more; --dry-run --json lists them."
        raise Mistake(f"{first.text.rstrip('.')}{hint}.{rest}")
    if told["as_json"]:
        return
    if told["dry_run"]:
        click.echo("Nothing was written (--dry-run).")
    elif target.new:
        click.echo(f"Made project {target.folder.root}.")


def import_project(src: Path, root: Path, name: str, dry_run: bool) -> None:
    """Put the labels of a project's annotation into the lane of a person of another.

    Raises
    ------
    Mistake
        Where it is not known whose labels they are.
    SkelsegError
        Where the two projects have no labelled video in common.
    """
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.imports.annotators import (
        add_annotator_labels,
        read_annotator,
    )

    folder, before = opened(root)
    said = {v.annotator for v in ProjectFolder(src).load().tracks} - {""}
    name = name or (said.pop() if len(said) == 1 else "")
    if not name:
        raise Mistake(
            f"The labels of project {src} need an annotator's name in {root}; give it "
            "with --annotator NAME."
        )
    found = run_task(read_annotator(src, before))
    for video, lane in found.lanes.items():
        click.echo(f"{video}: {lane.n_labelled:,} of {lane.n_frames:,} frames labelled")
    new = found.unknown(before)
    if new:
        click.echo(f"New classes: {', '.join(c.name for c in new)}")
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
        return
    save_and_tell(folder, add_annotator_labels(before, name, found), before)
    n = len(found.lanes)
    click.echo(f"Imported the labels of {name} in {n} video{'s' * (n != 1)}.")
