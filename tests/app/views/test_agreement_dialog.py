"""The dialog of agreement says what two people agree in, and leads to the places."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QTableWidget
from pytestqt.qtbot import QtBot

from app.views.dialogs.agreement import AgreementDialog, show_agreement
from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project import add_annotator_lane, set_blind
from tests.app.conftest import N_FRAMES

LONG = 20_000


def lane(*runs: tuple[int | None, int]) -> Segmentation:
    at, segments = 0, []
    for class_id, n in runs:
        segments.append(Segment(at, at + n, class_id, "human"))
        at += n
    segments.append(Segment(at, N_FRAMES, 0, "human"))
    return Segmentation(tuple(segments))


LANES = {
    "anna": lane((1, 20), (2, 20), (3, 20)),
    "ben": lane((1, 24), (2, 16), (1, 20)),
}


def with_people(window: ProjectWindow, *names: str) -> None:
    for name in names:
        window.document.apply(
            name,
            lambda p, n=name: add_annotator_lane(
                p, "one", n, LANES.get(n, LANES["ben"])
            ),
        )


def opened_dialog(qtbot: QtBot, window: ProjectWindow) -> AgreementDialog:
    dialog = show_agreement(window.window, window.services.agreement, print)
    assert dialog is not None
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: window.services.agreement.pair is not None, timeout=LONG)
    return dialog


def cells(table: QTableWidget) -> list[list[str]]:
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def test_two_people_are_compared_at_once(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    with_people(project_window, "anna", "ben")
    dialog = opened_dialog(qtbot, project_window)
    assert (dialog.first.currentText(), dialog.second.currentText()) == ("anna", "ben")
    figures = dict(cells(dialog.figures))
    assert figures["Raw agreement"] == f"{100 - 100 * 24 / N_FRAMES:.1f} %"
    assert "has the same class" in dialog.meaning.text() or dialog.meaning.text()
    assert cells(dialog.boundaries)[0][2:4] == ["1", "4"]
    assert cells(dialog.confusion)[0][2:] == ["20", "10"]
    assert "With 1 video there is no interval." in dialog.notes.text()


def test_three_people_are_also_compared_together(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    with_people(project_window, "anna", "ben", "cara")
    dialog = opened_dialog(qtbot, project_window)
    titles = [row[0] for row in cells(dialog.figures)]
    assert "All 3: Fleiss' kappa" in titles
    dialog.figures.selectRow(titles.index("All 3: Fleiss' kappa"))
    assert "more than two" in dialog.meaning.text()


def test_a_row_leads_to_the_place_where_it_is_worst(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    with_people(project_window, "anna", "ben")
    project_window.session.set_video("two")
    dialog = opened_dialog(qtbot, project_window)
    dialog.tabs.setCurrentWidget(dialog.boundaries)
    assert dialog.meaning.text().startswith("+4: 1\n")
    dialog.go.click()
    assert project_window.session.video_id == "one"
    assert project_window.player.target == 20
    dialog.tabs.setCurrentWidget(dialog.confusion)
    dialog.go.click()
    assert project_window.player.target == 40


def test_what_a_row_confuses_is_settled_alone(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    with_people(project_window, "anna", "ben")
    dialog = opened_dialog(qtbot, project_window)
    dialog.tabs.setCurrentWidget(dialog.confusion)
    dialog.settle.click()
    settling = project_window.services.settling
    assert settling.on
    assert [(p.start, p.stop) for p in settling.places()] == [(40, 60)]


def test_the_figures_are_saved_by_the_suffix(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_people(project_window, "anna", "ben")
    dialog = opened_dialog(qtbot, project_window)
    target = tmp_path / "found.csv"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), "")
    )
    dialog.save.click()
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["first"] for row in rows} == {"anna"}
    target = tmp_path / "found.txt"
    dialog.save.click()
    assert "What the figures mean" in target.read_text()
    target = tmp_path / "found.csv" / "found.txt"  # in a file there is no file
    dialog.save.click()
    assert "found.txt" in dialog.summary.text()
    assert "Saved" not in dialog.summary.text()


def test_disagreements_are_saved_with_what_was_decided(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_people(project_window, "anna", "ben")
    dialog = opened_dialog(qtbot, project_window)
    target = tmp_path / "open.csv"
    monkeypatch.setattr(
        QFileDialog,
        "getSaveFileName",
        lambda *given, **_: (str(target.with_suffix("")), given[3].split(";;")[-1]),
    )
    dialog.save.click()
    qtbot.waitUntil(target.is_file, timeout=LONG)
    qtbot.waitUntil(lambda: dialog.summary.text() == "Saved as open.csv.", timeout=LONG)
    with target.open() as file:
        rows = [(r["video"], r["start"], r["choice"]) for r in csv.DictReader(file)]
    assert rows == [("one", "20", ""), ("one", "40", "")]


def test_a_video_of_one_person_alone_leads_to_one_of_both(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    with_people(project_window, "anna", "ben")
    project_window.session.set_video("two")
    opened_dialog(qtbot, project_window).settle.click()
    assert project_window.session.video_id == "one"
    assert project_window.services.settling.on


def test_one_person_alone_and_a_blind_project_are_refused(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    said: list[str] = []
    service = project_window.services.agreement
    with_people(project_window, "anna")
    assert show_agreement(project_window.window, service, said.append) is None
    with_people(project_window, "ben")
    project_window.document.apply("Blind", lambda p: set_blind(p, True))
    assert show_agreement(project_window.window, service, said.append) is None
    assert len(said) == 2
