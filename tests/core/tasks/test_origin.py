"""Where labels come from, by acts of a person: accept, export, import, evaluate."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.formats.descriptors import ReadOptions
from skelseg_core.labels.agreed_prelabels import began_as_prelabels
from skelseg_core.labels.bulk_edits import move_segment
from skelseg_core.labels.edits import accept, paint, split
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.statistics import StatisticsPart, class_statistics
from skelseg_core.predictions.returned import keep
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_plan import ImportPlan, filled
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import set_lane
from skelseg_core.tasks.evaluation import evaluate_folders
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from skelseg_core.tasks.import_labels import (
    find_label_files,
    plan_labels,
    read_label_files,
)
from tests.projects import N, make_project, put_prediction
from tests.seen import accepted_class

MODEL = Segmentation(
    tuple(
        Segment(a, b, c, "model", confidence=0.9)
        for a, b, c in ((0, 12, 0), (12, 30, 1), (30, 42, 0), (42, N, 2))
    )
)
LANE = "prediction:m"


@pytest.fixture
def made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[ProjectFolder, Project]:
    """Two videos that need no file to be read, each with a prediction of m."""
    for module in ("tasks.labelled_videos", "project.imports.label_import"):
        monkeypatch.setattr(
            f"skelseg_core.{module}.open_recording",
            lambda folder, item, roots: blank_video(item),
        )
    folder, project = make_project(tmp_path / "p")
    for item in project.tracks:
        keep(folder, item, "m", MODEL)
        put_prediction(folder, item.id, "m", MODEL)
    return folder, project


def exported(folder: ProjectFolder, out: Path, lane: str, kind: str) -> Path:
    choices = ExportChoices(lane=lane, format=kind)
    run(export_labels(folder, folder.load(), out, choices))
    return out


def planned(folder: ProjectFolder, src: Path) -> ImportPlan:
    files = run(read_label_files(find_label_files(src), ReadOptions()))
    return run(plan_labels(folder, folder.load(), files, ImportChoices()))


def imported(folder: ProjectFolder, src: Path) -> list[str]:
    plan = planned(folder, src)
    folder.save(plan.apply(folder.load()))
    return plan.lines()


def test_an_action_counts_once_where_my_label_meets_the_accepted_one(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    """It counted twice, the shorter half as the shortest of its class."""
    folder, project = made
    mine = Segmentation.unlabelled(N)
    for start, stop, class_id in ((0, 12, 0), (12, 30, 1), (30, 39, 0)):
        mine = paint(mine, start, stop, class_id)
    lane = accept(mine, MODEL)
    assert [(s.start, s.stop) for s in lane.segments] == [
        (s.start, s.stop) for s in MODEL.segments
    ]
    project = set_lane(project, "v1", ANNOTATION, lane)
    folder.save(project)
    # The file says of each frame who labelled it, and that it is one action.
    text = folder.labels_path("v1").read_text()
    assert text.count('"continues": true') == 1
    assert folder.load().track("v1").annotation == lane
    item = folder.load().track("v1")
    part = StatisticsPart("v1", item.annotation, item.video.even_times)
    counts = run(class_statistics([part], project.label_map))
    assert (counts[0].count, counts[0].n_frames) == (2, 24)
    assert counts[0].shortest_s == pytest.approx(12 / item.video.mean_rate)
    for kind, suffix in (("segment-csv", ".segments.csv"), ("eaf", ".eaf")):
        out = exported(folder, tmp_path / kind, ANNOTATION, kind)
        sources = find_label_files(out / f"v1{suffix}")
        files = run(read_label_files(sources, ReadOptions()))
        names = Counter(i.name for i in files[0].tracks[0].intervals)
        assert names == {"a": 2, "b": 1, "c": 1}
    card = exported(folder, tmp_path / "card", ANNOTATION, "segment-csv")
    assert "4 segments of 3 classes" in (card / "data-card.md").read_text()
    # Where I divided it, it is two.
    assert len(accept(split(mine, 35), MODEL)) == 5


@pytest.mark.parametrize("kept", ["manifest", "property", "nothing"])
def test_a_round_trip_does_not_make_a_prediction_a_strangers_truth(
    made: tuple[ProjectFolder, Project], tmp_path: Path, kept: str
) -> None:
    """Export as ELAN, import as the annotation, evaluate: 100 x 5 without a note."""
    folder, _ = made
    out = exported(folder, tmp_path / "out", LANE, "eaf")
    if kept != "manifest":
        (out / "manifest.json").unlink()
    if kept == "nothing":
        for path in out.glob("*.eaf"):
            text = path.read_text()
            path.write_text(text.replace("skelseg_of_model:", "other:"))
    else:
        # As a project that never made this prediction has it.
        for model in folder.root.glob("predictions/*/m.npz"):
            model.rename(model.with_suffix(".gone"))
    lines = imported(folder, out)
    for model in folder.root.glob("predictions/*/m.gone"):
        model.rename(model.with_suffix(".npz"))
    said = "the prediction of m" if kept == "nothing" else "A model labelled"
    assert sum(said in line for line in lines) == 2
    lane = folder.load().track("v1").annotation
    assert lane.accepted.all()
    found = evaluate_folders(folder.root, folder.root, lane=LANE)
    assert found["n_videos"] == 0
    assert found["left_out"]["copied_frames"] == 2 * N


def test_accepted_labels_come_back_as_what_they_are(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    mine = paint(Segmentation.unlabelled(N), 0, 6, 0)
    lane = accept(accepted_class(mine, MODEL, 12, 30), MODEL)
    folder.save(set_lane(project, "v1", ANNOTATION, lane))
    out = exported(folder, tmp_path / "out", ANNOTATION, "eaf")
    folder.save(set_lane(folder.load(), "v1", ANNOTATION, Segmentation.unlabelled(N)))
    for model in folder.root.glob("predictions/*/m.npz"):
        model.unlink()
    # Somebody moved a boundary in ELAN since: what has its class still is the model's.
    imported(folder, out)
    found = folder.load().track("v1").annotation
    assert found.boundaries.tolist() == lane.boundaries.tolist()
    assert [(r.start, r.stop, r.source, r.class_reviewed) for r in found.runs] == [
        (0, 6, "import", False),
        (6, 12, "model", False),
        (12, 30, "model", True),
        (30, 42, "model", False),
        (42, N, "model", False),
    ]


def test_what_a_person_agreed_with_stays_agreed(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    """Also where it is the prediction, to the frame."""
    folder, project = made
    lane = accepted_class(Segmentation.unlabelled(N), MODEL, 0, N)
    folder.save(set_lane(project, "v1", ANNOTATION, lane))
    out = exported(folder, tmp_path / "out", ANNOTATION, "eaf")
    folder.save(set_lane(folder.load(), "v1", ANNOTATION, Segmentation.unlabelled(N)))
    imported(folder, out)
    found = folder.load().track("v1").annotation
    assert began_as_prelabels(found).all()
    assert not found.accepted.any()


def test_labels_that_differ_in_one_boundary_are_a_persons(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    other = replace(MODEL.segments[0], stop=13), replace(MODEL.segments[1], start=13)
    lane = Segmentation((*other, *MODEL.segments[2:]))
    made_by_hand = Segmentation(tuple(s.as_persons() for s in lane.segments))
    folder.save(set_lane(project, "v1", ANNOTATION, made_by_hand))
    out = exported(folder, tmp_path / "out", ANNOTATION, "eaf")
    folder.save(set_lane(folder.load(), "v1", ANNOTATION, Segmentation.unlabelled(N)))
    assert not any("prediction" in line for line in imported(folder, out / "v1.eaf"))
    assert not folder.load().track("v1").annotation.accepted.any()
    about = json.loads((out / "manifest.json").read_text())["videos"]
    assert not any("of_model" in video for video in about)


def test_a_manifest_speaks_of_the_files_that_it_was_written_with_alone(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    mine = paint(paint(Segmentation.unlabelled(N), 0, 20, 0), 20, N, 1)
    folder.save(set_lane(project, "v1", ANNOTATION, mine))
    out = exported(folder, tmp_path / "out", ANNOTATION, "eaf")
    run(
        export_labels(
            folder, folder.load(), out, ExportChoices(lane=LANE, format="via")
        )
    )
    project = folder.load()
    folder.save(set_lane(project, "v1", ANNOTATION, Segmentation.unlabelled(N)))
    imported(folder, out / "v1.eaf")
    assert folder.load().track("v1").annotation.reviewed_labels.n_labelled == N
    # What was exported before is a model's still when the next export is a person's.
    folder.save(set_lane(folder.load(), "v1", ANNOTATION, mine))
    other = exported(folder, tmp_path / "other", LANE, "via")
    run(
        export_labels(
            folder, folder.load(), other, ExportChoices(lane=ANNOTATION, format="eaf")
        )
    )
    for item in folder.load().tracks:
        folder.prediction_path(item.id, "m").unlink()
    folder.save(set_lane(folder.load(), "v1", ANNOTATION, Segmentation.unlabelled(N)))
    imported(folder, other / "v1.via.csv")
    lane = folder.load().track("v1").annotation
    assert (lane.n_labelled, lane.reviewed_labels.n_labelled) == (N, 0)


def test_one_action_in_all_of_a_clip_equals_a_prediction_by_chance(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    whole = Segmentation((Segment(0, N, 1, "model", confidence=0.9),))
    put_prediction(folder, "v1", "m", whole)
    mine = paint(Segmentation.unlabelled(N), 0, N, 1)
    folder.save(set_lane(project, "v1", ANNOTATION, mine))
    out = exported(folder, tmp_path / "out", ANNOTATION, "eaf")
    (out / "manifest.json").unlink()
    folder.save(set_lane(folder.load(), "v1", ANNOTATION, Segmentation.unlabelled(N)))
    imported(folder, out / "v1.eaf")
    assert folder.load().track("v1").annotation.reviewed_labels.n_labelled == N


def test_a_segment_that_is_moved_takes_along_whose_frames_they_are() -> None:
    mine = paint(Segmentation.unlabelled(60), 10, 20, 1)
    lane = accept(mine, Segmentation((Segment(0, 60, 0, "model"),)))
    joined = replace(
        lane.segments[1],
        stop=24,
        inner=(lane.segments[1].part(10, 20), Segment(20, 24, 1, "model")),
    )
    last = Segment(24, 60, 0, "model")
    lane = Segmentation((lane.segments[0], joined, last))
    for frames in (20, -5):
        moved = move_segment(lane, 1, frames)
        (action,) = (s for s in moved.segments if s.class_id == 1)
        assert [(r.start - action.start, r.source) for r in action.runs] == [
            (0, "human"),
            (10, "model"),
        ]
        back = move_segment(moved, 1, -frames)
        assert back.segments[1].runs == tuple(
            replace(r, start_reviewed=s.start_reviewed, stop_reviewed=s.stop_reviewed)
            for r, s in zip(lane.segments[1].runs, back.segments[1].runs, strict=True)
        )


def test_accepting_one_place_beside_my_label_is_one_action() -> None:
    """Painted over the left of two, the right one is taken over at its frame."""
    said = Segmentation((Segment(0, 40, 0, "model"), Segment(40, 80, 1, "model")))
    mine = paint(Segmentation.unlabelled(80), 0, 40, 1)
    after = accepted_class(mine, said, 40, 80)
    assert [(s.start, s.stop) for s in after.segments] == [(0, 80)]
    # And so is what an import fills beside it.
    file = Segmentation((Segment(0, 60, 1, "import"), Segment(60, 80)))
    assert filled(mine, file).boundaries.tolist() == [60]


def test_runs_that_are_counted_at_another_rate_keep_their_shares(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    """The last of them once spoke for all: a model's, or all of it a person's."""
    folder, project = made
    for parts in (("human", "model"), ("model", "human")):
        runs = (Segment(0, 40, 1, parts[0]), Segment(40, N, 1, parts[1]))
        runs = tuple(r.agreed() if r.source == "human" else r for r in runs)
        lane = Segmentation((Segment(0, N, 1, "human", inner=runs),))
        folder.save(set_lane(project, "v1", ANNOTATION, lane))
        out = exported(folder, tmp_path / parts[0], ANNOTATION, "segment-csv")
        (out / "manifest.json").unlink()
        empty = Segmentation.unlabelled(N)
        folder.save(set_lane(folder.load(), "v1", ANNOTATION, empty))
        sources = find_label_files(out / "v1.segments.csv")
        files = run(read_label_files(sources, ReadOptions()))
        twice = 2 * project.track("v1").video.mean_rate
        choices = ImportChoices(rate=twice)
        plan = run(plan_labels(folder, folder.load(), files, choices))
        found = plan.apply(folder.load()).track("v1").annotation.segments[0]
        assert [(r.start, r.stop, r.source) for r in found.runs] == [
            (0, 20, parts[0]),
            (20, 30, parts[1]),
        ]
