"""The audit finds what is labelled in two ways; a rule settles it in one step."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.conventions import Convention, as_constraints
from skelseg_core.labels.segmentation import Segment, Segmentation, Source
from skelseg_core.progress import run
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.json import PLAIN_SCHEMA
from skelseg_core.project.project import ANNOTATION, Project, add_video, set_lane
from skelseg_core.review.conventions import adopt, audit, give_up, in_words, touched
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.queue import Queue
from skelseg_core.tasks.evaluation import evaluate_folders
from tests.projects import item

PLACE, STAND, PICK = 0, 1, 2
"""Classes a, b and c of the test project."""
N_FRAMES = 240
RULE = Convention(STAND, 0.2, PLACE, PICK)


def lane_with(stands: int, source: Source = "human") -> Segmentation:
    """Place and pick four times; in some a stand of four frames between the two."""
    parts: list[tuple[int | None, int]] = []
    for n in range(4):
        parts += [(PLACE, 18), (STAND, 4)] if n < stands else [(PLACE, 22)]
        parts += [(PICK, 28)]
    parts.append((None, N_FRAMES - 200))
    segments, at = [], 0
    for class_id, length in parts:
        made = Segment(at, at + length, class_id, source)
        segments.append(made.as_reviewed() if source == "human" else made)
        at += length
    return Segmentation(tuple(segments))


@pytest.fixture
def made(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    """Of three videos one has a stand everywhere, one nowhere, one in a half."""
    folder, project = create_project(tmp_path / "p", label_map_from_names("abc"))
    for n, stands in enumerate((4, 0, 2)):
        project = add_video(project, item(f"v{n}", N_FRAMES))
        project = set_lane(project, f"v{n}", ANNOTATION, lane_with(stands))
    folder.save(project)
    return folder, project


Made = tuple[ProjectFolder, Project]


def test_what_is_labelled_in_two_ways_is_found(made: Made) -> None:
    _, project = made
    found = run(audit(project))
    assert [f.rule for f in found] == [RULE]
    assert (len(found[0].labelled), len(found[0].direct)) == (6, 6)
    assert found[0].n_videos == 2
    first = found[0].labelled[0]
    assert (first.video_id, first.start, first.stop, first.reviewed) == (
        *("v0", 18, 22),
        True,
    )
    text = "no “b” under 0.2 s between “a” and “c”"
    assert str(in_words(RULE, project.name_of)) == text


def test_pre_labels_and_slips_do_not_count(made: Made) -> None:
    _, project = made
    model = set_lane(project, "v0", ANNOTATION, lane_with(4, "model"))
    assert run(audit(model)) == ()
    once = set_lane(project, "v0", ANNOTATION, lane_with(0))
    once = set_lane(once, "v2", ANNOTATION, lane_with(1))
    assert run(audit(once)) == (), "one in twelve is a slip"


def test_it_is_adopted_in_all_videos_and_given_up_again(made: Made) -> None:
    folder, project = made
    assert len(run(touched(project, [RULE]))) == 6
    after = run(adopt(project, [RULE]))
    assert after.conventions == (RULE,)
    assert [len(v.annotation) for v in after.videos] == [9, 9, 9]
    assert [s.stop for s in after.video("v0").annotation.segments[:2]] == [20, 50]
    assert after.video("v1") is project.video("v1")
    assert all(v.reviewed for v in after.videos)
    assert run(audit(after)) == ()
    assert run(adopt(after, [RULE])) is after
    folder.save(after, project)
    raw = json.loads(folder.project_file.read_text())
    assert raw["schema"] == PLAIN_SCHEMA
    assert raw["conventions"] == [{"class": 1, "least_s": 0.2, "left": 0, "right": 2}]
    assert ProjectFolder(folder.root).load() == after
    back = give_up(after, [RULE])
    folder.save(back, after)
    raw = json.loads(folder.project_file.read_text())
    assert "conventions" not in raw


def test_a_class_that_goes_takes_its_conventions_along(made: Made) -> None:
    _, project = made
    after = run(adopt(project, [RULE]))
    assert delete_class(after, PICK, None).conventions == ()
    assert delete_class(after, STAND, PLACE).conventions == ()


def evidence(rules: tuple[Convention, ...] = ()) -> Evidence:
    """A model that sees a stand in the first two of four places."""
    labels = lane_with(2).to_frames()[:200]
    p = np.full((200, 3), 0.05)
    p[np.arange(200), labels] = 0.9
    return Evidence(p, np.arange(3), 25.0, conventions=rules)


def test_pre_labels_keep_to_it_except_where_a_person_labelled(made: Made) -> None:
    stands = [s for s in evidence().decode().segments if s.class_id == STAND]
    assert stands == [], "too short for a model that counted nothing"
    fixed = np.full(200, -1)
    fixed[18:22] = fixed[68:72] = STAND
    held = evidence((RULE,)).decode(fixed)
    assert [(s.start, s.stop) for s in held.segments if s.class_id == STAND] == [
        (18, 22),
        (68, 72),
    ]
    long = Convention(STAND, 2.0, PLACE, PICK)
    p = evidence().probabilities.copy()
    p[112:132] = (0.05, 0.9, 0.05)
    wide = Evidence(p, np.arange(3), 25.0)
    assert any(s.class_id == STAND for s in wide.decode().segments)
    settled = Evidence(p, np.arange(3), 25.0, conventions=(long,)).decode()
    assert STAND not in settled.to_frames()


def test_the_queue_asks_for_nothing_that_is_not_labelled() -> None:
    lane = Segmentation.from_frames(lane_with(0).to_frames()[:200], "model")
    rules = (Convention(STAND, 5.0),)
    names = {0: "a", 1: "b", 2: "c"}
    ghosts = [
        place.ghost
        for known in ((), rules)
        for place in Queue(evidence(known), names).places(lane)
        if place.ghost is not None and place.ghost.class_id == STAND
    ]
    assert ghosts
    with_rules = Queue(evidence(rules), names).places(lane)
    assert all(p.ghost is None or p.ghost.class_id != STAND for p in with_rules)


def test_evaluation_prints_both_figures(made: Made, tmp_path: Path) -> None:
    folder, project = made
    files = tmp_path / "pred"
    files.mkdir()
    for item_ in project.videos:
        names = ["abc"[max(i, 0)] for i in lane_with(0).to_frames()]
        (files / f"{item_.id}.txt").write_text("\n".join(names) + "\n")
    plain = evaluate_folders(folder.root, files)
    assert "settled" not in plain
    assert plain["edit"] < 100
    after = run(adopt(project, [RULE]))
    # The labels of the files as they were, and the convention beside them.
    folder.save(replace(project, conventions=after.conventions), project)
    both = evaluate_folders(folder.root, files)
    assert both["edit"] == plain["edit"]
    assert both["settled"]["edit"] == both["settled"]["f1@50"] == 100
    assert both["settled"]["accuracy"] > both["accuracy"]
    args = ["evaluate", "--truth", str(folder.root), "--pred", str(files)]
    said = CliRunner().invoke(cli, args)
    assert said.exit_code == 0, said.output
    row = next(line for line in said.output.splitlines() if "settled  " in line)
    assert row.split()[3:] == ["100.00"] * 4


def test_the_command_lists_tries_adopts_and_drops(made: Made) -> None:
    folder, project = made

    def said(*args: str) -> str:
        found = CliRunner().invoke(cli, ["conventions", str(folder.root), *args])
        assert found.exit_code == 0, found.output
        return found.output

    assert "The class is there 6 times and not there 6 times" in said()
    listed = json.loads(said("--json"))
    assert listed["conventions"] == []
    assert len(listed["findings"][0]["not_labelled"]) == 6
    rule = ["--leave-out", "b", "--under", "0.2", "--after", "a", "--before", "c"]
    tried = said(*rule, "--dry-run")
    assert "would leave out 6 segments, 6 of them reviewed" in tried
    assert "v0: 4" in tried
    assert folder.load() == project
    assert "left out 6 segments" in said(*rule)
    assert ProjectFolder(folder.root).load() == run(adopt(project, [RULE]))
    assert "rule 1: no “b” under 0.2 s" in said()
    assert "Dropped" in said("--drop", "1")
    assert ProjectFolder(folder.root).load().conventions == ()
    bad = CliRunner().invoke(cli, ["conventions", str(folder.root), "--drop", "1"])
    assert bad.exit_code == 1 or bad.exit_code == 2
    lost = CliRunner().invoke(
        cli, ["conventions", str(folder.root), "--leave-out", "zzz", "--under", "1"]
    )
    assert lost.exit_code != 0


def test_a_rule_leaves_the_labels_that_somebody_is_making_alone(made: Made) -> None:
    folder, project = made
    window = Claims(folder.root, "Anna")
    window.take("v0")
    rule = ["--leave-out", "b", "--under", "0.2", "--after", "a", "--before", "c"]
    refused = CliRunner().invoke(cli, ["conventions", str(folder.root), *rule])
    assert refused.exit_code == 2
    assert "v0 is being labelled on" in refused.output
    assert ProjectFolder(folder.root).load() == project
    assert [p.name for p in (folder.root / ".claims").glob("*.json")] == ["v0.json"]
    window.close()


def test_of_two_least_durations_of_a_class_the_later_one_stays(made: Made) -> None:
    folder, project = made
    long_, short = Convention(STAND, 0.4), Convention(STAND, 0.1)
    after = run(adopt(run(adopt(project, [long_])), [short]))
    assert after.conventions == (short,)
    # Decoder and audit keep to the same one.
    assert dict(as_constraints(after.conventions).least_s) == {STAND: 0.1}
    again = set_lane(after, "v0", ANNOTATION, project.video("v0").annotation)
    assert run(touched(again, again.conventions)) == []
    # So they do where a file or a merge of classes has both.
    folder.save(replace(project, conventions=(long_, short)), project)
    assert ProjectFolder(folder.root).load().conventions == (short,)
    pick = Convention(PICK, 0.1)
    of_two = replace(project, conventions=(long_, pick))
    assert delete_class(of_two, STAND, PICK).conventions == (pick,)
