"""The form for a rule of one's own: a class, where it is left out, how short it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from app.kit.labels import Label
from app.kit.language import in_language
from app.views.fields import ChoiceBox
from skelseg_core.errors import EditError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.conventions import Convention

AFTER, BETWEEN, BEFORE, ANYWHERE = range(4)
"""Places of the kinds in their list."""
LONGEST_S, STEP_S = 600.0, 0.1


class ConventionForm(QWidget):
    """Ask for a rule. Signals ``asked`` with it, or ``refused`` with why it is none."""

    asked = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        kinds = (
            self.tr("after"),
            self.tr("between"),
            self.tr("before"),
            self.tr("anywhere"),
        )
        self.what = ChoiceBox(self.tr("Class to leave out"), [])
        self.kind = ChoiceBox(self.tr("Where to leave it out"), kinds)
        self.first = ChoiceBox(self.tr("Class beside it"), [])
        self.second = ChoiceBox(self.tr("Class after it"), [])
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(0, LONGEST_S)
        self.seconds.setSingleStep(STEP_S)
        self.seconds.setPrefix(self.tr("under "))
        self.seconds.setSuffix(self.tr(" s"))
        self.seconds.setSpecialValueText(self.tr("of any length"))
        self.seconds.setAccessibleName(self.tr("Length"))
        self.seconds.setToolTip(self.tr("Longer segments stay"))
        self.ask = QPushButton(self.tr("Show what it would change"))
        self.ask.clicked.connect(self._on_ask)
        self.kind.currentIndexChanged.connect(self._on_kind)
        self._and = Label(self.tr("and"))
        self._classes: LabelMap | None = None
        self._lay_out()
        self._on_kind()

    def _lay_out(self) -> None:
        fields = QGridLayout()
        fields.addWidget(Label(self.tr("Leave out")), 0, 0)
        for column, field in enumerate(
            (self.what, self.kind, self.first, self._and, self.second), 1
        ):
            fields.addWidget(field, 0, column)
            fields.setColumnStretch(column, 0 if field is self._and else 1)
        foot = QHBoxLayout()
        foot.addWidget(self.seconds)
        foot.addStretch(1)
        foot.addWidget(self.ask)
        fields.addWidget(Label(self.tr("lasting")), 1, 0)
        fields.addLayout(foot, 1, 1, 1, 5)
        fields.setContentsMargins(12, 8, 8, 0)
        fields.setSpacing(8)
        self.setLayout(fields)

    def set_classes(self, label_map: LabelMap) -> None:
        """Offer these classes; what was chosen stays where it can."""
        if label_map is self._classes:
            return
        self._classes = label_map
        for n, box in enumerate((self.what, self.first, self.second)):
            before = box.currentData()
            box.clear()
            for found in label_map.classes:
                box.addItem(found.name, found.id)
            at = box.findData(before)
            box.setCurrentIndex(at if at >= 0 else min(n, box.count() - 1))

    def _on_kind(self, *_: object) -> None:
        kind = self.kind.currentIndex()
        self.first.setEnabled(kind != ANYWHERE)
        for widget in (self._and, self.second):
            widget.setEnabled(kind == BETWEEN)

    def rule(self) -> Convention:
        """Return the rule as it stands in the form.

        Raises
        ------
        EditError
            Where it says nothing.
        """
        kind = self.kind.currentIndex()
        first, second = _class(self.first), _class(self.second)
        left, right = {
            AFTER: (first, None),
            BETWEEN: (first, second),
            BEFORE: (None, first),
            ANYWHERE: (None, None),
        }[kind]
        what = _class(self.what)
        if what is None:
            raise EditError("There is no class to leave out.")
        return Convention(what, self.seconds.value() or None, left, right)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_ask()
        else:
            super().keyPressEvent(event)

    def _on_ask(self) -> None:
        try:
            self.asked.emit(self.rule())
        except EditError as error:
            self.refused.emit(in_language(error))


def _class(box: QComboBox) -> int | None:
    found = box.currentData()
    return None if found is None else int(found)
