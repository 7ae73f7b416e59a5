"""Heatmaps of one frame as a network is given them, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelseg_core.config import Preset
from skelseg_core.features.extraction import heatmap_pixels
from skelseg_core.poses.sequence import Box
from skelseg_core.poses.subject_input import (
    POOL,
    SubjectInput,
    heatmap_cells,
    is_derived,
)


@dataclass(frozen=True, eq=False)
class SeenHeatmap:
    """A heatmap as a network is given it.

    Parameters
    ----------
    values : ndarray of float32, shape (H, W)
        The numbers that the network gets: 0..255 for a network that was trained on
        photographs, without an upper bound for an encoder that is trained.
    light : ndarray of float32, shape (H, W)
        The same on a scale from 0 to 1, which both kinds share.
    box : tuple of float
        The part of the picture that it covers, in px.
    """

    values: np.ndarray
    light: np.ndarray
    box: Box


def seen_heatmaps(
    body: SubjectInput, preset: Preset, frame: int
) -> tuple[SeenHeatmap, ...]:
    """Draw what networks of a recipe are given of a frame as heatmaps.

    Parameters
    ----------
    body : SubjectInput
        Made by the same recipe.
    preset : Preset
    frame : int

    Returns
    -------
    tuple of SeenHeatmap
        Two for an encoder that sees the scene and the body, in this order.
    """
    config, one = preset.heatmap, np.array([frame])
    if is_derived("heatmap", preset):
        side = config.size // POOL
        cells = heatmap_cells(body, config, one)
        pictures = cells.reshape(-1, side, side)
        light = 1 - np.exp(-pictures)
    else:
        drawn = next(body.heatmaps(config, one))
        pictures = heatmap_pixels(drawn)[..., 0]
        light = pictures / 255
    return tuple(
        SeenHeatmap(values, shade, _box_at(box, frame))
        for values, shade, box in zip(
            pictures, light, body.heatmap_boxes(config), strict=True
        )
    )


def _box_at(box: Box | np.ndarray, frame: int) -> Box:
    if not isinstance(box, np.ndarray):
        return box
    left, top, right, bottom = box[frame].tolist()
    return left, top, right, bottom
