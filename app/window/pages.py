"""The four pages of the window: work pages have the film, result pages have none."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QToolButton,
    QWidget,
)

from app.kit.commands import command
from app.kit.settings import Settings

_Area = Qt.DockWidgetArea
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
LABEL, REVIEW, TRAIN, EXPORT = "label", "review", "train", "export"
LEFT = {LABEL: "Videos", REVIEW: "Review"}
"""The pages with the film, and the panel at the left that each shows and no other."""
WITH_FILM = ("Classes", "Loupe", "Timeline")
"""The panels that keep their place on all pages with the film."""
LEFT_EM = {LABEL: 16, REVIEW: 18}
FOLDED_EM, TALL = 8, 1.5
"""Width of the videos as pictures; width by height of a window that has them so.

There the picture is as wide as its room; elsewhere it is as high.
"""
RIGHT_EM, TIMELINE_EM, LOUPE_EM = 18, 15, 8.5
"""Widths and heights of panels, in heights of a line of text."""
LARGEST = {"right": 0.26, "Loupe": 0.126, "Timeline": 0.24}
LARGEST_LEFT = {False: 0.26, True: 0.36}
"""Shares of the window that panels take at most, unless a person gave them more."""
PICTURES = 13
NARROW_EM = 64
"""Width of a window, in heights of a line, below which it has one column of panels."""


class Pages(QObject):
    """Put the docks of a window where a page wants them.

    ``centres`` are the widgets in the middle: under "" what the pages with the film
    show there, and the pages without it, which fill the window.

    What a person closes stays closed; what a person sizes keeps its share of the
    window. Signals ``chosen`` when there is another page. ``moving`` is true while
    panels come and go by themselves, ``all_hidden`` while a person hides all.
    """

    chosen = Signal()

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, QDockWidget],
        centres: Mapping[str, QWidget],
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._settings = window, docks, settings
        self._centres = centres
        self.page, self._before = "", LABEL
        self._several = self._placed = self._keeps_list = False
        self.moving = self.all_hidden = False
        self._pressed: dict[str, float] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.fit)
        window.installEventFilter(self)

    def choose(self, page: str) -> None:
        """Show the panels of a page, each in its place."""
        size = self._window.size()
        self.keep_closed()
        self.moving, self.all_hidden = True, False
        if page != self.page:
            self._before, self.page = self.page or LABEL, page
        for name, centre in self._centres.items():
            centre.setVisible(name == ("" if self.has_film else page))
        if not self._placed or not all(map(self._is_in_place, self._docks)):
            self._put_in_place()
        shown = self._shown
        for name, dock in self._docks.items():
            dock.setVisible(name in shown)
        if self._window.size() != size:
            # Panels that lay above one another for a moment have enlarged it.
            self._window.resize(size)
        if self.has_film:
            self._docks["Classes" if page == LABEL else LEFT[page]].raise_()
            self._resize()
        self.moving = False
        self.chosen.emit()

    @property
    def has_film(self) -> bool:
        """True where the page shows the film; there its keys work."""
        return self.page in LEFT

    def show_film(self) -> None:
        """Show the page for labelling, where this one has no film."""
        if not self.has_film:
            self.choose(LABEL)

    def _is_in_place(self, name: str) -> bool:
        dock = self._docks[name]
        there = self._window.dockWidgetArea(dock) == self._area(name)
        return there and not dock.isFloating()

    def _put_in_place(self) -> None:
        """Put every dock where it belongs, whether it is shown or not."""
        self._placed = True
        focus = self._window.focusWidget()
        for name, dock in self._docks.items():
            dock.setFloating(False)
            self._window.addDockWidget(self._area(name), dock)
        columns = [*LEFT.values(), *(["Classes"] if self._is_narrow else [])]
        left = [self._docks[name] for name in columns]
        for dock in left:
            dock.show()  # hidden ones become no tabs
        for first, second in pairwise(left):
            self._window.tabifyDockWidget(first, second)
        loupe, timeline = self._docks["Loupe"], self._docks["Timeline"]
        self._window.splitDockWidget(loupe, timeline, _DOWN)
        beside = [self._docks[name] for name in self._docks if _is_beside(name)]
        self._window.splitDockWidget(timeline, beside[0], _ACROSS)
        for first, second in pairwise(beside):
            self._window.tabifyDockWidget(first, second)
        if focus is not None and focus.isVisibleTo(self._window):
            # A dock that is moved loses the keyboard.
            focus.setFocus()

    def leave(self, page: str) -> None:
        """Go back to the page before, if this one is shown."""
        if self.page == page:
            self.choose(self._before)

    @command("page-label", "Show the Label page", "F5")
    def label(self) -> None:
        """Show the page for labelling."""
        self.choose(LABEL)

    @command("page-reset", "Reset panels", tip="Put every panel where it was at first")
    def reset(self) -> None:
        """Put all panels of the page back, in the sizes that they have at first."""
        self._settings.closed, self._settings.shares = (), {}
        for name in self._usual:
            self._docks[name].show()
        self._placed = False
        self.choose(self.page)

    def set_several(self, several: bool) -> None:
        """Note whether there are videos to choose from: else their list is hidden."""
        several = several or self._keeps_list
        if several != self._several:
            self._several = several
            if self.page == LABEL:
                self._docks["Videos"].setVisible("Videos" in self._shown)
                self._soon.start()

    def keep_list(self) -> None:
        """Show the list of the videos, be it of one: a person is to choose from it."""
        self._keeps_list = True
        closed = self._settings.closed
        self._settings.closed = tuple(name for name in closed if name != "Videos")
        self.set_several(True)

    @property
    def _usual(self) -> tuple[str, ...]:
        if not self.has_film:
            return ()
        if self.page == LABEL and not self._several:
            return WITH_FILM
        return LEFT[self.page], *WITH_FILM

    @property
    def _shown(self) -> set[str]:
        closed = self._settings.closed
        # The review is nothing without its panel.
        return {n for n in self._usual if n not in closed or n == LEFT[REVIEW]}

    def keep_closed(self) -> None:
        """Remember which panels of the page a person closed, one by one."""
        if self.all_hidden:
            return
        closed = [n for n in self._settings.closed if n not in self._usual]
        closed += [n for n in self._usual if self._docks[n].isHidden()]
        self._settings.closed = tuple(closed)

    @property
    def _is_narrow(self) -> bool:
        """True where two columns leave no room for the picture: they are tabs then."""
        em = self._window.fontMetrics().height()
        return self._window.width() < NARROW_EM * em

    def _area(self, name: str) -> Qt.DockWidgetArea:
        if name in LEFT.values() or (name == "Classes" and self._is_narrow):
            return _Area.LeftDockWidgetArea
        if name == "Classes":
            return _Area.RightDockWidgetArea
        return _Area.BottomDockWidgetArea

    # -- sizes ------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.page:
            self._soon.start()
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = self._shares()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            # The window lays its panels out a moment after.
            QTimer.singleShot(0, self, self._on_released)
        return False

    def _on_released(self) -> None:
        """Keep the sizes that a dragged separator gave; no other click changes any."""
        now, before = self._shares(), self._pressed
        moved = {n: v for n, v in now.items() if abs(v - before.get(n, v)) > 0.004}
        if moved:
            self._settings.shares = {**self._settings.shares, **moved}

    def _shares(self) -> dict[str, float]:
        """Return the share of the window that each panel of a page has."""
        width, height = self._window.width(), self._window.height()
        found = {}
        for name in self._usual:
            dock = self._docks[name]
            if dock.isVisible() and not dock.isFloating():
                if name in ("Loupe", "Timeline"):
                    found[name] = dock.height() / height
                else:
                    found[self._column(name)] = dock.width() / width
        return found

    def _column(self, name: str) -> str:
        """Name what gives a dock its width: each page has a left column of its own."""
        return "right" if name == "Classes" else f"left of {self.page}"

    def _sizes(self) -> dict[str, int]:
        """Return the pixels that columns and rows are to have."""
        width, height = self._window.width(), self._window.height()
        em = self._window.fontMetrics().height()
        left_em = LEFT_EM[self.page]
        if self.page == LABEL and width < TALL * height and not self._is_narrow:
            left_em = FOLDED_EM
        # Thirteen square pictures fill the loupe, and the lanes of a model the rest.
        wanted = {
            self._column(LEFT[self.page]): (left_em * em, width),
            "right": (RIGHT_EM * em, width),
            "Loupe": (max(LOUPE_EM * em, width / PICTURES + 2 * em), height),
            "Timeline": (max(TIMELINE_EM * em, 0.2 * height), height),
        }
        shares, left = self._settings.shares, LARGEST_LEFT[self._is_narrow]
        return {
            name: round(
                whole * shares[name]
                if name in shares
                else min(px, LARGEST.get(name, left) * whole)
            )
            for name, (px, whole) in wanted.items()
        }

    def fit(self) -> None:
        """Fit the panels to the size of the window."""
        if not self.has_film:
            return
        if self._docks["Classes"].isFloating() or self._is_in_place("Classes"):
            self._resize()
        else:
            self.choose(self.page)

    def fit_soon(self) -> None:
        """Fit the panels once Qt has laid out what came or went.

        It tells that amid its own work, and crashes where panels are then moved.
        """
        self._soon.start()

    def _resize(self) -> None:
        sizes, across, down = self._sizes(), {}, {}
        for name, dock in self._docks.items():
            if dock.isHidden() or dock.isFloating():
                continue
            if name in ("Loupe", "Timeline"):
                down[dock] = sizes[name]
            elif not _is_beside(name):
                across[dock] = sizes[self._column(name)]
        for found, way in ((across, _ACROSS), (down, _DOWN)):
            if found:
                self._window.resizeDocks(list(found), list(found.values()), way)


def _is_beside(name: str) -> bool:
    """Tell whether a dock has its place at the right of the timeline."""
    return name not in (*LEFT.values(), *WITH_FILM)


class PageBar(QWidget):
    """A button for each page, at the start of the top row."""

    def __init__(self, pages: Pages) -> None:
        super().__init__()
        self._pages = pages
        self.setAccessibleName(self.tr("Pages"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons: dict[str, QToolButton] = {}
        for page, text in (
            (LABEL, self.tr("Label")),
            (REVIEW, self.tr("Review")),
            (TRAIN, self.tr("Train")),
            (EXPORT, self.tr("Export")),
        ):
            button = QToolButton()
            button.setText(text)
            button.setAccessibleName(text)
            button.setCheckable(True)
            button.setProperty("page", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
            self.buttons[page] = button
        pages.chosen.connect(self._show_page)

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Set the commands that choose the pages."""
        for page, button in self.buttons.items():
            # The button is a page's, whatever the command is called and ticked.
            button.clicked.connect(lambda _, a=actions[page]: self._choose(a))

    @property
    def shown(self) -> QToolButton:
        """The button of the page that is shown."""
        return self.buttons[self._pages.page or LABEL]

    def _choose(self, action: QAction) -> None:
        action.trigger()
        self._show_page()

    def mark(self, page: str = "") -> None:
        """Show a page as the one that is open; of none, the one that is."""
        for name, button in self.buttons.items():
            button.setChecked(name == (page or self._pages.page))

    def _show_page(self) -> None:
        self.mark()
