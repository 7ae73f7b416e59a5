"""Training: a branch per modality, then the fused network from the branches' weights.

One video is one batch unless a preset says otherwise; all stages of the network are
supervised. Every random draw comes from generators of this module, so that the same
samples, settings and number of threads give the same weights, also after an
interruption.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from skelseg_core.config import ModelConfig, Preset, TrainConfig
from skelseg_core.errors import ModelError
from skelseg_core.learning.augment import augmented, with_pose
from skelseg_core.learning.data import (
    Sample,
    check_samples,
    fit_standardisation,
    labelled_parts,
)
from skelseg_core.learning.inference import evaluated, use_threads
from skelseg_core.learning.models import (
    SegmentationModel,
    build_model,
    check_preset,
    network_kind,
)
from skelseg_core.learning.models.layers import set_generator
from skelseg_core.learning.optimiser import (
    Average,
    build_optimizer,
    rate_share,
    set_rate,
    take_step,
)
from skelseg_core.learning.training_state import (
    TrainingState,
    load_state,
    remove_state,
    run_key,
    save_state,
)
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.torch_tools.devices import best_device

SAVE_EVERY = 10
"""Epochs between two saves of the training state, where epochs are short."""
SAVE_S = 20.0
"""Seconds between two saves, at the end of an epoch, where epochs are long."""


@dataclass(frozen=True)
class EpochResult:
    """Figures of one epoch.

    Parameters
    ----------
    step : str
        As in `Progress`.
    epoch : int
        From 1.
    values : Mapping[str, float]
        ``loss``; with validation videos also ``val_accuracy`` and ``val_f1@50``.
    """

    step: str
    epoch: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class TrainResult:
    """Result of a training: model, figures by epoch and time.

    Parameters
    ----------
    model : SegmentationModel
        The network the preset describes, ready to predict.
    metrics : Mapping[str, float]
        ``loss`` of the last epoch, ``train_accuracy`` in percent; with validation
        videos also ``val_accuracy``, ``val_edit``, ``val_f1@10``, ``@25`` and ``@50``.
    history : tuple of EpochResult
        All epochs of all stages.
    branches : Mapping[str, SegmentationModel]
        The single-modality networks that a fused one started from.
    epochs_before : int
        Epochs of the history that an interrupted training had done.
    """

    model: SegmentationModel
    metrics: Mapping[str, float]
    history: tuple[EpochResult, ...]
    branches: Mapping[str, SegmentationModel]
    epochs_before: int = 0


@dataclass(frozen=True)
class _Stage:
    name: str
    step: str
    config: ModelConfig
    epochs: int
    learning_rate: float
    from_branches: bool = False


@dataclass(frozen=True)
class _Work:
    """Mutable state while a stage is trained."""

    stage: _Stage
    model: SegmentationModel
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    average: Average | None


def train(
    samples: Sequence[Sample],
    preset: Preset,
    n_classes: int,
    validation: Sequence[Sample] = (),
    resume_from: Path | None = None,
    threads: int | None = None,
    skeleton: Skeleton | None = None,
) -> Task[TrainResult]:
    """Train the network of ``preset``.

    Parameters
    ----------
    samples : Sequence[Sample]
        Videos; only their labelled stretches are trained on.
    preset : Preset
        ``preset.model`` and ``preset.train`` count here.
    n_classes : int
        Number of classes.
    validation : Sequence[Sample]
        Videos to judge by after every epoch; they change no weight.
    resume_from : Path, optional
        Folder for the state of the run, written every `SAVE_EVERY` epochs or `SAVE_S`
        seconds and removed at the end. A state of the same samples and settings is
        continued, with the result of an uninterrupted run; any other is started anew.
    threads : int, optional
        Cores to use; as torch has it by default.
    skeleton : Skeleton, optional
        Of the keypoints; networks on graphs need it.

    Yields
    ------
    Progress
        Per step; ``done`` and ``total`` count videos over all epochs of a stage,
        ``whole`` the epochs of all stages that are still to be done, and ``values``
        holds an `EpochResult`'s at the end of an epoch.

    Raises
    ------
    ConfigError
        Where there is no such network, or it cannot see what the preset gives it.
    ModelError
        Where nothing is labelled, the samples do not fit each other or the preset, or
        the training diverges.
    """
    check_preset(preset)
    labelled = [part for sample in samples for part in labelled_parts(sample)]
    judged = _labelled(validation)
    if not labelled:
        raise ModelError("Nothing is labelled yet; label a part of a video first.")
    check_samples([*labelled, *judged], preset.model.modalities, n_classes)
    yield Progress("preparing the training")
    if threads is not None:
        use_threads(threads)
    run = _Run(labelled, judged, preset, n_classes, resume_from, skeleton)
    models: dict[str, SegmentationModel] = {}
    stages = list(_stages(preset, len(run.samples)))
    run.count(stages)
    for index, stage in enumerate(stages):
        model = run.build(index, stage, models)
        yield from run.train(index, stage, model)
        models[stage.name] = model.cpu()  # where the next stage is built from it
    *branches, last = models
    metrics = yield from run.judge(models[last].to(run.device))
    models[last].cpu()
    if resume_from is not None:
        remove_state(resume_from)
    return TrainResult(
        models[last],
        metrics,
        tuple(run.history),
        {b: models[b] for b in branches},
        run.epochs_before,
    )


def _stages(preset: Preset, n_videos: int) -> Iterator[_Stage]:
    model, settings = preset.model, preset.train
    epochs = settings.epochs_for(n_videos)
    if not network_kind(model.network).fuses:
        name = model.network
        yield _Stage(
            name, Said("training {}", name), model, epochs, settings.learning_rate
        )
        return
    fused = len(model.modalities) > 1
    for modality in model.modalities:
        yield _Stage(
            modality,
            Said("training {} branch" if fused else "training {} network", modality),
            replace(model, modalities=(modality,)),
            epochs,
            settings.learning_rate,
        )
    if fused:
        yield _Stage(
            "fusion",
            "training fusion",
            model,
            settings.epochs_for(n_videos, fused=True),
            settings.fusion_learning_rate,
            from_branches=True,
        )


def _labelled(samples: Sequence[Sample]) -> list[Sample]:
    return [sample for sample in samples if (sample.labels >= 0).any()]


class _Run:
    """Everything the stages of one training share."""

    def __init__(
        self,
        samples: Sequence[Sample],
        validation: Sequence[Sample],
        preset: Preset,
        n_classes: int,
        folder: Path | None,
        skeleton: Skeleton | None,
    ) -> None:
        self.samples = samples
        self.validation = validation
        self.preset = preset
        self.settings: TrainConfig = preset.train
        self.n_classes = n_classes
        self.folder = folder
        self.skeleton = skeleton
        self.device = best_device()
        self.key = ""
        self.state = TrainingState()
        if folder is not None:
            self.key = run_key(samples, validation, preset, n_classes)
            self.state = load_state(folder, self.key) or self.state
        self._saved = time.monotonic()
        self.history = [EpochResult(**values) for values in self.state.history]
        self.epochs_before = len(self.history)
        self._planned = 0

    def count(self, stages: Sequence[_Stage]) -> None:
        """Count the epochs that are to be done; the judging counts as one."""
        self._planned = sum(stage.epochs for stage in stages) + 1

    def _whole(self, of_epoch: float = 0.0) -> float:
        """Compute the share of this run that is done, 0..1."""
        done = len(self.history) - self.epochs_before + of_epoch
        return min(1.0, done / max(1, self._planned - self.epochs_before))

    def build(
        self, index: int, stage: _Stage, branches: Mapping[str, SegmentationModel]
    ) -> SegmentationModel:
        """Build the network of a stage as it starts."""
        dims: dict[str, int] = {
            m: self.samples[0].features[m].shape[1] for m in stage.config.modalities
        }
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed * 1009 + index)
            model = build_model(stage.config, dims, self.n_classes, self.skeleton)
            if stage.from_branches:
                model.load_branches(branches)
        fit_standardisation(model, self.samples)
        return model.to(self.device)

    def train(
        self, index: int, stage: _Stage, model: SegmentationModel
    ) -> Generator[Progress, None, None]:
        """Train all epochs of a stage that are still to be done."""
        finished = self.state.finished.get(stage.name)
        if finished is not None:
            model.load_state_dict(finished)
            model.eval()
            return
        generator = torch.Generator().manual_seed(self.settings.seed * 1009 + index)
        optimizer = build_optimizer(model, self.settings, stage.learning_rate)
        average = None
        if self.settings.averaging:
            average = Average(model, self.settings.averaging)
        work = _Work(stage, model, optimizer, generator, average)
        first = self.state.resume(stage.name, model, optimizer, generator, average)
        set_generator(model, generator)
        try:
            for epoch in range(first, stage.epochs):
                yield from self._epoch(work, epoch)
                long = time.monotonic() - self._saved >= SAVE_S
                due = long or (epoch + 1) % SAVE_EVERY == 0
                if due and epoch + 1 < stage.epochs:
                    self.state.record(
                        stage.name, epoch + 1, model, optimizer, generator, average
                    )
                    self._save()
        finally:
            set_generator(model, None)
            model.eval()
        if average is not None:
            model.load_state_dict(average.arrays)
        self.state.finish(stage.name, model)
        self._save()

    def _save(self) -> None:
        self._saved = time.monotonic()
        if self.folder is not None:
            self.state.history = [asdict(result) for result in self.history]
            save_state(self.folder, self.key, self.state)

    def _epoch(self, work: _Work, epoch: int) -> Generator[Progress, None, None]:
        stage, n = work.stage, len(self.samples)
        total = n * stage.epochs
        losses: list[float] = []
        order = torch.randperm(n, generator=work.generator).tolist()
        for place in range(0, n, self.settings.batch_size):
            whole = self._whole(place / n)
            yield Progress(stage.step, epoch * n + place, total, whole=whole)
            chosen = order[place : place + self.settings.batch_size]
            batch = [self._varied(i, work.generator) for i in chosen]
            rate = rate_share(self.settings, epoch, stage.epochs, (place + 1) / n)
            set_rate(work.optimizer, stage.learning_rate * rate)
            work.model.train()
            loss, _, _ = take_step(work.model, batch, work.optimizer, self.settings)
            if not math.isfinite(loss):
                raise ModelError(
                    "The {} network diverged in epoch {} (at {}); lower the learning "
                    "rate or set clip_norm to 1.",
                    stage.name,
                    epoch + 1,
                    batch[0].name,
                )
            if work.average is not None:
                work.average.update(work.model)
            losses.append(loss)
        values = {"loss": sum(losses) / len(losses)}
        if self.validation:
            now = Progress(stage.step, (epoch + 1) * n, total, whole=self._whole(1))
            found = yield from evaluated(work.model, self.validation, now)
            values |= {"val_accuracy": found["accuracy"], "val_f1@50": found["f1@50"]}
        self.history.append(EpochResult(stage.step, epoch + 1, values))
        yield Progress(stage.step, (epoch + 1) * n, total, values, self._whole())

    def _varied(self, index: int, generator: torch.Generator) -> Sample:
        sample = self.samples[index]
        if not self.settings.augment.active:
            return with_pose(sample) if self.preset.model.read_pose else sample
        seed = int(torch.randint(2**31, (1,), generator=generator))
        return augmented(sample, self.preset, np.random.default_rng(seed))

    def judge(
        self, model: SegmentationModel
    ) -> Generator[Progress, None, dict[str, float]]:
        """Compute the final figures of a model, on training and validation videos."""
        now = Progress("judging the model", whole=self._whole())
        found = yield from evaluated(model, self.samples, now)
        metrics = {
            "loss": self.history[-1].values["loss"],
            "train_accuracy": found["accuracy"],
        }
        if self.validation:
            found = yield from evaluated(model, self.validation, now)
            metrics |= {f"val_{name}": value for name, value in found.items()}
        return metrics
