"""Ask for the reaction lag: how much later than the eye the hand is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QWidget

from app.kit.language import tr
from app.kit.settings import MAX_LAG_MS, Settings


def ask_lag(parent: QWidget, settings: Settings) -> QInputDialog:
    """Open the question; the answer is saved in the settings."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(tr("Reaction lag"))
    dialog.setLabelText(
        tr(
            "Keys pressed while the video plays come a little late.\nMove both ends "
            "of the label earlier by this many milliseconds:"
        )
    )
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setIntRange(0, MAX_LAG_MS)
    dialog.setIntStep(10)
    dialog.setIntValue(settings.reaction_lag_ms)

    def remember(value: int) -> None:
        settings.reaction_lag_ms = value

    dialog.intValueSelected.connect(remember)
    dialog.open()
    return dialog
