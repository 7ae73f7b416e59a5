"""Run of stages over many videos: what is to be done, and how each task ended.

One video that cannot be worked on costs itself; every other is done.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from skelseg_core.choices import choice, videos
from skelseg_core.engine.queued_task import QueuedTask, TaskEvent
from skelseg_core.engine.supervisor import RunProgress, Supervisor
from skelseg_core.errors import ConfigError, ModelError, ProjectError, SkelsegError
from skelseg_core.features.video_work import FeatureWork, cpu_threads, work_on
from skelseg_core.file_names import same_name
from skelseg_core.files import check_writable
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.progress import Progress, Task, mapped
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.run_hold import run_hold
from skelseg_core.project.project import Project
from skelseg_core.project.runs.run_log import RunLog
from skelseg_core.project.runs.run_status import RunStatus
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said
from skelseg_core.tasks.model_tiers import tiers_of
from skelseg_core.tasks.predict import usable_model
from skelseg_core.tasks.runs.stages import STAGES, is_done

AHEAD = 300
"""Videos that are looked at for more to do, about a second, before the first begins."""


@dataclass(frozen=True)
class RunChoices:
    """Choices for a run: stages, videos, model, processes.

    Parameters
    ----------
    stages : tuple of str
        Of `STAGES`; without any, poses, and pre-labels if it is clear of which model.
    n_workers : int
        Processes; 0 for as many as there are cores, as far as the memory does.
    spare_cores : int
        Cores that are left to others.
    proxy_bytes : int
        Room in bytes for all proxies, which are written while poses are estimated.
    """

    stages: tuple[str, ...] = ()
    videos: tuple[str, ...] = videos()
    model: str = choice(
        "", "Model to pre-label with, if the project has several.", of="model"
    )
    n_workers: int = 0
    spare_cores: int = 0
    proxy_bytes: int = 0


@dataclass
class RunPlan:
    """Plan of a run: what it has to do, as far as the videos were looked at.

    Parameters
    ----------
    root : str
        Folder of the project.
    choices : RunChoices
    project : Project
        Its videos and tracks, without labels.
    items : sequence of Track
        Tracks that are looked at, in this order.
    stages : tuple of str
        In the order of the work.
    model : str
        By which is pre-labelled; empty where no stage needs one.
    info : ModelInfo, optional
        Of the model.
    left : str
        Sentence on what is not done; empty where all is.
    n_looked, n_busy : int
        Videos that were looked at, and those of them that have a task.
    tasks : list of QueuedTask
        What is to be done.
    n_done : Counter of str
        Videos of which a stage is done or not needed, by stage.
    made_by : dict of str to str
        The last task by which the poses of a video are made.
    """

    root: str
    choices: RunChoices
    project: Project
    items: Sequence[Track]
    stages: tuple[str, ...]
    model: str
    info: ModelInfo | None
    left: str = ""
    n_looked: int = 0
    n_busy: int = 0
    tasks: list[QueuedTask] = field(default_factory=list)
    n_done: Counter[str] = field(default_factory=Counter)
    made_by: dict[str, str] = field(default_factory=dict)

    @property
    def progress(self) -> Progress:
        """Videos that were looked at."""
        n_all = len(self.items)
        return Progress("looking for work", self.n_looked, n_all)

    @property
    def most_busy(self) -> int:
        """Videos that may have a task."""
        return self.n_busy + len(self.items) - self.n_looked

    def look(self) -> Iterator[list[QueuedTask]]:
        """Look at one video after the other; give the tasks of each."""
        for item in self.items[self.n_looked :]:
            found = self._look_at(item)
            self.n_looked += 1
            self.n_busy += bool(found)
            self.tasks += found
            yield found

    def _look_at(self, item: Track) -> list[QueuedTask]:
        """Return the tasks of a track."""
        tasks: list[QueuedTask] = []
        n_frames, found = self._open_stages(item.id)
        self.n_done.update(stage for stage in self.stages if stage not in found)
        film = item.video_id
        made_by, after = film in self.made_by, self.made_by.get(film, "")
        for stage in found:
            if stage == "poses" and made_by:
                continue  # another track of this video does it
            arguments: dict[str, object]
            arguments = {"root": self.root, "stage": stage, "video_id": item.id}
            name = f"{stage} {item.video.title}"
            if stage == "predict":
                arguments["model"] = self.model
                name = f"{stage} {self.project.titled(item.id)} {self.model}"
            elif self.choices.proxy_bytes:
                arguments["proxy_bytes"] = self.choices.proxy_bytes
            task = QueuedTask(
                name, "run_stage", arguments, after, stage, film, n_frames
            )
            tasks.append(task)
            after = name
            if stage == "poses":
                self.made_by[film] = name
        return tasks

    def _open_stages(self, video_id: TrackId) -> tuple[int, list[str]]:
        """Return the frames of a video and what is to be done of it."""
        try:
            work: FeatureWork = work_on(self.root, video_id, 1)
            given = self.info, self.model
            found = [s for s in self.stages if not is_done(work, s, *given)]
        except SkelsegError:
            # A damaged file fails its own video only: the first stage reports it.
            return 1, list(self.stages)
        return work.item.n_frames, found


@dataclass(frozen=True)
class RunResult:
    """End of a run: of each task.

    Parameters
    ----------
    ends : Mapping[str, TaskEvent]
        By the names of the tasks that were tried.
    log : Path, optional
        File with a line for all that happened; None where there was nothing to do.
    seconds : float
    """

    ends: Mapping[str, TaskEvent] = field(default_factory=dict)
    log: Path | None = None
    seconds: float = 0.0

    @property
    def failed(self) -> list[TaskEvent]:
        """List the tasks that failed."""
        return [e for e in self.ends.values() if e.state == "failed"]


def begin_plan(root: str, choices: RunChoices) -> RunPlan:
    """Check what a run is asked for; no video is looked at.

    Raises
    ------
    ConfigError, ModelError, ProjectError
        Where there is no such stage, video or model, or it is asked for pre-labels and
        not said of which model.
    """
    folder = ProjectFolder(Path(root))
    outline = folder.outline()
    items = outline.chosen(outline.matching(choices.videos))
    if not items:
        raise ProjectError(
            "Project {} has no videos; add some with 'skelseg add'.", folder.root.name
        )
    model, info, tiers = _model(folder, items[0].id, choices)
    stages = _stages(choices, model)
    # Pre-labels are of the tier of the model; poses are of the whole video.
    if not model:
        films = dict.fromkeys(v.video_id for v in items)
        items = [outline.first_track(film) for film in films]
    items = [v for v in items if v.tier in tiers] or items[:1]
    left, names = "", folder.model_names()
    if names and not model and not choices.stages:
        left = Said(
            "Not pre-labelled, as there are several models; choose one with --model: "
            "{}.",
            ", ".join(names),
        )
    return RunPlan(root, choices, outline, items, stages, model, info, left)


def plan_run(root: str, choices: RunChoices) -> Task[RunPlan]:
    """Find out all that a run has to do; nothing is written.

    Raises
    ------
    ConfigError, ModelError, ProjectError
        As `begin_plan`.
    """
    plan = begin_plan(root, choices)
    yield plan.progress
    for _ in plan.look():
        yield plan.progress
    return plan


def _stages(choices: RunChoices, model: str) -> tuple[str, ...]:
    for stage in choices.stages:
        if stage not in STAGES:
            raise ConfigError(
                "There is no stage '{}'; choose from {}.", stage, ", ".join(STAGES)
            )
    wanted = choices.stages or [s for s in STAGES if model or s == "poses"]
    return tuple(stage for stage in STAGES if stage in wanted)


def _model(
    folder: ProjectFolder, video_id: str, choices: RunChoices
) -> tuple[str, ModelInfo | None, tuple[str, ...]]:
    """Find the model that a run is by, and its tiers; none where no stage needs one."""
    first: tuple[str, ...] = ("",)
    if choices.stages and "predict" not in choices.stages:
        return "", None, first
    names = folder.model_names()
    model = same_name(choices.model, names) or choices.model
    if not model and len(names) == 1:
        model = names[0]
    if not model:
        if not choices.stages:
            return "", None, first
        raise ModelError(
            "Choose with --model a model to pre-label with: {}.",
            ", ".join(names) or "there is none yet, train one first",
        )
    project = folder.load_only([video_id])
    _, info = usable_model(folder, project, model)
    return model, info, tiers_of(info, project)


def run_plan(
    plan: RunPlan,
    n_workers: int = 0,
    on_event: Callable[[TaskEvent], object] = lambda _: None,
    spare_cores: int = 0,
    status: RunStatus | None = None,
) -> Task[RunResult]:
    """Do what a run has to do, on several processes; closing the task ends them.

    The first tasks run while other videos are still looked at.

    Parameters
    ----------
    plan : RunPlan
        As it was begun, or whole.
    n_workers, spare_cores : int
        As in `RunChoices`.
    on_event : callable
        Is told what happens to each task.
    status : RunStatus
        Where it is said how far the run is; a new one without.

    Raises
    ------
    SkelsegError
        Where another run works on the project, the folder cannot be written, or all
        tasks would meet the same error.
    """
    with run_hold(Path(plan.root)):
        return (yield from _run_plan(plan, n_workers, on_event, spare_cores, status))


def _run_plan(
    plan: RunPlan,
    n_workers: int,
    on_event: Callable[[TaskEvent], object],
    spare_cores: int,
    status: RunStatus | None,
) -> Task[RunResult]:
    folder = ProjectFolder(Path(plan.root))
    began_s = time.monotonic()
    cores = max(1, cpu_threads() - spare_cores)
    n_most = n_workers or cores
    more = plan.look()
    ahead = _look_ahead(plan, more, n_most)
    yield from ahead if status is None else mapped(ahead, status.told)
    if not plan.tasks:
        return RunResult()
    check_writable(folder.project_file)
    if status is None:
        n = len(plan.items)
        status = RunStatus(RunLog(folder.root), False, plan.model, plan.stages, n)
    log = status.log
    n_workers = min(n_most, plan.most_busy)
    threads = max(1, cores // n_workers)

    def note(event: TaskEvent) -> None:
        log.write(_line_of(event))
        on_event(event)

    def found() -> Iterator[list[QueuedTask]]:
        for tasks in more:
            yield _with_threads(tasks, threads)

    def told(progress: Progress) -> Progress:
        assert isinstance(progress, RunProgress)
        looked = plan.progress.share or 0.0
        # As much is taken to be done in the other videos as in these.
        whole = looked * (progress.share or 0.0)
        return status.told(replace(progress, whole=whole, looked_at=looked))

    supervisor = Supervisor(
        _with_threads(plan.tasks, threads),
        n_workers,
        note,
        threads=threads,
        more=found(),
    )
    with status.ended(), contextlib.closing(supervisor.run()) as task:
        ends = yield from mapped(task, told)
    return RunResult(ends, log.path, time.monotonic() - began_s)


def _look_ahead(
    plan: RunPlan, more: Iterator[list[QueuedTask]], n_workers: int
) -> Task[None]:
    """Look at videos until it is known how many processes have something to do.

    Where few of many have, the others are looked at later.
    """
    until = len(plan.items)
    yield plan.progress
    while plan.n_busy < n_workers and plan.n_looked < until:
        if next(more) and plan.n_busy == 1:
            until = min(until, plan.n_looked + AHEAD)
        yield plan.progress


def _with_threads(tasks: Sequence[QueuedTask], threads: int) -> list[QueuedTask]:
    said = {"threads": threads}
    return [replace(t, arguments={**t.arguments, **said}) for t in tasks]


def _line_of(event: TaskEvent) -> dict[str, object]:
    task = event.task
    return {
        "task": task.name,
        "stage": task.stage,
        "video": task.video,
        "state": event.state,
        "sentence": event.sentence,
    }


def run_stages(root: str, choices: RunChoices, status: RunStatus) -> Task[RunResult]:
    """Plan a run and do it.

    Parameters
    ----------
    root : str
        Folder of the project.
    choices : RunChoices
    status : RunStatus
        Tells of the planning, too.

    Raises
    ------
    SkelsegError
        As `begin_plan` and `run_plan`.
    """
    with status.ended():
        plan, spare = begin_plan(root, choices), choices.spare_cores
        task = run_plan(plan, choices.n_workers, spare_cores=spare, status=status)
        return (yield from task)
