"""RemoteFile: a video on another computer, read like a file, in blocks that are kept.

What is read is right or not read at all: every block is of the object that was opened,
a lost connection is tried again, and where that is of no use nothing more is read, and
`RemoteFile.check` says why, so that nobody takes it for the end of the file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from skelseg_core.errors import LostConnection, VideoError
from skelseg_core.video.remote.address import Address, address_of
from skelseg_core.video.remote.connection import Broken, Connection
from skelseg_core.video.remote.https import HttpsConnection
from skelseg_core.video.remote.permission import check_let
from skelseg_core.video.remote.s3 import S3Connection
from skelseg_core.video.remote.ssh import SshConnection

MOST_BOXES = 64
"""Boxes looked at; a file in more of them is a stream in fragments."""

BLOCK_BYTES = 1 << 20
"""Bytes that are asked for at once."""
KEPT_BLOCKS = 32
"""Blocks of a file that are kept."""
WAITS_S = (0.3, 1.0)
"""Seconds before a lost connection is tried again, and once more."""
WAYS: dict[str, Callable[[Address], Connection]] = {
    "https": HttpsConnection,
    "s3": S3Connection,
    "ssh": SshConnection,
}
Answer = TypeVar("Answer")


class RemoteFile:
    """One object on another computer, as PyAV reads a file; for one thread.

    Parameters
    ----------
    path : Path
        Its address.

    Raises
    ------
    VideoError
        Where nobody allowed it, it is not there, or its host does not answer.
    """

    def __init__(self, path: Path) -> None:
        address = address_of(path)
        check_let(address)
        self._address = address
        self.name = path.name
        self._connection = WAYS[address.scheme](address)
        self._failure: VideoError | None = None
        self.size, self.tag = self._tried(self._connection.state)
        if self.size == 0:
            raise VideoError("{} is empty (0 bytes); copy it again.", address.whole)
        self._block = lru_cache(KEPT_BLOCKS)(self._fetched)
        self._at = 0
        self._skipped: list[tuple[int, int]] = []

    # -- what PyAV asks of a file -----------------------------------------------------

    def read(self, n_bytes: int = -1) -> bytes:
        """Read bytes from here on; fewer where skipped ones begin or end.

        Nothing where that fails: FFmpeg drops errors or not as it likes, and PyAV
        prints those that it drops. Whoever asks FFmpeg for something calls `check`.
        """
        try:
            self.check()
            return self._read(n_bytes)
        except VideoError:
            return b""

    def _read(self, n_bytes: int) -> bytes:
        stop = self.size if n_bytes < 0 else min(self._at + n_bytes, self.size)
        if stop <= self._at:
            return b""
        for skipped, until in self._skipped:
            if skipped <= self._at < until:
                data = bytes(min(stop, until) - self._at)
                break
            if self._at < skipped < stop:
                stop = skipped
        else:
            data = self._bytes(self._at, stop)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position; ask nobody."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    # -- what the program asks ---------------------------------------------------------

    def check(self) -> None:
        """Raise the error that a read ended with, which FFmpeg took for an end."""
        if self._failure is not None:
            raise self._failure

    def rewind(self) -> None:
        """Go to the start, with nothing skipped and after a failure hopeful again."""
        self._at, self._skipped, self._failure = 0, [], None

    def skip_pictures(self) -> bool:
        """Read zeros where the pictures of an .mp4 lie; False for any other file."""
        self._skipped = picture_ranges(self._bytes, self.size)
        return bool(self._skipped)

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self._connection.close()
        self._block.cache_clear()  # it holds itself by its blocks

    def _bytes(self, start: int, stop: int) -> bytes:
        first, last = start // BLOCK_BYTES, (stop - 1) // BLOCK_BYTES
        data = b"".join(map(self._block, range(first, last + 1)))
        return data[start - first * BLOCK_BYTES : stop - first * BLOCK_BYTES]

    def _fetched(self, block: int) -> bytes:
        start = block * BLOCK_BYTES
        stop = min(start + BLOCK_BYTES, self.size)
        return self._tried(lambda: self._connection.read(start, stop))

    def _tried(self, ask: Callable[[], Answer]) -> Answer:
        """Ask, and again where the connection breaks; a failure is kept."""
        for wait_s in (*WAITS_S, None):
            try:
                return ask()
            except VideoError as error:
                self._failure = error
                raise
            except Broken as error:
                self._connection.close()
                if wait_s is not None:
                    time.sleep(wait_s)
                    continue
                self._failure = LostConnection(
                    "The connection to {} was lost ({}); check the network and "
                    "continue, skelseg tries again.",
                    self._address.place,
                    error,
                )
                raise self._failure from error
        raise AssertionError("the last try returns or raises")


def picture_ranges(
    read: Callable[[int, int], bytes], size_bytes: int
) -> list[tuple[int, int]]:
    """Find the parts ``[start, stop)`` of a file that are pictures and sound.

    Parameters
    ----------
    read : callable
        Reads bytes from one position up to another.
    size_bytes : int

    Returns
    -------
    list of tuple of int
        Empty where it is no .mp4, or one in fragments.
    """
    found: list[tuple[int, int]] = []
    kinds: set[bytes] = set()
    at = 0
    for _ in range(MOST_BOXES):
        if at + 16 > size_bytes:
            break
        head = read(at, at + 16)
        length, kind, begins = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if length == 1:
            length, begins = int.from_bytes(head[8:], "big"), at + 16
        stop = size_bytes if length == 0 else min(at + length, size_bytes)
        if stop < begins:
            return []
        kinds.add(kind)
        if kind == b"mdat":
            found.append((begins, stop))
        at = stop
    whole = at + 16 > size_bytes and b"moov" in kinds and b"moof" not in kinds
    return found if whole else []
