"""The table of actions: everything the program can do, menu by menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.actions import Entry
from app.acts import COMMANDS, REPEATED
from app.entries.annotators import annotator_entries
from app.entries.bring import bring_entries
from app.entries.classes import class_entries
from app.entries.docks import dock_entries
from app.entries.file import edit_entries, file_entries, missing_labels_entries
from app.entries.lanes import lane_entries
from app.entries.live import live_entries
from app.entries.model import model_entries
from app.entries.people import people_entries
from app.entries.playback import playback_entries, sound_entries, watching_entries
from app.entries.pose import pose_entries
from app.entries.segment import segment_entries
from app.entries.strips import strip_entries
from app.entries.videos import video_entries
from app.entries.view import scheme_entries, view_entries
from app.entries.window import help_entries, window_entries
from app.guiding import Guiding
from app.lag import ask_lag
from app.leaving import quit_window
from app.parts import Parts
from app.shell import Shell


def entries_of(
    parts: Parts,
    ask: Callable[[Callable[[], Path | None]], object],
    leave: Callable[[], object],
    shell: Shell,
    guiding: Guiding,
) -> list[Entry]:
    """All entries; ``ask`` opens what a question is answered with, ``leave`` closes."""
    ops, panels, editing = parts.operations, parts.panels, parts.editing
    lanes = panels.timeline.lanes
    imports = [
        *bring_entries(parts),
        *annotator_entries(parts.window, ops, parts.comparing, lanes),
    ]
    edits = {act.id for act in COMMANDS} - REPEATED
    entries = [
        *file_entries(
            parts.dialogs,
            ops,
            parts.finding,
            ask,
            leave,
            lambda: quit_window(parts.window, parts.jobs),
            imports,
        ),
        *edit_entries(ops),
        *missing_labels_entries(parts.missing_labels),
        *video_entries(parts.dialogs, parts.video_steps, panels.videos),
        *view_entries(ops, panels.timeline, panels.video),
        *strip_entries(panels),
        *lane_entries(panels.timeline),
        *scheme_entries(parts.settings),
        *playback_entries(ops, editing),
        *watching_entries(parts.watching, panels.transport.go_to),
        *sound_entries(parts.sound),
        *segment_entries(
            parts.modelling, editing, parts.taps, panels.timeline.snap_candidates
        ),
        *live_entries(
            parts.live,
            parts.taps,
            lambda: ask_lag(parts.window, parts.settings),
            lambda: ops.item is not None,
        ),
        *class_entries(panels.classes, parts.class_editing, parts.dialogs),
        *people_entries(parts.people),
        *pose_entries(parts.correcting, parts.session, panels.video),
        *model_entries(parts.modelling, panels.show_model),
        *dock_entries(panels),
        *window_entries(panels, shell),
        Entry("help", "&Help", "Help", ("F1",), guiding.show_help),
        Entry("guided-tour", "&Help", "Guided tour", (), guiding.start_tour),
        *help_entries(shell),
        Entry("report", "&Help", "Report a problem…", (), guiding.report_problem),
    ]
    return [replace(e, repeats=False) if e.id in edits else e for e in entries]
