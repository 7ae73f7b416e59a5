"""The command ``skelseg import``: labels of other tools, and published data sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.table_options import (
    TABLE_OPTIONS,
    remember_tables,
    table_mapping,
    table_options,
)
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
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.label_plan import Existing, ImportChoices, ImportPlan
    from skelseg_core.project.project import Project
    from skelseg_core.tasks.import_labels import LabelSources

FORMAT = "project"
"""Name of this kind of import."""

HINTS = {
    "overlap": "--overlap last or first",
    "existing": "--fill, --replace or --annotator NAME",
    "track": "--pick NAME",
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


@click.command("import")
@click.argument("kind", metavar="FORMAT", type=NameOf(_formats))
@click.argument("src", type=PATH)
@click.option(
    "--project",
    "root",
    required=True,
    type=PATH,
    help="Folder of the project; made where there is none.",
)
@click.option("--video", default="", help="Video that the labels are of.")
@click.option(
    "--pick",
    "picks",
    multiple=True,
    help="Tier, observation, subject, player or annotator; may be repeated.",
)
@click.option("--annotator", default="", help="Put labels into the lane of a person.")
@click.option(
    "--overlap",
    type=click.Choice(["refuse", "last", "first"]),
    default="refuse",
    show_default=True,
    help="Which of two labels has the frames that both claim.",
)
@click.option("--fill", is_flag=True, help="Label only frames that are unlabelled.")
@click.option("--replace", is_flag=True, help="Replace labels that are there.")
@click.option(
    "--rate",
    type=float,
    help="Frames per second that frames are counted by; of what has no video.",
)
@click.option(
    "--media", type=PATH, help="Folder of videos to add where they are missing."
)
@click.option(
    "--modifiers", is_flag=True, help="Join modifiers to the names of classes."
)
@table_options
@click.option("--focal", type=float, help="Data sets: focal length in px [1050].")
@click.option("--width", type=int, help="Data sets: of the picture in px [1920].")
@click.option("--height", type=int, help="Data sets: of the picture in px [1080].")
@click.option("--dry-run", is_flag=True, help="Say what is there, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
def import_command(kind: str, src: Path, root: Path, **given: Any) -> None:
    """Import labels from SRC, a file or a folder of them, and say first what they are.

    FORMAT is that of the files, or auto. The videos are those that the files name, or
    that they are named like. The project of another annotator gives the labels of the
    videos that both have, as the lane of that person. A published data set becomes a
    new project; its 3D poses are also projected to 2D by a pinhole camera.
    """
    from skelseg_core.tasks.import_labels import AUTO, layout_of

    if kind == FORMAT or (kind == AUTO and (src / "project.json").is_file()):
        others = tuple(name for name in _OF_LABELS if name != "annotator")
        _refuse(given, (*others, *_OF_DATA_SETS), "files, not of a project")
        import_project(src, root, given["annotator"], given["dry_run"])
        return
    layout = layout_of(src) if kind == AUTO else kind
    if layout in _layouts():
        if kind == AUTO:
            click.echo(f"{src} is taken for a data set: {layout}.", err=True)
        _refuse(given, _OF_LABELS, "label files")
        _import_dataset(layout, src, root, given)
    else:
        _refuse(given, _OF_DATA_SETS, "data sets")
        _import_labels(kind, src, root, given)


_OF_LABELS = (
    *("video", "picks", "annotator", "overlap", "fill", "replace", "media"),
    *("modifiers", "as_json", *TABLE_OPTIONS),
)
_OF_DATA_SETS = ("focal", "width", "height")


def _refuse(given: dict[str, Any], names: tuple[str, ...], what: str) -> None:
    for name in names:
        if given[name] not in (None, False, "", (), "refuse"):
            option = {"picks": "pick", "as_json": "json"}.get(name, name)
            option = option.replace("_", "-")
            raise Mistake(f"--{option} belongs to the import of {what}; leave it out.")


# -- data sets ----------------------------------------------------------------------


def _import_dataset(layout: str, src: Path, root: Path, given: dict[str, Any]) -> None:
    from skelseg_core.formats.dataset import counted
    from skelseg_core.poses.poses3d import Camera
    from skelseg_core.tasks.importing import (
        empty_folder,
        import_dataset,
        load_dataset,
        survey,
    )

    usual = {"focal": 1050.0, "width": 1920, "height": 1080}
    said = {k: v if given[k] is None else given[k] for k, v in usual.items()}
    camera = Camera(said["focal"], int(said["width"]), int(said["height"]))
    empty_folder(root)
    found = load_dataset(layout, src)
    for line in survey(found):
        click.echo(line)
    dry_run = given["dry_run"]
    made = run_task(import_dataset(found, root, camera, given["rate"], dry_run))
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
    else:
        n = counted(len(made.videos), "recording")
        click.echo(f"Made project {root} with {n}.")


# -- label files --------------------------------------------------------------------


@dataclass(frozen=True)
class _Target:
    folder: ProjectFolder
    project: Project
    new: bool


def _import_labels(kind: str, src: Path, root: Path, given: dict[str, Any]) -> None:
    from skelseg_core.project.label_import import plan_import
    from skelseg_core.tasks.import_labels import find_label_files, read_label_files

    choices, options = _choices(given), _options(given)
    sources = find_label_files(src, kind)
    if kind == "auto":
        click.echo(sources.taken_for, err=given["as_json"])
    _check_tables(sources, options, given)
    files = run_task(read_label_files(sources, options))
    if given["remember"]:
        remember_tables([file.path for file in files], options.table)
    target = _target(root, files)
    places = [given["media"]] if given["media"] else []
    plan = run_task(
        plan_import(target.folder, target.project, files, choices, places, target.new)
    )
    written = not plan.problems and not given["dry_run"]
    if written:
        _write(target, plan)
    _tell(plan, target, given, written)


def _choices(given: dict[str, Any]) -> ImportChoices:
    from skelseg_core.project.label_plan import ImportChoices

    if given["fill"] and given["replace"]:
        raise Mistake("--fill and --replace exclude one another; choose one.")
    existing: Existing = "refuse"
    if given["fill"] or given["replace"]:
        existing = "fill" if given["fill"] else "replace"
    names = ("video", "picks", "annotator", "overlap", "rate")
    return ImportChoices(existing=existing, **{n: given[n] for n in names})


def _options(given: dict[str, Any]) -> ReadOptions:
    from skelseg_core.formats.descriptors import ReadOptions
    from skelseg_core.formats.table_mapping import saved_tables

    return ReadOptions(
        modifiers=given["modifiers"],
        rate=given["rate"],
        table=table_mapping(given),
        saved_tables=saved_tables(),
    )


def _check_tables(
    sources: LabelSources, options: ReadOptions, given: dict[str, Any]
) -> None:
    """Refuse options of tables where a file is none, and would be read without them."""
    if options.table is None and not given["remember"]:
        return
    for path, form in sources.files:
        if "table" not in form.options:
            raise Mistake(
                f"{path.name} is taken for {form.title}, whose columns are known; "
                "leave the options of tables out, or give the format csv."
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
        from skelseg_core.project.backups import keep_before

        keep_before(target.folder, target.project, "Before: skelseg import")
        save_and_tell(target.folder, after, target.project)


def _tell(
    plan: ImportPlan, target: _Target, given: dict[str, Any], written: bool
) -> None:
    if given["as_json"]:
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
    if given["as_json"]:
        return
    if given["dry_run"]:
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
    from skelseg_core.project.annotators import add_annotator_labels, read_annotator
    from skelseg_core.project.folder import ProjectFolder

    folder, before = opened(root)
    said = {v.annotator for v in ProjectFolder(src).load().videos} - {""}
    name = name or (said.pop() if len(said) == 1 else "")
    if not name:
        raise Mistake(
            f"The labels of the project {src} go beside those of {root}: say whose "
            "they are by --annotator NAME."
        )
    found = run_task(read_annotator(src, before, ""))
    for video, lane in found.lanes.items():
        click.echo(f"{video}: {lane.n_labelled:,} of {lane.n_frames:,} frames labelled")
    new = found.unknown(before.label_map)
    if new:
        click.echo(f"New classes: {', '.join(c.name for c in new)}")
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
        return
    save_and_tell(folder, add_annotator_labels(before, name, found), before)
    n = len(found.lanes)
    click.echo(f"Labels of {name} are beside those of {n} video{'s' * (n != 1)}.")
