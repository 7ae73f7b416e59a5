"""Projects with videos on other computers: nobody is asked that nobody allowed."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from skelseg_core.doctor.checkup import examine
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task
from skelseg_core.progress import run as run_task
from skelseg_core.project.copies.annotator_copy import copy_for_annotator
from skelseg_core.project.copies.moved_videos import find_videos
from skelseg_core.project.copies.save_as import save_as
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.tasks.registry import TASKS
from skelseg_core.video.remote import remote_file
from skelseg_core.video.remote.permission import HostNotAllowed
from tests.commands import done, mistake, run
from tests.in_process import in_this_process
from tests.media_server import MediaServer, serving
from tests.videos import read_code, write_video

N, MANY, CUT = 40, 240, 40
"""Frames of a video, of a long one, and of it those before the connection is cut."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MediaServer]:
    (tmp_path / "far").mkdir()
    write_video(tmp_path / "far" / "clip.mp4", N)
    with serving(tmp_path / "far", monkeypatch) as made:
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create_project(tmp_path / "project", label_map_from_names("abc"))
    return tmp_path / "project"


def test_a_host_is_allowed_and_its_video_is_one_of_the_project(
    root: Path, server: MediaServer
) -> None:
    address = server.address("clip.mp4")
    place = address.removesuffix("/clip.mp4")
    said = mistake("add", root, address)
    assert f"skelseg allow PROJECT {place}" in said
    assert server.requests == []
    assert "not allowed" not in done("allow", root, place)
    assert f"{N} frames" in done("add", root, address)
    assert done("allow", root) == f"{place}: allowed; 1 video\n"
    folder = ProjectFolder(root)
    (item,) = folder.load().videos
    assert item.path == address
    with open_recording(folder, item) as reader:
        assert read_code(reader[25]) == 25
    assert "already" in mistake("add", root, address)
    saved = run_task(save_as(folder, folder.load(), root.parent / "other", False))
    with open_recording(saved.folder, item) as reader:  # the same person goes on
        assert len(reader) == N
    values = json.loads(done("info", root, "--json"))
    assert values["videos"][0]["file_is_gone"] is False
    done("allow", root, place, "--forget")
    assert "not allowed" in done("allow", root)
    with pytest.raises(HostNotAllowed):
        open_recording(folder, item)


def test_a_copy_of_a_local_video_has_the_same_fingerprint(
    root: Path, server: MediaServer
) -> None:
    done("allow", root, server.address("").rstrip("/"))
    done("add", root, server.address("clip.mp4"), server.folder / "clip.mp4")
    far, near = ProjectFolder(root).load().videos
    assert far.fingerprint == near.fingerprint


class Reader:
    """An estimator that finds one person, whose place says which frame it is."""

    name, skeleton = "reader", "coco17"

    def __init__(self, server: MediaServer) -> None:
        self.server, self.seen = server, list[int]()

    def estimate(
        self,
        frames: Iterable[tuple[int, np.ndarray]],
        n_frames: int,
        size: tuple[int, int],
        _: object,
    ) -> Task[PoseSequence]:
        places = np.full((n_frames, 1, 17, 2), np.nan, np.float32)
        for n, picture in frames:
            yield Progress("reading", n, n_frames)
            places[n] = read_code(picture)
            self.seen.append(n)
            if len(self.seen) == CUT:
                self.server.good, self.server.n_cut = 0, 1_000_000
        scores = np.ones(places.shape[:-1], np.float32)
        return PoseSequence(places, scores, self.skeleton, size, self.name)


def test_a_connection_that_is_cut_costs_a_run_what_the_next_makes_up(
    root: Path, server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(server)
    monkeypatch.setattr(
        "skelseg_core.features.per_video.MoveNet", lambda *_, **__: reader
    )
    worker = in_this_process(TASKS)
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", worker)
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 16384)
    monkeypatch.setattr(remote_file, "KEPT_BLOCKS", 2)
    large = {"g": "12", "crf": "1"}
    near = write_video(server.folder / "near.mp4", MANY, options=large)
    shutil.copy(near, server.folder / "far.mp4")
    done("allow", root, server.address("").rstrip("/"))
    done("add", root, server.address("far.mp4"), near)
    folder = ProjectFolder(root)
    result = run("run", root, "poses", "--jobs", "1", "--every", "1")
    assert result.exit_code == 1
    assert "poses: 1 video done" in result.stdout
    (told,) = [n for n in result.stderr.splitlines() if n.startswith("poses far")]
    assert f"The connection to {server.address('').rstrip('/')} was lost" in told
    assert CUT <= len(reader.seen) - MANY < MANY, "it was cut in the midst"
    assert {p.name for p in root.rglob("*.npz")} == {"near.npz"}
    server.n_cut = 0
    assert done("run", root, "poses") == "poses: 1 video done\n"
    found = [load_poses(folder.poses_path(v)).keypoints for v in ("far", "near")]
    assert np.array_equal(*found)
    assert not list(root.rglob("*.tmp"))


@pytest.mark.parametrize(
    "path",
    [
        "https://stranger.example/clip.mp4",
        "s3://bucket/clip.mp4",
        "ssh://me@stranger.example/clip.mp4",
        "https://me:secret@stranger.example/clip.mp4",
        "https:///clip.mp4#25fps",
    ],
)
def test_a_strangers_project_asks_nobody(
    root: Path, tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_video(tmp_path / "clip.mp4", N)
    done("add", root, tmp_path / "clip.mp4")
    file = root / "project.json"
    file.write_text(file.read_text().replace("../clip.mp4", path))
    assert path in file.read_text()

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("something was asked of the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    folder = ProjectFolder(root)
    project = folder.load()
    (item,) = project.videos
    with pytest.raises(
        Exception, match=r"nothing was sent|is not an address|has a user name"
    ):
        open_recording(folder, item)
    findings = run_task(examine(folder, project)).findings
    assert not [f for f in findings if f.check in ("video", "missing video")]
    assert run("doctor", root).exit_code in (0, 1)
    assert run("poses", root).exit_code != 0
    done("info", root)
    assert run_task(find_videos(folder, project, tmp_path)).found == {}
    there = run_task(save_as(folder, project, tmp_path / "b/c", False)).folder
    assert there.load().videos[0].path == path
    # Times are the video's, as of any that cannot be read.
    mistake("export", root, "--out", tmp_path / "out", "--format", "eaf")
    if "secret" not in path and "///" not in path:
        made = tmp_path / "copy"
        run_task(copy_for_annotator(folder, project, made, "ann"))
        assert ProjectFolder(made).load().videos[0].path == path
