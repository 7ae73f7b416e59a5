"""Proxies: the frames of the video, small, of every kind of file; and never others."""

from __future__ import annotations

import logging
import os
import random
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from skelseg_core.progress import run
from skelseg_core.video import proxy as proxies
from skelseg_core.video import proxy_writing
from skelseg_core.video.proxy import (
    FRAMES,
    TABLE,
    pays,
    proxies_folder,
    proxy_folder,
    proxy_size,
)
from skelseg_core.video.proxy_writing import (
    is_missing,
    remove_proxies,
    with_proxy,
    write_proxy,
)
from skelseg_core.video.reader import VideoReader
from tests.core.video.test_reader import CASES, Films
from tests.videos import read_code, write_images, write_video


@pytest.fixture(autouse=True)
def every_video_is_worth_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "LONG_LOOK_PX", 0)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(tmp_path_factory.mktemp("films"))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A video of 40 frames with a proxy."""
    path = write_video(tmp_path / "film.mp4", 40, options={"g": "40"})
    assert run(write_proxy(path))
    return path


def small(reader: VideoReader, n: int) -> np.ndarray:
    """A frame of the proxy, RGB."""
    pixels = reader.preview(n)
    assert pixels is not None
    return pixels[..., 2::-1]


def shown(path: Path) -> list[int]:
    """The number that each frame of the proxy carries; empty without a proxy."""
    with VideoReader(path) as reader:
        if reader.preview(0) is None:
            return []
        return [read_code(small(reader, n)) for n in range(len(reader))]


def only_proxy() -> Path:
    (folder,) = proxies_folder().iterdir()
    return folder


@pytest.mark.parametrize(
    ("make", "codes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_proxy_shows_the_frames_of_the_video(
    films: Films, make: Callable[[Films], Path], codes: range
) -> None:
    path = make(films)
    assert run(write_proxy(path))
    with VideoReader(path) as reader:
        assert [read_code(small(reader, n)) for n in range(len(reader))] == list(codes)
        for n in random.Random(0).choices(range(len(codes)), k=20):
            assert read_code(small(reader, n)) == codes[n]
            exact, pixels = reader[n], small(reader, n)
            assert read_code(exact) == codes[n]
            size = pixels.shape[1::-1]
            assert size == proxy_size(reader.width, reader.height)
            wanted = cv2.resize(exact, size, interpolation=cv2.INTER_AREA)
            assert np.abs(pixels.astype(int) - wanted).mean() < 15  # a dithered .gif
            bias = (pixels.astype(int) - wanted).mean(axis=(0, 1))
            assert np.abs(bias).max() < 3  # range and matrix are those of the reader


def test_images_have_a_proxy_until_one_of_them_changes(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "frames", range(25))
    assert run(write_proxy(folder))
    assert shown(folder) == list(range(25))
    (folder / "img_00012.png").write_bytes((folder / "img_00013.png").read_bytes())
    assert shown(folder) == []


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((1920, 1080), (640, 360)),
        ((1080, 1920), (360, 640)),
        ((3840, 2160), (640, 360)),
        ((641, 361), (640, 360)),
        ((161, 97), (160, 96)),
        ((640, 361), (638, 360)),
        ((5000, 100), (5000, 100)),
    ],
)
def test_a_proxy_is_small_and_never_larger_than_the_video(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert proxy_size(*size) == wanted


def test_colours_are_those_of_the_video_upright_too(tmp_path: Path) -> None:
    # Untagged, 640 lines would be taken for BT.709 and 360 for BT.601.
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 200)]
    folder = tmp_path / "frames"
    folder.mkdir()
    for n in range(12):
        image = np.zeros((1280, 720, 3), np.uint8)
        for k, colour in enumerate(colours):
            image[320 * k : 320 * (k + 1)] = colour
        cv2.imwrite(str(folder / f"{n:03d}.png"), image[..., ::-1])
    assert run(write_proxy(folder))
    with VideoReader(folder) as reader:
        pixels = small(reader, 7)
        assert pixels.shape == (640, 360, 3)
        for k, colour in enumerate(colours):
            assert np.abs(pixels[160 * k + 80, 180].astype(int) - colour).max() <= 6


def test_without_h264_it_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(proxy_writing.ENCODERS, "libx264")
    path = write_video(tmp_path / "film.mp4", 40)
    assert run(write_proxy(path))
    assert shown(path) == list(range(40))


def test_what_reads_the_frames_gets_them_all_and_writes_it_on_the_way(
    tmp_path: Path,
) -> None:
    path = write_video(tmp_path / "film.mp4", 40)
    with VideoReader(path) as reader:
        seen = [(n, p.copy()) for n, p in with_proxy(reader.frames(), reader, 10**9)]
        assert [n for n, _ in seen] == list(range(40))
        for n, picture in seen:
            np.testing.assert_array_equal(picture, reader[n])
    assert shown(path) == list(range(40))


@pytest.mark.parametrize("why", ["full", "one frame less", "other pictures", "changed"])
def test_what_goes_wrong_costs_the_proxy_alone(
    tmp_path: Path,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = write_video(tmp_path / "film.mp4", 40)
    if why == "full":
        monkeypatch.setattr(proxy_writing, "SPARE_BYTES", 1 << 60)

    def frames(reader: VideoReader) -> Iterator[tuple[int, np.ndarray]]:
        for n, picture in reader.frames(0, 39 if why == "one frame less" else None):
            # The encoder and whoever looks for a frame by number count differently.
            yield (n + 1 if why == "other pictures" else n), picture
        if why == "changed":
            with path.open("ab") as stream:
                stream.write(b"more")

    with VideoReader(path) as reader, caplog.at_level(logging.WARNING):
        seen = sum(1 for _ in with_proxy(frames(reader), reader, 10**9))
        assert seen == (39 if why == "one frame less" else 40)
        assert reader.preview(3) is None
    assert "no small copy of film.mp4" in caplog.text
    assert list(proxies_folder().iterdir()) == []


def test_one_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", 60)
    task = write_proxy(path)
    steps = [next(task) for _ in range(2)]
    assert steps[-1].step == "small copy of film.mp4"
    assert steps[-1].total == 60
    task.close()
    assert list(proxies_folder().iterdir()) == []
    assert shown(path) == []


def test_another_video_in_its_place_has_none(film: Path) -> None:
    write_video(film, 40, options={"g": "40"}, shows=lambda n: 100 + n)
    assert shown(film) == []
    assert run(write_proxy(film))
    assert shown(film) == list(range(100, 140))
    # That of the video that is gone went with it.
    assert only_proxy() == proxy_folder(VideoReader(film).index)


def test_videos_of_one_size_and_the_same_times_have_one_each(tmp_path: Path) -> None:
    # Raw pictures: size, number of frames and times of both files are the same.
    raw = {"codec": "rawvideo", "pix_fmt": "yuv420p"}
    one = write_video(tmp_path / "a.avi", 20, **raw)  # type: ignore[arg-type]
    assert run(write_proxy(one))
    other = write_video(
        tmp_path / "b.avi",
        20,
        shows=lambda n: 200 + n,
        **raw,  # type: ignore[arg-type]
    )
    assert VideoReader(one).fingerprint == VideoReader(other).fingerprint
    assert shown(other) == []
    assert run(write_proxy(other))
    assert shown(one) == list(range(20))
    assert shown(other) == list(range(200, 220))


def test_one_that_was_put_in_the_place_of_another_is_not_shown(
    film: Path, tmp_path: Path
) -> None:
    mine = only_proxy()
    other = write_video(tmp_path / "other.mp4", 40, shows=lambda n: 300 + n)
    assert run(write_proxy(other))
    theirs = proxy_folder(VideoReader(other).index)
    shutil.copy(theirs / FRAMES, mine / FRAMES)
    assert shown(film) == []  # the packets are not those that were written
    assert not mine.exists()
    shutil.copytree(theirs, mine)
    assert shown(film) == []
    assert not mine.exists()
    assert shown(other) == list(range(300, 340))


@pytest.mark.parametrize("damage", ["bytes", "cut", "no table", "bad table", "empty"])
def test_a_damaged_one_is_not_shown_and_made_again(film: Path, damage: str) -> None:
    folder = only_proxy()
    pictures, table = folder / FRAMES, folder / TABLE
    data = bytearray(pictures.read_bytes())
    if damage == "bytes":
        middle = data.index(b"mdat") + len(data) // 3
        data[middle : middle + 40] = bytes(40)
        pictures.write_bytes(bytes(data))
    elif damage == "cut":
        pictures.write_bytes(bytes(data[: len(data) // 2]))
    elif damage == "no table":
        table.unlink()
    elif damage == "bad table":
        table.write_bytes(b"PK nonsense")
    else:
        pictures.unlink()
    with VideoReader(film) as reader:
        for n in range(40):
            pixels = reader.preview(n)
            assert pixels is None or read_code(pixels[..., 2::-1]) == n
        assert is_missing(reader.index)
    assert not folder.exists()
    assert run(write_proxy(film))
    assert shown(film) == list(range(40))


def test_one_that_is_removed_or_written_meanwhile_is_noticed(film: Path) -> None:
    with VideoReader(film) as reader:
        assert reader.preview(5) is not None
        run(remove_proxies())
        assert reader.preview(6) is None
        assert run(write_proxy(film))
        assert read_code(small(reader, 7)) == 7


def test_those_used_longest_ago_make_room(tmp_path: Path) -> None:
    paths = [
        write_video(tmp_path / f"{k}.mp4", 40, shows=lambda n, k=k: 100 * k + n)
        for k in range(4)
    ]
    for age, path in enumerate(paths[:3]):
        assert run(write_proxy(path))
        folder = proxy_folder(VideoReader(path).index)
        for file in folder.iterdir():
            os.utime(file, (1e9 + age, 1e9 + age))
    bound = 3 * sum(f.stat().st_size for f in folder.iterdir()) + 2000
    assert shown(paths[0])  # used now: it stays, and the second goes
    assert run(write_proxy(paths[3], bound))
    assert [bool(shown(path)) for path in paths] == [True, False, True, True]
    # The newest stays even where there is no room for it: else it would be made for
    # ever anew.
    run(remove_proxies())
    assert run(write_proxy(paths[0], 1))
    assert shown(paths[0])


def test_half_written_ones_go_after_a_while(film: Path, tmp_path: Path) -> None:
    left, fresh = (proxies_folder() / name for name in (".a.tmp", ".b.tmp"))
    for folder in (left, fresh):
        folder.mkdir()
        (folder / FRAMES).write_bytes(b"half")
    os.utime(left / FRAMES, (1e9, 1e9))
    run(write_proxy(write_video(tmp_path / "b.mp4", 30, shows=lambda n: n + 50)))
    assert not left.exists()
    assert fresh.exists()


def test_it_goes_with_its_video(film: Path, tmp_path: Path) -> None:
    other = write_video(tmp_path / "other.mp4", 30, shows=lambda n: n + 50)
    run(write_proxy(other))
    run(remove_proxies(VideoReader(film).fingerprint))
    assert shown(film) == []
    assert shown(other) == list(range(50, 80))


def test_a_moved_video_keeps_it(film: Path, tmp_path: Path) -> None:
    moved = film.rename(tmp_path / "moved.mp4")
    assert shown(moved) == list(range(40))


@pytest.mark.parametrize(
    ("size", "n_frames", "group", "wanted"),
    [
        ((640, 360), 60, 12, False),
        ((160, 96), 60, 250, False),
        ((640, 360), 60, 250, True),
        ((1920, 1080), 6, 1, True),
    ],
)
def test_only_videos_that_are_slow_to_look_at_get_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    n_frames: int,
    group: int,
    wanted: bool,
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    options = {"g": str(group), "sc_threshold": "0", "preset": "ultrafast"}
    path = write_video(tmp_path / "a.mp4", n_frames, size=size, options=options)
    assert pays(VideoReader(path).index) == wanted
    assert run(write_proxy(path)) == wanted


def test_a_long_way_is_told_from_a_short_one(tmp_path: Path) -> None:
    options = {"g": "60", "preset": "ultrafast"}
    path = write_video(tmp_path / "a.mp4", 60, size=(1280, 720), options=options)
    with VideoReader(path, cache_bytes=1) as reader:
        assert reader.is_near(0)
        assert not reader.is_near(50)
        reader.bgra(50)
        assert reader.is_near(50)
        assert reader.is_near(52)
        assert not reader.is_near(40)


def test_the_times_of_the_video_do_not_count(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "vfr.mkv",
        30,
        pts=[n * n for n in range(30)],
        time_base=Fraction(1, 1000),
    )
    assert run(write_proxy(path))
    assert shown(path) == list(range(30))


def test_neighbours_that_hardly_differ_are_no_reason_to_refuse(tmp_path: Path) -> None:
    """Where nothing moves, what encoding loses may look more like the frame before."""
    source = Path(__file__).parents[3] / "resources/demo/videos/ben-2.mp4"
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    assert run(write_proxy(path))


@pytest.mark.parametrize("by", [-1, 1])
def test_frames_out_of_step_are_refused(
    tmp_path: Path,
    by: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Shifted(proxy_writing.ProxyFile):
        def __getitem__(self, n: int) -> av.VideoFrame:
            return super().__getitem__(min(max(n + by, 0), 39))

    monkeypatch.setattr(proxy_writing, "ProxyFile", Shifted)
    path = write_video(tmp_path / "film.mp4", 40)
    with caplog.at_level(logging.INFO):
        assert not run(write_proxy(path))
    assert "is another picture" in caplog.text
