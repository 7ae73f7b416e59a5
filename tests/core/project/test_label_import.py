from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ConfigError, EditError, SkelsegError
from skelseg_core.formats.descriptors import WriteOptions
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
)
from skelseg_core.formats.labels.eaf import Eaf
from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.classes import FormerClass, label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_files import load_label_file
from skelseg_core.project.imports.label_import import plan_import
from skelseg_core.project.imports.label_plan import ImportPlan
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import set_lane, set_people
from skelseg_core.project.videos_and_tracks import Track, annotator_lane
from skelseg_core.video.times import FrameTimes
from tests.videos import write_video

N = 40
WALK, REACH = 0, 1


def item(video_id: str, path: str = "") -> Track:
    """A recording without video, of 10 frames a second."""
    lanes = {ANNOTATION: Segmentation.unlabelled(N)}
    return Track.of_film(video_id, path, f"poses-{video_id}", N, 64, 48, 10.0, lanes)


@pytest.fixture
def project() -> Project:
    made = new_project("p", label_map_from_names(["walk", "reach"]))
    return replace(made, tracks=(item("anna"), item("ben")))


def track(*rows: tuple[float, float, str], **said: object) -> LabelTrack:
    intervals = tuple(Interval(*r, f"line {n}") for n, r in enumerate(rows, start=2))
    return LabelTrack(intervals, **said)  # type: ignore[arg-type]


def file(tmp_path: Path, *tracks: LabelTrack, name: str = "anna.csv") -> LabelFile:
    return LabelFile(tmp_path / name, tracks)


def plan(
    tmp_path: Path, project: Project, *files: LabelFile, **choices: object
) -> ImportPlan:
    folder = ProjectFolder(tmp_path / "project")
    chosen = ImportChoices(**choices)  # type: ignore[arg-type]
    return run(plan_import(folder, project, files, chosen))


def frames(project: Project, video: str = "anna", lane: str = ANNOTATION) -> list[int]:
    return project.track(video).lanes[lane].to_frames().tolist()


def only_problem(found: ImportPlan) -> tuple[str, str]:
    (problem,) = found.problems
    with pytest.raises(EditError):
        found.apply(new_project("q", label_map_from_names(["x"])))
    return problem.kind, problem.text


def test_times_become_the_nearest_frames(tmp_path: Path, project: Project) -> None:
    said = track((0.0, 1.04, "walk"), (1.06, 2.0, "reach"), (2.5, 4.0, "pour"))
    found = plan(tmp_path, project, file(tmp_path, said))
    (video,) = found.videos
    assert (video.labels.n_labelled, video.labels.n_gaps) == (34, 6)
    assert [c.name for c in found.classes] == ["pour"]
    after = found.apply(project)
    assert frames(after) == [0] * 10 + [-1] + [1] * 9 + [-1] * 5 + [2] * 15
    kinds = {(s.source, s.reviewed) for s in after.track("anna").annotation.segments}
    assert kinds == {("import", False), (None, False)}
    assert frames(after, "ben") == [-1] * N


def test_a_file_that_says_who_keeps_it(tmp_path: Path, project: Project) -> None:
    said = Interval(0, 5, "walk", source="human", reviewed=True)
    made = LabelTrack((said,), "frame", says_who=True)
    after = plan(tmp_path, project, file(tmp_path, made)).apply(project)
    assert after.track("anna").annotation.segments[0].reviewed


def test_half_a_second_beyond_the_video_is_rounding(
    tmp_path: Path, project: Project
) -> None:
    found = plan(tmp_path, project, file(tmp_path, track((3.0, 4.5, "walk"))))
    assert "at most 0.500 s: the nearest is used" in found.lines()[1]
    assert frames(found.apply(project)) == [-1] * 30 + [0] * 10


# -- which video --------------------------------------------------------------------


@pytest.mark.parametrize(
    "media", ["ben", "/films/ben.mp4", r"C:\films\BEN.MP4", "file:///x/ben.mp4"]
)
def test_the_media_in_the_file_counts_before_its_name(
    tmp_path: Path, project: Project, media: str
) -> None:
    videos = (item("anna", "f/anna.mp4"), item("ben", "films/ben.mp4"))
    project = replace(project, tracks=videos)
    said = track((0, 5, "walk"), media=media, unit="frame")
    found = plan(tmp_path, project, file(tmp_path, said))
    assert [v.video_id for v in found.videos] == ["ben"]


def test_of_two_files_of_one_name_the_path_decides(
    tmp_path: Path, project: Project
) -> None:
    videos = (item("cam", "a/cam.mp4"), item("cam-2", "b/cam.mp4"))
    project = replace(project, tracks=videos)
    said = track((0, 5, "walk"), media="../project/b/cam.mp4", unit="frame")
    (tmp_path / "out").mkdir()
    found = plan(tmp_path, project, file(tmp_path / "out", said))
    assert [v.video_id for v in found.videos] == ["cam-2"]
    said = track((0, 5, "walk"), media="elsewhere/cam.mp4", unit="frame")
    kind, text = only_problem(plan(tmp_path, project, file(tmp_path, said)))
    assert kind == "video"
    assert "cam, cam-2" in text


def test_the_name_of_the_file_or_a_person_tells_the_video(
    tmp_path: Path, project: Project
) -> None:
    said = track((0, 1, "walk"), media="MVI_0042.mov")
    kind, text = only_problem(plan(tmp_path, project, file(tmp_path, said)))
    assert kind == "video"
    assert "has the name of anna, but names the video MVI_0042.mov" in text
    unsaid = file(tmp_path, replace(said, media=""))
    found = plan(tmp_path, project, unsaid)
    assert [v.video_id for v in found.videos] == ["anna"]
    other = file(tmp_path, said, name="study.csv")
    kind, text = only_problem(plan(tmp_path, project, other))
    assert kind == "video"
    assert "study.csv of MVI_0042.mov" in text
    found = plan(tmp_path, project, other, video="ben")
    assert [v.video_id for v in found.videos] == ["ben"]
    with pytest.raises(SkelsegError, match="no video 'carl'"):
        plan(tmp_path, project, other, video="carl")


def test_a_video_that_is_not_found_is_named_once(
    tmp_path: Path, project: Project
) -> None:
    tiers = [
        track((0, 1, name), media="carl.mp4", picks=(name,)) for name in ("a", "b", "c")
    ]
    found = plan(tmp_path, project, file(tmp_path, *tiers, name="study.eaf"))
    assert found.not_found == ("study.eaf of carl.mp4",)


def test_a_file_of_several_videos(tmp_path: Path, project: Project) -> None:
    tracks = [
        track((0, n, "walk"), media=m, unit="frame")
        for n, m in ((3, "ben"), (5, "anna.mp4"), (7, "anna"), (9, "carl"))
    ]
    tracks[2] = track((10, 17, "walk"), media="anna", unit="frame")
    found = plan(tmp_path, project, file(tmp_path, *tracks, name="study.csv"))
    assert found.not_found == ("study.csv of carl",)
    assert any("carl" in line for line in found.lines())
    after = found.apply(project)
    assert frames(after, "ben").count(0) == 3
    # Two names of one video are one track.
    assert frames(after, "anna").count(0) == 12
    with pytest.raises(EditError, match="labels several videos"):
        plan(
            tmp_path,
            replace(project, tracks=(item("dora"),)),
            file(tmp_path, *tracks),
            video="dora",
        )


def test_several_files(tmp_path: Path, project: Project) -> None:
    said = track((0, 1, "walk"))
    files = [file(tmp_path, said, name=f"{v}.csv") for v in ("anna", "ben")]
    after = plan(tmp_path, project, *files).apply(project)
    assert [frames(after, v).count(0) for v in ("anna", "ben")] == [10, 10]
    files.append(file(tmp_path, said, name="anna.segments.csv"))
    kind, text = only_problem(plan(tmp_path, project, *files))
    assert kind == "picks"
    assert text.startswith("anna.csv, anna.segments.csv all label anna")


def test_videos_beside_the_file_are_added(tmp_path: Path, project: Project) -> None:
    write_video(tmp_path / "carl.mp4", 12)
    path = tmp_path / "labels" / "study.csv"
    path.parent.mkdir()
    said = track((0, 5, "walk"), media="/elsewhere/carl.mp4", unit="frame")
    files = [LabelFile(path, (said,))]
    folder = ProjectFolder(tmp_path / "project")
    found = run(plan_import(folder, project, files))
    assert found.problems
    found = run(plan_import(folder, project, files, places=[tmp_path]))
    assert [v.id for v in found.added] == ["carl"]
    assert frames(found.apply(project), "carl") == [0] * 5 + [-1] * 7


def test_labels_alone_become_a_recording_of_a_new_project(
    tmp_path: Path, project: Project
) -> None:
    said = track((0.0, 1.0, "walk"), (1.0, 2.0, "reach"), rate=25.0)
    files = [file(tmp_path, said, name="dora.csv")]
    folder = ProjectFolder(tmp_path / "project")
    found = run(plan_import(folder, project, files, new=True))
    made = found.apply(project).track("dora")
    assert (made.n_frames, made.video.mean_rate, made.video.has_file) == (
        50,
        25.0,
        False,
    )
    unsaid = [file(tmp_path, replace(said, rate=None), name="dora.csv")]
    (problem,) = run(plan_import(folder, project, unsaid, new=True)).problems
    assert problem.kind == "rate"
    chosen = ImportChoices(rate=10.0)
    found = run(plan_import(folder, project, unsaid, chosen, new=True))
    assert found.added[0].n_frames == 20


# -- which track --------------------------------------------------------------------


def test_a_track_is_picked_by_its_names(tmp_path: Path, project: Project) -> None:
    tracks = [
        track((0, 5, "walk"), picks=("day 1", "Anna"), unit="frame"),
        track((5, 9, "reach"), picks=("day 1", "Ben"), unit="frame"),
    ]
    both = file(tmp_path, *tracks)
    kind, text = only_problem(plan(tmp_path, project, both))
    assert kind == "tracks"
    assert "'day 1, Anna', 'day 1, Ben'" in text
    found = plan(tmp_path, project, both, picks=("anna",))
    assert found.not_picked == ("day 1, Ben",)
    assert frames(found.apply(project)) == [0] * 5 + [-1] * 35
    picks = ("Anna", "Ben")
    assert only_problem(plan(tmp_path, project, both, picks=picks))[0] == "tracks"
    once = plan(tmp_path, project, both, picks=picks, tracks="one")
    together = once.apply(project)
    assert frames(together) == [0] * 5 + [1] * 4 + [-1] * 31
    one = plan(tmp_path, project, both, picks=("day 1", "Ben")).apply(project)
    assert frames(one) == [-1] * 5 + [1] * 4 + [-1] * 31
    with pytest.raises(EditError, match="No track is called 'Carl'; the file has 'day"):
        plan(tmp_path, project, both, picks=("Carl",))


def test_subjects_of_boris_are_the_people_of_the_video(
    tmp_path: Path, project: Project
) -> None:
    """Two subjects of one video: one is labelled, and both are in it."""
    events = [[0, "Ann", "walk", "", ""], [1, "Ann", "walk", "", ""]]
    events += [[1, "=Bo", "walk", "", ""], [2, "=Bo", "walk", "", ""]]
    events += [[2, "Cy", "walk", "", ""], [3, "Cy", "walk", "", ""]]
    made = {"type": "MEDIA", "file": {"1": ["anna.mp4"]}, "events": events}
    behaviours = {"0": {"code": "walk", "type": "State event"}}
    value = {"behaviors_conf": behaviours, "observations": {"o": made}}
    path = tmp_path / "p.boris"
    path.write_text(json.dumps(value))
    project = set_people(project, {"anna": ["P1", "CY"]})
    found = plan(tmp_path, project, load_label_file(path), picks=("Ann",))
    said = "\n".join(found.lines())
    assert "People, according to the file: Ann." in said
    assert "The person '=Bo' starts with '='" in said
    assert "Not imported, with the number" not in said
    after = found.apply(project)
    assert after.track("anna").video.people == ("P1", "CY", "Ann")
    assert after.track("ben").video.people == ()


def test_participants_of_elan_are_the_people_of_the_video(
    tmp_path: Path, project: Project
) -> None:
    people = set_people(project, {"anna": ["Ann", "Bo"]}).track("anna")
    lane = Segmentation.from_frames(np.repeat([0, 1], N // 2))
    times, names = FrameTimes.even(N, 10.0), project.label_map
    video = LabelledVideo("anna", lane, names, times, people=people.video.people)
    (text,) = Eaf().write_files([video], WriteOptions()).values()
    path = tmp_path / "anna.eaf"
    path.write_text(str(text))
    after = plan(tmp_path, project, load_label_file(path)).apply(project)
    assert after.track("anna").video.people == ("Ann", "Bo")


# -- times --------------------------------------------------------------------------


def test_times_of_a_real_video_with_a_variable_rate(
    tmp_path: Path, project: Project
) -> None:
    from skelseg_core.project.folder import probe_video
    from skelseg_core.project.poses_only_video import open_recording
    from skelseg_core.project.project_edits import add_video

    times_ms = np.cumsum([0, *([40] * 9), 500, *([20] * 9)]).tolist()
    path = write_video(
        tmp_path / "carl.mp4", len(times_ms), pts=times_ms, time_base=Fraction(1, 1000)
    )
    folder = ProjectFolder(tmp_path / "project")
    project = add_video(project, probe_video(path, folder, project))
    with open_recording(folder, project.track("carl")) as reader:
        edges_s = reader.times.edges_s(np.arange(len(times_ms) + 1))
    rows = [(edges_s[2], edges_s[9], "walk"), (edges_s[9], edges_s[11], "reach")]
    said = track(*[(round(a, 3), round(b, 3), n) for a, b, n in rows])
    files = [file(tmp_path, said, name="carl.csv")]
    found = run(plan_import(folder, project, files))
    assert found.videos[0].labels.n_off == 0
    wanted = [-1] * 2 + [0] * 7 + [1] * 2 + [-1] * 9
    assert frames(found.apply(project), "carl") == wanted
    # In the middle of the frame that is shown for half a second: far from both ends.
    middle = float((edges_s[9] + edges_s[10]) / 2) + 0.05
    said = track((0.0, middle, "walk"))
    files = [file(tmp_path, said, name="carl.csv")]
    found = run(plan_import(folder, project, files))
    labels = found.videos[0].labels
    assert labels.n_off == 1
    assert labels.most_off_s > 0.15
    assert any("1 time more than half a frame" in line for line in found.lines())


def test_the_rate_of_the_file_is_compared_and_one_that_is_said_obeyed(
    tmp_path: Path, project: Project
) -> None:
    said = track((0, 10, "walk"), unit="frame", rate=5.0)
    found = plan(tmp_path, project, file(tmp_path, said))
    assert "5 frames per second and the video has 10" in found.lines()[1]
    assert frames(found.apply(project)).count(0) == 10


@pytest.mark.parametrize(
    ("row", "unit", "says"),
    [
        ((4.2, 5.0, "walk"), "s", "line 2: 'walk' goes from 4.200 to 5.000 s, and the"),
        ((-3.0, -1.0, "walk"), "s", "line 2: 'walk' goes from -3.000"),
        ((3.5, 43.6, "walk"), "s", "ends 39.600 s after its end; use the labels of"),
        ((-2.0, 1.0, "walk"), "s", "begins 2.000 s before it; use the labels of"),
        ((30, 41, "walk"), "frame", "line 2: 'walk' is frames 30 to 41, and the video"),
        ((3, 2, "walk"), "frame", "line 2: 'walk' goes from 3 to 2"),
        ((0, float("nan"), "walk"), "s", "line 2: 'walk' goes from 0 to nan"),
        ((1e300, float("inf"), "walk"), "s", "line 2: 'walk' goes from 1e"),
        ((0, 5, "a\nb"), "frame", "anna.csv, line 2: The class name"),
        (
            (0, 5, "a\x00"),
            "frame",
            "line 2: The class name 'a ' has a line break, a control sign",
        ),
        ((0, 5, "=1+1"), "frame", "line 2: The class name '=1+1' starts with '='"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    tmp_path: Path,
    project: Project,
    row: tuple[float, float, str],
    unit: str,
    says: str,
) -> None:
    found = plan(tmp_path, project, file(tmp_path, track(row, unit=unit)))
    _, text = only_problem(found)
    assert says in text


def test_another_number_of_frames_is_refused(tmp_path: Path, project: Project) -> None:
    said = track((0, 30, "walk"), unit="frame", n_frames=30)
    _, text = only_problem(plan(tmp_path, project, file(tmp_path, said)))
    assert "anna.csv labels 30 frames and anna has 40" in text


# -- overlaps -----------------------------------------------------------------------


def test_overlaps_are_refused_with_their_place_unless_one_counts(
    tmp_path: Path, project: Project
) -> None:
    said = track((0, 20, "walk"), (5, 10, "reach"), unit="frame")
    both = file(tmp_path, said)
    found = plan(tmp_path, project, both)
    kind, text = only_problem(found)
    assert kind == "overlap"
    assert "line 3: 'reach' starts at frame 5 before 'walk' of line 2 stops" in text
    assert "they overlap by 5 frames; choose whether the last" in text
    last = plan(tmp_path, project, both, overlap="last").apply(project)
    assert frames(last) == [0] * 5 + [1] * 5 + [0] * 10 + [-1] * 20
    found = plan(tmp_path, project, both, overlap="first")
    assert frames(found.apply(project)) == [0] * 20 + [-1] * 20
    assert found.videos[0].labels.covered == ("line 3",)
    assert any(
        "1 segment lost all frames to others: line 3" in x for x in found.lines()
    )


def test_a_segment_shorter_than_a_frame_does_not_vanish(
    tmp_path: Path, project: Project
) -> None:
    short = (1.01, 1.03, "reach")
    said = track((0.0, 1.01, "walk"), short)
    found = plan(tmp_path, project, file(tmp_path, said))
    assert found.videos[0].labels.n_short == 1
    assert frames(found.apply(project)) == [0] * 10 + [1] + [-1] * 29
    said = track((0.0, 1.01, "walk"), short, (1.03, 2.0, "walk"))
    kind, text = only_problem(plan(tmp_path, project, file(tmp_path, said)))
    assert kind == "overlap"
    assert "line 4" in text


# -- what is there already ----------------------------------------------------------


def labelled(project: Project) -> Project:
    lane = paint(project.track("anna").annotation, 0, 10, REACH)
    return set_lane(project, "anna", ANNOTATION, make_undecided(lane, 10, 12))


def test_labels_that_are_there_are_not_overwritten_in_silence(
    tmp_path: Path, project: Project
) -> None:
    project = labelled(project)
    every = file(tmp_path, track((5, 20, "walk"), unit="frame"))
    kind, text = only_problem(plan(tmp_path, project, every))
    assert kind == "existing"
    assert text.startswith("12 frames of anna already have labels")
    found = plan(tmp_path, project, every, existing="fill")
    after = found.apply(project)
    assert frames(after) == [1] * 10 + [-1] * 2 + [0] * 8 + [-1] * 20
    assert found.videos[0].n_taken == 8
    old, new = (p.track("anna").annotation.segments for p in (project, after))
    assert new[0] == old[0], "what a person said stays as it was said"
    assert [s.undecided for s in new] == [False, True, False, False]
    after = plan(tmp_path, project, every, existing="replace").apply(project)
    assert frames(after) == [-1] * 5 + [0] * 15 + [-1] * 20


def test_an_annotator_has_a_lane_of_their_own(tmp_path: Path, project: Project) -> None:
    project = labelled(project)
    every = file(tmp_path, track((5, 20, "walk"), unit="frame"))
    after = plan(tmp_path, project, every, annotator="Eva").apply(project)
    assert frames(after) == frames(project)
    assert frames(after, lane=annotator_lane("Eva")).count(0) == 15
    kind, text = only_problem(plan(tmp_path, after, every, annotator="Eva"))
    assert kind == "existing"
    assert "15 frames of the lane of Eva in anna" in text


def test_what_a_person_did_meanwhile_is_not_overwritten(
    tmp_path: Path, project: Project
) -> None:
    every = file(tmp_path, track((5, 20, "walk"), unit="frame"))
    found = plan(tmp_path, project, every)
    with pytest.raises(EditError, match="anna already has labels"):
        found.apply(labelled(project))


def test_labels_whose_file_is_gone_are_not_replaced(
    tmp_path: Path, project: Project
) -> None:
    gone = replace(project.track("anna"), missing=frozenset({ANNOTATION}))
    every = file(tmp_path, track((5, 20, "walk"), unit="frame"))
    found = plan(tmp_path, project.with_tracks(gone), every, existing="replace")
    _, text = only_problem(found)
    assert "The label file of anna is missing" in text


# -- classes ------------------------------------------------------------------------


def test_classes_have_the_colours_of_the_file(tmp_path: Path, project: Project) -> None:
    said = LabelFile(
        tmp_path / "anna.csv",
        (track((0, 1, "stir"), (1, 2, "pour")),),
        classes=("pour", "stir", "unused"),
        colors={"pour": "#112233"},
    )
    found = plan(tmp_path, project, said)
    assert [c.name for c in found.classes] == ["pour", "stir"]
    assert found.apply(project).label_map.classes[2].color == "#112233"
    folder = ProjectFolder(tmp_path / "project")
    new = run(plan_import(folder, project, [said], new=True))
    assert [c.name for c in new.classes] == ["pour", "stir", "unused"]


def test_a_class_that_was_merged_is_its_successor(
    tmp_path: Path, project: Project
) -> None:
    label_map = replace(project.label_map, former=(FormerClass(7, "go", WALK),))
    project = replace(project, label_map=label_map)
    found = plan(tmp_path, project, file(tmp_path, track((0, 1, "go"))))
    assert found.classes == ()
    assert "The class 'go' was merged into 'walk'." in found.lines()
    assert frames(found.apply(project)).count(WALK) == 10


def test_wrong_choices_are_refused() -> None:
    with pytest.raises(ConfigError, match="overlap is 'both'"):
        ImportChoices(overlap="both")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="rate"):
        ImportChoices(rate=0.0)


def test_a_plan_is_plain_values_too(tmp_path: Path, project: Project) -> None:
    found = plan(tmp_path, project, file(tmp_path, track((0, 1, "pour"))))
    value = found.as_json()
    assert value["new_classes"] == ["pour"]
    assert value["videos"][0]["n_labelled"] == 10
    assert value["problems"] == []
