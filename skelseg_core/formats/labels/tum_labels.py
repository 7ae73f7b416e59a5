"""Labels of TUM-Kitchen as it was published: both hands and the trunk, frame by frame.

``labels.csv`` of a sequence has the columns ``instance``, ``time``, ``lefthand``,
``righthand`` and ``trunk``, and one row per frame of each of its four cameras. Each
column of labels is a tier. Built by this description; no file of the data set was at
hand.

Source: Tenorth, Bandouch and Beetz, "The TUM Kitchen Data Set of Everyday Manipulation
Activities for Motion Tracking and Action Recognition", ICCV workshops 2009.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.label_file import LabelFile, framewise_track
from skelseg_core.text_files import csv_lines

_TIERS = {"lefthand": "Left hand", "righthand": "Right hand", "trunk": "Trunk"}
"""Names of the tiers, by the columns."""


class TumKitchenLabels(LabelFormat):
    """Labels of TUM-Kitchen as it was published."""

    name = "tum-kitchen-labels"
    title = "TUM-Kitchen, labels.csv"
    about = "One row per frame; the left hand, the right hand and the trunk are tiers."
    suffixes = (".csv",)

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by the names of the columns."""
        names = next(csv.reader(file.lines[:1]), [])
        return _TIERS.keys() <= {name.strip() for name in names}

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read the three columns of labels, row by row."""
        rows = [(line, cells) for line, cells in csv_lines(path) if cells]
        names = [name.strip() for name in rows[0][1]] if rows else []
        missing = [name for name in _TIERS if name not in names]
        if missing or len(rows) < 2:
            raise FormatError(
                "{}: expected a row per frame with the columns {}.",
                path,
                ", ".join(_TIERS),
            )
        for line, cells in rows:
            if len(cells) != len(names):
                raise FormatError(
                    "{}, line {}: it has {} cells, the header has {}; correct the "
                    "line.",
                    path,
                    line,
                    len(cells),
                    len(names),
                )
        media = path.parent.name if path.stem.casefold() == "labels" else path.stem
        tracks = []
        for column, tier in _TIERS.items():
            at = names.index(column)
            track = framewise_track([cells[at].strip() for _, cells in rows[1:]], path)
            tracks.append(replace(track, media=media, picks=(tier,), tier=tier))
        return LabelFile(path, tuple(tracks))
