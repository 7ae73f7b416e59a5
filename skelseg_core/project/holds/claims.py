"""Claims: who labels which video of a project folder now, for all who open the folder.

A claim is a small file, ``.claims/<video>.json``, that can be made once: who makes it
labels the video, for all others it can only be read. Its holder touches it now and
then. No claim is taken from anybody because of its age: clocks of computers differ,
and a computer that is silent may be asleep. Only where its process was on this computer
and runs no more does a claim count for nothing.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import stat
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from skelseg_core.errors import ProjectError
from skelseg_core.file_names import printable
from skelseg_core.files import locked
from skelseg_core.labels.classes import breaks_lines
from skelseg_core.process_identity import computer_id, computer_name, process_start
from skelseg_core.project.holds.claim import (
    BEAT_S,
    SESSIONS,
    Claim,
    ClaimedError,
    NoClaimError,
)
from skelseg_core.project.tracks import id_in_words

FOLDER = ".claims"
_TAKING = ".taking"
"""File that a session locks while it removes the claim of a dead one."""
_MOST_BYTES = 1 << 16
"""Largest file that is read as a claim."""
_MOST_CHARACTERS = 80
"""Longest name of a person or computer that is shown."""
_WAIT_S = 5.0
"""Seconds to wait while another process takes over what a dead one left."""
_WRITING_S = 0.2
"""Seconds to wait for the content of a claim that is being made."""
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


def login_name() -> str:
    """Return the name under which the user works on this computer."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "?"


class Claims:
    """Take, keep and release claims on the videos of a project, for one session.

    May be used by several threads. ``on_lost`` is called, in the thread of `start` or
    the caller's, with the id of a video that somebody else took over.

    Parameters
    ----------
    root : Path
        Folder of the project.
    person : str
        Name of the annotator, as others are to see it.
    """

    def __init__(self, root: Path, person: str = "") -> None:
        self.folder = root / FOLDER
        self.person, self.session = person or login_name(), uuid.uuid4().hex
        self.on_lost: Callable[[str], object] = lambda _: None
        # Replaced, never changed: reading it waits for no disk.
        self._held: frozenset[str] = frozenset()
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._beats: dict[str, tuple[str, int, float, bool]] = {}
        SESSIONS.add(self.session)

    @property
    def held(self) -> frozenset[str]:
        """Return the videos that this session holds, as far as it knows."""
        return self._held

    def path(self, video_id: str) -> Path:
        """Return the file that holds the claim on a video."""
        return self.folder / f"{video_id}.json"

    def take(self, video_id: str) -> None:
        """Claim a video; nothing happens where this session holds it.

        Raises
        ------
        ClaimedError
            Where somebody else holds it.
        NoClaimError
            Where the folder cannot be written.
        """
        began = time.monotonic()
        with self._lock:
            while not self._made(video_id):
                found, took_s = self.read(video_id), time.monotonic() - began
                if found is None:
                    continue  # released just now
                if found.session == self.session:
                    break
                if not found.is_dead or took_s > _WAIT_S:
                    raise ClaimedError(found)
                self._clear(found)
            self._held |= {video_id}

    def take_over(self, video_id: str) -> None:
        """Claim a video whoever holds it; that session notices, and saves no more.

        Raises
        ------
        NoClaimError
            Where the folder cannot be written.
        """
        with self._lock:
            while not self._made(video_id):
                try:
                    self.path(video_id).unlink(missing_ok=True)
                except OSError as error:
                    raise self._refused(error) from error
            self._held |= {video_id}

    def release(self, video_id: str) -> None:
        """Give up the claim on a video; one that is another's by now stays."""
        with self._lock:
            if video_id not in self._held:
                return
            self._held -= {video_id}
            with contextlib.suppress(OSError):
                found = self.read(video_id)
                if found is not None and found.session == self.session:
                    self.path(video_id).unlink()

    def close(self) -> None:
        """Release every claim, and end the thread that touches them."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        for video_id in self.held:
            self.release(video_id)
        SESSIONS.discard(self.session)

    def read(self, video_id: str) -> Claim | None:
        """Read the claim on a video, whoever holds it; None where nobody does.

        One that cannot be read may be in the making: it is read again for a moment.
        """
        until = time.monotonic() + _WRITING_S
        while True:
            found = self._read(video_id)
            if found is None or found.session or time.monotonic() > until:
                return found
            time.sleep(0.01)

    def _read(self, video_id: str) -> Claim | None:
        path = self.path(video_id)
        try:
            status = os.lstat(path)
            if not stat.S_ISREG(status.st_mode):
                return Claim(video_id)
            with open(path, "rb") as file:
                raw = json.loads(file.read(_MOST_BYTES))
        except FileNotFoundError:
            return None
        except OSError as error:
            return Claim(video_id, no_answer=error.strerror or str(error))
        except (ValueError, RecursionError):
            return Claim(video_id)
        if not isinstance(raw, Mapping):
            return Claim(video_id)
        return self._claim_of(video_id, raw, status.st_mtime_ns)

    def others(self) -> dict[str, Claim]:
        """Read the claims of other sessions, by video; those of dead ones are none.

        A video that was this session's and is no longer is told to ``on_lost``.
        """
        found = {}
        for name in self._names():
            claim = self.read(name)
            if claim is None or self._is_ours(claim) or claim.is_dead:
                continue
            if not (claim.no_answer and name in self._held):
                found[name] = claim
        with self._lock:
            gone = self._held & found.keys()
            self._held -= gone
        for video_id in sorted(gone):
            self.on_lost(video_id)
        return found

    def holder(self, video_id: str) -> Claim | None:
        """Read who else holds a video; None where nobody does, or this session."""
        claim = self.read(video_id)
        if claim is None or self._is_ours(claim) or claim.is_dead:
            return None
        return claim

    def keeps(self, video_id: str) -> bool:
        """Tell whether a video is still this session's; a file that is gone is renewed.

        Raises
        ------
        NoClaimError
            Where the folder cannot be written any more.
        ProjectError
            Where the disk does not say whose the video is.
        """
        if video_id not in self.held:
            return False
        try:
            self.take(video_id)
        except ClaimedError as error:
            _check_answered(error.claim)
            with self._lock:
                self._held -= {video_id}
            self.on_lost(video_id)
            return False
        return True

    def may_write(self, video_id: str) -> bool:
        """Tell whether labels of a video may be written: nobody else holds it.

        Raises
        ------
        NoClaimError, ProjectError
            As `keeps`.
        """
        with self._lock:  # not while a claim is being made
            if video_id in self.held:
                return self.keeps(video_id)
            holder = self.holder(video_id)
        if holder is not None:
            _check_answered(holder)
        return holder is None

    def beat(self) -> None:
        """Touch the claims that this session holds, so that others see it lives."""
        for video_id in sorted(self.held):
            # Claims stay valid while the disk is away for a while.
            with contextlib.suppress(NoClaimError, OSError):
                if self.keeps(video_id):
                    os.utime(self.path(video_id))

    def start(self) -> None:
        """Touch the claims every `BEAT_S` seconds, in a thread, until `close`."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._beat_on, name="claims", daemon=True
            )
            self._thread.start()

    def _beat_on(self) -> None:
        while not self._ended.wait(BEAT_S):
            self.beat()

    # -- the files --------------------------------------------------------------------

    def _is_ours(self, claim: Claim) -> bool:
        return claim.session == self.session

    def _names(self) -> list[str]:
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:
            return []
        ours = [n for n in names if n.endswith(".json") and not n.startswith(".")]
        return [name.removesuffix(".json") for name in ours]

    def _content(self, video_id: str) -> bytes:
        """Write a claim of this session as JSON."""
        return json.dumps(
            {
                "video": video_id,
                "host": computer_name(),
                "computer": computer_id(),
                "pid": os.getpid(),
                "started": process_start(os.getpid()),
                "person": printable(self.person),
                "session": self.session,
                "since": datetime.now().astimezone().isoformat(timespec="seconds"),
            },
            ensure_ascii=False,
        ).encode()

    def _claim_of(self, video_id: str, raw: Mapping[str, Any], beat_ns: int) -> Claim:
        texts = {
            key: _shown(raw.get(key, ""))[:_MOST_CHARACTERS]
            for key in ("host", "computer", "started", "person", "session", "since")
        }
        pid = raw.get("pid")
        return Claim(
            video_id,
            pid=pid if isinstance(pid, int) and 0 < pid < 1 << 31 else 0,
            silent_s=self._silence(video_id, texts["session"], beat_ns),
            **texts,
        )

    def _silence(self, video_id: str, session: str, beat_ns: int) -> float:
        """Estimate the seconds since the last touch of a claim.

        Once a touch was seen, it counts from then by this computer's own clock; before,
        the clock that stamped the file has to do.
        """
        now = time.monotonic()
        known = self._beats.get(video_id)
        if known is None or known[0] != session:
            self._beats[video_id] = known = (session, beat_ns, now, False)
        elif known[1] != beat_ns:
            self._beats[video_id] = known = (session, beat_ns, now, True)
        _, _, at, was_seen = known
        if was_seen:
            return now - at
        return max(now - at, time.time() - beat_ns / 1e9)

    def _made(self, video_id: str) -> bool:
        """Make the file of a claim; False where there is one."""
        try:
            self._make_folder()
            _create(self.path(video_id), self._content(video_id))
        except FileExistsError:
            return False
        except OSError as error:
            raise self._refused(error) from error
        return True

    def _make_folder(self) -> None:
        if self.folder.is_dir() and not self.folder.is_symlink():
            return
        try:
            self.folder.mkdir()
        except FileExistsError as error:
            if self.folder.is_dir() and not self.folder.is_symlink():
                return  # another session was faster
            raise NotADirectoryError(errno.ENOTDIR, "it is not a folder") from error
        self._share()

    def _share(self) -> None:
        """Let all who may write the project write its claims; git keeps none."""
        mode = stat.S_IMODE(self.folder.parent.stat().st_mode)
        with contextlib.suppress(OSError):
            self.folder.chmod(mode)
            for name, text in ((".gitignore", b"*\n"), (_TAKING, b"")):
                _create(self.folder / name, text)
                (self.folder / name).chmod(mode & 0o666)

    def _refused(self, error: OSError) -> NoClaimError:
        read_only = error.errno in _READ_ONLY
        return NoClaimError(self.folder, error.strerror or error, read_only)

    def _clear(self, dead: Claim) -> None:
        """Remove the claim of a dead process, one session of this computer at a time.

        Else two could find the same dead claim, and one remove what the other made.
        """
        try:
            with locked(self.folder / _TAKING, "a take-over"):
                found = self.read(dead.video_id)
                if found is not None and found.session == dead.session:
                    self.path(dead.video_id).unlink(missing_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        except ProjectError:
            time.sleep(0.01)


def _shown(value: object) -> str:
    """Make a text of somebody else one that is shown as it is, on one line.

    Without what breaks lines or turns the text that follows round.
    """
    return "".join(c for c in printable(value) if not breaks_lines(c))


def _check_answered(claim: Claim) -> None:
    """Refuse to take a claim for somebody else's because the disk does not answer."""
    if claim.no_answer:
        raise ProjectError(
            "skelseg cannot find out whether somebody else labels {} ({}); check the "
            "disk of the project.",
            id_in_words(claim.video_id),
            claim.no_answer,
        )


def _create(path: Path, content: bytes) -> None:
    """Make a file that is not there yet; none is left where it cannot be whole."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            if file.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


@contextlib.contextmanager
def claimed(
    root: Path, video_ids: Sequence[str], titled: Callable[[str], str] = id_in_words
) -> Iterator[Claims]:
    """Hold the claims on videos while the block runs, for a command without a window.

    ``titled`` names a video in a sentence.

    Raises
    ------
    ClaimedError
        Where somebody else labels one of them; then none is held.
    NoClaimError
        Where the folder cannot be written.
    """
    claims = Claims(root)
    try:
        for video_id in video_ids:
            try:
                claims.take(video_id)
            except ClaimedError as error:
                raise ClaimedError(error.claim, titled(video_id)) from error
        if video_ids:
            claims.start()
        yield claims
    finally:
        claims.close()
