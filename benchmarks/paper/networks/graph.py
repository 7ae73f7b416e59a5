"""The skeleton as a graph: adjacency, graph convolution, layers over keypoints in time.

Everything here works on ``(B, F, T, K)``: maps, frames, keypoints. A mask is
``(B, 1, T)`` as in `skelseg_core.learning.models.layers`; what looks at neighbouring
frames gets features that are 0 at padding, and what takes statistics leaves padding
out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from skelseg_core.config import Modality
from skelseg_core.errors import ModelError
from skelseg_core.learning.models.layers import Dropout, masked
from skelseg_core.learning.models.network import NetworkPlan

Edges = Iterable[tuple[int, int]]

KEYPOINT_INPUTS: tuple[tuple[Modality, ...], ...] = (("keypoints",), ("keypoints3d",))
"""Modalities that a network on the graph of the skeleton takes."""


@dataclass(frozen=True)
class KeypointGraph:
    """The keypoints of a frame and what joins them.

    Parameters
    ----------
    n_keypoints, n_channels : int
        K, and channels per keypoint: channel c of keypoint k is feature ``k * C + c``
        of the input, 0 where a keypoint is missing.
    edges : tuple of (int, int)
        Pairs of keypoint indices.
    parts : tuple of tuple of int
        Keypoints of every body part, as in `body_parts`.
    """

    n_keypoints: int
    n_channels: int
    edges: tuple[tuple[int, int], ...]
    parts: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def of(cls, plan: NetworkPlan) -> KeypointGraph:
        """Lay the first input of a network out on the skeleton.

        Raises
        ------
        ModelError
            Where there is no skeleton, or the features are not its keypoints'.
        """
        skeleton, dim = plan.skeleton, next(iter(plan.in_dims.values()))
        if skeleton is None:
            raise ModelError(
                "The network {} needs a skeleton; name one.", plan.config.network
            )
        n_keypoints = len(skeleton)
        n_channels, rest = divmod(dim, n_keypoints)
        if rest:
            raise ModelError(
                "{} numbers per frame do not give a whole number for each of the {} "
                "keypoints of {}; set keypoints to graph.",
                dim,
                n_keypoints,
                skeleton.title,
            )
        parts = body_parts(skeleton.keypoints)
        return cls(n_keypoints, n_channels, tuple(skeleton.edges), parts)

    def adjacency(self) -> Tensor:
        """Make the matrices (S, K, K) of `adjacency`."""
        return adjacency(self.n_keypoints, self.edges)


_LEG = ("hip", "knee", "ankle", "foot", "heel", "toe")
_ARM = ("shoulder", "elbow", "wrist", "hand", "thumb", "index", "pinky")


def body_parts(keypoints: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Sort keypoints into left arm, right arm, left leg, right leg, trunk and head.

    Parameters
    ----------
    keypoints : Sequence[str]
        Names as in `skelseg_core.poses.skeleton.Skeleton`: ``"left_wrist"``.

    Returns
    -------
    tuple of tuple of int
        Keypoint indices by part, in the order above; every keypoint is in one part,
        and a part without keypoints is left out. What is neither a left or right arm
        nor a left or right leg by its name belongs to trunk and head.
    """
    parts: dict[str, list[int]] = {
        name: [] for name in ("left arm", "right arm", "left leg", "right leg", "trunk")
    }
    for index, name in enumerate(keypoints):
        parts[_part(name)].append(index)
    return tuple(tuple(part) for part in parts.values() if part)


def _part(name: str) -> str:
    side = name.partition("_")[0]
    if side in ("left", "right"):
        # Legs first: BlazePose has a left_foot_index and a left_index.
        if any(word in name for word in _LEG):
            return f"{side} leg"
        if any(word in name for word in _ARM):
            return f"{side} arm"
    return "trunk"


def part_edges(
    groups: Sequence[Sequence[int]], edges: Edges
) -> tuple[tuple[int, int], ...]:
    """Find the edges between parts: those that an edge of the skeleton joins."""
    part_of = {k: part for part, group in enumerate(groups) for k in group}
    found = set()
    for pair in edges:
        if all(k in part_of for k in pair):
            a, b = sorted(part_of[k] for k in pair)
            found.add((a, b))
    return tuple(sorted(pair for pair in found if pair[0] != pair[1]))


def pooling(n_keypoints: int, groups: Sequence[Sequence[int]]) -> Tensor:
    """Make the matrix (P, K) that averages the keypoints of each group.

    Raises
    ------
    ModelError
        Where a group is empty or names no keypoint.
    """
    matrix = torch.zeros(len(groups), n_keypoints)
    for part, group in enumerate(groups):
        if not group or not all(0 <= k < n_keypoints for k in group):
            raise ModelError(
                "Body part {} ({}) must name some of the {} keypoints, counted from 0.",
                part,
                list(group),
                n_keypoints,
            )
        matrix[part, list(group)] = 1 / len(group)
    return matrix


def hop_distances(n_keypoints: int, edges: Edges) -> np.ndarray:
    """Count the edges between every two keypoints.

    Returns
    -------
    ndarray (K, K), float64
        Infinite where no path leads.

    Raises
    ------
    ModelError
        Where an edge names no keypoint.
    """
    hops = np.full((n_keypoints, n_keypoints), np.inf)
    np.fill_diagonal(hops, 0)
    for a, b in edges:
        if not (0 <= a < n_keypoints and 0 <= b < n_keypoints):
            raise ModelError(
                "The edge ({}, {}) names no keypoint; there are {}, counted from 0.",
                a,
                b,
                n_keypoints,
            )
        if a != b:
            hops[a, b] = hops[b, a] = 1
    for k in range(n_keypoints):
        hops = np.minimum(hops, hops[:, k, None] + hops[k])
    return hops


def graph_centre(hops: np.ndarray) -> tuple[int, ...]:
    """Find the keypoints that reach most others, and of those on the shortest ways.

    Several where they are equal, such as both shoulders: so left and right stay alike.
    """
    reached = np.isfinite(hops)
    n_reached = reached.sum(axis=1)
    total = np.where(reached, hops, 0).sum(axis=1)
    total[n_reached < n_reached.max()] = np.inf
    return tuple(np.flatnonzero(total == total.min()).tolist())


def adjacency(
    n_keypoints: int, edges: Edges, centre: tuple[int, ...] | None = None
) -> Tensor:
    """Compute the adjacency, normalised and by direction (Yan et al. 2018, "spatial").

    Parameters
    ----------
    n_keypoints : int
        Number of keypoints.
    edges : iterable of (int, int)
        Pairs of keypoint indices; the order within a pair means nothing.
    centre : tuple of int, optional
        Keypoints that directions are measured from (the nearest of them counts);
        `graph_centre` where not given.

    Returns
    -------
    Tensor (S, K, K)
        Entry ``[s, i, j]`` is the weight of keypoint j for keypoint i, which is one
        over the number of i's neighbours with i itself; so the rows of i over all
        subsets sum to 1. Subset 0 holds i itself and neighbours as far from the centre
        as i, then come nearer (centripetal) and farther (centrifugal) ones. A subset
        without entries is left out. A keypoint without edges has only itself.

    Raises
    ------
    ModelError
        Where an edge names no keypoint.

    Notes
    -----
    Distances are those of the whole graph, as the paper of ST-GCN defines them. The
    code of ST-GCN, MS-GCN and MTL-ERA knows distances up to 1 only, so that all edges
    which do not touch the centre share one subset there.
    """
    hops = hop_distances(n_keypoints, edges)
    neighbours = (hops <= 1).astype(np.float64)
    weights = neighbours / neighbours.sum(axis=1, keepdims=True)
    centres = list(graph_centre(hops) if centre is None else centre)
    from_centre = hops[centres].min(axis=0)
    mine, other = from_centre[:, None], from_centre[None, :]
    subsets = np.stack(
        [weights * (mine == other), weights * (other < mine), weights * (other > mine)]
    )
    filled = subsets[subsets.any(axis=(1, 2))]
    return torch.from_numpy(filled.astype(np.float32))


def masked_keypoints(features: Tensor, mask: Tensor | None) -> Tensor:
    """Set padding of ``features`` (B, F, T, K) to 0; unchanged without a mask."""
    return masked(features, None if mask is None else mask[..., None])


class FrameNorm(nn.Module):
    """Batch normalisation whose statistics leave padding out.

    Parameters
    ----------
    n_features : int
        Maps, axis 1 of the input.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_features))
        self.bias = nn.Parameter(torch.zeros(n_features))
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_var", torch.ones(n_features))

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Normalise (B, F, T) or (B, F, T, K); padding means nothing afterwards."""
        if mask is None or not self.training:
            return self._normalised(features)
        valid = mask[:, 0] > 0
        frames = features.transpose(1, 2)
        out = torch.zeros_like(frames)
        out[valid] = self._normalised(frames[valid])
        return out.transpose(1, 2)

    def _normalised(self, features: Tensor) -> Tensor:
        # A single value has no spread: a video of one frame takes the running one.
        several = features.numel() > features.shape[1]
        return functional.batch_norm(
            features,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training and several,
        )


class KeypointInput(nn.Module):
    """Normalise every channel of every keypoint, then lay keypoints out.

    Parameters
    ----------
    graph : KeypointGraph
        Whose K keypoints have C channels each.
    """

    def __init__(self, graph: KeypointGraph) -> None:
        super().__init__()
        self.shape = (graph.n_keypoints, graph.n_channels)
        self.norm = FrameNorm(graph.n_keypoints * graph.n_channels)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, K*C, T) to (B, C, T, K)."""
        normalised: Tensor = self.norm(inputs, mask)
        by_keypoint = normalised.reshape(len(inputs), *self.shape, inputs.shape[-1])
        return by_keypoint.permute(0, 2, 3, 1).contiguous()


class GraphConv(nn.Module):
    """Graph convolution in every frame: a 1x1 convolution per subset of neighbours.

    Parameters
    ----------
    n_in, n_out : int
        Maps in and out.
    graph : Tensor (S, K, K)
        As `adjacency` makes it; stored with the weights.
    learn_edges : bool
        Whether every entry of ``graph`` has a learnt factor, 1 at first.
    """

    graph: Tensor

    def __init__(
        self, n_in: int, n_out: int, graph: Tensor, learn_edges: bool = False
    ) -> None:
        super().__init__()
        self.register_buffer("graph", graph)
        self.convs = nn.ModuleList(nn.Conv2d(n_in, n_out, 1) for _ in range(len(graph)))
        self.importance = nn.Parameter(torch.ones_like(graph)) if learn_edges else None

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, F, T, K) to (B, F', T, K)."""
        graph = self.graph if self.importance is None else self.graph * self.importance
        # One product per subset copies nothing: a third faster than one einsum.
        by_subset: list[Tensor] = [
            conv(features) @ weights.T
            for conv, weights in zip(self.convs, graph, strict=True)
        ]
        return functools.reduce(torch.add, by_subset)


class TemporalConv(nn.Conv2d):
    """Convolution of three frames of every keypoint, ``dilation`` frames apart."""

    def __init__(self, n_features: int, dilation: int) -> None:
        super().__init__(
            n_features,
            n_features,
            (3, 1),
            padding=(dilation, 0),
            dilation=(dilation, 1),
        )

    def forward(self, input: Tensor) -> Tensor:
        """Convolve (B, F, T, K); without neighbours inside, use the middle tap."""
        if self.dilation[0] >= input.shape[2]:
            return functional.conv2d(input, self.weight[:, :, 1:2], self.bias)
        return super().forward(input)


class SpatioTemporalLayer(nn.Module):
    """Graph convolution, then dilated convolution in time, with a residual.

    Each is followed by batch normalisation and ReLU, as in MS-GCN.

    Parameters
    ----------
    n_features : int
        Maps in and out.
    graph : Tensor (S, K, K)
        As `adjacency` makes it.
    dilation : int
        Distance of the three frames.
    dropout : float
        Rate before the residual is added.
    """

    def __init__(
        self, n_features: int, graph: Tensor, dilation: int, dropout: float
    ) -> None:
        super().__init__()
        self.spatial = GraphConv(n_features, n_features, graph, learn_edges=True)
        self.spatial_norm = FrameNorm(n_features)
        self.temporal = TemporalConv(n_features, dilation)
        self.temporal_norm = FrameNorm(n_features)
        self.dropout = Dropout(dropout)

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, F, T, K) to (B, F, T, K)."""
        out = functional.relu(self.spatial_norm(self.spatial(features), mask))
        out = self.temporal(masked_keypoints(out, mask))
        out = functional.relu(self.temporal_norm(out, mask))
        result: Tensor = features + self.dropout(out)
        return result
