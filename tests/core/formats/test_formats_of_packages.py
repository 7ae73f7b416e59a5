"""Formats of other packages: among ours, and named where they fail."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from skelseg_core import plugins
from skelseg_core.errors import PluginError
from skelseg_core.formats.descriptors import (
    CandidateFile,
    FormatList,
    LabelFormat,
    PoseFormat,
    ReadOptions,
    WriteOptions,
)
from skelseg_core.formats.labels import LABEL_FORMATS
from tests.core.conftest import Install

FORM = """
from skelseg_core import LabelFormat

class Form(LabelFormat):
    name = "{name}"
    suffixes, written_suffix = (".odd",), ".odd"

    def sniff(self, file):
        return {sniffed}

    def read_file(self, path, options):
        return {read}

    def write_tracks(self, tracks):
        return {written}

KIND = Form()
"""


def formats(kind: type = LabelFormat) -> FormatList[LabelFormat]:
    last = LABEL_FORMATS[-1:]
    return FormatList(kind, LABEL_FORMATS[:2], last)


def test_one_stands_behind_ours_and_says_whose_it_is(
    install: Install, tmp_path: Path
) -> None:
    text = FORM.format(name="plain", sniffed=True, read=None, written="'a'")
    install("plain_package", text, "plain", plugins.FORMATS)
    found = formats()
    assert [f.name for f in found] == [
        *(f.name for f in LABEL_FORMATS[:2]),
        "plain",
        LABEL_FORMATS[-1].name,
    ]
    assert ".odd" in found.suffixes
    form = found[2]
    assert (form.title, form.about) == ("plain", "From the package plain_package 0.3.")
    assert form.is_read
    assert form.fits(CandidateFile(tmp_path / "a.odd"))
    assert not form.fits(CandidateFile(tmp_path / "a.csv"))
    assert len(formats(PoseFormat)) == 3


def test_one_that_fails_is_named(
    install: Install, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = FORM.format(name="bad", sniffed="1 / 0", read="[]", written="None")
    install("bad_package", text, "bad", plugins.FORMATS)
    form, whose = formats()[2], r"The format bad of the package bad_package 0\.3 "
    with caplog.at_level(logging.WARNING):
        assert not form.fits(CandidateFile(tmp_path / "a.odd"))
    assert "bad_package 0.3 failed (ZeroDivisionError: division" in caplog.text
    with pytest.raises(PluginError, match=whose + "returned list instead of LabelFile"):
        form.read_file(tmp_path / "a.odd", ReadOptions())
    with pytest.raises(PluginError, match=whose + "returned NoneType instead of str"):
        form.write_tracks([])
    assert form.write_files([], WriteOptions()) == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("gone", "KIND = 1 / 0", "cannot be imported (ZeroDivisionError: division by"),
        ("empty", "KIND = None", "is no FileFormat of this name"),
        (
            LABEL_FORMATS[0].name,
            FORM.format(
                name=LABEL_FORMATS[0].name, sniffed=True, read=None, written="''"
            ),
            "is left out: skelseg has its own of this name.",
        ),
    ],
)
def test_one_that_cannot_be_used_is_left_out(
    install: Install, name: str, text: str, said: str
) -> None:
    module = f"{name.replace('-', '_')}_left_out"
    install(module, text, name, plugins.FORMATS)
    found = formats()
    assert len(found) == 3
    (refused,) = found.refused
    assert refused.startswith(f"{name} of the package {module} 0.3 ")
    assert said in refused
