"""Reader process for tests that crashes as ``SKELSEG_TEST_CRASH`` says.

``at 7`` crashes when the picture of frame 7 is asked for, ``past 20`` on every way from
a keyframe over frame 20, ``opening`` when the video is opened; ``nonsense`` answers
with another size than the one it told.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np

from skelseg_core.video import reader_process
from skelseg_core.video.reader import VideoReader

HOW = os.environ.get("SKELSEG_TEST_CRASH", "").split()


def crash() -> None:
    """End as a decoder does that writes where it must not."""
    os.kill(os.getpid(), signal.SIGSEGV)


class CrashingReader(VideoReader):
    """A reader whose decoder crashes."""

    def approach(self, n: int) -> Iterator[None]:
        """Decode towards a frame."""
        past = HOW[0] == "past"
        if past and self.keyframe_at(n) <= int(HOW[1]) <= n:
            crash()
        return super().approach(n)

    def bgra(self, n: int) -> np.ndarray:
        """Read a frame."""
        if HOW[0] == "at" and str(n) in HOW[1:]:
            crash()
        pixels = super().bgra(n)
        return pixels[1:] if HOW[0] == "nonsense" else pixels


def main() -> None:
    """Serve as the reader process does."""
    if HOW == ["opening"]:
        crash()
    setattr(reader_process, "VideoReader", CrashingReader)  # noqa: B010
    reader_process.main()


if __name__ == "__main__":
    main()
