"""Takes the pictures of the help from the real program: python -m tools.pictures

Opens a copy of the demo, brings it into the states that the pages speak of, and writes
small PNG files with a palette to ``resources/help``; and beside them the commands and
their keys, which the help of the start page tells.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QMimeData, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from app.__main__ import Application
from app.kit import theme
from app.kit.program_style import put_on
from app.kit.settings import Settings
from app.window.leaving import leave
from app.window.project_window import ProjectWindow
from skelseg_core.files import atomic_write
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.marks import Mark
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import add_class, rename_class
from skelseg_core.project.mark_edits import add_comments, edit_marks
from skelseg_core.project.project import Project, edit_lane
from skelseg_core.project.track_edits import add_tier, set_tier
from skelseg_core.tasks.demo import write_demo

OUT = Path(__file__).resolve().parent.parent / "resources" / "help"
SIZE = 1280, 760
WIDTH = 660
COLOURS = 256
OF_TRACKS = "anna-1"
MAX_BYTES = 100_000
PATIENCE_S = 300.0


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
        size = write_picture(grabbed, OUT / f"{name}.png", WIDTH, COLOURS)
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


def take_all(camera: Camera) -> None:
    camera.open()
    project_window = camera.project_window
    project_window.docks.set_loupe(False)
    project_window.session.set_video("anna-1")
    camera.idle()
    camera.seek(210)
    camera.take("playing")
    project_window.docks.set_loupe(True)
    camera.wait(0.5)
    project_window.services.segment_editor.boundary.go(1)
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
    project_window.services.model_service.prelabel()
    camera.wait(0.5)
    project_window.docks.show_more("jobs")
    camera.until(lambda: project_window.services.current_video.shown_model != "")
    camera.idle()
    camera.seek(300)
    project_window.docks.messages.close_message()
    camera.take("models")
    project_window.services.model_service.copy_prediction()
    project_window.docks.toggle_more("jobs")
    take_wall(camera)
    project_window.services.segment_editor.split()
    project_window.services.class_keys.choose(2)
    project_window.docks.show_more("history")
    camera.wait(2)
    camera.take("window")
    project_window.docks.toggle_more("history")
    take_tracks(camera)
    # The folder of this run is nobody's business.
    project_window.settings.remove_recent(camera.root.resolve())
    project_window.close_requested.emit()
    camera.window.resize(*SIZE)
    camera.wait(2)
    camera.take("first-project")
    leave(camera.window)


def take_wall(camera: Camera) -> None:
    """Take the wall, with one strip that is marked and one selected."""
    view = camera.project_window.docks.wall
    wall = camera.project_window.services.review_wall
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
    marks = [Mark(frame, touches) for frame in (84, 176, 262, 330, 402)]
    project = edit_marks(project, contact.id, lambda _: marks)
    remark = Comment(176, 190, None, "Which hand?", "Eva", "2026-01-01")
    return add_comments(project, OF_TRACKS, [remark])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        take_all(Camera(Path(folder)))


if __name__ == "__main__":
    main()
