"""Services of review: the queue, the room, the wall, agreement and settling."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.foundation import Foundation
from app.services.labelling.class_keys import ClassKeys
from app.services.labelling.labelling_services import LabellingServices
from app.services.review.agreement import AgreementService
from app.services.review.item_editor import ItemEditor
from app.services.review.item_finder import ItemFinder
from app.services.review.next_video import NextVideo
from app.services.review.review_playback import ReviewPlayback
from app.services.review.review_room import ReviewRoom
from app.services.review.review_wall import ReviewWall
from app.services.review.settling import Settling
from app.state.change import Change


class ReviewServices(QObject):
    """Make the services of review, which edit through those of ``labelling``."""

    def __init__(self, base: Foundation, labelling: LabellingServices) -> None:
        super().__init__(base)
        current, player, notices = base.current_video, base.player, base.notices
        jobs, editor = base.jobs, labelling.segment_editor
        self._undo_redo = labelling.undo_redo
        self.next_video = NextVideo(current, base.tasks, self)
        self.review_playback = ReviewPlayback(current, player, notices, self)
        self.review_wall = ReviewWall(
            current, editor, ItemFinder(current, jobs, self), self
        )
        self.review_room = ReviewRoom(
            current,
            player,
            editor.boundary,
            self.review_playback,
            ItemFinder(current, jobs, self),
            lambda: self.review_wall.wrong_items,
            notices,
            editor.on_screen,
            self,
        )
        self.review_wall.marked.connect(self.review_room.find_again)
        self.item_editor = ItemEditor(
            self.review_room, editor, player, base.tasks, self
        )
        self.class_keys = ClassKeys(
            editor, labelling.live_labelling, self.item_editor.label, self
        )
        self.settling = Settling(
            self.review_room, labelling.annotator_name, notices, self
        )
        self.agreement = AgreementService(current, jobs, self.settling, self)
        base.document.undone.connect(self._on_undone)
        base.document.redone.connect(self._on_redone)

    def _on_undone(self, text: str, change: Change) -> None:
        """Go where the edit was, then find which item of the review that is."""
        self._undo_redo.show_undone(text, change)
        self.review_room.follow_undo(change)

    def _on_redone(self, text: str, change: Change) -> None:
        self._undo_redo.show_redone(text, change)
        self.review_room.follow_redo(change)
