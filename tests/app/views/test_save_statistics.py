"""Statistics are saved from the panel, with the numbers of the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.views.dialogs.choice_dialog import ChoiceDialog
from app.views.dialogs.choice_fields import MaybeNumber, Offered, OneOf
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    set_blind,
    set_done,
    set_lane,
)
from skelseg_core.tasks.statistics import StatisticsChoices


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def label(project_window: ProjectWindow) -> None:
    def edit(project: object) -> object:
        lane = paint(project.track("one").annotation, 10, 40, 0)  # type: ignore[attr-defined]
        return set_lane(project, "one", ANNOTATION, lane)  # type: ignore[arg-type]

    project_window.document.apply("label", edit)  # type: ignore[arg-type]


def save(
    qtbot: QtBot,
    project_window: ProjectWindow,
    monkeypatch: pytest.MonkeyPatch,
    out: Path,
    **choices: object,
) -> None:
    """Press the button of the panel, choose in the dialog, name the file."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(out), ""))

    def choose() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ChoiceDialog):
            QTimer.singleShot(50, choose)
            return
        for name, value in choices.items():
            field = dialog.fields[name]
            assert isinstance(field, OneOf)
            field.value = value
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, choose)
    bar = project_window.docks.messages
    bar.close_message()
    qtbot.mouseClick(project_window.docks.statistics.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(bar.isVisible, timeout=20_000)


def test_a_row_for_each_video_and_class(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    label(project_window)
    qtbot.keyClick(project_window.window, Qt.Key.Key_F4)
    n_classes = len(project_window.document.project.label_map)
    out = tmp_path / "s"
    save(qtbot, project_window, monkeypatch, out, videos=())
    found = rows(out.with_suffix(".csv"))
    assert len(found) == 2 * (n_classes + 1)
    walk = found[0]
    assert (walk["video"], walk["class"], walk["frames"]) == ("one", "walk", "30")
    times = project_window.player.info.times
    assert float(walk["total_s"]) == pytest.approx(
        times.start_s(40) - times.start_s(10)
    )
    save(qtbot, project_window, monkeypatch, out, transitions=True, by="class")
    assert set(rows(out.with_suffix(".csv"))[0]) == {
        "class", "next", "count", "probability",
    }  # fmt: skip


def test_choices_are_what_the_dialog_says(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project = project_window.document.project
    choices = StatisticsChoices(videos=("one",))
    dialog = ChoiceDialog(None, "", "", choices, Offered(project.tracks), (".csv",))
    qtbot.addWidget(dialog)
    assert dialog.choices == choices
    bins, what = dialog.fields["bin_s"], dialog.fields["transitions"]
    assert isinstance(bins, MaybeNumber)
    assert isinstance(what, OneOf)
    bins.wanted.click()
    bins.number.setValue(5)
    assert dialog.choices.bin_s == 5
    # Changes are not counted by bins.
    what.value = True
    assert not bins.isEnabled()
    assert dialog.choices == StatisticsChoices(videos=("one",), transitions=True)


def test_a_blind_project_counts_nothing_of_others(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    label(project_window)
    document = project_window.document
    qtbot.keyClick(project_window.window, Qt.Key.Key_F4)
    lane = paint(document.project.track("two").annotation, 10, 40, 1)
    for video in ("one", "two"):
        document.apply(
            "Lane", lambda p, v=video: add_annotator_lane(p, v, "Robin", lane)
        )
    document.apply("Blind", lambda p: set_blind(p, True))

    def lanes(out: Path, lane: str = ANNOTATION) -> list[str]:
        """Save the statistics of a lane; return the lanes that were offered."""
        offered: list[str] = []

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, ChoiceDialog):
                field = dialog.fields["lane"]
                assert isinstance(field, OneOf)
                offered.extend(field.itemData(n) for n in range(field.count()))
            else:
                QTimer.singleShot(50, look)

        QTimer.singleShot(0, look)
        save(qtbot, project_window, monkeypatch, out, lane=lane)
        return offered

    assert lanes(tmp_path / "a.csv") == [ANNOTATION]
    document.apply("Done", lambda p: set_done(p, "one", True))
    out = tmp_path / "b.csv"
    assert lanes(out, "annotator:Robin") == [ANNOTATION, "annotator:Robin"]
    assert {row["video"] for row in rows(out)} == {"one"}
