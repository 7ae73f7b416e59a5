"""Read the pictures of the strips on the wall, cropped to the subject."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from app.playback.decoder import Source
from app.playback.player import Player
from app.playback.thumbnails import Box, Picture, ThumbnailReader, ThumbnailSpec
from app.state.current_video import POSES, VIDEO, CurrentVideo
from skelseg_core.labels.reviewing import MOST_APART_S
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.wall import Strip

AROUND_SUBJECT = 1.25
"""Height of a crop, as a multiple of what the subject takes in the strip's frames."""
LEAST_CROP = 0.25
"""Least height of a crop, as a share of the picture's height."""
SUBJECT_SHAPE = 0.8
"""Width of a crop around the subject divided by its height."""
Frames = Sequence[int | None]
MOST_FILES = 32
"""Videos that are kept open at once, beside those of which pictures are wanted."""


class StripPictures(QObject):
    """Make the pictures of strips; ``ready`` says of which frame there is another.

    Parameters
    ----------
    current : CurrentVideo
        Knows where the subject is.
    player : Player
        Knows which file is open.
    """

    ready = Signal(int)

    def __init__(
        self, current: CurrentVideo, player: Player, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._current, self._player = current, player
        self.readers: dict[VideoId, ThumbnailReader] = {}
        self._several = False
        self._size = QSize(8, 8)
        self._boxes: dict[Frames, Box | None] = {}
        current.changed.connect(self._on_changed)

    def close(self) -> None:
        """Close the videos' files."""
        for reader in self.readers.values():
            reader.close()
            reader.deleteLater()
        self.readers.clear()

    def show_several(self, several: bool) -> None:
        """Show pictures of several videos: of others nobody knows the subject."""
        if several != self._several:
            self._several = several
            self._boxes.clear()

    def _on_changed(self, what: str) -> None:
        if what == VIDEO and not self._several:
            self.close()
        if what in (VIDEO, POSES):
            self._boxes.clear()

    @property
    def shape(self) -> float:
        """Width of a picture divided by its height."""
        item = self._current.item
        if self.is_cropped or item is None or not item.video.height:
            return SUBJECT_SHAPE
        return item.video.width / item.video.height

    @property
    def is_cropped(self) -> bool:
        """True where the pictures show the subject and not the whole scene."""
        return self._current.poses is not None and not self._several

    def want(self, strips: Sequence[tuple[Track, Frames]], size: QSize) -> None:
        """Read these frames next, each at most ``size`` pixels large."""
        self._size = size
        wanted: dict[VideoId, list[Picture]] = {}
        for track, frames in strips:
            wanted.setdefault(track.video_id, []).extend(self._pictures(frames))
        tracks = {track.video_id: track for track, _ in strips}
        for video_id in [v for v in self.readers if v not in wanted][MOST_FILES:]:
            self.readers.pop(video_id).close()
        for video_id, pictures in wanted.items():
            reader = self._reader(tracks[video_id])
            if reader is not None:
                # In order of time a long group of pictures is decoded once.
                reader.want_each(sorted(set(pictures), key=lambda p: p[0]))

    def _reader(self, track: Track) -> ThumbnailReader | None:
        """Return what reads a video; None until the player knows that it can be."""
        current, reader = self._current.item, self.readers.get(track.video_id)
        if reader is not None:
            return reader
        source: Source = self._current.document.folder.stated_path(track.video)
        if current is not None and current.video_id == track.video_id:
            if self._player.info is None:
                return None
            # The index of frames is in the cache by now: opening takes no time.
            source = self._player.path or track
        made = self.readers[track.video_id] = ThumbnailReader(self)
        made.ready.connect(self.ready)
        made.open(source)
        return made

    def image(self, track: Track, frames: Frames, place: int) -> QImage | None:
        """Return the picture at a place of a strip, or None while it is not read."""
        frame, reader = frames[place], self.readers.get(track.video_id)
        if frame is None or reader is None:
            return None
        return reader.image_of(frame, self._spec(frames))

    def is_whole(self, track: Track | None, frames: Frames) -> bool:
        """Tell whether all pictures of a strip are there; False where it has none."""
        reader = None if track is None else self.readers.get(track.video_id)
        return (
            reader is not None
            and bool(frames)
            and all(reader.image_of(*p) is not None for p in self._pictures(frames))
        )

    def _pictures(self, frames: Frames) -> list[Picture]:
        spec = self._spec(frames)
        return [(frame, spec) for frame in frames if frame is not None]

    def _spec(self, frames: Frames) -> ThumbnailSpec:
        if frames not in self._boxes:
            self._boxes[frames] = self._box(frames)
        return ThumbnailSpec(
            self._boxes[frames], self._size.width(), self._size.height()
        )

    def _box(self, frames: Frames) -> Box | None:
        """Return the crop around the subject in all frames of a strip."""
        item, points = self._current.item, self._points(frames)
        if item is None or not len(points):
            return None
        return crop_around(points, item)

    def _points(self, frames: Frames) -> np.ndarray:
        """Return the keypoints of the subject that were found, (N, 2) px."""
        poses = self._current.poses
        if poses is None or self._several:
            return np.empty((0, 2))
        at = np.array([f for f in frames if f is not None and f < len(poses.subject)])
        if not len(at):
            return np.empty((0, 2))
        who = poses.subject[at]
        at, who = at[who >= 0], who[who >= 0]
        points = poses.poses.keypoints[at, who].reshape(-1, 2)
        sure = poses.poses.scores[at, who].reshape(-1) >= poses.min_score
        found: np.ndarray = points[sure & np.isfinite(points).all(axis=1)]
        return found


def crop_around(points: np.ndarray, item: Track) -> Box | None:
    """Choose the part of the picture around points; None where that is all of it.

    Parameters
    ----------
    points : ndarray of float, shape (N, 2)
        In pixels of the picture.
    item : Track
        Knows the size of the picture.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = (high - low).tolist()
    height = max(tall, wide / SUBJECT_SHAPE) * AROUND_SUBJECT
    height = max(height, LEAST_CROP * item.video.height)
    if height >= item.video.height:
        height = float(item.video.height)
    width = min(height * SUBJECT_SHAPE, float(item.video.width))
    middle_x, middle_y = ((low + high) / 2).tolist()
    left = min(max(middle_x - width / 2, 0.0), item.video.width - width)
    top = min(max(middle_y - height / 2, 0.0), item.video.height - height)
    return left, top, left + width, top + height


def n_pictures(lengths_s: Sequence[float], cropped: bool) -> int:
    """Choose how many pictures strips get: enough to judge most of the segments by.

    ``lengths_s`` are the seconds of the segments that are shown; none are boundaries.
    """
    least, most = (7, 14) if cropped else (5, 9)
    if not lengths_s:
        return least - 1  # as many on both sides of a boundary
    usual_s = float(np.quantile(lengths_s, 0.75))
    return min(max(math.ceil(usual_s / MOST_APART_S) + 3, least), most)


def frames_of(strip: Strip, n: int, item: Track) -> tuple[int | None, ...]:
    """Choose the frames of a strip of ``n`` pictures."""
    n -= n % 2 if strip.boundary is not None else 0
    return strip.frames(n, item.video.mean_rate, item.n_frames)
