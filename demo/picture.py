"""One frame of a clip: layers from back to front, then what a camera does to it.

Painting into an image needs neither a display nor an application object.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage, QPainter

from demo.cast import SUBJECTS
from demo.figure import Figure
from demo.head import draw_head
from demo.person import draw_far_arm, draw_legs, draw_near_arms, draw_shadow, draw_trunk
from demo.room import glow, room_image
from demo.scene import (
    SHELF_Y,
    draw_cabinet_inside,
    draw_cabinet_shell,
    draw_door,
    draw_drawer_front,
    draw_drawer_inside,
    draw_item,
    draw_lamp,
    draw_shelf,
    draw_stack,
    draw_table,
    draw_vase,
    lamp_place,
)
from demo.script import Play
from demo.space import HEIGHT, WIDTH


class Painter:
    """Draws the frames of one play."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.clip, self.look = play.clip, play.clip.look
        self.subject = SUBJECTS[play.clip.subject]
        self.room = room_image(play.clip)

    def frame(self, t: int) -> np.ndarray:
        """RGB picture (360, 640, 3), uint8, as drawn."""
        image = self.room.copy()
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._furniture(painter, t)
        figure = Figure(self.subject, self.play.pose, t)
        draw_shadow(painter, figure)
        draw_legs(painter, figure)
        draw_table(painter, self.clip)
        draw_vase(painter, self.clip)
        self._items(painter, t, "table")
        behind = self._held_by_far_hand(figure, t)
        if behind:
            self._items(painter, t, "held")
        draw_far_arm(painter, figure)
        draw_trunk(painter, figure)
        draw_head(painter, figure)
        if not behind:
            self._items(painter, t, "held")
        draw_near_arms(painter, figure)
        draw_lamp(painter, self.clip)
        painter.end()
        if self.look.evening:
            glow(image, *lamp_place(self.clip), 230, 42)
        return to_array(image)

    def _furniture(self, painter: QPainter, t: int) -> None:
        tone, play = self.look.cabinet, self.play
        draw_cabinet_inside(painter, tone)
        draw_stack(painter, self._plates_left(t), self.look)
        self._items(painter, t, "low")
        draw_shelf(painter, tone)
        self._items(painter, t, "shelf")
        draw_cabinet_shell(painter, tone)
        draw_door(painter, tone, float(play.door[t]))
        draw_drawer_inside(painter, tone, float(play.drawer[t]))
        if play.drawer[t] > 0.05:
            self._items(painter, t, "drawer")
        draw_drawer_front(painter, tone, float(play.drawer[t]))
        self._items(painter, t, "counter")

    def _plates_left(self, t: int) -> int:
        waiting = 3
        for track in self.play.items:
            if track.item.kind == "plate" and track.item.grips:
                waiting -= int(track.raised[: t + 1].max() > 0.5)
        return max(waiting, 0)

    def _held_by_far_hand(self, figure: Figure, t: int) -> bool:
        held = int(self.play.held[t])
        if held < 0 or not figure.profile:
            return False
        hands = self.play.items[held].item.grips[0].hands
        return hands == (figure.far,)

    def _items(self, painter: QPainter, t: int, where: str) -> None:
        tracks = [
            (i, track)
            for i, track in enumerate(self.play.items)
            if self._whereabouts(i, t) == where
        ]
        for _, track in sorted(tracks, key=lambda pair: -pair[1].path[t, 2]):
            draw_item(
                painter,
                track.item.kind,
                track.path[t],
                float(track.raised[t]),
                self.look,
            )

    def _whereabouts(self, index: int, t: int) -> str:
        track = self.play.items[index]
        x, y, _ = track.path[t]
        if self.play.held[t] == index or track.raised[t] > 0.02:
            return "held"
        if x > self.clip.table.x - 5:
            return "table"
        if track.item.in_drawer:
            return "drawer"
        if track.item.kind == "plate" and y > 140:
            return "stack"
        if y > 140:
            return "shelf" if y > SHELF_Y - 8 else "low"
        return "counter"


def to_array(image: QImage) -> np.ndarray:
    """RGB array of a 32-bit image."""
    raw = np.frombuffer(image.constBits(), np.uint8)
    pixels = raw.reshape(image.height(), image.bytesPerLine() // 4, 4)
    return np.ascontiguousarray(pixels[:, : image.width(), 2::-1])


class Camera:
    """Light that drifts and flickers, a lens that darkens corners, sensor noise."""

    def __init__(self, play: Play) -> None:
        self.rng = np.random.default_rng([play.clip.seed, 5])
        n = len(play.labels)
        time = np.arange(n) / 15.0
        phase = self.rng.uniform(0, 6.28, 3)
        cloud = 0.035 * np.sin(time / 4.1 + phase[0]) + 0.02 * np.sin(
            time / 1.7 + phase[1]
        )
        flicker = 0.004 * self.rng.normal(size=n)
        self.gain = 1.0 + cloud + flicker
        self.light = np.array(play.clip.look.light)
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        away = ((x - 320) / 400) ** 2 + ((y - 190) / 300) ** 2
        self.lens = (1.03 - 0.13 * away)[..., None]
        self.gradient = self.lens * self.light

    def shoot(self, picture: np.ndarray, t: int) -> np.ndarray:
        """The picture (H, W, 3) as the camera records it, uint8."""
        bright = picture * (self.gradient * self.gain[t])
        grain = self.rng.normal(0.0, 1.7, size=(HEIGHT, WIDTH, 1))
        shot: np.ndarray = np.clip(bright + grain + 0.5, 0, 255).astype(np.uint8)
        return shot
