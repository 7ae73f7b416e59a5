"""Annotation files of CVAT for video (XML 1.1): tracks of shapes by frames.

CVAT has no intervals. A label holds while a track is visible: from a shape up to, not
with, the next shape that is ``outside``, or to the end of the task. Frames are those of
the video, also where a task begins later or takes every n-th frame; files of others
that count the frames of the task are recognised by numbers that no frame of the video
can have. A file does not say how many frames a second has. CVAT exports an archive
with the file in it, which is read as it is.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.label_file import LabelFile, one_line
from skelseg_core.formats.label_parts.cvat_tasks import SHAPES, label_tracks, tasks_of
from skelseg_core.formats.xml_text import child_text, read_xml

_MEMBER = "annotations.xml"
"""File in the archive that CVAT exports."""
_COLOR = re.compile("#[0-9a-fA-F]{6}")


class Cvat(LabelFormat):
    """Annotation file of CVAT for video."""

    name = "cvat"
    title = "CVAT for video 1.1"
    about = (
        "Tracks of shapes, by frames; a label holds while its track is seen. "
        "Exported archives are read too."
    )
    suffixes = (".xml", ".zip")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the outermost element, or the archive that CVAT exports."""
        if file.suffix == ".zip":
            # The first member follows the 30 bytes of its header.
            return file.head[30:].startswith(_MEMBER.encode())
        return any(
            "<annotations".encode(code) in file.head
            for code in ("utf-8", "utf-16-le", "utf-16-be")
        )

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read a track for the labels of each task, and one for each choice in it."""
        root = read_xml(path, "annotations", "CVAT", _MEMBER)
        tasks = tasks_of(root, path)
        colors: dict[str, str] = {}
        for element in root.iter("label"):
            name = one_line(child_text(element, "name"))
            if name:
                color = child_text(element, "color").lower()
                colors[name] = color if _COLOR.fullmatch(color) else ""
        tracks = [
            track
            for task in tasks
            for track in label_tracks(task, len(tasks) > 1, path)
        ]
        return LabelFile(
            path,
            tuple(tracks),
            notes=tuple(_notes(root)),
            classes=tuple(colors),
            colors={name: color for name, color in colors.items() if color},
        )


def _notes(root: ET.Element) -> Iterator[str]:
    """Say what the file holds and labels cannot."""
    shapes = sum(1 for image in root.iter("image") for s in image if s.tag in SHAPES)
    if shapes:
        yield f"Shapes of single images, left out: {shapes:,}."
    size = root.find(".//original_size")
    tracks = list(root.iter("track"))
    regions = sum(_is_region(track, size) for track in tracks)
    if regions:
        yield (
            f"Tracks of parts of the picture: {regions:,}; their labels hold while "
            "the part is seen, but its position is lost."
        )


def _is_region(track: ET.Element, size: ET.Element | None) -> bool:
    """Tell whether a track is of less than the whole picture."""
    first = next((s for s in track if s.tag in SHAPES), None)
    if first is None or size is None:
        return False
    corner = [f"{child_text(size, side)}.00" for side in ("width", "height")]
    sides = [first.get(side, "") for side in ("xtl", "ytl", "xbr", "ybr")]
    return sides != ["0.00", "0.00", *corner]
