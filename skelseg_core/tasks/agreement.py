"""Agreement of people who labelled the videos of a project, from its lanes.

What counts is what a person says: pre-labels that nobody looked at, and single places
that somebody changed among them, are left out of a lane, as they are of every score.
Lanes of models are refused; `evaluation` scores them and leaves out what a model was
told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.errors import ProjectError
from skelseg_core.labels.agreed_prelabels import began_as_prelabels, judged_labels
from skelseg_core.labels.agreement.bootstrap import FEW_VIDEOS
from skelseg_core.labels.agreement.measures import Agreement, measure_agreement
from skelseg_core.labels.decisions import Decision
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import shown_to_annotator
from skelseg_core.project.videos_and_tracks import Track, annotator_lane, model_of_lane
from skelseg_core.review.settling import GOLD, Dispute, unsettled
from skelseg_core.said import Said, counted, listed


@dataclass(frozen=True)
class AnnotatorsCompared:
    """Agreement of lanes of a project, and what a reader of it has to know.

    Parameters
    ----------
    agreement : Agreement
    notes : tuple of str
        Sentences: what was left out, and what makes the figures flatter.
    """

    agreement: Agreement
    notes: tuple[str, ...]


def compare_annotators(
    project: Project, lanes: Sequence[str] = (), videos: Sequence[str] = ()
) -> Task[AnnotatorsCompared]:
    """Compare the labels of people.

    Parameters
    ----------
    project : Project
    lanes : sequence of str
        Lanes, or names of annotators; by default all that people made.
    videos : sequence of str
        Ids; all by default.

    Raises
    ------
    ProjectError
        Where a lane is not there, fewer than two are, or no video has labels of two.
    """
    items = [shown_to_annotator(project, item) for item in project.chosen(videos)]
    chosen = _chosen(items, lanes)
    said: dict[str, dict[str, np.ndarray]] = {}
    of_track: dict[str, str] = {item.id: item.video_id for item in items}
    left_out = _LeftOut()
    for n, item in enumerate(items):
        yield Progress("reading labels", n, len(items))
        said[item.id] = {
            name: left_out.reviewed_labels(item.lanes[name], project)
            for name in chosen
            if name in item.lanes and name not in item.missing
        }
    yield Progress("computing", 0, 1)
    n_classes = len(project.classes.names)
    agreement = measure_agreement(said, chosen, n_classes, of_track)
    if not agreement.videos:
        names = listed([shown_lane(name) for name in chosen])
        if left_out.n_unseen:
            raise ProjectError(
                "No frame has labels of two of {}, but for {} of pre-labels that "
                "nobody reviewed; review them first.",
                names,
                counted(left_out.n_unseen, "frame"),
            )
        raise ProjectError(
            "No video has labels of two of {}; label or import them first.", names
        )
    return AnnotatorsCompared(
        agreement, tuple(_notes(project, agreement, items, left_out))
    )


def find_disagreements(
    project: Project, lanes: Sequence[str] = (), videos: Sequence[str] = ()
) -> Task[dict[str, tuple[Decision, ...]]]:
    """List where two people disagree in each video, with what was settled.

    Parameters
    ----------
    project : Project
    lanes : sequence of str
        Two lanes, or names of annotators; by default the only two there are.
    videos : sequence of str
        Ids; all by default.

    Returns
    -------
    dict of str to tuple of Decision
        In order of time; those that nobody settled have no choice.

    Raises
    ------
    ProjectError
        Where a lane is not there, or there are not two.
    """
    items = [shown_to_annotator(project, item) for item in project.chosen(videos)]
    chosen = _chosen(items, lanes)
    if len(chosen) != 2:
        raise ProjectError(
            "Disagreements need two people, and here are {}; name two lanes.",
            listed([shown_lane(lane) for lane in chosen]),
        )
    dispute = Dispute(*chosen)
    found: dict[str, tuple[Decision, ...]] = {}
    for n, item in enumerate(items):
        yield Progress("reading labels", n, len(items))
        found[item.id] = tuple(
            dispute.decision(item, block) or unsettled(project, dispute, block)
            for block in dispute.blocks(item)
        )
    return found


def shown_lane(lane: str) -> str:
    """Write the name of a person's lane as the command line takes it."""
    return lane.removeprefix(annotator_lane(""))


def _chosen(items: Sequence[Track], lanes: Sequence[str]) -> tuple[str, ...]:
    there = dict.fromkeys(name for item in items for name in item.lanes)
    chosen = tuple(dict.fromkeys(_named(name, list(there)) for name in lanes))
    # Labels settled between two people count as a third person's only if asked for.
    there.pop(annotator_lane(GOLD), None)
    if any(item.decisions for item in items):
        there.pop(ANNOTATION, None)
    if lanes and len(chosen) < 2:
        raise ProjectError(
            "'{}' has nobody to agree with; name two lanes or more.", lanes[0]
        )
    chosen = chosen or tuple(there)
    if len(chosen) < 2:
        raise ProjectError(
            "Only one person labelled these videos; import the labels of another "
            "with --annotator, or label under another name."
        )
    return chosen


def _named(name: str, there: Sequence[str]) -> str:
    if model_of_lane(name):
        raise ProjectError(
            "'{}' has the labels of a model; 'skelseg evaluate' scores it, without "
            "the labels that the model was given.",
            name,
        )
    for lane in (name, annotator_lane(name)):
        if lane in there:
            return lane
    raise ProjectError(
        "There is no lane of a person '{}'; the lanes are {}.",
        name,
        listed([shown_lane(lane) for lane in there]),
    )


class _LeftOut:
    """Counts of frames that no person said, or that began as a model's pre-labels."""

    def __init__(self) -> None:
        self.n_unseen = 0
        self.n_model = 0
        self.n_labelled = 0

    def reviewed_labels(self, lane: Segmentation, project: Project) -> np.ndarray:
        """Return the channels (T,) of what a person says in a lane, and count."""
        labels = judged_labels(lane)
        kept = labels != UNLABELLED
        n_kept = int(kept.sum())
        self.n_unseen += lane.n_labelled - n_kept
        self.n_labelled += n_kept
        self.n_model += int((kept & began_as_prelabels(lane)).sum())
        return project.classes.to_indices(labels)


def _notes(
    project: Project, agreement: Agreement, items: Sequence[Track], left_out: _LeftOut
) -> list[str]:
    notes: list[str] = []
    kind = "track" if project.has_tracks else "video"
    hidden = sum(project.blind and not item.done for item in items)
    if hidden:
        which = counted(hidden, kind)
        notes.append(
            Said(
                "The project is blind: other people's labels are hidden in "
                "{} not yet done.",
                which,
            )
        )
    n_others = len(items) - len(agreement.videos)
    if n_others:
        which = counted(n_others, kind)
        notes.append(Said("Left out: {} without labels of two of these people.", which))
    if left_out.n_unseen:
        notes.append(
            Said(
                "Left out: {} of pre-labels that nobody reviewed, and of places "
                "here and there among them.",
                counted(left_out.n_unseen, "frame"),
            )
        )
    if left_out.n_model:
        share = 100 * left_out.n_model / left_out.n_labelled
        notes.append(
            Said(
                "{:.0f} % of the labelled frames began as pre-labels of a "
                "model that a person agreed with: people who start from the "
                "same pre-labels agree more than they would otherwise.",
                share,
            )
        )
    n_videos = agreement.n_videos
    if n_videos < FEW_VIDEOS:
        notes.append(Said("With {} there is no interval.", counted(n_videos, "video")))
    return notes
