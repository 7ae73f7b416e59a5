"""Assist: open the labels of a video for a session without a window, and save them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.labels.prediction import Prediction, in_classes, load_prediction
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    check_labels,
    set_lane,
)
from skelseg_core.review.assist import AssistSession, begun
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import habits_of_others
from skelseg_core.review.proposals import Proposer
from skelseg_core.review.queue import Queue
from skelseg_core.review.working_lane import WorkingLane
from skelseg_core.tasks.predict import predict, usable_model


@dataclass
class AssistedVideo:
    """A video of a project in a session, and what is needed to save it."""

    folder: ProjectFolder
    project: Project
    item: VideoItem
    session: AssistSession

    def save(self) -> list[str]:
        """Write the annotation as the session has it.

        Returns
        -------
        list of str
            As `ProjectFolder.save`: what somebody else changed meanwhile is kept.

        Raises
        ------
        ProjectError
            As `ProjectFolder.save`; and where somebody removed the video meanwhile.
        """
        after = self._labelled()
        notes = self.folder.save(after, self.project)
        # What others wrote was merged into the file and is not here: read by each save.
        self.folder.files.forget(self.folder.labels_path(self.item.id))
        self.project, self.item = after, after.video(self.item.id)
        if self.item.id not in ProjectFolder(self.folder.root).video_ids():
            raise ProjectError(
                "{} is no video of the project any more: somebody removed it "
                "meanwhile. Its labels are in {}; add the video again to use them.",
                self.item.id,
                self.folder.labels_path(self.item.id),
            )
        return notes

    def keep_beside(self) -> tuple[Path, ...]:
        """Write the annotation beside its file, which is somebody else's by now.

        Returns
        -------
        tuple of Path
            None where nothing was changed.
        """
        return self.folder.keep_unsaved(self._labelled().video(self.item.id))

    def _labelled(self) -> Project:
        annotation = self.session.annotation
        return set_lane(self.project, self.item.id, ANNOTATION, annotation)


def open_assisted(
    folder: ProjectFolder, project: Project, video_id: str, model: str, threads: int = 0
) -> Task[AssistedVideo]:
    """Open a video for a session; predict it first where that was not done.

    Raises
    ------
    SkelsegError
        Where the labels, the video or the model cannot be used.
    """
    item = project.video(video_id)
    check_labels([item])
    _, info = usable_model(folder, project, model)
    found = _stored(folder, project, item, model)
    if found is None or found.model_key != info.key:
        yield from predict(str(folder.root), video_id, model, threads)
        ProjectFolder(folder.root).add_predictions([video_id], model)
        found = _stored(folder, project, item, model)
    if found is None:
        raise ProjectError(
            "The prediction of {} for {} cannot be read; pre-label it again.",
            model,
            video_id,
        )
    evidence = _evidence(found, info, project, item)
    return AssistedVideo(folder, project, item, session_of(project, item, evidence))


def _stored(
    folder: ProjectFolder, project: Project, item: VideoItem, model: str
) -> Prediction | None:
    """Load the stored prediction of a video in today's classes; None without one."""
    try:
        found = load_prediction(folder.prediction_path(item.id, model))
    except FormatError:
        return None
    if found.probabilities.shape[0] != item.n_frames:
        return None
    return in_classes(found, project.label_map)


def stored_evidence(
    folder: ProjectFolder, project: Project, item: VideoItem, info: ModelInfo
) -> Evidence:
    """Load what a model said of a video.

    Raises
    ------
    ProjectError
        Where it was not predicted, or by other weights of the model.
    """
    found = _stored(folder, project, item, info.name)
    if found is None or found.model_key != info.key:
        raise ProjectError(
            "{} was not pre-labelled by {}; do that.", item.id, info.name
        )
    return _evidence(found, info, project, item)


def _evidence(
    found: Prediction, info: ModelInfo, project: Project, item: VideoItem
) -> Evidence:
    return Evidence.of(
        found, info, project.label_map, item.mean_rate, project.conventions
    )


def session_of(project: Project, item: VideoItem, evidence: Evidence) -> AssistSession:
    """Begin a session, with the habits of those who labelled the other videos."""
    names = {c.id: c.name for c in project.label_map.classes}
    habits = habits_of_others(project, item)
    said, kept = begun(item.annotation, evidence), WorkingLane.of(item.annotation).kept
    queue = Queue(evidence, names, said, kept)
    return AssistSession(
        item.annotation,
        evidence,
        project.label_map,
        Proposer(evidence, habits, names, said),
        lambda lane: queue.places(lane.segmentation),
    )
