"""Subtitles of labels."""

from __future__ import annotations

import numpy as np

from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.labels.subtitles import Srt
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.video.times import FrameTimes

VIDEO = LabelledVideo(
    "v",
    Segmentation((Segment(0, 1, 5), Segment(1, 110_000), Segment(110_000, 110_003, 5))),
    LabelMap((ActionClass(5, "a & <b> --> ö"),)),
    FrameTimes.of_table(np.arange(110_003) * 1001 / 30000),
)


def test_srt_is_numbered_with_a_comma_before_milliseconds() -> None:
    assert Srt().write_video(VIDEO) == (
        "1\n00:00:00,000 --> 00:00:00,033\na & <b> --> ö\n"
        "\n"
        "2\n01:01:10,333 --> 01:01:10,433\na & <b> --> ö\n"
    )
