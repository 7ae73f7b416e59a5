from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from benchmarks.paper.networks.graph import (
    FrameNorm,
    GraphConv,
    KeypointGraph,
    KeypointInput,
    adjacency,
    graph_centre,
    hop_distances,
)
from benchmarks.paper.networks.ms_gcn import MSGCN
from benchmarks.paper.networks.reba import GCNEncoderDecoder
from benchmarks.paper.networks.st_pgn import STPGN
from skelseg_core.learning.losses import risk_loss
from skelseg_core.learning.models.ms_tcn import StageShape
from skelseg_core.poses.skeletons import load_skeleton, skeleton_names
from tests.soak import examples

pytestmark = pytest.mark.usefixtures("rivals")

# A chain 0-1-2-3, a fork 1-4, and keypoint 5 apart.
EDGES = ((0, 1), (1, 2), (2, 3), (1, 4))
GROUPS = ((0, 4), (1, 5), (2, 3))
N_KEYPOINTS, N_CHANNELS, N_CLASSES = 6, 4, 3

GRAPH = KeypointGraph(N_KEYPOINTS, N_CHANNELS, EDGES, GROUPS)

Build = Callable[[float], nn.Module]


def ms_gcn(dropout: float = 0.5, graph: KeypointGraph = GRAPH) -> MSGCN:
    return MSGCN(graph, StageShape(N_CLASSES, 8, 4, 3, 2, dropout=dropout))


def stl(dropout: float = 0.3) -> GCNEncoderDecoder:
    return GCNEncoderDecoder(GRAPH, N_CLASSES, (16, 16), 16, (12, 16), 5, dropout)


def mtl(dropout: float = 0.3) -> GCNEncoderDecoder:
    return GCNEncoderDecoder(
        GRAPH,
        N_CLASSES,
        (16, 16),
        16,
        (12, 16),
        5,
        dropout,
        with_risk=True,
        n_risk_features=16,
    )


def st_pgn(dropout: float = 0.5, graph: KeypointGraph = GRAPH) -> STPGN:
    return STPGN(graph, N_CLASSES, 0, 8, 2, 2, 4, dropout)


class WithRgb(nn.Module):
    """ST-PGN with the RGB features it is given as the last of its inputs."""

    def __init__(self, dropout: float = 0.5) -> None:
        super().__init__()
        self.network = STPGN(GRAPH, N_CLASSES, 5, 8, 2, 2, 4, dropout)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        logits: Tensor = self.network(inputs, inputs[:, :5], mask=mask)
        return logits


BUILDS: dict[str, Build] = {
    "ms_gcn": ms_gcn,
    "stl": stl,
    "mtl": mtl,
    "st_pgn": st_pgn,
    "st_pgn_rgb": WithRgb,
}
STAGES = {"ms_gcn": 3}

networks = pytest.mark.parametrize("name", list(BUILDS))


def inputs(n_frames: int = 30, n_videos: int = 2) -> Tensor:
    return torch.randn(n_videos, N_KEYPOINTS * N_CHANNELS, n_frames)


# The graph


def test_a_chain_has_its_neighbours_by_direction() -> None:
    found = adjacency(4, ((0, 1), (2, 1)), centre=(0,)).numpy()
    wanted = np.zeros((3, 4, 4), np.float32)
    wanted[0] = np.diag([1 / 2, 1 / 3, 1 / 2, 1])
    wanted[1, 1, 0], wanted[1, 2, 1] = 1 / 3, 1 / 2
    wanted[2, 0, 1], wanted[2, 1, 2] = 1 / 2, 1 / 3
    np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize("name", skeleton_names())
def test_the_weights_of_a_keypoint_add_up_to_one(name: str) -> None:
    skeleton = load_skeleton(name)
    found = adjacency(len(skeleton), skeleton.edges)
    torch.testing.assert_close(found.sum(dim=(0, 2)), torch.ones(len(skeleton)))
    assert ((found > 0).sum(dim=0) <= 1).all()
    joined = {(a, b) for a, b in skeleton.edges} | {(b, a) for a, b in skeleton.edges}
    pairs = {(i, j) for _, i, j in found.nonzero().tolist() if i != j}
    assert pairs == joined


def test_the_centre_of_the_published_layout_is_the_pelvis() -> None:
    edges = ((1, 0), (2, 1), (3, 2), (4, 3), (5, 0), (6, 5), (7, 6), (8, 7))
    hops = hop_distances(9, edges)
    assert graph_centre(hops) == (0,)
    assert hops[4, 8] == 8
    assert hop_distances(10, edges)[9, 0] == np.inf


# Layers


def test_graph_convolution_is_a_sum_over_neighbours() -> None:
    torch.manual_seed(0)
    graph = adjacency(N_KEYPOINTS, EDGES)
    layer = GraphConv(3, 2, graph, learn_edges=True)
    assert layer.importance is not None
    nn.init.uniform_(layer.importance, 0.5, 1.5)
    data = torch.randn(2, 3, 4, N_KEYPOINTS)
    found = layer(data).detach().numpy()
    wanted = np.zeros_like(found)
    factors = (graph * layer.importance).detach().numpy()
    for s, conv in enumerate(layer.convs):
        weight = conv.get_parameter("weight").detach().numpy()[:, :, 0, 0]
        bias = conv.get_parameter("bias").detach().numpy()
        for b, t, i, j in np.ndindex(2, 4, N_KEYPOINTS, N_KEYPOINTS):
            seen = weight @ data[b, :, t, j].numpy() + bias
            wanted[b, :, t, i] += factors[s, i, j] * seen
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_channels_are_laid_out_keypoint_by_keypoint() -> None:
    layer = KeypointInput(KeypointGraph(3, 2, ())).eval()
    data = torch.arange(6.0)[None, :, None].expand(1, 6, 4)
    found = layer(data)
    assert found.shape == (1, 2, 4, 3)
    assert torch.equal(found[0, :, 0].round(), torch.tensor([[0.0, 2, 4], [1, 3, 5]]))


# The networks


@networks
@pytest.mark.parametrize("n_frames", [1, 2, 13, 32])
def test_logits_of_all_stages_for_any_length(name: str, n_frames: int) -> None:
    torch.manual_seed(0)
    model = BUILDS[name](0.5)
    for videos in (1, 2):
        found = model(inputs(n_frames, videos))
        assert found.shape == (STAGES.get(name, 1), videos, N_CLASSES, n_frames)
        assert torch.isfinite(found).all()


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=3),
    extra=st.integers(0, 20),
    name=st.sampled_from(list(BUILDS)),
)
@settings(max_examples=examples(25), deadline=None)
def test_padding_changes_no_valid_logit(
    lengths: list[int], extra: int, name: str
) -> None:
    torch.manual_seed(sum(lengths) + extra)
    model = BUILDS[name](0.5).eval()
    for norm in model.modules():
        if isinstance(norm, FrameNorm):
            nn.init.normal_(norm.bias)
            nn.init.normal_(norm.running_mean)
    padded = 100 * inputs(max(lengths) + extra, len(lengths))
    mask = torch.zeros(len(lengths), 1, padded.shape[-1])
    for row, length in enumerate(lengths):
        mask[row, :, :length] = 1
        padded[row, :, :length] /= 100
    with torch.no_grad():
        together = model(padded, mask=mask)
        for row, length in enumerate(lengths):
            alone = model(padded[row : row + 1, :, :length])[:, 0]
            torch.testing.assert_close(
                together[:, row, :, :length], alone, atol=1e-4, rtol=1e-4
            )


def test_ms_gcn_has_the_parameters_of_the_published_code() -> None:
    skeleton = load_skeleton("lcrnet15")
    with torch.device("meta"):
        model = MSGCN(
            KeypointGraph(15, 6, tuple(skeleton.edges)),
            StageShape(17, n_prediction_layers=10),
        )
    layer = 64 * 192 + 192 + 3 * 15 * 15 + 128 + 64 * 64 * 3 + 64 + 128
    first = 2 * 15 * 6 + 6 * 64 + 64 + 10 * layer + 64 * 17 + 17
    refinement = 17 * 64 + 64 + 10 * (64 * 64 * 3 + 64 + 128) + 64 * 17 + 17
    assert sum(p.numel() for p in model.prediction.parameters()) == first == 259_363
    found = sum(p.numel() for p in model.parameters())
    assert found == first + 3 * refinement == 640_534


def test_ms_gcn_takes_the_published_example(shared: Path) -> None:
    folder = shared / "data" / "msgcn_example"
    recording = np.load(folder / "features7" / "example1_input.npy")
    assert recording.shape == (3, 1136, 9, 1)
    coordinates = torch.from_numpy(recording[..., 0].astype(np.float32))
    relative = coordinates - coordinates[:, :, :1]
    moved = torch.diff(coordinates, dim=1, prepend=coordinates[:, :1])
    channels = torch.cat([relative, moved])
    data = channels.permute(2, 0, 1).flatten(0, 1)[None]
    edges = ((1, 0), (2, 1), (3, 2), (4, 3), (5, 0), (6, 5), (7, 6), (8, 7))
    torch.manual_seed(0)
    shape = StageShape(2, 8, n_prediction_layers=10)
    found = MSGCN(KeypointGraph(9, 6, edges), shape)(data)
    assert found.shape == (4, 1, 2, 1136)
    assert torch.isfinite(found).all()


# Risk, RGB


def test_the_risk_loss_is_over_known_frames() -> None:
    risk = torch.tensor([[1.0, 2.0, 3.0, 4.0]], requires_grad=True)
    target = torch.tensor([[0.0, torch.nan, 5.0, 100.0]])
    mask = torch.tensor([[[1.0, 1, 1, 0]]])
    loss = risk_loss(risk, target, mask)
    assert float(loss.detach()) == pytest.approx((1 + 4) / 2)
    loss.backward()
    assert risk.grad is not None
    assert risk.grad.tolist() == [[1.0, 0.0, -2.0, 0.0]]
    assert float(risk_loss(risk.detach(), torch.full((1, 4), torch.nan))) == 0
