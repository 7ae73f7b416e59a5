"""What other annotators say, beside one's own labels."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.kit.commands import Entry
from app.services.annotator_import import AnnotatorImport
from app.services.operations import Operations
from app.timeline.kinds.annotator import AnnotatorLane
from app.timeline.lane_chooser import LaneChooser
from app.views.dialogs.annotator import ask_annotator


def annotator_entries(
    window: QWidget, ops: Operations, comparing: AnnotatorImport, lanes: LaneChooser
) -> list[Entry]:
    """Importing somebody's labels, and removing those in the chosen lane."""
    menu = "&File"

    def bring() -> None:
        answer = ask_annotator(window)
        if answer is not None:
            comparing.import_labels(*answer)

    def chosen() -> str:
        lane = lanes.chosen_lane
        return lane.name if isinstance(lane, AnnotatorLane) else ""

    return [
        Entry(
            "import-annotator",
            menu,
            "Import another annotator's labels…",
            (),
            bring,
            lambda: ops.item is not None,
        ),
        Entry(
            "remove-annotator",
            menu,
            "Remove the chosen annotator's labels",
            (),
            lambda: comparing.remove(chosen()),
            lambda: bool(chosen()),
        ),
    ]
