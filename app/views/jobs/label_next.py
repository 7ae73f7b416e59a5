"""What to do for the next model: the videos worth labelling, labels in doubt."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.kit import theme
from app.kit.labels import Label
from app.kit.plural import plural
from app.services.jobs import Job
from app.services.models.model_service import ModelService
from app.services.review.next_video import NextVideo
from app.views.columns import heading
from app.views.jobs.share_list import ShareList
from skelseg_core.review.next_video import WorthyVideo

MOST = 8
"""Videos that are listed."""


class LabelNext(QWidget):
    """List the pre-labelled videos that teach most; a click goes there.

    Signals ``left`` where it led to a place in the film.
    """

    left = Signal()

    def __init__(self, models: ModelService, next_video: NextVideo) -> None:
        super().__init__()
        self._models, self._next = models, next_video
        self._job: Job | None = None
        self._found: Sequence[WorthyVideo] = ()
        self.videos = ShareList(self.tr("Unsure"), leads=True)
        self.videos.went.connect(self._go)
        self.none = Label(
            self.tr("Pre-labelled videos are listed here, the most useful first.")
        )
        self.none.setWordWrap(True)
        theme.set_tone(self.none, "dim")
        self.doubts = QPushButton()
        self.doubts.hide()
        self.doubts.clicked.connect(self._go_to_doubt)
        self.prelabel = QPushButton(self.tr("Pre-label all"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        title = heading(self.tr("Label next"))
        for widget in (title, self.videos, self.none, self.doubts):
            column.addWidget(widget)
        column.addStretch(1)
        for button in (self.doubts, self.prelabel):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        models.info_changed.connect(self._look)
        models.current.found.changed.connect(self._look)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._drop()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None

    def _look(self, *_: object) -> None:
        """Look at the pre-labels anew, where a person sees what is found."""
        if not self.isVisible():
            return
        n = len(self._models.doubts())
        self.doubts.setText(plural("{n} doubtful label(s)", n))
        self.doubts.setVisible(n > 0)
        self._drop()

        def show(found: Sequence[WorthyVideo]) -> None:
            # An answer to an earlier question is dropped.
            if job is self._job:
                self._show(found)

        job = self._next.find(show)
        job.in_background = True
        self._job = job

    def _show(self, found: Sequence[WorthyVideo]) -> None:
        self._found = found[:MOST]
        self.none.setVisible(not found)
        rows = [
            (v.video_id, v.doubt, self.tr("{} %").format(round(100 * v.doubt)))
            for v in self._found
        ]
        self.videos.show_rows(rows)
        for n, video in enumerate(self._found):
            self.videos.list.item(n).setToolTip(self._next.why(video))

    def _go(self, row: int) -> None:
        self.left.emit()
        self._next.show(self._found[row])

    def _go_to_doubt(self) -> None:
        self.left.emit()
        self._models.next_doubt()
