"""Pictures of labels: every segment at its place, text as text, one kind per ending."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from skelseg_core.errors import ConfigError, ProjectError
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_annotator_lane, add_video
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.pictures.ethogram import EthogramRow, ethogram
from skelseg_core.tasks.pictures.label_figure import file_of, hatch_of, label_figure
from skelseg_core.tasks.pictures.plot import plot
from skelseg_core.video.times import FrameTimes

NAMES = ("öffnen", "盗む & <b>", "cost $5 $", "sit")
COLORS = ("#d01020", "#10b030", "#2040e0", "#806040")
CLASSES = LabelMap(
    tuple(ActionClass(n, name, color=COLORS[n]) for n, name in enumerate(NAMES))
)
LABELS = np.repeat([0, 1, 2, 0, 1, -1], [10, 20, 30, 10, 20, 10])
N = len(LABELS)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two recordings without video; the first has a second annotator."""
    folder, project = create_project(tmp_path / "p", CLASSES)
    lane = Segmentation.from_frames(LABELS, "human")
    for name in ("one", "zweiü"):
        lanes = {ANNOTATION: lane}
        item = Track.of_film(name, "", "f", N, 64, 48, 10.0, lanes)
        project = add_video(project, item)
    folder.save(add_annotator_lane(project, "one", "Zoë", lane))
    return folder.root


def texts(path: Path) -> list[str]:
    tree = ElementTree.parse(path)
    return ["".join(e.itertext()) for e in tree.iter(f"{SVG}text")]


def test_text_stays_text_and_is_what_was_written(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.svg"
    lanes = [ANNOTATION, "annotator:Zoë"]
    made = run(plot(str(root), str(out), lanes=lanes))
    assert (made["n_videos"], made["n_rows"]) == (2, 3)
    found = texts(out)
    assert {*NAMES[:3], "unlabelled", "one", "zweiü", "Labels of Zoë"} <= set(found)
    # A class that is nowhere is not explained.
    assert "sit" not in found


@pytest.mark.parametrize(
    ("suffix", "start"), [(".svg", b"<?xml"), (".pdf", b"%PDF"), (".png", b"\x89PNG")]
)
def test_the_ending_says_the_kind(
    root: Path, tmp_path: Path, suffix: str, start: bytes
) -> None:
    out = tmp_path / f"labels{suffix}"
    run(plot(str(root), str(out)))
    first = out.read_bytes()
    assert first.startswith(start)
    run(plot(str(root), str(out)))
    assert out.read_bytes() == first
    # One that somebody changed is no longer ours.
    for content in (first.replace(b"skelseg", b"another", 1), first[:-1], b""):
        out.write_bytes(content)
        with pytest.raises(ProjectError, match="a picture that skelseg drew"):
            run(plot(str(root), str(out)))
        assert out.read_bytes() == content
    out.unlink()
    with pytest.raises(ConfigError, match=r"does not end with .svg, .pdf, .png"):
        run(plot(str(root), str(tmp_path / "labels.jpg")))
    with pytest.raises(ProjectError, match="No video has a lane 'prediction:x'"):
        run(plot(str(root), str(out), lanes=["prediction:x"]))


def test_each_segment_lies_at_its_time() -> None:
    """The colours along a row are the labels, times of an uneven rate included."""
    starts = np.cumsum(np.resize([0.05, 0.1, 0.3], N)) - 0.05
    times = FrameTimes.of_table(starts)
    rows = [EthogramRow("v", "Annotation", Segmentation.from_frames(LABELS), times)]
    data = ethogram(rows, CLASSES, ".png")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    wanted = {k: bytes.fromhex(c[1:]) for k, c in enumerate(COLORS[:3])}
    found = np.full(picture.shape[:2], -1)
    for k, color in wanted.items():
        found[(picture == np.frombuffer(color, np.uint8)).all(axis=2)] = k
    # The row with the most colour is the bar, not the legend.
    row = found[int((found >= 0).sum(axis=1).argmax())]
    left = int(np.flatnonzero(row >= 0)[0])
    right = int(np.flatnonzero(row >= 0)[-1])
    labelled_s = times.start_s(90)
    seen = 0
    for x in range(left + 6, right - 6):
        moment = (x - left + 0.5) / (right - left + 1) * labelled_s
        frames = {int(LABELS[times.frame_at(moment + d)]) for d in (-0.15, 0, 0.15)}
        if len(frames) == 1 and row[x] >= 0:
            assert row[x] == frames.pop()
            seen += 1
    assert seen > (right - left) * 0.8


def test_textures_are_those_of_the_window() -> None:
    assert [hatch_of(n) for n in (0, 6, 7, 14, 21, 28)] == [
        "",
        "",
        "----",
        "....",
        "++++",
        "",
    ]
    with label_figure(1.0, ["a"]) as figure:
        assert file_of(figure, ".png").startswith(b"\x89PNG")


def test_a_matplotlibrc_of_the_current_folder_is_not_obeyed(tmp_path: Path) -> None:
    """With text.usetex matplotlib starts LaTeX, with a preamble of the file."""
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nfigure.facecolor: red\n", encoding="utf-8"
    )
    code = (
        "import sys; sys.path.pop(0)\n"
        "from skelseg_core.tasks.pictures.label_figure import label_figure\n"
        "import matplotlib\n"
        "assert matplotlib.rcParams['text.usetex']\n"
        "with label_figure(1, []) as figure:\n"
        "    assert not matplotlib.rcParams['text.usetex']\n"
        "    assert figure.get_facecolor() == (1, 1, 1, 1)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
