"""Base class of the kinds of lanes: what the timeline asks of one."""

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
from app.timeline.geometry import TimeWindow
from app.timeline.style import Style
from skelseg_core.project.value import prediction_lane

if TYPE_CHECKING:
    from pathlib import Path

    from app.playback.player import VideoInfo
    from app.timeline.video_data import VideoData

LARGEST_PX = 240
"""No lane is made higher than this."""
SEGMENTS, MEASURES, KEYPOINTS = 0, 1, 2
"""Parts of the menu of lanes, from the top; the last is a menu of its own."""


@dataclass(frozen=True)
class LanePlace:
    """Where a lane is painted, at x = 0..width, and in which greys."""

    painter: QPainter
    view: TimeWindow
    top: float
    height: float
    style: Style

    @cached_property
    def ratio(self) -> float:
        """Device pixels of a pixel."""
        return self.painter.device().devicePixelRatio()

    @cached_property
    def device(self) -> TimeWindow:
        """The view in device pixels."""
        return self.view.scaled(self.ratio)

    @property
    def bottom(self) -> float:
        """The pixel below."""
        return self.top + self.height

    @property
    def area(self) -> QRectF:
        """All of the lane that shows."""
        return QRectF(0, self.top, self.view.width, self.height)

    def lines(self, least: int = 1) -> int:
        """Device pixels from top to bottom, at least so many."""
        return max(least, round(self.height * self.ratio))

    def draw(self, pixels: np.ndarray) -> None:
        """Draw 0xAARRGGBB device pixels (H, W); one line of them fills the lane."""
        pixels = np.ascontiguousarray(np.atleast_2d(pixels), np.uint32)
        high, wide = pixels.shape
        image = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
        height = self.height if high == 1 else high / self.ratio
        self.painter.drawImage(QRectF(0, self.top, wide / self.ratio, height), image)


class TipPoint(NamedTuple):
    """What is under the pointer: a frame, and the share of the height from the top.

    ``reach`` is how many frames away something small is still meant.
    """

    frame: int
    share: float
    reach: float


class LaneReader(QObject):
    """Reads what a kind of lane shows out of the video's file, in a thread.

    ``changed`` says that there is more to show.
    """

    changed = Signal()

    def start(self, path: Path, info: VideoInfo) -> None:
        """Read the file of another video."""
        raise NotImplementedError

    def forget(self) -> None:
        """Read nothing until the next `start`; call when the video changes."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the file; returns when every thread has ended."""
        raise NotImplementedError


@dataclass(frozen=True)
class Lane(ABC):
    """A lane that can be shown. A kind of lane is a subclass, listed in `kinds`.

    Settings know a lane by its `key`: the kind, or the kind and a name, as in
    ``"prediction:fusion"``.
    """

    name: str = ""

    kind: ClassVar[str]
    usual_px: ClassVar[int]
    """Height of a lane that nobody made larger or smaller."""
    least_px: ClassVar[int]
    """Height below which nothing of it can be read."""
    editable: ClassVar[bool] = False
    """Whether a person labels in it: it is on top of all and cannot be hidden."""
    hangs: ClassVar[bool] = False
    """Whether it stands close under the lane above, its title indented."""
    minor: ClassVar[bool] = False
    """Whether its title is small and dim."""
    has_menu: ClassVar[bool] = False
    """Whether there is a context menu on it though it shows no segments."""
    commands: ClassVar[tuple[Command, ...]] = ()
    """Show or hide lanes of the kind; the argument is a key."""
    reader: ClassVar[type[LaneReader] | None] = None

    @classmethod
    @abstractmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        """All lanes of this kind that a video has."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What the header calls the lane."""

    @abstractmethod
    def paint(self, place: LanePlace, video: VideoData) -> None:
        """Paint all of the place."""

    @property
    def source(self) -> str:
        """The project's lane of segments that it is about, or the empty text."""
        return ""

    @property
    def key(self) -> str:
        """What settings call the lane."""
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def group(self) -> str:
        """Key of the lane that it moves with."""
        return self.key

    @property
    def menu_part(self) -> int:
        """Part of the menu of lanes in which it stands."""
        return SEGMENTS

    @property
    def shown_at_first(self) -> bool:
        """Whether it is shown to a person who never chose."""
        return True

    @property
    def menu_text(self) -> str:
        """What a menu calls the lane, by itself."""
        return self.title

    def subtitle(self, video: VideoData) -> str:
        """The second line of the header, where there is room for it."""
        return tr("labels missing") if self.source in video.item.missing else ""

    def header_tip(self, video: VideoData) -> tuple[str, ...]:
        """Lines that the header's tooltip begins with."""
        return (self.menu_text,)

    def line_names(self, video: VideoData) -> list[str]:
        """Names of the lines that the lane consists of, from the top."""
        return []

    def tip(self, at: TipPoint, video: VideoData) -> str:
        """What the tooltip says at a point; nothing where it is empty."""
        return ""

    def snap_frames(self, video: VideoData) -> np.ndarray:
        """Frames (N,) at which something begins, that a dragged edge snaps to."""
        return np.zeros(0, np.int64)

    def height_within(self, height: float) -> int:
        """The height nearest to the one wished for that can be read."""
        return round(min(max(height, self.least_px), LARGEST_PX))


class ModelLane(Lane):
    """A lane about what the model called ``name`` says; it moves with its segments."""

    @property
    def source(self) -> str:
        return prediction_lane(self.name)

    @property
    def group(self) -> str:
        return prediction_lane(self.name)


def tr(text: str) -> str:
    """Translate a text of the timeline."""
    return QCoreApplication.translate("Timeline", text)
