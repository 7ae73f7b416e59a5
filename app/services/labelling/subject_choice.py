"""Choose the subject among the people in the picture."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.notices import Notices
from app.services.labelling.track_editor import TrackEditor
from app.state.current_video import CurrentVideo
from skelseg_core.poses.sequence import pick_of, select_subject
from skelseg_core.project.project import drop_pick, pick_subject


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
        for track in self._tracks.tracks:
            if track.person == item.person or not track.picks:
                continue
            subject = select_subject(shown.estimate, track.picks, shown.poses)
            if subject[frame] == person:
                self._tracks.look_at_person(track.person)
                return
        if not item.picks:
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

        Nothing changes where this person is the subject already.

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
        pick = pick_of(shown.estimate, frame, person)
        if pick is None:
            self._notices.warn(
                self.tr(
                    "The poses do not show this person here. Choose the subject in a "
                    "frame where they do."
                )
            )
        elif self._current.document.apply(
            self.tr("Choose subject"), lambda p: pick_subject(p, item.id, pick)
        ):
            text = self.tr("This person is the subject from here on.")
            if self._current.models:
                text = self.tr(
                    "This person is the subject from here on. Pre-label again."
                )
            self._notices.say(text)

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
        """List the other people in a frame, starting after the subject."""
        shown = self._current.poses
        if shown is None or frame >= shown.poses.n_frames:
            return []
        there = (shown.poses.scores[frame] > 0).any(axis=1).nonzero()[0].tolist()
        current = int(shown.subject[frame])
        return [n for n in there if n > current] + [n for n in there if n < current]

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
