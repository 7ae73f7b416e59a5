"""Tasks of Label Studio as skelseg writes them, and their labelling configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.labels.segmentation import Segment
from skelseg_core.video.times import FrameTimes

KIND = "timelinelabels"
"""Type of the regions, and key of their labels."""
LOCAL = "/data/local-files/?d="
"""Beginning of the addresses of local storage."""
PREDICTION = "prediction:"


def counting_rate(times: FrameTimes) -> float:
    """Choose the rate by which each frame has a number of its own.

    It is the rate of the video where frames come evenly.

    Returns
    -------
    float
        Frames per second.

    Raises
    ------
    FormatError
        Where two frames are shown at the same time.
    """
    if times.steady_rate is not None:
        return round(times.steady_rate, 6)
    if times.n_frames < 2:
        return times.rate
    shortest = float(np.diff(times.starts_s).min())
    if shortest <= 0:
        frame = int(np.diff(times.starts_s).argmin())
        raise FormatError(
            "The frames {} and {} have the same time, so numbers by time cannot tell "
            "them apart; choose segment-csv.",
            frame,
            frame + 1,
        )
    return float(np.ceil(2 / shortest))


def label_studio_task(video: LabelledVideo, as_predictions: bool) -> dict[str, Any]:
    """Make the task of a video: its labels as a person's, or as a model's to correct.

    Raises
    ------
    FormatError
        Where two frames are shown at the same time, or as in `LabelledVideo.named`.
    """
    rate = counting_rate(video.times)
    by_model = as_predictions or video.lane.startswith(PREDICTION)
    named = iter(video.named())
    regions = [
        _region(segment, next(named), video.times, rate, n, by_model)
        for n, segment in enumerate(
            s for s in video.segmentation.segments if s.class_id is not None
        )
    ]
    name = video.media.name if video.media else video.id
    data: dict[str, Any] = {"video": LOCAL + quote(name), "fps": rate}
    if video.annotator:
        # Not as who completed it: Label Studio takes no name that has no account there.
        data["annotator"] = video.annotator
    if by_model:
        model = video.lane.removeprefix(PREDICTION)
        return {
            "data": data,
            "predictions": [{"model_version": model, "result": regions}],
        }
    return {"data": data, "annotations": [{"result": regions}]}


def _region(
    segment: Segment,
    named: tuple[int, int, str],
    times: FrameTimes,
    rate: float,
    n: int,
    by_model: bool,
) -> dict[str, Any]:
    start, stop, name = named
    first, behind = (round(times.start_s(frame) * rate) for frame in (start, stop))
    region: dict[str, Any] = {
        "id": f"segment-{n}",
        "from_name": "labels",
        "to_name": "video",
        "type": KIND,
        "value": {
            "ranges": [{"start": first + 1, "end": max(behind, first + 1)}],
            KIND: [name],
        },
    }
    if by_model and segment.confidence is not None:
        region["score"] = segment.confidence
    return region


def labelling_configuration(videos: Sequence[LabelledVideo]) -> str:
    """Format the configuration of a project that the tasks are imported into."""
    colors = {c.name: c.color for v in videos for c in v.label_map.classes}
    labels = "".join(
        f"    <Label value={quoteattr(name)} background={quoteattr(color)}/>\n"
        for name, color in colors.items()
    )
    return (
        "<View>\n"
        '  <TimelineLabels name="labels" toName="video">\n'
        f"{labels}"
        "  </TimelineLabels>\n"
        '  <Video name="video" value="$video" frameRate="$fps"/>\n'
        "</View>\n"
    )
