"""Networks of skelseg against eager torch at its best batch size.

Both turn the same pictures (0..255, ResNet-50 with random weights, and the bundled
EfficientNet-Lite0, rebuilt in torch) into features: RGB of 224x224, and grey heatmaps
of 112x112 (what skelseg draws) and 56x56, which eager torch sees as three channels.
Measured in turns, the best of some rounds; prints pictures per second, ratios, and how
far the features are off (norm of the difference to the norm of eager's).

By default one thread each and the time of the processor, which other programs disturb
little; with ``--threads`` the time of the clock.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torchvision
from safetensors.torch import save_file
from torch.nn import functional

from skelseg_core.bundled import resource
from skelseg_core.config import FeatureConfig
from skelseg_core.features.backbones import (
    BUNDLED_FILE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    Backbone,
    load_backbone,
)

BATCHES = (1, 2, 4, 8, 16, 32)
CASES = ((224, 3), (112, 1), (56, 1))
Features = Callable[[np.ndarray], np.ndarray]


# -- eager torch --------------------------------------------------------------------


def eager(
    network: Callable[[torch.Tensor], torch.Tensor],
    mean: Sequence[float],
    std: Sequence[float],
) -> Features:
    """The usual way: scale to 0..1, normalise, run."""
    middle, spread = (torch.tensor(v).view(-1, 1, 1) for v in (mean, std))

    def features(pictures: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            images = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
            images = images.expand(-1, 3, -1, -1).float() / 255
            return network((images - middle) / spread).numpy()

    return features


def resnet50() -> torch.nn.Module:
    torch.manual_seed(0)
    network: torch.nn.Module = torchvision.models.resnet50(weights=None)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
    return network.eval().requires_grad_(False)


def decode(message: bytes) -> list:
    """The numbered fields of an ONNX file, which is one message of protocol buffers."""
    fields, at = [], 0
    while at < len(message):
        key, at = read_varint(message, at)
        value, at = read_varint(message, at)
        if key & 7 == 2:
            fields.append((key >> 3, message[at : at + value]))
            at += value
        else:
            fields.append((key >> 3, value))
    return fields


def read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def tensors(graph: list) -> Iterator[tuple[str, torch.Tensor]]:
    for fields in (decode(value) for number, value in graph if number == 5):
        shape = [v for k, v in fields if k == 1]
        parts = dict(fields)
        if parts[2] == 1:  # float32
            values = np.frombuffer(parts[9], "<f4").reshape(shape)
            yield parts[8].decode(), torch.from_numpy(values.copy())


def efficientnet(images: torch.Tensor, graph: list, weights: dict) -> torch.Tensor:
    """The bundled file's operations, one by one."""
    known = {"image": images}
    for fields in (decode(value) for number, value in graph if number == 1):
        inputs = [v.decode() for k, v in fields if k == 1]
        parts = dict(fields)
        kind, x = parts[4], known[inputs[0]]
        if kind == b"Conv":
            x = convolution(x, *(weights[name] for name in inputs[1:]), fields)
        elif kind == b"Clip":
            x = functional.relu6(x)
        elif kind == b"Add":
            x = x + known[inputs[1]]
        else:  # ReduceMean
            x = x.mean(dim=(2, 3))
        known[parts[2].decode()] = x
    return known["features"]


def convolution(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, fields: list
) -> torch.Tensor:
    settings = {}
    for attribute in (decode(value) for number, value in fields if number == 5):
        whole = [v for k, v in attribute if k in (3, 8)]
        settings[dict(attribute)[1]] = whole
    (step, _), (size, _) = settings[b"strides"], settings[b"kernel_shape"]
    if b"auto_pad" in settings:  # "same": the odd pixel at the end
        sides = []
        for length in (x.shape[3], x.shape[2]):
            missing = max((-(-length // step) - 1) * step + size - length, 0)
            sides += [missing // 2, missing - missing // 2]
        if sides[0] == sides[1] == sides[2] == sides[3]:
            return functional.conv2d(
                x, weight, bias, step, sides[0], groups=settings[b"group"][0]
            )
        x = functional.pad(x, sides)
    return functional.conv2d(x, weight, bias, step, groups=settings[b"group"][0])


# -- both ---------------------------------------------------------------------------


def pictures(n: int, px: int, channels: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    found = rng.integers(0, 256, (n, px, px, channels), np.uint8)
    return found if channels == 3 else found.astype(np.float32)


def seconds(features: Features, batch: np.ndarray, clock: Callable[[], float]) -> float:
    """Per picture, the best of two."""
    best = float("inf")
    for _ in range(2):
        begin = clock()
        features(batch)
        best = min(best, (clock() - begin) / len(batch))
    return best


def compare(
    name: str,
    plain: Features,
    ours: dict[str, Backbone],
    rounds: int,
    clock: Callable[[], float],
) -> None:
    for px, channels in CASES:
        largest = pictures(32, px, channels)
        slow = dict.fromkeys(BATCHES, float("inf"))
        fast = dict.fromkeys(ours, float("inf"))
        for _ in range(rounds):
            for size in BATCHES:
                took = seconds(plain, largest[:size], clock)
                slow[size] = min(slow[size], took)
            for precision, backbone in ours.items():
                batch = largest[: backbone.batch * (224 // px) ** 2]
                took = seconds(backbone, batch, clock)
                fast[precision] = min(fast[precision], took)
        best = min(slow, key=lambda size: slow[size])
        print(f"{name}, {px}x{px}, {'RGB' if channels == 3 else 'grey'}")
        print(f"  eager torch {1 / slow[best]:7.1f} pictures/s (batches of {best})")
        expected = plain(largest[:8])
        for precision, backbone in ours.items():
            off = np.linalg.norm(backbone(largest[:8]) - expected)
            print(
                f"  {precision:11} {1 / fast[precision]:7.1f} pictures/s, "
                f"{slow[best] / fast[precision]:.2f} times eager, "
                f"off {off / np.linalg.norm(expected):.0e}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    clock = time.process_time if options.threads == 1 else time.perf_counter
    torch.set_num_threads(options.threads)
    network = resnet50()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resnet50.safetensors"
        save_file(network.state_dict(), path)
        network.fc = torch.nn.Identity()
        ours = {
            precision: load_backbone(
                FeatureConfig("resnet50", str(path), precision=precision),
                options.threads,
            )
            for precision in ("float32", "fast")
        }
    plain = eager(network, IMAGENET_MEAN, IMAGENET_STD)
    compare("resnet50", plain, ours, options.rounds, clock)
    file = decode(resource(BUNDLED_FILE).read_bytes())
    graph = decode(dict(file)[7])
    twin = functools.partial(efficientnet, graph=graph, weights=dict(tensors(graph)))
    plain = eager(twin, [127 / 255], [128 / 255])
    lite = {"float32": load_backbone(FeatureConfig(), options.threads)}
    compare("efficientnet-lite0", plain, lite, options.rounds, clock)


if __name__ == "__main__":
    main()
