"""Mouse gestures of the timeline, listed for the key sheet."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def gesture_rows() -> list[tuple[str, str, str]]:
    """Return place, effect and mouse movement of each gesture."""
    place = _tr("Timeline")
    return [
        (place, _tr("Move the playhead"), _tr("Drag")),
        (place, _tr("Go to a frame of the whole video"), _tr("Drag in the top strip")),
        (place, _tr("Show another part"), _tr("Drag the frame in the strip")),
        (place, _tr("Move a boundary"), _tr("Drag it")),
        (place, _tr("Move it without snapping"), _tr("Alt+drag")),
        (place, _tr("Move a whole segment"), _tr("Ctrl+drag")),
        (place, _tr("Mark a range"), _tr("Shift+drag")),
        (place, _tr("Paint a range"), _tr("Class key+drag")),
        (place, _tr("Add a segment to the selection"), _tr("Ctrl+click")),
        (place, _tr("Select segments"), _tr("Ctrl+Shift+drag")),
        (place, _tr("Drop what is dragged"), _tr("Escape")),
        (place, _tr("What can be done here"), _tr("Right click")),
        (place, _tr("Zoom, pan"), _tr("Ctrl+wheel or wheel")),
        (place, _tr("Label while playing"), _tr("Class key")),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Gestures", text)
