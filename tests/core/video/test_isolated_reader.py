"""A video that is decoded by another process: the same frames, and none that crash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from skelseg_core.errors import LostFrame, MissingVideo, VideoError
from skelseg_core.progress import Progress
from skelseg_core.video import isolated_reader
from skelseg_core.video.isolated_reader import IsolatedReader
from skelseg_core.video.reader import VideoReader
from tests.videos import cut_short, picture, read_code, write_video

N = 48
GROUP = 12
pytestmark = pytest.mark.skipif(os.name == "nt", reason="no signals there")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    options = {"g": str(GROUP), "bf": "2", "x264-params": "scenecut=0:log=-1"}
    return write_video(tmp_path / "film.mp4", N, options=options)


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(isolated_reader, "MODULE", "tests.crashing_reader")
    return monkeypatch


def through(reader: IsolatedReader, n: int) -> int:
    """Go to a frame as the decode thread does."""
    for _ in reader.approach(n):
        pass
    assert reader.has(n)
    return read_code(reader.bgra(n)[..., 2::-1])


def test_frames_and_facts_are_those_of_a_reader_in_this_process(video: Path) -> None:
    with IsolatedReader(video) as there, VideoReader(video) as here:
        for name in ("width", "height", "mean_rate", "fingerprint", "videos", "damage"):
            assert getattr(there, name) == getattr(here, name)
        assert len(there) == len(here) == N
        assert np.array_equal(there.times.starts_s, here.times.starts_s)
        for n in np.random.default_rng(0).permutation(N):
            n = int(n)
            assert there.keyframe_at(n) == here.keyframe_at(n)
            assert np.array_equal(there.bgra(n), here.bgra(n))
        assert [through(there, n) for n in (5, 4, 40, 0)] == [5, 4, 40, 0]
        with pytest.raises(IndexError, match=r"frame 48 is not in 0\.\.47"):
            there.bgra(N)


def test_images_are_read_and_their_progress_is_told(tmp_path: Path) -> None:
    for n in range(5):
        cv2.imwrite(str(tmp_path / f"{n}.png"), picture(n)[..., ::-1])
    told: list[Progress] = []
    with IsolatedReader(tmp_path, told.append) as reader:
        assert {progress.total for progress in told} == {5}
        assert [through(reader, n) for n in (4, 0, 2)] == [4, 0, 2]


def test_damage_is_told_as_by_a_reader_in_this_process(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "film.mkv", N, options={"g": str(GROUP)})
    broken = cut_short(whole, tmp_path / "broken.mkv")
    with VideoReader(broken) as here, IsolatedReader(broken) as there:
        assert there.damage == here.damage
        assert "broken.mkv is cut short" in (there.damage or "")
        assert len(there) == len(here) < N
        assert np.array_equal(there.bgra(len(here) - 1), here.bgra(len(here) - 1))


def test_a_crash_costs_one_frame_and_says_so(
    video: Path, crash: pytest.MonkeyPatch
) -> None:
    crash.setenv("SKELSEG_TEST_CRASH", "at 7")
    with IsolatedReader(video) as reader:
        assert through(reader, 6) == 6
        said = r"Frame 7 of film\.mp4 could not be decoded: it crashed .* \(SIGSEGV\)"
        with pytest.raises(LostFrame, match=said):
            through(reader, 7)
        assert not reader.has(7)
        assert [through(reader, n) for n in (8, 9, 6)] == [8, 9, 6]
        for _ in range(2):
            with pytest.raises(LostFrame, match="Frame 7 of film"):
                reader.bgra(7)
        assert reader.has(6)  # the process was not asked


def test_frames_that_need_the_one_that_crashes_are_given_up(
    video: Path, crash: pytest.MonkeyPatch
) -> None:
    crash.setenv("SKELSEG_TEST_CRASH", "past 15")
    started = []
    popen = subprocess.Popen
    crash.setattr(
        subprocess, "Popen", lambda *a, **k: started.append(1) or popen(*a, **k)
    )
    with IsolatedReader(video) as reader:
        assert [through(reader, n) for n in (3, 13, 14)] == [3, 13, 14]
        for n in range(16, 2 * GROUP):
            with pytest.raises(LostFrame, match=f"Frame {n} of"):
                through(reader, n)
        assert len(started) == 2, "each of them costs a process"
        assert [through(reader, n) for n in (24, 14, 47)] == [24, 14, 47]
        assert len(started) == 3


def test_a_video_that_crashes_when_it_is_opened(
    video: Path, crash: pytest.MonkeyPatch
) -> None:
    crash.setenv("SKELSEG_TEST_CRASH", "opening")
    said = r"film\.mp4 crashes its decoder when it is opened \(SIGSEGV\); copy it again"
    with pytest.raises(VideoError, match=said):
        IsolatedReader(video)


def test_a_process_that_answers_nonsense_is_not_believed(
    video: Path, crash: pytest.MonkeyPatch
) -> None:
    crash.setenv("SKELSEG_TEST_CRASH", "nonsense")
    said = r"Frame 2 of .* \(nonsense\)"
    with IsolatedReader(video) as reader, pytest.raises(LostFrame, match=said):
        reader.bgra(2)


@pytest.mark.parametrize("code", ["import this", "pass"])
def test_what_is_no_reader_process_is_not_believed(
    video: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """Lines of a poem are no answers, and no answer is none."""
    command = [sys.executable, "-c", code]
    monkeypatch.setattr(isolated_reader, "module_command", lambda _: command)
    with pytest.raises(VideoError, match="crashes its decoder when it is opened"):
        IsolatedReader(video)


def test_what_is_no_video_is_said_as_by_a_reader_in_this_process(
    tmp_path: Path,
) -> None:
    path = tmp_path / "film.mp4"
    with pytest.raises(MissingVideo):
        IsolatedReader(path)
    path.write_bytes(b"no video at all")
    with pytest.raises(VideoError) as here:
        VideoReader(path)
    with pytest.raises(VideoError) as there:
        IsolatedReader(path)
    assert str(there.value) == str(here.value)


def test_the_process_ends_with_whoever_reads(video: Path, tmp_path: Path) -> None:
    code = (
        "import sys, os\n"
        "from pathlib import Path\n"
        "from skelseg_core.video.isolated_reader import IsolatedReader\n"
        "reader = IsolatedReader(Path(sys.argv[1]))\n"
        "print('here', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(video)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("no /proc here")
        (child,) = map(int, children.read_text().split())
        process.kill()
        process.wait()
    for _ in range(1000):
        if not Path(f"/proc/{child}").exists():
            return
        subprocess.run(["sleep", "0.02"], check=True)
    pytest.fail("the reader process runs on")
