"""Edit the classes: add, rename, recolour, set keys, group, move, merge, import."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.plural import plural
from app.services.task_runner import TaskRunner
from app.state.document import LARGE_SEGMENTS
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import (
    ClassUse,
    add_class,
    add_classes,
    class_deletion,
    delete_class,
    describe_class,
    group_class,
    move_class,
    recolor_class,
    rename_class,
    set_class_key,
    set_class_keys,
    use_of,
)
from skelseg_core.project.class_files import load_classes, save_classes
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId, TrackKey
from skelseg_core.said import Said


class ClassEditor(QObject):
    """Edit the classes; each call is one undo step of the document.

    The document refuses edits that are not allowed and says why. ``track`` returns the
    id of the track that is looked at: the classes are those of its tier.
    """

    def __init__(
        self,
        tasks: TaskRunner,
        parent: QObject | None = None,
        track: Callable[[], TrackId] = lambda: TrackId(""),
    ) -> None:
        super().__init__(parent)
        self.document, self._tasks, self._track = tasks.document, tasks, track

    @property
    def label_map(self) -> LabelMap:
        """The classes of the tier that is looked at."""
        return self.document.project.classes_of(self._track())

    @property
    def classes_beside(self) -> LabelMap:
        """The classes of all tiers that keys label, by tier."""
        return self.document.project.classes_beside(self._track())

    @property
    def all_classes(self) -> LabelMap:
        """The classes of all tiers."""
        return self.document.project.all_classes

    def classes_like(self, item: ActionClass) -> LabelMap:
        """Return the classes of the tier of a class."""
        return self.document.project.classes_of(TrackKey(item.tier))

    def tier_name(self, tier: str) -> str:
        """Return the name of a tier by its id."""
        return self.document.project.tier(tier).name

    @property
    def tier(self) -> str:
        """Id of the tier that is looked at."""
        item = self.document.project.find(self._track())
        return "" if item is None else item.tier

    def name(self, class_id: int | None) -> str:
        """Return the name of a class."""
        return self.all_classes.name_of(class_id)

    def use(self, class_id: int) -> ClassUse:
        """Count the segments that would change if the class was deleted."""
        return use_of(self.document.project, class_id)

    def add(self, name: str) -> int | None:
        """Add a class; return its id, or None where the name was refused.

        A `rename` with ``fresh`` right after it belongs to the same undo step.
        """
        key, tier = _fresh(self.label_map.next_id), self.tier
        if not self.document.apply(
            self.tr("Add class"), lambda p: add_class(p, name, tier=tier), key
        ):
            return None
        return self.label_map.classes[-1].id

    def free_name(self) -> str:
        """Return a name that no class has yet."""
        wanted = self.tr("new class")
        name, n = wanted, 2
        while self.label_map.named(name) is not None:
            name, n = f"{wanted} {n}", n + 1
        return name

    def rename(self, class_id: int, name: str, fresh: bool = False) -> bool:
        """Rename a class; False where the name was refused or is the same."""
        return self.document.apply(
            self.tr("Add class") if fresh else self.tr("Rename class"),
            lambda p: rename_class(p, class_id, name),
            _fresh(class_id) if fresh else "",
        )

    def recolor(self, class_id: int, color: str) -> None:
        """Set the colour of a class, as ``#rrggbb``."""
        self.document.apply(
            self.tr("Colour of {name}").format(name=self.name(class_id)),
            lambda p: recolor_class(p, class_id, color),
        )

    def set_key(self, class_id: int, key: str) -> None:
        """Set the key of a class; its present owner gets the old key in exchange."""
        owner = self.all_classes.keyed(key)
        text = self.tr("Key of {name}").format(name=self.name(class_id))
        made = self.document.apply(text, lambda p: set_class_key(p, class_id, key))
        if not made or owner is None or owner.id == class_id:
            return
        left = self.all_classes.get(owner.id)
        names = {"name": self.name(class_id), "key": key, "other": owner.name}
        if left is not None and left.key:
            sentence = self.tr("{name} now has the key {key}, and {other} has {left}.")
            self._tasks.tell(sentence.format(**names, left=left.key))
        else:
            sentence = self.tr("{name} now has the key {key}, and {other} has none.")
            self._tasks.tell(sentence.format(**names))

    # -- several classes in one undo step -------------------------------------------

    def set_groups(self, class_ids: Sequence[int], group: str) -> None:
        """List classes under a group, or under none."""
        text = plural("Group of {n} class(es)", len(class_ids))
        self._all(text, class_ids, lambda p, i: group_class(p, i, group))

    def set_keys(self, keys: Mapping[int, str]) -> None:
        """Set the keys of several classes by id; other classes lose these keys."""
        given, before = set(keys.values()) - {""}, self.all_classes
        lost = [c.name for c in before.classes if c.key in given and c.id not in keys]
        text = plural("Keys of {n} class(es)", len(keys))
        made = self.document.apply(text, lambda p: set_class_keys(p, keys))
        if made and lost:
            sentence = self.tr("These classes no longer have a key: {names}.")
            self._tasks.tell(sentence.format(names=_some(lost)))

    def _all(
        self,
        text: str,
        class_ids: Collection[int],
        edit: Callable[[Project, int], Project],
    ) -> None:
        self.document.apply(text, lambda p: reduce(edit, class_ids, p))

    def describe(self, class_id: int, description: str) -> None:
        """Set the description of a class: when it holds."""
        self.document.apply(
            self.tr("Describe {name}").format(name=self.name(class_id)),
            lambda p: describe_class(p, class_id, description),
        )

    def set_group(self, class_id: int, group: str) -> None:
        """List a class under a group, or under none."""
        self.document.apply(
            self.tr("Group of {name}").format(name=self.name(class_id)),
            lambda p: group_class(p, class_id, group),
        )

    def move(self, class_id: int, place: int) -> None:
        """Move a class to a position in the list, counted from 0."""
        self.document.apply(
            self.tr("Move {name}").format(name=self.name(class_id)),
            lambda p: move_class(p, class_id, place),
        )

    def delete(self, class_id: int, into: int | None) -> None:
        """Delete a class; its frames get the class ``into``, or become unlabelled."""
        name, use = self.name(class_id), self.use(class_id)
        if into is None:
            text = self.tr("Delete class {name}").format(name=name)
            sentence = self.tr(
                "Deleted {name} (segments now unlabelled: {n}). You can undo this."
            )
        else:
            text = self.tr("Merge {name} into {other}")
            text = text.format(name=name, other=self.name(into))
            sentence = self.tr(
                "Merged {name} into {other} (segments: {n}). You can undo this."
            )
        n = use.annotated + use.other
        done = sentence.format(name=name, other=self.name(into), n=f"{n:,}")
        if n > LARGE_SEGMENTS:
            self._tasks.edit(
                text,
                lambda p: class_deletion(p, class_id, into),
                lambda _: self._tasks.tell(done),
            )
        elif self.document.apply(text, lambda p: delete_class(p, class_id, into)):
            self._tasks.tell(done)

    # -- files ----------------------------------------------------------------------

    def load(self, path: Path) -> None:
        """Import the classes of a file that the project has not, by name."""
        self._tasks.run(
            self.tr("Import classes"),
            _reading(path),
            lambda found: self._take(path, found),
        )

    def _take(self, path: Path, found: Sequence[ActionClass]) -> None:
        before, text = self.label_map, self.tr("Import classes")
        tier = self.tier
        made = self.document.apply(text, lambda p: add_classes(p, found, tier))
        new = [c.name for c in found if before.named(c.name) is None]
        if new and not made:
            return  # the document said why it refused
        names = _some(new)
        if new:
            sentence = self.tr(
                "Classes added from {file}: {n} ({names}). Already there: {there}."
            )
        else:
            sentence = self.tr(
                "Nothing added: the project already has the classes of {file}."
            )
        self._tasks.tell(
            sentence.format(
                n=f"{len(new):,}",
                there=f"{len(found) - len(new):,}",
                file=path.name,
                names=names,
            )
        )

    def save(self, path: Path) -> None:
        """Write the classes into a file, in the format that its suffix names."""
        sentence = self.tr("Exported the classes to {file}.").format(file=path)
        self._tasks.run(
            self.tr("Export classes"),
            _writing(path, self.label_map),
            lambda _: self._tasks.tell(sentence),
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")


def _fresh(class_id: int) -> str:
    """Return the merge key that joins adding a class and first naming it."""
    return f"add class {class_id}"


def _reading(path: Path) -> Task[Sequence[ActionClass]]:
    yield Progress(Said("reading {}", path.name))
    return load_classes(path)


def _writing(path: Path, label_map: LabelMap) -> Task[None]:
    yield Progress(Said("writing {}", path.name))
    save_classes(path, label_map)
