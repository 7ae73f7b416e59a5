"""Command ``skelseg export``: labels of a project as files of any format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.completion import complete_lanes
from skelseg_core.cli.terminal import (
    PATH,
    NameOf,
    json_option,
    only_option,
    opened,
    print_json,
    run_task,
)
from skelseg_core.errors import ProjectError

if TYPE_CHECKING:
    from skelseg_core.tasks.exported import Exported

MS_TCN = "ms-tcn"
_OF_MS_TCN = {
    "preset": "",
    "folds": None,
    "unlabelled": "",
    "ignore": False,
    "rename": False,
    "no_features": False,
}
"""Options of the layout of MS-TCN, and their values where they are not given."""


def _label_formats() -> list[str]:
    from skelseg_core.formats.label_overview import written_formats
    from skelseg_core.tasks.export_choices import BOTH

    return [*(form.name for form in written_formats()), BOTH, MS_TCN]


@click.command("export")
@click.argument("folder", type=PATH)
@click.option(
    "--format",
    "kind",
    type=NameOf(_label_formats),
    default="csv",
    show_default=True,
    help="csv is framewise-csv and segment-csv; ms-tcn is features, labels and splits. "
    "'skelseg formats' describes them.",
)
@click.option("--out", required=True, type=PATH, help="Folder to write to.")
@click.option(
    "--lane",
    default="annotation",
    show_default=True,
    shell_complete=complete_lanes,
    help="annotation, prediction:NAME or annotator:NAME.",
)
@only_option
@click.option(
    "--skip-missing", is_flag=True, help="Leave out videos that lack the lane."
)
@click.option(
    "--overwrite", is_flag=True, help="Replace files of others too, and say which."
)
@click.option("--single-table", is_flag=True, help="Write one table for all videos.")
@click.option(
    "--as-predictions",
    is_flag=True,
    help="Write labels as proposals of a model, for others to correct.",
)
@click.option(
    "--preset",
    default="",
    help="ms-tcn: what makes the features; by default those of an imported data set, "
    "or heatmap.",
)
@click.option("--no-features", is_flag=True, help="ms-tcn: labels and splits alone.")
@click.option(
    "--folds",
    type=click.IntRange(min=0),
    help="ms-tcn: splits by subject, 0 for none; 4 by default, if possible.",
)
@click.option(
    "--unlabelled", default="", help="ms-tcn: class to write unlabelled frames as."
)
@click.option(
    "--ignore",
    is_flag=True,
    help="ms-tcn: list unlabelled frames in a file beside, to be left out.",
)
@click.option(
    "--rename",
    is_flag=True,
    help="ms-tcn: write _ for blanks in class names and dots in video names.",
)
@json_option
def export_command(
    folder: Path,
    kind: str,
    out: Path,
    lane: str,
    videos: tuple[str, ...],
    skip_missing: bool,
    overwrite: bool,
    single_table: bool,
    as_predictions: bool,
    as_json: bool,
    **of_ms_tcn: Any,
) -> None:
    """Write the labels of FOLDER as files, with a manifest and a data card.

    All files appear, or none. Files that skelseg did not write, or that were changed
    since, are replaced only with --overwrite.
    """
    from skelseg_core.formats.descriptors import WriteOptions

    project_folder, project = opened(folder)
    options = WriteOptions(single_table=single_table, as_predictions=as_predictions)
    if kind == MS_TCN:
        from skelseg_core.tasks.export_ms_tcn import MsTcnChoices, export_ms_tcn

        _refuse([k for k, v in vars(options).items() if v], "another --format")
        choices = MsTcnChoices(
            lane, videos, skip_missing=skip_missing, overwrite=overwrite, **of_ms_tcn
        )
        done = run_task(export_ms_tcn(project_folder, project, out, choices))
    else:
        from skelseg_core.tasks.export_labels import ExportChoices, export_labels

        given = [k for k, v in of_ms_tcn.items() if v != _OF_MS_TCN[k]]
        _refuse(given, f"--format {MS_TCN}")
        wanted = ExportChoices(kind, lane, videos, skip_missing, overwrite, options)
        done = run_task(export_labels(project_folder, project, out, wanted))
    if as_json:
        print_json({"lane": lane, **exported_json(done, out, kind)})
    else:
        _tell(done, out)


def _refuse(given: Sequence[str], other: str) -> None:
    if given:
        name = given[0].replace("_", "-")
        raise ProjectError("--{} belongs to {}; leave it out.", name, other)


def exported_json(done: Exported, out: Path, kind: str) -> dict[str, Any]:
    """Return what was exported as plain values."""
    return {
        "out": str(out),
        "format": kind,
        "videos": list(done.videos),
        "files": [str(path) for path in done.files],
        "skipped": list(done.skipped),
        "replaced": [str(path) for path in done.replaced],
        "notes": list(done.notes),
    }


def _tell(done: Exported, out: Path) -> None:
    for note in (*done.notes, *replaced_notes(done)):
        click.echo(note)
    click.echo(f"Wrote {len(done.files)} files to {out}")


def replaced_notes(done: Exported) -> list[str]:
    """Write a sentence per file of others that was replaced."""
    return [f"Replaced {path}, which was not skelseg's." for path in done.replaced]
