"""Lay out the pages of the site, and run what they show: ``make docs``.

Pages come from ``docs/``, the help of the window and the files of the house; what the
program knows of itself (keys, commands, formats, presets, files of a project) is put
where a page says ``<!-- made: ... -->``. Sphinx builds them (``docs/conf.py``).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import yaml

from app.kit.commands import KeyTexts, default_keys
from app.kit.keymap import Keymap
from app.views.start.help_pages import (
    PAGES,
    help_folder,
    load_page,
    rows_by_menu,
    with_acts,
    with_keys,
)
from app.window.command_owners import project_table
from skelseg_core.cli.main import cli
from skelseg_core.config import preset_file
from skelseg_core.formats.datasets import DATASET_LAYOUTS
from skelseg_core.formats.descriptors import Descriptor, FileFormat, LabelFormat
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.learning.recipes import recipes

ROOT = Path(__file__).resolve().parent.parent
HOUSE = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "house/contributing.md",
    "SECURITY.md": "house/security.md",
    "CHANGELOG.md": "house/changelog.md",
    "CODE_OF_CONDUCT.md": "house/conduct.md",
    "resources/licenses/NOTICE.md": "house/notice.md",
    "resources/models/README.md": "house/networks.md",
    "resources/models/MOVENET.md": "house/movenet.md",
}
"""Pages from outside ``docs/``, and their place on the site."""
SEARCHED = {
    "api.md": "api, function, python",
    "bundle.md": "executable, standalone, without python",
    "classes.md": "behavior, behaviour, category, ethogram",
    "agreement.md": "alpha, inter-rater, irr, kappa, rater, reliability",
    "by-example.md": "repetition, template",
    "differences.md": "compare, confusion",
    "files.md": "csv, excel, export, import, spreadsheet",
    "gpu.md": "cuda, gpu, graphics card, nvidia",
    "install.md": "download, macos, pip, setup, windows",
    "keypoints.md": "joint, landmark, pose, skeleton",
    "keys.md": "hotkey, keybinding, keyboard, shortcut, shortcuts, hotkeys",
    "labelling.md": "annotate, annotation, ground truth, tag",
    "limits.md": "limitation, not for, requirements",
    "method.md": "architecture, network, ms-tcn++",
    "models.md": "auto-label, inference, predict, training",
    "move.md": "backup, colleague, copy, move project, moved videos, usb",
    "paper.md": "citation, cite, paper, publication, report, statistics",
    "playing.md": "playback, speed, zoom",
    "presets.md": "preset, recipe, rare class",
    "results/README.md": "accuracy, benchmark, f1, how good",
    "retrain.md": "held out, hold out, keep back, retrain, test set, validation",
    "safety.md": "autosave, backup, crash, crashed, lost work, recover, save",
    "scale.md": "50 hours, batch, cluster, cost, frames per second, overnight",
    "terminal.md": "own pose network, own tracker, server, ssh",
    "tracks.md": "multi-label, overlapping, tier, two actions, two people",
    "troubleshooting.md": "bug, error, fail, log, problem",
    "two-annotators.md": "double coding, second annotator, study",
}
"""Words that users type for a page, besides those on it."""
SHOWN_LINES = 14
"""Lines of an example file that are shown."""
_LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)\s#]+)")
_MADE = re.compile(r"^<!-- made: ([a-z-]+)(?: (\S+))? -->$", re.MULTILINE)
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sources() -> dict[str, Path]:
    """All pages of the site, by their place on it."""
    docs = ROOT / "docs"
    found = {p.relative_to(docs).as_posix(): p for p in sorted(docs.rglob("*.md"))}
    found |= {f"help/{name}.md": help_folder() / f"{name}.md" for name in PAGES}
    return found | {place: ROOT / name for name, place in HOUSE.items()}


def shell_lines(page: Path) -> list[str]:
    """Commands of skelseg in the shell blocks of a page, in the order given."""
    text = page.read_text(encoding="utf-8")
    lines = "".join(_SHELL.findall(text)).replace("\\\n", "").splitlines()
    return [line for line in lines if line.startswith("skelseg ")]


def run_lines(page: Path, folder: Path) -> None:
    """Run the commands of a page in an empty folder.

    Raises
    ------
    SystemExit
        Where one of them fails.
    """
    homes = ("CACHE", "CONFIG", "DATA", "STATE")
    places = {f"XDG_{name}_HOME": str(folder / ".home" / name) for name in homes}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for line in shell_lines(page):
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env={**os.environ, **places, "PATH": path},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{page}: {line}\n{done.stdout}{done.stderr}")


class Made:
    """What the program knows of itself, as Markdown."""

    def __init__(self, kitchen: Path) -> None:
        self._kitchen = kitchen
        table = project_table()
        self._keys = KeyTexts(
            table.commands, Keymap.of(default_keys(table.commands), {})
        )

    def help_page(self, name: str) -> str:
        """A page of the help as the window shows it, before any key is changed."""
        text = with_acts(load_page(name).text, self._keys.acting_on)
        text = with_keys(text, self._keys.key)
        return text + rows_by_menu(self._keys.rows()) if name == "keys" else text

    def filled(self, text: str) -> str:
        """Put what is made where a page asks for it."""
        kinds: dict[str, Callable[[str], str]] = {
            "commands": lambda _: "\n".join(_commands(cli, "skelseg")),
            "formats": lambda _: "\n".join(_formats()),
            "presets": lambda _: "\n".join(_presets()),
            "example": self._example,
            "file": _file,
            "tree": lambda _: "\n".join(self._tree()),
        }
        return _MADE.sub(lambda m: kinds[m[1]](m[2] or ""), text)

    def _tree(self) -> Iterator[str]:
        yield "```text"
        for path in sorted(self._kitchen.rglob("*")):
            place = path.relative_to(self._kitchen)
            if not any(part.startswith(".") for part in place.parts):
                yield "  " * (len(place.parts) - 1) + path.name + "/" * path.is_dir()
        yield "```"

    def _example(self, pattern: str) -> str:
        path = next(iter(sorted(self._kitchen.parent.glob(pattern))))
        is_array = path.suffix == ".npz"
        text = _arrays(path) if is_array else path.read_text(encoding="utf-8")
        lines = [x if len(x) <= 110 else x[:107] + "…" for x in text.splitlines()]
        shown = lines[:SHOWN_LINES]
        if len(lines) > len(shown):
            shown.append(f"… ({len(lines):,} lines)")
        return "\n".join(["````text", *shown, "````"])


def _arrays(path: Path) -> str:
    with np.load(path, allow_pickle=False) as stored:
        rows = [
            f"{n:<16}{stored[n].dtype!s:<10}{stored[n].shape}" for n in stored.files
        ]
    return "\n".join(rows)


def _cell(text: object) -> str:
    said = " ".join(str(text).split())
    return said.replace("|", "&#124;").replace("<", "&lt;").replace("*", "\\*")


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(map(_cell, row))} |"


def _commands(group: click.Group, name: str) -> Iterator[str]:
    """Describe all commands of a group, and of the groups in it."""
    ctx = click.Context(group, info_name=name)
    for word in group.list_commands(ctx):
        command = group.get_command(ctx, word)
        if command is None or command.hidden:
            continue
        full = f"{name} {word}"
        own = click.Context(command, info_name=full)
        usage = command.collect_usage_pieces(own)
        yield f"\n## {full}\n"
        yield from ("```text", f"{full} {' '.join(usage)}", "```", "")
        for part in (command.help or "").replace("\b", "").split("\n\n"):
            yield _cell(part) + "\n"
        rows = [r for p in command.get_params(own) if (r := p.get_help_record(own))]
        told = [(f"`{option}`", said) for option, said in rows if said]
        yield from _table(("option", "meaning"), told)
        if isinstance(command, click.Group):
            yield from _commands(command, full)


def _formats() -> Iterator[str]:
    kinds: dict[str, Sequence[Descriptor]] = {
        "Labels": LABEL_FORMATS,
        "Poses": POSE_FORMATS,
        "Data sets": DATASET_LAYOUTS,
    }
    for title, forms in kinds.items():
        yield f"\n## {title}\n"
        for form in forms:
            yield f"\n### {form.title}\n\n{form.about}\n"
            yield f"- Name in the terminal: `{form.name}`"
            if isinstance(form, FileFormat):
                yield from _of_files(form)


def _of_files(form: FileFormat) -> Iterator[str]:
    written = form.written_suffix is not None
    read = form.is_read if isinstance(form, LabelFormat) else True
    yield f"- {' and '.join(['read'] * read + ['written'] * written).capitalize()}"
    if endings := sorted({*form.suffixes, *filter(None, [form.written_suffix])}):
        yield f"- Files: {', '.join(f'`{e}`' for e in endings)}"
    if isinstance(form, LabelFormat) and written:
        held = "All tiers and people" if form.holds_tracks else "One tier"
        yield f"- {held} in a file"
    if form.cannot_hold and written:
        yield f"- Cannot hold: {form.cannot_hold}"


def _presets() -> Iterator[str]:
    group = ""
    for recipe in recipes():
        if recipe.group != group:
            group = recipe.group
            yield f"\n## {group}\n"
        text = preset_file(recipe.name).read_text(encoding="utf-8")
        values: dict[str, Any] = yaml.safe_load(text)
        values.pop("about")
        yield f"\n### {recipe.name}\n\nSees {recipe.sees}: {recipe.better}.\n"
        yield f"```yaml\n{yaml.safe_dump(values, sort_keys=False)}```"


def _file(name: str) -> str:
    """Show a file of the repository."""
    path = ROOT / name
    kind = {".py": "python"}.get(path.suffix, path.suffix[1:])
    return f"```{kind}\n{path.read_text(encoding='utf-8')}```"


def lay_out(out: Path, kitchen: Path) -> None:
    """Write all pages and their pictures to a folder."""
    made = Made(kitchen)
    place_of = {path: place for place, path in sources().items()}
    for path, place in place_of.items():
        if place.startswith("help/"):
            text = made.help_page(path.stem)
        else:
            text = made.filled(path.read_text(encoding="utf-8"))

        def linked(match: re.Match[str], path: Path = path, place: str = place) -> str:
            aim = (path.parent / match[1]).resolve()
            to = place_of.get(aim)
            if to == HOUSE["README.md"]:
                to = "index.md"
            elif to is None and aim.is_file():
                to = _copied(aim, out)
            return match[1] if to is None else os.path.relpath(to, Path(place).parent)

        words = SEARCHED.get(place.removeprefix("help/"))
        if words:
            entries = ", ".join(f"! {word}" for word in words.split(", "))
            text = f"```{{index}} {entries}\n```\n\n{text}"
        target = out / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_LINK.sub(linked, text), encoding="utf-8")


def _copied(path: Path, out: Path) -> str:
    """Copy a picture, or another file that a page names; return its place."""
    place = path.relative_to(ROOT).as_posix().removeprefix("docs/")
    (out / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, out / place)
    return place


def main() -> None:
    """Run the commands of all pages, and lay the pages out."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place:
        for name, page in sources().items():
            folder = Path(place, name)
            folder.mkdir(parents=True)
            run_lines(page, folder)
        lay_out(out, Path(place, "project-folder.md", "kitchen"))


if __name__ == "__main__":
    main()
