"""The table of actions: everything the program can do, menu by menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QMainWindow

from app.kit.commands import Entry
from app.services.services import Services
from app.views.acts import COMMANDS, REPEATED
from app.views.dialogs.dialogs import Dialogs
from app.views.dialogs.reaction_lag import ask_lag
from app.window.command_ui import CommandUi
from app.window.docks import Docks
from app.window.help_and_tour import HelpAndTour
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


def entries_of(
    window: QMainWindow,
    services: Services,
    docks: Docks,
    dialogs: Dialogs,
    ask: Callable[[Callable[[], Path | None]], object],
    leave: Callable[[], object],
    command_ui: CommandUi,
    help_and_tour: HelpAndTour,
) -> list[Entry]:
    """All entries; ``ask`` opens what a question is answered with, ``leave`` closes."""
    editing = services.segment_editor
    lanes = docks.timeline.lanes
    imports = [
        *bring_entries(window, services),
        *annotator_entries(window, services, services.annotator_import, lanes),
    ]
    edits = {act.id for act in COMMANDS} - REPEATED
    entries = [
        *file_entries(
            dialogs,
            services,
            services.video_relinker,
            ask,
            leave,
            lambda: quit_window(window, services.jobs),
            imports,
        ),
        *edit_entries(services),
        *missing_labels_entries(services.missing_labels),
        *video_entries(dialogs, services.video_steps, docks.videos),
        *view_entries(services, docks.timeline, docks.video),
        *strip_entries(docks),
        *lane_entries(docks.timeline),
        *scheme_entries(services.settings),
        *playback_entries(services, editing),
        *watching_entries(services.review_playback, docks.transport.go_to),
        *sound_entries(services.sound),
        *segment_entries(
            services.model_service,
            editing,
            services.tap_labelling,
            docks.timeline.snap_candidates,
        ),
        *live_entries(
            services.live_labelling,
            services.tap_labelling,
            lambda: ask_lag(window, services.settings),
            lambda: services.current_video.item is not None,
        ),
        *class_entries(docks.classes, services.class_editor, dialogs),
        *people_entries(services.subject_choice),
        *pose_entries(services.keypoint_editor, services.session, docks.video),
        *model_entries(services, docks.show_model),
        *dock_entries(docks),
        *window_entries(docks, command_ui),
        Entry("help", "&Help", "Help", ("F1",), help_and_tour.show_help),
        Entry("guided-tour", "&Help", "Guided tour", (), help_and_tour.start_tour),
        *help_entries(command_ui),
        Entry("report", "&Help", "Report a problem…", (), help_and_tour.report_problem),
    ]
    return [replace(e, repeats=False) if e.id in edits else e for e in entries]
