"""Merge two versions of the classes of a project that grew from one.

A class is known by its id. Two people who add a class each give both the same id: mine
gets a new one then, in all of my labels (`ids_to_give`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from typing import TypeVar

from skelseg_core.labels.classes import ActionClass, FormerClass, LabelMap, color_for

T = TypeVar("T")


def pick(base: T, mine: T, theirs: T) -> T:
    """Choose what was changed; mine where both changed it."""
    return theirs if mine == base else mine


def merged_list(base: Iterable[T], mine: Iterable[T], theirs: Iterable[T]) -> list[T]:
    """Merge lists without doubles: mine, less what they took out, and what they added.

    The order is theirs where mine is as it was.
    """
    old, my, their = list(base), list(mine), list(theirs)
    if my == old:
        return their
    if their == old:
        return my
    gone = [v for v in old if v not in their or v not in my]
    kept = [v for v in old if v not in gone]
    reordered = [v for v in my if v in kept] == kept
    first, second = (their, my) if reordered else (my, their)
    found = [v for v in first if v not in gone]
    return found + [v for v in second if v not in gone and v not in found]


def ids_to_give(base: LabelMap, mine: LabelMap, theirs: LabelMap) -> dict[int, int]:
    """Choose other ids for my new classes, where theirs have the ids or the names.

    Returns
    -------
    dict of int to int
        New id by the id in ``mine``. A class that both added under one name is one.
    """
    known = {*base.ids, *base.moves}
    taken = {*theirs.ids, *theirs.moves} - known
    free = max([*base.ids, *base.moves, *mine.ids, *mine.moves, *known, *taken]) + 1
    found: dict[int, int] = {}
    added: list[ActionClass | FormerClass] = [*mine.classes, *mine.former]
    for new in added:
        if new.id in known:
            continue
        twin = theirs.named(new.name) if isinstance(new, ActionClass) else None
        if twin is not None and twin.id not in known:
            if twin.id != new.id:
                found[new.id] = twin.id
        elif new.id in taken:
            found[new.id] = free
            free += 1
    return found


def renumbered(label_map: LabelMap, ids: Mapping[int, int]) -> LabelMap:
    """Give classes other ids."""
    return LabelMap(
        tuple(replace(c, id=ids.get(c.id, c.id)) for c in label_map.classes),
        tuple(
            replace(
                f,
                id=ids.get(f.id, f.id),
                into=None if f.into is None else ids.get(f.into, f.into),
            )
            for f in label_map.former
        ),
    )


def merge_classes(
    base: LabelMap, mine: LabelMap, theirs: LabelMap, in_use: Collection[int] = ()
) -> LabelMap:
    """Merge two versions of the classes.

    A class that one side took away stays where the other side changed it, or where it
    is ``in_use``: labelled by the other side since.
    """
    if theirs == base and not in_use:
        return mine
    if mine == base and not in_use:
        return theirs
    ids = _ids(base, mine, theirs, in_use)
    classes = _with_own_names(
        [_merged_class(*(m.get(i) for m in (base, mine, theirs))) for i in ids], mine
    )
    former = {f.id: f for f in (*theirs.former, *mine.former) if f.id not in ids}
    moves = {f.id: f.into for f in former.values()}
    return LabelMap(
        tuple(classes),
        tuple(replace(f, into=_end_of(f, moves, ids)) for f in former.values()),
    )


def changed_by_both(base: LabelMap, mine: LabelMap, theirs: LabelMap) -> list[str]:
    """Name the parts of classes that both sides changed, not alike, and their value."""
    found = []
    for old in base.classes:
        my, their = mine.get(old.id), theirs.get(old.id)
        if my is None or their is None or their in (old, my):
            continue
        for part in fields(ActionClass):
            was, mine_, theirs_ = (getattr(c, part.name) for c in (old, my, their))
            if mine_ != was and theirs_ not in (was, mine_):
                found.append(
                    f"the {part.name} of class '{my.name}' (theirs: '{theirs_}')"
                )
    return found


def stay_notes(
    base: LabelMap, mine: LabelMap, theirs: LabelMap, merged: LabelMap
) -> tuple[str, ...]:
    """Say of which classes a deletion, of either side, was not made, and why."""
    found = []
    for old in base.classes:
        stays = merged.get(old.id)
        if stays is None:
            continue
        if theirs.get(old.id) is None:
            found.append(
                f"The class '{stays.name}', which somebody else deleted meanwhile, "
                "stays: you have used it since. Delete it again if it is to go."
            )
        elif mine.get(old.id) is None:
            found.append(
                f"The class '{stays.name}', which you deleted, stays: somebody else "
                "has used it meanwhile. Delete it again if it is to go."
            )
    return tuple(found)


def brought_back(label_map: LabelMap, ids: Collection[int]) -> LabelMap:
    """Make classes again of those former ones that have one of these ids."""
    back = [f for f in label_map.former if f.id in ids]
    classes, names = [*label_map.classes], {*label_map.names}
    for gone in back:
        name, n = gone.name, 2
        while name in names:
            name, n = f"{gone.name} {n}", n + 1
        names.add(name)
        classes.append(ActionClass(gone.id, name, color=color_for(gone.id)))
    kept = tuple(f for f in label_map.former if f not in back)
    return LabelMap(tuple(classes), kept) if back else label_map


def all_classes(old: LabelMap, new: LabelMap) -> LabelMap:
    """Put together the classes that labels have before a save and after it.

    Returns
    -------
    LabelMap
        ``old`` where nothing is new.
    """
    added = [c for c in new.classes if old.get(c.id) is None]
    if not added:
        return old
    names = set(new.names)
    going = []
    for item in old.classes:
        name = item.name
        if new.get(item.id) is None:
            while name in names:
                name = f"{name} ({item.id})"
            names.add(name)
            going.append(replace(item, name=name))
    classes = (*new.classes, *going)
    ids = {c.id for c in classes}
    former = {f.id: f for f in (*old.former, *new.former) if f.id not in ids}
    return LabelMap(classes, tuple(former.values()))


def _ids(
    base: LabelMap, mine: LabelMap, theirs: LabelMap, in_use: Collection[int]
) -> list[int]:
    """List the ids of the classes that are there afterwards, in their order."""
    stay = {
        old.id
        for old in base.classes
        for one, other in ((mine, theirs), (theirs, mine))
        if one.get(old.id) is None and (left := other.get(old.id)) is not None
        if left != old or old.id in in_use
    }
    # For the merge of the lists, nobody took these away.
    sides = [
        [c.id for c in side.classes]
        + [c.id for c in base.classes if c.id in stay and side.get(c.id) is None]
        for side in (mine, theirs)
    ]
    return merged_list(base.ids, *sides) or list(mine.ids)


def _merged_class(
    base: ActionClass | None, mine: ActionClass | None, theirs: ActionClass | None
) -> ActionClass:
    """Merge what is said of a class, each part for itself."""
    if mine is None or theirs is None:
        found = mine or theirs
        assert found is not None
        return found
    if base is None:
        return mine
    parts = {
        f.name: pick(*(getattr(c, f.name) for c in (base, mine, theirs)))
        for f in fields(ActionClass)
    }
    return ActionClass(**parts)


def _with_own_names(classes: list[ActionClass], mine: LabelMap) -> list[ActionClass]:
    """Tell classes apart that have one name or one key now; mine keep theirs."""
    names = {c.name for c in classes if _is_my(c, mine, "name")}
    keys = {c.key for c in classes if _is_my(c, mine, "key")}
    found = []
    for item in classes:
        name, key = item.name, item.key
        if not _is_my(item, mine, "name"):
            n = 2
            while name in names:
                name, n = f"{item.name} {n}", n + 1
        if key in keys and not _is_my(item, mine, "key"):
            key = ""
        names.add(name)
        keys.add(key)
        found.append(replace(item, name=name, key=key))
    return found


def _is_my(item: ActionClass, mine: LabelMap, part: str) -> bool:
    my = mine.get(item.id)
    return my is not None and getattr(my, part) == getattr(item, part)


def _end_of(
    former: FormerClass, moves: Mapping[int, int | None], ids: Collection[int]
) -> int | None:
    """Follow a class that was merged into one that was merged in its turn."""
    at, seen = former.into, {former.id}
    while at is not None and at not in ids and at not in seen:
        seen.add(at)
        at = moves.get(at)
    return at if at in ids else None
