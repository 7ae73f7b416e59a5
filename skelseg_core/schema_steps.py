"""Schemas of our JSON files: how plain values of an earlier one become the newest.

A schema counts the changes that an older skelseg would misread. Each step is a pure
function of plain values from one schema to the next; every reader lifts what it has
read first, and knows the newest schema alone. What came since without being misread has
a default here, which is filled in. Journals have versions of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Values = dict[str, Any]
"""Plain values of a file: an object of JSON."""
Step = Callable[[Values], Values]


@dataclass(frozen=True)
class Schema:
    """The schemas that files of one kind have had.

    Parameters
    ----------
    steps : tuple of callable
        The first makes schema 2 of schema 1, and so on; arguments stay as they are.
    fill : callable
        Fills in what files of the newest schema may lack.
    """

    steps: tuple[Step, ...]
    fill: Step

    @property
    def newest(self) -> int:
        """The schema that readers know."""
        return len(self.steps) + 1

    def of(self, raw: Mapping[str, Any]) -> int:
        """Return the schema of plain values; the first files of labels did not say it.

        Raises
        ------
        ValueError
            Where it is no whole number from 1 on.
        """
        found = raw.get("schema", 1)
        if type(found) is not int or found < 1:
            raise ValueError(f"the schema is {str(found)[:80]}")
        return found

    def lifted(self, raw: Mapping[str, Any]) -> Values:
        """Convert plain values to the newest schema; of a newer one nothing changes.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError
            Where the values are not what the schema says.
        """
        values = dict(raw)
        for number, step in enumerate(self.steps[self.of(raw) - 1 :], self.of(raw)):
            values = {**step(values), "schema": number + 1}
        return self.fill(values)


def adds_only(raw: Values) -> Values:
    """Return the values as they are: the next schema only has more in it."""
    return raw


def _filled_project(raw: Values) -> Values:
    usual: Values = {
        "former_classes": [],
        "conventions": [],
        "blind": False,
        "pose_every": 0,
    }
    classes = [_CLASS | item for item in raw["classes"]]
    videos = [_VIDEO | item for item in raw["videos"]]
    return {**usual, **raw, "classes": classes, "videos": videos}


_CLASS: Values = {"description": "", "group": ""}
_VIDEO: Values = {
    "annotators": [],
    "corrections": [],
    "notes": "",
    "annotator": "",
    "done": False,
    "decisions": [],
}

PROJECT = Schema(
    (
        adds_only,  # 2: keypoints are corrected
        adds_only,  # 3: classes are described and grouped, notes, other annotators
        adds_only,  # 4: label files say what a person vouches for
        adds_only,  # 5: conventions
    ),
    _filled_project,
)
"""Schemas of ``project.json``."""


def labels_2_from_1(raw: Values) -> Values:
    """Convert the plain values of a label file from schema 1 to schema 2.

    A reviewed segment is vouched for in class and both ends, which its neighbours
    share. Unlabelled frames lose their source.
    """
    segments = [
        s if s["class"] is not None else {**s, "source": None, "reviewed": False}
        for s in raw["segments"]
    ]
    return {**raw, "segments": segments}


LABELS = Schema(
    (
        labels_2_from_1,
        adds_only,  # 3: how a person vouches for a class; undecided frames
    ),
    adds_only,
)
"""Schemas of label files. What a segment may lack is filled in where it is made:
journals hold segments, too."""


def _filled_model(raw: Values) -> Values:
    return {**_MODEL, **raw}


_MODEL: Mapping[str, Any] = MappingProxyType(
    {
        "fingerprints": [],
        "held_out": {},
        "temperature": 1.0,
        "transitions": {},
        "doubtful": [],
        "unlabelled": [],
    }
)

MODEL = Schema((), _filled_model)
"""Schemas of ``model.json``."""
