"""Command ``skelseg completion``, and ids that a shell completes.

A shell asks a program for every press of the tab key: what is listed here comes from
the names of files and from ``project.json`` alone, and errors are silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_SKELSEG_COMPLETE"
"""Variable by which a script asks the program for completions."""
_BASH_COLONS = (
    "\n# Names of lanes hold a colon, at which bash would part words.\n"
    "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n"
)


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    r"""Print the script by which SHELL completes commands, options, ids and lanes.

    \b
    bash: skelseg completion bash >> ~/.bashrc
    zsh:  skelseg completion zsh >> ~/.zshrc
    fish: skelseg completion fish > ~/.config/fish/completions/skelseg.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    script = found(ctx.find_root().command, {}, "skelseg", _VARIABLE)
    # Click's own `source` of bash would first start bash to ask for its version.
    text = ShellComplete.source(script)
    if shell == "fish":
        # Names of videos may hold commas, at which click's script parts kind and name.
        text = text.replace('string split ","', 'string split --max 1 ","')
    click.echo(text + (_BASH_COLONS if shell == "bash" else ""))


def complete_videos(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """List the ids of the videos of the project that a command is about."""
    return _items(ctx, incomplete, _videos)


def complete_models(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """List the names of its models."""
    return _items(ctx, incomplete, _models)


def complete_lanes(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """List the names of its lanes."""
    return _items(ctx, incomplete, _lanes)


def _items(
    ctx: click.Context, begun: str, names: Callable[[Path], Sequence[str]]
) -> list[CompletionItem]:
    from skelseg_core.errors import SkelsegError

    # While an option waits for its value, click has not told arguments apart yet.
    root = (
        ctx.params.get("folder")
        or ctx.params.get("project")
        or next(iter(ctx.args), None)
    )
    if root is None:
        return []
    try:
        found = names(Path(root))
    except (SkelsegError, OSError):
        return []
    return [CompletionItem(name) for name in found if name.startswith(begun)]


def _videos(root: Path) -> Sequence[str]:
    from skelseg_core.project.folder import ProjectFolder

    return ProjectFolder(root).video_ids()


def _models(root: Path) -> Sequence[str]:
    from skelseg_core.project.folder import ProjectFolder

    return ProjectFolder(root).model_names()


def _lanes(root: Path) -> Sequence[str]:
    from skelseg_core.project.project import ANNOTATION, annotator_lane, prediction_lane

    models = {p.stem for p in root.glob("predictions/*/*.npz")}
    people = {p.name for p in root.glob("annotators/*") if p.is_dir()}
    return [
        ANNOTATION,
        *(prediction_lane(name) for name in sorted(models)),
        *(annotator_lane(name) for name in sorted(people)),
    ]
