"""Dialog of a task: a row for each of its choices, a sentence, and the place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFormLayout, QWidget

from app.kit.labels import Label
from app.views.dialogs.ask_paths import ask_new
from app.views.dialogs.choice_fields import (
    ChoiceField,
    MaybeNumber,
    Offered,
    YesNo,
    make_field,
)
from app.views.dialogs.list_parts import accept_or_cancel, dialog_column
from skelseg_core.choices import declared


class ChoiceDialog(QDialog):
    """Ask for the choices of a task.

    Parameters
    ----------
    parent : QWidget or None
    title : str
    about : str
        Says what is done.
    choices : object
        Those that are proposed: an instance of a dataclass of choices.
    offered : Offered
    endings : sequence of str
        Of the file that is written.
    """

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        about: str,
        choices: Any,
        offered: Offered,
        endings: Sequence[str],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(480)
        self._choices, self.endings = choices, endings
        kind: type = type(choices)
        self._declared = [d for d in declared(kind) if d.choice.title]
        self.fields: dict[str, ChoiceField] = {}
        form = QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        for one in self._declared:
            field = make_field(one, offered, getattr(choices, one.name))
            field.changed.connect(self._show_state)
            self.fields[one.name] = field
            own_words = isinstance(field, YesNo | MaybeNumber)
            form.addRow("" if own_words else self.tr(one.choice.title), field)
        body = dialog_column(self)
        body.addLayout(form)
        words = Label(about)
        words.setWordWrap(True)
        body.addWidget(words)
        buttons, self.save = accept_or_cancel(self, self.tr("Save…"))
        body.addWidget(buttons)
        self.save.setDefault(True)
        self._show_state()

    def _show_state(self) -> None:
        for one in self._declared:
            if one.choice.without:
                other = self.fields[one.choice.without]
                self.fields[one.name].setEnabled(not other.value)
        self.save.setEnabled(all(field.fits for field in self.fields.values()))

    @property
    def choices(self) -> Any:
        """Choices as they stand."""
        chosen = {n: f.value for n, f in self.fields.items() if f.isEnabledTo(self)}
        return type(self._choices)(**chosen)


def ask_choices(dialog: ChoiceDialog, place: Path) -> tuple[Path, Any] | None:
    """Ask for the choices, and where to write; None where cancelled.

    Parameters
    ----------
    dialog : ChoiceDialog
    place : Path
        What is proposed: a file without its ending.
    """
    try:
        if not dialog.exec():
            return None
        choices, parent = dialog.choices, dialog.parentWidget()
    finally:
        dialog.deleteLater()
    title, endings = dialog.windowTitle(), dialog.endings
    kinds = " ".join(f"*{ending}" for ending in endings)
    out = ask_new(parent, title, f"{place}{endings[0]}", f"{title} ({kinds})")
    if out is None:
        return None
    known = out.suffix.lower() in endings
    return out if known else out.with_name(f"{out.name}{endings[0]}"), choices
