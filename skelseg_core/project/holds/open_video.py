"""OpenVideo: which video a window shows, so that one that ends the program is known.

Decoders are C libraries in the window's process. While a video is open a note in the
state folder names it; it is there still where the program died meanwhile. Most deaths
are no video's fault (a power cut, a full memory): only one that comes again as soon as
that video is opened again is.
"""

from __future__ import annotations

import contextlib
import os

from skelseg_core.array_files import content_key
from skelseg_core.errors import SkelsegError
from skelseg_core.files import atomic_write
from skelseg_core.process_identity import HIDDEN, process_start
from skelseg_core.text_files import read_text
from skelseg_core.user_folders import state_folder


class OpenVideo:
    """Note of the video of a project that is open in this process.

    Parameters
    ----------
    uuid : str
        Of the project.
    """

    def __init__(self, uuid: str) -> None:
        self._folder = state_folder() / "open_videos" / content_key(uuid)
        self._note = self._folder / str(os.getpid())
        self._name = self._suspect = ""

    def say(self, name: str) -> None:
        """Note that this video is opened."""
        self._name = name
        again = "\nagain" if name == self._suspect else ""
        said = f"{process_start(os.getpid())}\n{name}{again}"
        with contextlib.suppress(SkelsegError, OSError):
            atomic_write(self._note, said, sync=False)

    def clear_suspect(self) -> None:
        """Note that the open video did not end the program, as it is shown by now."""
        if self._suspect and self._name == self._suspect:
            self._suspect = ""
            self.say(self._name)

    def end(self) -> None:
        """Take the note away: the window closes."""
        self._suspect = ""
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)

    def died_with(self) -> tuple[str, bool]:
        """Return the video that was open when a process died; forget that it did.

        Also tells whether that was the second death in a row with it, soon after it was
        opened again.
        """
        found, twice = "", False
        for note in self._folder.glob("*"):
            with contextlib.suppress(SkelsegError, OSError, ValueError):
                started, _, said = read_text(note).partition("\n")
                if process_start(int(note.name)) not in (started, HIDDEN):
                    note.unlink()
                    found, _, again = said.partition("\n")
                    twice = bool(again)
        self._suspect = found
        return found, twice
