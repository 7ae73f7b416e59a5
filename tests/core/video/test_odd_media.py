"""What cameras, phones and the web make: right, or one sentence."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from skelseg_core.errors import VideoError
from skelseg_core.video.reader import VideoReader
from tests.videos import BRIGHT, DARK, picture, read_code, write_video

GOPS = {"preset": "ultrafast", "g": "12", "bf": "2", "keyint_min": "12"}


def without(source: Path, target: Path, lost: range) -> Path:
    """Copy all coded pictures but some."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = writer.add_stream_from_template(reader.streams.video[0])
        for number, packet in enumerate(reader.demux(video=0)):
            if packet.size and number not in lost:
                packet.stream = stream
                writer.mux(packet)
    return target


@pytest.mark.parametrize("kind", ["mkv", "mp4", "avi"])
def test_frames_that_were_dropped_leave_a_pause(tmp_path: Path, kind: str) -> None:
    whole = write_video(
        tmp_path / f"whole.{kind}", 60, codec="mjpeg", pix_fmt="yuvj420p"
    )
    there = [*range(20), *range(30, 60)]
    with VideoReader(without(whole, tmp_path / f"a.{kind}", range(20, 30))) as reader:
        assert [read_code(reader[n]) for n in range(len(reader))] == there
        np.testing.assert_allclose(reader.times.starts_s * 30, there, atol=0.05)
        assert reader.times.frame_at(25 / 30) == 19


@pytest.mark.parametrize("kind", ["mkv", "mp4", "ts"])
def test_lost_references_are_said_and_what_follows_is_right(
    tmp_path: Path, kind: str
) -> None:
    whole = write_video(tmp_path / "whole.mkv", 60, options=GOPS)
    with VideoReader(without(whole, tmp_path / f"a.{kind}", range(20, 30))) as reader:
        assert len(reader) == 50
        assert [read_code(reader[n]) for n in range(18)] == list(range(18))
        assert [read_code(reader[n]) for n in range(26, 50)] == list(range(36, 60))
        assert [read_code(reader[n]) for n in range(18, 22)]
        assert reader.damage is not None
        assert "cannot be decoded and shows the picture before it" in reader.damage


def test_a_palette_gif_with_pauses(tmp_path: Path) -> None:
    path, pauses = tmp_path / "p.gif", [0, 4, 14, 18, 40, 44, 48, 148]
    palette = np.full((256, 4), 255, np.uint8)
    palette[:, 1:] = np.arange(256)[:, None]
    with av.open(str(path), "w") as output:
        stream = output.add_stream("gif", rate=100)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "pal8"
        stream.codec_context.time_base = Fraction(1, 100)
        for number, pts in enumerate(pauses):
            index = picture(number)[..., 0]
            frame = av.VideoFrame.from_ndarray((index, palette), format="pal8")
            frame.pts, frame.time_base = pts, Fraction(1, 100)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).format.name in ("pal8", "bgra")
    with VideoReader(path) as reader:
        assert len(reader) == len(pauses)
        assert [read_code(reader[n]) for n in (7, 0, 3, 6, 1)] == [7, 0, 3, 6, 1]
        np.testing.assert_allclose(reader.times.starts_s * 100, pauses, atol=0.01)
        assert (reader.bgra(3)[..., 3] == 255).all()


@pytest.mark.parametrize(
    ("name", "codec", "size"),
    [
        ("a.mp4", "mpeg4", (151, 97)),
        ("a.avi", "ffv1", (151, 97)),
        ("a.mkv", "mpeg4", (111, 33)),
        ("a.mkv", "mjpeg", (1001, 61)),
    ],
)
def test_odd_sizes(
    tmp_path: Path, name: str, codec: str, size: tuple[int, int]
) -> None:
    layout = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_video(tmp_path / name, 8, codec=codec, size=size, pix_fmt=layout)
    with VideoReader(path) as reader:
        assert (reader.width, reader.height) == size
        assert reader[0].shape == (size[1], size[0], 3)
        assert reader.bgra(0).shape == (size[1], size[0], 4)
        assert [read_code(reader[n]) for n in range(8)] == list(range(8))


@pytest.mark.parametrize("rate", [3, 240])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_slow_and_fast_cameras(tmp_path: Path, name: str, rate: int) -> None:
    codec = "mpeg4" if name == "a.avi" else "libx264"
    path = write_video(tmp_path / name, 40, codec=codec, rate=rate)
    with VideoReader(path) as reader:
        assert reader.mean_rate == pytest.approx(rate, rel=0.02)
        assert [read_code(reader[n]) for n in (39, 0, 20)] == [39, 0, 20]
        np.testing.assert_allclose(
            reader.times.starts_s, np.arange(40) / rate, atol=0.0011
        )
        assert [reader.times.frame_at((n + 0.5) / rate) for n in (0, 7, 39)] == [
            0,
            7,
            39,
        ]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_phone_held_upright_with_sound(tmp_path: Path, angle: int) -> None:
    path = write_video(
        tmp_path / "phone.mov", 20, size=(96, 160), rotation=angle, audio_s=0.7
    )
    with VideoReader(path) as reader:
        assert (reader.width, reader.height) == (96, 160)
        assert reader.has_sound
        assert [read_code(reader[n]) for n in (19, 0, 7)] == [19, 0, 7]


def test_sound_that_nobody_can_read_costs_no_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", 20, audio_s=0.6, sound_codec="mp2")
    path.write_bytes(path.read_bytes().replace(b"A_MPEG/L2", b"A_XXXX/L2"))
    with VideoReader(path) as reader:
        assert not reader.has_sound
        assert reader.damage is None
        assert [read_code(reader[n]) for n in (0, 19)] == [0, 19]


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_ten_bits_for_bright_screens(tmp_path: Path, transfer: str) -> None:
    tags = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    path = write_video(
        tmp_path / "hdr.mkv",
        20,
        pix_fmt="yuv420p10le",
        options={"x264-params": tags, "g": "10"},
    )
    with VideoReader(path) as reader:
        assert [read_code(reader[n]) for n in (19, 0, 7)] == [19, 0, 7]
        shown = reader[7]
        np.testing.assert_array_equal(shown, reader.bgra(7)[..., 2::-1])
        assert (reader.bgra(7)[..., 3] == 255).all()
        bars = shown[8:24].astype(float)
        dark, bright = np.percentile(bars[..., 0], [10, 90])
    if transfer == "arib-std-b67":  # made to be shown as it is
        assert (dark, bright) == pytest.approx((DARK, BRIGHT), abs=6)
    else:  # 215 of 255 is far brighter than paper, 40 nearly black
        assert bright > 235
        assert dark < 30


def test_pq_white_is_white() -> None:
    from skelseg_core.video.colour import SDR_OF_PQ

    paper = round(0.5807 * 255)  # 203 nits
    assert 228 <= SDR_OF_PQ[paper] <= 250
    grey = round(0.4109 * 255)  # 18 % of paper white, 36.5 nits
    assert SDR_OF_PQ[grey] == pytest.approx(255 * 0.18 ** (1 / 2.2), abs=5)
    assert (np.diff(SDR_OF_PQ.astype(int)) >= 0).all()
    assert (SDR_OF_PQ[0], SDR_OF_PQ[255]) == (0, 255)


def test_no_duration_at_all(tmp_path: Path) -> None:
    for name in ("one.mp4", "one.mkv", "one.gif"):
        codec, layout = ("gif", "rgb8") if name.endswith("gif") else ("mpeg4", "")
        path = write_video(tmp_path / name, 1, codec=codec, pix_fmt=layout or "yuv420p")
        with VideoReader(path) as reader:
            assert len(reader) == 1
            assert reader.mean_rate > 0
            assert read_code(reader[0]) == 0
    empty = tmp_path / "empty.mkv"
    with av.open(str(empty), "w") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        output.start_encoding()
    with pytest.raises(VideoError, match=r"empty\.mkv .*choose another file\.$"):
        VideoReader(empty)
