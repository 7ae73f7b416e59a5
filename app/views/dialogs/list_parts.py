"""Parts of the dialogs that list something: the table, its buttons, the layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
)

from app.kit import theme
from app.kit.labels import Label


def row_table(name: str, heads: Sequence[str], wide: int) -> QTableWidget:
    """Make a table of texts of which whole rows are selected; one column is wide."""
    table = QTableWidget(0, len(heads))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(heads))
    table.verticalHeader().hide()
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(
        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    )
    header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
    return table


class Told(Label):
    """Say what became of what a button began; hidden until then."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.hide()

    def tell(self, text: str, tone: str = "dim") -> None:
        """Show a sentence."""
        theme.set_tone(self, tone)
        self.setText(text)
        self.show()

    def tell_error(self, text: str) -> None:
        """Show why something failed."""
        self.tell(text, "error")


def push_button(text: str, run: Callable[[], None]) -> QPushButton:
    """Make a button that Return in the table does not press."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: run())
    return button


def button_row(dialog: QDialog, buttons: Sequence[QPushButton]) -> QHBoxLayout:
    """Lay out buttons on the left, and Close on the right."""
    row = QHBoxLayout()
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    close = box.button(QDialogButtonBox.StandardButton.Close)
    close.setAutoDefault(False)
    box.rejected.connect(dialog.reject)
    row.addWidget(box)
    return row


def accept_or_cancel(
    dialog: QDialog, text: str, accept: Callable[[], object] | None = None
) -> tuple[QDialogButtonBox, QPushButton]:
    """Make a button that accepts a dialog, beside Cancel; return it with their box."""
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    button = box.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
    box.accepted.connect(accept or dialog.accept)
    box.rejected.connect(dialog.reject)
    return box, button


def dialog_column(dialog: QDialog) -> QVBoxLayout:
    """Give a dialog its column of parts, with the usual margins."""
    body = QVBoxLayout(dialog)
    body.setContentsMargins(20, 20, 20, 16)
    body.setSpacing(12)
    return body
