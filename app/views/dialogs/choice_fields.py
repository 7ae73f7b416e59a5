"""Fields of dialogs for the declared choices of a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QWidget,
)

from app.kit.labels import Label
from app.kit.language import tr
from skelseg_core.choices import ANNOTATION, Declared
from skelseg_core.project.videos_and_tracks import (
    Track,
    annotator_of_lane,
    model_of_lane,
    prediction_lane,
)

_LANES_SHOWN = 4
"""Lanes that the list shows without scrolling."""
_MOST = 86_400.0
"""Largest number: the seconds of a day."""
_USUAL = 60.0


@dataclass(frozen=True)
class Offered:
    """Things of a project that can be chosen.

    Parameters
    ----------
    items : sequence of Track
        As their annotator may see them.
    models : sequence of str
        With predictions that may be seen.
    """

    items: Sequence[Track]
    models: Sequence[str] = ()

    @property
    def lanes(self) -> list[str]:
        """The lanes that videos have, the annotation first, those of models last."""
        names = (n for item in self.items for n in item.lanes if n not in item.missing)
        said = map(prediction_lane, self.models)
        return list(dict.fromkeys([ANNOTATION, *names, *said]))


class OneOf(QComboBox):
    """A choice of one of several values."""

    changed = Signal()

    def __init__(self, rows: Sequence[tuple[str, Any]], first: Any) -> None:
        super().__init__()
        for text, value in rows:
            self.addItem(text, value)
        self.setMaxVisibleItems(20)
        self.value = first
        self.currentIndexChanged.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> Any:
        """The chosen value."""
        return self.currentData()

    @value.setter
    def value(self, value: Any) -> None:
        values = [self.itemData(n) for n in range(self.count())]
        self.setCurrentIndex(values.index(value) if value in values else 0)

    fits = True


class YesNo(QCheckBox):
    """A choice of yes or no."""

    changed = Signal()

    def __init__(self, text: str, first: bool) -> None:
        super().__init__(text)
        self.setChecked(first)
        self.toggled.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> bool:
        """True if it is checked."""
        return self.isChecked()

    fits = True


class MaybeNumber(QWidget):
    """A number, or None."""

    changed = Signal()

    def __init__(self, text: str, first: float | None) -> None:
        super().__init__()
        self.wanted, self.number = QCheckBox(text), QDoubleSpinBox()
        self.number.setRange(0.1, _MOST)
        self.number.setDecimals(1)
        self.number.setValue(first or _USUAL)
        self.number.setEnabled(first is not None)
        self.number.setAccessibleName(text)
        self.wanted.setChecked(first is not None)
        self.wanted.toggled.connect(self.number.setEnabled)
        _in_a_row(self, self.wanted, self.number)

    @property
    def value(self) -> float | None:
        """The number, where one is wanted."""
        return self.number.value() if self.wanted.isChecked() else None

    fits = True


class LaneList(QListWidget):
    """A list of lanes to check; the first is checked."""

    changed = Signal()

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        for n, name in enumerate(names):
            row = QListWidgetItem(lane_text(name))
            row.setData(Qt.ItemDataRole.UserRole, name)
            row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            checked = Qt.CheckState.Checked if n == 0 else Qt.CheckState.Unchecked
            row.setCheckState(checked)
            self.addItem(row)
        rows = min(len(names), _LANES_SHOWN)
        high = self.sizeHintForRow(0) * rows + 2 * self.frameWidth() + 4
        self.setFixedHeight(high)
        self.itemChanged.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> list[str]:
        """Names of the checked lanes, from above."""
        rows = (self.item(n) for n in range(self.count()))
        return [
            str(row.data(Qt.ItemDataRole.UserRole))
            for row in rows
            if row.checkState() == Qt.CheckState.Checked
        ]

    @property
    def fits(self) -> bool:
        """True if a lane is checked."""
        return bool(self.value)


class FrameSpan(QWidget):
    """The frames of a whole video, or a part of them."""

    changed = Signal()

    def __init__(self, n_frames: int, first: str) -> None:
        super().__init__()
        self.which = QComboBox()
        self.which.addItem(tr("The whole video"), False)
        self.which.addItem(tr("Part of it"), True)
        self.first, self.last = QSpinBox(), QSpinBox()
        start, _, stop = first.partition(":")
        for box, value in (
            (self.first, int(start or 0)),
            (self.last, int(stop or n_frames) - 1),
        ):
            box.setRange(0, n_frames - 1)
            box.setGroupSeparatorShown(True)
            box.setValue(value)
            box.valueChanged.connect(self._on_changed)
        self.first.setAccessibleName(tr("First frame"))
        self.last.setAccessibleName(tr("Last frame"))
        self.which.setCurrentIndex(int(bool(first)))
        self.which.currentIndexChanged.connect(self._on_changed)
        _in_a_row(self, self.which, self.first, Label(tr("to")), self.last)
        self._on_changed()

    def _on_changed(self, *_: object) -> None:
        for box in (self.first, self.last):
            box.setEnabled(self.which.currentData())
        self.changed.emit()

    @property
    def value(self) -> str:
        """The frames as ``"first:stop"``, or "" for all."""
        if not self.which.currentData():
            return ""
        return f"{self.first.value()}:{self.last.value() + 1}"

    @property
    def fits(self) -> bool:
        """True if there are frames in it."""
        return not self.value or self.first.value() <= self.last.value()


ChoiceField = OneOf | YesNo | MaybeNumber | LaneList | FrameSpan


def make_field(one: Declared, offered: Offered, first: Any) -> ChoiceField:
    """Make the field of a choice, with what is chosen at first."""
    words = [tr(word) for word in one.choice.words]
    field: ChoiceField
    if one.choice.of == "frames":
        field = FrameSpan(offered.items[0].n_frames, first)
    elif one.choice.of == "lane" and one.several:
        field = LaneList(offered.lanes)
    elif one.choice.of == "lane":
        field = OneOf([(lane_text(name), name) for name in offered.lanes], first)
    elif one.choice.of == "video":
        names = [item.id for item in offered.items]
        rows = [(tr("Whole project"), ()), *((name, (name,)) for name in names)]
        field = OneOf(rows, first)
    elif words:
        values = one.values or (False, True)
        field = OneOf(list(zip(words, values, strict=True)), first)
    elif one.kind is bool:
        field = YesNo(tr(one.choice.title), first)
    else:
        field = MaybeNumber(tr(one.choice.title), first)
    field.setAccessibleName(tr(one.choice.title))
    return field


def lane_text(lane: str) -> str:
    """Write the name of a lane for a choice."""
    if model := model_of_lane(lane):
        return tr("Pre-labels of {}").format(model)
    if person := annotator_of_lane(lane):
        return tr("Labels of {}").format(person)
    return tr("Annotation")


def _in_a_row(widget: QWidget, *parts: QWidget) -> None:
    layout = QHBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch()
