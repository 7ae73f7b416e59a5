"""Reader process: decodes one video for another process, which no crash of it harms.

It reads a JSON object a line and answers each with a line of JSON, after which come as
many bytes as the answer's ``bytes`` says. ``{"open": path, "cache_bytes": n}`` comes
first and is answered by lines of progress and one of ``facts``; ``{"approach": n}`` and
``{"step": true}`` decode towards a frame, ``{"frame": n}`` gives its picture. The
process ends when its input ends, or when a frame takes longer than `HANG_S`.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from skelseg_core.errors import MissingVideo, SkelsegError
from skelseg_core.video.reader import VideoReader, open_index
from skelseg_core.video.remote.permission import let

HANG_S = 20.0
"""Seconds after which one step of decoding counts as one that never ends."""


def main() -> None:
    """Serve requests from standard input until it ends."""
    # Answers get a descriptor of their own, so that prints of libraries stay out.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    served = _Served(answers)
    while True:
        request = requests.get()
        try:
            served.serve(request)
        except SkelsegError as error:
            served.answer(error=str(error), missing=isinstance(error, MissingVideo))
        except Exception as error:
            served.answer(failed=str(error))


def _listen(requests: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    # Nobody wants a picture any more, however long the decoder is busy.
    os._exit(0)


class _Served:
    """Hold the reader of the video, and answer what is asked of it."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._reader: VideoReader | None = None
        self._walk: Iterator[None] = iter(())

    def serve(self, request: dict[str, Any]) -> None:
        """Answer one request."""
        self._watch()
        if "open" in request:
            if request.get("let") is True:
                let(request["open"])
            self._open(request["open"], int(request["cache_bytes"]))
            return
        reader = self._reader
        if reader is None:
            raise ValueError("no video is open")
        if "approach" in request:
            self._walk = reader.approach(int(request["approach"]))
            self.answer()
        elif "step" in request:
            self.answer(more=next(self._walk, self) is None)
        else:
            pixels = reader.bgra(int(request["frame"]))
            self.answer(pixels, damage=reader.damage)

    def answer(self, payload: np.ndarray | None = None, **values: Any) -> None:
        """Write a line, and the bytes of an array after it."""
        faulthandler.cancel_dump_traceback_later()
        data = memoryview(b"")
        if payload is not None:
            data = memoryview(np.ascontiguousarray(payload).data).cast("B")
        line = json.dumps({**values, "bytes": len(data)}).encode() + b"\n"
        for part in (memoryview(line), data):
            while part:
                part = part[self._answers.write(part) :]

    @staticmethod
    def _watch() -> None:
        """End the process where no answer is given for long, whatever it is at."""
        faulthandler.dump_traceback_later(HANG_S, exit=True)

    def _open(self, path: str, cache_bytes: int) -> None:
        for progress in open_index(path):
            self.answer(step=progress.step, done=progress.done, total=progress.total)
            self._watch()
        self._reader = reader = VideoReader(path, cache_bytes=cache_bytes)
        facts = {
            "n_frames": len(reader),
            "width": reader.width,
            "height": reader.height,
            "mean_rate": reader.mean_rate,
            "fingerprint": reader.fingerprint,
            "videos": reader.videos,
        }
        table = np.concatenate([reader.times.starts_s, reader.index.key_frames])
        self.answer(table.astype("<f8"), facts=facts, damage=reader.damage)


if __name__ == "__main__":
    main()
