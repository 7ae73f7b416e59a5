"""Pure edits of a project: each takes a project and gives another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from skelseg_core.choices import ANNOTATION as ANNOTATION
from skelseg_core.errors import EditError, ProjectError
from skelseg_core.file_names import portable_name, same_name, short_name
from skelseg_core.labels.edits import accept, accept_to_review, remap_classes
from skelseg_core.labels.people import checked_people
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.corrections import (
    Correction,
    PlacedKeypoint,
    add_correction,
    check_correction,
)
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId, TrackKey, VideoId, check_segments
from skelseg_core.project.videos_and_tracks import (
    Track,
    Video,
    annotator_lane,
    missing_words,
    track_item,
)


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


def set_pose_estimator(project: Project, name: str, weights: str = "") -> Project:
    """Let an estimator find the poses of videos from now on, by a weights file."""
    if (project.pose_estimator, project.pose_weights) == (name, weights):
        return project
    return replace(project, pose_estimator=name, pose_weights=weights)


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
