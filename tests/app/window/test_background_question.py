"""The question whether to train in the background, as the window asks it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.progress import Progress, Task
from tests.app.conftest import N_FRAMES
from tests.app.windows import action


def test_a_button_says_yes_and_the_menu_no(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, bar = project_window.services, project_window.docks.messages
    asked: list[str] = []

    def waits(task: str, /, **_: object) -> Task[None]:
        asked.append(task)
        step = Progress(task)
        while True:
            yield step

    monkeypatch.setattr(services.jobs.worker, "alone", waits)
    switch = action(project_window, "train-background")
    assert not switch.isChecked()
    services.document.edit_lane("Paint", "one", lambda s: paint(s, 0, N_FRAMES, 1))
    assert bar.text.text().startswith("one is done.")
    assert bar.help.text() == "Train in the background"
    assert not asked
    bar.help.click()
    assert switch.isChecked()
    assert not [n for n in services.notices.all if n.helps]
    qtbot.waitUntil(lambda: "train" in asked, timeout=10_000)
    switch.trigger()
    assert not switch.isChecked()
    qtbot.waitUntil(
        lambda: not services.models.background_training.busy, timeout=10_000
    )
