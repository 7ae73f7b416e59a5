"""Edits of the classes of a project: pure functions that strand or destroy no label.

Every edit keeps all segments of all lanes in classes that are there. A class goes away
only with a stated destination for what it labelled; what its id stands for from then on
is kept in the label map, because predictions, models and older files go on naming it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase

from skelseg_core.errors import EditError
from skelseg_core.labels.classes import (
    DIGIT_KEYS,
    KEYS,
    LETTER,
    PALETTE,
    ActionClass,
    FormerClass,
    LabelMap,
    color_for,
    is_class_key,
)
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.points import remap_points
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task, run
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackKey
from skelseg_core.said import Said

_COLOR = re.compile(r"#[0-9a-f]{6}")


def free_key(project: Project, name: str, tier: str = "") -> str:
    """Find a key that no class has for one of this name, or the empty text.

    The first tier begins with the digits, the second with Shift and digits. The others,
    and what these two have too many, get ``/`` and a letter.
    """
    taken, tiers = {c.key for c in project.label_map.classes}, [*project.tiers]
    at = next((n for n, t in enumerate(tiers) if t.id == tier), len(tiers))
    digits = (k for k in DIGIT_KEYS[len(KEYS) * at :] if k not in taken)
    letters = letter_keys([name], taken) if len(tiers) > 1 else [""]
    return next(digits, letters[0])


def free_color(label_map: LabelMap) -> str:
    """Return the first colour of the palette without a class, else the rarest."""
    taken = [c.color.lower() for c in label_map.classes]
    return min(PALETTE, key=taken.count)


def _class(project: Project, class_id: int) -> ActionClass:
    found = project.label_map.get(class_id)
    if found is None:
        raise EditError("There is no class with the id {}; choose another.", class_id)
    return found


def _of_tier(project: Project, tier: str) -> LabelMap:
    return project.classes_of(TrackKey(tier))


def _with(project: Project, *changed: ActionClass) -> Project:
    """Replace the classes of these ids."""
    new = {c.id: c for c in changed}
    classes = tuple(new.get(c.id, c) for c in project.label_map.classes)
    if classes == project.label_map.classes:
        return project
    return replace(project, label_map=replace(project.label_map, classes=classes))


def add_class(
    project: Project,
    name: str,
    key: str = "",
    color: str = "",
    description: str = "",
    group: str = "",
    tier: str = "",
) -> Project:
    """Add a class to a tier, at the end; see `with_class`.

    Raises
    ------
    EditError
        Where the name cannot be used or is there already.
    """
    _check_free_name(_of_tier(project, tier), name.strip())
    said = name.strip(), key, color, description.strip(), group.strip(), tier
    return with_class(project, ActionClass(0, *said))


def with_class(project: Project, said: ActionClass) -> Project:
    """Add a class like ``said``, with an id of its own.

    It gets a key that no class has, and a colour that no other tier has.
    """
    label_map = project.label_map
    is_free = is_class_key(said.key) and label_map.keyed(said.key) is None
    others = {c.color for c in label_map.classes if c.tier != said.tier}
    new = replace(
        said,
        id=label_map.next_id,
        key=said.key if is_free else free_key(project, said.name, said.tier),
        color=free_color(label_map) if said.color in {"", *others} else said.color,
    )
    classes = (*label_map.classes, new)
    return replace(project, label_map=replace(label_map, classes=classes))


def _check_free_name(label_map: LabelMap, name: str) -> None:
    if label_map.named(name) is not None:
        raise EditError(
            "A class '{}' already exists; choose another name, or merge the two.", name
        )


def rename_class(project: Project, class_id: int, name: str) -> Project:
    """Give a class another name; raises EditError where it cannot be used."""
    found = _class(project, class_id)
    if name.strip() == found.name:
        return project
    _check_free_name(_of_tier(project, found.tier), name.strip())
    return _with(project, replace(found, name=name.strip()))


def recolor_class(project: Project, class_id: int, color: str) -> Project:
    """Give a class another colour ``#rrggbb``; raises EditError where it is none."""
    if not _COLOR.fullmatch(color.lower()):
        raise EditError("'{}' is not a colour; write it as #rrggbb.", color)
    return _with(project, replace(_class(project, class_id), color=color.lower()))


def set_class_key(project: Project, class_id: int, key: str) -> Project:
    """Give a class a key, or none; a class that has this key takes the old one.

    Raises
    ------
    EditError
        Where a class can have no such key.
    """
    _check_key(key)
    found = _class(project, class_id)
    owner = project.label_map.keyed(key) or found
    return _with(project, replace(owner, key=found.key), replace(found, key=key))


def set_class_keys(project: Project, keys: Mapping[int, str]) -> Project:
    """Give several classes keys, by id; others that have one lose it.

    Raises
    ------
    EditError
        Where a class can have no such key.
    """
    given = set(keys.values()) - {""}
    for key in given:
        _check_key(key)
    having = [replace(_class(project, i), key=key) for i, key in keys.items()]
    losing = [replace(c, key="") for c in project.label_map.classes if c.key in given]
    return _with(project, *losing, *having)


def _check_key(key: str) -> None:
    if key and not is_class_key(key):
        raise EditError(
            "The key '{}' is not a digit; choose one of 1 to 9 or 0, alone or with "
            "Shift, or / and a letter.",
            key,
        )


def letter_keys(names: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Find a key ``/`` and a letter for each name, one that begins a word if free.

    A name for which no letter is left gets the empty text.
    """
    used, found = set(taken), []
    for name in names:
        words = re.findall(r"[^\W\d_]+", name.casefold())
        letters = [w[0] for w in words] + list("".join(words)) + list(ascii_lowercase)
        keys = (LETTER + letter for letter in letters)
        key = next((k for k in keys if k not in used and is_class_key(k)), "")
        used.add(key)
        found.append(key)
    return found


def describe_class(project: Project, class_id: int, description: str) -> Project:
    """Set the description of a class: when it holds."""
    found = _class(project, class_id)
    return _with(project, replace(found, description=description.strip()))


def group_class(project: Project, class_id: int, group: str) -> Project:
    """List a class under a group, or under none."""
    return _with(project, replace(_class(project, class_id), group=group.strip()))


def move_class(project: Project, class_id: int, place: int) -> Project:
    """Put a class at a place of its tier's list, 0 the first; too far is the last."""
    found = _class(project, class_id)
    own = [c for c in _of_tier(project, found.tier).classes if c.id != class_id]
    own.insert(max(0, place), found)
    others = iter(own)
    classes = tuple(
        next(others) if c.tier == found.tier else c for c in project.label_map.classes
    )
    if classes == project.label_map.classes:
        return project
    return replace(project, label_map=replace(project.label_map, classes=classes))


def delete_class(project: Project, class_id: int, into: int | None) -> Project:
    """Take a class away and give all it labelled, in every lane, to another.

    `class_deletion` does the same video by video.
    """
    return run(class_deletion(project, class_id, into))


def class_deletion(project: Project, class_id: int, into: int | None) -> Task[Project]:
    """Take a class away, video by video.

    Parameters
    ----------
    project : Project
    class_id : int
        The class that goes.
    into : int or None
        The class its segments get; None leaves them unlabelled. One that has no key
        gets that of the class that goes.

    Raises
    ------
    EditError
        Where it is the only class, or is to be given to itself.
    """
    gone, label_map = _class(project, class_id), project.label_map
    if into == class_id:
        raise EditError(
            "The class '{}' cannot be merged into itself; choose another.", gone.name
        )
    if len(_of_tier(project, gone.tier)) == 1:
        raise EditError(
            "'{}' is the only class, and a project needs one; add another first.",
            gone.name,
        )
    kept = tuple(c for c in label_map.classes if c.id != class_id)
    if into is not None:
        heir = _class(project, into)
        if heir.tier != gone.tier:
            raise EditError(
                "'{}' and '{}' are of two tiers; choose a class of the same one.",
                gone.name,
                heir.name,
            )
        if not heir.key:
            kept = tuple(replace(c, key=gone.key) if c.id == into else c for c in kept)
    former = tuple(
        replace(f, into=into) if f.into == class_id else f for f in label_map.former
    )
    former = (*former, FormerClass(class_id, gone.name, into))
    moves = {class_id: into}
    videos = []
    for n, item in enumerate(project.tracks):
        marks = remap_points(item.marks, moves)
        of_lanes = any(class_id in lane.class_counts for lane in item.lanes.values())
        if of_lanes or marks is not item.marks:
            yield Progress(Said("labels of {}", item.called), n, len(project.tracks))
            lanes = {k: remap_classes(lane, moves) for k, lane in item.lanes.items()}
            videos.append(replace(item, lanes=lanes, marks=marks))
    project = project.with_tracks(*videos)
    return replace(project, label_map=LabelMap(kept, former, label_map.next_id))


def ids_added(before: Project, after: Project) -> range:
    """Return the ids of classes that an edit added, from the first to the last one."""
    return range(before.label_map.next_id, after.label_map.next_id)


def names_added(before: Project, after: Project) -> tuple[str, ...]:
    """Return the names of the classes that an edit added."""
    first = before.label_map.next_id
    return tuple(c.name for c in after.label_map.classes if c.id >= first)


def with_next_id(project: Project, next_id: int) -> Project:
    """Let the next class that is added have this id."""
    return replace(project, label_map=replace(project.label_map, next_id=next_id))


def with_used_classes(
    project: Project, lanes: Iterable[Segmentation], before: LabelMap | None = None
) -> tuple[Project, tuple[str, ...]]:
    """Make the classes again that labels and marks have and the project lacks.

    One that is there in ``before`` is as it was, one that was deleted gets its name
    back.

    Returns
    -------
    Project
    tuple of str
        The names of the classes that were made.
    """
    label_map = project.label_map
    there = set(label_map.ids)
    used = {i for lane in lanes for i in lane.class_counts if i is not None}
    points = {tier.id for tier in project.tiers if tier.kind == "points"}
    if points:
        marked = (v for v in project.tracks if v.tier in points)
        used.update(mark.class_id for v in marked for mark in v.marks)
    used -= there
    if not used:
        return project, ()
    tiers = _tiers_using(project, used)
    known: dict[int, ActionClass] = {
        f.id: ActionClass(f.id, f.name, color=color_for(f.id), tier=tiers.get(f.id, ""))
        for f in label_map.former
    }
    known |= {c.id: c for c in (before.classes if before is not None else ())}
    names, made = {*label_map.names}, []
    for class_id in sorted(used):
        lost = ActionClass(
            class_id,
            f"class {class_id} (name lost)",
            color=color_for(class_id),
            tier=tiers.get(class_id, ""),
        )
        found = known.get(class_id, lost)
        name, n = found.name, 2
        while name in names:
            name, n = f"{found.name} {n}", n + 1
        names.add(name)
        made.append(replace(found, name=name))
    label_map = replace(
        label_map,
        classes=(*label_map.classes, *made),
        former=tuple(f for f in label_map.former if f.id not in used),
    )
    return replace(project, label_map=label_map), tuple(c.name for c in made)


def _tiers_using(project: Project, class_ids: Collection[int]) -> dict[int, str]:
    """Find the tier of a track that has each of these classes."""
    found: dict[int, str] = {}
    for item in project.tracks if len(project.tiers) > 1 else ():
        there = {mark.class_id for mark in item.marks}.union(
            *(lane.class_counts for lane in item.lanes.values())
        )
        found |= {i: item.tier for i in class_ids if i in there and i not in found}
    return found


@dataclass(frozen=True)
class ClassUse:
    """Number of segments and marks of a class, and of segments in other lanes."""

    annotated: int
    other: int


def use_of(project: Project, class_id: int) -> ClassUse:
    """Count the segments and marks that would change if the class were deleted."""
    annotated = sum(v.annotation.class_counts[class_id] for v in project.tracks)
    total = sum(
        lane.class_counts[class_id] for v in project.tracks for lane in v.lanes.values()
    )
    marked = sum(m.class_id == class_id for v in project.tracks for m in v.marks)
    return ClassUse(annotated + marked, total - annotated)


def add_classes(
    project: Project, found: Sequence[ActionClass], tier: str = ""
) -> Project:
    """Add the classes of a file to a tier by their names; their ids do not count.

    A new class keeps what the file says of it, its key only if that is free. A class
    that the project has gets the file's description and group where it has none.
    """
    for item in found:
        known = _of_tier(project, tier).named(item.name)
        if known is None:
            said = item.key, item.color, item.description, item.group
            project = add_class(project, item.name, *said, tier)
        else:
            project = _with(
                project,
                replace(
                    known,
                    description=known.description or item.description,
                    group=known.group or item.group,
                ),
            )
    return project


# -- groups -------------------------------------------------------------------------


def groups_of(label_map: LabelMap) -> tuple[str, ...]:
    """List the groups of the classes, in the order in which they come."""
    return tuple(dict.fromkeys(c.group for c in label_map.classes if c.group))
