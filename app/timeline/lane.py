"""Base class of the kinds of lanes: what the timeline asks of a lane."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from app.kit.commands import Command
from app.kit.language import tr
from app.timeline.lane_place import LanePlace
from skelseg_core.project.videos_and_tracks import prediction_lane

if TYPE_CHECKING:
    from app.timeline.video_data import LaneReader, VideoData

LARGEST_PX = 240
"""Largest height of a lane in pixels."""
SEGMENTS, MEASURES, KEYPOINTS = 0, 1, 2
"""Parts of the menu of lanes, from the top; the last is a submenu."""


class TipPoint(NamedTuple):
    """The frame under the pointer, and the pointer's share of the height from the top.

    ``reach`` is how many frames away the pointer still hits something small.
    """

    frame: int
    share: float
    reach: float


@dataclass(frozen=True)
class Lane(ABC):
    """A lane that can be shown; each kind of lane is a subclass, listed in `kinds`.

    The settings store a lane by its `key`: the kind, or the kind and a name, as in
    ``"prediction:hands"``. ``label`` is what it is called where that is not its name;
    ``fold`` is the key of the heading that hides it.
    """

    name: str = ""
    label: str = ""
    fold: str = ""

    kind: ClassVar[str]
    usual_px: ClassVar[int]
    """Default height in pixels."""
    least_px: ClassVar[int]
    """Least height in pixels at which the lane can be read."""
    editable: ClassVar[bool] = False
    """True if a person labels in the lane: it cannot be hidden."""
    fixed: ClassVar[bool] = False
    """True if the lane cannot be moved."""
    attached: ClassVar[bool] = False
    """True if the lane stands close under the lane above, its title indented."""
    minor: ClassVar[bool] = False
    """True if the title is small and dim."""
    has_menu: ClassVar[bool] = False
    """True if the lane has a context menu though it shows no segments."""
    commands: ClassVar[tuple[Command, ...]] = ()
    """Commands that show or hide lanes of the kind; the argument is a key."""
    scrolls: ClassVar[bool] = False
    """True if no column of pixels depends on more than its frames and neighbours."""
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
        if self.source not in video.item.missing:
            return ""
        is_damaged = self.source in video.item.damaged
        return tr("labels damaged") if is_damaged else tr("labels missing")

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
