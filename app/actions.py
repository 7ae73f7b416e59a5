"""Actions: one table that makes the menus, their keys and the shortcut sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu

from app import theme
from app.operations import Operations
from app.settings import Scheme, Settings
from app.timeline.view import TimelineView

SEPARATOR = "-"


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Entry:
    """One line of the table: where it stands, what it says, its keys, what it does."""

    id: str
    menu: str
    text: str
    keys: tuple[str, ...]
    run: Callable[[], object]
    enabled: Callable[[], bool] = _always
    checked: Callable[[], bool] | None = None


def separator(menu: str) -> Entry:
    """A line between two groups of a menu."""
    return Entry(SEPARATOR, menu, "", (), lambda: None)


def playback_entries(ops: Operations) -> list[Entry]:
    """Playing and stepping."""
    player = ops.player

    def seconds(step: float) -> None:
        if player.info is not None:
            times = player.info.timestamps_s
            wanted = times[player.target] + step
            found = int(times.searchsorted(wanted, side="right")) - 1
            player.seek(max(0, min(found, len(times) - 1)))

    def end() -> None:
        if player.info is not None:
            player.seek(player.info.n_frames - 1)

    def opened() -> bool:
        return player.info is not None

    rows: list[tuple[str, str, tuple[str, ...], Callable[[], object]]] = [
        ("play", "Play or pause", ("Space",), player.toggle),
        ("next", "Next frame", ("Right",), lambda: player.step(1)),
        ("previous", "Previous frame", ("Left",), lambda: player.step(-1)),
        ("next10", "10 frames on", ("Ctrl+Right",), lambda: player.step(10)),
        ("previous10", "10 frames back", ("Ctrl+Left",), lambda: player.step(-10)),
        ("second", "1 second on", ("Shift+Right",), lambda: seconds(1.0)),
        ("second-back", "1 second back", ("Shift+Left",), lambda: seconds(-1.0)),
        ("first", "First frame", ("Home",), lambda: player.seek(0)),
        ("last", "Last frame", ("End",), end),
        ("boundary-next", "Next boundary", ("Down",), lambda: ops.go_to_boundary(1)),
        (
            "boundary-previous",
            "Previous boundary",
            ("Up",),
            lambda: ops.go_to_boundary(-1),
        ),
        ("slower", "Slower", ("Ctrl+Down",), lambda: player.set_rate(player.rate / 2)),
        ("faster", "Faster", ("Ctrl+Up",), lambda: player.set_rate(player.rate * 2)),
    ]
    return [Entry(i, "&Playback", t, k, run, opened) for i, t, k, run in rows]


def segment_entries(ops: Operations) -> list[Entry]:
    """Everything that edits the annotation."""
    menu, session = "&Segment", ops.session

    def video() -> bool:
        return ops.item is not None

    def boundary() -> bool:
        return video() and session.boundary is not None

    def marked() -> bool:
        return session.range_in is not None or session.range_out is not None

    return [
        Entry("in", menu, "Mark in", ("I",), ops.mark_in, video),
        Entry("out", menu, "Mark out", ("O",), ops.mark_out, video),
        Entry(
            "clear",
            menu,
            "Clear marks",
            ("X",),
            lambda: session.set_range(None, None),
            marked,
        ),
        separator(menu),
        Entry("split", menu, "Split at playhead", ("S",), ops.split, video),
        Entry("merge", menu, "Merge with next", ("M",), ops.merge, video),
        Entry("absorb", menu, "Delete into neighbour", ("Delete",), ops.absorb, video),
        Entry("trim-start", menu, "Start here", ("[",), ops.trim_start, video),
        Entry("trim-stop", menu, "End here", ("]",), ops.trim_stop, video),
        Entry(
            "nudge-left",
            menu,
            "Boundary 1 frame left",
            ("Alt+Left",),
            lambda: ops.nudge(-1),
            boundary,
        ),
        Entry(
            "nudge-right",
            menu,
            "Boundary 1 frame right",
            ("Alt+Right",),
            lambda: ops.nudge(1),
            boundary,
        ),
        separator(menu),
        Entry(
            "unlabel",
            menu,
            "Remove label",
            ("Backspace",),
            lambda: ops.apply_class(None),
            video,
        ),
        Entry("review", menu, "Accept segment", ("Return",), ops.accept_segment, video),
    ]


def view_entries(ops: Operations, timeline: TimelineView) -> list[Entry]:
    """What is drawn over the picture, and the zoom of the timeline."""
    menu, session = "&View", ops.session

    def overlay(name: str, text: str, key: str) -> Entry:
        return Entry(
            f"overlay-{name}",
            menu,
            text,
            (key,),
            lambda: session.set_overlays(**{name: not getattr(session.overlays, name)}),
            checked=lambda: bool(getattr(session.overlays, name)),
        )

    return [
        overlay("skeleton", "Skeleton", "K"),
        overlay("heatmap", "Heatmap", "H"),
        overlay("others", "Other people", "Shift+K"),
        separator(menu),
        Entry("zoom-in", menu, "Zoom in", ("+", "="), timeline.zoom_in),
        Entry("zoom-out", menu, "Zoom out", ("-",), timeline.zoom_out),
        Entry("zoom-fit", menu, "Whole video", ("F",), timeline.zoom_fit),
    ]


def scheme_entries(settings: Settings) -> list[Entry]:
    """Dark, light, or as the system says."""
    texts: dict[Scheme, str] = {
        "system": "Colours of the system",
        "dark": "Dark",
        "light": "Light",
    }

    def choose(scheme: Scheme) -> None:
        settings.scheme = scheme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, scheme)

    def entry(scheme: Scheme, text: str) -> Entry:
        return Entry(
            f"scheme-{scheme}",
            "&View",
            text,
            (),
            lambda: choose(scheme),
            checked=lambda: settings.scheme == scheme,
        )

    return [entry(scheme, text) for scheme, text in texts.items()]


def model_entries(ops: Operations, train: Callable[[], object]) -> list[Entry]:
    """The loop: poses, pre-label, accept, train."""
    menu = "&Model"

    def video() -> bool:
        return ops.item is not None

    def pictures() -> bool:
        return ops.item is not None and ops.item.has_video

    return [
        Entry(
            "prelabel",
            menu,
            "Pre-label this video",
            ("Ctrl+P",),
            ops.prelabel,
            lambda: video() and bool(ops.model),
        ),
        Entry(
            "accept",
            menu,
            "Accept the prediction",
            ("Ctrl+Return",),
            ops.accept_all,
            lambda: bool(ops.shown_model()),
        ),
        Entry(
            "unpredict",
            menu,
            "Remove the prediction",
            (),
            ops.remove_prediction,
            lambda: bool(ops.shown_model()),
        ),
        separator(menu),
        Entry("train", menu, "Train…", ("Ctrl+T",), train),
        Entry(
            "poses", menu, "Estimate poses", (), lambda: ops.estimate_poses(), pictures
        ),
    ]


class Actions:
    """The table as QActions in the menus of a window; `refresh` enables them."""

    def __init__(self, window: QMainWindow, entries: list[Entry]) -> None:
        self._entries = entries
        self._typing = False
        self._actions: dict[str, QAction] = {}
        menus: dict[str, QMenu] = {}
        for entry in entries:
            if entry.menu not in menus:
                menus[entry.menu] = window.menuBar().addMenu(entry.menu)
                menus[entry.menu].aboutToShow.connect(self.refresh)
            menu = menus[entry.menu]
            if entry.id == SEPARATOR:
                menu.addSeparator()
                continue
            menu.addAction(self._make(window, entry))
        self.menus = menus
        self.refresh()

    def _make(self, window: QMainWindow, entry: Entry) -> QAction:
        action = QAction(entry.text, window)
        action.setObjectName(entry.id)
        action.setShortcuts([QKeySequence(k) for k in entry.keys])
        action.setCheckable(entry.checked is not None)
        action.triggered.connect(lambda: entry.run())
        self._actions[entry.id] = action
        return action

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def set_typing(self, typing: bool) -> None:
        """Leave bare keys to a text field while it has the focus."""
        if typing != self._typing:
            self._typing = typing
            self.refresh()

    def refresh(self) -> None:
        """Enable and tick what the state says."""
        for entry in self._entries:
            if entry.id == SEPARATOR:
                continue
            action = self._actions[entry.id]
            bare = any("+" not in k.rstrip("+") for k in entry.keys)
            action.setEnabled(entry.enabled() and not (self._typing and bare))
            if entry.checked is not None:
                action.setChecked(entry.checked())

    def sheet(self) -> list[tuple[str, str, str]]:
        """Menu, text and keys of everything that has a key, for the shortcut sheet."""
        return [
            (e.menu.replace("&", ""), e.text.rstrip("…"), " or ".join(e.keys))
            for e in self._entries
            if e.keys
        ]
