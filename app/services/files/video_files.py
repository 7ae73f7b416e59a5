"""Add, remove and open the video files of the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction

from app.kit.commands import command
from app.kit.labels import plain_tip
from app.kit.plural import plural
from app.playback.decoder import VideoInfo
from app.playback.player import Player
from app.services.models.file_readers import probe_videos, read_thumbs
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.progress import Progress, Task
from skelseg_core.project.copies.moved_videos import VideoSearch, find_videos, relocated
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.open_video import OpenVideo
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import (
    add_video,
    remove_video,
    set_people,
    set_rate,
)
from skelseg_core.project.proposed_people import proposal_text, proposed_people
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.project.videos_and_tracks import FEW_FRAMES, Track
from skelseg_core.said import listed
from skelseg_core.video.media_path import media_exists, media_path

People = Mapping[VideoId, tuple[str, ...]]
"""Who is in videos, by their ids."""
FIND = "find-moved"
"""Id of the command that looks for moved videos."""
PROOF_MS = 10_000
"""Milliseconds after its first picture until a video did not end the program."""


class VideoFiles(QObject):
    """Open the file of the current video in the player; add and remove videos.

    Signals each video that was ``added``, and the thumbnails of all videos.
    """

    added = Signal(str)  # video id
    thumb_ready = Signal(str, object)  # video id, QImage

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._document = current, current.document
        self._player, self._tasks = player, tasks
        self._open_video = OpenVideo(self._document.project.uuid)
        current.session.video_changed.connect(self._on_video_changed)
        player.opened.connect(self._on_opened)
        proof = QTimer(self, singleShot=True, interval=PROOF_MS)
        proof.timeout.connect(self._open_video.clear_suspect)
        player.first_picture_shown.connect(proof.start)
        self._document.changed.connect(self._on_document_changed)

    # -- the file of a video --------------------------------------------------------

    def open(self, item: Track) -> None:
        """Open a video in the player: its file, or its poses alone."""
        folder, roots = self._document.folder, self._document.project.media_roots

        def find() -> Path:
            path = folder.video_path(item.video, roots)
            self._open_video.say(item.id)
            return path

        if item.video.has_file:
            self._player.open(folder.stated_path(item.video), find)
        else:
            self._player.open(item)

    def died_with(self) -> tuple[str, bool]:
        """Return the video that was open when the program died last; empty for none.

        With it comes whether it died twice, soon after the video was opened again.
        """
        return self._open_video.died_with()

    def close(self) -> None:
        """Forget which video is open; the player has closed it."""
        self._open_video.end()

    def find(self, item: Track) -> Task[bool]:
        """Look whether the file of a video is there, in a thread."""
        folder, roots = self._document.folder, self._document.project.media_roots
        yield Progress(item.id)
        return media_exists(folder.video_path(item.video, roots))

    def _on_video_changed(self, _: str) -> None:
        item = self._current.item
        if item is not None and self._current.session.same_film:
            self._player.show_again()
        elif item is None:
            # This runs inside an edit: waiting for the player would paint half-updated
            # views.
            self._player.clear()
        else:
            self.open(item)

    def _on_opened(self, info: VideoInfo) -> None:
        self._current.set_times(info.times)

    def _on_document_changed(self, change: Change) -> None:
        item, roots = self._current.item, "media_roots" in change.parts
        if item is None or not (roots or item.id in change.tracks):
            return
        before = change.before.find(item.id)
        if before is None:
            return
        # The same file may be called otherwise: from another folder of the project.
        moved = before.video.path != item.video.path and self._is_elsewhere(item)
        if roots:
            # One that was found by a root may be found no more, or elsewhere.
            moved = moved or self._player.missing or self._is_elsewhere(item)
        if moved:
            self.open(item)

    def _is_elsewhere(self, item: Track) -> bool:
        stated = self._document.folder.stated_path(item.video)
        return not item.video.has_file or self._player.path != stated

    # -- thumbnails --------------------------------------------------------------------

    def load_thumbs(self) -> None:
        """Read a thumbnail of every video, in a thread."""
        task = read_thumbs(
            self._document.folder, self._document.project, self.thumb_ready.emit
        )
        self._tasks.run(self.tr("Pictures of the videos"), task)

    # -- the list of videos ---------------------------------------------------------

    def add(
        self, paths: Sequence[Path], then: Callable[[], object] | None = None
    ) -> None:
        """Add videos to the project; call ``then`` when they are added."""
        folder, project = self._document.folder, self._document.project

        def show(found: tuple[list[Track | str], People]) -> None:
            self._on_probed(*found)
            if then is not None:
                then()

        title = self.tr("Add videos")
        leaving = self.tr("No video was added. Add them again.")
        task = _probed(list(paths), folder, project)
        self._tasks.run(title, task, show, leaving)

    def _on_probed(self, found: list[Track | str], people: People) -> None:
        items = [f for f in found if isinstance(f, Track)]
        for text in (f for f in found if isinstance(f, str)):
            self._tasks.notices.warn(text)
        for item in items:
            if item.n_frames < FEW_FRAMES:
                text = "{video} has only {n} frame(s). Is it the right file?"
                text = plural(text, item.n_frames, video=item.id)
                self._tasks.notices.warn(text)
        title = plural("Add {n} video(s)", len(items))
        if len(items) == 1:
            title = self.tr("Add {}").format(items[0].id)
        self._document.apply(title, lambda p: reduce(add_video, items, p))
        self._offer_people(people)
        self.show_added([item.id for item in items])

    def _offer_people(self, people: People) -> None:
        """Offer to name who is in new videos, and in others, as their names say.

        Nobody is named unasked: a word may be what is done, and figures would then
        not say any more that nobody is named.
        """
        if not people:
            return
        name = QAction(self.tr("Use these names"), self)
        name.setToolTip(
            plain_tip(self.tr("Models are then tested on people new to them"))
        )
        name.triggered.connect(lambda: self._name(people))
        name.triggered.connect(lambda: self._tasks.notices.helped(name))
        text = self.tr("People, by the file names: {}.")
        text = text.format(proposal_text(people))
        self._tasks.notices.offer(text, name, "people")

    def _name(self, people: People) -> None:
        """Name who is in videos of which nobody said it meanwhile."""
        project = self._document.project
        there = {
            v: who
            for v, who in people.items()
            if project.has_video(v) and not project.video(v).people
        }
        if there:
            title = plural("People in {n} video(s)", len(there))
            self._document.apply(title, lambda p: set_people(p, there))

    def show_added(self, video_ids: Sequence[TrackId]) -> None:
        """Show the first of the videos that were added, and signal each."""
        there = [v for v in video_ids if self._document.project.has(v)]
        for video_id in there:
            self.added.emit(video_id)
        if there:
            self._current.session.set_video(there[0])
            self.load_thumbs()

    @command(
        "remove",
        "Remove this video",
        enabled=lambda self: self._current.item is not None,
        acts_on="video",
    )
    def remove(self, video_id: VideoId | None = None) -> None:
        """Remove a video from the project, by default the current one.

        Its file and its labels stay on disk.
        """
        name = video_id or self._current.session.video_id
        if name and self._document.apply(
            self.tr("Remove {}").format(name), lambda p: remove_video(p, name)
        ):
            self._tasks.tell(
                self.tr("Removed {} from the project. You can undo this.").format(name)
            )

    @property
    def has_any(self) -> bool:
        """True if the project has a video file that could have been moved."""
        return any(item.video.has_file for item in self._document.project.tracks)

    def look_in(self, place: Path) -> None:
        """Look for moved videos in a folder and its subfolders, in a thread."""
        document, title = self._document, self.tr("Find moved videos")

        def show(search: VideoSearch) -> None:
            there = list(filter(document.project.has_video, search.found))
            missing = listed(search.missing)
            if search.missing and not there:
                text = self.tr("No missing video was found in {}: {}.")
                self._tasks.notices.warn(text.format(place, missing))
                return
            self._tasks.notices.helped(FIND)
            if not there:
                self._tasks.tell(self.tr("No video is missing."))
                return
            document.apply(title, lambda p: relocated(p, search))
            self.load_thumbs()
            text = plural("{n} video(s) were found.", len(there))
            if missing:
                text += " " + self.tr("Still missing: {}.").format(missing)
            self._tasks.tell(text)

        task = find_videos(document.folder, document.project, place)
        leaving = self.tr("No video was found. Look again.")
        self._tasks.run(title, task, show, leaving)

    # -- images ---------------------------------------------------------------------

    @property
    def image_rate(self) -> float | None:
        """Images per second of the current image sequence; None for a video file."""
        item = self._current.item
        return None if item is None else media_path(Path(item.video.path)).rate

    def set_image_rate(self, rate: float) -> None:
        """Set the images per second of the current image sequence."""
        item = self._current.item
        if item is None:
            return
        media = media_path(Path(item.video.path))
        path = replace(media, rate=rate).path.as_posix()
        self._document.apply(
            self.tr("Rate of {}").format(item.id),
            lambda p: set_rate(p, item.video_id, path, rate),
        )


def _probed(
    paths: list[Path], folder: ProjectFolder, project: Project
) -> Task[tuple[list[Track | str], People]]:
    """Make the entries of videos, and propose who is in them by their names."""
    found = yield from probe_videos(paths, folder, project)
    items = [item for item in found if isinstance(item, Track)]
    whole = replace(project, tracks=(*project.tracks, *items))
    people = proposed_people(whole, [item.video_id for item in items])
    named = set_people(whole, people)
    return found, {video: named.video(video).people for video in people}
