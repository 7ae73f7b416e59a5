"""A web server for tests: parts of the files of a folder, and what can go wrong."""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from skelseg_core.video.remote.https import HttpsConnection

_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]+)")


class MediaServer(ThreadingHTTPServer):
    """Serve the files of ``folder``; counts what was asked for.

    Parameters
    ----------
    folder : Path
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.requests: list[tuple[int, int]] = []
        self.names: set[str] = set()
        self.tag = '"first"'
        self.moved_to = ""
        self.moves: dict[str, str] = {}
        """Places that files were moved to, by their names."""
        self.says_size = ""
        self.whole_only = False
        self.n_cut = 0
        """Answers, from the next one on, that end in their midst."""
        self.good = 0
        """Answers that come whole before those that are cut."""

    def address(self, name: str) -> str:
        """Write the address of a file."""
        return f"https://127.0.0.1:{self.server_port}/{name}"

    @property
    def n_bytes(self) -> int:
        """Bytes that were asked for."""
        return sum(stop - start for start, stop in self.requests)


class _Handler(BaseHTTPRequestHandler):
    server: MediaServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server, path = self.server, self.server.folder / self.path.lstrip("/")
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        assert asked is not None
        start, stop = int(asked[1]), int(asked[2]) + 1
        server.requests.append((start, stop))
        server.names.add(path.name)
        if server.moved_to:
            self._answer(302, b"", Location=server.moved_to)
        elif path.name in server.moves:
            self._answer(302, b"", Location=server.moves[path.name])
        elif not path.is_file():
            self._answer(404, b"")
        elif server.whole_only:
            self._answer(200, path.read_bytes())
        else:
            data = path.read_bytes()
            stop = min(stop, len(data))
            said = f"bytes {start}-{stop - 1}/{server.says_size or len(data)}"
            part = data[start:stop]
            self._answer(206, part, ETag=server.tag, **{"Content-Range": said})

    def _answer(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        server = self.server
        if status == 206 and server.good <= 0 < server.n_cut:
            server.n_cut -= 1
            data = data[: len(data) // 2]
            self.close_connection = True
        server.good -= 1
        self.wfile.write(data)


@contextlib.contextmanager
def serving(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MediaServer]:
    """Serve a folder as ``https://`` though without TLS, and without waiting."""
    monkeypatch.setattr(HttpsConnection, "new_connection", _plain)
    monkeypatch.setattr("skelseg_core.video.remote.remote_file.WAITS_S", (0.0, 0.0))
    server = MediaServer(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _plain(connection: HttpsConnection) -> http.client.HTTPConnection:
    address = connection.address
    return http.client.HTTPConnection(address.host, address.port, timeout=30)
