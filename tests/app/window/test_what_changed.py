"""What an edit changed is told once, and every view shows then what is stored."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.state.document import Change
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened

FEW = 800
"""Calls of Python functions after one key; they were 2,800 where each view compared two
projects."""


def test_one_class_key_makes_few_calls(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "demo"
    write_demo(root)
    n_calls = 0

    def count(_frame: FrameType, event: str, _: object) -> None:
        nonlocal n_calls
        n_calls += event == "call"

    def made(*parts: Any) -> Change:
        nonlocal n_calls
        n_calls = 0
        sys.setprofile(count)
        return Change(*parts)

    monkeypatch.setattr("app.state.document.Change", made)
    with opened(qtbot, ProjectFolder(root), size=(1366, 740)) as window:
        view, document = window.docks.timeline, window.document
        counts = []
        for key in (Qt.Key.Key_2, Qt.Key.Key_1, Qt.Key.Key_3):
            before = document.project
            view.setFocus()
            QTest.keyPress(view, key)
            sys.setprofile(None)
            QTest.keyRelease(view, key)
            assert document.project is not before
            counts.append(n_calls)
        # The first one fills what is kept, and enables Undo.
        assert 100 < max(counts[1:]) <= FEW, counts
