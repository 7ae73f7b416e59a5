"""A window that cannot open says in one sentence what to install, and ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.kit.qt_platform import LIBRARIES
from tests import hidden_libraries

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="libraries of Linux"
)
PACKAGES = {library.file: library.debian for library in LIBRARIES}
TEXT = "from app.kit.qt_platform import missing_text; print(missing_text())"
PROGRAMS = {
    "skelseg": ("-m", "skelseg_core.cli.main", "app"),
    "skelseg demo": ("-m", "skelseg_core.cli.main", "demo"),
    "skelseg-app": ("-m", "app"),
}


def without(
    libraries: list[str], *arguments: str, platform: str = "xcb", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run Python where libraries are missing."""
    hide = [sys.executable, hidden_libraries.__file__, *libraries, "--"]
    done = subprocess.run(
        [*hide, sys.executable, *arguments],
        cwd=Path(hidden_libraries.__file__).parents[1],
        env={**os.environ, "QT_QPA_PLATFORM": platform, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if "cannot hide" in done.stderr:
        pytest.skip(done.stderr.strip())
    return done


def says_how(text: str, libraries: list[str]) -> bool:
    """Say if a sentence names libraries and how to get them: more may be missing."""
    line = text.partition(" by: sudo apt-get install ")[2].split()
    if shutil.which("apt-get") and not {PACKAGES[n] for n in libraries} <= {*line}:
        return False
    return all(name in text for name in libraries)


@pytest.mark.parametrize("library", [library.file for library in LIBRARIES])
def test_a_missing_library_is_named_with_the_line_that_installs_it(
    library: str,
) -> None:
    found = without([library], "-c", TEXT)
    assert found.stderr == ""
    if found.stdout == "\n":
        pytest.skip(f"this build of Qt does without {library}")
    assert library in found.stdout
    if shutil.which("apt-get"):
        # Some need others that are missing then, too.
        assert PACKAGES[library] in found.stdout.partition("apt-get install")[2]
    assert found.stdout.count("\n") == 1


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_way_to_the_window_ends_in_one_sentence(program: str) -> None:
    """Of one library that Qt aborts without, and one without which none is imported."""
    lacking = ["libEGL.so.1", "libxcb-cursor.so.0"]
    found = without(lacking, *PROGRAMS[program])
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith(
        "Error: The window needs libraries that this system lacks, "
    )
    assert says_how(found.stderr, lacking)
    assert found.stderr.count("\n") == 1


def test_what_another_platform_needs_is_not_missed() -> None:
    found = without(["libxcb-cursor.so.0"], "-c", TEXT, platform="offscreen")
    assert (found.stdout, found.stderr) == ("\n", "")
    # What is not missed is enough: Qt itself begins.
    code = "from PySide6.QtWidgets import QApplication; QApplication([])"
    found = without(["libxcb-cursor.so.0"], "-c", code, platform="offscreen")
    assert (found.returncode, found.stderr) == (0, "")


def test_make_installs_them_or_ends_with_the_line(tmp_path: Path) -> None:
    programs, asked = tmp_path / "bin", tmp_path / "asked"
    programs.mkdir()
    manager = programs / "apt-get"
    # It installs nothing, as one without a network.
    manager.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    manager.chmod(0o700)
    paths = f"{programs}:{os.environ['PATH']}"
    lacking = ["libxcb-cursor.so.0"]
    found = without(lacking, "-m", "app.kit.qt_platform", PATH=paths)
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert says_how(found.stderr, lacking)
    if os.geteuid() == 0:
        assert "libxcb-cursor0" in asked.read_text()
    else:
        assert not asked.exists()
    there = without(lacking, "-m", "app.kit.qt_platform", platform="offscreen")
    assert (there.returncode, there.stdout, there.stderr) == (0, "", "")
