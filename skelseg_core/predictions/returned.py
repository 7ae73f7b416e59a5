"""Returned pre-labels: what models said is kept, to be known when it is imported.

A pre-label that is exported, corrected in another program and imported again is one
still, also where its prediction is gone or was made anew. People and models seldom put
a boundary between two classes at the same frame: a model of UW-IOM shares 12 to 43 % of
the boundaries of people that it has not seen, one of the demo 19 to 38 %.

``prelabels/<track>.json`` has a list of what was said, the newest last. Nothing but an
import reads it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skelseg_core.errors import FormatError, SkelsegError
from skelseg_core.files import atomic_write
from skelseg_core.formats.label_file import Guess
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.text_files import read_json

TOLD = ((20, 0.7), (10, 0.75), (3, 1.0))
"""Share of boundaries from which labels are a pre-label, where there are so many.

By chance one stretch of 1,359 of UW-IOM has it that is 27 boundaries long, none that is
ten or twenty long; of three boundaries that all have to be equal 25 in 1,000 have
(`docs/results/returned.md`).
"""
MOST_KEPT = 20_000
"""Runs and ends that are kept of a track; the oldest pre-labels go first."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prelabel:
    """Labels that a model once gave to a track.

    Parameters
    ----------
    model : str
    runs : tuple of (int, int, int)
        Frames ``[start, stop)`` and the class that the model gave them. What a person
        had labelled before is not among them.
    persons : frozenset of int
        Where segments of a person began or ended then: no sign of the model.
    """

    model: str
    runs: tuple[tuple[int, int, int], ...]
    persons: frozenset[int]

    def in_classes(self, label_map: LabelMap) -> Prelabel:
        """Return it in the classes of today, in which some may have been merged."""
        made: list[tuple[int, int, int]] = []
        for start, stop, said in self.runs:
            into = label_map.moves.get(said, said)
            now = UNLABELLED if into is None else into
            if made and made[-1][1:] == (start, now):
                start = made.pop()[0]
            made.append((start, stop, now))
        return Prelabel(self.model, tuple(made), self.persons)

    def shared_with(self, labels: Segmentation) -> tuple[int, int]:
        """Count boundaries of labels, and of them those where this has the same."""
        ours = _boundaries(self.runs)
        runs = _as_runs(labels.segments)
        theirs = {b for b in _boundaries(runs) if b[0] not in self.persons}
        return len(theirs & ours), len(theirs)

    def guesses(self, labels: Segmentation, label_map: LabelMap) -> tuple[Guess, ...]:
        """List its segments; those count as agreed with that labels have otherwise."""
        there = labels.to_frames()
        mine = np.zeros(len(there), bool)
        for start, stop, _ in self.runs:
            mine[start:stop] = True

        def as_it_was(start: int, stop: int, said: int) -> bool:
            beside = [n for n in (start - 1, stop) if 0 <= n < len(there) and mine[n]]
            same = (there[start:stop] == said).all()
            return bool(same) and not (there[beside] == said).any()

        return tuple(
            Guess(*run[:2], label_map.name_of(run[2]), not as_it_was(*run))
            for run in self.runs
            if run[2] != UNLABELLED
        )


def is_prelabel(n_shared: int, n: int) -> bool:
    """Tell whether labels that share some of their boundaries with a model are its."""
    share = next((share for least, share in TOLD if n >= least), None)
    return share is not None and n_shared >= share * n


def keep(folder: ProjectFolder, item: Track, model: str, lane: Segmentation) -> None:
    """Keep what a model says of a track; nothing fails where that cannot be written.

    Parameters
    ----------
    folder : ProjectFolder
    item : Track
        With its labels as they are now.
    model : str
    lane : Segmentation
        Whose runs of a model that nobody reviewed are kept.
    """
    of_model = (r for r in lane.runs if r.source == "model" and not r.class_reviewed)
    runs = tuple(_as_runs(of_model))
    persons = frozenset(
        end for r in item.annotation.runs if r.protected for end in (r.start, r.stop)
    )
    new = Prelabel(model, runs, persons)
    try:
        there = kept(folder, item.id)
    except FormatError as error:
        _log.warning("%s", error)
        there = ()
    if not runs or any(one.runs == runs for one in there):
        return
    made: list[Prelabel] = []
    room = MOST_KEPT
    for one in (new, *reversed(there)):
        room -= len(one.runs) + len(one.persons)
        if room >= 0:
            made.insert(0, one)
    lines = (
        json.dumps([one.model, one.runs, sorted(one.persons)], ensure_ascii=False)
        for one in made
    )
    try:
        text = ",\n".join(lines)
        atomic_write(folder.returned_path(item.id), f"[\n{text}\n]\n")
    except SkelsegError as error:
        _log.warning("%s", error)


def kept(folder: ProjectFolder, video_id: str) -> tuple[Prelabel, ...]:
    """List what models said of a track, the newest last.

    Raises
    ------
    FormatError
        Where the file is damaged.
    """
    path = folder.returned_path(video_id)
    if not path.is_file():
        return ()
    try:
        return tuple(
            Prelabel(
                str(model),
                tuple((int(a), int(b), int(said)) for a, b, said in runs),
                frozenset(map(int, persons)),
            )
            for model, runs, persons in read_json(path)
        )
    except (FormatError, TypeError, ValueError) as error:
        raise FormatError(
            "{} is damaged, so pre-labels that come back are not known; delete it.",
            path,
        ) from error


def _boundaries(runs: Iterable[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
    return {
        (b[0], a[2], b[2]) for a, b in pairwise(runs) if a[1] == b[0] and a[2] != b[2]
    }


def _as_runs(segments: Iterable[Segment]) -> list[tuple[int, int, int]]:
    return [
        (s.start, s.stop, UNLABELLED if s.class_id is None else s.class_id)
        for s in segments
    ]
