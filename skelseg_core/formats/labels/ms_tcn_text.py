"""Framewise labels as plain text: MS-TCN's ground truth and result files.

Frame n is line n + 1, or word n + 1 of a result file; there are no intervals. The
published loaders drop a last line without line break and keep the carriage return of
Windows lines; here both are read as meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from sys import intern

from skelseg_core.errors import FormatError
from skelseg_core.formats.class_list import is_table
from skelseg_core.formats.dataset_text import lines_of
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.label_file import LabelFile, framewise_track

RESULT_MARK = "### Frame level recognition"
"""Beginning of the first line of a result file."""

_UNSAID = "unlabelled frames, repetitions of a class, and who gave a label."
_TABLE_LINES = 1000
"""Lines at the start of a file that are checked for a table."""


class MsTcnResult(LabelFormat):
    """Result file of MS-TCN: a mark, then the class names of all frames in one line."""

    name = "result"
    title = "results of MS-TCN"
    about = "One class name per frame, all in the second line, separated by blanks."
    cannot_hold = _UNSAID
    holds = ()

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a result file by the mark in its first line."""
        return any(line.startswith(RESULT_MARK) for line in file.lines[:1])

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read the names behind the mark."""
        lines = lines_of(path)
        if not lines[0].startswith(RESULT_MARK):
            raise FormatError("{}, line 1: expected '{}: ###'.", path, RESULT_MARK)
        words = (word for line in lines[1:] for word in re.finditer(r"\S+", line))
        names = [intern(word[0]) for word in words]
        if not names:
            raise FormatError(
                "{}, line 2: the class names of the frames are missing; write the "
                "result again.",
                path,
            )
        return LabelFile(path, (framewise_track(names, path),))


class FramewiseText(LabelFormat):
    """Plain text with one class name per line and frame."""

    name = "text"
    title = "text with one class name per frame"
    about = "One class name per line; line 1 is frame 0."
    cannot_hold = _UNSAID
    holds = ()
    suffixes = (".txt", "")

    def sniff(self, file: CandidateFile) -> bool:
        """Accept any text; `read_file` refuses tables."""
        return bool(file.lines)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read the names, of which none may be missing between others."""
        names = lines_of(path)
        if is_table(names[:_TABLE_LINES]):
            raise FormatError(
                "{} is a table of labels that skelseg cannot read like this; save it "
                "as CSV with the columns start_frame, stop_frame and label.",
                path,
            )
        return LabelFile(path, (framewise_track(names, path),))


def framewise_text(names: Sequence[str]) -> str:
    """Format framewise labels: one name per line, each with its line break.

    Published readers drop a last line without one.
    """
    return "".join(f"{name}\n" for name in names)
