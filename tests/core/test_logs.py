from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from skelseg_core import logs
from skelseg_core.cli import main as cli
from skelseg_core.logs import DEBUG, LogFile, Repeats, log_file


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Take away what a test adds to the loggers."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()


def record(text: str, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("app.x", level, __file__, 1, text, None, None)


def test_two_processes_share_a_log_that_is_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 20_000)
    monkeypatch.setattr(logs, "KEPT", 200)
    # Handlers know nothing of one another, as those of two processes do not.
    path = tmp_path / "logs" / "skelseg.log"
    handlers = [LogFile(path), LogFile(path)]

    def write(n: int) -> None:
        for i in range(400):
            handlers[n].emit(record(f"<{n}:{i}> " + "x" * 100))

    threads = [threading.Thread(target=write, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for handler in handlers:
        handler.close()
    files = sorted(path.parent.iterdir())
    assert len(files) > 2
    lines = [line for f in files for line in f.read_text().splitlines()]
    assert all(line.endswith("x" * 100) for line in lines)
    # What one renames while the other has it open is still written to.
    assert len(lines) == 800


def test_a_log_that_cannot_be_written_or_renamed_fails_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    handler = LogFile(tmp_path / "file" / "skelseg.log")
    handler.emit(record("lost"))
    assert handler.failed
    handler.close()
    # A folder has the name of the log: nobody, not even root, can write there.
    (tmp_path / "taken" / "skelseg.log").mkdir(parents=True)
    handler = LogFile(tmp_path / "taken" / "skelseg.log")
    handler.emit(record("lost"))
    assert handler.failed
    handler.close()
    monkeypatch.setattr(logs, "MAX_BYTES", 200)
    handler = LogFile(tmp_path / "logs" / "skelseg.log")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(os, "replace", refuse)
    for n in range(20):
        handler.emit(record(f"line {n}"))
        assert not handler.failed
    handler.close()
    assert "line 19" in (tmp_path / "logs" / "skelseg.log").read_text()


def test_the_same_fault_is_written_some_times_and_others_meanwhile() -> None:
    repeats = Repeats()
    same = [repeats.filter(record("same", logging.ERROR)) for _ in range(1000)]
    assert [n for n, yes in enumerate(same, 1) if yes] == [1, 2, 3, 10, 100, 1000]
    assert repeats.filter(record("another", logging.ERROR))
    assert all(repeats.filter(record("news")) for _ in range(20))


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    def broken(_: Path) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(cli, "opened", broken)
    monkeypatch.setattr(sys, "argv", ["skelseg", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_a_bug_in_a_command_is_one_sentence_and_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(DEBUG, raising=False)
    assert run_command(monkeypatch, "find", "a", "b") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "Error: something went wrong (RuntimeError: a bug); the details are in "
        f"{log_file()}.\n"
    )
    written = log_file().read_text()
    assert "skelseg 0.1.0, find a b" in written
    assert "Traceback" in written
    assert 'raise RuntimeError("a bug")' in written


def test_debug_prints_the_traceback_of_a_bug_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DEBUG, "")
    assert run_command(monkeypatch, "--debug", "find", "a", "b") == 1
    assert "Traceback" in capsys.readouterr().err


def test_where_no_log_can_be_written_the_traceback_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log_file().parent.parent.mkdir(parents=True)
    log_file().parent.write_text("a file in its place")
    assert run_command(monkeypatch, "find", "a", "b") == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_mistake_is_no_bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["skelseg", "find", str(tmp_path), "b"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert not log_file().exists()
