"""Commands of the tasks that write a file."""

from __future__ import annotations

from dataclasses import replace
from inspect import cleandoc
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.kit.commands import Command, declare
from app.services.services import Services
from app.views.dialogs.choice_dialog import ChoiceDialog, ask_choices
from app.views.dialogs.choice_fields import Offered
from skelseg_core.choices import WrittenTask
from skelseg_core.project.project_edits import shown_to_annotator
from skelseg_core.tasks.pictures.picture_choices import WRITTEN


class TaskCommands(QObject):
    """Ask for the choices of a task and the place, and have it written."""

    def __init__(
        self, window: QMainWindow, services: Services, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window, self._services = window, services
        self._chosen: Path | None = None

    def _can_write(self, task: WrittenTask) -> bool:
        if task.of_video:
            return self._services.current_video.item is not None
        return bool(self._services.document.project.tracks)

    def _proposed_frames(self) -> str:
        """Propose the frames between the marks, else those of the chosen segments."""
        session, item = self._services.session, self._services.current_video.item
        if item is None:
            return ""
        frames, chosen = session.marked_range(item.n_frames), session.chosen
        if frames is None and chosen:
            frames = min(a for a, _ in chosen), max(b for _, b in chosen)
        return "" if frames is None else "{}:{}".format(*frames)

    @declare(
        [Command(t.name, t.title, args=(t,), tip=t.tip) for t in WRITTEN],
        enabled=_can_write,
    )
    def write(self, task: WrittenTask) -> None:
        """Ask what is written and where, and write it.

        It is written beside a training, which may take hours, in a process of its own.
        """
        services, of_video = self._services, {}
        project, item = services.current_video.project, services.current_video.item
        items = [shown_to_annotator(project, video) for video in project.tracks]
        models = services.current_video.models_in_project()
        of_tier = {"tier": services.current_video.tier} if not task.of_video else {}
        choices, title = task.choices(), self.tr(task.title).rstrip("…")
        if task.of_video:
            if item is None:
                return
            items, of_video = [item], {"video_id": item.id}
            models = services.current_video.models
            choices = task.choices(frames=self._proposed_frames())
            title = f"{title}: {item.id}"
        place = self._chosen or services.document.folder.root
        about = cleandoc(task.about).partition("\n\n")[2]
        dialog = ChoiceDialog(
            self._window,
            title,
            self.tr(about.replace("\n", " ")),
            choices,
            Offered(items, models),
            task.endings,
        )
        asked = ask_choices(dialog, place / task.out.format(*of_video.values()))
        if asked is None:
            return
        out, choices = asked[0], replace(asked[1], **of_tier)
        self._chosen = out.parent
        runner, root = services.tasks, str(services.document.folder.root)

        def tell(made: dict[str, Any]) -> None:
            runner.tell(made["said"], made["notes"])

        runner.run_saved(
            (task.name, str(out)),
            title,
            runner.jobs.worker.alone(
                task.name, root=root, **of_video, out=str(out), **vars(choices)
            ),
            tell,
            busy=self.tr("{} is being written.").format(out),
            leaving=self.tr("No file was written. Export again."),
        )
