"""The command ``skelseg doctor``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.terminal import PATH, run_task

if TYPE_CHECKING:
    from skelseg_core.doctor.finding import Finding

_MARKS = {"error": "error  ", "warning": "warning", "note": "note   "}


@click.command("doctor")
@click.argument("place", metavar="PROJECT|VIDEO", type=PATH)
@click.option("--fix", "with_fixes", is_flag=True, help="Apply possible fixes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor_command(
    ctx: click.Context, place: Path, with_fixes: bool, as_json: bool
) -> None:
    """Check a project or a video, and say what may be wrong with it.

    It finds different numbers of frames in video, labels, poses and predictions, videos
    that are missing, changed or damaged, files without a video, conflicts and broken
    links.

    Nothing is changed without --fix. A fix deletes only what can be made again: other
    files are moved to the folder 'set-aside' of the project. The exit code is 1 if
    errors are left.
    """
    from skelseg_core.doctor.checkup import apply_fixes, examine_project, examine_video

    is_project = (place / "project.json").is_file() or not _is_video(place)
    examine = examine_project if is_project else examine_video
    findings = run_task(examine(place))
    said: list[str] = []
    if with_fixes and is_project:
        said = run_task(apply_fixes(findings))
        findings = run_task(examine(place))
    if as_json:
        found = [finding.to_json() for finding in findings]
        click.echo(json.dumps({"findings": found, "fixed": said}, indent=1))
    else:
        _print(findings, said)
    if any(finding.severity == "error" for finding in findings):
        ctx.exit(1)


def _is_video(place: Path) -> bool:
    from skelseg_core.video.image_files import holds_images

    return place.is_file() or holds_images(place)


def _print(findings: list[Finding], said: list[str]) -> None:
    from skelseg_core.said import counted

    for line in said:
        click.echo(line)
    for finding in findings:
        click.echo(f"{_MARKS[finding.severity]}  {finding.text}")
        if finding.fix is not None:
            click.echo(f"         --fix: {finding.fix.text}.")
    counts = {s: sum(f.severity == s for f in findings) for s in _MARKS}
    click.echo(", ".join(counted(n, severity) for severity, n in counts.items()) + ".")
