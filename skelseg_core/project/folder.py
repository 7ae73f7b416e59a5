"""ProjectFolder: loads and saves a project, a folder of JSON files; adds videos to it.

It is made of small text files that a person can read, copy and put in git:
``project.json``, one ``labels/<track>.json`` per track, one segment per line, and one
``about/<video>.json`` with all that people said of a video; labels of other annotators
are ``annotators/<name>/<track>.json``.
Videos stay where they are. Predictions, poses and models are files beside the labels,
which ``project.json`` does not list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from skelseg_core.errors import ProjectError, VideoError
from skelseg_core.file_names import portable_name, same_name, short_name
from skelseg_core.files import atomic_write
from skelseg_core.labels.classes import LabelMap
from skelseg_core.progress import run
from skelseg_core.project.changes_by_others import (
    TakenIn,
    changed_paths,
    read_outside,
    take_in,
    words_of,
)
from skelseg_core.project.class_edits import ids_added, with_next_id
from skelseg_core.project.faults import as_sentence
from skelseg_core.project.folder_paths import check_text
from skelseg_core.project.folder_writing import FolderWriter, before_labels
from skelseg_core.project.holds.project_lock import project_lock
from skelseg_core.project.json import (
    project_from_json,
    project_text,
    same_but_for_labels,
)
from skelseg_core.project.lane_index import stamp_of
from skelseg_core.project.part_changes import VIDEOS, track_of_part
from skelseg_core.project.project import (
    Project,
    changed_tracks,
    changed_videos,
    new_project,
)
from skelseg_core.project.removed_tracks import (
    removed_tracks,
    said_again,
    with_tracks_again,
)
from skelseg_core.project.seen_files import digest_of
from skelseg_core.project.tracks import VideoId, video_hold
from skelseg_core.project.videos_and_tracks import FEW_FRAMES, Track, Video
from skelseg_core.said import listed
from skelseg_core.text_files import read_json
from skelseg_core.video.media_path import media_path, media_title

_UNREAD = "unread"
"""Stands for the digest of a file of which nothing counts as read any more."""
_CLASSES_ADDED = "Somebody else added classes to {} at the same time; do it again."


@dataclass(frozen=True)
class Saved:
    """Result of a save.

    Parameters
    ----------
    project : Project
        What the files hold now, with what others had changed meanwhile.
    notes : tuple of str
        Sentences on versions of others that are kept beside, and on what was written
        again.
    """

    project: Project
    notes: tuple[str, ...] = ()


@dataclass
class ProjectFolder(FolderWriter):
    """A project on disk: paths of its files, loading and saving.

    Bytes that this object has not read are never overwritten: a label file that
    somebody else changed meanwhile is kept beside ours under another name.
    """

    # Above all ids that were reserved: a save that began before takes none back.
    reserved: int = field(default=0, repr=False)

    def save(
        self,
        project: Project,
        previous: Project | None = None,
        known: Project | None = None,
    ) -> Saved:
        """Write what differs from ``previous`` (all, where None).

        ``project.json`` is read, changed and written under a lock: what others changed
        in it stays, but where both changed the same. A file that somebody else wrote
        and that was not read is kept beside.

        Parameters
        ----------
        project, previous : Project
        known : Project, optional
            What was read or written last, where ``previous`` is None.

        Raises
        ------
        ProjectError
            Where the folder cannot be written, or is no longer where it was.
        """
        known = known or previous
        if known is None:
            self.write(project)
            return Saved(project, tuple(self.write_lost(project)))
        self._check_there()
        return _Save(self, project, known, previous is None).result()

    def edited(self, before: Project, edit: Callable[[Project], Project]) -> Project:
        """Make an edit whose new classes have ids that nobody else gives to others.

        Raises
        ------
        SkelsegError
            Where the edit is refused, or ``project.json`` cannot be written.
        """
        first = before.label_map.next_id
        while True:
            after = edit(before)
            added = ids_added(before, after)
            if set(range(first, added.start)) & set(after.label_map.ids):
                # It was made of classes as they had been.
                raise ProjectError(_CLASSES_ADDED, self.root)
            free = self.reserve_ids(added) if added else added.start
            if free == added.start:
                return after
            before = with_next_id(before, free)

    def keep_ids(self, before: Project, after: Project) -> None:
        """Keep the ids of classes that an edit added from everybody else.

        Raises
        ------
        ProjectError
            Where somebody else added classes meanwhile, or ``project.json`` cannot be
            written.
        """
        added = ids_added(before, after)
        if added and self.reserve_ids(added) != added.start:
            raise ProjectError(_CLASSES_ADDED, self.root)

    def reserve_ids(self, ids: range) -> int:
        """Keep the ids of new classes from everybody else, on whatever computer.

        Returns
        -------
        int
            The first of them; a higher one where others have taken it, and then
            nothing was done.

        Raises
        ------
        ProjectError
            Where ``project.json`` cannot be read or written.
        """
        path = self.project_file
        with as_sentence("No class could be added to {}", self.root):
            self._check_there()
            with project_lock(self.root) as is_held:
                data = path.read_bytes()
                raw = read_json(path)
                free = project_from_json(
                    {**raw, VIDEOS: []}, self, str(path)
                ).label_map.next_id
                if free > ids.start:
                    return free
                is_ours = self.files.is_ours(path, data)
                text = project_text({**raw, "next_class_id": ids.stop})
                self.reserved = ids.stop
                check = partial(_check_held, is_held, self.root)
                atomic_write(path, text.encode(), before=check)
                if is_ours:
                    self.files.note(path, digest_of(text.encode()), stamp_of(path))
        return ids.start


class _Save:
    """Write the files of a project in an order in which every beginning opens.

    What is referred to comes before what refers to it: new classes before labels, label
    files before the entry of a new video, and a class goes after the labels that had
    it.
    """

    def __init__(
        self, folder: ProjectFolder, project: Project, known: Project, everything: bool
    ) -> None:
        self._folder, self._everything = folder, everything
        self._project, self._known = folder.without_taken(project, known), known
        self._said_here = {v.id for v in _newly_said(known, self._project)}
        self._kept: list[Path] = []
        self._notes: list[str] = []
        self._read: list[Path] = []
        # Videos with people who got another name since their files were written.
        self._apart: list[VideoId] = []

    def result(self) -> Saved:
        """Write, and tell what the files hold."""
        try:
            return self._result()
        except BaseException:
            # What was taken in is lost with this save: the next one reads it again.
            for path in self._read:
                self._folder.files.note(path, _UNREAD)
            raise

    def _result(self) -> Saved:
        folder = self._folder
        if self._everything or removed_tracks(self._known, self._project):
            # What others wrote while saving failed was not looked at. What is taken out
            # they may have labelled, and who is seen in a video is said with labels.
            with project_lock(folder.root):
                self._take_in_theirs()
        edited = self._project.tracks
        if not self._everything:
            edited = changed_tracks(self._known, self._project)
        self._write_files(edited)
        if self._everything or self._says_other() or self._is_other_by_now():
            self._write_project_file()
        for video_id in filter(self._project.has_video, self._apart):
            self._write_about(self._project.video(video_id))
        notes = (*self._notes, *folder.write_lost(self._project))
        notes = (*notes, *_kept_notes(self._kept))
        return Saved(self._project, tuple(dict.fromkeys(notes)))

    def _write_files(self, edited: Sequence[Track]) -> None:
        if before_labels(self._known, self._project) is not None:
            for item in edited:
                if not self._known.has(item.id):
                    self._write_labels(item)
            self._write_project_file(before=True)
        for video in self._edited_videos():
            if self._project.has_video(video.id):
                self._write_about(self._project.video(video.id))
        for item in edited:
            now = self._project.find(item.id)
            if now is not None:
                self._write_labels(now)

    def _is_other_by_now(self) -> bool:
        """Tell whether somebody else wrote ``project.json`` since it was read.

        They may have taken out a track whose labels were not written yet.
        """
        path = self._folder.project_file
        seen = self._folder.files.stamps(str(self._folder.root))
        return stamp_of(path) != seen.get(path.name)

    def _says_other(self) -> bool:
        """Tell whether ``project.json`` is to say something else."""
        return not same_but_for_labels(self._known, self._project)

    def _edited_videos(self) -> tuple[Video, ...]:
        if self._everything:
            return self._project.videos
        return changed_videos(self._known, self._project)

    def _write_about(self, video: Video) -> None:
        if video.id not in self._said_here and not self._folder.may_write(
            video_hold(video.id)
        ):
            # Who is seen in it by the tracks of others: who reads them knows it, too.
            return
        has = self._known.has_video(video.id)
        known = self._known.video(video.id) if has else None
        before = None if self._everything else known
        self._kept += self._folder.write_about(video, before, known)

    def _write_labels(self, item: Track) -> None:
        # By what is known now: others may have written since the save began.
        known = self._known.find(item.id)
        before = None if self._everything else known
        self._kept += self._folder.write_lanes(item, before, known)

    def _write_project_file(self, before: bool = False) -> None:
        """Read, change and write ``project.json``."""
        folder = self._folder
        with project_lock(folder.root) as is_held:
            self._take_in_theirs()
            project = self._project
            if before:
                project = before_labels(self._known, project) or project
            if folder.reserved > project.label_map.next_id:
                project = with_next_id(project, folder.reserved)
            text = folder.project_text(project)
            check = partial(_check_held, is_held, folder.root)
            self._kept += folder.files.write(folder.project_file, text, check)

    def _take_in_theirs(self) -> None:
        """Take what others changed in ``project.json`` into what is to be written."""
        folder, path = self._folder, self._folder.project_file
        paths = [path]
        going = removed_tracks(self._known, self._project)
        if self._everything or going or self._is_other_by_now():
            # Classes and the labels that have them belong together. What goes may have
            # been labelled meanwhile.
            paths += [p for p in changed_paths(folder)[0] if p != path]
        change = read_outside(folder, self._known, paths)
        taken = take_in(folder, self._project, self._known, change.theirs)
        taken = self._with_used(taken, change.theirs, going)
        self._read += change.read
        for kept in change.note_as_seen(folder, taken.project, taken.mine):
            words = ", ".join(dict.fromkeys(map(words_of, taken.mine)))
            self._notes.append(
                f"You and somebody else both changed {words}; your version is kept, "
                f"and theirs is saved as {kept.name}."
            )
        self._notes += taken.notes
        self._apart += (video_id for video_id, *_ in taken.apart)
        self._project, self._known = taken.project, change.theirs

    def _with_used(
        self, taken: TakenIn, theirs: Project, going: Iterable[Track]
    ) -> TakenIn:
        """Keep what this save takes out and somebody else labels now."""
        there = ((old, theirs.find(old.id)) for old in going)
        used = [
            new
            for old, new in there
            if new is not None
            and not taken.project.has(new.id)
            and not (
                self._folder.may_write(old.id)
                and (taken.project.has_video(new.video_id) or self._is_mine(old, new))
            )
        ]
        if not used:
            return taken
        self._notes += said_again(theirs, used)
        ids = {item.id for item in used}
        mine = tuple(part for part in taken.mine if track_of_part(part) not in ids)
        project = with_tracks_again(taken.project, theirs, used)
        return replace(taken, project=project, mine=mine)

    def _is_mine(self, old: Track, new: Track) -> bool:
        """Tell whether nobody else says, or said, anything of the video of a track."""
        same = old.video.is_same_said(new.video)
        return same and self._folder.may_write(video_hold(new.video_id))


def _newly_said(known: Project, project: Project) -> list[Video]:
    """List the videos of which a project says something that was not known."""
    return [
        video
        for video in changed_videos(known, project)
        if not known.has_video(video.id)
        or not video.is_same_said(known.video(video.id))
    ]


def _check_held(is_held: Callable[[], bool], root: Path) -> None:
    """Refuse to write ``project.json`` where the lock on it was taken away."""
    if not is_held():
        raise ProjectError("Somebody else was saving {}; it is saved again.", root)


def _kept_notes(kept: Sequence[Path]) -> list[str]:
    """Say in one sentence where other versions of files were kept, if there are any."""
    if not kept:
        return []
    if len(kept) == 1:
        name = f"{kept[0].name.partition('.conflict-')[0]}{kept[0].suffix}"
        return [
            f"Another program changed {name}; that version was kept as {kept[0].name}."
        ]
    return [
        f"Another program changed {len(kept)} files; those versions were kept as "
        f"{listed([p.name for p in kept])}."
    ]


def check_free(root: Path) -> ProjectFolder:
    """Return the folder for a new project in ``root``, which must not hold one.

    Raises
    ------
    ProjectError
        Where there is a project already, or ``root`` is a file.
    """
    folder = ProjectFolder(root)
    check_text(str(root))
    if folder.project_file.exists():
        raise ProjectError(
            "{} already holds a project; open it or choose another folder.", root
        )
    if root.exists() and not root.is_dir():
        raise ProjectError("{} is a file; choose a folder for the project.", root)
    return folder


def create_project(
    root: Path, label_map: LabelMap, skeleton: str = "coco17"
) -> tuple[ProjectFolder, Project]:
    """Make a new project in ``root``, which must not hold one.

    Raises
    ------
    ProjectError
        Where there is a project already, or the folder cannot be written.
    """
    folder = check_free(root)
    project = new_project(root.resolve().name, label_map, skeleton)
    folder.save(project)
    return folder, project


def probe_video(path: Path, folder: ProjectFolder, project: Project) -> Track:
    """Open a video and make the project's entry for it, unlabelled.

    Images say in ``path`` at which rate they are shown (see `media_path`).

    Raises
    ------
    VideoError, ProjectError
        Where it is no video that can be read, or is in the project already.
    """
    from skelseg_core.video.reader import VideoReader

    stored = folder.stored_path(path)
    for item in project.tracks:
        if _without_rate(item.video.path) == _without_rate(stored):
            raise ProjectError(
                "{} is already in project {}, as video {}.",
                path,
                project.name,
                item.video.title,
            )
    with VideoReader(path) as reader:
        return Track.of_film(
            _free_id(portable_name(media_title(path)), project, folder),
            stored,
            reader.fingerprint,
            len(reader),
            reader.width,
            reader.height,
            round(reader.mean_rate, 4),
        )


def notes_on_video(path: Path) -> list[str]:
    """Write what is worth knowing of a video that was added."""
    from skelseg_core.video.reader import open_index

    index = run(open_index(path))
    notes = [index.damage] if index.damage else []
    if index.n_frames < FEW_FRAMES:
        notes.append("So few frames may not be a video: nothing can be trained on it.")
    if index.n_videos > 1:
        notes.append(
            f"It is video stream {index.video} of {index.n_videos}; add another with "
            f"{media_path(path).file.name}#NUMBER."
        )
    return notes


def _without_rate(stored: str) -> str:
    media = media_path(Path(stored))
    return stored if media.rate is None else stored.removesuffix(media.tail)


def check_same_video(item: Track, path: Path, fingerprint: str) -> None:
    """Refuse a file that is not the one that ``item`` was made of.

    Raises
    ------
    VideoError
        Where the fingerprints differ: frame n would be another picture.
    """
    if fingerprint != item.video.fingerprint:
        raise VideoError(
            "{} was replaced or changed since it was labelled as {}; put the old "
            "file back, or add this one under another name.",
            path,
            item.video.title,
        )


def _free_id(wanted: str, project: Project, folder: ProjectFolder) -> str:
    n = 2
    wanted = candidate = short_name(wanted)
    # Labels of a removed video stay on disk; a new video must not overwrite them.
    taken: set[str] = {v.id for v in project.tracks}
    taken |= {path.stem for path in folder.labels_path("").parent.glob("*.json")}
    while same_name(candidate, taken) is not None:
        candidate, n = f"{wanted}-{n}", n + 1
    return candidate
