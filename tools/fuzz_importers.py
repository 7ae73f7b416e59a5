"""Fuzz the importers of labels by what their code does with a file, for minutes.

``python -m tools.fuzz_importers --minutes 60`` runs atheris (libFuzzer) on every
importer in turn, each in a process of its own, and prints how many files each was given
and what was found: an exception that is no `SkelsegError`, more than `MOST_SECONDS`, or
more than `MOST_MB` of new memory. ``--only boris`` takes one. What a file holds is read
and planned for a project, as ``skelseg import`` does.

atheris stays out of the environment of skelseg: make one for it (Python 3.11 to 3.14),
``pip install atheris``, and let it see the packages of this one by ``PYTHONPATH``.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from skelseg_core.module_commands import module_command

MOST_SECONDS = 10
"""Seconds after which an importer counts as hanging; files have a few KB."""
MOST_MB = 500
"""MB by which the peak may grow by one file."""
MOST_BYTES = 6000
"""Longest file that is tried."""
FORMATS = {
    "framewise-csv": ("labels frames.csv",),
    "segment-csv": ("labels rows.csv",),
    "csv": ("table a.csv", "table a.tsv", "table a.txt", "table b.csv"),
    "text": ("labels frames.txt",),
    "eaf": ("labels a.eaf",),
    "via": ("labels a.via.csv",),
    "cvat": ("labels a.xml",),
    "boris": ("labels boris", "labels boris of others"),
    "boris-tabular": ("labels boris-tabular",),
    "boris-aggregated": ("labels boris-aggregated of others",),
    "label-studio": ("labels label-studio of others",),
    "one-hot-csv": ("labels one-hot-csv",),
}
"""Loaders of `tests.loaders` whose files each importer begins with."""
SUFFIXES = {
    "boris": ".boris", "eaf": ".eaf", "cvat": ".xml", "text": ".txt",
    "via": ".via.csv", "label-studio": ".json",
    "one-hot-csv": "_labels.csv", "segment-csv": ".segments.csv",
}  # fmt: skip


class TooSlow(BaseException):
    """A file took longer than `MOST_SECONDS`; no importer catches it."""


def _too_slow(number: int, frame: object) -> None:
    raise TooSlow(f"longer than {MOST_SECONDS} s")


class Target:
    """An importer, and what went wrong in it."""

    def __init__(self, name: str, folder: Path) -> None:
        from skelseg_core.formats.labels import LABEL_FORMATS

        self.name, self.folder = name, folder
        self.form = next(form for form in LABEL_FORMATS if form.name == name)
        self.suffix = SUFFIXES.get(name, ".csv")
        self.path = folder / f"v1{self.suffix}"
        self.bugs: Counter[str] = Counter()
        self.taken = self.refused = 0
        self.peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def seeds(self) -> list[bytes]:
        """Valid files."""
        from tests.loaders import LOADERS

        found = []
        for loader in LOADERS:
            if loader.name in FORMATS[self.name]:
                with tempfile.TemporaryDirectory() as text:
                    loader.make(Path(text))
                    found += [p.read_bytes() for p in Path(text).iterdir()]
        return found

    def read(self) -> bool:
        """Read the file and plan its import; return whether it can be done."""
        from skelseg_core.formats.descriptors import CandidateFile, ReadOptions
        from skelseg_core.labels.segmentation import Segmentation
        from skelseg_core.progress import run
        from skelseg_core.project.folder import ProjectFolder
        from skelseg_core.project.imports.import_choices import ImportChoices
        from skelseg_core.project.imports.label_import import plan_import
        from skelseg_core.project.project import new_project
        from skelseg_core.project.project_edits import add_video
        from skelseg_core.project.videos_and_tracks import Track
        from tests.loaders import CLASSES, SIZE, N

        self.form.fits(CandidateFile(self.path))
        file = self.form.read_file(self.path, ReadOptions(modifiers=True))
        bare = {"annotation": Segmentation.unlabelled(N)}
        item = Track.of_film("v1", "", "poses-f", N, *SIZE, 25.0, bare)
        project = add_video(new_project("p", CLASSES), item)
        folder = ProjectFolder(self.folder / "project")
        # Into a video, of which the file may be, and as a project of its own.
        first = (file.tracks[0].title,) if file.tracks[0].title else ()
        choices = ImportChoices(video="v1", picks=first, overlap="last")
        keep = ImportChoices(video="v1", tracks="keep", overlap="last")
        plans = [
            run(plan_import(folder, project, [file], choices)),
            run(plan_import(folder, project, [file], keep)),
            run(plan_import(folder, new_project("p", CLASSES), [file], new=True)),
        ]
        targets = (project, project, new_project("p", CLASSES))
        for plan, into in zip(plans, targets, strict=True):
            json.dumps(plan.as_json()).encode()
            "\n".join(plan.lines()).encode()
            if not plan.problems:
                plan.apply(into)
        return not all(plan.problems for plan in plans)

    def try_one(self, data: bytes) -> None:
        """Give the importer a file; count and keep what goes wrong."""
        from skelseg_core.errors import SkelsegError

        self.path.write_bytes(data)
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            done = self.read()
            self.taken, self.refused = self.taken + done, self.refused + (not done)
        except SkelsegError as error:
            self.refused += 1
            str(error).encode()
            self._check_sentence(str(error), data)
        except (Exception, TooSlow) as error:
            frames = traceback.extract_tb(error.__traceback__)
            ours = [f for f in frames if "skelseg_core" in f.filename] or frames[-1:]
            place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
            self._found(f"{type(error).__name__} in {place}: {error!s:.100}", data)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if peak_kb - self.peak_kb > MOST_MB * 1024:
            self._found("too much memory", data)
        self.peak_kb = peak_kb

    def _check_sentence(self, text: str, data: bytes) -> None:
        if len(text.splitlines()) != 1 or len(text) > 2000:
            self._found("an error of many lines or letters", data)

    def _found(self, what: str, data: bytes) -> None:
        key = re.sub(r"0x[0-9a-f]+|\d+(?= s)", "N", what)
        self.bugs[key] += 1
        if self.bugs[key] == 1:
            kept = self.folder.parent / f"{self.name}-{len(self.bugs)}{self.suffix}"
            kept.write_bytes(data)
            print(f"FOUND {self.name}: {what}\n    {kept}", flush=True)


def fuzz(name: str, folder: Path, seconds: int, seed: int) -> None:
    """Fuzz one importer in this process, which ends with it."""
    import atheris  # type: ignore[import-not-found, unused-ignore]

    with atheris.instrument_imports(include=["skelseg_core"]):
        target = Target(name, folder / "work")
        from skelseg_core.project.imports import label_import as label_import
    from tests.mutations import mutate

    corpus = folder / "corpus"
    for made in (target.folder, corpus):
        made.mkdir(parents=True, exist_ok=True)
    words: set[bytes] = set()
    for n, data in enumerate(target.seeds()):
        (corpus / f"seed-{n}").write_bytes(data)
        words |= set(re.findall(rb"[\w.+-]{2,24}", data))
    dictionary = folder / "words.txt"
    escaped = ("".join(f"\\x{byte:02x}" for byte in word) for word in sorted(words))
    dictionary.write_text("".join(f'"{word}"\n' for word in escaped))
    suffix = Path(target.path.name).suffix

    def mutated(data: bytes, most: int, number: int) -> bytes:
        dice = random.Random(number)
        if dice.random() < 0.5:
            try:
                return mutate(data, suffix, dice)[:most]
            except (RecursionError, IndexError):
                pass  # it is no longer of its kind
        return bytes(atheris.Mutate(data, most))[:most]

    begun, runs = time.monotonic(), 0

    def test_one(data: bytes) -> None:
        nonlocal runs
        runs += 1
        target.try_one(data)
        if time.monotonic() - begun > seconds:
            said = ", ".join(f"{n} x {what}" for what, n in target.bugs.items())
            print(
                f"DONE {name}: {runs:,} files in {time.monotonic() - begun:.0f} s, "
                f"{target.refused:,} refused, {target.taken:,} read; "
                f"{len(list(corpus.iterdir())):,} ways through the code; "
                f"peak {target.peak_kb / 1024:.0f} MB; {said or 'nothing found'}",
                flush=True,
            )
            signal.raise_signal(signal.SIGKILL)

    signal.signal(signal.SIGALRM, _too_slow)
    limits: list[Any] = [
        sys.argv[0],
        f"-max_len={MOST_BYTES}",
        f"-seed={seed}",
        f"-dict={dictionary}",
        "-timeout=0",  # the alarm is ours
        "-handle_alrm=0",
        "-rss_limit_mb=4096",
        "-verbosity=0",
        str(corpus),
    ]
    atheris.Setup(limits, test_one, custom_mutator=mutated)
    atheris.Fuzz()


def main(arguments: Iterable[str] | None = None) -> int:
    """Fuzz the importers, one after the other; return 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="name of one importer")
    parser.add_argument("--out", type=Path, help="folder for what is found")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "SECONDS"))
    options = parser.parse_args(None if arguments is None else list(arguments))
    out = options.out or Path(tempfile.mkdtemp(prefix="fuzzed-"))
    if options.one:
        name, seconds = options.one
        fuzz(name, out / name, int(seconds), options.seed)
        return 0
    names = [options.only] if options.only else list(FORMATS)
    seconds = max(1, int(options.minutes * 60 / len(names)))
    found = 0
    for name in names:
        command = module_command("tools.fuzz_importers", "--one", name)
        rest = [str(seconds), "--out", str(out), "--seed", str(options.seed)]
        done = subprocess.run(
            [*command, *rest], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        text = done.stdout.decode(errors="replace")
        lines = [x for x in text.splitlines() if x.startswith(("FOUND", "DONE", "  "))]
        ended = any(line.startswith("DONE") for line in lines)
        found += not ended or any(line.startswith("FOUND") for line in lines)
        print("\n".join(lines) if ended else text[-4000:], flush=True)
    print(f"What was found lies in {out}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
