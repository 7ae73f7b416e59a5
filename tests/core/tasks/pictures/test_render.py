"""Rendered videos, decoded again: frames, times, sound, and the labels burned in."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ConfigError, ProjectError
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.tasks.pictures.burned_lanes import burned_lane
from skelseg_core.tasks.pictures.render import render
from skelseg_core.video.audio import RATE, SoundReader
from skelseg_core.video.burned_text import WELL, Bar
from skelseg_core.video.reader import VideoReader
from skelseg_core.video.times import FrameTimes
from tests.tasks import driven
from tests.videos import read_code, write_video

SIZE = (320, 192)
COLORS = ("#d01020", "#10b030", "#2040e0")
CLASSES = LabelMap(
    tuple(ActionClass(n, f"class {n}", color=c) for n, c in enumerate(COLORS))
)
N = 40
# One-frame segments, a gap at the end, and the same class twice.
LABELS = np.repeat([0, 1, 2, 0, 2, 1, -1], [7, 1, 1, 8, 9, 6, 8])
STEPS_MS = np.resize([33, 34, 33, 120, 17, 40], N)
UNEVEN_MS = (np.cumsum(STEPS_MS) - STEPS_MS[0]).tolist()

Make = Callable[..., tuple[ProjectFolder, str]]


def made(root: Path, path: Path) -> str:
    """Make a project of one labelled video; return its id."""
    folder, before = create_project(root, CLASSES)
    item = probe_video(path, folder, before)
    project = add_video(before, item)
    lane = Segmentation.from_frames(LABELS[: item.n_frames], "human")
    project = set_lane(project, item.id, ANNOTATION, lane)
    folder.save(project, before)
    return item.id


def video(path: Path, **more: object) -> Path:
    return write_video(
        path,
        N,
        size=SIZE,
        pts=UNEVEN_MS,
        time_base=Fraction(1, 1000),
        options={"crf": "12"},
        **more,  # type: ignore[arg-type]
    )


def near(pixel: np.ndarray, color: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - color).max() < 40)


def color_of(label: int) -> tuple[int, int, int]:
    if label < 0:
        return WELL
    red, green, blue = bytes.fromhex(COLORS[label][1:])
    return red, green, blue


@pytest.mark.parametrize("frames", ["", "5:31"])
def test_every_frame_comes_with_its_time_and_its_label(
    tmp_path: Path, frames: str
) -> None:
    source = video(tmp_path / "film.mkv")
    root, out = tmp_path / "p", tmp_path / "out.mp4"
    name = made(root, source)
    run(render(str(root), name, str(out), frames=frames))
    first, last = (5, 31) if frames else (0, N)
    with VideoReader(source) as before, VideoReader(out) as after:
        starts = before.times.starts_s[first:last]
        assert after.n_frames == last - first
        assert after.times.starts_s == pytest.approx(starts - starts[0], abs=1e-9)
        lane = burned_lane(
            ANNOTATION, Segmentation.from_frames(LABELS, "human"), CLASSES
        )
        bar = Bar((lane,), before.times, (first, last), SIZE)
        assert after.height == SIZE[1] + bar.height
        for n, picture in after.frames():
            assert read_code(picture[: SIZE[1]]) == first + n
            said = color_of(int(LABELS[first + n]))
            x, y = bar.swatch()
            assert near(picture[SIZE[1] + y, x], said), n
            check_strip(picture[SIZE[1] :], bar, first + n)


def test_a_colour_that_is_like_another_has_a_texture() -> None:
    """Seven colours can be told apart; the next seven have lines, as on screen."""
    classes = LabelMap(
        tuple(ActionClass(n, f"class {n}", color="#808080") for n in range(22))
    )
    frames = np.repeat([0, 7, 14, 21, -1], 64)
    lane = burned_lane(ANNOTATION, Segmentation.from_frames(frames, "human"), classes)
    strip = lane.strip(lane.shown, 32)
    assert strip.shape == (32, 320, 3)
    plain, lines, dots, grid, nothing = (
        (part != part[0, 0]).any(axis=2) for part in np.split(strip, 5, axis=1)
    )
    assert not plain.any()
    assert not nothing.any()
    assert [int(p.any(axis=1).sum()) for p in (lines, dots, grid)] == [4, 16, 32]
    assert [int(p.any(axis=0).sum()) for p in (lines, dots, grid)] == [64, 32, 64]


def test_what_nobody_looked_at_is_hatched_and_called_so() -> None:
    frames = np.repeat([0, 1], 64)
    mine = Segmentation.from_frames(frames, "human")
    models = Segmentation.from_frames(frames, "model")
    seen = Segmentation((mine.segments[0], models.segments[1]))
    reviewed = Segmentation((models.segments[0].as_reviewed(), mine.segments[1]))
    own = burned_lane(ANNOTATION, mine, CLASSES)
    alike = burned_lane(ANNOTATION, reviewed, CLASSES)
    assert (own.strip(own.shown, 16) == alike.strip(alike.shown, 16)).all()
    lane = burned_lane(ANNOTATION, seen, CLASSES)
    strip = lane.strip(lane.shown, 16)
    assert (strip[:, :64] == own.strip(own.shown, 16)[:, :64]).all()
    model = strip[:, 64:]
    assert len(np.unique(model.reshape(-1, 3), axis=0)) == 2
    assert not (model == own.colors[1]).all(axis=2).any()
    said = [lane.names[n] for n in lane.shown[[0, 64]]]
    assert said == ["class 0", "class 1 (by a model)"]
    # The word beside it stands on the same hatching.
    bar = Bar((lane,), FrameTimes.even(128, 25.0), (0, 128), SIZE)
    x, y = bar.swatch()
    side = bar.under(np.zeros((*SIZE[::-1], 3), np.uint8), 64)[SIZE[1] :]
    row = side[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3)
    assert len(np.unique(row, axis=0)) == 2


def check_strip(picture: np.ndarray, bar: Bar, frame: int) -> None:
    """Compare the strip with the labels wherever nothing covers or blurs it."""
    row = picture[bar.strip_top(0) + bar.strip_px // 2]
    shown, head = LABELS[bar.columns(frame)], bar.playhead(frame)
    middle = bar.columns(frame)[head]
    assert middle == frame
    for x in range(4, SIZE[0] - 4):
        same = len(set(shown[x - 4 : x + 5].tolist())) == 1
        if same and abs(x - head) > 6:
            assert near(row[x], color_of(int(shown[x]))), (frame, x)


def test_the_sound_stays_where_it_was(tmp_path: Path) -> None:
    seconds = np.arange(int(2.2 * 16000)) / 16000
    # A click every fifth of a second, each a different tone.
    tone = np.sin(2 * np.pi * (300 + 200 * np.floor(seconds * 5)) * seconds)
    sound = np.where(seconds * 5 % 1 < 0.2, 0.7 * tone, 0.0)
    for codec, suffix in (("aac", ".mkv"), ("pcm_s16le", ".mkv")):
        source = video(tmp_path / f"{codec}{suffix}", sound=sound, sound_codec=codec)
        root, out = tmp_path / f"p-{codec}", tmp_path / f"{codec}.mp4"
        name = made(root, source)
        notes = run(render(str(root), name, str(out), frames="10:36"))["notes"]
        assert any("encoded again" in note for note in notes) == (codec != "aac")
        with VideoReader(source) as before, VideoReader(out) as after:
            start_s = before.times.start_s(10)
            stop_s = before.times.start_s(36) - start_s
            heard, meant = loudness(out, after, 0.0), loudness(source, before, start_s)
        n = int(stop_s * 100) - 4
        # The first packet may begin some hundredths of a second after the picture.
        alike = [
            np.corrcoef(heard[5 + k : n - 5 + k], meant[5 : n - 5])[0, 1]
            for k in range(-4, 5)
        ]
        assert int(np.argmax(alike)) == 4
        assert alike[4] > 0.95


def loudness(path: Path, reader: VideoReader, start_s: float) -> np.ndarray:
    """Mean loudness of each hundredth of a second from a moment on, for 1.2 s."""
    whole = np.zeros(RATE * 12 // 10)
    first = round(start_s * RATE)
    with SoundReader(path, reader.index) as sound:
        for at, block in sound.blocks():
            begin, end = at - first, at - first + len(block)
            low, high = max(0, begin), min(len(whole), end)
            if low < high:
                whole[low:high] = block[low - begin : high - begin]
    return np.asarray(np.abs(whole).reshape(-1, RATE // 100).mean(axis=1))


def test_only_own_files_are_replaced(tmp_path: Path) -> None:
    root, out = tmp_path / "p", tmp_path / "out.mp4"
    name = made(root, video(tmp_path / "film.mkv"))
    run(render(str(root), name, str(out), frames="0:4"))
    run(render(str(root), name, str(out), frames="0:6"))
    with VideoReader(out) as reader:
        assert reader.n_frames == 6
    changed = out.read_bytes()[:-1] + b"!"
    for content in (changed, b"my holiday", b""):
        out.write_bytes(content)
        with pytest.raises(ProjectError, match="a video that skelseg rendered"):
            run(render(str(root), name, str(out)))
        assert out.read_bytes() == content


def test_a_cancelled_or_failed_video_leaves_nothing(tmp_path: Path) -> None:
    root, out = tmp_path / "p", tmp_path / "new" / "out.mp4"
    name = made(root, video(tmp_path / "film.mkv"))
    task = render(str(root), name, str(out))
    for _ in range(2):
        next(task)
    while not list(out.parent.glob(".*")):
        next(task)
    task.close()
    assert list(out.parent.iterdir()) == []
    with pytest.raises(ProjectError, match="has no lane 'prediction:x', only"):
        run(render(str(root), name, str(out), lanes=["prediction:x"]))
    for text, said in (
        ("7", "no colon"),
        ("9:9", "no frames"),
        ("400:", "no frames"),
        ("a:b", "neither a frame"),
    ):
        with pytest.raises(ConfigError, match=said):
            run(render(str(root), name, str(out), frames=text))
    with pytest.raises(ConfigError, match=r"does not end with \.mp4"):
        run(render(str(root), name, str(tmp_path / "out.mov")))
    assert list(out.parent.iterdir()) == []


def test_progress_counts_frames(tmp_path: Path) -> None:
    root, out = tmp_path / "p", tmp_path / "out.mp4"
    name = made(root, video(tmp_path / "film.mkv"))
    seen, result = driven(render(str(root), name, str(out), frames="1s:"))
    frames = [p for p in seen if p.step == f"video of {name}"]
    assert frames[-1].done == frames[-1].total == result["n_frames"]
    with VideoReader(tmp_path / "film.mkv") as reader:
        assert result["n_frames"] == N - int(np.abs(reader.times.starts_s - 1).argmin())
