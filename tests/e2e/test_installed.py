"""The wheel in an environment of its own, used where no network is.

One tour goes through the programs as a person would, from a folder whose files have
the names of modules; what was done meanwhile is looked at by the tests.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from skelseg_core import __version__
from skelseg_core.predictions.found import models_of
from skelseg_core.project.folder import ProjectFolder
from tests import hidden_libraries, offline, watch
from tests.e2e.test_cli import PRESET, label
from tests.videos import write_video

ROOT = Path(__file__).resolve().parents[2]
N = 24
STRANGERS = (
    *(
        "app",
        "skelseg_core",
        "benchmarks",
        "tools",
        "demo",
        "sitecustomize",
        "random",
        "tempfile",
    ),
    *("multiprocessing", "numpy", "torch", "onnxruntime", "cv2", "pyqtgraph"),
)
TRAP = """\
import os
with open({log!r}, "a") as log:
    log.write({name!r} + "\\n")
os._exit(7)
"""
OFFSCREEN = "This plugin does not support"
"""What Qt says where there is no screen."""
OURS = tuple(f".{place}/skelseg" for place in ("cache", "config", "local/share"))
OURS += (".local/state/skelseg",)
"""Where a program may leave anything, below the user's home folder."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="names the folders of Linux"
    ),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built of this checkout."""
    pytest.importorskip("hatchling", reason="the extra 'dev' brings hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    built = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_packages_and_their_resources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = archive.read(f"skelseg-{__version__}.dist-info/METADATA").decode()
        entries = archive.read(f"skelseg-{__version__}.dist-info/entry_points.txt")
    assert {n.split("/")[0] for n in names} == {
        *("app", "skelseg_core", f"skelseg-{__version__}.dist-info")
    }
    expected = {
        p.relative_to(ROOT).as_posix()
        for package in ("app", "skelseg_core")
        for p in (ROOT / package).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    expected |= {
        f"skelseg_core/{p.relative_to(ROOT).as_posix()}"
        for p in (ROOT / "resources").rglob("*")
        if p.is_file()
    }
    assert {n for n in names if ".dist-info/" not in n} == expected
    scripts = configparser.ConfigParser()
    scripts.read_string(entries.decode())
    assert scripts["console_scripts"]["skelseg"] == "skelseg_core.cli.main:main"
    assert scripts["gui_scripts"]["skelseg-app"] == "app.__main__:main"
    needed = re.findall(r"^Requires-Dist: ([A-Za-z0-9-]+)[^;\n]*$", about, re.MULTILINE)
    needed = [n.lower() for n in needed]
    assert {"numpy", "onnxruntime", "pyside6-essentials"} <= set(needed)
    assert not {"torch", "torchvision"} & set(needed)
    assert re.search(r"^Requires-Dist: torch>.*extra == 'train'", about, re.MULTILINE)
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_what_comes_with_it_is_below_a_gigabyte(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        size = sum(part.file_size for part in archive.infolist())
        about = archive.read(f"skelseg-{__version__}.dist-info/METADATA").decode()
    wanted, sizes = re.findall(r"^Requires-Dist: (.*)$", about, re.MULTILINE), {}
    while wanted:
        needed = Requirement(wanted.pop())
        name = canonicalize_name(needed.name)
        asked = needed.marker is None or needed.marker.evaluate({"extra": ""})
        if not asked or name in sizes:
            continue
        package = distribution(name)
        files = (Path(str(package.locate_file(f))) for f in package.files or ())
        sizes[name] = sum(f.stat().st_size for f in files if f.is_file())
        wanted += package.requires or ()
    total = round((size + sum(sizes.values())) / 1e6)
    assert not {"torch", "torchvision"} & set(sizes)
    assert total < 950, f"{total} MB: {sizes}"


@dataclass
class Tour:
    """The programs of the wheel, run one after the other, and what they did."""

    scripts: Path
    base: Path
    no_namespace: str = ""
    shown: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The user's home folder, empty at first."""
        return self.base / "home"

    @property
    def strangers(self) -> Path:
        """The folder in which all is started."""
        return self.base / "strangers"

    def environment(self) -> dict[str, str]:
        """All that the programs are told."""
        kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE")
        return {
            **{k: v for k, v in os.environ.items() if k in kept},
            "HOME": str(self.home),
            "TMPDIR": str(self.base / "temporary"),
            "XDG_RUNTIME_DIR": str(self.base / "runtime"),
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "WATCH_LOG": str(self.base / "calls"),
        }

    def run(self, *command: object, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, offline where that can be had."""
        whole = [str(self.scripts / str(command[0])), *map(str, command[1:])]
        if not self.no_namespace:
            offline_run = [sys.executable, offline.__file__, str(self.base / "packets")]
            whole = [*offline_run, *whole]
        return subprocess.run(
            whole,
            cwd=self.strangers,
            env={**self.environment(), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def does(self, *command: object, **more: str) -> str:
        """Run ``skelseg``, which has to end well and without a complaint."""
        found = self.run("skelseg", *command, **more)
        complaints = [n for n in found.stderr.splitlines() if OFFSCREEN not in n]
        assert (found.returncode, complaints) == (0, []), (command, found)
        return found.stdout

    def window(self, name: str, *command: object, when: Path) -> None:
        """Open a window and close it once a file is there and nothing is at work."""
        note = self.base / f"{name}.json"
        self.does(*command, WATCH_CLOSE_WHEN=str(when), WATCH_WINDOW=str(note))
        self.shown[name] = json.loads(note.read_text())

    def lines(self, name: str) -> list[str]:
        """What was noted of the calls, of the packets, of the traps."""
        path = self.base / name
        return path.read_text().splitlines() if path.is_file() else []


@pytest.fixture(scope="module")
def ready(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Tour:
    """An environment with the wheel; all it needs is lent by the one of the tests."""
    base = tmp_path_factory.mktemp("installed")
    venv.create(base / "env", symlinks=True)
    python = base / "env" / "bin" / "python"
    # As a program asks; pip takes it for the name of an environment.
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
    command += ["--no-deps", "--no-index", "--ignore-installed"]
    subprocess.run([*command, str(wheel)], check=True)
    (site,) = (base / "env").glob("lib/python3*/site-packages")
    (site / "watch.py").write_bytes(Path(watch.__file__).read_bytes())
    lent = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    (site / "lent.pth").write_text("\n".join([*lent, "import watch", ""]))
    tour = Tour(python.parent, base)
    for name in ("home", "strangers", "temporary", "runtime"):
        (base / name).mkdir(mode=0o700)
    for name in STRANGERS:
        code = TRAP.format(log=str(base / "traps"), name=name)
        (tour.strangers / f"{name}.py").write_text(code)
    probe = [sys.executable, offline.__file__, str(base / "probe"), "true"]
    tried = subprocess.run(probe, capture_output=True, text=True, check=False)
    if tried.returncode:
        tour.no_namespace = tried.stderr.strip().splitlines()[-1]
    return tour


def test_the_traps_and_the_watch_see_what_is_done(ready: Tour, tmp_path: Path) -> None:
    """What the other tests rely on, by programs that do what ours must not."""
    there = {**ready.environment(), "WATCH_LOG": str(tmp_path / "calls")}
    python = ready.scripts / "python"
    trapped = subprocess.run([python, "-m", "random"], cwd=ready.strangers, env=there)
    assert trapped.returncode == 7
    assert ready.lines("traps")[-1:] == ["random"]
    (ready.base / "traps").unlink()
    code = (
        "import pathlib, socket, sys; sys.path.pop(0)\n"
        "open(sys.argv[1], 'w').close(); pathlib.Path(sys.argv[1]).touch()\n"
        "try: socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
        "except OSError: pass\n"
    )
    subprocess.run([python, "-c", code, str(tmp_path / "x")], check=True, env=there)
    noted = (tmp_path / "calls").read_text().splitlines()
    assert noted.count(f"write {tmp_path / 'x'}") == 1
    assert [n.split()[0] for n in noted if n[:5] != "write"] == [
        *("socket.getaddrinfo", "socket.connect")
    ]


def test_a_packet_of_any_library_is_seen(ready: Tour, tmp_path: Path) -> None:
    if ready.no_namespace:
        pytest.skip(f"no network namespace here: {ready.no_namespace}")
    code = (
        "import socket\n"
        "to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "to.sendto(b'a name', ('192.0.2.1', 53))\n"
        "try: socket.create_connection(('192.0.2.2', 443), timeout=0.1)\n"
        "except OSError: pass\n"
    )
    log = tmp_path / "packets"
    command = [sys.executable, offline.__file__, str(log), sys.executable, "-I", "-c"]
    subprocess.run([*command, code], check=True)
    seen = log.read_text().splitlines()
    assert seen[0] == "UDP to 192.0.2.1 port 53 a.name"
    assert seen[1].startswith("TCP to 192.0.2.2 port 443 ")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's libraries")
@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libGL.so.1", "libgl1"),
        ("libEGL.so.1", "libegl1"),
        ("libfontconfig.so.1", "libfontconfig1"),
    ],
)
def test_a_desktop_without_a_library_of_qt_is_told_the_line_to_copy(
    ready: Tour, library: str, package: str
) -> None:
    hidden = [sys.executable, hidden_libraries.__file__, library, "--"]
    for command in (("skelseg-app",), ("skelseg", "demo")):
        found = subprocess.run(
            [*hidden, str(ready.scripts / command[0]), *command[1:]],
            cwd=ready.strangers,
            env={**ready.environment(), "QT_QPA_PLATFORM": "xcb"},
            capture_output=True,
            text=True,
            check=False,
        )
        if "cannot hide" in found.stderr:
            pytest.skip(found.stderr.strip())
        assert (found.returncode, found.stdout) == (2, "")
        (line,) = found.stderr.splitlines()
        assert line.startswith("Error: The window needs ")
        assert library in line
        if shutil.which("apt-get"):
            # This system may lack more of them.
            assert package in line.partition(" by: sudo apt-get install ")[2].split()


@pytest.fixture(scope="module")
def tour(ready: Tour) -> Tour:
    """The whole loop, on three videos of one second, and the demo."""
    base, root = ready.base, ready.base / "p"
    for n, name in enumerate(("fresh", "taught", "judged")):
        # Three files of the same bytes would be one video.
        write_video(base / f"{name}.mp4", N, rate=25, options={"crf": str(20 + 5 * n)})
    (base / "classes.txt").write_text("walk\nreach\n", encoding="utf-8")
    (base / "tiny.yaml").write_text(PRESET, encoding="utf-8")
    ready.does("init", root, "--classes", base / "classes.txt")
    ready.does("add", root, *(base / f"{n}.mp4" for n in ("fresh", "taught", "judged")))
    some = ["--video", "taught", "--video", "judged"]
    ready.does("poses", root, *some, WATCH_LINGER_S="8")
    label(root, "taught", 0, 1, 0)
    ready.does("train", root, "--preset", base / "tiny.yaml", "--name", "m")
    ready.does("predict", root, "--model", "m", "--video", "judged")
    label(root, "judged", 1, 0)
    for lane, out in (("annotation", "truth"), ("prediction:m", "found")):
        select = ["--lane", lane, "--video", "judged", "--format", "framewise-csv"]
        ready.does("export", root, *select, "--out", base / out)
    ready.does("evaluate", "--truth", base / "truth", "--pred", base / "found")
    data = base / "data"
    ready.does("export", root, "--format", "ms-tcn", *some, "--out", data)
    ready.does("import-dataset", "ms-tcn", data, "--project", base / "imported")
    looked = ProjectFolder(root).nobody_path("fresh")
    ready.window("own", "app", root, when=looked)
    demo = ready.home / ".local" / "share" / "skelseg" / "demo" / "project.json"
    ready.window("demo", "demo", when=demo)
    ready.does("demo", "--write", base / "written")
    return ready


def test_everything_works(tour: Tour) -> None:
    version = (0, f"skelseg, version {__version__}\n")
    for program in ("skelseg", "skelseg-app"):
        found = tour.run(program, "--version")
        assert (found.returncode, found.stdout) == version
    where = tour.run(
        "python", "-I", "-c", "import skelseg_core as s; print(s.__file__)"
    )
    assert Path(where.stdout).is_relative_to(tour.base / "env")
    project = ProjectFolder(tour.base / "p").load()
    assert models_of(tour.base / "p", "judged") == ("m",)
    assert project.has("judged")
    assert len((tour.base / "found" / "judged.csv").read_text().splitlines()) == N + 1
    assert len(ProjectFolder(tour.base / "imported").load().tracks) == 2
    assert len(ProjectFolder(tour.base / "written").load().tracks) == 8
    # The worker of the window has made the poses that were missing.
    # The window looked for people by itself, and saw none in a made video.
    assert ProjectFolder(tour.base / "p").nobody_path("fresh").is_file()
    assert tour.shown["own"] == {"title": "p – skelseg", "frames": N}
    assert "skelseg" in str(tour.shown["demo"]["title"])


def test_no_file_of_the_current_folder_was_run(tour: Tour) -> None:
    assert tour.lines("traps") == []
    left = {p.name for p in tour.strangers.iterdir()}
    assert left == {f"{name}.py" for name in STRANGERS}


def test_nothing_was_connected_and_no_name_looked_up(tour: Tour) -> None:
    assert [n for n in tour.lines("calls") if not n.startswith("write ")] == []
    if tour.no_namespace:
        pytest.skip(f"no network namespace here: {tour.no_namespace}")
    assert tour.lines("packets") == []


def test_no_file_was_left_outside_our_folders(tour: Tour) -> None:
    inside = (p.relative_to(tour.home).as_posix() for p in tour.home.rglob("*"))
    places = tuple(f"{place}/" for place in OURS)
    files = [p for p in inside if (tour.home / p).is_file()]
    assert files
    assert [p for p in files if not p.startswith(places)] == []
    # PyTorch makes a folder there, for programs that compile networks; ours do not.
    for name in ("temporary", "runtime"):
        assert [p for p in (tour.base / name).rglob("*") if p.is_file()] == []
    elsewhere = {
        n for n in tour.lines("calls") if not n.startswith(f"write {tour.base}/")
    }
    assert elsewhere <= {"write /dev/null"}
