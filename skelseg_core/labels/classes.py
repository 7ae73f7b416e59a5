"""Action classes (names, keys, colours) and the map from ids to classes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, repeat
from operator import attrgetter

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.typed_values import Whole


@dataclass(frozen=True, slots=True)
class ActionClass:
    """An action: a stable id, a name, a key on the keyboard, a colour ``#rrggbb``.

    ``description`` defines the class; ``group`` is its heading in lists;
    ``tier`` is the id of its tier.
    """

    id: Whole
    name: str
    key: str = ""
    color: str = "#888888"
    description: str = ""
    group: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class FormerClass:
    """A merged or deleted class.

    Predictions, models and older label files still name ``id``. Their frames become
    ``into``, or unlabelled without it.
    """

    id: Whole
    name: str
    into: Whole | None = None


@dataclass(frozen=True)
class LabelMap:
    """Classes of a tier, or of all tiers of a project, in display order.

    Names are unique within a tier. Ids are stable: renaming a class changes no label.
    The *index* of a class is its position here, and its channel in a network's output.
    No id is reused: ``next_id`` is above all ids ever given, including ``former``
    classes and undone additions.
    """

    classes: tuple[ActionClass, ...]
    former: tuple[FormerClass, ...] = ()
    next_id: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        # Sorted by id, so that the order of removal does not change the map.
        former = tuple(sorted(self.former, key=attrgetter("id")))
        object.__setattr__(self, "former", former)
        if not self.classes:
            raise EditError("A project needs at least one class; name one.")
        ids = [c.id for c in self.classes]
        names = [(c.tier, c.name) for c in self.classes]
        for item in self.classes:
            check_class_name(item.name)
            check_class_text(item.name, "description", item.description)
            check_class_text(item.name, "group", item.group)
        all_ids = [*ids, *(f.id for f in self.former)]
        found = (("id", [("", str(i)) for i in all_ids]), ("name", names))
        for what, values in found:
            doubled = {v for v, n in Counter(values).items() if n > 1}
            if doubled:
                raise EditError(
                    "The class {} '{}' appears twice; give each class its own.",
                    what,
                    min(doubled)[1],
                )
        object.__setattr__(self, "next_id", max(self.next_id, max(all_ids) + 1))
        if min(all_ids) < 0:
            raise EditError(
                "The class id {} is negative; ids start at 0.", min(all_ids)
            )
        for gone in self.former:
            if gone.into is not None and gone.into not in ids:
                raise EditError(
                    "The former class '{}' became class id {}, which does not exist; "
                    "name one of the classes.",
                    gone.name,
                    gone.into,
                )

    def __len__(self) -> int:
        return len(self.classes)

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """Class ids in channel order."""
        return tuple(c.id for c in self.classes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Class names in channel order."""
        return tuple(c.name for c in self.classes)

    @cached_property
    def _by_id(self) -> dict[int, ActionClass]:
        return {c.id: c for c in self.classes}

    @cached_property
    def _by_name(self) -> dict[str, ActionClass]:
        return {c.name: c for c in self.classes}

    def get(self, class_id: int | None) -> ActionClass | None:
        """Return the class with this id, or None (also for None)."""
        return None if class_id is None else self._by_id.get(class_id)

    def named(self, name: str) -> ActionClass | None:
        """Return the class called ``name``, or None."""
        return self._by_name.get(name)

    def name_of(self, class_id: int | None) -> str:
        """Return the name for display and files; empty for unlabelled."""
        found = self.get(class_id)
        return found.name if found else ""

    @cached_property
    def moves(self) -> Mapping[int, int | None]:
        """New class by the id of each merged or deleted one; None is unlabelled."""
        return {f.id: f.into for f in self.former}

    def lost(self, ids: Iterable[int], names: Iterable[str]) -> str | None:
        """Name a class that is missing here or means another now, or return None.

        Merged and deleted classes do not count, nor do renamed ones, unless another
        class has the old name.

        Parameters
        ----------
        ids, names : iterable of int, iterable of str
            Classes as the model knew them; an empty name is unknown.
        """
        for class_id, name in zip(ids, names, strict=True):
            if class_id in self.moves:
                continue
            found = self.get(class_id)
            if found is None or (found.name != name and self.named(name)):
                return name
        return None

    def keyed(self, key: str) -> ActionClass | None:
        """Return the class whose key is ``key``, or None."""
        return next((c for c in self.classes if c.key == key and key), None)

    def to_indices(self, labels: np.ndarray) -> np.ndarray:
        """Convert class ids (T,) to channel indices (T,); unlabelled stays -1."""
        table = {class_id: i for i, class_id in enumerate(self.ids)}
        found, inverse = np.unique(labels, return_inverse=True)
        mapped = np.array([table.get(int(v), UNLABELLED) for v in found], np.int64)
        return mapped[inverse].reshape(np.shape(labels))


PALETTE = (
    # Okabe-Ito without black, which is invisible on the dark theme, then glasbey_bw
    # colours that colour-blind people can distinguish; from the 29th on, the rest of
    # glasbey_bw by distance.
    "#56b4e9", "#e69f00", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
    "#8c3bff", "#00c8a0", "#d60000", "#97ff00", "#ff7ed1", "#6b004f", "#ffa52f",
    "#573b00", "#005659", "#0000dd", "#a17569", "#bcb7ff", "#bf03b8", "#645472",
    "#790000", "#0774d8", "#729a7c", "#ff7752", "#004b00", "#8e7b01", "#f2007b",
    "#018700", "#00acc6", "#00fdcf", "#95b577", "#fdf490", "#edb8b8", "#5d7e66",
    "#9ae4ff", "#a57bb8", "#5900a3", "#03c600", "#9e4b00", "#9c3b4f", "#cac300",
    "#708297", "#00af89", "#8287ff", "#5d363b", "#380000", "#fdbfff", "#bde6bf",
    "#93b8b5", "#e452ff", "#2f5282", "#c36690", "#54621f", "#c49e72", "#038287",
    "#69e680", "#802690", "#4d33ff", "#85a301", "#fd03ca", "#c1a5c4", "#c45646",
    "#75573d", "#016742", "#00d6d4", "#dadfff", "#f9ff00", "#6967af", "#c39700",
    "#e1cd9c", "#da95ff", "#ba03fd", "#915282", "#a00072", "#d38c8e", "#364426",
    "#97a5c3", "#8e8c5e", "#ff4600", "#c8fff9", "#ae6dff", "#6ecfa7", "#bfff8c",
    "#8c54b1", "#773618", "#ffa079", "#a8001f", "#ff1c44", "#5e1123", "#ff5e93",
    "#4b6774", "#5291cc", "#aa7031", "#01cffd", "#00c36b", "#60345d", "#90d42f",
    "#bfd47c", "#5044a1",
)  # fmt: skip
MOST_CHARACTERS = 1000
"""Longest name of a class; laying out a longer one takes a window minutes."""
KEYS = "1234567890"
SHIFTED_KEYS = tuple(f"Shift+{digit}" for digit in KEYS)
DIGIT_KEYS = (*KEYS, *SHIFTED_KEYS)
LETTER = "/"
"""Key typed before the letter of a class that has one: ``"/w"``."""


def is_class_key(key: str) -> bool:
    """Tell whether ``key`` is a digit, Shift and a digit, or ``/`` and a letter."""
    letter = key.removeprefix(LETTER)
    lettered = len(key) == 2 and key != letter and letter.isalpha()
    return key in (*KEYS, *SHIFTED_KEYS) or (lettered and letter == letter.casefold())


def label_map_from_names(names: Iterable[str]) -> LabelMap:
    """Make classes: ids 0, 1, ..., digits as keys of the first twenty, unique colours.

    Raises
    ------
    EditError
        If a name is empty or repeated.
    """
    return label_map_from_pairs(enumerate(name.strip() for name in names))


def label_map_from_pairs(pairs: Iterable[tuple[int, str]]) -> LabelMap:
    """Make classes from (id, name); order decides keys and colours."""
    keys = chain(DIGIT_KEYS, repeat(""))
    numbered = enumerate(zip(pairs, keys, strict=False))
    return LabelMap(
        tuple(ActionClass(*pair, key, color_for(n)) for n, (pair, key) in numbered)
    )


def color_for(index: int) -> str:
    """Return the colour of the class at ``index``."""
    return PALETTE[index % len(PALETTE)]


def check_class_name(name: str) -> None:
    """Refuse names that this field's file formats cannot carry."""
    if not name.strip():
        raise EditError("A class name is empty; give every class a name.")
    if len(name) > MOST_CHARACTERS:
        raise EditError(
            "The class name '{}…' has {:,} characters; give it one of at most {:,}.",
            name[:40],
            len(name),
            MOST_CHARACTERS,
        )
    code = next((f" (U+{ord(c):04X})" for c in name if breaks_lines(c)), "")
    if code or name != name.strip():
        raise EditError(
            "The class name {!r} has a line break{} or outer blanks, which files of "
            "one name per line cannot store; choose another.",
            name,
            f", a control sign or a change of text direction{code}," if code else "",
        )
    if begins_formula(name):
        raise EditError(
            "The class name '{}' starts with '{}', which spreadsheets read as a "
            "formula; choose another.",
            name,
            name[0],
        )


def begins_formula(text: str) -> bool:
    """Tell whether spreadsheets read a text as a formula; wide signs count too."""
    return unicodedata.normalize("NFKC", text[:1]) in set("=+-@")


def check_class_text(name: str, what: str, text: str) -> None:
    """Refuse a description or group that the project files cannot carry."""
    lines = text.replace("\n", "") if what == "description" else text
    if text != text.strip() or any(breaks_lines(c) for c in lines):
        raise EditError(
            "The {} of the class '{}' has outer blanks or control characters; remove "
            "them.",
            what,
            name,
        )


_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def breaks_lines(character: str) -> bool:
    """Tell whether a one-line name must not contain a character."""
    # Surrogates come from bytes that are not text; UTF-8 cannot encode them.
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return True
    # Direction overrides make the following text look different.
    return unicodedata.bidirectional(character) in _TURNS
