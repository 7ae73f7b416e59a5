"""A prediction says itself what it is of; one of something else is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelseg_core.array_files import npz_checksum
from skelseg_core.errors import FormatError, ProjectError, SkelsegError
from skelseg_core.labels.prediction import load_prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.predictions.lanes import lane_names, lane_of, with_predicted
from skelseg_core.project.class_edits import add_class, delete_class, rename_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.projects import N, changed, make_project, put_prediction
from tests.soak import examples

SAID = Segmentation.from_frames(np.repeat([0, 1, 2], N // 3), "model")
Made = tuple[ProjectFolder, Project]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A project of which model m said a, b and c of v1."""
    folder, project = make_project(tmp_path / "p")
    folder.poses_path("v1").parent.mkdir()
    np.savez(folder.poses_path("v1"), xy=np.zeros(3))
    poses = npz_checksum(folder.poses_path("v1"))
    names = project.label_map.names
    put_prediction(folder, "v1", "m", SAID, class_names=names, video="f", poses=poses)
    return folder, project


def frames(made: Made, project: Project) -> list[int]:
    found = fitting_prediction(made[0], project, project.track("v1"), "m")
    return found.segmentation.to_frames().tolist()


def why_not(folder: ProjectFolder, project: Project, model: str = "m") -> str:
    with pytest.raises(FormatError) as caught:
        fitting_prediction(folder, project, project.track("v1"), model)
    return str(caught.value)


def test_what_it_is_of_is_in_its_file(made: Made) -> None:
    found = load_prediction(made[0].prediction_path("v1", "m"))
    assert (found.model, found.class_names, found.video) == ("m", ("a", "b", "c"), "f")
    assert found.fixed is not None
    assert frames(made, made[1]) == SAID.to_frames().tolist()


def other_poses(folder: ProjectFolder, project: Project) -> tuple[Project, str]:
    np.savez(folder.poses_path("v1"), xy=np.ones(3))
    return project, "m"


def other_file(_: ProjectFolder, project: Project) -> tuple[Project, str]:
    item = changed(project.track("v1"), fingerprint="another")
    return project.with_tracks(item), "m"


def longer(_: ProjectFolder, project: Project) -> tuple[Project, str]:
    lanes = {ANNOTATION: Segmentation.unlabelled(N + 1)}
    item = changed(project.track("v1"), n_frames=N + 1, lanes=lanes)
    return project.with_tracks(item), "m"


def renamed_file(folder: ProjectFolder, project: Project) -> tuple[Project, str]:
    path = folder.prediction_path("v1", "m")
    path.rename(path.with_stem("best"))
    return project, "best"


def swapped_names(_: ProjectFolder, project: Project) -> tuple[Project, str]:
    for class_id, name in ((0, "x"), (1, "a"), (0, "b")):
        project = rename_class(project, class_id, name)
    return project, "m"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_poses, "other poses"),
        (other_file, "another video file"),
        (longer, f"{N} frames and the video has {N + 1}"),
        (renamed_file, "the model m"),
        (swapped_names, "a class 'a' that the project does not have"),
    ],
)
def test_one_of_something_else_is_not_shown_and_that_is_said(
    made: Made,
    change: Callable[[ProjectFolder, Project], tuple[Project, str]],
    said: str,
) -> None:
    project, model = change(*made)
    sentence = why_not(made[0], project, model)
    assert said in sentence
    assert "pre-label v1 again" in sentence
    lane = prediction_lane(model)
    assert lane not in with_predicted(made[0], project, [lane]).track("v1").lanes
    assert made[0].notes == [sentence]
    with pytest.raises(SkelsegError, match="not shown"):
        lane_of(made[0], project, project.track("v1"), lane)


def test_poses_that_are_gone_contradict_nothing(made: Made) -> None:
    made[0].poses_path("v1").unlink()
    assert frames(made, made[1]) == SAID.to_frames().tolist()


def test_a_class_that_the_project_lost_is_none_that_it_got_since(made: Made) -> None:
    project = add_class(made[1], "d")
    lane = Segmentation.from_frames([3] * N, "model")
    put_prediction(made[0], "v1", "m", lane, class_names=("d",))
    assert frames(made, project) == [3] * N
    assert "a class 'd'" in why_not(made[0], made[1])  # adding it was undone
    assert frames(made, rename_class(project, 3, "e")) == [3] * N


@settings(
    deadline=None,
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    edits=st.lists(
        st.one_of(
            st.tuples(st.just("rename"), st.integers(0, 2), st.sampled_from("pqr")),
            st.tuples(st.just("merge"), st.integers(0, 2), st.integers(0, 2)),
            st.tuples(st.just("delete"), st.integers(0, 2), st.none()),
            st.tuples(st.just("add"), st.just(0), st.sampled_from("xyz")),
        ),
        max_size=6,
    )
)
def test_it_is_in_the_classes_of_today_whatever_became_of_them(
    made: Made, edits: list[tuple[str, int, object]]
) -> None:
    _, project = made
    now: dict[int, int | None] = {0: 0, 1: 1, 2: 2}
    for what, class_id, value in edits:
        try:
            if what == "rename":
                project = rename_class(project, class_id, str(value))
            elif what == "add":
                project = add_class(project, str(value))
            else:
                into = value if isinstance(value, int) else None
                project = delete_class(project, class_id, into)
                now = {k: into if v == class_id else v for k, v in now.items()}
        except SkelsegError:
            continue  # that class is gone, or the name is taken
    expected = [now[i] if now[i] is not None else -1 for i in SAID.to_frames().tolist()]
    assert frames(made, project) == expected
    ids = {*project.label_map.ids, *project.label_map.moves}
    found = fitting_prediction(made[0], project, project.track("v1"), "m")
    assert {*found.class_ids.tolist()} <= ids


def test_one_that_is_replaced_while_it_is_read_is_one_or_the_other(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    path = folder.prediction_path("v1", "m")
    other = replace(load_prediction(path), segmentation=Segmentation.unlabelled(N))

    def opened_before(path: Path) -> object:
        with path.open("rb") as file:
            save_prediction(path, other)
            return load_prediction(Path(f"/proc/self/fd/{file.fileno()}"))

    if Path("/proc/self/fd").exists():
        monkeypatch.setattr(
            "skelseg_core.predictions.fitting.load_prediction", opened_before
        )
        assert frames(made, project) == SAID.to_frames().tolist()
        monkeypatch.undo()
    assert frames(made, project) == [-1] * N


def test_lanes_of_models_are_named_and_read_beside_those_of_people(made: Made) -> None:
    folder, project = made
    item = project.track("v1")
    lane = prediction_lane("m")
    assert lane_names(folder, project, project.tracks) == [ANNOTATION, lane]
    assert lane_of(folder, project, item, lane) == SAID
    assert lane_of(folder, project, item, ANNOTATION) is item.annotation
    with pytest.raises(ProjectError, match="has no lane 'prediction:x'"):
        lane_of(folder, project, item, prediction_lane("x"))
    shown = with_predicted(folder, project, [ANNOTATION, lane])
    assert shown.track("v1").lanes[lane] == SAID
    assert shown.track("v2") == project.track("v2")
    assert with_predicted(folder, project, [ANNOTATION]) is project
