"""The command ``skelseg tiers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.terminal import (
    PATH,
    json_option,
    opened,
    print_json,
    save_and_tell,
)
from skelseg_core.errors import ProjectError

if TYPE_CHECKING:
    from skelseg_core.project.project import Project
    from skelseg_core.project.tracks import Tier

NO_TIER = "none"
"""Stands for no tier, where another one is named."""


@click.command("tiers")
@click.argument("folder", type=PATH)
@click.argument("name", metavar="[TIER]", default="")
@click.option("--add", "added", metavar="NAME", help="Add a tier of this name.")
@click.option(
    "--of",
    type=click.Choice(["person", "scene"]),
    default="person",
    show_default=True,
    help="Whether each person has a track of the added tier, or the video one.",
)
@click.option("--points", is_flag=True, help="Single frames are labelled in it.")
@click.option(
    "--classes", type=PATH, help="Text file with its classes, one name per line."
)
@click.option("--rename", metavar="NAME", help="Give TIER another name.")
@click.option("--remove", is_flag=True, help="Remove TIER, if nothing is labelled.")
@click.option(
    "--optional/--required",
    default=None,
    help="Whether a video can be finished without it.",
)
@click.option(
    "--inside", metavar="TIER", help=f"Its segments lie in those of TIER; {NO_TIER}."
)
@click.option(
    "--mirrors",
    metavar="TIER",
    help=f"It is TIER of the other side of the body: one model for both; {NO_TIER}.",
)
@json_option
def tiers_command(folder: Path, name: str, as_json: bool, **options: Any) -> None:
    """List the tiers of FOLDER with their classes, add one, or change TIER.

    A tier is a kind of label with classes of its own: action, posture, left hand. Each
    person of a video has a track of it, or the video one.
    """
    project_folder, before = opened(folder)
    project, tier = _edited(before, name, options)
    if project is not before:
        save_and_tell(project_folder, project, before)
    shown = [t for t in project.tiers if t.id == tier.id] if name else project.tiers
    found = [_values(project, t) for t in shown or project.tiers]
    if as_json:
        print_json(found)
        return
    for values in found:
        _tell(values)


def _edited(
    project: Project, name: str, options: Mapping[str, Any]
) -> tuple[Project, Tier]:
    """Make the edit that was asked for; return the tier that it is about as well."""
    from skelseg_core.project.track_edits import add_tier, remove_tier

    added = options["added"]
    if added is not None:
        if name or options["rename"] or options["remove"]:
            raise ProjectError("--add makes a new tier; change another one after it.")
        kind = "points" if options["points"] else "segments"
        project = add_tier(project, added, options["of"], kind)  # type: ignore[arg-type]
        return _changed(project, project.tiers[-1], options), project.tiers[-1]
    if options["points"]:
        raise ProjectError("--points is for a tier that is added with --add.")
    changes = ("rename", "optional", "inside", "mirrors", "classes")
    changed = [options[key] for key in changes if options[key] is not None]
    if (changed or options["remove"]) and not name:
        raise ProjectError("Name the tier that is to be changed.")
    tier = project.tier_named(name)
    if options["remove"]:
        return remove_tier(project, tier.id), tier
    return _changed(project, tier, options), tier


def _changed(project: Project, tier: Tier, options: Mapping[str, Any]) -> Project:
    """Give a tier the values and classes that were asked for."""
    from skelseg_core.formats.class_list import load_class_names
    from skelseg_core.project.track_edits import set_tier

    values: dict[str, object] = {}
    if options["rename"] is not None:
        values["name"] = options["rename"].strip()
    if options["optional"] is not None:
        values["required"] = not options["optional"]
    for key in ("inside", "mirrors"):
        if (other := options[key]) is not None:
            values[key] = None if other == NO_TIER else project.tier_named(other).id
    project = set_tier(project, tier.id, **values)
    is_new = options["added"] is not None
    names: Sequence[str] = ()
    if options["classes"] is not None:
        names = load_class_names(options["classes"])
    elif is_new and values.get("mirrors") is not None:
        # One model labels both, by the names of their classes.
        names = project.classes_of(project.tier(str(values["mirrors"]))).names
    return _with_classes(project, tier, names, is_new)


def _with_classes(
    project: Project, tier: Tier, names: Sequence[str], is_new: bool
) -> Project:
    """Add classes to a tier; of a new one the first takes the place of its only one."""
    from skelseg_core.project.class_edits import add_class, rename_class

    there = project.classes_of(tier)
    if is_new and names and there.names[0] not in names:
        project = rename_class(project, there.ids[0], names[0])
    for name in names:
        if project.classes_of(tier).named(name) is None:
            project = add_class(project, name, tier=tier.id)
    return project


def _values(project: Project, tier: Tier) -> dict[str, Any]:
    tracks = [v for v in project.tracks if v.tier == tier.id]

    def called(tier_id: str | None) -> str | None:
        return None if tier_id is None else project.tier(tier_id).name

    return {
        "id": tier.id,
        "name": tier.name,
        "of": tier.of,
        "kind": tier.kind,
        "required": tier.required,
        "inside": called(tier.inside),
        "mirrors": called(tier.mirrors),
        "classes": list(project.classes_of(tier).names),
        "tracks": len(tracks),
        "labelled_tracks": sum(
            bool(v.annotation.n_labelled or v.marks) for v in tracks
        ),
    }


def _tell(tier: dict[str, Any]) -> None:
    n, labelled = tier["tracks"], tier["labelled_tracks"]
    about = [f"of the {tier['of']}", f"{n:,} track{'s' * (n != 1)}"]
    about += [f"{labelled:,} with labels"]
    about += ["points"] if tier["kind"] == "points" else []
    about += [] if tier["required"] else ["optional"]
    about += [f"{key} {tier[key]}" for key in ("inside", "mirrors") if tier[key]]
    click.echo(f"{tier['name']}: {', '.join(about)}")
    click.echo(f"  classes: {', '.join(tier['classes'])}")
