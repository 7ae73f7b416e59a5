"""Know which predictions lie in the project's folder, wherever they came from."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, Signal

from app.kit.threads import begin
from app.state.document import Document
from skelseg_core.predictions.found import Found, found_of, found_predictions


class FoundPredictions(QObject):
    """List the files of predictions in a thread; signal changed with ids of videos.

    It makes no difference who made one: this window, a training in the background, a
    run, a colleague. Nothing waits for a look; one at a time is under way.
    """

    changed = Signal(object)
    _ended = Signal(object, object)  # ids of videos or None, Found

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._found: dict[str, Mapping[str, object]] = {}
        self._looking = self._all = self._closed = False
        self._wanted: set[str] = set()
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        document.closing.connect(self._stop)

    def models(self, video_id: str) -> tuple[str, ...]:
        """Name the models whose prediction of a video is there, the newest last."""
        return tuple(self._found.get(video_id, ()))

    def names(self) -> set[str]:
        """Name the models of which there is any prediction."""
        return {model for models in self._found.values() for model in models}

    def count(self, model: str) -> int:
        """Count the videos of the project that a model has pre-labelled."""
        videos = self._document.project.track_ids
        return sum(model in self._found.get(video, ()) for video in videos)

    @property
    def looking(self) -> bool:
        """True while a look is under way."""
        return self._looking

    def look(self) -> None:
        """Look at all videos."""
        self._all = True
        self._begin()

    def look_at(self, video_id: str) -> None:
        """Look at one video."""
        if video_id:
            self._wanted.add(video_id)
            self._begin()

    def _begin(self) -> None:
        if self._looking or self._closed or not (self._all or self._wanted):
            return
        ids = None if self._all else frozenset(self._wanted)
        self._looking, self._all = True, False
        self._wanted.clear()
        begin(lambda: self._list(ids), "look for predictions")

    def _list(self, ids: frozenset[str] | None) -> None:
        """List files, in the thread."""
        root = self._document.folder.root
        found = found_predictions(root) if ids is None else found_of(root, ids)
        # The window may be gone meanwhile.
        with contextlib.suppress(RuntimeError):
            self._ended.emit(ids, found)

    def _on_ended(self, ids: frozenset[str] | None, found: Found) -> None:
        self._looking = False
        if not self._closed:
            self._take(ids, found)
            self._begin()

    def _take(self, ids: frozenset[str] | None, found: Found) -> None:
        looked_at = self._found.keys() | found.keys() if ids is None else ids
        changed = {v for v in looked_at if self._found.get(v) != found.get(v)}
        for video in changed:
            if video in found:
                self._found[video] = found[video]
            else:
                self._found.pop(video, None)
        if changed:
            self.changed.emit(frozenset(changed))

    def _stop(self) -> None:
        self._closed = True
