"""Two people's labels come together, are settled by keys alone, and go out as gold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.cli.main import cli
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_annotator_lane, add_video, set_blind
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.e2e.conftest import Opener
from tests.videos import write_video

Key, Held = Qt.Key, Qt.KeyboardModifier
NONE, CTRL = Held.NoModifier, Held.ControlModifier
N_FRAMES, LONG = 300, 20_000
SHIFTS = (4, -3, 6, -5, 2, 8, -7)
"""Frames by which ben is later at the first boundaries."""


def labels() -> tuple[np.ndarray, np.ndarray]:
    """Make the labels of anna and of ben, which differ in ten places."""
    cuts = np.arange(20, N_FRAMES, 20)
    anna = np.repeat([0, 1, 2] * 5, 20)
    ben = anna.copy()
    for cut, shift in zip(cuts, SHIFTS, strict=False):
        if shift > 0:
            ben[cut : cut + shift] = anna[cut - 1]
        else:
            ben[cut + shift : cut] = anna[cut]
    ben[180:200] = 3  # another class
    ben[224:234] = 3  # a segment more
    ben[260:280] = anna[259]  # one less
    return anna, ben


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder, before = create_project(
        tmp_path / "two", label_map_from_names(["walk", "sit", "stand", "reach"])
    )
    path = write_video(tmp_path / "one.mp4", N_FRAMES)
    project = add_video(before, probe_video(path, folder, before))
    for name, said in zip(("anna", "ben"), labels(), strict=True):
        lane = Segmentation.from_frames(said)
        project = add_annotator_lane(project, "one", name, lane)
    folder.save(project, before)
    return folder.root


def key(
    window: ProjectWindow, qtbot: QtBot, which: Key | str, held: Held = NONE
) -> None:
    where = QApplication.focusWidget() or window.window
    QTest.keyClick(where, which, held)
    room = window.services.review.review_room
    if room.on:
        qtbot.waitUntil(lambda: room.state != "at" or room.ready, timeout=LONG)


def begin(window: ProjectWindow, qtbot: QtBot) -> None:
    """Settle by the palette alone."""
    window.services.models.pose_service.by_itself = False
    window.docks.timeline.setFocus()
    key(window, qtbot, Key.Key_K, CTRL)
    where = QApplication.focusWidget()
    assert where is not None
    QTest.keyClicks(where, "settle disagreements")
    QTest.keyClick(where, Key.Key_Return)
    room = window.services.review.review_room
    qtbot.waitUntil(lambda: room.in_room() and room.state == "at", timeout=LONG)
    qtbot.waitUntil(lambda: room.ready, timeout=LONG)


def test_ten_disagreements_are_settled_by_keys_and_exported_as_gold(
    root: Path, opener: Opener, qtbot: QtBot
) -> None:
    anna, ben = labels()
    window = opener(root)
    begin(window, qtbot)
    room, settling = window.services.review.review_room, window.services.review.settling
    assert room.walk is not None
    assert room.walk.total == 10
    want, keys = anna.copy(), 0
    while room.state == "at":
        block = settling.block
        assert block is not None
        span = slice(block.start, block.stop)
        if block.kind == "moved":
            key(window, qtbot, Key.Key_M)
            early, late = (anna, ben) if block.moved > 0 else (ben, anna)
            want[block.start : block.middle] = late[block.start]
            want[block.middle : block.stop] = early[block.stop - 1]
        elif block.kind == "extra":
            key(window, qtbot, Key.Key_A)
            want[span] = anna[span]
        else:
            key(window, qtbot, Key.Key_B)
            want[span] = ben[span]
        keys += 1
    assert keys == 10
    item = window.document.project.track("one")
    assert (item.annotation.to_frames() == want).all()
    choices = Counter(d.choice for d in item.decisions)
    assert choices == {"middle": 7, "first": 1, "second": 2}
    told = window.docks.review.message.text.text()
    assert "All disagreements between anna and ben are settled." in told
    key(window, qtbot, Key.Key_Return)
    assert (
        window.document.project.track("one").lanes[annotator_lane("gold")].to_frames()
        == want
    ).all()
    # All of it is undone, answer by answer.
    steps = window.document.step
    window.document.go_to(0)
    assert window.document.project.track("one").annotation.n_labelled == 0
    window.document.go_to(steps)
    qtbot.waitUntil(lambda: not window.document.is_busy, timeout=LONG)
    opener.close(window.window)  # type: ignore[arg-type]
    out = root.parent / "out"
    lane = ("--lane", "annotator:gold", "--format", "framewise-csv")
    done = CliRunner().invoke(cli, ["export", str(root), *lane, "--out", str(out)])
    assert done.exit_code == 0, done.output
    rows = next(out.glob("one*.csv")).read_text().splitlines()[1:]
    names = ["walk", "sit", "stand", "reach"]
    assert [next(n for n in names if f",{n}" in row) for row in rows] == [
        names[c] for c in want
    ]
    table = CliRunner().invoke(cli, ["agree", str(root), "--decisions"])
    assert len(table.output.splitlines()) == 11


def test_a_key_that_says_what_stands_there_is_an_answer_and_goes_on(
    root: Path, opener: Opener, qtbot: QtBot
) -> None:
    window = opener(root)
    begin(window, qtbot)
    settling = window.services.review.settling
    block = settling.block
    assert block is not None
    assert block.first is not None
    key(window, qtbot, str(block.first + 1))
    assert settling.decision is not None
    assert settling.decision.choice == "first"


def test_a_blind_window_shows_nothing_of_others_until_the_video_is_done(
    root: Path, opener: Opener, qtbot: QtBot
) -> None:
    folder = ProjectFolder(root)
    before = folder.load()
    folder.save(set_blind(before, True), before)
    window = opener(root)
    window.services.models.pose_service.by_itself = False
    timeline, commands = window.docks.timeline, window.commands

    def people() -> set[str]:
        return {
            lane.source for lane in timeline.lanes.lanes if "annotator" in lane.source
        }

    commands.refresh()
    assert people() == set()
    assert len(timeline.snap_candidates()) == 0
    assert not commands["settle"].isEnabled()
    pill = window.docks.blind
    assert pill.isVisible()
    assert pill.text() == "Blind"
    said = Segmentation((Segment(0, before.track("one").n_frames, 0, "model"),))
    window.document.edit_lane("Copy", "one", lambda _: said)
    assert pill.text() == "Blind, except for a model's unreviewed labels: 1"
    window.document.undo()
    commands["room"].trigger()
    assert "This project is blind" in window.docks.review.message.text.text()
    window.services.review.review_room.leave()
    commands["video-done"].trigger()
    commands.refresh()
    assert people() == {"annotator:anna", "annotator:ben"}
    assert len(timeline.snap_candidates()) > 10
    assert commands["settle"].isEnabled()
    assert pill.text().startswith("Blind: this video is done")
    window.document.undo()
    assert people() == set()
