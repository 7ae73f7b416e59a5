"""The frame shown is the frame asked for, in every container: a part of the matrix.

All of it, 600 frames each: ``python -m benchmarks.frames``.
"""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.video.container import VideoFile
from skelseg_core.video.reader import VideoIndex, VideoReader
from tests.videos import Coded, cut_short, false_closed_groups, read_code

N = 120
OPEN_X264 = {"preset": "ultrafast", "bf": "2", "x264-params": "open-gop=1:log=-1"}


def options(group: int, b_frames: int, codec: str = "") -> dict[str, str]:
    more = OPEN_X264 if codec == "libx264" else {"sc_threshold": "1000000000"}
    return {**more, "g": str(group), "bf": str(b_frames)}


def assert_right(path: Path, codes: list[int], n_reads: int = 40) -> None:
    """Every frame as made in a straight read, and bit by bit the same at random."""
    with VideoReader(path, cache_bytes=1) as reader:
        straight = [rgb for _, rgb in reader.frames()]
        assert [read_code(rgb) for rgb in straight] == codes
        dice = random.Random(path.name)
        for n in dice.choices(range(len(codes)), k=n_reads):
            rgb = reader[n]
            assert read_code(rgb) == codes[n]
            assert np.array_equal(rgb, straight[n])


@pytest.mark.parametrize(
    ("container", "codec", "group", "b_frames"),
    [
        ("mpg", "mpeg2video", 1, 0),
        ("mpg", "mpeg2video", 3, 2),
        ("mpg", "mpeg2video", 5, 2),
        ("mpg", "mpeg1video", 2, 1),
        ("mpg", "libx264", 4, 2),
        ("vob", "mpeg2video", 4, 2),
        ("vob", "mpeg2video", 60, 3),
        ("ts", "mpeg2video", 2, 2),
        ("m2ts", "libx264", 3, 2),
        ("mkv", "libx264", 5, 3),
        ("mp4", "libx264", 7, 3),
        ("mov", "mpeg4", 4, 2),
        ("avi", "mpeg4", 3, 2),
        ("avi", "mpeg2video", 3, 2),
        ("flv", "flv", 7, 0),
        ("wmv", "wmv2", 5, 0),
        ("3gp", "mpeg4", 12, 0),
        ("webm", "libvpx", 12, 0),
        ("ogv", "libvpx", 5, 0),
    ],
)
def test_every_container_shows_the_frame_asked_for(
    tmp_path: Path, container: str, codec: str, group: int, b_frames: int
) -> None:
    chosen = options(group, b_frames, codec)
    if codec == "libvpx":
        chosen = {"g": str(group), "deadline": "realtime", "cpu-used": "8"}
    path = Coded(N, codec, chosen).write(tmp_path / f"film.{container}")
    assert_right(path, list(range(N)))


@pytest.mark.parametrize("group", [1, 3])
def test_program_stream_whose_picture_stands_still(tmp_path: Path, group: int) -> None:
    """Packets of one content, and times that a seek shifts."""
    coded = Coded(
        N, "mpeg2video", options(group, 2 * (group > 1)), shows=lambda n: n // 30
    )
    path = coded.write(tmp_path / "still.mpg")
    assert_right(path, [n // 30 for n in range(N)])


@pytest.mark.parametrize("suffix", ["mpg", "vob", "ts"])
def test_two_recordings_joined(tmp_path: Path, suffix: str) -> None:
    """The clock starts anew; of the first a copy stands at the end, too."""
    first = Coded(N, "mpeg2video", options(3, 2)).write(tmp_path / f"a.{suffix}")
    other = Coded(60, "mpeg2video", options(4, 2), shows=lambda n: 700 + n)
    second = other.write(tmp_path / f"b.{suffix}")
    path = tmp_path / f"joined.{suffix}"
    parts = first.read_bytes(), second.read_bytes(), first.read_bytes()
    path.write_bytes(b"".join(parts))
    codes = [*range(N), *range(700, 760), *range(N)]
    assert_right(path, codes)


def test_program_stream_whose_times_are_out_of_order(tmp_path: Path) -> None:
    """A picture that begins at the end of a pack gets the time of the next one."""
    path = Coded(600, "mpeg1video", options(3, 2)).write(tmp_path / "film.mpg")
    with VideoReader(path) as reader:
        codes = [read_code(rgb) for _, rgb in reader.frames()]
        assert codes == list(range(600))
        assert reader.damage is None
        assert (np.diff(reader.times.starts_s) >= 0).all()


def test_pictures_before_a_keyframe_are_not_shown_after_a_seek(tmp_path: Path) -> None:
    """Nor kept: spoiled ones come where an open group says that it is closed."""
    coded = Coded(N, "mpeg2video", options(12, 2))
    for suffix in ("mkv", "mpg"):
        source = coded.write(tmp_path / f"open.{suffix}")
        path = false_closed_groups(source, tmp_path / f"closed.{suffix}")
        with VideoReader(path) as reader:
            straight = [rgb for _, rgb in reader.frames()]
            assert [read_code(rgb) for rgb in straight] == list(range(N))
            for key in reversed(reader.index.key_frames[1:].tolist()):
                for n in (key, key - 1, key - 2):
                    assert np.array_equal(reader[n], straight[n])


def test_damage_does_not_outlive_a_seek(tmp_path: Path) -> None:
    """A decoder that guessed at a spoiled picture would spoil good ones after it."""
    whole = Coded(N, "libx264", options(3, 2, "libx264")).write(tmp_path / "a.ts")
    path = cut_short(whole, tmp_path / "short.ts")
    with VideoReader(path, cache_bytes=1) as reader:
        last = len(reader) - 1
        straight = [rgb for _, rgb in reader.frames(0, 40)]
        for n in range(3, 40):
            reader[last]
            assert np.array_equal(reader[n], straight[n])


def test_a_landing_that_is_not_proven_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes back to an earlier keyframe, at last to the start."""
    path = Coded(N, "libx264", options(5, 0, "libx264")).write(tmp_path / "a.mkv")
    restarts: list[int] = []
    restart = VideoFile.restart

    def counted(file: VideoFile) -> None:
        restarts.append(1)
        restart(file)

    with VideoReader(path, cache_bytes=1) as reader:
        index = reader.index
        assert index.keys.tolist() == list(range(0, N, 5))
    monkeypatch.setattr(VideoFile, "restart", counted)
    for other in ([], [60], [62], range(0, N, 5), range(3, N, 5)):
        # A table that says of these packets that they were others.
        digests = index.digests.copy()
        digests[list(other)] += 1
        with VideoReader(path, cache_bytes=1) as reader:
            reader.index = replace(index, digests=digests)
            del restarts[:]
            assert read_code(reader[64]) == 64
            assert bool(restarts) == bool(other)
    land = VideoIndex.land
    monkeypatch.setattr(
        VideoIndex, "land", lambda i, file, row: None if row > 9 else land(i, file, row)
    )
    with VideoReader(path, cache_bytes=1) as reader:
        del restarts[:]
        assert read_code(reader[64]) == 64
        assert restarts == []


def test_a_file_replaced_by_one_of_equal_size_gets_a_new_table(tmp_path: Path) -> None:
    path, cache = tmp_path / "film.mkv", tmp_path / "cache"
    short = Coded(20, "mpeg4", options(5, 0)).write(tmp_path / "short.mkv")
    long = Coded(40, "mpeg4", options(5, 0)).write(tmp_path / "long.mkv")
    size = long.stat().st_size
    shutil.copy(long, path)
    with VideoReader(path, cache) as reader:
        assert len(reader) == 40
    # An .mkv may be followed by anything, here by nothing that is read.
    path.write_bytes(short.read_bytes().ljust(size, b"\0"))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert path.stat().st_size == size
    with VideoReader(path, cache) as reader:
        assert [read_code(rgb) for _, rgb in reader.frames()] == list(range(20))
