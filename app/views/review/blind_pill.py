"""The pill in the top row that says that one labels blind."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.kit.labels import ElidedLabel
from app.state.current_video import CurrentVideo


class BlindPill(ElidedLabel):
    """Say while the project is blind what is hidden, and what is not."""

    def __init__(self, current: CurrentVideo, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._current = current
        self.setStyleSheet(
            "border: 1px solid palette(highlight); border-radius: 8px; padding: 0 8px"
        )
        self.setToolTip(
            self.tr(
                "Labels of others and of models are hidden until you mark the video "
                "as done. A model's labels in your own lane stay visible."
            )
        )
        current.document.changed.connect(self._refresh)
        current.session.video_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        self.setVisible(self._current.document.project.blind)
        if self.isHidden():
            return
        item, text = self._current.item, self.tr("Blind")
        n = 0 if item is None else sum(s.accepted for s in item.annotation.segments)
        if item is not None and item.done:
            text = self.tr("Blind: this video is done, so everything is shown")
        elif n:
            text = self.tr("Blind, except for a model's unreviewed labels: {}").format(
                f"{n:,}"
            )
        self.setText(text)
