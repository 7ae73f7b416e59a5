"""Base class of the kinds of lanes: what the timeline asks of a lane."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from app.kit.commands import Command
from app.kit.label_style import Style
from app.timeline.geometry import TimeWindow
from skelseg_core.project.project import prediction_lane

if TYPE_CHECKING:
    from pathlib import Path

    from app.playback.player import VideoInfo
    from app.timeline.video_data import VideoData

LARGEST_PX = 240
"""Largest height of a lane in pixels."""
SEGMENTS, MEASURES, KEYPOINTS = 0, 1, 2
"""Parts of the menu of lanes, from the top; the last is a submenu."""


@dataclass(frozen=True)
class LanePlace:
    """A painter and the rectangle in which a lane is painted, at x = 0..width."""

    painter: QPainter
    view: TimeWindow
    top: float
    height: float
    style: Style

    @cached_property
    def ratio(self) -> float:
        """Device pixels per pixel."""
        return self.painter.device().devicePixelRatio()

    @cached_property
    def device(self) -> TimeWindow:
        """The time window in device pixels."""
        return self.view.scaled(self.ratio)

    @property
    def bottom(self) -> float:
        """The first pixel below the lane."""
        return self.top + self.height

    @property
    def area(self) -> QRectF:
        """The visible rectangle of the lane."""
        return QRectF(0, self.top, self.view.width, self.height)

    def lines(self, least: int = 1) -> int:
        """Return the height in device pixels, at least ``least``."""
        return max(least, round(self.height * self.ratio))

    def draw(self, pixels: np.ndarray) -> None:
        """Draw 0xAARRGGBB device pixels (H, W); one line of them fills the lane."""
        pixels = np.ascontiguousarray(np.atleast_2d(pixels), np.uint32)
        high, wide = pixels.shape
        image = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
        height = self.height if high == 1 else high / self.ratio
        self.painter.drawImage(QRectF(0, self.top, wide / self.ratio, height), image)


class TipPoint(NamedTuple):
    """The frame under the pointer, and the pointer's share of the height from the top.

    ``reach`` is how many frames away the pointer still hits something small.
    """

    frame: int
    share: float
    reach: float


class LaneReader(QObject):
    """Read in a thread what a kind of lane shows from the video's file.

    Signals ``changed`` when there is more to show.
    """

    changed = Signal()

    def start(self, path: Path, info: VideoInfo) -> None:
        """Read the file of another video."""
        raise NotImplementedError

    def forget(self) -> None:
        """Read nothing until the next `start`; call when the video changes."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; return when every thread has ended."""
        raise NotImplementedError


@dataclass(frozen=True)
class Lane(ABC):
    """A lane that can be shown; each kind of lane is a subclass, listed in `kinds`.

    The settings store a lane by its `key`: the kind, or the kind and a name, as in
    ``"prediction:fusion"``.
    """

    name: str = ""

    kind: ClassVar[str]
    usual_px: ClassVar[int]
    """Default height in pixels."""
    least_px: ClassVar[int]
    """Least height in pixels at which the lane can be read."""
    editable: ClassVar[bool] = False
    """True if a person labels in the lane: it is the topmost and cannot be hidden."""
    attached: ClassVar[bool] = False
    """True if the lane stands close under the lane above, its title indented."""
    minor: ClassVar[bool] = False
    """True if the title is small and dim."""
    has_menu: ClassVar[bool] = False
    """True if the lane has a context menu though it shows no segments."""
    commands: ClassVar[tuple[Command, ...]] = ()
    """Commands that show or hide lanes of the kind; the argument is a key."""
    reader: ClassVar[type[LaneReader] | None] = None

    @classmethod
    @abstractmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        """List all lanes of this kind that a video has."""

    @property
    @abstractmethod
    def title(self) -> str:
        """Title in the header."""

    @abstractmethod
    def paint(self, place: LanePlace, video: VideoData) -> None:
        """Paint the lane into the whole of ``place``."""

    @property
    def source(self) -> str:
        """The project's lane of segments that this lane shows or measures, or ""."""
        return ""

    @property
    def key(self) -> str:
        """Key of the lane in the settings."""
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def group(self) -> str:
        """Key of the lane with which this lane is moved."""
        return self.key

    @property
    def menu_part(self) -> int:
        """Part of the menu of lanes that lists the lane."""
        return SEGMENTS

    @property
    def shown_at_first(self) -> bool:
        """True if the lane is shown until the person chooses."""
        return True

    @property
    def menu_text(self) -> str:
        """Text of the lane in menus, where it stands alone."""
        return self.title

    def subtitle(self, video: VideoData) -> str:
        """Return the second line of the header, painted where there is room."""
        return tr("labels missing") if self.source in video.item.missing else ""

    def header_tip(self, video: VideoData) -> tuple[str, ...]:
        """Return the first lines of the header's tooltip."""
        return (self.menu_text,)

    def line_names(self, video: VideoData) -> list[str]:
        """Return the names of the lines within the lane, from the top."""
        return []

    def tip(self, at: TipPoint, video: VideoData) -> str:
        """Return the tooltip at a point; empty for none."""
        return ""

    def snap_frames(self, video: VideoData) -> np.ndarray:
        """Return the frames (N,) at which the lane begins something, for snapping."""
        return np.zeros(0, np.int64)

    def height_within(self, height: float) -> int:
        """Return the readable height nearest to ``height``."""
        return round(min(max(height, self.least_px), LARGEST_PX))


class ModelLane(Lane):
    """A lane of the model called ``name``; it is moved with the model's segments."""

    @property
    def source(self) -> str:
        return prediction_lane(self.name)

    @property
    def group(self) -> str:
        return prediction_lane(self.name)


def tr(text: str) -> str:
    """Translate a text of the timeline."""
    return QCoreApplication.translate("Timeline", text)
