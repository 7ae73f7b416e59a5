from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint, relabel
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.journal import Journal, replay
from skelseg_core.project.json import project_to_json
from skelseg_core.project.project import Project, add_video, edit_lane, set_notes
from tests.projects import N, item, make_project, painted

edits = st.lists(
    st.tuples(
        st.sampled_from(["v1", "v2"]), st.integers(0, 58), st.integers(1, 20),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


def _apply(project: Project, edit: tuple[str, int, int, int]) -> Project:
    video, start, length, label = edit
    stop = min(N, start + length)
    return edit_lane(project, video, lambda s: paint(s, start, stop, label))


@settings(max_examples=40, deadline=None)
@given(edits=edits, saved_at=st.integers(0, 12), torn=st.integers(0, 200))
def test_journal_gives_back_every_recorded_edit(
    tmp_path_factory: pytest.TempPathFactory,
    edits: list[tuple[str, int, int, int]],
    saved_at: int,
    torn: int,
) -> None:
    root = tmp_path_factory.mktemp("journal")
    folder, project = make_project(root / "p")
    journal = Journal(root / "j.jsonl", folder)
    states = [project]
    for n, edit in enumerate(edits):
        if n == saved_at:
            mark = journal.begin_save()
            folder.save(states[-1])
            journal.end_save(mark)
        after = _apply(states[-1], edit)
        journal.record(f"edit {n}", states[-1], after)
        states.append(after)
    journal.close()
    base = folder.load()
    assert replay(base, journal.entries(), folder) == states[-1]
    # A tail torn by a power cut gives an earlier state, never a third one.
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[: max(0, len(data) - torn)])
    assert replay(base, journal.entries(), folder) in [base, *states]


def test_journal_survives_a_save_that_got_half_way(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    journal = Journal(tmp_path / "j.jsonl", folder)
    one = painted(project, 0, 10, 0)
    journal.record("one", project, one)
    journal.begin_save()
    folder.save(one, project)  # on disk, but the mark was never written: killed
    two = edit_lane(one, "v1", lambda s: relabel(s, 0, 2))
    journal.record("two", one, two)
    assert replay(folder.load(), journal.entries(), folder) == two


def test_journal_records_videos_and_classes(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    journal = Journal(tmp_path / "j.jsonl", folder)
    after = add_video(project, item("v3"))
    after = edit_lane(after, "v3", lambda s: paint(s, 0, 4, 1))
    after = add_class(after, "d", description="the fourth", group="letters")
    journal.record("add", project, after)
    assert replay(folder.load(), journal.entries(), folder) == after


def test_a_full_disk_refuses_the_edit(
    made: tuple[ProjectFolder, Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    journal = Journal(tmp_path / "j.jsonl", folder)
    journal.record("one", project, painted(project, 0, 5, 0))
    good = journal.path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:10]))
    with pytest.raises(ProjectError, match="could not be recorded"):
        journal.record("two", project, painted(project, 0, 9, 1))
    assert journal.path.read_bytes() == good


def test_notes_come_back_after_a_kill(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    journal = Journal(tmp_path / "j.jsonl", folder)
    noted = set_notes(project, "v2", "from the side")
    journal.record("Notes", project, noted)
    journal.record("Label", noted, painted(noted, 3, 9, 1))
    journal.close()
    back = replay(folder.load(), journal.entries(), folder)
    assert back == painted(noted, 3, 9, 1)
    assert back.video("v2").notes == "from the side"


def test_a_record_says_the_project_as_its_file_does(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    journal = Journal(tmp_path / "j.jsonl", folder)
    for n in range(3):
        after = set_notes(project, "v2", f'"videos":[] {n}')
        journal.record("Notes", project, after)
        project = after
    entry = journal.entries()[-1]
    assert entry["project"] == project_to_json(project)
    assert replay(folder.load(), journal.entries(), folder) == project


def test_a_save_that_ends_while_a_record_is_written_does_not_lose_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = make_project(tmp_path / "p")
    journal = Journal(tmp_path / "j.jsonl", folder)
    written, ended = threading.Event(), threading.Event()
    write: Callable[[int, bytes], int] = os.write

    def slow(handle: int, data: bytes) -> int:
        n = write(handle, data)
        written.set()
        ended.wait(0.2)
        return n

    monkeypatch.setattr("skelseg_core.project.journal.os.write", slow)
    mark = journal.begin_save()
    with ThreadPoolExecutor(1) as pool:
        recording = pool.submit(
            journal.record, "paint", project, painted(project, 0, 9, 1)
        )
        assert written.wait(60)
        journal.end_save(mark)
        ended.set()
        recording.result()
    journal.close()
    assert [entry["text"] for entry in journal.entries()] == ["paint"]
