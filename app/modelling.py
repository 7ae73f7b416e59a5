"""Modelling: pre-label, take over, train; edits go through the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.jobs import Job
from app.operations import Operations
from app.readers import read_prediction
from skelseg_core.config import load_preset, preset_names
from skelseg_core.prediction import Prediction
from skelseg_core.project import (
    accept_prediction,
    prediction_lane,
    remove_lane,
    set_lane,
)
from skelseg_core.segmentation import review


class Modelling(QObject):
    """Runs models; what it says, `Operations` signals. Knows the trainings that run."""

    training_started = Signal()
    training_progressed = Signal(object)  # Progress
    training_ended = Signal()

    def __init__(self, operations: Operations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.operations = operations
        self.document, self.session = operations.document, operations.session
        self.player, self.jobs = operations.player, operations.jobs
        self._trainings: list[Job] = []
        self.jobs.progressed.connect(self._on_job_progressed)
        self.jobs.ended.connect(self._on_job_ended)

    def prelabel(self, free: bool = False) -> None:
        """Pre-label the current video in the worker process.

        ``free`` leaves aside what a person labelled there: all is the model's own.
        """
        item, model = self.operations.item, self.operations.model
        if item is None or not model:
            self.operations.problem.emit(
                self.tr("There is no model yet; label a part and choose Model > Train.")
            )
            return
        worker, root = self.jobs.worker, str(self.document.folder.root)
        task = worker.task(
            "predict", root=root, video_id=item.id, model=model, free=free
        )
        self.operations.when_saved(
            lambda: self.jobs.start(
                self.tr("Pre-label {}").format(item.id),
                task,
                lambda _: self._take_over(item.id, model, free),
            )
        )

    def _take_over(self, video_id: str, model: str, free: bool) -> None:
        path = self.document.folder.prediction_path(video_id, model)

        def show(prediction: Prediction) -> None:
            lane, value = prediction_lane(model), prediction.segmentation
            if self.document.project.has(video_id):
                changed = self.document.apply(
                    self.tr("Pre-label {}").format(video_id),
                    lambda p: set_lane(p, video_id, lane, value),
                )
                if not changed:
                    # The same segments, perhaps around other labels than before.
                    self.operations.prediction_ready.emit(video_id, lane, prediction)
                self.operations.load_poses()
                said = self.tr(
                    "{} is pre-labelled: {} segments. Accept takes them over; what you "
                    "labelled stays."
                )
                if free:
                    said = self.tr(
                        "{} is pre-labelled without your labels: {} segments, all the "
                        "model's own. Accept takes them over where you have labelled "
                        "nothing."
                    )
                self.operations.said.emit(said.format(video_id, f"{len(value):,}"))

        task = read_prediction(path, self.document.project.label_map)
        self.jobs.start(self.tr("prediction for {}").format(video_id), task, show)

    def accept_all(self) -> None:
        """Make the prediction the annotation, except where a person spoke."""
        item, model = self.operations.item, self.operations.shown_model()
        if item is None or not model:
            self.operations.problem.emit(
                self.tr("There is no prediction to accept; pre-label first.")
            )
            return
        self.document.apply(
            self.tr("Accept {}").format(model),
            lambda p: accept_prediction(p, item.id, model),
        )

    def accept_segment(self) -> None:
        """Agree with the segment under the playhead and go to the next."""
        item, frame = self.operations.item, self.session.frame
        model = self.operations.shown_model()
        if item is None:
            return
        # A file that was replaced may have more frames than there are labels for.
        frame = min(frame, item.n_frames - 1)
        segment = item.annotation.at(frame)
        if segment.class_id is not None:
            self.document.edit_lane(
                self.tr("Review"), item.id, lambda s: review(s, s.index_at(frame))
            )
            self.player.seek(min(segment.stop, item.n_frames - 1))
        elif model:
            predicted = item.lanes[prediction_lane(model)].at(frame)
            self.document.apply(
                self.tr("Accept segment"),
                lambda p: accept_prediction(
                    p, item.id, model, predicted.start, predicted.stop, True
                ),
            )
            self.player.seek(min(predicted.stop, item.n_frames - 1))
        else:
            self.operations.problem.emit(
                self.tr("There is nothing here to accept; label it with a key.")
            )

    def remove_prediction(self) -> None:
        """Take the lane of the shown model off the current video."""
        item, model = self.operations.item, self.operations.shown_model()
        if item is not None and model:
            lane = prediction_lane(model)
            self.document.apply(
                self.tr("Remove {}").format(model),
                lambda p: remove_lane(p, item.id, lane),
            )

    def presets(self) -> tuple[str, ...]:
        """Recipes that what is in the project is enough for."""
        names = preset_names()
        if all(v.has_video for v in self.document.project.videos):
            return names
        needs_video = {n for n in names if "rgb" in load_preset(n).model.modalities}
        return tuple(n for n in names if n not in needs_video)

    def train(self, name: str, preset: str) -> None:
        """Train on everything that is labelled, in the worker process."""
        worker, root = self.jobs.worker, str(self.document.folder.root)
        task = worker.task("train", root=root, name=name, preset=preset)

        def start() -> None:
            title = self.tr("Train {}").format(name)
            self._trainings.append(self.jobs.start(title, task, self._on_trained))
            self.training_started.emit()

        self.operations.when_saved(start)

    @property
    def training(self) -> bool:
        """Whether a training runs, or waits for its turn."""
        return bool(self._trainings)

    def _on_job_progressed(self, job: Job) -> None:
        if job in self._trainings:
            self.training_progressed.emit(job.progress)

    def _on_job_ended(self, job: Job) -> None:
        if job in self._trainings:
            self._trainings.remove(job)
            self.training_ended.emit()

    def _on_trained(self, result: dict[str, Any]) -> None:
        self.operations.model = str(result["model"])
        self.operations.models_changed.emit()
        self.operations.said.emit(
            self.tr("Model {} is ready, trained on {}; pre-label with it.").format(
                self.operations.model, self._count(result["videos"])
            )
        )

    def _count(self, videos: Sequence[object]) -> str:
        if len(videos) == 1:
            return self.tr("1 video")
        return self.tr("{} videos").format(f"{len(videos):,}")
