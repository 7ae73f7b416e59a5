"""Services of models: poses, proxies, pre-labels and training."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.folder_watch import FolderWatch
from app.services.foundation import Foundation
from app.services.models.background_training import BackgroundTraining
from app.services.models.model_library import ModelLibrary
from app.services.models.model_service import ModelService
from app.services.models.pose_service import PoseService
from app.services.models.proxy_service import ProxyService
from app.services.models.several_videos import SeveralVideos
from app.services.models.video_runs import VideoRuns


class ModelServices(QObject):
    """Make the services of models; ``watch`` shows what runs write."""

    def __init__(self, base: Foundation, watch: FolderWatch) -> None:
        super().__init__(base)
        current, player, tasks = base.current_video, base.player, base.tasks
        settings = base.settings
        self.pose_service = poses = PoseService(current, tasks, self)
        self.proxy_service = ProxyService(current, player, tasks, poses, settings, self)
        self.model_service = models = ModelService(current, player, tasks, poses, self)
        self._keep_chosen_model(base)
        self.model_library = ModelLibrary(models, self)
        self.background_training = BackgroundTraining(
            current, models, tasks, settings, self
        )
        self.video_runs = runs = VideoRuns(current, models, poses, tasks, watch, self)
        self.several_videos = SeveralVideos(
            base.document, poses, models, runs, base.notices, self
        )
        player.first_picture_shown.connect(self._on_first_picture)

    def _on_first_picture(self) -> None:
        """Read the poses of a video; write its proxy unless their estimate does."""
        # Threads that read earlier would slow down the first picture.
        self.pose_service.load()
        self.proxy_service.begin()

    @staticmethod
    def _keep_chosen_model(base: Foundation) -> None:
        """Choose the model that was chosen when the project was closed, if any."""
        document, session, settings = base.document, base.session, base.settings
        kept = settings.chosen_model(document.project.uuid)
        if kept in document.model_names():
            session.set_model(kept)
        session.model_changed.connect(
            lambda: settings.set_chosen_model(document.project.uuid, session.model)
        )
