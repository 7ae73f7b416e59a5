"""FolderWriter: writes what differs of a project into the files of its folder.

The files are written in an order in which every beginning is a project that opens.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from skelseg_core.errors import ProjectError, SkelsegError, unreachable
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder_reading import FolderReader
from skelseg_core.project.json import (
    labels_from_json,
    lane_text,
    project_text,
    project_to_json,
    said_text,
    work_of_labels,
    work_to_json,
)
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    changed_tracks,
    changed_videos,
)
from skelseg_core.project.seen_files import bytes_of, digest_of, keep_beside
from skelseg_core.project.tracks import VideoId, video_hold
from skelseg_core.project.videos_and_tracks import (
    Track,
    Video,
    blank_track,
    same_work,
    with_work_of,
)
from skelseg_core.said import listed


@dataclass
class FolderWriter(FolderReader):
    """Write a project; bytes that were not read are kept beside under another name.

    What belongs to a video that somebody else labels now is not written.
    """

    # Asked before labels of a video are written: somebody else may label it now.
    may_write: Callable[[str], bool] = field(default=lambda _: True, repr=False)
    # Where edits are kept that were not saved when somebody else took their video over.
    taken: dict[str, tuple[Path, ...]] = field(default_factory=dict, repr=False)

    def write(self, project: Project) -> None:
        """Write all files of a new project.

        Raises
        ------
        ProjectError
            Where the folder cannot be written.
        """
        self._check_may_write()
        for video in project.videos:
            self.write_about(video, None, None)
        for item in project.tracks:
            self.write_lanes(item, None, None)
        self.files.write(*self._project_file_of(project))

    def _check_there(self) -> None:
        """Refuse to save where the project is not, or was not read whole."""
        self._check_may_write()
        if self.files.digest(self.project_file) and not self._is_there():
            # A new folder would hold only what differs, and hide that the rest is gone.
            raise ProjectError(
                "{} is gone: the folder was moved or deleted, or its disk is not "
                "connected; put it back, your edits are kept until then.",
                self.project_file,
            ) from FileNotFoundError(errno.ENOENT, "its folder is gone")

    def _is_there(self) -> bool:
        try:
            return self.project_file.is_file()
        except OSError as error:
            raise ProjectError(unreachable(error)) from error

    def _check_may_write(self) -> None:
        if self.read_only:
            raise ProjectError("{}", self.read_only)
        if self._partial:
            raise ValueError("a part of a project would be saved as the whole")

    def without_taken(self, project: Project, known: Project) -> Project:
        """Leave out what was edited in videos that somebody else labels now.

        What no file has had is kept beside theirs; `taken` says where.
        """
        items = []
        for item in changed_tracks(known, project):
            # Of a track that both added nothing is known before.
            before = known.find(item.id) or blank_track(item)
            if same_files(item, before) or self.may_write(item.id):
                continue
            kept = self._keep_unsaved(item, before)
            self.taken[item.id] = self.taken.get(item.id, ()) + kept
            theirs = replace(item, lanes=before.lanes, missing=before.missing)
            items.append(with_work_of(theirs, before))
        if items:
            project = project.with_tracks(*items)
        for video in changed_videos(known, project):
            # Of a video that both added nothing is known before.
            there = Video(video.id, video.films)
            if known.has_video(video.id):
                there = known.video(video.id)
            if there.is_same_said(video) or self._may_write_about(video):
                continue
            path = self.about_path(video.id)
            data = said_text(video).encode()
            if digest_of(data) != self.files.digest(path) and data != bytes_of(path):
                held = video_hold(video.id)
                self.taken[held] = (*self.taken.get(held, ()), keep_beside(path, data))
            project = project.with_video(video.with_said_of(there))
        return project

    def _may_write_about(self, video: Video) -> bool:
        return self.may_write(video_hold(video.id))

    def write_about(
        self, video: Video, before: Video | None, known: Video | None
    ) -> list[Path]:
        """Write the file of what people said of a video, if that is not as before.

        Nothing is written where somebody else edits it now. Returns the copies of what
        somebody else had written there.
        """
        path = self.about_path(video.id)
        if before is None:
            same = video.is_blank and not os.path.lexists(path)
        else:
            same = video.is_same_said(before)
        if same or video.damage:
            return []
        if not self._may_write_about(video):
            if not video.is_same_said(known or Video(video.id, video.films)):
                # Since `without_taken`: the next try leaves it out, and keeps it.
                raise ProjectError(
                    "Somebody else began to edit the notes of {} during the save; the "
                    "project is saved again without yours.",
                    video.title,
                )
            return []
        return self.files.write(path, said_text(video))

    def write_lanes(
        self, item: Track, before: Track | None, known: Track | None
    ) -> list[Path]:
        """Write the label files of a video that differ from ``before``.

        Nothing is written where somebody else labels the video now. Returns the copies
        of what somebody else had written there.
        """
        kept: list[Path] = []
        for name in self._changed_lanes(item, before, known):
            if name in item.missing:
                kept += self._take_back(item, name)
                continue
            path = self.person_path(item.id, name)
            kept += self.files.write(path, lane_text(item, name))
        return kept

    def _changed_lanes(
        self, item: Track, before: Track | None, known: Track | None
    ) -> Iterator[str]:
        if before is not None and same_files(item, before):
            return
        if not self.may_write(item.id):
            if known is not None and not same_files(item, known):
                # Since `without_taken`: the next try leaves it out, and keeps it.
                raise ProjectError(
                    "Somebody else began to label {} during the save; the project is "
                    "saved again without it.",
                    item.called,
                )
            return
        for name, lane in item.lanes.items():
            if name in item.missing:
                if before is not None and name not in before.missing:
                    yield name
            elif (
                before is None
                or name in before.missing
                or not _same_lane(before.lanes.get(name), lane)
            ):
                yield from self._unless_as_read(item, name)
            elif name == ANNOTATION and not same_work(item, before):
                yield name

    def _project_file_of(self, project: Project) -> tuple[Path, str]:
        return self.project_file, self.project_text(project)

    def project_text(self, project: Project) -> str:
        """Write the text of ``project.json``."""
        return project_text(project_to_json(project))

    def write_lost(self, project: Project) -> list[str]:
        """Write files of labels, notes and people again that were deleted.

        Returns
        -------
        list of str
            A sentence on them, where there were any.

        Raises
        ------
        ProjectError
            Where one cannot be written.
        """
        if self.read_only or not self._is_there():
            return []
        written: dict[str, list[str]] = {}
        for path in sorted(self.files.lost(self.root)):
            text = self._text_of(path, project)
            if text is not None and not path.is_file():
                self.files.write(path, text)
                of_video = path == self.about_path(VideoId(path.stem))
                kind = "files of notes" if of_video else "label files"
                written.setdefault(kind, []).append(path.name)
        return [
            f"Missing {kind} ({listed(names)}) were written again from the open "
            "project."
            for kind, names in written.items()
        ]

    def _text_of(self, path: Path, project: Project) -> str | None:
        """Write what a file of the project is to hold; None where it is none."""
        name = path.stem
        if path == self.about_path(VideoId(name)):
            return said_text(project.video(name)) if project.has_video(name) else None
        item = project.find(name)
        lanes = () if item is None else item.lanes.keys() - item.missing
        mine = (lane for lane in lanes if self.person_path(name, lane) == path)
        lane = next(mine, None)
        return None if item is None or lane is None else lane_text(item, lane)

    def _keep_unsaved(self, item: Track, before: Track) -> tuple[Path, ...]:
        """Keep what was edited of a video beside its files, where no file has had it.

        Returns
        -------
        tuple of Path
            Where they are kept; none where all of them had been saved.

        Raises
        ------
        ProjectError
            Where they cannot be written.
        """
        kept = []
        for name, lane in item.lanes.items():
            path = self.person_path(item.id, name)
            same = name != ANNOTATION or same_work(item, before)
            if name in item.missing or (same and before.lanes.get(name) is lane):
                continue
            data = lane_text(item, name).encode()
            if digest_of(data) != self.files.digest(path) and data != bytes_of(path):
                kept.append(keep_beside(path, data))
        return tuple(kept)

    def _take_back(self, item: Track, name: str) -> list[Path]:
        """Remove the empty file of labels whose giving up was undone.

        Where it says more of the video it is kept beside; returns where.
        """
        kept = []
        path = self.person_path(item.id, name)
        nothing = Segmentation.unlabelled(item.n_frames)
        with contextlib.suppress(OSError, ValueError, SkelsegError):
            data = path.read_bytes()
            raw = json.loads(data)
            lane = labels_from_json(raw, str(path))
            if lane == nothing and self.files.is_ours(path, data):
                if work_of_labels(raw) not in ({}, work_to_json(item)):
                    kept.append(keep_beside(path, data))
                path.unlink()
                self.files.forget(path)
        return kept

    def _unless_as_read(self, item: Track, name: str) -> Iterator[str]:
        """Name a lane whose file is to be written, unless nobody has looked at it."""
        path, lane = self.person_path(item.id, name), item.lanes[name]
        unread = self._unread.get(str(path))
        # Who writes the work of a lane reads the lane: it is as the file says yet.
        same = name != ANNOTATION or work_to_json(item) == self._work.get(item.id, {})
        if unread is lane and not unread.is_read and same:
            return
        if unread is not None:
            # Undo may come back to what is there now.
            with contextlib.suppress(SkelsegError):
                _ = unread.segments
        yield name


def same_files(item: Track, before: Track) -> bool:
    """Tell whether the label files of a video are to say the same as before."""
    was, lanes = before.lanes, item.lanes
    if item.missing != before.missing or not same_work(item, before):
        return False
    return lanes.keys() == was.keys() and all(
        _same_lane(was[name], lane) for name, lane in lanes.items()
    )


def _same_lane(was: Segmentation | None, lane: Segmentation) -> bool:
    """Tell whether a lane is as before: also where edits lead back to that."""
    if was is lane:
        return True
    if any(isinstance(v, UnreadLane) and not v.is_read for v in (was, lane)):
        return False
    return was == lane


def before_labels(known: Project, project: Project) -> Project | None:
    """Return what project.json is to hold before labels; None where it may stay.

    New classes come before the labels that have them, and a class goes after.
    """
    old, new = known.label_map, project.label_map
    if all(old.get(c.id) is not None for c in new.classes):
        return None
    if set(old.ids) <= set(new.ids):
        return project
    names = set(new.names)
    going = [
        replace(c, name=going_name(c.name, c.id)) if c.name in names else c
        for c in old.classes
        if new.get(c.id) is None
    ]
    classes = (*new.classes, *going)
    ids = {c.id for c in classes}
    former = {f.id: f for f in (*old.former, *new.former) if f.id not in ids}
    both = LabelMap(classes, tuple(former.values()), new.next_id)
    return replace(known, label_map=both)


def going_name(name: str, class_id: int) -> str:
    """Name a class that is about to go, where another has its name already."""
    return f"{name} ({class_id})"
