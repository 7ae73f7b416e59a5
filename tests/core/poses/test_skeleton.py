from __future__ import annotations

import pytest

from skelseg_core.errors import ConfigError
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton, skeleton_names

SIZES = {
    "coco17": 17,
    "coco18": 18,
    "body25": 25,
    "kinect25": 25,
    "lcrnet15": 15,
    "mediapipe33": 33,
}


def test_all_are_there() -> None:
    assert set(skeleton_names()) == set(SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_is_whole(name: str) -> None:
    skeleton = load_skeleton(name)
    assert len(skeleton) == SIZES[name] == len(set(skeleton.keypoints))
    assert len({frozenset(e) for e in skeleton.edges}) == len(skeleton.edges)
    assert all(a != b for a, b in skeleton.edges)


@pytest.mark.parametrize("name", SIZES)
def test_flip_pairs_join_left_and_right_of_one_name(name: str) -> None:
    skeleton = load_skeleton(name)
    paired = [i for pair in skeleton.flip_pairs for i in pair]
    sided = [i for i in range(len(skeleton)) if skeleton.side(i) != "centre"]
    assert sorted(paired) == sided
    for a, b in skeleton.flip_pairs:
        assert skeleton.keypoints[a].replace("left", "right") == skeleton.keypoints[b]


@pytest.mark.parametrize("name", SIZES)
def test_mirrored_edges_are_edges(name: str) -> None:
    skeleton = load_skeleton(name)
    other = {i: i for i in range(len(skeleton))}
    for a, b in skeleton.flip_pairs:
        other[a], other[b] = b, a
    edges = {frozenset(e) for e in skeleton.edges}
    assert {frozenset((other[a], other[b])) for a, b in skeleton.edges} == edges


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="coco17"):
        load_skeleton("octopus8")


def test_pair_without_keypoint_is_refused() -> None:
    with pytest.raises(ConfigError, match="names no keypoint"):
        Skeleton("two", ("a", "b"), ((0, 2),), ())
