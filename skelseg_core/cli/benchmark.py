"""The command ``skelseg benchmark``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from skelseg_core.cli.terminal import PATH, run_task


@click.command("benchmark")
@click.argument("project", type=PATH)
@click.option("--folds", default=4, show_default=True, help="Folds by subject.")
@click.option("--seeds", default=3, show_default=True, help="Runs per fold.")
@click.option(
    "--models", default="", help="Rows or tables, separated by commas; all by default."
)
@click.option("--out", type=PATH, help="Folder; PROJECT/benchmark by default.")
@click.option("--resume", is_flag=True, help="Continue the runs in the folder.")
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    default=0,
    show_default="all cores",
    help="Runs at the same time.",
)
@click.option(
    "--download", is_flag=True, help="Allow the download of pretrained weights."
)
def benchmark_command(
    project: Path,
    folds: int,
    seeds: int,
    models: str,
    out: Path | None,
    resume: bool,
    jobs: int,
    download: bool,
) -> None:
    """Cross-validate the models of the paper by subject and write its tables."""
    from skelseg_core.benchmark.run import BenchmarkPlan, benchmark, chosen_rows
    from skelseg_core.logs import start_logging

    start_logging()

    names = [name.strip() for name in models.split(",") if name.strip()]
    # The name of the folder alone: readers of the report have the project elsewhere.
    command = f"skelseg benchmark {shlex.quote(project.resolve().name)}"
    command += f" --folds {folds} --seeds {seeds}"
    command += f" --models {','.join(names)}" if names else ""
    plan = BenchmarkPlan(
        root=project,
        out=out or project / "benchmark",
        folds=folds,
        seeds=seeds,
        rows=chosen_rows(names),
        threads=jobs,
        download=download,
        command=command,
    )
    page, *rest = run_task(benchmark(plan, resume))
    click.echo(next(p for p in rest if p.name == "report.md").read_text("utf-8"))
    click.echo(f"Wrote {page}")
