"""Our modules as programs, in folders whose files have the names of modules."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skelseg_core import __version__
from skelseg_core.module_commands import module_command

ENTRY = Path(__file__).resolve().parents[2] / "packaging" / "program.py"
NAMES = ("app", "click", "numpy", "random", "skelseg_core")


@pytest.fixture
def traps(tmp_path: Path) -> Path:
    """A folder with modules that end whoever imports them."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(
            f"raise SystemExit('{name} of a stranger')"
        )
    return tmp_path


def ran(command: list[str], folder: Path, **more: str) -> tuple[int, str]:
    """Exit code and all that is printed by a command that is run in a folder."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("how", [["-c", "import random"], ["-m", "random"]])
def test_a_stranger_s_module_would_run(traps: Path, how: list[str]) -> None:
    assert ran([sys.executable, *how], traps) == (1, "random of a stranger\n")


needs_qt = pytest.mark.skipif(
    importlib.util.find_spec("PySide6") is None, reason="the window needs PySide6"
)


@pytest.mark.parametrize(
    "module", ["skelseg_core.cli.main", pytest.param("app", marks=needs_qt)]
)
@pytest.mark.parametrize("more", [{}, {"PYTHONSAFEPATH": "1"}])
def test_ours_runs(traps: Path, module: str, more: dict[str, str]) -> None:
    said = ran(module_command(module, "--version"), traps, **more)
    assert said == (0, f"skelseg, version {__version__}\n")


@needs_qt
def test_another_app_on_the_path_is_not_ours(tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "app").mkdir(parents=True)
    for name in ("__init__", "__main__"):
        (other / "app" / f"{name}.py").write_text("raise SystemExit('another app')")
    path = {"PYTHONPATH": str(other)}
    assert ran([sys.executable, "-m", "app"], tmp_path, **path)[1] == "another app\n"
    said = ran(module_command("app", "--version"), tmp_path, **path)
    assert said == (0, f"skelseg, version {__version__}\n")


def test_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    odd = ("two words", "--help", "quote ' and \"", "ü", "")
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "__init__.py").touch()
    (tmp_path / "show" / "all.py").write_text("import sys; print(ascii(sys.argv[1:]))")
    command = module_command("show.all", *odd)
    assert ran(command, tmp_path, PYTHONPATH=str(tmp_path)) == (0, f"{[*odd]!a}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the program")
def test_a_program_of_the_bundle_runs_our_modules(
    traps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the program of the terminal, whichever asks: as PyInstaller starts them."""
    program = traps / "skelseg"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ENTRY}" "$@"\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(traps / "skelseg-app"))
    command = module_command("skelseg_core.cli.main", "--version")
    assert command[:3] == [str(program), "--run-module", "skelseg_core.cli.main"]
    assert ran(command, traps) == (0, f"skelseg, version {__version__}\n")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other lists")
def test_no_process_looks_for_libraries_in_the_current_folder(tmp_path: Path) -> None:
    """OpenCV, by itself, leaves an empty name in the list."""
    code = "import os, {} cv2; print('' in os.environ['LD_LIBRARY_PATH'].split(':'))"
    for before, said in (("", "True\n"), ("skelseg_core, ", "False\n")):
        command = [sys.executable, "-c", code.format(before)]
        assert ran(command, tmp_path, LD_LIBRARY_PATH="") == (0, said)
