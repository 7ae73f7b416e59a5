from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError, ProjectError
from skelseg_core.journal import Journal, replay
from skelseg_core.poses import SubjectPick
from skelseg_core.prediction import Prediction, load_prediction, save_prediction
from skelseg_core.project import (
    ANNOTATION,
    Project,
    VideoItem,
    accept_prediction,
    add_video,
    edit_lane,
    pick_subject,
    prediction_lane,
    remove_video,
    set_label_map,
    set_lane,
)
from skelseg_core.project_folder import ProjectFolder, create_project
from skelseg_core.segmentation import (
    LabelMap,
    Segmentation,
    label_map_from_names,
    paint,
    relabel,
    split,
)

N = 60


def item(video_id: str = "v1", n_frames: int = N) -> VideoItem:
    lanes = {ANNOTATION: Segmentation.unlabelled(n_frames)}
    return VideoItem(video_id, f"{video_id}.mp4", "f", n_frames, 64, 48, 25.0, lanes)


@pytest.fixture
def made(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    folder, project = create_project(tmp_path / "p", label_map_from_names("abc"))
    project = add_video(add_video(project, item("v1")), item("v2"))
    folder.save(project)
    return folder, project


def painted(project: Project, start: int, stop: int, label: int) -> Project:
    return edit_lane(project, "v1", lambda s: paint(s, start, stop, label))


def test_saved_and_loaded_is_the_same(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    project = painted(project, 5, 20, 1)
    project = edit_lane(project, "v1", lambda s: split(s, 10))
    project = pick_subject(project, "v1", SubjectPick(3, 10.5, 20.0))
    folder.save(project)
    assert ProjectFolder(folder.root).load() == project


def test_label_file_has_one_segment_per_line(
    made: tuple[ProjectFolder, Project],
) -> None:
    folder, project = made
    folder.save(painted(project, 5, 20, 1), project)
    lines = folder.labels_path("v1").read_text().splitlines()
    assert lines[0].startswith('{"schema": 1')
    assert lines[2] == (
        '{"start": 5, "stop": 20, "class": 1, "source": "human", "reviewed": true},'
    )
    assert json.loads(folder.labels_path("v1").read_text())["n_frames"] == N


def test_save_writes_only_what_changed(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    times = {p: p.stat().st_mtime_ns for p in folder.root.rglob("*.json")}
    folder.save(painted(project, 0, 5, 0), project)
    changed = {p for p, t in times.items() if p.stat().st_mtime_ns != t}
    assert changed == {folder.labels_path("v1")}


def test_unseen_bytes_are_kept(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    path = folder.labels_path("v1")
    theirs = path.read_text().replace("false", "true")
    path.write_text(theirs)
    notes = folder.save(painted(project, 0, 5, 0), project)
    kept = list(path.parent.glob("v1.conflict-*.json"))
    assert len(notes) == 1
    assert kept
    assert kept[0].read_text() == theirs


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("project.json", "{"),
        ("project.json", "[]"),
        ("project.json", "{}"),
        ("labels/v1.json", ""),
        ("labels/v1.json", '{"segments": [{"start": 0}]}'),
        ("labels/v1.json", '{"segments": []}'),
    ],
)
def test_damaged_files_are_named(
    made: tuple[ProjectFolder, Project], name: str, text: str
) -> None:
    folder, _ = made
    (folder.root / name).write_text(text)
    with pytest.raises((ProjectError, FormatError), match=Path(name).name):
        ProjectFolder(folder.root).load()


def test_label_file_of_another_length_is_refused(
    made: tuple[ProjectFolder, Project],
) -> None:
    folder, project = made
    folder.save(replace(project, videos=(item("v1", 9), project.videos[1])))
    folder.project_file.write_text(
        folder.project_file.read_text().replace('"n_frames": 9', '"n_frames": 60')
    )
    with pytest.raises(ProjectError, match="covers 9 frames"):
        ProjectFolder(folder.root).load()


def test_newer_schema_is_refused(made: tuple[ProjectFolder, Project]) -> None:
    folder, _ = made
    text = folder.project_file.read_text().replace('"schema": 1', '"schema": 99')
    folder.project_file.write_text(text)
    with pytest.raises(ProjectError, match="newer skelseg"):
        folder.load()


def test_no_project_and_not_twice(
    tmp_path: Path, made: tuple[ProjectFolder, Project]
) -> None:
    with pytest.raises(ProjectError, match=r"no skelseg project"):
        ProjectFolder(tmp_path).load()
    with pytest.raises(ProjectError, match="already"):
        create_project(made[0].root, label_map_from_names("ab"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes anywhere")
def test_unwritable_folder_says_so(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    (folder.root / "labels").chmod(0o500)
    with pytest.raises(ProjectError, match="could not be written"):
        folder.save(painted(project, 0, 5, 0), project)


def test_edits_are_refused_where_they_would_strand_labels(
    made: tuple[ProjectFolder, Project],
) -> None:
    _, project = made
    project = painted(project, 0, 5, 2)
    with pytest.raises(EditError, match="'c' is used in v1"):
        set_label_map(project, LabelMap(project.label_map.classes[:2]))
    with pytest.raises(EditError, match="already"):
        add_video(project, item("v1"))
    with pytest.raises(ProjectError, match="no video"):
        remove_video(project, "nobody")


def test_prediction_round_trip(tmp_path: Path) -> None:
    labels = np.repeat([0, 2, 1], 20)
    segmentation = Segmentation.from_frames(labels, "model", np.full(N, 0.5))
    probabilities = np.eye(3, dtype=np.float32)[labels]
    path = tmp_path / "p.npz"
    save_prediction(path, Prediction(probabilities, np.arange(3), segmentation, "k"))
    loaded = load_prediction(path)
    assert loaded.segmentation == segmentation
    assert loaded.model_key == "k"
    np.testing.assert_array_equal(loaded.probabilities, probabilities)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FormatError, match=r"p\.npz"):
        load_prediction(path)


def test_accepting_keeps_what_a_person_said(
    made: tuple[ProjectFolder, Project],
) -> None:
    _, project = made
    project = painted(project, 10, 20, 1)
    predicted = Segmentation.from_frames(np.full(N, 2), "model")
    project = set_lane(project, "v1", prediction_lane("m"), predicted)
    after = accept_prediction(project, "v1", "m").video("v1").annotation.to_frames()
    np.testing.assert_array_equal(after[10:20], 1)
    np.testing.assert_array_equal(np.delete(after, range(10, 20)), 2)


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
    folder, project = create_project(root / "p", label_map_from_names("abc"))
    project = add_video(add_video(project, item("v1")), item("v2"))
    folder.save(project)
    journal = Journal(root / "j.jsonl")
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
    journal = Journal(tmp_path / "j.jsonl")
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
    journal = Journal(tmp_path / "j.jsonl")
    after = add_video(project, item("v3"))
    after = edit_lane(after, "v3", lambda s: paint(s, 0, 4, 1))
    after = set_label_map(after, label_map_from_names(["a", "b", "c", "d"]))
    journal.record("add", project, after)
    assert replay(folder.load(), journal.entries(), folder) == after


def test_a_full_disk_refuses_the_edit(
    made: tuple[ProjectFolder, Project],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, project = made
    journal = Journal(tmp_path / "j.jsonl")
    journal.record("one", project, painted(project, 0, 5, 0))
    good = journal.path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:10]))
    with pytest.raises(ProjectError, match="could not be recorded"):
        journal.record("two", project, painted(project, 0, 9, 1))
    assert journal.path.read_bytes() == good
