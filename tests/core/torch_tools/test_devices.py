"""Graphics cards: taken where they answer, given what fits, with the same figures."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.bundled import resource
from skelseg_core.config import FeatureConfig
from skelseg_core.errors import ModelError
from skelseg_core.estimators.movenet import MoveNet
from skelseg_core.features.backbones import load_backbone
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.torch_tools import devices
from skelseg_core.torch_tools.devices import FittingBatches, best_device
from skelseg_core.video.reader import VideoReader
from tests.commands import done, mistake
from tests.graphics_card import lend_card
from tests.poses_only import make_poses_project


@pytest.fixture(autouse=True)
def _nothing_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKELSEG_DEVICE", "")
    devices.answering_device.cache_clear()


def pictures(n: int, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (n, 64, 64, channels), np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_card_finds_the_features_of_the_processor_in_batches_that_fit(
    monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    images = pictures(11, channels)
    expected = load_backbone(FeatureConfig(), 1)(images)
    batches = lend_card(monkeypatch, room=3)
    backbone = load_backbone(FeatureConfig(), 1)
    assert backbone.batch >= 1
    batches.clear()
    found = backbone(images)
    assert not np.array_equal(found, expected), "the card computed it"
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()
    # The last batch that fits stays the largest one. (Grey asks the card once more.)
    sizes = [11, 5, 2, 2, 2, 2, 2, 1]
    assert batches[-len(sizes) :] == sizes
    assert backbone(images[:0]).shape == (0, expected.shape[1])


def poses_of(estimator: MoveNet, n: int = 8) -> PoseSequence:
    with VideoReader(resource("demo") / "videos" / "anna-1.mp4") as reader:
        size = (reader.width, reader.height)
        return run(estimator.estimate(reader.frames(60, 60 + n), 60 + n, size))


def test_a_card_finds_the_poses_of_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_default = poses_of(MoveNet(1))
    expected = poses_of(MoveNet(1, exact=True))
    batches = lend_card(monkeypatch, error=1e-5)
    assert np.array_equal(poses_of(MoveNet(1)).scores, by_default.scores)
    assert not batches, "integers are the processor's"
    found = poses_of(MoveNet(1, exact=True))
    assert len(batches) > 8
    assert np.array_equal(found.scores > 0, expected.scores > 0)
    off = np.abs(found.keypoints - expected.keypoints)
    # Of two places that are as likely, rounding may choose the other one.
    assert 0 < np.nanmean(off) < 1e-3 * expected.size[1]
    assert np.nanmax(off) < 2


def test_a_card_that_does_not_work_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = pictures(3)
    expected = load_backbone(FeatureConfig(), 1)(images)
    lend_card(monkeypatch, works=False)
    assert np.array_equal(load_backbone(FeatureConfig(), 1)(images), expected)


def test_the_processor_and_a_card_can_be_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SKELSEG_DEVICE", "cuda")
    with pytest.raises(ModelError, match="No graphics card answers ONNX Runtime"):
        load_backbone(FeatureConfig(), 1)
    batches = lend_card(monkeypatch)
    load_backbone(FeatureConfig(), 1)(pictures(1))
    assert len(batches) == 2, "asked whether it works, and then for features"
    monkeypatch.setenv("SKELSEG_DEVICE", "cpu")
    load_backbone(FeatureConfig(), 1)(pictures(1))
    assert len(batches) == 2
    monkeypatch.setenv("SKELSEG_DEVICE", "gpu")
    with pytest.raises(ModelError, match="SKELSEG_DEVICE is 'gpu'; set it to one of"):
        load_backbone(FeatureConfig(), 1)


def test_pytorch_takes_a_card_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(
        torch.accelerator,
        "current_accelerator",
        lambda check_available: torch.device("cuda"),
    )
    monkeypatch.setattr(torch, "ones", lambda n, device: np.ones(n))
    assert best_device() == "cuda"
    monkeypatch.setenv("SKELSEG_DEVICE", "cpu")
    assert best_device() == "cpu"


def test_pytorch_leaves_a_card_alone_that_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = pytest.importorskip("torch")

    def fails(n: int, device: str) -> None:
        raise RuntimeError("CUDA error: no kernel image is available for execution")

    monkeypatch.setattr(
        torch.accelerator,
        "current_accelerator",
        lambda check_available: torch.device("cuda"),
    )
    monkeypatch.setattr(torch, "ones", fails)
    assert best_device() == "cpu"
    monkeypatch.setenv("SKELSEG_DEVICE", "cuda")
    with pytest.raises(ModelError, match="No graphics card answers PyTorch"):
        best_device()


@pytest.mark.parametrize(
    ("free_gib", "expected"), [(0.1, 1), (1.0, 4), (3.0, 8), (80.0, 64)]
)
def test_batches_are_as_large_as_the_memory_is_free(
    monkeypatch: pytest.MonkeyPatch, free_gib: float, expected: int
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    memory = (int(free_gib * 2**30), 80 * 2**30)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: memory)
    assert devices.pictures_at_once() == expected


def test_a_card_without_room_for_one_picture_says_so() -> None:
    def full(_: np.ndarray) -> np.ndarray:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    with pytest.raises(ModelError, match="The memory of the graphics card is full"):
        FittingBatches(full)(pictures(5))


def test_another_error_is_no_lack_of_memory() -> None:
    asked: list[int] = []

    def broken(batch: np.ndarray) -> np.ndarray:
        asked.append(len(batch))
        raise RuntimeError("misaligned address")

    with pytest.raises(RuntimeError, match="misaligned"):
        FittingBatches(broken)(pictures(5))
    assert asked == [5]


def test_commands_tell_the_device_to_the_processes_they_start(tmp_path: Path) -> None:
    root = make_poses_project(tmp_path / "p").root
    done("run", root, "poses", "--dry-run", "--device", "cpu")
    assert os.environ["SKELSEG_DEVICE"] == "cpu"
    done("run", root, "poses", "--dry-run")
    assert os.environ["SKELSEG_DEVICE"] == "cpu", "as the environment says"
    assert "--device" in mistake("run", root, "--device", "tpu")
