"""Everything that edits the annotation."""

from __future__ import annotations

from app.actions import Entry, separator
from app.editing import Editing
from app.operations import Operations


def segment_entries(ops: Operations, editing: Editing) -> list[Entry]:
    """Everything that edits the annotation."""
    menu, session = "&Segment", ops.session

    def video() -> bool:
        return ops.item is not None

    def boundary() -> bool:
        return video() and session.boundary is not None

    def marked() -> bool:
        return session.range_in is not None or session.range_out is not None

    return [
        Entry("in", menu, "Mark in", ("I",), editing.mark_in, video),
        Entry("out", menu, "Mark out", ("O",), editing.mark_out, video),
        Entry(
            "clear",
            menu,
            "Clear marks",
            ("X",),
            lambda: session.set_range(None, None),
            marked,
        ),
        separator(menu),
        Entry(
            "split",
            menu,
            "Split at playhead",
            ("S",),
            editing.split,
            video,
            icon="arrow-split-vertical",
        ),
        Entry(
            "merge",
            menu,
            "Merge with next",
            ("M",),
            editing.merge,
            video,
            icon="arrow-collapse-horizontal",
        ),
        Entry(
            "absorb",
            menu,
            "Delete into neighbour",
            ("Delete",),
            editing.absorb,
            # Where a keypoint may be meant, the key takes that away.
            lambda: video() and not session.correcting,
            icon="delete-outline",
        ),
        Entry("trim-start", menu, "Start here", ("[",), editing.trim_start, video),
        Entry("trim-stop", menu, "End here", ("]",), editing.trim_stop, video),
        Entry(
            "nudge-left",
            menu,
            "Boundary 1 frame left",
            ("Alt+Left",),
            lambda: editing.nudge(-1),
            boundary,
        ),
        Entry(
            "nudge-right",
            menu,
            "Boundary 1 frame right",
            ("Alt+Right",),
            lambda: editing.nudge(1),
            boundary,
        ),
        separator(menu),
        Entry(
            "unlabel",
            menu,
            "Remove label",
            ("Backspace",),
            lambda: editing.apply_class(None),
            video,
        ),
        Entry(
            "review",
            menu,
            "Accept segment",
            ("Return",),
            ops.accept_segment,
            video,
            icon="check",
        ),
    ]
