"""Pre-label videos, copy predictions, train models and measure their accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from app.kit.commands import command
from app.kit.labels import plain_tip
from app.kit.language import in_language
from app.kit.plural import plural
from app.playback.player import Player
from app.services.jobs import Job
from app.services.models.file_readers import read_prediction, remove_file
from app.services.models.pose_service import PoseService
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import POSES, PREDICTIONS, VIDEO, CurrentVideo
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.doubtful_labels import Doubt
from skelseg_core.learning.model_info import (
    Confusion,
    ModelInfo,
    pictures_help,
    worth_of,
)
from skelseg_core.learning.recipes import PROPOSED, Recipe, recipes
from skelseg_core.project.bodies import bodiless_text
from skelseg_core.project.project_edits import accept_prediction, hides_other_lanes
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track, prediction_lane
from skelseg_core.tasks.model_folders import ListedModel, list_models
from skelseg_core.tasks.model_tiers import tiers_of
from skelseg_core.torch_tools.needed import has_torch


class ModelService(QObject):
    """Pre-label with the chosen model, read predictions, train and measure models.

    Keeps the running trainings and measurements, and the information on all models,
    the newest first. Signals ``models_changed`` when another model is chosen or a new
    one exists.
    """

    models_changed = Signal()

    torch_needed = Signal()
    """Nothing can be trained before PyTorch is installed."""
    training_started = Signal()
    training_progressed = Signal(object)  # Progress
    training_ended = Signal()
    info_changed = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        tasks: TaskRunner,
        poses: PoseService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.current = current
        self.document, self.session = current.document, current.session
        self.player, self._tasks, self._poses = player, tasks, poses
        self.jobs, self.notices = tasks.jobs, tasks.notices
        names = self.document.model_names()
        first = PROPOSED if PROPOSED in names else next(iter(names), "")
        self.session.set_model(first)
        # The tier that the chosen model is for, and the choices of the others.
        self._tier, self._of_tier = self.current.tier, dict[str, str]()
        self._trainings: list[Job] = []
        self.jobs.progressed.connect(self._on_job_progressed)
        self.jobs.ended.connect(self._on_job_ended)
        self.models: tuple[ListedModel, ...] = ()
        self._measuring: dict[str, Job] = {}
        self._doubt = -1
        self._copied: tuple[Segmentation, Segmentation] | None = None
        self.session.model_changed.connect(self.models_changed)
        self.session.video_changed.connect(lambda _: self._choose_for_tier())
        self.models_changed.connect(self.read_info)
        # The last reading of each lane: what an earlier one finds is dropped.
        self._reading: dict[str, Job] = {}
        # The video that is shown, and its estimate of poses.
        self._may_read = ""
        self._estimate: object = None
        player.first_picture_shown.connect(self._on_first_picture)
        self.document.changed.connect(self._on_document)
        self.current.changed.connect(self._on_current)

    # -- predictions -----------------------------------------------------------------

    def _on_first_picture(self) -> None:
        """Read predictions now: earlier it would slow down the first picture."""
        self._may_read = self.session.track_id
        self._load_predictions()

    def _on_document(self, change: Change) -> None:
        if not change.only_labels:
            self._load_predictions()

    def _on_current(self, what: str) -> None:
        if what == VIDEO:
            self._reading.clear()
            self._may_read, self._estimate = "", None
        elif what == PREDICTIONS:
            self._load_predictions(again=True)
        elif what == POSES and self.current.poses is not None:
            before, self._estimate = self._estimate, self.current.poses.estimate
            if before is not None and before is not self._estimate:
                self._load_predictions(again=True)

    def _load_predictions(self, again: bool = False) -> None:
        """Read the predictions of the current video that are not read yet, or all."""
        item, current = self.current.item, self.current
        if item is None or item.id != self._may_read:
            return
        for model in current.models:
            lane = prediction_lane(model)
            known = lane in {*current.predictions, *current.unfit, *self._reading}
            if again or not known:
                self._load_prediction(item, model)

    def _load_prediction(self, item: Track, model: str) -> None:
        document, lane = self.document, prediction_lane(model)

        def show(found: Prediction | str) -> None:
            if self._reading.get(lane) is not job:
                return
            del self._reading[lane]
            if isinstance(found, str):
                self.current.set_unfit(item.id, model, found)
            else:
                self.current.set_prediction(item.id, model, found)

        job = self.jobs.start(
            self.tr("prediction for {}").format(self.document.project.titled(item.id)),
            read_prediction(document.folder, document.project, item, model),
            show,
        )
        self._reading[lane] = job

    def read_info(self) -> None:
        """Read the information on all models, in a thread."""

        def show(found: tuple[ListedModel, ...]) -> None:
            had_none = not self.models
            self.models, self._doubt = found, -1
            if had_none or not self.session.model:
                self._choose_fitting()
            self.info_changed.emit()

        title = self.tr("list of the models")
        self.jobs.start(title, list_models(self.document.folder), show)

    # -- which of several tiers ------------------------------------------------------

    def _choose_for_tier(self) -> None:
        """Choose the model of the tier that is looked at: each has a choice."""
        before, self._tier = self._tier, self.current.tier
        if before != self._tier:
            self._of_tier[before] = model = self.session.model
            self.session.set_model(self._of_tier.get(self._tier, model))
            self._choose_fitting()

    def _choose_fitting(self) -> None:
        """Choose the newest model of the tier that is looked at, if the chosen is not.

        None is chosen where there is none. With one tier any choice stays.
        """
        if len(self.document.project.tiers) == 1 or not self.models:
            return
        fit = [m.name for m in self.models if self._tier in self.tiers_of(m)]
        if self.session.model not in fit:
            self.session.set_model(next(iter(fit), ""))

    def tiers_of(self, model: ListedModel) -> tuple[str, ...]:
        """List the ids of the tiers that a model labels, its own one first."""
        return () if model.info is None else tiers_of(model.info, self.document.project)

    def chosen_for(self, tier: str) -> str:
        """Return the model that is chosen for a tier; empty where none is."""
        return self.session.model if tier == self._tier else self._of_tier.get(tier, "")

    def choose(self, model: str, tier: str) -> None:
        """Choose the model that pre-labels in a tier."""
        if tier == self._tier:
            self.session.set_model(model)
        else:
            self._of_tier[tier] = model

    def model_named(self, name: str) -> ListedModel | None:
        """Return what was read of a model; None where there is none of this name."""
        return next((m for m in self.models if m.name == name), None)

    @property
    def info(self) -> ModelInfo | None:
        """The information on the chosen model; None where it is not read."""
        found = self.model_named(self.session.model)
        return found.info if found is not None else None

    # Enabled without a model, too: then the person is told what to do first.
    @command(
        "prelabel",
        "Pre-label this video",
        "Ctrl+P",
        enabled=lambda self: self.current.item is not None,
        icon="auto-fix",
    )
    @command(
        "prelabel-free",
        "Pre-label without my labels",
        args=(True,),
        enabled=lambda self, _: self.current.item is not None and self.session.model,
    )
    def prelabel(self, free: bool = False) -> None:
        """Pre-label the current video in the worker process.

        With ``free`` the person's labels are ignored: every label is the model's own.
        """
        if self.current.item is not None:
            self.prelabel_video(self.current.item.id, free)

    def model_to_use(self) -> str:
        """Return the model in use; empty, with a word, where there is none."""
        if not self.session.model:
            self.notices.warn(
                self.tr(
                    "No model yet. Label part of a video, then train one; it labels "
                    "the rest."
                ),
                "train",
            )
        return self.session.model

    def prelabel_video(self, video_id: TrackId, free: bool = False) -> bool:
        """Pre-label a video by the model in use; False, with a word, without one."""
        item, model = self.document.project.track(video_id), self.model_to_use()
        if not model:
            return False
        worker, root = self.jobs.worker, str(self.document.folder.root)
        self._tasks.run_saved(
            ("pre-label", item.id, model, "free" if free else ""),
            self.tr("Pre-label {}").format(self.document.project.titled(item.id)),
            worker.task("predict", root=root, video_id=item.id, model=model, free=free),
            lambda result: self._on_prelabelled(result, free),
            busy=self.tr("{} is already being pre-labelled.").format(
                self.document.project.titled(item.id)
            ),
            leaving=self.tr(
                "Finished poses and features are kept. Pre-label again to continue."
            ),
        )
        return True

    def _on_prelabelled(self, result: Mapping[str, Any], free: bool) -> None:
        """Show the prediction that was written, and say what it came to."""
        video, n = str(result["video"]), int(result["n_segments"])
        self.current.found.look_at(video)
        self._poses.load()
        item = self.document.project.find(video)
        hidden = item is not None and hides_other_lanes(self.document.project, item)
        if hidden:
            text = self.tr(
                "{} is pre-labelled. This project is blind: you see the result once "
                "the video is done."
            ).format(video)
        elif free:
            text = plural(
                "{video} is pre-labelled without your labels: {n} segment(s), all by "
                "the model. “Copy the prediction” copies them where you labelled "
                "nothing.",
                n,
                video=video,
            )
        else:
            text = plural(
                "{video} is pre-labelled: {n} segment(s). “Copy the prediction” "
                "copies them. Your labels stay.",
                n,
                video=video,
            )
        if result.get("all_one") and not hidden:
            text += " " + self.tr("The whole video is “{}”: check it.").format(
                result["all_one"]
            )
        if result.get("unlike"):
            from skelseg_core.learning.likeness import SUREST

            text += " " + self.tr(
                "Check it: the video is unlike the training videos. No confidence "
                "counts as more than {} %."
            ).format(round(100 * SUREST))
        self.notices.say(text)

    @command(
        "copy-prediction",
        "Copy the prediction",
        "Ctrl+Return",
        enabled=lambda self: self.can_copy,
        acts_on="open frames",
    )
    def copy_prediction(self) -> None:
        """Make the prediction the annotation, except where a person labelled."""
        item, model = self.current.item, self.current.shown_model
        if item is None or not model:
            self.notices.warn(
                self.tr("There is no prediction to copy. Pre-label first.")
            )
            return
        said = self.current.lane(prediction_lane(model))
        if said is not None:
            self.document.apply(
                self.tr("Copy the prediction of {}").format(model),
                lambda p: accept_prediction(p, item.id, said),
            )
        self._copied = self._annotation_and_prediction()
        self.info_changed.emit()

    @property
    def can_copy(self) -> bool:
        """True if there is a prediction, unless it was just copied."""
        both, copied = self._annotation_and_prediction(), self._copied
        if both is None or copied is None:
            return both is not None
        return any(now is not then for now, then in zip(both, copied, strict=True))

    def _annotation_and_prediction(self) -> tuple[Segmentation, Segmentation] | None:
        """Return the current video's annotation and the shown prediction."""
        item, shown = self.current.item, self.current.shown_prediction
        if item is None or shown is None:
            return None
        return item.annotation, shown.segmentation

    @command(
        "unpredict", "Remove the prediction", enabled=lambda self: self.current.models
    )
    def remove_prediction(self) -> None:
        """Remove the shown model's prediction of the current video: its file.

        One that does not fit can be removed where no other is there.
        """
        item, model = self.current.item, self.current.shown_model
        model = model or next(reversed(self.current.models), "")
        if item is None or not model:
            return
        path = self.document.folder.prediction_path(item.id, model)

        def removed(_: None) -> None:
            self.current.found.look_at(item.id)
            self.notices.say(
                self.tr(
                    "Removed the prediction of {} for {}. Pre-label again to get it "
                    "back."
                ).format(model, self.document.project.titled(item.id))
            )

        title = self.tr("Remove {}").format(model)
        self.jobs.start(title, remove_file(path), removed)

    def recipes(self) -> tuple[Recipe, ...]:
        """Return the recipes that the project has data for, the best one first."""
        pictures = all(v.video.has_file for v in self.document.project.tracks)
        return tuple(r for r in recipes() if pictures or not r.needs_pictures)

    def labelled(self) -> tuple[int, int, int]:
        """Count labelled frames, videos with labels, and all frames of those videos."""
        totals = self.current.project.totals
        return totals.labelled_frames, totals.labelled, totals.frames_of_labelled

    @property
    def unreviewed_frames(self) -> int:
        """Count the labelled frames that nobody reviewed."""
        from skelseg_core.tasks.train import unreviewed_frames

        return unreviewed_frames(self.current.project.tracks)

    def train(self, name: str, preset: str) -> None:
        """Train a model on all labels, in the worker process."""
        if not has_torch():
            self.torch_needed.emit()
            return
        worker, root = self.jobs.worker, str(self.document.folder.root)
        tier = self.current.tier
        task = worker.task("train", root=root, name=name, preset=preset, tier=tier)

        def start() -> Job:
            title = self.tr("Train {}").format(name)
            job = self.jobs.start(title, task, lambda r: self._on_trained(r, tier))
            job.on_leaving = self.tr(
                "Progress is kept. Train again under this name, with the same labels, "
                "to continue."
            )
            self._trainings.append(job)
            self.notices.helped("train")
            self.training_started.emit()
            return job

        if not self._tasks.after_save.begin_once(("train", name), start):
            text = self.tr("{} is already being trained.").format(name)
            self.notices.say(text)

    @property
    def training(self) -> bool:
        """True while a training runs or waits for its turn."""
        return bool(self._trainings)

    def _on_job_progressed(self, job: Job) -> None:
        if job in self._trainings:
            self.training_progressed.emit(job.progress)

    def _on_job_ended(self, job: Job) -> None:
        if job in self._trainings:
            self._trainings.remove(job)
            self.training_ended.emit()
        for model in [m for m, j in self._measuring.items() if j is job]:
            del self._measuring[model]

    def _on_trained(self, result: dict[str, Any], tier: str) -> None:
        model = str(result["model"])
        if model == self.session.model:
            self.models_changed.emit()
        self.choose(model, tier)
        self.notices.say(
            plural(
                "Model {model} is ready, trained on {n} video(s). You can pre-label "
                "with it while its accuracy is measured.",
                int(result["n_videos"]),
                model=model,
            )
        )
        if result["without_labels"]:
            names = ", ".join(result["without_labels"])
            text = self.tr("Not trained on {}, whose label files are not readable.")
            self.notices.warn(text.format(names))
        if result["without_body"]:
            whose = bodiless_text(result["without_body"])
            self.notices.warn(self.tr("Not trained on {}").format(in_language(whose)))
        self.measure(model)

    @command("measure", "Measure the model", enabled=lambda self: self.session.model)
    def measure(self, model: str = "") -> None:
        """Measure the accuracy of a model, by default the chosen one.

        It runs in its own process, so that pre-labelling need not wait. The last saved
        state is measured, so that no save is needed.
        """
        self.measure_against("", self._on_measured, model or self.session.model)

    def measure_against(
        self, previous: str, on_done: Callable[[dict[str, Any]], None], model: str
    ) -> Job | None:
        """Measure a model, also by the corrections of a previous one's pre-labels.

        None where it is being measured already, or there is no model.
        """
        if not model or self.measuring(model) is not None:
            return None
        root = str(self.document.folder.root)
        task = self.jobs.worker.alone(
            "measure", root=root, name=model, previous=previous
        )
        title = self.tr("Measure {}").format(model)
        job = self.jobs.start(title, task, on_done)
        job.on_leaving = self.tr(
            "The model and all progress are kept. Measure the model again to continue."
        )
        if job.running:
            self._measuring[model] = job
        return job

    def measuring(self, model: str) -> Job | None:
        """Return the job that measures a model now, or None."""
        return self._measuring.get(model)

    def _on_measured(self, result: dict[str, Any]) -> None:
        model, held = str(result["model"]), result["held_out"]
        if "accuracy" in held:
            self._say_worth(model, held)
        else:
            self.notices.say(
                self.tr("{} could not be measured. {}").format(model, held["why"])
            )
        self.read_info()

    def _say_worth(self, model: str, held: Mapping[str, Any]) -> None:
        """Say how good a model is, and offer the better recipe where there is one."""
        said = self.tr("{}: {}").format(model, in_language(worth_of(held)))
        harmed = pictures_help(held) is False
        better = str(held["skeleton"]["recipe"]) if harmed else ""
        name = f"{model}-{better}"
        if not better or name in self.document.model_names():
            self.notices.say(said)
            return
        train = QAction(self.tr("Train {}").format(better), self)
        train.setToolTip(plain_tip(self.tr("Train {} and use it").format(name)))
        train.triggered.connect(lambda: self.train(name, better))
        train.triggered.connect(lambda: self.notices.helped(train))
        self.notices.offer(said, train, "pictures")

    def go_to_confused(self, confused: Confusion, n: int) -> None:
        """Go to a place where a model took one class for another."""
        place = confused["places"][n]
        start, stop = place["start"], place["stop"]
        item = self.document.project.find(place["track"])
        if item is None or stop > item.n_frames:
            self.notices.say(self.tr("That video is not here any more."))
            return
        self.session.set_video(item.id)
        self.player.seek(start)
        self.session.set_range(start, stop)
        text = self.tr("{} of {}: labelled {}. A model that had not seen it says {}.")
        places, label = len(confused["places"]), confused["label"]
        self.notices.say(text.format(n + 1, places, label, confused["said"]))

    def doubts(self) -> list[Doubt]:
        """Return unchanged labels that the chosen model contradicted unseen."""
        info = self.info
        return [d for d in info.doubtful if self._is_unchanged(d)] if info else []

    @property
    def has_doubts(self) -> bool:
        """Tell whether there is a label that the chosen model contradicted unseen."""
        info = self.info
        return info is not None and any(map(self._is_unchanged, info.doubtful))

    def _is_unchanged(self, doubt: Doubt) -> bool:
        item = self.document.project.find(doubt.video)
        if item is None or doubt.stop > item.n_frames:
            return False
        if hides_other_lanes(self.document.project, item):
            return False
        middle = (doubt.start + doubt.stop) // 2
        return item.annotation.at(middle).class_id == doubt.label

    @command("doubt", "Next doubtful label", enabled=lambda self: self.has_doubts)
    def next_doubt(self) -> None:
        """Go to the next label in doubt, the clearest contradiction first."""
        doubts = self.doubts()
        if not doubts:
            return
        self._doubt = (self._doubt + 1) % len(doubts)
        doubt, names = doubts[self._doubt], self.document.project
        self.session.set_video(TrackId(doubt.video))
        self.player.seek(doubt.start)
        self.session.set_range(doubt.start, doubt.stop)
        self.notices.say(
            self.tr(
                "{} of {}: labelled {}. A model that had not seen the label says {} "
                "({} %). Either may be wrong."
            ).format(
                self._doubt + 1,
                len(doubts),
                names.name_of(doubt.label),
                names.name_of(doubt.suggested) or self.tr("a deleted class"),
                round(100 * doubt.probability),
            )
        )
