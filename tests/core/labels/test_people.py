"""Ids of people, and the groups that figures keep apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.people import groups_of_people, people_of_text, people_text


def test_a_text_names_people_once_each() -> None:
    assert people_of_text(" ben, P01 ;ben,, anna b ") == ("ben", "P01", "anna b")
    assert people_of_text(people_text(("ben", "anna b"))) == ("ben", "anna b")
    assert people_of_text(" ; ") == ()


@pytest.mark.parametrize("name", ["=1", "@a", "\uff0b1", "a\nb", "a\u202eb", "x" * 101])
def test_what_a_table_cannot_carry_is_no_id(name: str) -> None:
    with pytest.raises(EditError, match=r"read as a formula|cannot be a person's name"):
        people_of_text(name)


NAMED = st.lists(st.sampled_from("ABCD"), max_size=3, unique=True)
VIDEOS = st.dictionaries(st.sampled_from("uvwxyz"), NAMED)


@given(VIDEOS)
def test_whoever_shares_a_person_is_of_one_group(people: dict[str, list[str]]) -> None:
    groups = groups_of_people(people)
    assert groups.keys() == people.keys()
    for video, named in people.items():
        for other, theirs in people.items():
            if set(named) & set(theirs):
                assert groups[video] == groups[other]
        if not named:
            assert list(groups.values()).count(groups[video]) == 1


def test_a_video_called_like_a_person_is_not_that_person() -> None:
    groups = groups_of_people({"ben": [], "film": ["ben"], "both": ["ben", "anna"]})
    assert groups == {"ben": "video ben", "film": "anna, ben", "both": "anna, ben"}
