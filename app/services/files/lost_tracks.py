"""Say which label files are of tracks that the project lacks; bring them back."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.kit.labels import plain_tip
from app.kit.notices import Notices
from app.kit.plural import plural
from app.state.document import Document
from skelseg_core.project.lost_tracks import with_lost_tracks
from skelseg_core.said import listed

TOPIC = "lost tracks"


class LostTracks(QObject):
    """Warn at opening about labels of tracks that are gone, with a way back."""

    def __init__(
        self, document: Document, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._notices = document, notices

    def show_warning(self) -> None:
        """Warn about labels whose track is not in the project, if there are any."""
        lost = self._document.lost_tracks
        if not lost or self._document.read_only:
            return
        bring = QAction(self.tr("Bring back"), self)
        bring.setToolTip(plain_tip(self.tr("As tracks of their videos, to be undone")))
        bring.triggered.connect(self.bring_back)
        text = plural(
            "{n} label file(s) have labels, but no track in the project ({names}). "
            "Bring them back, or move the files away.",
            len(lost),
            names=listed([track.path.name for track in lost]),
        )
        self._notices.warn(text, bring, about=TOPIC)

    def bring_back(self) -> None:
        """Make tracks of the label files again, in one step."""
        document, lost = self._document, self._document.lost_tracks
        text = plural("Bring back {n} track(s)", len(lost))
        if document.apply(text, lambda p: with_lost_tracks(document.folder, p, lost)):
            self._notices.settle(TOPIC)
            titles = [document.project.titled(track.track_id) for track in lost]
            said = self.tr("Back in the project: {}. You can undo this.")
            self._notices.say(said.format("; ".join(titles)))
