"""Commands that export videos and pictures to be looked at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.kit.commands import command
from app.services.services import Services
from app.views.dialogs.export_pictures import (
    ask_clips_export,
    ask_plot_export,
    ask_video_export,
)


class PictureCommands(QObject):
    """Ask what is exported and where, and have it written."""

    def __init__(
        self, window: QMainWindow, services: Services, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window, self._services = window, services
        self._chosen: Path | None = None

    def _has_video(self) -> bool:
        return self._services.current_video.item is not None

    def _has_videos(self) -> bool:
        return bool(self._services.document.project.videos)

    @property
    def _place(self) -> Path:
        """Folder of the last export, at first that of the project."""
        return self._chosen or self._services.document.folder.root

    def _proposed_frames(self) -> tuple[int, int] | None:
        """Propose the frames between the marks, else those of the chosen segments."""
        session = self._services.session
        item = self._services.current_video.item
        if item is None:
            return None
        marked = session.marked_range(item.n_frames)
        if marked is not None:
            return marked
        chosen = session.chosen
        if chosen:
            return min(a for a, _ in chosen), max(b for _, b in chosen)
        return None

    @command(
        "render",
        "Export video with labels…",
        enabled=_has_video,
        tip="This video as an MP4 file, its labels below the picture, the sound kept",
    )
    def export_video(self) -> None:
        """Ask what is burned into the current video, and write it."""
        item = self._services.current_video.item
        if item is None:
            return
        frames = self._proposed_frames()
        asked = ask_video_export(self._window, item, frames, self._place)
        if asked is not None:
            out, choices = asked
            self._chosen = out.parent
            self._services.picture_exporter.render(item.id, out, choices)

    @command(
        "clips",
        "Export clips of segments…",
        enabled=_has_videos,
        tip="One video file for each labelled segment, in a folder for each class",
    )
    def export_clips(self) -> None:
        """Ask of which segments clips are written, and write them."""
        project = self._services.document.project
        asked = ask_clips_export(self._window, project, self._place)
        if asked is not None:
            self._chosen = asked[0]
            self._services.picture_exporter.clips(*asked)

    @command(
        "plot",
        "Export picture of the labels…",
        enabled=_has_videos,
        tip="Labels over time, or which class follows which, as SVG, PDF or PNG",
    )
    def export_plot(self) -> None:
        """Ask what is drawn of the labels, and draw it."""
        project = self._services.document.project
        asked = ask_plot_export(self._window, project, self._place)
        if asked is not None:
            self._chosen = asked[0].parent
            self._services.picture_exporter.plot(*asked)
