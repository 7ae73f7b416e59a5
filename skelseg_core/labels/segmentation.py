"""Segmentation: a tiling of ``[0, n_frames)`` by half-open segments, and its edits.

Gaps and overlaps cannot be expressed: a boundary belongs to both its neighbours, so
moving it moves both. "Unlabelled" is a label of its own kind (``class_id`` None), not
a background class. Two neighbours may carry the same label: `split` makes such a pair,
`paint` and `merge` join what touches.

A person vouches for what a person looked at: for the class of a segment, and for each
boundary by itself. Each segment holds three flags: ``class_vouched``, ``start_vouched``
and ``stop_vouched``. It is `Segment.reviewed` when all three are set. What holds after
every edit:

- A boundary belongs to both its neighbours, and so does the flag: what one says of it
  the other says too.
- A boundary that is not vouched for is wherever a model, an import or another edit put
  it. One that moves or comes anew is vouched for only if the edit says so.
- Where a video begins and ends is nobody's to set: in a video of several segments its
  ends count with the rest of the segment. In a video of one segment they do not, until
  somebody says so: a label for a whole video is no review of it.
- Unlabelled frames have no source, and nobody vouches for a class there.

What each edit vouches for is written in one place, `vouching.VOUCHED_BY`. Who said a
label (``source``) and who vouches for it are two things: a model's label that a person
agreed with is still a model's, and an imported one that nobody saw is still imported.
Models keep to `Segment.protected`; what counts as truth is `Segmentation.vouched`.

Every edit is a pure function that returns a new value or raises `EditError`.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from skelseg_core.errors import EditError

UNLABELLED = -1
"""What stands for "unlabelled" in framewise integer arrays."""

Source = Literal["human", "model", "import"]


@dataclass(frozen=True, slots=True)
class ActionClass:
    """One action: a stable id, a name, a key on the keyboard, a colour ``#rrggbb``.

    ``description`` says when the class holds; ``group`` is what it is listed under.
    """

    id: int
    name: str
    key: str = ""
    color: str = "#888888"
    description: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class FormerClass:
    """A class that was merged or deleted, and what its id stands for now.

    Predictions, models and older label files go on naming ``id``; without ``into``
    those frames are unlabelled.
    """

    id: int
    name: str
    into: int | None = None


@dataclass(frozen=True)
class LabelMap:
    """The classes of a project, in the order in which they are shown.

    Ids are stable (renaming a class changes no label); the *index* of a class is its
    place in this order and the channel of a network's output. The ids of ``former``
    classes are never given again.
    """

    classes: tuple[ActionClass, ...]
    former: tuple[FormerClass, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names and ids that are empty or doubled."""
        if not self.classes:
            raise EditError("A project needs at least one class; name one.")
        ids = [c.id for c in self.classes]
        names = [c.name for c in self.classes]
        for item in self.classes:
            check_class_name(item.name)
            check_class_text(item.name, "description", item.description)
            check_class_text(item.name, "group", item.group)
        all_ids = [*ids, *(f.id for f in self.former)]
        for what, values in (("id", [str(i) for i in all_ids]), ("name", names)):
            doubled = {v for v, n in Counter(values).items() if n > 1}
            if doubled:
                raise EditError(
                    f"The class {what} '{min(doubled)}' is there twice; "
                    "give each class its own."
                )
        if min(all_ids) < 0:
            raise EditError(f"The class id {min(all_ids)} is negative; ids start at 0.")
        for gone in self.former:
            if gone.into is not None and gone.into not in ids:
                raise EditError(
                    f"The former class '{gone.name}' leads to class id {gone.into}, "
                    "which is not there; name one of the classes."
                )

    def __len__(self) -> int:
        return len(self.classes)

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """Class ids in the order of the channels."""
        return tuple(c.id for c in self.classes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Class names in the order of the channels."""
        return tuple(c.name for c in self.classes)

    @cached_property
    def _by_id(self) -> dict[int, ActionClass]:
        return {c.id: c for c in self.classes}

    @cached_property
    def _by_name(self) -> dict[str, ActionClass]:
        return {c.name: c for c in self.classes}

    def get(self, class_id: int | None) -> ActionClass | None:
        """The class with this id, or None (also for None)."""
        return None if class_id is None else self._by_id.get(class_id)

    def named(self, name: str) -> ActionClass | None:
        """The class called ``name``, or None."""
        return self._by_name.get(name)

    def name_of(self, class_id: int | None) -> str:
        """Name for display and files; the empty text for unlabelled."""
        found = self.get(class_id)
        return found.name if found else ""

    @cached_property
    def moves(self) -> Mapping[int, int | None]:
        """What the ids of former classes stand for now; None is unlabelled."""
        return {f.id: f.into for f in self.former}

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What is pressed for each class: ``"3"``, ``"Shift+3"``, ``"/w"`` or nothing.

        The 11th to the 20th have the digits with Shift where they have no own key and
        nobody else has theirs.
        """
        taken = {c.key for c in self.classes}
        usual = dict(enumerate(SHIFTED_KEYS, len(KEYS)))
        free = {n: key for n, key in usual.items() if key not in taken}
        return tuple(c.key or free.get(n, "") for n, c in enumerate(self.classes))

    def keyed(self, key: str) -> ActionClass | None:
        """The class that is pressed by ``key``, or None."""
        return self.classes[self.keys.index(key)] if key in self.keys else None

    def to_indices(self, labels: np.ndarray) -> np.ndarray:
        """Framewise class ids (T,) to channel indices (T,); unlabelled stays -1."""
        table = {class_id: i for i, class_id in enumerate(self.ids)}
        found, inverse = np.unique(labels, return_inverse=True)
        mapped = np.array([table.get(int(v), UNLABELLED) for v in found], np.int64)
        return mapped[inverse].reshape(np.shape(labels))

    def to_ids(self, indices: np.ndarray) -> np.ndarray:
        """Channel indices (T,) to framewise class ids (T,); -1 stays unlabelled."""
        table = np.array([*self.ids, UNLABELLED], np.int64)
        return np.asarray(table[indices])


PALETTE = (
    # Okabe-Ito without black (it drowns in the dark), then glasbey_bw as measured for
    # colour blindness; from the 29th on what of it is left and far from all before.
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
KEYS = "1234567890"
SHIFTED_KEYS = tuple(f"Shift+{digit}" for digit in KEYS)
LETTER = "/"
"""A class may have a letter as well, which is typed after this: ``"/w"``."""


def is_class_key(key: str) -> bool:
    """Whether a key can be a class's: a digit, one with Shift, ``/`` and a letter."""
    letter = key.removeprefix(LETTER)
    lettered = len(key) == 2 and key != letter and letter.isalpha()
    return key in (*KEYS, *SHIFTED_KEYS) or (lettered and letter == letter.casefold())


def label_map_from_names(names: Iterable[str]) -> LabelMap:
    """Classes with ids 0, 1, ..., digit keys for the first ten, and distinct colours.

    Raises
    ------
    EditError
        Where a name is empty or there twice.
    """
    return LabelMap(
        tuple(
            ActionClass(i, name.strip(), KEYS[i] if i < len(KEYS) else "", color_for(i))
            for i, name in enumerate(names)
        )
    )


def color_for(index: int) -> str:
    """Colour of the class that comes ``index``-th."""
    return PALETTE[index % len(PALETTE)]


def check_class_name(name: str) -> None:
    """Refuse names that files of this field cannot carry."""
    if not name.strip():
        raise EditError("A class name is empty; give every class a name.")
    if name != name.strip() or any(_breaks_lines(c) for c in name):
        raise EditError(
            f"The class name {name!r} holds a line break or outer blanks, which files "
            "of one name per line cannot carry; choose another."
        )
    if name[0] in "=+-@":
        raise EditError(
            f"The class name '{name}' starts with '{name[0]}', which spreadsheets "
            "read as a formula; choose another."
        )


def check_class_text(name: str, what: str, text: str) -> None:
    """Refuse a description or group that the project's files cannot carry."""
    lines = text.replace("\n", "") if what == "description" else text
    if text != text.strip() or any(_breaks_lines(c) for c in lines):
        raise EditError(
            f"The {what} of the class '{name}' holds outer blanks or signs that are no "
            "text; take them out."
        )


def _breaks_lines(character: str) -> bool:
    # Surrogates are what is left of bytes that were no text; UTF-8 cannot carry them.
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames ``[start, stop)`` with one label.

    Parameters
    ----------
    start, stop : int
        First frame, and the frame after the last.
    class_id : int or None
        Stable class id; None is unlabelled.
    source : {"human", "model", "import"} or None
        Who said so; None where it is unlabelled.
    class_vouched : bool
        Whether a person vouches for the class.
    start_vouched, stop_vouched : bool
        Whether a person vouches for the boundary there.
    confidence : float or None
        The model's mean probability for this label, 0..1.
    """

    start: int
    stop: int
    class_id: int | None = None
    source: Source | None = "human"
    class_vouched: bool = field(default=False, kw_only=True)
    start_vouched: bool = field(default=False, kw_only=True)
    stop_vouched: bool = field(default=False, kw_only=True)
    confidence: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Nobody says anything of unlabelled frames; somebody does of all others."""
        if self.class_id is None:
            if self.source is not None:
                object.__setattr__(self, "source", None)
            if self.class_vouched:
                object.__setattr__(self, "class_vouched", False)
        elif self.source is None:
            raise EditError(f"Nobody said the label of segment {self.start}.")

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def reviewed(self) -> bool:
        """Whether a person vouches for the class and for both ends."""
        return self.class_vouched and self.start_vouched and self.stop_vouched

    @property
    def accepted(self) -> bool:
        """Whether it is what a model said, whole or in part, and nobody reviewed it.

        A person's segment with a confidence is one that a model went on with.
        """
        if self.class_id is None or self.class_vouched:
            return False
        return self.source == "model" or (
            self.source == "human" and self.confidence is not None
        )

    @property
    def protected(self) -> bool:
        """Whether a person or a file said it, or a part of it, or a person agreed.

        No model may change these frames.
        """
        return self.class_id is not None and (
            self.class_vouched or self.source != "model"
        )

    def as_reviewed(self) -> Segment:
        """The same, vouched for: its class and both ends; unlabelled as it was."""
        if self.class_id is None:
            return self
        return replace(self, class_vouched=True, start_vouched=True, stop_vouched=True)

    def as_persons(self) -> Segment:
        """The same with the class said by a person; the ends as they were."""
        if self.class_id is None:
            return self
        return replace(self, source="human", class_vouched=True, confidence=None)

    def part(self, start: int, stop: int) -> Segment:
        """The same label on frames ``[start, stop)``; a new end is not vouched for."""
        return replace(
            self,
            start=start,
            stop=stop,
            start_vouched=self.start_vouched and start == self.start,
            stop_vouched=self.stop_vouched and stop == self.stop,
        )

    def with_ends_of(self, first: Segment, last: Segment) -> Segment:
        """The same label from where ``first`` starts to where ``last`` stops."""
        return replace(
            self,
            start=first.start,
            stop=last.stop,
            start_vouched=first.start_vouched,
            stop_vouched=last.stop_vouched,
        )


@dataclass(frozen=True)
class Segmentation:
    """Segments that tile ``[0, n_frames)`` without gap or overlap."""

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        """Hold the invariant: from 0, each segment starts where the last stops."""
        if not self.segments:
            raise EditError("A segmentation needs at least one frame.")
        at = 0
        for segment in self.segments:
            if segment.start != at or segment.stop <= segment.start:
                raise EditError(
                    f"Segment {segment.start}..{segment.stop} does not continue at "
                    f"frame {at}: segments tile the video without gap or overlap."
                )
            at = segment.stop
        agreed = _agreed(self.segments)
        if agreed is not None:
            object.__setattr__(self, "segments", agreed)

    @classmethod
    def unlabelled(cls, n_frames: int) -> Segmentation:
        """One unlabelled segment over ``n_frames`` frames."""
        return cls((Segment(0, n_frames),))

    @classmethod
    def from_frames(
        cls,
        labels: np.ndarray | Sequence[int],
        source: Source = "human",
        confidence: np.ndarray | None = None,
    ) -> Segmentation:
        """Segments from runs of equal labels.

        Parameters
        ----------
        labels : ndarray of int, shape (T,)
            Class ids; negative is unlabelled.
        source : {"human", "model", "import"}
            Source of every segment.
        confidence : ndarray of float, shape (T,), optional
            Averaged per segment.
        """
        values = np.maximum(np.asarray(labels, np.int64), UNLABELLED)
        if not len(values):
            raise EditError("A segmentation needs at least one frame.")
        cuts = np.flatnonzero(np.diff(values)) + 1
        starts = [0, *cuts.tolist()]
        stops = [*cuts.tolist(), len(values)]
        return cls(
            tuple(
                Segment(
                    start,
                    stop,
                    None if values[start] < 0 else int(values[start]),
                    source,
                    confidence=None
                    if confidence is None
                    else round(float(confidence[start:stop].mean()), 4),
                )
                for start, stop in zip(starts, stops, strict=True)
            )
        )

    def to_frames(self) -> np.ndarray:
        """Framewise class ids, shape (T,), int64; -1 is unlabelled."""
        return np.repeat(self.class_ids, [len(s) for s in self.segments])

    @property
    def accepted(self) -> np.ndarray:
        """Frames of accepted pre-labels that nobody reviewed, bool, shape (T,)."""
        return np.repeat([s.accepted for s in self.segments], self._lengths)

    @property
    def vouched(self) -> Segmentation:
        """The same with accepted pre-labels that nobody reviewed as unlabelled.

        What a model said is no truth to judge a model by.
        """
        return Segmentation(
            tuple(replace(s, class_id=None) if s.accepted else s for s in self.segments)
        )

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def n_frames(self) -> int:
        """Number of frames covered."""
        return self.segments[-1].stop

    @cached_property
    def starts(self) -> np.ndarray:
        """First frames of the segments, shape (S,), int64."""
        return np.array([s.start for s in self.segments], np.int64)

    @cached_property
    def class_ids(self) -> np.ndarray:
        """Class ids of the segments, shape (S,), int64; -1 is unlabelled."""
        values = [
            UNLABELLED if s.class_id is None else s.class_id for s in self.segments
        ]
        return np.array(values, np.int64)

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.diff(self.starts, append=self.n_frames)

    @cached_property
    def n_labelled(self) -> int:
        """Number of frames that carry a label."""
        return int(self._lengths[self.class_ids >= 0].sum())

    @cached_property
    def n_protected(self) -> int:
        """Number of frames that no model may change."""
        kept = np.array([s.protected for s in self.segments])
        return int(self._lengths[kept].sum())

    @cached_property
    def n_reviewed(self) -> int:
        """Number of frames in segments that are reviewed: class and both ends."""
        return sum(len(s) for s in self.segments if s.reviewed)

    @cached_property
    def class_counts(self) -> Counter[int | None]:
        """Number of segments by class id; None counts the unlabelled."""
        return Counter(s.class_id for s in self.segments)

    @cached_property
    def class_frames(self) -> Counter[int | None]:
        """Number of frames by class id; None counts the unlabelled."""
        found: Counter[int | None] = Counter()
        for segment in self.segments:
            found[segment.class_id] += len(segment)
        return found

    @property
    def boundaries(self) -> np.ndarray:
        """Frames at which a new segment begins, 0 excluded, shape (S - 1,)."""
        return self.starts[1:]

    def index_at(self, frame: int) -> int:
        """Index of the segment that holds ``frame``."""
        if not 0 <= frame < self.n_frames:
            raise EditError(
                f"Frame {frame} is outside the video, which has {self.n_frames} frames."
            )
        return bisect_right(self.segments, frame, key=lambda s: s.start) - 1

    def at(self, frame: int) -> Segment:
        """The segment that holds ``frame``."""
        return self.segments[self.index_at(frame)]

    def _spliced(self, first: int, last: int, new: Iterable[Segment]) -> Segmentation:
        return Segmentation((*self.segments[:first], *new, *self.segments[last:]))


def _agreed(segments: tuple[Segment, ...]) -> tuple[Segment, ...] | None:
    """The segments with flags as they must be, or None where they are so already."""
    found = list(segments)
    last = len(found) - 1
    changed = False

    def put(i: int, **flags: bool) -> None:
        nonlocal changed
        found[i] = replace(found[i], **flags)  # type: ignore[arg-type]
        changed = True

    for i in range(last):
        left, right = found[i], found[i + 1]
        if left.stop_vouched != right.start_vouched:
            put(i, stop_vouched=True)
            put(i + 1, start_vouched=True)
    if last:
        for i, far, near in ((0, "start", "stop"), (last, "stop", "start")):
            segment = found[i]
            if (
                segment.class_vouched
                and getattr(segment, f"{near}_vouched")
                and not getattr(segment, f"{far}_vouched")
            ):
                put(i, **{f"{far}_vouched": True})
    elif found[0].class_id is None and (
        found[0].start_vouched or found[0].stop_vouched
    ):
        put(0, start_vouched=False, stop_vouched=False)
    return tuple(found) if changed else None


def _check_range(segmentation: Segmentation, start: int, stop: int) -> None:
    if not 0 <= start < stop <= segmentation.n_frames:
        raise EditError(
            f"The range {start}..{stop} does not lie in the video, which has "
            f"{segmentation.n_frames} frames."
        )


def _check_index(segmentation: Segmentation, index: int) -> Segment:
    if not 0 <= index < len(segmentation):
        raise EditError(f"There is no segment {index}; there are {len(segmentation)}.")
    return segmentation.segments[index]


def replace_range(
    segmentation: Segmentation, start: int, stop: int, new: Sequence[Segment]
) -> Segmentation:
    """Put ``new`` (tiling start..stop) in place; what was cut keeps its label.

    Where something was cut nobody vouches for the boundary, unless ``new`` says so.
    """
    first = segmentation.index_at(start)
    last = segmentation.index_at(stop - 1)
    head, tail = segmentation.segments[first], segmentation.segments[last]
    parts: list[Segment] = []
    if head.start < start:
        parts.append(head.part(head.start, start))
    parts.extend(new)
    if stop < tail.stop:
        parts.append(tail.part(stop, tail.stop))
    return segmentation._spliced(first, last + 1, parts)


def paint(
    segmentation: Segmentation,
    start: int,
    stop: int,
    class_id: int | None,
    source: Source = "human",
    *,
    sets_start: bool = True,
    sets_stop: bool = True,
) -> Segmentation:
    """Give the frames ``[start, stop)`` one label; it joins equal touching neighbours.

    A neighbour is joined where it has the same label and source, and a person vouches
    for both classes or for neither.

    Parameters
    ----------
    segmentation : Segmentation
    start, stop : int
    class_id : int or None
        None is unlabelled.
    source : {"human", "model", "import"}
        A person vouches for what a person paints.
    sets_start, sets_stop : bool
        Whether the person said where it starts and stops; False where it was merely
        held up there.

    Raises
    ------
    EditError
        Where the range is empty or leaves the video.
    """
    _check_range(segmentation, start, stop)
    person = source == "human"
    new = Segment(
        start,
        stop,
        class_id,
        source,
        class_vouched=person,
        start_vouched=person and sets_start,
        stop_vouched=person and sets_stop,
    )
    result = replace_range(segmentation, start, stop, [new])
    index = result.index_at(start)
    for neighbour in (index, index - 1):
        if 0 <= neighbour < len(result) - 1:
            left, right = result.segments[neighbour : neighbour + 2]
            if _kind(left) == _kind(right):
                result = _join(result, neighbour, new)
    return result


def _kind(segment: Segment) -> tuple[int | None, Source | None, bool, bool]:
    return segment.class_id, segment.source, segment.class_vouched, segment.accepted


def _join(segmentation: Segmentation, index: int, like: Segment) -> Segmentation:
    left, right = segmentation.segments[index : index + 2]
    joined = like.with_ends_of(left, right)
    return segmentation._spliced(index, index + 2, [joined])


def after_joining(segments: Iterable[Segment]) -> Segmentation:
    """The segments that joining left; of one alone nobody vouches for the ends.

    They are the video's. While there were others they counted with the segment there.
    """
    left = tuple(segments)
    if len(left) == 1:
        left = (replace(left[0], start_vouched=False, stop_vouched=False),)
    return Segmentation(left)


def move_boundary(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Move the boundary between segments ``index`` and ``index + 1`` to ``frame``.

    Neither neighbour becomes empty: ``frame`` is clamped so that each keeps at least
    one frame. The person vouches for this boundary, also where it stays, and for
    nothing else of its neighbours.

    Raises
    ------
    EditError
        Where there is no such boundary.
    """
    if not 0 <= index < len(segmentation) - 1:
        raise EditError(f"There is no boundary after segment {index}.")
    left, right = segmentation.segments[index : index + 2]
    frame = max(left.start + 1, min(frame, right.stop - 1))
    if frame == left.stop and left.stop_vouched:
        return segmentation
    return segmentation._spliced(
        index,
        index + 2,
        [
            replace(left, stop=frame, stop_vouched=True),
            replace(right, start=frame, start_vouched=True),
        ],
    )


def start_at(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Let segment ``index`` start at ``frame``: moves the boundary before it.

    Unlike `move_boundary` it refuses what does not fit: who writes a number down means
    that number. The number that stands there already is no edit.

    Raises
    ------
    EditError
        Where it would leave the segment or the one before without a frame.
    """
    segment = _check_index(segmentation, index)
    if index == 0:
        raise EditError("The first segment starts with the video; split it instead.")
    first, last = segmentation.segments[index - 1].start + 1, segment.stop - 1
    if not first <= frame <= last:
        raise EditError(
            f"Segment {index + 1:,} cannot start at frame {frame:,}; it can from "
            f"{first:,} to {last:,}."
        )
    if frame == segment.start:
        return segmentation
    return move_boundary(segmentation, index - 1, frame)


def stop_at(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Let ``frame`` be the first after segment ``index``; as `start_at`.

    Raises
    ------
    EditError
        Where it would leave the segment or the next without a frame.
    """
    segment = _check_index(segmentation, index)
    if index == len(segmentation) - 1:
        raise EditError("The last segment ends with the video; split it instead.")
    first, last = segment.start + 1, segmentation.segments[index + 1].stop - 1
    if not first <= frame <= last:
        raise EditError(
            f"Segment {index + 1:,} cannot stop at frame {frame:,}; it can from "
            f"{first:,} to {last:,}."
        )
    if frame == segment.stop:
        return segmentation
    return move_boundary(segmentation, index, frame)


def split(segmentation: Segmentation, frame: int) -> Segmentation:
    """Cut the segment that holds ``frame`` so that a new one begins at ``frame``.

    The person vouches for the new boundary.

    Raises
    ------
    EditError
        Where a segment begins there already.
    """
    index = segmentation.index_at(frame)
    segment = segmentation.segments[index]
    if segment.start == frame:
        raise EditError(f"A segment begins at frame {frame} already.")
    return segmentation._spliced(
        index,
        index + 1,
        [
            replace(segment, stop=frame, stop_vouched=True),
            replace(segment, start=frame, start_vouched=True),
        ],
    )


def merge(segmentation: Segmentation, index: int) -> Segmentation:
    """Join segment ``index`` with the next one; the label is that of the first.

    The person vouches for the class of the whole; its ends stay as they were.

    Raises
    ------
    EditError
        Where it is the last segment.
    """
    first = _check_index(segmentation, index)
    if index == len(segmentation) - 1:
        raise EditError("There is no segment after this one to merge with.")
    return after_joining(_join(segmentation, index, first.as_persons()).segments)


def relabel(
    segmentation: Segmentation, index: int, class_id: int | None
) -> Segmentation:
    """Give segment ``index`` another label; it stays a segment of its own.

    The person vouches for its class; its ends stay as they were.

    Raises
    ------
    EditError
        Where there is no such segment.
    """
    segment = _check_index(segmentation, index)
    new = relabelled(segment, class_id)
    return segmentation._spliced(index, index + 1, [new])


def relabelled(segment: Segment, class_id: int | None) -> Segment:
    """A segment with another label, which a person says; its ends as they were."""
    return replace(
        segment, class_id=class_id, source="human", class_vouched=True, confidence=None
    )


def reclassify(
    segmentation: Segmentation, into: Mapping[int, int | None]
) -> Segmentation:
    """Give all segments of some classes other classes; who said so stays.

    Where two classes touched that are one now, the two segments are one; neighbours
    that had the same label before stay two. Unlabelled ones always join.

    Parameters
    ----------
    segmentation : Segmentation
        Comes back itself where it has none of these classes.
    into : Mapping[int, int or None]
        New class by old class; None is unlabelled.
    """
    if segmentation.class_counts.keys().isdisjoint(into):
        return segmentation
    old, new = segmentation.segments, list(segmentation.segments)
    cuts: set[int] = set()
    for i, segment in enumerate(old):
        if segment.class_id is not None and segment.class_id in into:
            new[i] = _given(segment, into[segment.class_id])
            cuts |= {i, i + 1}
    joined: list[Segment] = []
    at = 0
    for c in sorted(cuts - {0, len(old)}):
        if old[c - 1].class_id != old[c].class_id and _alike(new[c - 1], new[c]):
            joined += new[at:c]
            joined[-1] = united(joined[-1], new[c])
            at = c + 1
    return Segmentation((*joined, *new[at:]))


def _given(segment: Segment, class_id: int | None) -> Segment:
    if class_id is None:
        return replace(segment, class_id=None, confidence=None)
    return replace(segment, class_id=class_id)


def _alike(a: Segment, b: Segment) -> bool:
    return _kind(a) == _kind(b)


_BY_WEIGHT: tuple[Source, ...] = ("human", "import", "model")


def united(a: Segment, b: Segment) -> Segment:
    """Two neighbours of one label as one; nobody vouches for more than before.

    Its class is vouched for where both were. It is a person's where one of them is,
    else imported where one of them is. Where only one is protected it is a person's,
    so that no model changes it, and has the model's confidence, so that it counts as
    accepted until somebody reviews it.
    """
    sure = [s for s in (a, b) if s.confidence is not None]
    confidence = None
    if sure:
        total = sum((s.confidence or 0.0) * len(s) for s in sure)
        confidence = round(total / sum(len(s) for s in sure), 4)
    source = next((s for s in _BY_WEIGHT if s in (a.source, b.source)), None)
    if a.class_id is not None and a.protected != b.protected:
        source = "human"
        confidence = 0.0 if confidence is None else confidence
    return replace(
        a,
        stop=b.stop,
        source=source,
        class_vouched=a.class_vouched and b.class_vouched,
        stop_vouched=b.stop_vouched,
        confidence=confidence,
    )


def absorb(segmentation: Segmentation, index: int) -> Segmentation:
    """Delete segment ``index`` into its longer neighbour, whose label it takes.

    The person vouches for the class of the whole; its ends stay as they were.

    Raises
    ------
    EditError
        Where it is the only segment.
    """
    _check_index(segmentation, index)
    neighbours = [i for i in (index - 1, index + 1) if 0 <= i < len(segmentation)]
    if not neighbours:
        raise EditError("The only segment of a video cannot be deleted.")
    winner = max(neighbours, key=lambda i: len(segmentation.segments[i]))
    first = min(index, winner)
    label = segmentation.segments[winner].as_persons()
    return after_joining(_join(segmentation, first, label).segments)


def review(segmentation: Segmentation, index: int) -> Segmentation:
    """Agree with segment ``index``: a person vouches for its class and both ends."""
    segment = _check_index(segmentation, index)
    if segment.class_id is None:
        raise EditError("An unlabelled segment cannot be marked as reviewed; label it.")
    return segmentation._spliced(index, index + 1, [segment.as_reviewed()])


def accept(
    annotation: Segmentation,
    prediction: Segmentation,
    start: int = 0,
    stop: int | None = None,
    reviewed: bool = False,
) -> Segmentation:
    """Take over the frames ``[start, stop)`` of a prediction into the annotation.

    Frames that a person made or reviewed are never changed, and a boundary that a
    person vouches for stays: where the prediction has another class beside a label
    that ends there, that segment stays as it is. Neighbours of one class become one
    where nobody vouches for the boundary; what a file says and what a model says stay
    two, so that neither passes for the other.

    Parameters
    ----------
    annotation, prediction : Segmentation
        Of the same number of frames.
    start, stop : int
        Range to take over; all by default.
    reviewed : bool
        Whether the person looked at what is taken over, and vouches for it.

    Raises
    ------
    EditError
        Where the two do not cover the same frames, or the range leaves the video.
    """
    if annotation.n_frames != prediction.n_frames:
        raise EditError(
            f"The prediction covers {prediction.n_frames} frames, the annotation "
            f"{annotation.n_frames}; predict this video again."
        )
    stop = annotation.n_frames if stop is None else stop
    _check_range(annotation, start, stop)
    held = frozenset(s.start for s in annotation.segments[1:] if s.start_vouched)
    parts: list[Segment] = []
    seams: set[int] = set()
    at = 0
    for a, b in _gaps(annotation, prediction, start, stop, held):
        taken = [_taken(s, held) for s in _within(prediction, a, b)]
        if reviewed:
            taken = [_seen(s, prediction) for s in taken]
        parts += [*_within(annotation, at, a), *taken]
        seams.update((b, *(s.start for s in taken)))
        at = b
    parts += _within(annotation, at, annotation.n_frames)
    seams -= held
    joined = parts[:1]
    for part in parts[1:]:
        last = joined[-1]
        # What was reviewed just now joins only what a person vouches for, too.
        mixed = reviewed and last.class_vouched != part.class_vouched
        filed = "import" in (last.source, part.source)
        mixed |= filed and last.protected != part.protected
        if part.start in seams and last.class_id == part.class_id and not mixed:
            joined[-1] = united(last, part)
        else:
            joined.append(part)
    return Segmentation(tuple(joined))


def _within(segmentation: Segmentation, start: int, stop: int) -> list[Segment]:
    """The parts of segments that lie in ``[start, stop)``, which may be empty."""
    if start == stop:
        return []
    first, last = segmentation.index_at(start), segmentation.index_at(stop - 1)
    return [
        s
        if start <= s.start and s.stop <= stop
        else s.part(max(s.start, start), min(s.stop, stop))
        for s in segmentation.segments[first : last + 1]
    ]


def _taken(segment: Segment, held: Container[int]) -> Segment:
    """A part of a prediction; boundaries of ``held`` are vouched for already."""
    return Segment(
        segment.start,
        segment.stop,
        segment.class_id,
        "model",
        start_vouched=segment.start in held,
        stop_vouched=segment.stop in held,
        confidence=segment.confidence,
    )


def _seen(taken: Segment, prediction: Segmentation) -> Segment:
    """The same, vouched for; of its ends those that the prediction has there, too.

    Where it was merely cut, nobody was shown a boundary.
    """
    if taken.class_id is None:
        return taken
    shown = prediction.at(taken.start)
    return replace(
        taken,
        class_vouched=True,
        start_vouched=taken.start_vouched or taken.start == shown.start,
        stop_vouched=taken.stop_vouched or taken.stop == shown.stop,
    )


def _gaps(
    annotation: Segmentation,
    prediction: Segmentation,
    start: int,
    stop: int,
    held: frozenset[int],
) -> list[tuple[int, int]]:
    """Ranges that a prediction may fill, cut at boundaries that are vouched for."""
    ranges: list[tuple[int, int]] = []
    for segment in annotation.segments:
        a, b = max(segment.start, start), min(segment.stop, stop)
        if a >= b or segment.protected:
            continue
        ends = ((segment.start, segment.start), (segment.stop, segment.stop - 1))
        if segment.class_id is not None and any(
            edge in held
            and a <= frame < b
            and prediction.at(frame).class_id != segment.class_id
            for edge, frame in ends
        ):
            continue
        if ranges and ranges[-1][1] == a and a not in held:
            ranges[-1] = (ranges[-1][0], b)
        else:
            ranges.append((a, b))
    return ranges


def open_range_at(annotation: Segmentation, frame: int) -> tuple[int, int] | None:
    """The frames around one that no person labelled or reviewed; None where one did.

    Returns
    -------
    tuple of int or None
        First frame, and the frame after the last.
    """
    ranges = open_ranges(annotation, 0, annotation.n_frames)
    return next(((a, b) for a, b in ranges if a <= frame < b), None)


def open_ranges(
    annotation: Segmentation, start: int, stop: int
) -> list[tuple[int, int]]:
    """Maximal ranges within start..stop that no person labelled or reviewed."""
    ranges: list[tuple[int, int]] = []
    for segment in annotation.segments:
        a, b = max(segment.start, start), min(segment.stop, stop)
        if a >= b or segment.protected:
            continue
        if ranges and ranges[-1][1] == a:
            ranges[-1] = (ranges[-1][0], b)
        else:
            ranges.append((a, b))
    return ranges
