"""What ``make`` says where it cannot set up: one sentence, and it stops."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RESOURCES = Path(__file__).resolve().parents[1] / "resources"

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("sh") is None,
    reason="the set-up of Linux",
)


def said(script: str, folder: Path, **environment: str) -> tuple[int, str]:
    """Exit code and output of a script of the set-up that is run in a folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        ["sh", str(RESOURCES / script)],
        cwd=folder,
        env={**kept, "PYTHON": sys.executable, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def without_ensurepip(tmp_path: Path) -> str:
    """A PYTHONPATH that makes of Python what Debian's is without python3-venv."""
    lacking = tmp_path / "lacking" / "ensurepip"
    lacking.mkdir(parents=True)
    (lacking / "__init__.py").write_text("raise ImportError")
    return str(lacking.parent)


def test_a_missing_venv_is_said_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    place = tmp_path / "checkout ü"
    place.mkdir()
    lacking = without_ensurepip(tmp_path)
    code, text = said("environment.sh", place, PYTHONPATH=lacking)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert text.startswith("Python's venv is missing; on Debian or Ubuntu: sudo apt-g")
    assert text.endswith(f" python{version}-venv\n")
    assert (code, text.count("\n")) == (1, 1)
    assert [*place.iterdir()] == []

    # As earlier versions left it; whatever else lies in there stays.
    command = [sys.executable, "-m", "venv", "--without-pip", place / ".venv"]
    subprocess.run(command, check=True)
    (place / ".venv" / "mine").touch()
    assert said("environment.sh", place, PYTHONPATH=lacking) == (1, text)
    assert said("environment.sh", place) == (0, "")
    python = place / ".venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "--version"], check=True)
    assert (place / ".venv" / "mine").exists()
    assert said("environment.sh", place, PYTHON="gone") == (0, "")


def test_a_python_that_is_too_old_or_is_none(tmp_path: Path) -> None:
    code, text = said("environment.sh", tmp_path, PYTHON="python0.9")
    assert text.startswith("skelseg needs Python 3.10 or newer, and python0.9 is none;")
    assert (code, text.count("\n")) == (1, 1)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "notes").touch()
    code, text = said("environment.sh", tmp_path)
    assert text.endswith(
        "/.venv is there and no environment of Python; move it away.\n"
    )
    assert code == 1
    assert (tmp_path / ".venv" / "notes").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_checkout_that_cannot_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    code, text = said("environment.sh", tmp_path)
    tmp_path.chmod(0o700)
    assert text.startswith(f"{tmp_path}/.venv cannot be written to; ")
    assert (code, text.count("\n")) == (1, 1)
