"""Videos behind s3:// and ssh://: frames and poses as of a copy, and a connection cut.

``python -m benchmarks.remote FILM.mp4 [--ssh] [--latency MS] [--frames N]``

A moto server (``pip install 'moto[server]' s3fs``) plays S3; with ``--ssh`` it is
``/usr/sbin/sshd`` (``pip install paramiko``), with keys made for this run. Between it
and skelseg is a relay that delays each request and can be cut. Prints how long opening
and looking take against the local file, what is fetched, and whether every frame is the
same; then estimates the poses of the first N frames near and far, the connection cut in
the midst of the second and mended for another try; and lets `skelseg run` do the same
with some such films, and prints what a person sees of it.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from skelseg_core.array_files import load_npz
from skelseg_core.child_process import module_command
from skelseg_core.errors import LostConnection, SkelsegError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project import add_video
from skelseg_core.tasks.poses import estimate_poses
from skelseg_core.video.reader import VideoReader
from skelseg_core.video.remote import permission, remote_file
from skelseg_core.video.remote.address import address_of

LOOKS = 12
BUCKET = "films"


class Relay:
    """Pass bytes on to a server, late, until it is cut."""

    def __init__(self, port: int, latency_s: float) -> None:
        self._to, self._latency_s = port, latency_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.n_bytes, self.cut_at = 0, 1 << 62
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def is_cut(self) -> bool:
        return self.n_bytes >= self.cut_at

    def _serve(self) -> None:
        while True:
            client, _ = self._listening.accept()
            if self.is_cut:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._to))
            for pair in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                if counts:
                    self.n_bytes += len(data)
                else:
                    time.sleep(self._latency_s)
                if self.is_cut:
                    break
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def s3(films: Path, latency_s: float) -> Iterator[tuple[str, Relay]]:
    """Put films into a bucket; the address they are in."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    port = moto.get_host_and_port()[1]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    client.create_bucket(Bucket=BUCKET)
    for film in films.iterdir():
        client.upload_file(str(film), BUCKET, film.name)
    relay = Relay(port, latency_s)
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{relay.port}"
    yield f"s3://{BUCKET}", relay
    moto.stop()


@contextlib.contextmanager
def ssh(films: Path, latency_s: float) -> Iterator[tuple[str, Relay]]:
    """Start a server of SSH that knows one key, made here."""
    home = films.parent / "home"
    keys = home / ".ssh"
    keys.mkdir(parents=True)
    for name in ("id_ed25519", "host"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)]
        subprocess.run(make, check=True)
    shutil.copy(keys / "id_ed25519.pub", keys / "authorized")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    Path("/run/sshd").mkdir(exist_ok=True)
    (home / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys}/host\nStrictModes no\n"
        f"AuthorizedKeysFile {keys}/authorized\nPidFile none\nUsePAM no\n"
        "PermitRootLogin yes\nSubsystem sftp internal-sftp\n"
    )
    server = subprocess.Popen(
        ["/usr/sbin/sshd", "-D", "-e", "-f", str(home / "sshd_config")],
        stderr=subprocess.DEVNULL,
    )
    relay = Relay(port, latency_s)
    kind, key, *_ = (keys / "host.pub").read_text().split()
    known = keys / "known_hosts"
    known.write_text(f"[127.0.0.1]:{relay.port} {kind} {key}\n")
    os.environ["HOME"] = str(home)
    time.sleep(1)
    try:
        yield f"ssh://{getpass.getuser()}@127.0.0.1:{relay.port}{films}", relay
    finally:
        server.terminate()
        server.wait()


def shortened(film: Path, n_frames: int, target: Path) -> Path:
    """Copy the first packets of a film."""
    with av.open(str(film)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for n, packet in enumerate(old.demux(video=0)):
            if n == n_frames or packet.dts is None:
                break
            packet.stream = stream
            new.mux(packet)
    return target


def looks(film: Path, far_path: Path, relay: Relay) -> None:
    """Open and look at a film near and far, and compare every frame."""
    times: dict[str, list[float]] = {}
    for name, path in (("near", film), ("far", far_path)):
        before, start = relay.n_bytes, time.perf_counter()
        with VideoReader(path, cache_bytes=1) as reader:
            times[name] = [1000 * (time.perf_counter() - start)]
            opened = relay.n_bytes - before
            for n in np.random.default_rng(0).integers(0, len(reader), LOOKS):
                start = time.perf_counter()
                _ = reader[int(n)]
                times[name].append(1000 * (time.perf_counter() - start))
        print(
            f"{name}: opened in {times[name][0]:.0f} ms ({opened / 1e6:.1f} MB of "
            f"{film.stat().st_size / 1e6:.1f}), {LOOKS} looks: median "
            f"{np.median(times[name][1:]):.0f} ms, all "
            f"{(relay.n_bytes - before - opened) / 1e6:.1f} MB"
        )
    with VideoReader(film) as near, VideoReader(far_path) as far:
        assert near.fingerprint == far.fingerprint
        pairs = zip(near.frames(), far.frames(), strict=True)
        assert all(np.array_equal(a, b) for (_, a), (_, b) in pairs)
        print(f"all {len(near):,} frames are the same, and the fingerprint")


def poses_of(path: Path, root: Path) -> Any:
    """Make a project of one video; a function that estimates its poses."""
    folder, empty = create_project(root, label_map_from_names("abc"))
    if path.as_posix().startswith(("s3:", "ssh:")):
        permission.allow(empty.uuid, address_of(path).place)
    item = probe_video(path, folder, empty)
    folder.save(add_video(empty, item), empty)

    def estimate() -> np.ndarray:
        run(estimate_poses(str(root), item.id, 2))
        with np.load(folder.poses_path(item.id)) as arrays:
            kept = (arrays[k] for k in sorted(arrays) if arrays[k].dtype.kind == "f")
            return np.concatenate([np.ravel(values) for values in kept])

    return estimate


def cut(near_path: Path, far_path: Path, relay: Relay, home: Path) -> None:
    """Estimate poses near, and far with the connection cut in the midst."""
    remote_file.BLOCK_BYTES = 1 << 16  # many blocks, also of a short film
    expected = poses_of(near_path, home / "near")()
    estimate = poses_of(far_path, home / "far")
    relay.cut_at = relay.n_bytes + near_path.stat().st_size // 2
    try:
        estimate()
        raise AssertionError("the connection was to be lost")
    except LostConnection as error:
        print(f"cut in the midst: {error}")
    relay.cut_at = 1 << 62
    assert np.array_equal(expected, estimate(), equal_nan=True)
    print("mended: its poses are those of the copy")


def run_cut(films: list[Path], base: str, relay: Relay, home: Path) -> None:
    """Run `poses` over films near and far, the connection cut in the midst and mended.

    Nothing but whole poses may be written, and those of the next run are the near ones.
    """
    near, far = home / "run-near", home / "run-far"
    for root in (near, far):
        folder, empty = create_project(root, label_map_from_names("abc"))
        permission.allow(empty.uuid, address_of(Path(base, "x")).place)
        project = empty
        for film in films:
            path = film if root is near else Path(f"{base}/{film.name}")
            project = add_video(project, probe_video(path, folder, project))
        folder.save(project, empty)
    expected = _run_of(near)
    relay.cut_at = relay.n_bytes + sum(f.stat().st_size for f in films) // 2
    _run_of(far, code=1)
    assert relay.is_cut
    written = [p for p in sorted(far.rglob("*")) if p.suffix in (".npz", ".tmp")]
    print(f"after the cut: {[p.relative_to(far).as_posix() for p in written]}")
    _check(written, expected, far)
    relay.cut_at = 1 << 62
    _check(_run_of(far), expected, far)
    assert len(list((far / "poses").iterdir())) == len(films)
    print("mended: the poses of all are those of the copies")


def _run_of(root: Path, code: int = 0) -> list[Path]:
    command = module_command("skelseg_core.cli.main", "run", str(root), "poses")
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    print(f"$ skelseg run {root.name} poses\n{made.stdout}{made.stderr}".rstrip())
    print(f"exit code {made.returncode}")
    assert made.returncode == code
    return sorted((root / "poses").iterdir())


def _check(written: list[Path], expected: list[Path], root: Path) -> None:
    """Check that what was written are whole poses, those of the copies."""
    by_name = {path.name: path for path in expected}
    for path in written:
        assert path.parent == root / "poses", path
        near, far = load_npz(by_name[path.name]), load_npz(path)
        for name, values in near.items():
            assert np.array_equal(values, far[name], values.dtype.kind == "f"), path


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--ssh", action="store_true")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS")
    parser.add_argument("--frames", type=int, default=200, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for kind in ("CACHE", "STATE"):
            os.environ[f"XDG_{kind}_HOME"] = str(home / kind.lower())
        films = home / "films"
        films.mkdir()
        film = Path(shutil.copy(options.film, films))
        short = shortened(film, options.frames, films / "short.mp4")
        # Of unlike lengths: two of the same bytes would be one video.
        several = [
            shortened(film, options.frames + n, films / f"run{n}.mp4") for n in range(4)
        ]
        way = ssh if options.ssh else s3
        with way(films, options.latency / 1000) as (base, relay):
            far, far_short = Path(f"{base}/{film.name}"), Path(f"{base}/short.mp4")
            try:
                VideoReader(far)
            except SkelsegError as error:
                print(f"not allowed: {error}")
            assert relay.n_bytes == 0
            permission.let(far)
            looks(film, far, relay)
            cut(short, far_short, relay, home)
            run_cut(several, base, relay, home)


if __name__ == "__main__":
    main()
