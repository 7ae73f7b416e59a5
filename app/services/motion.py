"""Motion: works out how the subject moves, once poses and times of frames are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.services.operations import Operations
from app.services.readers import ShownPoses, read_motion

if TYPE_CHECKING:
    from skelseg_core.poses.kinematics import Kinematics


class Motion(QObject):
    """Signals ``ready`` with the kinematics of the current video, or None.

    The times are the player's: reading them again would read a whole long file twice.
    """

    ready = Signal(object)

    def __init__(self, operations: Operations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ops = operations
        self._shown: ShownPoses | None = None
        self._asked: ShownPoses | None = None
        operations.poses_ready.connect(self._on_poses)
        operations.session.video_changed.connect(self._on_video_changed)
        operations.player.opened.connect(self._work_out)

    def _on_video_changed(self, _: str) -> None:
        self._shown = self._asked = None
        self.ready.emit(None)

    def _on_poses(self, video_id: str, shown: ShownPoses | None) -> None:
        if video_id == self._ops.session.video_id:
            self._shown = shown
            if shown is None:
                self._asked = None
                self.ready.emit(None)
            self._work_out()

    def _work_out(self, _: object = None) -> None:
        shown, info, item = self._shown, self._ops.player.info, self._ops.item
        if shown is None or info is None or item is None or shown is self._asked:
            return
        if info.n_frames != shown.poses.n_frames:
            return
        self._asked = shown

        def show(found: Kinematics) -> None:
            # Another video, or poses that were corrected meanwhile, are on their way.
            if self._asked is shown:
                self.ready.emit(found)

        task = read_motion(shown, info.times)
        self._ops.jobs.start(self.tr("motion in {}").format(item.id), task, show)
