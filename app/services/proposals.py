"""Offer to mend alike places after an edit of the labels; take or drop the offer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.notices import Notice, Notices
from app.kit.plural import plural
from app.kit.settings import Settings
from app.services.jobs import Jobs
from app.services.model_service import ModelService
from app.services.shown_evidence import shown_evidence
from app.state.current_video import VIDEO, CurrentVideo
from app.state.document import Change
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.project import Project, VideoItem
from skelseg_core.review.assist import Work
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import habits_of_others
from skelseg_core.review.place import Reason
from skelseg_core.review.proposal import Proposal
from skelseg_core.review.proposals import BOTH, INSERT, RELABEL, REMOVE, Proposer

OFFER = "alike"
"""Topic of the notice of an offer, by which it is removed."""

_NOT_TAKEN = UNLABELLED - 1
"""Stands for no label at all where nothing was taken over."""
_SENTENCES = {
    INSERT: "“{name}” may be missing at {n} place(s).",
    REMOVE: "“{name}” may be wrong at {n} place(s).",
    BOTH: "“{name}” may be missing or wrong at {n} place(s).",
    RELABEL: "“{was}” may be “{name}” at {n} place(s).",
}


@dataclass(frozen=True, eq=False)
class Offer:
    """Hold a proposal, and the annotation it was made for."""

    lane: Segmentation
    proposal: Proposal


class Proposals(QObject):
    """Offer what `Proposer` proposes for the current video, as ``skelseg assist`` does.

    An offer is made anew after each edit, since what the person accepts speaks against
    it and what the person mends alike for it. What was taken over is not proposed
    away again. Signals ``changed`` when there is another offer or none.
    """

    changed = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        models: ModelService,
        jobs: Jobs,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._models, self._jobs = current, models, jobs
        self._settings, self._notices = settings, notices
        self.document, self.session = current.document, current.session
        self.offer: Offer | None = None
        self._notice: Notice | None = None
        self._taken: dict[str, np.ndarray] = {}
        self._proposer: tuple[object, Proposer] | None = None
        # Answers of an earlier turn are late: the person dropped or undid something.
        self._turn = 0
        self.document.changed.connect(self._on_edited)
        self.document.undone.connect(self.drop)
        current.changed.connect(lambda what: self._forget() if what == VIDEO else None)
        self.session.proposed_changed.connect(self._on_proposed)
        notices.changed.connect(self._on_notices)

    # -- what is offered --------------------------------------------------------------

    def _on_edited(self, change: Change) -> None:
        item = self._current.item
        if item is None:
            return
        rules = change.before.conventions, change.after.conventions
        if change.edited != (item,) or rules[0] != rules[1]:
            self._proposer = None
        if not change.touches(item.id):
            return
        evidence = shown_evidence(self._current, self._models)
        if not change.only_annotation(item.id) or evidence is None:
            self._forget()
        elif self.offers:
            self._find(item, evidence)

    def _find(self, item: VideoItem, evidence: Evidence) -> None:
        """Ask for an offer; until it is there the old one cannot be taken."""
        said, project = self._current.shown_prediction, self.document.project
        key = said, evidence.temperature
        turn = self._turn
        if said is None:
            return
        known = self._proposer
        task = find_offer(
            known[1] if known is not None and known[0] == key else None,
            evidence,
            said.segmentation,
            project,
            item,
            self._taken_of(item),
        )

        def found(answer: tuple[Proposer, Offer | None]) -> None:
            if turn != self._turn or self._current.item is not item:
                return
            if self._current.shown_prediction is not said:
                return
            proposer, offer = answer
            self._proposer = key, proposer
            if offer is None:
                self.drop()
            else:
                self.show(offer)

        title = self.tr("alike places of {}").format(item.id)
        self._jobs.start(title, task, found)

    def _taken_of(self, item: VideoItem) -> np.ndarray:
        """Find the frames (T,) that are as a proposal made them, which was taken."""
        labels = self._taken.get(item.id)
        if labels is None or len(labels) != item.n_frames:
            return np.zeros(item.n_frames, bool)
        return np.asarray(labels == item.annotation.to_frames())

    def _forget(self) -> None:
        """Drop the offer, and what is known of the video and of other people."""
        self._proposer = None
        self.drop()

    def show(self, offer: Offer) -> None:
        """Show an offer in the message bar and on the timeline."""
        self.offer = offer
        text = _worded(offer.proposal.reason)
        if self._notice is None or self._notice.text != text:
            self._notice = None
            self._notice = self._notices.offer(text, "alike-take", about=OFFER)
        self.session.set_proposed(_ghosts(offer.proposal))
        self.changed.emit()

    # -- what becomes of it -----------------------------------------------------------

    @property
    def can_take(self) -> bool:
        """True if there is an offer for the labels as they are now."""
        item, offer = self._current.item, self.offer
        return item is not None and offer is not None and item.annotation is offer.lane

    @command(
        "alike-take",
        "Mend alike places too",
        "Y",
        enabled=lambda self: self.can_take,
        tip="They stay the model's, to be reviewed",
        acts_on="offered",
    )
    def take(self) -> None:
        """Mend the places that are offered, as one undo step."""
        item, offer = self._current.item, self.offer
        if item is None or offer is None or not self.can_take:
            return
        self.drop()
        n, lane = len(offer.proposal.places), offer.proposal.lane
        name = plural("Mend {n} alike place(s)", n)
        if self.document.edit_lane(name, item.id, lambda _: lane):
            self._remember(item, lane.to_frames())
        text = "{n} place(s) mended; review each."
        self._notices.say(plural(text, n))

    def _remember(self, before: VideoItem, labels: np.ndarray) -> None:
        """Remember which labels were taken over; undone, they are offered again."""
        changed = labels != before.annotation.to_frames()
        kept = changed | self._taken_of(before)
        self._taken[before.id] = np.where(kept, labels, _NOT_TAKEN)

    def drop(self, *_: object) -> None:
        """Drop the offer, and answers that are still to come."""
        self._turn += 1
        if self.offer is None:
            return
        self.offer = None
        notice, self._notice = self._notice, None
        self._notices.close(notice)
        self.session.set_proposed(())
        self.changed.emit()

    def _on_proposed(self) -> None:
        if not self.session.proposed:
            self.drop()

    def _on_notices(self, _: object) -> None:
        # The person closed the message: the offer goes with it.
        if self._notice is not None and self._notice not in self._notices.all:
            self.drop()

    # -- whether there are offers at all ----------------------------------------------

    @property
    def offers(self) -> bool:
        """True if alike places are offered."""
        return self._settings.offers_alike

    @command("alike-offers", "Offer alike places", checked=lambda self: self.offers)
    def toggle(self) -> None:
        """Offer alike places after an edit from now on, or no longer."""
        self._settings.offers_alike = not self.offers
        self.drop()


def find_offer(
    proposer: Proposer | None,
    evidence: Evidence,
    said: Segmentation,
    project: Project,
    item: VideoItem,
    taken: np.ndarray,
) -> Task[tuple[Proposer, Offer | None]]:
    """Ask the proposer, which is made where there is none, for what it proposes."""
    yield Progress("alike places")
    if proposer is None:
        names = {c.id: c.name for c in project.label_map.classes}
        habits = habits_of_others(project, item)
        proposer = Proposer(evidence, habits, names, said)
    proposal = proposer(Work.of(item.annotation, taken))
    offer = None if proposal is None else Offer(item.annotation, proposal)
    return proposer, offer


def _worded(reason: Reason) -> str:
    """Word what is proposed; the numbers in it are of places."""
    numbers = [v for v in reason.values if isinstance(v, int)]
    names = [v for v in reason.values if isinstance(v, str)]
    places = dict(zip(("name", "was"), names, strict=False))
    return plural(_SENTENCES[reason.text], sum(numbers), **places)


def _ghosts(proposal: Proposal) -> tuple[tuple[int, int, int | None], ...]:
    """List what is another label in the lane as proposed: first, last + 1, class."""
    found = []
    for start, stop in proposal.places:
        part = proposal.lane.index_at(start), proposal.lane.index_at(stop - 1)
        for s in proposal.lane.segments[part[0] : part[1] + 1]:
            found.append((max(s.start, start), min(s.stop, stop), s.class_id))
    return tuple(found)
