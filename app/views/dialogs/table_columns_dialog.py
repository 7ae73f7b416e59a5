"""Dialog that asks for the columns of a table before it is imported."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QWidget

from app.kit.language import tr
from app.views.dialogs.list_parts import accept_or_cancel, dialog_column
from app.views.dialogs.table_columns import TableColumns
from skelseg_core.formats.tables.table import Table
from skelseg_core.formats.tables.table_mapping import TableMapping

_SIZE = (860, 620)
"""Size of the dialog in pixels; it fits a screen of 1366 x 768."""


class TableColumnsDialog(QDialog):
    """Choose the columns of a table that is to be imported.

    Signal ``chosen`` gives the mapping, and whether it is to be remembered for tables
    with the same header.
    """

    chosen = Signal(TableMapping, bool)

    def __init__(
        self,
        table: Table,
        mapping: TableMapping | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Columns of {}").format(table.path.name))
        self.columns = TableColumns()
        self.remember = QCheckBox(
            tr("Use these columns for every table with this header")
        )
        buttons, self.ok = accept_or_cancel(
            self, tr("Use these columns"), self._on_accepted
        )
        body = dialog_column(self)
        body.addWidget(self.columns, 1)
        body.addWidget(self.remember)
        body.addWidget(buttons)
        self.ok.setDefault(True)
        self.resize(*_SIZE)
        self.columns.changed.connect(self._show_state)
        self.columns.show_table(table, mapping)
        self._show_state()

    def _show_state(self) -> None:
        self.ok.setEnabled(not self.columns.problem)
        self.remember.setVisible(self.columns.has_header)

    def _on_accepted(self) -> None:
        kept = self.remember.isChecked() and self.columns.has_header
        mapping = self.columns.mapping
        self.accept()
        self.chosen.emit(mapping, kept)


def ask_columns(
    parent: QWidget,
    table: Table,
    mapping: TableMapping | None,
    then: Callable[[TableMapping, bool], object],
) -> TableColumnsDialog:
    """Open the question over whatever dialog is open; ``then`` takes the answer."""
    above = QApplication.activeModalWidget() or parent
    dialog = TableColumnsDialog(table, mapping, above)
    dialog.chosen.connect(then)
    dialog.open()
    return dialog
