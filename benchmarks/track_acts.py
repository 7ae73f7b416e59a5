"""Random acts on the tracks of a project, and what must be there because of them.

`two_writers --tracks` has two windows that add, rename and remove tiers, people and
videos, undo, label ranges of their own, and write notes and comments. Each step is
written down as soon as the window shows it, so that a window may be killed.
"""

from __future__ import annotations

import heapq
import json
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.doctor.checkup import examine_project
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import paint
from skelseg_core.progress import run
from skelseg_core.project.copies.stray_files import SET_ASIDE
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.point_and_comment_edits import add_comments
from skelseg_core.project.project import Project, changed_tracks
from skelseg_core.project.project_edits import (
    add_video,
    edit_lane,
    remove_video,
    set_notes,
)
from skelseg_core.project.track_edits import (
    add_person,
    add_tier,
    name_person,
    remove_person,
    remove_tier,
    set_tier,
)
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.project.videos_and_tracks import Track

SLOT = 6
"""Frames of one range; two windows have them by turns."""
N_WINDOWS = 2
N_LATEST = 6
"""Tracks at the end of the list that are chosen as often as all others together."""
N_LAST = 2
"""Tiers, people and videos at the end of their lists that are taken out."""
COMMON = ("ben", "cleo")
"""Names that both windows give."""
ACTS = {
    "label": 50,
    "comment": 6,
    "note": 4,
    "add_tier": 5,
    "rename_tier": 3,
    "remove_tier": 4,
    "add_person": 5,
    "rename_person": 4,
    "remove_person": 4,
    "add_video": 3,
    "remove_video": 3,
    "undo": 9,
    "redo": 4,
    "save": 3,
    "release": 4,
}
Edit = Callable[[Project], Project]


def class_at(frames: np.ndarray, slot: int) -> int:
    """Return the class of a range; -1 where it is unlabelled, or has more than one."""
    ids = set(frames[slot * SLOT : (slot + 1) * SLOT].tolist())
    return ids.pop() if len(ids) == 1 else -1


class Log:
    """A file of what a window did, a line at once, whatever becomes of the window."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(self, kind: str, **values: Any) -> None:
        entry = {"at": time.time_ns(), "kind": kind, **values}
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read what a window wrote; a last line that is cut off does not count."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


class TrackHand:
    """Works in a window on whatever tracks there are."""

    longest_ms = 1200

    def __init__(self, inner: Any, number: int, seed: int, path: Path) -> None:
        former = read_log(path)
        self.document, self.inner, self.number = inner.document, inner, number
        self.life = sum(entry["kind"] == "open" for entry in former)
        self.dice = random.Random(f"{seed} {number} {self.life}")
        self.log, self.n = Log(path), 0
        self.new: list[TrackId] = []
        self.log.write("open", said=[*self.document.notes])
        self.clips = path.parent
        self._cut_off(former)
        inner.services.notices.said.connect(lambda text: self.log.write("said", t=text))
        inner.services.notices.warned.connect(
            lambda text: self.log.write("said", t=text)
        )

    def _cut_off(self, former: list[dict[str, Any]]) -> None:
        """Tell what nobody knows of a step in the midst of which the window died."""
        if former and former[-1]["kind"] == "begin":
            of = former[-1]["of"]
            self.log.write("unsure", of=of, by=self.number, shown=self._labels())

    def _labels(self) -> list[list[Any]]:
        project = self.document.project
        return [
            [item.id, slot, class_id]
            for item in project.tracks
            for slot, class_id in _slots(item, self.number, N_WINDOWS)
            if class_id != -1
        ]

    # -- acts -----------------------------------------------------------------------

    def act(self) -> None:
        what = self.dice.choices(list(ACTS), list(ACTS.values()))[0]
        with suppress(SkelsegError):
            getattr(self, what)()

    def end(self) -> None:
        self.log.write("left", unsaved=self.document.unsaved)

    def _name(self, of: str) -> str:
        self.n += 1
        if self.dice.random() < 0.3:
            return self.dice.choice(COMMON)
        return f"{of}{self.number}x{self.life}x{self.n}"

    def _step(self, step: Callable[[], object], of: str) -> bool:
        """Make a step, and write down what it changed."""
        before = self.document.project
        self.log.write("begin", of=of)
        step()
        after = self.document.project
        # Undo goes over a restart, also to steps of the other window.
        every = of in ("undo", "redo")
        changed = _changed(before, after, self.number, every)
        self.log.write("end", of=of, **changed)
        return after is not before

    def _apply(self, of: str, edit: Edit) -> bool:
        before = self.document.project
        made = self._step(lambda: self.document.apply(of, edit), of)
        there = self.document.project.tracks
        self.new += [v.id for v in there if not before.has(v.id)]
        return made

    def _track(self) -> Track:
        tracks: Sequence[Track] = self.document.project.tracks
        few = tracks[-N_LATEST:] if self.dice.random() < 0.5 else tracks
        return self.dice.choice(few)

    def label(self) -> None:
        project = self.document.project
        # Who adds something labels it next.
        new = [project.track(i) for i in self.new if project.has(i)]
        item = self.dice.choice(new) if new else self._track()
        self.new.clear()
        slots = range(self.number, item.n_frames // SLOT, N_WINDOWS)
        slot = self.dice.choice(slots)
        classes = project.classes_of(item).classes
        chosen = self.dice.choice(classes).id
        start = slot * SLOT
        before = self.document.project
        self._apply(
            f"label {item.id} {slot}",
            lambda p: edit_lane(
                p, item.id, lambda a: paint(a, start, start + SLOT, chosen)
            ),
        )
        if self.document.project is before and self.dice.random() < 0.2:
            self.inner.session.set_video(item.id)
            if self.inner.session.track_id == item.id:
                self.inner.services.files.video_claims.take_over()

    def release(self) -> None:
        claims = self.inner.services.files.video_claims
        self.inner.session.set_video(self._track().id)
        claims.give_up()

    def comment(self) -> None:
        self.n += 1
        video = self._track().video
        text = f"comment {self.number}.{self.life}.{self.n}"
        frame = self.dice.randrange(video.n_frames)
        made = Comment(frame, frame + 1, None, text, "w", "2026-01-01T00:00:00+00:00")
        self._apply("comment", lambda p: add_comments(p, video.id, [made]))

    def note(self) -> None:
        self.n += 1
        video = self._track().video
        text = f"{video.notes}\nnote {self.number}.{self.life}.{self.n}"
        self._apply("note", lambda p: set_notes(p, video.id, text))

    def add_tier(self) -> None:
        name = self._name("tier")
        of = self.dice.choice(("person", "person", "scene"))
        self._apply("add tier", lambda p: add_tier(p, name, of))  # type: ignore[arg-type]

    def rename_tier(self) -> None:
        tier, name = self.dice.choice(self.document.project.tiers), self._name("tier")
        self._apply("rename tier", lambda p: set_tier(p, tier.id, name=name))

    def remove_tier(self) -> None:
        project = self.document.project
        used = {v.tier for v in project.tracks if v.annotation.n_labelled}
        free = [tier for tier in project.tiers[1:] if tier.id not in used]
        if free:
            tier = self.dice.choice(free[-N_LAST:])
            self._apply("remove tier", lambda p: remove_tier(p, tier.id))

    def add_person(self) -> None:
        video, name = self._track().video_id, self._name("person")

        def edit(project: Project) -> Project:
            first = project.first_track(video)
            if not first.person and not project.video(video).people:
                project = name_person(project, first.id, f"first{self.number}")
            return add_person(project, video, name)

        self._apply("add person", edit)

    def rename_person(self) -> None:
        item, name = self._track(), self._name("person")
        self._apply("rename person", lambda p: name_person(p, item.id, name))

    def remove_person(self) -> None:
        people: dict[tuple[str, str], list[Track]] = {}
        for item in self.document.project.tracks:
            people.setdefault((item.video_id, item.person), []).append(item)
        free = [
            tracks[0]
            for (_, person), tracks in people.items()
            if person and not any(v.annotation.n_labelled for v in tracks)
        ]
        if free:
            item = self.dice.choice(free[-N_LAST:])
            self._apply("remove person", lambda p: remove_person(p, item.id))

    def add_video(self) -> None:
        self.n += 1
        clip = self.dice.choice(sorted(self.clips.glob("clip-*.mp4")))
        copy = self.clips / f"more{self.number}x{self.life}x{self.n}.mp4"
        shutil.copy(clip, copy)
        folder = self.document.folder
        item = probe_video(copy, folder, self.document.project)
        self._apply("add video", lambda p: add_video(p, item))

    def remove_video(self) -> None:
        """Take a video out of which nothing is said; who sees labels leaves it."""
        project = self.document.project
        used = {v.video_id for v in project.tracks if v.annotation.n_labelled}
        free = [
            video.id
            for video in project.videos
            if not (video.id in used or video.comments or video.notes)
        ]
        if free:
            video_id = self.dice.choice(free[-N_LAST:])
            self._apply("remove video", lambda p: remove_video(p, video_id))

    def undo(self) -> None:
        self._step(self.document.undo, "undo")

    def redo(self) -> None:
        self._step(self.document.redo, "redo")

    def save(self) -> None:
        self.document.save()


def _changed(
    before: Project, after: Project, number: int, every: bool
) -> dict[str, Any]:
    """Tell what a step put there and took away: in every range, or a window's own."""
    if before is after:
        return {}
    ranges = (0, 1) if every else (number, N_WINDOWS)
    put, gone = things(after), things(before)
    labels: list[list[Any]] = []
    named: list[list[str]] = []
    for item in changed_tracks(before, after):
        old = before.find(item.id)
        if old is not None and old.person != item.person:
            named.append([item.video_id, old.person, item.person])
        was = {} if old is None else dict(_slots(old, *ranges))
        for slot, class_id in _slots(item, *ranges):
            if was.get(slot, -1) != class_id:
                labels.append([*_place(item), slot, class_id])
    for item in before.tracks:
        if not after.has(item.id):
            labels += [
                [*_place(item), slot, -1]
                for slot, class_id in _slots(item, number, N_WINDOWS)
                if class_id != -1
            ]
    return {
        "labels": labels,
        "named": named,
        "put": sorted(put - gone),
        "gone": sorted(gone - put),
    }


def _slots(item: Track, first: int, step: int) -> Iterator[tuple[int, int]]:
    frames = item.annotation.to_frames()
    for slot in range(first, item.n_frames // SLOT, step):
        yield slot, class_at(frames, slot)


def _place(item: Track) -> tuple[str, str, str, str]:
    return item.video_id, item.id, item.tier, item.person


def things(project: Project) -> set[tuple[str, ...]]:
    """List what there is besides labels: tiers, people, videos, notes and comments."""
    found: set[tuple[str, ...]] = {("tier", tier.id) for tier in project.tiers}
    tiers = {tier.id for tier in project.tiers if tier.of == "person"}
    for item in project.tracks:
        if item.person and item.tier in tiers:
            found.add(("person", item.video_id, item.person))
    for video in project.videos:
        found.add(("video", video.id, video.path))
        found |= {("comment", video.id, c.text) for c in video.comments}
        found |= {("note", video.id, line) for line in video.notes.splitlines()}
    return found


# -- afterwards ---------------------------------------------------------------------


@dataclass
class Must:
    """What the windows were shown, by the end."""

    labels: dict[tuple[str, int], tuple[str, str, str, int]] = field(
        default_factory=dict
    )
    things: set[tuple[str, ...]] = field(default_factory=set)
    named: list[tuple[str, str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)

    def add(self, log: Iterable[dict[str, Any]]) -> None:
        """Add what the windows wrote down, in the order of time."""
        for entry in log:
            self.said += entry.get("said", ())
            kind = entry["kind"]
            if kind == "said":
                self.said.append(entry["t"])
            elif kind == "unsure":
                self._unsure(entry)
            elif kind == "end" and "labels" in entry:
                of, _, what = entry["of"].partition(" ")
                self.did[of if of == "label" else f"{of} {what}".strip()] += 1
                for video, track, tier, person, slot, class_id in entry["labels"]:
                    self.labels.pop((track, slot), None)
                    if class_id != -1:
                        place = video, tier, person, class_id
                        self.labels[track, slot] = place
                self.named += [tuple(names) for names in entry["named"]]
                self.things |= set(map(tuple, entry["put"]))
                self.things -= set(map(tuple, entry["gone"]))

    def _unsure(self, entry: dict[str, Any]) -> None:
        """Leave out what a step may have taken away in the midst of which it died."""
        shown = {(track, slot): class_id for track, slot, class_id in entry["shown"]}
        _, track, slot = [*entry["of"].split(" "), "", ""][:3]
        for place, (*_, class_id) in list(self.labels.items()):
            touched = [track, slot] == [place[0], str(place[1])] or not track
            touched = touched and place[1] % N_WINDOWS == entry["by"]
            if touched and shown.get(place) != class_id:
                del self.labels[place]
                self.did["not known"] += 1

    def same_person(self, video: str, a: str, b: str) -> bool:
        """Tell whether one name became the other by renaming, in some order.

        Of two people of one name the program calls one "ben 2".
        """
        found, before = {a}, 0
        while len(found) > before:
            before = len(found)
            for of, old, new in self.named:
                if of == video and found & {old, new}:
                    found |= {old, new}
        return b in found or re.sub(" [0-9]+$", "", b) in found


def check_tracks(root: Path, logs: Iterable[Path]) -> tuple[int, int]:
    """Count what is lost, and what lies in a file that nobody names; print each."""
    must = Must()
    must.add(heapq.merge(*map(read_log, logs), key=itemgetter("at")))
    left = _Left(root, must)
    for (track, slot), place in must.labels.items():
        if not left.has_label(slot, *place):
            found = (
                path
                for path, of, frames in left.labels
                if of == track and class_at(frames, slot) == place[-1]
            )
            left.count(f"{track} {slot}: {place}", found)
    for thing in sorted(must.things - left.there):
        if not left.has_renamed(*thing):
            found = (p for p, text in left.texts.items() if thing[-1] in text)
            left.count(str(thing), found)
    print(f"  {len(must.labels)} labels; {dict(must.did)}", flush=True)
    return must.did["lost"], must.did["unnamed"]


class _Left:
    """A project after both windows are closed, and the files in its folder."""

    def __init__(self, root: Path, must: Must) -> None:
        folder = ProjectFolder(root)
        self.project, self.must = folder.load(), must
        self.there = things(self.project)
        texts = {p: p.read_text() for p in root.rglob("*.json")}
        of_tracks = {folder.labels_path(item.id) for item in self.project.tracks}
        self.labels = list(_labels_in(texts, of_tracks))
        self.texts = {p: t for p, t in texts.items() if p != folder.project_file}
        by_doctor = (str(finding.text) for finding in run(examine_project(root)))
        self._said = "\n".join((*folder.notes, *must.said, *by_doctor))

    def has_label(
        self, slot: int, video: str, tier: str, person: str, class_id: int
    ) -> bool:
        """Tell whether a lane of the video, tier and person has a label."""
        return any(
            class_at(lane.to_frames(), slot) == class_id
            for item in self.project.tracks_of(VideoId(video))
            if item.tier == tier and self.must.same_person(video, person, item.person)
            for lane in item.lanes.values()
        )

    def has_renamed(self, kind: str, of: str, name: str = "") -> bool:
        """Tell whether a person is there by another name."""
        people = (t for t in self.there if t[0] == kind == "person" and t[1] == of)
        return any(self.must.same_person(of, name, other) for _, _, other in people)

    def count(self, what: str, found: Iterable[Path]) -> None:
        """Count what is not in the project, by the files that have it."""
        paths = list(found)
        named = any(
            path.name in self._said
            # Of these it is said in which folder they are.
            or (SET_ASIDE in path.parts and SET_ASIDE in self._said)
            for path in paths
        )
        how = "beside" if named else "unnamed" if paths else "lost"
        self.must.did[how] += 1
        if not named:
            names = ", ".join(path.name for path in paths)
            print(f"  {how.upper()}: {what} {names}", flush=True)


def _labels_in(
    texts: Mapping[Path, str], of_tracks: Collection[Path]
) -> Iterator[tuple[Path, str, np.ndarray]]:
    """Read label files that are no file of a track: of which track, and the frames."""
    for path, text in texts.items():
        if path not in of_tracks:
            track = path.name.partition(".conflict-")[0].removesuffix(".json")
            with suppress(ValueError, SkelsegError):
                lane = labels_from_json(json.loads(text), str(path))
                yield path, track, lane.to_frames()
