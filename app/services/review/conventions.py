"""Find what people labelled in two ways; adopt conventions and drop them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.plural import plural
from app.playback.player import Player
from app.services.jobs import Job
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from app.state.document import LARGE_SEGMENTS
from skelseg_core.labels.conventions import Convention
from skelseg_core.progress import Task, run
from skelseg_core.project.project import Project
from skelseg_core.review.conventions import (
    Finding,
    Occurrence,
    adopt,
    audit,
    give_up,
    touched,
)


@dataclass(frozen=True, eq=False)
class Audit:
    """Hold what was found, and what each rule would change, reviewed or not."""

    findings: tuple[Finding, ...] = ()
    changes: Mapping[Convention, tuple[Occurrence, ...]] = field(default_factory=dict)


class Conventions(QObject):
    """Hold the last audit of the project's labels, and the rules that are chosen.

    Signals ``changed`` when there is another audit, choice or rule in force.
    """

    changed = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._tasks = current, player, tasks
        self.document, self.session = current.document, current.session
        self.audit: Audit | None = None
        self.chosen: frozenset[Convention] = frozenset()
        self._own: tuple[Convention, ...] = ()
        self._job: Job | None = None
        self._of: Project | None = None
        tasks.jobs.ended.connect(self._on_ended)

    @property
    def in_force(self) -> tuple[Convention, ...]:
        """The conventions of the project."""
        return self.document.project.conventions

    @property
    def looking(self) -> bool:
        """True while the labels are looked through."""
        return self._job is not None

    @property
    def outdated(self) -> bool:
        """True if the project is another than the one that was looked through."""
        return self._of is not self.document.project

    def look(self) -> None:
        """Look through the labels of all videos, in a thread."""
        if self.looking or not self.outdated:
            return
        project, title = self.document.project, self.tr("Look for conventions")
        own = self._own

        def show(found: Audit) -> None:
            if own is self._own:
                self.show(found, project)

        self._job = self._tasks.run(title, _look(project, self.own), show)
        self.changed.emit()

    @property
    def own(self) -> tuple[Convention, ...]:
        """Rules that the person asked about, as far as their classes are there."""
        class_of = self.document.project.class_of
        return tuple(
            c
            for c in self._own
            if all(i is None or class_of(i) for i in (c.class_id, c.left, c.right))
        )

    def ask(self, rule: Convention) -> None:
        """List a rule of the person's own with what it would change, and choose it."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._of = None
        self._own = tuple(dict.fromkeys((*self._own, rule)))
        self.chosen = frozenset({rule})
        self.look()

    def _on_ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.changed.emit()

    def show(self, found: Audit, project: Project) -> None:
        """Show what was found in the labels of a project."""
        self.audit, self._of = found, project
        self.choose(self.chosen)

    def choose(self, rules: Iterable[Convention]) -> None:
        """Choose what the commands act on; rules that are gone are left out."""
        found = self.audit.findings if self.audit is not None else ()
        known = {*self.in_force, *(f.rule for f in found), *self.own}
        self.chosen = frozenset(rules) & known
        self.changed.emit()

    @property
    def to_adopt(self) -> tuple[Convention, ...]:
        """The chosen rules that are not in force."""
        return tuple(sorted(self.chosen - set(self.in_force), key=repr))

    @property
    def to_drop(self) -> tuple[Convention, ...]:
        """The chosen rules that are in force."""
        return tuple(c for c in self.in_force if c in self.chosen)

    def would_change(self) -> tuple[Occurrence, ...]:
        """List what adopting the chosen rules would leave out."""
        changes = self.audit.changes if self.audit is not None else {}
        found = (place for rule in self.to_adopt for place in changes.get(rule, ()))
        return tuple(dict.fromkeys(found))

    def go(self, place: Occurrence) -> None:
        """Go to a place, in whichever video it is."""
        self.session.set_video(place.video_id)
        if self.session.video_id == place.video_id:
            self._player.seek(place.start)

    @command(
        "convention-adopt",
        "Leave out everywhere",
        enabled=lambda self: bool(self.to_adopt) and not self.outdated,
        tip="Apply the chosen rules to the labels of all videos, and keep them",
        acts_on="frames of rules",
        reviews="What grows over reviewed frames: its class, by rule",
    )
    def adopt(self) -> None:
        """Settle the labels of all videos by the chosen rules, as one undo step."""
        rules, n = self.to_adopt, len(self.would_change())
        text = plural("Adopt {n} convention(s)", len(rules))
        if self.document.project.totals.class_counts.total() > LARGE_SEGMENTS:
            self._tasks.edit(
                text, lambda p: adopt(p, rules), lambda _: self._adopted(n)
            )
        elif self.document.apply(text, lambda p: run(adopt(p, rules))):
            self._adopted(n)

    def _adopted(self, n: int) -> None:
        text = "{n} segment(s) left out; pre-labels follow the rule from now on."
        self._tasks.tell(plural(text, n))
        self.look()

    @command(
        "convention-drop",
        "Delete rule",
        enabled=lambda self: bool(self.to_drop),
        tip="Labels stay. Pre-labels no longer follow the chosen rules",
        acts_on="rules",
    )
    def drop(self) -> None:
        """Drop the chosen rules that are in force; no label changes."""
        rules = self.to_drop
        text = plural("Delete {n} convention(s)", len(rules))
        if self.document.apply(text, lambda p: give_up(p, rules)):
            self.look()


def _look(project: Project, own: Iterable[Convention]) -> Task[Audit]:
    found = yield from audit(project)
    changes = {}
    for rule in (*project.conventions, *(f.rule for f in found), *own):
        changes[rule] = tuple((yield from touched(project, [rule])))
    return Audit(found, changes)
