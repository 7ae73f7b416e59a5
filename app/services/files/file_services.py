"""Services of files: videos, labels and poses that come in, saves and backups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.services.files.backup_keeper import BackupKeeper
from app.services.files.copy_saver import CopySaver
from app.services.files.file_importer import FileImporter
from app.services.files.label_importer import LabelImporter
from app.services.files.lost_tracks import LostTracks
from app.services.files.missing_labels import MissingLabels
from app.services.files.video_claims import VideoClaims
from app.services.files.video_files import VideoFiles
from app.services.foundation import Foundation
from app.services.models.pose_service import PoseService
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId


class FileServices(QObject):
    """Make the services of files.

    ``which_video`` asks the person which video a file belongs to, ``may_replace``
    whether existing data may be replaced.
    """

    def __init__(
        self,
        base: Foundation,
        poses: PoseService,
        which_video: Callable[[Path, Project, VideoId], VideoId | None],
        may_replace: Callable[[str], bool],
    ) -> None:
        super().__init__(base)
        current, notices, tasks = base.current_video, base.notices, base.tasks
        self.video_claims = VideoClaims(current, notices, self)
        self.video_files = VideoFiles(current, base.player, tasks, self)
        self.video_files.added.connect(poses.estimate_new)
        self.copy_saver = CopySaver(
            base.document, base.jobs, base.after_save, notices, self
        )
        self.label_importer = LabelImporter(tasks, self.video_files, self)
        self.file_importer = FileImporter(
            tasks,
            self.video_files,
            poses,
            self.label_importer,
            lambda file, project: which_video(file, project, base.session.video_id),
            may_replace,
            self,
        )
        self.backups = BackupKeeper(tasks, self)
        self.missing_labels = MissingLabels(current, tasks, self.backups, self)
        self.lost_tracks = LostTracks(current.document, tasks.notices, self)
        self.label_importer.imported.connect(self.backups.keep_before)
