"""Images by frame number: their table, and a cursor that decodes any of them.

Frame n is the n-th image in natural order, shown at n / rate; every image is its own
keyframe. Images of any depth become 8 bits per colour, upright according to EXIF;
transparency is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from skelseg_core import MOST_PIXELS
from skelseg_core.array_files import content_key
from skelseg_core.errors import VideoError
from skelseg_core.progress import Progress, Task, run
from skelseg_core.said import Said
from skelseg_core.video.image_files import find_images, missing
from skelseg_core.video.index import VideoIndex
from skelseg_core.video.media_path import RATE, media_path

SAMPLES = 16
"""Images inspected when a recording is opened, including the first and last."""

Keep = Callable[[int, av.VideoFrame], None]


@dataclass(frozen=True, eq=False)
class ImageIndex(VideoIndex):
    """Table of images; ``content`` is a key of their names, sizes and some contents."""

    files: tuple[Path, ...] = ()
    content: str = ""

    @property
    def fingerprint(self) -> str:
        """Key of names, sizes in bytes and some contents; independent of the rate."""
        return self.content

    @property
    def picture_key(self) -> str:
        """Key of names, sizes, some contents, and modification times."""
        return content_key(self.content, [f.stat().st_mtime_ns for f in self.files])

    def named(self, n: int) -> str:
        """Name frame ``n`` in a message, with its file."""
        return f"frame {n} ({self.files[n].name})"


def build_image_index(path: Path) -> Task[ImageIndex]:
    """Find the images of ``path`` and inspect some of them.

    Raises
    ------
    VideoError
        If there are none, or an inspected one is unreadable or has another size than
        the first.
    """
    media = media_path(path)
    found = find_images(media.file)
    names = [image.path.name for image in found]
    files = tuple(image.path for image in found)
    looked = sorted({int(n) for n in np.linspace(0, len(files) - 1, SAMPLES)})
    size: tuple[int, int] | None = None
    keys = []
    for done, n in enumerate(looked):
        yield Progress(Said("reading {}", media.file.name), done, len(looked))
        data = _bytes(files[n])
        image = _picture(files[n], data)
        if image is None and n == 0:
            raise VideoError("{} is not a readable image; remove it.", files[n])
        if image is not None:
            size = size or image.shape[:2]
            _check_size(files, n, image, size)
        keys.append(content_key(np.frombuffer(data, np.uint8)))
    assert size is not None
    numbers = np.arange(len(files), dtype=np.int64)
    rate = media.rate or RATE
    return ImageIndex(
        times=numbers,
        key_frames=numbers,
        time_base=1 / Fraction(str(rate)),
        size_bytes=sum(image.size for image in found),
        rate=rate,
        width=size[1],
        height=size[0],
        damage=_gaps(media.file, names),
        files=files,
        content=f"images-{content_key(names, [i.size for i in found], keys)}",
    )


class ImageCursor:
    """Decoder of the images of a table, like `Cursor` for a video."""

    def __init__(self, index: ImageIndex, keep: Keep | None = None) -> None:
        self._index = index
        self._keep = keep or (lambda n, frame: None)

    def close(self) -> None:
        """Close nothing: no file stays open."""

    def read(self, n: int) -> tuple[int, av.VideoFrame]:
        """Decode image ``n``, or if that fails, the last decodable one before it."""
        return run(self.reading(n))

    def reading(self, n: int) -> Generator[None, None, tuple[int, av.VideoFrame]]:
        """Decode image ``n`` as `read` does, one image per step.

        Raises
        ------
        VideoError
            If the file is gone, or its picture has another size.
        """
        index = self._index
        for held in range(n, -1, -1):
            file = index.files[held]
            image = _picture(file, _bytes(file))
            if image is not None:
                _check_size(index.files, held, image, (index.height, index.width))
                frame = av.VideoFrame.from_ndarray(image, format="bgr24")
                self._keep(held, frame)
                yield
                return held, frame
            yield
        raise VideoError("{} is not a readable image; remove it.", index.files[n])


class _TooLarge(Exception):
    """A picture has more than `MOST_PIXELS`; nothing was allocated for it."""


def _picture(file: Path, data: bytes) -> np.ndarray | None:
    try:
        return _decoded(data)
    except _TooLarge as error:
        raise VideoError(
            "{} has more than {:,} million pixels, more than any video; make the "
            "picture smaller or remove it.",
            file,
            MOST_PIXELS // 1_000_000,
        ) from error


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise VideoError(
            "{} is missing or cannot be reached; put it back, or add the images again.",
            file,
        ) from error


def _decoded(data: bytes) -> np.ndarray | None:
    """Decode an upright picture (H, W, 3) uint8, blue first; None if damaged."""
    import cv2

    # OpenCV would print image errors; `ImageCursor` raises them.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "IMAGE_PIXELS" in str(error):
            raise _TooLarge from error
        return None
    return None if image is None else np.ascontiguousarray(image)


def _check_size(
    files: tuple[Path, ...], n: int, image: np.ndarray, size: tuple[int, int]
) -> None:
    if image.shape[:2] != size:
        raise VideoError(
            "{} (frame {}) is {}x{} px and {} {}x{}; remove it or resize it.",
            files[n],
            n,
            image.shape[1],
            image.shape[0],
            files[0].name,
            size[1],
            size[0],
        )


def _gaps(path: Path, names: list[str]) -> str:
    lost = missing(names)
    if lost is None:
        return ""
    count, name, before = lost
    first = name if count == 1 else Said("{} images, the first {}", count, name)
    return Said(
        "{} lacks {} after frame {}; the other images follow one "
        "another without a gap.",
        path.name,
        first,
        before,
    )
