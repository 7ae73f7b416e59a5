from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError
from skelseg_core.formats.dataset_text import framewise_text
from skelseg_core.labels.classes import LabelMap, label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import run
from skelseg_core.project.class_files import is_class_list
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_files import (
    label_format,
    load_label_file,
    load_labels,
)
from skelseg_core.project.imports.label_import import plan_import
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.times import FrameTimes
from tests.labelled import framewise_csv, segment_csv

CLASSES = label_map_from_names(["walk", "reach", "open drawer"])


def format_of(path: Path) -> str:
    found = label_format(path)
    return found.name if found else ""


def project_of(n_frames: int, classes: LabelMap = CLASSES) -> Project:
    lanes = {ANNOTATION: Segmentation.unlabelled(n_frames)}
    item = Track.of_film("one", "one.mp4", "x", n_frames, 64, 48, 25.0, lanes)
    project = new_project("p", classes)
    return Project(project.uuid, "p", "coco17", classes, (item,))


def labelled(project: Project, path: Path) -> Project:
    choices = ImportChoices(video="one", existing="replace")
    folder, files = ProjectFolder(path.parent / "project"), [load_label_file(path)]
    return run(plan_import(folder, project, files, choices)).apply(project)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=12))
    at, made = 0, []
    for n in lengths:
        class_id = draw(st.sampled_from([None, 0, 1, 2]))
        said = ["human"] if class_id is None else ["human", "import"]
        source = draw(st.sampled_from(said))
        segment = Segment(at, at + n, class_id, source)
        made.append(segment.as_reviewed() if source == "human" else segment)
        at += n
    return Segmentation(tuple(made))


@given(segmentations())
def test_what_is_exported_comes_back(
    tmp_path_factory: pytest.TempPathFactory, wanted: Segmentation
) -> None:
    folder = tmp_path_factory.mktemp("labels")
    times = FrameTimes.even(wanted.n_frames, 25)
    project = project_of(wanted.n_frames)
    for write, kind in ((framewise_csv, "framewise-csv"), (segment_csv, "segment-csv")):
        path = folder / "one.csv"
        path.write_text(write(wanted, CLASSES, times))
        assert format_of(path) == kind
        found = labelled(project, path).track("one").annotation
        assert found == wanted


def test_text_of_ms_tcn_is_read_and_a_list_of_classes_is_none(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text(framewise_text(["walk", "walk", "reach", "walk"]))
    assert format_of(path) == "text"
    assert not is_class_list(path)
    labels = load_labels(path)
    assert [(s.start, s.stop, s.name) for s in labels.intervals] == [
        (0, 2, "walk"),
        (2, 3, "reach"),
        (3, 4, "walk"),
    ]
    found = labelled(project_of(4), path).track("one").annotation
    assert all(s.protected for s in found.segments), "no model overwrites them"
    path.write_text("walk\nreach\n")
    assert is_class_list(path)


def test_other_files_hold_no_labels(tmp_path: Path) -> None:
    csv, binary, note = (tmp_path / n for n in ("a.csv", "b.txt", "c.md"))
    csv.write_text("x,y\n1,2\n")
    binary.write_bytes(b"\x00\xff\x00\x80")
    note.write_text("a\na\n")
    assert [label_format(p) for p in (csv, binary, note)] == [None, None, None]
    with pytest.raises(FormatError, match="has no labels"):
        load_labels(csv)
    with pytest.raises(FormatError, match="cannot be read"):
        label_format(tmp_path / "gone.csv")


def test_another_number_of_frames_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("walk\n" * 7)
    with pytest.raises(EditError, match=r"one\.txt labels 7 frames and one has 9"):
        labelled(project_of(9), path)


def test_classes_that_are_missing_come_along(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("pour\npour\nwalk\nstir\n")
    made = labelled(project_of(4), path)
    assert made.label_map.names == ("walk", "reach", "open drawer", "pour", "stir")
    assert [c.key for c in made.label_map.classes] == ["1", "2", "3", "4", "5"]
    assert len({c.id for c in made.label_map.classes}) == 5
    assert made.track("one").annotation.to_frames().tolist() == [3, 3, 0, 4]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("0,5,walk\n3,9,reach\n", "line 3.*must not overlap"),
        ("5,5,walk\n", "line 2.*stop must be after start"),
        ("a,5,walk\n", "line 2.*start_frame is 'a'"),
        ("0,5\n", "line 2.*2 values"),
        ("", "no segment"),
        ('0,5,"walk\n', "damaged"),
    ],
)
def test_a_bad_segment_file_says_where(tmp_path: Path, rows: str, says: str) -> None:
    path = tmp_path / "one.csv"
    path.write_text("start_frame,stop_frame,label\n" + rows)
    with pytest.raises(FormatError, match=says):
        load_labels(path)


def test_gaps_of_a_segment_file_are_unlabelled(tmp_path: Path) -> None:
    path = tmp_path / "one.segments.csv"
    path.write_text("start_frame,stop_frame,label\n2,4,walk\n6,9,reach\n")
    found = labelled(project_of(9), path).track("one").annotation
    assert found.to_frames().tolist() == [-1, -1, 0, 0, -1, -1, 1, 1, 1]


# -- files of several videos --------------------------------------------------------

SEVERAL = """video,start_frame,stop_frame,label
one,0,3,walk
two,0,9,reach
one.mp4,3,5,reach
videos/one.mp4,5,9,walk
"""


def test_a_column_video_is_obeyed(tmp_path: Path) -> None:
    path, project = tmp_path / "study.csv", project_of(9)
    path.write_text(SEVERAL)
    found = labelled(project, path).track("one").annotation
    assert found.to_frames().tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0]
    with pytest.raises(FormatError, match="line 3: the file has rows of several"):
        load_labels(path)
    path.write_text(
        "Video,frame,label\n" + "".join(f"one,{n},walk\n" for n in range(9))
    )
    assert load_labels(path).n_frames == 9


def test_rows_of_no_video(tmp_path: Path) -> None:
    path = tmp_path / "study.csv"
    path.write_text("video,start_frame,stop_frame,label\none,0,5,walk\n,5,9,walk\n")
    with pytest.raises(FormatError, match="line 3: the column video is empty"):
        load_labels(path)


def test_a_table_of_intervals_is_no_list_of_classes(tmp_path: Path) -> None:
    path = tmp_path / "07-2-activityAnnotation.txt"
    path.write_text("23098 38988 cut_tomato\n38988 41000 mix\n")
    assert not is_class_list(path)
    with pytest.raises(FormatError, match="has times and no frames"):
        load_labels(path)


def test_names_that_csv_can_carry_come_back(tmp_path: Path) -> None:
    classes = label_map_from_names(["open door, left", 'say "hm"'])
    wanted = Segmentation.from_frames(np.array([0, 0, 1, 1, 0]))
    project = project_of(5, classes)
    for write in (framewise_csv, segment_csv):
        path = tmp_path / "one.csv"
        path.write_text(write(wanted, classes, FrameTimes.even(5, 25)))
        made = labelled(project, path)
        assert made.label_map.names == classes.names
        assert made.track("one").annotation.to_frames().tolist() == [0, 0, 1, 1, 0]
