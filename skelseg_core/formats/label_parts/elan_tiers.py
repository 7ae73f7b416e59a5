"""Times of the annotations in a file of ELAN, whatever says them.

An annotation lies between two time slots, or has the time of its parent or of a part of
it. A slot may have no time: annotations that follow one another by such slots share the
time from the last slot with a time to the next one evenly, as ELAN shows them. The
slots stand in the file in another order, so that its neighbours say nothing of a slot.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.xml_text import attribute, number

_MS = {"milliseconds": 1.0, "PAL-frames": 40.0, "NTSC-frames": 1001 / 30}
"""Milliseconds in a unit of time of the header."""


def timed_tiers(root: ET.Element, path: Path) -> tuple[list[Tier], int]:
    """Read all tiers, and count the annotations whose times had to be worked out.

    Raises
    ------
    FormatError
        Where an annotation refers to what is not there; names it.
    """
    tiers = [Tier(element, path) for element in root.iterfind("TIER")]
    _check_ids(tiers, path)
    slots, order = _slots(root, path)
    known = set(slots)
    _spread_chains(_parents_first(tiers), slots)
    _spread_rest(tiers, slots, order)
    spans: dict[str, tuple[float, float]] = {}
    for annotation in _aligned(tiers):
        spans[annotation.id] = annotation.span(slots, path)
    _share_parents(tiers, spans, path)
    estimated = sum(
        not {a.first, a.last} <= known or bool(a.parent)
        for tier in tiers
        for a in tier.annotations
    )
    for tier in tiers:
        tier.take_times(spans, path)
    return tiers, estimated


class Annotation:
    """An annotation between two slots, or with a parent; its times come later."""

    def __init__(self, element: ET.Element, path: Path) -> None:
        self.start_ms = self.stop_ms = 0.0
        self.id = attribute(element, "ANNOTATION_ID", path)
        self.value = element.findtext("ANNOTATION_VALUE") or ""
        self.parent = self.previous = self.first = self.last = ""
        if element.tag == "REF_ANNOTATION":
            self.parent = attribute(element, "ANNOTATION_REF", path)
            self.previous = element.get("PREVIOUS_ANNOTATION", "")
        else:
            self.first = attribute(element, "TIME_SLOT_REF1", path)
            self.last = attribute(element, "TIME_SLOT_REF2", path)

    def span(self, slots: Mapping[str, float], path: Path) -> tuple[float, float]:
        """Return the start and the end in ms."""
        for slot in (self.first, self.last):
            if slot not in slots:
                raise FormatError(
                    "{}, annotation {}: the slot '{}' has no time; save the file "
                    "again in ELAN.",
                    path,
                    self.id,
                    slot,
                )
        return slots[self.first], slots[self.last]


class Tier:
    """A tier: its name, the type that names its vocabulary, and its annotations."""

    def __init__(self, element: ET.Element, path: Path) -> None:
        self.id = attribute(element, "TIER_ID", path)
        self.type = element.get("LINGUISTIC_TYPE_REF", "")
        self.parent = element.get("PARENT_REF", "")
        self.participant = element.get("PARTICIPANT", "")
        self.annotator = element.get("ANNOTATOR", "")
        self.annotations = [
            Annotation(found, path)
            for around in element.iterfind("ANNOTATION")
            for found in around
            if found.tag in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION")
        ]

    def take_times(self, spans: Mapping[str, tuple[float, float]], path: Path) -> None:
        """Give the annotations their times in ms."""
        for annotation in self.annotations:
            if annotation.id not in spans:
                raise FormatError(
                    "{}, annotation {}: it refers to '{}', which has no time; save "
                    "the file again in ELAN.",
                    path,
                    annotation.id,
                    annotation.parent,
                )
            annotation.start_ms, annotation.stop_ms = spans[annotation.id]


def _check_ids(tiers: Iterable[Tier], path: Path) -> None:
    seen: set[str] = set()
    for annotation in (a for tier in tiers for a in tier.annotations):
        if annotation.id in seen:
            raise FormatError(
                "{}: two annotations have the id '{}'; the file is damaged, restore "
                "it from a copy.",
                path,
                annotation.id,
            )
        seen.add(annotation.id)


def _aligned(tiers: Iterable[Tier]) -> Iterator[Annotation]:
    return (a for tier in tiers for a in tier.annotations if not a.parent)


def _slots(root: ET.Element, path: Path) -> tuple[dict[str, float], list[str]]:
    """Read the times of slots in ms, and the names of all slots in their order."""
    header = root.find("HEADER")
    unit = "milliseconds" if header is None else header.get("TIME_UNITS", "")
    if unit and unit not in _MS:
        raise FormatError(
            "{}: times are in '{:.40}', but skelseg reads only {}.",
            path,
            unit,
            ", ".join(_MS),
        )
    found = list(root.iter("TIME_SLOT"))
    slots = {
        attribute(slot, "TIME_SLOT_ID", path): number(slot, "TIME_VALUE", path)
        * _MS[unit or "milliseconds"]
        for slot in found
        if "TIME_VALUE" in slot.attrib
    }
    return slots, [attribute(slot, "TIME_SLOT_ID", path) for slot in found]


def _parents_first(tiers: list[Tier]) -> list[Tier]:
    """Order tiers so that the slots of a parent have their times before its parts."""
    below: dict[str | None, list[Tier]] = defaultdict(list)
    names = {tier.id for tier in tiers}
    for tier in tiers:
        below[tier.parent if tier.parent in names else None].append(tier)
    made = below[None]
    for tier in made:  # grows in the loop
        made.extend(below.pop(tier.id, ()))
    return made


def _spread_chains(tiers: Iterable[Tier], slots: dict[str, float]) -> None:
    """Give times to the slots between annotations that follow one another."""
    for tier in tiers:
        starting = {a.first: a for a in tier.annotations if not a.parent}
        seen: set[str] = set()
        for annotation in starting.values():
            if annotation.first not in slots:
                continue
            chain, at = [annotation.first], annotation.last
            while at not in slots and at in starting and at not in seen:
                seen.add(at)
                chain.append(at)
                at = starting[at].last
            if at in slots:
                times = _parts(slots[chain[0]], slots[at], len(chain))
                slots.update(zip(chain[1:], times[1:-1], strict=True))


def _parts(start: float, stop: float, n: int) -> list[float]:
    """Cut a time into equal parts; return their n + 1 edges."""
    return [*(start + (stop - start) * k / n for k in range(n)), stop]


def _spread_rest(
    tiers: Iterable[Tier], slots: dict[str, float], order: list[str]
) -> None:
    """Give times to slots of no chain by the slots around them in the file."""
    lacking = {s for a in _aligned(tiers) for s in (a.first, a.last)} - set(slots)
    places = [n for n, slot in enumerate(order) if slot in slots]
    if not lacking or not places:
        return
    wanted = [n for n, slot in enumerate(order) if slot in lacking]
    wanted = [n for n in wanted if places[0] < n < places[-1]]
    times = np.interp(wanted, places, [slots[order[n]] for n in places])
    slots.update(zip((order[n] for n in wanted), times.tolist(), strict=True))


def _share_parents(
    tiers: Iterable[Tier], spans: dict[str, tuple[float, float]], path: Path
) -> None:
    """Give annotations of a tier the time of their parent, in equal parts."""
    parts: dict[str, list[list[Annotation]]] = defaultdict(list)
    for tier in tiers:
        of_parent = defaultdict(list)
        for annotation in tier.annotations:
            if annotation.parent:
                of_parent[annotation.parent].append(annotation)
        for parent, group in of_parent.items():
            parts[parent].append(_in_order(group, path))
    timed = list(spans)
    for parent in timed:  # grows in the loop: parts have parts
        for group in parts.pop(parent, ()):
            edges = _parts(*spans[parent], len(group))
            for n, annotation in enumerate(group):
                spans[annotation.id] = edges[n], edges[n + 1]
                timed.append(annotation.id)


def _in_order(group: list[Annotation], path: Path) -> list[Annotation]:
    """Order parts of a parent by what each says comes before it."""
    if not any(a.previous for a in group):
        return group
    ids = {a.id for a in group}
    after = {a.previous if a.previous in ids else "": a for a in group}
    made: list[Annotation] = []
    at = after.get("")
    while at is not None and len(made) < len(group):
        made.append(at)
        at = after.get(at.id)
    if len(made) != len(ids):
        raise FormatError(
            "{}, annotation {}: it and the others of its parent have no order; save "
            "the file again in ELAN.",
            path,
            group[0].id,
        )
    return made
