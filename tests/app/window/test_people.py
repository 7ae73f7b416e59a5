"""Whoever labels is asked for a name once, and can make a copy for somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import add_annotator_lane
from tests.app.conftest import N_FRAMES

LONG = 20_000


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Questions for a text; the answer to each is Ben Müller."""
    questions: list[str] = []

    def answer(_: object, title: str, *__: object, **___: object) -> tuple[str, bool]:
        questions.append(title)
        return "Ben Müller", True

    monkeypatch.setattr(QInputDialog, "getText", answer)
    return questions


def test_the_name_is_asked_for_once_and_kept(
    qtbot: QtBot, project_window: ProjectWindow, asked: list[str]
) -> None:
    services, document = project_window.services, project_window.document
    assert not services.labelling.annotator_name.is_named
    for name, label in (("anna", 1), ("dan", 2)):
        lane = Segmentation.from_frames([label] * N_FRAMES)
        document.apply(
            name, lambda p, n=name, s=lane: add_annotator_lane(p, "one", n, s)
        )
    for _ in range(2):
        project_window.commands["agreement"].trigger()
        qtbot.waitUntil(
            lambda: services.review.agreement.found is not None, timeout=LONG
        )
    assert asked == ["Annotator name"]
    assert services.labelling.annotator_name.is_named
    assert services.settings.person == services.labelling.annotator_name.name
    assert document.claims.person == services.labelling.annotator_name.name


def test_a_copy_for_somebody_else_is_made_beside(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / "copies"
    place.mkdir()
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_, **__: str(place)
    )
    project_window.commands["copy-annotator"].trigger()
    qtbot.waitUntil(lambda: any(place.glob("*/project.json")), timeout=LONG)
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=LONG)
    (root,) = place.iterdir()
    copy = ProjectFolder(root).load()
    assert copy.track_ids == project_window.document.project.track_ids
    assert all(v.annotation.n_labelled == 0 for v in copy.tracks)
    assert {v.annotator for v in copy.tracks} != {""}
    assert asked == ["Copy for another annotator"]
