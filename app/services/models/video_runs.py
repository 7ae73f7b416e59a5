"""Work on many videos in one run, in a process that may go on without the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.kit.commands import command
from app.kit.plural import plural
from app.kit.threads import read_quickly
from app.services.folder_watch import FolderWatch
from app.services.jobs import Job
from app.services.models.model_service import ModelService
from app.services.models.pose_service import PoseService
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from skelseg_core.project.runs.run_log import FOLDER, new_log_name
from skelseg_core.project.runs.run_status import RunState, found_runs
from skelseg_core.tasks.runs.followed_run import FollowedRun, RunEnd, RunProcess

TOPIC = "run"
"""Subject of what is said of runs, and the key of their jobs."""
FIND_MS = 1500
"""Milliseconds after opening until runs are looked for that go on already."""


class VideoRuns(QObject):
    """Start runs over many videos, follow them, and find those that go on already.

    A run is a process of its own with one worker per core, but for the core that is
    left to the window. What it makes is found in the project's folder.
    """

    _made = Signal(str)  # stage

    def __init__(
        self,
        current: CurrentVideo,
        models: ModelService,
        poses: PoseService,
        tasks: TaskRunner,
        watch: FolderWatch,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._document = current.session, current.document
        self._models, self._poses, self._jobs = models, poses, tasks.jobs
        self._after_save, self._notices = tasks.after_save, tasks.notices
        self._found = current.found
        self._known: set[Path] = set()
        self._logs: dict[Job, Path] = {}
        # Videos by the log of the run that works on them; None for all.
        self._videos: dict[Path, frozenset[str] | None] = {}
        poses.is_awaited = self._is_awaited
        self._made.connect(self._on_made)
        self._jobs.ended.connect(self._on_job_ended)
        watch.looked.connect(self.find)
        QTimer.singleShot(FIND_MS, self, self.find)

    # -- starting --------------------------------------------------------------------

    @command(
        "prelabel-all",
        "Pre-label all videos",
        enabled=lambda self: self._document.project.video_ids,
        tip="On all cores but one; videos with pre-labels are skipped",
    )
    def prelabel_all(self) -> None:
        """Pre-label every video of the project by the model in use."""
        self.prelabel(())

    def prelabel(self, videos: Sequence[str]) -> None:
        """Pre-label videos by the model in use, all without any, with their poses."""
        if model := self._models.model_to_use():
            self._begin((), videos, model)

    def estimate(self, videos: Sequence[str]) -> None:
        """Estimate the poses of videos that have none yet."""
        self._begin(("poses",), videos, "")

    def _begin(self, stages: Sequence[str], videos: Sequence[str], model: str) -> None:
        title = self._title(len(videos), model)

        def start() -> Job:
            wanted = () if len(videos) == self._n_videos else tuple(videos)
            choices = {
                "stages": tuple(stages),
                "videos": wanted,
                "model": model,
                "spare_cores": 1,
                "proxy_bytes": self._poses.proxy_bytes,
            }
            log = self._document.folder.root / FOLDER / new_log_name()
            # What waits for the one worker of the window is done by the run.
            for video in wanted:
                self._after_save.cancel("poses", video)
            if not wanted:
                self._after_save.cancel("poses")
            self._videos[log] = frozenset(wanted) or None
            job = self._follow(title, log, _starting(choices, log), model, stages)
            job.on_leaving = self.tr(
                "It can continue without the window. If you end it, finished videos "
                "are kept."
            )
            return job

        if not self._after_save.begin_once((TOPIC,), start):
            self._notices.say(
                self.tr(
                    "A run over the videos is in progress. Wait for it or cancel it."
                )
            )

    def _title(self, n_videos: int, model: str) -> str:
        """Name a run over so many videos, all where 0."""
        n = n_videos or self._n_videos
        if model:
            return plural("Pre-label {n} video(s)", n)
        return plural("Poses of {n} video(s)", n)

    @property
    def _n_videos(self) -> int:
        return len(self._document.project.video_ids)

    def _is_awaited(self, video_id: str) -> bool:
        """Tell whether a run that goes on sees to the poses of a video."""
        # One that a terminal began may not be known yet, as where a project opens.
        self.find()
        return any(v is None or video_id in v for v in self._videos.values())

    # -- following -------------------------------------------------------------------

    def find(self) -> None:
        """Follow the runs over the project that go on, whoever began them.

        Also those that went on without a window and have ended since.
        """
        nothing: list[RunState] = []
        root = self._document.folder.root
        for state in read_quickly(lambda: found_runs(root), nothing):
            if state.log not in self._known:
                if state.is_live:
                    self._videos[state.log] = None
                self._follow_found(state)

    def _follow_found(self, state: RunState) -> None:
        title = self._title(state.n_videos, state.model)
        if not state.is_here:
            title = self.tr("{} (on {})").format(title, state.host)
        job = self._follow(title, state.log, None, state.model, state.wanted)
        # Nobody is asked: it does not need the window.
        job.goes_on = True

    def _follow(
        self,
        title: str,
        log: Path,
        start: Callable[[], RunProcess] | None,
        model: str,
        stages: Sequence[str],
    ) -> Job:
        self._known.add(log)
        followed = FollowedRun(log, start, self._on_event)
        job = self._jobs.start(title, followed.task(), self._on_end)
        job.let_go = followed.let_go
        job.again = lambda: self._begin(stages, followed.failed_videos, model)
        if job.running:
            self._logs[job] = log
        return job

    def _on_event(self, event: Mapping[str, str]) -> None:
        """Tell the window of what was made, in the thread of the job."""
        now = event.get("video") == self._session.video_id
        if now and event.get("state") == "done":
            self._made.emit(event.get("stage", ""))

    def _on_made(self, stage: str) -> None:
        if stage == "poses":
            self._poses.refresh(self._session.video_id)
        elif stage == "predict":
            self._found.look_at(self._session.track_id)

    def _on_job_ended(self, job: Job) -> None:
        log = self._logs.pop(job, None)
        if log is None:
            return
        self._videos.pop(log, None)
        self._found.look()
        if self._session.track_id and not self._poses.is_shown:
            self._poses.load()

    def _on_end(self, end: RunEnd) -> None:
        """Say once what a run came to."""
        failures, counts = end.progress.failures, end.progress.stages
        stage = "predict" if end.state.model else "poses"
        n_done = counts[stage].done if stage in counts else 0
        said = []
        if n_done and stage == "predict":
            said.append(
                plural(
                    "{model} has pre-labelled {n} video(s). Your labels did not "
                    "change.",
                    n_done,
                    model=end.state.model,
                )
            )
        elif n_done:
            said.append(plural("The poses of {n} video(s) are ready.", n_done))
        elif end.state.cancelled:
            said.append(self.tr("The run was ended. Finished videos are kept."))
        elif not failures:
            said.append(self.tr("Nothing to do: every video already has it."))
        if failures:
            failed = plural(
                "{n} video(s) failed. See Jobs to try again.", len(failures)
            )
            self._notices.warn(" ".join([*said, failed]), "dock-jobs")
        else:
            self._notices.say(" ".join(said))


def _starting(choices: Mapping[str, object], log: Path) -> Callable[[], RunProcess]:
    """Make what starts the process of a run, to be called in a thread."""

    def start() -> RunProcess:
        # Imported there: it takes tenths of a second.
        from skelseg_core.tasks.runs.run_process import start_run

        return start_run(log.parent.parent, choices, log.name)

    return start
