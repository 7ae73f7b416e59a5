"""Run of stages over many videos: what is to be done, and how each task ended.

One video that cannot be worked on costs itself; every other is done.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from skelseg_core.engine.queued_task import QueuedTask, TaskEvent, Workers
from skelseg_core.engine.supervisor import Supervisor
from skelseg_core.errors import ConfigError, ModelError, ProjectError, SkelsegError
from skelseg_core.features.per_video import FeatureWork, cpu_threads, work_on
from skelseg_core.files import check_writable, matching_names, same_name
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.progress import Progress, Task, mapped
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.run_log import STATUS, RunLog, last_ends
from skelseg_core.project.run_status import RunStatus
from skelseg_core.project.task_leases import TaskLeases
from skelseg_core.tasks.predict import usable_model
from skelseg_core.tasks.stages import OF_A_MODEL, STAGES, open_stages

REGISTER_S = 2.0
"""Seconds at least between two times that predictions are registered during a run."""
REGISTER_SHARE = 20.0
"""Seconds between them for each second that it takes, as with thousands of videos."""


@dataclass(frozen=True)
class RunChoices:
    """Choices for a run: stages, videos, model, processes.

    Parameters
    ----------
    stages : tuple of str
        Of `STAGES`; without any, all that the project allows.
    videos : tuple of str
        Ids and patterns; without any, all.
    model : str
        Name of a model; may be empty where the project has one or none.
    n_workers : int
        Processes; 0 for as many as there are cores, as far as the memory does.
    retry_failed : bool
        Do only what failed last, what was set aside included.
    spare_cores : int
        Cores that are left to others.
    proxy_bytes : int
        Room in bytes for all proxies, which are written while poses are estimated.
    """

    stages: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    model: str = ""
    n_workers: int = 0
    retry_failed: bool = False
    spare_cores: int = 0
    proxy_bytes: int = 0


@dataclass(frozen=True)
class RunPlan:
    """Tasks of a run, and the videos of which nothing is to be done.

    Parameters
    ----------
    root : str
        Folder of the project.
    stages : tuple of str
        In the order of the work.
    model : str
        By which is pre-labelled; empty where no stage needs one.
    tasks : tuple of QueuedTask
        What is to be done.
    n_done : Mapping[str, int]
        Videos of which a stage is done or not needed, by stage.
    set_aside : Mapping[str, str]
        Tasks that ended their process twice, by name, with what was said; they are
        tried again on request only.
    predicted : tuple of str
        Videos with a prediction already.
    """

    root: str
    stages: tuple[str, ...]
    model: str
    tasks: tuple[QueuedTask, ...]
    n_done: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[str, str] = field(default_factory=dict)
    predicted: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """End of a run: of each task, and notes.

    Parameters
    ----------
    ends : Mapping[str, TaskEvent]
        By the names of the tasks that were tried.
    notes : tuple of str
        Sentences on what others wrote meanwhile.
    log : Path, optional
        File with a line for all that happened; None where there was nothing to do.
    seconds : float
    """

    ends: Mapping[str, TaskEvent] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    log: Path | None = None
    seconds: float = 0.0

    @property
    def failed(self) -> list[TaskEvent]:
        """List the tasks that failed or were set aside, in the order of the videos."""
        return [e for e in self.ends.values() if e.state in ("failed", "set aside")]


def plan_run(root: str, choices: RunChoices) -> Task[RunPlan]:
    """Find out what a run has to do; nothing is written.

    Raises
    ------
    ConfigError, ModelError, ProjectError
        Where there is no such stage, video or model, or it is not said which model.
    """
    folder = ProjectFolder(Path(root))
    all_ids = folder.video_ids()
    ids = _chosen(choices.videos, all_ids)
    for unknown in set(ids) - set(all_ids):
        folder.load_only([unknown]).video(unknown)  # raises, and says which there are
    if not ids:
        raise ProjectError(
            "Project {} has no videos; add some with 'skelseg add'.", folder.root.name
        )
    model, info = _model(folder, ids[0], choices)
    stages = _stages(choices, model)
    before = last_ends(folder.root)
    n_done: Counter[str] = Counter()
    tasks: list[QueuedTask] = []
    set_aside: dict[str, str] = {}
    predicted = []
    for n, video_id in enumerate(ids):
        yield Progress("looking at what is done", n, len(ids))
        names = {stage: _name(stage, video_id, model) for stage in stages}
        ended = {stage: before.get(name, {}) for stage, name in names.items()}
        if choices.retry_failed and not any(_has_failed(e) for e in ended.values()):
            n_done.update(stages)
            continue
        n_frames, found = _open(root, video_id, stages, info, model)
        n_done.update(stage for stage in stages if stage not in found)
        if "predict" in stages and "predict" not in found:
            predicted.append(video_id)
        after = ""
        for stage in found:
            end = ended[stage]
            if end.get("state") == "set aside" and not choices.retry_failed:
                set_aside[names[stage]] = end["sentence"]
                break
            arguments: dict[str, object]
            arguments = {"root": root, "stage": stage, "video_id": video_id}
            if stage in OF_A_MODEL:
                arguments["model"] = model
            elif stage == "poses" and choices.proxy_bytes:
                arguments["proxy_bytes"] = choices.proxy_bytes
            task = QueuedTask(
                names[stage], "run_stage", arguments, after, stage, video_id, n_frames
            )
            tasks.append(task)
            after = task.name
    return RunPlan(
        root, stages, model, tuple(tasks), n_done, set_aside, tuple(predicted)
    )


def _chosen(wanted: Sequence[str], all_ids: Sequence[str]) -> Sequence[str]:
    """Return the videos that ids and patterns mean; without any, all."""
    there = set(all_ids)
    if wanted and there.issuperset(wanted):
        return list(dict.fromkeys(wanted))  # thousands of ids are no patterns
    return matching_names(wanted, all_ids) or all_ids


def _name(stage: str, video_id: str, model: str) -> str:
    return f"{stage} {video_id}" + (f" {model}" if stage in OF_A_MODEL else "")


def _has_failed(end: Mapping[str, str]) -> bool:
    return end.get("state") in ("failed", "set aside")


def _open(
    root: str,
    video_id: str,
    stages: tuple[str, ...],
    info: ModelInfo | None,
    model: str,
) -> tuple[int, list[str]]:
    """Return the frames of a video and what is to be done of it."""
    try:
        work: FeatureWork = work_on(root, video_id, 1)
        return work.item.n_frames, open_stages(work, stages, info, model)
    except SkelsegError:
        # What is damaged costs its own video: the first stage will say so.
        return 1, [s for s in STAGES if s in stages]


def _stages(choices: RunChoices, model: str) -> tuple[str, ...]:
    for stage in choices.stages:
        if stage not in STAGES:
            raise ConfigError(
                "There is no stage '{}'; choose from {}.", stage, ", ".join(STAGES)
            )
    wanted = choices.stages or [s for s in STAGES if model or s not in OF_A_MODEL]
    return tuple(stage for stage in STAGES if stage in wanted)


def _model(
    folder: ProjectFolder, video_id: str, choices: RunChoices
) -> tuple[str, ModelInfo | None]:
    """Find the model that a run is by; none where no stage needs one."""
    if choices.stages and not OF_A_MODEL & set(choices.stages):
        return "", None
    names = folder.model_names()
    model = same_name(choices.model, names) or choices.model
    if not model and len(names) == 1:
        model = names[0]
    if not model:
        if not names and not choices.stages:
            return "", None
        raise ModelError(
            "Say with --model by which model to pre-label: {}.",
            ", ".join(names) or "there is none yet, train one first",
        )
    _, info = usable_model(folder, folder.load_only([video_id]), model)
    return model, info


def run_plan(
    plan: RunPlan,
    n_workers: int = 0,
    on_event: Callable[[TaskEvent], object] = lambda _: None,
    spare_cores: int = 0,
    status: RunStatus | None = None,
    workers: Workers | None = None,
) -> Task[RunResult]:
    """Do what a plan says, on several processes; closing the task ends them.

    Parameters
    ----------
    plan : RunPlan
    n_workers, spare_cores : int
        As in `RunChoices`.
    on_event : callable
        Is told what happens to each task.
    status : RunStatus
        Where it is said how far the run is; a new one without.
    workers : Workers
        Where the tasks are worked on instead of on this computer; the root of the plan
        is where they see the project, too.

    Raises
    ------
    SkelsegError
        Where the folder cannot be written, or all tasks would meet the same error.
    """
    folder = ProjectFolder(Path(plan.root))
    began_s = time.monotonic()
    shown = _Registering(folder, plan)
    if not plan.tasks:
        notes = shown.register()
        if status is not None:
            status.end(notes=notes)
        return RunResult(notes=tuple(notes))
    check_writable(folder.project_file)
    if status is None:
        log = RunLog(folder.root)
        status = RunStatus(log, model=plan.model, wanted=plan.stages)
    log, leases = status.log, TaskLeases(folder.root)

    def note(event: TaskEvent) -> None:
        task = event.task
        log.write(
            {
                "task": task.name,
                "stage": task.stage,
                "video": task.video,
                "state": event.state,
                "sentence": event.sentence,
            }
        )
        if event.state == "done" and task.stage == "predict":
            shown.add(task.video)
        on_event(event)

    def told(progress: Progress) -> Progress:
        shown.register_if_due()
        return status.told(progress)

    cores = max(1, cpu_threads() - spare_cores)
    n_videos = len({task.video for task in plan.tasks})
    n_workers = min(n_workers or (n_videos if workers else cores), n_videos)
    notes, cancelled, why = [], True, ""
    try:
        threads = 1 if workers else max(1, cores // n_workers)
        tasks = [
            replace(task, arguments={**task.arguments, "threads": threads})
            for task in plan.tasks
        ]
        _prove(workers, plan, log)
        supervisor = Supervisor(
            tasks, n_workers, note, leases, threads=threads, workers=workers
        )
        with contextlib.closing(supervisor.run()) as task:
            ends = yield from mapped(task, told)
        cancelled = False
    except SkelsegError as error:
        cancelled, why = False, str(error)
        raise
    finally:
        leases.close()
        try:
            notes = shown.register()
        finally:
            status.end(why, notes, cancelled)
    return RunResult(ends, tuple(notes), log.path, time.monotonic() - began_s)


def _prove(workers: Workers | None, plan: RunPlan, log: RunLog) -> None:
    """Let workers elsewhere prove that they see this project, and this model."""
    if workers is not None:
        model = ProjectFolder(Path(plan.root)).model_dir(plan.model)
        same = [p for p in model.iterdir() if p.is_file()] if plan.model else []
        workers.prove([log.path.with_suffix(STATUS)], same)


class _Registering:
    """Note predictions in the project, several at a time, so that windows show them.

    Parameters
    ----------
    folder : ProjectFolder
    plan : RunPlan
    """

    def __init__(self, folder: ProjectFolder, plan: RunPlan) -> None:
        self._folder, self._model = folder, plan.model
        self._waiting = list(plan.predicted)
        self._due_s = 0.0
        self._notes: list[str] = []

    def add(self, video_id: str) -> None:
        """Take a prediction that was made."""
        self._waiting.append(video_id)

    def register_if_due(self) -> None:
        """Register what waits; the more seldom the longer it takes."""
        began_s = time.monotonic()
        if self._waiting and began_s >= self._due_s:
            # A disk that is away now may be there in the end.
            with contextlib.suppress(SkelsegError):
                self.register()
            took_s = time.monotonic() - began_s
            self._due_s = began_s + took_s + max(REGISTER_S, REGISTER_SHARE * took_s)

    def register(self) -> list[str]:
        """Register what waits; return sentences on what others wrote meanwhile."""
        if self._waiting:
            # Read again: the window may have saved meanwhile.
            self._notes += self._folder.add_predictions(self._waiting, self._model)
            self._waiting = []
        return self._notes


def run_stages(
    root: str, choices: RunChoices, status: RunStatus | None = None
) -> Task[RunResult]:
    """Plan a run and do it.

    Parameters
    ----------
    root : str
        Folder of the project.
    choices : RunChoices
    status : RunStatus
        As in `run_plan`; tells of the planning, too.

    Raises
    ------
    SkelsegError
        As `plan_run` and `run_plan`.
    """
    planning: Task[RunPlan] = plan_run(root, choices)
    why, cancelled = "", True
    try:
        if status is not None:
            planning = mapped(planning, status.told)
        plan = yield from planning
        if status is not None:
            for name, sentence in plan.set_aside.items():
                said = {"task": name, "state": "set aside", "sentence": sentence}
                status.log.write(said)
        cancelled = False
        n, spare = choices.n_workers, choices.spare_cores
        return (yield from run_plan(plan, n, spare_cores=spare, status=status))
    except SkelsegError as error:
        cancelled, why = False, str(error)
        raise
    finally:
        if status is not None:
            status.end(why, cancelled=cancelled)  # unless it has ended with notes
