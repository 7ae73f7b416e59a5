"""The model in one line below the classes: its name, its worth, and Pre-label."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.services.models.model_service import ModelService


class ModelLine(QWidget):
    """Say which model is in use; a click shows all of it, a button pre-labels."""

    def __init__(self, models: ModelService) -> None:
        super().__init__()
        self._models = models
        self.text = QPushButton()
        self.text.setProperty("quiet", True)
        self.text.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )
        self.clicked = self.text.clicked
        self.prelabel = QPushButton(self.tr("Pre-label"))
        self.prelabel.clicked.connect(lambda: models.prelabel())
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        row.addWidget(self.prelabel)
        for button in (self.text, self.prelabel):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        models.models_changed.connect(self._refresh)
        models.info_changed.connect(self._refresh)
        models.current.changed.connect(lambda _: self._refresh())
        self._refresh()

    def _refresh(self) -> None:
        model, info = self._models.session.model, self._models.info
        self._lines = [model or self.tr("No model yet")]
        if model and info is not None and info.measured:
            worth = self.tr("{} % held out")
            self._lines.append(worth.format(f"{info.held_out['accuracy']:.0f}"))
        whole = ", ".join(self._lines)
        self.text.setAccessibleName(whole)
        self.text.setToolTip(self.tr("{}\nClick for details").format(whole))
        self.prelabel.setVisible(bool(model))
        self.prelabel.setEnabled(self._models.current.item is not None)
        self._elide()

    def _elide(self) -> None:
        right, room = Qt.TextElideMode.ElideRight, self.text.width() - 16
        text = ", ".join(self._lines)
        self.text.setText(self.fontMetrics().elidedText(text, right, room))

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._elide()
        return super().event(event)
