"""A body: proportions, the pose from its controls, the keypoints a camera would see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.motion import Feet, heading, leftward, smooth, two_link

VIEW = np.array([0.39, 0.31, -0.87])
"""Direction from the scene to the viewer."""


@dataclass(frozen=True)
class Body:
    """Lengths of a body in world units (pixels), from its height and build."""

    height: float
    build: float = 1.0
    legs: float = 1.0

    @property
    def leg(self) -> float:
        """Thigh, and shank."""
        return 0.236 * self.height * self.legs

    @property
    def ankle(self) -> float:
        """Height of the ankle above the sole."""
        return 0.042 * self.height

    @property
    def spine(self) -> float:
        """From the middle of the hips to the middle of the shoulders."""
        return 0.8 * self.height - 2 * self.leg - self.ankle

    @property
    def upper_arm(self) -> float:
        """From shoulder to elbow."""
        return 0.168 * self.height

    @property
    def forearm(self) -> float:
        """From elbow to wrist."""
        return 0.148 * self.height

    @property
    def palm(self) -> float:
        """From wrist to the middle of the palm."""
        return 0.042 * self.height

    @property
    def reach(self) -> float:
        """From shoulder to palm with a straight arm."""
        return self.upper_arm + self.forearm + self.palm

    @property
    def shoulder(self) -> float:
        """Half the distance between the shoulders."""
        return 0.083 * self.height * self.build

    @property
    def hip(self) -> float:
        """Half the distance between the hips."""
        return 0.046 * self.height * self.build

    @property
    def head(self) -> float:
        """Radius of the head."""
        return 0.083 * self.height

    @property
    def standing(self) -> float:
        """Height of the hips of somebody who stands."""
        return self.ankle + 1.985 * self.leg


@dataclass(frozen=True)
class Controls:
    """What a script moves, over time: all arrays have T first."""

    x: np.ndarray
    z: float
    yaw: np.ndarray
    lean: np.ndarray
    crouch: np.ndarray
    look_yaw: np.ndarray
    look_down: np.ndarray
    palms: np.ndarray
    feet: Feet


@dataclass(frozen=True)
class Pose:
    """Joints in the world: (T, 3) for one, (T, 2, 3) for left and right."""

    pelvis: np.ndarray
    neck: np.ndarray
    head: np.ndarray
    shoulders: np.ndarray
    elbows: np.ndarray
    wrists: np.ndarray
    palms: np.ndarray
    hips: np.ndarray
    knees: np.ndarray
    ankles: np.ndarray
    face: np.ndarray
    yaw: np.ndarray
    toes: np.ndarray
    pitch: np.ndarray

    def __len__(self) -> int:
        return len(self.pelvis)


UP = np.array([0.0, 1.0, 0.0])
SIDES = np.array([1.0, -1.0])


def solve(body: Body, controls: Controls) -> Pose:
    """The pose that follows the controls; the trunk leans as far as the hands need."""
    forward, left = heading(controls.yaw), leftward(controls.yaw)
    ankles = _ankles(body, controls.feet)
    pelvis = _pelvis(body, controls, ankles)
    lean = controls.lean + _extra_lean(body, controls, pelvis, forward, left)
    up = UP
    trunk = np.cos(lean)[:, None] * up + np.sin(lean)[:, None] * forward
    # Whoever leans forward moves the seat back, or would fall over.
    pelvis = pelvis - forward * (0.11 * body.spine * np.sin(lean))[:, None]
    neck = pelvis + body.spine * trunk
    stride = np.sum((ankles[:, 0] - ankles[:, 1]) * forward, axis=-1)
    twist = np.clip(-0.004 * stride, -0.2, 0.2)
    across = leftward(controls.yaw + twist)
    shoulders = neck[:, None] - 0.022 * body.height * trunk[:, None]
    shoulders = shoulders + SIDES[:, None] * body.shoulder * across[:, None]
    hips = pelvis[:, None] + SIDES[:, None] * body.hip * left[:, None]
    pole = -up * 0.75 - forward * 0.7
    elbows, palms = _limbs(
        shoulders,
        controls.palms,
        (body.upper_arm, body.forearm + body.palm),
        pole[:, None] + 0.35 * SIDES[:, None] * left[:, None],
    )
    share = body.forearm / (body.forearm + body.palm)
    toes = heading(controls.feet.yaw)
    knees, ankles = _limbs(hips, ankles, (body.leg, body.leg), toes)
    head, face = _head(body, controls, neck, lean)
    wrists = elbows + share * (palms - elbows)
    return Pose(
        pelvis,
        neck,
        head,
        shoulders,
        elbows,
        wrists,
        palms,
        hips,
        knees,
        ankles,
        face,
        controls.yaw,
        toes,
        controls.feet.pitch,
    )


def _limbs(
    roots: np.ndarray, targets: np.ndarray, links: tuple[float, float], pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    pole = np.broadcast_to(pole, roots.shape)
    sides = [two_link(roots[:, i], targets[:, i], *links, pole[:, i]) for i in (0, 1)]
    return np.stack([s[0] for s in sides], 1), np.stack([s[1] for s in sides], 1)


def _ankles(body: Body, feet: Feet) -> np.ndarray:
    ankles = feet.position.copy()
    heel = np.maximum(feet.pitch, 0.0)
    ankles[..., 1] += body.ankle + 0.075 * body.height * np.sin(heel)
    ankles += heading(feet.yaw) * (0.045 * body.height * (1 - np.cos(heel)))[..., None]
    return ankles


def _pelvis(body: Body, controls: Controls, ankles: np.ndarray) -> np.ndarray:
    """Hips as high as both legs allow: they vault over the planted foot."""
    left = leftward(controls.yaw)
    height = np.full(len(controls.x), body.standing) - controls.crouch
    for i, side in enumerate(SIDES):
        flat = ankles[:, i, [0, 2]] - side * body.hip * left[:, [0, 2]]
        flat = flat - np.stack([controls.x, np.full_like(controls.x, controls.z)], 1)
        rest = (1.99 * body.leg) ** 2 - np.sum(flat * flat, axis=-1)
        height = np.minimum(height, ankles[:, i, 1] + np.sqrt(np.maximum(rest, 1.0)))
    height = smooth(height, 0.8)
    return np.stack([controls.x, height, np.full_like(height, controls.z)], axis=1)


def _extra_lean(
    body: Body,
    controls: Controls,
    pelvis: np.ndarray,
    forward: np.ndarray,
    left: np.ndarray,
) -> np.ndarray:
    """How much further to lean so that both palms are within reach."""
    extra = np.zeros(len(pelvis))
    steps = np.linspace(0.0, 0.75, 76)
    for i, side in enumerate(SIDES):
        gap = []
        for step in steps:
            lean = (controls.lean + step)[:, None]
            neck = pelvis + body.spine * np.sin(lean) * forward * 0.9
            neck = neck + body.spine * np.cos(lean) * UP
            shoulder = neck + side * body.shoulder * left - 0.02 * body.height * UP
            gap.append(np.linalg.norm(controls.palms[:, i] - shoulder, axis=-1))
        near = np.array(gap) <= 0.965 * body.reach
        first = np.where(near.any(0), near.argmax(0), np.array(gap).argmin(0))
        extra = np.maximum(extra, steps[first])
    return smooth(extra, 1.6)


def _head(
    body: Body, controls: Controls, neck: np.ndarray, lean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Centre of the head, and its axes (T, 3, 3): forward, left, up."""
    yaw, down = controls.yaw + controls.look_yaw, controls.look_down + 0.35 * lean
    forward, left = heading(yaw), leftward(yaw)
    up = UP
    cos, sin = np.cos(down)[:, None], np.sin(down)[:, None]
    axes = np.stack([cos * forward - sin * up, left, sin * forward + cos * up], axis=1)
    stem = up + 0.55 * np.sin(lean)[:, None] * heading(controls.yaw)
    stem /= np.linalg.norm(stem, axis=-1, keepdims=True)
    centre = neck + 0.122 * body.height * stem + 0.016 * body.height * forward
    return centre, axes


def face_point(
    pose: Pose, radius: float, f: float, side: float, u: float
) -> np.ndarray:
    """A point of the head (T, 3), in radii forward, to the left and up."""
    offset = np.einsum("k,tkc->tc", np.array([f, side, u]) * radius, pose.face)
    point: np.ndarray = pose.head + offset
    return point


NOSE, EYE, EAR = (0.98, 0.0, -0.08), (0.84, 0.38, 0.12), (0.05, 0.9, -0.05)


def _side(point: tuple[float, float, float], side: float) -> tuple[float, float, float]:
    return point[0], side * point[1], point[2]


def keypoints_3d(body: Body, pose: Pose) -> np.ndarray:
    """COCO-17 keypoints in the world, shape (T, 17, 3)."""
    head = [NOSE, _side(EYE, 1), _side(EYE, -1), _side(EAR, 1), _side(EAR, -1)]
    points = [face_point(pose, body.head, *p) for p in head]
    for joint in (
        pose.shoulders,
        pose.elbows,
        pose.wrists,
        pose.hips,
        pose.knees,
        pose.ankles,
    ):
        points += [joint[:, 0], joint[:, 1]]
    return np.stack(points, axis=1)
