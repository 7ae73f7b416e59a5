"""Export of labels: which videos, what is lost, the data card, and nobody's files."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner, Result

from skelseg_core import __version__
from skelseg_core.cli.main import cli
from skelseg_core.errors import ConfigError, FormatError, ProjectError
from skelseg_core.formats import label_overview
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, WriteOptions
from skelseg_core.formats.export_manifest import MANIFEST
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import run as finish
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import set_lane, set_people
from skelseg_core.tasks.data_card import CARD
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from skelseg_core.tasks.exports import preview
from skelseg_core.tasks.scored_labels import ClassNames, FileSide
from tests.projects import N, changed, make_project, put_prediction

Made = tuple[ProjectFolder, Project]


class OneList(LabelFormat):
    """A file for all videos, of intervals alone."""

    name = "one-list"
    title = "One List"
    about = "A line per segment."
    cannot_hold = "who gave a label."
    written_suffix = ".list"
    options = ("unlabelled",)
    seen: list[LabelledVideo]

    def sniff(self, file: CandidateFile) -> bool:
        return False

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        OneList.seen = list(videos)
        if any(video.id == "bad" for video in videos):
            raise FormatError("There is no word for {}.", "bad")
        lines = [
            f"{v.id} {start} {stop} {name}"
            for v in videos
            for start, stop, name in v.named()
        ]
        return {"all.list": "\n".join(lines), "all.classes": b"a\n"}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A project whose videos need no file to be read, and a format of intervals."""
    monkeypatch.setattr(
        "skelseg_core.tasks.labelled_videos.open_recording",
        lambda folder, item, roots: blank_video(item),
    )
    forms = (*label_overview.LABEL_FORMATS, OneList())
    monkeypatch.setattr(label_overview, "LABEL_FORMATS", forms)
    return make_project(tmp_path / "p")


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def with_labels(project: Project, *segments: Segment) -> Project:
    return set_lane(project, "v1", ANNOTATION, Segmentation(segments))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


# -- files --------------------------------------------------------------------------


def test_labels_are_exported_again_and_again(made: Made, tmp_path: Path) -> None:
    folder, project = made
    out = tmp_path / "out"
    done = finish(export_labels(folder, project, out))
    assert sorted(p.name for p in done.files) == sorted(p.name for p in out.iterdir())
    assert not done.skipped
    first = content(out)
    finish(export_labels(folder, project, out))
    assert content(out) == first
    value = json.loads((out / MANIFEST).read_text())
    assert value["label_map"][0]["name"] == "a"
    assert [v["id"] for v in value["videos"]] == ["v1", "v2"]
    assert all("annotator" not in v for v in value["videos"])
    assert set(value["files"]) == {p.name for p in out.iterdir()} - {MANIFEST}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("eaf", "v1.eaf"),
        ("boris", "v1.boris"),
        ("boris-tabular", "v1.tabular.csv"),
        ("via", "v1.via.csv"),
        ("segment-csv", MANIFEST),
    ],
)
def test_who_labelled_stands_where_a_format_has_a_place_for_it(
    made: Made, tmp_path: Path, kind: str, name: str
) -> None:
    folder, project = made
    project = with_labels(project, Segment(0, 30, 0), Segment(30, 60, None))
    signed = replace(project.track("v1"), annotator="Zoe & Co")
    choices = ExportChoices(kind, videos=("v1",))
    for after in (project, project.with_tracks(signed)):
        out = tmp_path / "out"
        finish(export_labels(folder, after, out, choices))
        text = html.unescape((out / name).read_text())
        assert ("Zoe & Co" in text) is (after is not project), text


def test_labels_named_after_the_videos_are_safe(made: Made, tmp_path: Path) -> None:
    folder, project = made
    truth = tmp_path / "truth"
    truth.mkdir()
    (truth / "v2.csv").write_text("frame,label\n0,a\n")
    before = content(truth)
    with pytest.raises(ProjectError, match="was not exported by skelseg"):
        finish(export_labels(folder, project, truth))
    assert content(truth) == before
    done = finish(export_labels(folder, project, truth, ExportChoices(overwrite=True)))
    assert done.replaced == (truth / "v2.csv",)
    assert (truth / "v2.csv").read_bytes() != before["v2.csv"]


def test_all_videos_that_lack_a_lane_are_named(made: Made, tmp_path: Path) -> None:
    folder, project = made
    predicted(folder)
    choices = ExportChoices(lane="prediction:m")
    with pytest.raises(ProjectError, match=r"is missing in 1 of 2 videos \(v2\)"):
        finish(export_labels(folder, project, tmp_path / "out", choices))
    assert not (tmp_path / "out").exists()
    choices = replace(choices, skip_missing=True)
    done = finish(export_labels(folder, project, tmp_path / "out", choices))
    assert done.skipped == ("v2",)
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"v1.csv", "v1.segments.csv", CARD, MANIFEST}
    choices = replace(choices, lane="prediction:n")
    with pytest.raises(ProjectError, match="No video has a lane 'prediction:n'"):
        finish(export_labels(folder, project, tmp_path / "o", choices))


def predicted(folder: ProjectFolder) -> None:
    lane = Segmentation.from_frames(np.zeros(N, np.int64), "model")
    put_prediction(folder, "v1", "m", lane)


def test_patterns_choose_videos(made: Made, tmp_path: Path) -> None:
    folder, project = made
    choices = ExportChoices("segment-csv", videos=("*2",))
    done = finish(export_labels(folder, project, tmp_path / "out", choices))
    assert {p.name for p in done.files} == {"v2.segments.csv", CARD, MANIFEST}


def test_a_format_may_write_all_videos_into_one_file(
    made: Made, tmp_path: Path
) -> None:
    folder, project = made
    choices = ExportChoices("one-list")
    done = finish(export_labels(folder, project, tmp_path / "out", choices))
    names = {"all.list", "all.classes", CARD, MANIFEST}
    assert {p.name for p in done.files} == names == set(content(tmp_path / "out"))
    # And would have replaced nothing of others by it.
    (tmp_path / "out2").mkdir()
    (tmp_path / "out2" / "all.classes").write_text("mine")
    with pytest.raises(ProjectError, match=r"all\.classes was not exported by"):
        finish(export_labels(folder, project, tmp_path / "out2", choices))
    assert content(tmp_path / "out2") == {"all.classes": b"mine"}


def test_a_format_that_has_no_word_leaves_nothing(made: Made, tmp_path: Path) -> None:
    folder, project = made
    items = (changed(project.tracks[0], id="bad"), project.tracks[1])
    project = replace(project, tracks=items)
    with pytest.raises(FormatError, match="no word for bad"):
        finish(
            export_labels(folder, project, tmp_path / "o", ExportChoices("one-list"))
        )
    assert not (tmp_path / "o").exists()


def test_what_a_writer_is_told_of_a_video(made: Made, tmp_path: Path) -> None:
    folder, project = made
    project = set_people(project, {"v1": [" Ada "]})
    finish(export_labels(folder, project, tmp_path / "o", ExportChoices("one-list")))
    first, second = OneList.seen
    assert (first.subject, second.subject) == ("Ada", "")
    assert first.media is not None
    assert first.media.is_absolute()
    assert first.size == (project.tracks[0].video.width, project.tracks[0].video.height)
    assert first.out == (tmp_path / "o").absolute()
    assert (first.lane, first.annotator) == (ANNOTATION, "")
    assert first.times.n_frames == N
    lane = project.tracks[0].annotation
    project = set_lane(project, "v1", "annotator:Eva", lane)
    choices = ExportChoices("one-list", "annotator:Eva", ("v1",))
    finish(export_labels(folder, project, tmp_path / "e", choices))
    assert OneList.seen[0].annotator == "Eva"
    named = project.with_tracks(replace(project.tracks[0], annotator="Ben"))
    finish(export_labels(folder, named, tmp_path / "b", ExportChoices("one-list")))
    assert [video.annotator for video in OneList.seen] == ["Ben", ""]


def test_options_that_a_format_does_not_have_are_refused(
    made: Made, tmp_path: Path
) -> None:
    folder, project = made
    choices = ExportChoices(unlabelled="none")
    with pytest.raises(ConfigError, match=r"has no --unlabelled; .* one-list"):
        finish(export_labels(folder, project, tmp_path / "o", choices))
    choices = replace(choices, format="one-list")
    finish(export_labels(folder, project, tmp_path / "o", choices))
    with pytest.raises(ConfigError, match="no format 'two-lists' to write, only csv"):
        finish(
            export_labels(folder, project, tmp_path / "o", ExportChoices("two-lists"))
        )


# -- what is lost -------------------------------------------------------------------


def segments() -> tuple[Segment, ...]:
    """One of each: reviewed, repeated, a model's, undecided, unlabelled."""
    return (
        Segment(0, 2, 0).as_reviewed(),
        Segment(2, 3, 0).as_reviewed(),
        Segment(3, 4, 1, "model", confidence=0.5),
        Segment(4, 6, None, undecided=True),
        Segment(6, N),
    )


def test_only_what_occurs_and_has_no_place_is_told(made: Made, tmp_path: Path) -> None:
    folder, project = made
    project = with_labels(project, *segments())
    csv = ExportChoices(videos=("v1",))
    assert finish(export_labels(folder, project, tmp_path / "c", csv)).notes == ()
    choices = ExportChoices("one-list", videos=("v1",))
    done = finish(export_labels(folder, project, tmp_path / "o", choices))
    assert done.notes == (
        "1 stretch was left undecided by a person; One List cannot store that.",
        "1 segment was labelled by a model, not by a person; One List cannot "
        "store that.",
        "1 segment was not reviewed; One List cannot store that.",
        "1 segment came with the confidence of a model; One List cannot store that.",
        "Copied pre-labels that nobody reviewed are those of 1 frame, and "
        "the files cannot tell them apart; do not score a model on them.",
    )
    whole = with_labels(project, Segment(0, N, 0).as_reviewed())
    done = finish(export_labels(folder, whole, tmp_path / "w", choices))
    assert done.notes == ()


# -- the data card ------------------------------------------------------------------


def table(card: str, title: str) -> list[list[str]]:
    """Cells of the table below a heading, its head first."""
    section = card.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[c.strip() for c in row.strip("|").split(" | ")] for row in rows]


def test_the_card_counts_the_very_labels(made: Made, tmp_path: Path) -> None:
    folder, project = made
    project = with_labels(project, *segments())
    project = set_people(project, {"v1": ["Ada"], "v2": ["Ada"]})
    finish(export_labels(folder, project, tmp_path / "o"))
    card = (tmp_path / "o" / CARD).read_text()
    assert f"skelseg {__version__}" in card
    classes = {row[0]: row for row in table(card, "Classes")[2:]}
    rate = project.tracks[0].video.mean_rate
    assert classes["a"][1:5] == ["0", "2", "3", f"{3 / rate:.3f}"]
    assert classes["b"][2:4] == ["1", "1"]
    assert classes["*undecided*"][2:4] == ["1", "2"]
    assert classes["*not labelled*"][3] == f"{N - 6 + N:,}"
    labels = {row[0]: row[1:] for row in table(card, "Where the labels come from")[2:]}
    assert labels["labelled by a person"] == ["2", "3", "75.0 %"]
    assert labels["labelled by a model"] == ["1", "1", "25.0 %"]
    began = "began as pre-labels of a model, which a person agreed with"
    assert labels[began] == ["", "0", "0.0 %"]
    assert labels["began as nobody's pre-labels, or was corrected"][1] == "3"
    reviewed = labels["reviewed: a person reviewed class, start and stop"]
    assert reviewed == ["2", "3", "75.0 %"]
    assert labels["labelled by a model, not reviewed"] == ["1", "1", "25.0 %"]
    assert "- 1 subject: Ada (2 videos)." in card
    videos = {row[0]: row for row in table(card, "Videos")[2:]}
    assert videos["v1"][2] == str(N)
    assert videos["v1"][6] == f"{400 / N:.1f} %"
    # Another choice of videos, other numbers.
    choices = ExportChoices(videos=("v2",))
    finish(export_labels(folder, project, tmp_path / "p2", choices))
    card = (tmp_path / "p2" / CARD).read_text()
    assert {row[0]: row[2] for row in table(card, "Classes")[2:]}["a"] == "0"


def test_the_card_names_the_model(made: Made, tmp_path: Path) -> None:
    folder, project = made
    predicted(folder)
    choices = ExportChoices(lane="prediction:m", skip_missing=True)
    finish(export_labels(folder, project, tmp_path / "o", choices))
    card = (tmp_path / "o" / CARD).read_text()
    assert "- Model m, which is no longer in the project." in card
    # That a model's labels are a model's, and not reviewed, is no loss.
    choices = replace(choices, format="one-list")
    done = finish(export_labels(folder, project, tmp_path / "l", choices))
    assert done.notes == ("Left out 1 video without the lane 'prediction:m': v2.",)


def test_names_are_no_markup_in_the_card(made: Made, tmp_path: Path) -> None:
    folder, project = made
    classes = project.label_map.classes
    odd = replace(classes[0], name="a|b <script>`*x*`")
    label_map = replace(project.label_map, classes=(odd, *classes[1:]))
    project = replace(project, label_map=label_map)
    finish(export_labels(folder, project, tmp_path / "o"))
    card = (tmp_path / "o" / CARD).read_text()
    assert r"| a\|b \<script\>\`\*x\*\` | 0 |" in card


# -- the command --------------------------------------------------------------------


def test_the_command_says_what_it_wrote_as_json(made: Made, tmp_path: Path) -> None:
    folder, project = made
    folder.save(with_labels(project, *segments()), project)
    out = tmp_path / "o"
    base = ("export", folder.root, "--out", out, "--format", "srt")
    found = json.loads(run(*base, "--video", "v?", "--json").stdout)
    assert found["format"] == "srt"
    assert {Path(f).name for f in found["files"]} == set(content(out))
    assert any("not reviewed" in note for note in found["notes"])
    written = next(Path(f) for f in found["files"] if "export" not in Path(f).name)
    written.write_text("corrected")
    refused = run(*base)
    assert refused.exit_code == 2
    assert "was changed after skelseg exported it" in refused.output
    assert "--overwrite" in refused.output
    told = run(*base, "--overwrite").output
    assert f"Replaced {written}, which skelseg did not write." in told


def test_options_of_another_format_are_refused(made: Made, tmp_path: Path) -> None:
    base = ("export", made[0].root, "--out", tmp_path / "o")
    said = run(*base, "--unlabelled", "none").output
    assert "has no --unlabelled; leave it out, or choose ms-tcn or one-list." in said
    said = run(*base, "--format", "ms-tcn", "--single-table").output
    assert "MS-TCN has no --single-table; leave it out, or choose framewise-csv" in said


def test_the_formats_are_listed_with_what_they_cannot_hold(made: Made) -> None:
    rows = {row["name"]: row for row in json.loads(run("formats", "--json").stdout)}
    assert rows["one-list"]["written"]
    assert not rows["one-list"]["read"]
    assert rows["one-list"]["cannot_hold"] == "who gave a label."
    assert rows["framewise-csv"]["read"]
    assert (rows["ms-tcn"]["read"], rows["ms-tcn"]["written"]) == (True, True)
    assert not rows["tum-kitchen"]["written"]
    told = run("formats").output
    assert "one-list: One List; written" in told
    assert "Not kept: who gave a label." in told


def test_info(made: Made) -> None:
    folder, project = made
    labelled = with_labels(project, *segments())
    signed = changed(labelled.track("v1"), annotator="Eva", people=("Ada",))
    folder.save(labelled.with_tracks(signed), project)
    found = json.loads(run("info", folder.root, "--json").stdout)
    first = found["videos"][0]
    (track,) = first["tracks"]
    assert (track["labelled_frames"], track["reviewed_frames"]) == (4, 3)
    assert (track["undecided_frames"], first["n_frames"]) == (2, N)
    assert first["people"] == ["Ada"]
    assert [v["tracks"][0]["annotator"] for v in found["videos"]] == ["Eva", ""]
    assert found["lanes"] == {ANNOTATION: 2}
    assert found["classes"][0]["segments"] == 2
    assert found["missing"]["video_files"] == ["v1", "v2"]
    assert found["missing"]["poses"] == ["v1", "v2"]
    only = json.loads(run("info", folder.root, "--json", "--video", "*2").stdout)
    assert [v["video"] for v in only["videos"]] == ["v2"]
    assert only["classes"][0]["segments"] == 0
    told = run("info", folder.root).output
    assert f"{N} frames" in told
    assert "missing video files: v1, v2" in told


def test_what_lies_beside_the_labels_is_no_video(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    finish(export_labels(folder, project, tmp_path / "o"))
    # Formats may have JSON or Markdown.
    forms = SimpleNamespace(suffixes=(".csv", ".json", ".md"))
    monkeypatch.setattr("skelseg_core.tasks.scored_labels.LABEL_FORMATS", forms)
    assert sorted(FileSide(tmp_path / "o", ClassNames()).videos) == ["v1", "v2"]


WRITTEN = [form.name for form in label_overview.written_formats()]


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_written_format_goes_out(made: Made, tmp_path: Path, kind: str) -> None:
    folder, project = made
    (form,) = [f for f in label_overview.written_formats() if f.name == kind]
    if form.folders:
        pytest.skip("it has tests of its own")
    project = with_labels(project, *segments())
    out = tmp_path / "o"
    done = finish(export_labels(folder, project, out, ExportChoices(kind)))
    assert {path.name for path in done.files} == set(content(out))
    listed = set(json.loads((out / MANIFEST).read_text())["files"])
    assert listed == set(content(out)) - {MANIFEST}
    shown = finish(preview(folder, project, out, ExportChoices(kind)))
    assert not shown.error
    assert {name for name, _ in shown.files} <= {path.name for path in done.files}
    assert all(text for _, text in shown.files)
