"""Commands that import labels: of other tools, of data sets, of other annotators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.choices import declared
from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.terminal import (
    PATH,
    Mistake,
    NameOf,
    json_option,
    opened,
    print_json,
    run_task,
    save_and_tell,
)

if TYPE_CHECKING:
    from skelseg_core.formats.descriptors import ReadOptions
    from skelseg_core.formats.label_file import LabelFile
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.imports.found_labels import Problem
    from skelseg_core.project.imports.import_choices import ImportChoices
    from skelseg_core.project.project import Project

INTO_PROJECTS = "ms-tcn"
"""Layout of data sets whose labels can go into a project that is there."""
NOTHING_WRITTEN = "Nothing was written (--dry-run)."

_project_option = click.option(
    "--project",
    "root",
    required=True,
    type=PATH,
    help="Folder of the project; it is made if it is missing.",
)
_dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show the plan, write nothing."
)


def _layouts() -> list[str]:
    from skelseg_core.formats.datasets import DATASET_LAYOUTS

    return [layout.name for layout in DATASET_LAYOUTS]


def _formats() -> list[str]:
    from skelseg_core.formats.labels import LABEL_FORMATS

    return ["auto", *(f.name for f in LABEL_FORMATS if f.is_read), INTO_PROJECTS]


# -- label files --------------------------------------------------------------------


@click.command(
    "import", ChoicesCommand, choices="project.imports.import_choices.ImportChoices"
)
@click.argument("kind", metavar="FORMAT", type=NameOf(_formats))
@click.argument("src", type=PATH)
@_project_option
@click.option(
    "--media", type=PATH, help="Folder with videos to add where the project lacks them."
)
@click.option("--modifiers", is_flag=True, help="Join modifiers to class names.")
@click.option(
    "--table",
    "columns",
    multiple=True,
    metavar="WORD",
    help="Tables: the tool that wrote it, or a column: label=Verb; may be repeated.",
)
@_dry_run_option
@json_option
def import_command(
    kind: str,
    src: Path,
    root: Path,
    choices: ImportChoices,
    media: Path | None,
    modifiers: bool,
    columns: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import labels from SRC, a file or a folder of them, and say first what they are.

    FORMAT is that of the files, or auto. Each file labels the video that it names, or
    that has the same name. The labels of ms-tcn go into a project that is there;
    import-dataset makes one of a published data set, and import-annotator brings the
    labels of another person's project.
    """
    from skelseg_core.formats.descriptors import ReadOptions
    from skelseg_core.formats.tables.table_mapping import saved_tables
    from skelseg_core.formats.tables.table_presets import mapping_in
    from skelseg_core.project.folder import check_free
    from skelseg_core.tasks.import_labels import dataset_labels, project_for

    new = not (root / "project.json").exists()
    files: Sequence[LabelFile]
    if _is_dataset(kind, src, new):
        folder, before = opened(root)
        files = [dataset_labels(src, INTO_PROJECTS, before)]
    else:
        mapping = mapping_in(columns)
        options = ReadOptions(modifiers, choices.rate, mapping, saved_tables())
        files = _read(kind, src, options, choices, as_json)
        folder, before = (
            (check_free(root), project_for(root, files)) if new else opened(root)
        )
    places = [media] if media else []
    _import(folder, before, files, choices, dry_run, as_json, places, new)


def _import(
    folder: ProjectFolder,
    before: Project,
    files: Sequence[LabelFile],
    choices: ImportChoices,
    dry_run: bool,
    as_json: bool = False,
    places: Sequence[Path] = (),
    new: bool = False,
) -> None:
    """Import labels that were read, and say what becomes of them."""
    from skelseg_core.tasks.import_labels import plan_labels

    plan = run_task(plan_labels(folder, before, files, choices, places, new))
    written = not plan.problems and not dry_run
    if written and new:
        folder.save(plan.apply(before))
    elif written:
        save_and_tell(folder, plan.apply(before), before)
    lines = plan.lines()
    if not plan.problems:
        made = f"Made project {folder.root}."
        lines += [made] * new if written else [NOTHING_WRITTEN]
    if as_json:
        print_json({**plan.as_json(), "written": written})
    else:
        click.echo("".join(f"{line}\n" for line in lines), nl=False)
    if plan.problems:
        raise Mistake(_why_not(plan.problems))


def _is_dataset(kind: str, src: Path, new: bool) -> bool:
    """Tell whether labels come of a data set; refuse what other commands import."""
    from skelseg_core.tasks.import_labels import layout_of

    layout = layout_of(src) if kind == "auto" else kind
    if kind == "auto" and (src / "project.json").is_file():
        raise Mistake(f"{src} is a project of skelseg; use import-annotator.")
    if layout in _layouts() and (new or layout != INTO_PROJECTS):
        raise Mistake(f"{src} is a data set, {layout}; import-dataset makes a project.")
    return layout == INTO_PROJECTS


def _read(
    kind: str, src: Path, options: ReadOptions, choices: ImportChoices, as_json: bool
) -> tuple[LabelFile, ...]:
    """Read label files; refuse columns where one is no table."""
    from skelseg_core.project.imports.found_labels import texts_as_comments
    from skelseg_core.tasks.import_labels import find_label_files, read_label_files

    sources = find_label_files(src, kind)
    if kind == "auto":
        click.echo(sources.taken_for, err=as_json)
    for path, form in sources.files:
        if options.table is not None and "table" not in form.options:
            raise Mistake(
                f"{path.name} is read as {form.title}, whose columns are known; "
                "leave out --table, or choose the format csv."
            )
    files = run_task(read_label_files(sources, options))
    # So that a new project gets no class of free text.
    return tuple(texts_as_comments(files)) if choices.text == "comments" else files


def _why_not(problems: tuple[Problem, ...]) -> str:
    """Say the first problem with the options that mend it, and how many follow."""
    from skelseg_core.project.imports.import_choices import ImportChoices

    first, more = problems[0], len(problems) - 1
    known = {one.name: one for one in declared(ImportChoices)}
    hints = []
    for one in (known[name] for name in first.choices):
        *others, last = [v for v in one.values if v != one.default] or [""]
        words = " or ".join(filter(None, [", ".join(others), last]))
        hints.append(f"{one.option} {words or one.choice.metavar}")
    hint = f" ({'; '.join(hints)})" if hints else ""
    rest = f" And {more} more; --dry-run --json lists them." if more else ""
    return f"{first.text.rstrip('.')}{hint}.{rest}"


# -- data sets ----------------------------------------------------------------------


@click.command("import-dataset")
@click.argument("layout", metavar="LAYOUT", type=NameOf(lambda: ["auto", *_layouts()]))
@click.argument("src", type=PATH)
@_project_option
@click.option("--rate", type=float, help="Frames per second, if there is no video.")
@click.option("--focal", default=1050.0, show_default=True, help="Focal length in px.")
@click.option("--width", default=1920, show_default=True, help="Picture width in px.")
@click.option("--height", default=1080, show_default=True, help="Picture height in px.")
@_dry_run_option
def import_dataset_command(
    layout: str,
    src: Path,
    root: Path,
    rate: float | None,
    focal: float,
    width: int,
    height: int,
    dry_run: bool,
) -> None:
    """Make a new project of the published data set in SRC, and say what is in it.

    LAYOUT is that of the data set, or auto. Its 3D poses are also projected to 2D by a
    pinhole camera.
    """
    from skelseg_core.poses.poses3d import Camera
    from skelseg_core.said import counted
    from skelseg_core.tasks.importing import (
        dataset_layout,
        empty_folder,
        import_dataset,
        load_dataset,
        survey,
    )

    camera = Camera(focal, width, height)
    empty_folder(root)
    if layout == "auto":
        layout = dataset_layout(src)
        if not layout:
            known = ", ".join(_layouts())
            raise Mistake(f"{src} is no data set of a known layout: {known}.")
        click.echo(f"{src} is read as a data set: {layout}.", err=True)
    found = load_dataset(layout, src)
    for line in survey(found):
        click.echo(line)
    made = run_task(import_dataset(found, root, camera, rate, dry_run))
    recordings = counted(len(made.tracks), "recording")
    click.echo(
        NOTHING_WRITTEN if dry_run else f"Made project {root} with {recordings}."
    )


# -- annotators ---------------------------------------------------------------------


@click.command("import-annotator")
@click.argument("src", type=PATH)
@click.option("--project", "root", required=True, type=PATH, help="Your project.")
@click.option("--annotator", "name", default="", help="Name of the other person.")
@_dry_run_option
def import_annotator_command(src: Path, root: Path, name: str, dry_run: bool) -> None:
    """Import the labels of the project SRC, made by another annotator.

    The labels of the videos that both projects have come into lanes of that person;
    yours are not changed.
    """
    from skelseg_core.project.imports.import_choices import ImportChoices
    from skelseg_core.project.imports.project_labels import project_labels

    folder, before = opened(root)
    file = project_labels(src, before)
    name = name or file.author
    if not name:
        raise Mistake(
            f"The labels of project {src} need an annotator's name in {root}; give it "
            "with --annotator NAME."
        )
    choices = ImportChoices(annotator=name, existing="replace")
    _import(folder, before, [file], choices, dry_run)
