"""Parts that all commands share: errors as one sentence, progress bars, options."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from skelseg_core import __version__
from skelseg_core.choices import ONLY_VIDEOS
from skelseg_core.cli.run_display import LINE_EVERY_S, QUIET, RunDisplay, is_quiet
from skelseg_core.errors import ProjectError, SkelsegError, stops_all, unreachable
from skelseg_core.progress import Progress, Task, mapped, run
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.said import counted

if TYPE_CHECKING:
    from skelseg_core.engine.queued_task import QueuedTask, TaskEvent
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.project import Project

T = TypeVar("T")
PATH = click.Path(path_type=Path)
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


class NameOf(click.Choice[str]):
    """Choice of names that are looked up only when needed.

    Importing the formats takes a fifth of the time in which a command starts.
    """

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        self._names = names
        super().__init__(())

    @property
    def choices(self) -> tuple[str, ...]:
        """Names to choose from, looked up now."""
        return tuple(self._names())

    @choices.setter
    def choices(self, _: Sequence[str]) -> None:
        """Ignore the empty names that `click.Choice` sets."""


class Mistake(click.ClickException):
    """Mistake of a user: one sentence, exit code 2."""

    exit_code = 2


class SomeFailed(click.ClickException):
    """Failure of some videos of several: names them, exit code 1."""

    exit_code = 1


class CommandGroup(click.Group):
    """Group of commands whose errors, wrong options included, become one sentence.

    Every command has the option --quiet.
    """

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, and to it the option --quiet."""
        if not any(param.name == "quiet" for param in cmd.params):
            quiet_option(cmd)
        super().add_command(cmd, name)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments; raise a `Mistake` for wrong ones."""
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            raise Mistake(_usage(error)) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; refuse an option given twice that counts once."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not ctx.resilient_parsing:
            _check_once(command, name, ctx, rest)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what a user can cause into a `Mistake`."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            # Click would exit with 1, as if the command had failed.
            click.echo("\nStopped.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from error
        except click.UsageError as error:
            raise Mistake(_usage(error)) from error
        except SkelsegError as error:
            raise Mistake(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # click exits quietly when the reader of a pipe has gone
            raise Mistake(_sentence(error)) from error
        except MemoryError as error:
            raise Mistake(_sentence(error)) from error


def _check_once(
    command: click.Command, name: str | None, parent: click.Context, args: list[str]
) -> None:
    settings = command.context_settings
    with command.context_class(command, parent, name, **settings) as ctx:
        _, _, given = command.make_parser(ctx).parse_args(list(args))
        for option in given:
            once = isinstance(option, click.Option) and not (
                option.multiple or option.count or option.is_flag
            )
            if once and given.count(option) > 1:
                raise click.UsageError(
                    f"{option.opts[0]} takes one value and is given "
                    f"{given.count(option)} times",
                    ctx,
                )


def unexpected(error: Exception) -> int:
    """Log an unexpected error and print where it happened; return the exit code."""
    from skelseg_core.logs import start_logging

    log = start_logging()
    arguments = " ".join(sys.argv[1:])
    logging.getLogger(__name__).info("skelseg %s, %s", __version__, arguments)
    logging.getLogger(__name__).critical(
        "%s: %s", type(error).__name__, error, exc_info=error
    )
    if log.failed:
        traceback.print_exception(error)
    return 1


def _usage(error: click.UsageError) -> str:
    text = error.format_message().replace(". Did you mean", "; did you mean")
    if text.endswith("?"):
        return text
    command = error.ctx.command_path if error.ctx else "skelseg"
    return f"{text.rstrip('.')}; see '{command} --help'."


def run_task(task: Task[T]) -> T:
    """Exhaust a task under a progress bar per step (on the standard error).

    Without a terminal (a script, a log) a line is printed once a minute; with --quiet
    nothing is.
    """
    if is_quiet():
        return run(task)
    if not sys.stderr.isatty():
        return run(_with_lines(task))
    bar: Any = None
    step, at = "", 0
    try:
        while True:
            try:
                progress = next(task)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            if bar is None or progress.step != step:
                _finish(bar)
                bar, step, at = _bar(progress), progress.step, 0
            values = "  ".join(f"{k} {v:.3f}" for k, v in progress.values.items())
            bar.label = f"{step:<28}  {values}".rstrip() if values else f"{step:<28}"
            bar.update(max(0, progress.done - at))
            at = max(at, progress.done)
    finally:
        _finish(bar)
        task.close()


def _with_lines(task: Task[T]) -> Task[T]:
    """Run a task and print a line of progress every `LINE_EVERY_S`."""
    printed = time.monotonic()

    def told(progress: Progress) -> Progress:
        nonlocal printed
        now = time.monotonic()
        if now - printed >= LINE_EVERY_S:
            printed = now
            click.echo(_line(progress), err=True)
        return progress

    return mapped(task, told)


def _line(progress: Progress) -> str:
    parts = [progress.step]
    if progress.total:
        parts.append(f"{progress.done:,} of {progress.total:,}")
    if progress.share is not None:
        parts.append(f"{100 * progress.share:.0f} %")
    values = [f"{name} {value:.3f}" for name, value in progress.values.items()]
    return ", ".join([*parts, *values])


def _bar(progress: Progress) -> Any:
    bar: Any = click.progressbar(
        length=max(1, progress.total), label=f"{progress.step:<28}", file=sys.stderr
    )
    bar.__enter__()
    return bar


def _finish(bar: Any) -> None:
    if bar is not None:
        bar.render_finish()


def opened(root: Path, only: Collection[str] = ()) -> tuple[ProjectFolder, Project]:
    """Open the project in ``root``; print what could not be read of it.

    With ``only``, other videos are not read, and the project cannot be saved.
    """
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.project_edits import missing_labels

    folder = ProjectFolder(root)
    project = folder.load_only(only) if only else folder.load()
    for note in folder.notes:
        click.echo(note, err=True)
    items = [project.track(video_id) for video_id in missing_labels(project)]
    if gone := [project.titled(v.id) for v in items if not v.is_damaged]:
        click.echo(f"The label files of {', '.join(gone)} are gone.", err=True)
    for item in items:
        for name in sorted(item.missing & item.damaged.keys()):
            click.echo(item.why_missing(name), err=True)
    if items and click.get_current_context().info_name != "backups":
        click.echo(f"'skelseg backups {root} --repair' restores them.", err=True)
    return folder, project


class _Each:
    """Tell how each of several videos ended, and in the end what failed."""

    def __init__(
        self,
        videos: Sequence[str],
        tell: Callable[[str, Mapping[str, Any]], None],
        as_json: bool,
        tracks: Project | None,
    ) -> None:
        self._videos, self._tell, self._as_json = videos, tell, as_json
        self._tracks = tracks
        self._done: list[dict[str, Any]] = []
        self._failed: dict[str, str] = {}

    def done(self, video: str, found: Mapping[str, Any]) -> None:
        named = {"video": video}
        if self._tracks is not None:
            named = self._tracks.said_of(TrackId(video))
        self._done.append({**found, **named})
        if not self._as_json:
            self._tell(self._called(video), found)

    def failed(self, video: str, sentence: str) -> None:
        called = self._called(video)
        self._failed[called] = sentence
        click.echo(f"{called}: {sentence}", err=True)

    def _called(self, video: str) -> str:
        return video if self._tracks is None else self._tracks.titled(video)

    def end(self) -> None:
        if self._as_json:
            print_json({"videos": self._done, "failed": self._failed})
        if self._failed:
            n, n_all = len(self._failed), len(self._videos)
            what = "video"
            if self._tracks is not None and self._tracks.has_tracks:
                what = "track"
            raise SomeFailed(
                f"{n_all - n} of {counted(n_all, what)} done; failed: "
                f"{', '.join(self._failed)}."
            )


def run_each(
    videos: Sequence[str],
    run: Callable[[str], Mapping[str, Any]],
    tell: Callable[[str, Mapping[str, Any]], None],
    as_json: bool = False,
    tracks: Project | None = None,
) -> None:
    """Run a step for each video, here; one that fails does not stop those after it.

    Errors are printed at once, and at the end which videos failed. An error that would
    stop every other video as well (a wrong setting, a full disk) ends the loop.

    Parameters
    ----------
    videos : sequence of str
    run : callable
        Does the step for a video and returns plain values on it.
    tell : callable
        Prints the video and these values, once they are there.
    as_json : bool
        Print the values of all videos as JSON at the end instead.
    tracks : Project, optional
        The project where the ids are of tracks, which are told by it.

    Raises
    ------
    SomeFailed
        Where a video of several failed; exit code 1.
    SkelsegError
        Where the only video failed, or what would stop every other one as well.
    """
    each = _Each(videos, tell, as_json, tracks)
    for video in videos:
        try:
            each.done(video, run(video))
        except (SkelsegError, OSError, MemoryError) as error:
            if len(videos) == 1 or stops_all(error):
                raise
            each.failed(video, _sentence(error))
    each.end()


def run_videos(
    task: Callable[..., Task[Mapping[str, Any]]],
    stage: str,
    root: Path,
    videos: Sequence[str],
    arguments: Mapping[str, Any],
    tell: Callable[[str, Mapping[str, Any]], None],
    jobs: int,
    threads: int,
    as_json: bool,
    tracks: Project | None = None,
) -> None:
    """Run a task for each video: here, or some at a time in processes of their own.

    Parameters
    ----------
    task : callable
        A task of the registry, under its own name.
    stage : str
        What it does, for the display.
    root : Path
        Folder of the project.
    videos : sequence of str
    arguments : mapping
        Those of the task that are the same for each video.
    jobs, threads : int
        Processes, and processor threads of all of them; 0 for as many as there are.
    tell, as_json, tracks
        As in `run_each`.

    Raises
    ------
    SomeFailed, SkelsegError
        As `run_each`.
    """
    from skelseg_core.features.video_work import cpu_threads
    from skelseg_core.project.folder import ProjectFolder

    cores = cpu_threads(threads)
    n_workers = max(1, min(jobs or cores, len(videos)))
    if n_workers == 1:
        same = {**arguments, "threads": threads}
        run_each(
            videos,
            lambda v: run_task(task(str(root), v, **same)),
            tell,
            as_json,
            tracks,
        )
        return
    from skelseg_core.engine.queued_task import QueuedTask
    from skelseg_core.engine.supervisor import Supervisor
    from skelseg_core.logs import start_logging

    start_logging()
    each_threads = max(1, cores // n_workers)
    same = {**arguments, "root": str(root), "threads": each_threads}
    n_frames: dict[str, int] = {
        v.id: v.n_frames for v in ProjectFolder(root).load_only(videos).tracks
    }
    tasks = [
        QueuedTask(
            video,
            task.__name__,
            {**same, "video_id": video},
            stage=stage,
            video=video,
            n_frames=n_frames[video],
        )
        for video in videos
    ]
    each, display = _Each(videos, tell, as_json, tracks), RunDisplay()

    def note(event: TaskEvent) -> None:
        if event.state == "done":
            display.clear()
            each.done(event.task.video, event.result)
        elif event.state == "failed" and not event.result.get("stops"):
            display.clear()
            each.failed(event.task.video, event.sentence)

    display.drive(Supervisor(tasks, n_workers, note, threads=each_threads).run())
    each.end()


def run_apart(task: QueuedTask, threads: int, when_dead: str) -> Mapping[str, Any]:
    """Run one task in a process of its own; return what it returns.

    Where the process dies or hangs, the task begins once more in another.

    Parameters
    ----------
    task : QueuedTask
    threads : int
        Processor threads; 0 are all.
    when_dead : str
        Sentence on what is to be done where the second process dies, too.

    Raises
    ------
    SomeFailed
        Where both processes died. Why is printed already, as is a bug.
    SkelsegError
        Where the task was refused.
    """
    from skelseg_core.engine.supervisor import RunProgress, Supervisor
    from skelseg_core.logs import start_logging

    start_logging()
    last = Progress("starting")

    def of_task(progress: Progress) -> Progress:
        nonlocal last
        assert isinstance(progress, RunProgress)
        last = progress.running.get(task.name, last)
        return last

    def note(event: TaskEvent) -> None:
        if event.state == "crashed":
            bar = "\n" if sys.stderr.isatty() else ""  # ends the line of the bar
            said = f"{bar}{task.name} starts again in a new process."
            click.echo(said, err=True)

    supervisor = Supervisor([task], 1, note, threads=threads)
    end = run_task(mapped(supervisor.run(), of_task))[task.name]
    if end.result.get("unexpected"):
        raise click.exceptions.Exit(SomeFailed.exit_code)
    if end.state == "failed" and not end.result.get("died"):
        raise SkelsegError(end.sentence)
    if end.state != "done":
        raise SomeFailed(when_dead)
    return end.result


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError):
        return unreachable(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory for this; close other programs."
    return str(error)


def save_and_tell(
    folder: ProjectFolder, after: Project, before: Project, held: Collection[str] = ()
) -> None:
    """Save a project, and print what somebody else wrote meanwhile and was kept.

    Videos whose labels change are claimed for it, but for those that are ``held``. A
    backup is made before labels change, and before the first edit of a day. Where the
    disk takes none the edit is made nevertheless.

    Raises
    ------
    ClaimedError, EditError
        Where somebody else labels one of them, or locked it; nothing is written then.
    """
    from skelseg_core.project.claimed_edits import check_unlocked, videos_to_claim
    from skelseg_core.project.copies.backups import Backups
    from skelseg_core.project.holds.claims import claimed

    check_unlocked(before, after)
    changed = [v for v in videos_to_claim(before, after) if v not in held]
    with claimed(folder.root, changed, before.titled):
        backups = Backups(folder, before.uuid)
        reason = f"Before: skelseg {click.get_current_context().info_name}"
        make = backups.make if changed or held else backups.make_daily
        try:
            make(reason)
        except ProjectError as error:
            click.echo(f"No backup was made. {error}", err=True)
        folder.keep_ids(before, after)
        for note in folder.save(after, before).notes:
            click.echo(note, err=True)


def look_at_every(root: Path, n: int) -> None:
    """Say in a project of every how many frames one is looked at for poses."""
    from skelseg_core.project.project_edits import set_pose_every

    change_project(root, lambda project: set_pose_every(project, n))


def change_project(root: Path, edit: Callable[[Project], Project]) -> Project:
    """Change the settings of a project, and return it."""
    folder, before = opened(root)
    after = edit(before)
    if after is not before:
        save_and_tell(folder, after, before)
    return after


def track_ids(
    root: Path,
    names: Sequence[str],
    part: Callable[[Project], Project] = lambda project: project,
) -> list[TrackId]:
    """Return the ids of the tracks that names and patterns mean, of all without.

    Those that a ``part`` of the project lacks are left out, where it has others.
    """
    from skelseg_core.project.folder import ProjectFolder

    chosen = ProjectFolder(root).outline().matching(names) if names else ()
    _, project = opened(root, chosen)
    if not project.tracks:
        raise ProjectError(
            "Project {} has no videos; add some with 'skelseg add'.", project.name
        )
    ids = [v.id for v in project.chosen(chosen)]
    there = part(project)
    return [track_id for track_id in ids if there.has(track_id)] or ids


def video_ids(root: Path, names: Sequence[str]) -> list[VideoId]:
    """Return the ids of the videos that names mean: tracks are of their video."""
    from skelseg_core.project.folder import ProjectFolder

    outline, ids = ProjectFolder(root).outline(), track_ids(root, names)
    return list(dict.fromkeys(outline.track(i).video_id for i in ids))


threads_option = click.option(
    "--threads",
    type=click.IntRange(min=0),
    default=0,
    show_default="all",
    help="Processor threads.",
)


def _devices() -> tuple[str, ...]:
    from skelseg_core.torch_tools.devices import WANTED

    return WANTED


def _set_device(_: click.Context, __: click.Parameter, value: str | None) -> None:
    if value is not None:
        from skelseg_core.torch_tools.devices import VARIABLE

        # The processes that work for this one are told by it, too.
        os.environ[VARIABLE] = value


device_option = click.option(
    "--device",
    type=NameOf(_devices),
    show_default="auto, or the value of SKELSEG_DEVICE",
    expose_value=False,
    callback=_set_device,
    help="cpu or cuda (a graphics card); auto uses a card that works.",
)
every_option = click.option(
    "--every",
    type=click.IntRange(0, 10),
    metavar="N",
    help="Look for poses at every N-th frame and interpolate, from now on in this "
    "project; 1 looks at all frames, 0 (the default) at 12 or more a second.",
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=0),
    default=0,
    show_default="one per core, as far as the memory allows",
    help="Processes that work at the same time, each on one video.",
)
only_option = click.option(
    "--video", "videos", metavar="PATTERN", multiple=True, help=ONLY_VIDEOS
)
model_option = click.option("--model", required=True, help="Name of a model in FOLDER.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _set_quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[QUIET] = True


quiet_option = click.option(
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_set_quiet,
    help="Print no progress.",
)


def print_json(value: object) -> None:
    """Print plain values as JSON on the standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
