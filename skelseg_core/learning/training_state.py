"""Training state on disk, from which an interrupted training goes on unchanged.

One safetensors file, replaced whole: weights, Adam's moments, the random generator,
the networks of finished stages, and in its header what run it belongs to.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from skelseg_core.array_files import content_key
from skelseg_core.config import Preset, to_dict
from skelseg_core.files import atomic_write
from skelseg_core.learning.data import Sample
from skelseg_core.learning.optimiser import Average

STATE_NAME = "state.safetensors"


@dataclass
class TrainingState:
    """Progress of a training: finished stages, and the one in work.

    Parameters
    ----------
    finished : dict
        Weights of finished stages by the stage's name.
    stage : str
        The stage in work; empty between stages.
    epoch : int
        Epochs done of the stage in work.
    arrays : dict
        Weights of the stage in work (``model.``), moments (``adam.``), running mean of
        the weights (``average.``) and ``generator``.
    history : list
        Plain values of the epochs' figures.
    """

    finished: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    stage: str = ""
    epoch: int = 0
    arrays: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    def record(
        self,
        stage: str,
        epoch: int,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        average: Average | None = None,
    ) -> None:
        """Remember a stage after ``epoch`` epochs."""
        self.stage, self.epoch = stage, epoch
        self.arrays = {f"model.{k}": v.clone() for k, v in model.state_dict().items()}
        for index, moments in optimizer.state_dict()["state"].items():
            for name, value in moments.items():
                self.arrays[f"adam.{index}.{name}"] = value.clone()
        self.arrays["generator"] = generator.get_state()
        if average is not None:
            self.arrays |= {
                f"average.{k}": v.clone() for k, v in average.arrays.items()
            }
            self.arrays["n_steps"] = torch.tensor(average.n_steps)

    def finish(self, stage: str, model: nn.Module) -> None:
        """Remember the weights of a finished stage."""
        self.finished[stage] = {k: v.clone() for k, v in model.state_dict().items()}
        self.stage, self.epoch, self.arrays = "", 0, {}

    def resume(
        self,
        stage: str,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        average: Average | None = None,
    ) -> int:
        """Restore ``stage`` where it was in work; return the epochs done."""
        if self.stage != stage:
            return 0
        model.load_state_dict(_under("model.", self.arrays))
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in _under("adam.", self.arrays).items():
            index, _, name = key.partition(".")
            # Copies: Adam works in place, and this state may be saved again.
            moments.setdefault(int(index), {})[name] = value.clone()
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
        generator.set_state(self.arrays["generator"])
        if average is not None:
            kept = _under("average.", self.arrays)
            for name, value in kept.items():
                average.arrays[name].copy_(value)
            average.n_steps = int(self.arrays["n_steps"])
        return self.epoch


def _under(prefix: str, arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def run_key(
    samples: Sequence[Sample],
    validation: Sequence[Sample],
    preset: Preset,
    n_classes: int,
) -> str:
    """Compute the key of all that a training follows from; features by a few frames."""
    parts: list[object] = [to_dict(preset), n_classes]
    for sample in (*samples, *validation):
        parts += [sample.name, np.asarray(sample.labels, np.int64), sample.start]
        if sample.risk is not None:
            parts.append(np.asarray(sample.risk, np.float32))
        if sample.subject is not None:
            parts += [sample.subject.box, sample.subject.keypoints]
            if sample.subject.keypoints3d is not None:
                parts.append(sample.subject.keypoints3d)
        for modality in preset.model.modalities:
            array = sample.features[modality]
            parts += [modality, len(array), array[:: max(1, len(array) // 16)]]
    return content_key(*parts)


def save_state(folder: Path, key: str, state: TrainingState) -> None:
    """Write ``state`` of the run ``key`` into ``folder``."""
    arrays = {f"now.{name}": array for name, array in state.arrays.items()}
    for stage, weights in state.finished.items():
        arrays |= {f"finished.{stage}.{n}": array for n, array in weights.items()}
    header = {
        "key": key,
        "stage": state.stage,
        "epoch": state.epoch,
        "finished": list(state.finished),
        "history": state.history,
    }
    data = safetensors.torch.save(arrays, metadata={"run": json.dumps(header)})
    atomic_write(folder / STATE_NAME, data)


def load_state(folder: Path, key: str) -> TrainingState | None:
    """Load the state of the run ``key`` in ``folder``; None where there is none.

    A damaged file is no state: the training starts anew and replaces it.
    """
    path = folder / STATE_NAME
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()["run"])
            if header["key"] != key:
                return None
            arrays = {n: file.get_tensor(n).clone() for n in file.keys()}  # noqa: SIM118
        return TrainingState(
            finished={
                stage: _under(f"finished.{stage}.", arrays)
                for stage in header["finished"]
            },
            stage=header["stage"],
            epoch=header["epoch"],
            arrays=_under("now.", arrays),
            history=header["history"],
        )
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None


def remove_state(folder: Path) -> None:
    """Remove what `save_state` wrote, and the folder where it is empty then."""
    with contextlib.suppress(OSError):
        (folder / STATE_NAME).unlink()
        folder.rmdir()
