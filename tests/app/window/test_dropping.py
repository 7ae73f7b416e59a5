from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.views.dialogs.import_labels import ImportLabelsDialog
from app.views.start.drop_zone import DropZone
from app.window.dropped_files import Dropped, look_at
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.formats.classes_yaml import classes_yaml
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.video.times import FrameTimes
from tests.app.conftest import CLASSES, N_FRAMES
from tests.labelled import framewise_csv, segment_csv
from tests.settled import settle
from tests.videos import write_video

LABELS = label_map_from_names(CLASSES)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction


class Hand:
    """Drags files over a window as the desktop does."""

    def __init__(self, qtbot: QtBot, window: QWidget, paths: Sequence[Path]) -> None:
        self.qtbot, self.window = qtbot, window
        self.zone = window.findChild(DropZone)
        self.data = QMimeData()
        self.data.setUrls([QUrl.fromLocalFile(str(p)) for p in paths])
        # Qt asks the widget under the pointer first, whatever that is.
        self.enter()

    def enter(self) -> None:
        event = QDragEnterEvent(QPoint(300, 300), COPY, self.data, LEFT, NONE)
        QApplication.sendEvent(self.window, event)
        assert event.isAccepted()

    @property
    def words(self) -> list[str]:
        assert self.zone is not None
        self.qtbot.waitUntil(lambda: self.zone.words is not None, timeout=10_000)
        assert self.zone.isVisible()
        return self.zone.words

    def move(self, x: int) -> QDragMoveEvent:
        event = QDragMoveEvent(QPoint(x, 300), COPY, self.data, LEFT, NONE)
        QApplication.sendEvent(self.window, event)
        return event

    def drop(self, x: int = 300) -> None:
        event = QDropEvent(QPointF(x, 300), COPY, self.data, LEFT, NONE)
        QApplication.sendEvent(self.window, event)
        assert self.zone is not None
        assert not self.zone.isVisible()


def idle(qtbot: QtBot, project_window: ProjectWindow) -> None:
    settle()
    assert not project_window.jobs.running


def asked(qtbot: QtBot, project_window: ProjectWindow) -> ImportLabelsDialog:
    """The question about an import of labels, once it shows a plan."""

    def there() -> list[ImportLabelsDialog]:
        found = project_window.window.findChildren(ImportLabelsDialog)
        return [d for d in found if d.isVisible()]

    qtbot.waitUntil(lambda: bool(there()), timeout=20_000)
    return there()[0]


def agree(qtbot: QtBot, project_window: ProjectWindow) -> None:
    """Import what was dropped, as the dialog shows it."""
    dialog = asked(qtbot, project_window)
    assert project_window.document.undo_stack.count() == 0
    qtbot.keyClick(dialog.ok, Qt.Key.Key_Return)
    idle(qtbot, project_window)


def choose(qtbot: QtBot, box: QComboBox, value: str) -> None:
    """Choose an entry of a box as a hand does."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def truth() -> Segmentation:
    blank = Segmentation.unlabelled(N_FRAMES)
    return paint(paint(blank, 0, 30, 0), 30, 60, 2)


def write_labels(path: Path, kind: str = "framewise") -> Path:
    write = segment_csv if kind == "segment" else framewise_csv
    path.write_text(write(truth(), LABELS, FrameTimes.even(N_FRAMES, 25)))
    return path


def test_what_files_are(tmp_path: Path, project_folder: ProjectFolder) -> None:
    video = write_video(tmp_path / "a.mp4", 12)
    labels = write_labels(tmp_path / "a.csv")
    poses = tmp_path / "a.json"
    poses.write_text(
        json.dumps(
            [
                {
                    "image_id": "0.jpg",
                    "box": [0] * 4,
                    "keypoints": [1.0] * 51,
                    "score": 1,
                    "idx": 1,
                }
            ]
        )
    )
    classes = tmp_path / "classes.txt"
    classes.write_text("stir\npour\n")
    palette, other = tmp_path / "palette.yaml", tmp_path / "other.yaml"
    palette.write_text(classes_yaml(LABELS.classes))
    other.write_text("a: [1, 2\n")
    note = tmp_path / "note.pdf"
    note.write_bytes(b"%PDF")
    images = tmp_path / "frames"
    images.mkdir()
    for n in range(3):
        QImage(8, 8, QImage.Format.Format_RGB32).save(str(images / f"{n:03d}.png"))
    openpose = tmp_path / "openpose"
    openpose.mkdir()
    (openpose / "a_000000000000_keypoints.json").write_text("{}")
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    shutil.copy(video, mixed / "b.mp4")
    shutil.copy(labels, mixed / "b.csv")
    (mixed / "readme.md").write_text("x")
    paths = [
        video,
        labels,
        poses,
        classes,
        palette,
        other,
        note,
        images,
        openpose,
        mixed,
    ]
    found = run(look_at([*paths, project_folder.root]))
    assert found == Dropped(
        projects=(project_folder.root,),
        videos=(video, images, mixed / "b.mp4"),
        labels=(labels, mixed / "b.csv"),
        poses=(poses, openpose),
        classes=(classes, palette),
        unknown=(other, note),
    )
    assert run(look_at([project_folder.project_file])).projects == (
        project_folder.root,
    )


def test_a_data_set_is_more_than_its_mapping(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    src = tmp_path / "salads"
    (src / "groundTruth").mkdir(parents=True)
    (src / "groundTruth" / "rgb-01-1.txt").write_text("cut\ncut\nmix\n")
    (src / "mapping.txt").write_text("0 cut\n1 mix\n")
    assert run(look_at([src])) == Dropped(datasets=(src,))
    root, opened = tmp_path / "made", list[Path]()
    monkeypatch.setattr(
        "app.views.dialogs.dialogs.ask_dataset_project", lambda *_: root
    )
    project_window.open_requested.connect(opened.append)
    hand = Hand(qtbot, project_window.window, [src])
    assert hand.words == ["New project from the data set salads…"]
    hand.drop()
    qtbot.waitUntil(lambda: bool(opened), timeout=20_000)
    assert opened == [root]
    made = ProjectFolder(root).load()
    assert made.track("rgb-01-1").annotation.to_frames().tolist() == [0, 0, 1]
    idle(qtbot, project_window)


def test_videos_are_added_and_the_overlay_says_so(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    paths = [write_video(tmp_path / f"{n}.mp4", 12) for n in ("three", "four")]
    hand = Hand(qtbot, project_window.window, paths)
    assert hand.words == ["Add 2 videos to kitchen", "New project with 2 videos…"]
    assert hand.move(100).isAccepted()
    hand.drop(100)
    qtbot.waitUntil(lambda: project_window.document.project.has("four"), timeout=20_000)
    assert [v.id for v in project_window.document.project.tracks] == [
        "one",
        "two",
        "three",
        "four",
    ]
    idle(qtbot, project_window)


def test_the_right_half_begins_a_project(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        "app.window.program_commands.ask_new_project", lambda _, *v: asked.append(v)
    )
    path = write_video(tmp_path / "three.mp4", 12)
    hand = Hand(qtbot, project_window.window, [path])
    assert hand.words[1] == "New project with this video…"
    right = project_window.window.width() - 40
    hand.move(right)
    hand.drop(right)
    qtbot.waitUntil(lambda: bool(asked), timeout=5_000)
    assert asked == [((path,), ())]
    assert len(project_window.document.project.tracks) == 2
    idle(qtbot, project_window)


def test_a_drop_before_it_is_known_what_it_is_is_kept(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    hand = Hand(qtbot, project_window.window, [write_video(tmp_path / "three.mp4", 12)])
    hand.drop(100)
    qtbot.waitUntil(
        lambda: project_window.document.project.has("three"), timeout=20_000
    )
    idle(qtbot, project_window)


def test_what_cannot_be_used_is_refused(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    note = tmp_path / "note.pdf"
    note.write_bytes(b"%PDF")
    hand = Hand(qtbot, project_window.window, [note])
    assert hand.words == []
    assert not hand.move(100).isAccepted()
    hand.drop()
    idle(qtbot, project_window)
    assert project_window.document.undo_stack.count() == 0


@pytest.mark.parametrize("kind", ["framewise", "segment"])
def test_labels_become_the_annotation_and_undo_brings_the_old_ones_back(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path, kind: str
) -> None:
    document, said = project_window.document, []
    document.apply(
        "x", lambda p: edit_lane(p, "two", lambda s: paint(s, 0, N_FRAMES, 3))
    )
    before = document.project
    project_window.services.notices.said.connect(said.append)
    Hand(
        qtbot, project_window.window, [write_labels(tmp_path / "two.csv", kind)]
    ).drop()
    dialog = asked(qtbot, project_window)
    assert not dialog.ok.isEnabled(), "labels are there, and nobody said what of them"
    assert "90 frames of two already have labels" in dialog.problem.text()
    assert document.project == before
    choose(qtbot, dialog.existing, "replace")
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    dialog.ok.click()
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    found = document.project.track("two").annotation.to_frames()
    np.testing.assert_array_equal(found, truth().to_frames())
    assert said == ["two: 2 segments from two.csv. They replace 1. You can undo this."]
    document.undo_stack.undo()
    assert document.project == before
    idle(qtbot, project_window)


def test_labels_and_their_video_may_come_together(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    write_video(tmp_path / "new.mp4", N_FRAMES)
    labels = tmp_path / "new.txt"
    labels.write_text("stir\n" * 40 + "walk\n" * 50)
    # The video stands beside the labels: it need not be dropped too.
    Hand(qtbot, project_window.window, [labels]).drop()
    agree(qtbot, project_window)
    assert project_window.document.undo_stack.count() == 1
    qtbot.waitUntil(
        lambda: (
            project_window.document.project.has("new")
            and project_window.document.project.track("new").annotation.n_labelled
            == N_FRAMES
        ),
        timeout=20_000,
    )
    assert project_window.document.project.label_map.names == (*CLASSES, "stir")
    idle(qtbot, project_window)


def test_a_file_that_names_no_video_is_asked_about(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    path = write_labels(tmp_path / "annotator-b.csv")
    Hand(qtbot, project_window.window, [path]).drop()
    dialog = asked(qtbot, project_window)
    assert "The project has no video for annotator-b.csv" in dialog.problem.text()
    assert dialog.video.isVisible()
    choose(qtbot, dialog.video, "two")
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    agree(qtbot, project_window)
    assert project_window.document.project.track("two").annotation.n_labelled == 60
    assert project_window.document.project.track("one").annotation.n_labelled == 0


def openpose(folder: Path) -> Path:
    folder.mkdir()
    for n in range(N_FRAMES):
        points = [float(v) for k in range(18) for v in (20 + k, 10 + 2 * k, 0.9)]
        person = {"pose_keypoints_2d": points}
        path = folder / f"x_{n:012d}_keypoints.json"
        path.write_text(json.dumps({"people": [person]}))
    return folder


def test_a_video_that_comes_with_its_poses_is_not_searched_for_people(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    begun: list[str] = []
    project_window.jobs.started.connect(lambda job: begun.append(job.title))
    video = write_video(tmp_path / "new.mp4", N_FRAMES)
    (tmp_path / "poses").mkdir()
    source = openpose(tmp_path / "poses" / "new")
    Hand(qtbot, project_window.window, [video, source]).drop()
    path = project_window.document.folder.poses_path("new")
    qtbot.waitUntil(path.is_file, timeout=60_000)
    idle(qtbot, project_window)
    assert "Import poses of new" in begun
    assert "Poses of new" not in begun


def test_poses_come_in_and_are_replaced_only_when_that_is_said(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [False, True]
    asked: list[str] = []

    def ask(_: object, text: str) -> bool:
        asked.append(text)
        return answers.pop(0)

    monkeypatch.setattr("app.window.project_window.ask_replace", ask)
    path, source = (
        project_window.document.folder.poses_path("one"),
        openpose(tmp_path / "one"),
    )
    said: list[str] = []
    project_window.services.notices.said.connect(said.append)
    hand = Hand(qtbot, project_window.window, [source])
    assert hand.words == ["Import poses of one"]
    hand.drop()
    idle(qtbot, project_window)
    assert path.is_file()
    assert said == ["one: poses from one, with a person in 90 of 90 frames."]
    assert asked == []
    path.write_bytes(b"mine")
    for wanted in (b"mine", None):
        Hand(qtbot, project_window.window, [source]).drop()
        idle(qtbot, project_window)
        assert (path.read_bytes() == b"mine") is (wanted is not None)
    assert len(asked) == 2


@pytest.mark.parametrize("fails", [False, True])
def test_a_disk_that_does_not_answer_is_not_said_to_hold_poses(
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fails: bool,
) -> None:
    answers, is_file = threading.Event(), Path.is_file
    there = project_window.document.folder.poses_path("one")

    def stalled(path: Path) -> bool:
        if path == there and fails:
            raise PermissionError
        if path == there:
            answers.wait(60)
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", stalled)
    if not fails:
        monkeypatch.setattr("app.services.files.file_importer.LOOK_S", 0.05)
    said: list[str] = []
    project_window.services.notices.warned.connect(said.append)
    project_window.services.files.file_importer.poses([openpose(tmp_path / "one")])
    answers.set()
    root = project_window.document.folder.root
    assert said == [
        f"The disk of {root} does not answer, so no poses were imported. Try again "
        "later."
    ]
    assert "Import poses of one" not in [j.title for j in project_window.jobs.running]


def test_a_project_that_is_dropped_is_opened(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    other, _ = create_project(tmp_path / "other", LABELS)
    hand = Hand(qtbot, project_window.window, [other.root])
    assert hand.words == ["Open other"]
    with qtbot.waitSignal(project_window.open_requested, timeout=5_000) as caught:
        hand.drop()
    assert caught.args == [other.root]
    idle(qtbot, project_window)


def test_the_start_page_takes_projects_and_videos(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def new(_: object, *files: Sequence[Path]) -> None:
        asked.append(files)

    monkeypatch.setattr("app.window.program_commands.ask_new_project", new)
    other, _ = create_project(tmp_path / "other", LABELS)
    window = MainWindow(Settings())
    window.show()
    start_window = window.welcome()
    video = write_video(tmp_path / "three.mp4", 12)
    hand = Hand(qtbot, window, [video])
    assert hand.words == ["New project with this video…"]
    hand.drop()
    qtbot.waitUntil(lambda: asked == [((video,), ())], timeout=5_000)
    hand = Hand(qtbot, window, [other.root])
    assert hand.words == ["Open other"]
    with qtbot.waitSignal(start_window.open_requested, timeout=5_000) as caught:
        hand.drop()
    assert caught.args == [other.root]
    qtbot.waitUntil(lambda: not start_window.jobs.running, timeout=10_000)
    window.close()
    window.deleteLater()


def test_label_files_become_a_project_on_the_start_page(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "made"
    monkeypatch.setattr(
        "app.views.dialogs.dialogs.ask_dataset_project", lambda *_: root
    )
    window = MainWindow(Settings())
    window.show()
    start_window = window.welcome()
    write_video(tmp_path / "one.mp4", N_FRAMES)
    labels = write_labels(tmp_path / "one.csv")
    hand = Hand(qtbot, window, [labels])
    assert hand.words == ["New project from the labels in one.csv…"]
    with qtbot.waitSignal(start_window.open_requested, timeout=20_000) as caught:
        hand.drop()
    assert caught.args == [root]
    made = ProjectFolder(root).load().track("one")
    assert made.video.has_file
    assert made.annotation.n_labelled == 60
    qtbot.waitUntil(lambda: not start_window.jobs.running, timeout=10_000)
    window.close()
    window.deleteLater()


def test_nothing_can_be_dropped_behind_a_question(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    hand = Hand(qtbot, project_window.window, [write_labels(tmp_path / "one.csv")])
    assert hand.words
    dialog = QDialog(project_window.window)
    dialog.open()
    event = QDragEnterEvent(QPoint(9, 9), COPY, hand.data, LEFT, NONE)
    QApplication.sendEvent(project_window.window, event)
    assert not event.isAccepted()
    hand.drop()
    idle(qtbot, project_window)
    assert project_window.document.undo_stack.count() == 0
    dialog.close()
    hand.enter()
