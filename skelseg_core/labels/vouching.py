"""Vouching: what each edit of a segmentation vouches for, in one place.

A person vouches for what a person looked at (see `segmentation`): who moves a boundary
looked at that boundary, who gives a class looked at the class. `VOUCHED_BY` says it for
every edit; help and tests read it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from skelseg_core.labels.bulk_edits import (
    copy_range,
    delete_all_into_neighbours,
    label_taps,
    merge_all,
    move_segment,
    relabel_all,
    remove_boundary,
    review_all,
)
from skelseg_core.labels.edits import (
    accept,
    delete_into_neighbour,
    merge,
    move_boundary,
    paint,
    relabel,
    remap_classes,
    review,
    split,
    start_at,
    stop_at,
)


class Vouched(Enum):
    """The part of a segment that a person vouches for by an edit."""

    NOTHING = "nothing"
    BOUNDARY = "the boundary"
    ENDS = "both ends"
    CLASS = "the class"
    CLASS_AND_ENDS_SET = "the class, and the ends it sets"
    SEGMENT = "the class and both ends"


VOUCHED_BY: Mapping[Callable[..., Any], Vouched] = {
    # A drag, a nudge, a tick, a click in the loupe, a trim, a frame typed into a table.
    move_boundary: Vouched.BOUNDARY,
    start_at: Vouched.BOUNDARY,
    stop_at: Vouched.BOUNDARY,
    split: Vouched.BOUNDARY,
    move_segment: Vouched.ENDS,
    # A class key pressed on a segment, or on several.
    relabel: Vouched.CLASS,
    relabel_all: Vouched.CLASS,
    # A boundary or a segment that goes: the class that is left holds for the whole.
    remove_boundary: Vouched.CLASS,
    merge: Vouched.CLASS,
    merge_all: Vouched.CLASS,
    delete_into_neighbour: Vouched.CLASS,
    delete_all_into_neighbours: Vouched.CLASS,
    # A marked range and a live key; a key that is held up sets no end there.
    paint: Vouched.CLASS_AND_ENDS_SET,
    copy_range: Vouched.CLASS_AND_ENDS_SET,
    # The ends that taps set are those between them.
    label_taps: Vouched.CLASS_AND_ENDS_SET,
    # Return.
    review: Vouched.SEGMENT,
    review_all: Vouched.SEGMENT,
    # Ctrl+Return, and the merging of classes; imports vouch for nothing either.
    accept: Vouched.NOTHING,
    remap_classes: Vouched.NOTHING,
}
