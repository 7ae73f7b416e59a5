"""Serve tasks: what a worker process does, one task after the other.

It reads one JSON object per line (``{"task": name, "arguments": {...}}`` or
``{"cancel": true}``) and answers with lines of progress and one of result, error or
cancellation; an error that every other task would meet as well says ``"stops": true``.
``{"alive": true}`` every `BEAT_S` seconds is a sign of life, however long
a step takes. It ends when its input ends, so it never outlives who started it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from skelseg_core.errors import SkelsegError, stops_all, unreachable
from skelseg_core.operating_system import give_way
from skelseg_core.progress import Task
from skelseg_core.said import Said, to_json

BEAT_S = 5.0
"""Seconds between two signs of life."""


def serve(tasks: Callable[[], Mapping[str, Callable[..., Task[Any]]]]) -> None:
    """Serve requests from standard input until it ends.

    Parameters
    ----------
    tasks : callable
        Imports the tasks that may be asked for, by name; called once the number of
        threads is set.
    """
    faulthandler.enable()
    # Ctrl-C reaches all processes of a terminal, and is left to who started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threads = sys.argv[1] if len(sys.argv) > 1 else ""
    if threads:
        # Set before torch is imported, which sizes its thread pool once.
        os.environ["OMP_NUM_THREADS"] = threads
    give_way()
    # Answers get a descriptor of their own, so that prints of libraries stay out.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    cancel = threading.Event()
    threading.Thread(target=_listen, args=(requests, cancel), daemon=True).start()
    written = _Answers(answers)
    threading.Thread(target=_beat, args=(written,), daemon=True).start()
    while True:
        request = requests.get()
        written.busy = True
        _serve(tasks, request, written, cancel)
        written.busy = False


class _Answers:
    """Lines to the window, whole even where two threads write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock = stream, threading.Lock()
        self.busy = False

    def __call__(self, **values: Any) -> None:
        with self._lock:
            self._stream.write(json.dumps(to_json(values)) + "\n")
            self._stream.flush()


def _beat(answer: _Answers) -> None:
    with contextlib.suppress(OSError, ValueError):  # the window is gone
        while True:
            time.sleep(BEAT_S)
            if answer.busy:
                answer(alive=True)


def _listen(requests: queue.Queue[dict[str, Any]], cancel: threading.Event) -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("cancel"):
            cancel.set()
        else:
            # Cleared in the order of lines: a task may be cancelled before it begins.
            cancel.clear()
            requests.put(message)
    # Input ended because the window is gone: a running task has nobody to report to.
    os._exit(0)


def _serve(
    tasks: Callable[[], Mapping[str, Callable[..., Task[Any]]]],
    request: Mapping[str, Any],
    answer: _Answers,
    cancel: threading.Event,
) -> None:
    try:
        task = tasks()[request["task"]](**request["arguments"])
        while True:
            try:
                progress = next(task)
            except StopIteration as end:
                answer(result=end.value)
                return
            if cancel.is_set():
                task.close()
                answer(cancelled=True)
                return
            answer(
                step=progress.step,
                done=progress.done,
                total=progress.total,
                values=dict(progress.values),
                whole=progress.whole,
            )
    except SkelsegError as error:
        answer(error=str(error), stops=stops_all(error))
    except OSError as error:
        answer(error=unreachable(error), stops=stops_all(error))
    except MemoryError:
        answer(error="There was not enough memory for this; close other programs.")
    except Exception as error:
        answer(
            stops=stops_all(error),
            error=Said(
                "Something went wrong in the background ({}); the details are in the "
                "log.",
                error,
            ),
            trace=traceback.format_exc(),
        )
