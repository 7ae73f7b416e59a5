"""Commands ``skelseg info`` and ``formats``: what is there, what is possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from skelseg_core.cli.terminal import (
    PATH,
    json_option,
    only_option,
    opened,
    print_json,
    track_ids,
)
from skelseg_core.said import counted, in_column


@click.command("info")
@click.argument("folder", type=PATH)
@only_option
@json_option
def info_command(folder: Path, videos: tuple[str, ...], as_json: bool) -> None:
    """Say what is in the project in FOLDER, and what is missing there.

    Videos with what is labelled and reviewed, classes, lanes, models and their worth.
    """
    from skelseg_core.tasks.project_info import project_info

    project_folder, project = opened(folder)
    ids = track_ids(folder, videos) if videos else ()
    found = project_info(project_folder, project, ids)
    if as_json:
        print_json(found)
    else:
        _tell(found)


def _tell(found: Mapping[str, Any]) -> None:
    rows, classes = found["videos"], found["classes"]
    n, tiers = len(rows), found["tiers"]
    several = f"{len(tiers)} tiers, " if len(tiers) > 1 else ""
    counts = f"{counted(n, 'video')}, {several}{counted(len(classes), 'class')}"
    click.echo(f"{found['name']}: {counts}")
    tracks = [(row, track) for row in rows for track in row["tracks"]]
    width = max((len(track["title"]) for _, track in tracks), default=0)
    for row, track in tracks:
        click.echo(f"  {track['title']:<{width}}  {_track(row, track)}")
    width = max(len(c["name"]) for c in classes)
    for tier in tiers:
        of = tier["name"] if several else "the annotation"
        click.echo(f"classes of {of}:")
        for c in classes:
            if c["tier"] == tier["name"]:
                click.echo(f"  {c['name']:<{width}}  {_class(c, tier['kind'])}")
    lanes = ", ".join(f"{lane} ({n})" for lane, n in found["lanes"].items())
    click.echo(f"lanes: {lanes or 'none'}")
    for model in found["models"]:
        of = f" of {model['tier']}" if several and model.get("tier") else ""
        click.echo(f"model {model['name']}{of}: {model['worth']}")
    if found["folds"]:
        click.echo(f"splits of the data set: {', '.join(found['folds'])}")
    titles = {(r["video"], *map(t.get, _OF_TRACK)): t["title"] for r, t in tracks}
    for line in _missing(found["missing"], titles):
        click.echo(line)
    for note in found["notes"]:
        click.echo(note, err=True)


_OF_TRACK = ("tier", "person")


def _missing(
    missing: Mapping[str, Sequence[Any]], titles: Mapping[tuple[Any, ...], str]
) -> Iterator[str]:
    """Write a line for each kind of what is missing."""
    for what, names in missing.items():
        if what in ("label_files", "predictions"):
            names = [titles[n["video"], n["tier"], n["person"]] for n in names]
        elif what == "bodies":
            names = [f"{n['video']}: {n['person'] or '?'}" for n in names]
        if names:
            yield f"missing {_MISSING[what]}: {', '.join(names)}"


_MISSING = {
    "video_files": "video files",
    "label_files": "label files",
    "poses": "poses",
    "predictions": "pre-labels of the poses and classes of today",
    "bodies": "a click in the window on the figure of",
    "conflicts": "a look in the window at these versions of others",
}


def _class(row: Mapping[str, Any], kind: str) -> str:
    if kind == "points":
        return in_column(row["segments"], "point", 6)
    segments, frames = row["segments"], row["frames"]
    return f"{in_column(segments, 'segment', 6)} {in_column(frames, 'frame', 9)}"


def _track(row: Mapping[str, Any], track: Mapping[str, Any]) -> str:
    n = row["n_frames"]
    parts = [
        counted(n, "frame"),
        f"{row['duration_s']:.1f} s",
        f"{row['width']}x{row['height']}",
    ]
    if track["kind"] == "points":
        parts.append(counted(track["marks"], "point"))
    else:
        parts.append(f"{100 * track['labelled_frames'] // n} % labelled")
        parts.append(f"{100 * track['reviewed_frames'] // n} % reviewed")
    if row["people"]:
        parts.append(f"with {', '.join(row['people'])}")
    return ", ".join(parts)


@click.command("formats")
@json_option
def formats_command(as_json: bool) -> None:
    """List the formats of labels: which are read or written, what each cannot hold.

    For NWB, export boris and convert it with NeuroConv: docs/nwb.md in the source.
    """
    from skelseg_core.formats.label_overview import label_formats
    from skelseg_core.formats.labels import LABEL_FORMATS

    found = label_formats()
    if as_json:
        print_json(found)
        return
    for row in found:
        ways = [way for way in ("read", "written") if row[way]]
        click.echo(f"{row['name']}: {row['title']}; {' and '.join(ways)}")
        click.echo(f"  {row['about']}")
        if row["cannot_hold"]:
            click.echo(f"  Not kept: {row['cannot_hold']}")
    for sentence in LABEL_FORMATS.refused:
        click.echo(sentence, err=True)
