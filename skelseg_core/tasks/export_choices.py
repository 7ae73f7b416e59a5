"""Choices of exports, as plain values that a window can make without the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from skelseg_core.formats.descriptors import WriteOptions
from skelseg_core.project.project import ANNOTATION

BOTH = "csv"
"""Name of the export that writes framewise and segment CSV."""
DEFAULT_PRESET = "heatmap"
N_FOLDS = 4
"""Splits that are made where the data set has none and there are subjects enough."""


@dataclass(frozen=True)
class ExportChoices:
    """Choices of an export of labels.

    Parameters
    ----------
    kind : str
        Name of a label format that is written, or `BOTH`.
    lane : str
        ``"annotation"``, ``"prediction:<model>"`` or ``"annotator:<name>"``.
    videos : sequence of str
        Ids or patterns (``anna-*``) of the videos; all by default.
    skip_missing : bool
        Leave out videos that lack the lane.
    overwrite : bool
        Replace files of others as well; `Exported.replaced` says which.
    options : WriteOptions
        What the format is to do; each must be one that it knows.
    """

    kind: str = BOTH
    lane: str = ANNOTATION
    videos: Sequence[str] = ()
    skip_missing: bool = False
    overwrite: bool = False
    options: WriteOptions = field(default_factory=WriteOptions)


@dataclass(frozen=True)
class MsTcnChoices:
    """Options of an export in the layout of MS-TCN.

    Parameters
    ----------
    lane : str
        ``"annotation"`` or ``"prediction:<model>"``.
    videos : sequence of str
        Only these; all by default.
    preset : str
        Name or file of the preset that the features are made by; several modalities
        are joined, in its order. Empty for the features that the project was imported
        with, or `DEFAULT_PRESET` where it was imported without. Videos that have
        neither features nor poses nor pictures then go out without features.
    folds : int, optional
        Splits by subject, 0 for none; by default those that the data set came with,
        else `N_FOLDS` where there are as many subjects.
    no_features : bool
        Write labels, classes and splits alone; features that are there stay.
    unlabelled : str
        Class that unlabelled and undecided frames are written as; empty to refuse
        them.
    ignore : bool
        Write such frames as the label before them, and list them in a file beside.
    skip_missing : bool
        Leave out videos that lack the lane.
    overwrite : bool
        Replace files of others as well.
    rename : bool
        Write ``_`` for blanks in the names of classes and dots in those of videos.
    """

    lane: str = "annotation"
    videos: Sequence[str] = ()
    preset: str = ""
    folds: int | None = None
    unlabelled: str = ""
    rename: bool = False
    skip_missing: bool = False
    overwrite: bool = False
    no_features: bool = False
    ignore: bool = False


@dataclass(frozen=True)
class PoseChoices:
    """Choices of an export of poses.

    Parameters
    ----------
    kind : str
        Name of a pose format that is written.
    videos : sequence of str
        Ids or patterns; all that have poses by default. One that is named and has none
        is refused.
    overwrite : bool
        Replace files of others as well.
    """

    kind: str
    videos: Sequence[str] = ()
    overwrite: bool = False


Choices = ExportChoices | MsTcnChoices | PoseChoices
"""Choices of an export, of labels in any format, a data set or poses."""
