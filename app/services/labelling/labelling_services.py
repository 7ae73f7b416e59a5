"""Services of labelling: edits of segments, classes, keypoints, people and comments."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject

from app.services.foundation import Foundation
from app.services.labelling.annotator_name import AnnotatorName
from app.services.labelling.class_editor import ClassEditor
from app.services.labelling.comments import Comments
from app.services.labelling.example_filler import ExampleFiller
from app.services.labelling.keypoint_editor import KeypointEditor
from app.services.labelling.live_labelling import LiveLabelling
from app.services.labelling.order_labelling import OrderLabelling
from app.services.labelling.redecoder import Redecoder
from app.services.labelling.rest_corrector import RestCorrector
from app.services.labelling.segment_editor import SegmentEditor
from app.services.labelling.subject_choice import SubjectChoice
from app.services.labelling.track_editor import TrackEditor
from app.services.labelling.undo_redo import UndoRedo
from app.services.models.model_service import ModelService


class LabellingServices(QObject):
    """Make the services of labelling; ``held`` returns the videos others label."""

    def __init__(
        self,
        base: Foundation,
        models: ModelService,
        held: Callable[[], Collection[str]],
    ) -> None:
        super().__init__(base)
        document, session, current = base.document, base.session, base.current_video
        player, settings, tasks = base.player, base.settings, base.tasks
        notices = base.notices
        self.annotator_name = name = AnnotatorName(
            current, player, settings, base.jobs, notices, self
        )
        self.comments = Comments(current, player, lambda: name.name, self)
        self.example_filler = ExampleFiller(current, player, tasks, held, self)
        self.order_labelling = OrderLabelling(current, player, models, tasks, self)
        self.rest_corrector = RestCorrector(current, models, tasks, self)
        self.segment_editor = editor = SegmentEditor(
            document, session, player, notices, self
        )
        self.redecoder = Redecoder(
            current, player, editor.boundary, models, tasks, self
        )
        self.class_editor = ClassEditor(tasks, self, lambda: session.track_id)
        self.live_labelling = LiveLabelling(
            document, session, player, settings, notices, self
        )
        editor.points.reacted = self.live_labelling.frame_reacted_to
        self.track_editor = TrackEditor(
            current, notices, lambda: editor.on_screen.sight, editor.targets, self
        )
        self.undo_redo = UndoRedo(current, player, notices, self)
        self.subject_choice = SubjectChoice(current, self.track_editor, notices, self)
        self.keypoint_editor = KeypointEditor(current, editor.targets, notices, self)
