"""A choice is declared once: options, exclusions and arguments are made of it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import click
import pytest
from click.testing import CliRunner

import skelseg_core
from skelseg_core.choices import (
    choice,
    declared,
    given,
    lanes,
    misplaced,
    takes,
    videos,
)
from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.main import cli
from skelseg_core.tasks.pictures.picture_choices import WRITTEN


@dataclass(frozen=True)
class CutChoices:
    by: Literal["video", "class"] = choice("video", "What has rows.")
    lanes: Sequence[str] = lanes()
    videos: Sequence[str] = videos()
    n: int | None = choice(None, "How many.", "--most", least=1, without="all_of_it")
    all_of_it: bool = choice(False, "All.")
    sound: bool = choice(True, "Leave out the sound.", "--no-sound", title="Sound")
    rate: float = choice(1.0, "Of a video.")
    hidden: int = 3


@click.command("cut", ChoicesCommand, choices=CutChoices)
@click.argument("folder")
def cut(folder: str, choices: CutChoices) -> None:
    """Cut FOLDER."""
    click.echo(f"{folder} {choices}")


def test_options_are_made_of_it() -> None:
    run = CliRunner().invoke
    assert run(cut, ["f"]).output == f"f {CutChoices()}\n"
    said = [
        "f",
        "--by",
        "class",
        "--lanes",
        "a",
        "b",
        "--video",
        "1",
        "--video",
        "2",
        "--most",
        "4",
        "--no-sound",
    ]
    made = CutChoices("class", ("a", "b"), ("1", "2"), 4, sound=False)
    assert run(cut, said).output == f"f {made}\n"
    assert (
        "'other' is not one of 'video', 'class'"
        in run(cut, ["f", "--by", "other"]).output
    )
    assert "0 is not in the range x>=1" in run(cut, ["f", "--most", "0"]).output
    page = run(cut, ["--help"]).output
    assert "--by [video|class]" in page
    assert "[default: video]" in page
    assert "hidden" not in page


def test_what_excludes_another_is_refused() -> None:
    run = CliRunner().invoke
    both = run(cut, ["f", "--most", "4", "--all-of-it"])
    assert both.exit_code == 2
    assert "--all-of-it and --most cannot be combined" in both.output
    assert not misplaced(CutChoices(rate=2.0))
    assert list(given(CutChoices(rate=2.0))) == ["rate"]


def test_a_function_takes_them_as_arguments() -> None:
    @takes(CutChoices)
    def run(root: str, choices: CutChoices, *, dry: bool = False) -> tuple[object, ...]:
        """Run."""
        return root, choices, dry

    assert run("r", "class", n=2, dry=True) == ("r", CutChoices("class", n=2), True)
    names = list(inspect.signature(run).parameters)
    assert names == ["root", *(d.name for d in declared(CutChoices)), "dry"]
    assert "n : How many." in (run.__doc__ or "")
    assert "sound : Sound" in (run.__doc__ or "")
    with pytest.raises(TypeError, match="'loud'"):
        run("r", loud=True)


def test_every_command_says_what_can_be_chosen() -> None:
    for name, command in cli.commands.items():
        page = command.get_help(click.Context(command, info_name=name))
        assert page.startswith(f"Usage: {name}")
    for task in WRITTEN:
        assert callable(task.load())
        assert all(d.choice.text.endswith(".") for d in declared(task.choices))


def test_the_library_has_the_arguments_of_the_command() -> None:
    arguments = inspect.signature(skelseg_core.export_labels).parameters
    command = cli.commands["export"]
    options = {p.name for p in command.get_params(click.Context(command))}
    assert {*arguments} - {"project"} < options
