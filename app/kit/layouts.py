"""Place the docks of a window: layouts that come with skelseg, and saved ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QByteArray, QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from app.kit.commands import Command, command, declare
from app.kit.settings import Settings

_Area = Qt.DockWidgetArea
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
USUAL_PX = 900
"""Height in px of a window in which docks get the heights of a layout; else scaled."""
LARGEST_SHARE = 0.28
"""Share of the height that timeline and loupe each take at most, at first."""
STATE = 1
"""Version of saved dock states."""
# Where every dock stands, whether it is shown or not; those that are not named here
# share the place beside the timeline, as tabs where several are shown.
_LEFT = ("Videos", "Review")
_RIGHT = ("Classes", "Model")
_BOTTOM = ("Loupe", "Timeline")


@dataclass(frozen=True)
class Layout:
    """Say which docks are shown, and how many px some of them get."""

    name: str
    shown: tuple[str, ...]
    widths: Mapping[str, int]
    heights: Mapping[str, int]


LAYOUTS = {
    "default": Layout(
        "Default",
        ("Videos", "Classes", "Model", "Timeline", "Loupe"),
        {"Videos": 232, "Classes": 264},
        {"Classes": 335, "Model": 245, "Loupe": 128, "Timeline": 250},
    ),
    "label": Layout(
        "Label", ("Classes", "Timeline"), {"Classes": 232}, {"Timeline": 320}
    ),
    "review": Layout(
        "Review",
        ("Videos", "Segments", "Timeline", "Loupe"),
        {"Videos": 200, "Segments": 680},
        {"Loupe": 144, "Timeline": 236},
    ),
    "wide": Layout("Wide picture", ("Timeline",), {}, {"Timeline": 168}),
}
"""The layouts that come with skelseg, by their ids."""


class Layouts(QObject):
    """Put the docks of a window where a layout wants them."""

    def __init__(
        self, window: QMainWindow, docks: Mapping[str, QDockWidget], settings: Settings
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._settings = window, docks, settings
        self._chosen, self._is_own = "default", False

    @declare(
        Command(f"layout-{i}", layout.name, args=(i,)) for i, layout in LAYOUTS.items()
    )
    def choose(self, layout_id: str) -> None:
        """Put the docks where a layout of `LAYOUTS` wants them."""
        layout, focus = LAYOUTS[layout_id], self._window.focusWidget()
        self._chosen, self._is_own = layout_id, False
        for name, dock in self._docks.items():
            dock.setFloating(False)
            self._window.addDockWidget(_area(name), dock)
            dock.setVisible(name in layout.shown)
        left = [self._docks[name] for name in _LEFT if name in self._docks]
        for first, second in pairwise(left):
            self._window.tabifyDockWidget(first, second)
        below = [self._docks[name] for name in _BOTTOM if name in self._docks]
        for upper, lower in pairwise(below):
            self._window.splitDockWidget(upper, lower, _DOWN)
        self._put_beside()
        self._resize(layout.widths, _ACROSS)
        self._resize(layout.heights, _DOWN)
        _give_back(focus)

    def _put_beside(self) -> None:
        """Put the rest at the right of the timeline, one over the other."""
        first: QDockWidget | None = None
        for name in filter(_is_beside, self._docks):
            dock = self._docks[name]
            if first is None:
                self._window.splitDockWidget(self._docks[_BOTTOM[-1]], dock, _ACROSS)
                first = dock
            else:
                self._window.tabifyDockWidget(first, dock)
            if not dock.isHidden():
                dock.raise_()

    @command(
        "layout-reset",
        "Reset this layout",
        tip="Put everything back where the layout wants it",
    )
    def reset(self) -> None:
        """Put the docks back where the layout that was chosen last wants them."""
        if self._is_own:
            self.restore(self._chosen)
        else:
            self.choose(self._chosen)

    def _resize(self, sizes: Mapping[str, int], way: Qt.Orientation) -> None:
        height = self._window.height()
        room, scale = round(height * LARGEST_SHARE), max(0.8, height / USUAL_PX)
        found = [
            (
                self._docks[name],
                min(round(size * scale), room) if name in _BOTTOM else size,
            )
            for name, size in sizes.items()
            if name in self._docks and not self._docks[name].isHidden()
        ]
        if not found:
            return
        beside = {self._docks[name] for name in self._docks if _is_beside(name)}
        if shared := [px for dock, px in found if dock in beside]:
            # The timeline gets the width that these docks leave.
            rest = self._window.width() - max(shared)
            found.append((self._docks[_BOTTOM[-1]], rest))
        docks, px = zip(*found, strict=True)
        self._window.resizeDocks(list(docks), list(px), way)

    # -- one's own --------------------------------------------------------------------

    @property
    def own(self) -> list[str]:
        """List the names of the saved layouts, in the order of the alphabet."""
        return sorted(self._settings.own_layouts, key=str.lower)

    def save(self, name: str) -> None:
        """Save under a name where the docks stand, in place of an older layout."""
        self._settings.save_own_layout(name, self._window.saveState(STATE))
        self._chosen, self._is_own = name, True

    def restore(self, name: str) -> None:
        """Put the docks where they stood when this layout was saved."""
        state = self._settings.own_layouts.get(name)
        if state is not None:
            self.stand(state)
            self._chosen, self._is_own = name, True

    def stand(self, state: QByteArray) -> bool:
        """Put the docks where a state of Qt says; False where it cannot be read."""
        focus = self._window.focusWidget()
        found = self._window.restoreState(state, STATE)
        _give_back(focus)
        return found

    def delete(self, name: str) -> None:
        """Forget a saved layout."""
        self._settings.delete_own_layout(name)
        if self._is_own and self._chosen == name:
            self._chosen, self._is_own = "default", False


def _give_back(focus: QWidget | None) -> None:
    """Put the focus back where it was: a dock that is moved loses it."""
    if focus is not None and focus.isVisibleTo(focus.window()):
        focus.setFocus()


def _is_beside(name: str) -> bool:
    return name not in (*_LEFT, *_RIGHT, *_BOTTOM)


def _area(name: str) -> Qt.DockWidgetArea:
    if name in _LEFT:
        return _Area.LeftDockWidgetArea
    if name in _RIGHT:
        return _Area.RightDockWidgetArea
    return _Area.BottomDockWidgetArea
