"""Whether every frame is found: containers by codecs by groups of pictures, by hand.

Each film has 600 frames that carry their number. It is read straight on, then frame by
frame at random; a read is wrong where the number is not the one asked for, or where the
picture differs by a single bit from that of the straight read.

    python -m benchmarks.frames [--only mpg,vob] [--codecs libx264] [--jobs N]

Prints a table and what was refused, and exits with 1 if any frame is wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from skelseg_core.errors import VideoError
from skelseg_core.video.reader import VideoReader
from tests.videos import Coded, cut_short, false_closed_groups, read_code, write_video

CONTAINERS = (
    *("mpg", "vob", "ts", "m2ts", "mkv", "mp4", "mov"),
    *("avi", "webm", "flv", "wmv", "3gp", "ogv"),
)
GROUPS = (1, 2, 3, 4, 5, 7, 12, 60, 250)
N_FRAMES = 600
N_READS = 60
SIZE = (96, 64)

# Codecs with pictures stored out of order, then those with groups alone, then those
# of which every picture stands alone.
WITH_B = ("libx264", "libx265", "mpeg2video", "mpeg1video", "mpeg4")
WITH_ALT_REF = ("libvpx", "libvpx-vp9")
GROUPED = {
    "libsvtav1": {"preset": "13", "svtav1-params": "lp=1"},
    "flv": {},
    "h263": {},
    "h263p": {},
    "wmv1": {},
    "wmv2": {},
    "msmpeg4v2": {},
    "msmpeg4": {},
    "svq1": {},
    "ffv1": {},
    "qtrle": {},
}
ALONE = {
    "mjpeg": "yuvj420p",
    "prores_ks": "yuv422p10le",
    "huffyuv": "yuv422p",
    "ffvhuff": "yuv420p",
    "magicyuv": "yuv420p",
    "png": "rgb24",
}
LAYOUTS = {**ALONE, "qtrle": "rgb24", "svq1": "yuv410p"}
SIZES = {"h263": (176, 144)}


@dataclass(frozen=True)
class Base:
    """How a film is encoded, before it is put into containers."""

    codec: str
    group: int
    b_frames: int = 0
    is_open: bool = False

    @property
    def options(self) -> dict[str, str]:
        """Options of the encoder."""
        group, b = str(self.group), str(self.b_frames)
        common = {"g": group}
        if self.codec == "libx264":
            return {
                **common,
                "preset": "ultrafast",
                "bf": b,
                "x264-params": f"open-gop={int(self.is_open)}:scenecut=0:b-adapt=0:"
                f"keyint={group}:min-keyint=1:log=-1",
            }
        if self.codec == "libx265":
            return {
                **common,
                "preset": "ultrafast",
                "x265-params": f"keyint={group}:min-keyint=1:bframes={b}:b-adapt=0:"
                f"open-gop={int(self.is_open)}:scenecut=0:pools=none:"
                "frame-threads=1:log-level=none",
            }
        if self.codec in WITH_B:
            closed = {} if self.is_open else {"flags": "+cgop"}
            return {**common, **closed, "bf": b, "sc_threshold": "1000000000"}
        if self.codec in WITH_ALT_REF:
            hidden = {"auto-alt-ref": "1", "lag-in-frames": "16"}
            return {
                **common,
                "deadline": "realtime",
                "cpu-used": "8",
                **(hidden if self.b_frames else {"lag-in-frames": "0"}),
            }
        return {**common, **GROUPED.get(self.codec, {})}


@dataclass
class Tally:
    """What one container with one codec came to."""

    films: int = 0
    reads: int = 0
    wrong: int = 0
    lost: int = 0
    restarts: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what another film came to."""
        self.films += other.films
        self.reads += other.reads
        self.wrong += other.wrong
        self.lost += other.lost
        self.restarts += other.restarts
        self.notes += other.notes


def bases() -> Iterator[Base]:
    """Every way of encoding."""
    for group in GROUPS:
        for codec in WITH_B:
            yield Base(codec, group)
            # No B frames, no open groups; a group of one picture has neither.
            for b in range(1, 4 if group > 1 else 1):
                yield Base(codec, group, b)
                yield Base(codec, group, b, is_open=True)
        for codec in WITH_ALT_REF:
            yield Base(codec, group)
            yield Base(codec, group, 1)
        for codec in GROUPED:
            yield Base(codec, group)
    for codec in ALONE:
        yield Base(codec, 1)


def _count_restarts(cursor: Any, tally: Tally) -> None:
    """Count reads from the start of a file because no landing was proven."""
    go_to_start = cursor.go_to_start

    def counted() -> None:
        tally.restarts += 1
        go_to_start()

    cursor.go_to_start = counted


def read_film(
    path: Path, codes: list[int], cache: Path, is_cut_short: bool = False
) -> Tally:
    """Read a film whose frames should carry ``codes``, straight on and at random."""
    tally = Tally(films=1)
    with ExitStack() as stack:
        reader = stack.enter_context(VideoReader(path, cache, cache_bytes=1))
        straight: list[int] = []
        found: list[int] = []
        for _, rgb in reader.frames():
            straight.append(zlib.crc32(rgb))
            found.append(read_code(rgb))
        if found != codes:
            same = sum(a == b for a, b in zip(found, codes, strict=False))
            tally.lost = max(len(codes), len(found)) - same
            tally.notes[f"straight: {len(found)} frames, {same} as made"] += 1
        # Of a film that is cut short the last pictures are guessed by the decoder,
        # each time from what it saw before.
        keys = reader.index.key_frames
        sound = int(keys[-2:][0]) if is_cut_short and reader.damage else len(found)
        reader[0]
        _count_restarts(reader.cursor, tally)
        dice = random.Random(path.name)
        for n in dice.choices(range(len(found)), k=N_READS):
            rgb = reader[n]
            tally.reads += 1
            same = zlib.crc32(rgb) == straight[n] or n >= sound
            tally.wrong += read_code(rgb) != found[n] or not same
    return tally


def run_base(task: tuple[Base, tuple[str, ...]]) -> dict[tuple[str, str], Tally]:
    """Encode one film, put it into every container and read it there."""
    base, containers = task
    av.logging.set_level(None)
    results: dict[tuple[str, str], Tally] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        coded = Coded(
            N_FRAMES,
            base.codec,
            base.options,
            size=SIZES.get(base.codec, SIZE),
            pix_fmt=LAYOUTS.get(base.codec, "yuv420p"),
        )
        for container in containers:
            path = folder / f"film.{container}"
            try:
                coded.write(path)
            except (av.FFmpegError, ValueError) as error:
                tally = Tally(notes=Counter([f"refused: {_plain(error)}"]))
            else:
                try:
                    tally = read_film(path, list(range(N_FRAMES)), folder / "cache")
                except VideoError as error:
                    words = str(error).replace(str(path), path.name)
                    tally = Tally(notes=Counter([f"not read: {words}"]))
            path.unlink(missing_ok=True)
            results[container, base.codec] = tally
    return results


def _plain(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error)
    log = getattr(error, "log", None)
    return f"{words} ({log[2].strip()})" if log else str(words)


def odd_films(folder: Path) -> Iterator[tuple[str, Path, list[int]]]:
    """Films as the world bends them, with the numbers their frames should carry."""
    wanted = list(range(N_FRAMES))
    for suffix, codec in (
        ("mpg", "mpeg2video"),
        ("vob", "mpeg2video"),
        ("mpg", "mpeg1video"),
        ("ts", "libx264"),
        ("mkv", "libx264"),
        ("mp4", "libx264"),
        ("avi", "mpeg4"),
        ("flv", "libx264"),
    ):
        for group, b in ((1, 0), (3, 2), (12, 2), (60, 3)):
            name = f"{codec} g{group} b{b}"
            options = Base(codec, group, b, is_open=True).options
            coded = Coded(N_FRAMES, codec, options)
            path = coded.write(folder / f"film.{suffix}")
            if suffix in ("mpg", "vob", "ts"):
                twice = folder / f"twice.{suffix}"
                twice.write_bytes(path.read_bytes() * 2)
                yield f"two of the same joined, {name}", twice, wanted * 2
                other = Coded(300, codec, options, shows=lambda n: 700 + n)
                end = other.write(folder / f"end.{suffix}")
                two = folder / f"joined.{suffix}"
                two.write_bytes(path.read_bytes() + end.read_bytes())
                numbers = [*wanted, *range(700, 1000)]
                yield f"two joined, clock starts anew, {name}", two, numbers
            cut = coded.write(folder / f"cut.{suffix}", skip=group * 2 + group // 2)
            yield f"cut inside a group, {name}", cut, []
            if suffix not in ("mp4", "mov"):
                short = cut_short(path, folder / f"short.{suffix}")
                yield f"cut short, {name}", short, []
            for every, words in ((37, "still for 37 frames each"), (600, "black")):
                still = Coded(
                    N_FRAMES, codec, options, shows=lambda n, every=every: n // every
                ).write(folder / f"still.{suffix}")
                yield f"{words}, {name}", still, [n // every for n in wanted]
            sound = write_video(
                folder / f"sound.{suffix}",
                N_FRAMES,
                codec,
                size=SIZE,
                options=options,
                audio_s=20,
                sound_codec="mp2" if suffix in ("mpg", "vob", "ts") else "aac",
            )
            yield f"with sound, {name}", sound, wanted
            if codec in ("mpeg2video", "mpeg1video") and b:
                film = false_closed_groups(path, folder / f"closed.{suffix}")
                yield f"open groups marked closed, {name}", film, wanted
    steps = np.random.default_rng(0).integers(200, 3000, N_FRAMES)
    times = [int(t) for t in np.cumsum(steps)]
    for suffix in ("mp4", "mkv", "ts", "mov", "webm", "flv"):
        codec = "libvpx" if suffix == "webm" else "libx264"
        film = write_video(
            folder / f"varying.{suffix}",
            N_FRAMES,
            codec,
            size=SIZE,
            options={"g": "12", "deadline": "realtime"}
            if suffix == "webm"
            else {"g": "12", "bf": "2", "preset": "ultrafast"},
            pts=times,
            time_base=Fraction(1, 15360),
        )
        yield f"varying rate, {codec}", film, wanted


def run_odd() -> dict[str, Tally]:
    """Read the odd films; where no numbers are given, the straight read is believed."""
    results: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        films = odd_films(folder)
        while True:
            try:
                words, path, codes = next(films)
            except StopIteration:
                return results
            tally = Tally()
            try:
                codes = codes or _straight(path, folder / "cache")
                is_cut_short = words.startswith("cut short")
                tally = read_film(path, codes, folder / "cache", is_cut_short)
            except VideoError as error:
                reason = str(error).replace(str(path), path.name)
                tally.notes[f"not read: {reason}"] += 1
            path.unlink()
            print(
                f"{path.suffix[1:]:5} {words:60} {tally.reads:5} {tally.wrong:5} "
                f"{tally.lost:5} {tally.restarts:5}  {', '.join(tally.notes)}",
                flush=True,
            )
            results[f"{path.suffix[1:]} {words}"] = tally


def _straight(path: Path, cache: Path) -> list[int]:
    with VideoReader(path, cache) as reader:
        return [read_code(rgb) for _, rgb in reader.frames()]


def run_all(
    films: list[Base], containers: tuple[str, ...], jobs: int
) -> dict[tuple[str, str], Tally]:
    """Run every film through every container, in ``jobs`` threads."""
    results: dict[tuple[str, str], Tally] = {}
    tasks = [(base, containers) for base in films]
    with ThreadPoolExecutor(jobs) as pool:
        for n, part in enumerate(pool.map(run_base, tasks), start=1):
            for key, tally in part.items():
                results.setdefault(key, Tally()).add(tally)
            if n % 25 == 0:
                wrong = sum(tally.wrong for tally in results.values())
                print(f"{n} of {len(tasks)} films, {wrong} wrong", file=sys.stderr)
    return results


def print_table(results: dict[tuple[str, str], Tally]) -> None:
    """Print what was read, then what was not."""
    print("| container | codec | films | reads | wrong | lost | from the start |")
    print("|---|---|---|---|---|---|---|")
    for (container, codec), tally in sorted(results.items()):
        if tally.films:
            print(
                f"| {container} | {codec} | {tally.films} | {tally.reads} | "
                f"{tally.wrong} | {tally.lost} | {tally.restarts} |"
            )
    print("\nNot read, or not as made:")
    for (container, codec), tally in sorted(results.items()):
        for words, count in tally.notes.items():
            print(f"- {container} {codec}, {count} times: {words}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(CONTAINERS), help="containers")
    parser.add_argument("--codecs", default="", help="encoders, all if not given")
    parser.add_argument(
        "--groups", default="", help="sizes of groups, all if not given"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--odd", action="store_true", help="the odd films alone")
    options = parser.parse_args()
    containers = tuple(options.only.split(","))
    groups = {int(text) for text in options.groups.split(",") if text}
    films = [
        base
        for base in bases()
        if base.codec in (options.codecs or base.codec).split(",")
        and base.group in (groups or {base.group})
    ]
    print(f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}")
    if options.odd:
        results: dict[str, Tally] | dict[tuple[str, str], Tally] = run_odd()
    else:
        results = run_all(films, containers, options.jobs)
        print_table(results)
    total = Tally()
    for tally in results.values():
        total.add(tally)
    spent = time.process_time()
    print(
        f"\n{total.films} films, {total.reads} reads: {total.wrong} wrong, "
        f"{total.lost} frames lost; {spent / 60:.1f} minutes of one core"
    )
    raise SystemExit(1 if total.wrong or total.lost else 0)


if __name__ == "__main__":
    main()
