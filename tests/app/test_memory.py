"""What the window keeps in memory of a long video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.kit.memory import share_freed_memory
from app.kit.settings import CACHE_MB
from app.playback.decoder import RING_BYTES
from app.playback.thumbnails import CACHE_BYTES, ThumbnailReader, ThumbnailSpec
from app.services.file_readers import read_thumbs
from app.services.services import decoded_bytes
from app.timeline.kinds.filmstrip import Filmstrip
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project import add_video
from skelseg_core.video.reader import VideoReader
from tests.videos import write_video

WHOLE = ThumbnailSpec(None, 160, 96)


def test_strips_and_small_pictures_keep_few_decoded_frames(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each took as much as the player: 2.15 GB in all for an hour of 1920x1080.
    asked: list[int] = []
    init = VideoReader.__init__

    def remember(
        self: VideoReader, path: Path, *args: Any, cache_bytes: int = -1
    ) -> None:
        asked.append(cache_bytes)
        init(self, path, *args, cache_bytes=cache_bytes)

    monkeypatch.setattr(VideoReader, "__init__", remember)
    path = write_video(tmp_path / "a.mp4", 10)
    for made in (ThumbnailReader(), ThumbnailReader(cache_bytes=1)):
        made.open(path)
        made.want([1], WHOLE)
        qtbot.waitUntil(lambda made=made: made.image(1) is not None)  # type: ignore[misc]
        made.close()
    assert asked == [CACHE_BYTES, 1]
    strip = Filmstrip()
    strip.open(path)
    strip.frames.want([2], WHOLE)
    qtbot.waitUntil(lambda: strip.frames.image(2) is not None)
    strip.close()
    assert asked[2:] == [1]
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    project = add_video(project, probe_video(path, folder, project))
    asked.clear()
    run(read_thumbs(folder, project, lambda *_: None))
    assert asked == [1]
    # What the setting says is what all of them share.
    room = CACHE_MB * 2**20
    assert decoded_bytes(room) + RING_BYTES + CACHE_BYTES == room
    assert decoded_bytes(2**20) == 2**19


def test_heaps_are_shared_where_the_c_library_can() -> None:
    share_freed_memory()  # elsewhere it does nothing, and nowhere does it fail
