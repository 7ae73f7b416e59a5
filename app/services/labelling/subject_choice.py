"""Choose the subject among the people in the picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.notices import Notices
from app.services.labelling.track_editor import TrackEditor
from app.state.current_video import CurrentVideo
from skelseg_core.poses.sequence import pick_of, select_bodies
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import drop_pick, pick_subject
from skelseg_core.project.videos_and_tracks import Track


class SubjectChoice(QObject):
    """Choose the subject; a choice holds from its frame until the next choice."""

    def __init__(
        self,
        current: CurrentVideo,
        tracks: TrackEditor,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._tracks, self._notices = current, tracks, notices

    @property
    def several(self) -> bool:
        """True if the video has another person who could be the subject."""
        shown = self._current.poses
        return shown is not None and shown.several

    @property
    def chosen(self) -> bool:
        """True if a choice holds at the shown frame."""
        item, frame = self._current.item, self._current.session.frame
        return item is not None and any(p.frame <= frame for p in item.picks)

    @property
    def tip(self) -> str:
        """Say what a click on a person does."""
        if len(self._tracks.people) < 2:
            return self.tr("Click to make this person the subject")
        return self.tr("Click to label this person")

    def click(self, person: int) -> None:
        """Label the person that was clicked, or make it the subject where one is.

        Where several people are labelled a click changes nothing: it chooses who is
        labelled. Only a person who was not shown yet is told by it.
        """
        item, shown = self._current.item, self._current.poses
        if item is None or shown is None or len(self._tracks.people) < 2:
            self.choose(person)
            return
        frame = self._current.session.frame
        other = self._taken(frame).get(person)
        if other is not None:
            self._tracks.look_at_person(other.person)
        elif not item.picks:
            self.choose(person)
        elif shown.subject[frame] != person:
            self._notices.warn(
                self.tr("This person is not labelled yet. To label them as {}:").format(
                    item.person
                ),
                "subject-next",
            )

    def choose(self, person: int, frame: int | None = None) -> None:
        """Make a person of a frame the subject from there on.

        Nothing changes where this person is the subject already. One who is labelled as
        somebody else is exchanged with the subject: no two have one figure.

        Parameters
        ----------
        person : int
            Index of axis M of the poses that are shown.
        frame : int, optional
            By default the one that is shown.
        """
        item, shown = self._current.item, self._current.poses
        frame = self._current.session.frame if frame is None else frame
        if item is None or shown is None:
            return
        if shown.picks == item.picks and shown.subject[frame] == person:
            return
        other = self._taken(frame).get(person)
        back = pick_of(shown.estimate, frame, int(shown.subject[frame]))
        pick = pick_of(shown.estimate, frame, person)
        if pick is None:
            self._notices.warn(
                self.tr(
                    "The poses do not show this person here. Choose the subject in a "
                    "frame where they do."
                )
            )
        elif other is None:
            text = self.tr("This person is the subject from here on.")
            self._choose(lambda p: pick_subject(p, item.id, pick), text)
        elif back is None or not item.picks:
            text = self.tr("This is {}. Choose {} in a frame that shows both.")
            self._notices.warn(text.format(other.person, item.person))
        else:
            text = self.tr("{} and {} are exchanged from here on.")
            self._choose(
                lambda p: pick_subject(pick_subject(p, item.id, pick), other.id, back),
                text.format(item.person, other.person),
            )

    def _choose(self, edit: Callable[[Project], Project], said: str) -> None:
        """Edit who is the subject, and say what it means."""
        if self._current.document.apply(self.tr("Choose subject"), edit):
            if self._current.models:
                said = self.tr("{} Pre-label again.").format(said)
            self._notices.say(said)

    def _taken(self, frame: int) -> dict[int, Track]:
        """Return a track of each other person whose figure is known, by the figure."""
        item, shown = self._current.item, self._current.poses
        found: dict[int, Track] = {}
        if item is None or shown is None:
            return found
        bodies = select_bodies(shown.estimate, item.video.bodies, shown.poses)
        for track in self._tracks.tracks:
            if track.person != item.person and track.person in bodies:
                found.setdefault(int(bodies[track.person][frame]), track)
        return found

    @command(
        "subject-next",
        "Fix who this is from here",
        enabled=lambda self: self.several,
        acts_on="subject",
    )
    def next(self) -> None:
        """Make the next person of this frame the subject."""
        shown, frame = self._current.poses, self._current.session.frame
        if shown is None or frame >= shown.poses.n_frames:
            return
        others = self.others(frame)
        if not others:
            self._notices.warn(
                self.tr("Nobody else is in this frame. Go to one with more people.")
            )
            return
        self.choose(others[0])

    def others(self, frame: int) -> list[int]:
        """List the other people in a frame, starting after the subject.

        Those who are labelled as somebody else come last.
        """
        shown = self._current.poses
        if shown is None or frame >= shown.poses.n_frames:
            return []
        there = (shown.poses.scores[frame] > 0).any(axis=1).nonzero()[0].tolist()
        current = int(shown.subject[frame])
        taken = self._taken(frame)
        after = [n for n in there if n > current] + [n for n in there if n < current]
        return sorted(after, key=taken.__contains__)

    def choice(self, frame: int) -> int | None:
        """Return the frame of the choice that holds at a frame, or None."""
        item = self._current.item
        held = [p.frame for p in item.picks if p.frame <= frame] if item else []
        return max(held, default=None)

    @command(
        "subject-forget",
        "Forget the choice of subject here",
        enabled=lambda self: self.chosen,
        acts_on="subject",
    )
    def forget(self, frame: int | None = None) -> None:
        """Remove the choice that holds at a frame, by default the shown one.

        The subject is found automatically then, or by the choice before.
        """
        item = self._current.item
        frame = self._current.session.frame if frame is None else frame
        if item is not None:
            self._current.document.apply(
                self.tr("Forget choice of subject"),
                lambda p: drop_pick(p, item.id, frame),
            )
