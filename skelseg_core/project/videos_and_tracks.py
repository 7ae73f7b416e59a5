"""Videos and tracks of a project, as immutable values.

A video is what people said of a film and of who is seen in it; a track is the labels
of one tier and person of a video, in lanes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Any

from msgspec import Meta

from skelseg_core.choices import ANNOTATION as ANNOTATION
from skelseg_core.errors import EditError, ProjectError
from skelseg_core.file_names import portable_name, same_name
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.decisions import Decision
from skelseg_core.labels.people import people_text
from skelseg_core.labels.points import Point, remap_points
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.corrections import Correction
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.project.tracks import TrackId, TrackKey, VideoId, track_id
from skelseg_core.said import Said
from skelseg_core.typed_values import Whole
from skelseg_core.video.times import FrameTimes

_PREDICTION = "prediction:"
_ANNOTATOR = "annotator:"
FEW_FRAMES = 10
"""Frames below which a video may be no video: two photos in a folder, for instance."""


def prediction_lane(model: str) -> str:
    """Name of the lane that holds what ``model`` predicted."""
    return _PREDICTION + model


def model_of_lane(lane: str) -> str:
    """Name of the model whose prediction a lane holds; empty where it holds none."""
    return lane.removeprefix(_PREDICTION) if lane.startswith(_PREDICTION) else ""


def annotator_lane(name: str) -> str:
    """Name of the lane that holds what another annotator says."""
    return _ANNOTATOR + name


def annotator_of_lane(lane: str) -> str:
    """Name of the annotator whose labels a lane holds; empty for any other lane."""
    return lane.removeprefix(_ANNOTATOR) if lane.startswith(_ANNOTATOR) else ""


@dataclass(frozen=True)
class Film:
    """A file that shows a video; of poses alone, their measures.

    Parameters
    ----------
    path : str
        Relative to the project folder, or absolute; with ``/``. Empty for a recording
        of which there are poses and no video.
    fingerprint : str
        Tells whether the file is still the same (see ``video``).
    n_frames : int
        At most 46 days at 25 per second.
    width, height : int
        Of the upright picture.
    mean_rate : float
        Frames per second on average; for display only.
    """

    path: str
    fingerprint: str
    n_frames: Annotated[int, Meta(ge=1, le=100_000_000)]
    width: Whole
    height: Whole
    mean_rate: float


@dataclass(frozen=True)
class Video:
    """A video of a project, and what people said of all of it.

    Its labels are in its tracks, each of which refers to it.

    Parameters
    ----------
    id : str
        Name within the project, also of its files.
    films : tuple of Film
        Files that show it; one, today.
    corrections : tuple of Correction
        What a person said of keypoints, in the order in which it was said.
    notes : str
        What a person wrote about the video.
    people : tuple of str
        Who is seen in the video, by ids that hold for the whole project; empty where
        nobody said.
    comments : tuple of Comment
        Remarks on frames of the video; sorted.
    bodies : Mapping[str, tuple of SubjectPick]
        Choices of the figure in the poses that is a person, by the person's name; "" is
        the person without a name.
    damage : str
        Why the file of all that is damaged; empty where it is whole.
    """

    id: VideoId
    films: tuple[Film, ...]
    corrections: tuple[Correction, ...] = ()
    notes: str = ""
    people: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    bodies: Mapping[str, tuple[SubjectPick, ...]] = field(default_factory=dict)
    damage: str = ""

    @property
    def path(self) -> str:
        """Path of its film."""
        return self.films[0].path

    @property
    def fingerprint(self) -> str:
        """Fingerprint of its film."""
        return self.films[0].fingerprint

    @cached_property
    def n_frames(self) -> int:
        """Frames of its film."""
        return self.films[0].n_frames

    @property
    def width(self) -> int:
        """Width of the picture in px."""
        return self.films[0].width

    @property
    def height(self) -> int:
        """Height of the picture in px."""
        return self.films[0].height

    @property
    def mean_rate(self) -> float:
        """Frames per second on average; for display only."""
        return self.films[0].mean_rate

    @property
    def has_file(self) -> bool:
        """True where there is a video file; False for poses alone."""
        return bool(self.path)

    @property
    def even_times(self) -> FrameTimes:
        """Times of the frames by the mean rate, where the file is not read yet."""
        return FrameTimes.even(self.n_frames, self.mean_rate)

    @cached_property
    def title(self) -> str:
        """The name that people know: that of the file, where the id stems from it."""
        stem = PurePosixPath(self.path).stem
        return stem if portable_name(stem) == self.id else self.id

    @cached_property
    def words(self) -> str:
        """Name, id, notes and people in one text without capitals, for a search."""
        said = self.title, self.id, self.notes, people_text(self.people)
        return "\n".join(said).casefold()

    @property
    def is_blank(self) -> bool:
        """True where nobody said anything of it."""
        said = self.corrections, self.notes, self.people, self.comments, self.bodies
        return not any(said)

    def with_film(self, **values: Any) -> Video:
        """Replace values of its first film."""
        first, *others = self.films
        return replace(self, films=(replace(first, **values), *others))

    def with_said(self, **values: Any) -> Video:
        """Replace what people said of it.

        Raises
        ------
        EditError
            Where its file is damaged: nobody knows what it says.
        """
        if self.damage:
            raise EditError(self.why_damaged)
        return replace(self, **values)

    @property
    def why_damaged(self) -> Said:
        """Write a sentence about the file of what people said, which is damaged."""
        return Said(
            "The notes of {} are damaged ({}); restore the video from a backup, or "
            "put a whole file back.",
            self.title,
            self.damage,
        )

    def is_same_said(self, other: Video) -> bool:
        """Tell whether people said the same of two, and whether that is known."""
        names = (*OF_VIDEO, "damage")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def with_said_of(self, other: Video) -> Video:
        """Give it what people said of another one."""
        return replace(self, **{name: getattr(other, name) for name in OF_VIDEO})

    def with_body(self, person: str, picks: Iterable[SubjectPick]) -> Video:
        """Say which of the figures a person is, or that nobody knows."""
        bodies = {k: v for k, v in self.bodies.items() if k != person}
        made = tuple(picks)
        return self.with_said(bodies={**bodies, person: made} if made else bodies)


OF_VIDEO = ("corrections", "notes", "people", "comments", "bodies")
"""Fields of a video that people fill in; its file in ``about/`` holds them."""


@dataclass(frozen=True)
class Track:
    """Labels of a tier in a video, of one person or of the scene.

    Most videos have one track.

    Parameters
    ----------
    id : str
        Name within the project, also of its files; see `tracks`.
    video : Video
        All tracks of a video refer to the same object.
    lanes : Mapping[str, Segmentation]
        What people made: ``"annotation"`` always, ``"annotator:<name>"`` per annotator
        whose labels lie beside one's own.
    missing : frozenset of str
        Lanes whose file is gone or damaged. Their labels are unknown, and no edit
        changes them.
    damaged : Mapping[str, str]
        What is wrong with the files of lanes that are missing and there.
    annotator : str
        Who labels the annotation, as far as that person gave a name.
    done : bool
        Whether its annotator said that it is done: only then a blind project shows
        what others and models say.
    decisions : tuple of Decision
        What was settled where two people disagreed.
    tier : str
        Id of the tier that is labelled.
    person : str
        Whose labels they are, where several people have tracks; see `tracks`.
    locked : str
        Who locked the labels, and when; empty where they can be edited.
    marks : tuple of Point
        Labels of single frames, in a track of points; sorted.
    """

    id: TrackId
    video: Video
    lanes: Mapping[str, Segmentation]
    missing: frozenset[str] = frozenset()
    damaged: Mapping[str, str] = field(default_factory=dict, compare=False)
    annotator: str = ""
    done: bool = False
    decisions: tuple[Decision, ...] = ()
    tier: str = ""
    person: str = ""
    locked: str = ""
    marks: tuple[Point, ...] = ()

    @classmethod
    def of_film(
        cls,
        video_id: str,
        path: str,
        fingerprint: str,
        n_frames: int,
        width: int,
        height: int,
        mean_rate: float,
        lanes: Mapping[str, Segmentation] | None = None,
        **of_track: Any,
    ) -> Track:
        """Make the first track of a new video, by default unlabelled."""
        film = Film(path, fingerprint, n_frames, width, height, mean_rate)
        own = lanes or {ANNOTATION: Segmentation.unlabelled(n_frames)}
        video = Video(VideoId(video_id), (film,))
        return cls(TrackId(video_id), video, own, **of_track)

    def __post_init__(self) -> None:
        """Refuse lanes that do not cover the video."""
        if ANNOTATION not in self.lanes:
            raise ProjectError("Video {} has no annotation lane.", self.video_id)
        for name, lane in self.lanes.items():
            if lane.n_frames != self.n_frames:
                raise ProjectError(
                    "Lane {} of {} covers {} frames, the video has {}; restore the "
                    "file from a copy.",
                    name,
                    self.called,
                    lane.n_frames,
                    self.n_frames,
                )

    @property
    def video_id(self) -> VideoId:
        """Id of the video."""
        return self.video.id

    @property
    def is_named_like_video(self) -> bool:
        """True for the track that was made with its video, and has the name of it."""
        return str(self.id) == self.video.id

    @property
    def n_frames(self) -> int:
        """Frames of the video."""
        return self.video.n_frames

    @property
    def picks(self) -> tuple[SubjectPick, ...]:
        """Choices of the figure in the poses that is this person, by their frames."""
        return self.video.bodies.get(self.person, ())

    @property
    def key(self) -> TrackKey:
        """Tier and person of the labels."""
        return TrackKey(self.tier, self.person)

    @property
    def annotation(self) -> Segmentation:
        """The lane that the person who labels edits."""
        return self.lanes[ANNOTATION]

    @cached_property
    def called(self) -> str:
        """Name for a sentence where only the track is known; see `Project.titled`."""
        of_track = filter(None, (self.person, self.tier.replace("_", " ")))
        return ": ".join(filter(None, (self.video.title, ", ".join(of_track))))

    @cached_property
    def finished(self) -> bool:
        """True where every frame is labelled, or undecided."""
        done = self.annotation.n_labelled + self.annotation.n_undecided
        return done == self.n_frames and not self.missing

    @cached_property
    def reviewed(self) -> bool:
        """True where a person reviewed every label, its start and its stop."""
        return self.annotation.n_reviewed == self.annotation.n_labelled

    @property
    def is_damaged(self) -> bool:
        """True where the file of a lane is there and damaged."""
        return not self.missing.isdisjoint(self.damaged)

    @property
    def annotators(self) -> tuple[str, ...]:
        """Names of the other annotators whose labels are there."""
        return tuple(filter(None, map(annotator_of_lane, self.lanes)))

    def known_lane(self, name: str = ANNOTATION) -> Segmentation:
        """Return a lane whose labels are known.

        Raises
        ------
        ProjectError
            Where there is none of this name, or its file is gone.
        """
        if name in self.missing:
            raise ProjectError(self.why_missing(name))
        if name not in self.lanes:
            raise ProjectError(
                "Video {} has no lane '{}', only {}; choose one of these, or "
                "pre-label it first.",
                self.called,
                name,
                ", ".join(self.lanes),
            )
        return self.lanes[name]

    def with_lane(self, name: str, lane: Segmentation) -> Track:
        """Replace or add one lane.

        Raises
        ------
        EditError
            Where the file of the lane is gone.
        """
        if name in self.missing:
            raise EditError(self.why_missing(name))
        return replace(self, lanes={**self.lanes, name: lane})

    def with_found(self, name: str, lane: Segmentation) -> Track:
        """Set a lane that was missing, or any other one."""
        return replace(self, missing=self.missing - {name}).with_lane(name, lane)

    def with_marks_moved(self, moves: Mapping[int, int | None]) -> Track:
        """Give marks of merged or deleted classes those of today."""
        marks = remap_points(self.marks, moves)
        return self if marks is self.marks else replace(self, marks=marks)

    def with_said(self, **values: Any) -> Track:
        """Replace what people said of the video besides its labels.

        Raises
        ------
        EditError
            Where its label file is gone: nobody knows what it says of that.
        """
        if ANNOTATION in self.missing:
            raise EditError(self.why_missing(ANNOTATION))
        return replace(self, **values)

    def why_missing(self, name: str) -> str:
        """Write a sentence about a lane whose file is gone or damaged."""
        whose = Said("The label file")
        if name != ANNOTATION:
            whose = Said("The label file of {}", name.removeprefix(_ANNOTATOR))
        if name in self.damaged:
            return Said(
                "{} of {} is damaged ({}); restore {} from a backup, put a whole file "
                "back and look again, or discard its labels.",
                whose,
                self.called,
                self.damaged[name],
                self.called,
            )
        return Said(
            "{} of {} is missing; put it back and look again, or discard its labels.",
            whose,
            self.called,
        )


def missing_words(items: Iterable[Track]) -> Said:
    """Say of label files that are not known whether they are missing or damaged."""
    kinds = {v.is_damaged for v in items}
    if kinds == {True}:
        return Said("damaged")
    return Said("missing or damaged") if True in kinds else Said("missing")


OF_TRACK = ("annotator", "done", "decisions", "locked", "marks")
"""Fields of a track that people fill in besides labels; its label file holds them."""


def work_of(item: Track) -> dict[str, Any]:
    """Return what the label file of a track says of it besides labels, by names."""
    return {name: getattr(item, name) for name in OF_TRACK}


def same_work(a: Track, b: Track) -> bool:
    """Tell whether people said the same of a track twice, but for its labels."""
    return work_of(a) == work_of(b)


def has_work(item: Track) -> bool:
    """Tell whether people said anything of a track, but for its labels."""
    return any(work_of(item).values())


def with_work_of(item: Track, other: Track) -> Track:
    """Give a track what people said of another one, but for its labels."""
    return replace(item, **work_of(other))


def blank_track(item: Track) -> Track:
    """Return a track as it is when it is added: nothing is labelled or said of it."""
    lanes = {ANNOTATION: Segmentation.unlabelled(item.n_frames)}
    return Track(item.id, item.video, lanes, tier=item.tier, person=item.person)


def track_item(video: Video, key: TrackKey, taken: Collection[str] = ()) -> Track:
    """Make a further track of a video, unlabelled, with an id that is not taken."""
    wanted = made = track_id(video.id, key)
    n = 2
    while same_name(made, taken) is not None:
        made, n = TrackId(f"{wanted}-{n}"), n + 1
    lanes = {ANNOTATION: Segmentation.unlabelled(video.n_frames)}
    return Track(made, video, lanes, tier=key.tier, person=key.person)
