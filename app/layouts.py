"""Layouts: where the docks stand; some that come with skelseg and one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

from app.settings import Settings

_Area = Qt.DockWidgetArea
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
TALL_PX = 900
LARGEST_SHARE = 0.28
"""On a small screen the timeline takes no more at first: the picture needs the room."""
# Where every dock stands, whether it is shown or not; those that are not named here
# share the place of the last at the right, as tabs where several are shown.
_LEFT = ("Videos",)
_RIGHT = ("Classes", "Model")
_BOTTOM = ("Loupe", "Timeline")


@dataclass(frozen=True)
class Layout:
    """Which docks are shown, and how many px some of them get."""

    name: str
    shown: tuple[str, ...]
    widths: Mapping[str, int]
    heights: Mapping[str, int]


LAYOUTS = {
    "default": Layout(
        "Default",
        ("Videos", "Classes", "Model", "Timeline", "Loupe"),
        {"Videos": 232, "Classes": 264},
        {"Classes": 360, "Model": 220, "Loupe": 128, "Timeline": 250},
    ),
    "label": Layout(
        "Label",
        ("Classes", "Timeline"),
        {"Classes": 232},
        {"Timeline": 320},
    ),
    "review": Layout(
        "Review",
        ("Videos", "Segments", "Timeline", "Loupe"),
        {"Videos": 200, "Segments": 320},
        {"Loupe": 160, "Timeline": 220},
    ),
    "wide": Layout("Wide picture", ("Timeline",), {}, {"Timeline": 168}),
}
"""The layouts that come with skelseg, by their ids."""


class Layouts(QObject):
    """Puts the docks of a window where a layout wants them."""

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, QDockWidget],
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._settings = window, docks, settings
        self._chosen, self._is_own = "default", False

    def choose(self, layout_id: str) -> None:
        """Put the docks where a layout of `LAYOUTS` wants them."""
        layout, focus = LAYOUTS[layout_id], self._window.focusWidget()
        self._chosen, self._is_own = layout_id, False
        # A loupe takes from a small screen what the picture needs more.
        small = self._window.height() < TALL_PX and layout_id == "default"
        for name, dock in self._docks.items():
            dock.setFloating(False)
            self._window.addDockWidget(_area(name), dock)
            dock.setVisible(name in layout.shown and not (small and name == "Loupe"))
        self._tabify()
        below = [self._docks[name] for name in _BOTTOM if name in self._docks]
        for upper, lower in pairwise(below):
            self._window.splitDockWidget(upper, lower, _DOWN)
        self._resize(layout.widths, _ACROSS)
        self._resize(layout.heights, _DOWN)
        if focus is not None and focus.isVisibleTo(self._window):
            # A dock that is put elsewhere loses it to whatever comes first.
            focus.setFocus()

    def _tabify(self) -> None:
        named = (*_LEFT, *_RIGHT, *_BOTTOM)
        for name, dock in self._docks.items():
            if name not in named and _RIGHT[-1] in self._docks:
                self._window.tabifyDockWidget(self._docks[_RIGHT[-1]], dock)
                if not dock.isHidden():
                    dock.raise_()

    def reset(self) -> None:
        """Put everything back where the layout that was chosen last wants it."""
        if self._is_own:
            self.restore(self._chosen)
        else:
            self.choose(self._chosen)

    def _resize(self, sizes: Mapping[str, int], way: Qt.Orientation) -> None:
        room = round(self._window.height() * LARGEST_SHARE)
        found = [
            (self._docks[name], min(size, room) if name in _BOTTOM else size)
            for name, size in sizes.items()
            if name in self._docks and not self._docks[name].isHidden()
        ]
        if found:
            docks, px = zip(*found, strict=True)
            self._window.resizeDocks(list(docks), list(px), way)

    # -- one's own --------------------------------------------------------------------

    @property
    def own(self) -> list[str]:
        """Names of the layouts that were saved, in the order of the alphabet."""
        return sorted(self._settings.own_layouts, key=str.lower)

    def save(self, name: str) -> None:
        """Save under a name where everything stands; an older one goes."""
        self._settings.save_own_layout(name, self._window.saveState())
        self._chosen, self._is_own = name, True

    def restore(self, name: str) -> None:
        """Put the docks where they stood when this was saved."""
        state = self._settings.own_layouts.get(name)
        if state is not None:
            self._window.restoreState(state)
            self._chosen, self._is_own = name, True

    def delete(self, name: str) -> None:
        """Forget a saved layout."""
        self._settings.delete_own_layout(name)
        if self._is_own and self._chosen == name:
            self._chosen, self._is_own = "default", False


def _area(name: str) -> Qt.DockWidgetArea:
    if name in _LEFT:
        return _Area.LeftDockWidgetArea
    if name in _BOTTOM:
        return _Area.BottomDockWidgetArea
    return _Area.RightDockWidgetArea
