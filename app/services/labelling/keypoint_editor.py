"""Correct keypoints: move, remove, interpolate, swap sides or people, restore.

Every correction is one edit of the project. The estimated poses on disk stay as they
are.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.notices import Notices
from app.kit.plural import frames_named
from app.services.labelling.edit_targets import Targets
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.poses.corrections import (
    Correction,
    Interpolation,
    PersonSwap,
    PlacedKeypoint,
    Restored,
    SideSwap,
    placed_frames,
)
from skelseg_core.poses.sequence import PoseSequence, nearest_subject
from skelseg_core.project.project_edits import correct

NO_KEYPOINT = "No keypoint is chosen. Click one in the picture first."
NOBODY_ELSE = "There is nobody else in these frames to swap with."


class KeypointEditor(QObject):
    """Correct keypoints of the shown video; signal its new ``corrected`` list."""

    corrected = Signal(object)  # tuple of Correction

    def __init__(
        self,
        current: CurrentVideo,
        targets: Targets,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._document = current, current.document
        self._session, self._targets = current.session, targets
        self._notices = notices
        self._session.video_changed.connect(lambda _: self._session.set_keypoint(None))
        self._document.changed.connect(self._on_document_changed)

    # -- what can be corrected --------------------------------------------------------

    @property
    def can_correct(self) -> bool:
        """True if the video has a person whose keypoints can be corrected."""
        shown = self._current.poses
        return shown is not None and shown.poses.n_individuals > 0

    @property
    def active(self) -> bool:
        """True if the handles are shown and there is a person to correct."""
        return self._session.correcting and self.can_correct

    @property
    def can_interpolate(self) -> bool:
        """True if a keypoint is chosen that could be interpolated."""
        return self.active and self._session.keypoint is not None

    @property
    def chosen_name(self) -> str:
        """Name of the chosen keypoint, which is corrected next; empty without one."""
        chosen = self._session.keypoint
        return "" if chosen is None else self._name(chosen)

    @property
    def can_restore(self) -> bool:
        """True if the video has corrections to remove."""
        item = self._current.item
        return self.active and item is not None and bool(item.video.corrections)

    def _range(self) -> tuple[int, int]:
        """Return the marked frames, or the shown one, as ``(start, stop)``."""
        frame = self._session.frame
        return self._marked() or (frame, frame + 1)

    def _marked(self) -> tuple[int, int] | None:
        item = self._current.item
        return self._session.marked_range(item.n_frames) if item else None

    def _use_range(self, text: str, correction: Correction) -> bool:
        """Correct the marked frames and clear the marks, or correct the shown frame."""
        marked = self._marked()
        if marked and not self._targets.sure(text, [marked]):
            return False
        done = self._correct(text, correction)
        if done:
            self._session.set_range(None, None)
        return done

    def _person(self) -> int:
        shown, frame = self._current.poses, self._session.frame
        if shown is None or frame >= len(shown.subject):
            return -1
        return nearest_subject(shown.subject, frame)

    # -- corrections -----------------------------------------------------------------

    @command(
        "correct",
        "Correct keypoints",
        "C",
        enabled=lambda self: self.can_correct or self._session.correcting,
        checked=lambda self: self._session.correcting,
    )
    def toggle(self) -> None:
        """Show or hide the handles in the picture."""
        self._session.set_correcting(not self._session.correcting)

    def move(self, frame: int, person: int, keypoint: int, x: float, y: float) -> bool:
        """Move a keypoint to a point (px); False where that was refused."""
        point = PlacedKeypoint(frame, person, keypoint, round(x, 2), round(y, 2))
        return self._correct(self.tr("Move the {}").format(self._name(keypoint)), point)

    def remove(self, frame: int, person: int, keypoint: int) -> bool:
        """Mark a keypoint missing; False where that was refused."""
        gone = PlacedKeypoint(frame, person, keypoint)
        text = self.tr("Mark the {} as missing").format(self._name(keypoint))
        return self._correct(text, gone)

    def remove_here(self, keypoint: int | None = None) -> None:
        """Mark a keypoint, by default the chosen one, missing in this frame."""
        wanted = self._session.keypoint if keypoint is None else keypoint
        if wanted is None:
            self._notices.warn(self.tr(NO_KEYPOINT))
        else:
            self.remove(self._session.frame, self._person(), wanted)

    @command(
        "keypoint-line",
        "Interpolate between corrected frames",
        "Shift+I",
        enabled=lambda self: self.can_interpolate,
        acts_on="line",
    )
    def interpolate(self) -> None:
        """Interpolate the chosen keypoint between its nearest corrected frames."""
        item, shown, wanted = (
            self._current.item,
            self._current.poses,
            self._session.keypoint,
        )
        if item is None or shown is None or wanted is None:
            self._notices.warn(self.tr(NO_KEYPOINT))
            return
        name, person = self._name(wanted), self._person()
        there = placed_frames(item.video.corrections, shown.skeleton, person, wanted)
        ends = frames_around(there, self._session.frame)
        if ends is None:
            self._notices.warn(
                self.tr(
                    "First correct the {} in one frame before and one after this one. "
                    "Then interpolate."
                ).format(name)
            )
            return
        line = Interpolation(*ends, person, wanted) if ends[1] - ends[0] > 1 else None
        if line is None:
            self._notices.warn(
                self.tr(
                    "There is no frame between {} and {}. Correct the {} in a frame "
                    "farther away."
                ).format(f"{ends[0]:,}", f"{ends[1]:,}", name)
            )
        elif self._correct(self.tr("Interpolate the {}").format(name), line):
            self._notices.say(
                self.tr("The {} moves in a straight line from frame {} to {}.").format(
                    name, f"{ends[0]:,}", f"{ends[1]:,}"
                )
            )

    @command(
        "swap-sides",
        "Swap left and right",
        "Shift+S",
        enabled=lambda self: self.active,
        acts_on="poses",
    )
    def swap_sides(self) -> None:
        """Swap left and right of the subject in the marked frames or this one."""
        start, stop = self._range()
        swap = SideSwap(start, stop, self._person())
        if self._use_range(self.tr("Swap left and right"), swap):
            self._notices.say(
                self.tr("Left and right are swapped in frames {}.").format(
                    frames_named(start, stop)
                )
            )

    def swap_people(self, other: int = -1) -> None:
        """Swap the subject with a person, by default the nearest."""
        start, stop = self._range()
        person, shown = self._person(), self._current.poses
        if shown is None or person < 0:
            return
        if other in (-1, person):
            other = nearest_person(
                shown.poses, person, self._session.frame, (start, stop)
            )
        if other < 0:
            self._notices.warn(self.tr(NOBODY_ELSE))
        elif self._use_range(
            self.tr("Swap two people"), PersonSwap(start, stop, person, other)
        ):
            self._notices.say(
                self.tr("Swapped the subject with another person, frames {}.").format(
                    frames_named(start, stop)
                )
            )

    @command(
        "restore",
        "Remove corrections here",
        "Shift+Delete",
        enabled=lambda self: self.can_restore,
        acts_on="poses",
    )
    def restore(self) -> None:
        """Remove the corrections in the marked range or this frame."""
        start, stop = self._range()
        if self._use_range(self.tr("Remove corrections"), Restored(start, stop)):
            self._notices.say(
                self.tr("Removed the corrections of frames {}.").format(
                    frames_named(start, stop)
                )
            )

    def _correct(self, text: str, correction: Correction) -> bool:
        item = self._current.item
        if item is None:
            return False
        return self._document.apply(
            text, lambda p: correct(p, item.video_id, correction)
        )

    def _name(self, keypoint: int) -> str:
        shown = self._current.poses
        if shown is None:
            return self.tr("keypoint")
        return shown.skeleton.keypoints[keypoint].replace("_", " ")

    # -- signals ---------------------------------------------------------------------

    def _on_document_changed(self, change: Change) -> None:
        video_id = self._session.track_id
        if change.only_labels or video_id not in change.tracks:
            return
        before, after = change.before.find(video_id), change.after.find(video_id)
        if before is None or after is None:
            return
        if before.video.corrections != after.video.corrections:
            self.corrected.emit(after.video.corrections)


def frames_around(frames: list[int], frame: int) -> tuple[int, int] | None:
    """Return the last of ``frames`` before ``frame`` and the first from it on.

    Where ``frame`` is the first of all, the range begins with it.
    """
    before = [n for n in frames if n < frame]
    after = [n for n in frames if n >= frame]
    if not before and after and after[0] == frame:
        before, after = after[:1], after[1:]
    return (before[-1], after[0]) if before and after else None


def nearest_person(
    poses: PoseSequence, person: int, frame: int, frames: tuple[int, int]
) -> int:
    """Find the other person nearest in the frame, else one who is in the range."""
    here = slice(*frames)
    there = np.isfinite(poses.keypoints[here]).all(axis=-1).any(axis=(0, 2))
    there[person] = False
    others = np.flatnonzero(there)
    if not len(others):
        return -1
    points = poses.keypoints[frame]
    away = np.full(len(others), np.inf)
    for n, other in enumerate(others):
        if np.isfinite(points[[person, other]]).all(axis=-1).any(axis=-1).all():
            middles = np.nanmean(points[[person, other]], axis=1)
            away[n] = np.hypot(*(middles[0] - middles[1]))
    return int(others[away.argmin()])
