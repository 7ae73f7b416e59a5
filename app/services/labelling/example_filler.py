"""Fill in the rest of a video like what a person labelled in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.plural import plural
from app.playback.player import Player
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from skelseg_core.labels.edits import remap_classes
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.project.tracks import TrackId
from skelseg_core.review.by_example import take_over
from skelseg_core.review.queue_doubts import is_open


class ExampleFiller(QObject):
    """Carry a person's labels to the open frames, in the worker process."""

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._tasks = current, player, tasks
        self._key_of: Callable[[str], str] = lambda _: "–"

    def show_keys(self, key_of: Callable[[str], str]) -> None:
        """Set how the key of a command is found, by its id."""
        self._key_of = key_of

    @property
    def has_labels(self) -> bool:
        """True if something is labelled in the video that is shown."""
        item = self._current.item
        return item is not None and item.annotation.n_protected > 0

    @command(
        "fill-example",
        "Fill in by example from here",
        "Ctrl+L",
        enabled=lambda self: self.has_labels,
        acts_on="filled",
    )
    def fill(self) -> None:
        """Label the frames from the playhead on like what a person labelled."""
        item = self._current.item
        if item is None:
            return
        start = min(self._player.target, item.n_frames - 1)
        root = str(self._current.document.folder.root)
        worker = self._tasks.jobs.worker
        self._tasks.run_saved(
            ("fill", item.id),
            self.tr("Fill in {}").format(
                self._current.document.project.titled(item.id)
            ),
            worker.task("fill", root=root, video_id=item.id, start=start),
            self._take_over,
            busy=self.tr("{} is already being filled in.").format(
                self._current.document.project.titled(item.id)
            ),
        )

    def _take_over(self, result: dict[str, Any]) -> None:
        from skelseg_core.tasks.by_example import labels_of

        video, document = str(result["video"]), self._current.document
        if not document.project.has(video):
            return
        # Classes may have been merged or deleted while it was computed.
        labels = remap_classes(labels_of(result), document.project.moves)
        if not labels.n_labelled:
            self._tasks.notices.warn(
                self.tr(
                    "Nothing in {} resembles your labels. Label more of it, then fill "
                    "in again."
                ).format(video)
            )
            return
        step = self.tr("Fill in {}").format(video)
        changed = document.apply(
            step, lambda p: edit_lane(p, video, lambda a: take_over(a, labels))
        )
        if changed:
            self._tasks.tell(self._said(video, labels.n_labelled, result["repeats"]))

    def _said(self, video: TrackId, n_frames: int, repeats: bool) -> str:
        if repeats:
            text = "{video}: filled in {n} frame(s) in the order of your labels. "
        else:
            text = (
                "{video}: filled in {n} frame(s) segment by segment, not in the order "
                "of your labels. "
            )
        item = self._current.document.project.track(video)
        n = sum(is_open(segment) for segment in item.annotation.segments)
        return (
            plural(text, n_frames, video=video)
            + self.tr("You can undo this.")
            + " "
            + self.tr("{} to review: {}").format(f"{n:,}", self._key_of("room"))
        )
