"""Paint the minimap: the whole video in one strip, with the state of the labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QRectF

from app.kit.label_style import ClassColors, Style, percent
from app.kit.language import tr
from app.timeline.geometry import TimeWindow, raster
from app.timeline.lane_place import LanePlace
from app.timeline.segments import LaneData, segment_colours

TRACK_PX = 4
_GAP_PX = 1
_DOT_PX = 2


def minimap_pixels(
    data: LaneData,
    whole: TimeWindow,
    ratio: float,
    class_colors: ClassColors,
    style: Style,
) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels of classes (W,) and of the strip below (H, W), in device pixels."""
    table = class_colors.solid
    colours = segment_colours(data, slice(None), class_colors, table)
    classes = raster(data.starts, colours, whole, data.said)
    return classes, _track(data, whole, ratio, style)


def paint_minimap(place: LanePlace, pixels: tuple[np.ndarray, np.ndarray]) -> None:
    """Paint the classes, and below a strip with the state of the labels.

    Shapes differ as well as greys: a full bar is what a person said, a thin one a
    model's, dots are doubtful, and unlabelled frames are empty. ``pixels`` are
    `minimap_pixels`.
    """
    above = replace(place, height=place.height - TRACK_PX - _GAP_PX)
    above.draw(pixels[0])
    gap = QRectF(0, above.bottom, place.view.width, _GAP_PX)
    place.painter.fillRect(gap, place.style.surface)
    track = replace(place, top=place.bottom - TRACK_PX, height=TRACK_PX)
    track.draw(pixels[1])


def _track(
    data: LaneData, device: TimeWindow, ratio: float, style: Style
) -> np.ndarray:
    """Return the pixels (H, W) of the strip that shows the state of the labels."""
    state = np.where(~data.said, 0, np.where(data.model, 1, 3))
    state[data.doubtful & (data.classes >= 0)] = 2
    columns = raster(data.starts, state, device, state > 0)
    dot = max(1, round(_DOT_PX * ratio))
    dots = (np.arange(device.width) // dot) % 2 == 0
    rows = max(2, round(TRACK_PX * ratio))
    bright, dim = style.shades[200], style.shades[110]
    pixels = np.full((rows, device.width), style.shades[0], np.uint32)
    pixels[:, columns == 3] = bright
    pixels[:, (columns == 2) & dots] = bright
    pixels[rows // 2 :, columns == 1] = dim
    return pixels


def minimap_tip(data: LaneData) -> str:
    """Return the tooltip of the minimap: the legend, with shares."""
    labelled = data.said
    rows = [
        (
            tr("full bar"),
            tr("a person\u2019s, reviewed, or undecided"),
            labelled & ~data.model,
        ),
        (tr("thin bar"), tr("a model\u2019s"), data.model & ~data.doubtful & labelled),
        (tr("dots"), tr("a model\u2019s, doubtful"), data.doubtful & labelled),
        (tr("empty"), tr("unlabelled"), ~labelled),
    ]
    cells = "".join(
        f"<tr><td>{mark}</td><td style='padding-left:8px'>{what}</td>"
        f"<td align='right' style='padding-left:12px'>{percent(data.share(which))}</td>"
        "</tr>"
        for mark, what, which in rows
    )
    return f"<b>{tr('The whole video')}</b><table>{cells}</table>"
