"""The whole program, killed or broken, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.services.models.pose_service import PoseService
from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.logs import DEBUG, log_file
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.recorded_session import read_session
from skelseg_core.project.history.session_journals import journals_folder
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.project_edits import edit_lane

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.state.document import open_document
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.labels.edits import paint
application = QApplication([])
document = open_document(ProjectFolder(Path(sys.argv[1])))
document.edit_lane("Paint", "one", lambda s: paint(s, 5, 15, 1))
os._exit(9)
"""
BROKEN = """
import sys
import app.application as main
def begin(self, arguments):
    raise ZeroDivisionError("before any window")
main.Application.begin = begin
sys.exit(main.run_window([]))
"""


def run_code(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    environment.pop(DEBUG, None)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def killed(folder: ProjectFolder) -> None:
    """A session labels frames 5 to 14 of one as class 1 and is killed."""
    assert run_code(KILLED, folder.root).returncode == 9


def test_the_window_says_what_a_colleague_wrote_after_a_kill(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PoseService, "by_itself", False)
    killed(project_folder)
    there = project_folder.load()
    # On another computer there is neither the lock nor the journal.
    theirs = edit_lane(there, "one", lambda s: paint(s, 10, 40, 2))
    project_folder.save(theirs, there)
    written = project_folder.labels_path("one").read_bytes()
    program.open(project_folder.root)
    assert program.window is not None
    assert program.window.project_window is not None
    document = program.window.project_window.document
    # Theirs stays, and what the session that was killed made is beside.
    assert document.project.track("one").annotation == theirs.track("one").annotation
    assert project_folder.labels_path("one").read_bytes() == written
    (copy,) = project_folder.root.rglob("*.conflict-*")
    mine = labels_from_json(json.loads(copy.read_text()), "mine")
    assert mine.at(7).class_id == 1
    bar = program.window.project_window.docks.messages
    assert copy.name in bar.text.text()


def test_a_project_opens_whatever_lies_in_place_of_its_journal(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PoseService, "by_itself", False)
    project = project_folder.load()
    path = journals_folder(project.uuid) / "20260101T000000000-1-00000000.jsonl"
    path.mkdir(parents=True)
    with pytest.raises(ProjectError):
        read_session(path)
    program.open(project_folder.root)
    assert program.window is not None
    assert program.window.project_window is not None
    project_window = program.window.project_window
    assert project_window.document.project == project
    assert "could not be restored" in project_window.docks.messages.text.text()
    assert project_window.document.edit_lane(
        "Paint", "one", lambda s: paint(s, 5, 15, 1)
    )


def test_what_breaks_before_there_is_a_window_is_one_sentence_and_a_log(
    tmp_path: Path,
) -> None:
    ended = run_code(BROKEN)
    assert ended.returncode == 1
    assert ended.stderr == (
        "Error: something went wrong (ZeroDivisionError: before any window); the "
        f"details are in {log_file()}.\n"
    )
    assert "Traceback" in log_file().read_text()
