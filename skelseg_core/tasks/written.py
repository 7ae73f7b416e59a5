"""All tasks that write a file or a folder, for the terminal and the window."""

from __future__ import annotations

from skelseg_core.choices import WrittenTask
from skelseg_core.tasks.picture_choices import CLIPS, PLOT, RENDER

WRITTEN: tuple[WrittenTask, ...] = (RENDER, CLIPS, PLOT)
"""In the order in which they are offered."""
