"""Check the files of a release as somebody would who has nothing else.

    python check_release.py FOLDER

Sums are compared. Wheel and sdist are installed, each in an environment of its own, and
the bundle is unpacked; each pre-labels the demo. Everything is done in a temporary
folder. Needs only Python, and what it may install.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


def main() -> None:
    """Check the folder that is named."""
    folder = Path(sys.argv[1]).resolve()
    version = check_sums(folder)
    check_parts(folder, version)
    for file in (*folder.glob("*.whl"), *folder.glob(f"skelseg-{version}.tar.gz")):
        with tempfile.TemporaryDirectory() as place:
            venv.create(place, with_pip=True, symlinks=sys.platform != "win32")
            programs = Path(place, SCRIPTS)
            run(place, programs / "python", "-m", "pip", "install", "--quiet", file)
            check_program(programs / "skelseg", version, Path(place))
        print(f"{file.name}: installed, pre-labels the demo")
    for file in folder.glob(f"skelseg-{version}-*.tar.gz"):
        with tempfile.TemporaryDirectory() as place:
            with tarfile.open(file) as archive:
                archive.extractall(place, filter="data")
            check_program(Path(place, "skelseg", "skelseg"), version, Path(place))
        print(f"{file.name}: unpacked, pre-labels the demo")


def check_sums(folder: Path) -> str:
    """Compare the sums of all files; return the version."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines)
    there = {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    if there != sums.keys():
        sys.exit(f"Without a sum, or without a file: {sorted(there ^ sums.keys())}")
    for name, known in sums.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != known:
            sys.exit(f"{name} has another sum.")
    print(f"{len(sums)} sums are right")
    (wheel,) = folder.glob("skelseg-*.whl")
    return wheel.name.split("-")[1]


def check_parts(folder: Path, version: str) -> None:
    """Look for what every wheel brings in the list of parts."""
    parts = json.loads((folder / f"skelseg-{version}.cdx.json").read_text())
    names = {re.sub("[-_.]+", "-", c["name"]).lower() for c in parts["components"]}
    missing = {"av", "numpy", "onnxruntime", "pyside6-essentials"} - names
    if missing or parts["bomFormat"] != "CycloneDX":
        sys.exit(f"The list of parts lacks {sorted(missing)}.")
    print(f"{len(names)} parts are listed")


def check_program(program: Path, version: str, place: Path) -> None:
    """Pre-label the demo, in a folder of which nobody knows."""
    said = run(place, program, "--version").split()[-1]
    if said != version:
        sys.exit(f"{program} says that it is {said}, and its file says {version}.")
    run(place, program, "demo", "--write", "kitchen")
    chosen = ("--model", "keypoints", "--video", "ben-2")
    run(place, program, "predict", "kitchen", *chosen, "--quiet")


def run(place: str | Path, *command: object) -> str:
    """Run a program in a folder, with settings of its own; return what it says."""
    homes = {f"XDG_{name}_HOME": str(place) for name in ("CACHE", "CONFIG", "STATE")}
    done = subprocess.run(
        list(map(str, command)),
        cwd=place,
        env={**os.environ, **homes, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    main()
