"""LaneSet: which lanes a person wants to see, in which order, how high. Qt-free.

A lane's key is its kind, or its kind and a name: ``"prediction:fusion"``. A choice of a
kind holds for all its lanes, that of a lane overrules it. What belongs to a model moves
with it, and the annotation stands on top of all.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from skelseg_core.project.value import (
    ANNOTATION,
    VideoItem,
    annotator_lane,
    prediction_lane,
)

Kind = Literal[
    "annotation",
    "annotator",
    "prediction",
    "probability",
    "uncertainty",
    "boundaries",
    "subject",
    "motion",
    "waveform",
    "filmstrip",
]
LARGEST_PX = 240
OF_A_MODEL: tuple[Kind, ...] = ("prediction", "probability", "uncertainty")
_HIDDEN = ("probability", "boundaries:model", "waveform", "filmstrip")
_SHOWN_SPEEDS = ("motion:wrists",)
_USUAL: dict[Kind, tuple[int, int]] = {
    "annotation": (40, 24),
    "annotator": (28, 16),
    "prediction": (28, 16),
    "probability": (48, 20),
    "uncertainty": (22, 14),
    "boundaries": (14, 10),
    "subject": (18, 14),
    "motion": (28, 16),
    "waveform": (28, 16),
    "filmstrip": (56, 32),
}


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane that can be shown: its kind, its name among its kind, what it shows.

    ``source`` is the lane of the project that it is about, or the empty text.
    """

    kind: Kind
    name: str = ""
    source: str = ""

    @property
    def key(self) -> str:
        """What the choices of a person call it."""
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def group(self) -> str:
        """Key of the lane that it moves with."""
        return f"prediction:{self.name}" if self.kind in OF_A_MODEL else self.key


@dataclass(frozen=True)
class ShownLanes:
    """What there is of a video beside its segments.

    ``probabilities`` are the prediction lanes of which they are known, ``pairs`` and
    ``keypoints`` those whose speed is known.
    """

    probabilities: Collection[str] = ()
    uncertain: Collection[str] = ()
    pairs: Sequence[str] = ()
    keypoints: Sequence[str] = ()
    subject: bool = False
    sound: bool = False


def lanes_of(item: VideoItem, present: ShownLanes) -> tuple[Lane, ...]:
    """All lanes that a video has, in the order in which they stand at first."""
    lanes = [Lane("annotation", "", ANNOTATION)]
    lanes += [Lane("annotator", n, annotator_lane(n)) for n in item.annotators]
    for model in item.models:
        source = prediction_lane(model)
        lanes.append(Lane("prediction", model, source))
        if source in present.probabilities:
            lanes.append(Lane("probability", model, source))
        if source in present.uncertain:
            lanes.append(Lane("uncertainty", model, source))
    if item.models:
        lanes.append(Lane("boundaries", "model"))
    if present.keypoints:
        lanes.append(Lane("boundaries", "motion"))
        lanes += [Lane("motion", name) for name in (*present.pairs, *present.keypoints)]
    if present.subject:
        lanes.append(Lane("subject"))
    if present.sound:
        lanes.append(Lane("waveform"))
    if item.has_video:
        lanes.append(Lane("filmstrip"))
    return tuple(lanes)


def usual_height(kind: Kind) -> int:
    """Pixels of a lane that nobody made larger or smaller."""
    return _USUAL[kind][0]


def height_within(kind: Kind, height: float) -> int:
    """The height nearest to the one wished for that can be read."""
    return round(min(max(height, _USUAL[kind][1]), LARGEST_PX))


@dataclass(frozen=True)
class LaneSet:
    """What a person chose of lanes; nothing by default.

    Parameters
    ----------
    shown : Mapping[str, bool]
        By kind or key.
    heights : Mapping[str, int]
        In px, by key.
    order : tuple of str
        Groups as they were put; others stand after those they follow at first.
    """

    shown: Mapping[str, bool] = field(default_factory=dict)
    heights: Mapping[str, int] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def shows(self, kind: str, name: str = "") -> bool:
        """Whether a lane, or without a name its kind, is wanted."""
        key = f"{kind}:{name}" if name else kind
        if kind == "annotation":
            return True
        if kind == "motion":
            return self.shown.get(key, key in _SHOWN_SPEEDS)
        usual = kind not in _HIDDEN and key not in _HIDDEN
        return self.shown.get(key, self.shown.get(kind, usual))

    def shown_of(self, lanes: Sequence[Lane]) -> list[Lane]:
        """Those lanes that are wanted, in their order."""
        rank = {group: n for n, group in enumerate(self.groups(lanes))}
        wanted = [lane for lane in lanes if self.shows(lane.kind, lane.name)]
        return sorted(wanted, key=lambda lane: rank[lane.group])

    def groups(self, lanes: Sequence[Lane]) -> list[str]:
        """All groups of these lanes in their order, the annotation first."""
        usual = list(dict.fromkeys(lane.group for lane in lanes))
        groups = [g for g in self.order if g in usual and g != ANNOTATION]
        for n, group in enumerate(usual):
            if group not in groups:
                before = groups.index(usual[n - 1]) + 1 if n else 0
                groups.insert(before, group)
        return groups

    def with_shown(self, key: str, shown: bool) -> LaneSet:
        """The same with a lane, or all lanes of a kind, shown or hidden."""
        kept = {k: v for k, v in self.shown.items() if not k.startswith(f"{key}:")}
        return replace(self, shown={**kept, key: shown})

    def with_height(self, lane: Lane, height: float | None) -> LaneSet:
        """The same with a lane of another height; None is as at first."""
        heights = {k: v for k, v in self.heights.items() if k != lane.key}
        if height is not None:
            heights[lane.key] = height_within(lane.kind, height)
        return replace(self, heights=heights)

    def moved(self, lanes: Sequence[Lane], group: str, onto: str) -> LaneSet:
        """The same with a group in the place of another, which makes room for it."""
        groups = self.groups(lanes)
        if ANNOTATION in (group, onto) or not {group, onto} <= set(groups):
            return self
        place = groups.index(onto)
        groups.remove(group)
        groups.insert(place, group)
        absent = [g for g in self.order if g not in groups]
        return replace(self, order=(*groups, *absent))

    def stepped(self, lanes: Sequence[Lane], group: str, step: int) -> LaneSet:
        """The same with a group moved past ``step`` groups that are shown."""
        seen = list(dict.fromkeys(lane.group for lane in self.shown_of(lanes)))
        if group not in seen:
            return self
        place = min(max(seen.index(group) + step, 0), len(seen) - 1)
        return self.moved(lanes, group, seen[place])

    def text(self) -> str:
        """The same as text for the settings."""
        values = {
            "shown": dict(self.shown),
            "heights": dict(self.heights),
            "order": list(self.order),
        }
        return json.dumps(values)

    @classmethod
    def of_text(cls, text: str) -> LaneSet:
        """What `text` said; nothing where it is no such text."""
        try:
            raw: Any = json.loads(text)
            return cls(
                {str(k): bool(v) for k, v in raw["shown"].items()},
                {
                    str(k): height_within(_kind(k), float(v))
                    for k, v in raw["heights"].items()
                },
                tuple(str(k) for k in raw["order"]),
            )
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            return cls()


def _kind(key: str) -> Kind:
    kind: Any = key.partition(":")[0]
    if kind not in get_args(Kind):
        raise ValueError(f"no lane is called {key}")
    return kind  # type: ignore[no-any-return]
