"""What a person does costs the same in a project of ten thousand videos as of ten.

Work is counted, not timed: which videos are looked into, which files are opened.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.services.files.video_files import VideoFiles
from app.services.models.pose_service import PoseService
from app.state.document import Document
from app.window.leaving import leave
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.session_journals import begin_journal
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.json import labels_text, project_text, project_to_json
from skelseg_core.project.lane_index import stamp_of
from skelseg_core.project.seen_files import digest_of
from skelseg_core.project.videos_and_tracks import Track
from tests.settled import settle

N_VIDEOS = 10_000
MOST_VISITED = 10


@dataclass
class Work:
    """Videos that were looked into and files that were opened, while it is counted."""

    counted: bool = False
    videos: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    @contextmanager
    def counting(self) -> Iterator[None]:
        self.videos.clear()
        self.files.clear()
        self.counted = True
        try:
            yield
        finally:
            self.counted = False

    @property
    def ours(self) -> bool:
        """Whether it is done for the person: by the window, or by saving."""
        thread = threading.current_thread()
        ours = thread is threading.main_thread() or thread.name.startswith("save")
        return self.counted and ours


WORK = Work()


class CountedItem(Track):
    """A video that notes that it is looked into."""

    def __getattribute__(self, name: str) -> Any:
        if WORK.ours:
            WORK.videos.add(object.__getattribute__(self, "id"))
        return object.__getattribute__(self, name)


def note_files(event: str, values: tuple[Any, ...]) -> None:
    if WORK.ours and event == "open" and isinstance(values[0], str | os.PathLike):
        WORK.files.add(os.fspath(values[0]))


@pytest.fixture(scope="module", autouse=True)
def audited() -> None:
    sys.addaudithook(note_files)


@pytest.fixture
def document(project_folder: ProjectFolder) -> Document:
    """Ten thousand entries of one video, with a label file each."""
    folder, project = project_folder, project_folder.load()
    one = project.track("one")
    values = {f.name: getattr(one, f.name) for f in fields(one)}
    video = one.video.with_film(path=str(folder.video_path(one.video)))
    names = (f"v{n:05d}" for n in range(N_VIDEOS))
    items = tuple(
        CountedItem(**{**values, "id": name, "video": replace(video, id=name)})
        for name in names
    )
    project = replace(project, tracks=items)
    folder.project_file.write_text(project_text(project_to_json(project)))
    for item in items:
        folder.labels_path(item.id).write_text(labels_text(item.annotation))
    folder = ProjectFolder(folder.root)
    # As after an opening, it knows what is in the files.
    for file in (folder.project_file, *map(folder.labels_path, project.track_ids)):
        folder.files.note(file, digest_of(file.read_bytes()), stamp_of(file))
    journal = begin_journal(project.uuid, folder)
    return Document(folder, project, journal, Claims(folder.root))


@pytest.fixture
def window(
    qtbot: QtBot, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ProjectWindow]:
    monkeypatch.setattr(PoseService, "by_itself", False)
    monkeypatch.setattr(VideoFiles, "load_thumbs", lambda *_: None)
    shown = MainWindow(Settings(tmp_path / "s.ini"))
    shown.resize(1366, 740)
    shown.show()
    project_window = shown.fill(document)
    project_window.start()
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=60_000)
    settle()
    yield project_window
    leave(shown)
    shown.deleteLater()


def test_nothing_is_done_for_videos_that_nobody_looks_at(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    document, folder = window.document, window.document.folder
    session = window.session
    session.set_video("v05000")
    # Once a day a backup reads the files of every video, in a thread.
    Backups(folder, document.project.uuid).make("test")
    settle()

    def edit() -> None:
        assert document.edit_lane("Paint", "v05000", lambda s: paint(s, 3, 9, 1))

    def save() -> None:
        document.save()
        qtbot.waitUntil(lambda: not document.unsaved, timeout=20_000)

    def work_of(act: Callable[[], object]) -> set[str]:
        with WORK.counting():
            act()
            qtbot.wait(50)
        assert len(WORK.videos) <= MOST_VISITED, WORK.videos
        inside = (f for f in map(Path, WORK.files) if f.is_relative_to(folder.root))
        return {f.name for f in inside if not f.is_dir()}

    journal = str(document.journal.path)
    assert work_of(edit) == set()
    assert journal in WORK.files
    saved = work_of(save)
    assert "v05000.json" in saved
    # It, its new text, and a look whether the project is still there.
    others = saved - {"v05000.json", "project.json"}
    assert all(name.startswith(".skelseg-") for name in others), saved
    assert work_of(document.undo) == set()
    work_of(lambda: window.services.current_video.go(1))
    assert session.track_id == "v05001"
    work_of(window.commands.refresh)
