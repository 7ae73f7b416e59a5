"""Layouts of others, whole and with every trap, and what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.array_files import load_npz
from skelseg_core.errors import ConfigError, FormatError, ProjectError
from skelseg_core.files import TEMPORARY
from skelseg_core.formats.dataset import Dataset, Recording, Split, fit
from skelseg_core.formats.poses_npz import load_poses, load_poses3d, load_risk
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.tasks.importing import import_dataset, load_dataset, survey
from tests.videos import write_video

T = 40
RNG = np.random.default_rng(0)


def said(dataset: Dataset) -> str:
    return "\n".join(survey(dataset))


def imported(dataset: Dataset, root: Path) -> Project:
    return run(import_dataset(dataset, root, Camera()))


def refused(kind: str, src: Path, *words: str) -> str:
    """The sentence with which a data set is refused."""
    with pytest.raises(FormatError) as caught:
        load_dataset(kind, src)
    sentence = str(caught.value)
    for word in words:
        assert word in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


# -- UW-IOM -------------------------------------------------------------------------

CONFIG = """\
base_dir: 'Data/UW/'
#classes: ('wrong', 'order')

classes: (
  'walking', 'standing',
  'bend')
NUMBER_OF_CLASSES: 3
"""


def points(n_frames: int = T, dtype: type = np.float32) -> np.ndarray:
    body = RNG.uniform(-0.5, 0.5, (n_frames, 15, 3)) + np.array([4, 0.5, 0.5])
    return body.astype(dtype)


@pytest.fixture
def uw(tmp_path: Path) -> Path:
    src = tmp_path / "UW"
    for folder in ("Poses", "Labels/ClassNumber", "RebaScoreFrameWise"):
        (src / folder).mkdir(parents=True)
    (src / "config_UW_data.yml").write_text(CONFIG)
    np.save(
        src / "Labels" / "uniquelabelnames.npy", np.array(["bend", "standing", "w"])
    )
    for name, dtype in (("01", np.float32), ("03", np.float64)):
        np.save(src / "Poses" / f"{name}_pose3d.npy", points(dtype=dtype))
        np.save(src / "Labels/ClassNumber" / f"{name}.npy", np.arange(T) // 20)
        (src / "RebaScoreFrameWise" / f"{name}.txt").write_text("2.0e+00\n" * T)
    return src


def test_uw_iom(uw: Path) -> None:
    found = load_dataset("uw-iom", uw)
    assert found.label_map.names == ("walking", "standing", "bend")
    assert [r.id for r in found.recordings] == ["01", "03"]
    assert [r.subject for r in found.recordings] == ["01", "03"]
    assert found.notes == ()
    for recording in found.recordings:
        assert recording.poses3d is not None
        assert recording.poses3d.keypoints.dtype == np.float32
        assert recording.labels.tolist() == [0] * 20 + [1] * 20
        assert recording.risk is not None
        assert (recording.risk == 2).all()
    text = said(found)
    assert text.startswith("UW-IOM: 2 recordings, 80 frames, 3 classes.")
    assert "1 class without a frame: bend." in text


def test_uw_iom_aligns_to_the_end(uw: Path) -> None:
    np.save(uw / "Labels/ClassNumber/01.npy", np.full(T - 3, 2))
    (uw / "RebaScoreFrameWise/01.txt").write_text("5\n" * (T - 1))
    found = load_dataset("uw-iom", uw)
    first = found.recordings[0]
    assert first.labels.tolist() == [-1] * 3 + [2] * (T - 3)
    assert first.risk is not None
    assert np.array_equal(first.risk, [np.nan] + [5] * (T - 1), equal_nan=True)
    text = said(found)
    assert "ClassNumber/01.npy has 37 values for 40 frames of poses; in UW-IOM" in text
    assert "the first 3 stay empty" in text
    assert "Unlabelled: 3 frames" in text


def test_uw_iom_with_more_labels_than_poses(uw: Path) -> None:
    np.save(uw / "Labels/ClassNumber/01.npy", np.zeros(T + 2, int))
    refused("uw-iom", uw, "01.npy", "42 values", "40 frames", "end with the same")


def test_uw_iom_tolerates_missing_subjects(uw: Path) -> None:
    (uw / "Labels/ClassNumber/01.npy").unlink()
    np.save(uw / "Labels/ClassNumber/12.npy", np.zeros(T, int))
    (uw / "RebaScoreFrameWise/03.txt").unlink()
    found = load_dataset("uw-iom", uw)
    assert (found.recordings[0].labels == -1).all()
    assert found.recordings[1].risk is None
    assert "Subject 01 has poses but no labels" in said(found)
    assert "Subject 12 has labels but no poses and was left out" in said(found)


def test_uw_iom_counts_missing_keypoints(uw: Path) -> None:
    broken = points()
    broken[7, 2, 1] = np.nan
    broken[9, 3] = np.inf
    np.save(uw / "Poses/03_pose3d.npy", broken)
    found = load_dataset("uw-iom", uw)
    assert "Subject 03: no numbers for 2 of 600 keypoints" in said(found)
    assert "in 2 frames from frame 7 on" in said(found)
    assert found.recordings[1].poses3d is not None
    assert found.recordings[1].poses3d.missing.sum() == 2


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("Poses/01_pose3d.npy", np.full((9, 15, 3), np.nan), ("15 keypoints", "9 fra")),
        ("Poses/01_pose3d.npy", np.zeros((9, 17, 3)), ("(9, 17, 3)", "15")),
        ("Poses/01_pose3d.npy", np.full((9, 15, 3), "a"), ("numbers",)),
        ("Labels/ClassNumber/01.npy", np.full(T, 3), ("01 has the class id 3", "me 0")),
        ("Labels/ClassNumber/01.npy", np.full(T, 0.5), ("frame 0", "0.5")),
        ("Labels/ClassNumber/01.npy", np.full(T, np.inf), ("frame 0", "inf")),
        ("Labels/ClassNumber/01.npy", np.full(T, -1), ("frame 0", "-1")),
        ("Labels/ClassNumber/01.npy", np.zeros((T, 1)), ("(40, 1)",)),
        ("Poses/1_pose3d.npy", np.zeros((T, 15, 3)), ("'1' appears twice", "Poses")),
    ],
)
def test_uw_iom_refuses(uw: Path, name: str, array: np.ndarray, words: tuple) -> None:
    np.save(uw / name, array)
    refused("uw-iom", uw, *words)


def test_uw_iom_refuses_damaged_files(uw: Path) -> None:
    path = uw / "RebaScoreFrameWise/03.txt"
    path.write_text("1\n2\nx\n")
    refused("uw-iom", uw, "03.txt, line 3", "'x'")
    path.write_text("1\n2\nnan\n")
    refused("uw-iom", uw, "03.txt, line 3", "nan")
    path.write_text("1\n\n3\n")
    refused("uw-iom", uw, "03.txt, line 2 is blank")
    path.write_text("")
    refused("uw-iom", uw, "03.txt is empty")
    path.unlink()
    whole = (uw / "Poses/01_pose3d.npy").read_bytes()
    (uw / "Poses/01_pose3d.npy").write_bytes(whole[:500])
    refused("uw-iom", uw, "01_pose3d.npy is damaged")


@pytest.mark.parametrize(
    "text",
    ["", "classes: walking\n", "classes: ('a',\n", "classes: (1, 2)\n",
     "classes: (__import__('os'),)\n", "classes: ('a', 'a')\n"],
)  # fmt: skip
def test_uw_iom_refuses_classes_that_cannot_be_read(uw: Path, text: str) -> None:
    (uw / "config_UW_data.yml").write_text(text)
    refused("uw-iom", uw, "config_UW_data.yml")


# -- MS-TCN -------------------------------------------------------------------------


@pytest.fixture
def ms_tcn(tmp_path: Path) -> Path:
    src = tmp_path / "kitchen"
    for folder in ("features", "groundTruth", "splits"):
        (src / folder).mkdir(parents=True)
    (src / "mapping.txt").write_text("0 cut\n1 stir\n2 rest\n")
    for name in ("a", "b", "S1.cam2"):
        labels = ["cut"] * 10 + ["stir"] * (T - 10)
        (src / "groundTruth" / f"{name}.txt").write_text("\n".join(labels) + "\n")
        np.save(src / "features" / f"{name}.npy", RNG.normal(size=(6, T)))
    bundles = {"train.split1": "a.txt\nS1.cam2.txt\n", "test.split1": "b.txt\n"}
    for name, text in bundles.items():
        (src / "splits" / f"{name}.bundle").write_text(text)
    return src


def test_ms_tcn(ms_tcn: Path, tmp_path: Path) -> None:
    found = load_dataset("ms-tcn", ms_tcn)
    assert found.name == "kitchen"
    assert [r.id for r in found.recordings] == ["S1.cam2", "a", "b"]
    assert found.splits == (Split("split1", ("a", "S1.cam2"), ("b",)),)
    assert found.notes == ()
    assert "1 class without a frame: rest." in said(found)
    project = imported(found, tmp_path / "p")
    stored = np.load(tmp_path / "p/features/a.npy")
    assert stored.dtype == np.float32
    np.testing.assert_allclose(stored.T, np.load(ms_tcn / "features/a.npy"), rtol=1e-5)
    assert json.loads((tmp_path / "p/folds.json").read_text()) == {
        "split1": {"train": ["a", "S1.cam2"], "test": ["b"]}
    }
    assert not any(item.video.people for item in project.tracks)
    assert project.track("a").annotation.to_frames().tolist() == [0] * 10 + [1] * 30


def test_ms_tcn_lines_as_they_are_found(ms_tcn: Path) -> None:
    (ms_tcn / "groundTruth/a.txt").write_bytes(b"cut\r\nstir\r\n" * (T // 2))
    (ms_tcn / "groundTruth/b.txt").write_text("cut\n" * (T - 1) + "stir")
    (ms_tcn / "splits/train.split1.bundle").write_text("a.txt\nS1.cam2.txt")
    (ms_tcn / "mapping.txt").write_bytes(b"0 cut\r\n1 stir\r\n2 rest")
    found = load_dataset("ms-tcn", ms_tcn)
    by_id = {r.id: r for r in found.recordings}
    assert by_id["a"].labels.tolist() == [0, 1] * (T // 2)
    assert by_id["b"].labels.tolist() == [0] * (T - 1) + [1]
    assert found.splits[0].train == ("a", "S1.cam2")
    text = said(found)
    assert "2 text files without the final line break (mapping.txt, b.txt)" in text
    assert "1 text file without the final line break (train.split1.bundle)" in text
    assert "2 text files with Windows line ends (mapping.txt, a.txt)" in text


@pytest.mark.parametrize(("n_features", "kept"), [(T - 4, T - 4), (T + 9, T)])
def test_ms_tcn_cuts_to_the_shorter(
    ms_tcn: Path, tmp_path: Path, n_features: int, kept: int
) -> None:
    np.save(ms_tcn / "features/a.npy", np.zeros((6, n_features)))
    found = load_dataset("ms-tcn", ms_tcn)
    assert {r.id: r.n_frames for r in found.recordings}["a"] == kept
    rule = f"a.npy has {n_features} frames and groundTruth/a.txt 40; both were cut to"
    assert rule in said(found)
    imported(found, tmp_path / "p")
    assert np.load(tmp_path / "p/features/a.npy").shape == (kept, 6)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("mapping.txt", "0 cut\n1 pick up\n", ("line 2", "'pick up' has a blank")),
        ("mapping.txt", "0 cut\nstir\n", ("line 2", "id name")),
        ("mapping.txt", "0 cut\n0 stir\n", ("mapping.txt", "id '0' appears twice")),
        ("mapping.txt", "0 cut\n1 cut\n", ("name 'cut' appears twice",)),
        ("mapping.txt", "0 cut\n1 =b\n", ("line 2", "formula")),
        ("groundTruth/a.txt", "cut\nfry\n", ("a.txt, line 2", "'fry'")),
        ("groundTruth/a.txt", "cut\n\ncut\n", ("a.txt, line 2 is blank",)),
        ("groundTruth/a.txt", "\n", ("a.txt is empty",)),
        ("splits/test.split1.bundle", "b.txt\na.txt\n", ("tests on recording a",)),
        ("splits/test.split1.bundle", "b.txt\nz.txt\n", ("line 2", "'z.txt'")),
        ("splits/test.split1.bundle", "b.txt\nb.txt\n", ("line 2", "twice")),
    ],
)
def test_ms_tcn_refuses_texts(ms_tcn: Path, name: str, text: str, words: tuple) -> None:
    (ms_tcn / name).write_text(text)
    refused("ms-tcn", ms_tcn, *words)


def broken(frame: int, value: float) -> np.ndarray:
    array = np.zeros((6, T))
    array[2, frame] = value
    return array


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (broken(7, np.nan), ("b.npy, frame 7",)),
        (broken(8, np.inf), ("b.npy, frame 8",)),
        (broken(9, 1e300), ("b.npy, frame 9",)),
        (np.zeros((T, 6)), ("b.npy", "time comes first", "transpose")),
        (np.zeros((5, T)), ("6 features", "b.npy 5")),
        (np.zeros((1, 6, T)), ("(1, 6, 40)",)),
        (np.zeros((6, 0)), ("(6, 0)",)),
    ],
)
def test_ms_tcn_refuses_features(ms_tcn: Path, array: np.ndarray, words: tuple) -> None:
    np.save(ms_tcn / "features/b.npy", array)
    refused("ms-tcn", ms_tcn, *words)


def test_ms_tcn_splits_that_are_none(ms_tcn: Path) -> None:
    for name, text in (
        ("train.split2", "a.txt\nb.txt\n"),
        ("test.split2", "b.txt\na.txt\n"),
        ("train.split3", "a.txt\n"),
        ("val.split1", "a.txt\n"),
    ):
        (ms_tcn / "splits" / f"{name}.bundle").write_text(text)
    (ms_tcn / "splits/train.split1.bundle").write_text("a.txt\n")
    found = load_dataset("ms-tcn", ms_tcn)
    assert [s.name for s in found.splits] == ["split1"]
    text = said(found)
    assert "split2 tests on all its training recordings (b, a), so it was" in text
    assert "split3 has only a train bundle" in text
    assert "val.split1.bundle is neither train nor test" in text
    assert "1 recording in no split: S1.cam2." in text


# -- MS-GCN -------------------------------------------------------------------------


@pytest.fixture
def ms_gcn(tmp_path: Path) -> Path:
    src = tmp_path / "gait"
    for folder in ("features7", "groundTruth_", "splits_loso_validation"):
        (src / folder).mkdir(parents=True)
    (src / "mapping.txt").write_text("0 0.000e+00\n1 1.000e+00\n")
    for name in ("p1", "p2"):
        np.save(src / f"features7/{name}_input.npy", RNG.normal(size=(3, T, 4, 1)))
        text = "0.000e+00\n" * 10 + "1.000e+00\n" * (T - 10)
        (src / f"groundTruth_/{name}_output.csv").write_text(text)
    for side, name in (("train", "p1"), ("test", "p2")):
        path = src / f"splits_loso_validation/{side}.split1.bundle"
        path.write_text(f"{name}_output.csv\n")
    return src


def test_ms_gcn(ms_gcn: Path, tmp_path: Path) -> None:
    found = load_dataset("ms-gcn", ms_gcn)
    assert found.label_map.names == ("0", "1")
    assert found.splits == (Split("split1", ("p1",), ("p2",)),)
    project = imported(found, tmp_path / "p")
    raw = np.load(ms_gcn / "features7/p1_input.npy").astype(np.float32)
    kept = load_poses3d(tmp_path / "p/poses3d/p1.npz")
    assert kept.skeleton == ""
    assert np.array_equal(kept.keypoints, raw[..., 0].transpose(1, 2, 0))
    stored = np.load(tmp_path / "p/features/p1.npy")
    assert np.array_equal(stored, kept.keypoints.reshape(T, 12))
    assert not (tmp_path / "p/poses").exists()
    assert project.track("p1").annotation.to_frames().tolist() == [0] * 10 + [1] * 30
    assert "not projected" in said(found)


def test_ms_gcn_refuses(ms_gcn: Path) -> None:
    path = ms_gcn / "groundTruth_/p2_output.csv"
    good = path.read_text()
    for text, words in (
        ("0.0\n2.0\n", ("line 2", "'2' is not a class")),
        ("0.0\nnan\n", ("line 2", "nan")),
        ("0.0\nx\n", ("line 2", "'x'")),
    ):
        path.write_text(text)
        refused("ms-gcn", ms_gcn, "p2_output.csv", *words)
    path.write_text(good)
    array = np.zeros((3, T, 4, 1))
    array[1, 5, 2] = np.nan
    np.save(ms_gcn / "features7/p2_input.npy", array)
    refused("ms-gcn", ms_gcn, "p2_input.npy, frame 5")
    np.save(ms_gcn / "features7/p2_input.npy", array[..., 0])
    refused("ms-gcn", ms_gcn, "(3, 40, 4)")
    (ms_gcn / "features7/p2_input.npy").unlink()
    refused("ms-gcn", ms_gcn, "p2_input.npy is missing")
    (ms_gcn / "mapping.txt").write_text("0 1.0\n1 1.00\n")
    refused("ms-gcn", ms_gcn, "mapping.txt", "twice")


# -- TUM-Kitchen --------------------------------------------------------------------


@pytest.fixture
def tum(tmp_path: Path) -> Path:
    src = tmp_path / "tum"
    src.mkdir()
    (src / "01.txt").write_bytes(b"21\r\n" * 10 + b"3\r\n" * (T - 10))
    (src / "02.txt").write_text("4\n" * T)
    return src


def test_tum_kitchen(tum: Path, tmp_path: Path) -> None:
    found = load_dataset("tum-kitchen", tum)
    assert found.label_map.ids == (3, 4, 21)
    assert found.label_map.names == ("class_3", "class_4", "class_21")
    text = said(found)
    assert "no poses and no videos" in text
    assert "1 text file with Windows line ends (01.txt)" in text
    project = imported(found, tmp_path / "p")
    assert project.track("01").annotation.to_frames().tolist() == [21] * 10 + [3] * 30
    assert ProjectFolder(tmp_path / "p").load() == project


def test_tum_kitchen_takes_what_lies_beside(tum: Path, tmp_path: Path) -> None:
    (tum / "mapping.txt").write_text("3 reach\n4 carry\n21 stand\n")
    (tum / "Poses").mkdir()
    np.save(tum / "Poses/01_pose3d.npy", points(T - 2))
    write_video(tum / "02.mp4", T + 1)
    found = load_dataset("tum-kitchen", tum)
    assert found.label_map.names == ("reach", "carry", "stand")
    assert found.skeleton == "lcrnet15"
    first, second = found.recordings
    assert first.poses3d is not None
    assert first.n_frames == first.poses3d.n_frames == T - 2
    assert second.video == tum / "02.mp4"
    assert second.labels.tolist() == [4] * T + [-1]
    text = said(found)
    assert "01_pose3d.npy has 38 frames and 01.txt 40; both were cut" in text
    assert "02.mp4 has 41 frames and its labels 40" in text
    project = imported(found, tmp_path / "p")
    item = project.track("02")
    assert item.video.has_file
    assert (item.video.width, item.video.height, item.n_frames) == (160, 96, T + 1)
    assert ProjectFolder(tmp_path / "p").video_path(item.video).samefile(tum / "02.mp4")
    assert not project.track("01").video.has_file


def test_a_video_needs_its_own_camera(tum: Path, tmp_path: Path) -> None:
    np.save(tum / "01_pose3d.npy", points(T))
    write_video(tum / "01.avi", T, "mpeg4")
    found = load_dataset("tum-kitchen", tum)
    with pytest.raises(ConfigError, match=r"160x96 .* --width 160 --height 96"):
        imported(found, tmp_path / "p")
    assert not (tmp_path / "p").exists()
    run(import_dataset(found, tmp_path / "p", Camera(100, 160, 96)))
    assert load_poses(tmp_path / "p/poses/01.npz").size == (160, 96)


def test_tum_kitchen_refuses(tum: Path) -> None:
    for text, words in (
        ("1\nx\n", ("02.txt, line 2", "whole number")),
        ("1\n2.5\n", ("02.txt, line 2",)),
        ("1\n-2\n", ("02, line 2", "negative")),
    ):
        (tum / "02.txt").write_text(text)
        refused("tum-kitchen", tum, *words)
    (tum / "02.txt").write_text("9\n" * T)
    (tum / "mapping.txt").write_text("3 reach\n21 stand\n")
    refused("tum-kitchen", tum, "02 has the class id 9 in frame 0")
    (tum / "2.txt").write_text("3\n")
    refused("tum-kitchen", tum, "sequence '2' appears twice")
    for path in tum.glob("*.txt"):
        path.unlink()
    refused("tum-kitchen", tum, "no label files")


# -- Desktop Assembly ---------------------------------------------------------------


@pytest.fixture
def desktop(tmp_path: Path) -> Path:
    src = tmp_path / "desktop"
    for folder in ("groundTruth", "mapping", "features", "videos"):
        (src / folder).mkdir(parents=True)
    (src / "mapping/mapping.txt").write_text("0 Pick_up_fan\n1 Background\n")
    text = "Pick_up_fan\n" * 10 + "Background\n" * (T - 10)
    (src / "groundTruth/2020-04-19_14-03-25").write_text(text)
    (src / "groundTruth/2020-04-20_10-00-00.txt").write_text(text)
    (src / "groundTruth/.DS_Store").write_bytes(b"\0\xff")
    np.save(src / "features/2020-04-19_14-03-25.npy", np.ones((T, 5)))
    write_video(src / "videos/2020-04-19_14-03-25.mp4", T + 2)
    write_video(src / "videos/2020-04-20_10-00-00.mp4", 2 * T)
    return src


def test_desktop_assembly(desktop: Path, tmp_path: Path) -> None:
    found = load_dataset("desktop-assembly", desktop)
    first, second = found.recordings
    assert first.id == "2020-04-19_14-03-25"
    assert first.labels.tolist() == [0] * 10 + [1] * (T - 10) + [-1] * 2
    assert second.video is None
    text = said(found)
    assert "has 80 frames and its labels 40; they have different frame" in text
    assert "2 of the 76 published videos" in text
    imported(found, tmp_path / "p")
    stored = np.load(tmp_path / f"p/features/{first.id}.npy")
    assert stored.shape == (T + 2, 5)


# -- the values ---------------------------------------------------------------------


def recording(name: str, subject: str = "") -> Recording:
    return Recording(name, np.zeros(3, np.int64), subject=subject)


def test_a_split_never_shares_a_subject() -> None:
    rows = (recording("a", "anna"), recording("b", "anna"))
    with pytest.raises(FormatError, match="trains and tests on subject anna"):
        Dataset(
            "x", label_map_from_names("a"), rows, splits=(Split("s", ("a",), ("b",)),)
        )


def test_ids_differ_on_every_file_system() -> None:
    with pytest.raises(FormatError, match="'a' appears twice"):
        Dataset("x", label_map_from_names("a"), (recording("a"), recording("A")))


def test_parts_cover_the_same_frames() -> None:
    with pytest.raises(FormatError, match="3 labels and 4 risk scores"):
        Recording("a", np.zeros(3, np.int64), risk=np.zeros(4))
    with pytest.raises(FormatError, match="no frames"):
        Recording("a", np.zeros(0, np.int64))


def test_fit() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert fit(values, 5, 9, "start").tolist() == [1, 2, 3, 9, 9]
    assert fit(values, 5, 9, "end").tolist() == [9, 9, 1, 2, 3]
    assert fit(values, 2, 9, "start").tolist() == [1, 2]
    assert fit(values, 2, 9, "end").tolist() == [2, 3]


# -- the project --------------------------------------------------------------------


def test_the_project_has_all_of_it(uw: Path, tmp_path: Path) -> None:
    project = imported(load_dataset("uw-iom", uw), tmp_path / "p")
    folder = ProjectFolder(tmp_path / "p")
    assert folder.load() == project
    assert project.skeleton == "lcrnet15"
    item = project.track("03")
    assert (item.video.path, item.video.width, item.video.height) == ("", 1920, 1080)
    assert {s.source for s in item.annotation.segments} == {"import"}
    assert not item.annotation.n_reviewed, "an import marks nothing as reviewed"
    assert item.video.fingerprint.startswith("poses-")
    assert item.video.fingerprint != project.track("01").video.fingerprint
    seen = load_poses(folder.poses_path("03"), "lcrnet15")
    assert (
        str(load_npz(folder.poses_path("03"))["fingerprint"]) == item.video.fingerprint
    )
    kept = load_poses3d(folder.poses3d_path("03"))
    assert np.array_equal(
        kept.keypoints, np.load(uw / "Poses/03_pose3d.npy").astype(np.float32)
    )
    again = Camera().project(kept).keypoints
    np.testing.assert_allclose(seen.keypoints, again, atol=1 / 64)
    assert (load_risk(folder.risk_path("03")) == 2).all()
    assert [v.video.people for v in folder.load().tracks] == [("01",), ("03",)]
    assert not (tmp_path / "p/folds.json").exists()


def test_nothing_of_the_user_is_replaced(ms_tcn: Path) -> None:
    before = {p: p.read_bytes() for p in ms_tcn.rglob("*") if p.is_file()}
    with pytest.raises(ProjectError, match="is not empty"):
        imported(load_dataset("ms-tcn", ms_tcn), ms_tcn)
    assert {p: p.read_bytes() for p in ms_tcn.rglob("*") if p.is_file()} == before


def test_a_failure_leaves_nothing(
    uw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ProjectError("The disk is full.")

    found = load_dataset("uw-iom", uw)
    root = tmp_path / "p"
    with monkeypatch.context() as patch:
        patch.setattr(ProjectFolder, "save", full)
        with pytest.raises(ProjectError, match="full"):
            imported(found, root)
    assert list(root.rglob("*")) == []
    task = import_dataset(found, root, Camera())
    while next(task).step != "write":
        pass
    next(task)
    # Beside where it will be: a kill leaves no half of a project there.
    assert any(tmp_path.glob(f"{TEMPORARY}*.tmp/**/*.npz"))
    assert not root.exists()
    task.close()
    assert not list(tmp_path.glob(".*"))
    imported(found, root)
    with pytest.raises(ProjectError, match="already holds a project"):
        imported(found, root)


def test_what_a_killed_import_left_does_not_stop_the_next(
    uw: Path, tmp_path: Path
) -> None:
    root = tmp_path / "p"
    for name in (".git/config", ".skelseg-import/new/labels/old.json"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("{}")
    project = imported(load_dataset("uw-iom", uw), root)
    assert ProjectFolder(root).load() == project
    assert (root / ".git" / "config").read_text() == "{}"
    assert not (root / ".skelseg-import").exists()
    assert not (root / "labels" / "old.json").exists()


# -- real data ----------------------------------------------------------------------


def inclination(keypoints: np.ndarray) -> np.ndarray:
    """Angle of the trunk against the vertical in degrees, (T,)."""
    trunk = keypoints[:, 12] - keypoints[:, [4, 5]].mean(axis=1)
    return np.degrees(np.arccos(trunk[:, 2] / np.linalg.norm(trunk, axis=1)))


def test_real_uw_iom(shared: Path, tmp_path: Path) -> None:
    found = load_dataset("uw-iom", shared / "data" / "uw_iom")
    assert (len(found.recordings), found.n_frames) == (16, 26_341)
    assert found.notes == ()
    angles = np.concatenate(
        [inclination(r.poses3d.keypoints) for r in found.recordings if r.poses3d]
    )
    labels = np.concatenate([r.labels for r in found.recordings])
    means = {c.name: angles[labels == c.id].mean() for c in found.label_map.classes}
    bends = {name for name in means if "_bend_" in name}
    assert len(bends) == 5
    assert min(means[n] for n in bends) > 35
    assert max(means[n] for n in set(means) - bends) < 15
    project = imported(found, tmp_path / "p")
    folder = ProjectFolder(tmp_path / "p")
    for item in project.tracks:
        seen = load_poses(folder.poses_path(item.id))
        assert (seen.scores == 1).all()
        x, y = seen.keypoints[..., 0], seen.keypoints[..., 1]
        assert ((x > 0) & (x < 1920) & (y > 0) & (y < 1080)).all()
        # Heads (13) are above ankles (0, 1).
        assert (y[..., 13] < y[..., :2].min(axis=-1)).mean() > 0.99


def test_real_uw_iom_is_seen_from_the_right_side(shared: Path) -> None:
    """Knees point forward; whoever faces away has the right hip on the right."""
    found = load_dataset("uw-iom", shared / "data" / "uw_iom")
    for row in found.recordings:
        assert row.poses3d is not None
        body = row.poses3d.keypoints.astype(np.float64)
        knees = body[:, [2, 3]] - (body[:, [4, 5]] + body[:, [0, 1]]) / 2
        away = knees.mean(axis=1)[:, 0]
        across = Camera().project(row.poses3d).keypoints[:, 0, [4, 5], 0]
        right = across[:, 0] - across[:, 1]
        clear = np.abs(away) > np.quantile(np.abs(away), 0.5)
        assert (np.sign(away) == np.sign(right))[clear].mean() > 0.9


def test_real_tum_kitchen(shared: Path) -> None:
    found = load_dataset("tum-kitchen", shared / "data" / "tum_kitchen_labels")
    assert (len(found.recordings), found.n_frames) == (10, 14_134)
    assert found.label_map.ids == tuple(range(1, 22))
    assert found.recordings[0].labels[:3].tolist() == [21, 21, 21]


def test_real_ms_gcn(shared: Path, tmp_path: Path) -> None:
    found = load_dataset("ms-gcn", shared / "data" / "msgcn_example")
    assert [r.id for r in found.recordings] == ["example1"]
    assert found.n_frames == 1136
    assert len(np.flatnonzero(np.diff(found.recordings[0].labels))) == 2
    assert "split1 tests on all its training recordings" in said(found)
    imported(found, tmp_path / "p")
    assert np.load(tmp_path / "p/features/example1.npy").shape == (1136, 27)
