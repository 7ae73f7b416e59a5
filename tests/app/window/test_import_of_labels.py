"""Label files of every format are dropped on the window, seen, and imported."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.views.dialogs.import_labels import ImportLabelsDialog
from app.window.dropped_files import look_at
from app.window.project_window import ProjectWindow
from skelseg_core.formats.descriptors import WriteOptions
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import run
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.tracks import TrackKey
from tests.app.conftest import N_FRAMES


def asked(qtbot: QtBot, project_window: ProjectWindow) -> ImportLabelsDialog:
    def there() -> list[ImportLabelsDialog]:
        found = project_window.window.findChildren(ImportLabelsDialog)
        return [d for d in found if d.isVisible()]

    qtbot.waitUntil(lambda: bool(there()), timeout=20_000)
    return there()[0]


def dropped(qtbot: QtBot, project_window: ProjectWindow, path: Path) -> None:
    """Drop a file and agree to what is shown."""
    found = run(look_at([path]))
    assert found.labels == (path,), found
    project_window.services.files.file_importer.take(labels=found.labels)
    dialog = asked(qtbot, project_window)
    assert dialog.ok.isEnabled(), dialog.problem.text()
    item = dialog.table.item(0, 0)
    assert item is not None
    assert item.text() == "one"
    qtbot.keyClick(dialog.ok, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: (
            project_window.document.undo_stack.count() > 0
            and not project_window.jobs.running
        ),
        timeout=20_000,
    )


def test_every_format_that_is_written_and_read_is_taken_as_it_was(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    document = project_window.document
    folder, project = document.folder, document.project
    item = project.track("one")
    with open_recording(folder, item, project.media_roots) as reader:
        times = reader.times
    value = Segmentation(
        (
            Segment(0, 1, 1),
            Segment(1, 30, 0),
            Segment(30, 31, 2),
            Segment(31, 60),
            Segment(60, N_FRAMES, 0),
        )
    )
    for form in LABEL_FORMATS:
        if not form.is_read or form.written_suffix is None:
            continue
        out = tmp_path / form.name
        out.mkdir()
        media = folder.video_path(item.video, project.media_roots)
        video = LabelledVideo("one", value, project.label_map, times, media, out)
        for name, data in form.write_files([video], WriteOptions()).items():
            raw = data.encode() if isinstance(data, str) else data
            (out / name).write_bytes(raw)
        (path,) = (p for p in out.iterdir() if p.name.endswith(form.written_suffix))
        dropped(qtbot, project_window, path)
        found = document.project.track("one").annotation
        assert found.to_frames().tolist() == value.to_frames().tolist(), form.name
        assert document.undo_stack.count() == 1
        document.undo_stack.undo()
        assert document.project.track("one").annotation.n_labelled == 0


def test_of_several_subjects_one_is_chosen(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    document = project_window.document
    events = [
        [0.0, "Mona", "walk", "", ""],
        [0.5, "Mona", "walk", "", ""],
        [0.5, "Mona", "pour tea", "", ""],
        [1.0, "Mona", "pour tea", "", ""],
        [1.0, "Tim", "walk", "", ""],
        [2.0, "Tim", "walk", "", ""],
        [1.5, "Mona", "walk", "", ""],
    ]
    behaviours = {
        str(n): {"code": name, "type": "State event", "color": color}
        for n, (name, color) in enumerate([("walk", ""), ("pour tea", "#22aa44")])
    }
    media = {"file": {"1": ["films/one.mp4"]}, "type": "MEDIA", "events": events}
    project = {
        "project_format_version": "7.0",
        "project_name": "tea",
        "time_format": "s",
        "subjects_conf": {"0": {"name": "Mona"}, "1": {"name": "Tim"}},
        "behaviors_conf": behaviours,
        "observations": {"morning": media},
    }
    path = tmp_path / "study.boris"
    path.write_text(json.dumps(project))
    found = run(look_at([path]))
    assert found.labels == (path,)
    project_window.services.files.file_importer.take(labels=found.labels)
    dialog = asked(qtbot, project_window)
    assert not dialog.ok.isEnabled()
    # Tiers and people are kept, where nobody says otherwise.
    assert "starts at 1.500 s" in dialog.problem.text()
    assert not dialog.tracks.isVisible()
    dialog.several.value = "refuse"
    dialog.several.activated.emit(0)
    qtbot.waitUntil(dialog.tracks.isVisible, timeout=10_000)
    assert "has several tracks of one" in dialog.problem.text()
    titles = [dialog.tracks.item(n).text() for n in range(dialog.tracks.count())]
    assert not dialog.unpaired.isVisible()
    dialog.tracks.item(titles.index("morning, Mona")).setSelected(True)
    qtbot.waitUntil(dialog.unpaired.isVisible, timeout=10_000)
    assert "'walk' of morning, Mona starts at 1.500 s" in dialog.problem.text()
    dialog.unpaired.value = "leave-out"
    dialog.unpaired.activated.emit(dialog.unpaired.currentIndex())
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    assert "1 new class: pour tea." in dialog.remarks.text()
    assert document.undo_stack.count() == 0
    dialog.ok.click()
    qtbot.waitUntil(lambda: document.undo_stack.count() == 1, timeout=20_000)
    frames = document.project.track("one").annotation.to_frames()[:31].tolist()
    new = document.project.label_map.classes[-1]
    assert (new.name, new.color) == ("pour tea", "#22aa44")
    assert frames == [0] * 15 + [new.id] * 15 + [-1]
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)


def test_of_two_observations_of_a_film_one_is_chosen(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    media = {"file": {"1": ["one.mp4"]}, "type": "MEDIA"}
    observations = {
        name: media
        | {"events": [[at, who, "walk", "", ""] for who in "MT" for at in (start, 2.0)]}
        for name, start in (("monday", 0.0), ("friday", 1.0))
    }
    walk = {"code": "walk", "type": "State event"}
    path = tmp_path / "study.boris"
    project = {"behaviors_conf": {"0": walk}, "observations": observations}
    path.write_text(json.dumps(project))
    project_window.services.files.file_importer.take(labels=[path])
    dialog = asked(qtbot, project_window)
    assert "several times: 'monday', 'friday'" in dialog.problem.text()
    names = [dialog.tracks.item(n).text() for n in range(dialog.tracks.count())]
    assert names == ["monday", "friday"]
    dialog.tracks.item(1).setSelected(True)
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    assert [row[2] for row in into(dialog)] == ["M", "T"]
    dialog.several.value = "refuse"
    dialog.several.activated.emit(0)
    qtbot.waitUntil(lambda: dialog.tracks.count() == 4, timeout=10_000)
    # What was chosen among others counts no longer.
    wanted = "has several tracks of one: 'monday, M', 'monday, T'"
    qtbot.waitUntil(lambda: wanted in dialog.problem.text(), timeout=10_000)
    dialog.reject()


def test_free_text_becomes_comments(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    document = project_window.document
    path = tmp_path / "one.segments.csv"
    rows = [f"{n},{n + 1},sentence {n}\n" for n in range(N_FRAMES)]
    path.write_text("start_frame,stop_frame,label\n" + "".join(rows))
    project_window.services.files.file_importer.take(labels=[path])
    dialog = asked(qtbot, project_window)
    assert "has free text" in dialog.problem.text()
    dialog.text.value = "comments"
    dialog.text.activated.emit(1)
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=10_000)
    dialog.ok.click()
    qtbot.waitUntil(lambda: document.undo_stack.count() == 1, timeout=20_000)
    assert len(document.project.track("one").video.comments) == N_FRAMES
    assert document.undo_stack.undoText() == "Import labels of one"
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)


def into(dialog: ImportLabelsDialog) -> list[tuple[str, str, str]]:
    """What each track of the files becomes, as it stands in the table."""
    made = []
    for row in range(dialog.into.rowCount()):
        item = dialog.into.item(row, 0)
        boxes = [dialog.into.cellWidget(row, column) for column in (1, 2)]
        assert item is not None
        texts = [box.currentText() for box in boxes if isinstance(box, QComboBox)]
        made.append((item.text(), texts[0], texts[1]))
    return made


def typed(dialog: ImportLabelsDialog, row: int, column: int, text: str) -> None:
    box = dialog.into.cellWidget(row, column)
    assert isinstance(box, QComboBox)
    line = box.lineEdit()
    assert line is not None
    line.setText(text)
    line.editingFinished.emit()


def test_tiers_and_people_are_kept_in_one_step(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    document = project_window.document
    before = document.project
    path = tmp_path / "one.segments.csv"
    path.write_text(
        "tier,person,start_frame,stop_frame,label\n"
        "Gait,Mona,0,20,walk\nGait,Tim,5,30,walk\n"
        "Gaze,Mona,3,9,look\nGaze,Tim,0,30,look\n"
    )
    project_window.services.files.file_importer.take(labels=[path])
    dialog = asked(qtbot, project_window)
    assert dialog.ok.isEnabled(), dialog.problem.text()
    assert into(dialog) == [
        *(
            ("Gait · Mona: walk", "Action", "Mona"),
            ("Gait · Tim: walk", "Action", "Tim"),
        ),
        *(("Gaze · Mona: look", "Gaze", "Mona"), ("Gaze · Tim: look", "Gaze", "Tim")),
    ]
    typed(dialog, 2, 1, "Eyes")
    qtbot.waitUntil(lambda: "New tiers: Eyes, Gaze" in dialog.remarks.text())
    typed(dialog, 3, 1, "left out")
    qtbot.waitUntil(lambda: "New tiers: Eyes." in dialog.remarks.text())
    assert document.undo_stack.count() == 0
    dialog.ok.click()
    qtbot.waitUntil(lambda: document.undo_stack.count() == 1, timeout=20_000)
    project = document.project
    assert [t.name for t in project.tiers] == ["Action", "Eyes"]
    counts = {v.key: v.annotation.n_labelled for v in project.tracks_of("one")}
    assert counts == {
        TrackKey("", "Mona"): 20,
        TrackKey("Eyes", "Mona"): 6,
        TrackKey("", "Tim"): 25,
        TrackKey("Eyes", "Tim"): 0,
    }
    document.undo_stack.undo()
    assert document.project == before
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)


def test_the_author_of_a_file_is_offered_and_no_label_is_asked_about(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    document = project_window.document
    document.edit_lane("Paint", "one", lambda s: paint(s, 0, 20, 1))
    path = tmp_path / "one.eaf"
    path.write_text(
        '<ANNOTATION_DOCUMENT AUTHOR="mary">'
        '<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/>'
        '<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="500"/></TIME_ORDER>'
        '<TIER TIER_ID="t"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="1" '
        'TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>walk'
        "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
        "</ANNOTATION_DOCUMENT>"
    )
    project_window.services.files.label_importer.begin([path])
    dialog = asked(qtbot, project_window)
    assert dialog.existing.isVisible()
    dialog.lane.setCurrentIndex(1)
    dialog.lane.activated.emit(1)
    assert dialog.annotator.text() == "mary"
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=20_000)
    assert not dialog.existing.isVisible()
    # Without a name only that is asked for.
    dialog.annotator.clear()
    dialog.annotator.textEdited.emit("")
    wanted = "Type the name of the annotator."
    qtbot.waitUntil(lambda: dialog.problem.text() == wanted, timeout=20_000)
    assert not dialog.existing.isVisible()
    dialog.reject()
