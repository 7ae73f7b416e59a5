"""What the window keeps in memory of a long video."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.kit.memory import (
    GarbageCollector,
    keep_collector_quiet,
    many_objects,
    share_freed_memory,
)
from app.kit.settings import CACHE_MB
from app.playback.decoder import RING_BYTES
from app.playback.thumbnails import CACHE_BYTES, ThumbnailReader, ThumbnailSpec
from app.services.foundation import decoded_bytes
from app.services.models.file_readers import read_thumbs
from app.timeline.kinds.filmstrip import Filmstrip
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project_edits import add_video
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


class Cycle:
    """Garbage once nobody else has it, for the collector alone to find."""

    def __init__(self) -> None:
        self.cycle = self


def old_garbage() -> weakref.ref[Cycle]:
    """Garbage that is looked at with all objects only."""
    cycle = Cycle()
    gc.collect(0)
    gc.collect(1)
    return weakref.ref(cycle)


def test_all_objects_are_looked_at_only_in_a_pause_of_keys(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.kit.memory.FULL_AFTER", -1)  # always due
    monkeypatch.setattr("app.kit.memory.PAUSE_S", 1000.0)
    field, parent = QLineEdit(), QObject()
    qtbot.addWidget(field)
    field.show()
    field.activateWindow()
    qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is field.windowHandle())
    collector = GarbageCollector(parent)
    try:
        monkeypatch.setattr(collector, "input_at", -10_000.0)
        left = old_garbage()
        QTest.keyClick(field.windowHandle(), Qt.Key.Key_A)
        assert field.text() == "a"
        collector.collect()
        assert left() is not None
        monkeypatch.setattr("app.kit.memory.PAUSE_S", 0.0)
        collector.collect()
        assert left() is None
        # What stays is put aside, and looked at again where a project was closed.
        aside = Cycle()
        collector.collect()
        gone = weakref.ref(aside)
        del aside
        collector.collect()
        assert gone() is not None
        keep_collector_quiet()
        assert gone() is None
    finally:
        parent.deleteLater()
        gc.unfreeze()


def test_the_start_reads_the_source_of_no_module() -> None:
    """PySide would: a newer one may need another way to be kept from it."""
    code = (
        "import linecache\n"
        "from app.kit.memory import read_no_sources\n"
        "read_no_sources()\n"
        "linecache.clearcache()\n"
        "import app.services.jobs\n"
        "assert not linecache.cache, list(linecache.cache)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_garbage_is_collected_by_the_window_alone(qtbot: QtBot) -> None:
    """A thread that makes objects deletes none of Qt's."""
    where: list[threading.Thread] = []

    class Garbage:
        def __init__(self) -> None:
            self.cycle = self

        def __del__(self) -> None:
            where.append(threading.current_thread())

    def make() -> None:
        for _ in range(5_000):
            Garbage()

    parent = QObject()
    GarbageCollector(parent)
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert not where
    qtbot.waitUntil(lambda: len(where) == 5_000, timeout=20_000)
    assert set(where) == {threading.main_thread()}
    parent.deleteLater()


@pytest.mark.parametrize("is_late", [False, True])
def test_collections_are_put_off_while_a_thread_makes_many_objects(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    parent = QObject()
    collector = GarbageCollector(parent)
    gc.collect()
    with many_objects():
        ref = [weakref.ref(Cycle()) for _ in range(1000)][-1]
        collector.collect()
        assert ref() is not None
        if is_late:
            monkeypatch.setattr("app.kit.memory.LATEST_S", 0.0)
            collector.collect()
            assert ref() is None
    collector.collect()
    assert ref() is None
