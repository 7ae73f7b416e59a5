"""Claims on videos: real processes, killed ones, other computers, full disks."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from skelseg_core.errors import ProjectError
from skelseg_core.process_identity import computer_id, process_start
from skelseg_core.project.holds import claim as claim_module
from skelseg_core.project.holds import claims as module
from skelseg_core.project.holds.claim import Claim, ClaimedError, NoClaimError, in_units
from skelseg_core.project.holds.claims import Claims, claimed
from tests.soak import examples

HOLD = """
import sys, time
from pathlib import Path
from skelseg_core.project.holds.claims import Claims
claims = Claims(Path(sys.argv[1]), "Anna")
claims.take("v1")
print("held", flush=True)
time.sleep(600)
"""
RACE = """
import sys, time
from pathlib import Path
from skelseg_core.project.holds.claim import ClaimedError
from skelseg_core.project.holds.claims import Claims
claims = Claims(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
try:
    claims.take("v1")
    print("held", flush=True)
except ClaimedError:
    print("not", flush=True)
sys.stdin.readline()
"""


@contextmanager
def process(code: str, root: Path) -> Iterator[subprocess.Popen[str]]:
    """Run code in a process of its own, which has said its first word."""
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(module.__file__).parents[2],
    )
    assert running.stdout is not None
    try:
        running.stdout.readline()
        yield running
    finally:
        running.kill()
        running.communicate()


@contextmanager
def session(root: Path, person: str = "") -> Iterator[Claims]:
    claims = Claims(root, person)
    try:
        yield claims
    finally:
        claims.close()


def write(root: Path, **said: object) -> Path:
    """Write the claim of another computer, or what a stranger wrote there."""
    path = root / ".claims" / "v1.json"
    path.parent.mkdir(exist_ok=True)
    away = {
        "host": "LAB-3",
        "computer": "another",
        "pid": 12,
        "started": "then",
        "person": "Anna",
        "session": "theirs",
        "since": datetime.now().astimezone().isoformat(),
    }
    path.write_text(json.dumps({**away, **said}))
    return path


def test_one_session_holds_a_video(tmp_path: Path) -> None:
    with session(tmp_path, "Anna") as anna, session(tmp_path, "Ben") as ben:
        anna.take("v1")
        anna.take("v1")
        ben.take("v2")
        with pytest.raises(ClaimedError, match=r"v1 is being labelled on .* by Anna"):
            ben.take("v1")
        assert set(ben.others()) == {"v1"}
        assert set(anna.others()) == {"v2"}
        assert anna.holder("v1") is None
        anna.release("v1")
        assert not ben.others()
        ben.take("v1")
        assert ben.held == {"v1", "v2"}
    assert not list((tmp_path / ".claims").glob("*.json"))


def test_a_killed_process_keeps_nothing(tmp_path: Path) -> None:
    with session(tmp_path) as mine, process(HOLD, tmp_path) as other:
        with pytest.raises(ClaimedError, match="by Anna"):
            mine.take("v1")
        other.send_signal(signal.SIGKILL)
        # Not waited for yet: its number is still taken.
        deadline = time.monotonic() + 30
        while process_start(other.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not mine.others()
        mine.take("v1")
        assert mine.held == {"v1"}


def test_a_used_again_process_number_keeps_nothing(tmp_path: Path) -> None:
    write(tmp_path, computer=computer_id(), pid=os.getppid(), started="long ago")
    with session(tmp_path) as mine:
        assert not mine.others()
        mine.take("v1")


def test_a_process_that_hides_keeps_its_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_module, "process_start", lambda _: "?")
    write(tmp_path, computer=computer_id(), pid=os.getppid())
    with session(tmp_path) as mine, pytest.raises(ClaimedError):
        mine.take("v1")


def test_a_session_that_ended_badly_in_this_process_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session(tmp_path) as first:
        first.take("v1")
        monkeypatch.setattr(Claims, "release", lambda *_: None)
    assert first.path("v1").exists()
    with session(tmp_path) as second:
        second.take("v1")


def test_another_computer_keeps_its_claim_however_old(tmp_path: Path) -> None:
    path = write(tmp_path, since="2020-01-01T10:00:00+00:00")
    os.utime(path, (0, 0))
    with session(tmp_path) as mine:
        with pytest.raises(ClaimedError, match=r"since 2020-.* \(last sign \d+ days"):
            mine.take("v1")
        os.utime(path, (time.time() + 9e6, time.time() + 9e6))  # its clock is ahead
        assert "last sign" not in str(mine.others()["v1"])
        with pytest.raises(ClaimedError):
            mine.take("v1")


def test_a_sign_that_was_seen_counts_by_our_own_clock(tmp_path: Path) -> None:
    path = write(tmp_path)
    with session(tmp_path) as mine:
        os.utime(path, (1000, 1000))  # a clock that is years behind
        assert mine.others()["v1"].silent_s > 1e6
        os.utime(path, (1030, 1030))
        assert mine.others()["v1"].silent_s < 60


def test_take_over_and_what_the_other_notices(tmp_path: Path) -> None:
    lost: list[str] = []
    old, new = Claims(tmp_path, "Anna"), Claims(tmp_path, "Ben")
    old.on_lost = lost.append
    try:
        old.take("v1")
        new.take_over("v1")
        old.beat()
        assert lost == ["v1"]
        assert not old.held
        assert not old.keeps("v1")
        old.release("v1")  # does not take Ben's away
        assert new.keeps("v1")
        assert old.others()["v1"].person == "Ben"
    finally:
        old.close()
        new.close()


def test_a_scan_notices_a_take_over(tmp_path: Path) -> None:
    lost: list[str] = []
    old = Claims(tmp_path, "Anna")
    old.on_lost = lost.append
    with session(tmp_path) as new:
        old.take("v1")
        new.take_over("v1")
        assert set(old.others()) == {"v1"}
        assert lost == ["v1"]
        assert not old.held
    old.close()


def test_a_claim_that_somebody_deleted_is_renewed(tmp_path: Path) -> None:
    with session(tmp_path) as mine:
        mine.take("v1")
        mine.path("v1").unlink()
        (tmp_path / ".claims" / ".gitignore").unlink()
        mine.beat()
        assert mine.path("v1").exists()
        assert mine.held == {"v1"}


def test_the_thread_touches_the_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_S", 0.02)
    with session(tmp_path) as mine:
        mine.take("v1")
        os.utime(mine.path("v1"), (0, 0))
        mine.start()
        deadline = time.monotonic() + 30
        while not mine.path("v1").stat().st_mtime and time.monotonic() < deadline:
            time.sleep(0.01)
        assert mine.path("v1").stat().st_mtime > 0
    assert "claims" not in {t.name for t in threading.enumerate()}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"session": 3}', "\0" * 99, "[" * 99999]
)
def test_what_is_no_claim_holds_until_it_is_taken_over(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / ".claims" / "v1.json"
    path.parent.mkdir()
    path.write_text(content)
    with session(tmp_path) as mine:
        with pytest.raises(ClaimedError, match="being labelled"):
            mine.take("v1")
        assert set(mine.others()) == {"v1"}
        mine.take_over("v1")
        assert mine.keeps("v1")


def test_a_claim_that_is_being_made_is_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is empty for a moment, which a save of the same session must survive."""
    with session(tmp_path) as mine, session(tmp_path) as other:
        other.take("v2")
        content = other.path("v2").read_bytes()
        path = mine.path("v1")
        path.touch()
        # Written while its reader waits; the clock stands still.
        meanwhile = SimpleNamespace(
            monotonic=lambda: 0.0,
            sleep=lambda _: path.write_bytes(content),
            time=time.time,
        )
        with monkeypatch.context() as patch:
            patch.setattr(module, "time", meanwhile)
            claim = mine.holder("v1")
        assert claim is not None
        assert claim.session == other.session
        path.unlink()
        taking = [
            threading.Thread(target=mine.take, args=(f"w{n}",)) for n in range(40)
        ]
        for n, thread in enumerate(taking):
            thread.start()
            assert mine.may_write(f"w{n}")
        for thread in taking:
            thread.join()


@pytest.mark.skipif(sys.platform == "win32", reason="no links, no FIFOs")
def test_links_and_fifos_are_not_followed(tmp_path: Path) -> None:
    away, root = tmp_path / "away.json", tmp_path / "p"
    (root / ".claims").mkdir(parents=True)
    (root / ".claims" / "v1.json").symlink_to(away)
    os.mkfifo(root / ".claims" / "v2.json")
    with session(root) as mine:
        for video_id in ("v1", "v2"):
            with pytest.raises(ClaimedError):
                mine.take(video_id)
        mine.take_over("v1")
        assert not away.exists()
        assert not mine.path("v1").is_symlink()
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".claims").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    with session(linked) as mine:
        with pytest.raises(NoClaimError) as caught:
            mine.take("v1")
        assert not caught.value.read_only
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("number", "read_only"),
    [(errno.ENOSPC, False), (errno.EIO, False), (errno.EROFS, True)],
)
def test_a_disk_that_takes_no_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, read_only: bool
) -> None:
    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with session(tmp_path) as mine:
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", fails)
            with pytest.raises(NoClaimError) as caught:
                mine.take("v1")
        assert caught.value.read_only == read_only
        assert not mine.held
        assert not mine.path("v1").exists()


def test_a_claim_that_could_not_be_written_whole_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.FileIO):
        def write(self, data: object) -> int:
            return super().write(b"{")

    with session(tmp_path) as mine:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdopen", lambda handle, *_, **__: Full(handle, "wb"))
            with pytest.raises(NoClaimError, match="No space left"):
                mine.take("v1")
        assert not mine.path("v1").exists()
        mine.take("v1")


def test_a_moved_project_gets_no_folder_back(tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    with session(root) as mine:
        mine.take("v1")
        root.rename(tmp_path / "q")
        mine.beat()
        assert not root.exists()
        assert mine.held == {"v1"}


def test_only_one_of_many_gets_what_a_dead_one_left(tmp_path: Path) -> None:
    write(tmp_path, computer=computer_id(), pid=2**22 + 5, started="gone")
    with (
        process(RACE, tmp_path) as a,
        process(RACE, tmp_path) as b,
        process(RACE, tmp_path) as c,
    ):
        for one in (a, b, c):
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        said = [p.stdout.readline().strip() for p in (a, b, c) if p.stdout]
        assert sorted(said) == ["held", "not", "not"]


def test_a_command_holds_all_or_nothing(tmp_path: Path) -> None:
    with session(tmp_path) as other:
        other.take("v2")
        with pytest.raises(ClaimedError), claimed(tmp_path, ["v1", "v2"]):
            raise AssertionError
        assert not other.path("v1").exists()
        with claimed(tmp_path, ["v1"]) as mine:
            assert mine.held == {"v1"}
        assert not other.path("v1").exists()


def test_the_text_of_a_claim_turns_no_line_round(tmp_path: Path) -> None:
    """Whoever shows it shows it as it is, so it is cleaned where it is read."""
    path = tmp_path / ".claims" / "v1.json"
    path.parent.mkdir()
    said = {"session": "s", "host": "h\u202ecol", "person": "A\nn\x1bn\u2028a \u624b"}
    path.write_text(json.dumps(said))
    with session(tmp_path) as mine:
        (claim,) = mine.others().values()
    assert (claim.host, claim.person) == ("hcol", "Anna \u624b")


def test_words(tmp_path: Path) -> None:
    assert str(Claim("v")).startswith("being labelled by a person")
    assert in_units(59) == (0, "minute")
    assert in_units(3 * 86400) == (3, "day")
    assert Claim("v", since="nonsense").since_text == "?"
    one_hour = Claim("v", "LAB-3", session="s", person="Anna", silent_s=3700)
    assert "by Anna" in str(one_hour)
    assert "(last sign 1 hour ago)" in str(one_hour)


class _Machine(RuleBasedStateMachine):
    """Three sessions, one of them killed now and then, against a plain model.

    The model: who holds each video. A dead holder's video goes to whoever takes it.
    """

    PEOPLE = ("Anna", "Ben", "Cleo")
    VIDEOS = ("v1", "v2")

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.place = tempfile.TemporaryDirectory()
        self.root = Path(self.place.name)
        self.claims = {p: Claims(self.root, p) for p in self.PEOPLE}
        self.holder: dict[str, str] = {}

    @rule(who=st.sampled_from(PEOPLE), video=st.sampled_from(VIDEOS))
    def take(self, who: str, video: str) -> None:
        try:
            self.claims[who].take(video)
        except ClaimedError as error:
            held_by = error.claim.person
            assert held_by != who
            assert self.holder.get(video) == held_by
        else:
            assert self.holder.get(video, who) == who
            self.holder[video] = who

    @rule(who=st.sampled_from(PEOPLE), video=st.sampled_from(VIDEOS))
    def take_over(self, who: str, video: str) -> None:
        self.claims[who].take_over(video)
        self.holder[video] = who

    @rule(who=st.sampled_from(PEOPLE), video=st.sampled_from(VIDEOS))
    def release(self, who: str, video: str) -> None:
        self.claims[who].release(video)
        if self.holder.get(video) == who:
            del self.holder[video]

    @rule(who=st.sampled_from(PEOPLE))
    def beat(self, who: str) -> None:
        self.claims[who].beat()
        assert self.claims[who].held == self._of(who)

    @rule(who=st.sampled_from(PEOPLE))
    def die(self, who: str) -> None:
        """End a session without a word, and begin another."""
        claim_module.SESSIONS.discard(self.claims[who].session)
        self.claims[who] = Claims(self.root, who)
        self.holder = {v: p for v, p in self.holder.items() if p != who}

    @invariant()
    def all_see_the_same(self) -> None:
        for who, claims in self.claims.items():
            seen = {v: c.person for v, c in claims.others().items()}
            assert seen == {v: p for v, p in self.holder.items() if p != who}
            assert claims.held == self._of(who)

    def _of(self, who: str) -> set[str]:
        return {v for v, p in self.holder.items() if p == who}

    def teardown(self) -> None:
        for claims in self.claims.values():
            claims.close()
        self.place.cleanup()


TestMachine = _Machine.TestCase
TestMachine.settings = settings(
    max_examples=examples(30), stateful_step_count=20, deadline=None
)


def test_a_disk_that_does_not_answer_takes_no_claim_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, lost = Claims(tmp_path, "Anna"), list[str]()
    claims.on_lost = lost.append
    claims.take("v1")
    there = os.lstat

    def broken(path: object, *rest: object) -> os.stat_result:
        if str(path).endswith(".json"):
            raise OSError(errno.EIO, "Input/output error")
        return there(path, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", broken)
        assert claims.others() == {}
        for video_id in ("v1", "v2"):
            (tmp_path / ".claims" / "v2.json").write_text("{}")
            with pytest.raises(ProjectError, match=f"labels {video_id} .*Input/output"):
                claims.may_write(video_id)
    assert claims.held == {"v1"}
    assert lost == []
    assert claims.may_write("v1")
    claims.close()
