"""Collect the table of all commands of a project's window, without a window."""

from __future__ import annotations

from functools import cache

from app.kit.commands import CommandTable
from app.playback.player import Player
from app.playback.sound import Sound
from app.services.files.missing_labels import MissingLabels
from app.services.files.video_claims import VideoClaims
from app.services.files.video_files import VideoFiles
from app.services.labelling.annotator_name import AnnotatorName
from app.services.labelling.current_boundary import CurrentBoundary
from app.services.labelling.example_filler import ExampleFiller
from app.services.labelling.keypoint_editor import KeypointEditor
from app.services.labelling.live_labelling import LiveLabelling
from app.services.labelling.redecoder import Redecoder
from app.services.labelling.rest_corrector import RestCorrector
from app.services.labelling.segment_editor import SegmentEditor
from app.services.labelling.subject_choice import SubjectChoice
from app.services.labelling.track_editor import TrackEditor
from app.services.models.background_training import BackgroundTraining
from app.services.models.model_service import ModelService
from app.services.models.pose_service import PoseService
from app.services.models.proxy_service import ProxyService
from app.services.models.video_runs import VideoRuns
from app.services.review.item_editor import ItemEditor
from app.services.review.next_video import NextVideo
from app.services.review.review_playback import ReviewPlayback
from app.services.review.review_room import ReviewRoom
from app.services.review.settling import Settling
from app.state.current_video import CurrentVideo
from app.state.document import Document
from app.timeline.lane_chooser import LaneChooser
from app.timeline.view import TimelineView
from app.views.classes.classes import ClassesView
from app.views.dialogs.dialogs import Dialogs
from app.views.messages import MessageBar
from app.views.picture.transport import TransportBar
from app.views.picture.video import VideoView
from app.views.review.wall import WallView
from app.views.tables.videos import VideosView
from app.window.command_ui import CommandUi
from app.window.docks import Docks
from app.window.help_and_tour import HelpAndTour
from app.window.menus import MENUS, WITHOUT_ROW
from app.window.pages import Pages
from app.window.pane_focus import Panes
from app.window.program_commands import ProgramCommands
from app.window.project_commands import ProjectCommands
from app.window.task_commands import TaskCommands
from app.window.top_row import TopRow

OWNERS: dict[str, type] = {
    "command_ui": CommandUi,
    "dialogs": Dialogs,
    "docks": Docks,
    "docks.classes": ClassesView,
    "docks.messages": MessageBar,
    "docks.pages": Pages,
    "docks.panes": Panes,
    "docks.timeline": TimelineView,
    "docks.top": TopRow,
    "docks.timeline.lanes": LaneChooser,
    "docks.transport": TransportBar,
    "docks.video": VideoView,
    "docks.videos": VideosView,
    "docks.wall": WallView,
    "services.labelling.rest_corrector": RestCorrector,
    "services.models.background_training": BackgroundTraining,
    "services.current_video": CurrentVideo,
    "services.document": Document,
    "services.labelling.example_filler": ExampleFiller,
    "help_and_tour": HelpAndTour,
    "services.labelling.keypoint_editor": KeypointEditor,
    "services.labelling.live_labelling": LiveLabelling,
    "services.files.missing_labels": MissingLabels,
    "services.models.model_service": ModelService,
    "services.review.next_video": NextVideo,
    "services.labelling.annotator_name": AnnotatorName,
    "services.models.pose_service": PoseService,
    "services.models.proxy_service": ProxyService,
    "services.files.video_claims": VideoClaims,
    "services.files.video_files": VideoFiles,
    "services.models.video_runs": VideoRuns,
    "services.player": Player,
    "program_commands": ProgramCommands,
    "project_commands": ProjectCommands,
    "task_commands": TaskCommands,
    "services.labelling.redecoder": Redecoder,
    "services.review.review_playback": ReviewPlayback,
    "services.review.item_editor": ItemEditor,
    "services.review.review_room": ReviewRoom,
    "services.labelling.segment_editor": SegmentEditor,
    "services.labelling.segment_editor.boundary": CurrentBoundary,
    "services.review.settling": Settling,
    "services.sound": Sound,
    "services.labelling.subject_choice": SubjectChoice,
    "services.labelling.track_editor": TrackEditor,
}
"""Classes that declare commands, by their attribute path in `ProjectWindow`."""


@cache
def project_table() -> CommandTable:
    """Collect all commands."""
    return CommandTable(MENUS, OWNERS, WITHOUT_ROW)
