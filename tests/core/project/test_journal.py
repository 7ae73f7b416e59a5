from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import ProjectError
from skelseg_core.labels.bulk_edits import relabel_all
from skelseg_core.labels.edits import paint, relabel
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.part_changes import (
    DoesNotFit,
    PartChange,
    change_to_json,
    changed,
    pieces_of,
    taken_back,
)
from skelseg_core.project.parts import changed_parts, n_changed
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video, edit_lane, set_notes
from tests.journals import last_lanes, replayed
from tests.projects import N, item, make_project, painted
from tests.soak import examples

LANE = "lane/v1/annotation"
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


@settings(max_examples=examples(40), deadline=None)
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
        journal.record(f"edit {n}", changed_parts(states[-1], after))
        states.append(after)
    journal.close()
    base = folder.load()
    assert replayed(base, journal, folder) == states[-1]
    # A tail torn by a power cut gives an earlier state, never a third one.
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[: max(0, len(data) - torn)])
    assert replayed(base, journal, folder) in [base, *states]


def test_journal_survives_a_save_that_got_half_way(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    journal = Journal(tmp_path / "j.jsonl", folder)
    one = painted(project, 0, 10, 0)
    journal.record("one", changed_parts(project, one))
    journal.begin_save()
    folder.save(one, project)  # on disk, but the mark was never written: killed
    two = edit_lane(one, "v1", lambda s: relabel(s, 0, 2))
    journal.record("two", changed_parts(one, two))
    assert replayed(folder.load(), journal, folder) == two


def test_journal_records_videos_and_classes(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    journal = Journal(tmp_path / "j.jsonl", folder)
    after = add_video(project, item("v3"))
    after = edit_lane(after, "v3", lambda s: paint(s, 0, 4, 1))
    after = add_class(after, "d", description="the fourth", group="letters")
    journal.record("add", changed_parts(project, after))
    assert replayed(folder.load(), journal, folder) == after


def test_a_full_disk_refuses_the_edit(
    made: tuple[ProjectFolder, Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    journal = Journal(tmp_path / "j.jsonl", folder)
    journal.record("one", changed_parts(project, painted(project, 0, 5, 0)))
    good = journal.path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:10]))
    with pytest.raises(ProjectError, match="could not be recorded"):
        journal.record("two", changed_parts(project, painted(project, 0, 9, 1)))
    assert journal.path.read_bytes() == good


def test_a_journal_that_was_deleted_begins_anew(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    journal = Journal(tmp_path / "state" / "j.jsonl", folder)
    one = painted(project, 0, 5, 0)
    journal.record("one", changed_parts(project, one))
    mark = journal.begin_save()
    folder.save(one, project)
    journal.end_save(mark)
    shutil.rmtree(tmp_path / "state")
    two = painted(one, 10, 15, 1)
    journal.record("two", changed_parts(one, two))
    journal.close()
    assert replayed(folder.load(), journal, folder) == two


def test_a_state_folder_that_cannot_be_made_refuses_the_edit(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    (tmp_path / "state").write_text("in the way")
    journal = Journal(tmp_path / "state" / "j" / "j.jsonl", folder)
    with pytest.raises(ProjectError, match=f"permissions of {tmp_path}"):
        journal.record("one", changed_parts(project, painted(project, 0, 5, 0)))
    journal.close()


def test_notes_come_back_after_a_kill(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    journal = Journal(tmp_path / "j.jsonl", folder)
    noted = set_notes(project, "v2", "from the side")
    journal.record("Notes", changed_parts(project, noted))
    journal.record("Label", changed_parts(noted, painted(noted, 3, 9, 1)))
    journal.close()
    back = replayed(folder.load(), journal, folder)
    assert back == painted(noted, 3, 9, 1)
    assert back.track("v2").video.notes == "from the side"


def test_a_record_says_only_what_changed(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    journal = Journal(tmp_path / "j.jsonl", folder)
    for n in range(3):
        after = set_notes(project, "v2", f'"videos":[] {n}')
        journal.record("Notes", changed_parts(project, after))
        project = after
    entry = journal.entries()[-1]
    notes = {"was": '"videos":[] 1', "put": '"videos":[] 2'}
    assert entry["parts"] == {"about/v2": {"fields": {"notes": notes}}}
    assert "from" not in entry
    assert replayed(folder.load(), journal, folder) == project


def test_a_record_of_scattered_changes_says_only_these(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    frames = np.arange(N) % 2
    project = edit_lane(project, "v1", lambda _: Segmentation.from_frames(frames))
    places = [0, 5, 6, 20, N - 1]
    after = edit_lane(project, "v1", lambda lane: relabel_all(lane, places, 2))
    journal = Journal(tmp_path / "j.jsonl", folder)
    journal.record("scattered", changed_parts(project, after))
    (change,) = (c for p, c in journal.entries()[0]["parts"].items() if "lane" in p)
    starts = [[s["start"] for s in piece["was"]] for piece in change["pieces"]]
    assert starts == [[0], [5, 6], [20], [N - 1]]
    assert last_lanes(folder.load(), journal) == {
        ("v1", "annotation"): after.track("v1").annotation
    }


made_lanes = st.lists(st.integers(0, 2), min_size=N, max_size=N).map(
    lambda labels: Segmentation.from_frames(np.array(labels))
)


@settings(deadline=None)
@given(old=made_lanes, new=made_lanes)
def test_a_change_of_a_lane_is_made_and_taken_back(
    old: Segmentation, new: Segmentation
) -> None:
    made = PartChange(old, new)
    change = json.loads(json.dumps(change_to_json(LANE, made)))
    assert changed(LANE, old, change) == new
    assert changed(LANE, new, taken_back(change)) == old
    assert changed(LANE, new, taken_back(taken_back(taken_back(change)))) == old
    said = [s for piece in pieces_of(change) for s in (*piece["was"], *piece["put"])]
    assert len(said) == n_changed(LANE, made)
    assert len(said) == len(set(old.segments) ^ set(new.segments))
    assert (n_changed(LANE, made, 5) > 5) == (len(said) > 5)
    if old != new:
        with pytest.raises(DoesNotFit):
            changed(LANE, new, change)


def test_scattered_changes_keep_what_others_made_between() -> None:
    old = Segmentation.from_frames(np.arange(N) % 2)
    new = relabel_all(old, [3, 40], 2)
    change = change_to_json(LANE, PartChange(old, new))
    others = relabel(old, 20, 2)
    both = changed(LANE, others, change)
    assert both == relabel(new, 20, 2)
    assert changed(LANE, both, taken_back(change)) == others
    with pytest.raises(DoesNotFit):
        changed(LANE, relabel(old, 40, 1), change)


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

    monkeypatch.setattr("skelseg_core.project.history.journal.os.write", slow)
    mark = journal.begin_save()
    with ThreadPoolExecutor(1) as pool:
        recording = pool.submit(
            journal.record, "paint", changed_parts(project, painted(project, 0, 9, 1))
        )
        assert written.wait(60)
        journal.end_save(mark)
        ended.set()
        recording.result()
    journal.close()
    assert [entry["text"] for entry in journal.entries()] == ["paint"]


def test_what_changed_without_a_record_is_said_with_the_next_one(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    """Others' changes that are in the files already are shown and not recorded."""
    folder, project = made
    journal = Journal(tmp_path / "j" / "1.jsonl", folder)
    one = add_class(set_notes(painted(project, 0, 9, 1), "v1", "mine"), "mine")
    journal.record("one", changed_parts(project, one))
    theirs = add_class(set_notes(painted(one, 20, 29, 2), "v1", "theirs"), "theirs")
    folder.save(theirs, project)
    journal.end_save(journal.begin_save())
    two = add_class(set_notes(painted(theirs, 40, 49, 0), "v1", "again"), "again")
    journal.record("two", changed_parts(theirs, two))
    journal.close()
    assert replayed(folder.load(), journal, folder) == two


@pytest.mark.parametrize(
    "change",
    [{"at": 0, "was": [1], "put": []}, {"fields": {"a": {"was": 1, "put": 2}}}],
)
def test_a_change_of_what_is_not_there_does_not_fit(change: dict[str, Any]) -> None:
    with pytest.raises(DoesNotFit):
        changed("former_classes", None, change)
