"""Videos and pictures are exported from the menu, by real clicks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.views.dialogs.choice_dialog import ChoiceDialog
from app.views.dialogs.choice_fields import FrameSpan, LaneList, Offered, YesNo
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_annotator_lane, set_lane
from skelseg_core.tasks.pictures.picture_choices import RenderChoices
from skelseg_core.video.reader import VideoReader
from tests.app.windows import action

Choose = Callable[[ChoiceDialog], None]


def label(project_window: ProjectWindow) -> None:
    """Label some frames; the edit is not saved yet."""

    def edit(project: Project) -> Project:
        lane = paint(project.track("one").annotation, 10, 16, 0)
        return set_lane(project, "one", ANNOTATION, paint(lane, 16, 20, 1))

    project_window.document.apply("label", edit)


def export(
    qtbot: QtBot,
    project_window: ProjectWindow,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    out: Path,
    choose: Choose,
) -> str:
    """Trigger a command, choose in its dialog, name the place; return what is said."""
    for question in ("getSaveFileName", "getExistingDirectory"):
        answer = (str(out), "") if question == "getSaveFileName" else str(out)
        monkeypatch.setattr(QFileDialog, question, lambda *_, a=answer, **__: a)

    def press() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ChoiceDialog):
            QTimer.singleShot(50, press)
            return
        choose(dialog)
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, press)
    bar = project_window.docks.messages
    bar.close_message()
    action(project_window, command).trigger()

    def said() -> list[str]:
        notices = project_window.services.notices.all
        return [n.text for n in notices if str(out) in n.text]

    qtbot.waitUntil(lambda: bool(said()), timeout=60_000)
    return said()[-1]


def test_a_part_of_the_video_is_written_with_unsaved_labels(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    label(project_window)
    project_window.session.set_chosen([(10, 16)])

    def choose(dialog: ChoiceDialog) -> None:
        assert dialog.choices.frames == "10:16"
        frames, skeleton = dialog.fields["frames"], dialog.fields["skeleton"]
        assert isinstance(frames, FrameSpan)
        assert isinstance(skeleton, YesNo)
        frames.last.setValue(19)
        skeleton.setChecked(False)

    out = tmp_path / "film"
    said = export(qtbot, project_window, monkeypatch, "render", out, choose)
    assert said.startswith("Wrote 10 frames to ")
    with VideoReader(tmp_path / "film.mp4") as reader:
        assert reader.n_frames == 10
        # The class that was labelled but not saved before is burned in.
        color = project_window.document.project.label_map.classes[0].color
        wanted = tuple(bytes.fromhex(color[1:]))
        height = project_window.player.info.height
        bar = reader[0][height:].astype(int)
        assert (abs(bar - wanted).max(axis=2) < 40).sum() > 50


def test_a_picture_of_the_labels_is_drawn(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    label(project_window)
    out = tmp_path / "labels"

    def choose(dialog: ChoiceDialog) -> None:
        lanes = dialog.fields["lanes"]
        assert isinstance(lanes, LaneList)
        lanes.item(0).setCheckState(Qt.CheckState.Unchecked)
        assert not dialog.save.isEnabled()
        lanes.item(0).setCheckState(Qt.CheckState.Checked)

    said = export(qtbot, project_window, monkeypatch, "plot", out, choose)
    assert said.startswith("Drew 2 rows of 2 videos into ")
    text = (tmp_path / "labels.svg").read_text(encoding="utf-8")
    assert project_window.document.project.label_map.names[0] in text


def test_a_lane_is_offered_where_its_annotator_may_see_it(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project = project_window.document.project
    lane = project.track("one").annotation
    item = add_annotator_lane(project, "one", "Zoë", lane).track("one")
    dialog = ChoiceDialog(None, "", "", RenderChoices(), Offered([item]), (".mp4",))
    qtbot.addWidget(dialog)
    assert dialog.choices == RenderChoices(lanes=[ANNOTATION])
    lanes, frames = dialog.fields["lanes"], dialog.fields["frames"]
    assert isinstance(lanes, LaneList)
    assert isinstance(frames, FrameSpan)
    lanes.item(1).setCheckState(Qt.CheckState.Checked)
    assert dialog.choices.lanes == [ANNOTATION, "annotator:Zoë"]
    frames.which.setCurrentIndex(1)
    frames.last.setValue(3)
    frames.first.setValue(4)
    assert not dialog.save.isEnabled()
