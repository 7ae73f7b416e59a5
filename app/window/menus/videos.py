"""Going from video to video, finding one, and notes about it."""

from __future__ import annotations

from functools import partial

from app.kit.commands import Entry, separator
from app.services.video_steps import VideoSteps
from app.views.dialogs.dialogs import Dialogs
from app.views.tables.videos import VideosView


def video_entries(dialogs: Dialogs, steps: VideoSteps, view: VideosView) -> list[Entry]:
    """The list of videos by keys."""
    menu, edit = "&View", "&Edit"
    return [
        Entry("find-video", menu, "Find a video", ("Ctrl+F",), view.start_search),
        Entry(
            "video-previous",
            menu,
            "Previous video",
            ("PgUp",),
            partial(steps.go, -1),
            partial(steps.has, -1),
        ),
        Entry(
            "video-next",
            menu,
            "Next video",
            ("PgDown",),
            partial(steps.go, 1),
            partial(steps.has, 1),
        ),
        Entry(
            "video-unfinished",
            menu,
            "Next unfinished video",
            ("Ctrl+PgDown",),
            steps.go_to_unfinished,
            lambda: steps.has_unfinished,
        ),
        separator(menu),
        separator(edit),
        Entry(
            "notes",
            edit,
            "Notes about this video…",
            ("Ctrl+Shift+N",),
            dialogs.edit_notes,
            lambda: steps.has(0),
        ),
    ]
