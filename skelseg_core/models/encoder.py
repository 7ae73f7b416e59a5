"""HeatmapEncoder: a small network that turns heatmaps into features and is trained.

Three convolutions, each halving the picture, then one feature vector per frame.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from skelseg_core.errors import ModelError
from skelseg_core.models.layers import masked

CHUNK = 2048
"""Frames that go through at once when nothing is learnt; it bounds the memory."""


class HeatmapEncoder(nn.Module):
    """One or two square heatmaps, row by row in the feature axis, to feature vectors.

    Parameters
    ----------
    n_cells : int
        Length of a frame's row: a square number, or twice one for two heatmaps.
    out_dim : int
        Length of a feature vector.
    width : int
        Maps of the first convolution; the next two have twice and four times as many.
    n_pose : int
        Numbers of a body that features must also tell while trained (``pose``, a 1x1
        convolution); 0 for none.

    Raises
    ------
    ModelError
        Where these are no squares of at least 8 x 8.
    """

    def __init__(
        self, n_cells: int, out_dim: int = 64, width: int = 16, n_pose: int = 0
    ) -> None:
        super().__init__()
        # Twice a square is never a square, so the length says how many there are.
        self.n_maps = 1 if math.isqrt(n_cells) ** 2 == n_cells else 2
        self.side = math.isqrt(n_cells // self.n_maps)
        if self.n_maps * self.side**2 != n_cells or self.side < 8:
            raise ModelError(
                f"Heatmaps of {n_cells} cells are no squares of at least 8 x 8; draw "
                "them with another size."
            )
        widths = (self.n_maps, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            conv = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        last = -(-self.side // 8)
        self.out = nn.Linear(4 * width * last**2, out_dim)
        self.out_dim = out_dim
        self.pose = nn.Conv1d(out_dim, n_pose, 1) if n_pose else None

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, n_cells, T) to (B, out_dim, T); padding takes no part in the norms."""
        batch, _, n_frames = inputs.shape
        frames = inputs.transpose(1, 2).reshape(-1, self.n_maps, self.side, self.side)
        if mask is None:
            rows = self._encoded(frames)
        else:
            known = mask.reshape(-1) > 0
            found = self._encoded(frames[known])
            rows = found.new_zeros(len(frames), self.out_dim)
            rows[known] = found
        features = rows.reshape(batch, n_frames, self.out_dim).transpose(1, 2)
        return masked(features, mask)

    def _encoded(self, frames: Tensor) -> Tensor:
        if self.training:
            return self._rows(frames)
        return torch.cat([self._rows(part) for part in torch.split(frames, CHUNK)])

    def _rows(self, frames: Tensor) -> Tensor:
        rows: Tensor = self.out(self.layers(frames).flatten(1))
        return rows
