"""Watch the project's folder: what others write comes in by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from app.kit.language import in_language
from app.kit.memory import many_objects
from app.kit.notices import Notices
from app.kit.plural import plural
from app.kit.threads import Thread, begin, read_quickly, wait_for_thread
from app.state.document import Document
from skelseg_core.errors import SkelsegError
from skelseg_core.project.changes_by_others import (
    OutsideChange,
    changed_paths,
    label_folders,
    read_outside,
)
from skelseg_core.project.copies.conflict_files import (
    ConflictFile,
    find_conflicts,
    is_conflict,
    with_lanes_of,
)
from skelseg_core.project.copies.stray_files import SET_ASIDE, set_aside
from skelseg_core.project.faults import as_sentence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, changed_tracks, same_classes
from skelseg_core.project.removed_tracks import removed_tracks
from skelseg_core.project.tracks import VideoId

SETTLE_MS = 300
"""Milliseconds of rest until changed files are read: a checkout changes many."""
LOOK_MS = 20_000
"""Milliseconds between two looks where nothing tells of changes (network folders)."""
MOST_FOLDERS = 50
"""Folders that are watched, at most; systems allow few of them."""
MOST_TRIES = 5
"""Looks at files that do not fit together, until that is said."""
MOST_LOST = 100
"""Deleted label files that are written again at once; of more, the disk may be away."""
CLOSE_S = 1.0
"""Seconds that closing waits for a look that is under way."""
TOPIC, KEPT = "changes outside", "kept beside"


@dataclass(frozen=True)
class _Look:
    """Hold what a look found."""

    change: OutsideChange | None = None
    error: str = ""
    kept: tuple[ConflictFile, ...] = ()


class FolderWatch(QObject):
    """Take in what others wrote into the project's files, read in a thread.

    Folders are watched, not files, and files are compared by their bytes. What was kept
    beside a lane becomes a lane of another annotator, but of the videos that others
    label now (``held``). Signals ``looked`` after each look.
    """

    looked = Signal()
    _ended = Signal(object)

    def __init__(
        self,
        document: Document,
        held: Callable[[], Collection[str]],
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._held, self._notices = document, held, notices
        self._thread: Thread | None = None
        self._again = False
        # What is to be called after the next look, and after that under way.
        self._then: list[Callable[[], object]] = []
        self._asked: list[Callable[[], object]] = []
        self._tries = 0
        # Conflict files that were shown as lanes, or could not be.
        self._seen: set[Path] = set()
        self._closed = False
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self.look_soon)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.look)
        self._regular = QTimer(self, interval=LOOK_MS)
        self._regular.timeout.connect(self.look_soon)
        self._regular.start()
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.focusWindowChanged.connect(self.look_soon)
        self._watch()

    def _watch(self) -> None:
        """Watch the folders of the project, those alone that hold its text files."""
        folder = self._document.folder
        self._tries = 0
        # A disk that does not answer at once is looked at by the clock alone.
        nothing: list[str] = []
        there = read_quickly(lambda: folders_there(folder), nothing)
        old = self._watcher.directories()
        if gone := [path for path in old if path not in there]:
            self._watcher.removePaths(gone)
        if new := [path for path in there if path not in old]:
            self._watcher.addPaths(new)

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        self._settle.stop()
        self._regular.stop()
        if self._thread is not None:
            wait_for_thread(self._thread, CLOSE_S)

    # -- looking --------------------------------------------------------------------

    def look_soon(self, *_: object) -> None:
        """Look once nothing has changed for a moment."""
        if not self._closed:
            self._settle.start()

    def look(self, then: Callable[[], object] | None = None) -> None:
        """Look what others changed, in a thread; call ``then`` once it is shown."""
        if self._closed:
            return
        if then is not None:
            self._then.append(then)
        if self._thread is not None:
            self._again = True
            return
        saver = self._document.saver
        # A save reads what others wrote into its files by itself.
        if saver.running or saver.failing or self._document.taking_in.busy:
            self._settle.start()
            return
        self._asked, self._then = self._then, []
        document = self._document
        read = partial(self._read, document.folder, saver.on_disk, document.project)
        self._thread = begin(read, "look outside")

    def _read(self, folder: ProjectFolder, known: Project, shown: Project) -> None:
        """Read changed files, in the thread."""
        found = _Look()
        try:
            with (
                many_objects(),
                as_sentence("The changes of others in {} cannot be read", folder.root),
            ):
                paths, gone = changed_paths(folder)
                paths = [p for p in paths if known.has(p.stem) or not is_conflict(p)]
                changed = bool(paths or gone)
                found = _Look(
                    read_outside(folder, known, paths, gone) if changed else None,
                    kept=find_conflicts(folder, shown),
                )
        except SkelsegError as error:
            found = _Look(error=in_language(error))
        # The window may be gone meanwhile.
        with contextlib.suppress(RuntimeError):
            self._ended.emit(found)

    def _on_ended(self, found: _Look) -> None:
        self._thread = None
        if not self._closed:
            asked, self._asked = self._asked, []
            if self._is_to_repeat(found):
                self._then += asked
                self.look_soon()
            else:
                self._take(found)
                self._show_kept(found.kept)
                for then in asked:
                    then()
        if self._again:
            self._again = False
            self.look_soon()
        self.looked.emit()

    # -- taking in ------------------------------------------------------------------

    def _is_to_repeat(self, found: _Look) -> bool:
        """Tell whether what was read may not be all, or be of a save of one's own."""
        saver, change = self._document.saver, found.change
        if change is None:
            return False
        if saver.running or saver.failing or saver.on_disk is not change.known:
            return True
        # Whoever changes many files is not done yet.
        unsettled = bool(change.unreadable or self._gone(change))
        unsettled = unsettled and self._tries < MOST_TRIES
        self._tries += unsettled
        return unsettled

    def _gone(self, change: OutsideChange) -> list[Path]:
        return [p for p in change.gone if self._is_ours(p, change.theirs)]

    def _take(self, found: _Look) -> None:
        change = found.change
        if found.error:
            self._notices.warn(found.error, about=TOPIC)
            return
        if change is None:
            self._tries = 0
            return
        if change.unreadable and self._tries == MOST_TRIES:
            self._tries += 1
            self._warn_unreadable(change)
        if change.theirs is not change.known:
            self._document.saver.on_disk = change.theirs
            self._document.taking_in.take_in(change.known, change.theirs, change)
            self._say(change)
        else:
            change.note_as_seen(self._document.folder, self._document.project)
        gone = self._gone(change)
        if gone and not self._document.read_only:
            self._write_again(gone)
        self._watch()

    def _show_kept(self, kept: Collection[ConflictFile]) -> None:
        """Show what was kept beside as lanes, in one step; set the files aside."""
        document, held = self._document, self._held()
        if document.read_only:
            return
        if document.is_busy:
            self.look_soon()
            return
        new = []
        for file in kept:
            item = document.project.find(file.video_id)
            free = file.path not in self._seen and file.hold not in held
            if not free or item is None:
                continue
            if file.labels is None or not item.locked:
                new.append(file)
        if not new:
            return
        # Before: an edit that is refused is not tried at every look.
        self._seen.update(file.path for file in new)
        lanes = [file for file in new if file.labels is not None and not file.is_shown]
        text = self.tr("Show other versions")
        if lanes and not document.apply(text, lambda p: with_lanes_of(p, lanes)):
            return
        films = (document.project.track(file.video_id).video.title for file in new)
        videos = list(dict.fromkeys(films))
        said = plural(
            "{n} video(s) were changed here and elsewhere at once ({names}). Labels "
            "that differ are in a lane of their own. The other files, with their "
            "notes, are in the folder {folder}.",
            len(videos),
            names=_some(videos),
            folder=SET_ASIDE,
        )
        self._notices.warn(said, about=KEPT)
        begin(partial(_set_aside, document.folder.root, new), "set aside")

    def _write_again(self, gone: list[Path]) -> None:
        """Write deleted label files again, where it is known what they say."""
        try:
            for path in gone[:MOST_LOST]:
                item = self._document.project.find(path.stem)
                for lane in item.lanes.values() if item is not None else ():
                    _ = lane.segments
        except SkelsegError as error:
            self._notices.warn(in_language(error), about=TOPIC)
            return
        if len(gone) <= MOST_LOST:
            self._document.write_lost()
            return
        text = self.tr(
            "{} label files disappeared while the project was open. Put them back, or "
            "closing the project writes them again."
        )
        self._notices.warn(text.format(f"{len(gone):,}"), about=TOPIC)

    def _is_ours(self, path: Path, project: Project) -> bool:
        """Tell whether a file that is gone is to hold labels of the project."""
        item = project.find(path.stem)
        folder = self._document.folder
        return item is not None and any(
            folder.person_path(item.id, name) == path
            for name in item.lanes.keys() - item.missing
        )

    def _warn_unreadable(self, change: OutsideChange) -> None:
        path, why = next(iter(change.unreadable.items()))
        text = self.tr(
            "Another program changed {}, and it cannot be read: {}. You see the "
            "earlier labels. Saving keeps a copy of the file."
        )
        self._notices.warn(text.format(path.name, why.rstrip(".")), about=TOPIC)

    def _say(self, change: OutsideChange) -> None:
        """Say what came in."""
        found = _videos_of_people(change.known, change.theirs)
        names = list(dict.fromkeys(found))
        if names:
            text = plural(
                "Others changed {n} video(s) ({names}). You see them as they are now.",
                len(names),
                names=_some(names),
            )
            self._notices.say(text, about=TOPIC)
        elif not same_classes(change.known, change.theirs):
            self._notices.say(
                self.tr("Others changed the classes. You see them as they are now."),
                about=TOPIC,
            )


def _set_aside(root: Path, files: Iterable[ConflictFile]) -> None:
    """Move files aside; those that stay are known by their labels at the next start."""
    for file in files:
        with contextlib.suppress(OSError):
            set_aside(root, file.path)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def folders_there(folder: ProjectFolder) -> list[str]:
    """List the folders that hold the text files of a project."""
    about = folder.about_path(VideoId("")).parent
    wanted = [folder.root, folder.root / "annotators", about, *label_folders(folder)]
    return [str(path) for path in wanted[:MOST_FOLDERS] if path.is_dir()]


def _videos_of_people(before: Project, after: Project) -> Iterator[str]:
    """Name the videos in which people changed something, new and removed ones too."""
    for item in changed_tracks(before, after):
        yield after.video(item.video_id).title
    for item in removed_tracks(before, after):
        yield before.video(item.video_id).title
