"""YOLO-pose of ultralytics, run in a process of its own (`yolo_process`).

ultralytics is AGPL-3.0 and an extra (``pip install skelseg[yolo]``). It may also lie in
an environment of its own: ``SKELSEG_YOLO_PYTHON`` names the Python of that environment,
and nothing of ultralytics is then installed beside skelseg.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from skelseg_core.errors import ModelError
from skelseg_core.estimators import yolo_process as child
from skelseg_core.estimators.person_collector import MAX_PEOPLE, PersonCollector
from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.estimators.registry import YOLO_PYTHON
from skelseg_core.module_commands import in_bundle
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task
from skelseg_core.torch_tools.weights import file_hash

SCRIPT = Path(child.__file__)
POLL_S = 0.1  # seconds between two checks for a cancellation
PATIENCE_S = 180.0  # seconds without an answer after which the process is killed
MAX_ANSWER_BYTES = 1 << 20
"""Longest answer of the process that is read."""
MAX_SAID = 4096  # bytes of the process's last words that are read

_KEPT = frozenset(
    {
        *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR"),
        *("CUDA_VISIBLE_DEVICES", "SKELSEG_DEVICE", "LANG", "LC_ALL"),
    }
)
_OWN_FOLDER = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "YOLO_CONFIG_DIR")

_Answer = tuple[bytes, bytes]


class YoloPose:
    """YOLO-pose with a user's weights: COCO-17, up to ten people, offline.

    Parameters
    ----------
    weights : Path
        ``.pt`` of ultralytics, or plain tensors (``.safetensors``, state dict) in a
        file named after the network (``yolo11n-pose.safetensors``). Nothing in it is
        executed, see `yolo_process`.
    threads : int
        Threads of the processor.
    min_person_score : float
        Least score of a person's box, 0..1.
    side : int
        Length in px to which the longer side of a picture is brought, a multiple of 32.
    """

    skeleton = "coco17"

    def __init__(
        self,
        weights: Path,
        threads: int = 1,
        min_person_score: float = 0.25,
        side: int = 640,
    ) -> None:
        self.name = f"YOLO-pose ({weights.name})"
        self._file = weights
        self._settings = json.dumps(
            {
                "weights": str(weights.absolute()),
                "threads": max(1, threads),
                "min_person_score": min_person_score,
                "side": side,
                "max_people": MAX_PEOPLE,
            }
        )

    def estimate(
        self,
        frames: Iterable[tuple[int, np.ndarray]],
        n_frames: int,
        size: tuple[int, int],
        blocks: PoseBlocks | None = None,
    ) -> Task[PoseSequence]:
        """Estimate the poses of one video; see `base.PoseEstimator.estimate`.

        Raises
        ------
        ModelError
            Where ultralytics is missing or too old, the weights are refused, or the
            process ends or hangs.
        """
        people = PersonCollector(n_frames, child.N_KEYPOINTS)
        with _running(self._settings) as process:
            about = yield from process.answer(Progress("starting YOLO-pose"))
            self.name = f"{json.loads(about)['name']}, skelseg 1"
            if blocks is not None:
                people.begin(blocks, self.name, self._settings, *self._weights())
            first = blocks.n_done if blocks is not None else 0
            for done, (n, rgb) in enumerate(frames, start=first):
                process.send(rgb)
                progress = Progress("estimating poses", done, n_frames)
                people.add(n, _decoded((yield from process.answer(progress))))
                yield Progress("estimating poses", done + 1, n_frames)
        return people.sequence(self.skeleton, size, self.name)

    def _weights(self) -> list[str]:
        return [file_hash(self._file)] if self._file.is_file() else []


def load(threads: int, weights: str, allow_download: bool) -> YoloPose:
    """Load the estimator with weights of a file, which must be given."""
    if not weights:
        raise ModelError(
            "The estimator yolo needs a weights file, and skelseg downloads none; "
            "get one (yolo11n-pose.pt) from its makers and name it with --weights."
        )
    return YoloPose(Path(weights), threads)


def _decoded(payload: bytes) -> np.ndarray:
    if len(payload) % (4 * 3 * child.N_KEYPOINTS):
        raise ModelError(
            "YOLO-pose answered {} bytes, which are not people with COCO's {} "
            "keypoints; update ultralytics.",
            len(payload),
            child.N_KEYPOINTS,
        )
    found = np.frombuffer(payload, "<f4").reshape(-1, child.N_KEYPOINTS, 3)
    inside = (found[..., 2] >= 0) & (found[..., 2] <= 1)
    return np.where(inside[..., None], found, np.nan)


def environment(folder: str) -> dict[str, str]:
    """Make the environment variables of the process; ``folder`` is its home."""
    kept = {k: v for k, v in os.environ.items() if k.upper() in _KEPT}
    return {**kept, **child.SWITCHES, **dict.fromkeys(_OWN_FOLDER, folder)}


@contextlib.contextmanager
def _running(settings: str) -> Iterator[_Process]:
    """Run the process in a temporary folder; kill it when the block is left."""
    with (
        tempfile.TemporaryDirectory(
            prefix="skelseg-yolo-", ignore_cleanup_errors=True
        ) as folder,
        tempfile.TemporaryFile() as said,
    ):
        process = _Process(start_process(settings, folder, said), said)
        try:
            yield process
        finally:
            process.kill()


def start_process(
    settings: str, folder: str, said: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start the Python of YOLO; what it prints besides its answers goes to ``said``."""
    python = os.environ.get(YOLO_PYTHON) or sys.executable
    if in_bundle() and python == sys.executable:
        raise ModelError(
            "YOLO-pose needs a Python with ultralytics and torch; name it by {}.",
            YOLO_PYTHON,
        )
    try:
        # Isolated: neither the working folder nor PYTHON* lend it modules.
        return subprocess.Popen(
            [python, "-I", str(SCRIPT), settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=folder,
            env=environment(folder),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise ModelError(
            "The Python for YOLO-pose, {}, cannot be started ({}); correct {}.",
            python,
            error.strerror or error,
            YOLO_PYTHON,
        ) from error


class _Process:
    """The running process, written to and read from in a thread.

    Because a thread does the reading and writing, a caller that waits for an answer can
    give up at any time.
    """

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self._process = process
        self._said = said
        self._frames: queue.Queue[np.ndarray | None] = queue.Queue()
        self._answers: queue.Queue[_Answer | None] = queue.Queue()
        self._pump = threading.Thread(target=self._serve, daemon=True)
        self._pump.start()

    def kill(self) -> None:
        """Kill the process at once, whatever it does."""
        self._process.kill()
        self._frames.put(None)
        self._pump.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not written yet
                    pipe.close()

    def send(self, rgb: np.ndarray) -> None:
        """Send a picture, uint8 (H, W, 3); one `answer` belongs to each."""
        self._frames.put(np.ascontiguousarray(rgb))

    def answer(self, progress: Progress) -> Task[bytes]:
        """Wait for an answer and return it, yielding ``progress`` meanwhile."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                found = self._answers.get(timeout=POLL_S)
                break
            except queue.Empty:
                yield progress
            if time.monotonic() > deadline:
                raise ModelError(
                    "YOLO-pose gave no answer for {:.0f} seconds; try a smaller "
                    "network.",
                    PATIENCE_S,
                )
        if found is None:
            raise ModelError("YOLO-pose ended too early{}.", self._last_words())
        kind, payload = found
        if kind == child.ERROR:
            raise ModelError(payload.decode(errors="replace"))
        return payload

    def _serve(self) -> None:
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        with contextlib.suppress(OSError, ValueError):
            self._answers.put(_received(back))
            while (rgb := self._frames.get()) is not None:
                height, width = rgb.shape[:2]
                to.write(child.REQUEST.pack(width, height))
                to.write(rgb.data.cast("B"))
                to.flush()
                self._answers.put(_received(back))
        self._answers.put(None)

    def _last_words(self) -> str:
        end = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, end - MAX_SAID))
        lines = self._said.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f" ({last.rstrip('.')})" if last else ""


def _received(stream: IO[bytes]) -> _Answer | None:
    """Read the next answer; None at the end and where it is none."""
    header = stream.read(child.ANSWER.size)
    if len(header) < child.ANSWER.size:
        return None
    kind, length = child.ANSWER.unpack(header)
    if length > MAX_ANSWER_BYTES or kind not in (
        child.READY,
        child.PEOPLE,
        child.ERROR,
    ):
        return None
    payload = stream.read(length)
    return (kind, payload) if len(payload) == length else None
