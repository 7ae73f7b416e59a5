"""Tiers and people through the whole loop: train, measure, predict, run, score."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.errors import ModelError, ProjectError
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.folds import folds_by_subject, subjects_of
from skelseg_core.learning.model_info import load_info
from skelseg_core.library.models import predict as predict_all
from skelseg_core.library.opened_project import OpenTrack, open_project
from skelseg_core.poses.sequence import PoseSequence, SubjectPick
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.predictions.found import models_of
from skelseg_core.progress import run
from skelseg_core.project.class_edits import add_class, rename_class
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    drop_pick,
    edit_lane,
    pick_subject,
    set_lane,
)
from skelseg_core.project.track_edits import add_person, add_tier, name_person, set_tier
from skelseg_core.tasks.measure_model import measure
from skelseg_core.tasks.model_tiers import to_learn
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.runs.run_plan import RunChoices, plan_run
from skelseg_core.tasks.train import train
from tests.commands import done, mistake
from tests.poses_only import SIZE, SMALL, STANDING, item
from tests.projects import changed
from tests.projects import item as bare_item
from tests.videos import write_video

N, EACH = 240, 40
KEYPOINTS: Mapping[str, Any] = {
    **SMALL,
    "model": {**SMALL["model"], "modalities": ["keypoints"], "standardise": False},
    "train": {"epochs": 25, "fusion_epochs": 1, "min_steps": 0},
}
SKELETON = load_skeleton("lcrnet15")
RIGHT = [i for i, name in enumerate(SKELETON.keypoints) if name == "right_wrist"]
LEFT = [i for i, name in enumerate(SKELETON.keypoints) if name == "left_wrist"]


def blocks(rng: np.random.Generator) -> np.ndarray:
    """Rest and reach by turns, (N,) of 0 and 1."""
    return np.repeat(rng.permutation([0, 1] * (N // EACH // 2)), EACH)


def bodies(says: list[tuple[np.ndarray, np.ndarray]]) -> PoseSequence:
    """People beside one another who lift the right and the left hand, when told."""
    made = []
    for n, (right, left) in enumerate(says):
        body = np.repeat(STANDING[None], N, axis=0) * 0.5
        body[..., 0] += 150 * n
        body[:, RIGHT, 1] -= 40 * right[:, None]
        body[:, LEFT, 1] -= 40 * left[:, None]
        made.append(body)
    keypoints = np.stack(made, axis=1)
    keypoints += np.random.default_rng(len(says)).normal(0, 0.3, keypoints.shape)
    scores = np.ones(keypoints.shape[:-1], np.float32)
    poses = keypoints.astype(np.float32)
    return PoseSequence(poses, scores, "lcrnet15", SIZE, "made by hand")


def make(root: Path, videos: int = 3, *, mirrors: bool = False) -> ProjectFolder:
    """Anna and Ben in each video, with a tier of the right and of the left hand."""
    classes = label_map_from_names(["rest", "reach"])
    folder, project = create_project(root, classes, "lcrnet15")
    before, rng = project, np.random.default_rng(3)
    lines: dict[str, np.ndarray] = {}
    project = set_tier(project, "", name="Right hand")
    for n in range(videos):
        name = f"v{n}"
        says = [(blocks(rng), blocks(rng)) for _ in range(2)]
        save_poses(folder.poses_path(name), bodies(says), f"poses-{name}")
        project = replace(project, tracks=(*project.tracks, item(name, np.full(N, -1))))
        for (right, left), person in zip(says, ("", "@ben"), strict=True):
            lines[f"{name}@{person}" if person else name] = right
            lines[f"{name}@Left_hand{person}"] = left
    project = add_tier(project, "Left hand")
    project = add_class(project, "reach", tier="Left_hand")
    for n in range(videos):
        project = name_person(project, f"v{n}", "anna")
        project = pick_subject(project, f"v{n}", SubjectPick(0, 80.0, 60.0))
        project = add_person(project, f"v{n}", "ben")
        project = pick_subject(project, f"v{n}@@ben", SubjectPick(0, 230.0, 60.0))
    for name, said in lines.items():
        ids = project.classes_of(name).ids
        for start in range(0, N, EACH):
            label = ids[int(said[start])]
            project = edit_lane(
                project, name, lambda s, a=start, c=label: paint(s, a, a + EACH, c)
            )
    if mirrors:
        first = project.classes_of(project.tier("Left_hand")).ids[0]
        project = rename_class(project, first, "rest")
        project = set_tier(project, "Left_hand", mirrors="")
    folder.save(project, before)
    return folder


def accuracy(track: OpenTrack, model: str) -> float:
    """Share of frames that a model has right."""
    truth, said = (track.labels(lane) for lane in ("annotation", f"prediction:{model}"))
    return float((truth == said).mean())


@pytest.fixture
def made(tmp_path: Path) -> ProjectFolder:
    return make(tmp_path / "p")


def test_one_model_labels_every_person_of_its_tier(made: ProjectFolder) -> None:
    root = str(made.root)
    said = run(train(root, "left", KEYPOINTS, ["v0", "v1"], tier="Left hand"))
    assert len(said["videos"]) == 4
    info = load_info(made.model_dir("left"))
    assert (info.tier, len(info.videos)) == ("Left_hand", 4)
    # All people of the film are predicted, and no other tier.
    found = predict_all(root, "left", ["v2"], free=True)
    assert set(found) == {"v2: anna, Left hand", "v2: ben, Left hand"}
    for track in open_project(root).videos["v2"].tracks:
        if track.tier == "Left hand":
            assert accuracy(track, "left") > 0.9
    lane = ("--lane", "prediction:left", "--tier", "Left hand")
    scores = json.loads(done("evaluate", root, *lane, "--per-video", "--json"))
    scored = {(one["video"], one["person"]) for one in scores["per_video"]}
    assert scored == {("v2", "anna"), ("v2", "ben")}
    with pytest.raises(ModelError, match="labels the tier Left hand, and this track"):
        run(predict(root, "v2", "left"))
    assert models_of(made.root, "v2") == ()


def test_pre_labels_end_where_a_person_ended_a_segment_around_them(
    made: ProjectFolder,
) -> None:
    root, end = str(made.root), 44
    assert end % EACH
    run(train(root, "left", KEYPOINTS, ["v0", "v1"], tier="Left hand"))
    before = made.load()
    project = set_tier(before, "Left_hand", inside="")
    nothing = Segmentation.unlabelled(N)
    project = edit_lane(project, "v2@Left_hand", lambda _: nothing)
    (one, two, *_) = project.classes_of("v2").ids
    for start, stop, label in ((0, end, one), (end, N, two)):
        project = edit_lane(
            project, "v2", lambda s, a=start, b=stop, c=label: paint(s, a, b, c)
        )
    made.save(project, before)

    def ends(free: bool) -> list[int]:
        run(predict(root, "v2@Left_hand", "left", free=free))
        path = made.prediction_path("v2@Left_hand", "left")
        return [s.start for s in load_prediction(path).segmentation.segments]

    assert end in ends(free=False)
    assert end not in ends(free=True)


def test_a_person_whose_figure_is_not_known_is_neither_learnt_nor_predicted(
    made: ProjectFolder,
) -> None:
    root, before = str(made.root), made.load()
    run(train(root, "both", KEYPOINTS, ["v0", "v1"]))
    project = drop_pick(before, "v0@@ben", 0)
    made.save(project, before)
    said = run(train(root, "one", KEYPOINTS, ["v0", "v1"]))
    assert "v0@@ben" not in said["videos"]
    assert said["without_body"] == ["v0: ben"]
    assert set(said["videos"]) == {"v0", "v1", "v1@@ben"}
    with pytest.raises(ProjectError, match="which figure in v0 is ben; open the"):
        run(predict(root, "v0@@ben", "both"))
    run(predict(root, "v0", "both"))
    assert "figure of: v0: ben" in done("info", root)
    assert "v0: ben: it is not known which figure" in done("doctor", root)
    text = done("train", root, "--name", "m", "--no-measure", "--tier", "Right hand")
    assert "Not trained on v0: ben: it is not known which" in text
    with pytest.raises(ProjectError, match="which figure in v0 is ben"):
        run(train(root, "none", KEYPOINTS, ["v0@@ben"]))


def test_a_run_does_all_people_of_the_tier_of_its_model(made: ProjectFolder) -> None:
    root = str(made.root)
    run(train(root, "right", KEYPOINTS, ["v0"]))
    plan = run(plan_run(root, RunChoices(videos=("v2",), model="right")))
    assert [t.name for t in plan.tasks] == [
        "predict v2: anna, Right hand right",
        "predict v2: ben, Right hand right",
    ]
    assert load_info(made.model_dir("right")).tier == ""
    scores = json.loads(
        done("predict", root, "--model", "right", "--free", "--jobs", 1, "--json")
    )
    assert len(scores["videos"]) == 6


def test_two_people_of_a_film_are_never_on_two_sides(made: ProjectFolder) -> None:
    project = made.load()
    for nobody in (False, True):
        items = to_learn(project, "Left hand").tracks
        if nobody:
            items = tuple(changed(v, person="", people=()) for v in items)
        subjects = subjects_of(items)
        for fold in folds_by_subject(subjects, 3 if nobody else 1) if nobody else ():
            assert len(fold) == 2
            assert len({v.partition("@")[0] for v in fold}) == 1
        if not nobody:
            # Anna and Ben are in all films: all are of one group.
            assert len(set(subjects.values())) == 1


def test_what_measuring_holds_out_are_whole_films(made: ProjectFolder) -> None:
    root = str(made.root)
    quick = {**KEYPOINTS, "train": {**KEYPOINTS["train"], "epochs": 2}}
    run(train(root, "net", quick, tier="Left hand"))
    run(measure(root, "net"))
    held = load_info(made.model_dir("net")).held_out
    assert (held["folds"], held["n_videos"], held["n_labelled"]) == (3, 3, 3)
    assert "same_film" not in held
    assert set(held["by_video"]) == {
        v.id for v in made.load().in_tier("Left hand").tracks
    }


def test_a_mirrored_tier_is_learnt_with_the_other(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", mirrors=True)
    root = str(folder.root)
    # Of the left hand alone: the model of the right one knows it by mirroring.
    project = folder.load()
    emptied = project
    for video in project.tracks:
        if not video.tier:
            nothing = bare_item(n_frames=N).annotation
            emptied = set_lane(emptied, video.id, ANNOTATION, nothing)
    folder.save(emptied, project)
    said = run(train(root, "hand", KEYPOINTS, ["v0", "v1"], tier="Left hand"))
    assert {v.partition("@")[2].partition("@")[0] for v in said["videos"]} == {
        "Left_hand"
    }
    folder.save(project, emptied)
    predict_all(root, "hand", ["v2"], free=True)
    for track in open_project(root).videos["v2"].tracks:
        assert accuracy(track, "hand") > 0.9
    run(measure(root, "hand"))
    info = load_info(folder.model_dir("hand"))
    left = set(folder.load().classes_of("v0@Left_hand").ids)
    assert all({d.label, d.suggested} <= left for d in info.doubtful)


def test_mirroring_needs_the_skeleton(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", mirrors=True)
    with pytest.raises(ModelError, match="pictures cannot be mirrored"):
        run(train(str(folder.root), "seen", "heatmap-paper"))
    project = folder.load()
    assert project.tier("Left_hand").mirrors == ""
    assert "names none itself" in mistake(
        "tiers", folder.root, "Right hand", "--mirrors", "Left hand"
    )


def test_tasks_are_about_one_tier(made: ProjectFolder, tmp_path: Path) -> None:
    root = made.root
    of = ("--tier", "left hand")
    rows = json.loads(done("stats", root, *of, "--by", "subject", "--json"))
    assert {(r["subject"], r["class"]) for r in rows if r["segments"]} == {
        (person, name) for person in ("anna", "ben") for name in ("Left hand", "reach")
    }
    out = tmp_path / "out"
    done("export", root, *of, "--video", "v0", "--out", out)
    text = (out / "v0.segments.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert {(r["tier"], r["person"]) for r in rows} == {
        ("Left hand", "anna"),
        ("Left hand", "ben"),
    }
    assert "Left hand" in (out / "data-card.md").read_text()
    done("plot", root, *of, "--out", tmp_path / "plot.png")
    assert "Only one person labelled" in mistake("agree", root, *of)
    assert "no tier 'Feet'" in mistake("stats", root, "--tier", "Feet")


def test_the_overview_has_tiers_and_tracks(made: ProjectFolder) -> None:
    said = done("info", made.root)
    assert said.startswith("p: 3 videos, 2 tiers")
    assert "v0: ben, Left hand  " in said
    assert "missing video files" not in said
    assert "@" not in said
    assert "lanes: annotation (3)" in said
    assert "classes of Left hand:" in said
    made.poses_path("v1").unlink()
    assert "missing poses: v1\n" in done("info", made.root)
    told = json.loads(done("info", made.root, "--json"))
    assert told["missing"]["poses"] == ["v1"]
    assert [(t["name"], t["tracks"]) for t in told["tiers"]] == [
        ("Right hand", 6),
        ("Left hand", 6),
    ]
    assert [row["video"] for row in told["videos"]] == ["v0", "v1", "v2"]
    of = [(t["tier"], t["person"]) for t in told["videos"][0]["tracks"]]
    assert of == [
        (tier, person)
        for person in ("anna", "ben")
        for tier in ("Right hand", "Left hand")
    ]


def test_a_notebook_reads_tracks(made: ProjectFolder) -> None:
    project = open_project(made.root)
    assert project.tiers == {
        "Right hand": ("rest", "reach"),
        "Left hand": ("Left hand", "reach"),
    }
    assert list(project.videos) == ["v0", "v1", "v2"]
    tracks = project.videos["v1"].tracks
    assert project.videos["v1"].people == ("anna", "ben")
    with pytest.raises(ProjectError, match="several tracks: v1: anna, Right hand, "):
        project.videos["v1"].labels()
    assert [(t.tier, t.person) for t in tracks] == [
        (tier, person)
        for person in ("anna", "ben")
        for tier in ("Right hand", "Left hand")
    ]
    assert set(tracks[1].labels()) == {"Left hand", "reach"}
    table = project.to_pandas()
    assert list(table.columns[:3]) == ["video", "tier", "person"]
    assert set(table.tier) == {"Right hand", "Left hand"}


def test_tiers_are_edited_by_the_command(tmp_path: Path) -> None:
    root = make(tmp_path / "p", 1).root
    names = tmp_path / "names.txt"
    names.write_text("reach\nplace\n")
    done("tiers", root, "--add", "Phase", "--of", "scene", "--optional")
    done("tiers", root, "--add", "Trunk", "--classes", names, "--inside", "Phase")
    done("tiers", root, "--add", "Foot", "--mirrors", "Right hand")
    assert "classes: rest, reach" in done("tiers", root, "Foot")
    done("tiers", root, "Foot", "--remove")
    told = {t["name"]: t for t in json.loads(done("tiers", root, "--json"))}
    assert list(told) == ["Right hand", "Left hand", "Phase", "Trunk"]
    phase, trunk = told["Phase"], told["Trunk"]
    assert (phase["of"], phase["required"], phase["tracks"]) == ("scene", False, 1)
    assert (trunk["classes"], trunk["inside"]) == (["reach", "place"], "Phase")
    assert "Phase" in mistake("tiers", root, "Phase", "--inside", "Trunk")
    assert "inside" not in done("tiers", root, "Trunk", "--inside", "none")
    assert "has labels" in mistake("tiers", root, "Left hand", "--remove")
    done("tiers", root, "Trunk", "--rename", "Rumpf")
    done("tiers", root, "Rumpf", "--remove")
    assert "Rumpf" not in done("tiers", root)
    assert "no tier 'Feet'" in mistake("tiers", root, "Feet", "--optional")


def test_commands_on_segments_refuse_tiers_of_points(tmp_path: Path) -> None:
    root = make(tmp_path / "p", 1).root
    for other in ("--mirrors", "--inside"):
        said = mistake("tiers", root, "--add", "Step", "--points", other, "Left hand")
        assert "have to be tiers of segments" in said
    done("tiers", root, "--add", "Step", "--points")
    for command in ("agree", "stats", "train --name m", "evaluate"):
        name, *more = command.split()
        assert "has points" in mistake(name, root, *more, "--tier", "Step"), name
        assert "no tier 'Feet'" in mistake(name, root, *more, "--tier", "Feet"), name
    assert "has points" in mistake("fill", root, "v0@Step@anna")


def test_tracks_of_a_video_count_as_one(tmp_path: Path) -> None:
    root = make(tmp_path / "p", 2).root
    assert "<project p: 2 videos, " in repr(open_project(root))
    assert "Copied 2 videos " in done("copy", root, tmp_path / "q")
    assert "no predictions" in mistake("evaluate", root)
    done("tiers", root, "--add", "Phase", "--of", "scene")
    done("people", root, "v0", "--add", "cleo")


def test_counts_of_one_are_of_one_video(tmp_path: Path) -> None:
    root = make(tmp_path / "p", 1).root
    assert done("info", root).startswith("p: 1 video, 2 tiers, 4 classes\n")
    out = tmp_path / "out"
    said = mistake(
        "export", root, "--format", "ms-tcn", "--out", out, "--tier", "Right hand"
    )
    assert "anna, ben are seen together" in said
    assert "only one is seen" not in said


def test_people_get_tracks_by_the_command(tmp_path: Path) -> None:
    root = make(tmp_path / "p", 1).root
    assert done("people", root, "v0", "--add", "cleo") == "v0: anna, ben, cleo\n"
    assert "v0: cleo, Right hand" in done("info", root)
    done("people", root, "v0@@cleo", "--name", "clea")
    assert done("people", root) == 'video,people\nv0,"anna, ben, clea"\n'
    done("people", root, "v0", "--remove", "clea")
    assert "has labels" in mistake("people", root, "v0", "--remove", "ben")
    assert "no tracks" in mistake("people", root, "v0", "--remove", "dora")


def test_the_rest_of_a_track_is_filled_alike(made: ProjectFolder) -> None:
    before = made.load()
    name = "v0@Left_hand@ben"
    kept = before.track(name).annotation
    lane = paint(bare_item(n_frames=N).annotation, 0, N // 2, 0)
    for segment in kept.segments:
        if segment.start < N // 2:
            lane = paint(
                lane, segment.start, min(segment.stop, N // 2), segment.class_id
            )
    made.save(set_lane(before, name, ANNOTATION, lane), before)
    others = [v for v in made.load().tracks if v.id != name]
    done("fill", made.root, name)
    after: Project = made.load()
    assert after.track(name).annotation.n_labelled > N // 2
    assert [after.track(v.id) for v in others] == others


def test_a_run_makes_the_poses_of_two_people_once(
    made: ProjectFolder, tmp_path: Path
) -> None:
    root = str(made.root)
    run(train(root, "right", KEYPOINTS, ["v0"]))
    done("add", root, write_video(tmp_path / "film.mp4", 20))
    done("people", root, "film", "--name", "anna")
    done("people", root, "film", "--add", "ben")
    plan = run(plan_run(root, RunChoices(videos=("film",))))
    assert [(t.name, t.after) for t in plan.tasks] == [
        ("poses film", ""),
        ("predict film: anna, Right hand right", "poses film"),
        ("predict film: ben, Right hand right", "poses film"),
    ]


def test_people_agree_within_a_tier(made: ProjectFolder) -> None:
    before = project = made.load()
    for video in ("v0@Left_hand", "v0@Left_hand@ben"):
        lane = project.track(video).annotation
        project = add_annotator_lane(project, video, "Cleo", lane)
    made.save(project, before)
    assert "Only one person" in mistake("agree", made.root)
    told = json.loads(done("agree", made.root, "--tier", "Left hand", "--json"))
    assert told["figures"]["kappa"]["value"] == 1.0
    assert len(told["videos"]) == 2
