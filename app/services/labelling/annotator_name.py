"""Say who labels, what a blind project hides, and which videos are done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.notices import Notices
from app.kit.settings import Settings
from app.playback.player import Player
from app.services.jobs import Jobs
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.file_names import portable_name
from skelseg_core.project.copies.annotator_copy import copy_for_annotator
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claims import login_name
from skelseg_core.project.project import Project, changed_tracks
from skelseg_core.project.project_edits import (
    remove_lane,
    set_blind,
    set_done,
    set_locked,
)
from skelseg_core.project.videos_and_tracks import Track, annotator_lane
from skelseg_core.user_folders import demo_folder

_TOPIC = "your name"


class AnnotatorName(QObject):
    """Keep the name of who labels, and write it with what that person labels.

    Until a name is given, claims and decisions show that of the user of the computer,
    and no label has one.
    """

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        settings: Settings,
        jobs: Jobs,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._settings, self._notices = current, settings, notices
        self._player, self._jobs = player, jobs
        self._document = current.document
        self._document.amendments.append(self._sign)
        self._document.changed.connect(self.ask_once)
        self._show_in_claims()

    @property
    def name(self) -> str:
        """The name under which the person labels, or that of the user."""
        return self._settings.person or portable_name(login_name())

    @property
    def is_named(self) -> bool:
        """True once the person gave a name."""
        return bool(self._settings.person)

    def set_name(self, name: str) -> None:
        """Label under this name from now on; what was labelled keeps its own."""
        # It names a folder where the labels lie beside those of others.
        self._settings.person = portable_name(name.strip())
        self._show_in_claims()
        with self._notices.about(_TOPIC):
            pass  # the question is answered
        self._notices.say(self.tr("You label as “{}” now.").format(self.name))

    def ask_once(self, change: Change) -> None:
        """Ask for a name where somebody without one labels, the first time in peace."""
        if self.is_named or self._settings.name_asked or self._player.playing:
            return  # while a video plays, nobody looks at a question
        video = self._current.session.track_id
        if video not in change.tracks:
            return
        before, item = change.before.find(video), change.after.find(video)
        if before is None or item is None or before.annotation is item.annotation:
            return
        if not item.annotation.n_labelled or self._is_demo():
            return
        self._settings.name_asked = True
        self._notices.offer(
            self.tr("What is your name? It is saved with your labels and in exports."),
            "your-name",
            _TOPIC,
        )

    def _is_demo(self) -> bool:
        return self._document.folder.root == demo_folder().resolve()

    def _show_in_claims(self) -> None:
        if self.is_named:
            self._document.claims.person = self.name

    def _sign(self, before: Project, after: Project) -> Project:
        """Write whose labels they are where a video gets its first ones."""
        changed = changed_tracks(before, after) if self.is_named else ()
        if len(changed) != 1 or changed[0].annotator:
            return after
        item, old = changed[0], before.find(changed[0].id)
        if old is None or _same_labels(old, item):
            return after
        if not item.annotation.n_labelled and not item.marks:
            return after
        return after.with_tracks(replace(item, annotator=self.name))

    def copy_for(self, name: str, root: Path) -> None:
        """Write a copy of the project for another annotator, without labels."""
        document = self._document

        def tell(made: ProjectFolder) -> None:
            text = self.tr("Copied for {}, without labels: {}")
            self._notices.say(text.format(name, made.root))

        task = copy_for_annotator(document.folder, document.project, root, name)
        self._jobs.start(self.tr("copy for {}").format(name), task, tell)

    def remove(self, name: str) -> None:
        """Remove an annotator's labels of the current video from the project."""
        item = self._current.item
        if item is not None:
            lane = annotator_lane(name)
            text = self.tr("Remove labels of {}").format(name)
            self._document.apply(text, lambda p: remove_lane(p, item.id, lane))

    # -- blind ----------------------------------------------------------------------

    @property
    def is_blind(self) -> bool:
        """True where the project hides what others and models say."""
        return self._document.project.blind

    @command(
        "blind",
        "Blind: hide others' labels until a video is done",
        checked=lambda self: self.is_blind,
        tip="Hides lanes of other annotators and of models in videos that are not done",
        acts_on="whole project",
    )
    def toggle_blind(self) -> None:
        """Hide what others and models say in videos that are not done, or show it."""
        blind = not self.is_blind
        text = self.tr("Label blind") if blind else self.tr("End labelling blind")
        self._document.apply(text, lambda p: set_blind(p, blind))

    def _has_video(self) -> bool:
        return self._current.item is not None

    def _is_done(self) -> bool:
        item = self._current.item
        return item is not None and item.done

    def _is_locked(self) -> bool:
        item = self._current.item
        return item is not None and bool(item.locked)

    @command(
        "lock",
        "Lock the labels",
        enabled=_has_video,
        checked=_is_locked,
        tip="They cannot be edited until they are unlocked",
        acts_on="video",
    )
    def toggle_lock(self) -> None:
        """Lock the labels of the track that is looked at, or unlock them."""
        item = self._current.item
        if item is None:
            return
        locked = "" if item.locked else f"{self.name}, {date.today().isoformat()}"
        text = self.tr("Unlock {}") if item.locked else self.tr("Lock {}")
        self._document.apply(
            text.format(item.video.title), lambda p: set_locked(p, item.id, locked)
        )

    @command(
        "video-done",
        "Finish blind labelling",
        enabled=_has_video,
        checked=_is_done,
        tip="A blind project then shows the labels of others and of models",
        acts_on="video",
    )
    def toggle_done(self) -> None:
        """Say that the labels of this video are done, or are not."""
        item = self._current.item
        if item is None:
            return
        done, video = not item.done, item.id
        text = self.tr("Done with {}") if done else self.tr("Not done with {}")
        self._document.apply(text.format(video), lambda p: set_done(p, video, done))


def _same_labels(a: Track, b: Track) -> bool:
    return a.annotation is b.annotation and a.marks is b.marks
