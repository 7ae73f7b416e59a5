"""Operations: the verbs of the app. No widgets; edits go through the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.playback.decoder import Source
from app.playback.player import Player
from app.services.jobs import Job, Jobs
from app.services.readers import (
    ShownPoses,
    probe_videos,
    read_poses,
    read_prediction,
    read_thumbs,
)
from app.state.document import Document
from app.state.session import Session
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.value import (
    Project,
    VideoItem,
    add_video,
    prediction_lane,
    remove_video,
    set_rate,
)
from skelseg_core.video.media_path import MediaPath, media_path


class Operations(QObject):
    """Owns no data; signals what was said, learnt or computed for the views."""

    said = Signal(str)
    problem = Signal(str)
    poses_ready = Signal(str, object)  # video id, ShownPoses or None
    prediction_ready = Signal(str, str, object)  # video id, lane, Prediction
    models_changed = Signal()
    thumb_ready = Signal(str, object)  # video id, QImage

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        jobs: Jobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.document, self.session = document, session
        self.player, self.jobs = player, jobs
        self.model = next(iter(document.folder.model_names()), "")
        self._asked_for_poses: set[str] = set()
        self._given_poses: set[str] = set()
        self._waiting: list[Callable[[], object]] = []
        self._estimate: PoseSequence | None = None
        # What waits for the save, with no job yet, or runs; by kind and what it is of.
        self._begun: dict[tuple[str, ...], Job | None] = {}
        session.video_changed.connect(self._on_video_changed)
        # Threads that read would take the processor from the first picture.
        player.first_picture_shown.connect(self._on_first_picture)
        document.changed.connect(self._on_document_changed)
        document.saved.connect(self._on_saved)
        document.save_failed.connect(self._on_save_failed)
        jobs.failed.connect(self.problem)
        jobs.ended.connect(self._on_job_ended)

    def tell_opening(self) -> None:
        """Say what was recovered, and what was left out."""
        if self.document.recovered:
            self.said.emit(
                self.tr("Recovered {} edits of a session that was cut off.").format(
                    f"{self.document.recovered:,}"
                )
            )
        for note in self.document.notes:
            self.problem.emit(note)

    # -- what is looked at ----------------------------------------------------------

    @property
    def item(self) -> VideoItem | None:
        """The video that is looked at, or None."""
        return self.document.project.find(self.session.video_id)

    def _on_video_changed(self, video_id: str) -> None:
        item = self.item
        if item is None:
            self.player.close()
            return
        self.player.open(self.source(item))

    def _on_first_picture(self) -> None:
        item = self.item
        if item is None:
            return
        self.load_poses()
        for model in item.models:
            self._load_prediction(item.id, model)

    def close(self) -> None:
        """Begin nothing more."""
        self._drop_waiting()

    def _on_document_changed(self, change: Any) -> None:
        video_id = self.session.video_id
        if not change.after.has(video_id):
            videos = change.after.videos
            self.session.set_video(videos[0].id if videos else "")
            return
        before = change.before.find(video_id)
        after = change.after.video(video_id)
        if before is not None and _said_of_poses(before) != _said_of_poses(after):
            self.load_poses(self._estimate)
        moved = before is not None and before.path != after.path
        if change.before.media_roots != change.after.media_roots and after.has_video:
            moved = moved or self.player.path != self.source(after)
        if moved:
            self.player.open(self.source(after))
        merged = change.before.label_map.moves != change.after.label_map.moves
        for model in after.models:
            lane = prediction_lane(model)
            if (
                merged
                or before is None
                or before.lanes.get(lane) is not after.lanes[lane]
            ):
                self._load_prediction(video_id, model)

    def load_thumbs(self) -> None:
        """Read a small picture of every video, in a thread."""
        task = read_thumbs(
            self.document.folder, self.document.project, self.thumb_ready.emit
        )
        self.jobs.start(self.tr("pictures of the videos"), task)

    def load_poses(self, estimate: PoseSequence | None = None) -> None:
        """Read the poses of the current video for the picture, in a thread.

        An ``estimate`` that is at hand is not read again.
        """
        item, self._estimate = self.item, estimate
        if item is None:
            return
        path = self.document.folder.poses_path(item.id)
        if not path.is_file():
            self.poses_ready.emit(item.id, None)
            # Once by itself; who cancels it may ask for it in the menu.
            if item.id not in self._asked_for_poses:
                self.estimate_poses(item.id)
            return
        skeleton, model = self.document.project.skeleton, self.model_info()

        def show(shown: ShownPoses) -> None:
            now = self.item
            # What a person said meanwhile is on its way already.
            if now is not None and _said_of_poses(now) == _said_of_poses(item):
                self._estimate = shown.estimate
                self.poses_ready.emit(item.id, shown)

        task = read_poses(path, item, skeleton, model, estimate)
        self.jobs.start(self.tr("poses of {}").format(item.id), task, show)

    def source(self, item: VideoItem) -> Source:
        """What is played of a video: its file, or the poses that are all there is."""
        folder, roots = self.document.folder, self.document.project.media_roots
        return folder.video_path(item, roots) if item.has_video else item

    def model_info(self) -> Path | None:
        """Folder of the model that pre-labels, where there is one."""
        path = self.document.folder.model_dir(self.model) if self.model else None
        return path if path and (path / "model.json").is_file() else None

    def _load_prediction(self, video_id: str, model: str) -> None:
        path = self.document.folder.prediction_path(video_id, model)
        self.jobs.start(
            self.tr("prediction for {}").format(video_id),
            read_prediction(path, self.document.project.label_map),
            lambda p: self.prediction_ready.emit(video_id, prediction_lane(model), p),
        )

    # -- models ---------------------------------------------------------------------

    def set_model(self, name: str) -> None:
        """Choose the model that pre-labels."""
        if name != self.model:
            self.model = name
            self.models_changed.emit()
            self.load_poses()

    def shown_model(self) -> str:
        """The model whose prediction would be accepted, or the empty text."""
        item = self.item
        if item is None or not item.models:
            return ""
        return self.model if self.model in item.models else item.models[-1]

    @command(
        "poses",
        "Estimate poses",
        enabled=lambda self: self.item is not None and self.item.has_video,
    )
    def estimate_poses(self, video_id: str = "") -> None:
        """Find people and keypoints in a video, in the worker process."""
        video_id = video_id or self.session.video_id
        if not video_id:
            return
        self._asked_for_poses.add(video_id)
        item = self.document.project.video(video_id)
        n_frames = item.n_frames
        if not item.has_video:
            self.problem.emit(
                self.tr(
                    "{} has no video to estimate poses from; import its poses."
                ).format(video_id)
            )
            return
        root = str(self.document.folder.root)
        task = self.jobs.worker.task("estimate_poses", root=root, video_id=video_id)

        def show(_: object) -> None:
            if video_id == self.session.video_id:
                self.load_poses()

        def start() -> Job | None:
            if video_id in self._given_poses:
                return None
            title = self.tr("Poses of {}").format(video_id)
            job = self.jobs.start(title, task, show, "poses", n_frames)
            job.on_leaving = self.tr(
                "What is done is kept. It goes on from there once you look at the "
                "video again."
            )
            return job

        self._given_poses.discard(video_id)
        # Another file may come under the id of a video that was taken out.
        if not self.begin_once(("poses", video_id, item.path), start):
            self.said.emit(self.tr("Poses of {} are on their way.").format(video_id))

    def cancel_estimate(self, video_id: str) -> None:
        """Find no people in a video, now or after the next save: they are given."""
        self._asked_for_poses.add(video_id)
        self._given_poses.add(video_id)
        for key, job in self._begun.items():
            if key[:2] == ("poses", video_id) and job is not None:
                job.cancel()

    def begin_once(self, key: tuple[str, ...], start: Callable[[], Job | None]) -> bool:
        """Start a job when all is saved; False where the same waits or runs.

        ``key`` says what kind of job it is and what it is of. One that was cancelled
        may be asked for again before it has ended.
        """
        if key in self._begun:
            job = self._begun[key]
            if job is None or not job.cancelling:
                return False

        def begin() -> None:
            job = start()
            if job is not None and job.running:
                self._begun[key] = job
            else:
                self._begun.pop(key, None)

        self._begun[key] = None
        self.when_saved(begin)
        return True

    def _on_job_ended(self, job: Job) -> None:
        for key in [k for k, j in self._begun.items() if j is job]:
            del self._begun[key]

    def _drop_waiting(self) -> None:
        self._waiting.clear()
        for key in [k for k, job in self._begun.items() if job is None]:
            del self._begun[key]

    def when_saved(self, start: Callable[[], object]) -> None:
        """Run ``start`` once the worker would read what is on the screen."""
        if not self.document.unsaved:
            start()
            return
        self._waiting.append(start)
        self.document.save()

    def _on_saved(self, _: str) -> None:
        # A save that was under way may end with an older state: wait for the next.
        if not self.document.unsaved:
            waiting, self._waiting = self._waiting, []
            for start in waiting:
                start()

    def _on_save_failed(self) -> None:
        # A job that begins at some later save would take everybody by surprise.
        self._drop_waiting()

    # -- files ----------------------------------------------------------------------

    def add_videos(
        self, paths: Sequence[Path], then: Callable[[], object] | None = None
    ) -> None:
        """Add videos to the project and find the people in them; ``then`` follows."""
        folder, project = self.document.folder, self.document.project

        def add(found: list[VideoItem | str]) -> None:
            self._on_probed(found)
            if then is not None:
                then()

        title = self.tr("Add videos")
        job = self.jobs.start(title, probe_videos(list(paths), folder, project), add)
        job.on_leaving = self.tr("None of them is in the project yet; add them again.")

    def _on_probed(self, found: list[VideoItem | str]) -> None:
        items = [f for f in found if isinstance(f, VideoItem)]
        for text in (f for f in found if isinstance(f, str)):
            self.problem.emit(text)
        for item in items:
            if self.document.apply(self.tr("Add {}").format(item.id), _adding(item)):
                self.estimate_poses(item.id)
        if items:
            self.session.set_video(items[0].id)
            self.load_thumbs()

    @property
    def n_streams(self) -> int:
        """How many video streams the file of the current video has."""
        return self.player.info.videos[1] if self.player.info is not None else 1

    @command(
        "streams",
        "Add the other streams of this file",
        enabled=lambda self: self.n_streams > 1,
    )
    def add_streams(self) -> None:
        """Add the other video streams of the file of the current video."""
        info, path = self.player.info, self.player.path
        if info is None or path is None:
            return
        (shown, count), file = info.videos, media_path(path).file
        others = [n for n in range(1, count + 1) if n != shown]
        self.add_videos([MediaPath(file, stream=n).path for n in others])

    @property
    def image_rate(self) -> float | None:
        """Images per second of the current video, None where it is a file."""
        item = self.item
        return None if item is None else media_path(Path(item.path)).rate

    def set_image_rate(self, rate: float) -> None:
        """Show the images of the current video at another rate."""
        item = self.item
        if item is None:
            return
        media = media_path(Path(item.path))
        path = replace(media, rate=rate).path.as_posix()
        self.document.apply(
            self.tr("Rate of {}").format(item.id),
            lambda p: set_rate(p, item.id, path, rate),
        )

    @command("remove", "Remove this video", enabled=lambda self: self.item is not None)
    def remove_video(self, video_id: str = "") -> None:
        """Take a video out of the project, by default the current one.

        Its file and its labels stay on disk.
        """
        name = video_id or self.session.video_id
        if name and self.document.apply(
            self.tr("Remove {}").format(name), lambda p: remove_video(p, name)
        ):
            self.said.emit(
                self.tr("{} is out of the project; Undo brings it back.").format(name)
            )

    def export(self, out: Path, lane: str = "annotation") -> Job:
        """Write framewise and segment CSVs of every video that has this lane."""
        from skelseg_core.tasks.export import Exported, export_csv, skipped_text

        folder, project = self.document.folder, self.document.project

        def tell(done: Exported) -> None:
            text = self.tr("Exported {} files to {}.")
            text = text.format(f"{len(done.files):,}", out)
            if done.skipped:
                self.problem.emit(f"{text} {skipped_text(done.skipped, lane)}")
            else:
                self.said.emit(text)

        task = export_csv(folder, project, out, lane, "csv", skip_missing=True)
        job = self.jobs.start(self.tr("Export"), task, tell)
        job.on_leaving = self.tr("No file is written yet; export again.")
        return job


def _said_of_poses(item: VideoItem) -> tuple[object, ...]:
    """What a person said of the poses of a video."""
    return item.id, item.picks, item.corrections


def _adding(item: VideoItem) -> Callable[[Project], Project]:
    return lambda project: add_video(project, item)
