"""Change: what an edit changed, found once and told to all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from skelseg_core.project.part_changes import (
    PartChange,
    is_of_classes,
    lane_part,
    track_of_part,
)
from skelseg_core.project.project import ANNOTATION, Project, changed_tracks, same_ids
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track


@dataclass(frozen=True)
class Change:
    """Say what an edit changed, for views that it may touch.

    ``parts`` are the changes as the journal has them: they are found once, and nobody
    compares the projects again.
    """

    before: Project
    after: Project
    parts: Mapping[str, PartChange]

    @cached_property
    def classes(self) -> bool:
        """Tell whether a class changed, or a tier."""
        return any(map(is_of_classes, self.parts))

    @cached_property
    def blind(self) -> bool:
        """Tell whether other lanes may be shown than before, of all videos."""
        return "blind" in self.parts

    @cached_property
    def videos(self) -> bool:
        """Tell whether the list of videos, or of their tracks, changed."""
        return not same_ids(self.before, self.after)

    @cached_property
    def edited(self) -> tuple[Track, ...]:
        """Return the tracks that are new or changed, as they are now."""
        return changed_tracks(self.before, self.after)

    @cached_property
    def gone(self) -> tuple[Track, ...]:
        """Return the tracks that are not in the project any more."""
        there = self.before.tracks if self.videos else ()
        return tuple(track for track in there if not self.after.has(track.id))

    @cached_property
    def tracks(self) -> frozenset[TrackId]:
        """Ids of the tracks that are new, changed or gone."""
        return frozenset(track.id for track in (*self.edited, *self.gone))

    @cached_property
    def relabelled(self) -> frozenset[TrackId]:
        """Ids of the tracks of which nothing changed but the annotation."""
        if self.classes or self.blind:
            return frozenset()
        n = Counter(map(track_of_part, self.parts))
        return frozenset(t for t in self.tracks if n[t] == 1 and self._is_relabelled(t))

    def _is_relabelled(self, track: TrackId) -> bool:
        lane = self.parts.get(lane_part(track, ANNOTATION))
        return lane is not None and None not in (lane.old, lane.new)

    @cached_property
    def only_labels(self) -> bool:
        """Tell whether nothing changed but annotations, as by most edits."""
        return len(self.parts) == len(self.tracks) == len(self.relabelled)

    def touches(self, track: TrackId) -> bool:
        """Tell whether anything of this track changed: lanes, subject, colours."""
        return self.classes or self.blind or track in self.tracks
