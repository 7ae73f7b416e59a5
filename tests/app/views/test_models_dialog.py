"""The list of the models in the window."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.services.services import Services
from app.views.dialogs.models import ModelsDialog
from skelseg_core.files import atomic_write
from skelseg_core.learning.model_info import ModelInfo, to_json
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from tests.app.made_services import close_services, make_services
from tests.poses_only import make_poses_project
from tests.settled import settle

HELD = {
    **dict.fromkeys(("f1@10", "f1@25"), 70.0),
    "accuracy": 84.06,
    "edit": 75.2,
    "f1@50": 68.0,
    "n_videos": 4,
    "n_frames": 8120,
    "folds": 4,
    "how": "videos",
    "against": {"model": "auto-1", "n_videos": 1, "made": 31, "fixed": 23, "broken": 2},
}


def write_model(folder: ProjectFolder, name: str, day: int, **facts: Any) -> None:
    info = ModelInfo.new(
        name,
        {"model": {"modalities": ["keypoints"]}},
        {"keypoints": 8},
        [{"id": 0, "name": "walk"}],
        "lcrnet15",
        videos=["old"],
    )
    created = f"2026-01-{day:02}T12:00:00+00:00"
    path = folder.model_dir(name)
    path.mkdir(parents=True)
    text = to_json(dataclasses.replace(info, created=created, **facts))
    atomic_write(path / "model.json", text)


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path) -> Iterator[Services]:
    folder = make_poses_project(tmp_path / "p")
    write_model(folder, "auto-1", 1, unlabelled=("new",))
    write_model(folder, "auto-2", 2, held_out=HELD)
    made = make_services(ProjectFolder(folder.root))
    made.session.set_model("auto-2")
    yield made
    close_services(made)


@pytest.fixture
def dialog(qtbot: QtBot, services: Services) -> ModelsDialog:
    made = ModelsDialog(services.model_library)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.table.rowCount() == 2, timeout=10_000)
    return made


def rows(dialog: ModelsDialog) -> list[list[str]]:
    table = dialog.table
    cells = [
        [table.item(r, c) for c in range(table.columnCount())]
        for r in range(table.rowCount())
    ]
    return [[cell.text() if cell else "" for cell in row] for row in cells]


def rest(qtbot: QtBot, services: Services) -> None:
    settle()
    assert not services.jobs.running


def test_the_list_says_what_was_measured_and_what_was_not(dialog: ModelsDialog) -> None:
    new, old = rows(dialog)
    assert new[0] == "auto-2 (in use)"
    assert new[2:] == ["1 video", "84.1 %", "75.2", "68.0", "23 of 31, 2 new"]
    assert old[0] == "auto-1"
    assert old[2:] == ["1 video, 1 more unlabelled", "not measured", "", "", ""]
    assert dialog.selected == "auto-2"
    assert not dialog.use.isEnabled()


def test_an_earlier_model_is_used_again(
    qtbot: QtBot, services: Services, dialog: ModelsDialog
) -> None:
    dialog.table.selectRow(1)
    dialog.use.click()
    assert services.session.model == "auto-1"
    assert [row[0] for row in rows(dialog)] == ["auto-2", "auto-1 (in use)"]
    assert dialog.selected == "auto-1"
    rest(qtbot, services)


def test_a_model_that_is_measured_stays_meanwhile(
    qtbot: QtBot,
    services: Services,
    dialog: ModelsDialog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def half(*_: object, **__: object) -> Task[None]:
        half_done = Progress("accuracy", 1, 2, whole=0.5)
        while True:
            time.sleep(0.01)
            yield half_done

    monkeypatch.setattr(services.jobs.worker, "alone", half)
    dialog.table.selectRow(1)
    dialog.measure.click()
    qtbot.waitUntil(lambda: rows(dialog)[1][3] == "50 % measured", timeout=10_000)
    for button in (dialog.measure, dialog.rename, dialog.delete):
        assert not button.isEnabled()
    services.model_library.delete("auto-1")
    assert dialog.told.text().startswith("auto-1 is being measured")
    for job in list(services.jobs.running):
        job.cancel()
    rest(qtbot, services)
    qtbot.waitUntil(lambda: rows(dialog)[1][3] == "not measured", timeout=10_000)
    assert dialog.delete.isEnabled()


def test_delete_asks_and_the_next_model_is_used(
    qtbot: QtBot,
    services: Services,
    dialog: ModelsDialog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def answer(place: int) -> None:
        def clicked(box: QMessageBox) -> Any:
            asked.append(box.text())
            return box.buttons()[place]

        monkeypatch.setattr(QMessageBox, "exec", lambda _: 0)
        monkeypatch.setattr(QMessageBox, "clickedButton", clicked)

    def place_of(role: QMessageBox.ButtonRole) -> int:
        box = QMessageBox()
        box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        return [box.buttonRole(b) for b in box.buttons()].index(role)

    answer(place_of(QMessageBox.ButtonRole.RejectRole))
    dialog.delete.click()
    assert asked == ["Delete auto-2 for good? This cannot be undone."]
    rest(qtbot, services)
    assert len(rows(dialog)) == 2
    answer(place_of(QMessageBox.ButtonRole.DestructiveRole))
    dialog.delete.click()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1, timeout=10_000)
    assert services.session.model == "auto-1"
    assert dialog.told.text() == "auto-2 is deleted; its pre-labels stay."
    rest(qtbot, services)


def test_rename_and_export_ask_for_name_and_folder(
    qtbot: QtBot,
    services: Services,
    dialog: ModelsDialog,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("best", True))
    dialog.rename.click()
    qtbot.waitUntil(lambda: rows(dialog)[0][0] == "best (in use)", timeout=10_000)
    assert services.session.model == "best"
    place = tmp_path / "copies"
    place.mkdir()
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_, **__: str(place)
    )
    dialog.table.selectRow(0)
    dialog.export.click()
    rest(qtbot, services)
    assert (place / "best" / "model.json").is_file()
    dialog.export.click()
    qtbot.waitUntil(lambda: "already" in dialog.told.text(), timeout=10_000)
    rest(qtbot, services)
