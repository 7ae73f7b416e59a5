"""Files of classes: what is written is read back, and what is wrong has a line."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import (
    ActionClass,
    LabelMap,
    check_class_name,
    label_map_from_names,
)
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.class_files import load_classes, save_classes
from skelseg_core.project.project import new_project

CLASSES = LabelMap(
    (
        ActionClass(4, "pick-up", "2", "#e69f00", "From touch\nto lift", "hands"),
        ActionClass(1, "yes", "", "#56b4e9"),
        ActionClass(2, "12 o'clock: tea", "1", "#009e73", "", "Küche"),
    )
)


def test_yaml_says_everything(tmp_path: Path) -> None:
    path = tmp_path / "classes.yaml"
    save_classes(path, CLASSES)
    read = load_classes(path)
    assert [c.id for c in read] == [0, 1, 2]
    assert [(c.name, c.key, c.color, c.description, c.group) for c in read] == [
        (c.name, c.key, c.color, c.description, c.group) for c in CLASSES.classes
    ]
    assert "!!" not in path.read_text(encoding="utf-8")


names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    | st.sampled_from("#"),
    min_size=1,
    max_size=6,
)


@given(st.lists(names, min_size=1, max_size=4, unique=True))
def test_what_is_written_is_read_back_or_refused(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[str]
) -> None:
    try:
        label_map = label_map_from_names(wanted)
    except EditError:
        return
    folder = tmp_path_factory.mktemp("classes")
    for name in ("classes.txt", "mapping.txt", "classes.yml"):
        path = folder / name
        try:
            save_classes(path, label_map)
        except FormatError:
            assert name != "classes.yml"
            continue
        assert tuple(c.name for c in load_classes(path)) == label_map.names


def test_mapping_and_text_are_what_others_read(tmp_path: Path) -> None:
    label_map = label_map_from_names(["walk", "reach"])
    save_classes(tmp_path / "mapping.txt", label_map)
    assert (tmp_path / "mapping.txt").read_text() == "0 walk\n1 reach\n"
    save_classes(tmp_path / "list.txt", label_map)
    assert (tmp_path / "list.txt").read_text() == "walk\nreach\n"
    with pytest.raises(FormatError, match="'open drawer' has a blank"):
        save_classes(tmp_path / "mapping.txt", label_map_from_names(["open drawer"]))
    with pytest.raises(FormatError, match="cannot be read back"):
        save_classes(tmp_path / "list.txt", label_map_from_names(["#one", "two"]))
    assert (tmp_path / "list.txt").read_text() == "walk\nreach\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no class"),
        ("classes: []", "names no class"),
        ("walk", ": expected a list of classes"),
        ("classes:\n- walk\n- {name: reach, speed: 3}", "line 3: 'speed' is unknown"),
        ("- walk\n- [a]", "line 2: it must be lines 'name: value'"),
        ("- walk\n- key: '1'", "line 2: 'name' is missing"),
        ("- walk\n- {name: b, key: q}", "line 2: the key 'q' is not a digit"),
        ("- walk\n- {name: b, key: /ww}", "line 2: the key '/ww' is not a digit"),
        ("- walk\n- {name: b, key: 12}", "line 2: the key '12' is not a digit"),
        ("- walk\n- {name: b, color: red}", "line 2: 'red' is not a colour"),
        ("- walk\n\n- walk", "line 3: the name 'walk' is already in "),
        ("- {name: a, key: 1}\n- {name: b, key: 1}", "line 2: the key '1' is already"),
        ("- walk\n- 'a '", "line 2: The class name 'a '"),
        ("- walk\n- {name: b, group: [x]}", "line 2: 'group' must be a text"),
        ("- &a walk\n- *a", "not a readable YAML"),
        ("- {name: a\n- b", "line 2: this is not a readable YAML"),
        ("- !!python/object/apply:os.system [ls]", "line 1: it must be"),
    ],
)
def test_what_is_wrong_has_a_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError) as error:
        load_classes(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_yaml_may_be_a_bare_list(tmp_path: Path) -> None:
    path = tmp_path / "c.yml"
    path.write_text("- walk\n- name: reach\n  key: 3\n  color: '#AABBCC'\n")
    assert load_classes(path) == (
        ActionClass(0, "walk", "", ""),
        ActionClass(1, "reach", "3", "#aabbcc"),
    )


def test_an_import_adds_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "mapping.txt"
    path.write_text("0 walk\n1 reach\n2 fall\n")
    project = new_project("p", label_map_from_names(["walk", "sit"]))
    after = add_classes(project, load_classes(path)).label_map
    assert after.names == ("walk", "sit", "reach", "fall")
    assert after.classes[0] == project.label_map.classes[0]
    assert len({c.color for c in after.classes}) == 4
    assert [c.key for c in after.classes] == list("1234")


@given(st.text(string.printable, max_size=40))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "c.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        found = load_classes(path)
    except FormatError:
        return
    for item in found:
        check_class_name(item.name)
