"""Frames that are kept and decoded ahead: bounded, around what is looked at, exact."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.video.frame_cache import LEAN, FrameCache
from skelseg_core.video.reader import VideoReader
from tests.soak import examples
from tests.videos import read_code, write_video

N = 60
FRAME_BYTES = 160 * 96 * 3 // 2
TASKS = Path("/proc/self/task")


def away(n: int, focus: int, forwards: bool) -> float:
    """How little a frame is worth: those in the direction of travel count as nearer."""
    ahead = (n - focus) * (1 if forwards else -1)
    return ahead / LEAN if ahead > 0 else -ahead


def made(size: int) -> SimpleNamespace:
    return SimpleNamespace(planes=[SimpleNamespace(buffer_size=size)])


@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.booleans(), st.integers(0, 50)), min_size=1, max_size=80),
)
def test_what_is_kept_lies_around_what_is_looked_at(
    room: int, moves: list[tuple[bool, int]]
) -> None:
    cache, kept, focus, forwards = FrameCache(room * 10), set(), 0, True
    for look, n in moves:
        if look:
            forwards = n > focus if n != focus else forwards
            focus = n
            cache.look_at(n)
            continue
        cache.put(n, made(10))
        kept.add(n)
        if len(kept) > room:
            (gone,) = (k for k in kept if k not in cache)
            assert away(gone, focus, forwards) == max(
                away(k, focus, forwards) for k in kept
            )
            kept.remove(gone)
        assert {k for k in range(51) if k in cache} == kept
        nearest = cache.nearest(focus)
        assert abs(nearest - focus) == min(abs(k - focus) for k in kept)


def test_a_frame_larger_than_the_room_is_kept_alone() -> None:
    cache = FrameCache(5)
    for n in (3, 4):
        cache.look_at(n)
        cache.put(n, made(10))
    assert 3 not in cache
    assert 4 in cache


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_video(path, N, options={"g": "15", "bf": "2"})


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, 20)), max_size=12),
    st.integers(1, 30),
)
def test_decoding_that_is_left_off_spoils_nothing(
    film: Path, walks: list[tuple[int, int]], room: int
) -> None:
    with VideoReader(film, cache_bytes=room * FRAME_BYTES) as reader:
        for n, steps in walks:
            approach = reader.approach(n) if steps % 2 else reader.prefetch(n)
            for _ in zip(range(steps), approach, strict=False):
                pass
            assert read_code(reader[n]) == n
            assert reader.has(n)
            assert reader.has(reader.nearest(n))


def test_a_step_back_finds_the_group_of_pictures(film: Path) -> None:
    with VideoReader(film) as reader:
        assert read_code(reader[44]) == 44
        assert all(reader.has(n) for n in range(30, 45))
        assert not reader.has(29)
        assert read_code(reader[43]) == 43
        # Now it travels backwards: the frame before the group comes next.
        assert reader.ahead() == 29
        for _ in reader.prefetch(29):
            pass
        assert all(reader.has(n) for n in range(15, 45))


def test_ahead_ends_with_the_video(film: Path) -> None:
    with VideoReader(film) as reader:
        reader[0]
        while (n := reader.ahead()) is not None:
            for _ in reader.prefetch(n):
                pass
        assert all(reader.has(n) for n in range(N))
        assert reader.nearest(33) == 33
    with VideoReader(film, cache_bytes=4 * FRAME_BYTES) as reader:
        reader[0]
        assert reader.nearest(33) == 30
        reader[34]
        assert reader.nearest(36) == 34


@pytest.mark.skipif(not TASKS.is_dir(), reason="counts threads in /proc")
def test_frames_that_are_kept_hold_no_threads(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", N)
    with VideoReader(path, tmp_path) as reader:
        reader.bgra(0)
        before = len(list(TASKS.iterdir()))
        for n in range(1, N):
            reader.bgra(n)
        assert all(reader.has(n) for n in range(N))
        assert len(list(TASKS.iterdir())) == before
