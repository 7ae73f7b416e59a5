"""Say at the end of a run where a process of tests died: a log is read from its end.

A process that dies by a signal writes the stacks of all its threads, a screen for each.
What it did itself is lost among them, and the beginning is cut off where logs are kept
short. Here its own stack is shown last, as far as it is of tests and program.
"""

from __future__ import annotations

import faulthandler
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

_FILE = "file of the death"
_deaths: list[tuple[str, str]] = []
"""Each process that died, and what it wrote."""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Name the file in which a process says why it dies."""
    handle, name = tempfile.mkstemp(prefix="skelseg-death-")
    os.close(handle)
    node.workerinput[_FILE] = name


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Write there in place of the screen; pytest itself has set that before."""
    if name := getattr(config, "workerinput", {}).get(_FILE):
        faulthandler.enable(os.open(name, os.O_WRONLY))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Keep what a process wrote that has ended."""
    file = Path(node.workerinput[_FILE])
    if error and (said := file.read_text("utf-8", "replace")):
        _deaths.append((node.gateway.id, said))
    file.unlink()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for process, said in _deaths:
        terminalreporter.section(f"{process} died", red=True)
        terminalreporter.write_line("\n".join(_own(said.splitlines())))


def _own(lines: list[str]) -> list[str]:
    """Return the signal, and the stack of the thread that it came to, without pytest's.

    All lines where there is no such thread.
    """
    starts = [n for n, line in enumerate(lines) if line.startswith("Current thread")]
    if not starts:
        return lines
    stack = lines[starts[0] :]
    ends = [n for n, line in enumerate(stack) if not line or "_pytest" in line]
    return [lines[0], *stack[: ends[0] if ends else len(stack)]]
