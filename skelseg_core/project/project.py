"""Project: one immutable value and its pure edits.

An edit takes a project and gives another; undo swaps two references. How a project is
written is ``json``'s business, where it lies is ``folder``'s.

A project may have ten thousand videos. What an edit of one video costs must not grow
with them: `Project.with_tracks` carries ids and totals over to the new value, and
`changed_tracks` compares references.
"""

from __future__ import annotations

import uuid as uuids
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, compress
from operator import is_not
from pathlib import PurePosixPath
from typing import Any, TypeGuard

from skelseg_core.choices import ANNOTATION as ANNOTATION
from skelseg_core.errors import EditError, ProjectError
from skelseg_core.file_names import matching_names, portable_name, same_name, short_name
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.decisions import Decision
from skelseg_core.labels.edits import accept, accept_to_review, remap_classes
from skelseg_core.labels.people import checked_people
from skelseg_core.labels.points import Point, remap_points
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.corrections import (
    Correction,
    PlacedKeypoint,
    add_correction,
    check_correction,
)
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.tracks import (
    Tier,
    TrackId,
    TrackKey,
    VideoId,
    check_segments,
    id_in_words,
    track_id,
    video_hold,
)
from skelseg_core.said import Said
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
    n_frames, width, height : int
        Of the upright picture.
    mean_rate : float
        Frames per second on average; for display only.
    """

    path: str
    fingerprint: str
    n_frames: int
    width: int
    height: int
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


@dataclass(frozen=True)
class Totals:
    """Progress of all tracks of a project together: finished, reviewed, labelled.

    Parameters
    ----------
    required : int
        Tracks that are to be finished.
    finished, done : int
        Of these the ones of which every frame is labelled or undecided, and those of
        them that are reviewed.
    videos, videos_finished, videos_done : int
        Videos; of these the ones whose tracks are all finished, and those of them that
        are reviewed. Tracks that need not be finished count where a video has no other.
    missing : int
        Tracks of which a label file is gone.
    labelled : int
        Videos with at least one labelled frame.
    labelled_frames, frames_of_labelled : int
        Labelled frames, and all frames of the videos that they are in.
    class_counts : Counter
        Segments and marks by class id; None counts the unlabelled.
    """

    required: int = 0
    finished: int = 0
    done: int = 0
    videos: int = 0
    videos_finished: int = 0
    videos_done: int = 0
    missing: int = 0
    labelled: int = 0
    labelled_frames: int = 0
    frames_of_labelled: int = 0
    class_counts: Counter[int | None] = field(default_factory=Counter)

    @property
    def unfinished(self) -> int:
        """Tracks that are to be finished yet."""
        return self.required - self.finished

    @classmethod
    def of(
        cls, videos: Sequence[Track], optional: Collection[str] = frozenset()
    ) -> Totals:
        """Count these videos; those of ``optional`` tiers need not be finished."""
        required = [v for v in videos if v.tier not in optional]
        finished = [v for v in required if v.finished]
        labelled = [v for v in videos if v.annotation.n_labelled]
        of_video: dict[VideoId, list[Track]] = {}
        for item in videos:
            of_video.setdefault(item.video_id, []).append(item)
        wanted = [
            [v for v in tracks if v.tier not in optional] or tracks
            for tracks in of_video.values()
        ]
        whole = [tracks for tracks in wanted if all(v.finished for v in tracks)]
        classes: Counter[int | None] = Counter()
        for item in videos:
            classes.update(item.annotation.class_counts)
            classes.update(mark.class_id for mark in item.marks)
        return cls(
            required=len(required),
            finished=len(finished),
            done=sum(v.reviewed for v in finished),
            videos=len(of_video),
            videos_finished=len(whole),
            videos_done=sum(all(v.reviewed for v in tracks) for tracks in whole),
            missing=sum(bool(v.missing) for v in videos),
            labelled=len({v.video_id for v in labelled}),
            labelled_frames=sum(v.annotation.n_labelled for v in labelled),
            frames_of_labelled=sum(v.n_frames for v in labelled),
            class_counts=classes,
        )

    def replaced(
        self,
        old: Sequence[Track],
        new: Sequence[Track],
        optional: Collection[str] = frozenset(),
    ) -> Totals:
        """Count anew after ``new`` tracks took the place of ``old`` ones.

        They are all tracks of their videos.
        """
        changed = {
            a.video_id
            for a, b in zip(old, new, strict=True)
            if a.annotation is not b.annotation
            or a.marks is not b.marks
            or a.missing != b.missing
        }
        less = Totals.of([a for a in old if a.video_id in changed], optional)
        more = Totals.of([b for b in new if b.video_id in changed], optional)
        classes = self.class_counts.copy()
        classes.subtract(less.class_counts)
        classes.update(more.class_counts)
        return Totals(
            self.required,
            self.finished - less.finished + more.finished,
            self.done - less.done + more.done,
            self.videos,
            self.videos_finished - less.videos_finished + more.videos_finished,
            self.videos_done - less.videos_done + more.videos_done,
            self.missing - less.missing + more.missing,
            self.labelled - less.labelled + more.labelled,
            self.labelled_frames - less.labelled_frames + more.labelled_frames,
            self.frames_of_labelled - less.frames_of_labelled + more.frames_of_labelled,
            classes,
        )


_BY_IDS = (
    *("track_ids", "places", "has_tracks", "video_places", "_first_rows"),
    *("_tracks", "_classes", "_optional"),
)
"""Cached values of a project that stay while its ids and classes do."""


@dataclass(frozen=True)
class Project:
    """Everything that is saved and undone, as one immutable value.

    In a ``blind`` project lanes of others and of models stay hidden in a video until
    its annotator says that it is done. Every ``pose_every``-th frame is looked at when
    poses are estimated; 0 leaves it to the rate of the video.
    """

    uuid: str
    name: str
    skeleton: str
    label_map: LabelMap
    tracks: tuple[Track, ...] = ()
    media_roots: tuple[str, ...] = ()
    blind: bool = False
    pose_every: int = 0
    tiers: tuple[Tier, ...] = (Tier(),)

    @property
    def classes(self) -> LabelMap:
        """The classes of the first tier."""
        return self.classes_of(self.tiers[0])

    def classes_of(self, track: Track | TrackKey | Tier | str) -> LabelMap:
        """Return the classes of the tier of a track, in the order of its list.

        The track may be told by the id of its item; of "" they are the first tier's.
        """
        if len(self.tiers) == 1:
            return self.label_map
        if isinstance(track, str):
            found = self.find(track)
            return self._classes[self.tiers[0].id if found is None else found.tier]
        return self._classes[track.id if isinstance(track, Tier) else track.tier]

    @property
    def all_classes(self) -> LabelMap:
        """The classes of all tiers."""
        return self.label_map

    @property
    def several_tracks(self) -> bool:
        """True where there are several tiers, or several people in a video."""
        return len(self.tiers) > 1 or self.has_tracks

    @property
    def moves(self) -> Mapping[int, int | None]:
        """Class by the id of each merged or deleted one; None is unlabelled."""
        return self.label_map.moves

    @cached_property
    def _classes(self) -> Mapping[str, LabelMap]:
        return {tier.id: tier_classes(self.label_map, tier.id) for tier in self.tiers}

    def name_of(self, class_id: int | None) -> str:
        """Return the name of a class of whatever tier; empty for unlabelled."""
        return self.label_map.name_of(class_id)

    def class_of(self, class_id: int | None) -> ActionClass | None:
        """Return the class with this id, of whatever tier, or None."""
        return self.label_map.get(class_id)

    def tier(self, tier_id: str) -> Tier:
        """Return the tier with this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        found = next((t for t in self.tiers if t.id == tier_id), None)
        if found is None:
            raise ProjectError("The project {} has no tier '{}'.", self.name, tier_id)
        return found

    def of_tier(self, tier: Tier) -> Project:
        """Reduce the project to the tracks and classes of one tier."""
        if len(self.tiers) == 1:
            return self
        return replace(
            self,
            label_map=self.classes_of(tier),
            tracks=tuple(v for v in self.tracks if v.tier == tier.id),
            tiers=(tier,),
        )

    def without(self, tiers: Collection[Tier]) -> Project:
        """Leave out tiers, with their classes and tracks; the first one stays."""
        ids = {t.id for t in tiers} - {""}
        if not ids:
            return self
        kept = tuple(c for c in self.label_map.classes if c.tier not in ids)
        return replace(
            self,
            label_map=replace(self.label_map, classes=kept),
            tracks=tuple(v for v in self.tracks if v.tier not in ids),
            tiers=tuple(t for t in self.tiers if t.id not in ids),
        )

    @cached_property
    def has_tracks(self) -> bool:
        """True where a video has several tracks."""
        return len(self._first_rows) < len(self.tracks)

    @property
    def videos(self) -> tuple[Video, ...]:
        """The videos, in the order of their first tracks."""
        return tuple(item.video for item in self.first_tracks)

    @property
    def first_tracks(self) -> tuple[Track, ...]:
        """A track of each video: the one that is listed first."""
        return tuple(map(self.tracks.__getitem__, self._first_rows.values()))

    @cached_property
    def _first_rows(self) -> Mapping[VideoId, int]:
        """Place of the first track of each video, by the id of the video."""
        rows: dict[VideoId, int] = {}
        for n, item in enumerate(self.tracks):
            rows.setdefault(item.video_id, n)
        return rows

    @property
    def video_ids(self) -> tuple[VideoId, ...]:
        """Ids of the videos, in their order."""
        return tuple(self._first_rows)

    @cached_property
    def video_places(self) -> Mapping[VideoId, int]:
        """Place of each video in the list, by its id."""
        return {video_id: n for n, video_id in enumerate(self._first_rows)}

    @cached_property
    def _tracks(self) -> Mapping[VideoId, tuple[TrackId, ...]]:
        """Ids of the tracks by video: each person's, then the scene's."""
        found: dict[VideoId, list[Track]] = {}
        for item in self.tracks:
            found.setdefault(item.video_id, []).append(item)
        return {k: self._in_order(v) for k, v in found.items()}

    def _in_order(self, tracks: Sequence[Track]) -> tuple[TrackId, ...]:
        if len(tracks) < 2:
            return tuple(v.id for v in tracks)
        tiers = {tier.id: n for n, tier in enumerate(self.tiers)}
        scenes = {tier.id for tier in self.tiers if tier.of == "scene"}
        own = (v.person for v in tracks if v.tier not in scenes)
        people = {person: n for n, person in enumerate(dict.fromkeys(own))}
        rows = (
            (
                len(people) if v.tier in scenes else people[v.person],
                tiers.get(v.tier, 0),
                v.id,
            )
            for v in tracks
        )
        return tuple(row[-1] for row in sorted(rows))

    def tracks_of(self, video_id: VideoId) -> tuple[Track, ...]:
        """Return the tracks of a video; none where it is not there."""
        row = self._first_rows.get(video_id)
        if row is None:
            return ()
        if not self.has_tracks:
            return (self.tracks[row],)
        return tuple(map(self.track, self._tracks[video_id]))

    def in_tier(self, name: str) -> Project:
        """Reduce the project to a tier, as `tier_named` finds it."""
        return self.of_tier(self.tier_named(name))

    def tier_named(self, name: str) -> Tier:
        """Find a tier by its name or id; the first one without.

        Raises
        ------
        ProjectError
            Where there is none of this name.
        """
        names = {t.name.casefold(): t for t in self.tiers}
        found = next((t for t in self.tiers if t.id == name), None)
        found = found or names.get(name.casefold())
        if not name:
            found = self.tiers[0]
        if found is None:
            raise ProjectError(
                "The project {} has no tier '{}', only {}; choose one of these.",
                self.name,
                name,
                ", ".join(t.name for t in self.tiers),
            )
        return found

    def segments_in(self, name: str) -> Project:
        """Reduce the project to a tier that has segments; see `in_tier`.

        Raises
        ------
        ProjectError, EditError
            Where there is none of this name, or it has marks of single frames.
        """
        project = self.in_tier(name)
        check_segments(project.tiers[0])
        return project

    def chosen(self, videos: Iterable[str] = ()) -> list[Track]:
        """List the tracks that ids mean, of videos or of tracks; all without any.

        Raises
        ------
        ProjectError
            Where there is none of one of these.
        """
        wanted, found = list(videos), dict[str, Track]()
        for video_id in wanted:
            if not self.has(video_id) and self.has_video(video_id):
                found |= {item.id: item for item in self.tracks_of(video_id)}
            else:
                item = self.track(TrackId(video_id))
                found[item.id] = item
        return list(found.values()) if wanted else list(self.tracks)

    def keyed(self, item_id: TrackId, key: str) -> ActionClass | None:
        """Return the class that has a key in a track, else beside it, or None.

        Beside it are the other tiers of the same person, and of the scene: a key that
        the tier of the track has for no class labels these.
        """
        own = self.classes_of(item_id).keyed(key)
        return own or self.classes_beside(item_id).keyed(key)

    def classes_beside(self, item_id: TrackId) -> LabelMap:
        """Return the classes of the tier of a track, and of those beside it."""
        tiers = {track.tier for track in self._beside(self.find(item_id))}
        beside = [self.classes_of(t).classes for t in self.tiers if t.id in tiers]
        return (
            LabelMap(tuple(chain(*beside))) if beside[1:] else self.classes_of(item_id)
        )

    def track_for(self, item: Track, class_id: int | None) -> Track:
        """Return the track that a class labels: ``item``, or one beside it."""
        found = self.class_of(class_id)
        if found is None or found.tier == item.tier:
            return item
        beside = (v for v in self._beside(item) if v.tier == found.tier)
        return next(beside, item)

    def _beside(self, item: Track | None) -> Iterable[Track]:
        if item is None:
            return ()
        tracks = self.tracks_of(item.video_id)
        scenes = {tier.id for tier in self.tiers if tier.of == "scene"}
        people = {v.person for v in tracks if v.tier not in scenes}
        # Beside the scene is the person, if there is but one.
        mine = people if item.tier in scenes and len(people) == 1 else {item.person}
        return (v for v in tracks if v.tier in scenes or v.person in mine)

    def track_title(self, item: Track) -> str:
        """Say who and what a track is of; empty where its video has one track."""
        if len(self.tracks_of(item.video_id)) < 2:
            return ""
        return " · ".join(filter(None, (item.person, self._tier_name(item))))

    def _tier_name(self, item: Track) -> str:
        """Name the tier of a track, which a part of a project may lack."""
        return next((t.name for t in self.tiers if t.id == item.tier), item.tier)

    def titled(self, item_id: str) -> str:
        """Name a track in a sentence: its video, and who and what it is of."""
        item = self.find(item_id)
        if item is None:
            held = (v.title for v in self.videos if video_hold(v.id) == item_id)
            return next(held, id_in_words(item_id))
        of_track = self.track_title(item).replace(" · ", ", ")
        return f"{item.video.title}: {of_track}" if of_track else item.video.title

    def said_of(self, item_id: TrackId) -> dict[str, str]:
        """Name a track for a program: its video, its tier and its person."""
        item = self.track(item_id)
        tier = self._tier_name(item)
        return {"video": item.video_id, "tier": tier, "person": item.person}

    def matching(self, patterns: Sequence[str]) -> list[TrackId]:
        """Find the tracks that names and patterns mean; a video means all of its own.

        Names are those of `titled`, also without the tier, those of files, and ids.
        What nothing has for a name is kept, as `matching_names` does.
        """
        if not patterns:
            return []
        of_name: dict[str, list[TrackId]] = {}
        for item in self.tracks:
            # Also where, as in a part of a project, the video has one track.
            person, tier = item.person, self._tier_name(item)
            whole = ", ".join(filter(None, (person, tier)))
            names = {item.video_id, item.video.title, item.id}
            names |= {f"{item.video.title}: {of}" for of in {person, whole} - {""}}
            for name in names:
                of_name.setdefault(name, []).append(item.id)
        found = patterns
        if not all(pattern in of_name for pattern in patterns):
            found = matching_names(patterns, list(of_name))
        return list(
            dict.fromkeys(i for n in found for i in of_name.get(n, [TrackId(n)]))
        )

    def track_like(self, video_id: VideoId, track: TrackKey) -> Track:
        """Return the track of a video that is most like one of another video."""
        tracks = self.tracks_of(video_id)
        same = [v for v in tracks if v.tier == track.tier]
        mine = (v for v in same if v.person == track.person)
        return next(mine, same[0] if same else tracks[0])

    def track_around(self, item: Track) -> Track | None:
        """Return the track in whose segments those of ``item`` have to lie."""
        wanted = self.tier(item.tier).inside
        if wanted is None:
            return None
        outer = self.track_like(item.video_id, TrackKey(wanted, item.person))
        return outer if outer.tier == wanted else None

    def video(self, video_id: VideoId) -> Video:
        """Return the video of this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        row = self._first_rows.get(video_id)
        if row is None:
            raise self._unknown(video_id)
        return self.tracks[row].video

    def first_track(self, video_id: VideoId) -> Track:
        """Return the first track of a video; see `video`."""
        return self.tracks_of(self.video(video_id).id)[0]

    @cached_property
    def track_ids(self) -> tuple[TrackId, ...]:
        """Ids of the tracks, in their order."""
        return tuple(v.id for v in self.tracks)

    @cached_property
    def places(self) -> Mapping[TrackId, int]:
        """Place of each track among all, by its id."""
        return {track_id: n for n, track_id in enumerate(self.track_ids)}

    @cached_property
    def totals(self) -> Totals:
        """Progress of all videos together."""
        return Totals.of(self.tracks, self._optional)

    @cached_property
    def _optional(self) -> frozenset[str]:
        return frozenset(t.id for t in self.tiers if not t.required)

    def required_tracks(self, video_id: VideoId) -> tuple[Track, ...]:
        """Return the tracks of a video that are to be finished; all if none is."""
        tracks = self.tracks_of(video_id)
        return tuple(v for v in tracks if v.tier not in self._optional) or tracks

    def to_finish(self, item: Track) -> bool:
        """Tell whether a track is to be finished yet: that of points never is."""
        return item.tier not in self._optional and not item.finished

    def has_points(self, item: Track) -> bool:
        """Tell whether a track has marks of single frames instead of segments."""
        return self.tier(item.tier).kind == "points"

    def has(self, track_id: str) -> TypeGuard[TrackId]:
        """Tell whether there is a track of this id."""
        return track_id in self.places

    def has_video(self, video_id: str) -> TypeGuard[VideoId]:
        """Tell whether there is a video of this id."""
        return video_id in self._first_rows

    def find(self, track_id: str) -> Track | None:
        """Return the track of this id, or None."""
        at = self.places.get(TrackId(track_id))
        return None if at is None else self.tracks[at]

    def with_video(self, video: Video) -> Project:
        """Replace a video by its id."""
        tracks = self.tracks_of(video.id)
        return self.with_tracks(*(replace(v, video=video) for v in tracks))

    def with_tracks(self, *items: Track) -> Project:
        """Replace tracks by their ids.

        Where one refers to another video than before, so do all tracks of the video.
        """
        if self.has_tracks:
            items = self._with_siblings(items)
        tracks = list(self.tracks)
        for item in items:
            tracks[self.places[item.id]] = item
        new = replace(self, tracks=tuple(tracks))
        # The order of the tracks is the same: keep what was derived from it.
        known = vars(new)
        ids = {item.id for item in items}
        known["_replaced"] = self.tracks, sorted(ids, key=self.places.__getitem__)
        for name in _BY_IDS:
            if name in vars(self):
                known[name] = vars(self)[name]
        if "totals" in vars(self):
            videos = dict.fromkeys(item.video_id for item in items)
            old = [v for video_id in videos for v in self.tracks_of(video_id)]
            now = [new.track(v.id) for v in old]
            known["totals"] = self.totals.replaced(old, now, self._optional)
        return new

    def _with_siblings(self, items: Sequence[Track]) -> tuple[Track, ...]:
        """Let all tracks of a video refer to the one that ``items`` bring anew."""
        new = {
            v.video_id: v.video for v in items if v.video is not self.video(v.video_id)
        }
        if not new:
            return tuple(items)
        given = {v.id: v for v in items}
        for video_id, video in new.items():
            for track in self.tracks_of(video_id):
                own = given.get(track.id, track)
                given[track.id] = replace(own, video=video)
        return tuple(given.values())

    def track(self, track_id: TrackId) -> Track:
        """Return the track of this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        found = self.find(track_id)
        if found is not None:
            return found
        raise self._unknown(track_id)

    def _unknown(self, item_id: str) -> ProjectError:
        there = ", ".join(self.video_ids[:8]) or "no videos"
        more = ", …" if len(self.video_ids) > 8 else ""
        return ProjectError(
            "There is no video '{}' in project {}, which has {}{}.",
            id_in_words(item_id),
            self.name,
            there,
            more,
        )


def repaired(project: Project) -> Project:
    """Make a project whole again of which two people edited tiers and videos at once.

    Empty tracks go whose tier is not there; see `with_tiers_whole`.
    """
    project = with_tiers_whole(project)
    tiers = {t.id for t in project.tiers}
    tracks = tuple(v for v in project.tracks if v.tier in tiers)
    return (
        replace(project, tracks=tracks)
        if len(tracks) < len(project.tracks)
        else project
    )


def with_tiers_whole(project: Project) -> Project:
    """Make a tier again that is gone and whose classes are there, and the reverse."""
    used = dict.fromkeys(c.tier for c in project.label_map.classes)
    known = {tier.id for tier in project.tiers}
    if used.keys() == known:
        return project
    names = {tier.name.casefold() for tier in project.tiers}
    back = [
        Tier(t, t if t.casefold() not in names else f"{t} ({n})")
        for n, t in enumerate(used, 1)
        if t not in known
    ]
    kept = [t for t in project.tiers if t.id in used or not t.id]
    return replace(project, tiers=(*kept, *back))


def tier_classes(label_map: LabelMap, tier: str) -> LabelMap:
    """Reduce classes to those of one tier; what others became is unlabelled in it."""
    own = tuple(c for c in label_map.classes if c.tier == tier)
    ids = {c.id for c in own}
    former = tuple(
        f if f.into in ids else replace(f, into=None) for f in label_map.former
    )
    return LabelMap(own, former, label_map.next_id)


def new_project(name: str, label_map: LabelMap, skeleton: str = "coco17") -> Project:
    """Make an empty project with a fresh identity."""
    return Project(uuids.uuid4().hex, name, skeleton, label_map)


def changed_tracks(before: Project, after: Project) -> tuple[Track, ...]:
    """Find the videos of ``after`` that are other objects in ``before``, or new."""
    if before.tracks is after.tracks:
        return ()
    source, replaced = vars(after).get("_replaced", (None, ()))
    if source is before.tracks:
        pairs = ((before.find(i), after.track(i)) for i in replaced)
        return tuple(new for old, new in pairs if old is not new)
    if same_ids(before, after):
        other = map(is_not, before.tracks, after.tracks)
        return tuple(compress(after.tracks, other))
    return tuple(v for v in after.tracks if before.find(v.id) is not v)


def changed_videos(before: Project, after: Project) -> tuple[Video, ...]:
    """Find the videos of ``after`` that are other objects in ``before``, or new."""
    found = {v.video_id: v.video for v in changed_tracks(before, after)}
    return tuple(
        video
        for video in found.values()
        if not before.has_video(video.id) or before.video(video.id) is not video
    )


def same_classes(a: Project, b: Project) -> bool:
    """Tell whether two projects have the same classes and tiers."""
    return a.label_map is b.label_map and a.tiers == b.tiers


def same_ids(a: Project, b: Project) -> bool:
    """Tell whether two projects have the same videos in the same order."""
    return a.track_ids is b.track_ids or a.track_ids == b.track_ids


# -- pure edits ---------------------------------------------------------------------


def edit_lane(
    project: Project,
    video_id: TrackId,
    edit: Callable[[Segmentation], Segmentation],
    lane: str = ANNOTATION,
) -> Project:
    """Apply an edit of ``segmentation`` to one lane."""
    item = project.track(video_id)
    if lane not in item.lanes:
        raise EditError("Video {} has no lane '{}'.", item.called, lane)
    if lane in item.missing:
        raise EditError(item.why_missing(lane))
    check_segments(project.tier(item.tier))
    new = edit(item.lanes[lane])
    if new == item.lanes[lane]:
        return project
    _check_tier(project, item, new)
    return project.with_tracks(item.with_lane(lane, new))


def _check_tier(project: Project, item: Track, lane: Segmentation) -> None:
    """Refuse labels of another tier than the track is of."""
    if len(project.tiers) == 1:
        return
    for class_id in lane.class_counts:
        found = project.class_of(class_id)
        if found is not None and found.tier != item.tier:
            raise EditError(
                "'{}' is a class of the tier {}, and this track is of the tier {}.",
                found.name,
                project.tier(found.tier).name,
                project.tier(item.tier).name,
            )


def reviewed_labels(project: Project) -> Project:
    """Reduce a project to the labels that a person reviewed, to score models by.

    Accepted pre-labels that nobody reviewed are what a model said and become
    unlabelled.
    """
    return project.with_tracks(
        *(v.with_lane(ANNOTATION, v.annotation.reviewed_labels) for v in project.tracks)
    )


def set_lane(
    project: Project, video_id: TrackId, lane: str, value: Segmentation
) -> Project:
    """Set or add a lane, in the classes of today where some were merged meanwhile."""
    value = remap_classes(value, project.label_map.moves)
    item = project.track(video_id)
    if value.n_labelled:
        check_segments(project.tier(item.tier))
    _check_tier(project, item, value)
    return project.with_tracks(item.with_lane(lane, value))


def add_annotator_lane(
    project: Project, video_id: TrackId, name: str, value: Segmentation
) -> Project:
    """Put what another annotator says beside the annotation, or set it anew.

    Raises
    ------
    EditError
        Where the name cannot name a folder, or the labels do not cover the video.
    """
    item = project.track(video_id)
    others = {a for v in project.tracks for a in v.annotators}
    if (
        not name
        or short_name(name) != name
        or (name not in others and portable_name(name) != name)
    ):
        raise EditError(
            "The name '{}' cannot be a folder name; use a few letters, digits, '-' "
            "and '_' for the annotator.",
            name,
        )
    twin = same_name(name, others)
    if twin not in (None, name):
        raise EditError(
            "An annotator '{}' already exists, and some disks would mix its files "
            "with those of '{}'; choose another name.",
            twin,
            name,
        )
    if value.n_frames != item.n_frames:
        raise EditError(
            "The labels of {} cover {:,} frames and {} has {:,}; choose the labels "
            "of this video.",
            name,
            value.n_frames,
            project.titled(video_id),
            item.n_frames,
        )
    lane = annotator_lane(name)
    if lane in item.missing:
        return labels_found(project, {video_id: {lane: value}})
    if item.lanes.get(lane) == value:
        return project
    return set_lane(project, video_id, lane, value)


def remove_lane(project: Project, video_id: TrackId, lane: str) -> Project:
    """Remove the lane of another annotator."""
    item = project.track(video_id)
    if lane == ANNOTATION or lane not in item.lanes:
        title = project.titled(video_id)
        raise EditError("The lane '{}' of {} cannot be removed.", lane, title)
    lanes = {k: v for k, v in item.lanes.items() if k != lane}
    missing = item.missing - {lane}
    return project.with_tracks(replace(item, lanes=lanes, missing=missing))


def missing_labels(project: Project) -> tuple[TrackId, ...]:
    """List the ids of the videos of which a label file is gone or damaged."""
    if not project.totals.missing:
        return ()
    return tuple(v.id for v in project.tracks if v.missing)


def check_labels(items: Iterable[Track]) -> None:
    """Refuse videos whose annotation is not known because its file is gone.

    Raises
    ------
    ProjectError
        Naming all of them.
    """
    gone = [item for item in items if ANNOTATION in item.missing]
    if len(gone) == 1:
        gone[0].known_lane()
    if gone:
        raise ProjectError(
            "The label files of {} are {}; put them back or restore them from a "
            "backup, or choose other videos.",
            ", ".join(item.called for item in gone),
            missing_words(gone),
        )


def give_up_labels(project: Project, video_id: TrackId) -> Project:
    """Give up label files that are gone: the video is unlabelled from now on.

    Lanes of other annotators whose files are gone are removed. Where all are there and
    the file of what people said of the video is damaged, that is given up.

    Raises
    ------
    EditError
        Where no label file of the video is gone, and none of its files is damaged.
    """
    item = project.track(video_id)
    if item.video.damage and not item.missing:
        return project.with_video(replace(item.video, damage=""))
    if not item.missing:
        raise EditError(
            "All label files of {} exist; there is nothing to do.",
            project.titled(video_id),
        )
    for lane in item.missing - {ANNOTATION}:
        project = remove_lane(project, video_id, lane)
    if ANNOTATION not in item.missing:
        return project
    nothing = Segmentation.unlabelled(item.n_frames)
    item = project.track(video_id).with_found(ANNOTATION, nothing)
    return project.with_tracks(item)


def labels_found(
    project: Project, found: Mapping[str, Mapping[str, Segmentation]]
) -> Project:
    """Set lanes whose files are there again, by video and name."""
    for video_id, lanes in found.items():
        item = project.find(video_id)
        for name, lane in lanes.items():
            if item is not None and name in item.missing:
                now = remap_classes(lane, project.label_map.moves)
                item = item.with_found(name, now)
        if item is not None and item is not project.find(video_id):
            project = project.with_tracks(item)
    return project


def accept_prediction(
    project: Project,
    video_id: TrackId,
    said: Segmentation,
    start: int = 0,
    stop: int | None = None,
    to_review: bool = False,
) -> Project:
    """Take what a model said over into the annotation; a person's frames stay.

    ``to_review`` takes over as `accept_to_review` does.
    """
    lane = remap_classes(said, project.label_map.moves)
    if not set(lane.class_counts) <= {*project.label_map.ids, None}:
        raise EditError(
            "The prediction for {} uses a class that the project no longer has; "
            "pre-label it again.",
            project.titled(video_id),
        )
    if to_review:
        return edit_lane(project, video_id, lambda a: accept_to_review(a, lane))
    return edit_lane(project, video_id, lambda a: accept(a, lane, start, stop))


def add_video(project: Project, item: Track) -> Project:
    """Add a video at the end of the list, with a track of each tier."""
    if project.has(item.id):
        raise EditError("The project already has a video '{}'.", item.id)
    more = [track_item(item.video, TrackKey(tier.id)) for tier in project.tiers[1:]]
    return replace(project, tracks=(*project.tracks, item, *more))


def add_track(project: Project, item: Track) -> Project:
    """Add a track to a video that is there, after the others of it."""
    after = 1 + max(project.places[v.id] for v in project.tracks_of(item.video_id))
    tracks = project.tracks
    return replace(project, tracks=(*tracks[:after], item, *tracks[after:]))


def track_item(video: Video, key: TrackKey, taken: Collection[str] = ()) -> Track:
    """Make a further track of a video, unlabelled, with an id that is not taken."""
    wanted = made = track_id(video.id, key)
    n = 2
    while same_name(made, taken) is not None:
        made, n = TrackId(f"{wanted}-{n}"), n + 1
    lanes = {ANNOTATION: Segmentation.unlabelled(video.n_frames)}
    return Track(made, video, lanes, tier=key.tier, person=key.person)


def remove_video(project: Project, video_id: VideoId) -> Project:
    """Take a video and its tracks out of the project; its files stay on disk."""
    video_id = project.video(video_id).id
    kept = tuple(v for v in project.tracks if v.video_id != video_id)
    return replace(project, tracks=kept)


def set_rate(project: Project, video_id: VideoId, path: str, rate: float) -> Project:
    """Set the rate at which the images of ``video_id`` are shown, and its path."""
    video = project.video(video_id)
    return project.with_video(video.with_film(path=path, mean_rate=rate))


def set_notes(project: Project, video_id: VideoId, notes: str) -> Project:
    """Write notes about a video; blanks at the ends of lines and of the text go."""
    video = project.video(video_id)
    # A lone surrogate from the clipboard would keep the project from being saved.
    notes = notes.encode("utf-8", "replace").decode()
    notes = "\n".join(line.rstrip() for line in notes.splitlines()).strip()
    if notes == video.notes:
        return project
    return project.with_video(video.with_said(notes=notes))


def set_people(project: Project, people: Mapping[VideoId, Sequence[str]]) -> Project:
    """Say who is seen in videos, by their ids; nobody where a list is empty.

    An id that other videos have in another case is written as it is there. Who has
    tracks in a video is seen in it.

    Raises
    ------
    EditError
        Where one cannot be the id of a person.
    """
    others = (v.people for v in project.videos if v.people and v.id not in people)
    known = {p.casefold(): p for named in others for p in named}
    for video_id, named in people.items():
        video = project.video(video_id)
        there = (v.person for v in project.tracks_of(video.id))
        all_named = checked_people((*named, *there))
        found = (known.setdefault(p.casefold(), p) for p in all_named)
        own = tuple(dict.fromkeys(found))
        if own != video.people:
            project = project.with_video(video.with_said(people=own))
    return project


def set_blind(project: Project, blind: bool) -> Project:
    """Hide lanes of others and of models in videos that are not done, or show them."""
    return project if project.blind == blind else replace(project, blind=blind)


def set_pose_every(project: Project, n: int) -> Project:
    """Let every n-th frame be looked at for poses; 0 leaves it to the rate."""
    return project if project.pose_every == n else replace(project, pose_every=n)


def set_done(project: Project, video_id: TrackId, done: bool = True) -> Project:
    """Say that the annotator of a video is done with it, or is not."""
    item = project.track(video_id)
    if item.done == done:
        return project
    return project.with_tracks(item.with_said(done=done))


def set_locked(project: Project, video_id: TrackId, by: str) -> Project:
    """Lock the labels of a track, by whom and when, or unlock them."""
    item = project.track(video_id)
    if item.locked == by:
        return project
    return project.with_tracks(item.with_said(locked=by))


def hides_other_lanes(project: Project, item: Track) -> bool:
    """Tell whether a blind project does not show yet what others say of a video."""
    return project.blind and not item.done


def shown_to_annotator(project: Project, item: Track) -> Track:
    """Leave out of a video what a blind project does not show of it yet."""
    if not hides_other_lanes(project, item) or len(item.lanes) == 1:
        return item
    lanes = {ANNOTATION: item.annotation}
    return replace(item, lanes=lanes, missing=item.missing & lanes.keys())


def pick_subject(project: Project, video_id: TrackId, pick: SubjectPick) -> Project:
    """Say who the subject is from a frame on; replaces a pick at the same frame."""
    item = project.track(video_id)
    kept = [p for p in item.picks if p.frame != pick.frame]
    picks = sorted((*kept, pick), key=lambda p: p.frame)
    return project.with_video(item.video.with_body(item.person, picks))


def drop_pick(project: Project, video_id: TrackId, frame: int) -> Project:
    """Take back the choice of subject that holds at a frame.

    Raises
    ------
    EditError
        Where none does.
    """
    item = project.track(video_id)
    held = [p for p in item.picks if p.frame <= frame]
    if not held:
        raise EditError(
            "There is no choice of subject at frame {:,} of {}; go to a frame after "
            "one.",
            frame,
            item.video.title,
        )
    picks = (p for p in item.picks if p is not held[-1])
    return project.with_video(item.video.with_body(item.person, picks))


def correct(project: Project, video_id: VideoId, correction: Correction) -> Project:
    """Correct keypoints of a video.

    Raises
    ------
    EditError
        Where the video has no such frame or keypoint, a point lies outside of the
        picture, or it makes no sense after the corrections that are there.
    """
    video, skeleton = project.video(video_id), load_skeleton(project.skeleton)
    check_correction(correction, video.n_frames, len(skeleton))
    if isinstance(correction, PlacedKeypoint) and not _in_picture(correction, video):
        raise EditError(
            "The point is outside the picture of {}; put it inside, or mark the "
            "keypoint missing.",
            video.title,
        )
    corrections = add_correction(video.corrections, correction, skeleton)
    if corrections == video.corrections:
        return project
    return project.with_video(video.with_said(corrections=corrections))


def _in_picture(point: PlacedKeypoint, video: Video) -> bool:
    if point.x is None or point.y is None:
        return True
    return 0 <= point.x <= video.width and 0 <= point.y <= video.height
