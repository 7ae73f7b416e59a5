"""TaskLeases: keep two runs over a project from one task, on whatever computers.

A lease is a file that can be made once and that its holder touches now and then. One
whose process is gone, or that nobody touched for long, counts for nothing: two that
then work on one task leave one whole file.
"""

from __future__ import annotations

from pathlib import Path

from skelseg_core.array_files import content_key
from skelseg_core.project.holds.claim import SILENT_S, ClaimedError
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.runs.run_log import FOLDER, runs_folder


class TaskLeases:
    """Take and give back tasks of a project, for one run; close it in the end.

    Parameters
    ----------
    root : Path
        Folder of the project, on a disk that all runs see.

    Raises
    ------
    ProjectError
        Where the folder cannot be written.
    """

    def __init__(self, root: Path) -> None:
        runs_folder(root)
        self._claims = Claims(root, folder=f"{FOLDER}/leases")
        self._claims.start()

    def take(self, name: str) -> bool:
        """Take a task; False while another run works on it."""
        key = content_key(name)
        try:
            self._claims.take(key)
        except ClaimedError as error:
            if error.claim.silent_s < SILENT_S:
                return False
            self._claims.take_over(key)
        return True

    def release(self, name: str) -> None:
        """Give a task back, done or not."""
        self._claims.release(content_key(name))

    def close(self) -> None:
        """Give back every task."""
        self._claims.close()
