from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelseg_core.errors import VideoError
from skelseg_core.progress import Progress
from skelseg_core.video import index as video_index
from skelseg_core.video import reader as video
from skelseg_core.video.reader import VideoIndex, VideoReader, build_index
from tests.soak import examples
from tests.videos import cut_short, picture, read_code, remux, spoil, write_video

X264 = {"g": "12", "bf": "3", "preset": "fast", "crf": "20"}
OPEN = {**X264, "x264-params": "open-gop=1:log=-1"}
X265 = {
    "preset": "ultrafast",
    "x265-params": "keyint=12:min-keyint=12:bframes=3:open-gop=1:scenecut=0:"
    "log-level=none",
}
FASTSTART = {"movflags": "faststart"}
NO_X265 = "libx265" not in av.codecs_available


def irregular(n: int) -> list[int]:
    steps = np.random.default_rng(0).integers(200, 3000, n)
    return [int(t) for t in np.cumsum(steps)]


class Films:
    """Base files, each made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def get(
        self, name: str, n: int = 60, codec: str = "libx264", **more: object
    ) -> Path:
        path = self.path(name)
        if not path.exists():
            more.setdefault("options", X264 if codec == "libx264" else {})
            write_video(path, n, codec, **more)  # type: ignore[arg-type]
        return path


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(tmp_path_factory.mktemp("films"))


def hevc(films: Films) -> Path:
    if NO_X265:
        pytest.skip("this PyAV has no x265 encoder")
    return films.get("hevc.mp4", codec="libx265", options=X265)


def cut_from(films: Films, source: Path, name: str, skip: int) -> Path:
    return remux(source, films.path(name), skip=skip)


Case = tuple[str, Callable[[Films], Path], range]

CASES: list[Case] = [
    ("h264 b-frames", lambda f: f.get("a.mp4"), range(60)),
    ("h264 open gop", lambda f: f.get("open.mp4", options=OPEN), range(60)),
    ("hevc open gop", hevc, range(60)),
    ("with sound", lambda f: f.get("sound.mp4", audio_s=2.5), range(60)),
    (
        "vfr",
        lambda f: f.get("vfr.mp4", pts=irregular(60), time_base=Fraction(1, 15360)),
        range(60),
    ),
    ("mpeg-ts", lambda f: f.get("a.ts"), range(60)),
    ("mpeg-ts open gop", lambda f: f.get("open.ts", options=OPEN), range(60)),
    (
        "mpeg-ts far offset",
        lambda f: f.get(
            "late.ts",
            pts=[800_000_000 + 3003 * n for n in range(60)],
            time_base=Fraction(1, 90_000),
            container_options={"mpegts_copyts": "1"},
        ),
        range(60),
    ),
    ("mkv 29.97", lambda f: f.get("a.mkv", rate=Fraction(30000, 1001)), range(60)),
    (
        "mjpeg avi",
        lambda f: f.get("m.avi", codec="mjpeg", pix_fmt="yuvj420p"),
        range(60),
    ),
    (
        "mpeg-4 avi with b-frames",
        lambda f: f.get("b.avi", codec="mpeg4", options={"bf": "2", "g": "12"}),
        range(60),
    ),
    ("h264 avi without display times", lambda f: f.get("x.avi"), range(60)),
    ("raw h264 without any time", lambda f: f.get("x.h264"), range(60)),
    (
        "mpeg-2 program stream",
        lambda f: f.get("p.mpg", codec="mpeg2video", options={"bf": "2", "g": "12"}),
        range(60),
    ),
    (
        "fragmented",
        lambda f: f.get(
            "frag.mp4", container_options={"movflags": "frag_keyframe+empty_moov"}
        ),
        range(60),
    ),
    (
        "intra refresh, one keyframe",
        lambda f: f.get(
            "refresh.mp4", options={**X264, "x264-params": "intra-refresh=1:keyint=20"}
        ),
        range(60),
    ),
    ("gif", lambda f: f.get("g.gif", 20, "gif", pix_fmt="rgb8"), range(20)),
    ("10 bit", lambda f: f.get("ten.mkv", 20, pix_fmt="yuv420p10le"), range(20)),
    (
        "odd size",
        lambda f: f.get("odd.mkv", 20, pix_fmt="yuv444p", size=(151, 97)),
        range(20),
    ),
    ("one frame", lambda f: f.get("one.mp4", 1), range(1)),
    *(
        (
            f"rotated {angle}",
            lambda f, angle=angle: f.get(f"r{angle}.mp4", 20, rotation=angle),
            range(20),
        )
        for angle in (90, 180, 270)
    ),
    (
        "edit list",
        lambda f: remux(
            f.get("a.mp4"),
            f.path("edit.mp4"),
            shift=-512 * 17,
            options={"avoid_negative_ts": "disabled", "use_editlist": "1"},
        ),
        range(17, 60),
    ),
    (
        "late start",
        lambda f: remux(f.get("a.mp4"), f.path("late.mp4"), shift=512 * 50),
        range(60),
    ),
    (
        "cut at an open gop, mp4",
        lambda f: cut_from(f, f.get("open.mp4", options=OPEN), "cut_open.mp4", 12),
        range(24, 60),
    ),
    (
        "cut at an open gop, hevc mkv",
        lambda f: cut_from(f, hevc(f), "cut_open.mkv", 12),
        range(24, 60),
    ),
    (
        "cut inside a gop, mp4",
        lambda f: cut_from(f, f.get("a.mp4"), "cut.mp4", 17),
        range(24, 60),
    ),
    (
        "cut inside a gop, mkv",
        lambda f: cut_from(f, f.get("a.mp4"), "cut.mkv", 17),
        range(24, 60),
    ),
    (
        "cut inside a gop, ts",
        lambda f: cut_from(f, f.get("a.mp4"), "cut.ts", 17),
        range(24, 60),
    ),
    (
        "no keyframe marked",
        lambda f: remux(f.get("a.mp4"), f.path("nokey.mkv"), keyframes=False),
        range(60),
    ),
]


@pytest.mark.parametrize(
    ("make", "codes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_every_frame_is_found_in_order_and_at_random(
    films: Films, make: Callable[[Films], Path], codes: range
) -> None:
    path = make(films)
    with VideoReader(path) as reader, VideoReader(path, cache_bytes=1) as seeker:
        assert len(reader) == reader.n_frames == len(codes)
        through = [(n, read_code(rgb)) for n, rgb in reader.frames()]
        assert through == list(enumerate(codes))
        wanted = np.arange(len(codes)) % 4 == 0
        some = [(n, read_code(rgb)) for n, rgb in reader.frames(wanted=wanted)]
        assert some == [(n, codes[n]) for n in np.flatnonzero(wanted)]
        assert [read_code(reader[n]) for n in range(len(reader))] == list(codes)
        rng = random.Random(path.name)
        for n in [len(codes) - 1, *rng.choices(range(len(codes)), k=40)]:
            assert read_code(seeker[n]) == codes[n]
        assert reader[0].shape == (reader.height, reader.width, 3)
        assert reader.width > reader.height
        assert reader.damage is None
        times = reader.times.starts_s
        assert times.dtype == np.float64
        assert times.shape == (len(codes),)
        assert times[0] == 0.0
        assert (np.diff(times) > 0).all()


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(["open.mp4", "a.ts", "vfr.mp4"]),
    st.lists(st.integers(0, 59), min_size=1, max_size=8),
    st.integers(1, 1 << 20),
)
def test_any_walk_reads_the_asked_frames(
    films: Films, name: str, walk: list[int], cache_bytes: int
) -> None:
    films.get("open.mp4", options=OPEN)
    films.get("a.ts")
    films.get("vfr.mp4", pts=irregular(60), time_base=Fraction(1, 15360))
    with VideoReader(films.path(name), cache_bytes=cache_bytes) as reader:
        assert [read_code(reader[n]) for n in walk] == walk


def test_clock_that_starts_anew_goes_on(films: Films, tmp_path: Path) -> None:
    path = tmp_path / "twice.ts"
    path.write_bytes(films.get("a.ts").read_bytes() * 2)
    with VideoReader(path, cache_bytes=1) as reader:
        assert len(reader) == 120
        assert (np.diff(reader.times.starts_s) > 0).all()
        assert reader.times.starts_s[-1] == pytest.approx(119 / 30, abs=0.1)
        for n in (0, 119, 61, 30, 75, 59, 60):
            assert read_code(reader[n]) == n % 60


def test_doubled_timestamps_keep_the_order(films: Films, tmp_path: Path) -> None:
    path = tmp_path / "doubled.mkv"
    source = films.get("all.mkv", 30, options={"g": "6", "bf": "0"})
    with av.open(str(source)) as reader, av.open(str(path), "w") as writer:
        stream = writer.add_stream_from_template(reader.streams.video[0])
        previous: int | None = None
        for number, packet in enumerate(reader.demux(video=0)):
            if packet.size:
                packet.stream = stream
                if number == 10:
                    packet.pts = packet.dts = previous
                previous = packet.pts
                writer.mux(packet)
    with VideoReader(path, cache_bytes=1) as video_reader:
        assert [read_code(rgb) for _, rgb in video_reader.frames()] == list(range(30))
        assert [read_code(video_reader[n]) for n in (29, 10, 9, 11)] == [29, 10, 9, 11]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("fast.mp4", {"container_options": FASTSTART}),
        ("a.mkv", {"rate": Fraction(30000, 1001)}),
        ("m.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("a.ts", {}),
    ],
)
def test_truncated_file_is_read_up_to_the_damage(
    films: Films, tmp_path: Path, name: str, more: dict[str, object]
) -> None:
    path = cut_short(films.get(name, **more), tmp_path / name)  # type: ignore[arg-type]
    with VideoReader(path, cache_bytes=1) as reader:
        n = len(reader)
        assert 15 < n < 45
        through = [read_code(rgb) for _, rgb in reader.frames()]
        assert len(through) == n
        # Of the last group a picture may be missing that others do not need.
        assert through[: n - 3] == list(range(n - 3))
        assert -1 not in through
        assert [read_code(reader[k]) for k in range(n - 1, -1, -1)] == through[::-1]
        if path.suffix == ".ts" and path.stat().st_size % 188 == 0:
            return
        assert reader.damage is not None
        assert f"frames up to {n - 1} " in reader.damage


@pytest.mark.parametrize("name", ["fast.mp4", "a.mkv"])
def test_spoiled_bytes_cost_no_frame_elsewhere(
    films: Films, tmp_path: Path, name: str
) -> None:
    more = {"container_options": FASTSTART} if name == "fast.mp4" else {}
    if name == "a.mkv":
        more = {"rate": Fraction(30000, 1001)}
    source = films.get(name, **more)  # type: ignore[arg-type]
    path = spoil(source, tmp_path / name, range(13, 22))
    sound = [*range(12), *range(24, 60)]
    with VideoReader(path, cache_bytes=1) as reader:
        assert len(reader) == 60
        through = [read_code(rgb) for _, rgb in reader.frames()]
        assert [through[n] for n in sound] == sound
        for n in random.Random(0).choices(range(60), k=40):
            code = read_code(reader[n])
            assert code == n or n not in sound


def test_frame_that_does_not_decode_repeats_the_one_before(
    films: Films, tmp_path: Path
) -> None:
    source = films.get("m.avi", codec="mjpeg", pix_fmt="yuvj420p")
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        packet = [p for p in container.demux(video=0) if p.size][30]
        start = (packet.pos or 0) + 8
        data[start : start + packet.size - 8] = bytes(packet.size - 8)
    path = tmp_path / "hole.avi"
    path.write_bytes(bytes(data))
    with VideoReader(path, cache_bytes=1) as reader:
        assert len(reader) == 60
        assert reader.damage is None
        assert [read_code(reader[n]) for n in (31, 30, 29, 59)] == [31, 29, 29, 59]
        assert "frame 30" in (reader.damage or "")
        assert [read_code(rgb) for _, rgb in reader.frames(29, 32)] == [29, 29, 31]


def _silence(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 4096), np.float32), "fltp", "mono"
        )
        frame.sample_rate, frame.pts = 16000, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _no_frames(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        output.start_encoding()


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing.mp4": (lambda p: None, "missing"),
    "folder.mp4": (lambda p: p.mkdir(), "folder"),
    "empty.mp4": (lambda p: p.write_bytes(b""), "empty"),
    "text.mp4": (lambda p: p.write_text("hello\n" * 500), "not a readable video"),
    "notes.txt": (lambda p: p.write_text("hello\n" * 500), "not a readable video"),
    "noise.avi": (
        lambda p: p.write_bytes(np.random.default_rng(0).bytes(20_000)),
        "video",
    ),
    "list.m3u8": (
        lambda p: p.write_text(
            "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\na.ts\n#EXT-X-ENDLIST\n"
        ),
        "not a readable video",
    ),
    "list.ffconcat": (
        lambda p: p.write_text("ffconcat version 1.0\nfile a.mp4\n"),
        "not a readable video",
    ),
    "sound.m4a": (_silence, "no video track"),
    "none.mp4": (_no_frames, "no"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence(tmp_path: Path, name: str) -> None:
    make, words = BAD[name]
    path = tmp_path / name
    make(path)
    with pytest.raises(VideoError, match=words) as caught:
        VideoReader(path)
    text = str(caught.value)
    assert str(path) in text
    assert text.endswith(".")
    assert "\n" not in text


def test_still_image_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as output:
        stream = output.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        frame = av.VideoFrame.from_ndarray(picture(1, (64, 48)), format="rgb24")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(VideoError, match="still image"):
        VideoReader(path)


def test_frame_numbers_out_of_range(films: Films) -> None:
    with VideoReader(films.get("a.mp4")) as reader:
        for n in (-1, 60, 10**9):
            with pytest.raises(IndexError):
                reader[n]
        assert [n for n, _ in reader.frames(57, 99)] == [57, 58, 59]
        assert list(reader.frames(60)) == []
        assert read_code(reader[np.int64(7)]) == 7  # type: ignore[index]


def test_seconds_become_the_frame_that_is_shown(films: Films) -> None:
    path = films.get("vfr.mp4", pts=irregular(60), time_base=Fraction(1, 15360))
    with VideoReader(path) as reader:
        times = reader.times.starts_s
        expected = np.array(irregular(60), float)
        assert times == pytest.approx((expected - expected[0]) / 15360, abs=1e-4)
        assert reader.mean_rate == pytest.approx(59 / times[-1])
        for n in range(60):
            assert reader.times.frame_at(times[n]) == n
        with pytest.raises(ValueError, match="read-only"):
            times[0] = 1.0


def test_colours_are_upright_and_equal_in_both_layouts(films: Films) -> None:
    for name, more in (
        ("r90.mp4", {"rotation": 90}),
        ("ten.mkv", {"pix_fmt": "yuv420p10le"}),
        ("odd.mkv", {"pix_fmt": "yuv444p", "size": (151, 97)}),
        ("g.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
    ):
        path = films.get(name, 20, **more)  # type: ignore[arg-type]
        with VideoReader(path) as reader:
            rgb, bgra = reader[3], reader.bgra(3)
            assert bgra.flags.c_contiguous
            assert rgb.flags.c_contiguous
            assert (bgra[..., 3] == 255).all()
            assert np.array_equal(bgra[..., 2::-1], rgb)
            upright = picture(3, (reader.width, reader.height))
            assert np.abs(rgb.astype(int) - upright).mean() < 20


def test_stepping_back_is_served_without_decoding(films: Films) -> None:
    with VideoReader(films.get("a.mp4")) as reader:
        reader.bgra(22)
        assert all(reader.has(n) for n in range(12, 23))
        assert not reader.has(40)
        assert reader.keyframe_at(22) == 12
        assert reader.keyframe_at(12) == 12
        cached = reader[15]
    with VideoReader(films.get("a.mp4"), cache_bytes=5 * 160 * 96 * 3 // 2) as reader:
        reader.bgra(22)
        assert reader.has(22)
        assert not reader.has(12)
        assert np.array_equal(reader[15], cached)


def test_reading_on_decodes_on_without_a_seek(
    films: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeks: list[int] = []
    land = VideoIndex.land

    def counted(self: VideoIndex, file: object, row: int) -> int | None:
        seeks.append(row)
        return land(self, file, row)  # type: ignore[arg-type]

    monkeypatch.setattr(VideoIndex, "land", counted)
    with VideoReader(films.get("a.mp4"), cache_bytes=1) as reader:
        for n in range(60):
            reader[n]
        assert seeks == []
        reader[25]
        assert len(seeks) == 1


def test_table_is_kept_and_found_again(films: Films, tmp_path: Path) -> None:
    path = Path(shutil.copy(films.get("a.mp4"), tmp_path / "v.mp4"))
    cache = tmp_path / "cache"
    with VideoReader(path, cache) as reader:
        fingerprint, times = reader.fingerprint, reader.times.starts_s
    (kept,) = cache.iterdir()

    def never(path: Path) -> None:
        raise AssertionError("the table was built again")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(video, "build_index", never)
        with VideoReader(path, cache) as reader:
            assert reader.fingerprint == fingerprint
            assert np.array_equal(reader.times.starts_s, times)
            assert read_code(reader[33]) == 33
    moved = Path(shutil.copy(path, tmp_path / "moved.mp4"))
    with VideoReader(moved, cache) as reader:
        assert reader.fingerprint == fingerprint
    kept.write_bytes(kept.read_bytes()[:100])
    with VideoReader(path, cache) as reader:
        assert len(reader) == 60


def test_changed_file_gets_a_new_table(films: Films, tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    shutil.copy(films.get("a.mp4"), path)
    with VideoReader(path) as reader:
        first = reader.fingerprint
    shutil.copy(films.get("r90.mp4", 20, rotation=90), path)
    with VideoReader(path) as reader:
        assert len(reader) == 20
        assert reader.fingerprint != first


def test_a_file_replaced_by_one_of_the_same_size_gets_a_new_table(
    films: Films, tmp_path: Path
) -> None:
    path = tmp_path / "v.mp4"
    long, short = films.get("a.mp4").read_bytes(), films.get("b.mp4", 20).read_bytes()
    room = len(long) - len(short)
    padded = short + room.to_bytes(4, "big") + b"free" + bytes(room - 8)
    for second, (content, n_frames) in enumerate(((long, 60), (padded, 20))):
        path.write_bytes(content)
        os.utime(path, (second, second))
        with VideoReader(path, tmp_path / "cache") as reader:
            assert len(reader) == n_frames
    assert len(long) == len(padded)


def test_nonsense_in_a_kept_table_is_not_believed(films: Films, tmp_path: Path) -> None:
    path, cache = films.get("a.mp4"), tmp_path / "cache"
    with VideoReader(path, cache) as reader:
        index = reader.index
    (kept,) = cache.iterdir()
    good = video_index.load_npz(kept)
    for name, value in (
        ("times", index.times[:0]),
        ("times", index.times.astype(float)),
        ("numbers", np.zeros(3, np.int64)),
        ("frame_numbers", np.zeros(60, np.int64)),
        ("frame_numbers", index.frame_numbers - 1),
        ("digests", index.digests[:-1]),
        ("keys", index.keys + 59),
        ("key_frames", index.key_frames[::-1]),
        ("key_seek", np.zeros((5, 1), np.int64)),
    ):
        video_index.save_npz(kept, {**good, name: value})
        assert video_index.load_index(path, cache) is None
    with VideoReader(path, cache) as reader:
        assert len(reader) == 60


def test_building_the_table_tells_its_progress(
    films: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.video.scan.TICK_S", 0.0)
    steps = list(build_index(films.get("x.h264")))
    assert len(steps) > 30
    assert all(isinstance(step, Progress) for step in steps)
    task = build_index(films.get("a.mp4"))
    next(task)
    task.close()


def test_closed_reader_says_so(films: Films) -> None:
    reader = VideoReader(films.get("a.mp4"))
    reader[3]
    reader.close()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader[3]


def test_file_that_vanishes_is_one_sentence(films: Films, tmp_path: Path) -> None:
    path = Path(shutil.copy(films.get("a.mp4"), tmp_path / "v.mp4"))
    with VideoReader(path) as reader:
        path.unlink()
        with pytest.raises(VideoError, match="missing"):
            reader[3]


def test_real_recordings(shared: Path) -> None:
    counts = {"one_by_one.mp4": 1394, "exercise.avi": 393, "two_people_1080p.mp4": 72}
    for name, count in counts.items():
        with contextlib.ExitStack() as stack:
            reader = stack.enter_context(VideoReader(shared / "data/videos" / name))
            assert len(reader) == count
            n = count // 2
            ((_, through),) = reader.frames(n, n + 1)
            assert np.array_equal(reader[n], through)
