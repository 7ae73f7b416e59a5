"""Give every loader nasty versions of valid files; list what is no `SkelsegError`.

``python -m tools.fuzzing --mutants 10000`` is the long run. It works in a process
of its own whose memory is limited, and stops a file that takes too long.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from skelseg_core.errors import SkelsegError
from tests.loaders import LOADERS, Loader, torch_loaders
from tests.mutations import mutate

MOST_SECONDS = 20
"""Seconds after which a loader counts as hanging."""
MOST_BYTES = 2 << 30
"""Memory that a loader may take above what the process had before."""


class TooSlow(BaseException):
    """A file took longer than `MOST_SECONDS`; no loader catches it."""


class Fuzzer:
    """Runs loaders on mutants and counts how they ended."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.bugs: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.refused = self.taken = 0

    def run(self, loader: Loader, mutants: int) -> None:
        """Give a loader ``mutants`` nasty versions of its file or files."""
        dice = random.Random(f"{self.seed} {loader.name}")
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            loader.make(root)
            files = {p: p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
            loader.read(root)  # the valid file is read
            for path, data in files.items():
                path.write_bytes(data)
            for n in range(mutants):
                path = dice.choice(list(files))
                spoiled = mutate(files[path], path.suffix, dice)
                path.write_bytes(spoiled)
                self._try(loader, root, n, f"{path.relative_to(root)}", spoiled)
                self._restore(root, files)

    def _try(
        self, loader: Loader, root: Path, n: int, file: str, spoiled: bytes
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            loader.read(root)
            self.taken += 1
        except SkelsegError as error:
            self.refused += 1
            str(error).encode()  # every sentence can be shown and logged
        except (Exception, TooSlow) as error:
            frames = traceback.extract_tb(error.__traceback__)
            ours = [f for f in frames if "skelseg_core" in f.filename] or frames[-1:]
            place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
            key = f"{loader.name}: {type(error).__name__} in {place}"
            self.bugs[key] += 1
            self.examples.setdefault(
                key, f"mutant {n} of {file}: {error!s:.200}; {spoiled[:120]!r}"
            )
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _restore(self, root: Path, files: dict[Path, bytes]) -> None:
        """Put all files back as they were, and remove what a loader made."""
        for path in sorted(root.rglob("*")):
            if path.is_file() and path not in files:
                path.unlink()
        for path, data in files.items():
            if not path.is_file() or path.read_bytes() != data:
                path.write_bytes(data)


def _too_slow(number: int, frame: object) -> None:
    raise TooSlow(f"longer than {MOST_SECONDS} s")


def limit_memory() -> None:
    """Let this process take `MOST_BYTES` more than it has; no more."""
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + MOST_BYTES, has + MOST_BYTES))


def main(arguments: Iterable[str] | None = None) -> int:
    """Fuzz the loaders; return 1 where one raised what is no `SkelsegError`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=1000, help="of each loader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of the name of loaders")
    parser.add_argument("--no-torch", action="store_true")
    options = parser.parse_args(None if arguments is None else list(arguments))
    loaders = LOADERS if options.no_torch else (*LOADERS, *torch_loaders())
    signal.signal(signal.SIGALRM, _too_slow)
    warnings.simplefilter("ignore")
    limit_memory()
    fuzzer = Fuzzer(options.seed)
    for loader in loaders:
        if options.only in loader.name:
            begun = time.monotonic()
            fuzzer.run(loader, max(1, options.mutants // loader.cost))
            print(f"{loader.name}: {time.monotonic() - begun:.1f} s", flush=True)
    print(f"{fuzzer.refused:,} refused, {fuzzer.taken:,} read")
    for bug, times in fuzzer.bugs.most_common():
        print(f"{times} x {bug}\n    {fuzzer.examples[bug]}")
    return 1 if fuzzer.bugs else 0


if __name__ == "__main__":
    sys.exit(main())
