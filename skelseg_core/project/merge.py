"""Merge two versions of a project that grew from one: classes, videos and their lanes.

A video, class or lane that either side added is there. One that one side took away is
gone where the other left it as it was, and stays where the other changed it. Lanes are
merged by `labels.merge`. A value that both sides changed is as mine; what that leaves
out is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.labels.conventions import Convention
from skelseg_core.labels.decisions import Decision, with_decision
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.merge import merge_lanes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.corrections import Correction, add_correction
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.class_merge import (
    changed_by_both,
    ids_to_give,
    merge_classes,
    merged_list,
    pick,
    renumbered,
    stay_notes,
)
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    changed_videos,
    same_ids,
)

_NO_IDS: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True)
class LaneConflict:
    """Frames of a lane that both sides changed, and not alike; the lane has mine.

    Parameters
    ----------
    video_id, lane : str
    frames : tuple of (int, int)
        Ranges ``[start, stop)``.
    theirs : Segmentation
        The whole lane as the other side has it.
    """

    video_id: str
    lane: str
    frames: tuple[tuple[int, int], ...]
    theirs: Segmentation


@dataclass(frozen=True)
class ProjectMerge:
    """Result of a merge.

    Parameters
    ----------
    project : Project
        With what either side changed; in the conflicts as mine.
    conflicts : tuple of LaneConflict
    both_changed : tuple of str
        What both sides changed besides labels and is as mine now, such as
        ``"the subject of v1"``.
    notes : tuple of str
        Sentences on classes that one side deleted and that are there nevertheless.
    ids : Mapping[int, int]
        Ids that my new classes got, since theirs have mine, by those that they had.
    """

    project: Project
    conflicts: tuple[LaneConflict, ...] = ()
    both_changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ids: Mapping[int, int] = field(default_factory=dict)


def merge_projects(
    base: Project, mine: Project, theirs: Project, theirs_first: bool = False
) -> ProjectMerge:
    """Merge two versions of a project.

    Parts that are the same objects in two versions are not looked into: a lane that
    nobody has read stays unread.

    Parameters
    ----------
    base : Project
        The version from which both grew.
    mine, theirs : Project
    theirs_first : bool
        Whether frames that both changed are as theirs, and no conflict: so an undo of
        what I did takes nothing of theirs away.
    """
    if theirs is base or theirs is mine:
        return ProjectMerge(mine)
    if mine is base:
        return ProjectMerge(theirs)
    return _Merge(base, mine, theirs, theirs_first).result()


class StateMerge:
    """Merge what others changed into what is shown and into states of a history.

    What becomes of a state is kept, so that it can be made before it is asked for, and
    neighbouring steps go on sharing theirs. In states theirs comes first: an undo takes
    nothing of theirs away.

    Parameters
    ----------
    base, theirs : Project
        As `merge_projects` has them.
    ids : Mapping[int, int], optional
        Ids that new classes got in ``theirs``, by those that they have in the states.
    """

    def __init__(
        self, base: Project, theirs: Project, ids: Mapping[int, int] = _NO_IDS
    ) -> None:
        self.known, self.theirs, self.ids = base, theirs, ids
        # The objects are kept, so that no other gets their number.
        self._renumbered: dict[int, tuple[Project, Project]] = {}
        self._states: dict[int, tuple[Project, Project]] = {}
        # Most videos are the same objects in all states.
        self._videos: _Merged = {}
        self._base = self._with_ids(base)

    def shown(self, project: Project) -> ProjectMerge:
        """Merge into what is shown, where mine comes first."""
        made = merge_projects(self._base, self._with_ids(project), self.theirs)
        self._states[id(project)] = project, made.project
        return made

    def __call__(self, state: Project) -> Project:
        """Merge into one state."""
        if id(state) not in self._states:
            self._states[id(state)] = state, self._merged(self._with_ids(state))
        return self._states[id(state)][1]

    def _with_ids(self, state: Project) -> Project:
        if id(state) not in self._renumbered:
            self._renumbered[id(state)] = state, with_class_ids(state, self.ids)
        return self._renumbered[id(state)][1]

    def _merged(self, state: Project) -> Project:
        if self.theirs is self._base or self.theirs is state:
            return state
        if state is self._base:
            return self.theirs
        merge = _Merge(self._base, state, self.theirs, True, self._videos)
        return merge.result().project


_Merged = dict[int, tuple[VideoItem, VideoItem]]
"""Videos of mine and what becomes of each, by the ids of the objects."""


class _Merge:
    def __init__(
        self,
        base: Project,
        mine: Project,
        theirs: Project,
        theirs_first: bool,
        known: _Merged | None = None,
    ) -> None:
        self.theirs_first = theirs_first
        self._known: _Merged = {} if known is None else known
        self.ids = ids = ids_to_give(base.label_map, mine.label_map, theirs.label_map)
        self.base, self.mine, self.theirs = base, with_class_ids(mine, ids), theirs
        self.conflicts: list[LaneConflict] = []
        self.both_changed: list[str] = []
        maps = (base.label_map, self.mine.label_map, theirs.label_map)
        self.label_map = merge_classes(*maps, self._labelled_since())
        self.both_changed += changed_by_both(*maps)
        self.notes = stay_notes(*maps, self.label_map)

    def result(self) -> ProjectMerge:
        base, mine, theirs = self.base, self.mine, self.theirs
        same_classes = mine.label_map.moves == base.label_map.moves
        same_classes &= set(base.label_map.ids) <= set(mine.label_map.ids)
        if same_classes and same_ids(base, mine) and _only_videos(base, theirs):
            return self._with_their_videos()
        videos = tuple(self._videos())
        project = replace(
            mine,
            name=self._picked("the project's name", base, mine, theirs, "name"),
            skeleton=self._picked("the skeleton", base, mine, theirs, "skeleton"),
            label_map=self.label_map,
            videos=videos,
            media_roots=tuple(
                merged_list(base.media_roots, mine.media_roots, theirs.media_roots)
            ),
            conventions=self._conventions(),
            blind=pick(base.blind, mine.blind, theirs.blind),
            pose_every=pick(base.pose_every, mine.pose_every, theirs.pose_every),
        )
        return self._told(project)

    def _told(self, project: Project) -> ProjectMerge:
        both = tuple(self.both_changed)
        return ProjectMerge(project, tuple(self.conflicts), both, self.notes, self.ids)

    def _with_their_videos(self) -> ProjectMerge:
        """Merge the videos that they changed, where they changed nothing else."""
        changed = []
        for theirs in changed_videos(self.base, self.theirs):
            mine = self.mine.video(theirs.id)
            if id(mine) not in self._known:
                merged = self._video(self.base.video(theirs.id), mine, theirs)
                self._known[id(mine)] = mine, merged
            changed.append(self._known[id(mine)][1])
        return self._told(self.mine.with_videos(*changed) if changed else self.mine)

    def _labelled_since(self) -> set[int]:
        """Find classes that one side took away and the other labelled with since."""
        found: set[int] = set()
        for one, other in ((self.mine, self.theirs), (self.theirs, self.mine)):
            gone = set(self.base.label_map.ids) - set(one.label_map.ids)
            for item in other.videos if gone else ():
                old = self.base.find(item.id)
                for name, lane in item.lanes.items():
                    was = None if old is None else old.lanes.get(name)
                    if lane is not was:
                        heirs = one.label_map.moves
                        found |= _newly_used(gone - found, was, lane, heirs)
        return found

    def _conventions(self) -> tuple[Convention, ...]:
        """Merge the conventions, in the classes that are there."""
        base, mine, theirs = (
            [c.moved(self.label_map.moves) for c in p.conventions]
            for p in (self.base, self.mine, self.theirs)
        )
        merged = merged_list(base, mine, theirs)
        there = set(self.label_map.ids)
        return tuple(
            c
            for c in merged
            if c is not None and {c.class_id, c.left, c.right} <= {*there, None}
        )

    def _picked(
        self, what: str, base: object, mine: object, theirs: object, part: str
    ) -> str:
        """Choose a part that one side changed; mine and told where both did."""
        old, my, their = (str(getattr(v, part)) for v in (base, mine, theirs))
        if my != old and their not in (old, my):
            shown = skeleton_title(their) if part == "skeleton" else their
            self.both_changed.append(f"{what} (theirs: '{shown}')")
        return pick(old, my, their)

    # -- videos ---------------------------------------------------------------------

    def _videos(self) -> list[VideoItem]:
        theirs = self.theirs
        found = []
        for item in self.mine.videos:
            old, other = self.base.find(item.id), theirs.find(item.id)
            if other is not None and old is None and _other_file(item, other):
                found += [self._today(other), self._renamed(item)]
            elif other is not None:
                found.append(self._video(old, item, other))
            elif old is None or self._today(old) != self._today(item):
                found.append(self._today(item))
        for item in theirs.videos:
            old = self.base.find(item.id)
            taken_out = old is not None and self._today(old) == self._today(item)
            if not self.mine.has(item.id) and not taken_out:
                found.append(self._today(item))
        return found

    def _renamed(self, item: VideoItem) -> VideoItem:
        """Give another id to a video of mine: theirs has it for another file."""
        n = 2
        while self.mine.has(f"{item.id}-{n}") or self.theirs.has(f"{item.id}-{n}"):
            n += 1
        return replace(self._today(item), id=f"{item.id}-{n}")

    def _today(self, item: VideoItem) -> VideoItem:
        """Give the labels of a video the classes that are there."""
        moves = self.label_map.moves
        lanes = {k: remap_classes(lane, moves) for k, lane in item.lanes.items()}
        if all(lane is item.lanes[name] for name, lane in lanes.items()):
            return item
        return replace(item, lanes=lanes)

    def _video(
        self, old: VideoItem | None, mine: VideoItem, theirs: VideoItem
    ) -> VideoItem:
        if theirs is old or theirs is mine:
            return self._today(mine)
        if theirs.n_frames != mine.n_frames or (
            old is not None and old.n_frames != mine.n_frames
        ):
            # Another file under the same name: nothing of one fits the other.
            self.both_changed.append(f"video {mine.id}")
            return self._today(mine)
        if mine is old and not mine.missing and not theirs.missing:
            # Most of many videos, and in every state of the history.
            return self._today(theirs)
        old = old or _as_added(mine)
        lanes = self._lanes(old, mine, theirs)
        media = pick(_media(old), _media(mine), _media(theirs))
        self._picked(f"the place of video {mine.id}", old, mine, theirs, "path")
        self._picked(f"who labels {mine.id}", old, mine, theirs, "annotator")
        self._tell_picks(old, mine, theirs)
        merged = replace(
            mine,
            lanes=lanes,
            path=media[0],
            fingerprint=media[1],
            mean_rate=media[2],
            notes=_merged_notes(old.notes, mine.notes, theirs.notes),
            annotator=pick(old.annotator, mine.annotator, theirs.annotator),
            done=pick(old.done, mine.done, theirs.done),
            decisions=_decisions(old, mine, theirs),
            picks=_by_frame(old, mine, theirs),
            corrections=self._corrections(old, mine, theirs),
            missing=_missing(mine, theirs, lanes),
        )
        return _itself(merged, mine)

    def _lanes(
        self, old: VideoItem, mine: VideoItem, theirs: VideoItem
    ) -> dict[str, Segmentation]:
        found = {}
        for name in dict.fromkeys([*mine.lanes, *theirs.lanes]):
            was, my, their = (v.lanes.get(name) for v in (old, mine, theirs))
            if my is not None and their is not None:
                found[name] = self._lane(mine, theirs, name, was)
            elif my is None and their is not None and self._differ(their, was):
                found[name] = self._moved(their)
            elif their is None and my is not None and self._differ(my, was):
                found[name] = self._moved(my)
        return found

    def _moved(self, lane: Segmentation) -> Segmentation:
        return remap_classes(lane, self.label_map.moves)

    def _differ(self, lane: Segmentation, was: Segmentation | None) -> bool:
        if lane is was:
            return False
        return was is None or self._moved(lane) != self._moved(was)

    def _lane(
        self, mine: VideoItem, theirs: VideoItem, name: str, was: Segmentation | None
    ) -> Segmentation:
        my, their = mine.lanes[name], theirs.lanes[name]
        # What the file of a lane that nobody has read said may be known no more, now
        # that others wrote it: a lane that is replaced is not looked into.
        if name in theirs.missing or their is was or their is my:
            return self._moved(my)
        if name in mine.missing or my is was:
            return self._moved(their)
        was = None if was is None else self._moved(was)
        my, their = self._moved(my), self._moved(their)
        if self.theirs_first:
            return merge_lanes(was, their, my).lane
        merged = merge_lanes(was, my, their)
        if merged.conflicts:
            self.conflicts.append(LaneConflict(mine.id, name, merged.conflicts, their))
        return merged.lane

    def _tell_picks(self, old: VideoItem, mine: VideoItem, theirs: VideoItem) -> None:
        was, my, their = ({p.frame: p for p in v.picks} for v in (old, mine, theirs))
        frames = my.keys() | was.keys()
        if any(
            my.get(n) != was.get(n) and their.get(n) not in (was.get(n), my.get(n))
            for n in frames
        ):
            self.both_changed.append(f"the subject of {mine.id}")

    def _corrections(
        self, old: VideoItem, mine: VideoItem, theirs: VideoItem
    ) -> tuple[Correction, ...]:
        if theirs.corrections in (old.corrections, mine.corrections):
            return mine.corrections
        if mine.corrections == old.corrections:
            return theirs.corrections
        merged, skeleton = mine.corrections, load_skeleton(self.mine.skeleton)
        try:
            for new in theirs.corrections:
                if new not in old.corrections and new not in merged:
                    merged = add_correction(merged, new, skeleton)
        except EditError:
            self.both_changed.append(f"corrected keypoints of {mine.id}")
        return merged


def _only_videos(base: Project, theirs: Project) -> bool:
    """Tell whether nothing but parts of videos differs."""
    return same_ids(base, theirs) and replace(theirs, videos=()) == replace(
        base, videos=()
    )


def with_known(project: Project, known: Project) -> Project:
    """Give equal parts of a project the objects that ``known`` has for them."""
    label_map = project.label_map
    return replace(
        project,
        label_map=known.label_map if label_map == known.label_map else label_map,
        videos=tuple(
            item if (old := known.find(item.id)) is None else _itself(item, old)
            for item in project.videos
        ),
    )


def _itself(merged: VideoItem, mine: VideoItem) -> VideoItem:
    """Return ``mine`` where the merge changed nothing; no lane is read for that."""
    if merged.lanes.keys() != mine.lanes.keys():
        return merged
    if any(lane is not mine.lanes[name] for name, lane in merged.lanes.items()):
        return merged
    return mine if replace(merged, lanes=mine.lanes) == mine else merged


def _other_file(item: VideoItem, other: VideoItem) -> bool:
    return (item.fingerprint, item.n_frames) != (other.fingerprint, other.n_frames)


def _as_added(item: VideoItem) -> VideoItem:
    """Return a video as it was when it was added: without labels."""
    nothing = {ANNOTATION: Segmentation.unlabelled(item.n_frames)}
    return replace(
        item,
        lanes=nothing,
        notes="",
        picks=(),
        corrections=(),
        missing=frozenset(),
        annotator="",
        done=False,
        decisions=(),
    )


def _media(item: VideoItem) -> tuple[str, str, float]:
    return item.path, item.fingerprint, item.mean_rate


def _missing(
    mine: VideoItem, theirs: VideoItem, lanes: Mapping[str, Segmentation]
) -> frozenset[str]:
    """List the lanes that nobody knows: that neither side has, or one has alone."""
    unknown = mine.missing & theirs.missing
    unknown |= mine.missing - theirs.lanes.keys()
    unknown |= theirs.missing - mine.lanes.keys()
    return frozenset(unknown & lanes.keys())


def _by_frame(
    old: VideoItem, mine: VideoItem, theirs: VideoItem
) -> tuple[SubjectPick, ...]:
    """Merge the choices of a subject, one for each frame."""
    was, my, their = ({p.frame: p for p in item.picks} for item in (old, mine, theirs))
    frames = sorted({*my, *their})
    found = (pick(was.get(n), my.get(n), their.get(n)) for n in frames)
    return tuple(p for p in found if p is not None)


def _decisions(
    old: VideoItem, mine: VideoItem, theirs: VideoItem
) -> tuple[Decision, ...]:
    """Merge what was settled; of two decisions on the same frames mine stays."""
    found = tuple(merged_list(old.decisions, mine.decisions, theirs.decisions))
    for decision in mine.decisions:
        if decision in found:
            found = with_decision(found, decision)
    return found


def _merged_notes(base: str, mine: str, theirs: str) -> str:
    """Keep both texts where both were written."""
    if mine != base and theirs not in (base, mine) and theirs not in mine:
        return theirs if mine in theirs else f"{mine}\n\n{theirs}".strip()
    return pick(base, mine, theirs)


def _newly_used(
    classes: set[int],
    was: Segmentation | None,
    lane: Segmentation,
    heirs: Mapping[int, int | None],
) -> set[int]:
    """Find which of the classes are said of frames of which they were not before.

    To vouch for one is to say so, too, where it goes without an heir that would be
    vouched for.
    """
    used = classes & lane.class_counts.keys()
    if was is None or not used or was.n_frames != lane.n_frames:
        return used
    try:
        now, before = lane.to_frames(), was.to_frames()
    except SkelsegError:
        # Nobody knows any more what the file said.
        return {i for i in used if lane.class_frames[i] > was.class_frames[i]}
    vouched, earlier = _vouched_frames(lane), _vouched_frames(was)
    said = set(np.unique(vouched[vouched != earlier]).tolist())
    return (used & set(np.unique(now[now != before]).tolist())) | {
        i for i in used & said if heirs.get(i) is None
    }


def _vouched_frames(lane: Segmentation) -> np.ndarray:
    """Return the class that a person vouched for at each frame, -1 for none (T,)."""
    classes = [
        s.class_id if s.class_vouched and s.class_id is not None else -1
        for s in lane.segments
    ]
    return np.repeat(classes, [s.stop - s.start for s in lane.segments])


def with_new_ids(
    before: Project, after: Project, names: Mapping[int, Collection[str]]
) -> Project:
    """Give new classes ids that no class of another name had.

    An addition that is undone frees its id, and somebody else may label with it still.

    Parameters
    ----------
    before, after : Project
        Before and after an edit.
    names : Mapping[int, collection of str]
        Every name that classes had, by their ids.
    """
    if after.label_map is before.label_map:
        return after
    known = {*before.label_map.ids, *before.label_map.moves}
    free = max([*names, *known, *after.label_map.ids]) + 1
    clash = [
        c.id
        for c in after.label_map.classes
        if c.id not in known and c.name not in names.get(c.id, (c.name,))
    ]
    return with_class_ids(after, {old: free + n for n, old in enumerate(clash)})


def with_class_ids(project: Project, ids: Mapping[int, int]) -> Project:
    """Give classes of a project other ids, in all of its labels."""
    if not ids:
        return project
    videos = []
    for item in project.videos:
        lanes = {k: remap_classes(lane, ids) for k, lane in item.lanes.items()}
        same = all(lane is item.lanes[name] for name, lane in lanes.items())
        videos.append(item if same else replace(item, lanes=lanes))
    told = (rule.moved(ids) for rule in project.conventions)
    return replace(
        project,
        label_map=renumbered(project.label_map, ids),
        videos=tuple(videos),
        conventions=tuple(c for c in told if c is not None),
    )
