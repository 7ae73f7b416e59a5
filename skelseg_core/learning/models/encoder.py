"""HeatmapEncoder: a small network that turns heatmaps into features and is trained.

Three convolutions, each halving the picture, then one feature vector per frame. Where
so configured the encoder also reads the posture off the heatmaps: numbers that it is
taught from the keypoints while trained, and that it has to find by itself afterwards.
The posture and its motion are part of its features.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from skelseg_core.errors import ModelError
from skelseg_core.learning.models.layers import masked

CHUNK = 2048
"""Frames that go through at once when nothing is learnt; it bounds the memory."""

CONTEXT = 2
"""Frames to either side between which the motion of a posture is measured."""

MOTION = 2.0
"""Factor that brings the motion to the size of the posture."""


class HeatmapEncoder(nn.Module):
    """Encoder from one or two square heatmaps, row by row, to feature vectors.

    Parameters
    ----------
    n_cells : int
        Length of a frame's row: a square number, or twice one for two heatmaps.
    n_features : int
        Length of a feature vector without posture.
    width : int
        Maps of the first convolution; the next two have twice and four times as many.
    n_pose : int
        Numbers of a posture that is read; 0 for none.

    Raises
    ------
    ModelError
        Where these are no squares of at least 9 x 9: a smaller one would end as a
        single pixel, which has no spread in a video of one frame.
    """

    def __init__(
        self, n_cells: int, n_features: int = 64, width: int = 16, n_pose: int = 0
    ) -> None:
        super().__init__()
        # Twice a square is never a square, so the length says how many there are.
        self.n_maps = 1 if math.isqrt(n_cells) ** 2 == n_cells else 2
        self.side = math.isqrt(n_cells // self.n_maps)
        if self.n_maps * self.side**2 != n_cells or self.side < 9:
            raise ModelError(
                "Heatmaps of {} cells are not squares of at least 9 x 9; draw them "
                "with another size.",
                n_cells,
            )
        widths = (self.n_maps, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            conv = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        last = -(-self.side // 8)
        self.n_pose = n_pose
        self.out = nn.Linear(4 * width * last**2, n_features + n_pose)
        self.out_dim = n_features + 2 * n_pose

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, n_cells, T) to (B, out_dim, T); norms leave padding out."""
        batch, _, n_frames = inputs.shape
        frames = inputs.transpose(1, 2).reshape(-1, self.n_maps, self.side, self.side)
        if mask is None:
            rows = self._encoded(frames)
        else:
            known = mask.reshape(-1) > 0
            found = self._encoded(frames[known])
            rows = found.new_zeros(len(frames), found.shape[1])
            rows[known] = found
        features = rows.reshape(batch, n_frames, -1).transpose(1, 2)
        if self.n_pose:
            moved = _motion(features[:, -self.n_pose :], mask)
            features = torch.cat([features, MOTION * moved], dim=1)
        return masked(features, mask)

    def pose_in(self, features: Tensor) -> Tensor | None:
        """Take the posture (B, n_pose, T) out of features that `forward` made."""
        if not self.n_pose:
            return None
        return features[:, -2 * self.n_pose : -self.n_pose]

    def _encoded(self, frames: Tensor) -> Tensor:
        if self.training:
            return self._rows(frames)
        return torch.cat([self._rows(part) for part in torch.split(frames, CHUNK)])

    def _rows(self, frames: Tensor) -> Tensor:
        rows: Tensor = self.out(self.layers(frames).flatten(1))
        return rows


def _motion(pose: Tensor, mask: Tensor | None) -> Tensor:
    """Subtract the frames before from those after, (B, P, T); halved at the ends."""
    batch, n_numbers, n_frames = pose.shape
    last = pose.new_full((batch, 1), n_frames - 1, dtype=torch.int64)
    if mask is not None:
        last = mask[:, 0].sum(dim=1, keepdim=True).long() - 1
    frames = torch.arange(n_frames, device=pose.device)[None]
    after = torch.minimum(frames + CONTEXT, last).clamp(min=0)
    before = torch.minimum((frames - CONTEXT).clamp(min=0), last).clamp(min=0)
    shape = (batch, n_numbers, n_frames)
    return pose.gather(2, after[:, None].expand(shape)) - pose.gather(
        2, before[:, None].expand(shape)
    )
