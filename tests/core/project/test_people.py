"""Who is in the videos of a project: kept with the video, proposed, and as a table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.people import groups_of_people
from skelseg_core.learning.folds import subjects_of, unnamed_note
from skelseg_core.learning.model_info import worth_of
from skelseg_core.project.claimed_edits import videos_to_claim
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import Project, new_project
from skelseg_core.project.project_edits import add_video, set_people
from skelseg_core.project.proposed_people import (
    load_people,
    people_csv,
    proposal_text,
    proposed_people,
)
from skelseg_core.project.track_edits import add_person, add_tier
from skelseg_core.project.tracks import video_hold
from skelseg_core.tasks.measure_model import held_out_plan
from tests.projects import changed, item, make_project, name_people

SIX = tuple(f"film-{n}" for n in range(6))


def of(*videos: str) -> Project:
    """A project of videos at these paths."""
    project = new_project("p", label_map_from_names("abc"))
    for path in videos:
        made = item(Path(path).name)
        made = changed(made, path=f"{path}.mp4", fingerprint=path)
        project = add_video(project, made)
    return project


def test_people_are_kept_with_the_video(tmp_path: Path) -> None:
    folder, before = make_project(tmp_path / "p")
    after = set_people(before, {"v1": ["ben", " ben ", "P01"]})
    assert after.track("v1").video.people == ("ben", "P01")
    assert list(changed_parts(before, after)) == ["about/v1"]
    assert videos_to_claim(before, after) == (video_hold("v1"),)
    assert set_people(after, {"v1": ["ben", "P01"]}) is after
    folder.save(after, before)
    said = json.loads((tmp_path / "p/about/v1.json").read_text())
    assert said["people"] == ["ben", "P01"]
    assert folder.load().track("v1").video.people == ("ben", "P01")
    assert not (tmp_path / "p/about/v2.json").exists()
    assert "people" not in (tmp_path / "p/labels/v1.json").read_text()


def test_a_person_is_written_alike_in_all_videos() -> None:
    project = set_people(of("a", "b", "c"), {"a": ["Ben"]})
    assert set_people(project, {"b": ["ben"]}).track("b").video.people == ("Ben",)
    both = set_people(project, {"a": ["BEN"], "b": ["ben"]})
    assert [v.video.people for v in both.tracks] == [("BEN",), ("BEN",), ()]
    with pytest.raises(EditError, match="formula"):
        set_people(project, {"b": ["=ben"]})


# -- figures ------------------------------------------------------------------------


def test_two_people_in_six_films_are_held_out_apart() -> None:
    project = of(*SIX)
    labels = {v: np.arange(300) // 20 % 3 for v in SIX}
    assert "any of the videos" in unnamed_note(project.tracks)
    # A part holds one video of a person, whose others are trained on ...
    assert sorted(map(len, held_out_plan(project, labels, 0, {}).parts)) == [
        1,
        1,
        1,
        1,
        2,
    ]
    people = {v: ["ann" if n % 2 else "ben"] for n, v in enumerate(SIX)}
    named = set_people(project, people)
    parts = held_out_plan(named, labels, 0, {}).parts
    assert {frozenset(p) for p in parts} == {frozenset(SIX[::2]), frozenset(SIX[1::2])}
    assert unnamed_note(named.tracks) == ""
    # ... and of people who are in one video with others, none is on both sides.
    joined = set_people(named, {SIX[0]: ["ben", "ann"]})
    assert len(set(subjects_of(joined.tracks).values())) == 1


def test_a_figure_says_of_whom_it_knows_nothing() -> None:
    held = {"accuracy": 85.5, "n_videos": 6, "n_labelled": 6, "n_frames": 1000}
    said = "Nobody is named in these videos: each counts as another person."
    assert said in worth_of({**held, "n_unnamed": 6, "n_people": 6})
    assert "Nobody is named in 2 videos:" in worth_of({**held, "n_unnamed": 2})
    assert "of one person" in worth_of({**held, "n_unnamed": 0, "n_people": 1})
    apart = worth_of({**held, "n_unnamed": 0, "n_people": 2})
    assert apart.endswith(
        "where each of its 6 videos was left out in turn, 1,000 frames."
    )


def test_two_spellings_are_one_person() -> None:
    """Two windows, or a merge of git, may write them."""
    groups = groups_of_people(
        {"a": ["ben"], "b": ["Ben", "Eva"], "c": ["eva"], "d": []}
    )
    assert groups["a"] == groups["b"] == groups["c"] != groups["d"]


# -- proposed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("videos", "said"),
    [
        (("ben-1", "ben-2", "anna-1"), "ben (ben-1, ben-2)"),
        (("Ben_a", "ben2", "eva"), "Ben (Ben_a, ben2)"),
        (("lift-1", "lift-2", "lift-3"), ""),
        (("P01/cam1", "P01/cam2", "P02/cam3"), "P01 (cam1, cam2)"),
        (("subject-3-trial-1", "subject-3-trial-2"), "subject-3"),
        (("trial-1", "trial-2"), ""),
        (("films/1", "films/2"), ""),
        (("videos/GX0101", "videos/GX0102"), ""),
        (("2024-05-01", "2024-05-02"), ""),
    ],
)
def test_people_are_proposed_from_names_and_folders(
    videos: tuple[str, ...], said: str
) -> None:
    assert said in proposal_text(proposed_people(of(*videos)))
    assert bool(said) == bool(proposed_people(of(*videos)))


def test_only_who_is_in_new_videos_is_proposed() -> None:
    project = set_people(of("ben-1", "ben-2", "eva-1", "eva-2", "x-ann"), {})
    assert proposed_people(project, ["ben-2"]).keys() == {"ben-1", "ben-2"}
    assert proposed_people(project, ["x-ann"]) == {}
    known = set_people(project, {"eva-1": ["ann"]})
    assert proposed_people(known, ["x-ann"]) == {"x-ann": ("ann",)}
    # What was said is not asked again.
    assert proposed_people(set_people(project, proposed_people(project))) == {}


# -- as a table ---------------------------------------------------------------------


def test_a_table_of_people_comes_back(tmp_path: Path) -> None:
    project = set_people(of("a", "b"), {"a": ["ben", "eva"]})
    text = people_csv(project.tracks)
    assert text == 'video,people\na,"ben, eva"\nb,\n'
    path = tmp_path / "people.csv"
    path.write_text(text)
    assert load_people(path, project) == {"a": ("ben", "eva"), "b": ()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line must name the columns video and people"),
        ("video,subject\na,ben\n", "must name the columns"),
        ("video,people\nc,ben\n", "line 2: video 'c' is not in the project"),
        ("video,people\na,ben\na,eva\n", "line 3: video 'a' appears twice"),
        ("video,people\na,=1+2\n", "line 2: The person '=1+2' starts with '='"),
    ],
)
def test_a_wrong_table_of_people(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(FormatError) as caught:
        load_people(path, of("a", "b"))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ("ben", "'people' must be a list"),
        ({"ben": 1}, "'people' must be a list"),
        ([1], "'people.0' must be a text"),
        ([["ben"]], "'people.0' must be a text"),
    ],
)
def test_a_file_of_a_video_with_people_that_are_none_is_damaged(
    tmp_path: Path, people: object, said: str
) -> None:
    folder, _ = make_project(tmp_path / "p")
    name_people(folder.root, {"v1": "ben"})
    path = tmp_path / "p/about/v1.json"
    raw = {**json.loads(path.read_text()), "people": people}
    path.write_text(json.dumps(raw))
    found = folder.load().track("v1")
    assert said in found.video.damage
    assert not found.missing


def test_a_person_is_saved_while_somebody_else_edits_the_notes(tmp_path: Path) -> None:
    """Who is seen by a track is known to whoever reads it: no file has to say it."""
    folder, before = make_project(tmp_path / "p")
    folder.save(set_people(before, {"v1": ["anna"]}), before)
    mine, theirs = ProjectFolder(folder.root), ProjectFolder(folder.root)
    known, there = mine.load(), theirs.load()
    theirs.save(add_video(there, item("v3")), there)
    mine.may_write = lambda held: held != "v1@@"
    mine.save(add_tier(add_person(known, "v1", "zoe"), "Left hand"), known)
    now = ProjectFolder(folder.root).load()
    assert now.video("v1").people == ("anna", "zoe")
    assert {"v1@@zoe", "v1@Left_hand@zoe", "v3"} <= set(now.track_ids)
