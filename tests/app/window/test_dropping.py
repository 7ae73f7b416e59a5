from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
)
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.__main__ import Application
from app.kit.settings import Settings
from app.services.files.file_importer import video_of
from app.services.models.pose_service import PoseService
from app.views.dialogs.import_labels import ImportLabelsDialog
from app.views.dialogs.table_columns_dialog import TableColumnsDialog
from app.views.start.drop_zone import DropZone
from app.window.dropping import Dropped, look_at
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.formats.classes_yaml import classes_yaml
from skelseg_core.formats.label_file import Interval, LabelFile, LabelTrack
from skelseg_core.formats.label_parts.skelseg_csv_rows import framewise_csv, segment_csv
from skelseg_core.formats.labels.skelseg_csv import SegmentCsv
from skelseg_core.formats.tables.table_mapping import saved_mapping, saved_tables
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.imports.label_plan import ImportChoices
from skelseg_core.project.project import (
    ANNOTATION,
    VideoItem,
    add_video,
    edit_lane,
    new_project,
    remove_video,
)
from skelseg_core.video.times import FrameTimes
from tests.app.conftest import CLASSES, N_FRAMES
from tests.app.windows import warns
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
    assert made.video("rgb-01-1").annotation.to_frames().tolist() == [0, 0, 1]
    idle(qtbot, project_window)


def test_a_table_of_intervals_is_asked_about(
    project_window: ProjectWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    table = tmp_path / "one.txt"
    table.write_text("0 10 walk\n10 25 reach\n")
    assert run(look_at([table])) == Dropped(labels=(table,))
    n = len(project_window.document.project.label_map)
    project_window.services.files.label_importer.begin([table])

    def asked() -> list[TableColumnsDialog]:
        found = project_window.window.findChildren(TableColumnsDialog)
        return [dialog for dialog in found if dialog.isVisible()]

    qtbot.waitUntil(lambda: bool(asked()), timeout=10_000)
    # Seconds, milliseconds or frames: that is asked, and classes are none of them.
    assert not asked()[0].ok.isEnabled()
    asked()[0].reject()
    assert len(project_window.document.project.label_map) == n
    idle(qtbot, project_window)


def test_names_of_files_tell_their_video(project_window: ProjectWindow) -> None:
    project = project_window.document.project
    for name in ("one.csv", "one.segments.csv", "one_keypoints.json", "one"):
        assert video_of(Path(name), project) == "one"
    assert video_of(Path("oneDLC_resnet50_walk.csv"), project) == "one"
    for name in ("one2.csv", "ones.json", "three.csv", "one-2.csv"):
        assert video_of(Path(name), project) == ""


def test_videos_are_added_and_the_overlay_says_so(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    paths = [write_video(tmp_path / f"{n}.mp4", 12) for n in ("three", "four")]
    hand = Hand(qtbot, project_window.window, paths)
    assert hand.words == ["Add 2 videos to kitchen", "New project with 2 videos…"]
    assert hand.move(100).isAccepted()
    hand.drop(100)
    qtbot.waitUntil(lambda: project_window.document.project.has("four"), timeout=20_000)
    assert [v.id for v in project_window.document.project.videos] == [
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
    assert len(project_window.document.project.videos) == 2
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


def test_a_drag_that_leaves_does_nothing(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    hand = Hand(qtbot, project_window.window, [write_labels(tmp_path / "one.csv")])
    assert hand.words == ["Read the labels of one"]
    QApplication.sendEvent(project_window.window, QDragLeaveEvent())
    assert hand.zone is not None
    assert not hand.zone.isVisible()
    assert project_window.document.undo_stack.count() == 0


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
    found = document.project.video("two").annotation.to_frames()
    np.testing.assert_array_equal(found, truth().to_frames())
    assert said == ["two: 2 segments from two.csv. They replace 1. You can undo this."]
    document.undo_stack.undo()
    assert document.project == before
    idle(qtbot, project_window)


def test_labels_of_another_length_are_refused_in_a_sentence(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    path = tmp_path / "one.txt"
    path.write_text("walk\n" * 80)
    Hand(qtbot, project_window.window, [path]).drop()
    dialog = asked(qtbot, project_window)
    assert "one.txt labels 80 frames and one has 90" in dialog.problem.text()
    assert not dialog.ok.isEnabled()
    dialog.reject()
    assert project_window.document.undo_stack.count() == 0
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
            and project_window.document.project.video("new").annotation.n_labelled
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
    assert project_window.document.project.video("two").annotation.n_labelled == 60
    assert project_window.document.project.video("one").annotation.n_labelled == 0


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


def test_classes_are_added(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    path = tmp_path / "classes.txt"
    path.write_text("walk\nstir\npour\n")
    hand = Hand(qtbot, project_window.window, [path])
    assert hand.words == ["Read classes of classes.txt"]
    hand.drop()
    qtbot.waitUntil(
        lambda: (
            project_window.document.project.label_map.names
            == (*CLASSES, "stir", "pour")
        ),
        timeout=10_000,
    )


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


def test_text_is_no_file(qtbot: QtBot, project_window: ProjectWindow) -> None:
    data = QMimeData()
    data.setText("hello")
    event = QDragEnterEvent(QPoint(9, 9), COPY, data, LEFT, NONE)
    event.setAccepted(False)
    QApplication.sendEvent(project_window.window, event)
    assert not event.isAccepted()
    assert event.type() == QEvent.Type.DragEnter


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
    made = ProjectFolder(root).load().video("one")
    assert made.has_video
    assert made.annotation.n_labelled == 60
    qtbot.waitUntil(lambda: not start_window.jobs.running, timeout=10_000)
    window.close()
    window.deleteLater()


def test_columns_that_are_not_recognised_are_asked_for_on_the_start_page(
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
    table = tmp_path / "one.csv"
    table.write_text("eins;zwei;drei\n0,4;1;walk\n1;1,5;Tür\n", encoding="utf-8")
    Hand(qtbot, window, [table]).drop()
    qtbot.waitUntil(lambda: window.findChild(TableColumnsDialog) is not None)
    dialog = window.findChild(TableColumnsDialog)
    assert dialog is not None
    assert not root.exists()
    for column, role in enumerate(("start", "stop", "label")):
        dialog.columns.set_role(column, role)
    dialog.remember.setChecked(True)
    with qtbot.waitSignal(start_window.open_requested, timeout=20_000) as caught:
        dialog.ok.click()
    assert caught.args == [root]
    made = ProjectFolder(root).load()
    found = made.video("one").annotation.segments
    assert [(s.start, s.stop) for s in found if s.class_id is not None] == [
        (12, 30),
        (30, 45),
    ]
    assert made.label_map.names == ("walk", "Tür")
    header = ("eins", "zwei", "drei")
    assert saved_mapping(saved_tables(), header) is not None
    qtbot.waitUntil(lambda: not start_window.jobs.running, timeout=10_000)
    window.close()
    window.deleteLater()


def test_what_becomes_of_labels_is_chosen_in_the_project_that_is_made_of_them(
    qtbot: QtBot, program: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "made"
    monkeypatch.setattr(
        "app.views.dialogs.dialogs.ask_dataset_project", lambda *_: root
    )
    monkeypatch.setattr(PoseService, "by_itself", False)
    write_video(tmp_path / "one.mp4", N_FRAMES)
    table = tmp_path / "one.csv"
    rows = "0.0,1.0,walk,body\n0.0,2.0,hold,hands\n1.0,2.0,reach,body\n"
    table.write_text(f"start,stop,label,tier\n{rows}", encoding="utf-8")
    program.welcome()
    assert program.window is not None
    Hand(qtbot, program.window, [table]).drop()
    qtbot.waitUntil(
        lambda: (
            program.window is not None and program.window.project_window is not None
        ),
        timeout=20_000,
    )
    made = program.window.project_window
    assert made is not None
    dialog = asked(qtbot, made)
    assert [dialog.tracks.item(n).text() for n in range(2)] == ["body", "hands"]
    assert dialog.ok.isEnabled()
    dialog.ok.click()
    idle(qtbot, made)
    project = made.document.project
    assert [t.name for t in project.tiers] == ["body", "hands"]
    found = {
        item.id: [
            (s.start, project.name_of(s.class_id)) for s in item.annotation.segments
        ]
        for item in project.videos
    }
    assert found["one"][:2] == [(0, "walk"), (30, "reach")]
    assert found["one@hands"][:2] == [(0, "hold"), (60, "")]
    assert project.video("one").has_video
    assert made.document.undo_stack.count() == 1


def test_of_two_videos_of_one_name_the_right_one_is_labelled(tmp_path: Path) -> None:
    root, project = tmp_path / "kitchen", new_project("kitchen", LABELS)
    for video_id, path in (("cam", "../a/cam.mp4"), ("cam-2", "../b/cam.mp4")):
        lanes = {ANNOTATION: Segmentation.unlabelled(N_FRAMES)}
        item = VideoItem(video_id, path, "", N_FRAMES, 64, 48, 25.0, lanes)
        project = add_video(project, item)
    # An exported file is named by the id, which is the name of both files.
    assert video_of(Path("cam.csv"), project) == "cam"
    assert video_of(tmp_path / "out" / "cam.csv", project, root) == "cam"
    assert video_of(tmp_path / "out" / "cam-2.csv", project, root) == "cam-2"
    assert video_of(tmp_path / "a" / "cam.csv", project, root) == "cam"
    # Beside the video of the other id: somebody has to say which is meant.
    assert video_of(tmp_path / "b" / "cam.csv", project, root) == ""
    assert video_of(tmp_path / "b" / "cam.csv", remove_video(project, "cam"), root)
    third = replace(project.video("cam-2"), id="cam-3", path="../c/cam.mp4")
    project = add_video(remove_video(project, "cam"), third)
    assert video_of(tmp_path / "out" / "cam.csv", project, root) == ""
    assert video_of(tmp_path / "c" / "cam.csv", project, root) == "cam-3"


def test_of_several_files_those_with_a_video_are_one_step(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    names = ("one.csv", "two.csv", "z.csv")
    damaged = tmp_path / "damaged.csv"
    damaged.write_text("frame,label\n5,walk\n")
    paths = [write_labels(tmp_path / name) for name in names]
    project_window.services.files.label_importer.begin([*paths, damaged])
    dialog = asked(qtbot, project_window)
    rows = [dialog.table.item(r, 0) for r in range(dialog.table.rowCount())]
    assert [r.text() for r in rows if r] == ["one", "two", "no video"]
    assert "damaged.csv, line 2: frame is '5'" in dialog.problem.text()
    agree(qtbot, project_window)
    document = project_window.document
    found = [v.annotation.n_labelled for v in document.project.videos]
    assert found == [60, 60]
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert [v.annotation.n_labelled for v in document.project.videos] == [0, 0]


def test_overlaps_and_annotators_are_choices(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    path = tmp_path / "one.csv"
    rows = "0,20,walk\n10,30,reach\n"
    path.write_text(f"start_frame,stop_frame,label\n{rows}")
    project_window.services.files.label_importer.begin([path])
    dialog = asked(qtbot, project_window)
    assert "they overlap by 10 frames" in dialog.problem.text()
    choose(qtbot, dialog.overlap, "first")
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    dialog.lane.setCurrentIndex(1)
    dialog.lane.activated.emit(1)
    qtbot.waitUntil(lambda: bool(dialog.problem.text()), timeout=10_000)
    assert not dialog.ok.isEnabled(), "nobody said whose labels they are"
    qtbot.keyClicks(dialog.annotator, "Eva")
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    agree(qtbot, project_window)
    item = project_window.document.project.video("one")
    assert item.annotation.n_labelled == 0
    found = item.lanes["annotator:Eva"].to_frames()[:31].tolist()
    assert found == [0] * 20 + [1] * 10 + [-1]


def test_an_edit_meanwhile_is_not_lost(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    document = project_window.document
    path = write_labels(tmp_path / "one.csv")
    project_window.services.files.label_importer.begin([path])
    dialog = asked(qtbot, project_window)
    document.apply("x", lambda p: edit_lane(p, "one", lambda s: paint(s, 0, 9, 3)))
    dialog.ok.click()
    messages = project_window.docks.messages
    qtbot.waitUntil(lambda: warns(messages), timeout=10_000)
    assert "one already has labels" in messages.text.text()
    assert document.project.video("one").annotation.n_labelled == 9
    idle(qtbot, project_window)


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


def test_frames_of_another_rate_are_counted_by_it(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    path = tmp_path / "one.csv"
    track = LabelTrack((Interval(0, 15, "walk", "line 1"),), "frame", "one", rate=15.0)
    importer = project_window.services.files.label_importer
    importer.files, importer.formats = (LabelFile(path, (track,)),), (SegmentCsv(),)
    importer.choose(ImportChoices())
    qtbot.waitUntil(lambda: importer.plan is not None, timeout=10_000)
    importer.asked.emit()
    dialog = asked(qtbot, project_window)
    assert dialog.rate.isVisible()
    assert "says 15 frames per second and the video has 30" in dialog.remarks.text()
    dialog.rate.setValue(15)
    qtbot.waitUntil(
        lambda: importer.choices.rate == 15 and importer.plan is not None,
        timeout=10_000,
    )
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    agree(qtbot, project_window)
    one = project_window.document.project.video("one").annotation
    assert [(s.start, s.stop) for s in one.segments] == [(0, 30), (30, N_FRAMES)]
