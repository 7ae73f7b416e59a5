"""What is of a whole video where it has tracks: locks, backups, scores, exports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import EditError
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.learning.cross_fit import CrossFit
from skelseg_core.learning.doubtful_labels import Doubt
from skelseg_core.learning.folds import subjects_of
from skelseg_core.learning.model_info import ModelInfo, to_json
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.project.class_edits import add_class, move_class
from skelseg_core.project.copies.annotator_copy import copy_for_annotator
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.copies.restoring import restored, restored_video
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import (
    edit_lane,
    remove_video,
    set_locked,
    set_people,
)
from skelseg_core.project.track_edits import add_person, add_tier, name_person, set_tier
from skelseg_core.tasks.measure_model import with_figures
from skelseg_core.tasks.model_tiers import to_learn
from skelseg_core.tasks.runs.run_plan import RunChoices, begin_plan
from skelseg_core.tasks.seen_in_training import seen_in_training
from tests.commands import done, mistake
from tests.models import described
from tests.projects import N, painted, put_prediction

Made = tuple[ProjectFolder, Project]


def two_by_two(project: Project) -> Project:
    """Action and Left hand of Anna and Ben in v1, all of them labelled."""
    project = add_class(add_tier(project, "Left hand"), "b", tier="Left_hand")
    project = add_person(name_person(project, "v1", "anna"), "v1", "ben")
    for track in project.tracks_of("v1"):
        first = project.classes_of(track).ids[0]
        project = painted(project, 0, 30, first, track.id)
    return project


def model(project: Project, **values: object) -> ModelInfo:
    classes = project.classes.classes
    return described("m", classes=classes, skeleton=project.skeleton, **values)


def doubted(info: ModelInfo, project: Project, doubt: Doubt) -> list[tuple[str, str]]:
    found = with_figures(info, CrossFit({}, 1.0, (doubt,)), project).doubtful
    return [(project.name_of(d.label), project.name_of(d.suggested)) for d in found]


def test_a_doubt_is_of_the_classes_as_they_were_learnt(made: Made) -> None:
    project = add_tier(made[1], "Left hand")
    info, doubt = model(project), Doubt("v1", 0, 5, 0, 1, 0.9)
    moved = move_class(project, 2, 0)
    assert doubted(info, moved, doubt) == [("c", "a")]
    # One that was added after the training is doubted, too.
    more = add_class(project, "new")
    assert doubted(info, more, replace(doubt, label=3)) == [("new", "b")]
    more = set_tier(add_class(more, "new", tier="Left_hand"), "Left_hand", mirrors="")
    more = painted(painted(more, 0, 5, 1), 5, 9, more.classes.named("new").id)
    names = to_learn(more).classes.names
    new, other = names.index("new"), names.index("b")
    doubt = replace(doubt, video="v1@Left_hand", label=new, suggested=new)
    assert doubted(info, more, doubt) == [("new", "new")]
    assert doubted(info, more, replace(doubt, suggested=other)) == []


def test_who_has_tracks_is_seen_in_the_video(made: Made) -> None:
    project = name_person(name_person(made[1], "v1", "anna"), "v2", "anna")
    for named in ((), ("Anna K",), ("ANNA",)):
        now = set_people(project, {"v1": named})
        assert len(set(subjects_of(now.tracks).values())) == 1
    assert now.video("v1").people == ("anna",)


def test_what_was_learnt_of_one_track_is_learnt_of_the_video(made: Made) -> None:
    folder, project = made[0], two_by_two(made[1])
    ben = project.track("v1@@ben")
    info = model(
        project,
        videos=("v1", "v1@@ben"),
        trained_frames={"v1": [[0, 30]], "v1@@ben": [[20, 40]]},
    )
    path = folder.model_dir("m") / "model.json"
    path.parent.mkdir(parents=True)
    put_prediction(folder, ben.id, "m", ben.annotation, model_key=info.key)
    for runs, learnt in (
        (info.trained_frames, {"trained_frames": [[0, 30], [20, 40]]}),
        ({"v1": [[0, 30]]}, {}),
    ):
        path.write_text(to_json(replace(info, trained_frames=runs)))
        told = seen_in_training(folder, project, ben, "prediction:m")
        told.pop("known_people")
        assert told == learnt


def test_a_run_for_poses_takes_the_videos_of_the_named_tracks(made: Made) -> None:
    folder, project = made
    folder.save(two_by_two(project), project)
    choices = RunChoices(stages=("poses",), videos=("v*Left hand",))
    items = begin_plan(str(folder.root), choices).items
    assert [item.id for item in items] == ["v1", "v2"]


def test_poses_are_exported_once_per_video(made: Made, tmp_path: Path) -> None:
    folder, project = made
    folder.save(two_by_two(project), project)
    bodies = np.full((N, 2, 17, 2), 9, np.float32)
    poses = PoseSequence(bodies, np.ones((N, 2, 17), np.float32), "coco17", (64, 48))
    for video in project.track_ids:
        save_poses(folder.poses_path(video), poses)
    out = tmp_path / "o"
    told = done("export-poses", folder.root, "--format", "csv", "--out", out)
    assert {p.name for p in out.glob("*.csv")} == {"v1.poses.csv", "v2.poses.csv"}
    assert "2 of 2 videos" in told


def test_the_copy_of_an_annotator_is_not_locked(made: Made, tmp_path: Path) -> None:
    folder, project = made
    project = set_locked(project, "v1", "anna, today")
    copy = run(copy_for_annotator(folder, project, tmp_path / "c", "ben"))
    assert not any(v.locked for v in copy.load().tracks)


def test_no_command_changes_what_is_locked(made: Made, tmp_path: Path) -> None:
    folder, before = made
    backup = Backups(folder, before.uuid).make("test")
    assert backup is not None
    project = set_locked(painted(before, 0, N, 1), "v1", "anna, today")
    folder.save(project, before)
    table = tmp_path / "v1.csv"
    table.write_text(f"start_frame,stop_frame,label\n0,{N},c\n")
    said = mistake(
        *(
            "import",
            "segment-csv",
            table,
            "--project",
            folder.root,
            "--existing",
            "replace",
        )
    )
    assert "The labels of v1 are locked (anna, today)" in said
    for more in ((), ("--video", "v1")):
        said = mistake("backups", folder.root, "--restore", backup.id, *more)
        assert "locked" in said
    assert folder.load() == project


def test_a_removed_video_comes_back_with_its_tracks(made: Made) -> None:
    then = two_by_two(made[1])
    now = remove_video(then, "v1")
    for named in ("v1", "v1@@ben"):
        back = restored_video(now, then, named)
        assert back.tracks_of("v1") == then.tracks_of("v1")
        assert back.videos[-1].id == "v1"
    # Of a video that is there one track is restored alone, or all of them.
    now = then
    for track in then.tracks_of("v1"):
        now = edit_lane(now, track.id, lambda _: made[1].track("v1").annotation)
    one = restored_video(now, then, "v1@@ben").tracks_of("v1")
    assert [bool(v.annotation.n_labelled) for v in one] == [False, False, True, False]
    assert restored_video(now, then, "v1") == then
    assert restored(now, then) == then
    with pytest.raises(EditError, match="The tier 'Left hand' of v1 is gone"):
        restored_video(made[1], then, "v1")


def test_the_card_counts_videos_once_and_classes_by_tier(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "skelseg_core.tasks.labelled_videos.open_recording",
        lambda folder, item, roots: blank_video(item),
    )
    folder, project = made
    folder.save(two_by_two(project), project)
    done("export", folder.root, "--format", "segment-csv", "--out", tmp_path / "o")
    card = (tmp_path / "o" / "data-card.md").read_text()
    assert f"2 videos with 6 tracks, {2 * N} frames, 0:00:05 h." in card
    assert f"120 frames labelled ({100 / 3:.1f} %)" in card
    tiers = card.split("## Classes in ")[1:]
    assert [t.partition("\n")[0] for t in tiers] == ["Action", "Left hand"]
    assert "| a | 0 | 2 | 60 | 2.400 | 33.3 % |" in tiers[0]
    assert "| b | 1 |" in tiers[0]
    assert "| a |" not in tiers[1]
    assert "2 subjects: anna (1 video), ben (1 video)." in card
    assert "Nobody is named in 1 video." in card
