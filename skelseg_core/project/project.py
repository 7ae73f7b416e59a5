"""Project: one immutable value.

An edit (`project_edits`) takes a project and gives another; undo swaps two references.
How a project is written is ``json``'s business, where it lies is ``folder``'s.

A project may have ten thousand videos. What an edit of one video costs must not grow
with them: `Project.with_tracks` carries ids and totals over to the new value, and
`changed_tracks` compares references.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, compress
from operator import is_not
from typing import TypeGuard

from skelseg_core.choices import ANNOTATION as ANNOTATION
from skelseg_core.errors import ProjectError
from skelseg_core.file_names import matching_names
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.project.totals import Totals
from skelseg_core.project.tracks import (
    Tier,
    TrackId,
    TrackKey,
    VideoId,
    check_segments,
    id_in_words,
    video_hold,
)
from skelseg_core.project.videos_and_tracks import Track, Video

_BY_IDS = (
    *("track_ids", "places", "has_tracks", "video_ids", "video_places"),
    *("_first_rows", "_tracks", "_classes", "_optional"),
)
"""Cached values of a project that stay while its ids and classes do."""


@dataclass(frozen=True)
class Project:
    """Everything that is saved and undone, as one immutable value.

    In a ``blind`` project lanes of others and of models stay hidden in a video until
    its annotator says that it is done. Poses are estimated by ``pose_estimator``, with
    a weights file ``pose_weights`` where it takes one; empty for the bundled one. That
    looks at every ``pose_every``-th frame; 0 leaves it to the rate of the video.
    """

    uuid: str
    name: str
    skeleton: str
    label_map: LabelMap
    tracks: tuple[Track, ...] = ()
    media_roots: tuple[str, ...] = ()
    blind: bool = False
    pose_every: int = 0
    pose_estimator: str = ""
    pose_weights: str = ""
    tiers: tuple[Tier, ...] = (Tier(),)

    @property
    def classes(self) -> LabelMap:
        """The classes of the first tier."""
        return self.classes_of(self.tiers[0])

    def classes_of(self, track: Track | TrackKey | Tier | str) -> LabelMap:
        """Return the classes of the tier of a track, in the order of its list.

        The track may be told by the id of its item; of "" they are the first tier's.
        """
        if len(self.tiers) == 1:
            return self.label_map
        if isinstance(track, str):
            found = self.find(track)
            return self._classes[self.tiers[0].id if found is None else found.tier]
        return self._classes[track.id if isinstance(track, Tier) else track.tier]

    @property
    def all_classes(self) -> LabelMap:
        """The classes of all tiers."""
        return self.label_map

    @property
    def several_tracks(self) -> bool:
        """True where there are several tiers, or several people in a video."""
        return len(self.tiers) > 1 or self.has_tracks

    @property
    def moves(self) -> Mapping[int, int | None]:
        """Class by the id of each merged or deleted one; None is unlabelled."""
        return self.label_map.moves

    @cached_property
    def _classes(self) -> Mapping[str, LabelMap]:
        return {tier.id: tier_classes(self.label_map, tier.id) for tier in self.tiers}

    def name_of(self, class_id: int | None) -> str:
        """Return the name of a class of whatever tier; empty for unlabelled."""
        return self.label_map.name_of(class_id)

    def class_of(self, class_id: int | None) -> ActionClass | None:
        """Return the class with this id, of whatever tier, or None."""
        return self.label_map.get(class_id)

    def tier(self, tier_id: str) -> Tier:
        """Return the tier with this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        found = next((t for t in self.tiers if t.id == tier_id), None)
        if found is None:
            raise ProjectError("The project {} has no tier '{}'.", self.name, tier_id)
        return found

    def of_tier(self, tier: Tier) -> Project:
        """Reduce the project to the tracks and classes of one tier."""
        if len(self.tiers) == 1:
            return self
        return replace(
            self,
            label_map=self.classes_of(tier),
            tracks=tuple(v for v in self.tracks if v.tier == tier.id),
            tiers=(tier,),
        )

    def without(self, tiers: Collection[Tier]) -> Project:
        """Leave out tiers, with their classes and tracks; the first one stays."""
        ids = {t.id for t in tiers} - {""}
        if not ids:
            return self
        kept = tuple(c for c in self.label_map.classes if c.tier not in ids)
        return replace(
            self,
            label_map=replace(self.label_map, classes=kept),
            tracks=tuple(v for v in self.tracks if v.tier not in ids),
            tiers=tuple(t for t in self.tiers if t.id not in ids),
        )

    @cached_property
    def has_tracks(self) -> bool:
        """True where a video has several tracks."""
        return len(self._first_rows) < len(self.tracks)

    @property
    def videos(self) -> tuple[Video, ...]:
        """The videos, in the order of their first tracks."""
        return tuple(item.video for item in self.first_tracks)

    @property
    def first_tracks(self) -> tuple[Track, ...]:
        """A track of each video: the one that is listed first."""
        return tuple(map(self.tracks.__getitem__, self._first_rows.values()))

    @cached_property
    def _first_rows(self) -> Mapping[VideoId, int]:
        """Place of the first track of each video, by the id of the video."""
        rows: dict[VideoId, int] = {}
        for n, item in enumerate(self.tracks):
            rows.setdefault(item.video_id, n)
        return rows

    @cached_property
    def video_ids(self) -> tuple[VideoId, ...]:
        """Ids of the videos, in their order."""
        return tuple(self._first_rows)

    @cached_property
    def video_places(self) -> Mapping[VideoId, int]:
        """Place of each video in the list, by its id."""
        return {video_id: n for n, video_id in enumerate(self._first_rows)}

    @cached_property
    def _tracks(self) -> Mapping[VideoId, tuple[TrackId, ...]]:
        """Ids of the tracks by video: each person's, then the scene's."""
        found: dict[VideoId, list[Track]] = {}
        for item in self.tracks:
            found.setdefault(item.video_id, []).append(item)
        return {k: self._in_order(v) for k, v in found.items()}

    def _in_order(self, tracks: Sequence[Track]) -> tuple[TrackId, ...]:
        if len(tracks) < 2:
            return tuple(v.id for v in tracks)
        tiers = {tier.id: n for n, tier in enumerate(self.tiers)}
        scenes = {tier.id for tier in self.tiers if tier.of == "scene"}
        own = (v.person for v in tracks if v.tier not in scenes)
        people = {person: n for n, person in enumerate(dict.fromkeys(own))}
        rows = (
            (
                len(people) if v.tier in scenes else people[v.person],
                tiers.get(v.tier, 0),
                v.id,
            )
            for v in tracks
        )
        return tuple(row[-1] for row in sorted(rows))

    def tracks_of(self, video_id: VideoId) -> tuple[Track, ...]:
        """Return the tracks of a video; none where it is not there."""
        row = self._first_rows.get(video_id)
        if row is None:
            return ()
        if not self.has_tracks:
            return (self.tracks[row],)
        return tuple(map(self.track, self._tracks[video_id]))

    def in_tier(self, name: str) -> Project:
        """Reduce the project to a tier, as `tier_named` finds it."""
        return self.of_tier(self.tier_named(name))

    def tier_named(self, name: str) -> Tier:
        """Find a tier by its name or id; the first one without.

        Raises
        ------
        ProjectError
            Where there is none of this name.
        """
        names = {t.name.casefold(): t for t in self.tiers}
        found = next((t for t in self.tiers if t.id == name), None)
        found = found or names.get(name.casefold())
        if not name:
            found = self.tiers[0]
        if found is None:
            raise ProjectError(
                "The project {} has no tier '{}', only {}; choose one of these.",
                self.name,
                name,
                ", ".join(t.name for t in self.tiers),
            )
        return found

    def segments_in(self, name: str) -> Project:
        """Reduce the project to a tier that has segments; see `in_tier`.

        Raises
        ------
        ProjectError, EditError
            Where there is none of this name, or it has marks of single frames.
        """
        project = self.in_tier(name)
        check_segments(project.tiers[0])
        return project

    def chosen(self, videos: Iterable[str] = ()) -> list[Track]:
        """List the tracks that ids mean, of videos or of tracks; all without any.

        Raises
        ------
        ProjectError
            Where there is none of one of these.
        """
        wanted, found = list(videos), dict[str, Track]()
        for video_id in wanted:
            if not self.has(video_id) and self.has_video(video_id):
                found |= {item.id: item for item in self.tracks_of(video_id)}
            else:
                item = self.track(TrackId(video_id))
                found[item.id] = item
        return list(found.values()) if wanted else list(self.tracks)

    def keyed(self, item_id: TrackId, key: str) -> ActionClass | None:
        """Return the class that has a key in a track, else beside it, or None.

        Beside it are the other tiers of the same person, and of the scene: a key that
        the tier of the track has for no class labels these.
        """
        own = self.classes_of(item_id).keyed(key)
        return own or self.classes_beside(item_id).keyed(key)

    def classes_beside(self, item_id: TrackId) -> LabelMap:
        """Return the classes of the tier of a track, and of those beside it."""
        tiers = {track.tier for track in self._beside(self.find(item_id))}
        beside = [self.classes_of(t).classes for t in self.tiers if t.id in tiers]
        return (
            LabelMap(tuple(chain(*beside))) if beside[1:] else self.classes_of(item_id)
        )

    def track_for(self, item: Track, class_id: int | None) -> Track:
        """Return the track that a class labels: ``item``, or one beside it."""
        found = self.class_of(class_id)
        if found is None or found.tier == item.tier:
            return item
        beside = (v for v in self._beside(item) if v.tier == found.tier)
        return next(beside, item)

    def _beside(self, item: Track | None) -> Iterable[Track]:
        if item is None:
            return ()
        tracks = self.tracks_of(item.video_id)
        scenes = {tier.id for tier in self.tiers if tier.of == "scene"}
        people = {v.person for v in tracks if v.tier not in scenes}
        # Beside the scene is the person, if there is but one.
        mine = people if item.tier in scenes and len(people) == 1 else {item.person}
        return (v for v in tracks if v.tier in scenes or v.person in mine)

    def track_title(self, item: Track) -> str:
        """Say who and what a track is of; empty where its video has one track."""
        if len(self.tracks_of(item.video_id)) < 2:
            return ""
        return " · ".join(filter(None, (item.person, self._tier_name(item))))

    def _tier_name(self, item: Track) -> str:
        """Name the tier of a track, which a part of a project may lack."""
        return next((t.name for t in self.tiers if t.id == item.tier), item.tier)

    def titled(self, item_id: str) -> str:
        """Name a track in a sentence: its video, and who and what it is of."""
        item = self.find(item_id)
        if item is None:
            held = (v.title for v in self.videos if video_hold(v.id) == item_id)
            return next(held, id_in_words(item_id))
        of_track = self.track_title(item).replace(" · ", ", ")
        return f"{item.video.title}: {of_track}" if of_track else item.video.title

    def said_of(self, item_id: TrackId) -> dict[str, str]:
        """Name a track for a program: its video, its tier and its person."""
        item = self.track(item_id)
        tier = self._tier_name(item)
        return {"video": item.video_id, "tier": tier, "person": item.person}

    def matching(self, patterns: Sequence[str]) -> list[TrackId]:
        """Find the tracks that names and patterns mean; a video means all of its own.

        Names are those of `titled`, also without the tier, those of files, and ids.
        What nothing has for a name is kept, as `matching_names` does.
        """
        if not patterns:
            return []
        of_name: dict[str, list[TrackId]] = {}
        for item in self.tracks:
            # Also where, as in a part of a project, the video has one track.
            person, tier = item.person, self._tier_name(item)
            whole = ", ".join(filter(None, (person, tier)))
            names = {item.video_id, item.video.title, item.id}
            names |= {f"{item.video.title}: {of}" for of in {person, whole} - {""}}
            for name in names:
                of_name.setdefault(name, []).append(item.id)
        found = patterns
        if not all(pattern in of_name for pattern in patterns):
            found = matching_names(patterns, list(of_name))
        return list(
            dict.fromkeys(i for n in found for i in of_name.get(n, [TrackId(n)]))
        )

    def track_like(self, video_id: VideoId, track: TrackKey) -> Track:
        """Return the track of a video that is most like one of another video."""
        tracks = self.tracks_of(video_id)
        same = [v for v in tracks if v.tier == track.tier]
        mine = (v for v in same if v.person == track.person)
        return next(mine, same[0] if same else tracks[0])

    def track_around(self, item: Track) -> Track | None:
        """Return the track in whose segments those of ``item`` have to lie."""
        wanted = self.tier(item.tier).inside
        if wanted is None:
            return None
        outer = self.track_like(item.video_id, TrackKey(wanted, item.person))
        return outer if outer.tier == wanted else None

    def video(self, video_id: VideoId) -> Video:
        """Return the video of this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        row = self._first_rows.get(video_id)
        if row is None:
            raise self._unknown(video_id)
        return self.tracks[row].video

    def first_track(self, video_id: VideoId) -> Track:
        """Return the first track of a video; see `video`."""
        return self.tracks_of(self.video(video_id).id)[0]

    @cached_property
    def track_ids(self) -> tuple[TrackId, ...]:
        """Ids of the tracks, in their order."""
        return tuple(v.id for v in self.tracks)

    @cached_property
    def places(self) -> Mapping[TrackId, int]:
        """Place of each track among all, by its id."""
        return {track_id: n for n, track_id in enumerate(self.track_ids)}

    @cached_property
    def totals(self) -> Totals:
        """Progress of all videos together."""
        return Totals.of(self.tracks, self._optional)

    @cached_property
    def _optional(self) -> frozenset[str]:
        return frozenset(t.id for t in self.tiers if not t.required)

    def required_tracks(self, video_id: VideoId) -> tuple[Track, ...]:
        """Return the tracks of a video that are to be finished; all if none is."""
        tracks = self.tracks_of(video_id)
        return tuple(v for v in tracks if v.tier not in self._optional) or tracks

    def to_finish(self, item: Track) -> bool:
        """Tell whether a track is to be finished yet: that of points never is."""
        return item.tier not in self._optional and not item.finished

    def has_points(self, item: Track) -> bool:
        """Tell whether a track has marks of single frames instead of segments."""
        return self.tier(item.tier).kind == "points"

    def has(self, track_id: str) -> TypeGuard[TrackId]:
        """Tell whether there is a track of this id."""
        return track_id in self.places

    def has_video(self, video_id: str) -> TypeGuard[VideoId]:
        """Tell whether there is a video of this id."""
        return video_id in self._first_rows

    def find(self, track_id: str) -> Track | None:
        """Return the track of this id, or None."""
        at = self.places.get(TrackId(track_id))
        return None if at is None else self.tracks[at]

    def with_video(self, video: Video) -> Project:
        """Replace a video by its id."""
        tracks = self.tracks_of(video.id)
        return self.with_tracks(*(replace(v, video=video) for v in tracks))

    def with_tracks(self, *items: Track) -> Project:
        """Replace tracks by their ids.

        Where one refers to another video than before, so do all tracks of the video.
        """
        if self.has_tracks:
            items = self._with_siblings(items)
        tracks = list(self.tracks)
        for item in items:
            tracks[self.places[item.id]] = item
        new = replace(self, tracks=tuple(tracks))
        # The order of the tracks is the same: keep what was derived from it.
        known = vars(new)
        ids = {item.id for item in items}
        known["_replaced"] = self.tracks, sorted(ids, key=self.places.__getitem__)
        for name in _BY_IDS:
            if name in vars(self):
                known[name] = vars(self)[name]
        if "totals" in vars(self):
            videos = dict.fromkeys(item.video_id for item in items)
            old = [v for video_id in videos for v in self.tracks_of(video_id)]
            now = [new.track(v.id) for v in old]
            known["totals"] = self.totals.replaced(old, now, self._optional)
        return new

    def _with_siblings(self, items: Sequence[Track]) -> tuple[Track, ...]:
        """Let all tracks of a video refer to the one that ``items`` bring anew."""
        new = {
            v.video_id: v.video for v in items if v.video is not self.video(v.video_id)
        }
        if not new:
            return tuple(items)
        given = {v.id: v for v in items}
        for video_id, video in new.items():
            for track in self.tracks_of(video_id):
                own = given.get(track.id, track)
                given[track.id] = replace(own, video=video)
        return tuple(given.values())

    def track(self, track_id: TrackId) -> Track:
        """Return the track of this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        found = self.find(track_id)
        if found is not None:
            return found
        raise self._unknown(track_id)

    def _unknown(self, item_id: str) -> ProjectError:
        there = ", ".join(self.video_ids[:8]) or "no videos"
        more = ", …" if len(self.video_ids) > 8 else ""
        return ProjectError(
            "There is no video '{}' in project {}, which has {}{}.",
            id_in_words(item_id),
            self.name,
            there,
            more,
        )


def tier_classes(label_map: LabelMap, tier: str) -> LabelMap:
    """Reduce classes to those of one tier; what others became is unlabelled in it."""
    own = tuple(c for c in label_map.classes if c.tier == tier)
    ids = {c.id for c in own}
    former = tuple(
        f if f.into in ids else replace(f, into=None) for f in label_map.former
    )
    return LabelMap(own, former, label_map.next_id)


def new_project(name: str, label_map: LabelMap, skeleton: str = "coco17") -> Project:
    """Make an empty project with a fresh identity."""
    return Project(uuids.uuid4().hex, name, skeleton, label_map)


def changed_tracks(before: Project, after: Project) -> tuple[Track, ...]:
    """Find the videos of ``after`` that are other objects in ``before``, or new."""
    if before.tracks is after.tracks:
        return ()
    source, replaced = vars(after).get("_replaced", (None, ()))
    if source is before.tracks:
        pairs = ((before.find(i), after.track(i)) for i in replaced)
        return tuple(new for old, new in pairs if old is not new)
    if same_ids(before, after):
        other = map(is_not, before.tracks, after.tracks)
        return tuple(compress(after.tracks, other))
    return tuple(v for v in after.tracks if before.find(v.id) is not v)


def changed_videos(before: Project, after: Project) -> tuple[Video, ...]:
    """Find the videos of ``after`` that are other objects in ``before``, or new."""
    found = {v.video_id: v.video for v in changed_tracks(before, after)}
    return tuple(
        video
        for video in found.values()
        if not before.has_video(video.id) or before.video(video.id) is not video
    )


def same_classes(a: Project, b: Project) -> bool:
    """Tell whether two projects have the same classes and tiers."""
    return a.label_map is b.label_map and a.tiers == b.tiers


def same_ids(a: Project, b: Project) -> bool:
    """Tell whether two projects have the same videos in the same order."""
    return a.track_ids is b.track_ids or a.track_ids == b.track_ids
