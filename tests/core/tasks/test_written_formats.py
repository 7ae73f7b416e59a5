"""What skelseg wrote it reads back whole, in every format, or said before what is lost.

Two people have two tiers of segments, which share the name of a class, and a tier of
points, and there is a tier of the scene, comments, and stretches that are undecided and
where nobody is. One of the two may have no name.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.formats.label_overview import label_formats
from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import split
from skelseg_core.labels.points import Point
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.point_and_comment_edits import add_comments, edit_points
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video, edit_lane
from skelseg_core.project.track_edits import add_people, add_tier, name_person
from skelseg_core.tasks.export_choices import BOTH
from tests.commands import done, mistake
from tests.projects import N, painted, put_prediction
from tests.videos import write_video

ABSENT, UNDECIDED = "(absent)", "(undecided)"
WRITTEN = [f for f in label_formats() if f["written"] and f["read"]]
KINDS = [(f["name"],) for f in WRITTEN] + [(BOTH,)]
KINDS += [
    (f["name"], "--single-table") for f in WRITTEN if "single_table" in f["options"]
]
# MS-TCN refuses a video without labels.
ONLY = {"ms-tcn": ("--video", "v1", "--no-features", "--folds", "0")}


def empty(root: Path) -> tuple[ProjectFolder, Project]:
    """A project of two videos whose rate varies, with classes of its first tier."""
    folder, before = create_project(root, label_map_from_names("abc"))
    project, pts = before, np.cumsum([0, *[33, 34, 17, 51, 40] * 12])[:N].tolist()
    for name in ("v1", "v2"):
        film = root.parent / "films" / f"{name}.mkv"
        if not film.exists():
            film.parent.mkdir(exist_ok=True)
            write_video(film, N, pts=pts, time_base=Fraction(1, 1000))
        project = add_video(project, probe_video(film, folder, project))
    folder.save(project, before)
    return folder, project


def labelled(root: Path, first: str) -> tuple[ProjectFolder, Project]:
    """Make and save the project; the first person may have no name."""
    folder, before = empty(root)
    project = add_class(add_tier(before, "Left hand"), "b", tier="Left_hand")
    project = add_tier(project, "Contact", kind="points")
    project = add_tier(project, "Light", of="scene")
    if first:
        project = name_person(project, "v1", first)
    project = add_people(project, {"v1": ("ben",)})
    names = {t.name: t.id for t in project.tiers}
    for track in project.tracks_of("v1"):
        classes = project.classes_of(track)
        late = 10 * (track.person == "ben")
        if track.tier == names["Contact"]:
            (touch,) = classes.ids
            points = [Point(frame + late, touch) for frame in (3, 30, 31)]
            points += [Point(55, touch, "model", False, 0.5)]
            project = edit_points(project, track.id, lambda _, p=points: p)
            continue
        second = classes.named("b") or classes.classes[0]
        project = painted(project, late, 20, classes.ids[0], track.id)
        project = painted(project, 20, 40 + late, second.id, track.id)
        project = edit_lane(project, track.id, lambda s, a=late: split(s, 30 + a))
        for start, absent in ((40 + late, False), (45 + late, True)):
            project = edit_lane(
                project,
                track.id,
                lambda s, a=start, b=absent: make_undecided(s, a, a + 3, absent=b),
            )
        project = add_comments(
            project,
            "v1",
            [Comment(late + 5, late + 12, track.id, f"{track.id}?", "", "")],
        )
    project = add_comments(
        project, "v1", [Comment(40, 41, None, "dark,\nhere", "", "")]
    )
    folder.save(project, before)
    return folder, project


def said_of(project: Project) -> dict[str, Any]:
    """What a project says of each track, by names."""
    found: dict[tuple[str, object], Any] = {}
    named = {t.id: (project.tier(t.tier).name, t.person) for t in project.tracks}
    for track in project.tracks:
        key = (track.video_id, *named[track.id])
        segments = []
        for s in track.annotation.segments:
            what = ABSENT if s.absent else UNDECIDED if s.undecided else None
            said = what if s.class_id is None else project.name_of(s.class_id)
            segments.append((said, len(s)))
        found["segments", key] = segments
        found["points", key] = [
            (m.frame, project.name_of(m.class_id), m.source, m.reviewed)
            for m in track.marks
        ]
    for video in project.videos:
        found["comments", video.id] = [
            (c.start, c.stop, c.track and named[c.track], c.text)
            for c in video.comments
        ]
    return found


def joined(segments: list[Any], all_alike: bool) -> list[Any]:
    """Join neighbours without a class, or all that are alike."""
    made: list[Any] = []
    for said, n in segments:
        if made and made[-1][0] == said and (all_alike or said is None):
            made[-1] = (said, made[-1][1] + n)
        else:
            made.append((said, n))
    return made


def without(found: dict[str, Any], told: str) -> dict[str, Any]:
    """Take away what an export said that the files cannot hold."""
    left = {}
    for key, value in found.items():
        what, named = key
        one_tier = "one tier, Action; not written: Left hand, Light" in told
        if what != "comments" and named[1] in ("Left hand", "Light") and one_tier:
            continue
        if (
            what != "comments"
            and named[1] == "Contact"
            and "cannot store points" in told
        ):
            continue
        if what == "segments" and "left undecided by a person" in told:
            value = [
                (None if said in (ABSENT, UNDECIDED) else said, n) for said, n in value
            ]
        if what == "segments":
            value = joined(value, "between two segments of one class" in told)
        if what == "points" and "cannot store who set them" in told:
            value = [(*place, "import", False) for *place, _, _ in value]
        if what == "comments" and re.search("comments: .* cannot store them", told):
            value = []
        if what == "comments" and "where they end" in told:
            value = [(start, start + 1, *more) for start, _, *more in value]
        left[key] = value
    return left


@pytest.mark.parametrize("first", ["anna", ""])
@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_what_is_written_is_read_or_said_to_be_lost(
    tmp_path: Path, kind: tuple[str, ...], first: str
) -> None:
    folder, project = labelled(tmp_path / "p", first)
    out = tmp_path / "out"
    options = (*kind, *ONLY.get(kind[0], ()))
    told = done("export", folder.root, "--out", out, "--format", *options)
    other, _ = empty(tmp_path / "q")
    done("import", "auto", out, "--project", other.root, "--tracks", "keep")
    assert said_of(other.load()) == without(said_of(project), told)


@pytest.mark.parametrize("kind", ["eaf", "via", "boris-tabular", "one-hot-csv", "csv"])
def test_what_is_written_makes_a_new_project(tmp_path: Path, kind: str) -> None:
    folder, project = labelled(tmp_path / "p", "anna")
    out, new = tmp_path / "out", ProjectFolder(tmp_path / "new")
    told = done("export", folder.root, "--out", out, "--format", kind)
    films = ("--media", tmp_path / "films", "--tracks", "keep")
    done("import", "auto", out, "--project", new.root, *films)
    assert said_of(new.load()) == without(said_of(project), told)


def test_of_two_formats_of_one_export_one_is_read_unless_a_person_changed_it(
    tmp_path: Path,
) -> None:
    folder, _ = labelled(tmp_path / "p", "anna")
    out = tmp_path / "out"
    done("export", folder.root, "--out", out)
    arguments = ("import", "auto", out, "--project", folder.root, "--tracks", "keep")
    told = done(*arguments, "--existing", "replace")
    assert (
        "; the same labels again: v1.segments.csv, v2.segments.csv; no labels" in told
    )
    table = out / "v1.segments.csv"
    table.write_text(table.read_text().replace(",b,", ",a,", 1))
    assert "v1.csv, v1.segments.csv all label v1; import one" in mistake(
        *arguments, "--existing", "replace"
    )


def test_labels_and_predictions_of_one_folder_are_not_taken_for_each_other(
    tmp_path: Path,
) -> None:
    folder, project = empty(tmp_path / "p")
    project = painted(painted(project, 0, 30, 0), 0, 30, 1, "v2")
    for item in project.tracks:
        put_prediction(folder, item.id, "m", item.annotation)
    folder.save(project)
    out = tmp_path / "out"
    for kind, lane in (("segment-csv", "annotation"), ("eaf", "prediction:m")):
        done("export", folder.root, "--format", kind, "--lane", lane, "--out", out)
    said = mistake("import", "auto", out, "--project", folder.root)
    assert "all label v1; import one of them" in said
