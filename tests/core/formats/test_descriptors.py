"""What is built from the descriptors of formats, and what they say of themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.formats.datasets import DATASET_LAYOUTS
from skelseg_core.formats.descriptors import Descriptor
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.poses import POSE_FORMATS

ROOT = Path(__file__).resolve().parents[3]
EVERY = (*POSE_FORMATS, *LABEL_FORMATS, *DATASET_LAYOUTS)
KINDS = pytest.mark.parametrize("every", [POSE_FORMATS, LABEL_FORMATS, DATASET_LAYOUTS])


@KINDS
def test_names_are_given_once(every: tuple[Descriptor, ...]) -> None:
    for names in ([f.name for f in every], [f.title for f in every]):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.name)
def test_a_descriptor_says_in_a_sentence_what_it_is(form: Descriptor) -> None:
    assert form.about.endswith(".")
    assert not form.about[0].islower()


@pytest.mark.parametrize("folder", ["poses", "labels", "datasets"])
def test_every_file_of_a_format_is_named(folder: str) -> None:
    found = ROOT / "skelseg_core" / "formats" / folder
    files = {p.stem for p in found.glob("*.py")} - {"__init__"}
    modules = {type(form).__module__ for form in EVERY}
    assert files == {m.rpartition(".")[2] for m in modules if f".{folder}." in m}


def choices(command: str, option: str) -> set[str]:
    found = cli.commands[command]
    params = found.get_params(click.Context(found))
    kind = next(p for p in params if p.name == option).type
    assert isinstance(kind, click.Choice)
    return set(kind.choices)


def test_the_commands_know_all_formats() -> None:
    written = {f.name for f in POSE_FORMATS if f.written_suffix is not None}
    assert choices("import-poses", "kind") == {"auto", *(f.name for f in POSE_FORMATS)}
    assert choices("export-poses", "format") == written
    read = {f.name for f in LABEL_FORMATS if f.is_read}
    layouts = {layout.name for layout in DATASET_LAYOUTS}
    assert choices("import", "kind") == {"auto", "ms-tcn", *read}
    assert choices("import-dataset", "layout") == {"auto", *layouts}
    labels = {f.name for f in LABEL_FORMATS if f.written_suffix is not None}
    assert choices("export", "format") == {*labels, "csv", "ms-tcn"}
    result = CliRunner().invoke(cli, ["export-poses", "x", "--format", "mp4"])
    assert "'mp4' is not one of 'openpose'" in result.output


def test_no_command_waits_for_the_formats() -> None:
    code = (
        "import sys, skelseg_core.cli.main\n"
        "found = [m for m in sys.modules if m.startswith('skelseg_core.formats')]\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_formats_that_need_more_import_it_when_they_read() -> None:
    code = (
        "import sys, skelseg_core.formats.poses, skelseg_core.formats.labels\n"
        "import skelseg_core.formats.datasets\n"
        "found = {'h5py', 'sleap_io', 'av', 'torch', 'pandas'} & set(sys.modules)\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_commands_of_imports_have_few_options() -> None:
    """The one command had thirty, most of which belonged to other kinds of files."""
    for name in ("import", "import-dataset", "import-annotator"):
        command = cli.commands[name]
        params = command.get_params(click.Context(command))
        options = {o for p in params if isinstance(p, click.Option) for o in p.opts}
        # Those two every command has.
        assert len(options - {"--quiet", "-h", "--help"}) <= 15, sorted(options)
