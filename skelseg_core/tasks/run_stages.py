"""Run of stages over many videos: what is to be done, and how each task ended.

One video that cannot be worked on costs itself; every other is done.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skelseg_core.engine.queued_task import QueuedTask, TaskEvent
from skelseg_core.engine.supervisor import Supervisor
from skelseg_core.errors import ConfigError, ModelError, ProjectError, SkelsegError
from skelseg_core.features.per_video import FeatureWork, cpu_threads, work_on
from skelseg_core.files import check_writable, matching_names, same_name
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.run_log import RunLog, last_ends
from skelseg_core.project.task_leases import TaskLeases
from skelseg_core.tasks.predict import usable_model
from skelseg_core.tasks.stages import OF_A_MODEL, STAGES, open_stages


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
    """

    stages: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    model: str = ""
    n_workers: int = 0
    retry_failed: bool = False


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
    ids = matching_names(choices.videos, all_ids) or all_ids
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
            arguments = {"root": root, "stage": stage, "video_id": video_id}
            if stage in OF_A_MODEL:
                arguments["model"] = model
            task = QueuedTask(
                names[stage], "run_stage", arguments, after, stage, video_id, n_frames
            )
            tasks.append(task)
            after = task.name
    return RunPlan(
        root, stages, model, tuple(tasks), n_done, set_aside, tuple(predicted)
    )


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
) -> Task[RunResult]:
    """Do what a plan says, on several processes; closing the task ends them.

    Parameters
    ----------
    plan : RunPlan
    n_workers : int
        As in `RunChoices`.
    on_event : callable
        Is told what happens to each task.

    Raises
    ------
    SkelsegError
        Where the folder cannot be written, or all tasks would meet the same error.
    """
    folder = ProjectFolder(Path(plan.root))
    began_s = time.monotonic()
    if not plan.tasks:
        notes = _register(folder, plan, plan.predicted)
        return RunResult(notes=tuple(notes))
    check_writable(folder.project_file)
    log, leases = RunLog(folder.root), TaskLeases(folder.root)
    predicted = list(plan.predicted)

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
            predicted.append(task.video)
        on_event(event)

    cores = cpu_threads()
    n_workers = min(n_workers or cores, len({task.video for task in plan.tasks}))
    notes = []
    try:
        supervisor = Supervisor(
            plan.tasks, n_workers, note, leases, threads=max(1, cores // n_workers)
        )
        with contextlib.closing(supervisor.run()) as task:
            ends = yield from task
    finally:
        leases.close()
        notes = _register(folder, plan, predicted)
    return RunResult(ends, tuple(notes), log.path, time.monotonic() - began_s)


def _register(
    folder: ProjectFolder, plan: RunPlan, predicted: Sequence[str]
) -> list[str]:
    """Note the predictions in the project, all at once, unless they are noted."""
    if not predicted:
        return []
    # Read again: the window may have saved meanwhile.
    return folder.add_predictions(predicted, plan.model)
