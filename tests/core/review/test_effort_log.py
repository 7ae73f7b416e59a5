"""The log of effort: what is counted, and what is read from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skelseg_core.review.effort_log import MOST_VIDEOS, EffortLog, Work


def test_a_break_is_no_work(tmp_path: Path) -> None:
    log = EffortLog(tmp_path / "log.json")
    log.edit("a", 100.0)
    log.act("a", 130.0)
    log.act("a", 190.0)
    log.act("a", 250.5)
    log.look("a", 251.5)
    assert log.of("a") == Work(1, 1, 91.0)


def test_the_time_between_two_videos_is_nobodys(tmp_path: Path) -> None:
    log = EffortLog(tmp_path / "log.json")
    log.act("a", 0.0)
    log.act("b", 10.0)
    log.act("b", 12.0)
    log.act("a", 20.0)
    assert (log.of("a").active_s, log.of("b").active_s) == (0.0, 2.0)


def test_it_is_kept_and_deleted(tmp_path: Path) -> None:
    path = tmp_path / "effort" / "log.json"
    log = EffortLog(path)
    log.save()
    assert not path.exists()
    log.edit("a", 1.0)
    log.save()
    again = EffortLog(path)
    assert again.of("a") == Work(1, 0, 0.0)
    again.delete()
    assert not path.exists()
    assert again.of("a") == EffortLog(path).of("a") == Work()


def test_it_is_bounded_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    log = EffortLog(path)
    for n in range(MOST_VIDEOS + 2):
        log.edit(f"v{n}", 0.0)
    log.edit("v0", 0.0)
    log.save()
    again = EffortLog(path)
    assert again.of("v0").events == 2
    assert again.of("v1") == again.of("v2") == Work()
    assert again.of("v3").events == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"videos": 3}',
        '{"videos": {"a": 3}}',
        '{"videos": {"a": {"events": -1, "places": 0, "active_s": 0}}}',
        '{"videos": {"a": {"events": 1, "places": 0, "active_s": NaN}}}',
        '{"videos": {"a": {"events": 1, "places": 0, "active_s": 1e99}}}',
        '{"videos": {"a": {"events": "1", "places": 0, "active_s": 0}}}',
    ],
)
def test_what_is_damaged_counts_as_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.json"
    path.write_text(text)
    log = EffortLog(path)
    assert log.of("a") == Work()
    log.edit("a", 0.0)
    log.save()
    assert json.loads(path.read_text())["videos"]["a"]["events"] == 1
