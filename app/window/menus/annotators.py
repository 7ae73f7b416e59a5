"""What other annotators say, beside one's own labels."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.kit.commands import Entry
from app.services.annotator_import import AnnotatorImport
from app.services.services import Services
from app.timeline.lane_chooser import LaneChooser
from app.views.dialogs.annotator import ask_annotator


def annotator_entries(
    window: QWidget, services: Services, comparing: AnnotatorImport, lanes: LaneChooser
) -> list[Entry]:
    """Importing somebody's labels, and removing those in the chosen lane."""
    menu = "&File"

    def bring() -> None:
        answer = ask_annotator(window)
        if answer is not None:
            comparing.import_labels(*answer)

    def chosen() -> str:
        lane = lanes.chosen_lane
        return lane.name if lane is not None and lane.kind == "annotator" else ""

    return [
        Entry(
            "import-annotator",
            menu,
            "Import another annotator's labels…",
            (),
            bring,
            lambda: services.current_video.item is not None,
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
