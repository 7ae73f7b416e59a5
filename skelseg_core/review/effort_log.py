"""EffortLog: what a person's work on the videos of a project has taken so far.

It lies on this computer beside the journals, never in the project, and nothing sends it
anywhere. It holds three numbers for each video and no labels: edits, places looked at,
and active seconds. A break of more than `BREAK_S` is no work.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write, read_json
from skelseg_core.project.session_journals import old_journal_path

BREAK_S = 60.0
"""Seconds without an action after which a person is taken to be away."""
MOST_VIDEOS = 5000
"""Videos that a log holds; those worked on longest ago go first."""
_MOST = 10**9


@dataclass
class Work:
    """Work on one video.

    Parameters
    ----------
    events : int
        Edits: steps of undo, and steps undone or redone.
    places : int
        Places that were looked at.
    active_s : float
        Seconds without the breaks.
    """

    events: int = 0
    places: int = 0
    active_s: float = 0.0


class EffortLog:
    """Count the work on the videos of a project, and keep it in a file.

    Parameters
    ----------
    path : Path
        Of the file; what is damaged in it counts as nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._videos = _read(path)
        self._last: tuple[str, float] | None = None
        self._unsaved = False

    def of(self, video_id: str) -> Work:
        """Return the work on a video so far."""
        return self._videos.get(video_id, Work())

    def act(self, video_id: str, now_s: float) -> None:
        """Count the time since the last action on the same video, unless it was long.

        Parameters
        ----------
        video_id : str
        now_s : float
            Of a clock that never goes back.
        """
        last, self._last = self._last, (video_id, now_s)
        if last is None or last[0] != video_id:
            return
        passed = now_s - last[1]
        if 0 < passed <= BREAK_S:
            self._work(video_id).active_s += passed
            self._unsaved = True

    def edit(self, video_id: str, now_s: float) -> None:
        """Count an edit."""
        self.act(video_id, now_s)
        self._work(video_id).events += 1
        self._unsaved = True

    def look(self, video_id: str, now_s: float) -> None:
        """Count a look at a place."""
        self.act(video_id, now_s)
        self._work(video_id).places += 1
        self._unsaved = True

    def save(self) -> None:
        """Write the file, if anything was counted since.

        Raises
        ------
        OSError, ProjectError
            Where it cannot be written.
        """
        if not self._unsaved:
            return
        kept = list(self._videos.items())[-MOST_VIDEOS:]
        values = {video_id: asdict(work) for video_id, work in kept}
        # After a crash of the system the old file or the new one is there; the last
        # minutes of a log are not worth waiting for the disk.
        atomic_write(self.path, json.dumps({"videos": values}) + "\n", sync=False)
        self._unsaved = False

    def delete(self) -> None:
        """Forget everything, and delete the file."""
        self._videos.clear()
        self._last, self._unsaved = None, False
        self.path.unlink(missing_ok=True)

    def _work(self, video_id: str) -> Work:
        # At the end of the list: the last that was worked on.
        work = self._videos.pop(video_id, None) or Work()
        self._videos[video_id] = work
        return work


def effort_log_path(uuid: str, root: Path) -> Path:
    """Return the file of a project's log, by the project's identity and folder."""
    # By the place too, as ever: a log that exists is to be found.
    journal = old_journal_path(uuid, root)
    return journal.parent.parent / "effort" / f"{journal.stem}.json"


def _read(path: Path) -> dict[str, Work]:
    try:
        values = read_json(path) if path.is_file() else {}
    except (FormatError, OSError):
        return {}
    videos = values.get("videos") if isinstance(values, dict) else None
    if not isinstance(videos, dict):
        return {}
    read = {str(video_id): _work_of(said) for video_id, said in videos.items()}
    return {video_id: work for video_id, work in read.items() if work is not None}


def _work_of(said: Any) -> Work | None:
    if not isinstance(said, dict):
        return None
    found: list[float] = []
    for name in ("events", "places", "active_s"):
        number = said.get(name)
        if not isinstance(number, int | float) or not 0 <= number < _MOST:
            return None
        found.append(number)
    return Work(int(found[0]), int(found[1]), float(found[2]))
