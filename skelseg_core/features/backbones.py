"""Backbones: networks that turn pictures into feature vectors.

EfficientNet-Lite0 is bundled and needs no network connection; the torchvision networks
of the paper take their weights from a file, or from torchvision's own downloads when
the user asked for that. onnxruntime, torch and torchvision are imported on use.

The bundled network runs by ONNX Runtime, those of torchvision by torch, in bfloat16
where that was chosen (`FeatureConfig.precision`). Grey pictures have one channel, which
networks see as three alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from skelseg_core.bundled import resource
from skelseg_core.config import FeatureConfig
from skelseg_core.errors import ModelError
from skelseg_core.torch_tools.devices import (
    FittingBatches,
    best_device,
    exact_float32,
    pictures_at_once,
)
from skelseg_core.torch_tools.needed import check_torch
from skelseg_core.torch_tools.onnx_sessions import is_on_card, open_onnx
from skelseg_core.torch_tools.weights import file_hash, published_state, read_weights

if TYPE_CHECKING:
    import torch

BUNDLED = "efficientnet-lite0"
BUNDLED_FILE = "models/efficientnet-lite0-features.onnx"
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Backbone(Protocol):
    """A network from pictures to feature vectors.

    Attributes
    ----------
    name : str
        As in `FeatureConfig.backbone`.
    dim : int
        Length of a feature vector.
    batch : int
        Pictures of 224x224 that take about a tenth of a second, so that a caller can
        show progress and be cancelled between batches.
    """

    name: str
    dim: int
    batch: int

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Compute features (N, dim) float32 of pictures with values 0..255.

        RGB ones are (N, H, W, 3); (N, H, W, 1) are grey, the same in all channels.
        """
        ...


@dataclass(frozen=True)
class _Published:
    """Facts on a torchvision network, known without importing torchvision."""

    dim: int
    batch: int
    weights: str
    head: str


# The first ImageNet weights of each: those of the paper's time.
TORCHVISION: Mapping[str, _Published] = {
    "resnet50": _Published(2048, 2, "ResNet50_Weights.IMAGENET1K_V1", "fc."),
    "resnet18": _Published(512, 4, "ResNet18_Weights.IMAGENET1K_V1", "fc."),
    "vgg16": _Published(4096, 1, "VGG16_Weights.IMAGENET1K_V1", "classifier.6."),
}


def backbone_names() -> tuple[str, ...]:
    """List the names that `FeatureConfig.backbone` may have."""
    return (BUNDLED, *TORCHVISION)


def load_backbone(
    config: FeatureConfig, threads: int, allow_download: bool = False
) -> Backbone:
    """Load the network that ``config`` names, ready to run.

    Parameters
    ----------
    config : FeatureConfig
        Name and, for torchvision networks, weights file.
    threads : int
        Processor threads to use.
    allow_download : bool
        Whether weights may be downloaded; only where the user asked for it.

    Raises
    ------
    ModelError
        For an unknown name, or weights that are missing, damaged or of another network.
    """
    _check(config)
    network: EfficientNetLite | TorchvisionBackbone
    if config.backbone == BUNDLED:
        network = EfficientNetLite(threads)
    else:
        network = TorchvisionBackbone(config, threads, allow_download)
    return _OnCard(network) if network.on_card else network


class _OnCard:
    """A backbone on a graphics card, given as many pictures as its memory holds."""

    def __init__(self, network: EfficientNetLite | TorchvisionBackbone) -> None:
        self.name, self.dim = network.name, network.dim
        self.batch = pictures_at_once()
        self._network = network
        self._run = FittingBatches(network)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        return self._run(batch) if len(batch) else self._network(batch)


def backbone_key(config: FeatureConfig) -> list[str]:
    """Compute the key of the weights that ``config`` names, without loading them.

    Raises
    ------
    ModelError
        For an unknown name or a weights file that is missing.
    """
    _check(config)
    if config.backbone == BUNDLED:
        return [config.backbone, file_hash(resource(BUNDLED_FILE))]
    published = TORCHVISION[config.backbone]
    weights = file_hash(Path(config.weights)) if config.weights else published.weights
    fast = ["fast"] if config.precision == "fast" else []
    return [config.backbone, weights, *fast]


def _check(config: FeatureConfig) -> None:
    if config.backbone not in backbone_names():
        raise ModelError(
            "There is no backbone '{}'; choose one of {}.",
            config.backbone,
            ", ".join(backbone_names()),
        )
    if config.backbone == BUNDLED and config.weights:
        raise ModelError(
            "The backbone {} has its own weights; leave 'weights' empty.", BUNDLED
        )


class EfficientNetLite:
    """EfficientNet-Lite0 without its classifier (ImageNet-1k), on ONNX Runtime.

    Parameters
    ----------
    threads : int
        Processor threads to use.
    path : Path, optional
        Another ONNX file with the same input and output than the bundled one.
    """

    name = BUNDLED
    dim = 1280
    batch = 8

    def __init__(self, threads: int, path: Path | None = None) -> None:
        source = path or resource(BUNDLED_FILE)
        try:
            self._session = open_onnx(source.read_bytes(), threads)
        except ModelError:
            raise
        except Exception as error:  # its exceptions share no public base class
            raise ModelError(
                "The network {} is missing or damaged; reinstall skelseg.", source
            ) from error

    @property
    def on_card(self) -> bool:
        """True on a graphics card."""
        return is_on_card(self._session)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Compute features (N, 1280) of pictures (N, H, W, 3 or 1), values 0..255."""
        if len(batch) == 0:
            return np.zeros((0, self.dim), np.float32)
        colours = np.broadcast_to(batch, (*batch.shape[:3], 3))
        images = np.array(colours.transpose(0, 3, 1, 2), np.float32, order="C")
        # The network was trained with 127 and 128, not ImageNet's mean and deviation.
        images -= 127
        images *= np.float32(1 / 128)
        found = self._session.run(["features"], {"image": images})
        features: np.ndarray = found[0]
        return features


class TorchvisionBackbone:
    """ResNet-50, ResNet-18 or VGG-16 up to the last layer before the classes, by torch.

    Parameters
    ----------
    config : FeatureConfig
        Name, precision and weights file (``.safetensors``, ``.pt`` or ``.pth``; a
        classifier in the file is left out). Without a file, torchvision's own weights.
    threads : int
        Processor threads to use; a setting of the whole process.
    allow_download : bool
        Whether torchvision's weights may be downloaded where they are not there.
    """

    def __init__(
        self, config: FeatureConfig, threads: int, allow_download: bool = False
    ) -> None:
        check_torch(config.backbone)
        import torch

        published = TORCHVISION[config.backbone]
        self.name = config.backbone
        self.dim = published.dim
        self.batch = published.batch
        state, source = _state(config, published, allow_download)
        network = build_backbone(config.backbone, published, state, source)
        torch.set_num_threads(threads)
        self._device = best_device()
        self.on_card = self._device != "cpu"
        half = config.precision == "fast" and (self.on_card or has_bfloat16())
        if half:
            self.batch *= 4  # each takes a quarter of the time
        self._type = torch.bfloat16 if half else torch.float32
        self._network = network.to(self._device, self._type)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        mean, std = (
            torch.tensor(values, device=self._device).view(3, 1, 1) * 255
            for values in (IMAGENET_MEAN, IMAGENET_STD)
        )
        self._mean, self._std = mean, std

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Compute features (N, dim) of pictures (N, H, W, 3 or 1), values 0..255."""
        if len(batch) == 0:
            return np.zeros((0, self.dim), np.float32)
        import torch

        with torch.inference_mode(), exact_float32():
            # A view of (N, H, W, C): torch's channels-last layout, the faster one.
            pictures = torch.from_numpy(np.ascontiguousarray(batch)).to(self._device)
            images = (pictures.permute(0, 3, 1, 2) - self._mean) / self._std
            values = self._network(images.to(self._type))
            return np.asarray(values.float().cpu().numpy())


def has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16; without, it would be slower."""
    import torch

    # Some supported versions of torch lack this function.
    known: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(known.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def build_backbone(
    name: str, published: _Published, state: Mapping[str, Any], source: str
) -> torch.nn.Module:
    """Make a network of torchvision that gives features, with the weights of a file."""
    import torch
    import torchvision

    # On "meta" no random weights are drawn, which the file would overwrite anyway.
    with torch.device("meta"):
        network: torch.nn.Module = torchvision.models.get_model(name, weights=None)
    if name == "vgg16":
        network.classifier = network.classifier[:6]  # type: ignore[index]
    else:
        network.fc = torch.nn.Identity()
    body = {k: v for k, v in state.items() if not k.startswith(published.head)}
    try:
        network.load_state_dict(body, strict=True, assign=True)
        return network.float().eval().requires_grad_(False)
    except (RuntimeError, NotImplementedError, TypeError, AttributeError) as error:
        raise ModelError(
            "{} does not have the weights of {}; use the file of that network or "
            "choose another backbone.",
            source,
            name,
        ) from error


def _state(
    config: FeatureConfig, published: _Published, allow_download: bool
) -> tuple[Mapping[str, Any], str]:
    if config.weights:
        return read_weights(Path(config.weights)), config.weights
    instead = f"name a file as features.weights, or use the bundled {BUNDLED}"
    return published_state(published.weights, config.backbone, allow_download, instead)
