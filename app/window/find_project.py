"""Open a path as a project: make projects of videos, data sets and the demo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.kit.language import tr
from app.kit.threads import Wait, run_in_thread_and_wait, wait_until
from app.services.jobs import Jobs
from skelseg_core.errors import ProjectError, unreachable
from skelseg_core.file_names import short_name
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.said import Said
from skelseg_core.user_folders import demo_folder
from skelseg_core.video.image_files import find_images, holds_images, is_images
from skelseg_core.video.media_path import media_path, media_title, to_be_added

if TYPE_CHECKING:
    from skelseg_core.formats.tables.table import Table
    from skelseg_core.formats.tables.table_mapping import TableMapping


def demo_task() -> Task[Path]:
    """Return the user's own copy of the demo; copy it at the first call."""
    folder = demo_folder()
    if not (folder / "project.json").is_file():
        yield Progress("copying the demo")
        from skelseg_core.project.demo_project import write_demo

        write_demo(folder)
    return folder


def dataset_importer(
    window: QWidget, jobs: Jobs, then: Callable[[Path], None]
) -> Callable[[Path], None]:
    """Return a function that makes a project of a data set in a folder it asks for.

    ``then`` is called with that folder.
    """

    def take(src: Path) -> None:
        from app.views.dialogs.dialogs import ask_dataset_project

        root = ask_dataset_project(window, src)
        if root is not None:
            title = tr("Import {}")
            job = jobs.start(title.format(src.name), dataset_task(src, root), then)
            job.on_leaving = tr("Nothing is kept. Import it again.")

    return take


def labels_importer(
    window: QWidget,
    jobs: Jobs,
    then: Callable[[Path], None],
    choose: Callable[[Path, Sequence[Path]], None],
) -> Callable[[Sequence[Path], Sequence[Path]], None]:
    """Return a function that makes a project of label files in a folder it asks for.

    It is called with the files and the videos that came with them; where the columns
    of a table are not recognised, a person is asked first. ``then`` is called with the
    folder, or ``choose`` with it and the files where a person has to choose what
    becomes of the labels.
    """

    def take(paths: Sequence[Path], videos: Sequence[Path]) -> None:
        from skelseg_core.tasks.import_labels import unexplained_table

        places = list(dict.fromkeys(video.parent for video in videos))
        title = tr("Import {}")
        title = title.format(paths[0].name)

        def make(columns: TableMapping | None = None, remember: bool = False) -> None:
            from app.views.dialogs.dialogs import ask_dataset_project
            from skelseg_core.tasks.import_labels import make_project

            root = ask_dataset_project(window, paths[0].with_suffix(""))
            if root is not None:
                task = make_project(root, paths, places, columns, remember)
                job = jobs.start(
                    title,
                    task,
                    lambda whole: then(root) if whole else choose(root, paths),
                )
                job.on_leaving = tr("Nothing is kept. Import it again.")

        def ask(found: tuple[Table, TableMapping | None] | None) -> None:
            from app.views.dialogs.table_columns_dialog import ask_columns

            if found is None:
                make()
            else:
                ask_columns(window, *found, make)

        jobs.start(title, unexplained_table(paths), ask)

    return take


def dataset_task(src: Path, root: Path) -> Task[Path]:
    """Make a project in ``root`` of a data set folder whose layout is known."""
    from skelseg_core.poses.poses3d import Camera
    from skelseg_core.tasks.importing import (
        dataset_layout,
        empty_folder,
        import_dataset,
        load_dataset,
    )

    empty_folder(root)
    yield Progress(Said("reading {}", src.name))
    dataset = load_dataset(dataset_layout(src), src)
    yield from import_dataset(dataset, root, Camera(1050.0, 1920, 1080))
    return root


def project_for(
    target: Path, wait: Wait = wait_until, window: QWidget | None = None
) -> Path | None:
    """Return the project of a path; for a video, ask over the window and make one.

    ``wait`` may raise where a disk is not awaited any longer.

    Raises
    ------
    SkelsegError
        For a path that is neither a project nor a video.
    """
    target, root = run_in_thread_and_wait(lambda: _looked_at(target), wait)
    if root is not None:
        return root
    from app.views.dialogs.dialogs import ask_new_project

    made = ask_new_project(window, [target])
    return made.resolve() if made else None


def _looked_at(target: Path) -> tuple[Path, Path | None]:
    """Return the path as it is added to projects, and its project if it has one."""
    try:
        if not ProjectFolder(target).project_file.is_file():
            (target,) = to_be_added([target])
        root = _project_of(target)
        return target, root if root is None else root.resolve()
    except OSError as error:
        raise ProjectError(unreachable(error)) from error


def _project_of(target: Path) -> Path | None:
    """Return the project at a path; None where a video has none yet."""
    folder, file = ProjectFolder(target), media_path(target).file
    if folder.project_file.is_file():
        return target
    if not (file.is_file() or holds_images(file)):
        # The project that was made of the videos in a folder.
        root = target / f"{short_name(target.absolute().name)}-project"
        if ProjectFolder(root).project_file.is_file():
            return root
        folder.load()  # raises the error that says what is wrong
    root = file.with_name(f"{short_name(media_title(target))}-project")
    if ProjectFolder(root).project_file.is_file():
        return root
    from skelseg_core.video.container import VideoFile

    # Checked before asking: no dialog for a file that is no video.
    if is_images(file):
        find_images(file)
    else:
        VideoFile(target).close()
    return None
