"""Ask from which confidence on pre-labels are accepted, beside how right such were."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label
from app.kit.plural import plural
from app.services.accept_above import AcceptAbove
from skelseg_core.labels.precision import REACH_S, Precision

LOWEST, HIGHEST, USUAL = 0.5, 1.0, 0.95
"""The range of confidences that can be chosen, and the one that is proposed."""


class AcceptAboveDialog(QDialog):
    """Choose a confidence by a slider or a number; Accept is one undo step."""

    def __init__(self, service: AcceptAbove, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Accept above a confidence"))
        self.setMinimumWidth(520)
        self._service, item = service, service.current.item
        self._video_id, self._model = item.id if item else "", service.model
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(LOWEST * 100), round(HIGHEST * 100))
        self.slider.setAccessibleName(self.tr("Confidence"))
        self.number = QDoubleSpinBox()
        self.number.setRange(LOWEST, HIGHEST)
        self.number.setDecimals(2)
        self.number.setSingleStep(0.01)
        self.number.setAccessibleName(self.tr("Confidence"))
        self.count, self.held_out, self.looked_at = Label(), Label(), Label()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(
            self.tr("Accept"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        self._lay_out()
        self.slider.valueChanged.connect(lambda v: self.number.setValue(v / 100))
        self.number.valueChanged.connect(self._on_number)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)
        service.measured.connect(self._refresh)
        service.current.document.changed.connect(self._refresh)
        service.measure()
        self.number.setValue(USUAL)
        self._refresh()

    def _lay_out(self) -> None:
        body = QVBoxLayout(self)
        body.setContentsMargins(20, 20, 20, 16)
        body.setSpacing(12)
        text = self.tr(
            "Pre-labels of {model} in {video} that nobody reviewed are accepted from "
            "this confidence on, without a look:"
        )
        about = Label(text.format(model=self._model, video=self._video_id))
        row = QHBoxLayout()
        row.addWidget(self.slider)
        row.addWidget(self.number)
        note = Label(
            self.tr(
                "What is accepted so no model changes any more, and no model is ever "
                "scored by it: nobody looked at it. The sample comes in the review."
            )
        )
        theme.set_tone(note, "dim")
        for label in (about, self.count, self.held_out, self.looked_at, note):
            label.setWordWrap(True)
        body.addWidget(about)
        body.addLayout(row)
        for widget in (self.count, self.held_out, self.looked_at, note, self.buttons):
            body.addWidget(widget)
        self.ok.setDefault(True)

    @property
    def confidence(self) -> float:
        """The chosen confidence."""
        return round(self.number.value(), 2)

    def _on_number(self, value: float) -> None:
        self.slider.setValue(round(value * 100))
        self._refresh()

    def _refresh(self, *_: object) -> None:
        service, found = self._service, self._service.candidates
        n = found.count(self.confidence) if found is not None else None
        self.ok.setEnabled(n is not None and n.n_segments > 0)
        text = plural(
            "{n} segment(s), {frames} frames; a sample of {audit} stays in the review.",
            n.n_segments if n else 0,
            frames=f"{n.n_frames if n else 0:,}",
            audit=f"{n.n_audit if n else 0:,}",
        )
        self.count.setText(text)
        unseen = self.tr("On labels that it had not seen:")
        seen = self.tr("In this project, of those that you looked at:")
        held_out = service.held_out(self.confidence)
        if not service.is_known:
            self.held_out.setText(self.tr("{} measuring…").format(unseen))
            self.looked_at.setText(self.tr("{} measuring…").format(seen))
            return
        if service.looked_at(0.0).n:
            looked_at = self._words(seen, service.looked_at(self.confidence))
        else:
            looked_at = self.tr("{} nothing measured yet.").format(seen)
        self.looked_at.setText(looked_at)
        if held_out is None:
            text = self.tr("{} not measured yet; Model > Measure the model does it.")
            self.held_out.setText(text.format(unseen))
        else:
            self.held_out.setText(self._words(unseen, held_out))

    def _words(self, head: str, found: Precision) -> str:
        if not found.n:
            return self.tr("{} none was so sure.").format(head)
        text = plural(
            "{head} {of_class} % of {n} segment(s) had the right class, {right} % also "
            "both ends within {reach} s.",
            found.n,
            head=head,
            of_class=_percent(found.of_class, found.n),
            right=_percent(found.right, found.n),
            reach=f"{REACH_S:g}",
        )
        return text

    def _on_accepted(self) -> None:
        if self._service.accept(self._video_id, self._model, self.confidence):
            self.accept()


def _percent(part: int, whole: int) -> str:
    """Format a share; rounding never claims that all are right."""
    share = 100 * part / whole
    return "100" if part == whole else f"{min(share, 99.9):.1f}"


def ask_above(parent: QWidget, service: AcceptAbove) -> AcceptAboveDialog:
    """Open the question."""
    dialog = AcceptAboveDialog(service, parent)
    dialog.open()
    dialog.number.setFocus()
    return dialog
