"""Colour conversion: decoded pictures to 8-bit, upright, standard-range pixels.

HDR pictures in PQ (HDR10) are tone mapped to standard range, with paper white as white;
HLG needs no change.
"""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from skelseg_core.video.index import VideoIndex

PAPER_NITS = 203.0
"""Luminance of a white page in PQ pictures (ITU-R BT.2408)."""
BRIGHTEST_NITS = 1000.0
"""Luminance above which everything is white."""
KNEE = 0.8
"""Share of white below which nothing is dimmed; brighter values share the rest."""
_UNSPECIFIED = 2
_PQ = 16
_ALIKE = ("yuv420p", "yuvj420p")


def upright_pixels(
    frame: av.VideoFrame, index: VideoIndex, layout: str, reformatter: VideoReformatter
) -> np.ndarray:
    """Convert a decoded frame to (H, W, 3 or 4) uint8 in "rgb24" or "bgra".

    A frame that reformats itself keeps tables and a thread per core for its lifetime,
    so one reformatter serves all frames of a reader.
    """
    if layout == "rgb24" and frame.format.name not in _ALIKE:
        # Other formats are rounded differently to rgb24 than to bgra.
        pixels = upright_pixels(frame, index, "bgra", reformatter)
        return np.ascontiguousarray(pixels[..., 2::-1])
    turned = index.rotation % 180 != 0
    width, height = (index.width, index.height)[:: -1 if turned else 1]
    matrix = None
    if frame.colorspace == _UNSPECIFIED and (width >= 1280 or height > 576):
        # Untagged pictures of this size are BT.709, as players show them.
        matrix = Colorspace.ITU709
    pixels = reformatter.reformat(
        frame, width, height, layout, src_colorspace=matrix
    ).to_ndarray()
    if frame.color_trc == _PQ:
        pixels = SDR_OF_PQ[pixels]
    if layout == "bgra" and ("a" in frame.format.name or frame.color_trc == _PQ):
        pixels[..., 3] = 255
    return np.ascontiguousarray(np.rot90(pixels, index.rotation // 90))


def _sdr_of_pq() -> np.ndarray:
    code = (np.arange(256) / 255) ** (1 / 78.84375)
    part = np.maximum(code - 0.8359375, 0) / (18.8515625 - 18.6875 * code)
    light = 10_000 * part ** (1 / 0.1593017578125) / PAPER_NITS
    most = BRIGHTEST_NITS / PAPER_NITS
    room = np.log1p(np.maximum(light - KNEE, 0)) / np.log1p(most - KNEE)
    shown = np.where(light < KNEE, light, KNEE + (1 - KNEE) * room)
    return np.rint(255 * np.clip(shown, 0, 1) ** (1 / 2.2)).astype(np.uint8)


SDR_OF_PQ = _sdr_of_pq()
"""Standard-range value of each of the 256 PQ values, uint8."""
