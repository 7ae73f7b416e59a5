"""Files with several video streams: which one is read, by everybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import VideoError
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video
from skelseg_core.video.reader import VideoReader
from tests.videos import read_code, write_streams

N = 30


def codes(path: Path) -> list[int]:
    """Every frame at random; the same in a row, and after the table was kept."""
    order = np.random.default_rng(1).permutation(N).tolist()
    with VideoReader(path, cache_bytes=1) as reader:
        assert len(reader) == N
        found = {n: read_code(reader[n]) for n in order}
        assert [read_code(p) for _, p in reader.frames()] == [
            found[n] for n in range(N)
        ]
    return [found[n] for n in range(N)]


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_each_stream_is_read_by_its_number(tmp_path: Path, name: str) -> None:
    path = write_streams(tmp_path / name, [0, 100, 200])
    for _ in range(2):
        assert codes(path) == list(range(N))
        for n in (1, 2, 3):
            numbered = path.with_name(f"{name}#{n}")
            assert codes(numbered)[0] == 100 * (n - 1)
            with VideoReader(numbered) as reader:
                assert (reader.index.video, reader.index.n_videos) == (n, 3)
    with pytest.raises(VideoError, match="has 3 video streams and no #4"):
        VideoReader(path.with_name(f"{name}#4"))


@pytest.mark.parametrize(
    ("name", "starts", "cover", "shown", "count"),
    [
        ("noise.mkv", [-1, 100], False, 2, 2),
        ("noise.mp4", [-1, 100], False, 2, 2),
        ("behind.mkv", [100, -1], False, 1, 2),
        ("picture.mkv", [None, 100], False, 2, 2),
        ("both.mkv", [None, -1, 100], False, 3, 3),
        ("cover.mp4", [None, 100], True, 1, 1),
    ],
)
def test_covers_and_broken_streams_never_win(
    tmp_path: Path,
    name: str,
    starts: list[int | None],
    cover: bool,
    shown: int,
    count: int,
) -> None:
    path = write_streams(tmp_path / name, starts, cover=cover)
    assert codes(path) == list(range(100, 100 + N))
    with VideoReader(path) as reader:
        assert reader.index.video == shown
        assert reader.index.n_videos == count


def test_a_broken_stream_that_is_asked_for_is_one_sentence(tmp_path: Path) -> None:
    path = write_streams(tmp_path / "a.mkv", [0, -1])
    with pytest.raises(VideoError, match="has no frame that can be decoded"):
        VideoReader(path.with_name("a.mkv#2"))


def test_streams_are_videos_of_a_project(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    path = write_streams(folder.root.parent / "rig.mkv", [0, 100])
    first = probe_video(path, folder, project)
    project = add_video(project, first)
    second = probe_video(path.with_name("rig.mkv#2"), folder, project)
    assert (first.id, second.id) == ("rig", "rig-stream2")
    assert (first.video.path, second.video.path) == ("../rig.mkv", "../rig.mkv#2")
    with VideoReader(folder.video_path(second.video)) as reader:
        assert read_code(reader[7]) == 107
        assert reader.fingerprint == second.video.fingerprint
    moved = folder.root / "elsewhere"
    moved.mkdir()
    path.rename(moved / "rig.mkv")
    assert folder.video_path(second.video, [str(moved)]) == moved / "rig.mkv#2"
