"""A project as scripts and notebooks read it: labels as arrays and tables.

What is returned is read from the folder when it was opened; `OpenProject.reload` reads
it again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.errors import FormatError, ProjectError, VideoError
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.library.sentences_as_warnings import tell
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.predictions.found import models_of
from skelseg_core.predictions.lanes import lane_names, lane_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import BlankVideo, open_recording
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.video_poses import load_video_poses
from skelseg_core.project.videos_and_tracks import Track, Video, model_of_lane
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LabelledSegment:
    """A labelled segment of a video: the frames ``start`` up to, not with, ``stop``.

    Parameters
    ----------
    start, stop : int
        Frames.
    start_s, stop_s : float
        The same in seconds, by the video's own timestamps.
    label : str
        Name of the class.
    source : str
        Who gave the label: ``"human"``, ``"model"`` or ``"import"``.
    reviewed : bool
        Whether a person reviewed the class and both ends.
    confidence : float or None
        The model's mean probability of the label, 0..1.
    """

    start: int
    stop: int
    start_s: float
    stop_s: float
    label: str
    source: str
    reviewed: bool
    confidence: float | None


@dataclass(frozen=True)
class LabelledPoint:
    """A point of a track: a frame and the name of its class.

    Parameters
    ----------
    frame : int
    time_s : float
        When the frame starts, by the video's own timestamps.
    label : str
    source : {"human", "model", "import"}
    reviewed : bool
    confidence : float or None
        How sure a model was, 0..1.
    """

    frame: int
    time_s: float
    label: str
    source: str
    reviewed: bool
    confidence: float | None


class OpenTrack:
    """A track of a video of an opened project: its labels, its pictures and poses.

    Made by `OpenVideo.tracks`.

    Attributes
    ----------
    title : str
        Name in words, as ``skelseg info`` has it.
    video : str
        Name of the video in the project.
    tier, person : str
        What is labelled, and of whom; empty where nobody is named.
    n_frames : int
    rate : float
        Frames per second, on average.
    width, height : int
        Of the picture, px.
    """

    def __init__(self, folder: ProjectFolder, project: Project, item: Track) -> None:
        self._folder, self._project, self._item = folder, project, item
        self.title, self.video = project.titled(item.id), item.video_id
        self.n_frames, self.rate = item.n_frames, item.video.mean_rate
        self.tier, self.person = project.tier(item.tier).name, item.person
        self.width, self.height = item.video.width, item.video.height
        self._times: FrameTimes | None = None

    @cached_property
    def lanes(self) -> tuple[str, ...]:
        """Names of the lanes that can be used.

        ``"annotation"``, ``"prediction:<model>"``, ``"annotator:<name>"``.
        """
        return tuple(lane_names(self._folder, self._project, [self._item]))

    @property
    def path(self) -> Path | None:
        """The video file, or None where the project has poses alone."""
        if not self._item.video.has_file:
            return None
        return self._folder.video_path(self._item.video, self._project.media_roots)

    @property
    def times_s(self) -> np.ndarray:
        """Start of each frame in seconds, float64 (T,), by the video's timestamps.

        Raises
        ------
        VideoError
            Where the video cannot be read.
        """
        return self._frame_times().starts_s

    def labels(self, lane: str = ANNOTATION) -> np.ndarray:
        """Return the name of the class of every frame.

        Parameters
        ----------
        lane : str

        Returns
        -------
        ndarray of str, shape (T,)
            Empty where a frame is not labelled.

        Raises
        ------
        ProjectError
            Where the video lacks the lane, or its file is gone.
        """
        names = np.empty(self.n_frames, object)
        for segment in self._lane(lane).segments:
            names[segment.start : segment.stop] = self._name(segment.class_id)
        return names.astype(str)

    def segments(self, lane: str = ANNOTATION) -> list[LabelledSegment]:
        """List the labelled segments, in the order of time.

        Raises
        ------
        ProjectError, VideoError
            Where the video lacks the lane, or cannot be read (it gives the times).
        """
        times = self._frame_times()
        return [
            LabelledSegment(
                s.start,
                s.stop,
                times.start_s(s.start),
                times.start_s(s.stop),
                self._name(s.class_id),
                s.source or "",
                s.reviewed,
                s.confidence,
            )
            for s in self._lane(lane).segments
            if s.class_id is not None
        ]

    def points(self) -> list[LabelledPoint]:
        """List the points of a tier of points, in the order of time.

        Raises
        ------
        VideoError
            Where the video cannot be read (it gives the times).
        """
        self._check_one()
        times = self._frame_times()
        return [
            LabelledPoint(
                p.frame,
                times.start_s(p.frame),
                self._name(p.class_id),
                p.source,
                p.reviewed,
                p.confidence,
            )
            for p in self._item.marks
        ]

    def has_file(self, lane: str) -> bool:
        """Tell whether there is a file of a lane, also of one that is refused."""
        model = model_of_lane(lane)
        of_model = model in models_of(self._folder.root, self._item.id)
        return lane in self._item.lanes or of_model

    def _check_one(self) -> None:
        """Refuse to read the labels of what has several tracks."""

    def _lane(self, name: str) -> Segmentation:
        self._check_one()
        return lane_of(self._folder, self._project, self._item, name)

    def frames(
        self, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Read frames one after the other: the very frames that were labelled.

        Parameters
        ----------
        start, stop : int
            The frames ``start`` up to, not with, ``stop``; all by default.

        Yields
        ------
        int, ndarray of uint8, shape (H, W, 3)
            Number of the frame, and its picture in RGB.

        Raises
        ------
        VideoError
            Where there is no video, or it cannot be read.
        """
        reader = open_recording(self._folder, self._item, self._project.media_roots)
        with reader:
            if isinstance(reader, BlankVideo):
                raise VideoError("Video {} has poses and no pictures.", self.video)
            yield from reader.frames(start, stop)

    def poses(self) -> PoseSequence:
        """Load the poses, with the corrections of a person.

        Returns
        -------
        PoseSequence
            ``keypoints`` (T, M, K, 2) in px and ``scores`` (T, M, K).

        Raises
        ------
        ProjectError, FormatError
            Where there are none, or the file is damaged.
        """
        path = self._folder.poses_path(self._item.video_id)
        if not path.is_file():
            raise ProjectError(
                "Video {} has no poses; estimate them ('skelseg poses') or import "
                "them.",
                self.video,
            )
        return load_video_poses(path, self._item, self._project.skeleton)

    def to_pandas(self, lane: str = ANNOTATION) -> pd.DataFrame:
        """Return the labelled segments as a table, one row each.

        Columns: video and the fields of `LabelledSegment`.
        """
        return _table([(self.video, s) for s in self.segments(lane)])

    def frame_table(self, *lanes: str) -> pd.DataFrame:
        """Return a table with a row for each frame of the video.

        Columns: ``start_s`` (by the video's own timestamps), and of each lane the names
        of the classes, empty where a frame is not labelled.

        Parameters
        ----------
        *lanes : str
            All by default.

        Raises
        ------
        ProjectError, VideoError
            Where the video lacks a lane, or cannot be read (it gives the times).
        """
        import pandas

        columns = {lane: self.labels(lane) for lane in lanes or self.lanes}
        index = pandas.RangeIndex(self.n_frames, name="frame")
        table: pd.DataFrame
        table = pandas.DataFrame({"start_s": self.times_s, **columns}, index)
        return table

    def __repr__(self) -> str:
        return f"<{self.title}: {self.n_frames:,} frames, lanes {list(self.lanes)}>"

    def _frame_times(self) -> FrameTimes:
        if self._times is None:
            with open_recording(
                self._folder, self._item, self._project.media_roots
            ) as reader:
                self._times = reader.times
        return self._times

    def _name(self, class_id: int | None) -> str:
        if class_id is None:
            return ""
        return self._project.name_of(class_id) or f"class {class_id}"


class OpenVideo(OpenTrack):
    """A video of an opened project: the people seen in it, and its tracks.

    Made by `OpenProject.videos`. The labels of its only track are read from it as well;
    of several tracks each is read by itself.

    Attributes
    ----------
    id : str
        Name of the video in the project.
    people : tuple of str
        Who is seen in it, as far as that is said.
    tracks : tuple of OpenTrack
        What is labelled in it, and of whom.
    comments : tuple of Comment
        Remarks on its frames.
    """

    def __init__(self, folder: ProjectFolder, project: Project, video: Video) -> None:
        super().__init__(folder, project, project.first_track(video.id))
        self.title = f"video {video.title}"
        self.id, self.people = video.id, video.people
        self.comments: tuple[Comment, ...] = video.comments
        items = project.tracks_of(video.id)
        self.tracks = tuple(OpenTrack(folder, project, item) for item in items)

    @cached_property
    def lanes(self) -> tuple[str, ...]:
        """Names of the lanes of all tracks."""
        return tuple(dict.fromkeys(n for track in self.tracks for n in track.lanes))

    def _check_one(self) -> None:
        if len(self.tracks) > 1:
            raise ProjectError(
                "Video {} has several tracks: {}; read the labels of one of its "
                "'tracks'.",
                self.id,
                ", ".join(track.title for track in self.tracks),
            )


class OpenProject:
    """A project that was opened for reading: `open_project` makes one.

    Attributes
    ----------
    path : Path
        Its folder.
    name : str
    classes : tuple of str
        Names of the classes; of the first tier where there are several.
    tiers : mapping of str to tuple of str
        Names of the classes by tier.
    models : tuple of str
        Names of the trained models.
    videos : mapping of str to OpenVideo
        By id, in the order of the project.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.reload()

    def reload(self) -> None:
        """Read the folder again: what was saved since is there then."""
        folder = ProjectFolder(self.path)
        project = folder.load()
        tell(folder.notes)
        self.name, self.classes = project.name, tuple(project.classes.names)
        self.tiers = {t.name: project.classes_of(t).names for t in project.tiers}
        self.models = folder.model_names()
        self._has_tracks = project.has_tracks
        self.videos: Mapping[str, OpenVideo] = {
            video.id: OpenVideo(folder, project, video) for video in project.videos
        }

    def to_pandas(self, lane: str = ANNOTATION) -> pd.DataFrame:
        """Return the labelled segments of all videos as a table, one row each.

        Videos without the lane have no rows. Columns: video and the fields of
        `LabelledSegment`; where videos have several tracks, tier and person as well.
        """
        rows, of = list[tuple[str, LabelledSegment]](), list[OpenTrack]()
        for track in (track for v in self.videos.values() for track in v.tracks):
            if not track.has_file(lane):
                continue
            try:
                found = track.segments(lane)
            # A prediction that does not fit, or damaged labels.
            except (FormatError, ProjectError) as error:
                tell([str(error)])
                continue
            rows += [(track.video, segment) for segment in found]
            of += [track] * len(found)
        table = _table(rows)
        if self._has_tracks:
            table.insert(1, "tier", [v.tier for v in of])
            table.insert(2, "person", [v.person for v in of])
        return table

    def __repr__(self) -> str:
        return (
            f"<project {self.name}: {len(self.videos)} videos, "
            f"{len(self.classes)} classes, {len(self.models)} models>"
        )


def open_project(path: str | os.PathLike[str]) -> OpenProject:
    """Open the project in a folder for reading.

    Parameters
    ----------
    path : path
        Folder with a ``project.json``.

    Raises
    ------
    ProjectError
        Where there is none, or it cannot be read.
    """
    return OpenProject(path)


def _table(rows: list[tuple[str, LabelledSegment]]) -> pd.DataFrame:
    import pandas

    names = ["video", *LabelledSegment.__dataclass_fields__]
    values = [{"video": video, **asdict(segment)} for video, segment in rows]
    table: pd.DataFrame = pandas.DataFrame(values, columns=names)
    return table
