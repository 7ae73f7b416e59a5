from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.errors import ConfigError, ProjectError, SkelsegError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.poses.skeleton_file import find_skeleton, read_skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.folder import ProjectFolder, create_project
from tests.mouse import MOUSE


def written(tmp_path: Path, text: str, name: str = "mouse.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_names_edges_sides_centre_and_scale(tmp_path: Path) -> None:
    mouse = read_skeleton(written(tmp_path, MOUSE))
    assert mouse.title == "mouse"
    assert mouse.keypoints == ("snout", "leftear", "rightear", "tailbase")
    assert mouse.edges == ((0, 1), (0, 2), (1, 3), (2, 3))
    assert mouse.flip_pairs == ((1, 2),)
    assert (mouse.centre, mouse.scale) == ((3,), ((1, 2), (3,)))
    assert [mouse.side(k) for k in range(4)] == ["centre", "left", "right", "centre"]


def test_sides_are_those_of_the_file_whatever_names_say(tmp_path: Path) -> None:
    text = MOUSE.replace("leftear", "L_ear").replace("rightear", "R_ear")
    mouse = read_skeleton(written(tmp_path, text))
    assert [mouse.side(k) for k in range(4)] == ["centre", "left", "right", "centre"]


def test_words_of_yaml_are_names(tmp_path: Path) -> None:
    text = "keypoints: [no, 1, 2.50]\ncentre: [no]\nscale: [[no], [2.50]]\n"
    assert read_skeleton(written(tmp_path, text)).keypoints == ("no", "1", "2.50")


def test_hips_and_shoulders_need_no_centre(tmp_path: Path) -> None:
    text = "keypoints: [left_hip, left_shoulder]\n"
    assert read_skeleton(written(tmp_path, text)).centre == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("[snout, leftear]", "[snout, nose]", 4, "nose, which is not a keypoint"),
        ("[snout, leftear]", "[snout]", 4, "pairs of two"),
        ("[snout, leftear]", "[snout, snout]", 4, "pairs of two"),
        ("[leftear, rightear]\nc", "[leftear, rightear]\n  - [snout, leftear]\nc",
         10, "names a keypoint twice"),
        ("snout, leftear, rightear", "snout, Left-ear, leftear", 2, "appears twice"),
        ("centre: [tailbase]", "centre: []", 10, "'centre' must name"),
        ("centre: [tailbase]", "centre: tailbase", 10, "must be a list"),
        ("centre: [tailbase]", "center: [tailbase]", 10, "'center' is unknown"),
        ("[[leftear, rightear], [tailbase]]", "[[tailbase], [tailbase]]", 11, "scale"),
        ("[[leftear, rightear], [tailbase]]", "[[tailbase]]", 11, "two different"),
        ("[[leftear, rightear], [tailbase]]", "[]", 11, "'scale' must name"),
        ("keypoints: [", "keypoints: [[[[[", 2, "readable YAML"),
        ("name: mouse", "name: {a: b}", 1, "must be a text"),
        ("name: mouse", "name: " + "m" * 61, 1, "at most 60"),
        ("name: mouse", "edges: []", 3, "appears twice"),
    ],
)  # fmt: skip
def test_errors_say_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in MOUSE
    path = written(tmp_path, MOUSE.replace(old, new, 1))
    with pytest.raises(SkelsegError) as told:
        read_skeleton(path)
    text = str(told.value)
    assert said in text
    assert str(path) in text
    if "readable" not in text:
        assert f"line {line}:" in text


@pytest.mark.parametrize("text", ["", "- a\n", "edges: []\n", "keypoints: [a]\n"])
def test_what_is_no_skeleton_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="keypoints"):
        read_skeleton(written(tmp_path, text))


def test_too_much_is_refused(tmp_path: Path) -> None:
    names = ", ".join(f"k{n}" for n in range(201))
    with pytest.raises(ConfigError, match="of at least 2 and of at most 200"):
        read_skeleton(written(tmp_path, f"keypoints: [{names}]\n"))


def test_a_name_without_suffix_is_one_that_comes_along() -> None:
    assert find_skeleton("coco17") is load_skeleton("coco17")
    with pytest.raises(ConfigError, match="no skeleton named 'mouse'"):
        find_skeleton("mouse")


def test_the_project_keeps_it_without_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, MOUSE)
    mouse = read_skeleton(path)
    create_project(tmp_path / "p", label_map_from_names("ab"), mouse.name)
    path.unlink()
    again = ProjectFolder(tmp_path / "p").load()
    assert load_skeleton(again.skeleton) == mouse
    assert skeleton_title(again.skeleton) == "mouse"


def test_two_skeletons_of_one_title_are_two(tmp_path: Path) -> None:
    one = read_skeleton(written(tmp_path, MOUSE))
    text = MOUSE.replace("tailbase", "tail")
    other = read_skeleton(written(tmp_path, text))
    assert one.title == other.title
    assert one.name != other.name
    assert load_skeleton(one.name) == one
    assert load_skeleton(other.name) == other


def test_a_damaged_skeleton_is_told_when_the_project_opens(tmp_path: Path) -> None:
    mouse = read_skeleton(written(tmp_path, MOUSE))
    folder, _ = create_project(tmp_path / "p", label_map_from_names("ab"), mouse.name)
    text = folder.project_file.read_text(encoding="utf-8")
    assert "snout" in text
    folder.project_file.write_text(text.replace("snout", "rightear"), encoding="utf-8")
    with pytest.raises(ProjectError, match="appears twice"):
        ProjectFolder(tmp_path / "p").load()
