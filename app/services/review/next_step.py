"""Find the one thing to do next in a project, from what is labelled and reviewed."""

from __future__ import annotations

from dataclasses import dataclass

from app.kit.language import tr
from app.kit.plural import plural
from app.services.labelling.example_filler import ExampleFiller
from app.services.models.model_service import ModelService
from app.services.review.review_room import ReviewRoom
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.queue_doubts import is_open
from skelseg_core.review.wall import NEARLY

FEW = 3
"""Segments that one repetition has at least, as far as anybody knows."""
CLIP_S = 30.0
"""Seconds of a video from which on a model is trained before others are filled in."""


@dataclass(frozen=True)
class Stage:
    """The stage at which the current video and the project are.

    ``labelled`` is a share 0..1, ``to_review`` and ``segments`` count labelled ones,
    ``own`` those to review of which a person gave the class, and only an end is open.
    ``predicted`` says that a pre-label of open frames is there, ``reviewing`` that the
    review is open, ``tracks`` that another track of the video is to be labelled,
    ``filled`` that videos were filled in together and are not reviewed,
    ``clips`` that some of the project's short videos have labels and others none,
    ``waiting`` that another video is labelled and not reviewed.
    """

    videos: bool = True
    classes: bool = True
    labelled: float = 0.0
    segments: int = 0
    to_review: int = 0
    own: int = 0
    predicted: bool = False
    model: bool = False
    others: bool = False
    reviewing: bool = False
    tracks: bool = False
    filled: bool = False
    clips: bool = False
    waiting: bool = False


@dataclass(frozen=True)
class Step:
    """Words with a place for a key, and the command that has it."""

    text: str
    command: str


def next_step(stage: Stage) -> Step:
    """Return the one thing to do next."""
    if not stage.videos:
        return Step(tr("Add a video: {}"), "add")
    if not stage.classes:
        return Step(tr("Add a class: {}"), "class-add")
    if stage.filled and not stage.reviewing:
        return Step(tr("Review what was filled in: {}"), "fill-review")
    # The end of what was labelled last is open until the rest is labelled.
    nearly = stage.labelled >= NEARLY or stage.reviewing
    if stage.to_review > (0 if nearly else stage.own):
        text = plural("{n} to review", stage.to_review)
        return Step(text if stage.reviewing else f"{text}: {{}}", "room")
    if stage.labelled < NEARLY:
        return _to_label(stage)
    return _to_go_on(stage)


def _to_go_on(stage: Stage) -> Step:
    if stage.tracks:
        return Step(tr("Label the next track: {}"), "track-next")
    if stage.waiting:
        return Step(tr("Review the next video"), "video-to-review")
    if stage.clips and not stage.model:
        return _fill_clips()
    if not stage.others:
        return Step(tr("Export the labels: {}"), "export")
    if not stage.model:
        return Step(tr("Train a model: {}"), "train")
    return Step(tr("Open the next video: {}"), "video-unfinished")


def _to_label(stage: Stage) -> Step:
    if stage.predicted:
        return Step(tr("Review the pre-label: {}"), "room")
    if stage.model:
        return Step(tr("Pre-label this video: {}"), "prelabel")
    if stage.clips and not stage.segments:
        return _fill_clips()
    if stage.segments < FEW:
        return Step(tr("Label one repetition, then {}"), "fill-example")
    return Step(tr("Fill in the rest by example: {}"), "fill-example")


def _fill_clips() -> Step:
    return Step(tr("Fill in the videos without labels: {}"), "fill-example")


class Stages:
    """Tell the stage of a project; segments are counted when labels change."""

    def __init__(
        self, models: ModelService, room: ReviewRoom, filler: ExampleFiller
    ) -> None:
        self._models, self._room, self._filler = models, room, filler
        self._counted: tuple[Segmentation | None, int, int, int] = (None, 0, 0, 0)

    def now(self) -> Stage:
        """Return how far the current video and the project are."""
        models, current = self._models, self._models.current
        project, item = models.document.project, current.item
        if item is None or item.missing:
            return Stage(videos=bool(project.tracks), labelled=1.0, model=True)
        beside = [t for t in project.tracks_of(item.video_id) if t.id != item.id]
        tracks = any(map(project.to_finish, beside))
        if project.has_points(item):
            others = project.totals.unfinished > 0
            return Stage(labelled=1.0, model=True, others=others, tracks=tracks)
        lane = item.annotation
        n_closed = lane.n_labelled + lane.n_undecided
        segments, to_review, own = self._count(lane)
        return Stage(
            classes=bool(current.classes),
            labelled=n_closed / item.n_frames,
            segments=segments,
            to_review=0 if models.session.growing else to_review,
            own=own,
            predicted=bool(current.shown_model) and n_closed < item.n_frames,
            model=bool(models.session.model) or models.training,
            reviewing=self._room.on,
            others=project.totals.unfinished > project.to_finish(item),
            tracks=tracks,
            filled=bool(self._filler.to_review),
            clips=item.video.even_times.duration_s < CLIP_S
            and len(project.tiers) == 1
            and 0 < project.totals.labelled < project.totals.videos,
            waiting=project.totals.done < project.totals.finished,
        )

    def _count(self, lane: Segmentation) -> tuple[int, int, int]:
        if lane is not self._counted[0]:
            named = [s for s in lane.segments if s.class_id is not None]
            left = list(filter(is_open, named))
            own = sum(s.class_reviewed and s.source != "model" for s in left)
            self._counted = lane, len(named), len(left), own
        return self._counted[1:]
