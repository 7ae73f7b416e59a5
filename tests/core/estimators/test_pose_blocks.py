"""Poses in blocks: what was done is kept, and the result is that of one run."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.bundled import resource
from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.estimators import pose_blocks
from skelseg_core.estimators.movenet import MoveNet
from skelseg_core.estimators.person_collector import PersonCollector
from skelseg_core.estimators.pose_blocks import (
    PoseBlocks,
    newest_blocks,
    poses_so_far,
    remove_blocks,
)
from skelseg_core.features.estimated_poses import estimate_of
from skelseg_core.features.video_work import work_on
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task, run
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video
from skelseg_core.video.reader import VideoReader
from tests.projects import changed
from tests.videos import read_code, write_video

N, SEEN = 30, 14


@pytest.fixture(autouse=True)
def _a_block_for_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pose_blocks, "BLOCK_S", 0.0)


def same(a: PoseSequence, b: PoseSequence) -> bool:
    """Whether two sequences are equal to the last bit."""
    return (
        a.keypoints.tobytes() == b.keypoints.tobytes()
        and a.scores.tobytes() == b.scores.tobytes()
        and (a.estimator, a.skeleton, a.size) == (b.estimator, b.skeleton, b.size)
    )


# -- the estimators --------------------------------------------------------------------


def from_there(
    path: Path, first: int, blocks: PoseBlocks, every: int = 1
) -> Iterator[tuple[int, np.ndarray]]:
    with VideoReader(path) as reader:
        for n, rgb in reader.frames(first + blocks.n_done, first + SEEN):
            if (n - first) % every == 0 or n + 1 == first + SEEN:
                yield n - first, rgb


def check_interrupted(
    path: Path, first: int, folder: Path, places: Iterable[int], every: int = 1
) -> PoseSequence:
    """Estimate at one go, and left off and gone on with at all these frames."""
    estimator = MoveNet(threads=1, every=every)
    with VideoReader(path) as reader:
        size = (reader.width, reader.height)
    nothing = PoseBlocks(folder / "none", "", SEEN, size)
    whole = run(estimator.estimate(from_there(path, first, nothing, every), SEEN, size))
    for place in places:
        blocks = PoseBlocks(folder / "b", "f", SEEN, size)
        frames = from_there(path, first, blocks, every)
        task = estimator.estimate(frames, SEEN, size, blocks)
        while next(task).done < place:
            pass
        task.close()
    blocks = PoseBlocks(folder / "b", "f", SEEN, size)
    frames = from_there(path, first, blocks, every)
    found = run(estimator.estimate(frames, SEEN, size, blocks))
    assert blocks.first == place
    assert same(found, whole)
    return whole


def test_movenet_goes_on_as_if_it_had_not_been_left(tmp_path: Path) -> None:
    path = resource("demo") / "videos" / "anna-1.mp4"
    poses = check_interrupted(path, 40, tmp_path, (1, 4, 5, 12))
    assert (poses.scores > 0).any(axis=(1, 2)).all()


def test_so_it_does_where_only_every_third_frame_is_looked_at(tmp_path: Path) -> None:
    path = resource("demo") / "videos" / "anna-1.mp4"
    # Blocks end at frames that were looked at: the first, the fourth, the seventh.
    poses = check_interrupted(path, 40, tmp_path, (1, 4, 7), every=3)
    assert (poses.scores > 0).any(axis=(1, 2)).all()


def test_so_it_does_where_people_come_and_go(tmp_path: Path, shared: Path) -> None:
    path = shared / "data" / "videos" / "one_by_one.mp4"
    poses = check_interrupted(path, 188, tmp_path, (3, 5, 7, 9))
    assert not (poses.scores > 0).any(axis=(1, 2)).all()


class Everybody:
    """An estimator that sees two people whose places say which frames they are of."""

    skeleton = "coco17"

    def __init__(self, name: str = "everybody 1") -> None:
        self.name = name
        self.seen: list[int] = []

    def estimate(
        self,
        frames: Iterable[tuple[int, np.ndarray]],
        n_frames: int,
        size: tuple[int, int],
        blocks: PoseBlocks | None = None,
    ) -> Task[PoseSequence]:
        people = PersonCollector(n_frames, 17)
        people.begin(blocks, self.name)
        for n, rgb in frames:
            assert read_code(rgb) == n
            self.seen.append(n)
            # Who comes first changes; the index of a person does not.
            found = np.full((2, 17, 3), 0.7)
            found[0, :, :2] = n + np.linspace(0, 20, 34).reshape(17, 2)
            found[1, :, :2] = 300 - n + np.linspace(0, 20, 34).reshape(17, 2)
            people.add(n, found[:: 1 if n % 3 else -1].astype(np.float32))
            yield Progress("estimating poses", n + 1, n_frames)
        return people.sequence(self.skeleton, size, self.name)


# -- a project -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    video = write_video(tmp_path / "a.mp4", N, rate=25)
    folder.save(add_video(project, probe_video(video, folder, project)))
    return folder


def estimate(
    folder: ProjectFolder, by: Any, until: int = N + 1, again: bool = False
) -> tuple[list[Progress], PoseSequence | None]:
    """Estimate the poses of the video, up to a frame; the progress and the poses."""
    steps: list[Progress] = []
    task = estimate_of(work_on(str(folder.root), "a", 1), again, lambda: by)
    try:
        while not steps or steps[-1].done < until:
            steps.append(next(task))
    except StopIteration as end:
        return steps, end.value
    task.close()
    return steps, None


def test_a_video_goes_on_where_it_was_left(folder: ProjectFolder) -> None:
    place, path = folder.pose_blocks_dir("a"), folder.poses_path("a")
    _, whole = estimate(folder, Everybody())
    assert whole is not None
    written = path.read_bytes()
    assert not place.exists(), "nothing is left of a run that came to its end"
    path.unlink()
    estimate(folder, Everybody(), until=9)
    assert not path.exists()
    later = Everybody()
    steps, _ = estimate(folder, later, until=20)
    assert later.seen == list(range(9, 20))
    assert (steps[-1].step, steps[-1].done) == ("poses of a, from frame 9 on", 20)
    # A block that is damaged is made anew, with those after it that it led to.
    (block,) = place.glob("*-000000014-000000015.npz")
    block.write_bytes(block.read_bytes()[:100])
    (place / ".half.tmp").write_bytes(b"of a process that was killed")
    last = Everybody()
    _, poses = estimate(folder, last)
    assert last.seen == list(range(14, N))
    assert poses is not None
    assert same(poses, whole)
    assert path.read_bytes() == written
    assert not place.parent.exists()


def test_a_thread_that_decodes_ahead_changes_nothing(folder: ProjectFolder) -> None:
    _, alone = estimate(folder, Everybody())
    work = work_on(str(folder.root), "a", 2)
    ahead, before = Everybody(), set(threading.enumerate())
    task = estimate_of(work, True, lambda: ahead)
    while next(task).done < 9:
        pass
    task.close()
    assert ahead.seen == list(range(9))
    assert not set(threading.enumerate()) - before, "the thread ends with the task"
    poses = run(estimate_of(work, True, lambda: ahead))
    assert ahead.seen == list(range(N))
    assert alone is not None
    assert same(poses, alone)


def test_blocks_of_another_file_or_estimator_are_never_taken(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    estimate(folder, Everybody("everybody 1"), until=20)
    other = Everybody("everybody 2")
    estimate(folder, other, until=5)
    assert other.seen == list(range(5))
    # Each goes on with its own.
    first = Everybody("everybody 1")
    estimate(folder, first, until=22)
    assert first.seen == [20, 21]
    # The same name, another recording of as many frames.
    project = folder.load()
    video = write_video(tmp_path / "a.mp4", N, rate=30)
    fingerprint = VideoReader(video).fingerprint
    item = changed(project.track("a"), fingerprint=fingerprint)
    folder.save(dataclasses.replace(project, tracks=(item,)), project)
    anew = Everybody("everybody 1")
    estimate(folder, anew)
    assert anew.seen == list(range(N))
    assert not folder.pose_blocks_dir("a").exists()


def test_two_processes_at_once_do_no_harm(folder: ProjectFolder) -> None:
    _, whole = estimate(folder, Everybody())
    folder.poses_path("a").unlink()
    tasks = [
        estimate_of(work_on(str(folder.root), "a", 1), False, Everybody)
        for _ in range(2)
    ]
    for task in tasks:
        while next(task).done < 7:
            pass
    first = run(tasks[0])  # takes the blocks away that the other writes
    second = run(tasks[1])
    assert whole is not None
    assert same(first, whole)
    assert same(second, whole)
    assert not folder.pose_blocks_dir("a").exists()


def test_where_blocks_cannot_be_written_the_poses_come_all_the_same(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ProjectError("The disk is full.")

    monkeypatch.setattr(pose_blocks, "save_npz", full)
    _, poses = estimate(folder, Everybody())
    assert poses is not None
    assert folder.poses_path("a").is_file()


def test_a_proxy_is_written_on_the_way_and_changes_nothing(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.video.proxy.LONG_LOOK_PX", 0)
    _, alone = estimate(folder, Everybody())
    work = dataclasses.replace(work_on(str(folder.root), "a", 1), proxy_bytes=10**9)
    film = VideoReader(work.video_path)
    assert film.preview(3) is None, "nobody asked for one"
    # One that goes on from before has no first frames to write.
    folder.poses_path("a").unlink()
    estimate(folder, Everybody(), until=9)
    poses = run(estimate_of(work, False, Everybody))
    assert film.preview(3) is None
    both = run(estimate_of(work, True, Everybody))
    assert alone is not None
    assert same(poses, alone)
    assert same(both, alone)
    for n in range(N):
        pixels = film.preview(n)
        assert pixels is not None
        assert read_code(pixels[..., 2::-1]) == n


def test_poses_so_far_are_those_of_the_blocks_that_were_written_last(
    tmp_path: Path,
) -> None:
    path, folder = resource("demo") / "videos" / "anna-1.mp4", tmp_path / "b"
    assert newest_blocks(folder) == []
    estimator = MoveNet(threads=1)
    with VideoReader(path) as reader:
        size = (reader.width, reader.height)
    for video, n in (("other", 9), ("f", 5)):
        blocks = PoseBlocks(folder, video, SEEN, size)
        task = estimator.estimate(from_there(path, 40, blocks), SEEN, size, blocks)
        while next(task).done < n:
            pass
        task.close()
        for block in newest_blocks(folder):
            os.utime(block, (n, n) if video == "other" else None)
    blocks = PoseBlocks(folder, "f", SEEN, size)
    whole = run(estimator.estimate(from_there(path, 40, blocks), SEEN, size, blocks))
    now = newest_blocks(folder)
    for paths, n in ((now[:5], 5), (now, SEEN)):
        found = poses_so_far(paths, SEEN, size, "coco17")
        assert found.keypoints[:n].tobytes() == whole.keypoints[:n].tobytes()
        assert not found.scores[n:].any()
        assert np.isnan(found.keypoints[n:]).all()
    remove_blocks(folder)
    with pytest.raises(FormatError):
        poses_so_far(now, SEEN, size, "coco17")
