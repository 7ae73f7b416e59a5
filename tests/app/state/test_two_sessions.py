"""Two sessions label one project while tiers, people and videos come and go.

Both do random acts. Whatever one of them was shown as labelled has to be in the project
afterwards, or in a file that is named: as another version of a track, or as labels
whose track is gone. Only who removes a track and sees its labels may end them.
``make soak`` tries more; ``SKELSEG_TWO_SESSIONS`` says how many seeds, and
``SKELSEG_FIRST_SEED`` from which on.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.kit.threads import wait_until
from app.services.files.video_claims import VideoClaims
from app.services.folder_watch import FolderWatch
from app.state.current_video import CurrentVideo
from app.state.document import open_document
from app.state.session import Session
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.lost_tracks import find_lost_tracks
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import (
    add_video,
    edit_lane,
    remove_video,
    set_people,
)
from skelseg_core.project.track_edits import (
    add_person,
    add_tier,
    name_person,
    remove_person,
    remove_tier,
    set_tier,
)
from tests.projects import N, item, make_project
from tests.soak import times

FIRST = int(os.environ.get("SKELSEG_FIRST_SEED", "0"))
SEEDS = range(FIRST, FIRST + times("SKELSEG_TWO_SESSIONS", 3, 150))
ACTS = 120
SLOT = 6
"""Frames of one range; the two sessions have the ranges by turns."""
WAIT_S = 60.0
Place = tuple[str, int]
"""A track and one of its ranges."""
HOW_OFTEN = {
    "label": 50, "save": 12, "look": 12, "undo": 8, "redo": 3, "add_tier": 5,
    "rename_tier": 2, "remove_tier": 3, "add_person": 4, "name_person": 3,
    "remove_person": 3, "add_video": 2, "remove_video": 2, "take_over": 2,
}  # fmt: skip


def label_at(lane: Segmentation, slot: int) -> int | None:
    """Return the class of a range; -2 where it has more than one."""
    ids = {i.item() for i in lane.to_frames()[slot * SLOT : (slot + 1) * SLOT]}
    return ids.pop() if len(ids) == 1 else -2


class Side:
    """A session that edits at random, and what it was shown as labelled."""

    def __init__(self, root: Path, number: int, dice: random.Random) -> None:
        self.number, self.dice, self.n = number, dice, 0
        self.document = open_document(ProjectFolder(root))
        self.session = Session(self.document, self.document.can_show)
        self.notices = Notices(self.document)
        current = CurrentVideo(self.document, self.session, self.document)
        self.claims = VideoClaims(current, self.notices, self.document)
        self.watch = FolderWatch(
            self.document, lambda: self.claims.others, self.notices, self.document
        )
        self.claims.files_changed.connect(self.watch.look)
        self.must: dict[Place, int] = {}
        # What was taken out of a lane that is shown, or with its track.
        self.beside: list[tuple[Place, int]] = []
        self.other: Side = self

    @property
    def project(self) -> Project:
        return self.document.project

    def shown(self, place: Place) -> int | None:
        found = self.project.find(place[0])
        return None if found is None else label_at(found.annotation, place[1])

    def compare(self) -> None:
        """Note what is shown no more though this session did not end it."""
        for place, class_id in list(self.must.items()):
            if self.shown(place) != class_id:
                self.beside.append((place, class_id))
                del self.must[place]

    def act(self) -> None:
        self.compare()
        what = self.dice.choices(list(HOW_OFTEN), list(HOW_OFTEN.values()))[0]
        before = self.project
        getattr(self, what)()
        if what in ("save", "look", "take_over"):
            return
        after = self.project
        gone = {v.id for v in before.tracks if not after.has(v.id)}
        for side in (self, self.other):
            side.end(gone, before)
        if what in ("undo", "redo"):
            for place in [p for p in self.must if self.shown(p) != self.must[p]]:
                del self.must[place]

    def end(self, gone: set[str], seen: Project) -> None:
        """Expect nothing of labels that somebody saw and removed with their track."""

        def is_ended(place: Place, class_id: int) -> bool:
            track, slot = place
            return (
                track in gone
                and label_at(seen.track(track).annotation, slot) == class_id
            )

        self.must = {p: c for p, c in self.must.items() if not is_ended(p, c)}
        self.beside = [(p, c) for p, c in self.beside if not is_ended(p, c)]

    # -- acts -------------------------------------------------------------------------

    def name(self, kind: str) -> str:
        self.n += 1
        # Now and then both choose the same one.
        return f"{kind}{self.dice.choice([self.n * 10 + self.number, self.n % 4])}"

    def apply(self, edit: Callable[[Project], Project]) -> bool:
        return self.document.apply("Edit", edit)

    def track(self) -> str:
        return self.dice.choice(self.project.track_ids)

    def label(self) -> None:
        track = self.track()
        slot = self.dice.choice(range(self.number, N // SLOT, 2))
        class_id = self.dice.choice(self.project.classes_of(track).ids)
        start = slot * SLOT
        if self.apply(
            lambda p: edit_lane(
                p, track, lambda s: paint(s, start, start + SLOT, class_id)
            )
        ):
            self.must[track, slot] = class_id

    def add_tier(self) -> None:
        name = self.name("T")
        self.apply(lambda p: add_tier(p, name, self.dice.choice(["person", "scene"])))

    def rename_tier(self) -> None:
        tier, name = self.dice.choice(self.project.tiers), self.name("R")
        self.apply(lambda p: set_tier(p, tier.id, name=name))

    def remove_tier(self) -> None:
        tier = self.dice.choice(self.project.tiers)
        self.apply(lambda p: remove_tier(p, tier.id))

    def add_person(self) -> None:
        film, name = self.dice.choice(self.project.video_ids), self.name("p")
        self.apply(lambda p: add_person(p, film, name))

    def name_person(self) -> None:
        track, name = self.track(), self.name("q")
        self.apply(lambda p: name_person(p, track, name))

    def remove_person(self) -> None:
        track = self.track()
        self.apply(lambda p: remove_person(p, track))

    def add_video(self) -> None:
        made = item(self.name("w"))
        self.apply(lambda p: add_video(p, made))

    def remove_video(self) -> None:
        if len(self.project.video_ids) > 1:
            film = self.dice.choice(self.project.video_ids)
            self.apply(lambda p: remove_video(p, film))

    def undo(self) -> None:
        self.document.undo()

    def redo(self) -> None:
        self.document.redo()

    def take_over(self) -> None:
        held = sorted(set(self.claims.others) & set(self.project.track_ids))
        if held:
            self.session.set_video(self.dice.choice(held))
            self.claims.take_over()

    def save(self) -> None:
        self.document.save()

    def look(self) -> None:
        self.dice.choice([self.claims.look, self.watch.look])()

    # -- coming to rest ---------------------------------------------------------------

    def settle(self) -> None:
        """Save, and take in what there is."""
        for _ in range(5):
            if not self.document.unsaved:
                break
            # What a save meets for the first time the next one keeps beside.
            with contextlib.suppress(SkelsegError):
                self.document.save_now()
            rest(1)
        looked: list[bool] = []
        self.watch.looked.connect(lambda: looked.append(True))
        self.watch.look()
        saver = self.document.saver
        # Where saving fails nothing is looked at; opening again recovers the edits.
        wait_until(lambda: bool(looked) or saver.failing, WAIT_S)
        wait_until(lambda: not self.document.taking_in.busy, WAIT_S)
        assert looked or saver.failing

    def leave(self) -> None:
        self.watch.close()
        self.claims.close()
        with contextlib.suppress(SkelsegError):
            self.document.close()


def rest(ms: int) -> None:
    """Let timers and threads of the sessions go on for a moment."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def kept_in(root: Path) -> dict[str, list[Segmentation]]:
    """Read the versions of tracks that lie beside, or were set aside, by the track."""
    found: dict[str, list[Segmentation]] = {}
    for path in root.rglob("*.conflict-*.json"):
        raw = json.loads(path.read_bytes())
        if "segments" in raw:
            track = path.name.partition(".conflict-")[0]
            found.setdefault(track, []).append(labels_from_json(raw, ""))
    return found


def lost_of(root: Path, sides: list[Side]) -> list[str]:
    """List what was shown as labelled and is neither there nor in a named file."""
    folder = ProjectFolder(root)
    project, kept = folder.load(), kept_in(root)
    for track in find_lost_tracks(folder, project):
        raw = json.loads(track.path.read_bytes())
        kept.setdefault(track.track_id, []).append(labels_from_json(raw, ""))
    lost = []
    for side in sides:
        for (track, slot), class_id in [*side.must.items(), *side.beside]:
            there = project.find(track)
            lanes = [*kept.get(track, ()), *(there.lanes.values() if there else ())]
            if all(label_at(lane, slot) != class_id for lane in lanes):
                lost.append(f"{side.number}: {class_id} at {slot} of {track}")
    return lost


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_shown_as_labelled_is_there(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    root = tmp_path / "project"
    folder, project = make_project(root)
    named = set_people(project, {"v1": ["anna"]})
    folder.save(named, project)
    sides = []
    for number in range(2):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / f"state {number}"))
        sides.append(Side(root, number, dice))
    sides[0].other, sides[1].other = sides[1], sides[0]
    try:
        for _ in range(ACTS):
            dice.choice(sides).act()
            rest(dice.choice([0, 0, 5, 30]))
        for side in sides * 3:
            side.compare()
            side.settle()
        for side in sides:
            side.compare()
    finally:
        for side in sides:
            side.leave()
    for number in range(2):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / f"state {number}"))
        again = open_document(ProjectFolder(root))
        again.save_now()
        again.close()
    assert any(side.must or side.beside for side in sides)
    assert lost_of(root, sides) == []
