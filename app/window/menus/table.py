"""The table of actions: everything the program can do, menu by menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.kit.commands import Entry
from app.views.acts import COMMANDS, REPEATED
from app.views.dialogs.reaction_lag import ask_lag
from app.window.command_ui import Shell
from app.window.help_and_tour import Guiding
from app.window.leaving import quit_window
from app.window.menus.annotators import annotator_entries
from app.window.menus.bring import bring_entries
from app.window.menus.classes import class_entries
from app.window.menus.docks import dock_entries
from app.window.menus.file import edit_entries, file_entries, missing_labels_entries
from app.window.menus.lanes import lane_entries
from app.window.menus.live import live_entries
from app.window.menus.model import model_entries
from app.window.menus.people import people_entries
from app.window.menus.playback import playback_entries, sound_entries, watching_entries
from app.window.menus.pose import pose_entries
from app.window.menus.segment import segment_entries
from app.window.menus.strips import strip_entries
from app.window.menus.videos import video_entries
from app.window.menus.view import scheme_entries, view_entries
from app.window.menus.window import help_entries, window_entries
from app.window.parts import Parts


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
