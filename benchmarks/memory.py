"""Peak memory of pre-labelling a one-hour video. ``python -m benchmarks.memory``

The fused network of the paper on features that lie on disk, by NumPy and torch
in processes of their own; and whether parts and whole give the same probabilities.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.child_process import module_command
from skelseg_core.config import load_preset, to_dict
from skelseg_core.features.video_work import cpu_threads
from skelseg_core.learning.model_info import ModelInfo, load_info
from skelseg_core.learning.numpy_network import open_network

if TYPE_CHECKING:
    from skelseg_core.learning.models import SegmentationModel

N_FRAMES, DIM, N_CLASSES, COMPARED = 108_000, 1280, 17, 12_000
PRESET = load_preset("fusion")
DIMS: dict[str, int] = dict.fromkeys(PRESET.model.modalities, DIM)


def fused() -> SegmentationModel:
    import torch

    from skelseg_core.learning.models import build_model

    torch.manual_seed(0)
    return build_model(PRESET.model, DIMS, N_CLASSES).eval()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def predict(folder: Path, by: str) -> None:
    features = {m: np.load(folder / f"{m}.npy", mmap_mode="r") for m in DIMS}
    if by == "torch":
        import torch

        from skelseg_core.learning.inference import predict_probabilities

        torch.set_num_threads(cpu_threads())
        model = fused()
        before, start = peak_mb(), time.perf_counter()
        found = predict_probabilities(model, features)
    else:
        network = open_network(folder, load_info(folder))
        assert network is not None
        before, start = peak_mb(), time.perf_counter()
        found = network.probabilities(features)
    print(
        f"by {by}: {len(found)} frames in {time.perf_counter() - start:.1f} s; peak "
        f"{peak_mb():.0f} MB, {before:.0f} MB of it before the first frame"
    )


def difference() -> float:
    import torch

    from skelseg_core.learning.inference import predict_probabilities

    model = fused()
    rng = np.random.default_rng(0)
    features = {
        m: rng.normal(size=(COMPARED, DIM)).astype(np.float32) for m in model.modalities
    }
    whole = {m: torch.from_numpy(f.T.copy())[None] for m, f in features.items()}
    with torch.inference_mode():
        at_once = torch.softmax(model(whole)[-1, 0], dim=0).numpy().T
    return float(np.abs(predict_probabilities(model, features) - at_once).max())


def main() -> None:
    if len(sys.argv) > 1:
        predict(Path(sys.argv[1]), sys.argv[2])
        return
    from skelseg_core.learning.models.checkpoint import save_model

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        for modality in ("heatmap", "rgb"):
            array = np.lib.format.open_memmap(
                Path(name) / f"{modality}.npy",
                mode="w+",
                dtype=np.float32,
                shape=(N_FRAMES, DIM),
            )
            for start in range(0, N_FRAMES, 4096):
                part = array[start : start + 4096]
                part[:] = rng.normal(size=part.shape)
            array.flush()
            del array
        classes = [{"id": n, "name": str(n)} for n in range(N_CLASSES)]
        info = ModelInfo("fusion", to_dict(PRESET), DIMS, classes)
        save_model(Path(name), fused(), info)
        for by in ("NumPy", "torch"):
            command = module_command("benchmarks.memory", name, by)
            subprocess.run(command, check=True)
    print(f"parts against whole: largest difference {difference():.1e}")


if __name__ == "__main__":
    main()
