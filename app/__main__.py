"""The window's door: arguments, the application, what happens with errors."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from skelseg_core.errors import SkelsegError
from skelseg_core.project import ProjectFolder, new_project, probe_video
from skelseg_core.segmentation import label_map_from_names

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.main_window import MainWindow
    from app.settings import Settings

NO_DISPLAY = (
    "skelseg needs a display to open its window, and there is none. On a desktop start "
    "it from a terminal there; over ssh use 'ssh -X'; without any screen use "
    "'xvfb-run skelseg app' or the commands of 'skelseg --help'."
)


class Application:
    """Owns the QApplication and the one window; opens another project in its place."""

    def __init__(self, application: QApplication, settings: Settings) -> None:
        self.application, self.settings = application, settings
        self.window: MainWindow | None = None

    def open(self, target: Path) -> None:
        """Show a project, or a video as a project; raises SkelsegError."""
        from app.document import open_document
        from app.main_window import MainWindow

        root = project_for(target)
        if root is None:
            return
        old = self.window
        if old is not None and old.document.folder.root == root:
            return
        document = open_document(ProjectFolder(root))
        self.settings.add_recent(root)
        window = MainWindow(document, self.settings)
        window.open_requested.connect(self.open_or_tell)
        self.window = window
        window.start()
        window.show()
        if old is not None:
            old.close()
            old.deleteLater()

    def open_or_tell(self, target: Path) -> None:
        """Show another project, or say why not in the bar of the present window."""
        try:
            self.open(target)
        except SkelsegError as error:
            if self.window is None:
                raise
            self.window.panels.messages.warn(str(error))


def project_for(target: Path) -> Path | None:
    """The project that a path means; a video is asked about and made into one.

    Raises
    ------
    SkelsegError
        Where it is neither a project nor a video.
    """
    if not target.is_file():
        ProjectFolder(target).load()
        return target.resolve()
    root = target.with_name(f"{target.stem}-project")
    if ProjectFolder(root).project_file.is_file():
        return root.resolve()
    # Looked at before anything is asked: a file that is no video needs no dialog.
    probe_video(
        target, ProjectFolder(root), new_project("", label_map_from_names(["a"]))
    )
    from app.dialogs import ask_new_project

    made = ask_new_project(None, [target])
    return made.resolve() if made else None


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _target(arguments: list[str], settings: Settings) -> Path:
    if arguments and arguments[0] != "--demo":
        return Path(arguments[0])
    if not arguments:
        for recent in settings.recent:
            if (recent / "project.json").is_file():
                return recent
    from skelseg_core.demo import ensure_demo

    return ensure_demo()


def _on_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    traceback.print_exception(kind, error, trace)


def main() -> int:
    """Open the window; returns the exit code."""
    if not _has_display():
        print(NO_DISPLAY, file=sys.stderr)  # noqa: T201
        return 2
    from PySide6.QtWidgets import QApplication

    from app import theme
    from app.settings import Settings

    faulthandler.enable()
    sys.excepthook = _on_exception
    threading.excepthook = lambda a: _on_exception(
        a.exc_type, a.exc_value or a.exc_type(), a.exc_traceback
    )
    QApplication.setApplicationName("skelseg")
    QApplication.setOrganizationName("skelseg")
    application = QApplication(sys.argv[:1])
    settings = Settings()
    theme.apply(application, settings.scheme)
    owner = Application(application, settings)
    try:
        owner.open(_target(sys.argv[1:], settings))
    except SkelsegError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return application.exec() if owner.window else 0


if __name__ == "__main__":
    sys.exit(main())
