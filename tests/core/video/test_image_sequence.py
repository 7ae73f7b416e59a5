"""Folders, patterns and runs of images, read as a video."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import SkelsegError, VideoError
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.video.image_files import as_runs, find_images, missing
from skelseg_core.video.media_path import (
    MediaPath,
    media_path,
    media_title,
    to_be_added,
)
from skelseg_core.video.reader import VideoReader
from tests.videos import picture, read_code, write_image, write_images

N = 24


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A folder of images numbered from 8 on without zeros, img_8.png to img_31.png."""
    return write_images(tmp_path / "frames", range(8, 8 + N), "img_%d.png")


def codes(path: Path, numbers: object = None) -> list[int]:
    with VideoReader(path, cache_bytes=200_000) as reader:
        wanted = range(len(reader)) if numbers is None else numbers
        return [read_code(reader[n]) for n in wanted]  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["", "img_%d.png", "img_8.png", "img_12.png"])
def test_each_way_to_name_them_reads_the_same_frames(frames: Path, path: str) -> None:
    where = frames / path if path else frames
    with VideoReader(where) as reader:
        assert len(reader) == N
        assert (reader.width, reader.height) == (160, 96)
        assert reader.damage is None
        assert reader.mean_rate == 25.0
        assert [read_code(p) for _, p in reader.frames()] == list(range(N))
        shuffled = np.random.default_rng(0).permutation(N).tolist()
        assert [read_code(reader[n]) for n in shuffled] == shuffled
        for n in (0, 11, N - 1):
            assert read_code(reader.bgra(n)[..., 2::-1]) == n
            assert reader.keyframe_at(n) == n
        for _ in reader.approach(5):
            pass
        assert reader.has(5)


def test_the_rate_is_part_of_the_path(frames: Path) -> None:
    with VideoReader(frames / "img_%d.png#12.5fps") as reader:
        assert reader.mean_rate == 12.5
        np.testing.assert_allclose(reader.times.starts_s, np.arange(N) / 12.5)
        slow = reader.fingerprint
    with VideoReader(Path(f"{frames}#30fps")) as reader:
        assert reader.mean_rate == pytest.approx(30)
        assert reader.fingerprint == slow  # the same frames, at another pace


@pytest.mark.parametrize("change", ["rename", "larger", "content", "one less"])
def test_a_changed_folder_is_noticed(frames: Path, change: str) -> None:
    def key() -> str:
        with VideoReader(frames) as reader:
            return reader.fingerprint

    before, first = key(), frames / "img_8.png"
    assert key() == before
    if change == "rename":
        for n in range(8, 8 + N):
            (frames / f"img_{n}.png").rename(frames / f"pic_{n}.png")
    elif change == "larger":
        path = frames / "img_20.png"
        path.write_bytes(path.read_bytes() + b"\0")
    elif change == "content":
        data = bytearray(first.read_bytes())
        data[-1] ^= 1  # the check of the last chunk: as large as before
        first.write_bytes(bytes(data))
    else:
        (frames / "img_31.png").unlink()
    assert key() != before


def exif(data: bytes, orientation: int) -> bytes:
    """A JPEG with this EXIF orientation."""
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + bytes([0, orientation])
    body = b"Exif\0\0" + tiff + b"\0\0\0\0\0\0"
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 1), (8, 3)])
def test_photographs_are_upright(tmp_path: Path, orientation: int, turns: int) -> None:
    for n in range(3):
        stored = np.ascontiguousarray(np.rot90(picture(n), turns))
        path = write_image(tmp_path / f"p{n}.jpg", stored)
        path.write_bytes(exif(path.read_bytes(), orientation))
    assert codes(tmp_path) == [0, 1, 2]


def palette_png(path: Path, rgb: np.ndarray) -> None:
    """An image of 8-bit indices into a palette of 216 colours."""
    height, width = rgb.shape[:2]
    index = (rgb.astype(int) * 6 // 256 @ [36, 6, 1]).astype(np.uint8)
    levels = np.arange(216)[:, None] // [36, 6, 1] % 6 * 51
    rows = np.hstack([np.zeros((height, 1), np.uint8), index]).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + chunk(b"PLTE", levels.astype(np.uint8).tobytes())
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_all_kinds_of_images_are_right(tmp_path: Path) -> None:
    rgb = picture(0b1010011001)
    grey = rgb[..., 0]
    opaque = np.dstack([rgb, np.full(grey.shape, 90, np.uint8)])
    kinds = {
        "grey.png": grey,
        "grey16.png": grey.astype(np.uint16) * 257,
        "rgb16.tif": rgb.astype(np.uint16) * 257,
        "rgb.bmp": rgb,
        "rgb.webp": rgb,
        "rgb.jpg": rgb,
        "alpha.png": opaque,
        "odd.png": rgb[:95, :159],
    }
    for name, image in kinds.items():
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        write_image(folder / name, image)
    (tmp_path / "palette_png").mkdir()
    palette_png(tmp_path / "palette_png" / "p.png", rgb)
    for folder in sorted(tmp_path.iterdir()):
        with VideoReader(folder) as reader:
            assert read_code(reader[0]) == 0b1010011001, folder.name
            assert reader[0].dtype == np.uint8
            assert (reader.bgra(0)[..., 3] == 255).all()
            same = rgb[: reader.height, : reader.width]
            near = np.abs(reader[0].astype(int) - same)
            lossless = not folder.name.endswith(("jpg", "webp", "palette_png"))
            if lossless and "grey" not in folder.name:
                assert near.max() <= 1, folder.name


def test_missing_numbers_are_named(frames: Path) -> None:
    for n in (14, 15, 20):
        (frames / f"img_{n}.png").unlink()
    with VideoReader(frames) as reader:
        assert len(reader) == N - 3
        assert reader.damage is not None
        assert "3 images, the first img_14.png after frame 5" in reader.damage
        assert read_code(reader[6]) == 8  # the eighth of those written


def test_steps_and_times_are_no_gaps() -> None:
    assert missing([f"a{n:03}.png" for n in range(0, 50, 5)]) is None
    assert missing([f"t_{n}.png" for n in (0, 33, 67, 100, 133, 167)]) is None
    assert missing([f"{c}.png" for c in "abcdef"]) is None
    assert missing([f"a{n:03}.png" for n in (0, 5, 10, 20, 25)]) == (1, "a015.png", 2)
    assert missing(["a1.png"]) is None


def test_an_image_of_another_size_is_named(frames: Path) -> None:
    write_image(frames / "img_13.png", picture(5, (120, 96)))
    with VideoReader(frames) as reader:
        assert [read_code(reader[n]) for n in (4, 6)] == [4, 6]
        with pytest.raises(VideoError, match=r"img_13\.png \(frame 5\) is 120x96 px"):
            reader[5]
        assert read_code(reader[7]) == 7
    write_image(frames / "img_31.png", picture(5, (120, 96)))
    with pytest.raises(VideoError, match=r"img_31\.png \(frame 23\) is 120x96 px"):
        VideoReader(frames)


def test_a_damaged_image_repeats_the_one_before(frames: Path) -> None:
    path = frames / "img_13.png"
    path.write_bytes(path.read_bytes()[:300])
    with VideoReader(frames) as reader:
        assert reader.damage is None
        assert read_code(reader[5]) == 4
        assert reader.damage is not None
        assert "frame 5 (img_13.png)" in reader.damage
        assert [read_code(p) for _, p in reader.frames(3, 8)] == [3, 4, 4, 6, 7]


def test_an_image_that_vanishes_is_one_sentence(frames: Path) -> None:
    with VideoReader(frames) as reader:
        (frames / "img_13.png").unlink()
        with pytest.raises(VideoError, match=r"img_13\.png is missing"):
            reader[5]


def two_runs(folder: Path) -> None:
    write_images(folder, range(3), "left_%d.png")
    write_images(folder, range(3), "right_%d.png")


def cover(folder: Path) -> None:
    write_images(folder, range(3), "left_%d.png")
    write_image(folder / "cover.jpg", picture(0))


@pytest.mark.parametrize(
    ("make", "tail", "said"),
    [
        (two_runs, "", r"more than one kind \(left_0.png, right_0.png\)"),
        (cover, "", r"more than one kind \(cover.jpg, left_0.png\)"),
        (two_runs, "/up_%d.png", "matches no image"),
        (lambda p: p.mkdir(), "", "is a folder; choose a video file or a folder"),
        (lambda p: p.mkdir(), "/none/img_%04d.png", "missing"),
        (lambda p: write_images(p, [1]), "/img_00001.png", "is a still image"),
        (lambda p: (p.mkdir(), (p / "a.png").touch()), "", "not a readable image"),
    ],
)
def test_bad_images_are_one_sentence(
    tmp_path: Path, make: object, tail: str, said: str
) -> None:
    folder = tmp_path / "images"
    make(folder)  # type: ignore[operator]
    with pytest.raises(VideoError, match=said) as caught:
        VideoReader(Path(f"{folder}{tail}"))
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_runs_are_added_once_with_their_rate(tmp_path: Path) -> None:
    two_runs(tmp_path / "a")
    write_images(tmp_path / "b", range(98, 103), "%04d.jpg")
    (tmp_path / "clip.mp4").touch()
    dropped = [
        *sorted((tmp_path / "a").iterdir()),
        tmp_path / "clip.mp4",
        tmp_path / "b" / "0099.jpg",
        tmp_path / "b",
    ]
    added = [p.relative_to(tmp_path).as_posix() for p in to_be_added(dropped)]
    assert added == [
        "a/left_%d.png#25fps",
        "a/right_%d.png#25fps",
        "clip.mp4",
        "b/%04d.jpg#25fps",
        "b#25fps",
    ]
    (path,) = to_be_added([tmp_path / "b"], 29.97)
    assert path.name == "b#29.97fps"
    assert to_be_added([path]) == [path]
    with pytest.raises(VideoError, match="cannot have -1 images per second"):
        to_be_added([tmp_path / "b"], -1.0)
    assert as_runs([tmp_path / "b" / "none_1.png"]) == [tmp_path / "b" / "none_1.png"]


def test_a_file_with_the_sign_in_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "a#2").touch()
    assert media_path(tmp_path / "a#2") == MediaPath(tmp_path / "a#2")
    assert media_path(tmp_path / "b#2") == MediaPath(tmp_path / "b", stream=2)
    assert media_path(tmp_path / "b#x").tail == ""
    assert media_title(tmp_path / "clip.mkv#2") == "clip-stream2"


@given(st.floats(0.001, 1000))
def test_any_rate_survives_the_path(rate: float) -> None:
    path = MediaPath(Path("frames"), rate=round(rate, 3)).path
    assert media_path(path).rate == pytest.approx(round(rate, 3), rel=1e-9)
    assert media_path(path).file == Path("frames")


@given(st.sets(st.integers(0, 20_000), min_size=1, max_size=12), st.booleans())
def test_images_come_in_the_order_of_their_numbers(
    tmp_path_factory: pytest.TempPathFactory, numbers: set[int], padded: bool
) -> None:
    folder = tmp_path_factory.mktemp("names")
    for number in numbers:
        (folder / (f"x{number:05}.png" if padded else f"x{number}.png")).touch()
    found = [int(f.path.stem[1:]) for f in find_images(folder)]
    assert found == sorted(numbers)


def test_a_sequence_in_a_project(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    images = write_images(folder.root.parent / "take", range(1, 1 + N))
    (path,) = to_be_added([images / "img_00004.png"], 10)
    item = probe_video(path, folder, project)
    assert (item.id, item.n_frames, item.video.mean_rate) == ("take-img", N, 10.0)
    assert item.video.path == "../take/img_%05d.png#10fps"
    assert item.lanes[ANNOTATION].n_frames == N
    found = folder.video_path(item.video)
    with VideoReader(found) as reader:
        assert reader.fingerprint == item.video.fingerprint
        assert reader.mean_rate == pytest.approx(10)
    there = replace(project, tracks=(item,))
    with pytest.raises(SkelsegError, match="is already in project"):
        probe_video(to_be_added([path], 25)[0], folder, there)
    moved = images.rename(folder.root / "elsewhere")
    assert folder.video_path(item.video, [str(moved)]) == moved / "img_%05d.png#10fps"
