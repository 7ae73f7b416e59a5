"""Count what a person meets in the window of the demo: ``python -m tools.counts``.

On a screen (Xvfb, 1366x768), with nothing remembered of an earlier session.
"""

from __future__ import annotations

import importlib
import pkgutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication, QDialog, QMenu, QStyle

import app
from app.kit import theme
from app.kit.settings import Settings
from app.state.document import open_document
from app.views.start.help_pages import PAGES, load_page
from app.window.command_owners import project_table
from app.window.main_window import MainWindow
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder

SCREEN = 1366, 768


def main() -> None:
    """Print the counts."""
    qt = QApplication([])
    theme.apply(qt, "dark")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "demo"
        write_demo(root)
        window = MainWindow(Settings(Path(folder) / "settings.ini"))
        window.resize(*SCREEN)
        made = window.fill(open_document(ProjectFolder(root)))
        bar = [a.menu() for a in window.menuBar().actions()]
        menus = [m for top in bar if isinstance(top, QMenu) for m in _with_inner(top)]
        for menu in menus:
            menu.aboutToShow.emit()
        rows = {m.title(): len(_rows(m)) for m in menus}
        heights = {m.title(): _height(m) for m in menus}
        panels = len(made.docks.docks)
        window.close()
    highest = max(heights, key=lambda title: heights[title])
    print(f"rows in all menus   {sum(rows.values())}")
    print(f"highest menu        {heights[highest]} px ({highest})")
    print(f"commands            {len(project_table().commands)}")
    shared = _shared_keys()
    print(f"keys of several     {len(shared)}: {', '.join(shared)}")
    print(f"panels              {panels}")
    print(f"dialogs             {len(set(_dialogs()))}")
    print(f"words of help       {sum(len(load_page(p).words.split()) for p in PAGES)}")
    for title, n in rows.items():
        print(f"  {title:14} {n:3} rows {heights[title]:4} px")


def _with_inner(menu: QMenu) -> Iterator[QMenu]:
    yield menu
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from _with_inner(inner)


def _rows(menu: QMenu) -> list[object]:
    """List the rows of a menu: commands, menus inside it, and what else it offers."""
    return [a for a in menu.actions() if not a.isSeparator()]


def _height(menu: QMenu) -> int:
    """Return the height in one column, as on a screen that is high enough."""
    style = menu.style()
    edge = style.pixelMetric(QStyle.PixelMetric.PM_MenuPanelWidth, None, menu)
    space = style.pixelMetric(QStyle.PixelMetric.PM_MenuVMargin, None, menu)
    inside = sum(menu.actionGeometry(a).height() for a in menu.actions())
    return inside + 2 * (edge + space)


def _shared_keys() -> list[str]:
    keys = Counter(k for c in project_table().commands for k in c.keys)
    return sorted(key for key, n in keys.items() if n > 1)


def _dialogs() -> Iterator[type]:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting: list[type] = [QDialog]
    while waiting:
        for found in waiting.pop().__subclasses__():
            waiting.append(found)
            if found.__module__.startswith("app."):
                yield found


if __name__ == "__main__":
    main()
