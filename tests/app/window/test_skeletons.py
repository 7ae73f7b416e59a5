"""Poses of an animal come into the window, and the project gets its skeleton."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.services.models.file_readers import read_poses
from app.views.dialogs.dialogs import NewProjectDialog
from app.views.dialogs.skeleton_dialog import SkeletonDialog
from app.window.project_window import ProjectWindow
from skelseg_core.errors import SkelsegError
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton, skeleton_names
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track
from tests.app.window.test_dropping import Hand, idle
from tests.app.windows import opened, trigger
from tests.mouse import (
    CLASSES,
    MOUSE,
    N_FRAMES,
    PARTS,
    RATE,
    SIZE,
    deeplabcut_csv,
    mouse_and_labels,
    write_mouse_film,
)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Poses of two recordings, as DeepLabCut names them."""
    found = []
    for seed, name in enumerate(("a", "b")):
        path = tmp_path / f"{name}DLC_resnet50.csv"
        path.write_text(deeplabcut_csv(mouse_and_labels(seed)[0]), encoding="utf-8")
        found.append(path)
    return found


@pytest.fixture
def project_window(qtbot: QtBot, tmp_path: Path) -> Iterator[ProjectWindow]:
    """A project of which nobody said that it is of animals, without poses."""
    folder, before = create_project(tmp_path / "p", label_map_from_names(CLASSES))
    project = before
    for name in ("a", "b"):
        lanes = {ANNOTATION: Segmentation.unlabelled(N_FRAMES)}
        item = Track.of_film(name, "", f"poses-{name}", N_FRAMES, *SIZE, RATE, lanes)
        project = add_video(project, item)
    folder.save(project, before)
    with opened(qtbot, folder) as made:
        yield made


def dialogs(window: QWidget) -> list[SkeletonDialog]:
    return [d for d in window.findChildren(SkeletonDialog) if d.isVisible()]


def asked(qtbot: QtBot, window: QWidget) -> SkeletonDialog:
    qtbot.waitUntil(lambda: bool(dialogs(window)), timeout=60_000)
    return dialogs(window)[0]


def test_dropped_poses_of_an_animal_ask_for_its_skeleton_once(
    qtbot: QtBot, project_window: ProjectWindow, files: list[Path]
) -> None:
    document, folder = project_window.document, project_window.document.folder
    Hand(qtbot, project_window.window, files).drop()
    dialog = asked(qtbot, project_window.window)
    idle(qtbot, project_window)
    # Given up, nothing is changed; the files can be dropped again.
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert document.undo_stack.count() == 0
    assert not folder.poses_path("a").exists()
    Hand(qtbot, project_window.window, files).drop()
    dialog = asked(qtbot, project_window.window)
    QTest.keyClicks(dialog.name, "mouse")
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: all(folder.poses_path(v).exists() for v in "ab"), timeout=60_000
    )
    idle(qtbot, project_window)
    assert not dialogs(project_window.window)
    skeleton = load_skeleton(document.project.skeleton)
    assert (skeleton.title, skeleton.keypoints) == ("mouse", PARTS)
    assert load_poses(folder.poses_path("b"), skeleton.name).n_frames == N_FRAMES
    current = project_window.services.current_video
    qtbot.waitUntil(lambda: current.poses is not None, timeout=20_000)
    assert current.poses.skeleton == skeleton
    # One step, which goes back and comes again.
    assert document.undo_stack.undoText() == "Skeleton mouse"
    assert document.undo_stack.count() == 1
    trigger(project_window, "undo")
    assert document.project.skeleton == "coco17"
    idle(qtbot, project_window)
    assert current.poses is None
    trigger(project_window, "redo")
    qtbot.waitUntil(lambda: current.poses is not None, timeout=20_000)
    idle(qtbot, project_window)


def test_people_found_before_are_no_poses_of_an_animal(tmp_path: Path) -> None:
    keypoints = np.full((N_FRAMES, 1, 17, 2), 5.0, np.float32)
    scores = np.ones((N_FRAMES, 1, 17), np.float32)
    lanes = {ANNOTATION: Segmentation.unlabelled(N_FRAMES)}
    item = Track.of_film("a", "", "poses-a", N_FRAMES, *SIZE, RATE, lanes)
    path = tmp_path / "a.npz"
    made_here = "MoveNet multipose + thunder, skelseg 1"
    save_poses(path, PoseSequence(keypoints, scores, "coco17", SIZE, made_here))
    assert run(read_poses(path, item, "kinect25", None)) is None
    assert run(read_poses(path, item, "coco17", None)) is not None
    save_poses(path, PoseSequence(keypoints, scores, "coco17", SIZE, "openpose"))
    with pytest.raises(SkelsegError, match="coco17 keypoints instead of kinect25"):
        run(read_poses(path, item, "kinect25", None))


@pytest.fixture
def new(qtbot: QtBot, tmp_path: Path) -> NewProjectDialog:
    made = NewProjectDialog()
    qtbot.addWidget(made)
    made.show()
    made.folder.setText(str(tmp_path / "new"))
    made.classes.setPlainText("\n".join(CLASSES))
    return made


def create(qtbot: QtBot, new: NewProjectDialog) -> ProjectFolder:
    QTest.mouseClick(new.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: new.root is not None, timeout=20_000)
    assert new.root is not None
    return ProjectFolder(new.root)


def test_a_new_project_has_a_bundled_skeleton(
    qtbot: QtBot, new: NewProjectDialog
) -> None:
    box = new.skeleton.box
    assert {box.itemData(n) for n in range(box.count())} == set(skeleton_names())
    assert new.skeleton.name == "coco17"
    box.setFocus()
    QTest.keyClicks(box, "kinect")
    assert create(qtbot, new).load().skeleton == "kinect25"


def test_a_new_project_has_the_skeleton_of_a_file(
    qtbot: QtBot, new: NewProjectDialog, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text("keypoints: [snout]\n")
    new.skeleton.take_file(tmp_path / "bad.yaml")
    assert "'keypoints' must be a list of at least 2" in new.wrong.text()
    assert new.skeleton.name == "coco17"
    (tmp_path / "mouse.yaml").write_text(MOUSE)
    new.skeleton.take_file(tmp_path / "mouse.yaml")
    assert new.skeleton.box.currentText() == "mouse: 4 keypoints"
    assert not new.wrong.isVisible()
    skeleton = load_skeleton(create(qtbot, new).load().skeleton)
    assert skeleton.keypoints == PARTS


def test_a_new_project_has_the_keypoints_of_a_pose_file(
    qtbot: QtBot, new: NewProjectDialog, files: list[Path]
) -> None:
    new.skeleton.take_file(files[0], ask=True)
    dialog = asked(qtbot, new)
    dialog.reject()
    assert new.skeleton.box.currentText() == "Custom: 4 keypoints…"
    # Whoever creates the project without an answer is asked again.
    qtbot.waitUntil(new.ok.isEnabled, timeout=20_000)
    QTest.mouseClick(new.ok, Qt.MouseButton.LeftButton)
    QTest.keyClick(asked(qtbot, new).name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: new.root is not None, timeout=20_000)
    assert new.root is not None
    assert load_skeleton(ProjectFolder(new.root).load().skeleton).keypoints == PARTS


def test_poses_without_their_video_make_no_project(
    qtbot: QtBot, files: list[Path], tmp_path: Path
) -> None:
    film = write_mouse_film(tmp_path / "a.mp4", mouse_and_labels(0)[0][:20])
    new = NewProjectDialog(None, [film], files)
    qtbot.addWidget(new)
    new.show()
    new.classes.setPlainText("run")
    qtbot.waitUntil(new.ok.isEnabled, timeout=20_000)
    new.skeleton.box.setCurrentIndex(0)
    QTest.mouseClick(new.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(new.ok.isEnabled, timeout=20_000)
    assert "choose another file" in new.wrong.text()
    new.poses.paths = new.poses.paths[::-1]
    qtbot.waitUntil(new.ok.isEnabled, timeout=20_000)
    new.skeleton.box.setCurrentIndex(0)
    QTest.mouseClick(new.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "matches no video" in new.wrong.text())
    qtbot.waitUntil(new.ok.isEnabled, timeout=20_000)
    assert not (tmp_path / "a-project").exists()
    new.reject()
