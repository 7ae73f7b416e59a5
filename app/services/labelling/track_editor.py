"""Go from track to track of a video, and add or remove tiers and people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject

from app.kit.commands import Command, command, declare
from app.kit.label_style import frames_text
from app.kit.language import tr
from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.labelling.edit_targets import Targets
from app.state.current_video import CurrentVideo
from skelseg_core.labels.edits import open_ranges
from skelseg_core.labels.reviewing import Sight
from skelseg_core.poses.sequence import SubjectPick, pick_of
from skelseg_core.project.bodies import people_in
from skelseg_core.project.project import Project, changed_tracks
from skelseg_core.project.project_edits import pick_subject
from skelseg_core.project.track_edits import (
    add_person,
    add_tier,
    has_unnamed,
    name_person,
    remove_person,
    remove_tier,
    set_absent,
    set_tier,
)
from skelseg_core.project.tracks import Tier, TierKind, TierOf
from skelseg_core.project.videos_and_tracks import Track

_Edit = Callable[[Project], Project]
MOST_PEOPLE = 9
"""People that have a key."""


class TrackEditor(QObject):
    """Choose the track that is labelled; edit tiers and the people who have tracks.

    ``sight`` returns the frames that were on the screen.
    """

    def __init__(
        self,
        current: CurrentVideo,
        notices: Notices,
        sight: Callable[[], Sight],
        targets: Targets,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._document = current, current.document
        self._targets = targets
        self._notices, self.sight = notices, sight

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of the current video."""
        item = self._current.item
        return () if item is None else self._document.project.tracks_of(item.video_id)

    @property
    def people(self) -> tuple[str, ...]:
        """The people who have tracks in the current video."""
        item = self._current.item
        return (
            ()
            if item is None
            else tuple(people_in(self._document.project, item.video_id))
        )

    @property
    def unnamed(self) -> bool:
        """True if nobody knows whose the tracks of the current video are."""
        item, project = self._current.item, self._document.project
        if item is None or len(project.video(item.video_id).people) == 1:
            return False
        return has_unnamed(project, item.video_id)

    @property
    def tier(self) -> Tier | None:
        """The tier that is labelled."""
        item = self._current.item
        return None if item is None else self._document.project.tier(item.tier)

    @property
    def title(self) -> str:
        """Say what is labelled, and of whom; empty where there is one track."""
        item = self._current.item
        return "" if item is None else self._document.project.track_title(item)

    # -- which is labelled ----------------------------------------------------------

    @property
    def several(self) -> bool:
        """True if there is another track to go to."""
        return self._document.project.has_tracks and len(self.tracks) > 1

    @declare(
        (
            Command("track-next", "Next track", ("T",), (1,)),
            Command("track-previous", "Previous track", ("Shift+T",), (-1,)),
        ),
        enabled=lambda self, _: self.several,
    )
    def go(self, step: int) -> None:
        """Label the track ``step`` places on; after the last comes the first."""
        ids = [track.id for track in self.tracks]
        at = ids.index(self._current.session.track_id)
        self._current.session.set_video(ids[(at + step) % len(ids)])

    def has_person(self, number: int) -> bool:
        """Tell whether there is a person of this number, from 1."""
        return self.several and 1 < len(self.people) >= number

    @declare(
        tuple(
            Command(f"person-{n}", f"Go to person {n}", (f"Alt+{n}",), (n,))
            for n in range(1, MOST_PEOPLE + 1)
        ),
        enabled=has_person,
    )
    def go_to_person(self, number: int) -> None:
        """Label a person, in the same tier where that person has it."""
        self.look_at_person(self.people[number - 1])

    def look_at_person(self, person: str) -> None:
        """Label a person, in the same tier where that person has it."""
        item = self._current.item
        if item is None:
            return
        tracks = [track for track in self.tracks if track.person == person]
        same = (track for track in tracks if track.tier == item.tier)
        self._current.session.set_video(next(same, tracks[0]).id)

    # -- tiers and people -----------------------------------------------------------

    def add_tier(self, name: str, of: TierOf, kind: TierKind = "segments") -> bool:
        """Add a tier, and label it; False where it was refused."""
        text = self.tr("Add tier {}").format(name)
        return self._added(text, lambda p: add_tier(p, name, of, kind))

    def rename_tier(self, name: str) -> bool:
        """Give the tier that is labelled another name; False where it was refused."""
        tier, text = self.tier, self.tr("Rename tier")
        return tier is not None and self._document.apply(
            text, lambda p: set_tier(p, tier.id, name=name.strip())
        )

    @property
    def can_remove_tier(self) -> bool:
        """True unless the first tier is labelled."""
        return bool(self.tier and self.tier.id)

    @command(
        "tier-remove",
        "Remove this tier",
        enabled=lambda self: self.can_remove_tier,
        acts_on="tiers",
    )
    def remove_tier(self) -> None:
        """Remove the tier that is labelled, where nothing is labelled in it."""
        tier = self.tier
        if tier is not None:
            self._leave(
                self.tr("Remove tier {}").format(tier.name),
                lambda p: remove_tier(p, tier.id),
            )

    def add_person(self, person: str) -> bool:
        """Add a person to the current video; False where it was refused."""
        item = self._current.item
        if item is None:
            return False
        subject, other = self._seen_now() if len(self.people) == 1 else (None, None)

        def edit(project: Project) -> Project:
            # Of two people each has to be told from the other.
            if subject is not None and not item.picks:
                project = pick_subject(project, item.id, subject)
            project = add_person(project, item.video_id, person)
            if other is not None:
                new = project.tracks_of(item.video_id)[-1]
                project = pick_subject(project, new.id, other)
            return project

        return self._added(
            self.tr("Add {} to {}").format(person, item.video.title), edit
        )

    def _seen_now(self) -> tuple[SubjectPick | None, SubjectPick | None]:
        """Say where the subject is in the shown frame, and where somebody else is."""
        shown, frame = self._current.poses, self._current.session.frame
        if shown is None or frame >= shown.poses.n_frames:
            return None, None
        there = (shown.poses.scores[frame] > 0).any(axis=1).nonzero()[0].tolist()
        subject = int(shown.subject[frame])
        other = next((n for n in there if n != subject), -1)
        both = (
            pick_of(shown.estimate, frame, n) if n in there else None
            for n in (subject, other)
        )
        return next(both), next(both)

    def name_person(self, person: str) -> bool:
        """Name the person who is labelled; False where it was refused."""
        item, text = self._current.item, self.tr("Name person")
        return item is not None and self._document.apply(
            text, lambda p: name_person(p, item.id, person)
        )

    @command(
        "person-remove",
        "Remove this person",
        enabled=lambda self: self.several and len(self.people) > 1,
        acts_on="tiers",
    )
    def remove_person(self) -> None:
        """Remove the tracks of the person who is labelled, where they are empty."""
        item = self._current.item
        if item is not None:
            text = self.tr("Remove {}").format(item.person)
            self._leave(text, lambda p: remove_person(p, item.id))

    @command(
        "absent",
        "Mark as absent",
        "Shift+U",
        enabled=lambda self: self._current.item is not None,
        tip="The person is not in the picture: no model trains here or is scored",
        acts_on="range or segments",
        reviews="That the person is absent; the ends of a range",
    )
    def mark_absent(self) -> None:
        """Say of the range, the selected segments or one that the person is absent."""
        item, session = self._current.item, self._current.session
        if item is None:
            return
        meant, place = self._targets.now("selected", "range"), session.place
        # As for all keys the frame that was asked for, also if its picture is loading.
        here = item.annotation.at(min(self._targets.playhead(), item.n_frames - 1))
        if meant.spans:
            if self._targets.allowed("absent", meant):
                self._set_absent(meant.spans)
        elif place is not None:
            self._set_absent([place.span])
        elif self.sight().covers(here.start, here.stop):
            self._set_absent([(here.start, here.stop)], True)
        else:
            text = self.tr(
                "Mark a range first. Without one, {} would be absent, and not all of "
                "that was on the screen."
            )
            self._notices.refuse(text.format(_frames_from(here.start, here.stop)))

    @command(
        "absent-unseen",
        "Mark as absent where nobody is seen",
        enabled=lambda self: self._current.poses is not None,
        tip="Where no pose shows the person for a second and nothing is labelled",
        acts_on="range or segments",
        reviews="That the person is absent",
    )
    def mark_unseen(self) -> None:
        """Say that the person is absent where no pose shows it, and none labelled."""
        item, shown = self._current.item, self._current.poses
        if item is None or shown is None or shown.poses.n_frames != item.n_frames:
            return
        frames = np.arange(item.n_frames)
        seen = (shown.subject >= 0) & (
            shown.poses.scores[frames, np.maximum(shown.subject, 0)] > 0
        ).any(axis=1)
        cuts = np.flatnonzero(np.diff(~seen, prepend=False, append=False))
        least = max(1, round(item.video.mean_rate))
        lane = item.annotation
        found = [
            part
            for start, stop in cuts.reshape(-1, 2).tolist()
            if stop - start >= least
            for part in open_ranges(lane, start, stop)
        ]
        if found:
            self._set_absent(found)
        else:
            self._notices.refuse(self.tr("The person is seen or labelled throughout."))

    def _set_absent(
        self, ranges: Sequence[tuple[int, int]], unmarked: bool = False
    ) -> None:
        """Say that the person is absent, and where: unmarked, or in several tiers."""
        item, before = self._current.item, self._document.project
        n_frames = sum(stop - start for start, stop in ranges)
        text = plural("Mark {n} frame(s) as absent", n_frames)
        if item is None or not self._document.apply(
            text, lambda p: set_absent(p, item.id, ranges)
        ):
            return
        tracks = changed_tracks(before, self._document.project)
        if unmarked or len(tracks) > 1:
            tiers = (before.tier(track.tier).name for track in tracks)
            whose = ", ".join(filter(None, (item.person, *tiers)))
            spans = ", ".join(_frames_from(*span) for span in ranges[:6])
            more = ", …" if len(ranges) > 6 else ""
            said = self.tr("Absent now: {} ({}). You can undo this.")
            if unmarked:
                said = self.tr(
                    "Nothing was marked, so the whole segment is absent now: {} ({}). "
                    "You can undo this."
                )
            self._notices.say(said.format(spans + more, whose))

    def _added(self, text: str, edit: _Edit) -> bool:
        """Make an edit that adds tracks; label the one most like the active one."""
        before, item = self._document.project, self._current.item
        if not self._document.apply(text, edit):
            return False
        new = [t for t in self.tracks if not before.has(t.id)]
        if item is not None and new:
            mine = [t for t in new if item.person == t.person or item.tier == t.tier]
            self._current.session.set_video((mine or new)[0].id)
        return True

    def _leave(self, text: str, edit: _Edit) -> None:
        """Make an edit that takes the track away that is looked at."""
        item = self._current.item
        if item is not None and self._document.apply(text, edit):
            first = self._document.project.first_track(item.video_id)
            self._current.session.set_video(first.id)


def _frames_from(start: int, stop: int) -> str:
    """Name frames by their number and the first of them."""
    return tr("{} from frame {} on").format(frames_text(stop - start), f"{start:,}")
