"""Files of other tools, dropped on the window while their video is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from tests.app.window.test_dropping import Hand, asked, idle

# At 30 frames a second: 12 to 30, and 30 to 45.
TRUTH = [(12, 30, "walk"), (30, 45, "Tür öffnen")]


def boris(video: str) -> bytes:
    events = [
        [0.4, "", "walk", "", ""],
        [1.0, "", "walk", "", ""],
        [1.0, "", "Tür öffnen", "", ""],
        [1.5, "", "Tür öffnen", "", ""],
    ]
    kinds = enumerate(("walk", "Tür öffnen"))
    value = {
        "project_format_version": "7.0",
        "behaviors_conf": {
            str(n): {"type": "State event", "code": name, "key": ""}
            for n, name in kinds
        },
        "subjects_conf": {},
        "observations": {
            "first": {
                "type": "MEDIA",
                "file": {"1": [f"C:\\videos\\{video}"]},
                "events": events,
                "media_info": {"length": {f"C:\\videos\\{video}": 3.0}},
            }
        },
    }
    return json.dumps(value).encode()


ROWS = "Beginn;Ende;Verhalten\r\n0,4;1;walk\r\n1;1,5;Tür öffnen\r\n"


def labels(window: ProjectWindow, video: str = "one") -> list[tuple[int, int, str]]:
    project = window.document.project
    return [
        (s.start, s.stop, project.label_map.name_of(s.class_id))
        for s in project.track(video).annotation.segments
        if s.class_id is not None
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [("Beobachtung.boris", boris("one.mp4")), ("one.csv", ROWS.encode("cp1252"))],
    ids=["boris", "csv of Excel"],
)
def test_a_drop_is_one_step_and_has_the_right_frames(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    name: str,
    content: bytes,
) -> None:
    path = tmp_path / "elsewhere" / name
    path.parent.mkdir()
    path.write_bytes(content)
    before = project_window.document.project
    hand = Hand(qtbot, project_window.window, [path])
    assert hand.words[0].startswith(("Read labels of", "Read "))
    hand.drop()
    dialog = asked(qtbot, project_window)
    assert dialog.ok.isEnabled(), dialog.problem.text()
    dialog.ok.click()
    idle(qtbot, project_window)
    assert labels(project_window) == TRUTH
    assert project_window.document.undo_stack.count() == 1
    project_window.document.undo_stack.undo()
    assert project_window.document.project == before


def test_annotations_of_50_salads_find_the_video_they_are_called_after(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    document = project_window.document
    video = (tmp_path / "one.mp4").rename(tmp_path / "rgb-01-1.mp4")
    project_window.services.files.file_importer.take(videos=[video])
    qtbot.waitUntil(lambda: project_window.session.track_id == "rgb-01-1")
    idle(qtbot, project_window)
    before, steps = document.project, document.undo_stack.count()
    path = tmp_path / "elsewhere" / "01-1-activityAnnotation.txt"
    path.parent.mkdir()
    rows = (
        "400000 1500000 cut_and_mix_ingredients",
        "400000 1000000 cut_tomato_prep",
        "1000000 1500000 cut_tomato_core",
    )
    path.write_text("\n".join(rows) + "\n")
    Hand(qtbot, project_window.window, [path]).drop()
    dialog = asked(qtbot, project_window)
    # Activities and phases lie above one another.
    assert dialog.several.value == "keep"
    dialog.several.value = "refuse"
    dialog.several.activated.emit(0)
    qtbot.waitUntil(dialog.tracks.isVisible, timeout=10_000)
    assert not dialog.ok.isEnabled()
    phases = dialog.tracks.item(1)
    assert phases.text() == "phases"
    phases.setSelected(True)
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    dialog.ok.click()
    idle(qtbot, project_window)
    assert labels(project_window, "rgb-01-1") == [
        (12, 30, "cut_tomato_prep"),
        (30, 45, "cut_tomato_core"),
    ]
    assert document.undo_stack.count() == steps + 1
    document.undo_stack.undo()
    assert document.project == before


def test_a_video_that_lies_elsewhere_is_looked_for_in_a_folder(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    films = tmp_path / "films" / "of may"
    films.mkdir(parents=True)
    (tmp_path / "two.mp4").rename(films / "three.mp4")
    path = tmp_path / "elsewhere" / "Beobachtung.boris"
    path.parent.mkdir()
    path.write_bytes(boris("three.mp4"))
    Hand(qtbot, project_window.window, [path]).drop()
    dialog = asked(qtbot, project_window)
    assert not dialog.ok.isEnabled()
    assert dialog.look.isVisible()
    monkeypatch.setattr(
        "app.views.dialogs.ask_paths.QFileDialog.getExistingDirectory",
        lambda *_, **__: str(tmp_path / "films"),
    )
    dialog.look.click()
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    assert dialog.place.text() == "films"
    found = dialog.table.item(0, 0)
    assert found is not None
    assert found.text() == "three (is added)"
    dialog.ok.click()
    idle(qtbot, project_window)
    assert labels(project_window, "three") == TRUTH
    assert project_window.document.undo_stack.count() == 1
