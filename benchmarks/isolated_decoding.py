"""What a picture costs more where another process decodes it: H.264, 720p and 1080p.

The same frames of a film that it makes are read in this process and through a process
of its own, in turns, so that both suffer alike from a busy machine. Prints the medians
per frame, their difference and ratio, what shared memory would leave of it (a copy into
it and one out of it), and how long a process takes from its start to its first picture.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np

from benchmarks.playing import film, timed_ms
from skelseg_core.video.isolated_reader import IsolatedReader
from skelseg_core.video.reader import VideoReader

SIZES = ((1280, 720), (1920, 1080))
SECONDS = 10.0
N_FRAMES = 240


def start_ms(path: Path) -> float:
    """Milliseconds from the start of the process to its first picture."""
    start = time.perf_counter()
    with IsolatedReader(path) as reader:
        reader.bgra(0)
        return 1000 * (time.perf_counter() - start)


def two_copies_ms(size: tuple[int, int]) -> float:
    """Milliseconds of copying a picture into shared memory and out of it."""
    picture = np.zeros((size[1], size[0], 4), np.uint8)
    memory = SharedMemory(create=True, size=picture.nbytes)
    shared = np.ndarray(picture.shape, np.uint8, buffer=memory.buf)
    found = []
    for _ in range(60):
        start = time.perf_counter()
        np.copyto(shared, picture)
        shared.copy()
        found.append(1000 * (time.perf_counter() - start))
    del shared  # the memory is closed only where nothing looks into it
    memory.close()
    memory.unlink()
    return statistics.median(found)


def main() -> None:
    """Measure and print."""
    print(f"{N_FRAMES} frames one after the other, medians in ms per frame")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = film(Path(folder) / "film.mp4", SECONDS, size)
            with VideoReader(path) as here, IsolatedReader(path) as there:
                own, other = [], []
                for n in range(N_FRAMES):
                    own.append(timed_ms(lambda n=n: here.bgra(n)))  # type: ignore[misc]
                    other.append(timed_ms(lambda n=n: there.bgra(n)))  # type: ignore[misc]
                assert np.array_equal(here.bgra(7), there.bgra(7))
            a, b = statistics.median(own), statistics.median(other)
            print(
                f"{size[0]}x{size[1]}: here {a:.2f}, other process {b:.2f}, "
                f"{b - a:.2f} more (x{b / a:.2f}); two copies through shared memory "
                f"{two_copies_ms(size):.2f}; first picture after {start_ms(path):.0f}"
            )


if __name__ == "__main__":
    main()
