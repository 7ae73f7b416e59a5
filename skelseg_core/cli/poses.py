"""Commands ``skelseg estimators``, ``import-poses``, ``skeleton``: who finds poses."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path

import click

from skelseg_core.cli.terminal import PATH, NameOf, json_option, opened, print_json
from skelseg_core.errors import ProjectError
from skelseg_core.project.tracks import TrackId
from skelseg_core.said import counted


def _read() -> list[str]:
    from skelseg_core.formats.poses import POSE_FORMATS

    return ["auto", *(form.name for form in POSE_FORMATS)]


@click.command("estimators")
@json_option
def estimators_command(as_json: bool) -> None:
    """List who can find poses: what is installed, what the others need.

    'skelseg poses --estimator NAME' chooses one; import-poses takes poses of a file.
    """
    from skelseg_core.estimators.registry import BUNDLED, EXACT, estimator_kinds

    kinds, unusable = estimator_kinds()
    if as_json:
        names = ("name", "title", "about", "weights", "download")
        rows = [{n: getattr(kind, n) for n in names} for kind in kinds]
        found = [
            {**row, "needs": kind.needs()}
            for row, kind in zip(rows, kinds, strict=True)
        ]
        print_json({"estimators": found, "unusable": list(unusable)})
        return
    for kind in kinds:
        line = kind.needs()
        there = "included" if kind.name in (BUNDLED, EXACT) else "installed"
        there = "needs weights" if kind.lacks_weights else there
        state = "not installed" if line else there
        click.echo(f"{kind.name:<18}{kind.title}, {state}")
        notes = [kind.about, f"--weights: {kind.weights}" if kind.weights else ""]
        if kind.download:
            notes.append(f"--download fetches {kind.download}.")
        for note in filter(None, notes):
            for part in textwrap.wrap(note, 66):
                click.echo(" " * 18 + part)
        if line:
            click.echo(f"{'':<18}Install it by: {line}")
    for sentence in unusable:
        click.echo(sentence, err=True)


@click.command("import-poses")
@click.argument("folder", type=PATH)
@click.argument("video")
@click.argument("file", type=PATH)
@click.option(
    "--format",
    "kind",
    type=NameOf(_read),
    default="auto",
    show_default=True,
    help="The tool that wrote FILE.",
)
@click.option(
    "--first-frame",
    default=0,
    show_default=True,
    help="Number of the first frame in FILE.",
)
@click.option("--pick", default="", help="Name of VIDEO in a FILE with several videos.")
@click.option("--again", is_flag=True, help="Replace existing poses.")
def import_poses(
    folder: Path,
    video: TrackId,
    file: Path,
    kind: str,
    first_frame: int,
    pick: str,
    again: bool,
) -> None:
    """Read the poses of VIDEO in FOLDER from FILE (a folder for OpenPose).

    In a project of SLEAP with several videos the one is taken that is called VIDEO or
    like its file; --pick names another.
    """
    from skelseg_core.project.imports.pose_import import import_notes, import_pose_file

    project_folder, project = opened(folder)
    item = project.track(video)
    poses = import_pose_file(
        project_folder, project, video, file, kind, first_frame, again, pick
    )
    found = int((poses.scores > 0).any(axis=(1, 2)).sum())
    click.echo(
        f"{item.id}: a person in {found:,} of {poses.n_frames:,} frames, at most "
        f"{poses.n_individuals} at once"
    )
    for note in import_notes(file, poses, kind):
        click.echo(note, err=True)


@click.command("skeleton")
@click.argument("file", type=PATH)
@click.option("--out", type=PATH, help="YAML file to write; printed by default.")
@click.option("--name", default="animal", show_default=True, help="Skeleton name.")
def skeleton_command(file: Path, out: Path | None, name: str) -> None:
    """Propose a skeleton for the keypoints that the pose file FILE names.

    Correct it in an editor, and give it to init by --skeleton.
    """
    from skelseg_core.files import atomic_write
    from skelseg_core.poses.skeleton_file import skeleton_text
    from skelseg_core.project.imports.named_keypoints import look_for_skeleton

    found = look_for_skeleton(file)
    if isinstance(found, str):
        click.echo(f"{file} fits the skeleton {found}; use init --skeleton {found}")
        return
    skeleton = replace(found.draft, title=name).build(lambda _names: str(file))
    if out is None:
        click.echo(skeleton_text(skeleton), nl=False)
        return
    if out.exists():
        raise ProjectError("{} already exists; choose another name.", out)
    atomic_write(out, skeleton_text(skeleton))
    click.echo(f"Wrote {out} with {counted(len(skeleton), 'keypoint')}; check it.")
