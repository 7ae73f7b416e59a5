"""Skeletons that are guessed from names and places of keypoints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelseg_core.errors import ConfigError
from skelseg_core.poses.skeleton_draft import SkeletonDraft
from skelseg_core.poses.skeleton_guess import guess_skeleton
from skelseg_core.poses.skeleton_sides import guess_flip_pairs
from skelseg_core.poses.skeletons import load_skeleton, skeleton_names
from tests.mouse import PARTS, mouse_and_labels


def where(_names: object) -> str:
    return "The skeleton"


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["snout", "leftear", "rightear"], [(1, 2)]),
        (["R_ear", "L_ear"], [(1, 0)]),
        (["earR", "earL", "paw_right_hind", "paw_left_hind"], [(1, 0), (3, 2)]),
        (["Rpaw", "Lpaw", "EarL", "EarR"], [(1, 0), (2, 3)]),
        (["left_hip", "right_hip", "left_knee", "right_knee"], [(0, 1), (2, 3)]),
        # A side without its other one is none, and neither is a letter.
        (["leftear", "tail", "leg", "nose"], []),
        (["l", "r", "left", "right"], []),
    ],
)
def test_sides_are_in_the_names(names: list[str], pairs: list[tuple[int, int]]) -> None:
    assert list(guess_flip_pairs(names)) == pairs


@pytest.mark.parametrize("name", skeleton_names())
def test_the_sides_of_every_bundled_skeleton_are_found(name: str) -> None:
    skeleton = load_skeleton(name)
    told = {p for p in skeleton.flip_pairs if "left" in skeleton.keypoints[p[0]]}
    assert told
    assert told == set(guess_flip_pairs(skeleton.keypoints))


def test_a_mouse_is_guessed_from_where_its_keypoints_are() -> None:
    points, _ = mouse_and_labels(0)
    draft = guess_skeleton(PARTS, points)
    # As its file says.
    assert draft.edges == ((0, 1), (0, 2), (1, 3), (2, 3))
    assert draft.flip_pairs == ((1, 2),)
    assert draft.centre == (1, 2)
    assert draft.scale == ((0,), (3,))


def test_a_tail_that_swings_is_neither_centre_nor_length() -> None:
    points, _ = mouse_and_labels(0)
    swing = 60 * np.sin(np.arange(len(points)))
    tip = points[:, 3] + np.stack([swing, 90 - np.abs(swing)], axis=-1)
    draft = guess_skeleton(
        [*PARTS, "tailtip"], np.concatenate([points, tip[:, None]], 1)
    )
    assert (3, 4) in draft.edges
    assert draft.centre == (1, 2)
    assert draft.scale == ((0,), (3,))


def test_what_lies_far_away_is_no_part_of_the_body() -> None:
    points, _ = mouse_and_labels(0)
    light = np.full((len(points), 1, 2), 5.0) + points[:, :1] - points[:, 3:]
    draft = guess_skeleton([*PARTS, "light"], np.concatenate([points, light], 1))
    assert draft.edges == ((0, 1), (0, 2), (1, 3), (2, 3))
    assert (draft.centre, draft.scale) == ((1, 2), ((0,), (3,)))
    assert draft.left_out == {4}
    told = guess_skeleton(draft.names, np.concatenate([points, light], 1), [(0, 4)])
    assert told.left_out == frozenset()


def test_both_sides_have_the_same_edges() -> None:
    rng = np.random.default_rng(0)
    body = {"neck": (0, 0), "tail": (0, 60), "LPaw": (-21, 8), "RPaw": (22, -8),
            "LHip": (-12, 50), "RHip": (12, 52), "LShoulder": (-9, 2),
            "RShoulder": (9, -3)}  # fmt: skip
    points = rng.normal(0, 0.5, (30, len(body), 2)) + np.array(list(body.values()))
    draft = guess_skeleton(list(body), points)
    names = {frozenset(draft.names[k] for k in edge) for edge in draft.edges}
    swapped = str.maketrans("LR", "RL")
    assert names == {frozenset(n.translate(swapped) for n in edge) for edge in names}
    assert {"LPaw", "LShoulder"} in names
    assert {"LPaw", "LHip"} not in names


def test_a_centre_with_a_name_is_taken() -> None:
    points, _ = mouse_and_labels(0)
    draft = guess_skeleton(["bodycentre", "leftear", "rightear", "tailbase"], points)
    assert draft.centre == (0,)


def test_keypoints_that_are_never_seen_are_left_alone() -> None:
    points, _ = mouse_and_labels(0)
    points[:, 0] = np.nan
    draft = guess_skeleton(PARTS, points)
    assert draft.edges == ((1, 2), (1, 3), (2, 3))
    assert 0 not in {k for group in (draft.centre, *draft.scale) for k in group}
    nobody = guess_skeleton(PARTS, points[:0])
    assert nobody.edges == ()
    assert nobody.build(where).keypoints == PARTS


def test_two_keypoints_make_a_skeleton() -> None:
    points, _ = mouse_and_labels(0)
    ears = guess_skeleton(["leftear", "rightear"], points[:, 1:3])
    assert ears.build(where).scale == ((0,), (1,))
    other = guess_skeleton(["snout", "tailbase"], points[:, [0, 3]])
    assert other.build(where).edges == ((0, 1),)


DRAFT = SkeletonDraft(
    ("nose", "a", "b", "tail"), ((0, 3),), ((1, 2),), (0,), ((1, 2), (3,)), title="rat"
)


def test_edges_are_drawn_and_removed() -> None:
    drawn = DRAFT.with_edge_toggled(2, 0)
    assert drawn.edges == ((0, 2), (0, 3))
    assert drawn.with_edge_toggled(0, 2) == DRAFT


def test_sides_change_in_pairs() -> None:
    assert [DRAFT.partner(k) for k in range(4)] == [None, 2, 1, None]
    assert DRAFT.with_pair(2, 1).flip_pairs == ((2, 1),)
    alone = DRAFT.without_pair(2)
    assert alone.flip_pairs == ()
    # The middle of a pair that is no more measures nothing.
    assert alone.scale == ((1,), (3,))
    # One that was in another pair leaves it.
    assert DRAFT.with_pair(0, 1).flip_pairs == ((0, 1),)
    assert DRAFT.with_pair(2, 0).flip_pairs == ((2, 0),)


def test_what_is_left_out_is_in_nothing() -> None:
    draft = replace(DRAFT, edges=((0, 2), (0, 3)), scale=((0,), (3,)))
    assert draft.measuring == {0, 3}
    draft = draft.with_use(2, False)
    assert (draft.partner(1), draft.joined(0)) == (None, (3,))
    built = draft.build(where)
    assert built.title == "rat"
    assert built.keypoints == ("nose", "a", "tail")
    assert built.edges == ((0, 2),)
    assert (built.flip_pairs, built.centre) == ((), (0,))
    assert draft.with_use(2, True).build(where).flip_pairs == ((1, 2),)


def test_a_length_without_its_end_is_none() -> None:
    with pytest.raises(ConfigError, match="'scale' needs two"):
        replace(DRAFT, scale=((1, 2),)).build(where)
