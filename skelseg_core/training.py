"""Training: a branch per modality, then the fused network from the branches' weights.

One video is one batch, as published; all stages of the network are supervised. Every
random draw comes from generators of this module, so that the same samples, settings
and number of threads give the same weights, also after an interruption.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from skelseg_core.config import ModelConfig, Preset, TrainConfig
from skelseg_core.data import (
    Sample,
    check_samples,
    collate,
    fit_standardisation,
    labelled_parts,
)
from skelseg_core.errors import ModelError
from skelseg_core.inference import evaluated, use_threads
from skelseg_core.losses import IGNORED, segmentation_loss
from skelseg_core.models import SegmentationModel, build_model
from skelseg_core.models.fusion import FusionMSTCNPlusPlus
from skelseg_core.models.layers import set_generator
from skelseg_core.models.ms_tcn import MSTCNPlusPlus
from skelseg_core.progress import Progress, Task
from skelseg_core.training_state import (
    TrainingState,
    load_state,
    remove_state,
    run_key,
    save_state,
)

SAVE_EVERY = 10
"""Epochs between two records of the state."""

LAST_RATE = 0.02
"""Share of the learning rate at which the cosine schedule ends."""


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
        ``loss``, ``accuracy`` in percent (while training, dropout on); with validation
        videos also ``val_accuracy`` and ``val_f1@50``.
    """

    step: str
    epoch: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class TrainResult:
    """What a training gives.

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
    """

    model: SegmentationModel
    metrics: Mapping[str, float]
    history: tuple[EpochResult, ...]
    branches: Mapping[str, SegmentationModel]


@dataclass(frozen=True)
class _Stage:
    name: str
    step: str
    config: ModelConfig
    epochs: int
    learning_rate: float


def train(
    samples: Sequence[Sample],
    preset: Preset,
    n_classes: int,
    validation: Sequence[Sample] = (),
    resume_from: Path | None = None,
    threads: int | None = None,
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
        Folder for the state of the run, written every `SAVE_EVERY` epochs and removed
        at the end. A state of the same samples and settings is continued, with the
        result of an uninterrupted run; any other is started anew.
    threads : int, optional
        Cores to use; as torch has it by default.

    Yields
    ------
    Progress
        Per step; ``done`` and ``total`` count videos over all epochs of a stage, and
        ``values`` holds an `EpochResult`'s at the end of an epoch.

    Raises
    ------
    ModelError
        Where nothing is labelled, the samples do not fit each other or the preset, or
        the training diverges.
    """
    labelled = [part for sample in samples for part in labelled_parts(sample)]
    judged = _labelled(validation)
    if not labelled:
        raise ModelError("Nothing is labelled yet; label a part of a video first.")
    check_samples([*labelled, *judged], preset.model.modalities, n_classes)
    yield Progress("preparing the training")
    if threads is not None:
        use_threads(threads)
    run = _Run(labelled, judged, preset, n_classes, resume_from)
    models: dict[str, SegmentationModel] = {}
    for index, stage in enumerate(_stages(preset, len(run.samples))):
        model = run.build(index, stage, models)
        yield from run.train(index, stage, model)
        models[stage.name] = model
    *branches, last = models
    metrics = yield from run.judge(models[last])
    if resume_from is not None:
        remove_state(resume_from)
    return TrainResult(
        models[last], metrics, tuple(run.history), {b: models[b] for b in branches}
    )


def _stages(preset: Preset, n_videos: int) -> Iterator[_Stage]:
    model, settings = preset.model, preset.train
    least = math.ceil(settings.min_steps / n_videos)
    fused = len(model.modalities) > 1
    for modality in model.modalities:
        yield _Stage(
            modality,
            f"training {modality} {'branch' if fused else 'network'}",
            replace(model, modalities=(modality,)),
            max(settings.epochs, least),
            settings.learning_rate,
        )
    if fused:
        yield _Stage(
            "fusion",
            "training fusion",
            model,
            max(settings.fusion_epochs, least),
            settings.fusion_learning_rate,
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
    ) -> None:
        self.samples = samples
        self.validation = validation
        self.preset = preset
        self.settings: TrainConfig = preset.train
        self.n_classes = n_classes
        self.folder = folder
        self.key = ""
        self.state = TrainingState()
        if folder is not None:
            self.key = run_key(samples, validation, preset, n_classes)
            self.state = load_state(folder, self.key) or self.state
        self.history = [EpochResult(**values) for values in self.state.history]

    def build(
        self, index: int, stage: _Stage, branches: Mapping[str, SegmentationModel]
    ) -> SegmentationModel:
        """The network of a stage as it starts."""
        dims: dict[str, int] = {
            m: self.samples[0].features[m].shape[1] for m in stage.config.modalities
        }
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed * 1009 + index)
            model = build_model(stage.config, dims, self.n_classes)
            if isinstance(model.network, FusionMSTCNPlusPlus):
                model.network.load_branches(
                    {
                        m: b.network
                        for m, b in branches.items()
                        if isinstance(b.network, MSTCNPlusPlus)
                    }
                )
        fit_standardisation(model, self.samples)
        return model

    def train(
        self, index: int, stage: _Stage, model: SegmentationModel
    ) -> Generator[Progress, None, None]:
        """All epochs of a stage that are still to be done."""
        finished = self.state.finished.get(stage.name)
        if finished is not None:
            model.load_state_dict(finished)
            model.eval()
            return
        generator = torch.Generator().manual_seed(self.settings.seed * 1009 + index)
        optimizer = torch.optim.Adam(
            model.parameters(),
            lr=stage.learning_rate,
            weight_decay=self.settings.weight_decay,
        )
        first = self.state.resume(stage.name, model, optimizer, generator)
        set_generator(model, generator)
        try:
            for epoch in range(first, stage.epochs):
                _set_rate(optimizer, stage, self.settings, epoch)
                yield from self._epoch(stage, model, optimizer, generator, epoch)
                if (epoch + 1) % SAVE_EVERY == 0 and epoch + 1 < stage.epochs:
                    self.state.record(
                        stage.name, epoch + 1, model, optimizer, generator
                    )
                    self._save()
        finally:
            set_generator(model, None)
            model.eval()
        self.state.finish(stage.name, model)
        self._save()

    def _save(self) -> None:
        if self.folder is not None:
            self.state.history = [asdict(result) for result in self.history]
            save_state(self.folder, self.key, self.state)

    def _epoch(
        self,
        stage: _Stage,
        model: SegmentationModel,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        epoch: int,
    ) -> Generator[Progress, None, None]:
        n = len(self.samples)
        total = n * stage.epochs
        losses: list[float] = []
        correct = counted = 0
        order = torch.randperm(n, generator=generator).tolist()
        for place, chosen in enumerate(order):
            yield Progress(stage.step, epoch * n + place, total)
            model.train()
            sample = self.samples[chosen]
            loss, right, known = _step(model, sample, optimizer, self.settings)
            if not math.isfinite(loss):
                raise ModelError(
                    f"The {stage.name} network diverged in epoch {epoch + 1} (at "
                    f"{sample.name}); lower the learning rate or set clip_norm to 1."
                )
            losses.append(loss)
            correct, counted = correct + right, counted + known
        values = {
            "loss": sum(losses) / n,
            "accuracy": 100 * correct / max(1, counted),
        }
        if self.validation:
            now = Progress(stage.step, (epoch + 1) * n, total)
            found = yield from evaluated(model, self.validation, now)
            values |= {"val_accuracy": found["accuracy"], "val_f1@50": found["f1@50"]}
        self.history.append(EpochResult(stage.step, epoch + 1, values))
        yield Progress(stage.step, (epoch + 1) * n, total, values)

    def judge(
        self, model: SegmentationModel
    ) -> Generator[Progress, None, dict[str, float]]:
        """Final figures of a model, on training and validation videos."""
        now = Progress("judging the model")
        found = yield from evaluated(model, self.samples, now)
        metrics = {
            "loss": self.history[-1].values["loss"],
            "train_accuracy": found["accuracy"],
        }
        if self.validation:
            found = yield from evaluated(model, self.validation, now)
            metrics |= {f"val_{name}": value for name, value in found.items()}
        return metrics


def _set_rate(
    optimizer: torch.optim.Optimizer, stage: _Stage, settings: TrainConfig, epoch: int
) -> None:
    rate = stage.learning_rate
    if settings.schedule == "cosine":
        share = (1 + math.cos(math.pi * epoch / max(1, stage.epochs - 1))) / 2
        rate *= LAST_RATE + (1 - LAST_RATE) * share
    for group in optimizer.param_groups:
        group["lr"] = rate


def _step(
    model: SegmentationModel,
    sample: Sample,
    optimizer: torch.optim.Optimizer,
    settings: TrainConfig,
) -> tuple[float, int, int]:
    """One optimisation step; the loss, frames right and frames labelled."""
    batch = collate([sample])
    # One video has no padding: without a mask the same result for less work.
    logits = model(batch.features)
    loss = segmentation_loss(
        logits,
        batch.labels,
        weight=settings.smoothing_weight,
        tau=settings.smoothing_tau,
    )
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    if settings.clip_norm > 0:
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
    optimizer.step()
    known = batch.labels != IGNORED
    right = (logits[-1].argmax(dim=1) == batch.labels) & known
    return float(loss.detach()), int(right.sum()), int(known.sum())
