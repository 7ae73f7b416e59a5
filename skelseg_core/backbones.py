"""The networks that turn pictures into feature vectors, behind one call.

EfficientNet-Lite0 is bundled and needs no network connection; the torchvision networks
of the paper take their weights from a file, or from torchvision's own downloads when
the user asked for that. onnxruntime, torch and torchvision are imported on use.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from skelseg_core.config import FeatureConfig
from skelseg_core.errors import ModelError
from skelseg_core.files import resource

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
        """Features (N, dim) float32 of RGB pictures (N, H, W, 3) with values 0..255."""
        ...


@dataclass(frozen=True)
class _Published:
    """What is known of a torchvision network without importing torchvision."""

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
    """Names that `FeatureConfig.backbone` may have."""
    return (BUNDLED, *TORCHVISION)


def load_backbone(
    config: FeatureConfig, threads: int, allow_download: bool = False
) -> Backbone:
    """The network that ``config`` names, ready to run on the processor.

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
    if config.backbone == BUNDLED:
        return EfficientNetLite(threads)
    return TorchvisionBackbone(config, threads, allow_download)


def backbone_key(config: FeatureConfig) -> list[str]:
    """Name and content of the weights that ``config`` means, without loading them.

    Raises
    ------
    ModelError
        For an unknown name or a weights file that is missing.
    """
    _check(config)
    if config.backbone == BUNDLED:
        return [config.backbone, _file_hash(resource(BUNDLED_FILE))]
    if config.weights:
        return [config.backbone, _file_hash(Path(config.weights))]
    return [config.backbone, TORCHVISION[config.backbone].weights]


def _check(config: FeatureConfig) -> None:
    if config.backbone not in backbone_names():
        raise ModelError(
            f"There is no backbone '{config.backbone}'; choose one of "
            f"{', '.join(backbone_names())}."
        )
    if config.backbone == BUNDLED and config.weights:
        raise ModelError(
            f"The backbone {BUNDLED} brings its own weights; leave 'weights' empty."
        )


def _file_hash(path: Path) -> str:
    try:
        state = path.stat()
        return _hash_of(str(path), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise ModelError(
            f"The weights file {path} cannot be read ({error.strerror}); correct its "
            "path in the settings, or reinstall skelseg where it is a bundled one."
        ) from error


@functools.lru_cache(maxsize=8)
def _hash_of(path: str, size: int, mtime_ns: int) -> str:
    # Size and time only tell the cache that the file is another one now.
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


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
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that spin while the next frames are decoded slow the decoder down.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        source = path or resource(BUNDLED_FILE)
        try:
            self._session = onnxruntime.InferenceSession(
                str(source), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions share no public base class
            raise ModelError(
                f"The network {source} is missing or damaged; reinstall skelseg."
            ) from error

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Features (N, 1280) float32 of RGB pictures (N, H, W, 3), values 0..255."""
        if len(batch) == 0:
            return np.zeros((0, self.dim), np.float32)
        # 127 and 128, not ImageNet's mean and deviation: what it was trained with.
        x = (np.asarray(batch, np.float32) - 127) * np.float32(1 / 128)
        images = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        features: np.ndarray = self._session.run(["features"], {"image": images})[0]
        return features


class TorchvisionBackbone:
    """ResNet-50, ResNet-18 or VGG-16 up to the last layer before the classes.

    Parameters
    ----------
    config : FeatureConfig
        Name and weights file (``.safetensors``, ``.pt`` or ``.pth``; a classifier in
        the file is left out). Without a file, torchvision's own weights.
    threads : int
        Processor threads to use; this is a setting of the whole process.
    allow_download : bool
        Whether torchvision's weights may be downloaded where they are not there.
    """

    def __init__(
        self, config: FeatureConfig, threads: int, allow_download: bool = False
    ) -> None:
        import torch

        published = TORCHVISION[config.backbone]
        self.name = config.backbone
        self.dim = published.dim
        self.batch = published.batch
        torch.set_num_threads(threads)
        state, source = _torchvision_state(config, published, allow_download)
        self._network = _build(config.backbone, published, state, source)
        self._mean = np.array(IMAGENET_MEAN, np.float32) * 255
        self._scale = 1 / (np.array(IMAGENET_STD, np.float32) * 255)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Features (N, dim) float32 of RGB pictures (N, H, W, 3), values 0..255."""
        import torch

        if len(batch) == 0:
            return np.zeros((0, self.dim), np.float32)
        x = (np.asarray(batch, np.float32) - self._mean) * self._scale
        with torch.inference_mode():
            # A view of (N, H, W, 3): torch's channels-last layout, the faster one.
            features = self._network(torch.from_numpy(x).permute(0, 3, 1, 2))
        values: np.ndarray = features.numpy()
        return values


def _build(
    name: str, published: _Published, state: Mapping[str, Any], source: str
) -> torch.nn.Module:
    import torch
    import torchvision

    # On "meta" nothing is drawn at random that the file overwrites anyway.
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
            f"{source} does not hold the weights of {name}; give the file of that "
            "network or name another backbone."
        ) from error


def _torchvision_state(
    config: FeatureConfig, published: _Published, allow_download: bool
) -> tuple[Mapping[str, Any], str]:
    if config.weights:
        return read_weights(Path(config.weights)), config.weights
    import torch
    import torchvision

    weights = torchvision.models.get_weight(published.weights)
    stored = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    if stored.is_file():
        return read_weights(stored), str(stored)
    if not allow_download:
        raise ModelError(
            f"The weights of {config.backbone} are not on this computer; allow the "
            "download, name a weights file in the settings, or use the bundled "
            f"backbone {BUNDLED}."
        )
    try:
        state = weights.get_state_dict(
            progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"The weights of {config.backbone} could not be downloaded from "
            f"{weights.url} ({error}); try again or name a weights file."
        ) from error
    return state, str(stored)


def read_weights(path: Path) -> Mapping[str, Any]:
    """Tensors by name of a weights file; nothing in the file is ever executed.

    Parameters
    ----------
    path : Path
        A ``.safetensors``, ``.pt`` or ``.pth`` file; the last two may wrap the tensors
        in ``{"state_dict": ...}``.

    Raises
    ------
    ModelError
        Where the file is missing, damaged, of another kind, or holds more than tensors.
    """
    if path.suffix.lower() not in (".safetensors", ".pt", ".pth"):
        raise ModelError(
            f"The weights file {path} must end in .safetensors, .pt or .pth."
        )
    _file_hash(path)  # says in one sentence where it cannot be read
    try:
        state = _read_tensors(path)
    except Exception as error:  # a foreign file can make the readers raise anything
        raise ModelError(
            f"The weights file {path} is damaged or holds more than plain tensors; "
            "download it again or save it as .safetensors."
        ) from error
    if not isinstance(state, Mapping):
        raise ModelError(f"The weights file {path} holds no weights by name.")
    return state


def _read_tensors(path: Path) -> Any:
    if path.suffix.lower() == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        return state["state_dict"]
    return state
