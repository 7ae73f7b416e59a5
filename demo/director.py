"""The director: verbs of the play, each of which writes motion and a label."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from demo.body import UP, Controls
from demo.cast import SUBJECTS, Clip
from demo.hands import RIM, Frame, Point, resolve
from demo.motion import (
    FootMove,
    Track,
    bump,
    heading,
    leftward,
    min_jerk,
    plan_walk,
    sample_body,
    sample_feet,
)
from demo.space import LANE_Z, door_handle, drawer_handle

GRIP = {"cup": 8.0, "cutlery": 2.0, "plate": 2.0}
"""How high above the foot of a thing the palm holds it."""


@dataclass(frozen=True)
class Grip:
    """A thing is in these hands from t0 to t1, and ends at goal."""

    t0: float
    t1: float
    hands: tuple[int, ...]
    goal: Point


@dataclass
class Item:
    """A cup, a plate, or cutlery in a napkin."""

    kind: str
    home: Point
    in_drawer: bool = False
    grips: list[Grip] = field(default_factory=list)


@dataclass(frozen=True)
class HandKey:
    """From t0 to t1 the hand goes to a target: a name, or a point of the world."""

    t0: float
    t1: float
    target: str | Point
    lift: float = 0.0


class Director:
    """Keeps the time of the play; each verb acts from now on and moves time ahead."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.subject = SUBJECTS[clip.subject]
        self.body = self.subject.body
        self.rng = np.random.default_rng(clip.seed)
        self.hand = self.subject.hand
        self.t = 0.0
        self.x = float(self.rng.uniform(205, 265))
        self.stop_yaw = 1.0
        self.yaw = Track(self.stop_yaw)
        self.lean, self.crouch = Track(0.03), Track(0.0)
        self.look_yaw, self.look_down = Track(0.0), Track(0.05)
        self.door, self.drawer = Track(0.0), Track(0.0)
        self.knots = [(-9.0, self.x)]
        self.moves: list[FootMove] = []
        self.hands: tuple[list[HandKey], list[HandKey]] = ([], [])
        self.items: list[Item] = []
        self.labels: list[tuple[float, float, str]] = []
        self.first_feet = self._feet_at(self.x, self.stop_yaw)

    # -- small helpers -----------------------------------------------------------
    def _span(self, seconds: float) -> float:
        """A duration in the pace of the subject, never twice the same."""
        return seconds / self.subject.pace * float(self.rng.uniform(0.85, 1.2))

    def _take(self, label: str, seconds: float) -> tuple[float, float]:
        t0, self.t = self.t, self.t + seconds
        if self.labels and self.labels[-1][2] == label:
            start = self.labels.pop()[0]
            self.labels.append((start, self.t, label))
        else:
            self.labels.append((t0, self.t, label))
        return t0, self.t

    def _feet_at(self, x: float, yaw: float) -> np.ndarray:
        across = leftward(yaw) * (self.body.hip * 1.15)
        middle = np.array([x, 0.0, LANE_Z])
        return np.stack([middle + across, middle - across])

    def _move_hand(
        self, hand: int, t0: float, t1: float, target: str | Point, lift: float = 0.0
    ) -> None:
        self.hands[hand].append(HandKey(t0, t1, target, lift))

    def _posture(
        self, t0: float, t1: float, lean: float, crouch: float, down: float
    ) -> None:
        self.lean.to(t0, t1, lean)
        self.crouch.to(t0, t1, crouch)
        self.look_down.to(t0, t1, down)

    def _free(self, hand: int) -> bool:
        keys = self.hands[hand]
        return not keys or keys[-1].target in ("rest", "hips")

    # -- verbs -------------------------------------------------------------------
    def stand(
        self,
        seconds: float,
        look: float = 0.5,
        hips: bool = False,
        keep_hands: bool = False,
    ) -> None:
        """Stand and look around, perhaps with the hands on the hips."""
        t0, t1 = self._take("stand", max(seconds, 0.5))
        middle = 0.5 * (t0 + t1)
        sign = float(self.rng.choice([-1, 1]))
        if self.stop_yaw > 2.0:
            look, sign = 0.3, -1.0
        self.look_yaw.to(t0, middle, look * sign)
        self.look_yaw.to(middle, t1 + 0.2, 0.0)
        if keep_hands:
            return
        self._posture(t0, t0 + 0.6, 0.03, 0.0, 0.05)
        for hand in (0, 1):
            if not self._free(hand) or hips:
                goal = "hips" if hips else "rest"
                self._move_hand(hand, t0, t0 + 0.55, goal, 4.0)

    def walk(self, x: float, stop_yaw: float, carrying: str = "") -> None:
        """Walk to ``x`` and turn to ``stop_yaw``; hands hold what they carry."""
        step = 0.3 * self.body.height * self.subject.pace**0.3
        step_s = 0.46 / self.subject.pace
        walk_yaw = 0.2 if x > self.x else np.pi - 0.2
        turn_s = 0.3 + 0.25 * abs(walk_yaw - self.stop_yaw)
        knots, swings = plan_walk(self.x, x, self.t + 0.45 * turn_s, step, step_s)
        label = f"carry {carrying}" if carrying else "walk"
        t0, t1 = self._take(label, swings[-1][1] - self.t)
        self.knots += knots
        self.yaw.to(t0, t0 + turn_s, walk_yaw)
        self.yaw.to(t1 - 1.3 * step_s, t1 + 0.1, stop_yaw)
        first = int(self.rng.integers(2))
        for j, (a, b, goal) in enumerate(swings):
            toes = stop_yaw if j >= len(swings) - 2 else walk_yaw
            foot = (first + j) % 2
            spot = self._feet_at(goal, toes)[foot]
            a = a if j else a + 0.1 * step_s
            self.moves.append(
                FootMove(
                    foot, a + 0.08 * step_s, b + 0.05 * step_s, spot[0], spot[2], toes
                )
            )
        self.x, self.stop_yaw = x, stop_yaw
        self._posture(t0, t0 + 0.6, 0.05, 0.0, 0.1)
        self._release(t0, carrying)

    def _release(self, t0: float, carrying: str) -> None:
        holding = {"": (), "plate": (0, 1)}.get(carrying, (self.hand,))
        for hand in (0, 1):
            if hand not in holding:
                self._move_hand(hand, t0, t0 + 0.6, "rest", 6.0)

    def reach(self, where: str) -> None:
        """Stretch the arm to a handle."""
        t0, t1 = self._take("reach", self._span(0.68))
        self._stoop(where, t0, t1)
        self._move_hand(self.hand, t0, t1, where, 10.0)

    def _stoop(self, where: str, t0: float, t1: float) -> None:
        if where == "drawer":
            self._posture(t0, t1, 0.2, 5.0, 0.5)
        else:
            self._posture(t0, t1, -0.04, 0.0, -0.18)

    def open(self, where: str) -> None:
        """Pull the drawer, or swing the door; the hand is on the handle."""
        t0, t1 = self._take(f"open {where}", self._span(0.85))
        (self.drawer if where == "drawer" else self.door).to(t0, t1, 1.0)
        self.lean.to(t0, t1, 0.06 if where == "drawer" else -0.09)

    def close(self, where: str, hand: int) -> None:
        """Take the handle and shut it."""
        near = 0.0 if self._at_handle(hand, where) else self._span(0.42)
        push = self._span(0.72)
        t0, t1 = self._take(f"close {where}", near + push)
        if near:
            self._stoop(where, t0, t0 + near + 0.1)
            self._move_hand(hand, t0, t0 + near, where, 6.0)
        (self.drawer if where == "drawer" else self.door).to(t0 + near, t1, 0.0)

    def _at_handle(self, hand: int, where: str) -> bool:
        keys = self.hands[hand]
        return bool(keys) and keys[-1].target == where

    def pick_up(self, item: Item, hands: tuple[int, ...]) -> None:
        """Grasp a thing and lift it into the pose in which it is carried."""
        out, back = self._span(0.55), self._span(0.55)
        t0, t1 = self._take("pick up", out + back)
        spot = item.grips[-1].goal if item.grips else item.home
        if item.in_drawer:
            spot = (spot[0] + 40.0 * self.drawer.last, spot[1], spot[2])
        high = spot[1] > 130
        self._posture(t0, t0 + out, 0.12, 0.0 if high else 4.0, -0.1 if high else 0.5)
        for hand in hands:
            self._move_hand(
                hand, t0, t0 + out, self._grasp(item, spot, hand, hands), 5.0
            )
            self._move_hand(hand, t0 + out + 0.05, t1, f"hold{len(hands)}", 7.0)
        item.grips.append(Grip(t0 + out, 1e9, hands, spot))
        self._posture(t0 + out + 0.05, t1, 0.03, 0.0, 0.15)
        free = 1 - self.hand
        if free not in hands and not self._free(free):
            self._move_hand(free, t0, t0 + 0.5, "rest", 5.0)

    def place(self, item: Item, hands: tuple[int, ...], goal: Point) -> None:
        """Put down what is held, and let go."""
        down, off = self._span(0.62), self._span(0.36)
        t0, t1 = self._take("place", down + off)
        self._posture(t0, t0 + down, 0.26, 3.0, 0.5)
        self._posture(t0 + down, t1 + 0.3, 0.05, 0.0, 0.15)
        for hand in hands:
            self._move_hand(
                hand, t0, t0 + down, self._grasp(item, goal, hand, hands), 8.0
            )
            self._move_hand(hand, t0 + down + 0.08, t1 + 0.3, "rest", 12.0)
        grip = item.grips.pop()
        item.grips.append(Grip(grip.t0, t0 + down, hands, goal))

    def _grasp(
        self, item: Item, spot: Point, hand: int, hands: tuple[int, ...]
    ) -> Point:
        """Where the palm goes: beside the rim if two hands share the thing."""
        if len(hands) == 1:
            return spot[0], spot[1] + GRIP[item.kind], spot[2]
        side = (1.0 if hand == 0 else -1.0) * RIM
        across = leftward(self.stop_yaw) * side
        return spot[0] + across[0], spot[1] + GRIP[item.kind], spot[2] + across[2]

    # -- things ------------------------------------------------------------------
    def home(self, kind: str) -> Point:
        """Where the next thing of a kind waits."""
        n = sum(i.kind == kind and bool(i.grips) for i in self.items)
        if kind == "cutlery":
            return 54.0, 88.0, 72.0 + 11.0 * (n % 3)
        if kind == "cup":
            return 38.0, 188.0, 68.0 + 17.0 * (n % 3)
        return 32.0, 160.0, 84.0

    def add_item(self, kind: str, place: Point) -> Item:
        """A new thing at ``place``."""
        item = Item(kind, place, in_drawer=kind == "cutlery" and place[0] < 100)
        self.items.append(item)
        return item

    # -- sampling ----------------------------------------------------------------
    def sample(self, times: np.ndarray) -> Controls:
        """Everything the director said, over time."""
        x = sample_body([*self.knots, (self.t + 9.0, self.x)], times)
        yaw, lean = self.yaw.sample(times), self.lean.sample(times)
        feet = sample_feet(self.first_feet, 1.0, self.moves, times)
        lean = lean + 0.012 * np.sin(2 * np.pi * times / 3.7)
        frame = self._frame(times, x, yaw, lean, feet.position)
        palms = np.stack([self._palm(h, times, frame) for h in (0, 1)], axis=1)
        return Controls(
            x,
            LANE_Z,
            yaw,
            lean,
            self.crouch.sample(times),
            # Who walks away to the left glances at us, so that the face shows.
            self.look_yaw.sample(times) - 0.42 * np.clip(-np.cos(yaw), 0.0, 1.0),
            self.look_down.sample(times),
            palms,
            feet,
        )

    def _frame(
        self,
        times: np.ndarray,
        x: np.ndarray,
        yaw: np.ndarray,
        lean: np.ndarray,
        feet: np.ndarray,
    ) -> Frame:
        forward, left = heading(yaw), leftward(yaw)
        pelvis = np.stack(
            [x, np.full_like(x, self.body.standing), np.full_like(x, LANE_Z)], axis=1
        )
        trunk = np.cos(lean)[:, None] * UP + np.sin(lean)[:, None] * forward
        offset = feet - pelvis[:, None]
        swing = np.einsum("tfc,tc->tf", offset, forward)
        return Frame(
            self.body,
            pelvis,
            pelvis + self.body.spine * trunk,
            forward,
            left,
            swing,
            door_handle(self.door.sample(times)),
            drawer_handle(self.drawer.sample(times)),
            np.sin(2 * np.pi * times / 3.1),
        )

    def _palm(self, hand: int, times: np.ndarray, frame: Frame) -> np.ndarray:
        palm = resolve("rest", hand, frame)
        for key in self.hands[hand]:
            s = (times - key.t0) / (key.t1 - key.t0)
            goal = resolve(key.target, hand, frame)
            palm = palm + (goal - palm) * min_jerk(s)[:, None]
            palm = palm + key.lift * bump(s)[:, None] * (UP + 0.4 * frame.forward)
        return palm
