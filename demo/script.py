"""The script: a seeded plan of what the person does, turned into poses and labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.body import Pose, solve
from demo.cast import CLASSES, SUBJECTS, Clip
from demo.director import GRIP, Director, Item
from demo.motion import min_jerk
from demo.space import DRAWER_TRAVEL, FPS

AT_CABINET, AT_DRAWER = 128.0, 138.0
TARGET_S = 23.0


@dataclass(frozen=True)
class ItemTrack:
    """A thing, its place (T, 3), and how far it is in hand (T,), 0 to 1."""

    item: Item
    path: np.ndarray
    raised: np.ndarray


@dataclass(frozen=True)
class Play:
    """A clip, acted: poses, labels and things over T frames."""

    clip: Clip
    pose: Pose
    labels: np.ndarray
    door: np.ndarray
    drawer: np.ndarray
    items: tuple[ItemTrack, ...]
    held: np.ndarray
    """Index of the thing in the hands, -1 for none, shape (T,)."""


def perform(clip: Clip) -> Play:
    """Plan and act one clip; the same seed gives the same clip."""
    director = Director(clip)
    _plan(director)
    n = round(director.t * FPS)
    times = np.arange(n) / FPS
    controls = director.sample(times)
    pose = solve(SUBJECTS[clip.subject].body, controls)
    door, drawer = director.door.sample(times), director.drawer.sample(times)
    labels = np.zeros(n, np.int64)
    for t0, t1, name in director.labels:
        labels[round(t0 * FPS) : round(t1 * FPS)] = CLASSES.index(name)
    held = np.full(n, -1)
    tracks = []
    for i, item in enumerate(director.items):
        tracks.append(_track(item, pose, drawer, times))
        for grip in item.grips:
            held[(times >= grip.t0) & (times < grip.t1)] = i
    return Play(clip, pose, labels, door, drawer, tuple(tracks), held)


def _track(item: Item, pose: Pose, drawer: np.ndarray, times: np.ndarray) -> ItemTrack:
    path = np.repeat(np.array(item.home, float)[None], len(times), axis=0)
    raised = np.zeros(len(times))
    if item.in_drawer:
        path[:, 0] += DRAWER_TRAVEL * drawer
    for grip in item.grips:
        palm = pose.palms[:, list(grip.hands)].mean(axis=1)
        palm = palm - np.array([0.0, GRIP[item.kind], 0.0])
        for t, goal in ((grip.t0, palm), (grip.t1, np.array(grip.goal, float))):
            path += (goal - path) * min_jerk((times - t) / 0.14 + 0.5)[:, None]
        for t, goal_raised in ((grip.t0 + 0.15, 1.0), (grip.t1 - 0.15, 0.0)):
            share = min_jerk((times - t) / 0.4 + 0.5)
            raised += (goal_raised - raised) * share
    return ItemTrack(item, path, raised)


def _plan(director: Director) -> None:
    rng, clip = director.rng, director.clip
    settings = [(k, s) for s in range(3) for k in ("plate", "cutlery", "cup")]
    order = [settings[i] for i in rng.permutation(len(settings))]
    # Somebody has begun to set the table: three things are there already.
    for kind, setting in order[:3]:
        director.add_item(kind, clip.table.slot(kind, setting))
    director.stand(float(rng.uniform(0.8, 1.6)), look=0.4)
    todo = order[3:]
    fetched: list[str] = []
    while todo and (len(fetched) < 3 or director.t < TARGET_S):
        kind, setting = _next(todo, fetched)
        todo.remove((kind, setting))
        fetched.append(kind)
        _fetch(director, kind, clip.table.slot(kind, setting))
        if rng.random() < 0.55:
            director.stand(float(rng.uniform(0.6, 1.4)), hips=rng.random() < 0.5)
    if (director.drawer.last or director.door.last) and director.t < 32.0:
        _shut(director)
    director.stand(float(rng.uniform(1.0, 1.8)), look=0.3, hips=True)


def _next(todo: list[tuple[str, int]], fetched: list[str]) -> tuple[str, int]:
    """The next thing to fetch: what was fetched least often."""
    return min(todo, key=lambda task: fetched.count(task[0]))


def _approach(director: Director, where: str) -> None:
    """Walk to where the hand reaches; who is short stands closer."""
    closer = 0.15 * (213.0 - director.body.height)
    spot = AT_DRAWER if where == "drawer" else AT_CABINET
    director.walk(spot - closer, np.pi - 0.32)


def _fetch(director: Director, kind: str, goal: tuple[float, float, float]) -> None:
    rng = director.rng
    where = "drawer" if kind == "cutlery" else "cabinet"
    _approach(director, where)
    track = director.drawer if where == "drawer" else director.door
    if not track.last:
        director.reach(where)
        director.open(where)
        if rng.random() < 0.2:
            director.stand(float(rng.uniform(0.6, 0.9)), keep_hands=True)
    item = director.add_item(kind, director.home(kind))
    hands = (0, 1) if kind == "plate" else (director.hand,)
    director.pick_up(item, hands)
    if rng.random() < 0.72:
        if kind == "plate":
            director.place(item, hands, (44.0, 105.0, 84.0))
            director.close(where, 1 - director.hand)
            director.pick_up(item, hands)
        else:
            director.close(where, 1 - director.hand)
    director.walk(goal[0] - 8.0, float(rng.uniform(0.95, 1.2)), carrying=kind)
    director.place(item, hands, goal)


def _shut(director: Director) -> None:
    where = "drawer" if director.drawer.last else "cabinet"
    _approach(director, where)
    director.reach(where)
    director.close(where, director.hand)
    other = director.door if where == "drawer" else director.drawer
    if other.last:
        director.reach("cabinet" if where == "drawer" else "drawer")
        director.close("cabinet" if where == "drawer" else "drawer", director.hand)
    director.walk(210.0, 1.0)
