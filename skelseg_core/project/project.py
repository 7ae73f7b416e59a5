"""Project: one immutable value and its pure edits.

An edit takes a project and gives another; undo swaps two references. How a project is
written is ``json``'s business, where it lies is ``folder``'s.

A project may have ten thousand videos. What an edit of one video costs must not grow
with them: `Project.with_videos` carries ids and totals over to the new value, and
`changed_videos` compares references.
"""

from __future__ import annotations

import uuid as uuids
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from operator import attrgetter, is_not
from pathlib import PurePosixPath
from typing import Any

from skelseg_core.choices import ANNOTATION as ANNOTATION
from skelseg_core.errors import EditError, ProjectError
from skelseg_core.file_names import portable_name, same_name, short_name
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.conventions import Convention
from skelseg_core.labels.decisions import Decision
from skelseg_core.labels.edits import accept, accept_to_review, remap_classes
from skelseg_core.labels.people import checked_people
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.corrections import (
    Correction,
    Point,
    add_correction,
    check_correction,
)
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.poses.skeletons import load_skeleton
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
class VideoItem:
    """A video of a project with its lanes.

    Parameters
    ----------
    id : str
        Name within the project, also of its files.
    path : str
        Relative to the project folder, or absolute; with ``/``. Empty for a recording
        of which there are poses and no video.
    fingerprint : str
        Tells whether the file is still the same (see ``video``).
    n_frames, width, height : int
        Of the upright picture.
    mean_rate : float
        Frames per second on average; for display only.
    lanes : Mapping[str, Segmentation]
        What people made: ``"annotation"`` always, ``"annotator:<name>"`` per annotator
        whose labels lie beside one's own.
    picks : tuple of SubjectPick
        Where a person said who the subject is.
    corrections : tuple of Correction
        What a person said of keypoints, in the order in which it was said.
    notes : str
        What a person wrote about the video.
    missing : frozenset of str
        Lanes whose file is gone. Their labels are unknown, and no edit changes them.
    annotator : str
        Who labels the annotation, as far as that person gave a name.
    done : bool
        Whether its annotator said that it is done: only then a blind project shows
        what others and models say.
    decisions : tuple of Decision
        What was settled where two people disagreed.
    people : tuple of str
        Who is seen in the video, by ids that hold for the whole project; empty where
        nobody said.
    """

    id: str
    path: str
    fingerprint: str
    n_frames: int
    width: int
    height: int
    mean_rate: float
    lanes: Mapping[str, Segmentation]
    picks: tuple[SubjectPick, ...] = ()
    corrections: tuple[Correction, ...] = ()
    notes: str = ""
    missing: frozenset[str] = frozenset()
    annotator: str = ""
    done: bool = False
    decisions: tuple[Decision, ...] = ()
    people: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse lanes that do not cover the video."""
        if ANNOTATION not in self.lanes:
            raise ProjectError("Video {} has no annotation lane.", self.id)
        for name, lane in self.lanes.items():
            if lane.n_frames != self.n_frames:
                raise ProjectError(
                    "Lane {} of {} covers {} frames, the video has {}; restore the "
                    "file from a copy.",
                    name,
                    self.id,
                    lane.n_frames,
                    self.n_frames,
                )

    @property
    def has_video(self) -> bool:
        """True where there is a video file; False for poses alone."""
        return bool(self.path)

    @property
    def even_times(self) -> FrameTimes:
        """Times of the frames by the mean rate, where the file is not read yet."""
        return FrameTimes.even(self.n_frames, self.mean_rate)

    @property
    def annotation(self) -> Segmentation:
        """The lane that the person who labels edits."""
        return self.lanes[ANNOTATION]

    @cached_property
    def title(self) -> str:
        """The name that people know: that of the file, where the id stems from it."""
        stem = PurePosixPath(self.path).stem
        return stem if portable_name(stem) == self.id else self.id

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
                self.id,
                name,
                ", ".join(self.lanes),
            )
        return self.lanes[name]

    def with_lane(self, name: str, lane: Segmentation) -> VideoItem:
        """Replace or add one lane.

        Raises
        ------
        EditError
            Where the file of the lane is gone.
        """
        if name in self.missing:
            raise EditError(self.why_missing(name))
        return replace(self, lanes={**self.lanes, name: lane})

    def with_found(self, name: str, lane: Segmentation) -> VideoItem:
        """Set a lane that was missing, or any other one."""
        return replace(self, missing=self.missing - {name}).with_lane(name, lane)

    def with_said(self, **values: Any) -> VideoItem:
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
        """Write a sentence about a lane whose file is gone."""
        whose = "The label file"
        if name != ANNOTATION:
            whose = f"The label file of {name.removeprefix(_ANNOTATOR)}"
        return (
            f"{whose} of {self.id} is missing; put it back and look again, or give up "
            "its labels."
        )


_WORK = attrgetter(
    "picks", "corrections", "notes", "annotator", "done", "decisions", "people"
)


def same_work(a: VideoItem, b: VideoItem) -> bool:
    """Tell whether people said the same of two videos, but for their labels."""
    return bool(_WORK(a) == _WORK(b))


def has_work(item: VideoItem) -> bool:
    """Tell whether people said anything of a video, but for its labels."""
    return any(_WORK(item))


def with_work_of(item: VideoItem, other: VideoItem) -> VideoItem:
    """Give a video what people said of another one, but for its labels."""
    picks, corrections, notes, annotator, done, decisions, people = _WORK(other)
    return replace(
        item,
        picks=picks,
        corrections=corrections,
        notes=notes,
        annotator=annotator,
        done=done,
        decisions=decisions,
        people=people,
    )


@dataclass(frozen=True)
class Totals:
    """Progress of all videos of a project together: finished, reviewed, labelled.

    Parameters
    ----------
    finished, done : int
        Videos of which every frame is labelled or undecided, and of these the reviewed
        ones.
    missing : int
        Videos of which a label file is gone.
    labelled : int
        Videos with at least one labelled frame.
    labelled_frames, frames_of_labelled : int
        Labelled frames, and all frames of the videos that they are in.
    class_counts : Counter
        Segments of the annotations by class id; None counts the unlabelled.
    """

    finished: int = 0
    done: int = 0
    missing: int = 0
    labelled: int = 0
    labelled_frames: int = 0
    frames_of_labelled: int = 0
    class_counts: Counter[int | None] = field(default_factory=Counter)

    @classmethod
    def of(cls, videos: Sequence[VideoItem]) -> Totals:
        """Count these videos."""
        finished = [v for v in videos if v.finished]
        labelled = [v for v in videos if v.annotation.n_labelled]
        classes: Counter[int | None] = Counter()
        for item in videos:
            classes.update(item.annotation.class_counts)
        return cls(
            finished=len(finished),
            done=sum(v.reviewed for v in finished),
            missing=sum(bool(v.missing) for v in videos),
            labelled=len(labelled),
            labelled_frames=sum(v.annotation.n_labelled for v in labelled),
            frames_of_labelled=sum(v.n_frames for v in labelled),
            class_counts=classes,
        )

    def replaced(self, old: Sequence[VideoItem], new: Sequence[VideoItem]) -> Totals:
        """Count anew after ``new`` videos took the place of ``old`` ones."""
        both = [
            (a, b)
            for a, b in zip(old, new, strict=True)
            if a.annotation is not b.annotation or a.missing != b.missing
        ]
        less, more = Totals.of([a for a, _ in both]), Totals.of([b for _, b in both])
        classes = self.class_counts.copy()
        classes.subtract(less.class_counts)
        classes.update(more.class_counts)
        return Totals(
            self.finished - less.finished + more.finished,
            self.done - less.done + more.done,
            self.missing - less.missing + more.missing,
            self.labelled - less.labelled + more.labelled,
            self.labelled_frames - less.labelled_frames + more.labelled_frames,
            self.frames_of_labelled - less.frames_of_labelled + more.frames_of_labelled,
            classes,
        )


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
    videos: tuple[VideoItem, ...] = ()
    media_roots: tuple[str, ...] = ()
    conventions: tuple[Convention, ...] = ()
    blind: bool = False
    pose_every: int = 0

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the videos, in their order."""
        return tuple(v.id for v in self.videos)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Place of each video in the list, by its id."""
        return {video_id: n for n, video_id in enumerate(self.ids)}

    @cached_property
    def totals(self) -> Totals:
        """Progress of all videos together."""
        return Totals.of(self.videos)

    def has(self, video_id: str) -> bool:
        """Tell whether there is a video of this id."""
        return video_id in self.places

    def find(self, video_id: str) -> VideoItem | None:
        """Return the video of this id, or None."""
        at = self.places.get(video_id)
        return None if at is None else self.videos[at]

    def with_videos(self, *items: VideoItem) -> Project:
        """Replace the videos of these ids."""
        videos = list(self.videos)
        for item in items:
            videos[self.places[item.id]] = item
        new = replace(self, videos=tuple(videos))
        # The order of the videos is the same: keep what was derived from it.
        known = vars(new)
        known["ids"], known["places"] = self.ids, self.places
        if "totals" in vars(self):
            old = [self.video(item.id) for item in items]
            known["totals"] = self.totals.replaced(old, items)
        return new

    def video(self, video_id: str) -> VideoItem:
        """Return the video of this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        found = self.find(video_id)
        if found is not None:
            return found
        there = ", ".join(v.id for v in self.videos[:8]) or "no videos"
        more = ", …" if len(self.videos) > 8 else ""
        raise ProjectError(
            "There is no video '{}' in project {}, which has {}{}.",
            video_id,
            self.name,
            there,
            more,
        )


def new_project(name: str, label_map: LabelMap, skeleton: str = "coco17") -> Project:
    """Make an empty project with a fresh identity."""
    return Project(uuids.uuid4().hex, name, skeleton, label_map)


def changed_videos(before: Project, after: Project) -> tuple[VideoItem, ...]:
    """Find the videos of ``after`` that are other objects in ``before``, or new."""
    if before.videos is after.videos:
        return ()
    if same_ids(before, after):
        other = map(is_not, before.videos, after.videos)
        return tuple(compress(after.videos, other))
    return tuple(v for v in after.videos if before.find(v.id) is not v)


def same_ids(a: Project, b: Project) -> bool:
    """Tell whether two projects have the same videos in the same order."""
    return a.ids is b.ids or a.ids == b.ids


# -- pure edits ---------------------------------------------------------------------


def edit_lane(
    project: Project,
    video_id: str,
    edit: Callable[[Segmentation], Segmentation],
    lane: str = ANNOTATION,
) -> Project:
    """Apply an edit of ``segmentation`` to one lane."""
    item = project.video(video_id)
    if lane not in item.lanes:
        raise EditError("Video {} has no lane '{}'.", video_id, lane)
    if lane in item.missing:
        raise EditError(item.why_missing(lane))
    new = edit(item.lanes[lane])
    if new == item.lanes[lane]:
        return project
    return project.with_videos(item.with_lane(lane, new))


def reviewed_labels(project: Project) -> Project:
    """Reduce a project to the labels that a person reviewed, to score models by.

    Accepted pre-labels that nobody reviewed are what a model said and become
    unlabelled.
    """
    return project.with_videos(
        *(v.with_lane(ANNOTATION, v.annotation.reviewed_labels) for v in project.videos)
    )


def set_lane(
    project: Project, video_id: str, lane: str, value: Segmentation
) -> Project:
    """Set or add a lane, in the classes of today where some were merged meanwhile."""
    value = remap_classes(value, project.label_map.moves)
    return project.with_videos(project.video(video_id).with_lane(lane, value))


def add_annotator_lane(
    project: Project, video_id: str, name: str, value: Segmentation
) -> Project:
    """Put what another annotator says beside the annotation, or set it anew.

    Raises
    ------
    EditError
        Where the name cannot name a folder, or the labels do not cover the video.
    """
    item = project.video(video_id)
    others = {a for v in project.videos for a in v.annotators}
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
            video_id,
            item.n_frames,
        )
    lane = annotator_lane(name)
    if lane in item.missing:
        return labels_found(project, {video_id: {lane: value}})
    if item.lanes.get(lane) == value:
        return project
    return set_lane(project, video_id, lane, value)


def remove_lane(project: Project, video_id: str, lane: str) -> Project:
    """Remove the lane of another annotator."""
    item = project.video(video_id)
    if lane == ANNOTATION or lane not in item.lanes:
        raise EditError("The lane '{}' of {} cannot be removed.", lane, video_id)
    lanes = {k: v for k, v in item.lanes.items() if k != lane}
    missing = item.missing - {lane}
    return project.with_videos(replace(item, lanes=lanes, missing=missing))


def missing_labels(project: Project) -> tuple[str, ...]:
    """List the ids of the videos of which a label file is gone."""
    if not project.totals.missing:
        return ()
    return tuple(v.id for v in project.videos if v.missing)


def check_labels(items: Iterable[VideoItem]) -> None:
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
            "The label files of {} are missing; put them back, or choose other videos.",
            ", ".join(item.id for item in gone),
        )


def give_up_labels(project: Project, video_id: str) -> Project:
    """Give up label files that are gone: the video is unlabelled from now on.

    Lanes of other annotators whose files are gone are removed.

    Raises
    ------
    EditError
        Where no label file of the video is gone.
    """
    item = project.video(video_id)
    if not item.missing:
        raise EditError(
            "All label files of {} exist; there is nothing to do.", video_id
        )
    for lane in item.missing - {ANNOTATION}:
        project = remove_lane(project, video_id, lane)
    if ANNOTATION not in item.missing:
        return project
    nothing = Segmentation.unlabelled(item.n_frames)
    item = project.video(video_id).with_found(ANNOTATION, nothing)
    return project.with_videos(item)


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
            project = project.with_videos(item)
    return project


def accept_prediction(
    project: Project,
    video_id: str,
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
            video_id,
        )
    if to_review:
        return edit_lane(project, video_id, lambda a: accept_to_review(a, lane))
    return edit_lane(project, video_id, lambda a: accept(a, lane, start, stop))


def add_video(project: Project, item: VideoItem) -> Project:
    """Add a video at the end of the list."""
    if project.has(item.id):
        raise EditError("The project already has a video '{}'.", item.id)
    return replace(project, videos=(*project.videos, item))


def remove_video(project: Project, video_id: str) -> Project:
    """Take a video out of the project; its file and its labels stay on disk."""
    project.video(video_id)
    kept = tuple(v for v in project.videos if v.id != video_id)
    return replace(project, videos=kept)


def set_rate(project: Project, video_id: str, path: str, rate: float) -> Project:
    """Set the rate at which the images of ``video_id`` are shown, and its path."""
    item = replace(project.video(video_id), path=path, mean_rate=rate)
    return project.with_videos(item)


def set_notes(project: Project, video_id: str, notes: str) -> Project:
    """Write notes about a video; blanks at the ends of lines and of the text go."""
    item = project.video(video_id)
    # A lone surrogate from the clipboard would keep the project from being saved.
    notes = notes.encode("utf-8", "replace").decode()
    notes = "\n".join(line.rstrip() for line in notes.splitlines()).strip()
    if notes == item.notes:
        return project
    return project.with_videos(item.with_said(notes=notes))


def set_people(project: Project, people: Mapping[str, Sequence[str]]) -> Project:
    """Say who is seen in videos, by their ids; nobody where a list is empty.

    An id that other videos have in another case is written as it is there.

    Raises
    ------
    EditError
        Where one cannot be the id of a person.
    """
    others = (v.people for v in project.videos if v.people and v.id not in people)
    known = {p.casefold(): p for named in others for p in named}
    items = []
    for video_id, named in people.items():
        item = project.video(video_id)
        found = (known.setdefault(p.casefold(), p) for p in checked_people(named))
        own = tuple(dict.fromkeys(found))
        if own != item.people:
            items.append(item.with_said(people=own))
    return project.with_videos(*items) if items else project


def set_blind(project: Project, blind: bool) -> Project:
    """Hide lanes of others and of models in videos that are not done, or show them."""
    return project if project.blind == blind else replace(project, blind=blind)


def set_pose_every(project: Project, n: int) -> Project:
    """Let every n-th frame be looked at for poses; 0 leaves it to the rate."""
    return project if project.pose_every == n else replace(project, pose_every=n)


def set_done(project: Project, video_id: str, done: bool = True) -> Project:
    """Say that the annotator of a video is done with it, or is not."""
    item = project.video(video_id)
    if item.done == done:
        return project
    return project.with_videos(item.with_said(done=done))


def hides_other_lanes(project: Project, item: VideoItem) -> bool:
    """Tell whether a blind project does not show yet what others say of a video."""
    return project.blind and not item.done


def shown_to_annotator(project: Project, item: VideoItem) -> VideoItem:
    """Leave out of a video what a blind project does not show of it yet."""
    if not hides_other_lanes(project, item) or len(item.lanes) == 1:
        return item
    lanes = {ANNOTATION: item.annotation}
    return replace(item, lanes=lanes, missing=item.missing & lanes.keys())


def pick_subject(project: Project, video_id: str, pick: SubjectPick) -> Project:
    """Say who the subject is from a frame on; replaces a pick at the same frame."""
    item = project.video(video_id)
    kept = [p for p in item.picks if p.frame != pick.frame]
    picks = tuple(sorted((*kept, pick), key=lambda p: p.frame))
    return project.with_videos(item.with_said(picks=picks))


def drop_pick(project: Project, video_id: str, frame: int) -> Project:
    """Take back the choice of subject that holds at a frame.

    Raises
    ------
    EditError
        Where none does.
    """
    item = project.video(video_id)
    held = [p for p in item.picks if p.frame <= frame]
    if not held:
        raise EditError(
            "There is no choice of subject at frame {:,} of {}; go to a frame after "
            "one.",
            frame,
            video_id,
        )
    picks = tuple(p for p in item.picks if p is not held[-1])
    return project.with_videos(item.with_said(picks=picks))


def correct(project: Project, video_id: str, correction: Correction) -> Project:
    """Correct keypoints of a video.

    Raises
    ------
    EditError
        Where the video has no such frame or keypoint, a point lies outside of the
        picture, or it makes no sense after the corrections that are there.
    """
    item, skeleton = project.video(video_id), load_skeleton(project.skeleton)
    check_correction(correction, item.n_frames, len(skeleton))
    if isinstance(correction, Point) and not _in_picture(correction, item):
        raise EditError(
            "The point is outside the picture of {}; put it inside, or mark the "
            "keypoint missing.",
            video_id,
        )
    corrections = add_correction(item.corrections, correction, skeleton)
    if corrections == item.corrections:
        return project
    return project.with_videos(item.with_said(corrections=corrections))


def _in_picture(point: Point, item: VideoItem) -> bool:
    if point.x is None or point.y is None:
        return True
    return 0 <= point.x <= item.width and 0 <= point.y <= item.height
