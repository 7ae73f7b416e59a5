"""Keypoint R-CNN of torchvision: a Faster R-CNN whose people have keypoints.

Hyder et al. took their skeletons from a detector of this family. Each frame is
estimated on its own and people are linked afterwards. Meant for a graphics card: on one
processor thread a frame of 1280x720 took nine seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelseg_core.errors import ModelError
from skelseg_core.estimators.person_collector import MAX_PEOPLE, PersonCollector
from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task
from skelseg_core.torch_tools.devices import best_device, exact_float32
from skelseg_core.torch_tools.needed import check_torch
from skelseg_core.torch_tools.weights import file_hash, published_state, read_weights

if TYPE_CHECKING:
    import torch

WEIGHTS = "KeypointRCNN_ResNet50_FPN_Weights.COCO_V1"
N_KEYPOINTS = 17
MIDDLE_LOGIT = 2.0  # where a keypoint becomes as likely as not; see `scores_of`


class KeypointRCNN:
    """ResNet-50 FPN Keypoint R-CNN: COCO-17, up to ten people.

    Parameters
    ----------
    threads : int
        Threads of the processor; a setting of the whole process.
    weights : Path, optional
        State dict (``.pt``, ``.pth``, ``.safetensors``). Without it, torchvision's COCO
        weights, where they are on this computer or may be downloaded.
    allow_download : bool
        Whether these may be downloaded (about 226 MB); only where the user asked.
    min_person_score : float
        Least score of a person's box, 0..1.
    short_side : int
        Length in px to which the shorter side of a picture is brought; the longer is
        1333 at most. 800 is what the published weights were trained with.
    device : str
        Device of torch; empty for `devices.best_device`.

    Raises
    ------
    ModelError
        Where the weights are not there, damaged or of another network.
    """

    skeleton = "coco17"

    def __init__(
        self,
        threads: int = 1,
        weights: Path | None = None,
        allow_download: bool = False,
        min_person_score: float = 0.7,
        short_side: int = 800,
        device: str = "",
    ) -> None:
        check_torch("Keypoint R-CNN")
        import torch
        import torchvision

        torch.set_num_threads(max(1, threads))
        state, source = _state(weights, allow_download)
        self._device = device or best_device()
        network = _build(state, source, min_person_score, short_side)
        self.network = network.to(self._device)
        kind = WEIGHTS.rpartition(".")[2] if weights is None else weights.name
        self.name = (
            f"Keypoint R-CNN ResNet-50 FPN ({kind}), torchvision "
            f"{torchvision.__version__}, skelseg 1"
        )
        content = WEIGHTS if weights is None else file_hash(weights)
        self._made_of = [content, min_person_score, short_side, self._device]

    def estimate(
        self,
        frames: Iterable[tuple[int, np.ndarray]],
        n_frames: int,
        size: tuple[int, int],
        blocks: PoseBlocks | None = None,
    ) -> Task[PoseSequence]:
        """Estimate the poses of one video; see `base.PoseEstimator.estimate`."""
        people = PersonCollector(n_frames, N_KEYPOINTS)
        people.begin(blocks, self.name, *self._made_of)
        first = blocks.n_done if blocks is not None else 0
        if first:
            yield Progress("estimating poses", first, n_frames)
        for done, (n, rgb) in enumerate(frames, start=first):
            people.add(n, self._found(rgb))
            yield Progress("estimating poses", done + 1, n_frames)
        return people.sequence(self.skeleton, size, self.name)

    def _found(self, rgb: np.ndarray) -> np.ndarray:
        """Detect everybody in a picture, (N, 17, 3) with scores, the surest first."""
        import torch

        picture = torch.from_numpy(np.ascontiguousarray(rgb)).to(self._device)
        with torch.inference_mode(), exact_float32():
            out = self.network([picture.permute(2, 0, 1).float() / 255])[0]
        keypoints = out["keypoints"].cpu().numpy().astype(np.float32)
        keypoints[..., 2] = scores_of(out["keypoints_scores"].cpu().numpy())
        return np.asarray(keypoints)


def load(threads: int, weights: str, allow_download: bool) -> KeypointRCNN:
    """Load the estimator with weights of a file, or with the published ones."""
    return KeypointRCNN(threads, Path(weights) if weights else None, allow_download)


def scores_of(logits: np.ndarray) -> np.ndarray:
    """Convert heights of heatmap peaks to scores 0..1.

    The network is trained to say *where* a keypoint is, not whether it is there, so a
    peak's height is no probability and has no upper bound. ``sigmoid(height - 2)``
    keeps their order and puts a half at the height from which keypoints are commonly
    drawn; the least score that counts, 0.2, is then a height of 0.6.
    """
    return np.asarray(1 / (1 + np.exp(MIDDLE_LOGIT - np.clip(logits, -50, 50))))


def _build(
    state: Mapping[str, Any], source: str, min_person_score: float, short_side: int
) -> torch.nn.Module:
    from torchvision.models.detection import KeypointRCNN as Network
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops.misc import FrozenBatchNorm2d

    # Frozen norms read both kinds of file: with and without counts of batches.
    body = resnet_fpn_backbone(
        backbone_name="resnet50",
        weights=None,
        norm_layer=FrozenBatchNorm2d,
        trainable_layers=0,
    )
    network: torch.nn.Module = Network(
        body,
        num_classes=2,
        num_keypoints=N_KEYPOINTS,
        min_size=short_side,
        box_score_thresh=min_person_score,
        box_detections_per_img=MAX_PEOPLE,
    )
    try:
        network.load_state_dict(dict(state), strict=True)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ModelError(
            "{} does not have the weights of a Keypoint R-CNN with ResNet-50 FPN for "
            "people; use the file of that network.",
            source,
        ) from error
    norms = [m for m in network.modules() if isinstance(m, FrozenBatchNorm2d)]
    if all(bool((norm.running_var > 0).all()) for norm in norms):
        for norm in norms:
            norm.eps = 0.0  # as the published weights were trained
    return network.eval().requires_grad_(False)


def _state(weights: Path | None, allow_download: bool) -> tuple[Mapping[str, Any], str]:
    """Read a state dict; return it and where it is from."""
    if weights is not None:
        return read_weights(weights), str(weights)
    return published_state(WEIGHTS, "Keypoint R-CNN", allow_download)
