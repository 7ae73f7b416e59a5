from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from skelseg_core.config import ModelConfig, Preset, TrainConfig
from skelseg_core.errors import ModelError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.learning import models
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.learning.models import SegmentationModel, build_model
from skelseg_core.learning.models import encoder as encoder_module
from skelseg_core.learning.models.checkpoint import load_model, save_model
from skelseg_core.learning.models.encoder import CONTEXT, MOTION, HeatmapEncoder
from skelseg_core.learning.optimiser import build_optimizer
from skelseg_core.poses.keypoint_features import n_numbers
from skelseg_core.poses.skeletons import load_skeleton
from tests.soak import examples

COCO = load_skeleton("coco17")
N_CELLS = 100
N_POSE = 3
KINDS = pytest.mark.parametrize("n_pose", [0, N_POSE])


def built(n_pose: int = 0, n_cells: int = N_CELLS) -> HeatmapEncoder:
    """An encoder whose norms have seen something."""
    torch.manual_seed(0)
    encoder = HeatmapEncoder(n_cells, 5, 4, n_pose)
    for norm in encoder.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.normal_(norm.bias)
            nn.init.uniform_(norm.weight, 0.5, 2)
            assert norm.running_mean is not None
            nn.init.normal_(norm.running_mean, 0, 0.1)
    return encoder


def pictures(n_frames: int, n_videos: int = 1, n_cells: int = N_CELLS) -> Tensor:
    return torch.rand(n_videos, n_cells, n_frames)


def masks(lengths: list[int], n_frames: int) -> Tensor:
    mask = torch.zeros(len(lengths), 1, n_frames)
    for row, length in enumerate(lengths):
        mask[row, :, :length] = 1
    return mask


def close(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("n_cells", "n_maps", "side"),
    [(81, 1, 9), (784, 1, 28), (162, 2, 9), (1568, 2, 28), (400, 1, 20)],
)
@KINDS
def test_the_length_of_a_row_says_what_it_is(
    n_cells: int, n_maps: int, side: int, n_pose: int
) -> None:
    encoder = HeatmapEncoder(n_cells, 5, 2, n_pose)
    assert (encoder.n_maps, encoder.side) == (n_maps, side)
    assert encoder.out_dim == 5 + 2 * n_pose
    found = encoder(pictures(3, 2, n_cells))
    assert found.shape == (2, encoder.out_dim, 3)


@pytest.mark.parametrize("n_cells", [64, 80, 99, 128, 3 * 784, 1])
def test_what_is_no_picture_is_refused(n_cells: int) -> None:
    with pytest.raises(ModelError, match=f"{n_cells} cells are not squares"):
        HeatmapEncoder(n_cells)


def test_rows_become_pictures_one_after_the_other() -> None:
    encoder = built(0, 162)
    seen: list[Tensor] = []
    encoder.layers.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    data = pictures(4, 2, 162)
    encoder(data)
    assert seen[0].shape == (8, 2, 9, 9)
    for video, frame in ((0, 0), (1, 3)):
        row = data[video, :, frame]
        for m in range(2):
            one = row[81 * m : 81 * (m + 1)].reshape(9, 9)
            assert torch.equal(seen[0][4 * video + frame, m], one)


@settings(max_examples=examples(25), deadline=None)
@given(
    st.integers(1, 12), st.integers(0, 11), st.sampled_from([0, N_POSE]), st.booleans()
)
def test_a_frame_is_seen_alone(
    n_frames: int, frame: int, n_pose: int, with_mask: bool
) -> None:
    frame = min(frame, n_frames - 1)
    encoder = built(n_pose).eval()
    data = pictures(n_frames)
    other = pictures(n_frames)
    other[..., frame] = data[..., frame]
    mask = masks([n_frames], n_frames) if with_mask else None
    with torch.no_grad():
        here, there = encoder(data, mask)[..., frame], encoder(other, mask)[..., frame]
        # All but the motion of a posture, which needs the frames around.
        n_alone = 5 + n_pose
        close(here[:, :n_alone], there[:, :n_alone])
        if n_pose and n_frames > 2 * CONTEXT:
            assert (here[:, n_alone:] - there[:, n_alone:]).abs().max() > 1e-3


@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.integers(0, 4),
    st.sampled_from([0, N_POSE]),
)
def test_padding_changes_nothing(lengths: list[int], extra: int, n_pose: int) -> None:
    encoder = built(n_pose).eval()
    n_frames = max(lengths) + extra
    data, mask = pictures(n_frames, len(lengths)), masks(lengths, n_frames)
    for row, length in enumerate(lengths):
        data[row, :, length:] = 1000
    with torch.no_grad():
        together = encoder(data, mask)
        for row, length in enumerate(lengths):
            alone = encoder(data[row : row + 1, :, :length])
            close(together[row, :, :length], alone[0])
            assert not together[row, :, length:].any()


@KINDS
def test_padding_takes_no_part_in_the_norms_nor_in_the_gradient(n_pose: int) -> None:
    data, mask = pictures(7, 2), masks([7, 3], 7)
    data[1, :, 3:] = 1000
    padded, plain = built(n_pose).train(), built(n_pose).train()
    # The frames that are there as one video; motion apart they are seen alone.
    flat = torch.cat([data[0], data[1, :, :3]], dim=1)[None]
    n_alone = 5 + n_pose
    found, wanted = padded(data, mask)[:, :n_alone], plain(flat)[:, :n_alone]
    close(found[0], wanted[0, :, :7])
    close(found[1, :, :3], wanted[0, :, 7:])
    found.square().sum().backward()
    wanted.square().sum().backward()
    others = dict(plain.named_parameters())
    for name, parameter in padded.named_parameters():
        assert parameter.grad is not None
        close(parameter.grad, others[name].grad)
    for name, value in padded.state_dict().items():
        close(value, plain.state_dict()[name])


@KINDS
def test_parts_are_as_the_whole(n_pose: int, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = built(n_pose).eval()
    data, mask = pictures(23, 2), masks([23, 11], 23)
    with torch.no_grad():
        whole, masked = encoder(data), encoder(data, mask)
        monkeypatch.setattr(encoder_module, "CHUNK", 7)
        close(encoder(data), whole)
        close(encoder(data, mask), masked)


def test_the_motion_is_that_of_the_posture() -> None:
    encoder = built(N_POSE).eval()
    data = pictures(9)
    with torch.no_grad():
        found = encoder(data)
        pose = encoder.pose_in(found)
    assert pose is not None
    assert torch.equal(pose, found[:, 5 : 5 + N_POSE])
    for frame in range(9):
        after, before = min(8, frame + CONTEXT), max(0, frame - CONTEXT)
        step = MOTION * (pose[..., after] - pose[..., before])
        torch.testing.assert_close(found[..., frame][:, 5 + N_POSE :], step)
    assert built().pose_in(torch.zeros(1, 5, 3)) is None


@KINDS
@pytest.mark.parametrize("side", [9, 28])
def test_one_frame_can_be_learnt_from(n_pose: int, side: int) -> None:
    encoder = built(n_pose, side**2).train()
    found = encoder(pictures(1, 1, side**2))
    found.square().sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    assert all(torch.isfinite(v).all() for v in encoder.state_dict().values())


# -- within a network ---------------------------------------------------------------

SHAPE = (8, 3, 2, 1, False, 0.0)
HEATMAP = ModelConfig(("heatmap",), *SHAPE, heatmap_encoder="trained")
READING = ModelConfig(("heatmap",), *SHAPE, heatmap_encoder="trained", read_pose=True)
FUSED = ModelConfig(
    ("heatmap", "rgb"), *SHAPE, heatmap_encoder="trained", read_pose=True
)
DIMS = {"heatmap": N_CELLS, "rgb": 6}

CONFIGS = pytest.mark.parametrize("config", [HEATMAP, READING, FUSED])


def network(config: ModelConfig) -> SegmentationModel:
    torch.manual_seed(1)
    model = build_model(config, DIMS, 4, COCO)
    model.train()
    with torch.no_grad():  # for statistics that are not those of the start
        model(inputs(30))
    return model.eval()


def inputs(n_frames: int, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {m: torch.rand(1, d, n_frames, generator=generator) for m, d in DIMS.items()}


def test_a_trained_encoder_takes_the_place_of_the_norm() -> None:
    model = network(FUSED)
    assert set(model.encoders) == {"heatmap"}
    assert set(model.inputs) == {"rgb"}
    assert model.in_dims == DIMS
    encoder = model.encoders["heatmap"]
    assert isinstance(encoder, HeatmapEncoder)
    assert encoder.n_pose == n_numbers(COCO, 2, "posture")
    assert not network(HEATMAP).outputs(inputs(5)).pose
    backbone = build_model(ModelConfig(("heatmap",), *SHAPE), DIMS, 4, COCO)
    assert not backbone.encoders
    assert set(backbone.inputs) == {"heatmap"}


def test_the_posture_is_said_with_the_classes() -> None:
    for config in (READING, FUSED):
        found = network(config).outputs(inputs(5))
        assert found.logits.shape == (2, 1, 4, 5)
        assert found.pose is not None
        assert found.pose.shape == (1, n_numbers(COCO, 2, "posture"), 5)
        assert found.risk is None


@CONFIGS
@pytest.mark.parametrize("n_frames", [1, 15, 16, 18, 37])
def test_a_streamed_video_is_as_a_whole_one(
    config: ModelConfig, n_frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, data = network(config), inputs(n_frames)
    rows = {m: values[0].numpy().T for m, values in data.items()}
    monkeypatch.setattr(models, "CHUNK", 16)
    with torch.no_grad():
        close(model.streamed(rows), model(data))


@CONFIGS
def test_a_model_with_an_encoder_is_saved_and_read(
    config: ModelConfig, tmp_path: Path
) -> None:
    model = network(config)
    info = ModelInfo(
        "m",
        Preset(model=config),
        {m: DIMS[m] for m in config.modalities},
        label_map_from_names("abcd").classes,
        "coco17",
    )
    save_model(tmp_path, model, info)
    again, _ = load_model(tmp_path)
    rows = {m: values[0].numpy().T for m, values in inputs(12).items()}
    np.testing.assert_array_equal(
        predict_probabilities(again, rows), predict_probabilities(model, rows)
    )


def test_a_fused_network_starts_with_the_trained_encoder() -> None:
    branches = {m: ModelConfig((m,), *SHAPE, heatmap_encoder="trained", read_pose=True)
                for m in DIMS}  # type: ignore[arg-type]  # fmt: skip
    trained = {m: network(config) for m, config in branches.items()}
    for branch in trained.values():
        optimizer = build_optimizer(branch, TrainConfig(), 0.01)
        branch.train()(inputs(9)).square().sum().backward()
        optimizer.step()
        branch.eval()
    torch.manual_seed(5)
    fused = build_model(FUSED, DIMS, 4, COCO).eval()
    fused.load_branches(trained)
    own, wanted = fused.encoders["heatmap"], trained["heatmap"].encoders["heatmap"]
    for name, value in own.state_dict().items():
        assert torch.equal(value, wanted.state_dict()[name]), name
    # The first stage says the mean of the branches.
    for modality, layer in fused.inputs.items():
        layer.load_state_dict(trained[modality].inputs[modality].state_dict())
    with torch.no_grad():
        mean = sum(branch(inputs(9))[0] for branch in trained.values()) / 2
        close(fused(inputs(9))[0], torch.as_tensor(mean))


def test_padding_changes_nothing_in_a_network_with_an_encoder() -> None:
    for config in (READING, FUSED):
        model, long = network(config), inputs(20)
        mask = masks([12], 20)
        with torch.no_grad():
            short = model({m: v[..., :12] for m, v in long.items()})
            close(model(long, mask)[..., :12], short)
