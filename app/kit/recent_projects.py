"""Read date and picture of the projects that were opened lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtGui import QImage

from app.kit.language import tr
from app.kit.project_picture import load_project_picture
from skelseg_core.progress import Progress, Task


@dataclass(frozen=True, eq=False)
class RecentProject:
    """Hold a project that was opened lately; ``changed`` is None where it is gone."""

    root: Path
    changed: datetime | None
    picture: QImage | None = None

    @property
    def there(self) -> bool:
        """Tell whether the project is where it was."""
        return self.changed is not None


def read_recent(roots: Iterable[Path]) -> Task[list[RecentProject]]:
    """Read when projects were changed; slow where a folder lies on a network."""
    found = []
    for root in roots:
        yield Progress("recent projects")
        found.append(_look_at(root))
    return found


def _look_at(root: Path) -> RecentProject:
    try:
        seconds = (root / "project.json").stat().st_mtime
        labels = root / "labels"
        if labels.is_dir():
            # Every save puts another file in place here.
            seconds = max(seconds, labels.stat().st_mtime)
        return RecentProject(
            root, datetime.fromtimestamp(seconds), load_project_picture(root)
        )
    except (OSError, ValueError, OverflowError):
        return RecentProject(root, None)


def moment_text(moment: datetime, now: datetime) -> str:
    """Write a moment as ``today 14:03``, ``yesterday 14:03``, ``12 Nov 2026``."""
    day, clock = moment.date(), f"{moment:%H:%M}"
    if day == now.date():
        return tr("today {}").format(clock)
    if day == (now - timedelta(days=1)).date():
        return tr("yesterday {}").format(clock)
    return f"{moment.day} {moment:%b %Y}"
