"""Decisions: how a disagreement of two people was settled, by whom and when."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from skelseg_core.typed_values import Whole

Choice = Literal["first", "second", "middle", "edit"]
"""Answers to a disagreement: the first or second person's labels, the middle of two
boundaries, or a manual edit.
"""
COLUMNS = (
    "video",
    "start",
    "stop",
    "kind",
    "first",
    "second",
    "first_class",
    "second_class",
    "moved",
    "choice",
    "who",
    "when",
)
"""Columns of the table of decisions; frames count from 0, ``stop`` is not included."""


@dataclass(frozen=True)
class Decision:
    """A settled disagreement.

    Parameters
    ----------
    start, stop : int
        Its frames.
    kind : str
        ``class``, ``moved``, ``missing`` or ``extra``, relative to the first.
    first, second : str
        Names of the lanes that disagreed.
    first_class, second_class : str
        Class names at the time; empty for none.
    moved : int
        Frames by which a boundary was later in the second; 0 for other kinds.
    choice : {"first", "second", "middle", "edit"}
        Empty in a table for open disagreements; never in a project.
    who, when : str
        Name of the person, and time in ISO 8601.
    """

    start: Whole
    stop: Whole
    kind: str
    first: str
    second: str
    first_class: str
    second_class: str
    moved: Whole
    choice: Choice | Literal[""]
    who: str
    when: str


def settled(found: Iterable[Decision], start: int, stop: int) -> Decision | None:
    """Find the last decision on exactly these frames, or None."""
    same = [d for d in found if (d.start, d.stop) == (start, stop)]
    return same[-1] if same else None


def with_decision(found: Iterable[Decision], new: Decision) -> tuple[Decision, ...]:
    """Add a decision; it replaces earlier ones on the same frames."""
    frames = (new.start, new.stop)
    return (*(d for d in found if (d.start, d.stop) != frames), new)


def decisions_csv(by_video: Mapping[str, Iterable[Decision]]) -> str:
    """Write all decisions as a table, one per row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for video, found in by_video.items():
        for decision in found:
            writer.writerow({"video": video, **asdict(decision)})
    return out.getvalue()
