"""Services of one open project, in groups: the parts of the program without widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from app.kit.plural import plural
from app.kit.settings import Settings
from app.services.files.file_services import FileServices
from app.services.folder_watch import FolderWatch
from app.services.foundation import Foundation
from app.services.labelling.labelling_services import LabellingServices
from app.services.models.model_services import ModelServices
from app.services.review.review_services import ReviewServices
from app.state.document import Document
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId
from skelseg_core.said import listed


class Services(Foundation):
    """Make the groups of services, each after those that it needs.

    ``which_video`` and ``may_replace`` are as in `FileServices`.
    """

    def __init__(
        self,
        document: Document,
        settings: Settings,
        which_video: Callable[[Path, Project, VideoId], VideoId | None],
        may_replace: Callable[[str], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(document, settings, parent)
        self.folder_watch = watch = FolderWatch(
            document, lambda: self.files.video_claims.others, self.notices, self
        )
        self.models = ModelServices(self, watch)
        self.files = FileServices(
            self, self.models.pose_service, which_video, may_replace
        )
        self.labelling = LabellingServices(
            self, self.models.model_service, lambda: self.files.video_claims.others
        )
        self.review = ReviewServices(self, self.labelling)
        self.review.review_wall.held = lambda: self.files.video_claims.others
        found = self.current_video.found
        once = Qt.ConnectionType.SingleShotConnection
        self.player.first_picture_shown.connect(found.look, once)
        watch.looked.connect(found.look)
        self.files.video_claims.files_changed.connect(watch.look)

    def show_opening_notices(self) -> None:
        """Say which edits were recovered and which label files are missing."""
        self.files.missing_labels.show_warning()
        self.files.lost_tracks.show_warning()
        self.folder_watch.look_soon()
        self.files.copy_saver.show_read_only()
        if n := self.document.recovered:
            text = plural("Recovered {n} edit(s) from an interrupted session.", n)
            if videos := self.document.recovered_videos:
                text += " " + self.tr("They are in {}.").format(listed(videos))
            self.notices.say(text)
        for note in self.document.notes:
            self.notices.warn(note)

    def close(self) -> None:
        """Stop all jobs and close the files; unsaved edits stay in the document."""
        self.after_save.drop()
        self.folder_watch.close()
        self.files.video_claims.close()
        self.player.close()
        self.files.video_files.close()
        self.sound.close()
        self.jobs.close()
