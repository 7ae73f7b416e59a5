"""Label formats: one file each; to add one, write it and list it here."""

from skelseg_core.formats.descriptors import FormatList, LabelFormat
from skelseg_core.formats.labels.any_table import AnyTable
from skelseg_core.formats.labels.boris import Boris
from skelseg_core.formats.labels.boris_tables import BorisAggregated, BorisTabular
from skelseg_core.formats.labels.cvat import Cvat
from skelseg_core.formats.labels.eaf import Eaf
from skelseg_core.formats.labels.framewise_and_segment_csv import (
    FramewiseCsv,
    SegmentCsv,
)
from skelseg_core.formats.labels.label_studio import LabelStudio
from skelseg_core.formats.labels.ms_tcn_folder import MsTcnFolder
from skelseg_core.formats.labels.ms_tcn_text import FramewiseText
from skelseg_core.formats.labels.one_hot_csv import OneHotCsv
from skelseg_core.formats.labels.subtitles import Srt
from skelseg_core.formats.labels.tum_labels import TumKitchenLabels
from skelseg_core.formats.labels.via import Via

ANY_TABLE = AnyTable()
"""The format that is taken where a person says which column holds what."""

LABEL_FORMATS: FormatList[LabelFormat] = FormatList(
    LabelFormat,
    (
        FramewiseCsv(),
        SegmentCsv(),
        Eaf(),
        Via(),
        Cvat(),
        Srt(),
        Boris(),
        BorisTabular(),
        BorisAggregated(),
        LabelStudio(),
        OneHotCsv(),
        TumKitchenLabels(),
        MsTcnFolder(),
    ),
    # These accept any table and any text.
    last=(ANY_TABLE, FramewiseText()),
)
"""Formats in the order in which they are tried; the first that fits is taken."""
