from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.evaluation import evaluate_folders
from skelseg_core.io.labels_csv import (
    save_framewise_csv,
    save_manifest,
    save_segment_csv,
)
from skelseg_core.segmentation import LabelMap, Segmentation, label_map_from_names

NAMES = ("background", "walk", "pick_up")
LABEL_MAP: LabelMap = label_map_from_names(NAMES)
TRUTH = {"01": np.repeat([0, 1, 2, 1], 10), "S1.cam2": np.repeat([1, 2], [25, 5])}
PRED = {"01": np.repeat([0, 1, 2, 1], [8, 12, 12, 8]), "S1.cam2": np.full(30, 1)}
MARK = "### Frame level recognition: ###\n"


def write_text(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    folder.mkdir()
    for stem, labels in videos.items():
        text = "".join(f"{NAMES[i]}\n" for i in labels)
        (folder / f"{stem}.txt").write_text(text, encoding="utf-8")
    return folder


def write_results(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    folder.mkdir()
    for stem, labels in videos.items():
        text = MARK + " ".join(NAMES[i] for i in labels)
        (folder / stem).write_text(text, encoding="utf-8")
    return folder


def write_csv(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    """As an export writes it, segments and manifest beside the frames."""
    folder.mkdir()
    for stem, labels in videos.items():
        value = Segmentation.from_frames(labels)
        times = np.arange(len(labels)) / 25
        save_framewise_csv(folder / f"{stem}.csv", value, LABEL_MAP, times)
        save_segment_csv(folder / f"{stem}.segments.csv", value, LABEL_MAP, times)
    save_manifest(folder / "manifest.json", LABEL_MAP, [])
    return folder


WRITERS = [write_text, write_results, write_csv]


@pytest.mark.parametrize("write_truth", WRITERS)
@pytest.mark.parametrize("write_pred", WRITERS)
def test_every_format_gives_the_same(
    tmp_path: Path, write_truth: object, write_pred: object
) -> None:
    truth = write_truth(tmp_path / "truth", TRUTH)  # type: ignore[operator]
    pred = write_pred(tmp_path / "pred", PRED | {"more": np.ones(3, int)})  # type: ignore[operator]
    (truth / "mapping.txt").write_text("0 background\n1 walk\n2 pick_up\n")
    (pred / ".hidden").write_text("x")
    assert evaluate_folders(truth, pred) == {
        "accuracy": pytest.approx(100 * (36 + 25) / 70),
        "edit": pytest.approx((100 + 50) / 2),
        "f1@10": pytest.approx(200 * 5 / (10 + 0 + 1)),
        "f1@25": pytest.approx(200 * 5 / (10 + 0 + 1)),
        "f1@50": pytest.approx(200 * 5 / (10 + 0 + 1)),
        "n_videos": 2,
        "n_frames": 70,
        "convention": "half-open",
    }


def test_keys_stand_in_order_and_videos_can_be_shown(tmp_path: Path) -> None:
    truth = write_text(tmp_path / "truth", TRUTH)
    pred = write_results(tmp_path / "pred", PRED)
    found = evaluate_folders(truth, pred, "ms-tcn++", ["background"], per_video=True)
    assert list(found) == [
        "accuracy", "edit", "f1@10", "f1@25", "f1@50", "n_videos", "n_frames",
        "convention", "per_video",
    ]  # fmt: skip
    assert list(found["per_video"]) == ["01", "S1.cam2"]
    assert found["per_video"]["01"]["accuracy"] == 90
    assert found["per_video"]["S1.cam2"]["n_frames"] == 30
    assert found["f1@10"] == pytest.approx(200 * 4 / (8 + 0 + 1))


def test_background_by_name(tmp_path: Path) -> None:
    truth = write_text(tmp_path / "truth", {"a": np.repeat([0, 1], 10)})
    pred = write_text(tmp_path / "pred", {"a": np.repeat([1, 0, 1], [5, 5, 10])})
    found = evaluate_folders(truth, pred, background=["background", "not there"])
    assert (found["accuracy"], found["edit"]) == (75, 50)


def test_unlabelled_truth_is_left_out(tmp_path: Path) -> None:
    half = np.repeat([1, -1], 10)
    truth = write_csv(tmp_path / "truth", {"a": half, "b": np.full(9, -1)})
    pred = write_csv(tmp_path / "pred", {"a": np.repeat([1, 2], 10)})
    found = evaluate_folders(truth, pred)
    assert (found["accuracy"], found["f1@50"], found["edit"]) == (100, 100, 100)
    assert (found["n_videos"], found["n_frames"]) == (1, 10)
    nothing = write_csv(tmp_path / "nothing", {"b": np.full(9, -1)})
    with pytest.raises(FormatError, match=r"No video in .* has a labelled frame"):
        evaluate_folders(nothing, pred)


def test_what_is_missing_or_does_not_fit_is_named(tmp_path: Path) -> None:
    truth = write_text(tmp_path / "truth", TRUTH)
    pred = write_text(tmp_path / "pred", {"01": PRED["01"][:-3]})
    with pytest.raises(FormatError, match=r"01\.txt has 37 frames .* has 40"):
        evaluate_folders(truth, pred)
    pred = write_text(tmp_path / "less", {"01": PRED["01"]})
    with pytest.raises(FormatError, match=r"no prediction for S1\.cam2\.txt"):
        evaluate_folders(truth, pred)
    with pytest.raises(FormatError, match="is no folder that can be read"):
        evaluate_folders(tmp_path / "none", pred)
    with pytest.raises(FormatError, match="is no folder that can be read"):
        evaluate_folders(truth, truth / "01.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="holds no label files"):
        evaluate_folders(tmp_path / "empty", pred)
    with pytest.raises(ConfigError, match="no convention"):
        evaluate_folders(truth, pred, "closed")
    (pred / "01.csv").write_text("frame,label\n0,walk\n")
    with pytest.raises(FormatError, match="both hold labels of 01"):
        evaluate_folders(truth, pred)
