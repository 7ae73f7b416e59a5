"""The dialog of an export: what is chosen is previewed, and exported."""

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

from app.views.dialogs.export_labels import ExportDialog
from app.window.project_window import ProjectWindow
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, set_blind, set_lane
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
        for dialog in made.window.findChildren(ExportDialog):
            dialog.reject()


def asked(qtbot: QtBot, project_window: ProjectWindow, *videos: str) -> ExportDialog:
    dialog = project_window.dialogs.export_videos(videos)
    previewed(qtbot, dialog)
    return dialog


def previewed(qtbot: QtBot, dialog: ExportDialog) -> None:
    qtbot.waitUntil(lambda: dialog.ok.isEnabled(), timeout=20_000)


def choose(dialog: ExportDialog, kind: str, name: str) -> None:
    dialog.form.setCurrentIndex(dialog.form.findData(f"{kind} {name}"))
    assert dialog.chosen == (kind, name)


def test_what_is_shown_is_what_is_written(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    dialog = asked(qtbot, project_window)
    assert dialog.place == project_window.document.folder.root / "exports"
    assert not dialog.place.exists()
    assert dialog.file.currentText() == "one.csv"
    assert dialog.text.toPlainText().startswith("frame,time_s,class_id,label")
    assert "2 videos, 180 frames, " in dialog.notes.text()
    choose(dialog, "labels", "segment-csv")
    dialog.folder.setText(str(tmp_path / "out"))
    assert not dialog.ok.isEnabled()  # until it was looked at again
    previewed(qtbot, dialog)
    shown = dialog.text.toPlainText()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
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
    dialog = asked(qtbot, project_window, "two")
    assert dialog.choice.checked == ["two"]
    dialog.lane.setCurrentIndex(dialog.lane.findData("annotator:Eva"))
    # Of that lane there is nothing in the only video that is checked.
    said = "Check a video that has what is exported."
    qtbot.waitUntil(lambda: dialog.notes.text() == said, timeout=20_000)
    assert not dialog.ok.isEnabled()
    dialog.all.click()
    assert dialog.choice.checked == ["one"]
    assert dialog.n_videos.text() == "1 of 2"
    previewed(qtbot, dialog)
    assert dialog.notes.text().endswith("Left out: two.")
    dialog.folder.setText(str(tmp_path / "out"))
    previewed(qtbot, dialog)
    dialog.ok.click()
    written = tmp_path / "out" / "one.csv"
    qtbot.waitUntil(written.is_file, timeout=20_000)
    with written.open(newline="") as stream:
        assert {row["label"] for row in csv.DictReader(stream)} == {"walk"}


def test_what_a_format_cannot_hold_is_said(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    dialog = asked(qtbot, project_window)
    assert "no place" not in dialog.notes.text()
    choose(dialog, "labels", "srt")
    previewed(qtbot, dialog)
    assert "not reviewed; SRT subtitles has no place for that." in dialog.notes.text()
    assert "Not kept: " in dialog.about.text()
    assert dialog.text.toPlainText().startswith("1\n00:00:00,000 --> ")


def test_the_layout_of_ms_tcn(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    dialog = asked(qtbot, project_window)
    choose(dialog, "ms-tcn", "ms-tcn")
    dialog.features.setChecked(False)
    previewed(qtbot, dialog)
    files = [dialog.file.itemText(n) for n in range(dialog.file.count())]
    assert files[:3] == ["mapping.txt", "groundTruth/one.txt", "ignore/one.txt"]
    assert "0 walk" in dialog.text.toPlainText()
    assert "frames without a label are listed" in dialog.notes.text()
    assert dialog.gap_class.isHidden()
    dialog.gaps.setCurrentIndex(0)
    qtbot.waitUntil(lambda: "have no label" in dialog.notes.text(), timeout=20_000)
    assert not dialog.ok.isEnabled()
    dialog.gaps.setCurrentIndex(2)
    previewed(qtbot, dialog)
    assert not dialog.gap_class.isHidden()
    assert "written as 'background'" in dialog.notes.text()
    dialog.folder.setText(str(tmp_path / "out"))
    previewed(qtbot, dialog)
    dialog.ok.click()
    mapping = tmp_path / "out" / "mapping.txt"
    qtbot.waitUntil(mapping.is_file, timeout=20_000)
    assert mapping.read_text().splitlines()[-1] == "4 background"
    assert not (tmp_path / "out" / "features").exists()


def test_poses(qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path) -> None:
    folder = project_window.document.folder
    item = project_window.document.project.video("two")
    rng = np.random.default_rng(1)
    keypoints = rng.uniform(5, 40, (T, 1, 17, 2)).astype(np.float32)
    scores = np.full((T, 1, 17), 0.5, np.float32)
    size = item.width, item.height
    poses = PoseSequence(keypoints, scores, "coco17", size, "made")
    save_poses(folder.poses_path("two"), poses, item.fingerprint)
    dialog = asked(qtbot, project_window)
    choose(dialog, "poses", "csv")
    previewed(qtbot, dialog)
    assert dialog.choice.checked == ["two"]
    assert dialog.lane.isHidden()
    assert dialog.file.currentText() == "two.poses.csv"
    assert "Poses of 1 video, 17 keypoints (coco17)." in dialog.notes.text()
    dialog.folder.setText(str(tmp_path / "out"))
    previewed(qtbot, dialog)
    dialog.ok.click()
    written = tmp_path / "out" / "two.poses.csv"
    qtbot.waitUntil(written.is_file, timeout=20_000)
    assert len(written.read_text().splitlines()) > T


def test_files_of_others_are_replaced_only_if_that_is_checked(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    (tmp_path / "two.csv").write_text("mine")
    dialog = asked(qtbot, project_window)
    dialog.folder.setText(str(tmp_path))
    qtbot.waitUntil(lambda: "two.csv" in dialog.notes.text(), timeout=20_000)
    assert dialog.notes.text().startswith("In the folder are files that skelseg did")
    assert not dialog.ok.isEnabled()
    dialog.overwrite.setChecked(True)
    previewed(qtbot, dialog)
    said = "Files of others will be replaced: two.csv."
    assert dialog.notes.text().startswith(said)
    assert (tmp_path / "two.csv").read_text() == "mine"
    dialog.ok.click()
    two = tmp_path / "two.csv"
    qtbot.waitUntil(lambda: two.read_text() != "mine", timeout=20_000)
    assert two.read_text().startswith("frame,time_s")
    qtbot.waitUntil((tmp_path / "data-card.md").is_file, timeout=20_000)


def test_a_click_checks_a_video(qtbot: QtBot, project_window: ProjectWindow) -> None:
    dialog = asked(qtbot, project_window)
    box = dialog.videos.visualRect(dialog.choice.index(1))
    place = box.topLeft() + QPoint(12, box.height() // 2)
    qtbot.mouseClick(dialog.videos.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.choice.checked == ["one"]
    assert dialog.n_videos.text() == "1 of 2"
    previewed(qtbot, dialog)
    assert "1 video, 90 frames" in dialog.notes.text()


def test_a_blind_project_shows_nothing_of_others(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project_window.document.apply("blind", lambda p: set_blind(p, True))
    dialog = asked(qtbot, project_window)
    assert dialog.lane.findData("annotator:Eva") == -1
    assert dialog.lane.findData(ANNOTATION) == 0


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
    dialog = asked(qtbot, project_window)
    before = dialog.folder.text()
    dialog.choose.click()
    assert dialog.folder.text() == before
    dialog.choose.click()
    assert dialog.folder.text() == str(tmp_path)
