"""An animal of DeepLabCut goes through the whole loop in the real window."""

from __future__ import annotations

import csv
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.services.files.exporter import start_export
from app.views.dialogs.dialogs import NewProjectDialog
from app.views.dialogs.skeleton_dialog import SkeletonDialog
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.config import load_preset, to_dict
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.train import train
from skelseg_core.video.times import FrameTimes
from tests.app.window.test_dropping import Hand
from tests.app.windows import trigger
from tests.e2e.conftest import Opener
from tests.e2e.test_loop import at_once
from tests.labelled import framewise_csv
from tests.mouse import (
    CLASSES,
    N_FRAMES,
    PARTS,
    RATE,
    deeplabcut_csv,
    mouse_and_labels,
    write_mouse_film,
)

LONG = 180_000
D = TypeVar("D", bound=QDialog)


def recordings(folder: Path) -> list[Path]:
    """Two films of a mouse, the poses of DeepLabCut, and the labels of the first."""
    folder.mkdir()
    files = []
    for seed, name in enumerate(("old", "young")):
        points, labels = mouse_and_labels(seed)
        files.append(write_mouse_film(folder / f"{name}.mp4", points))
        poses = folder / f"{name}DLC_resnet50_openfieldshuffle1_500.csv"
        poses.write_text(deeplabcut_csv(points), encoding="utf-8")
        files.append(poses)
        if not seed:
            label_map = label_map_from_names(CLASSES)
            told = Segmentation.from_frames(np.array(label_map.ids)[labels])
            text = framewise_csv(told, label_map, FrameTimes.even(N_FRAMES, RATE))
            (folder / "old.labels.csv").write_text(text, encoding="utf-8")
    return files


def shown(kind: type[D]) -> Generator[None, None, D]:
    """Wait for the dialog of a kind; it is the value of the generator."""
    while True:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, kind) and widget.isVisible():
                return widget
        yield


def answers() -> Generator[None, None, None]:
    """What a person says to the dialogs, step by step."""
    new = yield from shown(NewProjectDialog)
    new.classes.setPlainText("\n".join(CLASSES))
    while "Custom" not in new.skeleton.box.currentText() or not new.ok.isEnabled():
        yield
    QTest.mouseClick(new.ok, Qt.MouseButton.LeftButton)
    dialog = yield from shown(SkeletonDialog)
    # Given up, nothing is made; asked again, it is answered.
    dialog.reject()
    assert new.isVisible()
    assert not list(Path(new.folder.text()).parent.glob("*-project"))
    yield
    QTest.mouseClick(new.ok, Qt.MouseButton.LeftButton)
    dialog = yield from shown(SkeletonDialog)
    QTest.keyClicks(dialog.name, "mouse")
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)


def make_project(qtbot: QtBot, files: list[Path], settings: Settings) -> Path:
    """Drop files on the start page and answer what is asked; the new project."""
    window = MainWindow(settings)
    window.show()
    start_window = window.welcome()
    hand = Hand(qtbot, window, files)
    assert hand.words == ["New project with 2 videos…\nand 2 pose files"]
    # The dialog waits in a loop of its own: a timer goes through the answers.
    steps, timer = answers(), QTimer()

    def answer() -> None:
        try:
            next(steps)
        except BaseException as error:
            timer.stop()
            if not isinstance(error, StopIteration):
                for widget in QApplication.topLevelWidgets():
                    if isinstance(widget, QDialog):
                        widget.reject()
                raise

    timer.timeout.connect(answer)
    timer.start(20)
    with qtbot.waitSignal(start_window.open_requested, timeout=60_000) as caught:
        hand.drop()
    qtbot.waitUntil(lambda: not start_window.jobs.running, timeout=10_000)
    window.close()
    window.deleteLater()
    root = caught.args[0]
    assert isinstance(root, Path)
    return root


def import_labels(qtbot: QtBot, project_window: ProjectWindow, path: Path) -> None:
    importer = project_window.services.files.label_importer
    with qtbot.waitSignal(importer.asked, timeout=20_000):
        importer.begin([path])
    importer.apply()
    document = project_window.document
    qtbot.waitUntil(
        lambda: document.project.track("old").annotation.n_labelled == N_FRAMES,
        timeout=20_000,
    )


def test_an_animal_goes_through_the_whole_loop(
    qtbot: QtBot, opener: Opener, tmp_path: Path
) -> None:
    files = recordings(tmp_path / "films")
    root = make_project(qtbot, files, opener.settings)
    project = ProjectFolder(root).load()
    skeleton = load_skeleton(project.skeleton)
    assert (skeleton.title, skeleton.keypoints) == ("mouse", PARTS)

    project_window = opener(root)
    overlay = project_window.docks.video
    qtbot.waitUntil(lambda: overlay.overlay_source is not None, timeout=20_000)
    assert overlay.overlay_source.skeleton == skeleton
    import_labels(qtbot, project_window, tmp_path / "films" / "old.labels.csv")
    with qtbot.waitSignal(project_window.document.saved, timeout=20_000):
        trigger(project_window, "save")

    preset = to_dict(load_preset("from-above"))
    preset["model"] |= {"n_prediction_layers": 6, "n_refinement_layers": 3}
    preset["train"] |= {"epochs": 2, "fusion_epochs": 1, "min_steps": 60}
    run(train(str(root), "m", preset, ["old"], threads=1, unlabelled=False))
    project_window.services.session.set_model("m")
    project_window.session.set_video("young")
    qtbot.waitUntil(lambda: project_window.player.info is not None, timeout=20_000)
    at_once(project_window)
    trigger(project_window, "prelabel")

    def young() -> Segmentation:
        return project_window.document.project.track("young").annotation

    qtbot.waitUntil(
        lambda: project_window.services.current_video.shown_prediction is not None,
        timeout=LONG,
    )
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=LONG)
    trigger(project_window, "copy-prediction")
    accepted = young()
    assert accepted.n_labelled == N_FRAMES

    # One boundary is put right, and all of it is exported.
    assert len(accepted) > 1
    first = int(young().boundaries[0])
    there = first + 2
    project_window.player.seek(there)
    qtbot.waitUntil(lambda: project_window.session.frame == there, timeout=20_000)
    trigger(project_window, "trim-start")
    assert there in young().boundaries
    assert first not in young().boundaries
    out = tmp_path / "out"
    job = start_export(project_window.services.tasks, out)
    qtbot.waitUntil(lambda: not job.running, timeout=LONG)
    assert job.state == "done"
    with (out / "young.segments.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert f"{there / RATE:.6f}" in [row["start_s"] for row in rows]
