"""Take the pictures of the help and of docs/pictures from the real program.

    python -m tools.pictures [NAME...]

opens a copy of the demo, brings it into the states that the pages speak of, and writes
small PNG files with a palette. Each NAME is a process of its own, so that one can be
200 % and none leaves anything to the next.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QMimeData, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.application import Application
from app.kit import theme
from app.kit.program_style import put_on
from app.kit.settings import Settings
from app.timeline import motion
from app.views.dialogs.agreement import AgreementDialog, show_agreement
from app.views.dialogs.import_labels import ImportLabelsDialog
from app.views.dialogs.known_order import KnownOrderDialog
from app.views.dialogs.table_columns_dialog import TableColumnsDialog
from app.window.leaving import leave
from app.window.project_window import ProjectWindow
from skelseg_core.files import atomic_write
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.label_parts.boris_project import boris_project
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import move_boundary, paint
from skelseg_core.labels.points import Point
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.module_commands import module_command
from skelseg_core.project.class_edits import add_class, rename_class
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.point_and_comment_edits import add_comments, edit_points
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_annotator_lane, edit_lane
from skelseg_core.project.track_edits import add_tier, set_tier
from skelseg_core.project.videos_and_tracks import (
    Track,
    annotator_lane,
    prediction_lane,
)
from skelseg_core.review.settling import Dispute

ROOT = Path(__file__).resolve().parent.parent
HELP, DOCS = ROOT / "resources" / "help", ROOT / "docs" / "pictures"
SIZE = 1280, 760
TALL = 1280, 900
"""Size of the window in which all keys of the review are seen."""
LARGE = 1440, 900
WIDTH, LARGE_WIDTH = 660, 1200
COLOURS = 256
OF_TRACKS = "anna-1"
MAX_BYTES = 100_000
PATIENCE_S = 300.0
MODEL = "hands"
SEEN, NEXT, EXAMPLE = "ben-2", "farid-1", "emi-1"
"""Clips that the model has not seen: one to compare, one to review, one to fill in."""
ANNOTATED = ("anna-1", "anna-2", "ben-1", "ben-2", "chloe-1")
UNLABELLED = ("david-1", "emi-1")
SETTLED = "anna-1"


class Camera:
    """Drives the program and takes its pictures."""

    def __init__(self, folder: Path) -> None:
        self.qt = QApplication.instance() or QApplication([])
        assert isinstance(self.qt, QApplication)
        settings = Settings(folder / "settings.ini")
        settings.scheme = "dark"
        put_on(self.qt)
        theme.apply(self.qt, "dark")
        self.root = folder / "kitchen"
        write_demo(self.root)
        self.owner = Application(self.qt, settings)

    @property
    def window(self) -> QWidget:
        assert self.owner.window is not None
        return self.owner.window

    @property
    def project_window(self) -> ProjectWindow:
        assert self.owner.window is not None
        assert self.owner.window.project_window is not None
        return self.owner.window.project_window

    def wait(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def until(self, there: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not there():
            self.qt.processEvents()
            time.sleep(0.01)

    def open(self) -> None:
        self.owner.open(self.root)
        self.resize(*SIZE)
        self.until(lambda: self.project_window.player.picture is not None)
        self.idle()

    def resize(self, width: int, height: int) -> None:
        """As if the window had been opened at this size."""
        self.window.resize(width, height)
        self.wait(0.1)
        self.project_window.docks.pages.reset()

    def idle(self) -> None:
        self.wait(0.5)
        self.until(lambda: not self.project_window.jobs.running)
        self.wait(0.5)

    def seek(self, frame: int) -> None:
        self.project_window.player.seek(frame)
        self.until(lambda: self.project_window.session.frame == frame, 20)
        self.wait(0.3)

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """Take the window, or the part of it where a widget is."""
        grabbed = self.window.grab()
        if widget is not None:
            corner = widget.mapTo(self.window, QPoint())
            grabbed = grabbed.copy(QRect(corner, widget.size()))
        size = write_picture(grabbed, HELP / f"{name}.png", WIDTH, COLOURS)
        if size > MAX_BYTES:
            sys.exit(f"{name}.png is larger than {MAX_BYTES // 1000} kB")


def write_picture(grabbed: QPixmap, path: Path, width: int, colours: int = 0) -> int:
    """Write a picture at most ``width`` wide, with a palette of so many colours.

    Returns its size in bytes.
    """
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    grabbed.save(buffer, "PNG")
    picture = Image.open(io.BytesIO(data.data())).convert("RGB")
    if picture.width > width:
        height = picture.height * width // picture.width
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    if colours:
        # The colours of classes are few pixels, and stay as they are.
        picture = picture.quantize(
            colours, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE
        )
    made = io.BytesIO()
    picture.save(made, "PNG", optimize=True)
    size = len(made.getvalue())
    print(f"{path.name}  {picture.width} x {picture.height}  {size // 1000} kB")
    atomic_write(path, made.getvalue())
    return size


# -- the window ---------------------------------------------------------------------


def take_window(camera: Camera) -> None:
    camera.open()
    project_window = camera.project_window
    project_window.docks.set_loupe(False)
    project_window.session.set_video("anna-1")
    camera.idle()
    camera.seek(210)
    camera.take("playing")
    project_window.docks.set_loupe(True)
    camera.wait(0.5)
    project_window.services.labelling.segment_editor.boundary.go(1)
    camera.idle()
    camera.take("boundaries")
    project_window.docks.set_loupe(False)
    camera.take("labelling", project_window.docks.timeline)
    for name in ("one.mp4", "two.mp4"):
        (camera.root / name).touch()
    data = QMimeData()
    data.setUrls(
        [QUrl.fromLocalFile(str(camera.root / n)) for n in ("one.mp4", "two.mp4")]
    )
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    copy = Qt.DropAction.CopyAction
    camera.qt.sendEvent(
        camera.window, QDragEnterEvent(QPoint(300, 300), copy, data, left, none)
    )
    camera.wait(1)
    camera.take("files")
    project_window.dropping.zone.hide()
    project_window.session.set_video("ben-2")
    camera.idle()
    project_window.services.models.model_service.prelabel()
    camera.wait(0.5)
    project_window.docks.show_more("jobs")
    camera.until(lambda: project_window.services.current_video.shown_model != "")
    camera.idle()
    camera.seek(300)
    project_window.docks.messages.close_message()
    camera.take("models")
    project_window.services.models.model_service.copy_prediction()
    project_window.docks.toggle_more("jobs")
    take_wall(camera)
    project_window.services.labelling.segment_editor.split()
    project_window.services.review.class_keys.choose(2)
    camera.wait(2)
    camera.take("window")
    take_tracks(camera)
    # The folder of this run is nobody's business.
    project_window.settings.remove_recent(camera.root.resolve())
    project_window.close_requested.emit()
    camera.window.resize(*SIZE)
    camera.wait(2)
    camera.take("first-project")


def take_wall(camera: Camera) -> None:
    """Take the wall, with one strip that is marked and one selected."""
    view = camera.project_window.docks.wall
    wall = camera.project_window.services.review.review_wall
    view.toggle()
    camera.until(lambda: view.strips.isVisible() and view.strips.is_whole(), 30)
    camera.idle()
    wall.go(3)
    wall.toggle_wrong()
    wall.go(1)
    camera.until(lambda: wall.seconds_left == 0, 40)
    camera.project_window.docks.messages.close_all()
    camera.wait(0.3)
    camera.take("wall")
    wall.go(3)
    wall.toggle_wrong()
    view.leave()


def take_tracks(camera: Camera) -> None:
    """Take two hands of a person, with contacts and a comment."""
    project_window = camera.project_window
    project_window.document.apply("Two hands", two_hands)
    project_window.session.set_video(f"{OF_TRACKS}@Left_hand")
    camera.idle()
    camera.seek(210)
    project_window.docks.messages.close_all()
    camera.take("tracks")


def two_hands(project: Project) -> Project:
    """Give a video two tiers of hands, points, and a comment."""
    project = set_tier(project, "", name="Right hand")
    project = add_tier(project, "Left hand")
    project = add_tier(project, "Contact", kind="points")
    left, contact = project.tracks_of(OF_TRACKS)[1:]
    first = project.classes_of(left).ids[0]
    project = rename_class(project, first, "free")
    project = add_class(project, "hold", tier=left.tier)
    project = add_class(project, "open", tier=left.tier)
    free, hold, opens = project.classes_of(left).ids
    cuts = {0: free, 84: opens, 140: free, 176: hold, 262: free, 330: hold, 402: free}
    frames = np.zeros(left.n_frames, int)
    for start, class_id in cuts.items():
        frames[start:] = class_id
    project = edit_lane(project, left.id, lambda _: Segmentation.from_frames(frames))
    touches = project.classes_of(contact).ids[0]
    marks = [Point(frame, touches) for frame in (84, 176, 262, 330, 402)]
    project = edit_points(project, contact.id, lambda _: marks)
    remark = Comment(176, 190, None, "Which hand?", "Eva", "2026-01-01")
    return add_comments(project, OF_TRACKS, [remark])


# -- reviewing ----------------------------------------------------------------------


def truth_of(root: Path, project: Project, item: Track) -> Segmentation:
    """Read the true labels of a clip, as a person who looked at all of it."""
    ids = {c.name: c.id for c in project.label_map.classes}
    path = root / "truth" / f"{item.id}.csv"
    found = labels_of_video(load_labels(path), item, ids, path).segments
    own = (Segment(s.start, s.stop, s.class_id, "human") for s in found)
    return Segmentation(tuple(s.as_reviewed() for s in own))


def take_review(camera: Camera) -> None:
    """Take what is about reviewing."""
    label_for_review(camera.root)
    camera.open()
    take_differences(camera)
    take_room(camera)
    take_by_example(camera)
    take_order(camera)
    take_undecided(camera)


def label_for_review(root: Path) -> None:
    """Label one clip as it truly is, and half of another."""
    folder = ProjectFolder(root)
    project = folder.load()
    videos = []
    for item in project.tracks:
        lane = item.annotation
        if item.id == SEEN:
            lane = truth_of(root, project, item)
        elif item.id == EXAMPLE:
            lane = first_half(truth_of(root, project, item))
        videos.append(item.with_lane(ANNOTATION, lane))
    folder.save(replace(project, tracks=tuple(videos)))


def first_half(lane: Segmentation) -> Segmentation:
    """Keep the segments that end in the first half."""
    kept = tuple(s for s in lane.segments if s.stop <= lane.n_frames // 2)
    return Segmentation((*kept, Segment(kept[-1].stop, lane.n_frames)))


def open_clip(camera: Camera, name: str) -> None:
    camera.project_window.session.set_video(name)
    camera.idle()
    camera.project_window.docks.messages.close_all()


def prelabel(camera: Camera, name: str, free: bool = False) -> None:
    """Pre-label a clip, around its labels or freely."""
    open_clip(camera, name)
    services = camera.project_window.services
    services.models.model_service.prelabel(free)
    camera.until(lambda: services.current_video.shown_prediction is not None)
    camera.idle()
    camera.project_window.docks.messages.close_all()


def take_differences(camera: Camera) -> None:
    prelabel(camera, SEEN, free=True)
    timeline = camera.project_window.docks.timeline
    camera.project_window.docks.set_loupe(False)
    key = f"difference:{ANNOTATION}|{prediction_lane(MODEL)}"
    timeline.lanes.set_shown(key, True)
    camera.seek(300)
    timeline.zoom_in()
    camera.wait(1)
    camera.take("differences", timeline)
    timeline.lanes.set_shown(key, False)
    timeline.zoom_fit()


def take_room(camera: Camera) -> None:
    project_window = camera.project_window
    camera.resize(*TALL)
    prelabel(camera, NEXT)
    project_window.docks.set_loupe(True)
    room = project_window.services.review.review_room
    room.enter()
    camera.until(lambda: room.state == "at", 30)
    camera.until(room.in_room, 5)
    camera.idle()
    project_window.docks.messages.close_all()
    camera.wait(1)
    camera.take("review-room")
    room.leave()
    camera.resize(*SIZE)
    project_window.docks.set_loupe(False)


def take_dialog(
    camera: Camera, name: str, dialog: QDialog, is_there: Callable[[], bool]
) -> None:
    """Take a dialog alone."""
    camera.until(is_there, 30)
    camera.wait(0.5)
    write_picture(dialog.grab(), HELP / f"{name}.png", WIDTH, COLOURS)
    dialog.reject()
    camera.wait(0.3)


def take_by_example(camera: Camera) -> None:
    open_clip(camera, EXAMPLE)
    services = camera.project_window.services
    item = services.current_video.item
    assert item is not None
    camera.seek(item.annotation.segments[-1].start)
    services.labelling.example_filler.fill()
    camera.until(lambda: services.current_video.item is not item)
    camera.idle()
    camera.take("by-example", camera.project_window.docks.timeline)


def begin_anew(camera: Camera, name: str) -> None:
    """Take over the pre-labels of a clip, nothing else."""
    open_clip(camera, name)
    services = camera.project_window.services
    services.document.edit_lane(
        "Begin", name, lambda lane: Segmentation.unlabelled(lane.n_frames)
    )
    prelabel(camera, name)
    services.models.model_service.copy_prediction()
    camera.idle()


def take_order(camera: Camera) -> None:
    begin_anew(camera, NEXT)
    labelling = camera.project_window.services.labelling.order_labelling
    dialog = KnownOrderDialog(labelling, camera.window)
    dialog.show()
    first_video = 2
    dialog.source.setCurrentIndex(first_video)
    dialog.source.activated.emit(first_video)
    take_dialog(camera, "order", dialog, lambda: dialog.order is not None)


def take_undecided(camera: Camera) -> None:
    open_clip(camera, SEEN)
    services = camera.project_window.services
    item = services.current_video.item
    assert item is not None
    segment = item.annotation.segments[len(item.annotation) // 2]
    camera.seek(segment.start + len(segment) // 2)
    services.labelling.segment_editor.leave_undecided()
    camera.wait(1)
    camera.take("undecided", camera.project_window.docks.timeline)
    services.document.undo()


# -- files and annotators -----------------------------------------------------------


def take_exchange(camera: Camera) -> None:
    """Take what is about files, and about several annotators."""
    label_by_two(camera.root)
    camera.open()
    camera.project_window.services.labelling.annotator_name.set_name("Anna")
    take_import(camera)
    take_columns(camera)
    take_export(camera)
    take_agreement(camera)
    take_settling(camera)


def label_by_two(root: Path) -> None:
    """Label some clips as they truly are, and let Ben label them in his way."""
    folder = ProjectFolder(root)
    project = folder.load()
    for video_id in ANNOTATED:
        lane = truth_of(root, project, project.track(video_id))
        signed = project.track(video_id).with_lane(ANNOTATION, lane)
        project = project.with_tracks(replace(signed, annotator="Anna"))
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
            item.video.even_times,
            Path(item.video.path),
        )
        for item in map(document.project.track, UNLABELLED)
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
    importer = camera.project_window.services.files.label_importer
    importer.begin([boris_file(camera)])
    dialog = dialog_of(camera, ImportLabelsDialog)
    take_dialog(camera, "import", dialog, lambda: importer.plan is not None)


def take_columns(camera: Camera) -> None:
    path = camera.root / "david-1.csv"
    rows = ["0,4;2,1;standing;morning", "2,1;3,65;walking;", "3,65;5,2;reaching;left"]
    atomic_write(path, "\n".join(["A;B;what;remark", *rows]) + "\n")
    camera.project_window.services.files.label_importer.begin([path])
    dialog = dialog_of(camera, TableColumnsDialog)
    assert isinstance(dialog, TableColumnsDialog)
    for column, role in enumerate(("start", "stop", "label")):
        dialog.columns.set_role(column, role)
    take_dialog(camera, "columns", dialog, lambda: not dialog.columns.problem)


def take_export(camera: Camera) -> None:
    docks = camera.project_window.docks
    docks.export.prepare(ANNOTATED)
    docks.export.form.choose("labels srt")
    camera.project_window.commands["export"].trigger()
    camera.wait(2.0)
    camera.take("export", docks.export)


def take_agreement(camera: Camera) -> None:
    services = camera.project_window.services
    dialog = show_agreement(camera.window, services.review.agreement, print)
    assert isinstance(dialog, AgreementDialog)
    take_dialog(
        camera, "agreement", dialog, lambda: services.review.agreement.found is not None
    )


def take_settling(camera: Camera) -> None:
    project_window = camera.project_window
    camera.resize(*TALL)
    open_clip(camera, SETTLED)
    services = project_window.services
    room = services.review.review_room
    # A dialog that was closed before had the keyboard.
    camera.window.activateWindow()
    camera.wait(0.5)
    services.review.settling.begin(Dispute(ANNOTATION, annotator_lane("Ben")))
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


# -- states of the window -----------------------------------------------------------


def prelabelled(camera: Camera) -> None:
    """A clip with what the model says of it."""
    camera.open()
    project_window = camera.project_window
    camera.resize(*LARGE)
    project_window.session.set_video("ben-2")
    camera.idle()
    project_window.services.models.model_service.prelabel()
    camera.until(lambda: project_window.services.current_video.shown_model != "")
    camera.idle()
    project_window.services.models.model_service.copy_prediction()
    camera.seek(214)
    project_window.services.labelling.segment_editor.boundary.go(1)
    project_window.docks.messages.close_message()
    camera.idle()


def dark(camera: Camera) -> None:
    prelabelled(camera)
    camera.project_window.docks.timeline.lanes.toggle("probability")
    camera.idle()


def light(camera: Camera) -> None:
    camera.owner.settings.scheme = "light"
    theme.apply(camera.qt, "light")
    prelabelled(camera)
    camera.project_window.docks.show_more("statistics")
    camera.idle()


def large(camera: Camera) -> None:
    """200 %, by QT_SCALE_FACTOR."""
    camera.open()
    camera.resize(LARGE[0] * 2 // 3, LARGE[1] * 2 // 3)
    camera.project_window.session.set_video(OF_TRACKS)
    camera.project_window.docks.set_loupe(False)
    camera.idle()
    camera.seek(210)


def classes_60(camera: Camera) -> None:
    folder = ProjectFolder(camera.root)
    project = folder.load()
    names = [
        f"{thing}_{motion}_{what}_{height}"
        for thing in ("box", "rod", "tool")
        for motion in ("bend", "stand", "walk", "reach", "kneel")
        for what in ("pick-up", "place")
        for height in ("low", "mid")
    ]
    label_map = label_map_from_names(names)
    dice, items = np.random.default_rng(4), []
    for item in project.tracks:
        frames = np.repeat(dice.permutation(label_map.ids), item.n_frames // 60 + 1)
        lane = Segmentation.from_frames(frames[: item.n_frames])
        items.append(replace(item, lanes={"annotation": lane}))
    folder.save(replace(project, label_map=label_map, tracks=tuple(items)))
    camera.open()
    camera.resize(*LARGE)
    camera.project_window.docks.set_loupe(False)
    camera.idle()
    camera.project_window.docks.timeline.zoom_in()
    camera.project_window.docks.classes.find_class()
    camera.wait(1)


def empty(camera: Camera) -> None:
    camera.open()
    camera.project_window.settings.remove_recent(camera.root.resolve())
    camera.project_window.close_requested.emit()
    camera.window.resize(*LARGE)
    camera.wait(2)


def error(camera: Camera) -> None:
    camera.open()
    camera.resize(*LARGE)
    camera.idle()
    other = camera.project_window.document.folder.root / "truth" / "ben-2.csv"
    wrong = other.rename(other.with_name("david-1.csv"))
    camera.project_window.session.set_video("david-1")
    camera.idle()
    camera.project_window.services.files.file_importer.take(labels=[wrong])
    camera.until(lambda: not camera.project_window.docks.messages.isHidden(), 20)
    camera.wait(2)


def job(camera: Camera) -> None:
    camera.open()
    camera.resize(*LARGE)
    camera.project_window.session.set_video("emi-1")
    camera.idle()
    camera.seek(120)
    camera.project_window.services.models.model_service.prelabel()
    camera.project_window.docks.show_more("jobs")
    camera.until(
        lambda: any(
            (j.progress.fraction or 0) > 0.3 for j in camera.project_window.jobs.running
        ),
        120,
    )


OF_HELP: dict[str, Callable[[Camera], None]] = {
    "window": take_window,
    "review": take_review,
    "exchange": take_exchange,
}
OF_DOCS: dict[str, Callable[[Camera], None]] = {
    "dark": dark,
    "light": light,
    "large": large,
    "classes-60": classes_60,
    "empty": empty,
    "error": error,
    "job": job,
}


def take(name: str) -> None:
    """Take the pictures of a name, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{folder}/{kind}"
        camera = Camera(Path(folder))
        if name in OF_HELP:
            OF_HELP[name](camera)
        else:
            OF_DOCS[name](camera)
            path = DOCS / f"{name}.png"
            write_picture(camera.window.grab(), path, LARGE_WIDTH, COLOURS)
        leave(camera.window)


def main() -> None:
    """Take the pictures that are named, or all."""
    names = sys.argv[1:] or [*OF_HELP, *OF_DOCS]
    if names[0] == "--take":
        motion.DURATION_MS = 0  # a picture is not taken halfway
        take(names[1])
        return
    for name in names:
        more = {"QT_SCALE_FACTOR": "2"} if name == "large" else {}
        command = module_command("tools.pictures", "--take", name)
        subprocess.run(command, check=True, env={**os.environ, **more})


if __name__ == "__main__":
    main()
