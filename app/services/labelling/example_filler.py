"""Fill in the rest of a video, or other videos, like what a person labelled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.language import in_language
from app.kit.plural import plural
from app.playback.player import Player
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from skelseg_core.labels.edits import open_ranges, remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.by_example import is_blank, is_example, take_over
from skelseg_core.review.queue_doubts import is_open

MOST_NAMES = 6
"""Videos that a message names; of more it says how many."""


class ExampleFiller(QObject):
    """Carry a person's labels to open frames, in the worker process.

    The rest of the video is filled like what is labelled in it. Where it has no labels,
    or no open frame from the playhead on, all videos without labels are filled like
    those with labels, in one step. ``held`` returns the videos that others label.
    Signals ``review_asked`` with the tracks that were filled in and are not reviewed.
    """

    review_asked = Signal(object)

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        tasks: TaskRunner,
        held: Callable[[], Collection[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._tasks = current, player, tasks
        self._held = held
        self._filled: tuple[TrackId, ...] = ()
        self._key_of: Callable[[str], str] = lambda _: "–"

    def show_keys(self, key_of: Callable[[str], str]) -> None:
        """Set how the key of a command is found, by its id."""
        self._key_of = key_of

    @command(
        "fill-example",
        "Fill in by example",
        "Ctrl+L",
        enabled=lambda self: self._current.item is not None,
        tip="The rest of this video from here on, or all videos without labels",
        acts_on="filled",
    )
    def fill(self) -> None:
        """Label like what a person labelled: the rest of the video, or other videos."""
        item = self._current.item
        if item is None:
            return
        start = min(self._player.target, item.n_frames - 1)
        lane = item.annotation
        if lane.n_protected and open_ranges(lane, start, item.n_frames):
            self._fill_rest(item, start)
        else:
            self._fill_others(item)

    def _fill_rest(self, item: Track, start: int) -> None:
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

    # -- other videos -----------------------------------------------------------------

    @property
    def to_review(self) -> list[TrackId]:
        """List the tracks that were filled in together and are not reviewed yet.

        The wall shows pictures, which a recording without a video lacks.
        """
        found = filter(None, map(self._current.document.project.find, self._filled))
        return [v.id for v in found if not v.reviewed and v.video.has_file]

    @command(
        "fill-review",
        "Review what was filled in",
        "Ctrl+Shift+L",
        enabled=lambda self: self.to_review,
        tip="The wall with the videos that were filled in together",
    )
    def review(self) -> None:
        """Ask for the wall with the videos that were filled in."""
        self.review_asked.emit(self.to_review)

    def _fill_others(self, item: Track) -> None:
        document, notices = self._current.document, self._tasks.notices
        project = document.project
        tracks = [v for v in project.tracks if v.tier == item.tier]
        examples = [v.id for v in tracks if not v.missing and is_example(v.annotation)]
        blank = [v for v in tracks if is_blank(v.annotation)]
        free = [v.id for v in blank if not self._why_not(v)]
        if not examples:
            text = self.tr(
                "Nothing is labelled yet that could be filled in. Label one repetition "
                "of the work first, with at least two classes."
            )
            notices.refuse(text)
        elif not free:
            text = self.tr("No video without labels can be filled in.")
            if not blank:
                text = self.tr(
                    "From here on all is labelled, and every other video has labels."
                )
            notices.refuse(" ".join([text, *self._left_out(project, {}, blank)]))
        else:
            worker, root = self._tasks.jobs.worker, str(document.folder.root)
            self._tasks.run_saved(
                ("fill", item.tier),
                plural("Fill in {n} video(s)", len(free)),
                worker.task(
                    "fill_others", root=root, examples=examples, video_ids=free
                ),
                lambda result: self._take_over_all(result, blank, len(examples)),
                busy=self.tr("Videos are already being filled in."),
            )

    def _why_not(self, item: Track) -> str:
        """Say why a track without labels is not filled in; empty where it is."""
        if item.locked:
            return self.tr("locked")
        if item.missing:
            return self.tr("its label file is missing")
        return self.tr("somebody else labels it") if item.id in self._held() else ""

    def _take_over_all(
        self, result: dict[str, Any], blank: list[Track], n_examples: int
    ) -> None:
        from skelseg_core.tasks.by_example import labels_of

        document = self._current.document
        project = document.project
        lanes: dict[TrackId, Segmentation] = {}
        for found in result["filled"]:
            now = project.find(found["video"])
            # Somebody may have labelled, locked or removed it while it was computed.
            if now is None or not is_blank(now.annotation) or self._why_not(now):
                continue
            lanes[now.id] = remap_classes(labels_of(found), project.moves)
        unlike = self.tr("nothing in it is similar to your labels")
        why = dict.fromkeys(result["unlike"], unlike)
        why |= {video: in_language(text) for video, text in result["failed"]}
        left = self._left_out(project, why, blank)
        step = plural("Fill in {n} video(s)", len(lanes))
        # Before the edit, after which the window asks for the next step.
        self._filled = tuple(lanes)

        def edit(before: Project) -> Project:
            for video, labels in lanes.items():
                before = edit_lane(before, video, partial(take_over, labels=labels))
            return before

        if not lanes:
            text = self.tr("No video was filled in.")
            self._tasks.notices.warn(" ".join([text, *left]))
        elif document.apply(step, edit):
            after = [document.project.track(video).annotation for video in lanes]
            n = sum(is_open(segment) for lane in after for segment in lane.segments)
            text = plural("Filled in {n} video(s) like your labels", len(lanes))
            text += " " + plural("in {n} other(s).", n_examples)
            text += " " + self.tr("You can undo this.")
            help_ = "fill-review" if self.to_review else "room"
            key = self._key_of(help_)
            review = self.tr("{} to review: {}").format(f"{n:,}", key)
            self._tasks.notices.offer(
                " ".join([text, *left, review]), help_, about="fill-example"
            )

    def _left_out(
        self, project: Project, why: Mapping[str, str], blank: list[Track]
    ) -> list[str]:
        """Name the videos that are left out, and why, in a sentence if there is one."""
        said = []
        for item in blank:
            now = project.find(item.id)
            reason = why.get(item.id, "")
            if now is not None and (reason or (reason := self._why_not(now))):
                said.append(f"{project.titled(item.id)} ({reason.rstrip('.')})")
        if not said:
            return []
        more = len(said) - MOST_NAMES
        names = ", ".join(said[:MOST_NAMES])
        if more > 0:
            names += self.tr(" and {} more").format(f"{more:,}")
        return [self.tr("Left out: {}.").format(names)]

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
