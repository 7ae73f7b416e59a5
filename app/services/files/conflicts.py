"""Find labels that could not be merged, and decide what becomes of them.

Whose they are is not said: after a take-over, or beside a sync client, the version that
was kept beside may be one's own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from app.kit.notices import Notices
from app.kit.plural import plural
from app.kit.threads import Thread, begin, wait_for_thread
from app.state.document import Document
from skelseg_core.errors import SkelsegError
from skelseg_core.project.copies.conflict_files import (
    ConflictFile,
    find_conflicts,
    keep_both,
    put_aside,
    take_theirs,
)
from skelseg_core.project.project import Project

TOPIC = "conflicts"
CLOSE_S = 1.0
"""Seconds that closing waits for a look that is under way."""


class Conflicts(QObject):
    """Tell of conflict files as long as there are any; resolve them one by one.

    Files are read and moved in a thread. Signals ``changed`` with other ``files``, and
    ``deciding`` before labels are changed.
    """

    changed = Signal()
    deciding = Signal(str)
    _done = Signal(object, str)

    def __init__(
        self, document: Document, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._notices = document, notices
        self.files: tuple[ConflictFile, ...] = ()
        self._thread: Thread | None = None
        self._next: list[ConflictFile] = []
        self._again, self._said = False, ""
        self._done.connect(self._on_done, Qt.ConnectionType.QueuedConnection)
        document.conflicted.connect(self.find)
        document.moved.connect(self.find)

    def find(self) -> None:
        """Look for conflict files, in a thread."""
        if self._thread is not None:
            self._again = True
            return
        folder, project = self._document.folder, self._document.project
        aside, self._next = self._next, []

        def work() -> None:
            error = ""
            for conflict in aside:
                try:
                    put_aside(folder, conflict)
                except SkelsegError as raised:
                    error = str(raised)
            found = find_conflicts(folder, project)
            # The window may be gone meanwhile.
            with contextlib.suppress(RuntimeError):
                self._done.emit((folder, found), error)

        self._thread = begin(work, "conflicts")

    def _on_done(self, what: tuple[object, tuple[ConflictFile, ...]], why: str) -> None:
        self._thread = None
        folder, found = what
        if self._again or self._next or folder is not self._document.folder:
            self._again = False
            self.find()
            return
        if why:
            self._notices.warn(why)
        known = {c.path for c in self.files}
        there = {c.path for c in found}
        self.files = found
        if there == known and not why:
            return
        if not found:
            self._notices.settle(TOPIC)
        elif there - known or self._notices.says(self._said):
            self._warn()
        self.changed.emit()

    def _warn(self) -> None:
        videos = list(dict.fromkeys(c.video_id for c in self.files))
        some = ", ".join(videos[:5]) + (", …" if len(videos) > 5 else "")
        self._said = plural(
            "{n} video(s) were labelled here and elsewhere at once ({names}). You see "
            "one version. The other is kept.",
            len(videos),
            names=some,
        )
        self._notices.warn(self._said, "conflicts", about=TOPIC)

    # -- deciding -------------------------------------------------------------------

    def keep_mine(self, conflict: ConflictFile) -> None:
        """Keep the labels that are shown."""
        self._put_aside(conflict)

    def take_theirs(self, conflict: ConflictFile) -> None:
        """Take the labels of the conflict file; Undo takes that back."""
        text = self.tr("Take the other labels of {}")
        self._decide(conflict, text, take_theirs)

    def keep_both(self, conflict: ConflictFile) -> None:
        """Show the labels of the conflict file in a lane of their own."""
        text = self.tr("Show the other labels of {} beside")
        self._decide(conflict, text, keep_both)

    def _decide(
        self,
        conflict: ConflictFile,
        text: str,
        edit: Callable[[Project, ConflictFile], Project],
    ) -> None:
        said = text.format(conflict.video_id)
        item = self._document.project.find(conflict.video_id)
        before = self._document.project
        if item is None or conflict.lane not in item.lanes:
            return
        self.deciding.emit(said)
        made = self._document.apply(said, lambda p: edit(p, conflict))
        same = conflict.says_the_same(item)
        if made or (same and self._document.project is before):
            self._put_aside(conflict)
        else:
            self.changed.emit()  # it was refused, and is still to be decided

    def _put_aside(self, conflict: ConflictFile) -> None:
        self._next.append(conflict)
        self.find()

    def close(self) -> None:
        """Wait for the look that is under way."""
        self._again = False
        self._next.clear()
        if self._thread is not None:
            wait_for_thread(self._thread, CLOSE_S)
