"""Run the tests that `rerun_once.txt` names once more where they fail, and say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

LIST = Path(__file__).with_name("rerun_once.txt")
MOST = 10
"""Tests that may be on the list."""


def named(text: str) -> dict[str, str]:
    """Return the reason for each test of a list.

    Raises
    ------
    ValueError
        Where there are too many, or one lacks its reason.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, str] = {}
    for line in lines:
        test, _, reason = (part.strip() for part in line.partition("#"))
        if not test or not reason:
            raise ValueError(f"{line!r} has no reason")
        found[test] = reason
    if len(found) > MOST:
        raise ValueError(f"{len(found)} tests are listed, {MOST} may be")
    return found


class RerunOnce:
    """Run these tests again, once, where they fail; each is printed."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self._reasons = reasons

    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        if item.nodeid.partition("[")[0] not in self._reasons:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if failed := [r for r in reports if r.failed]:
            # Not "failed", which would count; other processes send it on as it is.
            failed[0].outcome = "rerun"  # type: ignore[assignment]
            reports = failed[:1] + runtestprotocol(item, log=False, nextitem=nextitem)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, str] | None:
        return ("rerun", "R", "RERUN") if report.outcome == "rerun" else None

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        for report in terminalreporter.stats.get("rerun", []):
            terminalreporter.section(f"run a second time: {report.nodeid}")
            terminalreporter.line(report.longreprtext)
            terminalreporter.line(self._reasons[report.nodeid.partition("[")[0]])
