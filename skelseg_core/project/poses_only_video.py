"""Recordings that may have poses and no video, frame by frame.

`open_recording` opens every recording: as a `VideoReader` where there is a video, else
as a `BlankVideo`, which has the times of the frames and one dark picture for all of
them. A network that needs pictures is never given a `BlankVideo`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.errors import VideoError
from skelseg_core.project.folder import ProjectFolder, check_same_video
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.video.reader import VideoReader

STAGE = (19, 17, 16)
"""Blue, green and red (0..255) of the dark picture shown in place of a video."""
MAX_FRAMES = 20_000_000
"""Longest recording that is accepted."""
MAX_SIDE_PX = 8192
"""Largest width or height of the picture."""


class BlankVideo(AbstractContextManager["BlankVideo"]):
    """Frames without pictures, shown as a `VideoReader` shows those of a video.

    Safe to use in any thread; closing does nothing.

    Parameters
    ----------
    n_frames : int
        Number of frames, at least 1.
    width, height : int
        Size in px of the picture that the poses lie in.
    mean_rate : float
        Frames per second; frame n is shown at n / ``mean_rate``.
    fingerprint : str
        Key of what the recording is made of.
    name : str
        For messages.

    Raises
    ------
    VideoError
        Where no recording can have these values.
    """

    damage: str | None = None
    has_pictures = False
    has_sound = False
    is_slow = False

    def __init__(
        self,
        n_frames: int,
        width: int,
        height: int,
        mean_rate: float,
        fingerprint: str = "",
        name: str = "the recording",
    ) -> None:
        self.n_frames, self.width, self.height = n_frames, width, height
        self.mean_rate, self.fingerprint = mean_rate, fingerprint
        sizes_fit = all(1 <= side <= MAX_SIDE_PX for side in (width, height))
        rate_fits = math.isfinite(mean_rate) and mean_rate > 0
        if not (1 <= n_frames <= MAX_FRAMES and sizes_fit and rate_fits):
            raise VideoError(
                "The project says that {} has {} frames of {}x{}, {} per second, "
                "which is not possible; import it again.",
                name,
                n_frames,
                width,
                height,
                mean_rate,
            )

    def __exit__(self, *_: object) -> None:
        """Close nothing: there is no file."""

    def __len__(self) -> int:
        return self.n_frames

    @cached_property
    def times(self) -> FrameTimes:
        """Times of the frames: frame n is shown at n / ``mean_rate``."""
        return FrameTimes.even(self.n_frames, self.mean_rate)

    def has(self, n: int) -> bool:
        """Tell that every frame is at hand."""
        return True

    is_near = has

    def preview(self, n: int) -> None:
        """Return None: there is no proxy of a picture that is always the same."""

    def nearest(self, n: int) -> int:
        """Return ``n``: no frame is quicker to show."""
        return n

    keyframe_at = nearest

    def ahead(self) -> int | None:
        """Return None: nothing is to be decoded in advance."""
        return None

    def approach(self, n: int) -> Iterator[None]:
        """Take no step: frame ``n`` is at hand."""
        return iter(())

    prefetch = approach

    @cached_property
    def _stage(self) -> np.ndarray:
        stage = np.empty((self.height, self.width, 4), np.uint8)
        stage[:] = (*STAGE, 255)
        stage.flags.writeable = False
        return stage

    def bgra(self, n: int) -> np.ndarray:
        """Return the dark picture of any frame, uint8 (H, W, 4), read-only."""
        if not 0 <= operator.index(n) < len(self):
            raise IndexError(f"frame {n} is not in 0..{len(self) - 1}")
        return self._stage


def blank_video(item: Track) -> BlankVideo:
    """Make the frames of a recording of which there are poses alone.

    Raises
    ------
    VideoError
        Where the size, rate or number of frames in the project is impossible.
    """
    size = item.video.width, item.video.height
    return BlankVideo(
        item.n_frames, *size, item.video.mean_rate, item.video.fingerprint, name=item.id
    )


def open_recording(
    folder: ProjectFolder, item: Track, roots: Sequence[str] = ()
) -> VideoReader | BlankVideo:
    """Open a recording of a project; a context manager.

    Parameters
    ----------
    folder, item
        Project and recording.
    roots : sequence of str
        Folders where a video that was moved may be found.

    Raises
    ------
    VideoError
        Where the video cannot be read, or is not the one that was labelled.
    """
    if not item.video.has_file:
        return blank_video(item)
    from skelseg_core.video.reader import VideoReader

    path = folder.video_path(item.video, roots)
    reader = VideoReader(path)
    try:
        check_same_video(item, path, reader.fingerprint)
    except VideoError:
        reader.close()
        raise
    return reader
