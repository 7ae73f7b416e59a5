"""Projects, videos and files; undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.kit.commands import Entry, separator
from app.services.missing_labels import MissingLabels
from app.services.services import Services
from app.services.video_relinker import VideoRelinker
from app.views.dialogs.dialogs import Dialogs


def file_entries(
    dialogs: Dialogs,
    services: Services,
    finding: VideoRelinker,
    open_: Callable[[Callable[[], Path | None]], object],
    leave: Callable[[], object],
    quit_: Callable[[], object],
    imports: Sequence[Entry] = (),
) -> list[Entry]:
    """Projects, videos and files; ``open_`` opens what a question is answered with.

    ``imports`` stand beside the export.
    """
    menu, save = "&File", services.document.save

    def find_videos() -> None:
        place = dialogs.folder_of_videos()
        if place is not None:
            finding.look_in(place)

    return [
        Entry(
            "new",
            menu,
            "New project…",
            ("Ctrl+N",),
            lambda: open_(dialogs.new_project),
        ),
        Entry(
            "open",
            menu,
            "Open project…",
            ("Ctrl+O",),
            lambda: open_(dialogs.choose_project),
        ),
        Entry("add", menu, "Add videos…", ("Ctrl+Shift+O",), dialogs.add_videos),
        Entry(
            "find-moved",
            menu,
            "Find moved videos…",
            (),
            find_videos,
            lambda: finding.has_videos,
            tip="Look in a folder for the videos that are not where they were",
        ),
        Entry(
            "streams",
            menu,
            "Add the other streams of this file",
            (),
            services.video_files.add_streams,
            lambda: services.video_files.n_streams > 1,
        ),
        Entry(
            "image-rate",
            menu,
            "Rate of the images…",
            (),
            dialogs.ask_image_rate,
            lambda: services.video_files.image_rate is not None,
        ),
        Entry(
            "remove",
            menu,
            "Remove this video",
            (),
            services.video_files.remove,
            lambda: services.current_video.item is not None,
        ),
        separator(menu),
        Entry("save", menu, "Save", ("Ctrl+S",), save),
        Entry("export", menu, "Export labels…", ("Ctrl+E",), dialogs.export),
        *imports,
        separator(menu),
        Entry("close-project", menu, "Close project", ("Ctrl+W",), leave),
        Entry("quit", menu, "Quit", ("Ctrl+Q",), quit_),
    ]


def edit_entries(services: Services) -> list[Entry]:
    """Undo and redo."""
    menu, document = "&Edit", services.document
    stack = document.undo_stack
    keys = ("Ctrl+Shift+Z", "Ctrl+Y")
    return [
        Entry(
            "undo", menu, "Undo", ("Ctrl+Z",), document.undo, stack.canUndo, icon="undo"
        ),
        Entry("redo", menu, "Redo", keys, document.redo, stack.canRedo, icon="redo"),
    ]


def missing_labels_entries(missing: MissingLabels) -> list[Entry]:
    """Label files that are gone."""
    menu = "&Edit"
    return [
        separator(menu),
        Entry(
            "labels-look-again",
            menu,
            "Look again for missing labels",
            (),
            missing.look_again,
            lambda: bool(missing.videos),
            tip="Read label files that were gone and are there again",
        ),
        Entry(
            "labels-give-up",
            menu,
            "Give up the labels of this video",
            (),
            missing.give_up,
            lambda: missing.of_current,
            tip="Go on with this video as unlabelled, without its label file",
        ),
    ]
