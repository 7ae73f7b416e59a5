"""FolderPaths: where each file of a project lies in its folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from skelseg_core.errors import VideoError
from skelseg_core.file_names import printable, safe_name
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Video, annotator_lane
from skelseg_core.video.media_path import media_exists, media_path


@dataclass
class FolderPaths:
    """Paths of the files of a project, and of its videos wherever they lie."""

    root: Path

    @property
    def project_file(self) -> Path:
        """The file that makes a folder a project."""
        return self.root / "project.json"

    @property
    def models_dir(self) -> Path:
        """Folder of the trained models."""
        return self.root / "models"

    @cached_property
    def _labels(self) -> Path:
        return self.root / "labels"

    @cached_property
    def _about(self) -> Path:
        return self.root / "about"

    def labels_path(self, video_id: str) -> Path:
        """Return the path of a video's label file."""
        return self._labels / f"{video_id}.json"

    def about_path(self, video_id: VideoId) -> Path:
        """Return the file of notes, people, comments and corrections of a video."""
        return self._about / f"{video_id}.json"

    def annotator_path(self, video_id: str, name: str) -> Path:
        """Return the path of another annotator's label file of a video."""
        return self.root / "annotators" / safe_name(name) / f"{video_id}.json"

    def person_path(self, video_id: str, lane: str) -> Path:
        """Return the label file of an annotation or of another annotator's lane."""
        if lane == ANNOTATION:
            return self.labels_path(video_id)
        return self.annotator_path(video_id, lane.removeprefix(annotator_lane("")))

    def poses_path(self, video_id: VideoId) -> Path:
        """Return the path of a video's pose file."""
        return self.root / "poses" / f"{video_id}.npz"

    def pose_blocks_dir(self, video_id: VideoId) -> Path:
        """Return the folder of the poses of a video that are being estimated."""
        return self.root / ".poses" / video_id

    def nobody_path(self, video_id: VideoId) -> Path:
        """Return the file that holds a fingerprint once nobody was seen in a video."""
        return self.pose_blocks_dir(video_id) / "nobody"

    def poses3d_path(self, video_id: VideoId) -> Path:
        """Return the file of a recording's 3D poses, where a data set has them."""
        return self.root / "poses3d" / f"{video_id}.npz"

    def risk_path(self, video_id: VideoId) -> Path:
        """Return the file of a recording's framewise REBA scores, if there are any."""
        return self.root / "risk" / f"{video_id}.npz"

    def prediction_path(self, video_id: str, model: str) -> Path:
        """Return the path of a model's prediction file of a video."""
        return self.root / "predictions" / video_id / f"{safe_name(model)}.npz"

    def returned_path(self, video_id: str) -> Path:
        """Return the file of what models said of a track, to be known at an import."""
        return self.root / "prelabels" / f"{video_id}.json"

    def key_of(self, path: Path) -> str:
        """Return the name of a project's file as in the journal: ``labels/v1.json``."""
        return path.relative_to(self.root).as_posix()

    def model_dir(self, name: str) -> Path:
        """Return the folder of a model."""
        return self.models_dir / safe_name(name)

    def model_names(self) -> tuple[str, ...]:
        """List the models of the project, the newest first."""
        files = self.models_dir.glob("*/model.json")
        newest = sorted(files, key=lambda p: p.stat().st_mtime, reverse=True)
        return tuple(p.parent.name for p in newest)

    def video_path(self, video: Video, roots: Sequence[str] = ()) -> Path:
        """Find the video file: at the stored path, or by name under a media root."""
        stored = Path(video.path)
        # Resolved first, as in `stored_path`: ".." behind a link leads elsewhere.
        path = Path(os.path.normpath(self.root.resolve() / stored))
        if media_exists(path):
            return path
        for root in roots:
            candidate = Path(root) / stored.name
            if media_exists(candidate):
                return candidate
        return path

    def stated_path(self, video: Video) -> Path:
        """Return where the video file should be, asking no disk."""
        return Path(os.path.normpath(self.root / video.path))

    def stored_path(self, video: Path) -> str:
        """Write the path of a video for the project: relative where it is near.

        Raises
        ------
        VideoError
            Where UTF-8, as which a project is written, cannot hold it.
        """
        media = media_path(video)
        video = replace(media, file=media.file.resolve()).path
        root = self.root.resolve()
        stored = video.as_posix()
        if video.is_relative_to(root):
            stored = video.relative_to(root).as_posix()
        elif video.is_relative_to(root.parent):
            stored = Path(os.path.relpath(video, root)).as_posix()
        check_text(stored)
        return stored


def check_text(path: str) -> None:
    """Refuse the path of a video or folder that no project can hold.

    Raises
    ------
    VideoError
        Where UTF-8 cannot hold it: a name from an old disk or a foreign archive.
    """
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise VideoError(
            "{} has a name that is not valid UTF-8, which a project cannot store; "
            "rename the file or folder.",
            printable(path),
        ) from error
