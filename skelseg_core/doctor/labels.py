"""Labels that look like slips: flickers, odd lengths, broken rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from skelseg_core.doctor.finding import Case, Finding
from skelseg_core.labels.conventions import against_conventions
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project import VideoItem
from skelseg_core.said import Said

FLICKER_FRAMES = 3
"""Frames up to which a segment between two others counts as a flicker."""
FEWEST = 8
"""Segments of a class from which on its usual length is known."""
TIMES_LONGER = 5.0
"""Times by which a segment is longer or shorter than usual that is odd."""


def flickers(case: Case) -> Iterator[Finding]:
    """Find segments of one to three frames between two longer ones of one class."""
    for item, segments in _annotated(case):
        for before, segment, after in zip(
            segments, segments[1:], segments[2:], strict=False
        ):
            short = len(segment) <= FLICKER_FRAMES
            # Of two short ones side by side the shorter is the flicker.
            inner = len(segment) < min(len(before), len(after))
            if (
                short
                and inner
                and before.class_id == after.class_id != segment.class_id
            ):
                n = len(segment)
                yield Finding(
                    "flicker",
                    "warning",
                    Said(
                        "'{}' lasts {} within '{}' in {}, frame {}; check whether it "
                        "is a mistake.",
                        _name(case, segment),
                        _frames(n),
                        _name(case, before),
                        item.id,
                        segment.start,
                    ),
                    item.id,
                    segment.start,
                    segment.stop,
                )


def odd_lengths(case: Case) -> Iterator[Finding]:
    """Find segments that last much longer or shorter than others of their class."""
    lengths: dict[int, list[float]] = defaultdict(list)
    for item, segments in _annotated(case):
        for segment in segments:
            if segment.class_id is not None:
                lengths[segment.class_id].append(_seconds(case, item, segment))
    usual = {k: float(np.median(v)) for k, v in lengths.items() if len(v) >= FEWEST}
    for item, segments in _annotated(case):
        # What reaches over an end of the video is cut there.
        for segment in segments[1:-1]:
            if segment.class_id not in usual:
                continue
            length, typical = _seconds(case, item, segment), usual[segment.class_id]
            if typical / TIMES_LONGER <= length <= typical * TIMES_LONGER:
                continue
            times = max(length / typical, typical / length)
            than = Said("longer") if length > typical else Said("shorter")
            yield Finding(
                "length",
                "note",
                Said(
                    "'{}' lasts {:.1f} s in {}, frame {}: {:.0f} times {} than "
                    "usual ({:.1f} s); check it.",
                    _name(case, segment),
                    length,
                    item.id,
                    segment.start,
                    times,
                    than,
                    typical,
                ),
                item.id,
                segment.start,
                segment.stop,
            )


def broken_conventions(case: Case) -> Iterator[Finding]:
    """Find segments that a convention of the project says are none."""
    rules = case.project.conventions
    for item in case.project.videos if rules else ():
        if item.missing:
            continue
        # By the times with which conventions are applied.
        found = against_conventions(item.annotation, rules, item.even_times)
        for index, _ in found:
            segment = item.annotation.segments[index]
            yield Finding(
                "convention",
                "warning",
                Said(
                    "'{}' in {}, frame {}, breaks a convention of the project; "
                    "apply the conventions again, or drop this one.",
                    _name(case, segment),
                    item.id,
                    segment.start,
                ),
                item.id,
                segment.start,
                segment.stop,
            )


def outside_of_their_tier(case: Case) -> Iterator[Finding]:
    """Find segments of a tier inside another one that no segment of that one holds."""
    project = case.project
    some = any(tier.inside is not None for tier in project.tiers)
    for item, segments in _annotated(case) if some else ():
        outer = project.track_around(item)
        if outer is None or outer.missing or not outer.annotation.n_labelled:
            continue
        for segment in segments:
            if segment.class_id is None or _holds(outer.annotation, segment):
                continue
            yield Finding(
                "outside",
                "note",
                Said(
                    "'{}' in {}, frame {}, lies in no segment of {}; check both.",
                    _name(case, segment),
                    item.id,
                    segment.start,
                    project.tier(outer.tier).name,
                ),
                item.id,
                segment.start,
                segment.stop,
            )


def _holds(outer: Segmentation, segment: Segment) -> bool:
    """Tell whether one segment holds another, but for a few frames at its ends."""
    middle = outer.at((segment.start + segment.stop - 1) // 2)
    return (
        middle.class_id is not None
        and middle.start <= segment.start + FLICKER_FRAMES
        and segment.stop <= middle.stop + FLICKER_FRAMES
    )


def _annotated(case: Case) -> Iterator[tuple[VideoItem, tuple[Segment, ...]]]:
    for item in case.project.videos:
        if not item.missing and item.annotation.n_labelled:
            yield item, item.annotation.segments


def _name(case: Case, segment: Segment) -> str:
    return case.project.name_of(segment.class_id) or "unlabelled"


def _frames(n: int) -> str:
    return Said("1 frame") if n == 1 else Said("{} frames", n)


def _seconds(case: Case, item: VideoItem, segment: Segment) -> float:
    edges = np.array([segment.start, segment.stop])
    start_s, stop_s = case.times(item).edges_s(edges)
    return float(stop_s - start_s)
