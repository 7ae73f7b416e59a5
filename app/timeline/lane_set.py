"""LaneSet: which lanes a person wants to see, in which order, how high.

A lane's key is its kind, or its kind and a name: ``"prediction:hands"``. A choice for
a kind holds for all its lanes; a choice for one lane overrules it. Lanes of one model
move together, and the tracks stay on top. A heading that is not shown is folded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from msgspec import Meta

from app.timeline.lane import LARGEST_PX, Lane
from skelseg_core.errors import SkelsegError
from skelseg_core.typed_values import typed

_Height = Annotated[int, Meta(ge=0, le=LARGEST_PX)]


@dataclass(frozen=True)
class LaneSet:
    """The person's choice of lanes; empty by default.

    Parameters
    ----------
    shown : Mapping[str, bool]
        By kind or key.
    heights : Mapping[str, int]
        In px, by key.
    order : tuple of str
        Groups in the chosen order; others come after their default predecessors.
    """

    shown: Mapping[str, bool] = field(default_factory=dict)
    heights: Mapping[str, _Height] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def shows(self, lane: Lane) -> bool:
        """Return True if a lane, or without a name its kind, is wanted."""
        if lane.editable:
            return True
        if lane.fixed:
            return self.shown.get(lane.fold, True)
        wanted = self.shown.get(lane.kind, lane.shown_at_first)
        return self.shown.get(lane.key, wanted)

    def shown_of(self, lanes: Sequence[Lane]) -> list[Lane]:
        """Return the wanted ones of these lanes, in the chosen order."""
        rank = {group: n for n, group in enumerate(self.groups(lanes))}
        wanted = [lane for lane in lanes if self.shows(lane)]
        return sorted(wanted, key=lambda lane: rank[lane.group])

    def groups(self, lanes: Sequence[Lane]) -> list[str]:
        """Return the groups of these lanes in their order, the fixed ones first."""
        usual = list(dict.fromkeys(lane.group for lane in lanes))
        fixed = {lane.group for lane in lanes if lane.fixed}
        groups = [g for g in self.order if g in usual and g not in fixed]
        for n, group in enumerate(usual):
            if group not in groups:
                before = groups.index(usual[n - 1]) + 1 if n else 0
                groups.insert(before, group)
        return groups

    def with_shown(self, key: str, shown: bool) -> LaneSet:
        """Return a copy with a lane, or all lanes of a kind, shown or hidden."""
        kept = {k: v for k, v in self.shown.items() if not k.startswith(f"{key}:")}
        return replace(self, shown={**kept, key: shown})

    def with_height(self, lane: Lane, height: float | None) -> LaneSet:
        """Return a copy with another height of a lane; None is the default height."""
        heights = {k: v for k, v in self.heights.items() if k != lane.key}
        if height is not None:
            heights[lane.key] = lane.height_within(height)
        return replace(self, heights=heights)

    def moved(self, lanes: Sequence[Lane], group: str, onto: str) -> LaneSet:
        """Return a copy with a group moved to the position of another."""
        groups = self.groups(lanes)
        fixed = {lane.group for lane in lanes if lane.fixed}
        if fixed & {group, onto} or not {group, onto} <= set(groups):
            return self
        place = groups.index(onto)
        groups.remove(group)
        groups.insert(place, group)
        absent = [g for g in self.order if g not in groups]
        return replace(self, order=(*groups, *absent))

    def text(self) -> str:
        """Return the choice as text for the settings."""
        values = {
            "shown": dict(self.shown),
            "heights": dict(self.heights),
            "order": list(self.order),
        }
        return json.dumps(values)

    @classmethod
    def of_text(cls, text: str) -> LaneSet:
        """Read the choice from `text`; the default where the text is not valid."""
        try:
            return typed(cls, json.loads(text), "lanes")
        except (ValueError, SkelsegError):
            return cls()
