"""Pre-labels that were corrected in another program and come back: what they count as.

Every file here is one that another program wrote: nothing in it says where its labels
are from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.formats.descriptors import ReadOptions
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.predictions import returned
from skelseg_core.progress import run
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_plan import ImportPlan
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.tasks.agreement import compare_annotators
from skelseg_core.tasks.evaluation import evaluate_folders
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from skelseg_core.tasks.import_labels import (
    find_label_files,
    plan_labels,
    read_label_files,
)
from skelseg_core.tasks.predict import predict
from tests.projects import item, put_prediction

N = 560
STARTS = range(0, N, 20)
"""28 segments, and so 27 boundaries."""
LANE = "prediction:m"
VIDEOS = ("v1", "v2")


def said(source: str = "model", moved: int = 0, n: int = len(STARTS)) -> Segmentation:
    """What the model says; ``moved`` boundaries, each fourth, are 3 frames later."""
    cuts = [start + 3 * (0 < i <= 4 * moved and i % 4 == 0) for i, start in
            enumerate(STARTS[:n])]  # fmt: skip
    frames = np.repeat(np.arange(n) % 3, np.diff(cuts, append=N))
    return Segmentation.from_frames(frames, source)  # type: ignore[arg-type]


def by_another_person() -> Segmentation:
    """Labels of somebody who met the model at 11 of 27 boundaries: 41 %, the most."""
    cuts = [start + (i % 5 > 1) for i, start in enumerate(STARTS)]
    frames = np.repeat(np.arange(len(cuts)) % 3, np.diff(cuts, append=N))
    return Segmentation.from_frames(frames)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    """Two videos that need no file to be read, pre-labelled by m."""
    for module in ("tasks.labelled_videos", "project.imports.label_import"):
        monkeypatch.setattr(
            f"skelseg_core.{module}.open_recording",
            lambda folder, item, roots: blank_video(item),
        )
    made = project_at(tmp_path / "p")
    for video in VIDEOS:
        prelabelled(made, video, said())
    return made


def project_at(root: Path, videos: Iterable[str] = VIDEOS) -> ProjectFolder:
    folder, project = create_project(root, label_map_from_names("abc"))
    for video in videos:
        project = add_video(project, item(video, N))
    folder.save(project)
    return folder


def prelabelled(folder: ProjectFolder, video: str, lane: Segmentation) -> None:
    """Pre-label a video, as a run does."""
    returned.keep(folder, folder.load().track(video), "m", lane)
    put_prediction(folder, video, "m", lane)


def of_another_program(
    place: Path, kind: str, lane: Segmentation, videos: Iterable[str] = VIDEOS
) -> Path:
    """Write labels of videos as a program does that knows nothing of a model."""
    place.mkdir()
    other = place / "labels"
    if kind in ("cvat", "label-studio"):
        other.mkdir()
        for video in videos:
            text = {"cvat": cvat, "label-studio": label_studio}[kind](video, lane)
            (other / f"{video}{'.xml' if kind == 'cvat' else '.json'}").write_text(text)
        return other
    folder = project_at(place / "p", videos)
    project = folder.load()
    for video in videos:
        project = set_lane(project, video, ANNOTATION, lane)
    run(export_labels(folder, project, other, ExportChoices(format=kind)))
    (other / "manifest.json").unlink()
    return other


def cvat(video: str, lane: Segmentation) -> str:
    corners = 'xtl="0" ytl="0" xbr="9" ybr="9"'
    tracks = "".join(
        f'<track id="{i}" label="{"abc"[s.class_id or 0]}">'
        f'<box frame="{s.start}" outside="0" {corners}/>'
        f'<box frame="{s.stop}" outside="1" {corners}/></track>'
        for i, s in enumerate(lane.segments)
    )
    return (
        f"<annotations><version>1.1</version><meta><task><id>1</id><name>{video}</name>"
        f"<size>{N}</size><start_frame>0</start_frame><stop_frame>{N - 1}</stop_frame>"
        f"<frame_filter></frame_filter><labels></labels><original_size><width>64</width>"
        f"<height>48</height></original_size><source>{video}.mp4</source></task></meta>"
        f"{tracks}</annotations>"
    )


def label_studio(video: str, lane: Segmentation) -> str:
    regions = [
        {
            "type": "timelinelabels",
            "value": {
                "ranges": [{"start": s.start + 1, "end": s.stop}],
                "timelinelabels": ["abc"[s.class_id or 0]],
            },
        }
        for s in lane.segments
    ]
    data = {"video": f"/data/upload/1/{video}.mp4"}
    return json.dumps([{"data": data, "annotations": [{"result": regions}]}])


def planned(folder: ProjectFolder, src: Path, annotator: str = "") -> ImportPlan:
    files = run(read_label_files(find_label_files(src), ReadOptions()))
    choices = ImportChoices(annotator=annotator)
    return run(plan_labels(folder, folder.load(), files, choices))


def imported(folder: ProjectFolder, src: Path, annotator: str = "") -> list[str]:
    plan = planned(folder, src, annotator)
    folder.save(plan.apply(folder.load()))
    return [line for line in plan.lines() if "boundaries are those" in line]


def gone(folder: ProjectFolder) -> None:
    shutil.rmtree(folder.root / "predictions")


def made_anew(folder: ProjectFolder) -> None:
    for video in VIDEOS:
        frames = np.roll(said().to_frames(), 7)
        prelabelled(folder, video, Segmentation.from_frames(frames, "model"))


def there(folder: ProjectFolder) -> None:
    """Leave the prediction as it is."""


@pytest.mark.parametrize("before", [there, gone, made_anew])
@pytest.mark.parametrize("moved", [0, 1, 3, 6])
def test_a_corrected_pre_label_is_no_strangers_truth(
    folder: ProjectFolder,
    tmp_path: Path,
    moved: int,
    before: Callable[[ProjectFolder], None],
) -> None:
    """One boundary moved in BORIS: 99.4 / 100 / 100 / 100 / 100 without a word."""
    src = of_another_program(tmp_path / "boris", "boris", said("human", moved))
    before(folder)
    lines = imported(folder, src)
    assert len(lines) == 2
    n_unseen = 28 - 2 * moved
    assert f"{27 - moved} of 27 boundaries are those of the prediction of m" in lines[0]
    assert f"{n_unseen} segments imported as pre-labels" in lines[0]
    assert f"{2 * moved} as corrected ones" in lines[0]
    lane = folder.load().track("v1").annotation
    assert sum(s.accepted for s in lane.segments) == n_unseen
    assert sum(s.source == "import" for s in lane.runs) == moved
    for video in VIDEOS:
        put_prediction(folder, video, "m", said())
    found = evaluate_folders(folder.root, folder.root, lane=LANE)
    assert found["n_videos"] == 0
    assert found["left_out"]["copied_frames"] == 2 * int(lane.accepted.sum())


@pytest.mark.parametrize(
    "kind", [*("boris-tabular", "eaf", "via", "one-hot-csv"), *("cvat", "label-studio")]
)
def test_every_program_gives_a_pre_label_back_as_one(
    folder: ProjectFolder, tmp_path: Path, kind: str
) -> None:
    src = of_another_program(tmp_path / kind, kind, said("human", 6))
    gone(folder)
    assert len(imported(folder, src)) == 2
    lane = folder.load().track("v2").annotation
    assert sum(s.accepted for s in lane.segments) == 16


def test_a_person_who_meets_the_model_often_is_one(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    src = of_another_program(tmp_path / "boris", "boris", by_another_person())
    assert not imported(folder, src)
    lane = folder.load().track("v1").annotation
    assert lane.reviewed_labels.n_labelled == N
    assert evaluate_folders(folder.root, folder.root, lane=LANE)["n_videos"] == 2


def test_two_people_who_mend_one_pre_label_do_not_agree_by_themselves(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    """Each moved one boundary: alpha .987, without a word."""
    for n, who in enumerate(("Ann", "Bo"), 1):
        src = of_another_program(tmp_path / who, "boris", said("human", n))
        assert len(imported(folder, src, who)) == 2
    with pytest.raises(ProjectError, match="pre-labels that nobody reviewed"):
        run(compare_annotators(folder.load(), ["Ann", "Bo"]))


def test_the_data_card_counts_them_apart(folder: ProjectFolder, tmp_path: Path) -> None:
    """It said that all of them began as nobody's pre-labels."""
    imported(folder, of_another_program(tmp_path / "b", "boris", said("human", 1)))
    out = tmp_path / "out"
    run(export_labels(folder, folder.load(), out))
    rows = (out / "data-card.md").read_text().splitlines()
    (row,) = (r for r in rows if "began as nobody's pre-labels" in r)
    assert "| 6 |" in row.replace("**", "")


def test_short_videos_are_told_together_or_not_at_all(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    """Two boundaries are met by chance, and those of several videos not."""
    names = [f"s{n}" for n in range(4)]
    short = project_at(tmp_path / "short", names)
    for name in names:
        prelabelled(short, name, said(n=3))
    alone = of_another_program(tmp_path / "a", "boris", said("human", n=3), names[:1])
    assert not imported(short, alone)
    others = of_another_program(tmp_path / "b", "boris", said("human", n=3), names[1:])
    assert len(imported(short, others)) == 3


def test_what_a_person_had_labelled_before_is_no_sign_of_a_model(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    """A model says again what it was taught: all ends of a person are its ends."""
    mine = project_at(tmp_path / "mine", ["v1"])
    labels = by_another_person()
    mine.save(set_lane(mine.load(), "v1", ANNOTATION, labels))
    learnt = Segmentation.from_frames(labels.to_frames(), "model")
    prelabelled(mine, "v1", learnt)
    mine.save(
        set_lane(mine.load(), "v1", ANNOTATION, Segmentation.unlabelled(N)), mine.load()
    )
    src = of_another_program(tmp_path / "boris", "boris", labels, ["v1"])
    assert not imported(mine, src)


def test_copied_labels_are_known_when_they_come_back(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    """Labels by example were never a prediction: they are kept when they go out."""
    other = project_at(tmp_path / "other", ["v1"])
    other.save(set_lane(other.load(), "v1", ANNOTATION, said()))
    run(export_labels(other, other.load(), tmp_path / "out", ExportChoices()))
    other.save(
        set_lane(other.load(), "v1", ANNOTATION, Segmentation.unlabelled(N)),
        other.load(),
    )
    src = of_another_program(tmp_path / "b", "boris", said("human", 2), ["v1"])
    (line,) = imported(other, src)
    assert "25 of 27" in line


def test_a_damaged_list_is_named_and_locks_nothing(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    src = of_another_program(tmp_path / "boris", "boris", said("human", 1))
    path = folder.returned_path("v1")
    for text in ("", "[[1]]", '[["m", [[0, "x", 1]], []]]', "\0" * 9, "{}1"):
        path.write_text(text)
        plan = planned(folder, src)
        assert not plan.problems
        (line,) = (line for line in plan.lines() if "is damaged" in line)
        assert str(path) in line
    prelabelled(folder, "v1", said())
    assert len(imported(folder, src)) == 2


def test_a_list_that_cannot_be_written_stops_no_run(folder: ProjectFolder) -> None:
    path = folder.returned_path("v1")
    shutil.rmtree(path.parent)
    path.parent.write_text("a file in the place of a folder")
    prelabelled(folder, "v1", said())
    run(export_labels(folder, folder.load(), folder.root / "out", ExportChoices()))


def test_the_list_does_not_grow_without_end(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returned, "MOST_KEPT", 100)
    for n in range(1, 9):
        prelabelled(folder, "v1", said(moved=n % 7))
    there = returned.kept(folder, "v1")
    assert len(there) == 3
    assert there[-1].runs == returned.kept(folder, "v1")[-1].runs


def test_a_merged_class_does_not_hide_a_pre_label(folder: ProjectFolder) -> None:
    (one,) = returned.kept(folder, "v1")
    now = one.in_classes(delete_class(folder.load(), 2, 1).label_map)
    assert len(now.runs) == 19
    frames = np.where(said().to_frames() == 2, 1, said().to_frames())
    labels = Segmentation.from_frames(frames, "import")
    assert now.shared_with(labels) == (18, 18)
    assert replace(one, persons=frozenset(range(N))).shared_with(labels)[1] == 0


def test_a_model_that_was_taught_elsewhere_says_what_it_was_taught(
    tmp_path: Path,
) -> None:
    """The demo's model knows five of its clips: their labels are people's."""
    from skelseg_core.project.demo_project import write_demo

    project = write_demo(tmp_path / "demo")
    folder = ProjectFolder(tmp_path / "demo")
    bare = project
    for video in project.tracks:
        empty = Segmentation((Segment(0, video.n_frames),))
        # Of ben-1 it was taught what a model had said: nobody elsewhere did.
        frames = video.annotation.to_frames()
        copied = Segmentation.from_frames(frames, "model")
        lane = copied if video.id == "ben-1" else empty
        bare = set_lane(bare, video.id, ANNOTATION, lane)
    folder.save(bare, project)
    for name in ("anna-1", "ben-1", "ben-2"):
        run(predict(str(folder.root), name, "keypoints", 1))
    assert not folder.returned_path("anna-1").exists()
    assert returned.kept(folder, "ben-1")
    src = of_demo(folder, tmp_path)
    assert not [line for v in planned(folder, src).videos for line in v.notes]


def of_demo(folder: ProjectFolder, place: Path) -> Path:
    """The true labels of two clips as text that says nobody's name."""
    src = place / "truth"
    src.mkdir()
    for video in ("anna-1", "ben-2"):
        rows = (folder.root / "truth" / f"{video}.csv").read_text().splitlines()
        at = rows[0].split(",").index("label") if "label" in rows[0] else 1
        (src / f"{video}.txt").write_text(
            "\n".join(row.split(",")[at] for row in rows[1:]) + "\n"
        )
    return src
