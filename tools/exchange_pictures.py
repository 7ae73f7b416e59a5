"""Takes the pictures of the help about files and about several annotators.

python -m tools.exchange_pictures [NAME...]; as ``tools.pictures`` does, from
a demo that a second person has labelled too.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QDialog

from app.views.dialogs.agreement import AgreementDialog, show_agreement
from app.views.dialogs.import_labels import ImportLabelsDialog
from app.views.dialogs.table_columns_dialog import TableColumnsDialog
from app.window.leaving import leave
from skelseg_core.files import atomic_write
from skelseg_core.formats.boris_project import boris_project
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.labels.edits import move_boundary, paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, add_annotator_lane, annotator_lane
from skelseg_core.review.settling import Dispute
from tools.pictures import SIZE, Camera
from tools.review_pictures import TALL, open_clip, take_dialog, truth_of

ANNOTATED = ("anna-1", "anna-2", "ben-1", "ben-2", "chloe-1")
UNLABELLED = ("david-1", "emi-1")
SETTLED = "anna-1"


def prepare(root: Path) -> None:
    """Label some clips as they truly are, and let Ben label them in his way."""
    folder = ProjectFolder(root)
    project = folder.load()
    for video_id in ANNOTATED:
        lane = truth_of(root, project, project.video(video_id))
        signed = project.video(video_id).with_lane(ANNOTATION, lane)
        project = project.with_videos(replace(signed, annotator="Anna"))
        project = add_annotator_lane(project, video_id, "Ben", as_ben(lane))
    folder.save(project)


def as_ben(lane: Segmentation) -> Segmentation:
    """Put some boundaries elsewhere, and take some segments for another class."""
    for n, start in enumerate(s.start for s in lane.segments[1:]):
        lane = move_boundary(lane, n, start + (2, 0, -3)[n % 3])
    for n, segment in enumerate(lane.segments):
        if n % 7 == 3 and segment.class_id is not None:
            other = lane.segments[n - 1].class_id
            lane = paint(lane, segment.start + 1, segment.stop - 1, other)
    return lane


def boris_file(camera: Camera) -> Path:
    """Write a project of BORIS of two clips, with a class more and an overlap."""
    document = camera.project_window.document
    videos = [
        LabelledVideo(
            item.id,
            truth_of(camera.root, document.project, item),
            document.project.label_map,
            item.even_times,
            Path(item.path),
        )
        for item in map(document.project.video, UNLABELLED)
    ]
    value = boris_project(videos)
    for kind in value["behaviors_conf"].values():
        if kind["code"] == "place":
            kind["code"] = "put down"
    for observation in value["observations"].values():
        for event in observation["events"]:
            event[2] = {"place": "put down"}.get(event[2], event[2])
    value["observations"]["emi-1"]["events"][5][0] += 0.4
    path = camera.root / "kitchen.boris"
    atomic_write(path, json.dumps(value))
    return path


def dialog_of(camera: Camera, kind: type[QDialog]) -> QDialog:
    """Wait until a dialog is there."""

    def found() -> list[QDialog]:
        every = camera.window.findChildren(kind)
        return [d for d in every if isinstance(d, QDialog) and d.isVisible()]

    camera.until(lambda: bool(found()), 30)
    return found()[0]


def take_import(camera: Camera) -> None:
    importer = camera.project_window.services.label_importer
    importer.begin([boris_file(camera)])
    dialog = dialog_of(camera, ImportLabelsDialog)
    take_dialog(camera, "import", dialog, lambda: importer.plan is not None)


def take_columns(camera: Camera) -> None:
    path = camera.root / "david-1.csv"
    rows = ["0,4;2,1;standing;morning", "2,1;3,65;walking;", "3,65;5,2;reaching;left"]
    atomic_write(path, "\n".join(["A;B;what;remark", *rows]) + "\n")
    camera.project_window.services.label_importer.begin([path])
    dialog = dialog_of(camera, TableColumnsDialog)
    assert isinstance(dialog, TableColumnsDialog)
    for column, role in enumerate(("start", "stop", "label")):
        dialog.columns.set_role(column, role)
    take_dialog(camera, "columns", dialog, lambda: not dialog.columns.problem)


def take_export(camera: Camera) -> None:
    docks = camera.project_window.docks
    docks.export.prepare(ANNOTATED)
    docks.export.form.setCurrentIndex(docks.export.form.findData("labels srt"))
    camera.project_window.commands["export"].trigger()
    camera.wait(2.0)
    camera.take("export", docks.export)


def take_agreement(camera: Camera) -> None:
    services = camera.project_window.services
    dialog = show_agreement(camera.window, services.agreement, print)
    assert isinstance(dialog, AgreementDialog)
    take_dialog(
        camera, "agreement", dialog, lambda: services.agreement.found is not None
    )


def take_settling(camera: Camera) -> None:
    project_window = camera.project_window
    camera.resize(*TALL)
    open_clip(camera, SETTLED)
    services = project_window.services
    room = services.review_room
    # A dialog that was closed before had the keyboard.
    camera.window.activateWindow()
    camera.wait(0.5)
    services.settling.begin(Dispute(ANNOTATION, annotator_lane("Ben")))
    camera.wait(0.5)
    room.enter()
    camera.until(lambda: room.state == "at", 30)
    camera.until(room.in_room, 5)
    camera.idle()
    room.stop_playing()
    project_window.docks.messages.close_all()
    camera.wait(1)
    camera.take("settling", project_window.docks.review)
    room.leave()
    camera.resize(*SIZE)


SCENES = {
    "import": take_import,
    "columns": take_columns,
    "export": take_export,
    "agreement": take_agreement,
    "settling": take_settling,
}


def main(names: Sequence[str] = ()) -> None:
    """Take all pictures, or those of some scenes."""
    with tempfile.TemporaryDirectory() as folder:
        camera = Camera(Path(folder))
        prepare(camera.root)
        camera.open()
        camera.project_window.services.people.set_name("Anna")
        for name, scene in SCENES.items():
            if not names or name in names:
                scene(camera)
        leave(camera.window)


if __name__ == "__main__":
    main(sys.argv[1:])
