"""Skeleton draft: keypoints from a file on the way to a user's skeleton.

A pose file names keypoints and rarely more. A draft is immutable; each of the user's
changes returns a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skelseg_core.poses.own_skeleton import build_skeleton
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.typed_values import Where

Pair = tuple[int, int]
Group = tuple[int, ...]


@dataclass(frozen=True)
class SkeletonDraft:
    """Names of keypoints, and their known properties by index.

    Parameters
    ----------
    names : tuple of str
        As in the file.
    edges : tuple of (int, int)
        The lower index first.
    flip_pairs : tuple of (int, int)
        Left and right.
    centre : tuple of int
        Keypoints around the centre of the body.
    scale : tuple of (tuple of int)
        Two groups of keypoints; the distance of their middles is the body length.
    left_out : frozenset of int
        Keypoints left out of the skeleton.
    title : str
        Name of the skeleton.
    """

    names: tuple[str, ...]
    edges: tuple[Pair, ...] = ()
    flip_pairs: tuple[Pair, ...] = ()
    centre: Group = ()
    scale: tuple[Group, ...] = ()
    left_out: frozenset[int] = frozenset()
    title: str = "animal"

    @property
    def kept(self) -> tuple[int, ...]:
        """Keypoints of the skeleton."""
        return tuple(k for k in range(len(self.names)) if k not in self.left_out)

    @property
    def measuring(self) -> frozenset[int]:
        """Keypoints that measure the body and cannot be left out."""
        return frozenset(k for group in (self.centre, *self.scale) for k in group)

    def partner(self, keypoint: int) -> int | None:
        """Return the kept keypoint on the other side of the body, or None."""
        pairs = (p for p in self.flip_pairs if keypoint in p)
        others = (b if keypoint == a else a for a, b in pairs)
        return next((k for k in others if k not in self.left_out), None)

    def joined(self, keypoint: int) -> tuple[int, ...]:
        """Return the kept keypoints that an edge joins to this one."""
        ends = [edge for edge in self.edges if keypoint in edge]
        others = {a if b == keypoint else b for a, b in ends}
        return tuple(sorted(others - self.left_out))

    def named(self, group: Sequence[int]) -> str:
        """Name a group of keypoints for people to read."""
        return " + ".join(self.names[k] for k in group)

    # -- changes by a person ---------------------------------------------------------

    def with_edge_toggled(self, a: int, b: int) -> SkeletonDraft:
        """Draw an edge between two keypoints, or take it away."""
        edge = (min(a, b), max(a, b))
        if edge in self.edges:
            return replace(self, edges=tuple(e for e in self.edges if e != edge))
        return replace(self, edges=tuple(sorted((*self.edges, edge))))

    def with_use(self, keypoint: int, used: bool) -> SkeletonDraft:
        """Include a keypoint in the skeleton, or leave it out."""
        change = frozenset({keypoint})
        kept = self.left_out - change if used else self.left_out | change
        return replace(self, left_out=kept)

    def with_pair(self, left: int, right: int) -> SkeletonDraft:
        """Mark two keypoints as left and right; their previous pairs go."""
        pairs = self.without_pair(left).without_pair(right).flip_pairs
        return self._with_pairs((*pairs, (left, right)))

    def without_pair(self, keypoint: int) -> SkeletonDraft:
        """Mark a keypoint as on neither side."""
        return self._with_pairs([p for p in self.flip_pairs if keypoint not in p])

    def _with_pairs(self, pairs: Sequence[Pair]) -> SkeletonDraft:
        """Set the pairs; the middle of a removed pair measures nothing."""
        there = {frozenset(pair) for pair in pairs}
        scale = tuple(
            g if len(g) < 2 or frozenset(g) in there else g[:1] for g in self.scale
        )
        return replace(self, flip_pairs=tuple(sorted(pairs)), scale=scale)

    # -- the skeleton ---------------------------------------------------------------

    def build(self, where: Where) -> Skeleton:
        """Build the skeleton; ``where`` begins the sentence of an error."""
        kept = set(self.kept)

        def listed(groups: Sequence[Group]) -> list[list[str]]:
            whole = [group for group in groups if kept >= set(group)]
            return [[self.names[k] for k in group] for group in whole]

        values = {
            "name": self.title,
            "keypoints": [self.names[k] for k in self.kept],
            "edges": listed(self.edges),
            "flip_pairs": listed(self.flip_pairs),
            "centre": [self.names[k] for k in self.centre],
            "scale": listed(self.scale),
        }
        return build_skeleton(values, where)
