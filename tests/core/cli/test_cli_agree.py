from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from skelseg_core.cli.main import cli
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_annotator_lane, edit_lane
from skelseg_core.review.settling import Dispute, begin, settle
from tests.projects import make_project, put_prediction
from tests.seen import ALL


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def lane(*runs: tuple[int | None, int]) -> Segmentation:
    at, segments = 0, []
    for class_id, n in runs:
        segments.append(Segment(at, at + n, class_id, "human"))
        at += n
    return Segmentation(tuple(segments))


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    folder, project = make_project(tmp_path / "p")
    own = {"v1": [(0, 30), (1, 30)], "v2": [(1, 20), (2, 40)]}
    bens = {"v1": [(0, 32), (1, 28)], "v2": [(1, 20), (0, 40)]}
    before = project
    for video in ("v1", "v2"):
        said = lane(*own[video])
        project = edit_lane(project, video, lambda _, said=said: said)
        project = add_annotator_lane(project, video, "ben", lane(*bens[video]))
    folder.save(project, before)
    return folder


def test_the_figures_are_those_of_the_frames(folder: ProjectFolder) -> None:
    result = run("agree", folder.root, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["lanes"] == ["annotation", "ben"]
    assert [v["video"] for v in found["videos"]] == ["v1", "v2"]
    assert found["n_frames"] == 120
    figures = found["figures"]
    # 2 frames of 120 around a boundary, and 40 of a confusion.
    chance = (30 * 72 + 50 * 48) / 120**2
    kappa = (78 / 120 - chance) / (1 - chance)
    assert figures["kappa"]["value"] == pytest.approx(kappa)
    assert figures["f1@50"]["value"] == pytest.approx(100 * 3 / 4)
    assert (figures["boundaries"]["value"], figures["boundaries"]["low"]) == (2, None)
    assert found["notes"] == ["With 2 videos there is no interval."]
    assert "chance" in figures["kappa"]["meaning"]


def test_lanes_are_named_in_any_way_and_videos_chosen(folder: ProjectFolder) -> None:
    same = [
        run("agree", folder.root, "--json", "--video", "v1", *lanes).output
        for lanes in (
            ("--lanes", "annotation", "ben"),
            ("--lanes", "annotation", "--lanes", "annotator:ben"),
            ("annotation", "ben"),
            (),
        )
    ]
    assert len(set(same)) == 1
    assert [v["video"] for v in json.loads(same[0])["videos"]] == ["v1"]


def test_text_and_csv_say_the_same(folder: ProjectFolder) -> None:
    text = run("agree", folder.root).output
    assert "annotation, ben: 2 videos, 120 frames labelled by two or more" in text
    assert "It says little about short segments" in text
    rows = list(csv.DictReader(io.StringIO(run("agree", folder.root, "--csv").output)))
    assert {row["measure"]: row["value"] for row in rows}["f1@50"] == "75"
    assert "75.0" in text


def test_disagreements_are_listed_settled_or_not(folder: ProjectFolder) -> None:
    def told(*more: str) -> list[dict[str, str]]:
        result = run("agree", folder.root, "--disagreements", *more)
        assert result.exit_code == 0, result.output
        return list(csv.DictReader(io.StringIO(result.output)))

    names = ("video", "start", "stop", "kind", "first_class", "second_class", "choice")
    assert [tuple(row[n] for n in names) for row in told()] == [
        ("v1", "30", "32", "moved", "b", "b", ""),
        ("v2", "20", "60", "class", "c", "a", ""),
    ]
    project = folder.load()
    project, dispute = begin(project, "v2", Dispute(ANNOTATION, "annotator:ben"), "eva")
    (block,) = dispute.blocks(project.track("v2"))
    after = settle(project, "v2", dispute, block, "second", "eva", "2024-05-01", ALL)
    folder.save(after, folder.load())
    (row,) = told("eva", "ben")
    assert (row["video"], row["choice"], row["who"]) == ("v2", "second", "eva")
    three = run("agree", folder.root, "--disagreements", "annotation", "eva", "ben")
    assert three.exit_code == 2
    assert "need two people, and here are annotation, eva" in three.output


def test_what_a_model_said_is_not_a_person(folder: ProjectFolder) -> None:
    put_prediction(folder, "v1", "m", lane((0, 60)))
    result = run("agree", folder.root, "annotation", "prediction:m")
    assert result.exit_code == 2
    assert "skelseg evaluate" in result.output
    assert len(json.loads(run("agree", folder.root, "--json").output)["lanes"]) == 2


def test_pre_labels_that_nobody_reviewed_are_left_out(folder: ProjectFolder) -> None:
    before = folder.load()
    # Ten segments one after the other count; single ones among copied ones do not.
    through = [Segment(a, a + 3, a % 2) for a in range(30, 57, 3)]
    unseen = Segmentation(
        (
            Segment(0, 10, 0, "model", confidence=0.9),
            Segment(10, 12, 1),
            Segment(12, 30, 0, "model", confidence=0.9),
            *through,
            Segment(57, 60, 1, "model", class_reviewed=True),
        )
    )
    folder.save(edit_lane(before, "v1", lambda _: unseen), before)
    found = json.loads(run("agree", folder.root, "--json", "--video", "v1").output)
    assert found["n_frames"] == 30
    assert "30 frames of pre-labels" in found["notes"][0]
    assert "3 % of the labelled frames began" in found["notes"][1]


def test_one_person_alone_is_told_what_to_do(tmp_path: Path) -> None:
    folder, before = make_project(tmp_path / "p")
    folder.save(edit_lane(before, "v1", lambda s: paint(s, 0, 60, 1)), before)
    result = run("agree", folder.root)
    assert result.exit_code == 2
    assert "Only one person labelled these videos" in result.output
    result = run("agree", folder.root, "--lanes", "carl")
    assert (
        "There is no lane of a person 'carl'; the lanes are annotation" in result.output
    )
