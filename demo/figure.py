"""One frame of a pose, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.body import Pose
from demo.cast import Subject
from demo.space import project


@dataclass(frozen=True)
class Figure:
    """One frame of a pose in pixels, and what depends on the side seen."""

    subject: Subject
    pose: Pose
    t: int

    def xy(self, point: np.ndarray) -> tuple[float, float]:
        """Pixel of a world point."""
        x, y = project(point)
        return float(x), float(y)

    @property
    def unit(self) -> float:
        """One hundredth of the height."""
        return self.subject.body.height / 100.0

    @property
    def far(self) -> int:
        """The side further away: 0 left, 1 right."""
        z = self.pose.shoulders[self.t, :, 2]
        return 0 if z[0] > z[1] else 1

    @property
    def profile(self) -> bool:
        """Whether one shoulder is clearly behind the other."""
        z = self.pose.shoulders[self.t, :, 2]
        return bool(abs(z[0] - z[1]) > 0.9 * self.subject.body.shoulder)
