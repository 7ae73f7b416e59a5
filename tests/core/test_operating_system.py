"""What is done in another way on each system, with the system faked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from skelseg_core import operating_system
from skelseg_core.errors import ProjectError
from skelseg_core.files import advice, atomic_write
from skelseg_core.operating_system import apart, free_memory, most_memory, to_disk
from skelseg_core.process_identity import process_start


def on(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(operating_system, "sys", SimpleNamespace(platform=name))


def test_children_on_windows_have_no_console(monkeypatch: pytest.MonkeyPatch) -> None:
    assert apart() == {"start_new_session": True}
    on(monkeypatch, "win32")
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 8, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 2, raising=False)
    assert apart() == {"creationflags": 10}


def test_workers_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(psutil.Process, "nice", lambda _, value: given.append(value))
    operating_system.give_way()
    on(monkeypatch, "win32")
    monkeypatch.setattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 0x4000, raising=False)
    operating_system.give_way()
    assert given == [10, 0x4000]


def test_the_drive_of_a_mac_is_asked_to_empty_its_buffer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fcntl = pytest.importorskip("fcntl")
    calls: list[object] = []

    def asked(handle: int, what: int) -> None:
        calls.append(what)
        if refuses:
            raise OSError("a disk of a network")

    on(monkeypatch, "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", asked)
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    with (tmp_path / "f").open("wb") as file:
        refuses = False
        to_disk(file.fileno())
        refuses = True
        to_disk(file.fileno())
    assert calls == [51, 51, "fsync"]


def test_memory_is_that_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_memory() > 1 << 20
    mine = most_memory(os.getpid())
    assert mine > 1 << 20
    # Where there is no /proc, the library says it.
    said = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=7, peak_wset=9))
    monkeypatch.setattr(psutil, "Process", lambda _: said)
    assert most_memory(2**22 + 1) == 9
    monkeypatch.undo()
    assert most_memory(2**22 + 1) == 0


def test_a_process_is_known_by_its_start_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.path.exists", lambda _: False)
    assert float(process_start(os.getpid())) > 0
    assert process_start(2**22 + 1) == ""


def test_a_path_that_windows_does_not_take_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / ("a" * 120) / ("b" * 120) / "c.json"
    gone = FileNotFoundError(2, "no such file", str(path))
    assert advice(gone) == "choose another folder"
    on(monkeypatch, "win32")
    assert "too long for Windows" in advice(gone)

    def refused(*_: object, **__: object) -> None:
        raise gone

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(ProjectError, match="too long for Windows"):
        atomic_write(path, "")
    assert sys.platform != "win32"
