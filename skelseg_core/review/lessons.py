"""Lessons: what the corrections of a project teach about where its models err."""

from __future__ import annotations

import logging
from contextlib import suppress

from skelseg_core.errors import SkelsegError
from skelseg_core.learning.model_info import load_info
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.predicted_lanes import stored_prediction
from skelseg_core.project.project import Project, VideoItem
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.expected_errors import Lesson, learn_queue
from skelseg_core.review.findings import findings
from skelseg_core.review.queue import Queue
from skelseg_core.review.queue_model import QueueModel

MOST_VIDEOS = 20
"""Videos that are learnt of at most, from the end of the list."""

_log = logging.getLogger(__name__)


def learn_of_project(
    folder: ProjectFolder, project: Project, model: str, besides: str
) -> Task[QueueModel | None]:
    """Learn of what people made of pre-labels in the other videos of a project.

    Pre-labels of ``model`` come before those of other models, but those count as well:
    once a model was trained on a video, only the model before it has a pre-label there
    that was ever put right.

    Parameters
    ----------
    folder : ProjectFolder
    project : Project
    model : str
        Name of the model whose pre-label is reviewed.
    besides : str
        Id of a video that is left out: the one that is reviewed.

    Returns
    -------
    QueueModel or None
        None where nobody corrected any.
    """
    lessons: list[Lesson] = []
    others = [v for v in project.videos if v.id != besides and v.models]
    for n, item in enumerate(reversed(others)):
        yield Progress("corrections so far", n, len(others))
        if len(lessons) == MOST_VIDEOS:
            break
        if not any(s.class_vouched for s in item.annotation.segments):
            continue
        for name in sorted(item.models, key=lambda name: name != model):
            lesson = _lesson(folder, project, item, name)
            if lesson is not None:
                lessons.append(lesson)
                break
    return learn_queue(lessons) if lessons else None


def _lesson(
    folder: ProjectFolder, project: Project, item: VideoItem, model: str
) -> Lesson | None:
    """Compare the pre-label of a model with the annotation; None where that is vain.

    A pre-label teaches nothing where its model was trained on the video, or where that
    is not known; frames that it took from a person do not either.
    """
    try:
        found = stored_prediction(folder, project, item, model)
    except SkelsegError as error:
        _log.info("nothing is learnt of %s in %s: %s", model, item.id, error)
        return None
    if found.trained_on is not False:
        return None
    rate, rules = item.mean_rate, project.conventions
    evidence = Evidence(found.probabilities, found.class_ids, rate, conventions=rules)
    with suppress(SkelsegError):  # the model may be gone
        info = load_info(folder.model_dir(model))
        evidence = Evidence.of(found, info, project.label_map, rate, rules)
    made = findings(found.segmentation, item.annotation, rate, found.fixed)
    if not made.boundary_seen.any():
        return None
    return Queue(evidence, {}).cues(found.segmentation), made
