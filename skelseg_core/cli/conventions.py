"""Command ``skelseg conventions``: what is labelled in two ways, and rules for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.terminal import PATH, opened, run_task, save_and_tell
from skelseg_core.errors import ProjectError

if TYPE_CHECKING:
    from skelseg_core.labels.conventions import Convention
    from skelseg_core.project.project import Project
    from skelseg_core.review.conventions import Finding, Occurrence


@click.command("conventions")
@click.argument("folder", type=PATH)
@click.option("--leave-out", default="", help="Adopt a rule: leave out this class …")
@click.option("--under", type=float, help="… shorter than this many seconds")
@click.option("--after", default="", help="… after this class")
@click.option("--before", default="", help="… and before this one.")
@click.option(
    "--tier", default="", help="Only this tier; without, a rule is of the first."
)
@click.option("--dry-run", is_flag=True, help="Only list what the rule would change.")
@click.option(
    "--drop", type=click.IntRange(min=1), help="Drop the rule with this number."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def conventions_command(
    folder: Path,
    leave_out: str,
    under: float | None,
    after: str,
    before: str,
    tier: str,
    dry_run: bool,
    drop: int | None,
    as_json: bool,
) -> None:
    """List what people labelled in two ways in FOLDER, and the rules in force.

    A rule that is adopted changes every annotation of the project, what was reviewed
    too; look at --dry-run first. Pre-labels follow it from then on, and 'skelseg
    evaluate' prints its figures with and without.
    """
    from skelseg_core.review.conventions import adopt, give_up, in_words, touched

    project_folder, project = opened(folder)
    if drop is not None:
        if drop > len(project.conventions):
            raise ProjectError(
                "There is no rule {}; the project has {}.",
                drop,
                len(project.conventions),
            )
        gone = project.conventions[drop - 1]
        save_and_tell(project_folder, give_up(project, [gone]), project)
        click.echo(f"Dropped: {in_words(gone, project.name_of)}. No label changed.")
        return
    if leave_out:
        rule = _rule(project.segments_in(tier), leave_out, under, after, before)
        places = run_task(touched(project, [rule]))
        if not dry_run:
            after_ = run_task(adopt(project, [rule]))
            save_and_tell(project_folder, after_, project)
        _tell_places(in_words(rule, project.name_of), places, dry_run, as_json)
        return
    _tell(project.segments_in(tier) if tier else project, as_json)


def _rule(
    project: Project, name: str, under: float | None, after: str, before: str
) -> Convention:
    from skelseg_core.labels.conventions import Convention

    ids = []
    for told in (name, after, before):
        found = project.classes.named(told) if told else None
        if told and found is None:
            names = ", ".join(project.classes.names)
            raise ProjectError("There is no class '{}', only {}.", told, names)
        ids.append(None if found is None else found.id)
    class_id, left, right = ids
    assert class_id is not None
    return Convention(class_id, under, left, right)


def _tell(project: Project, as_json: bool) -> None:
    from skelseg_core.review.conventions import audit, in_words

    found = run_task(audit(project))
    if as_json:
        rules = [_as_json(project, rule) for rule in project.conventions]
        findings = [_finding_json(project, f) for f in found]
        values = {"conventions": rules, "findings": findings}
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    for n, rule in enumerate(project.conventions, 1):
        click.echo(f"rule {n}: {in_words(rule, project.name_of)}")
    for finding in found:
        click.echo(
            f"labelled in two ways: {in_words(finding.rule, project.name_of)}? The "
            f"class is there {len(finding.labelled)} times and not there "
            f"{len(finding.direct)} times; the rule would change "
            f"{_number(finding.n_videos, 'video')}"
        )
    if not found:
        click.echo("No short segment is labelled in two ways.")


def _number(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _tell_places(
    sentence: object, places: Sequence[Occurrence], dry_run: bool, as_json: bool
) -> None:
    if as_json:
        rows = [vars(p) for p in places]
        click.echo(json.dumps({"rule": str(sentence), "places": rows}, indent=2))
        return
    did = "would leave out" if dry_run else "left out"
    reviewed = sum(p.reviewed for p in places)
    click.echo(
        f"{sentence}: {did} {_number(len(places), 'segment')}, "
        f"{reviewed} of them reviewed"
    )
    for video, n in Counter(p.video_id for p in places).items():
        click.echo(f"  {video}: {n}")


def _as_json(project: Project, rule: Convention) -> dict[str, Any]:
    from skelseg_core.review.conventions import in_words

    return {"text": str(in_words(rule, project.name_of)), **rule.to_json()}


def _finding_json(project: Project, finding: Finding) -> dict[str, Any]:
    return {
        "rule": _as_json(project, finding.rule),
        "labelled": [vars(p) for p in finding.labelled],
        "not_labelled": [vars(p) for p in finding.direct],
    }
