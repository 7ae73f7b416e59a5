"""Train in the background when a video is done, and pre-label untouched videos."""

from __future__ import annotations

import re
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.language import in_language
from app.kit.plural import plural
from app.kit.settings import Settings
from app.services.jobs import Job
from app.services.models.model_service import ModelService
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.config import to_dict
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import (
    ModelInfo,
    is_as_good,
    on_same_videos,
    worth_of,
)
from skelseg_core.learning.recipes import PROPOSED
from skelseg_core.progress import Progress, Task
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.model_tiers import to_learn
from skelseg_core.torch_tools.needed import has_torch

TOPIC = "train-background"
"""Subject of the notices: the id of the command that switches it."""
_AUTO = re.compile(r"auto-(\d{1,9})", re.IGNORECASE)


class BackgroundTraining(QObject):
    """Train a model after each video that is done, measure it, pre-label the others.

    One round at a time, in processes of their own. A round that is asked for meanwhile
    waits, and only the latest does. Whether it is wanted is asked once. The new model
    is chosen where it is right at least as often as the one before, both measured on
    what they had not seen.
    """

    changed = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        models: ModelService,
        tasks: TaskRunner,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._document = current, current.document
        self._session, self._models, self._jobs = current.session, models, tasks.jobs
        self._after_save, self._notices = tasks.after_save, tasks.notices
        self._settings = settings
        self._offered = self._waiting = TrackId("")
        # What is trained on, and labelled by the new model.
        self._tier = ""
        self._job: Job | None = None
        # Pre-labels untouched videos now; empty where none does.
        self._prelabels = ""
        # Chosen as soon as the person leaves the video with the model's pre-labels.
        self._to_choose, self._choose_in = "", ""
        self._learnt: dict[str, Segmentation] = {}
        self._made: set[str] = set()
        self._left: list[TrackId] = []
        self._labelled: list[str] = []
        self._problems: list[str] = []
        self._unlike: list[str] = []
        self._document.changed.connect(self._on_document_changed)
        self._document.save_failed.connect(self._on_save_failed)
        self._jobs.ended.connect(self._on_job_ended)
        self._session.video_changed.connect(self._choose_later)
        self._session.model_changed.connect(self._forget_choice)

    # -- whether ---------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """Tell whether a video that is done starts a training."""
        return bool(self._settings.trains_in_background)

    @property
    def busy(self) -> bool:
        """Tell whether a round runs, or waits for the save."""
        at_work = self._job is not None or bool(self._prelabels)
        return at_work or self._after_save.is_begun(TOPIC)

    @command(
        "train-background",
        "Train in the background",
        checked=lambda self: self.on,
        tip="Train a model whenever a video is done. It pre-labels untouched videos",
    )
    def toggle(self) -> None:
        """Train when videos are done or, switched off, stop what runs."""
        if not self.on and not has_torch():
            self._models.torch_needed.emit()
            return
        self._settings.trains_in_background = not self.on
        self._notices.helped(TOPIC)
        offered, self._offered = self._offered, TrackId("")
        if not self.on:
            self.cancel()
        elif offered:
            self.train_after(offered)
        self.changed.emit()

    def cancel(self) -> None:
        """Cancel the round that runs, and the one that waits."""
        self._waiting = TrackId("")
        if self._job is not None:
            self._job.cancel()

    def _on_document_changed(self, change: Change) -> None:
        for item in change.edited:
            if not _is_done(item):
                continue
            before = change.before.find(item.id)
            if before is not None and not _is_done(before):
                self._on_video_done(item.id)

    def _on_video_done(self, video_id: TrackId) -> None:
        if not has_torch():
            return
        if self._settings.trains_in_background is None:
            self._settings.trains_in_background = False
            self._offered = video_id
            text = self.tr(
                "{} is done. Train a new model in the background whenever a video is "
                "done? It pre-labels the others."
            )
            self._notices.offer(text.format(video_id), "train-background", TOPIC)
        elif self.on:
            self.train_after(video_id)

    # -- training --------------------------------------------------------------------

    def train_after(self, video_id: TrackId) -> None:
        """Train once the labels of a video that is done are saved."""
        item = self._document.project.find(video_id)
        # Undo and redo make a video done again; nothing new can be learnt then.
        if item is None or self._learnt.get(video_id) == item.annotation:
            return
        if self.busy:
            self._waiting = video_id
            return
        self._waiting = TrackId("")
        self._after_save.begin_once((TOPIC,), lambda: self._start(video_id))

    def _start(self, video_id: TrackId) -> Job | None:
        project = self._document.project
        if not project.has(video_id) or not self.on:
            return None
        self._learnt[video_id] = project.track(video_id).annotation
        self._tier = project.track(video_id).tier
        chosen = self._models.model_named(self._models.chosen_for(self._tier))
        name, info = self._free_name(), chosen.info if chosen is not None else None
        again = info is not None and _AUTO.fullmatch(info.name)
        preset = to_dict(info.preset) if info is not None and again else PROPOSED
        title = self.tr("Train {}").format(name)
        root = str(self._document.folder.root)
        task = self._jobs.worker.alone(
            "train", root=root, name=name, preset=preset, tier=self._tier
        )
        job = self._jobs.start(title, _named(task, name), self._on_trained)
        job.in_background = True
        job.on_leaving = self.tr(
            "Your labels are saved. The next finished video starts a new training."
        )
        self._job = job if job.running else None
        return job

    def _free_name(self) -> str:
        """Return the next name that no model has or had, as predictions tell."""
        taken, names = {0}, self._current.found.names()
        # A disk that is slow may not have told of those that were made here.
        for name in (*names, *self._made, *self._document.model_names()):
            found = _AUTO.fullmatch(name)
            if found is not None:
                taken.add(int(found.group(1)))
        number = max(taken) + 1
        while self._after_save.is_begun("train", f"auto-{number}"):
            number += 1
        return f"auto-{number}"

    def _on_trained(self, result: Mapping[str, Any]) -> None:
        model = str(result["model"])
        self._made.add(model)
        self._models.models_changed.emit()
        if not self._models.chosen_for(self._tier):
            self._models.choose(model, self._tier)
        previous = self._models.chosen_for(self._tier)
        against = previous if previous != model else ""
        self._go_on(self._models.measure_against(against, self._on_measured, model))

    def _go_on(self, job: Job | None) -> None:
        """Let the round go on with another job; without one it ends."""
        if job is not None and job.running:
            job.in_background = True
            self._job = job

    # -- choosing --------------------------------------------------------------------

    def _on_measured(self, result: Mapping[str, Any]) -> None:
        model, previous = str(result["model"]), self._models.chosen_for(self._tier)
        listed = None if previous == model else self._models.model_named(previous)
        before = listed.info if listed is not None else None
        self._conclude(model, result["held_out"], before)

    def _conclude(
        self, model: str, held: Mapping[str, Any], before: ModelInfo | None
    ) -> None:
        """Say what the new model is worth, and choose it where it is no worse."""
        old = before.held_out if before is not None else {}
        good = is_as_good(held, old)
        if good:
            self._choose(model)
        worth = self._worth(model, held)
        same = on_same_videos(held, old)
        if before is not None and same:
            both = self.tr("On the videos that both were scored on: {} %, {} {} %.")
            new, was = (f"{fmean(side):.1f}" for side in zip(*same, strict=True))
            worth = f"{worth} {both.format(new, before.name, was)}"
        sentences = (worth, spared(held.get("against")), self._choice(good))
        self._notices.offer(" ".join(s for s in sentences if s), "models", TOPIC)
        self._models.read_info()
        self.changed.emit()
        # The model of a round that waits will pre-label; where the new one is worse,
        # what such a round left to it is the work of the one before.
        labeller = model if good else self._models.chosen_for(self._tier)
        if not self._waiting and _AUTO.fullmatch(labeller):
            self._prelabel_untouched(labeller)

    def _worth(self, model: str, held: Mapping[str, Any]) -> str:
        if "accuracy" in held:
            return f"{model}: {worth_of(held)}"
        why = held.get("why", "")
        return self.tr("{} could not be measured. {}").format(model, why)

    def _choice(self, good: bool) -> str:
        if not good:
            stays = self._models.chosen_for(self._tier)
            return self.tr("It is not used; {} stays.").format(stays)
        if self._to_choose:
            return self.tr("It is used from the next video on.")
        return self.tr("It is used from now on.")

    def _choose(self, model: str) -> None:
        """Choose a model; not under the hands of a person who reviews another's."""
        item, chosen = self._current.item, self._models.chosen_for(self._tier)
        worked_on = item is not None and _is_begun(item)
        if chosen != model and worked_on and chosen in self._current.models:
            self._to_choose, self._choose_in = model, self._tier
            return
        self._models.choose(model, self._tier)

    def _choose_later(self, _: str) -> None:
        model, self._to_choose = self._to_choose, ""
        if model and model in self._document.model_names():
            self._models.choose(model, self._choose_in)

    def _forget_choice(self) -> None:
        # The person chose another one meanwhile, or looks at another tier.
        if self._current.tier == self._choose_in:
            self._to_choose = ""

    # -- pre-labels ------------------------------------------------------------------

    def _prelabel_untouched(self, model: str) -> None:
        project = self._document.project
        self._left = list(to_learn(project, self._tier).track_ids)
        self._labelled, self._problems, self._unlike = [], [], []
        # The job that ends now is followed by others.
        self._job, self._prelabels = None, model
        self._prelabel_next(model)

    def _prelabel_next(self, model: str) -> None:
        """Pre-label the next video that nobody has touched, if there is one."""
        found = self._current.found
        while self._left and self.on and not self._waiting:
            item = self._document.project.find(self._left.pop(0))
            if item is None or not _is_untouched(item):
                continue
            if model in found.models(item.id):
                continue
            if self._after_save.is_begun("pre-label", item.id, model):
                continue
            video_id = item.id

            def start(video_id: TrackId = video_id) -> Job | None:
                return self._start_prelabelling(video_id, model)

            key = ("pre-label", video_id, model, "")
            if self._after_save.begin_once(key, start):
                return
        self._say_prelabelled(model)

    def _start_prelabelling(self, video_id: TrackId, model: str) -> Job | None:
        item = self._document.project.find(video_id)
        if not self.on or item is None:  # meanwhile, while it waited for the save
            self._say_prelabelled(model)
            return None
        job = self._jobs.start(
            self.tr("Pre-label {}").format(video_id),
            self._predicted(item, model),
            lambda made: self._on_predicted(video_id, model, made),
        )
        job.on_leaving = self.tr(
            "Finished pre-labels are kept. Pre-label again to continue."
        )
        self._go_on(job)
        return job

    def _predicted(self, item: Track, model: str) -> Task[Mapping[str, Any] | str]:
        """Pre-label a video that has poses; the sentence that says why not, else."""
        folder = self._document.folder
        yield Progress(item.id)
        if not folder.poses_path(item.video_id).is_file():
            return ""
        root = str(folder.root)
        try:
            return (
                yield from self._jobs.worker.alone(
                    "predict", root=root, video_id=item.id, model=model
                )
            )
        except SkelsegError as error:
            return in_language(error)

    def _on_predicted(
        self, video_id: str, model: str, made: Mapping[str, Any] | str
    ) -> None:
        if isinstance(made, str):
            self._problems += [made] if made else []
        else:
            self._unlike += [video_id] if made.get("unlike") else []
            self._labelled.append(video_id)
            self._current.found.look_at(video_id)
        self._job = None
        self._prelabel_next(model)

    def _say_prelabelled(self, model: str) -> None:
        if self._problems:
            self._notices.warn(self._problems[0], about=f"{TOPIC} pre-label")
        if self._labelled:
            text = "{model} has pre-labelled {n} untouched video(s)."
            text = plural(text, len(self._labelled), model=model)
            if self._unlike:
                unlike = self.tr(
                    "Unlike its training videos, so check these pre-labels: {}."
                )
                text += " " + unlike.format(", ".join(self._unlike))
            self._notices.say(text)
        self._end_round()

    # -- from one step to the next ---------------------------------------------------

    def _on_job_ended(self, job: Job) -> None:
        # Where another job followed, that is the one at work.
        if job is not self._job:
            return
        if job.state == "cancelled":
            self._waiting = TrackId("")
        self._end_round()

    def _on_save_failed(self, _: str) -> None:
        # What waited for the save is dropped.
        if self._job is None:
            self._waiting = TrackId("")
            self._end_round()

    def _end_round(self) -> None:
        """End the round, and begin with the one that waits."""
        self._job, self._prelabels, self._left = None, "", []
        waiting, self._waiting = self._waiting, TrackId("")
        if waiting and self.on:
            self.train_after(waiting)
        self.changed.emit()


def _is_done(item: Track) -> bool:
    """Tell whether a person reviewed every frame, as the list of videos does."""
    return item.finished and item.reviewed


def _is_begun(item: Track) -> bool:
    """Tell whether a person is about to label or correct a video."""
    return item.annotation.n_labelled > 0 and not _is_done(item)


def _is_untouched(item: Track) -> bool:
    labels = item.annotation
    return not (labels.n_labelled or labels.n_undecided or item.missing)


def _named(task: Task[dict[str, Any]], name: str) -> Task[dict[str, Any]]:
    """Run a training; its error says which one failed."""
    try:
        return (yield from task)
    except SkelsegError as error:
        raise SkelsegError(
            "{} was not trained in the background: {}", name, error
        ) from error


def spared(against: Mapping[str, Any] | None) -> str:
    """Say which of a person's corrections a model would have spared."""
    if not against or not (against["made"] or against["broken"]):
        return ""
    return plural(
        "Of your last {n} correction(s) it would have avoided {fixed}, and caused "
        "{broken} new ones.",
        int(against["made"]),
        fixed=f"{against['fixed']:,}",
        broken=f"{against['broken']:,}",
    )
