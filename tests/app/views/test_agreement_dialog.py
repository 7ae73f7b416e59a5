"""The dialog of agreement says how far people agree, and leads to settling."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QTableWidget
from pytestqt.qtbot import QtBot

from app.views.dialogs.agreement import AgreementDialog, show_agreement
from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project_edits import add_annotator_lane, set_blind
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
    dialog = show_agreement(window.window, window.services.review.agreement, print)
    assert dialog is not None
    qtbot.addWidget(dialog)
    qtbot.waitUntil(
        lambda: window.services.review.agreement.found is not None, timeout=LONG
    )
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
    assert dialog.annotators.currentText() == "anna, ben"
    (kappa, alpha, *f1, boundaries) = cells(dialog.figures)
    assert (kappa[0], alpha[0]) == ("Cohen's kappa", "Krippendorff's alpha")
    assert [row[1] for row in f1] == ["75.0", "75.0", "75.0"]
    assert boundaries[:3] == ["Boundary deviation in frames", "4.0", "–"]
    assert all(row[3] for row in cells(dialog.figures))
    assert "With 1 video there is no interval." in dialog.notes.text()


def test_three_people_are_also_compared_together(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    with_people(project_window, "anna", "ben", "cara")
    dialog = opened_dialog(qtbot, project_window)
    dialog.annotators.setCurrentIndex(dialog.annotators.findText("anna, ben, cara"))
    dialog.annotators.activated.emit(dialog.annotators.currentIndex())
    qtbot.waitUntil(
        lambda: [row[0] for row in cells(dialog.figures)][:1] == ["Fleiss' kappa"],
        timeout=LONG,
    )
    assert "more than two" in cells(dialog.figures)[0][3]
    assert not dialog.settle.isEnabled()
    dialog.annotators.setCurrentIndex(dialog.annotators.findText("ben, cara"))
    dialog.annotators.activated.emit(dialog.annotators.currentIndex())
    qtbot.waitUntil(dialog.settle.isEnabled, timeout=LONG)
    assert cells(dialog.figures)[0][:2] == ["Cohen's kappa", "1.000"]
    dialog.settle.click()
    dispute = project_window.services.review.settling.dispute
    assert dispute is not None
    assert (dispute.first, dispute.second) == ("annotator:ben", "annotator:cara")


def test_the_figures_are_saved(
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
    assert [row["measure"] for row in rows][:2] == ["kappa", "alpha"]
    target = tmp_path / "found.csv" / "other.csv"  # in a file there is no file
    dialog.save.click()
    assert "other.csv" in dialog.summary.text()
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
    assert project_window.session.track_id == "one"
    assert project_window.services.review.settling.on


def test_one_person_alone_and_a_blind_project_are_refused(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    said: list[str] = []
    service = project_window.services.review.agreement
    with_people(project_window, "anna")
    assert show_agreement(project_window.window, service, said.append) is None
    with_people(project_window, "ben")
    project_window.document.apply("Blind", lambda p: set_blind(p, True))
    assert show_agreement(project_window.window, service, said.append) is None
    assert len(said) == 2
