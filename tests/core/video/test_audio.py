"""The sound of a video, in the time of its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import VideoError
from skelseg_core.progress import run
from skelseg_core.video.audio import (
    BLOCK_RATE,
    RATE,
    SoundReader,
    Waveform,
    read_waveform,
)
from skelseg_core.video.reader import open_index
from tests.videos import cut_short, write_images, write_video

CLICKS_S = (0.5, 1.0, 2.0, 3.5)
N = 120
CODE_S = 0.012
"""Coding smears a click by so much, mostly ahead of it."""


def clicks(channels: int = 1) -> np.ndarray:
    """Four seconds of silence with four clicks, 16,000 samples a second."""
    sound = np.zeros(64_000)
    wave = 0.9 * np.sin(np.arange(80) / 80 * 2 * np.pi * 8)
    for at in CLICKS_S:
        sound[int(at * 16_000) :][:80] = wave
    return sound if channels == 1 else np.stack([sound] * channels, axis=1)


def heard(waveform: Waveform) -> list[float]:
    """When each click begins, in seconds."""
    loud = np.flatnonzero(waveform.high > 8000)
    first = np.insert(np.diff(loud) > BLOCK_RATE // 20, 0, True)
    return [float(n) / BLOCK_RATE for n in loud[first]]


FILES: dict[str, dict[str, Any]] = {
    "plain.mp4": {},
    "stereo.mkv": {"sound": clicks(2)},
    "pcm.mkv": {"sound_codec": "pcm_s16le"},
    "opus.mkv": {"sound_codec": "libopus"},
    "a.avi": {"codec": "mpeg4", "sound_codec": "pcm_s16le"},
    "a.ts": {"codec": "mpeg2video", "sound_codec": "mp2"},
    # Pictures begin half a second, sound three quarters of a second into the file.
    "late.mkv": {"pts": range(15, 15 + N), "sound_start_s": 0.75},
    "late.mp4": {"pts": range(15, 15 + N), "sound_start_s": 0.75},
    "early.mov": {"pts": range(15, 15 + N)},
}
SHIFT_S = {"late.mkv": 0.25, "late.mp4": 0.25, "early.mov": -0.5}


@pytest.mark.parametrize("name", FILES)
def test_sound_is_aligned_to_the_pictures(tmp_path: Path, name: str) -> None:
    made = {"sound": clicks(), **FILES[name]}
    path = write_video(tmp_path / name, N, **made)
    index = run(open_index(path))
    assert index.has_sound
    wanted = [t + SHIFT_S.get(name, 0) for t in CLICKS_S]
    wanted = [t for t in wanted if 0 <= t < 4]
    waveform = run(read_waveform(path))
    assert heard(waveform) == pytest.approx(wanted, abs=CODE_S)
    assert 0.85 < waveform.peak < 1
    # From the middle on, the same samples at the same places.
    with SoundReader(path, index) as reader:
        whole = _laid_out(reader, None)
    with SoundReader(path, index) as reader:
        later = _laid_out(reader, 1.3)
    start = round(1.3 * RATE)
    assert not later[:start].any()
    near = 60 if name == "opus.mkv" else 4  # timestamps of whole milliseconds
    assert _offset(whole[start:], later[start:]) <= near


def _laid_out(reader: SoundReader, start_s: float | None) -> np.ndarray:
    """Samples of the first five seconds, by their number."""
    laid = np.zeros(RATE * 5, np.float32)
    end = None
    for at, samples in reader.blocks(start_s):
        assert samples.dtype == np.float32
        assert end is None or at >= end
        end = at + len(samples)
        skip = max(0, -at)
        part = samples[skip : skip + max(0, len(laid) - at - skip)]
        laid[at + skip :][: len(part)] = part
    return laid


def _offset(a: np.ndarray, b: np.ndarray) -> int:
    """By how many samples the first loud one differs."""
    first = [int(np.flatnonzero(np.abs(x) > 0.4)[0]) for x in (a, b)]
    return abs(first[0] - first[1])


def test_the_envelope_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", N, sound=clicks(), sound_codec="pcm_s16le")
    cache = tmp_path / "cache"
    first = run(read_waveform(path, cache))
    (kept,) = cache.iterdir()
    again = run(read_waveform(path, cache))
    np.testing.assert_array_equal(first.low, again.low)
    np.testing.assert_array_equal(first.high, again.high)
    kept.write_bytes(b"nonsense")
    assert heard(run(read_waveform(path, cache))) == heard(first)
    write_video(path, N, sound=clicks() * 0.5, sound_codec="pcm_s16le")
    assert run(read_waveform(path, cache)).peak == pytest.approx(0.45, abs=0.02)


def test_no_sound_is_said(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "a.mp4", 5)
    images = write_images(tmp_path / "images", range(3))
    for path in (silent, images):
        with pytest.raises(VideoError, match="has no sound"):
            run(read_waveform(path))


def test_damaged_sound_is_silence_and_pictures_stay_right(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", N, sound=clicks(), sound_codec="mp2")
    data = bytearray(path.read_bytes())
    import av

    with av.open(str(path)) as container:
        sound = [p for p in container.demux(audio=0) if p.size]
    for packet in sound[len(sound) // 2 :]:
        start = (packet.pos or 0) + 6
        data[start : start + packet.size] = bytes(packet.size)
    bad = tmp_path / "bad.mkv"
    bad.write_bytes(bytes(data))
    found = heard(run(read_waveform(bad)))
    assert found[:2] == pytest.approx([0.5, 1.0], abs=CODE_S)
    short = cut_short(path, tmp_path / "short.mkv", 0.5)
    assert heard(run(read_waveform(short)))[:1] == pytest.approx([0.5], abs=CODE_S)


@given(st.data())
def test_columns_are_the_extremes_under_each_pixel(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 40_000))
    rng = np.random.default_rng(n)
    low = -rng.integers(0, 32767, n).astype(np.int16)
    high = rng.integers(0, 32767, n).astype(np.int16)
    start = data.draw(st.floats(0, n / BLOCK_RATE))
    span = data.draw(st.floats(0.001, 2 * n / BLOCK_RATE))
    width = data.draw(st.integers(1, 60))
    edges = np.linspace(start, start + span, width + 1)
    least, most = Waveform(low, high).columns(edges)
    assert least.shape == most.shape == (width,)
    at = np.floor(edges * BLOCK_RATE + 1e-6).astype(int)
    for x in range(width):
        a, b = at[x], max(at[x] + 1, at[x + 1])
        # Where a pixel is many values wide, its edges may be off by a quarter.
        reach = (b - a) // 4 + 1
        if a >= n:
            assert a < n + reach or least[x] == most[x] == 0
            continue
        inside = slice(a, max(a + 1, b - reach))
        around = slice(max(0, a - reach), b + reach)
        assert low[around].min() - 1 <= least[x] * 32767 <= low[inside].min() + 1
        assert high[inside].max() - 1 <= most[x] * 32767 <= high[around].max() + 1


def test_an_empty_envelope() -> None:
    nothing = Waveform(np.zeros(0, np.int16), np.zeros(0, np.int16))
    assert nothing.peak == 0
    assert not nothing.columns(np.linspace(0, 1, 11))[0].any()
