"""Cross-validate the models of the paper by subject and write its tables.

    python -m benchmarks.paper PROJECT --folds 4 --seeds 3

trains every row of every table (or those that ``--models`` names) and writes
``report.md``, CSV and PNG to ``--out``, a folder in the project by default.
``--resume`` goes on after any interruption.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from benchmarks.paper.run import BenchmarkPlan, benchmark, chosen_rows
from skelseg_core.cli.terminal import INTERRUPTED, run_task
from skelseg_core.errors import SkelsegError
from skelseg_core.logs import start_logging


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark that the command line describes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("project", type=Path)
    add("--folds", type=int, default=4, help="by subject")
    add("--seeds", type=int, default=3, help="runs per fold")
    add("--models", default="", help="rows or tables, separated by commas")
    add("--out", type=Path, help="folder; PROJECT/benchmark by default")
    add("--resume", action="store_true", help="continue the runs in the folder")
    add("--jobs", type=int, default=0, help="runs at the same time; all cores")
    add("--download", action="store_true", help="allow that weights are downloaded")
    given = parser.parse_args(arguments)
    start_logging()
    names = [name.strip() for name in given.models.split(",") if name.strip()]
    # The name of the folder alone: readers of the report have the project elsewhere.
    command = f"python -m benchmarks.paper {shlex.quote(given.project.resolve().name)}"
    command += f" --folds {given.folds} --seeds {given.seeds}"
    command += f" --models {','.join(names)}" if names else ""
    try:
        plan = BenchmarkPlan(
            root=given.project,
            out=given.out or given.project / "benchmark",
            folds=given.folds,
            seeds=given.seeds,
            rows=chosen_rows(names),
            threads=given.jobs,
            download=given.download,
            command=command,
        )
        report, *_ = run_task(benchmark(plan, given.resume))
    except (SkelsegError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    print(f"{report.read_text('utf-8')}\nWrote {report}")


if __name__ == "__main__":
    main()
