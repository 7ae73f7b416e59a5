"""Estimate poses, read them for the picture, and compute speeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction

from app.kit.threads import read_quickly
from app.services.jobs import Job
from app.services.models.file_readers import (
    model_dir,
    read_motion,
    read_poses,
    read_poses_so_far,
)
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import POSES, TIMES, VIDEO, CurrentVideo, ShownPoses
from skelseg_core.estimators import FOUND_SKELETON
from skelseg_core.estimators.chosen_weights import remember_weights
from skelseg_core.operating_system import on_battery
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.project.bodies import is_body_known, people_in
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import set_pose_estimator
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.text_files import read_text

NOBODY = "nobody in "
"""Subject of the offer to estimate all the same; the id of the video follows."""
BODY = "figure of "
"""Subject of the question which figure a person is; the id of the track follows."""
READING = "poses that are there"
"""Kind of the jobs that read poses."""
FINDING = "poses"
"""Kind of the jobs that estimate poses."""
AHEAD = "ahead"
"""End of the keys of jobs that find poses before a video is looked at."""
LOOK_MS = 5000
"""Milliseconds from one look for poses that were found meanwhile to the next."""


class PoseService(QObject):
    """Load the poses of the current video and their motion; estimate new poses.

    ``by_itself`` is True if poses of a new video are estimated without a command.
    ``proxy_bytes`` is the room for proxies, which are written on the way; 0 for none.
    """

    came = Signal(object)  # ShownPoses, of the frames that are done
    by_itself = True
    proxy_bytes = 0

    def __init__(
        self, current: CurrentVideo, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._current, self._document = current, current.document
        self._jobs, self._after_save = tasks.jobs, tasks.after_save
        self._notices = tasks.notices
        # Estimate by itself once per video; after cancelling, only the menu estimates
        # again.
        self._asked: set[str] = set()
        self._prepared: set[str] = set()
        # Tells of a video whether its poses come by a run over many videos.
        self.is_awaited: Callable[[str], bool] = lambda _: False
        self._given: set[str] = set()
        # Videos whose poses are being replaced: those that are there are not shown.
        self._replaced: set[VideoId] = set()
        self._estimate: PoseSequence | None = None
        self._measured: ShownPoses | None = None
        self._n_blocks = 0
        self._look_timer = QTimer(self, interval=LOOK_MS)
        self._look_timer.timeout.connect(self.look_for_more)
        current.session.model_changed.connect(lambda: self.load())
        current.changed.connect(self._on_current_changed)
        self._document.changed.connect(self._on_document_changed)

    # -- reading --------------------------------------------------------------------

    def load(self, estimate: PoseSequence | None = None) -> None:
        """Read the poses of the current video for the picture, in a thread.

        A given ``estimate`` is not read again.
        """
        item, self._estimate = self._current.item, estimate
        if item is None or item.video_id in self._replaced:
            return
        path = self._document.folder.poses_path(item.video_id)
        skeleton = self._document.project.skeleton
        chosen = self._current.session.model
        model = model_dir(self._document.folder, chosen)
        project, is_known = self._document.project, self._is_known(item)
        inputs, people = _inputs(project, item), people_in(project, item.video_id)

        def show(shown: ShownPoses | None) -> None:
            now = self._current.item
            if shown is None:
                self._on_none(item)
                return
            # Reading again has already begun if the model, choices of subject or
            # corrections changed meanwhile.
            same = chosen == self._current.session.model
            if now and same and _inputs(self._document.project, now) == inputs:
                self._estimate = shown.estimate
                self._current.set_poses(item.id, shown)
                self._ask_for_body(item, is_known)
                self._prepare_next(item.video_id)

        each, mirrored = list(people.values()), _is_mirrored(project, item)
        task = read_poses(
            path, item, skeleton, model, estimate, is_known, each, mirrored
        )
        title = self.tr("Reading poses of {}").format(item.id)
        self._jobs.start(title, task, show, READING)

    @property
    def is_shown(self) -> bool:
        """Tell whether the current video has poses."""
        return self._current.poses is not None

    @property
    def is_reading(self) -> bool:
        """True while it is not known yet whether the current video has poses."""
        return any(job.kind == READING for job in self._jobs.running)

    def _on_none(self, item: Track) -> None:
        """Estimate the poses of the current video where it has none."""
        if item.id != self._current.session.track_id:
            return
        video_id = item.video_id
        self._current.set_poses(item.id, None)
        # What was begun while another video was looked at is waited for from now on.
        self._after_save.cancel("poses", video_id, AHEAD)
        may = self._may_estimate() and video_id not in self._asked
        if may and not self.is_awaited(video_id) and not self._shows_nobody(video_id):
            self._estimate_of(video_id, look_first=True)

    def _on_document_changed(self, change: Change) -> None:
        if change.only_labels:
            return
        for track in change.gone:
            if not change.after.has_video(track.video_id):
                self.cancel_estimate(track.video_id)
                # Who brings the video back has its poses found again.
                self._asked.discard(track.video_id)
                self._prepared.discard(track.video_id)
        if "skeleton" in change.parts:
            self._on_skeleton_changed()
            return
        after = self._current.item
        before = change.before.find(after.id) if after is not None else None
        if after is None or before is None:
            return
        if _inputs(change.after, after) != _inputs(change.before, before):
            self.load(self._estimate)

    def _is_known(self, item: Track) -> bool:
        return is_body_known(self._document.project, item)

    def _ask_for_body(self, item: Track, is_known: bool) -> None:
        """Ask for a click on the figure of the person if it is not known."""
        about = BODY + item.id
        if is_known:
            self._notices.settle(about)
            return
        text = self.tr(
            "It is not known which figure is {}. Click that figure in the picture."
        ).format(item.person or self.tr("the person without a name"))
        self._notices.warn(text, about=about)

    def _on_skeleton_changed(self) -> None:
        """Forget the poses of the other skeleton, and look for no more people."""
        self._after_save.cancel("poses")
        self._estimate = None
        if self._current.item is not None:
            self._current.set_poses(self._current.item.id, None)
            self.load()

    # -- motion ---------------------------------------------------------------------

    def _on_current_changed(self, what: str) -> None:
        if what in (VIDEO, TIMES, POSES):
            self._measure_motion()
        if what == VIDEO:
            self._n_blocks = 0

    def _measure_motion(self) -> None:
        shown, times = self._current.poses, self._current.times
        if shown is None or shown is self._measured:
            self._measured = shown
            return
        if times is None or times.n_frames != shown.poses.n_frames:
            return
        self._measured = shown
        self._jobs.start(
            self.tr("motion in {}").format(self._current.session.track_id),
            read_motion(shown, times),
            lambda found: self._current.set_motion(shown, found),
        )

    # -- estimating -----------------------------------------------------------------

    @property
    def can_estimate(self) -> bool:
        """True if the current video has pictures to estimate poses from."""
        item = self._current.item
        return item is not None and item.video.has_file

    def choose(self, name: str, weights: str) -> bool:
        """Have poses found by another estimator from now on; False where refused."""
        project = self._document.project
        after = set_pose_estimator(project, name, weights)
        remember_weights(weights)
        if after is project:
            return True
        # What was begun ahead is of another estimator.
        for video_id in self._prepared:
            self._after_save.cancel("poses", video_id, AHEAD)
        self._prepared.clear()
        title = self.tr("Poses by another estimator")
        return self._document.apply(
            title, lambda p: set_pose_estimator(p, name, weights)
        )

    def estimate(
        self, video_id: VideoId, again: bool = False, allow_download: bool = False
    ) -> None:
        """Estimate the poses in a video, in the worker process.

        With ``again`` those that are there are replaced, and an estimate that goes on
        makes way.
        """
        if again:
            self._after_save.cancel("poses", video_id)
        self._estimate_of(video_id, again=again, allow_download=allow_download)

    def can_find(self, video_id: VideoId) -> bool:
        """Tell whether poses can be estimated in a video; say why not."""
        item = self._document.project.first_track(video_id)
        if not item.video.has_file:
            self._notices.warn(
                self.tr(
                    "{} has no video to estimate poses from. Import its poses."
                ).format(video_id)
            )
            return False
        skeleton = self._document.project.skeleton
        if skeleton != FOUND_SKELETON:
            self._notices.warn(
                self.tr(
                    "{} has no poses yet. Import them: skelseg finds only people, but "
                    "this project uses the skeleton {}."
                ).format(video_id, skeleton_title(skeleton))
            )
            return False
        return True

    def on_present(self, videos: Sequence[VideoId]) -> tuple[str, str]:
        """Word what becomes of poses that are there, and why none can be replaced.

        Each is empty where there is nothing to say.
        """
        if len(videos) > 1:
            return self.tr("Videos that have poses keep them."), ""
        video = self._document.project.video(videos[0])
        path = self._document.folder.poses_path(video.id)
        if not read_quickly(path.is_file, False):
            return "", ""
        if video.corrections:
            text = self.tr(
                "Keypoints of {} were corrected by hand, in the poses that it has. To "
                "replace these, remove the corrections first (Remove corrections here)."
            )
            return "", text.format(video.title)
        text = self.tr("{} has poses. They are replaced, and undo cannot restore them.")
        return text.format(video.title), ""

    def _estimate_of(
        self, video_id: VideoId, look_first: bool = False, **choices: bool
    ) -> None:
        """Begin; with ``look_first`` only where somebody is seen in the video."""
        self._asked.add(video_id)
        if not self.can_find(video_id):
            return
        item = self._document.project.first_track(video_id)
        root = str(self._document.folder.root)
        task = self._jobs.worker.task(
            "estimate_poses",
            root=root,
            video_id=item.id,
            proxy_bytes=self.proxy_bytes,
            look_first=look_first,
            **choices,
        )

        def show(result: dict[str, Any]) -> None:
            self._replaced.discard(video_id)
            if n := result.get("nobody"):
                self._offer(video_id, n)
                return
            if result.get("with_person") == 0:
                text = self.tr("{} found nobody in {}.")
                self._notices.warn(text.format(result["estimator"], video_id))
            self.refresh(video_id)

        def start() -> Job | None:
            if video_id in self._given:
                return None
            title = self.tr("Poses of {}").format(video_id)
            job = self._jobs.start(title, task, show, FINDING, item.n_frames)
            self._look_timer.start()
            job.on_leaving = self.tr(
                "Progress is kept. It continues when you open the video again."
            )
            if choices.get("again"):
                self._hide_until_replaced(video_id, job)
            return job

        self._given.discard(video_id)
        # After a video was removed, another file may get its id.
        if not self._after_save.begin_once(("poses", video_id, item.video.path), start):
            text = self.tr("The poses of {} are being estimated.").format(video_id)
            self._notices.say(text)

    def _hide_until_replaced(self, video_id: VideoId, job: Job) -> None:
        """Show no poses that a job replaces, unless it ends without others."""
        self._replaced.add(video_id)

        def restore() -> None:
            self._replaced.discard(video_id)
            self.refresh(video_id)

        job.cancelled.connect(restore)
        job.failed.connect(restore)
        now = self._current.item
        if now is not None and now.video_id == video_id:
            self._n_blocks = 0
            self._current.set_poses(now.id, None)

    def _offer(self, video_id: VideoId, n: int) -> None:
        """Ask whether poses are estimated though nobody was seen."""
        anyway = QAction(self.tr("Estimate anyway"), self)
        anyway.triggered.connect(lambda: self.estimate(video_id))
        anyway.triggered.connect(lambda: self._notices.helped(anyway))
        text = self.tr("Nobody was seen in {} frames of {}. Estimate its poses anyway?")
        text = text.format(n, video_id)
        self._notices.offer(text, anyway, NOBODY + video_id)

    def estimate_new(self, video_id: VideoId) -> None:
        """Estimate the poses of a video that was added to the project."""
        may = self._may_estimate()
        # Of other skeletons each video says so when it is looked at, not all at once.
        if may and self._document.project.skeleton == FOUND_SKELETON:
            self._estimate_of(video_id, look_first=True)

    def _prepare_next(self, video_id: VideoId) -> None:
        """Find the poses of the video after this one, beside everything else."""
        project, folder = self._document.project, self._document.folder
        place = project.video_places[video_id] + 1
        found = project.skeleton == FOUND_SKELETON and self._may_estimate()
        if not found or place >= len(project.video_ids):
            return
        video = project.video(project.video_ids[place])
        begun = self._asked | self._prepared
        if not video.has_file or video.id in begun or on_battery():
            return

        def lacks_poses() -> bool:
            # One that is missing is for who opens it.
            there = folder.video_path(video).exists()
            return there and not folder.poses_path(video.id).is_file()

        wanted = read_quickly(lacks_poses, False) and not self.is_awaited(video.id)
        if not wanted or self._shows_nobody(video.id):
            return

        def start() -> Job:
            task = self._jobs.worker.alone(
                "estimate_poses",
                root=str(folder.root),
                video_id=project.first_track(video.id).id,
                look_first=True,
            )
            title = self.tr("Poses of {}, the next video").format(video.title)
            job = self._jobs.start(title, task, lambda _: self.refresh(video.id))
            job.in_background = True
            return job

        self._prepared.add(video.id)
        self._after_save.begin_once(("poses", video.id, AHEAD), start)

    def look_for_more(self) -> None:
        """Read the poses of the current video that are found so far, to look at."""
        item, project = self._current.item, self._document.project
        if all(job.kind != FINDING for job in self._jobs.running):
            self._look_timer.stop()
            return
        if item is None or self.is_shown:
            return

        def show(found: tuple[int, ShownPoses] | None) -> None:
            now = self._current.item
            same = now is not None and now.id == item.id
            if found is not None and same and not self.is_shown:
                self._n_blocks, shown = found
                self.came.emit(shown)

        folder = self._document.folder.pose_blocks_dir(item.video_id)
        n, is_known = self._n_blocks, self._is_known(item)
        task = read_poses_so_far(folder, n, item, project.skeleton, is_known)
        self._jobs.start(self.tr("Reading poses of {}").format(item.id), task, show)

    def _may_estimate(self) -> bool:
        """Tell whether poses are estimated though nobody asked."""
        return self.by_itself and not self._document.read_only

    def _shows_nobody(self, video_id: VideoId) -> bool:
        """Tell whether it was looked before, and nobody was seen."""
        video = self._document.project.video(video_id)
        note = self._document.folder.nobody_path(video_id)
        return read_quickly(
            lambda: note.is_file() and read_text(note) == video.fingerprint, False
        )

    def refresh(self, video_id: VideoId) -> None:
        """Read the poses of a video again, if it is the current one."""
        if video_id == self._current.session.video_id:
            self.load()

    def cancel_estimate(self, video_id: VideoId) -> None:
        """Cancel estimates of a video's poses, running or waiting: they are given."""
        self._asked.add(video_id)
        self._given.add(video_id)
        self._after_save.cancel("poses", video_id)


def _inputs(project: Project, item: Track) -> tuple[object, ...]:
    """Return all that what is drawn of a track's poses depends on."""
    people = people_in(project, item.video_id)
    picks = tuple((name, track.picks) for name, track in people.items())
    known = is_body_known(project, item)
    mirrored = _is_mirrored(project, item)
    return item.id, item.picks, item.video.corrections, known, picks, mirrored


def _is_mirrored(project: Project, item: Track) -> bool:
    """Tell whether models see the person of a track as in a mirror."""
    return project.tier(item.tier).mirrors is not None
