"""YOLO-pose in a process of its own: the only place that imports ultralytics.

It is run as a file by whichever Python has ultralytics (AGPL-3.0) and imports nothing
of skelseg; `yolo` starts it, sends frames and reads people.

ultralytics by itself installs packages, downloads, reports usage and unpickles whole
objects. Here its switches for these are off, and an audit hook, which nothing can take
away again, refuses every connection and every program that Python would start.

A weights file is never unpickled into objects. A ``.pt`` of ultralytics names the
classes of its modules; each becomes an `Inert` record, from which only tensors, the
name of the configuration and the shape of the keypoints are taken. The network is then
built from the configuration of that name that ultralytics ships: constructors of
ultralytics could be made to evaluate text of the file (the activation in a
configuration), so allowing its real classes would not be safe.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import struct
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO

REQUEST = struct.Struct("<II")
"""Header of a frame: width and height; then height * width * 3 bytes RGB follow."""

ANSWER = struct.Struct("<cI")
"""Header of an answer: its kind and the number of bytes that follow."""

READY = b"R"
"""Answer once the network is loaded: JSON with the estimator's name."""

PEOPLE = b"P"
"""Answer per frame: float32 (N, 17, 3), x and y in px and score, best person first."""

ERROR = b"E"
"""Last answer: one sentence in UTF-8."""

MAX_FRAME_BYTES = 1 << 29
"""Largest picture that is accepted."""
N_KEYPOINTS = 17
MIN_ULTRALYTICS = (8, 4, 120)
"""The first that was tried. Earlier ones move or drop keypoints, evaluate text of
configurations, and 8.3.41, 42, 45 and 46 were published with a miner."""

MIN_TORCH = (2, 10)  # weights_only of earlier ones can be broken out of

SWITCHES: Mapping[str, str] = {
    "YOLO_AUTOINSTALL": "false",
    "YOLO_OFFLINE": "true",
    "YOLO_VERBOSE": "false",
    "ULTRALYTICS_SAFE_LOAD": "true",
    "PIP_NO_INDEX": "1",
    "UV_OFFLINE": "1",
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # where ultralytics finds ONNX Runtime
}

_REFUSED = frozenset(
    {
        *(f"socket.{n}" for n in ("connect", "bind", "sendto", "sendmsg")),
        *(f"socket.get{n}" for n in ("addrinfo", "hostbyname", "hostbyaddr")),
        *(f"os.{n}" for n in ("system", "exec", "fork", "forkpty", "posix_spawn")),
        *("os.spawn", "os.startfile", "subprocess.Popen"),
    }
)
_NETWORK = re.compile(r"yolov?\d+[nslmx]-pose(-p6)?")
_KNOWN = (
    *("ultralytics.", "torch.nn.", "numpy.", "pathlib."),
    *("builtins.getattr", "__builtin__.getattr", "_codecs.encode"),
)


class YoloRefusal(Exception):
    """A refusal that a user can mend, as one sentence."""


class Inert:
    """Stand-in for any class or function that a file names; keeps attributes only."""

    def __new__(cls, *args: object) -> Inert:
        """Ignore the arguments of the class or function it stands for."""
        return super().__new__(cls)

    def __init__(self, *args: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)


def main() -> None:
    """Load the network that ``sys.argv[1]`` describes and serve until input ends."""
    # Answers get a descriptor of their own, so that prints of libraries stay out.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    settings = json.loads(sys.argv[1])
    try:
        harden(settings["threads"])
        name, predictor = load(**settings)
        _answer(answers, READY, json.dumps({"name": name}).encode())
        for rgb in _frames(sys.stdin.buffer):
            _answer(answers, PEOPLE, people(predictor, rgb))
    except YoloRefusal as refusal:
        _answer(answers, ERROR, str(refusal).encode())
    except Exception as error:
        traceback.print_exc()
        _answer(answers, ERROR, f"YOLO-pose failed ({error}).".encode())


def harden(threads: int) -> None:
    """Set ultralytics' switches; refuse connections and programs from here on.

    The working folder, a temporary one, is where ultralytics keeps its settings.
    """
    os.environ.update(SWITCHES)
    os.environ["YOLO_CONFIG_DIR"] = os.getcwd()
    os.environ["OMP_NUM_THREADS"] = str(threads)

    def refuse(event: str, _: object) -> None:
        if event in _REFUSED:
            raise PermissionError(f"{event} is not allowed in the YOLO process")

    sys.addaudithook(refuse)


def _answer(stream: BinaryIO, kind: bytes, payload: bytes) -> None:
    stream.write(ANSWER.pack(kind, len(payload)) + payload)
    stream.flush()


def _frames(stream: BinaryIO) -> Iterator[Any]:
    import numpy as np

    while len(header := stream.read(REQUEST.size)) == REQUEST.size:
        width, height = REQUEST.unpack(header)
        count = width * height * 3
        if not 0 < count <= MAX_FRAME_BYTES:
            raise YoloRefusal(f"A frame of {width}x{height} px is too large for YOLO.")
        data = stream.read(count)
        if len(data) < count:
            return
        yield np.frombuffer(data, np.uint8).reshape(height, width, 3)


def load(
    weights: str, threads: int, min_person_score: float, side: int, max_people: int
) -> tuple[str, Any]:
    """Load the weights of a file; return the name and a predictor of ultralytics."""
    version = check_packages()
    path = Path(weights)
    import torch

    torch.set_num_threads(threads)
    state, network = read_weights(path)
    import ultralytics.utils

    off = {k: False for k, v in ultralytics.utils.SETTINGS.items() if v is True}
    ultralytics.utils.SETTINGS.update(off)
    from ultralytics.models.yolo.pose import PosePredictor

    predictor = PosePredictor(
        overrides={
            "mode": "predict",
            "conf": min_person_score,
            "imgsz": side,
            "max_det": max_people,
            "rect": True,
            "agnostic_nms": True,
            "device": _device(),
            "verbose": False,
            "save": False,
        }
    )
    predictor.setup_model(_build(network, state, path), verbose=False)
    return f"{network} ({path.name}), ultralytics {version}", predictor


def people(predictor: Any, rgb: Any) -> bytes:
    """Detect everybody in a picture, packed as `PEOPLE` says."""
    import numpy as np

    [result] = predictor(np.ascontiguousarray(rgb[..., ::-1]))
    found = result.keypoints.data.cpu().numpy().astype("<f4")
    order = np.argsort(-result.boxes.conf.cpu().numpy(), kind="stable")
    return bytes(found.reshape(-1, N_KEYPOINTS, 3)[order].tobytes())


def check_packages() -> str:
    """Return the version of ultralytics; refuse a missing or unsafe one, torch too."""
    try:
        version = importlib.metadata.version("ultralytics")
        torch_version = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError as error:
        raise YoloRefusal(
            f"YOLO-pose needs ultralytics and torch, which {sys.executable} lacks; run "
            "'pip install skelseg[yolo]', or set SKELSEG_YOLO_PYTHON to a Python that "
            "has them."
        ) from error
    if _numbers(version) < MIN_ULTRALYTICS or _numbers(torch_version) < MIN_TORCH:
        raise YoloRefusal(
            f"ultralytics {version} with torch {torch_version} of {sys.executable} is "
            "not safe to use; update to ultralytics 8.4.120 and torch 2.10 or later."
        )
    return version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version.partition("+")[0])[:3])


def _device() -> str:
    # As skelseg_core.torch_tools.devices.best_device, which cannot be imported here.
    if os.environ.get("SKELSEG_DEVICE") == "cpu":
        return "cpu"
    import torch

    found = torch.accelerator.current_accelerator(check_available=True)
    return found.type if found is not None and found.type in ("cuda", "mps") else "cpu"


# -- weights ------------------------------------------------------------------------


def read_weights(path: Path) -> tuple[dict[str, Any], str]:
    """Read tensors by name and the configuration's name: ``"yolo11n-pose"``.

    A ``.pt`` of ultralytics says which configuration it is of; files of plain tensors
    (``.safetensors``, state dicts) must be called by it.

    Raises
    ------
    YoloRefusal
        Where the file is missing, damaged, of another kind, or more than weights.
    """
    if path.suffix.lower() not in (".pt", ".pth", ".safetensors"):
        raise YoloRefusal(
            f"The weights file {path} must end in .pt, .pth or .safetensors."
        )
    if not path.is_file():
        raise YoloRefusal(f"The weights file {path} is missing; correct its path.")
    try:
        state, names = _parts(_read(path), path.stem)
    except YoloRefusal:
        raise
    except Exception as error:  # a foreign file can make the readers raise anything
        traceback.print_exc()
        raise YoloRefusal(
            f"The weights file {path} is damaged or not a file of YOLO-pose; download "
            "it again."
        ) from error
    for name in names:
        if _NETWORK.fullmatch(name):
            return state, name
    raise YoloRefusal(
        f"The weights file {path} does not say its YOLO-pose network; name the file "
        "after the network, as in yolo11n-pose.pt."
    )


def _read(path: Path) -> Any:
    if path.suffix.lower() == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    names = torch.serialization.get_unsafe_globals_in_checkpoint(str(path))
    strangers = sorted(name for name in names if not name.startswith(_KNOWN))
    if strangers:
        raise YoloRefusal(
            f"The weights file {path} would run {strangers[0]}, which is not part of "
            "a network; it was refused, get it from a source that you trust."
        )
    inert: Any = [(Inert, name) for name in names]
    with torch.serialization.safe_globals(inert):
        return torch.load(path, map_location="cpu", weights_only=True)


def _parts(content: Any, stem: str) -> tuple[dict[str, Any], list[str]]:
    """Find tensors by name, and names of the configuration, likeliest first."""
    if isinstance(content, Mapping):
        content = content.get("ema") or content.get("model") or content
    if not isinstance(content, Inert):
        return dict(content), [stem]
    described = getattr(content, "yaml", None)
    file = described.get("yaml_file") if isinstance(described, Mapping) else None
    own = PureWindowsPath(file).stem if isinstance(file, str) else ""
    return dict(_tensors(content)), [own, stem]


def _tensors(module: Inert, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List what ``module.state_dict()`` would hold."""
    values = vars(module)
    transient = values.get("_non_persistent_buffers_set", ())
    for kind in ("_parameters", "_buffers"):
        for name, tensor in values.get(kind, {}).items():
            if tensor is not None and name not in transient:
                yield prefix + name, tensor
    for name, child in values.get("_modules", {}).items():
        if isinstance(child, Inert):
            yield from _tensors(child, f"{prefix}{name}.")


def _build(network: str, state: Mapping[str, Any], path: Path) -> Any:
    from ultralytics.nn.tasks import PoseModel

    classes = [v for k, v in state.items() if re.search(r"\.cv3\.0\.2\.bias$", k)]
    try:
        model = PoseModel(
            f"{network}.yaml",
            nc=len(classes[0]) if classes else 1,
            data_kpt_shape=(N_KEYPOINTS, 3),
            verbose=False,
        )
        model.load_state_dict(state, strict=True)
    except FileNotFoundError as error:
        raise YoloRefusal(
            f"This ultralytics does not know the network {network} of {path}; update "
            "ultralytics or use another file."
        ) from error
    except (RuntimeError, TypeError, AttributeError) as error:
        raise YoloRefusal(
            f"The weights file {path} does not have the weights of {network} with "
            f"COCO's {N_KEYPOINTS} keypoints; use a file of such a network."
        ) from error
    model.kpt_shape = (N_KEYPOINTS, 3)  # 8.4.120 sets it in training only
    return model.float().eval()


if __name__ == "__main__":
    main()
