"""Seconds and memory of ``skelseg import`` and ``import-poses`` with large files.

``python -m benchmarks.large_imports`` writes a file of 30 MB of each format that is
read, imports it with the real command in a process of its own, into a project that it
makes, and prints seconds of CPU and peak memory. Segments are two frames long, a second
where each frame has a row: more of them in a file than anybody labels. ``nasty`` files
are as large and made to be slow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from skelseg_core.module_commands import module_command

MOST_SECONDS, MOST_MB = 20, 500
RATE = 25
CLASSES = tuple(f"behaviour {n}" for n in range(10))
SIZE = (640, 480)
LIMITS = {"via": 14_000_000}
"""Bytes up to which a format is read, where that is less than 30 MB."""


# -- files, each made in a process of its own: a process inherits the peak of the one
# -- that starts it, and this one stays small


def make(name: str, folder: Path, n_bytes: int) -> None:
    """Write the file of a format."""
    if name in POSES:
        _make_poses(name, folder, n_bytes)
        return
    content = NASTY[name](n_bytes) if name in NASTY else _content(name, n_bytes)
    suffix, text = content
    (folder / f"large{suffix}").write_text(text)


def _make_poses(name: str, folder: Path, n_bytes: int) -> None:
    """Write poses of one person, and labels to make a recording of as many frames."""
    import numpy as np

    from skelseg_core.poses.sequence import PoseSequence
    from skelseg_core.progress import run as finish
    from skelseg_core.project.imports.pose_files import save_pose_file

    n_frames = n_bytes // _BYTES_OF_FRAME[name]
    points = np.random.default_rng(0).uniform(8, 400, (n_frames, 1, 17, 2))
    scores = np.full((n_frames, 1, 17), 0.75)
    poses = PoseSequence(points, scores, "coco17", (1920, 1080), "made")
    kind, suffix = POSES[name]
    finish(save_pose_file(folder / f"large{suffix}", poses, kind))
    rows = f"start_frame,stop_frame,label\n0,{n_frames},walk\n"
    (folder / "large.segments.csv").write_text(rows)


def _content(name: str, n_bytes: int) -> tuple[str, str]:
    """The suffix and the text of a file of about so many bytes."""
    small, large = 2000, 6000
    per_segment = (len(_text(name, large)) - len(_text(name, small))) / (large - small)
    # As many as are read, at most.
    return _suffix(name), _text(name, min(290_000, int(n_bytes / per_segment)))


def _suffix(name: str) -> str:
    return _BY_HAND[name][0] if name in _BY_HAND else _form(name).written_suffix


def _form(name: str):  # type: ignore[no-untyped-def]
    from skelseg_core.formats.labels import LABEL_FORMATS

    return next(form for form in LABEL_FORMATS if form.name == name)


def _text(name: str, n_segments: int) -> str:
    if name in _BY_HAND:
        return _BY_HAND[name][1](n_segments)
    from skelseg_core.formats.descriptors import WriteOptions
    from skelseg_core.formats.label_file import LabelledVideo
    from skelseg_core.labels.classes import label_map_from_names
    from skelseg_core.labels.segmentation import Segment, Segmentation
    from skelseg_core.video.times import FrameTimes

    long = 25 if name in ("framewise-csv", "one-hot-csv") else 2
    segments = tuple(
        Segment(long * n, long * (n + 1), n % len(CLASSES), "human")
        for n in range(n_segments)
    )
    video = LabelledVideo(
        "large",
        Segmentation(segments),
        label_map_from_names(CLASSES),
        FrameTimes.even(long * n_segments, RATE),
        media=Path("/films/large.mp4"),
        size=SIZE,
    )
    content = next(iter(_form(name).write_files([video], WriteOptions()).values()))
    return content if isinstance(content, str) else content.decode()


def _words(n_segments: int) -> list[str]:
    return [CLASSES[n // 25 % len(CLASSES)][-1] * 4 for n in range(25 * n_segments)]


def _table(n_segments: int) -> str:
    rows = (
        f"{n / 10:.2f};{n / 10 + 0.08:.2f};{CLASSES[n % 10]};Bo"
        for n in range(n_segments)
    )
    return "\n".join(["Start (s);Stop (s);Behaviour;Subject", *rows, ""])


def _cvat(n_segments: int) -> str:
    box = '<box frame="{}" outside="{}"/>'
    tracks = (
        f'<track id="{n}" label="{CLASSES[n % 10]}">{box.format(2 * n, 0)}'
        f"{box.format(2 * n + 2, 1)}</track>"
        for n in range(n_segments)
    )
    return "\n".join(["<annotations>", *tracks, "</annotations>"])


def _label_studio(n_segments: int) -> str:
    regions = [
        {
            "value": {
                "ranges": [{"start": 2 * n + 1, "end": 2 * n + 2}],
                "timelinelabels": [CLASSES[n % 10]],
            }
        }
        for n in range(n_segments)
    ]
    data = {"video": "large.mp4", "fps": RATE}
    return json.dumps([{"data": data, "annotations": [{"result": regions}]}])


_BY_HAND: dict[str, tuple[str, Callable[[int], str]]] = {
    "text": (".txt", lambda n: "\n".join([*_words(n), ""])),
    "csv": (".csv", _table),
    "cvat": (".xml", _cvat),
    "label-studio": (".json", _label_studio),
}


def _covering(n_bytes: int) -> tuple[str, str]:
    """Rows that all claim ten days."""
    n = n_bytes // 26
    rows = (f"{k % 1000},{20_000_000 - k % 999},walk {k % 9}" for k in range(n))
    return ".segments.csv", "\n".join(["start_frame,stop_frame,label", *rows, ""])


def _alternating(n_bytes: int) -> tuple[str, str]:
    return ".txt", "a\nb\n" * (n_bytes // 4)


def _names(n_bytes: int) -> tuple[str, str]:
    """A class for every row."""
    n = n_bytes // 26
    rows = (f"{k},{k + 1},class {k:08}" for k in range(n))
    return ".segments.csv", "\n".join(["start_frame,stop_frame,label", *rows, ""])


def _videos(n_bytes: int) -> tuple[str, str]:
    """A video for every row."""
    n = n_bytes // 26
    rows = (f"0,9,walk,v{k:012}" for k in range(n))
    return ".segments.csv", "\n".join(["start_frame,stop_frame,label,video", *rows, ""])


def _subjects(n_bytes: int) -> tuple[str, str]:
    """A subject for every event."""
    events = [
        [t, f"s{k:06}", "walk", "", ""]
        for k in range(min(399_000, n_bytes // 70))
        for t in (1.5, 2)
    ]
    walk = {"0": {"code": "walk", "type": "State event"}}
    media = {"type": "MEDIA", "file": {"1": ["large.mp4"]}, "events": events}
    return ".boris", json.dumps({"behaviors_conf": walk, "observations": {"a": media}})


def _compact(n_bytes: int) -> tuple[str, str]:
    """A project of BORIS without a line break, which has twice as many events."""
    events = [
        [k // 2 * 2 / RATE + k % 2 * 2 / RATE, "", "walk", "", "", k]
        for k in range(min(600_000, n_bytes // 76 * 2))
    ]
    walk = {"0": {"code": "walk", "type": "State event"}}
    media = {"type": "MEDIA", "file": {"1": ["large.mp4"]}, "events": events}
    return ".boris", json.dumps({"behaviors_conf": walk, "observations": {"a": media}})


def _deep(n_bytes: int) -> tuple[str, str]:
    return ".json", "[" * n_bytes


def _lists(n_bytes: int) -> tuple[str, str]:
    """A list of as many lists as there is room for."""
    return ".json", "[" + ",".join(["[]"] * (n_bytes // 3)) + "]"


def _video_name(n_bytes: int) -> tuple[str, str]:
    """A name that is half of the file, and many segments that would repeat it."""
    segment = '{"label":"a","segment":[0,1]}'
    segments = ",".join([segment] * (n_bytes // 2 // len(segment)))
    name = "v" * (n_bytes // 2)
    return ".json", f'{{"database":{{"{name}":{{"annotations":[{segments}]}}}}}}'


def _product(n_bytes: int) -> tuple[str, str]:
    """A region of many names and many ranges: each name has all ranges."""
    names = ",".join(['"a"'] * (n_bytes // 2 // 4))
    span = '{"start":1,"end":2}'
    ranges = ",".join([span] * (n_bytes // 2 // len(span)))
    value = f'{{"timelinelabels":[{names}],"ranges":[{ranges}]}}'
    task = f'{{"data":{{"video":"v.mp4","fps":25}},"annotations":[{{"result":[{{"value":{value}}}]}}]}}'  # noqa: E501
    return ".json", f"[{task}]"


def _tiers(n_bytes: int) -> tuple[str, str]:
    """Tiers within tiers, each of which would hold all annotations."""
    around = [f'<TIER TIER_ID="t{n}">' for n in range(40)]
    one = (
        '<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{}" TIME_SLOT_REF1="s" '
        'TIME_SLOT_REF2="t"/></ANNOTATION>'
    )
    many = "".join(one.format(n) for n in range(min(240_000, n_bytes // 100)))
    inner = "".join(around) + many + "</TIER>" * len(around)
    return ".eaf", f"<ANNOTATION_DOCUMENT>{inner}</ANNOTATION_DOCUMENT>"


def _wide(n_bytes: int) -> tuple[str, str]:
    """A table of one-hot columns, as many as rows."""
    n = int((n_bytes / 2) ** 0.5)
    header = ",".join(["", *(f"c{k}" for k in range(n))])
    rows = (f"{k}," + ",".join("01"[(k + c) % 2] for c in range(n)) for k in range(n))
    return "_labels.csv", "\n".join([header, *rows, ""])


POSES = {
    "poses coco": ("coco", ".coco.json"),
    "poses dlc": ("dlc", ".dlc.csv"),
    "poses csv": ("csv", ".plain.csv"),
}
_BYTES_OF_FRAME = dict(zip(POSES, (625, 352, 353), strict=True))

NASTY: dict[str, Callable[[int], tuple[str, str]]] = {
    "nasty covering": _covering,
    "nasty alternating": _alternating,
    "nasty classes": _names,
    "nasty videos": _videos,
    "nasty subjects": _subjects,
    "nasty boris": _compact,
    "nasty deep": _deep,
    "nasty lists": _lists,
    "nasty video name": _video_name,
    "nasty product": _product,
    "nasty tiers": _tiers,
    "nasty wide": _wide,
}


# -- the command --------------------------------------------------------------------


def run(command: list[str], folder: Path) -> tuple[int, str, float, float]:
    """Exit code, last line said, seconds of CPU and peak MB of a command."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for name in ("CACHE", "STATE", "CONFIG", "DATA"):
        environment[f"XDG_{name}_HOME"] = str(folder / "user")
    said = folder / "said.txt"
    with said.open("wb") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=subprocess.STDOUT, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    lines = said.read_text(errors="replace").strip().splitlines() or [""]
    seconds, peak_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    return process.returncode, lines[-1], seconds, peak_mb


def measure(name: str, n_bytes: int) -> bool:
    """Import a file of a format; print what it took, return whether it is within."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        files = folder / "files"
        files.mkdir()
        command = module_command("benchmarks.large_imports", "--make", name)
        subprocess.run([*command, str(files), "--bytes", str(n_bytes)], check=True)
        (file,) = (
            f for f in files.iterdir() if name not in POSES or "seg" not in f.name
        )
        size_mb = file.stat().st_size / 1e6
        project = str(folder / "project")
        asked = ["import", "auto", str(file), "--project", project, "--quiet"]
        asked += ["--rate", str(RATE)]
        if name in POSES:
            asked[2] = str(files / "large.segments.csv")
            run(module_command("skelseg_core.cli.main", *asked), folder)
            asked = ["import-poses", project, "large", str(file), "--quiet"]
        code, said, seconds, peak_mb = run(
            module_command("skelseg_core.cli.main", *asked), folder
        )
        fits = seconds <= MOST_SECONDS and peak_mb <= MOST_MB and code in (0, 2)
        said = said.replace(text, "")
        print(
            f"{name:20} {size_mb:5.1f} MB {seconds:6.1f} s {peak_mb:6.0f} MB "
            f"{'' if fits else 'TOO MUCH '}[{code}] {said[:110]}",
            flush=True,
        )
        return fits


def main(arguments: Iterable[str] | None = None) -> int:
    """Measure every format; return 1 where one takes too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=30_000_000)
    parser.add_argument("--only", default="", help="part of the name of formats")
    parser.add_argument("--make", nargs=2, metavar=("NAME", "FOLDER"))
    options = parser.parse_args(None if arguments is None else list(arguments))
    if options.make:
        make(options.make[0], Path(options.make[1]), options.bytes)
        return 0
    names = subprocess.run(
        [sys.executable, "-c", _NAMES], capture_output=True, text=True, check=True
    ).stdout.split()
    within = [
        measure(name, min(options.bytes, LIMITS.get(name, options.bytes)))
        for name in (*names, *POSES, *NASTY)
        if options.only in name
    ]
    return 0 if all(within) else 1


_NAMES = (
    "from benchmarks.large_imports import _BY_HAND\n"
    "from skelseg_core.formats.labels import LABEL_FORMATS\n"
    "both = (f.name for f in LABEL_FORMATS if f.is_read and f.written_suffix)\n"
    "print(*both, *_BY_HAND)"
)

if __name__ == "__main__":
    sys.exit(main())
