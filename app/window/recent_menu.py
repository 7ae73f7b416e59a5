"""RecentMenu: the projects that were open lately, as a menu under File."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QMenu, QWidget

from app.kit.settings import Settings


class RecentMenu(QMenu):
    """Filled when it opens; ``run`` gets the folder that was chosen."""

    def __init__(
        self,
        settings: Settings,
        run: Callable[[Path], object],
        current: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(self.tr("Recent"), parent)
        self._settings, self._run, self._current = settings, run, current
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """List the recent projects but the one that is open."""
        self.clear()
        for root in self._settings.recent:
            if root == self._current:
                continue
            action = self.addAction(root.name.replace("&", "&&"))
            action.setToolTip(str(root))
            action.triggered.connect(lambda _, root=root: self._run(root))
        if self.isEmpty():
            self.addAction(self.tr("No other project yet")).setEnabled(False)
