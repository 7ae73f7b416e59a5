from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.kit.problem_details import copy_details, last_lines, without_home
from skelseg_core.logs import log_file


def test_details_have_versions_fault_and_log_and_no_home(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "jane"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    log_file().parent.mkdir(parents=True, exist_ok=True)
    early, last = "an early line\n", f"opened {home / 'film.mp4'}\n"
    log_file().write_text(early + last * 60)
    copy_details(f"{home} is upside down")
    copied = QGuiApplication.clipboard().text().replace("\\", "/")
    assert copied.startswith("skelseg: 0.1.0\n")
    assert "\nonnxruntime: " in copied
    assert "\n\n~ is upside down\n\nopened ~/film.mp4\n" in copied
    assert "jane" not in copied
    assert "early" not in copied
    log_file().unlink()
    assert last_lines() == ""


def test_versions_are_told_without_importing_the_packages() -> None:
    code = (
        "import sys\n"
        "from app.kit.problem_details import versions_text\n"
        "assert 'torch: ' in versions_text()\n"
        "assert not {'torch', 'av', 'onnxruntime'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_home_is_hidden_in_every_way_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "home", lambda: "C:\\Users\\jane")
    text = "C:\\Users\\jane\\a C:\\\\Users\\\\jane\\\\b C:/Users/jane/c"
    assert without_home(text) == "~\\a ~\\\\b ~/c"
    monkeypatch.setattr(Path, "home", lambda: "/")
    assert without_home("/a/b") == "/a/b"
