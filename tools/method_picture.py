"""Draw the picture of the help page *The method*: ``python -m tools.method_picture``.

It has a ground of its own, so that it is read in a dark and in a light window.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QApplication

from app.kit.program_style import put_on
from app.views.start.help_pages import help_folder
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.poses.heatmaps import draw_heatmaps
from skelseg_core.poses.sequence import crop_box, subject_poses, to_grid
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.demo_project import write_demo
from skelseg_core.video.reader import VideoReader
from tools.pictures import COLOURS, WIDTH, write_picture

CLIP, FRAME, GRID = "anna-1", 300, 56
HEIGHT, SCALE = 300, 2
GROUND, INK, DIM = QColor("#fbfaf7"), QColor("#22262b"), QColor("#5c646d")
OF_POSES, OF_PICTURES, OF_BOTH = (QColor(c) for c in ("#d7e8f7", "#f8e3c9", "#dcefd9"))
THUMB_W, THUMB_H = 100, 76


def thumbs(folder: Path) -> tuple[QImage, QImage, QImage]:
    """Draw a frame of the demo: as it is, with its skeleton, and as a heatmap."""
    write_demo(folder)
    with VideoReader(folder / "videos" / f"{CLIP}.mp4") as reader:
        frame = np.array(reader[FRAME])
    poses = load_poses(folder / "poses" / f"{CLIP}.npz")
    alone = subject_poses(poses, np.zeros(poses.n_frames, int))
    edges = load_skeleton(alone.skeleton).edges
    points, scores = alone.keypoints[FRAME, 0], alone.scores[FRAME, 0]
    drawn = (frame // 3).astype(np.uint8)
    for a, b in edges:
        if min(scores[a], scores[b]) > 0:
            ends = (tuple(map(int, points[n])) for n in (a, b))
            cv2.line(drawn, *ends, (90, 190, 255), 7, cv2.LINE_AA)
    grid = to_grid(alone, crop_box(alone, 0), GRID)[FRAME : FRAME + 1]
    heat = draw_heatmaps(grid, alone.scores[FRAME : FRAME + 1], edges)[0]
    light = np.uint8(255 * (1 - np.exp(-heat)))
    return image(frame), image(drawn), image(np.repeat(light[..., None], 3, axis=2))


def image(pixels: np.ndarray) -> QImage:
    """Turn RGB pixels into an image of Qt's that owns them."""
    height, width, _ = pixels.shape
    data = np.ascontiguousarray(pixels).tobytes()
    kind = QImage.Format.Format_RGB888
    return QImage(data, width, height, 3 * width, kind).copy()


class Sheet:
    """A sheet that boxes, pictures and arrows are put on."""

    def __init__(self, painter: QPainter) -> None:
        self.painter = painter

    def text(
        self, place: QRectF, said: str, size: float = 12, dim: bool = False
    ) -> None:
        font = self.painter.font()
        font.setPixelSize(round(size))
        font.setBold(not dim)
        self.painter.setFont(font)
        self.painter.setPen(DIM if dim else INK)
        middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        self.painter.drawText(place, middle, said)

    def box(self, place: QRectF, title: str, below: str, colour: QColor) -> None:
        self.painter.setPen(QPen(DIM, 1))
        self.painter.setBrush(colour)
        self.painter.drawRoundedRect(place, 5, 5)
        rise = place.height() / 2 - 17
        self.text(QRectF(place.x(), place.y() + rise, place.width(), 16), title)
        lower = QRectF(place.x() + 2, place.y() + rise + 15, place.width() - 4, 20)
        self.text(lower, below, 11, dim=True)

    def picture(
        self, x: float, y: float, picture: QImage, title: str, width: int = THUMB_W
    ) -> None:
        self.painter.drawImage(QRectF(x, y, width, THUMB_H), picture)
        self.text(QRectF(x - 10, y - 19, width + 20, 16), title)

    def arrow(self, *points: tuple[float, float]) -> None:
        line = [QPointF(x, y) for x, y in points]
        self.painter.setPen(QPen(DIM, 1.5))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawPolyline(QPolygonF(line))
        step, end = line[-1] - line[-2], line[-1]
        along = step / max(abs(step.x()), abs(step.y()))
        across = QPointF(-along.y(), along.x())
        back = end - 7 * along
        self.painter.setBrush(DIM)
        self.painter.drawPolygon(
            QPolygonF([end, back + 3.5 * across, back - 3.5 * across])
        )


def draw(sheet: Sheet, frame: QImage, skeleton: QImage, heat: QImage) -> None:
    """Draw the way from a video to reviewed labels."""
    top, low = 30, 170
    sheet.picture(10, 100, frame, "video")
    sheet.picture(150, top, skeleton, "poses")
    sheet.picture(302, top, heat, "heatmaps", THUMB_H)
    sheet.picture(290, low, frame, "pictures")
    upper, lower = top + THUMB_H / 2, low + THUMB_H / 2
    features = "features"
    sheet.box(QRectF(425, upper - 24, 90, 48), features, "fixed network", OF_POSES)
    sheet.box(QRectF(425, lower - 24, 90, 48), features, "fixed network", OF_PICTURES)
    sheet.arrow((110, 120), (130, 120), (130, upper), (148, upper))
    sheet.arrow((110, 156), (130, 156), (130, lower), (288, lower))
    sheet.arrow((250, upper), (300, upper))
    sheet.arrow((378, upper), (423, upper))
    sheet.arrow((390, lower), (423, lower))
    stages = ((540, "stage 1"), (580, "2"), (605, "3"), (630, "4"))
    for x, title in stages:
        width = 36 if x == 540 else 20
        for middle, colour in ((upper, OF_POSES), (lower, OF_PICTURES)):
            place = QRectF(x, middle - 24, width, 48)
            sheet.painter.setPen(QPen(DIM, 1))
            sheet.painter.setBrush(colour)
            sheet.painter.drawRoundedRect(place, 4, 4)
            sheet.text(place, title, 10)
        middle = x + width / 2
        sheet.arrow((middle, upper + 25), (middle, 126))
        sheet.arrow((middle, lower - 25), (middle, 150))
    for middle in (upper, lower):
        sheet.arrow((515, middle), (538, middle))
    sheet.painter.setPen(QPen(DIM, 1))
    sheet.painter.setBrush(OF_BOTH)
    sheet.painter.drawRoundedRect(QRectF(536, 127, 118, 22), 4, 4)
    sheet.text(QRectF(536, 127, 118, 22), "fused at every stage", 10)
    sheet.text(QRectF(530, 8, 128, 16), "two branches")
    sheet.arrow((640, lower + 25), (640, 272), (572, 272))
    sheet.box(QRectF(450, 254, 120, 36), "decoding", "labels per frame", OF_BOTH)
    sheet.arrow((450, 272), (392, 272))
    sheet.box(QRectF(270, 254, 120, 36), "review", "by a person", OF_BOTH)
    sheet.arrow((270, 272), (192, 272))
    sheet.box(QRectF(60, 254, 130, 36), "labels", "train the next model", OF_BOTH)


def main() -> None:
    """Draw the picture into the help."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    put_on(app)
    with tempfile.TemporaryDirectory() as folder:
        pictures = thumbs(Path(folder) / "kitchen")
    drawn = QPixmap(WIDTH * SCALE, HEIGHT * SCALE)
    drawn.fill(GROUND)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.scale(SCALE, SCALE)
    draw(Sheet(painter), *pictures)
    painter.end()
    write_picture(drawn, help_folder() / "method.png", WIDTH, COLOURS)


if __name__ == "__main__":
    main()
