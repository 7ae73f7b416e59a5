"""Framewise labels as plain text, as MS-TCN's ground truth.

Frame n is line n + 1; there are no intervals. The published loaders drop a last line
without line break and keep the carriage return of Windows lines; here both are read as
meant.
"""

from __future__ import annotations

from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.class_list import is_table
from skelseg_core.formats.dataset_text import lines_of
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.label_file import LabelFile, framewise_track

_TABLE_LINES = 1000
"""Lines at the start of a file that are checked for a table."""


class FramewiseText(LabelFormat):
    """Plain text with one class name per line and frame."""

    name = "text"
    title = "text with one class name per frame"
    about = "One class name per line; line 1 is frame 0."
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
