"""Videos with their labels as writers of label files are given them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skelseg_core.errors import MissingVideo
from skelseg_core.formats.label_file import LabelledVideo, Remark
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.lanes import exported_lane
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.videos_and_tracks import Track, annotator_of_lane
from skelseg_core.said import Said
from skelseg_core.tasks.seen_in_training import seen_in_training
from skelseg_core.video.times import FrameTimes


class LabelledVideos:
    """Make a `LabelledVideo` of each video of a project for one lane.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    lane : str
        ``"annotation"``, ``"prediction:<model>"`` or ``"annotator:<name>"``.
    out : Path
        Folder that the files will lie in.

    Attributes
    ----------
    by_rate : list of str
        Names of the videos that are missing, whose times are by the mean rate.
    """

    def __init__(
        self, folder: ProjectFolder, project: Project, lane: str, out: Path
    ) -> None:
        self._folder, self._project = folder, project
        self._lane, self._out = lane, out
        self.by_rate: list[str] = []

    def of(self, item: Track) -> tuple[LabelledVideo, dict[str, object]]:
        """Return a video with its labels, and what the manifest says of it.

        A video that is missing has the times of its mean rate: labels are of frames.

        Raises
        ------
        ProjectError, FormatError, VideoError
            Where it is not known which frames of a prediction a person fixed, or the
            video cannot be read.
        """
        lane, about = exported_lane(self._folder, self._project, item, self._lane)
        try:
            times = self._times(item)
        except MissingVideo:
            times = item.video.even_times
            self.by_rate.append(item.video.title)
        about |= seen_in_training(self._folder, self._project, item, self._lane)
        about = {**_about(item), **about, **signed(item, self._lane)}
        if self._project.several_tracks:
            about |= {"tier": self._project.tier(item.tier).name, "person": item.person}
        return self._made(item, lane, times), about

    @property
    def untimed(self) -> tuple[str, ...]:
        """A sentence on the videos that are missing, if any is."""
        names = ", ".join(dict.fromkeys(self.by_rate))
        text = Said("Times by the mean rate, because the video is missing: {}.", names)
        return (text,) if names else ()

    def _times(self, item: Track) -> FrameTimes:
        roots = self._project.media_roots
        with open_recording(self._folder, item, roots) as reader:
            return reader.times

    def _made(
        self, item: Track, lane: Segmentation, times: FrameTimes
    ) -> LabelledVideo:
        roots = self._project.media_roots
        media = (
            self._folder.video_path(item.video, roots) if item.video.has_file else None
        )
        return LabelledVideo(
            id=item.id,
            segmentation=lane,
            label_map=self._project.classes_of(item),
            times=times,
            media=media,
            out=self._out.absolute(),
            size=(item.video.width, item.video.height),
            lane=self._lane,
            annotator=labelled_by(item, self._lane),
            **{"people": item.video.people, **self._track(item)},
            **(self._beside(item) if self._lane == ANNOTATION else {}),
        )

    def _track(self, item: Track) -> dict[str, Any]:
        """Say which of several tracks an item is, and of whom."""
        project = self._project
        if not project.several_tracks:
            return {}
        tier = project.tier(item.tier)
        inside = next((t.name for t in project.tiers if t.id == tier.inside), "")
        # Of those who are seen, a person without a name is none who has a name.
        named = {t.person for t in project.tracks_of(item.video_id)}
        people = tuple(p for p in item.video.people if p not in named)
        of_scene = tier.of == "scene"
        return {
            "video": item.video_id,
            "tier": tier.name,
            "person": item.person,
            "inside": inside,
            "of_scene": of_scene,
            "points": tier.kind == "points",
            "people": (item.person,) if item.person else () if of_scene else people,
        }

    def _beside(self, item: Track) -> dict[str, Any]:
        """List the marks of a track, and the comments on it or on the video."""
        on_video = (None, *((item.id,) if not self._project.several_tracks else ()))
        return {
            "marks": item.marks,
            "comments": tuple(
                Remark(c.start, c.stop, c.text, c.track in on_video)
                for c in item.video.comments
                if c.track == item.id
                or (item.is_named_like_video and c.track in on_video)
            ),
        }


def labelled_by(item: Track, lane: str) -> str:
    """Name who gave the labels of a lane; empty where nobody said."""
    return (item.annotator if lane == ANNOTATION else "") or annotator_of_lane(lane)


def signed(item: Track, lane: str) -> dict[str, object]:
    """Return what a manifest says of who gave the labels; empty where nobody said."""
    who = labelled_by(item, lane)
    return {"annotator": who} if who else {}


def _about(item: Track) -> dict[str, object]:
    return {
        "id": item.id,
        "file": Path(item.video.path).name,
        "fingerprint": item.video.fingerprint,
        "n_frames": item.n_frames,
        "width": item.video.width,
        "height": item.video.height,
        "mean_rate": item.video.mean_rate,
        **({"people": list(item.video.people)} if item.video.people else {}),
    }
