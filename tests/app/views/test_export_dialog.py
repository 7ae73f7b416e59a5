"""The page of an export: what is chosen is previewed, and exported."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.views.dialogs.export_labels import ExportView
from app.window.project_window import ProjectWindow
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import remove_video, set_blind, set_lane
from skelseg_core.tasks.export_choices import ExportChoices
from tests.app.windows import mixed, opened

T = 90


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    before = project_folder.load()
    project = set_lane(before, "one", ANNOTATION, mixed())
    whole = Segmentation.from_frames(np.zeros(T, np.int64), "human")
    project = set_lane(project, "two", ANNOTATION, whole)
    project = set_lane(project, "one", "annotator:Eva", whole)
    project_folder.save(project, before)
    with opened(qtbot, project_folder) as made:
        yield made


def asked(qtbot: QtBot, project_window: ProjectWindow, *videos: str) -> ExportView:
    project_window.docks.show_export(videos)
    previewed(qtbot, project_window.docks.export)
    return project_window.docks.export


def previewed(qtbot: QtBot, page: ExportView) -> None:
    qtbot.waitUntil(lambda: page.ok.isEnabled(), timeout=20_000)


def choose(page: ExportView, kind: str, name: str) -> None:
    page.form.choose(f"{kind} {name}")
    assert page.chosen == (kind, name)


def test_what_is_shown_is_what_is_written(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    page = asked(qtbot, project_window)
    assert page.place == project_window.document.folder.root / "exports"
    assert not page.place.exists()
    assert page.file.currentText() == "one.csv"
    assert page.text.toPlainText().startswith("frame,time_s,class_id,label")
    assert "2 videos, 180 frames, " in page.notes.text()
    choose(page, "labels", "segment-csv")
    page.folder.setText(str(tmp_path / "out"))
    assert not page.ok.isEnabled()  # until it was looked at again
    previewed(qtbot, page)
    shown = page.text.toPlainText()
    QTest.keyClick(page.form, Qt.Key.Key_Return)
    written = tmp_path / "out" / "one.segments.csv"
    last = tmp_path / "out" / "two.segments.csv"
    qtbot.waitUntil(last.is_file, timeout=20_000)
    assert written.read_text().strip() == shown
    names = {p.name for p in written.parent.iterdir() if not p.name.startswith(".")}
    assert {"one.segments.csv", "two.segments.csv"} < names
    # The folder is proposed again.
    assert asked(qtbot, project_window).place == tmp_path / "out"


def test_only_some_videos_of_another_lane(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    page = asked(qtbot, project_window, "two")
    assert page.choice.checked == ["two"]
    page.lane.setCurrentIndex(page.lane.findData("annotator:Eva"))
    # Of that lane there is nothing in the only video that is checked.
    said = "Check at least one video that can be exported."
    qtbot.waitUntil(lambda: page.notes.text() == said, timeout=20_000)
    assert not page.ok.isEnabled()
    page.all.click()
    assert page.choice.checked == ["one"]
    assert page.n_videos.text() == "1 of 2"
    previewed(qtbot, page)
    assert page.notes.text().endswith("Left out: two.")
    page.folder.setText(str(tmp_path / "out"))
    previewed(qtbot, page)
    page.ok.click()
    written = tmp_path / "out" / "one.csv"
    qtbot.waitUntil(written.is_file, timeout=20_000)
    with written.open(newline="") as stream:
        assert {row["label"] for row in csv.DictReader(stream)} == {"walk"}


def test_what_a_format_cannot_hold_is_said(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    page = asked(qtbot, project_window)
    assert "cannot store" not in page.notes.text()
    choose(page, "labels", "srt")
    previewed(qtbot, page)
    assert "not reviewed; SRT subtitles cannot store that." in page.notes.text()
    assert "Not kept: " in page.about.text()
    assert page.text.toPlainText().startswith("1\n00:00:00,000 --> ")


def test_the_layout_of_ms_tcn(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    page = asked(qtbot, project_window)
    choose(page, "labels", "ms-tcn")
    page.boxes["features"].setChecked(False)
    previewed(qtbot, page)
    files = [page.file.itemText(n) for n in range(page.file.count())]
    assert files[:2] == ["mapping.txt", "groundTruth/one.txt"]
    assert "ignore/one.txt" in files
    assert "0 walk" in page.text.toPlainText()
    assert "frames without a label are listed" in page.notes.text()
    page.gap_class.setText("background")
    assert not page.ok.isEnabled()
    previewed(qtbot, page)
    assert "written as 'background'" in page.notes.text()
    page.folder.setText(str(tmp_path / "out"))
    previewed(qtbot, page)
    page.ok.click()
    mapping = tmp_path / "out" / "mapping.txt"
    qtbot.waitUntil(mapping.is_file, timeout=20_000)
    assert mapping.read_text().splitlines()[-1] == "4 background"
    assert not (tmp_path / "out" / "features").exists()


def test_poses(qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path) -> None:
    folder = project_window.document.folder
    item = project_window.document.project.track("two")
    rng = np.random.default_rng(1)
    keypoints = rng.uniform(5, 40, (T, 1, 17, 2)).astype(np.float32)
    scores = np.full((T, 1, 17), 0.5, np.float32)
    size = item.video.width, item.video.height
    poses = PoseSequence(keypoints, scores, "coco17", size, "made")
    save_poses(folder.poses_path("two"), poses, item.video.fingerprint)
    # In a tier of its own, it is still the video that has poses.
    assert project_window.services.labelling.track_editor.add_tier(
        "Left hand", "person"
    )
    assert project_window.session.track_id.endswith("@Left_hand")
    page = asked(qtbot, project_window)
    choose(page, "poses", "csv")
    previewed(qtbot, page)
    assert page.choice.checked == ["two"]
    assert [item.id for item in page.choice.items] == ["one", "two"]
    assert page.lane.isHidden()
    assert page.file.currentText() == "two.poses.csv"
    assert "Poses of 1 video, 17 keypoints (coco17)." in page.notes.text()
    page.folder.setText(str(tmp_path / "out"))
    previewed(qtbot, page)
    page.ok.click()
    written = tmp_path / "out" / "two.poses.csv"
    qtbot.waitUntil(written.is_file, timeout=20_000)
    assert len(written.read_text().splitlines()) > T


def test_files_of_others_are_replaced_only_if_that_is_checked(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    (tmp_path / "two.csv").write_text("mine")
    page = asked(qtbot, project_window)
    page.folder.setText(str(tmp_path))
    qtbot.waitUntil(lambda: "two.csv" in page.notes.text(), timeout=20_000)
    assert page.notes.text().startswith("The folder has files that skelseg did")
    assert not page.ok.isEnabled()
    page.overwrite.setChecked(True)
    previewed(qtbot, page)
    said = "Replaces files not written by skelseg: two.csv."
    assert page.notes.text().startswith(said)
    assert (tmp_path / "two.csv").read_text() == "mine"
    page.ok.click()
    two = tmp_path / "two.csv"
    # Between the old one and the new there is none.
    qtbot.waitUntil(
        lambda: two.is_file() and two.stat().st_size > len("mine"), timeout=20_000
    )
    assert two.read_text().startswith("frame,time_s")
    qtbot.waitUntil((tmp_path / "data-card.md").is_file, timeout=20_000)


def test_a_click_checks_a_video(qtbot: QtBot, project_window: ProjectWindow) -> None:
    page = asked(qtbot, project_window)
    box = page.videos.visualRect(page.choice.index(1))
    place = box.topLeft() + QPoint(12, box.height() // 2)
    qtbot.mouseClick(page.videos.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page.choice.checked == ["one"]
    assert page.n_videos.text() == "1 of 2"
    previewed(qtbot, page)
    assert "1 video, 90 frames" in page.notes.text()


def test_what_was_chosen_stays_and_what_is_new_is_offered(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    """Coming back from the review the page was stale; a new video reset its choices."""
    page = asked(qtbot, project_window, "two")
    choose(page, "labels", "srt")
    page.folder.setText(str(tmp_path))
    project_window.services.review.review_room.enter()
    whole = Segmentation.from_frames(np.ones(T, np.int64), "human")
    project_window.document.apply(
        "Lane", lambda p: set_lane(p, "one", "annotator:Ann", whole)
    )
    project_window.services.review.review_room.leave()
    assert page.isVisible()
    assert page.lane.findData("annotator:Ann") > 0
    project_window.document.apply("Remove", lambda p: remove_video(p, "two"))
    assert page.videos.isHidden()
    project_window.document.undo()
    assert (page.chosen, page.place) == (("labels", "srt"), tmp_path)
    assert page.choice.checked == ["two"], "the other one was unchecked"


def test_a_blind_project_shows_nothing_of_others(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project_window.document.apply("blind", lambda p: set_blind(p, True))
    page = asked(qtbot, project_window)
    assert page.lane.findData("annotator:Eva") == -1
    assert page.lane.findData(ANNOTATION) == 0


def test_the_folder_is_chosen(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter(["", str(tmp_path)])

    def ask(_: object, title: str, place: str, **__: object) -> str:
        assert Path(place).is_dir()
        return next(answers)

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", ask)
    page = asked(qtbot, project_window)
    before = page.folder.text()
    page.choose.click()
    assert page.folder.text() == before
    page.choose.click()
    assert page.folder.text() == str(tmp_path)


def test_a_format_that_holds_tracks_has_all_of_a_video(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tracks = project_window.services.labelling.track_editor
    assert tracks.add_tier("Left hand", "person")
    project_window.session.set_video("one@Left_hand")
    page = asked(qtbot, project_window)
    assert [item.id for item in page.choice.items] == ["one", "two"]
    choices = page.choices()
    assert isinstance(choices, ExportChoices)
    assert choices.tier == ""
    choose(page, "labels", "via")
    previewed(qtbot, page)
    assert [item.id for item in page.choice.items] == [
        "one@Left_hand", "two@Left_hand"
    ]  # fmt: skip
    choices = page.choices()
    assert isinstance(choices, ExportChoices)
    assert choices.tier == "Left_hand"
    project_window.docks.show_export(["two"])
    assert page.choice.checked == ["two@Left_hand"]
    choose(page, "labels", "eaf")
    previewed(qtbot, page)
    assert page.file.currentText() == "one.eaf"
    assert "2 videos with 4 tracks" in page.notes.text()
