"""Videos on other computers: frames as those of a copy, and nobody asked unallowed."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import av
import numpy as np
import pytest

from skelseg_core.errors import LostConnection, MissingVideo, VideoError
from skelseg_core.progress import run
from skelseg_core.video import container
from skelseg_core.video.audio import SoundReader, read_waveform
from skelseg_core.video.container import VideoFile
from skelseg_core.video.index import load_index
from skelseg_core.video.media_path import (
    media_exists,
    media_path,
    media_state,
    media_title,
    to_be_added,
)
from skelseg_core.video.reader import VideoReader
from skelseg_core.video.remote import permission, remote_file
from skelseg_core.video.remote.address import address_of, is_remote
from skelseg_core.video.remote.https import HttpsConnection
from skelseg_core.video.remote.permission import HostNotAllowed
from skelseg_core.video.remote.remote_file import RemoteFile, picture_ranges
from tests.media_server import MediaServer, serving
from tests.videos import read_code, write_video

N, MANY = 40, 400
"""Frames of a video, and of one that does not fit into the buffers of FFmpeg."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MediaServer]:
    (tmp_path / "far").mkdir()
    with serving(tmp_path / "far", monkeypatch) as made:
        yield made


def let(address: Path) -> None:
    """Allow that this address is read."""
    permission.allow("project", address_of(address).place)
    assert permission.let_project("project", address)


def put(
    server: MediaServer, name: str = "clip.mp4", n_frames: int = N, **how: object
) -> Path:
    """Write a video to the server; its address, which may be read."""
    write_video(server.folder / name, n_frames, **how)  # type: ignore[arg-type]
    address = Path(server.address(name))
    let(address)
    return address


def put_large(server: MediaServer, name: str = "clip.mp4") -> Path:
    return put(server, name, MANY, options={"g": "12", "crf": "1"})


def small_blocks(monkeypatch: pytest.MonkeyPatch, n_bytes: int = 16384) -> None:
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", n_bytes)
    monkeypatch.setattr(remote_file, "KEPT_BLOCKS", 2)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.ts"])
@pytest.mark.parametrize("bf", ["0", "3"])
def test_frames_are_those_of_a_copy(
    server: MediaServer, tmp_path: Path, name: str, bf: str
) -> None:
    path = put(server, name, options={"bf": bf, "g": "12"})
    with VideoReader(path) as far, VideoReader(server.folder / name) as near:
        assert far.fingerprint == near.fingerprint
        assert far.index.by_place is (name == "clip.mp4")
        for table in ("times", "frame_numbers", "keys", "key_frames", "key_seek"):
            assert np.array_equal(getattr(far.index, table), getattr(near.index, table))
        for n in (N - 1, 3, 17, 30, 5, 0):
            assert np.array_equal(far[n], near[n])
            assert read_code(far[n]) == n
        for (n, a), (m, b) in zip(far.frames(8, 30), near.frames(8, 30), strict=True):
            assert n == m
            assert np.array_equal(a, b)


def test_the_table_of_an_mp4_is_read_without_its_pictures(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_large(server)
    size = (server.folder / "clip.mp4").stat().st_size
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 4096)
    index = VideoReader(path).index
    # Its start and what is decoded there, to see that frames come in order.
    assert server.n_bytes < size * 0.6
    assert max(stop for _, stop in server.requests) == size
    near = VideoReader(server.folder / "clip.mp4").index
    assert np.array_equal(index.keys, near.keys)
    asked = len(server.requests)
    assert VideoReader(path).index.fingerprint == index.fingerprint
    assert server.requests[asked:] == [(0, 1)]  # whether it is still the same


def test_a_table_whose_packets_lie_elsewhere_is_not_believed(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(server)
    monkeypatch.setattr(container, "TABLED", ())
    index = VideoReader(path).index
    assert not index.by_place
    assert index.fingerprint == VideoReader(server.folder / "clip.mp4").fingerprint


def test_an_mp4_in_fragments_is_read_once(server: MediaServer) -> None:
    path = put(server, "whole.mp4")
    with (
        av.open(str(server.folder / "whole.mp4")) as source,
        av.open(
            str(server.folder / "parts.mp4"),
            "w",
            options={"movflags": "frag_keyframe+empty_moov"},
        ) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    parts = path.with_name("parts.mp4")
    let(parts)
    with VideoReader(parts) as far, VideoReader(server.folder / "parts.mp4") as near:
        assert not far.index.by_place
        assert far.fingerprint == near.fingerprint
        assert np.array_equal(far[N - 1], near[N - 1])


def test_a_lost_connection_is_tried_again(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(server, options={"g": "12"})
    small_blocks(monkeypatch, 2048)
    with VideoReader(path) as reader:
        server.n_cut = 2  # two tries of three
        assert read_code(reader[25]) == 25
        assert server.n_cut == 0


def test_a_connection_cut_in_the_midst_is_a_sentence_and_never_a_wrong_frame(
    server: MediaServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = put_large(server)
    small_blocks(monkeypatch)
    VideoReader(path).close()
    n_sentences = 0
    for good in range(0, 24, 6):
        server.good, server.n_cut = good, 1_000_000
        with VideoReader(path, cache_bytes=1) if good else _opened(server, path) as far:
            for n in (300, 20, 399, 140):
                try:
                    assert read_code(far[n]) == n
                except LostConnection as error:
                    n_sentences += "connection to https://127.0.0.1:" in str(error)
            assert far.damage is None
            server.n_cut = 0  # the network is back
            assert read_code(far[210]) == 210
    assert n_sentences > 5
    assert capfd.readouterr() == ("", "")


def _opened(server: MediaServer, path: Path) -> VideoReader:
    server.n_cut = 0
    reader = VideoReader(path, cache_bytes=1)
    server.n_cut = 1_000_000
    return reader


def test_packets_never_end_where_the_connection_does(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_large(server)
    small_blocks(monkeypatch)
    file = VideoFile(path)
    assert sum(1 for _ in file.packets()) == MANY
    file.restart()
    packets = file.packets()
    next(packets)
    server.n_cut = 3
    with pytest.raises(LostConnection):
        list(packets)
    file.restart()
    assert sum(1 for _ in file.packets()) == MANY
    file.close()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_no_table_is_made_of_half_a_video(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = put_large(server, name)
    small_blocks(monkeypatch)
    for good in range(1, 60, 3):
        # All tries of one read are cut; then the network is back, which hides it.
        server.good, server.n_cut = good, 3
        try:
            assert len(VideoReader(path)) == MANY
            break
        except LostConnection:
            assert load_index(path) is None
    assert good > 4
    server.n_cut = 0
    assert len(VideoReader(path)) == MANY


def test_a_video_that_is_changed_while_it_is_open(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_large(server)
    small_blocks(monkeypatch)
    with VideoReader(path, cache_bytes=1) as reader:
        assert read_code(reader[1]) == 1
        server.tag = '"second"'
        for _ in range(2):
            with pytest.raises(VideoError, match="was changed while it was open"):
                _ = reader[350]
    with VideoReader(path) as reader:  # its table is made anew
        assert read_code(reader[350]) == 350
        assert reader.index.tag == '"second"'


def test_no_host_is_asked_before_a_person_allowed_it(server: MediaServer) -> None:
    write_video(server.folder / "clip.mp4", N)
    path = Path(server.address("clip.mp4"))
    place = address_of(path).place
    with pytest.raises(HostNotAllowed) as refused:
        VideoReader(path)
    assert refused.value.place == place
    assert "skelseg allow" in str(refused.value)
    permission.allow("mine", place)
    assert not permission.let_project("a stranger's", path)
    with pytest.raises(HostNotAllowed):
        VideoReader(path)
    assert server.requests == []
    assert permission.let_project("mine", path)
    assert len(VideoReader(path)) == N
    permission.forbid("mine", place)
    assert not permission.let_project("mine", path)
    with pytest.raises(HostNotAllowed):
        VideoReader(path)


@pytest.mark.parametrize("uuid", ["../../../etc/x", "a/b", "", "x" * 5000, "\0"])
def test_a_permission_is_kept_under_any_uuid(uuid: str) -> None:
    permission.allow(uuid, "https://there.example")
    assert permission.allowed_places(uuid) == ("https://there.example",)
    assert permission.allowed_places(f"{uuid}.") == ()


def test_a_redirection_to_another_host_is_not_followed(server: MediaServer) -> None:
    path = put(server)
    server.moved_to = "https://elsewhere.example/clip.mp4"
    with pytest.raises(VideoError, match=r"redirects to https://elsewhere\.example"):
        VideoReader(path)


@pytest.mark.parametrize("to", ["https://[bad", "https://127.0.0.1:x/a"])
def test_a_redirection_to_no_place_is_a_sentence(server: MediaServer, to: str) -> None:
    path = put(server)
    server.moved_to = to
    with pytest.raises(VideoError):
        VideoReader(path)


def test_a_redirection_with_letters_of_any_language_is_followed(
    server: MediaServer,
) -> None:
    path = put(server)
    (server.folder / path.name).rename(server.folder / "K%C3%BCche.mp4")
    server.moves = {path.name: "/Küche.mp4".encode().decode("latin-1")}
    with VideoReader(path) as reader:
        assert len(reader) > 0


@pytest.mark.parametrize("size", ["9" * 5000, str(2**70)])
def test_a_size_that_no_file_has_is_a_sentence(server: MediaServer, size: str) -> None:
    path = put(server)
    server.says_size = size
    with pytest.raises(VideoError, match="another part"):
        VideoReader(path)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(VideoError) as found:
        to_be_added([Path("https://me:secret@host/clip.mp4")])
    assert "secret" not in str(found.value)
    assert "me:…@host" in str(found.value)


def test_what_a_host_may_answer_is_a_sentence(server: MediaServer) -> None:
    path = put(server)
    gone = path.with_name("gone.mp4")
    let(gone)
    with pytest.raises(MissingVideo, match="does not exist"):
        VideoReader(gone)
    text = path.with_name("notes.mp4")
    (server.folder / "notes.mp4").write_text("no video " * 100)
    let(text)
    with pytest.raises(
        VideoError, match=r"https://127.*notes\.mp4 is not a readable video"
    ):
        VideoReader(text)
    server.whole_only = True
    with pytest.raises(VideoError, match="cannot be read in parts"):
        VideoReader(path)


def test_paths_are_looked_at_without_asking_anybody(server: MediaServer) -> None:
    path = Path(server.address("film.mkv#2"))
    assert is_remote(path)
    assert media_path(path).stream == 2
    assert media_exists(path)
    assert media_state(path) == media_state(path) is not None
    assert media_title(path) == "film-stream2"
    assert to_be_added([path]) == [path]
    images = [Path(server.address(f"img_{n}.png")) for n in (1, 2)]
    assert to_be_added(images) == images
    assert load_index(path) is None
    assert server.requests == []


@pytest.mark.parametrize(
    "text",
    [
        "https://me:secret@host/clip.mp4",
        "https://me@host/clip.mp4",
        "https://host",
        "https://host:99999/clip.mp4",
        "https:///clip.mp4",
        "https://ho st/clip.mp4",
        "https://a..b/clip.mp4",
        f"https://{'a' * 64}/clip.mp4",
        "https://host/\udce9.mp4",
        "http://host/clip.mp4",
        "ftp://host/clip.mp4",
        "HTTPS://host/clip.mp4",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(VideoError, match=r"is not an address|has a user name"):
        to_be_added([Path(text)])


def test_an_address_is_taken_apart() -> None:
    there = address_of(Path("ssh://me@Host.example:2222/data/clip 1.mp4"))
    assert (there.place, there.user) == ("ssh://host.example:2222", "me")
    assert there.whole == "ssh://me@host.example:2222/data/clip 1.mp4"
    assert address_of(Path("s3://bucket/a/b.mp4")).place == "s3://bucket"
    assert address_of(Path("https://[::1]:8000/a.mp4")).place == "https://[::1]:8000"


def test_sound_is_that_of_a_copy_and_no_silence_where_the_connection_is_lost(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_blocks(monkeypatch)
    path = put(server, "clip.mp4")
    _with_sound(server.folder / "clip.mp4", server.folder / "loud.mp4")
    loud = path.with_name("loud.mp4")
    let(loud)
    index = VideoReader(loud).index
    with SoundReader(loud, index) as reader:
        server.n_cut = 1_000_000
        with pytest.raises(LostConnection):
            list(reader.blocks())
    with pytest.raises(LostConnection):
        run(read_waveform(loud))
    server.n_cut = 0
    far, near = run(read_waveform(loud)), run(read_waveform(server.folder / "loud.mp4"))
    assert far.peak > 0.1
    assert np.array_equal(far.high, near.high)


def _with_sound(source: Path, target: Path) -> None:
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        video = new.add_stream_from_template(old.streams.video[0])
        audio = new.add_stream("aac", rate=48_000, layout="mono")
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                new.mux(packet)
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 240_000))
        for at in range(0, 240_000, 1024):
            part = np.ascontiguousarray(noise[:, at : at + 1024], np.float32)
            frame = av.AudioFrame.from_ndarray(part, "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, at
            new.mux(audio.encode(frame))
        new.mux(audio.encode(None))


def test_boxes_that_are_damaged_are_no_table() -> None:
    def found(data: bytes) -> list[tuple[int, int]]:
        return picture_ranges(lambda a, b: data[a:b], len(data))

    moov, mdat = b"\0\0\0\x18moov" + bytes(16), b"\0\0\0\x20mdat" + bytes(24)
    assert found(moov + mdat) == [(32, 56)]
    assert found(moov + b"\0\0\0\0mdat" + bytes(24)) == [(32, 56)]  # up to the end
    assert found(moov + mdat[:-8]) == [(32, 48)]  # cut short
    assert found(mdat) == []
    assert found(moov + b"\0\0\0\x04mdat" + bytes(24)) == []
    assert found((b"\0\0\0\x18moof" + bytes(16)) + moov + mdat) == []
    assert (
        found(b"\0\0\0\x10free" + bytes(8) + (b"\0\0\0\x10skip" + bytes(8)) * 99) == []
    )


def test_a_file_is_read_as_one_on_the_disk(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_blocks(monkeypatch, 64)
    data = bytes(range(256)) * 5
    (server.folder / "bytes.mp4").write_bytes(data)
    path = Path(server.address("bytes.mp4"))
    let(Path(path))
    file = RemoteFile(path)
    assert file.read(100) == data[:100]
    assert file.seek(-30, 2) == len(data) - 30
    assert file.read(100) == data[-30:]
    assert file.read(1) == b""
    file.seek(60)
    assert file.read(10) == data[60:70]
    file.close()


@pytest.mark.parametrize(
    ("address", "package"),
    [("s3://bucket/clip.mp4", "s3fs"), ("ssh://host/clip.mp4", "paramiko")],
)
def test_a_package_that_is_missing_is_named(
    address: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    let(Path(address))
    with pytest.raises(VideoError, match=rf"{package}; install it with 'pip install"):
        VideoReader(address)


def test_who_is_not_who_the_host_says_is_not_asked_twice(
    server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(server)
    tries: list[int] = []

    def refuse(_: object) -> NoReturn:
        tries.append(1)
        error = ssl.SSLCertVerificationError("no")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr(HttpsConnection, "new_connection", refuse)
    with pytest.raises(VideoError, match=r"\(self-signed certificate\)"):
        VideoReader(path)
    assert len(tries) == 1
