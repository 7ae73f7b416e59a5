"""When does the machine itself stand still? A process that only looks at its clock.

Prints begin and end of every pause of 20 ms or more, in seconds of `time.monotonic`.
A pause in which it waited for a processor is none of the machine's: others were busy.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from skelseg_core.module_commands import module_command

PAUSE_S, LOOK_S = 0.02, 0.003


def in_line() -> float:
    """Seconds that this thread has waited for a processor; 0 where nobody counts."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


class Machine:
    """Watches from a process of its own, until it is stopped."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            module_command("benchmarks.pauses"), stdout=subprocess.PIPE, text=True
        )

    def stop(self) -> list[tuple[float, float]]:
        """Begin and end of each pause seen."""
        self._process.terminate()
        said, _ = self._process.communicate()
        return [(float(b), float(e)) for b, e in map(str.split, said.splitlines())]


def overlap(pauses: list[tuple[float, float]], begin: float, end: float) -> float:
    """Seconds of the pauses between begin and end."""
    return sum(max(0.0, min(e, end) - max(b, begin)) for b, e in pauses)


def main() -> None:
    last, stood = time.monotonic(), in_line()
    while True:
        time.sleep(LOOK_S)
        now = time.monotonic()
        if now - last > PAUSE_S:
            waited = in_line() - stood
            if now - last - waited > PAUSE_S:
                print(last + waited, now, flush=True)
        last, stood = now, in_line()


if __name__ == "__main__":
    main()
