"""Label formats: one file each; to add one, write it and list it here."""

from skelseg_core.formats.descriptors import LabelFormat
from skelseg_core.formats.labels.ms_tcn_text import FramewiseText, MsTcnResult
from skelseg_core.formats.labels.skelseg_csv import FramewiseCsv, SegmentCsv

LABEL_FORMATS: tuple[LabelFormat, ...] = (
    FramewiseCsv(),
    SegmentCsv(),
    MsTcnResult(),
    # Last, because it accepts any text.
    FramewiseText(),
)
"""Formats in the order in which they are tried; the first that fits is taken."""

LABEL_SUFFIXES = tuple(
    dict.fromkeys(s for form in LABEL_FORMATS for s in form.suffixes if s)
)
"""Suffixes of files that may hold labels, in lower case."""
