"""The list of the models on the page for training."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.services.services import Services
from app.views.jobs.model_panel import ModelView
from skelseg_core.files import atomic_write
from skelseg_core.learning.model_info import to_json
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from tests.app.made_services import close_services, make_services
from tests.models import described
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
    created = f"2026-01-{day:02}T12:00:00+00:00"
    path = folder.model_dir(name)
    path.mkdir(parents=True)
    text = to_json(
        described(name, videos=("old",), n_videos=1, created=created, **facts)
    )
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
def copies(tmp_path: Path) -> Path:
    """The folder that is chosen for a copy."""
    made = tmp_path / "copies"
    made.mkdir()
    return made


@pytest.fixture
def view(qtbot: QtBot, services: Services, copies: Path) -> ModelView:
    made = ModelView(
        services.models.model_library, services.review.next_video, lambda _: copies
    )
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: len(rows(made)) == 2, timeout=10_000)
    return made


def rows(view: ModelView) -> list[tuple[str, str]]:
    tree = view.models.list
    items = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return [(item.text(0), item.text(1)) for item in items if item is not None]


def selected(view: ModelView) -> list[str]:
    return [item.text(0) for item in view.models.list.selectedItems()]


def rest(qtbot: QtBot, services: Services) -> None:
    settle()
    assert not services.jobs.running


def test_the_list_says_what_was_measured_and_what_was_not(view: ModelView) -> None:
    assert rows(view) == [("auto-2", "84.1 %"), ("auto-1", "not measured")]
    assert selected(view) == ["auto-2"]
    assert "31 corrections it would have avoided 23" in view.accuracy.text()
    tip = view.models.list.topLevelItem(1).toolTip(1)
    assert tip.endswith("on 1 video, 1 more unlabelled.")


def test_an_earlier_model_is_used_again_by_the_keys_of_the_list(
    qtbot: QtBot, services: Services, view: ModelView
) -> None:
    view.show_models()
    qtbot.keyClick(view.models.list, Qt.Key.Key_Down)
    assert services.session.model == "auto-1"
    assert selected(view) == ["auto-1"]
    assert "on 1 video, 1 more unlabelled." in view.accuracy.text()
    services.session.set_model("auto-2")
    settle()
    assert selected(view) == ["auto-2"]


def test_a_model_that_cannot_be_read_says_so_and_can_be_deleted(
    services: Services, view: ModelView
) -> None:
    path = services.document.folder.model_dir("auto-1") / "model.json"
    path.write_text("{")
    services.session.set_model("auto-1")
    settle()
    assert rows(view)[1] == ("auto-1", "cannot be read")
    assert "model.json" in view.accuracy.text()
    assert not view.models.rename.isEnabled()
    assert view.models.delete.isEnabled()


def test_twelve_long_names_scroll_with_the_form_on_a_low_and_narrow_page(
    services: Services, view: ModelView
) -> None:
    for day in range(3, 13):
        write_model(services.document.folder, f"{'kitchen-' * 9}{day}", day)
    services.models.model_service.models_changed.emit()
    settle()
    view.resize(640, 360)
    view.show_models()
    settle()
    assert len(rows(view)) == 12
    name, start = view.training.name, view.training.start
    assert name.mapTo(view, name.rect().bottomRight()).x() < view.width()
    assert view.models.list.verticalScrollBar().maximum() == 0, "one bar for both"
    assert start.visibleRegion().boundingRect() == start.rect()


def test_a_model_that_is_measured_stays_meanwhile(
    qtbot: QtBot, services: Services, view: ModelView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(*_: object, **__: object) -> Task[None]:
        half_done = Progress("accuracy", 1, 2, whole=0.5)
        while True:
            time.sleep(0.01)
            yield half_done

    monkeypatch.setattr(services.jobs.worker, "alone", half)
    services.session.set_model("auto-1")
    settle()
    view.accuracy.linkActivated.emit("measure")
    qtbot.waitUntil(lambda: rows(view)[1][1] == "50 % measured", timeout=10_000)
    assert not view.models.rename.isEnabled()
    assert not view.models.delete.isEnabled()
    services.models.model_library.delete("auto-1")
    assert services.notices.all[-1].text.startswith("auto-1 is being measured")
    for job in list(services.jobs.running):
        job.cancel()
    rest(qtbot, services)
    assert rows(view)[1][1] == "not measured"
    assert view.models.delete.isEnabled()


def test_delete_asks_and_the_next_model_is_used(
    qtbot: QtBot, services: Services, view: ModelView, monkeypatch: pytest.MonkeyPatch
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
    view.models.delete.click()
    assert asked == ["Delete auto-2 for good? This cannot be undone."]
    rest(qtbot, services)
    assert len(rows(view)) == 2
    answer(place_of(QMessageBox.ButtonRole.DestructiveRole))
    view.models.delete.click()
    qtbot.waitUntil(lambda: len(rows(view)) == 1, timeout=10_000)
    assert services.session.model == "auto-1"
    said = services.notices.all[-1].text
    assert said == "auto-2 is deleted. Its pre-labels stay."
    rest(qtbot, services)


def test_rename_and_export_ask_for_name_and_folder(
    qtbot: QtBot,
    services: Services,
    view: ModelView,
    copies: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("best", True))
    view.models.rename.click()
    qtbot.waitUntil(lambda: rows(view)[0][0] == "best", timeout=10_000)
    assert services.session.model == "best"
    assert selected(view) == ["best"]
    view.models.export.click()
    rest(qtbot, services)
    assert (copies / "best" / "model.json").is_file()
    view.models.export.click()
    rest(qtbot, services)
    assert "already" in services.notices.all[-1].text
