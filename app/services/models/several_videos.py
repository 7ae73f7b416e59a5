"""Do something with several videos that were selected in the list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from PySide6.QtCore import QObject

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.models.model_service import ModelService
from app.services.models.pose_service import PoseService
from app.services.models.video_runs import VideoRuns
from app.state.document import Document
from skelseg_core.labels.people import people_of_text, people_text
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import remove_video, set_done, set_people
from skelseg_core.project.proposed_people import person_in
from skelseg_core.project.tracks import TrackId, VideoId


class SeveralVideos(QObject):
    """Estimate, pre-label, name, mark and remove videos; each edit is one undo step."""

    def __init__(
        self,
        document: Document,
        poses: PoseService,
        models: ModelService,
        runs: VideoRuns,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._notices = document, notices
        self._poses, self._models, self._runs = poses, models, runs

    def _there(self, videos: Sequence[VideoId]) -> list[VideoId]:
        """Return the videos that are still in the project."""
        return list(filter(self._document.project.has_video, videos))

    def _tracks_of(self, videos: Sequence[VideoId]) -> list[TrackId]:
        project = self._document.project
        return [track.id for v in videos for track in project.tracks_of(v)]

    def estimate(self, videos: Sequence[VideoId], allow_download: bool) -> None:
        """Estimate the poses of one anew, of several that have none yet in one run.

        With ``allow_download`` each is estimated here, one after the other.
        """
        ids = self._there(videos)
        if len(ids) == 1:
            self._poses.estimate(ids[0], True, allow_download)
        elif allow_download:
            for video_id in ids:
                self._poses.estimate(video_id, allow_download=True)
        elif ids:
            self._runs.estimate(ids)

    def prelabel(self, videos: Sequence[VideoId]) -> None:
        """Pre-label each by the model in use, several in one run."""
        ids = self._there(videos)
        tracks = self._tracks_of(ids)
        if len(tracks) == 1:
            self._models.prelabel_video(tracks[0])
        elif ids:
            self._runs.prelabel(ids)

    def mark_done(self, videos: Sequence[VideoId], done: bool) -> None:
        """Say that the labels of these videos are done, or are not."""
        ids = self._there(videos)
        if len(ids) == 1:
            words = self.tr("Done with {}") if done else self.tr("Not done with {}")
            text = words.format(ids[0])
        elif done:
            text = plural("Done with {n} video(s)", len(ids))
        else:
            text = plural("Not done with {n} video(s)", len(ids))
        tracks = self._tracks_of(ids)
        self._document.apply(
            text, lambda p: reduce(lambda q, v: set_done(q, v, done), tracks, p)
        )

    def people_of(self, videos: Sequence[VideoId]) -> tuple[str, tuple[str, ...]]:
        """Return who is in these videos, as text, and all people of the project.

        Where nobody is named and their names share a word, that is proposed; where
        they differ, nothing.
        """
        project, ids = self._document.project, self._there(videos)
        texts = {people_text(project.video(v).people) for v in ids}
        if texts == {""}:
            texts = {person_in(v) for v in ids}
        known = dict.fromkeys(p for v in project.videos for p in v.people)
        return texts.pop() if len(texts) == 1 else "", tuple(known)

    def name_people(self, videos: Sequence[VideoId], text: str) -> bool:
        """Say who is in each of these videos; False where that changes nothing."""
        ids = self._there(videos)
        title = plural("People in {n} video(s)", len(ids))
        if len(ids) == 1:
            title = self.tr("People in {}").format(ids[0])

        def edit(project: Project) -> Project:
            return set_people(project, dict.fromkeys(ids, people_of_text(text)))

        return self._document.apply(title, edit)

    def remove(self, videos: Sequence[VideoId]) -> None:
        """Take the videos out of the project; files and labels stay on disk."""
        ids = self._there(videos)
        if not ids:
            return
        if len(ids) == 1:
            text = self.tr("Remove {}").format(ids[0])
            said = self.tr("Removed {} from the project. You can undo this.")
            said = said.format(ids[0])
        else:
            text = plural("Remove {n} video(s)", len(ids))
            said = plural(
                "Removed {n} video(s) from the project. You can undo this.", len(ids)
            )
        if self._document.apply(text, lambda p: reduce(remove_video, ids, p)):
            self._notices.say(said)
