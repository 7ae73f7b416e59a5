"""Choices of exports, which a window can make without the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, dataclass
from typing import Any

from skelseg_core.choices import choice, lane, tier, videos
from skelseg_core.formats.descriptors import WriteOptions

BOTH = "csv"
"""Name of the export that writes framewise and segment CSV."""
DEFAULT_PRESET = "heatmap-paper"
N_FOLDS = 4
"""Splits that are made where the data set has none and there are subjects enough."""


def _label_formats() -> list[str]:
    from skelseg_core.formats.label_overview import written_formats

    return [*(form.name for form in written_formats()), BOTH]


def _pose_formats() -> list[str]:
    from skelseg_core.formats.poses import POSE_FORMATS

    return [form.name for form in POSE_FORMATS if form.written_suffix is not None]


def _overwrite() -> Any:
    text = "Replace other files too, and name them."
    return choice(False, text, title="Replace other files there")


@dataclass(frozen=True)
class ExportChoices:
    """Choices of an export of labels."""

    format: str = choice(
        BOTH,
        "csv is framewise-csv and segment-csv; ms-tcn is features, labels and splits. "
        "'skelseg formats' describes them.",
        names=_label_formats,
    )
    lane: str = lane()
    videos: Sequence[str] = videos()
    tier: str = tier()
    skip_missing: bool = choice(False, "Leave out videos that lack the lane.")
    overwrite: bool = _overwrite()
    single_table: bool = choice(
        False, "Write one table for all videos.", title="One table for all videos"
    )
    preset: str = choice(
        "",
        "ms-tcn: what makes the features; by default those of an imported data set, or "
        "heatmap.",
    )
    features: bool = choice(
        True,
        "ms-tcn: labels and splits alone.",
        "--no-features",
        title="Write features too",
    )
    folds: int | None = choice(
        None,
        "ms-tcn: splits by subject, 0 for none; by default those of an imported data "
        "set, or 4, if possible.",
        least=0,
        title="Write splits",
    )
    unlabelled: str = choice(
        "",
        "ms-tcn: class to write unlabelled frames as; by default they are listed in a "
        "second file, to leave them out.",
        title="Class of frames without a label",
    )

    @property
    def options(self) -> WriteOptions:
        """Options of the format; each must be one that it knows."""
        return WriteOptions(self.single_table, self.unlabelled)


@dataclass(frozen=True)
class PoseChoices:
    """Choices of an export of poses; a video that is named and has none is refused."""

    format: str = choice(MISSING, "The tool that reads the poses.", names=_pose_formats)
    videos: Sequence[str] = videos()
    overwrite: bool = _overwrite()


Choices = ExportChoices | PoseChoices
"""Choices of an export, of labels in any format, a data set or poses."""
