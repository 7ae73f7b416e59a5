"""What the repository says of itself: version, licences, how to cite, workflows."""

from __future__ import annotations

import re
from pathlib import Path

import tomllib
import yaml

from app.kit.licences import parts_and_licences
from skelseg_core import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TOOLS = {"bundle", "dev", "docs", "release"}
"""Extras of those who work on skelseg."""


def test_the_notice_names_all_that_a_user_installs() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"]]
    wanted += [r for extra in extras.keys() - TOOLS for r in extras[extra]]
    names = [re.split("[<>=!~ ;[]", requirement)[0] for requirement in wanted]
    notice = (ROOT / "resources/licenses/NOTICE.md").read_text()
    assert [n for n in names if not re.search(rf"\b{n}\b", notice)] == []
    extras_named = set(re.findall(r"^- `([a-z]+)`:", notice, re.MULTILINE))
    assert extras_named == extras.keys() - TOOLS


def test_every_part_has_a_text() -> None:
    texts = dict(parts_and_licences())
    assert {"NOTICE", "GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0"} <= texts.keys()
    numpy = next(name for name in texts if name.startswith("numpy "))
    assert "BSD" in numpy
    assert "Redistribution and use" in texts[numpy]()


def test_the_version_is_said_in_one_place() -> None:
    assert "version" not in PROJECT
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert "version" not in yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert f"\n## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_what_others_parse_can_be_parsed() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "title", "message", "authors"} <= cited.keys()
    found = [*(ROOT / ".github").rglob("*.yml")]
    assert all(yaml.safe_load(path.read_text()) for path in found)
    assert len(found) == 2
