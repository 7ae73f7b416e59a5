"""Claim the videos that are labelled here, and show who labels the others."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.kit.commands import command
from app.kit.language import in_language, tr
from app.kit.notices import Notices
from app.kit.plural import plural
from app.kit.threads import Queue, read_quickly
from app.state.current_video import CurrentVideo
from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.project.claimed_edits import check_unlocked, videos_to_claim
from skelseg_core.project.holds.claim import (
    SILENT_S,
    Claim,
    ClaimedError,
    NoClaimError,
    in_units,
)
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.project import Project
from skelseg_core.project.removed_tracks import removed_titles, removed_tracks
from skelseg_core.project.tracks import TrackId

LOOK_MS = 5000
"""Milliseconds between two looks at the claims of others."""
LEFT_S = 300.0
"""Seconds after which a video is released that is saved and not looked at."""
_GIVEN_UP = -math.inf
"""When a video was looked at last that its person gave up."""
SAVED, LOOKED = "saved", "looked"
TOPIC, TAKEN, ALONE = "claims", "claims taken", "claims alone"
_LAST_SIGN = {
    "minute": "Last sign {n} minute(s) ago.",
    "hour": "Last sign {n} hour(s) ago.",
    "day": "Last sign {n} day(s) ago.",
}


class VideoClaims(QObject):
    """Claim each video at its first edit; keep edits off what others label.

    Disks are asked in one thread, one question after the other. Signals ``changed``
    where others began or stopped labelling a video, ``files_changed`` where their
    labels are to be read.
    """

    changed = Signal()
    files_changed = Signal(object)
    _looked = Signal(object)
    _taken = Signal(str, object)
    _lost = Signal(str)
    _got = Signal(str)

    def __init__(
        self, current: CurrentVideo, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._current, self._document = current, current.document
        self._notices = notices
        self._others: Mapping[str, Claim] = {}
        # Videos edited here, and when last; those that no claim could be made of.
        self._mine: dict[str, float] = {}
        self._read_only: dict[str, str] = {}
        # Videos that were taken over, until what the other one saved is shown.
        self._unread: dict[str, Claim] = {}
        # Videos that were taken over, and what is awaited until it is told. A recovery
        # may have found that somebody else labels a video by now.
        self._gone = {video_id: {LOOKED} for video_id in self._document.folder.taken}
        self._about, self.looking = "", False
        self._work = Queue("claims")
        queued = Qt.ConnectionType.QueuedConnection
        self._looked.connect(self._on_looked, queued)
        self._taken.connect(self._on_taken, queued)
        self._lost.connect(self._on_lost, queued)
        self._got.connect(self._on_got, queued)
        self._document.guard = self._check
        self._document.problem.connect(self._on_problem)
        self._document.saved.connect(self._on_saved)
        current.session.video_changed.connect(self._show)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self._claims.on_lost = self._lost.emit
        self.look()

    @property
    def _claims(self) -> Claims:
        return self._document.claims

    # -- who labels what -----------------------------------------------------------

    @property
    def others(self) -> Mapping[str, Claim]:
        """Return the claims of others, by video, as they were seen last."""
        return self._others

    @property
    def of_current(self) -> Claim | None:
        """Return who else labels the current video, or None."""
        return self._others.get(self._current.session.track_id)

    @property
    def marks(self) -> dict[str, tuple[str, str]]:
        """Return person and sentence for each video that others label."""
        return {
            video_id: (claim.person or "?", list_text(claim))
            for video_id, claim in self._others.items()
        }

    def look(self) -> None:
        """Look at the claims of others, in a thread, and release what was left."""
        if self.looking:
            return
        self.looking = True
        left = self._left()
        for video_id in left:
            if self._mine.pop(video_id) == _GIVEN_UP:
                said = self.tr(
                    "Others can label {} now. Your next edit claims it again."
                )
                self._notices.say(said.format(self._titled(video_id)))
                self.changed.emit()
        unclaimed = [v for v in self._mine if v not in self._claims.held]

        def work() -> None:
            for video_id in left:
                self._claims.release(video_id)
            for video_id in unclaimed:
                self._take(video_id)
            self._looked.emit(self._claims.others())

        self._work.put(work)

    def _left(self) -> list[str]:
        """List the videos that are saved, and were not looked at for a while."""
        if self._document.unsaved:
            return []
        now, current = time.monotonic(), self._current.session.track_id
        if self._mine.get(current, _GIVEN_UP) != _GIVEN_UP:
            self._mine[current] = now
        return [v for v, at in self._mine.items() if now - at > LEFT_S]

    def _on_looked(self, others: Mapping[str, Claim]) -> None:
        self.looking = False
        before, self._others = self.marks, {**others, **self._unread}
        if before != self.marks:
            self.changed.emit()
        self._show()
        self._tell_gone(LOOKED)

    def _show(self, *_: object) -> None:
        """Say above the current video who else labels it, as long as that is so."""
        claim = self.of_current
        text = "" if claim is None else bar_text(claim)
        if text == self._about:
            return
        self._notices.settle(TOPIC)
        self._about = text
        if text:
            self._notices.warn(text, "claim-take-over", about=TOPIC)

    # -- edits ---------------------------------------------------------------------

    def _check(self, before: Project, after: Project) -> None:
        """Refuse an edit of what others label or is locked; claim what is edited."""
        check_unlocked(before, after)
        self._check_removed(before, after)
        videos = videos_to_claim(before, after)
        for video_id in videos:
            if video_id in self._others:
                raise EditError("{}", self._refusal(video_id))
            if video_id in self._read_only:
                raise EditError("{}", self._read_only[video_id])
        for video_id in videos:
            if video_id not in self._mine:
                self._work.put(partial(self._take, video_id))
            self._mine[video_id] = time.monotonic()

    def _check_removed(self, before: Project, after: Project) -> None:
        """Refuse to take out what others label, by their claims as they are now."""
        removed = removed_tracks(before, after)
        if not removed:
            return
        # Where the disk does not answer at once: whoever saves it asks again.
        others = read_quickly(self._claims.others, self._others)
        held = [item for item in removed if item.id in others]
        if not held:
            return
        self._others = {**self._others, **others}
        first = held[0].id
        if first == self._current.session.track_id:
            raise EditError("{}", self._refusal(first))
        (name,) = removed_titles(before, held[:1])
        text = self.tr("{} cannot be removed: it {}")
        raise EditError("{}", text.format(name, who_text(others[first])))

    def _refusal(self, video_id: str) -> str:
        """Say why a video cannot be edited."""
        claim = self._others[video_id]
        if video_id == self._current.session.track_id:
            return bar_text(claim)
        return f"{self._titled(video_id)} {who_text(claim)}"

    def _titled(self, video_id: str) -> str:
        """Name a track as people know it."""
        return self._document.project.titled(video_id)

    def _on_problem(self, text: str) -> None:
        """Offer to take over the current video, an edit of which was refused."""
        if self.of_current is not None and text == bar_text(self.of_current):
            self._notices.warn(text, "claim-take-over", about=TOPIC)

    def _take(self, video_id: str) -> None:
        """Take the claim on a video, in the thread, and tell how that went."""
        error: SkelsegError | None = None
        try:
            self._claims.take(video_id)
        except SkelsegError as caught:
            error = caught
        self._taken.emit(video_id, error)

    def _on_taken(self, video_id: str, error: SkelsegError | None) -> None:
        if error is None:
            self._notices.settle(ALONE)
            self._claims.start()
        elif isinstance(error, ClaimedError):
            self._others = {**self._others, video_id: error.claim}
            self._on_lost(video_id)
        elif isinstance(error, NoClaimError) and error.read_only:
            self._read_only[video_id] = in_language(error)
            self._notices.warn(in_language(error), about=ALONE)
        elif not self._notices.says(in_language(error)):
            self._notices.warn(in_language(error), about=ALONE)

    # -- giving up, taking over, and being taken over --------------------------------

    @command(
        "claim-give-up",
        "Release this video",
        enabled=lambda self: self._current.session.track_id in self._mine,
        tip="Save it and end your claim. Your next edit claims it again",
    )
    def give_up(self) -> None:
        """Release the claim on the current video, once all edits are saved."""
        self._mine[self._current.session.track_id] = _GIVEN_UP
        if self._document.unsaved:
            self._document.save()
        else:
            self.look()

    @command(
        "claim-take-over",
        "Take over this video",
        enabled=lambda self: self.of_current is not None,
        tip="Label it here. The other person is told and keeps unsaved labels",
    )
    def take_over(self) -> None:
        """Claim the current video, which somebody else labels now."""
        item = self._current.item
        if item is None or item.id not in self._others:
            return

        def work() -> None:
            try:
                self._claims.take_over(item.id)
            except SkelsegError as error:
                self._taken.emit(item.id, error)
                return
            self._got.emit(item.id)

        self._work.put(work)

    def _on_got(self, video_id: TrackId) -> None:
        """Wait until what the other one saved is shown: only then it can be edited."""
        self._mine[video_id] = time.monotonic()
        self._claims.start()
        self._unread[video_id] = self._others.get(video_id, Claim(video_id))
        self.files_changed.emit(partial(self._on_read, video_id))

    def _on_read(self, video_id: TrackId) -> None:
        if self._unread.pop(video_id, None) is None:
            return
        self._others = {k: v for k, v in self._others.items() if k != video_id}
        self.changed.emit()
        self._show()
        self._notices.say(self.tr("You label {} now.").format(self._titled(video_id)))

    def _on_lost(self, video_id: str) -> None:
        """Give up a video that somebody else took; keep unsaved edits beside theirs.

        That is done by a save: it leaves out what others label, and reads it.
        """
        self._mine.pop(video_id, None)
        if video_id not in self._others:
            self._others = {**self._others, video_id: Claim(video_id)}
        self._gone[video_id] = {SAVED, LOOKED}
        self._work.put(lambda: self._looked.emit(self._claims.others()))
        self._document.save()

    def _on_saved(self, _: str) -> None:
        if not self._document.unsaved:
            self._tell_gone(SAVED)
            if _GIVEN_UP in self._mine.values():
                self.look()

    def _tell_gone(self, done: str) -> None:
        """Say which videos others took, and where unsaved edits of them are."""
        for awaited in self._gone.values():
            awaited.discard(done)
        told = [video for video, awaited in self._gone.items() if not awaited]
        for video_id in told:
            del self._gone[video_id]
            taken = self._document.folder.taken
            # By name: whoever shows it as a lane moves it.
            kept = [path.name for path in taken.pop(video_id, ())]
            text = taken_text(self._titled(video_id), self._others.get(video_id), kept)
            self._notices.warn(text, about=f"{TAKEN} {video_id}")
        if told:
            self.files_changed.emit(None)

    def close(self) -> None:
        """Look no more; the claims are released once the project is saved."""
        self._timer.stop()
        self._work.end()


def who_text(claim: Claim) -> str:
    """Say who labels a video, to follow its name."""
    if not claim.session:
        return tr(
            "is being labelled by somebody whose claim cannot be read. Take it over "
            "to change it."
        )
    text = tr("is being labelled on {} by {} since {}. Take it over to change it.")
    return text.format(claim.host, claim.person, claim.since_text)


def bar_text(claim: Claim) -> str:
    """Say who labels the video that is looked at, since when, and the last sign."""
    if not claim.session:
        return tr(
            "Somebody is labelling this video, but their claim cannot be read. You "
            "can look but not change it."
        )
    text = tr("Being labelled on {} by {} since {}. You can look but not change it.")
    text = text.format(claim.host, claim.person, claim.since_text)
    sign = sign_text(claim)
    return f"{text} {sign}" if sign else text


def list_text(claim: Claim) -> str:
    """Say in the list of videos who labels one, since when, and the last sign."""
    if not claim.session:
        return tr("Somebody is labelling this video, but their claim cannot be read.")
    text = tr("Being labelled on {} by {} since {}.")
    text = text.format(claim.host, claim.person, claim.since_text)
    sign = sign_text(claim)
    return f"{text} {sign}" if sign else text


def sign_text(claim: Claim) -> str:
    """Say how long ago the last sign of a claim was; empty where it lives."""
    if claim.silent_s < SILENT_S:
        return ""
    n, unit = in_units(claim.silent_s)
    return plural(_LAST_SIGN[unit], n)


def taken_text(title: str, claim: Claim | None, kept: list[str]) -> str:
    """Say that somebody else labels a video now, and where unsaved edits are."""
    if claim is None or not claim.session:
        text = tr("{} is now labelled by somebody else.").format(title)
    else:
        text = tr("{} is now labelled by {} on {}.")
        text = text.format(title, claim.person, claim.host)
    if not kept:
        return f"{text} {tr('All your edits there were saved.')}"
    said = tr("Your unsaved edits are kept as {}, and become a lane.")
    return f"{text} {said.format(', '.join(kept))}"
