"""`skelseg import` of label files: into a project, all or nothing, and said before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from skelseg_core.cli.main import cli
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import run as run_task
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.holds.claims import claimed
from skelseg_core.project.project_edits import add_video
from tests.videos import write_video

N = 20


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, arguments)])


def mistake(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.count("Error: ") == 1
    return result.stderr


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder, project = create_project(
        tmp_path / "p", label_map_from_names(["walk", "reach"])
    )
    for name in ("anna", "ben"):
        path = write_video(tmp_path / f"{name}.mp4", N, rate=10)
        project = add_video(project, probe_video(path, folder, project))
    folder.save(project)
    return tmp_path / "p"


def table(path: Path, *rows: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("start_frame,stop_frame,label\n" + "".join(f"{r}\n" for r in rows))
    return path


def frames(root: Path, video: str, lane: str = "annotation") -> list[int]:
    return ProjectFolder(root).load().track(video).lanes[lane].to_frames().tolist()


def files_of(root: Path) -> dict[str, bytes]:
    """All files of the project but the locks that a command leaves."""
    there = (p for p in root.rglob("*") if p.is_file() and ".claims" not in p.parts)
    return {str(p.relative_to(root)): p.read_bytes() for p in there}


def test_a_folder_is_imported_whole_or_not_at_all(root: Path, tmp_path: Path) -> None:
    src = tmp_path / "t"
    table(src / "anna.csv", "0,5,walk")
    table(src / "ben.csv", "0,5,walk", "4,6,reach")
    (src / "notes.md").write_text("none\n")
    before = files_of(root)
    text = mistake("auto", src, "--project", root)
    assert "ben.csv, line 3: 'reach' starts at frame 4 before 'walk'" in text
    assert "(--overlap last or first)." in text
    assert files_of(root) == before
    done = run("auto", src, "--project", root, "--overlap", "last")
    assert done.exit_code == 0, done.output
    assert "Read 2 files as segment CSV; no labels: notes.md." in done.stdout
    assert frames(root, "ben") == [0] * 4 + [1] * 2 + [-1] * 14


def test_labels_that_are_there_need_a_word_and_are_kept_in_a_backup(
    root: Path, tmp_path: Path
) -> None:
    src = table(tmp_path / "t" / "anna.csv", "0,5,walk")
    assert run("auto", src, "--project", root).exit_code == 0
    src = table(src, "3,20,reach")
    text = mistake("auto", src, "--project", root)
    assert "5 frames of anna already have labels" in text
    assert "(--existing fill or replace; --annotator NAME)." in text
    assert run("auto", src, "--project", root, "--annotator", "Eva").exit_code == 0
    assert frames(root, "anna", "annotator:Eva") == [-1] * 3 + [1] * 17
    assert run("auto", src, "--project", root, "--existing", "fill").exit_code == 0
    assert frames(root, "anna") == [0] * 5 + [1] * 15
    folder = ProjectFolder(root)
    now = folder.load()
    backups = Backups(folder, now.uuid)
    found = [run_task(backups.then(b)) for b in backups.all()]
    lanes = [p.track("anna").annotation.to_frames().tolist() for p in found]
    assert lanes == [[0] * 5 + [-1] * 15] * 2 + [[-1] * N]
    assert backups.all()[0].reason == "Before: skelseg import"


def test_a_video_that_somebody_labels_is_left_alone(root: Path, tmp_path: Path) -> None:
    src = table(tmp_path / "t" / "anna.csv", "0,5,walk")
    before = files_of(root)
    with claimed(root, ["anna"]):
        assert "anna" in mistake("auto", src, "--project", root)
    assert files_of(root) == before


def boris(path: Path, **observations: list[list[object]]) -> Path:
    """A project of BORIS whose observations are of anna, in which 'walk' is a state."""
    media = {"type": "MEDIA", "file": {"1": ["anna.mp4"]}}
    made = {name: {**media, "events": e} for name, e in observations.items()}
    codes = {"0": {"code": "walk", "type": "State event"}}
    path.write_text(json.dumps({"behaviors_conf": codes, "observations": made}))
    return path


@pytest.mark.parametrize(
    ("how", "n", "said"),
    [
        ("end", 14, "end with the video"),
        ("next", 4, "end at the next event"),
        ("leave-out", 0, "are left out"),
    ],
)
def test_what_does_not_stop_ends_as_is_said(
    root: Path, tmp_path: Path, how: str, n: int, said: str
) -> None:
    events: list[list[object]] = [[0.6, "", "walk", "", ""]]
    events += [[t, "", "walk", "slow", ""] for t in (1.0, 1.2)]
    src = boris(tmp_path / "s.boris", o=events)
    choice = ("--unpaired", how, "--overlap", "last")
    done = run("auto", src, "--project", root, *choice)
    assert done.exit_code == 0, done.output
    where = "'walk' (observation 'o', event 1)"
    assert f"Events without a stop {said}: {where}." in done.stdout
    walked = {10, 11, *range(6, 6 + n)}
    assert frames(root, "anna") == [0 if i in walked else -1 for i in range(N)]


_EAF = (
    '<ANNOTATION_DOCUMENT><HEADER/><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" '
    'TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" TIME_VALUE="500"/></TIME_ORDER>'
    '<TIER TIER_ID="left" PARTICIPANT="P1" ANNOTATOR="Eva" LINGUISTIC_TYPE_REF="t">'
    '<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a" TIME_SLOT_REF1="t1" '
    'TIME_SLOT_REF2="t2"><ANNOTATION_VALUE>walk</ANNOTATION_VALUE>'
    "</ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
)
_STUDIO = {
    "data": {"video": "anna.mp4", "fps": 10},
    "annotations": [
        {
            "completed_by": {"email": "eva@x.org"},
            "result": [
                {
                    "meta": {"text": ["looks tired"]},
                    "value": {
                        "ranges": [{"start": 1, "end": 5}],
                        "timelinelabels": ["walk"],
                    },
                }
            ],
        }
    ],
}
_SIMBA = "".join(f"{n},{n}.5,{n % 2},0\n" for n in range(N))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "s.boris",
            json.dumps(
                {
                    "behaviors_conf": {"0": {"code": "walk", "type": "State event"}},
                    "observations": {
                        "o": {
                            "file": {"1": ["anna.mp4"]},
                            "events": [
                                [0.0, "Mo", "walk", "fast", ""],
                                [0.5, "Mo", "walk", "fast", "looks tired"],
                                [0.6, "Mo", "walk", "", ""],
                                [0.7, "Mo", "walk", "", ""],
                            ],
                        }
                    },
                }
            ),
            "comment 1, modifiers 1",
        ),
        (
            "anna.tsv",
            "Observation id\tSubject\tBehavior\tModifiers\tBehavior type\tStart (s)\t"
            "Stop (s)\tMedia file name\tComment start\n"
            "o\tMo\twalk\tfast\tSTATE\t0\t0.5\tanna.mp4\tlooks tired\n",
            "comment 1, modifiers 1",
        ),
        ("anna.eaf", _EAF, "annotator 'Eva' 1"),
        (
            "anna.csv",
            "start [s];stop [s];duration;label;subject;remark\n0,0;0,5;0,5;walk;Mo;x\n",
            "column 'remark' 1, subject 'Mo' 1",
        ),
        (
            "anna.csv",
            "start_frame,stop_frame,label,remark\n0,5,walk,x\n5,9,walk,\n",
            "column 'remark' 1",
        ),
        ("t.json", json.dumps([_STUDIO]), "comment 1, annotator 'eva@x.org' 1"),
        ("anna_labels.csv", f",nose_x,walk,reach\n{_SIMBA}", "left out: 1"),
    ],
)
def test_what_a_file_says_beside_its_labels_is_named_and_counted(
    root: Path, tmp_path: Path, name: str, text: str, said: str
) -> None:
    src = tmp_path / name
    src.write_text(text)
    done = run("auto", src, "--project", root, "--dry-run")
    assert done.exit_code == 0, done.output
    assert f"{said}." in done.stdout


def test_free_text_makes_no_classes_unless_a_person_says_so(
    root: Path, tmp_path: Path
) -> None:
    src = table(tmp_path / "t" / "anna.csv", *(f"0,1,sentence {n}" for n in range(60)))
    said = mistake("auto", src, "--project", root)
    assert "free text" in said
    assert "(--text comments or classes)." in said
    # A project that is made of it would have a sentence as its class.
    new = ("--project", tmp_path / "new", "--text", "comments")
    assert run("auto", src, *new).exit_code != 0
    assert not (tmp_path / "new").exists()
    done = run("auto", src, "--project", root, "--text", "comments")
    assert "60 comments to add." in done.stdout
    project = ProjectFolder(root).load()
    assert len(project.track("anna").video.comments) == 60
    assert project.label_map.names == ("walk", "reach")


def test_what_goes_out_for_ms_tcn_comes_back(root: Path, tmp_path: Path) -> None:
    folder = ProjectFolder(root)
    names = label_map_from_names(["pour tea", "reach"])
    folder.save(replace(folder.load(), label_map=names))
    src = table(tmp_path / "t" / "anna.segments.csv", "0,5,pour tea", "8,20,reach")
    assert run("auto", src, "--project", root).exit_code == 0
    before, out = frames(root, "anna"), tmp_path / "out"
    export = ("export", root, "--format", "ms-tcn", "--out", out, "--video", "anna")
    flags = ("--no-features", "--folds", 0)
    written = CliRunner().invoke(cli, [*map(str, (*export, *flags))])
    assert written.exit_code == 0, written.output
    said = mistake("ms-tcn", out, "--project", root)
    assert "already have labels" in said
    run("auto", table(tmp_path / "t" / "anna.segments.csv", "0,20,reach"),
        "--project", root, "--existing", "replace")  # fmt: skip
    done = run("ms-tcn", out, "--project", root, "--existing", "replace")
    assert done.exit_code == 0, done.output
    assert "Only labels are imported" in done.stdout
    assert frames(root, "anna") == before
    assert folder.load().label_map.names == names.names


def test_json_says_all_of_it(root: Path, tmp_path: Path) -> None:
    src = table(tmp_path / "t" / "anna.csv", "0,5,walk")
    done = run("auto", src, "--project", root, "--json")
    value = json.loads(done.stdout)
    assert value["written"] is True
    assert value["videos"][0]["n_labelled"] == 5
    again = run("auto", src, "--project", root, "--json")
    assert again.exit_code == 2
    value = json.loads(again.stdout)
    assert value["written"] is False
    assert [p["kind"] for p in value["problems"]] == ["existing"]
