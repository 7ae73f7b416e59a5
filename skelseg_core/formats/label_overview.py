"""Overview of the label formats: which are read and written, and what is lost."""

from __future__ import annotations

from typing import Any

from skelseg_core.formats.datasets import DATASET_LAYOUTS
from skelseg_core.formats.descriptors import LabelFormat
from skelseg_core.formats.labels import LABEL_FORMATS


def written_formats() -> tuple[LabelFormat, ...]:
    """Return the label formats that skelseg writes."""
    return tuple(form for form in LABEL_FORMATS if form.written_suffix is not None)


def label_formats() -> list[dict[str, Any]]:
    """Describe each label format and data set layout as plain values.

    Returns
    -------
    list of dict
        ``name``, ``title``, ``about``, ``read``, ``written``, ``holds`` (what a file
        holds beside classes and times), ``cannot_hold``, ``options``.
    """
    layouts = {layout.name: layout for layout in DATASET_LAYOUTS}
    forms = [
        {
            "name": form.name,
            "title": form.title,
            "about": form.about,
            "read": form.is_read or form.name in layouts,
            "written": form.written_suffix is not None,
            "holds": list(form.holds),
            "cannot_hold": form.cannot_hold,
            "options": list(form.options),
        }
        for form in LABEL_FORMATS
    ]
    written = {form.name for form in LABEL_FORMATS}
    read_only = [
        {
            "name": layout.name,
            "title": layout.title,
            "about": layout.about,
            "read": True,
            "written": False,
            "holds": [],
            "cannot_hold": "",
            "options": [],
        }
        for name, layout in layouts.items()
        if name not in written
    ]
    return [*forms, *read_only]
