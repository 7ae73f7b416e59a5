"""Strangers' files are measured before they are read: no bomb fills the memory."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.array_files import load_npy, load_npz
from skelseg_core.errors import (
    FormatError,
    MissingVideo,
    ProjectError,
    SkelsegError,
    VideoError,
)
from skelseg_core.progress import run
from skelseg_core.project.class_files import load_classes
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.text_files import read_json
from skelseg_core.video.image_sequence import build_image_index
from skelseg_core.video.media_path import to_be_added
from skelseg_core.video.reader import VideoReader
from tests.projects import make_project


def write_bomb(path: Path, width: int, height: int) -> None:
    """A PNG of one colour, of few bytes for its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def test_a_huge_picture_is_refused_by_its_header(tmp_path: Path) -> None:
    for n in range(3):
        write_bomb(tmp_path / f"img_{n}.png", 20_000, 20_000)
        assert (tmp_path / f"img_{n}.png").stat().st_size < 60_000
    with pytest.raises(VideoError, match="more than 67 million pixels"):
        run(build_image_index(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by Linux")
def test_a_huge_picture_takes_no_memory(tmp_path: Path) -> None:
    write_bomb(tmp_path / "img.png", 20_000, 20_000)
    code = (
        "import sys; from pathlib import Path\n"
        "from skelseg_core.video.reader import VideoReader\n"
        "from skelseg_core.errors import VideoError\n"
        "try: VideoReader(Path(sys.argv[1]))\n"
        "except VideoError as error: print(error)\n"
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(x.split()[1] for x in lines if x.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "million pixels" in said
    assert int(said.splitlines()[-1]) < 300_000  # KiB; the picture has 1,200,000


@pytest.mark.parametrize("name", ["http://localhost:9/a.mp4", "concat:a.mp4|b.mp4"])
def test_an_address_is_no_video(name: str) -> None:
    with pytest.raises(MissingVideo, match="is missing or cannot be reached"):
        VideoReader(Path(name))


@pytest.mark.parametrize("address", ["https://lab/a.mp4", "s3://films/a.mp4"])
def test_who_adds_an_address_is_told_of_mounts(address: str) -> None:
    with pytest.raises(VideoError) as caught:
        to_be_added([Path(address)])
    assert str(caught.value).startswith(f"{address} is an address; mount its folder")


def test_a_list_of_addresses_is_no_video(tmp_path: Path) -> None:
    """FFmpeg would fetch what a playlist names."""
    for name, text in (
        ("a.m3u8", "#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/a.ts\n"),
        ("a.mp4", "ffconcat version 1.0\nfile /etc/passwd\n"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(VideoError, match="is not a readable video"):
            VideoReader(tmp_path / name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_is_no_video(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    for path in (tmp_path / "a.mp4", Path("/dev/zero")):
        with pytest.raises(VideoError, match="is a device or a pipe; choose a video"):
            VideoReader(path)


def npy(header: str, data: bytes = b"") -> bytes:
    """An array file with this header."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data


def head(dtype: str, shape: str) -> str:
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}"


@pytest.mark.parametrize(
    "content",
    [
        npy(head("<f4", "(1099511627776,)"), bytes(64)),
        npy(head("<f4", "(99999999999999999999,)"), bytes(64)),
        npy(head("<f4", "(4294967296, 0)")),
        npy(head("<U99999999", "()"), bytes(64)),
        npy(head("|O", "(1,)"), bytes(8)),
        npy(head("|V0", "(1000000000000,)")),
        npy(head("<f4", "(True,)"), bytes(4)),
        npy(head("<f4", "(-1,)"), bytes(4)),
        npy("{"),
        npy("'''"),
        npy("[" * 200),
        b"PK\3\4",
        b"",
    ],
)
def test_arrays_that_promise_too_much(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(FormatError, match=r"damaged or not an \.npy file"):
        load_npy(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with pytest.raises(FormatError, match=r"damaged or not an \.npz file"):
        load_npz(tmp_path / "a.npz")


def test_a_member_that_is_no_array(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.arange(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("good.npy", stream.getvalue())
        archive.writestr("keypoints", b"hello")
    with pytest.raises(FormatError, match=r"damaged or not an \.npz file"):
        load_npz(tmp_path / "a.npz")


def test_numbers_of_thousands_of_digits(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f'{{"a": {"9" * 5000}}}')
    with pytest.raises(FormatError, match="number with thousands of digits"):
        read_json(tmp_path / "a.json")


def test_half_a_character_is_read_as_a_question_mark(tmp_path: Path) -> None:
    text = r'{"a": "x\ud800y", "b": "\ud83d\ude00"}'
    (tmp_path / "a.json").write_text(text)
    assert read_json(tmp_path / "a.json") == {"a": "x?y", "b": "\U0001f600"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("n_frames", float("inf")),
        ("n_frames", 10**15),
        ("n_frames", 0),
        ("n_frames", 2**63),
        ("width", 2**64),
        ("id", "v" * 300),
        ("id", "../v1"),
        ("annotators", ["名" * 90]),
    ],
)
def test_a_video_of_a_project_that_cannot_be(
    key: str, value: object, tmp_path: Path
) -> None:
    folder, _ = make_project(tmp_path / "p")
    raw = json.loads(folder.project_file.read_text())
    video = raw["videos"][0]
    of_file = video["films"][0]
    of_track = video["tracks"][0] if key == "annotators" else video
    (of_file if key in of_file else of_track)[key] = value
    folder.project_file.write_text(json.dumps(raw))
    with pytest.raises(ProjectError) as caught:
        ProjectFolder(folder.root).load()
    assert str(caught.value).startswith(f"{folder.project_file} is damaged (")
    assert len(str(caught.value)) < 500 + len(str(folder.project_file))


def test_a_name_of_a_hundred_thousand_characters(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    raw = json.loads(folder.project_file.read_text())
    raw["name"] = "n" * 100_000
    folder.project_file.write_text(json.dumps(raw))
    assert ProjectFolder(folder.root).load().name == "n" * 200 + "…"


def test_a_sentence_is_never_longer_than_a_person_reads() -> None:
    error = SkelsegError("{} is {}; {:,} more.", "x" * 100_000, "a\udce9b", 12345)
    assert len(str(error)) < 1100
    assert str(error).endswith("… is a?b; 12,345 more.".replace("… ", "x "))


def test_a_class_name_of_a_hundred_thousand_characters(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("n" * 100_000 + "\nstand\n")
    with pytest.raises(FormatError, match="has 100,000 characters; give it one of at"):
        load_classes(tmp_path / "a.txt")
