"""Evidence: what a model says, in the classes that a project has today."""

from __future__ import annotations

import numpy as np

from skelseg_core.review.evidence import Evidence
from skelseg_core.review.queue import Queue

SAID = np.repeat([4, 7, 9, 7, 4], 20)
IDS = np.array([4, 7, 9])


def evidence(**more: object) -> Evidence:
    values = np.where(SAID[:, None] == IDS, 0.9, 0.05)
    return Evidence(values, IDS, 10.0, **more)  # type: ignore[arg-type]


def test_what_a_model_gives_to_a_deleted_class_has_no_label() -> None:
    lane = evidence(moves={7: None}).decode()
    expected = np.where(SAID == 7, -1, SAID)
    assert lane.to_frames().tolist() == expected.tolist()


def test_the_queue_offers_no_deleted_class_to_insert() -> None:
    known = evidence()
    labels = np.where(SAID == 7, 4, SAID)
    lane = type(known.decode()).from_frames(labels, "model")
    both, some = {4: "a", 7: "b", 9: "c"}, {4: "a", 9: "c"}

    def ghosts(names: dict[int, str]) -> set[int | None]:
        places = Queue(known, names).items(lane)
        return {p.ghost.class_id for p in places if p.ghost is not None}

    assert 7 in ghosts(both)
    assert 7 not in ghosts(some)
