"""Layouts of data sets: one file each; to add one, write it and list it here."""

from skelseg_core.formats.datasets.desktop_assembly import DesktopAssembly
from skelseg_core.formats.datasets.ms_gcn import MsGcn
from skelseg_core.formats.datasets.ms_tcn import MsTcn
from skelseg_core.formats.datasets.tum_kitchen import TumKitchen
from skelseg_core.formats.datasets.uw_iom import UwIom
from skelseg_core.formats.descriptors import DatasetLayout

DATASET_LAYOUTS: tuple[DatasetLayout, ...] = (
    UwIom(),
    TumKitchen(),
    MsGcn(),
    MsTcn(),
    # Last, because it accepts almost any folder.
    DesktopAssembly(),
)
"""Layouts in the order in which they are tried; the first that fits is taken."""
