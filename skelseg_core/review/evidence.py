"""Evidence: what a model says about a video, as the review of its labels needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.constraints import Constraints
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import Transitions
from skelseg_core.learning.model_info import ModelInfo


@dataclass(frozen=True, eq=False)
class Evidence:
    """Probabilities of one video, and what is known of its classes.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
        As in a `Prediction`: brought to the temperature of the model.
    class_ids : ndarray of int64, shape (C,)
        Project class of each channel.
    rate : float
        Frames per second.
    transitions : Transitions or None
        Counted in labels, of the same channels.
    temperature : float
        That the probabilities were brought to.
    moves : Mapping of int to (int or None)
        Of the label map. Deleted classes have a channel, for what belonged to them is
        nobody else's; it decodes to no label.
    """

    probabilities: np.ndarray
    class_ids: np.ndarray
    rate: float
    transitions: Transitions | None = None
    temperature: float = 1.0
    moves: Mapping[int, int | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls, prediction: Prediction, info: ModelInfo, label_map: LabelMap, rate: float
    ) -> Evidence:
        """Collect what a prediction and its model say, in the classes of today.

        ``prediction`` is one that `in_classes` mapped to ``label_map``.
        """
        ids = np.asarray(prediction.class_ids, np.int64)
        moves = label_map.moves
        counted = transitions_of(info, ids, moves)
        said, warmth = prediction.probabilities, info.temperature
        return cls(said, ids, rate, counted, warmth, moves)

    def decode(
        self, fixed: np.ndarray | None = None, constraints: Constraints | None = None
    ) -> Segmentation:
        """Decode the probabilities as pre-labels are, around what is known.

        Parameters
        ----------
        fixed : ndarray of int, shape (T,), optional
            Class ids that hold whatever the model says; -1 is free.
        constraints : Constraints, optional
            What else the labels keep to, such as `Constraints.of_person`; ``fixed``,
            where given, comes in the place of its fixed frames.

        Raises
        ------
        EditError
            Where constraints contradict one another.
        """
        known = Constraints() if constraints is None else constraints
        if fixed is not None:
            known = replace(known, fixed=fixed)
        found = pre_labels(
            self.probabilities,
            self.class_ids.tolist(),
            self.rate,
            self.transitions,
            self.temperature,
            constraints=known,
        )
        return remap_classes(found, self.moves)


def transitions_of(
    info: ModelInfo, ids: np.ndarray, moves: Mapping[int, int | None]
) -> Transitions | None:
    """Convert the changes that a model counted to the channels of today.

    Parameters
    ----------
    info : ModelInfo
    ids : ndarray of int64, shape (C,)
        Class of each channel, as `merged_channels` gives them.
    moves : Mapping
        Of the label map: classes that were merged or deleted, and into which.
    """
    counted = info.counted
    if counted is None:
        return None
    kept = ids.tolist()
    now = [i if (into := moves.get(i)) is None else into for i in info.class_ids]
    return counted.merged([kept.index(i) for i in now])
