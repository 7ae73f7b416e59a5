"""Fixtures for all tests."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import skelseg_core  # noqa: F401  tells ONNX Runtime to report nothing, first of all
from tests.soak import examples

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Small networks gain nothing from more, and wait for them on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell without job control starts what it puts into the background ("pytest &") with
# Ctrl-C ignored, and whoever is started by it inherits that: tests of Ctrl-C send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The machine is shared and may be slow; CI gives the same examples at every run.
few = {"deadline": None, "max_examples": examples(100)}
settings.register_profile("local", **few)
settings.register_profile("ci", **few, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")

pytest_plugins = ["tests.deaths"]

# As in the program: a collection in another thread may delete objects of Qt there.
gc.disable()
PATIENCE_MS = 30_000
"""Milliseconds that a test of the window waits for anything, at least."""
LOOKS, LOOK_MS = 100, 2
"""Looks that are taken often, and the milliseconds between them."""
LONGEST = ("tests/e2e/", "tests/app/window/", "tests/app/views/")
"""Folders with files that take long: what is left at the end keeps one core alone."""
FULL_COLLECTION_AFTER = 40
"""Tests from one collection of all garbage to the next."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest; otherwise the order stays."""
    for folder in reversed(LONGEST):
        items.sort(key=lambda item, at=folder: not item.nodeid.startswith(at))


def pytest_collection_finish() -> None:
    """Leave the tests and modules out of every collection, which takes longest."""
    gc.collect()
    gc.freeze()


def look_often(callback: Callable[[], object]) -> bool:
    """Tell whether this comes true while one looks often; pytest-qt looks seldom."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    for _ in range(LOOKS):
        with contextlib.suppress(AssertionError):
            if callback() in (None, True):
                return True
        QTimer.singleShot(LOOK_MS, loop.quit)
        loop.exec()
    return False


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real recordings and reference outputs; skips where it is absent."""
    if not (SHARED / "README.md").is_file():
        pytest.skip("the shared folder with real recordings is not beside the project")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """Wait longer than pytest-qt and the window: a shared machine may be busy."""
    try:
        from pytestqt.qtbot import QtBot

        from app.kit import threads
        from tests.settled import watch
    except ImportError:
        yield
        return
    watch()
    wait_until, wait_signal = QtBot.waitUntil, QtBot.waitSignal

    def waited(qtbot: QtBot, callback: Callable[[], object], timeout: int = 0) -> None:
        if not look_often(callback):
            wait_until(qtbot, callback, timeout=max(timeout, PATIENCE_MS))

    def told(qtbot: QtBot, signal: Any, *, timeout: int = 1, **named: Any) -> Any:
        # `assertNotEmitted` looks without waiting: 0.
        most = max(timeout, PATIENCE_MS) if timeout else 0
        return wait_signal(qtbot, signal, timeout=most, **named)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(QtBot, "waitUntil", waited)
        monkeypatch.setattr(QtBot, "waitSignal", told)
        # A thread that begins late is no disk that does not answer.
        monkeypatch.setattr(threads, "QUICK_S", PATIENCE_MS / 1000)
        yield


_tests = itertools.count(1)


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Collect garbage in this thread, after the test."""
    yield
    gc.collect(2 if next(_tests) % FULL_COLLECTION_AFTER == 0 else 1)


@pytest.fixture(autouse=True)
def no_key_stays_down() -> Iterator[None]:
    """Let go of keys and buttons after a test: Qt holds those of the last press."""
    yield
    if "PySide6.QtTest" not in sys.modules:
        return
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QWindow
    from PySide6.QtTest import QTest

    if QGuiApplication.instance() is None:
        return
    if QGuiApplication.keyboardModifiers():
        QTest.keyRelease(QWindow(), Qt.Key.Key_Control)
    for button in (
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.MiddleButton,
        Qt.MouseButton.RightButton,
    ):
        if QGuiApplication.mouseButtons() & button:
            QTest.mouseRelease(QWindow(), button)


def _set_user_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CACHE", "STATE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))


@pytest.fixture(scope="session", autouse=True)
def session_user_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what fixtures of a module or session leave out of the user's folders."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _set_user_folders(tmp_path_factory.mktemp("homes"), monkeypatch)
        yield


@pytest.fixture(scope="session", autouse=True)
def old_files() -> Iterator[None]:
    """Take files into the index at once: tests do not wait until they are old."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("skelseg_core.project.lane_index.SETTLED_NS", 0)
        yield


@pytest.fixture(autouse=True)
def own_user_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Keep caches, journals and settings of every test in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    _set_user_folders(home, monkeypatch)
    return home
