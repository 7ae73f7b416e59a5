"""Names of classes in little room: what differs looks different."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.kit.short_name import ShortName, short_names

SIXTY = [
    f"{verb} the {thing} {where} tray"
    for verb in ("reach for", "carry", "put down", "pick up", "look at")
    for thing in ("upper", "lower", "left", "right")
    for where in ("from the", "to the", "beside the")
]
OTHERS = [
    *(f"step {n}" for n in range(30, 52)),
    *("用右手把盘子放到桌子上面再走回来", "用左手把盘子放到桌子上面再走回来"),
    *("يمشي إلى اليمين ببطء شديد", "يمشي إلى اليسار ببطء شديد"),
    *("walk", "walk slowly", "open", "opens", "cup in box", "box in cup", "📦", "--"),
]


def fitting(name: ShortName, room: int, sought: tuple[str, ...] = ()) -> str:
    return name.cut(lambda text: len(text) <= room, sought)


def needed(name: ShortName) -> int:
    """Return the room for the words that tell the name, as short as they can be."""
    return sum(max(1, n) + 1 for _, n in name.telling) - 1


def test_names_of_a_large_project_differ_in_little_room() -> None:
    for names in (SIXTY, OTHERS, SIXTY + OTHERS):
        short = short_names(tuple(names))
        for room in (*range(max(map(needed, short)), 40), 100):
            cut = [fitting(name, room) for name in short]
            assert len(set(cut)) == len(names), room
            assert all(len(text) <= room for text in cut)


words = st.text("abcd", min_size=1, max_size=4)
names = st.lists(
    st.lists(words, min_size=1, max_size=5).map(" ".join),
    min_size=1,
    max_size=20,
    unique=True,
)


@given(names, st.integers(4, 40))
def test_two_names_that_have_room_never_look_alike(
    given_names: list[str], room: int
) -> None:
    roomy = [n for n in short_names(tuple(given_names)) if needed(n) <= room]
    cut = [fitting(name, room) for name in roomy]
    assert len(set(cut)) == len(cut)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8), st.integers(2, 12))
def test_any_name_fits_and_has_something_to_read(
    given_names: list[str], room: int
) -> None:
    for name in short_names(tuple(given_names)):
        text = fitting(name, room)
        assert len(text) <= room
        assert text or not name.name


def test_a_whole_name_stays_whole_and_what_is_left_out_has_dots() -> None:
    (left, right) = short_names(
        ("reach for the left cup now", "reach for the right cup now")
    )
    assert fitting(left, 40) == "reach for the left cup now"
    assert fitting(left, 22) == "reach for the left…"
    assert fitting(left, 17) == "reach for…left…"
    assert fitting(right, 7) == "…right…"
    assert fitting(right, 3) == "rig"


def test_a_word_that_is_sought_is_seen() -> None:
    for name in short_names(tuple(SIXTY)):
        if "left" in name.name:
            assert "left" in fitting(name, 22, ("lef",))
