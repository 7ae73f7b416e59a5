"""What is exported for MS-TCN, read as published readers of this layout read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn

from skelseg_core.cli.main import cli
from skelseg_core.config import load_preset
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import work_on
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.lanes import unsaid_in_text
from skelseg_core.progress import run as finish
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from tests.poses_only import item, waving
from tests.projects import name_people, put_prediction

T = 60
IDS = (7, 3, 5)
"""Ids of the classes of the project: neither from 0 nor without gap nor in order."""


def labels(shift: int) -> np.ndarray:
    """Ids (T,): what the wrists do, a little later in every video; one rare class."""
    up = np.sin(np.arange(T) / 6) > 0
    found = np.where(up, IDS[0], IDS[1])
    found[shift] = IDS[2]
    found[-1] = IDS[2]
    return found


def project_of(
    root: Path,
    classes: tuple[str, ...] = ("raise", "lower", "rest"),
    videos: tuple[str, ...] = ("a1", "a2", "b1", "c1", "c2"),
) -> ProjectFolder:
    pairs = zip(IDS, classes, strict=True)
    label_map = LabelMap(tuple(ActionClass(i, name) for i, name in pairs))
    folder, project = create_project(root, label_map, "lcrnet15")
    before = project
    for n, video in enumerate(videos):
        project = add_video(project, item(video, labels(n + 2)))
        poses = waving(T)
        noise = np.random.default_rng(n).normal(0, 2, poses.keypoints.shape)
        poses = replace(poses, keypoints=poses.keypoints + noise.astype(np.float32))
        save_poses(folder.poses_path(video), poses, f"poses-{video}")
    folder.save(project, before)
    name_people(root, {v: v[0] for v in videos})
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return project_of(tmp_path / "p")


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exit_code in (0, 2), result.output
    if result.exit_code == 2:
        assert result.output.startswith("Error: ")
        assert result.output.count("\n") == 1
    return result


def export(folder: ProjectFolder, out: Path, *more: object) -> Result:
    base = ("export", folder.root, "--format", "ms-tcn", "--out", out)
    preset = () if "--preset" in more else ("--preset", "keypoints")
    return run(*base, *preset, *more)


def refused(folder: ProjectFolder, out: Path, *more: object) -> str:
    """The sentence of a refusal, after which nothing is there that was not."""
    before = sorted(out.parent.rglob("*"))
    result = export(folder, out, *more)
    assert result.exit_code == 2, result.output
    assert sorted(out.parent.rglob("*")) == before
    return result.output


# -- a reader as the description of the format has it -------------------------------


def lines(path: Path) -> list[str]:
    """What stands before each line break: the rest behind the last one is lost."""
    return path.read_bytes().decode("utf-8").split("\n")[:-1]


def classes_of(data: Path) -> dict[str, int]:
    return {
        line.split()[1]: int(line.split()[0]) for line in lines(data / "mapping.txt")
    }


@dataclass
class Reader:
    """Features and targets of one bundle."""

    data: Path
    bundle: str

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        ids = classes_of(self.data)
        for video in lines(self.data / "splits" / f"{self.bundle}.bundle"):
            path = self.data / "features" / f"{video.split('.')[0]}.npy"
            features = np.load(path)
            names = lines(self.data / "groundTruth" / video)
            n = min(features.shape[1], len(names))
            assert n == T
            target = torch.tensor([ids[name] for name in names[:n]])
            yield torch.from_numpy(features[:, :n])[None], target[None]


class Stage(nn.Module):
    """Dilated convolutions with residuals, as in a stage of MS-TCN."""

    def __init__(self, n_in: int, n_classes: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(n_in, 16, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(16, 16, 3, padding=2**n, dilation=2**n) for n in range(3)
        )
        self.last = nn.Conv1d(16, n_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        for layer in self.layers:
            x = x + torch.relu(layer(x))
        return self.last(x)


def accuracy(network: nn.Module, reader: Reader) -> float:
    with torch.no_grad():
        hits = [network(x).argmax(dim=1) == y for x, y in reader]
    return torch.cat(hits, dim=1).double().mean().item()


def test_an_independent_reader_trains_on_it(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    data = tmp_path / "out"
    assert export(folder, data).exit_code == 0
    train, test = Reader(data, "train.split1"), Reader(data, "test.split1")
    n_in = next(iter(train))[0].shape[1]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = nn.Sequential(Stage(n_in, 3), nn.Softmax(dim=1), Stage(3, 3))
    optimiser = torch.optim.Adam(network.parameters(), 0.005)
    losses = []
    for _ in range(30):
        for x, y in train:
            logits = network(x)
            logs = logits.log_softmax(dim=1)
            steps = (logs[:, :, 1:] - logs[:, :, :-1].detach()).square()
            loss = nn.functional.cross_entropy(logits, y)
            loss = loss + 0.15 * steps.clamp(max=16).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    truth = torch.cat([y for _, y in test], dim=1)
    guess = truth.flatten().bincount().max().item() / truth.numel()
    assert accuracy(network, test) > guess + 0.2


# -- what is in the files -----------------------------------------------------------


def test_the_files(folder: ProjectFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = export(folder, out)
    assert result.output.startswith("5 videos, ")
    assert "features a frame by keypoints." in result.output
    assert classes_of(out) == {"raise": 0, "lower": 1, "rest": 2}
    written = [p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()]
    videos = ("a1", "a2", "b1", "c1", "c2")
    assert sorted(written) == sorted(
        [
            "data-card.md",
            "manifest.json",
            "mapping.txt",
            *(f"features/{v}.npy" for v in videos),
            *(f"groundTruth/{v}.txt" for v in videos),
            *(f"splits/{s}.split{k}.bundle" for s in ("test", "train") for k in "123"),
        ]
    )
    for path in out.rglob("*.[tb][xu]*"):
        data = path.read_bytes()
        assert data.endswith(b"\n")
        assert b"\r" not in data
    names = {7: "raise", 3: "lower", 5: "rest"}
    for n, video in enumerate(videos):
        told = lines(out / "groundTruth" / f"{video}.txt")
        assert told == [names[i] for i in labels(n + 2)]
    preset = load_preset("keypoints")
    made = finish(features_of(work_on(str(folder.root), "b1", 1), preset))
    stored = np.load(out / "features" / "b1.npy")
    assert stored.dtype == np.float32
    assert stored.flags.c_contiguous
    np.testing.assert_array_equal(stored.T, made.features["keypoints"])


def test_splits_are_by_subject(folder: ProjectFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "Nobody is named" not in export(folder, out, "--folds", 3).output
    tested = []
    for k in (1, 2, 3):
        test = lines(out / "splits" / f"test.split{k}.bundle")
        train = lines(out / "splits" / f"train.split{k}.bundle")
        assert sorted(train + test) == [
            f"{v}.txt" for v in ("a1", "a2", "b1", "c1", "c2")
        ]
        assert not {v[0] for v in train} & {v[0] for v in test}
        tested += test
    assert len(tested) == 5
    two = tmp_path / "two"
    export(folder, two, "--folds", 2)
    assert len(list((two / "splits").iterdir())) == 4
    for folds in (1, 4):
        text = refused(folder, tmp_path / "none", "--folds", folds)
        assert "--folds between 2 and 3" in text
    assert "-2 is not in the range" in refused(folder, tmp_path / "n", "--folds", -2)
    result = export(folder, tmp_path / "whole", "--folds", 0)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "whole" / "splits").exists()


def test_one_subject_is_no_split(folder: ProjectFolder, tmp_path: Path) -> None:
    chosen = ("--video", "a1", "--video", "a2")
    assert "only one is seen" in refused(folder, tmp_path / "out", *chosen)
    name_people(folder.root, {"a1": "", "a2": ""})
    result = export(folder, tmp_path / "out", *chosen)
    assert "Nobody is named in any of the videos, so each counts" in result.output
    assert lines(tmp_path / "out/splits/test.split1.bundle") == ["a1.txt"]
    assert lines(tmp_path / "out/splits/train.split1.bundle") == ["a2.txt"]


def test_modalities_stand_side_by_side(folder: ProjectFolder, tmp_path: Path) -> None:
    preset = tmp_path / "both.yaml"
    preset.write_text(
        "model:\n  modalities: [keypoints, heatmap]\n  heatmap_encoder: trained\n"
    )
    out = tmp_path / "out"
    result = export(folder, out, "--preset", preset, "--video", "a1", "--video", "b1")
    assert result.exit_code == 0, result.output
    work = work_on(str(folder.root), "a1", 1)
    found = finish(features_of(work, load_preset(str(preset)))).features
    both = np.concatenate([found["keypoints"], found["heatmap"]], axis=1)
    np.testing.assert_array_equal(np.load(out / "features/a1.npy"), both.T)


def test_heatmaps_by_default(folder: ProjectFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    base = ("export", folder.root, "--format", "ms-tcn", "--out", out)
    result = run(*base, "--video", "a1", "--video", "b1")
    assert "features a frame by heatmap-paper." in result.output
    made = finish(
        features_of(work_on(str(folder.root), "a1", 1), load_preset("heatmap-paper"))
    )
    np.testing.assert_array_equal(
        np.load(out / "features/a1.npy").T, made.features["heatmap"]
    )


def test_a_prediction(folder: ProjectFolder, tmp_path: Path) -> None:
    text = refused(folder, tmp_path / "out", "--lane", "prediction:m")
    assert "No video has a lane 'prediction:m', only annotation" in text
    project = folder.load()
    for video in project.tracks:
        lane = Segmentation.from_frames(np.full(T, IDS[2]), "model")
        put_prediction(folder, video.id, "m", lane)
    choices = ExportChoices("ms-tcn", lane="prediction:m", preset="keypoints")
    done = finish(export_labels(folder, project, tmp_path / "out", choices))
    assert not any("a person labelled" in note for note in done.notes)
    assert lines(tmp_path / "out/groundTruth/c1.txt") == ["rest"] * T


def test_text_cannot_say_what_a_person_fixed(folder: ProjectFolder) -> None:
    project = folder.load()
    item = project.tracks[0]
    value = Segmentation.from_frames(np.full(T, IDS[2]), "model")
    fixed = np.arange(T) < 7
    chances = np.ones((T, 1), np.float32)
    prediction = Prediction(chances, np.array(IDS[2:3]), value, "", fixed, True)
    save_prediction(folder.prediction_path(item.id, "m"), prediction)
    items = [project.track(item.id)]
    fixed_note, trained_note = unsaid_in_text(folder, project, items, "prediction:m")
    assert "the model's, are those of 7 frames, and" in fixed_note
    assert f"trained on {item.id}" in trained_note
    project = set_lane(project, item.id, "annotation", value)
    items = [project.track(item.id)]
    (note,) = unsaid_in_text(folder, project, items, "annotation")
    assert f"nobody reviewed are those of {T} frames, and" in note


# -- labels without poses -----------------------------------------------------------


def bare_data(src: Path) -> Path:
    """Labels alone in the layout, with published splits."""
    for name, words in (
        ("groundTruth/rgb-01-1.txt", ["cut", "cut", "mix"]),
        ("groundTruth/rgb-02-1.txt", ["mix", "mix"]),
        ("groundTruth/rgb-03-2.txt", ["mix", "cut"]),
        ("mapping.txt", ["0 cut", "1 mix", "2 serve"]),
        ("splits/train.split7.bundle", ["rgb-03-2.txt", "rgb-01-1.txt"]),
        ("splits/test.split7.bundle", ["rgb-02-1.txt"]),
    ):
        (src / name).parent.mkdir(parents=True, exist_ok=True)
        (src / name).write_bytes("".join(f"{w}\n" for w in words).encode())
    return src


def test_labels_without_poses_go_out_as_they_came(tmp_path: Path) -> None:
    src, out = bare_data(tmp_path / "data"), tmp_path / "out"
    run("import-dataset", "ms-tcn", src, "--project", tmp_path / "p")
    result = run("export", tmp_path / "p", "--format", "ms-tcn", "--out", out)
    assert result.exit_code == 0, result.output
    said = "3 videos without features, poses and pictures, so only the labels"
    assert said in result.output
    came = {p.relative_to(src): lines(p) for p in src.rglob("*.[tb]*")}
    went = {p.relative_to(out): lines(p) for p in out.rglob("*.[tb]*")}
    for found in (came, went):
        # In a side of a split the order of videos says nothing.
        found |= {p: sorted(v) for p, v in found.items() if p.suffix == ".bundle"}
    assert went == came
    assert not (out / "features").exists()
    features = tmp_path / "p/features"
    features.mkdir()
    np.save(features / "rgb-02-1.npy", np.ones((2, 5), np.float32))
    result = run("export", tmp_path / "p", "--format", "ms-tcn", "--out", out)
    assert "5 features a frame of the data set" in result.output
    assert "2 videos without features" in result.output
    assert [p.name for p in (out / "features").iterdir()] == ["rgb-02-1.npy"]


def test_labels_alone(folder: ProjectFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(folder, out)
    before = (out / "features/a1.npy").read_bytes()
    project = folder.load()
    lane = Segmentation.from_frames(np.full(T, IDS[2]))
    folder.save(set_lane(project, "a1", "annotation", lane), project)
    result = run(
        "export", folder.root, "--format", "ms-tcn", "--out", out, "--no-features"
    )
    assert result.exit_code == 0, result.output
    assert result.output.startswith("5 videos, 300 frames, all labelled; ")
    assert "features" not in result.output
    # What was made before stays, and is still known as ours.
    assert (out / "features/a1.npy").read_bytes() == before
    assert lines(out / "groundTruth/a1.txt") == ["rest"] * T
    assert "features/a1.npy" in json.loads((out / "manifest.json").read_text())["files"]


def with_gaps(folder: ProjectFolder) -> np.ndarray:
    """Give a1 three gaps, at both ends and within; frames (T,) with -1."""
    project = folder.load()
    frames = project.track("a1").annotation.to_frames()
    frames[:3] = frames[20:25] = frames[-2:] = -1
    lane = Segmentation.from_frames(frames)
    folder.save(set_lane(project, "a1", "annotation", lane), project)
    return frames


def test_frames_to_be_left_out_are_listed(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    frames = with_gaps(folder)
    out = tmp_path / "out"
    result = export(folder, out)
    assert result.exit_code == 0, result.output
    assert "10 frames without a label are listed in the folder ignore" in result.output
    assert lines(out / "ignore/a1.txt") == ["01"[n] for n in (frames < 0).astype(int)]
    assert lines(out / "ignore/b1.txt") == ["0"] * T
    told = lines(out / "groundTruth/a1.txt")
    names = {7: "raise", 3: "lower", 5: "rest"}
    assert [t for t, n in zip(told, frames, strict=True) if n >= 0] == [
        names[n] for n in frames if n >= 0
    ]
    # Who does not read the list finds the label before, at the start the one after.
    assert told[:3] == [told[3]] * 3
    assert told[20:25] == [told[19]] * 5
    # No class was made up, and the gaps come back.
    assert set(classes_of(out)) == {"raise", "lower", "rest"}
    again = imported(out, tmp_path / "q").track("a1").annotation.to_frames()
    np.testing.assert_array_equal(again < 0, frames < 0)
    # Without gaps nothing of the list remains.
    export(folder, out, "--unlabelled", "none")
    assert not list(out.rglob("ignore/*"))


def test_a_video_without_any_label_is_not_ignored(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    project = folder.load()
    lane = Segmentation.unlabelled(T)
    folder.save(set_lane(project, "b1", "annotation", lane), project)
    text = refused(folder, tmp_path / "out")
    assert "Video b1 has no label at all" in text


def test_the_card_counts_what_was_exported(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    export(folder, tmp_path / "out", "--video", "a*", "--video", "b1", "--folds", 2)
    card = (tmp_path / "out/data-card.md").read_text()
    assert f"- 3 videos, {3 * T:,} frames" in card
    assert "- 2 subjects: a (2 videos), b (1 video)." in card
    n = sum(int((labels(k + 2) == 7).sum()) for k in range(3))
    assert "| raise | 7 | " in card
    (row,) = (r for r in card.splitlines() if r.startswith("| raise"))
    assert row.split(" | ")[3] == str(n)


# -- in again -----------------------------------------------------------------------


def imported(data: Path, root: Path) -> Project:
    result = run("import-dataset", "ms-tcn", data, "--project", root)
    assert result.exit_code == 0, result.output
    assert "line break" not in result.output
    assert "cut" not in result.output
    return ProjectFolder(root).load()


def test_it_is_imported_as_it_was(folder: ProjectFolder, tmp_path: Path) -> None:
    export(folder, tmp_path / "out")
    before, after = folder.load(), imported(tmp_path / "out", tmp_path / "q")
    assert after.label_map.names == before.label_map.names
    assert after.label_map.ids == (0, 1, 2)
    for video in before.tracks:
        told = before.label_map.to_indices(video.annotation.to_frames())
        again = after.track(video.id).annotation.to_frames()
        np.testing.assert_array_equal(again, told)
    folds = json.loads((tmp_path / "q/folds.json").read_text())
    assert folds["split2"] == {"train": ["a1", "a2", "c1", "c2"], "test": ["b1"]}


def test_features_that_were_imported_are_kept(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    export(folder, tmp_path / "out")
    imported(tmp_path / "out", tmp_path / "q")
    base = ("export", tmp_path / "q", "--format", "ms-tcn", "--out")
    result = run(*base, tmp_path / "again")
    assert "features a frame of the data set." in result.output
    assert "Nobody is named" not in result.output
    splits = [f"splits/{p.name}" for p in (tmp_path / "out/splits").iterdir()]
    for kind in ("features/b1.npy", "groundTruth/b1.txt", "mapping.txt", *splits):
        again = (tmp_path / "again" / kind).read_bytes()
        assert again == (tmp_path / "out" / kind).read_bytes()
    stored = tmp_path / "q/features"
    values = np.load(stored / "b1.npy")
    for wrong, words in (
        (values[:-1], "b1 have 59 frames, the video 60"),
        (values[:, 1:], f"b1 has {values.shape[1] - 1} features a frame and those"),
        (np.where(np.arange(T)[:, None] == 9, np.nan, values), "b1.npy, frame 9"),
    ):
        np.save(stored / "b1.npy", wrong)
        result = run(*base, tmp_path / "wrong")
        assert words in result.output
    assert not [p for p in tmp_path.iterdir() if "wrong" in p.name]
    (stored / "b1.npy").unlink()
    said = "1 video without features, poses and pictures"
    assert said in run(*base, tmp_path / "fewer").output


# -- what the layout has no place for -----------------------------------------------


def test_blanks_in_class_names(tmp_path: Path) -> None:
    folder = project_of(tmp_path / "p", ("pick up", "put\u00a0down again", "rest"))
    out = tmp_path / "out"
    result = export(folder, out)
    said = "Renamed 2 classes: 'pick up' as 'pick_up', 'put\u00a0down again' as "
    assert f"{said}'put_down_again'." in result.output
    assert list(classes_of(out)) == ["pick_up", "put_down_again", "rest"]
    assert len(list(Reader(out, "train.split1"))) == 3
    assert imported(out, tmp_path / "q").label_map.names == tuple(classes_of(out))


@pytest.mark.parametrize(
    ("classes", "videos", "words"),
    [
        (("pick up", "pick_up", "x"), ("a", "b"), "'pick up' and 'pick_up'"),
        (("pick up", "pick  up", "x"), ("a", "b"), "'pick up' and 'pick  up'"),
        (("x", "y", "z"), ("S1.2", "S1_2"), "'S1.2' and 'S1_2'"),
    ],
)
def test_names_that_would_become_one(
    classes: tuple[str, ...], videos: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    folder = project_of(tmp_path / "p", classes, videos)
    text = refused(folder, tmp_path / "out", "--folds", 0)
    assert f"{words} would both be written as" in text


@pytest.fixture
def gaps(folder: ProjectFolder) -> ProjectFolder:
    """Frames 40 to 49 of b1 are not labelled."""
    before = project = folder.load()
    found = labels(4)
    found[40:50] = -1
    lanes = item("b1", found).lanes
    videos = [replace(v, lanes=lanes) if v.id == "b1" else v for v in project.tracks]
    folder.save(replace(project, tracks=tuple(videos)), before)
    return folder


def test_unlabelled_frames(gaps: ProjectFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = export(gaps, out, "--unlabelled", "nothing")
    assert "10 unlabelled frames written as 'nothing'." in result.output
    assert classes_of(out) == {"raise": 0, "lower": 1, "rest": 2, "nothing": 3}
    assert lines(out / "groundTruth/b1.txt")[40:50] == ["nothing"] * 10
    project = imported(out, tmp_path / "q")
    assert (project.track("b1").annotation.to_frames()[40:50] == 3).all()
    export(gaps, tmp_path / "old", "--unlabelled", "rest")
    assert list(classes_of(tmp_path / "old")) == ["raise", "lower", "rest"]
    assert lines(tmp_path / "old/groundTruth/b1.txt")[40:50] == ["rest"] * 10
    chosen = ("--video", "a1", "--video", "c1", "--unlabelled", "nothing")
    export(gaps, tmp_path / "whole", *chosen)
    assert list(classes_of(tmp_path / "whole")) == ["raise", "lower", "rest"]


# -- the folder ---------------------------------------------------------------------


def test_nothing_is_mixed_and_nothing_half_written(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert export(folder, out).exit_code == 0
    # Again without a question, and what an earlier export left there goes.
    assert export(folder, out, "--video", "a1", "--video", "b1").exit_code == 0
    assert {p.stem for p in (out / "features").iterdir()} == {"a1", "b1"}
    assert export(folder, out).exit_code == 0
    mine = out / "features" / "mine.npy"
    mine.write_bytes(b"")
    assert f"{mine} was not exported by" in refused(folder, out)
    mine.unlink()
    with (out / "groundTruth/b1.txt").open("a") as stream:
        stream.write("rest\n")
    assert "b1.txt was changed after skelseg exported it" in refused(folder, out)
    taken = tmp_path / "file"
    taken.write_text("mine")
    assert "is a file" in refused(folder, taken)
    folder.poses_path("c2").unlink()  # found out only after four videos are written
    assert "poses of c2 are gone" in refused(folder, tmp_path / "more")
