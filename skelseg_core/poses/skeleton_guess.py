"""Guess a skeleton from keypoints: sides by names, the rest by distances over time.

Edges join keypoints at short and steady distances (a tree over all keypoints, the same
on both sides). The centre is the keypoint nearest to all others; the length is measured
between two that are far apart at a steady distance. Keypoints far from all others are
objects, and left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from skelseg_core.poses.skeleton_draft import Group, Pair, SkeletonDraft
from skelseg_core.poses.skeleton_sides import guess_flip_pairs

MOST_FRAMES = 60
"""Most frames used for distances."""

FAR = 5.0
"""Multiple of the usual distance of neighbours beyond which a keypoint is an object."""

_MIDDLE = re.compile(r"cent(er|re)|body|spine|torso|trunk", re.IGNORECASE)
_SWINGS = re.compile(r"tail(?!.*(base|root|start|set))", re.IGNORECASE)
"""Names of limbs that move against the body and cannot measure it."""


def guess_skeleton(
    names: Sequence[str],
    places: np.ndarray,
    edges: Sequence[Pair] = (),
    flip_pairs: Sequence[Pair] = (),
) -> SkeletonDraft:
    """Propose a skeleton for keypoints of a file that only names them.

    Parameters
    ----------
    names : sequence of str, K
    places : ndarray of float, shape (T, K, 2)
        In px, NaN if missing.
    edges, flip_pairs : sequence of (int, int)
        As in the file; guessed if empty.
    """
    pairs = tuple(flip_pairs) or guess_flip_pairs(names)
    places = places[:: -(-max(len(places), 1) // MOST_FRAMES)]
    tree = _body_tree(places, pairs)
    drawn = {(min(e), max(e)) for e in edges} or tree
    objects = _objects(places, tree, drawn)
    draft = SkeletonDraft(
        tuple(names), tuple(sorted(drawn)), pairs, left_out=frozenset(objects)
    )
    groups = _body_groups(draft)
    middles = np.stack([places[:, list(g)].mean(axis=1) for g in groups], axis=1)
    return replace(
        draft,
        centre=_guess_centre(names, places, groups, middles),
        scale=_guess_scale(names, groups, middles),
    )


def _objects(
    places: np.ndarray, tree: Collection[Pair], drawn: Collection[Pair]
) -> set[int]:
    """Find visible keypoints far from the body and without an edge to it."""
    seen = np.flatnonzero(np.isfinite(places).all(axis=-1).any(axis=0)).tolist()
    body = _largest_part(places.shape[1], tree)
    joined = {k for edge in drawn for k in edge}
    return set(seen) - body - joined if len(body) > 1 else set()


def _body_groups(draft: SkeletonDraft) -> list[Group]:
    """List keypoints on no side, and the pairs: they are on the body axis."""
    kept = set(draft.kept)
    alone = [(k,) for k in draft.kept if draft.partner(k) is None]
    pairs = [tuple(sorted(pair)) for pair in draft.flip_pairs if kept >= set(pair)]
    return [*alone, *pairs] or [(k,) for k in draft.kept]


def _largest_part(n: int, edges: Collection[Pair]) -> set[int]:
    """Return the largest connected set of keypoints."""
    parts = [{k} for k in range(n)]
    for edge in edges:
        joined = [part for part in parts if part & set(edge)]
        parts = [p for p in parts if p not in joined] + [set().union(*joined)]
    return max(parts, key=len)


def _body_tree(places: np.ndarray, pairs: Sequence[Pair]) -> set[Pair]:
    """Join keypoints at near and steady distances, without objects."""
    n = places.shape[1]
    mirror = np.arange(n)
    for a, b in pairs:
        mirror[[a, b]] = b, a
    cost = _cost(places)
    both = np.stack([cost, cost[mirror][:, mirror]])
    # A distance never seen on one side is copied from the other.
    cost = np.where(np.isfinite(both).all(axis=0), both.mean(axis=0), both.min(axis=0))
    tree = _shortest_tree(cost)
    most = FAR * float(np.median([cost[e] for e in tree])) if tree else 0.0
    found = set()
    for a, b in tree:
        if cost[a, b] <= most:
            c, d = int(mirror[a]), int(mirror[b])
            found |= {(min(a, b), max(a, b)), (min(c, d), max(c, d))}
    return found


def _shortest_tree(cost: np.ndarray) -> list[Pair]:
    """Join all that can be joined, (K, K) of costs, at the least cost (Prim)."""
    left = set(range(1, len(cost)))
    best, source = cost[0].copy(), np.zeros(len(cost), int)
    tree = []
    while left:
        nearest = min(left, key=lambda k: best[k])
        left.remove(nearest)
        if np.isfinite(best[nearest]):
            tree.append((int(source[nearest]), nearest))
        closer = cost[nearest] < best
        best[closer], source[closer] = cost[nearest][closer], nearest
    return tree


def _guess_centre(
    names: Sequence[str],
    places: np.ndarray,
    groups: Sequence[Group],
    middles: np.ndarray,
) -> Group:
    called = [
        n
        for n, (k, *more) in enumerate(groups)
        if not more and _MIDDLE.search(names[k]) and not _SWINGS.search(names[k])
    ]
    chosen = called or range(len(groups))
    rigid = [k for k, name in enumerate(names) if not _SWINGS.search(name)]
    body = _middle(places[:, rigid or list(range(len(names)))])
    away = np.linalg.norm(middles - body[:, None], axis=-1)
    typical, _ = _quartiles(away)
    # A keypoint that is often hidden is a bad centre, however near it is.
    seen = _seen(away)
    worth = np.where(seen > 0, typical / np.maximum(seen, 1e-6) ** 2, np.inf)
    return groups[min(chosen, key=lambda n: (worth[n], n))]


def _guess_scale(
    names: Sequence[str], groups: Sequence[Group], middles: np.ndarray
) -> tuple[Group, ...]:
    if len(groups) < 2:
        # Only a left and a right keypoint: the width is the only length.
        return tuple((k,) for k in groups[0])
    away = _distances(middles)
    typical, spread = _quartiles(away)
    seen = _seen(away)
    swings = [any(_SWINGS.search(names[k]) for k in group) for group in groups]
    seen[swings], seen[:, swings] = 0.0, 0.0
    known = np.isfinite(typical) & (seen > 0)
    worth = np.where(known, typical, 0.0) - 2 * np.where(known, spread, 0.0)
    worth = np.where(known, worth * seen, -np.inf)
    np.fill_diagonal(worth, -np.inf)
    a, b = divmod(int(worth.argmax()), len(groups))
    if a == b:
        a, b = 0, len(groups) - 1
    return groups[min(a, b)], groups[max(a, b)]


def _middle(places: np.ndarray) -> np.ndarray:
    """Return the mean (T, 2) of present points (T, K, 2); NaN if there are none."""
    there = np.isfinite(places).all(axis=-1)
    total = np.where(there[..., None], places, 0.0).sum(axis=1)
    n = there.sum(axis=1, keepdims=True)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def _distances(places: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(places[:, :, None] - places[:, None], axis=-1))


def _cost(places: np.ndarray) -> np.ndarray:
    """Rate each pair (K, K): low if they stay close; infinite if never together."""
    typical, spread = _quartiles(_distances(places))
    return np.asarray(typical + spread)


def _seen(values: np.ndarray) -> np.ndarray:
    """Return the share of frames (axis 0) with known values."""
    return np.asarray(np.isfinite(values).sum(axis=0) / max(len(values), 1))


def _quartiles(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return median and interquartile range over axis 0; infinite without any."""
    known = np.isfinite(values)
    n = known.sum(axis=0)
    ordered = np.sort(np.where(known, values, np.inf), axis=0)

    def at(share: float) -> np.ndarray:
        place = np.floor(np.maximum(n - 1, 0) * share).astype(int)
        return np.asarray(np.take_along_axis(ordered, place[None], axis=0)[0])

    if not len(values):
        nothing = np.full(values.shape[1:], np.inf)
        return nothing, nothing
    low, high = at(0.25), at(0.75)
    spread = np.subtract(high, low, out=np.full(low.shape, np.inf), where=n > 0)
    return at(0.5), spread
