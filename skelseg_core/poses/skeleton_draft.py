"""Skeleton draft: the keypoints of a file on their way to a skeleton of one's own.

A file of poses names keypoints and seldom says more. A draft is an immutable value;
what a person says of it gives another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from skelseg_core.poses.own_skeleton import build_skeleton
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeleton_sides import split_side

Pair = tuple[int, int]
Group = tuple[int, ...]


@dataclass(frozen=True)
class SkeletonDraft:
    """Names of keypoints, and what is said of them so far, by their indices.

    Parameters
    ----------
    names : tuple of str
        As the file has them.
    edges : tuple of (int, int)
        The lower index first.
    flip_pairs : tuple of (int, int)
        Left and right.
    centre : tuple of int
        Keypoints in whose middle the body is.
    scale : tuple of (tuple of int)
        Two groups of keypoints between whose middles the length of the body lies.
    left_out : frozenset of int
        Keypoints that the skeleton does not get.
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
        """Keypoints that the skeleton gets."""
        return tuple(k for k in range(len(self.names)) if k not in self.left_out)

    @property
    def length(self) -> tuple[Group, ...]:
        """Groups of `scale` without what is left out."""
        kept = set(self.kept)
        return tuple(tuple(k for k in group if k in kept) for group in self.scale)

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups that the length may be measured from: each keypoint, each pair."""
        pairs = (tuple(sorted(pair)) for pair in self.flip_pairs)
        alone = tuple((k,) for k in self.kept)
        return (*alone, *(p for p in pairs if not self.left_out & set(p)))

    def side(self, keypoint: int) -> str:
        """Return ``"left"``, ``"right"`` or ``"centre"``."""
        for pair in self.flip_pairs:
            if keypoint in pair:
                return ("left", "right")[pair.index(keypoint)]
        return "centre"

    def other_side(self, keypoint: int) -> int | None:
        """Return the keypoint on the other side of the body, or None."""
        for a, b in self.flip_pairs:
            if keypoint in (a, b):
                return b if keypoint == a else a
        return None

    def named(self, group: Sequence[int]) -> str:
        """Name a group of keypoints for people to read."""
        return " + ".join(self.names[k] for k in group)

    # -- what a person says ---------------------------------------------------------

    def with_edge_toggled(self, a: int, b: int) -> SkeletonDraft:
        """Draw an edge between two keypoints, or take it away."""
        edge = (min(a, b), max(a, b))
        if edge in self.edges:
            return replace(self, edges=tuple(e for e in self.edges if e != edge))
        return replace(self, edges=tuple(sorted((*self.edges, edge))))

    def with_use(self, keypoint: int, used: bool) -> SkeletonDraft:
        """Take a keypoint into the skeleton, or leave it out."""
        change = frozenset({keypoint})
        kept = self.left_out - change if used else self.left_out | change
        return replace(self, left_out=kept)

    def with_centre(self, keypoint: int, is_part: bool) -> SkeletonDraft:
        """Take a keypoint to those in whose middle the body is, or from them."""
        others = tuple(k for k in self.centre if k != keypoint)
        return replace(
            self, centre=tuple(sorted((*others, keypoint))) if is_part else others
        )

    def with_other_side(self, keypoint: int, other: int | None) -> SkeletonDraft:
        """Say which keypoint is on the other side of the body, None for neither side.

        Which of the two is the left one, their names say, or else ``keypoint`` stays on
        the side on which it was. A pair that one of them was in is no more.
        """
        gone = {keypoint, other}
        pairs = [pair for pair in self.flip_pairs if not gone & set(pair)]
        if other is not None:
            is_right = self.side(keypoint) == "right"
            told = {side for side, _ in split_side(self.names[keypoint])}
            told_other = {side for side, _ in split_side(self.names[other])}
            if ("right" in told) != ("left" in told):
                is_right = "right" in told
            elif ("right" in told_other) != ("left" in told_other):
                is_right = "left" in told_other
            pairs.append((other, keypoint) if is_right else (keypoint, other))
        return self._with_pairs(pairs)

    def with_side(self, keypoint: int, side: str) -> SkeletonDraft:
        """Put a keypoint on a side; its partner goes to the other one.

        Where it has none, the next keypoint without a side becomes it.
        """
        other = self.other_side(keypoint)
        if side == self.side(keypoint):
            return self
        if side == "centre":
            return self.with_other_side(keypoint, None)
        if other is None:
            other = self._next_alone(keypoint)
            if other is None:
                return self
        pairs = [pair for pair in self.flip_pairs if keypoint not in pair]
        pairs.append((keypoint, other) if side == "left" else (other, keypoint))
        return self._with_pairs(pairs)

    def _with_pairs(self, pairs: Sequence[Pair]) -> SkeletonDraft:
        """Set the pairs; the middle of a pair that is no more measures nothing."""
        there = {frozenset(pair) for pair in pairs}
        scale = tuple(
            g if len(g) < 2 or frozenset(g) in there else g[:1] for g in self.scale
        )
        return replace(self, flip_pairs=tuple(sorted(pairs)), scale=scale)

    def _next_alone(self, keypoint: int) -> int | None:
        n = len(self.names)
        ring = ((keypoint + step) % n for step in range(1, n))
        alone = (k for k in ring if k in self.kept and self.other_side(k) is None)
        return next(alone, None)

    # -- the skeleton ---------------------------------------------------------------

    def build(self, where: Callable[[str, int], str]) -> Skeleton:
        """Build the skeleton; ``where`` begins the sentence of an error.

        Raises
        ------
        ConfigError
            As `build_skeleton`.
        """
        kept = set(self.kept)

        def listed(groups: Sequence[Group]) -> list[list[str]]:
            whole = [group for group in groups if kept >= set(group)]
            return [[self.names[k] for k in group] for group in whole]

        values = {
            "name": self.title,
            "keypoints": [self.names[k] for k in self.kept],
            "edges": listed(self.edges),
            "flip_pairs": listed(self.flip_pairs),
            "centre": [self.names[k] for k in self.centre if k in kept],
            "scale": listed(self.length),
        }
        return build_skeleton(values, where)
