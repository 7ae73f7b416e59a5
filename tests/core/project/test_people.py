"""What a project keeps of the people who label it: names, done, blind, decisions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from skelseg_core.labels.decisions import Decision, with_decision
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.copies.restoring import restored_video
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.part_changes import change_to_json, changed, taken_back
from skelseg_core.project.parts import changed_parts, value_of, with_parts
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    add_annotator_lane,
    set_blind,
    set_done,
    shown_to_annotator,
)
from tests.projects import N, make_project


def decision(start: int, choice: str = "first", who: str = "cara") -> Decision:
    texts = ("class", "annotator:anna", "annotator:ben", "a", "b")
    when = "2026-11-28T12:00:00+00:00"
    return Decision(start, start + 5, *texts, 0, choice, who, when)  # type: ignore[arg-type]


def settled(project: Project, *found: Decision) -> Project:
    item = project.video("v1")
    decisions = item.decisions
    for one in found:
        decisions = with_decision(decisions, one)
    return project.with_videos(replace(item, decisions=decisions))


def test_what_nobody_uses_is_not_written(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    raw = json.loads(folder.project_file.read_text())
    assert "blind" not in raw
    assert not {"annotator", "done", "decisions"} & raw["videos"][0].keys()


def test_all_of_it_is_written_and_read_again(tmp_path: Path) -> None:
    folder, before = make_project(tmp_path / "p")
    after = set_done(
        set_blind(settled(before, decision(3), decision(9, "middle")), True), "v1"
    )
    after = after.with_videos(replace(after.video("v1"), annotator="anna"))
    folder.save(after, before)
    assert ProjectFolder(folder.root).load() == after
    raw = json.loads(folder.labels_path("v1").read_text())
    assert raw["decisions"][1]["choice"] == "middle"
    assert "decisions" not in folder.project_file.read_text()
    # Who does not use it goes back to a file as it was.
    folder.save(before, after)
    assert "decisions" not in folder.labels_path("v1").read_text()


def test_the_journal_makes_and_takes_back_decisions(tmp_path: Path) -> None:
    folder, before = make_project(tmp_path / "p")
    before = settled(before, decision(3))
    after = set_done(settled(before, decision(9), decision(3, "second")), "v1")
    parts = changed_parts(before, after)
    assert list(parts) == ["work/v1"]
    plain = json.loads(json.dumps(change_to_json("work/v1", parts["work/v1"])))
    value = value_of(before, "work/v1")
    made = changed("work/v1", value, plain)
    assert with_parts(before, {"work/v1": made}, folder) == after
    back = changed("work/v1", made, taken_back(plain))
    assert with_parts(after, {"work/v1": back}, folder) == before


def test_a_video_comes_back_with_its_decisions(tmp_path: Path) -> None:
    _, then = make_project(tmp_path / "p")
    then = settled(then, decision(3))
    now = then.with_videos(replace(then.video("v1"), decisions=()))
    assert restored_video(now, then, "v1").video("v1").decisions == (decision(3),)


def test_a_blind_project_shows_nothing_of_others_until_a_video_is_done(
    tmp_path: Path,
) -> None:
    _, project = make_project(tmp_path / "p")
    nothing = Segmentation.unlabelled(N)
    for video in ("v1", "v2"):
        project = add_annotator_lane(project, video, "ben", nothing)
    item = project.video("v1")
    assert shown_to_annotator(project, item) is item
    blind = set_blind(project, True)
    hidden = shown_to_annotator(blind, blind.video("v1"))
    assert list(hidden.lanes) == [ANNOTATION]
    assert hidden.annotators == ()
    done = set_done(blind, "v1")
    assert shown_to_annotator(done, done.video("v1")).annotators == ("ben",)
    assert shown_to_annotator(done, done.video("v2")).annotators == ()
