"""Everything that edits the annotation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.kit.commands import Entry, separator
from app.services.model_service import ModelService
from app.services.segment_editor import SegmentEditor
from app.services.tap_labelling import TapLabelling
from app.state.session import Session
from skelseg_core.project.value import prediction_lane

TICK_TIP = "Where a model or another annotator begins something, or the motion changes"
BOUNDARY_TIP = "With a boundary selected: that boundary goes"
ACCEPT_TIP = "And go to where it ends: the next boundary"


def segment_entries(
    modelling: ModelService,
    editing: SegmentEditor,
    taps: TapLabelling,
    ticks: Callable[[], np.ndarray],
) -> list[Entry]:
    """Everything that edits the annotation; ``ticks`` are frames to snap to, (N,)."""
    menu, session, ops = "&Segment", modelling.session, modelling.current

    def video() -> bool:
        return ops.item is not None

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
            tip=BOUNDARY_TIP,
        ),
        Entry(
            "absorb",
            menu,
            "Delete into neighbour",
            ("Delete",),
            editing.delete_into_neighbour,
            # With the pointer on the picture the key may mean a keypoint: `SharedKeys`.
            video,
            icon="delete-outline",
            tip=BOUNDARY_TIP,
        ),
        Entry("trim-start", menu, "Start here", ("[",), editing.trim_start, video),
        Entry("trim-stop", menu, "End here", ("]",), editing.trim_stop, video),
        *_nudges(menu, editing, video),
        Entry(
            "tick-previous",
            menu,
            "Boundary to the tick before",
            ("Alt+,",),
            lambda: editing.go_to_tick(ticks(), -1),
            video,
            tip=TICK_TIP,
        ),
        Entry(
            "tick-next",
            menu,
            "Boundary to the next tick",
            ("Alt+.",),
            lambda: editing.go_to_tick(ticks(), 1),
            video,
            tip=TICK_TIP,
        ),
        separator(menu),
        Entry(
            "unlabel",
            menu,
            "Remove label, or the last tap",
            ("Backspace",),
            lambda: taps.remove_last() if taps.on else editing.apply_class(None),
            video,
        ),
        Entry(
            "review",
            menu,
            "Accept segment",
            ("Return",),
            lambda: editing.accept_and_go_on(ops.shown_model),
            video,
            icon="check",
            tip=ACCEPT_TIP,
        ),
        Entry(
            "copy-lane",
            menu,
            "Copy from the prediction",
            ("Shift+C",),
            lambda: editing.copy_lane(prediction_lane(ops.shown_model)),
            lambda: bool(ops.shown_model),
        ),
        *_choices(menu, editing, ops.session, video),
    ]


def _nudges(
    menu: str, editing: SegmentEditor, video: Callable[[], bool]
) -> list[Entry]:
    """Boundaries and segments by frames; repeated, they are one undo step."""

    def entry(
        name: str, text: str, key: str, frames: int, of_segment: bool = False
    ) -> Entry:
        nudge = editing.nudge_segment if of_segment else editing.nudge
        return Entry(name, menu, text, (key,), lambda: nudge(frames), video)

    return [
        entry("nudge-left", "Boundary 1 frame left", "Alt+Left", -1),
        entry("nudge-right", "Boundary 1 frame right", "Alt+Right", 1),
        entry("nudge-left-10", "Boundary 10 frames left", "Alt+Shift+Left", -10),
        entry("nudge-right-10", "Boundary 10 frames right", "Alt+Shift+Right", 10),
        entry("move-left", "Segment 1 frame left", ",", -1, True),
        entry("move-right", "Segment 1 frame right", ".", 1, True),
        entry("move-left-10", "Segment 10 frames left", "<", -10, True),
        entry("move-right-10", "Segment 10 frames right", ">", 10, True),
    ]


def _choices(
    menu: str, editing: SegmentEditor, session: Session, video: Callable[[], bool]
) -> list[Entry]:
    """Segments that are selected together."""

    def selected() -> bool:
        marked = session.range_in is not None or session.range_out is not None
        return bool(session.chosen) or marked or session.boundary is not None

    return [
        separator(menu),
        Entry(
            "choose-next",
            menu,
            "Select the next segment too",
            ("Shift+Down",),
            lambda: editing.choose_on(1),
            video,
        ),
        Entry(
            "choose-previous",
            menu,
            "Select the segment before too",
            ("Shift+Up",),
            lambda: editing.choose_on(-1),
            video,
        ),
        Entry(
            "choose-class",
            menu,
            "Select all segments of this class",
            ("Shift+A",),
            editing.choose_class,
            video,
        ),
        Entry(
            "choose-none",
            menu,
            "Select nothing",
            ("Escape",),
            editing.clear_choice,
            selected,
        ),
    ]
