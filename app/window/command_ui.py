"""What leads to the commands: palette, keys, toolbar, context menus, layouts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QInputDialog, QMainWindow, QWidget

from app.kit.commands import INSIDE, SEPARATOR, Actions, Entry, plain
from app.kit.key_policy import KeyPolicy
from app.kit.keyboard import KeyboardHome
from app.kit.keymap import Keymap, load_presets
from app.kit.layouts import Layouts
from app.services.services import Services
from app.views.keys.key_editor import KeyEditor
from app.views.keys.key_sheet import KeySheet
from app.views.keys.key_table import NamedCommand
from app.views.keys.mouse_help import gesture_rows
from app.views.keys.palette import Command, CommandPalette
from app.views.toolbar import Toolbar
from app.window.docks import Docks

LAYOUT_MENU = f"&Window{INSIDE}&Layout"
TOOLBAR = (
    "undo",
    "redo",
    SEPARATOR,
    "split",
    "merge",
    "absorb",
    "review",
    SEPARATOR,
    "prelabel",
    "accept",
    SEPARATOR,
    "palette",
)
PICTURE_MENU = (
    "play",
    SEPARATOR,
    "split",
    "merge",
    "absorb",
    "unlabel",
    "review",
    SEPARATOR,
    "subject-next",
    "correct",
    SEPARATOR,
    "overlays",
    "picture-fit",
    "picture-actual",
    "second",
)
CORRECTING_MENU = (
    "keypoint-gone",
    "keypoint-line",
    "swap-sides",
    "swap-people",
    "restore",
    SEPARATOR,
    "correct",
)
LOUPE_MENU = (
    "boundary-previous",
    "boundary-next",
    SEPARATOR,
    "nudge-left",
    "nudge-right",
    "around",
    SEPARATOR,
    "loupe-hands",
    "loupe-picture",
    "loupe",
)
VIDEOS_MENU = ("prelabel", "poses", SEPARATOR, "add", "find-moved", "remove")
MODEL_MENU = ("prelabel", "prelabel-free", "accept", "unpredict", SEPARATOR, "train")


class CommandUi(QObject):
    """Owns what is made of the table of actions beside the menus."""

    def __init__(
        self, window: QMainWindow, services: Services, docks: Docks, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window, self._services, self._docks = window, services, docks
        self._settings = services.settings
        self.layouts = Layouts(window, docks.docks, services.settings)
        self.palette = CommandPalette(window)
        self.palette.called.connect(self._settings.add_recent_command)
        self._actions: Actions | None = None
        self.toolbar: Toolbar | None = None
        self.sheet: KeySheet | None = None
        self._policy: KeyPolicy | None = None
        self._home: KeyboardHome | None = None
        application = QApplication.instance()
        if isinstance(application, QApplication):
            self._policy = KeyPolicy(application, self)
            self._home = KeyboardHome(application, window, docks.take_keyboard)

    @property
    def actions(self) -> Actions:
        """The table, once `start` was told of it."""
        assert self._actions is not None
        return self._actions

    def start(self, actions: Actions) -> None:
        """Make toolbar and menus of the actions, and keep the keys that are shown."""
        self._actions = actions
        self._make_toolbar()
        docks = self._docks
        for widget, ids in (
            (docks.loupe, LOUPE_MENU),
            (docks.videos, VIDEOS_MENU),
            (docks.model, MODEL_MENU),
        ):
            self._right_click(widget, ids)
        self._right_click(docks.video, PICTURE_MENU)
        if self._policy is not None:
            over_picture = docks.video.underMouse
            self._policy.share(actions, "keypoint-gone", "absorb", over_picture)
        actions.menus[LAYOUT_MENU].aboutToShow.connect(self._fill_layouts)
        for name, button in docks.transport.buttons.items():
            actions.explain(button, name)
        docks.loupe.went_on.connect(actions["review"].trigger)
        actions.explain(docks.transport.frame, "go-to")
        actions.explain(docks.messages.closing, "message")
        actions.explain(docks.model.prelabel, "prelabel")
        actions.explain(docks.model.accept, "accept")
        actions.explain(docks.model.train, "train")
        actions.keys_changed.connect(self._on_keys_changed)
        self._on_keys_changed()

    def close(self) -> None:
        """Let go of what belongs to the whole program."""
        if self._policy is not None:
            self._policy.close()
        if self._home is not None:
            self._home.close()
        if self.sheet is not None:
            self.sheet.close()

    # -- palette ------------------------------------------------------------------

    def toggle_palette(self) -> None:
        """Look for a command, or no longer."""
        if self.palette.isVisible():
            self.palette.leave()
        else:
            self.actions.refresh()
            self.palette.open(self.commands(), self._settings.recent_commands)

    def commands(self) -> list[Command]:
        """Everything that can be called by its name."""
        return [*map(self._command, self.actions.entries), *self._named()]

    def _command(self, entry: Entry) -> Command:
        action = self.actions[entry.id]
        path = " › ".join(plain(part) for part in entry.menu.split(INSIDE))
        text = plain(entry.text)
        keys = self.actions.keys(entry.id)
        return Command(entry.id, path, text, keys, action.trigger, action.isEnabled())

    def _named(self) -> list[Command]:
        """Classes to label with, videos to go to, layouts to choose."""
        project, item = (
            self._services.document.project,
            self._services.current_video.item,
        )
        editing, session = self._services.segment_editor, self._services.session
        label, video, layout = self.tr("Label"), self.tr("Video"), self.tr("Layout")
        return [
            *(
                Command(
                    f"class {c.id}",
                    label,
                    c.name,
                    key,
                    partial(editing.apply_class, c.id),
                    item is not None,
                )
                for c, key in zip(
                    project.label_map.classes, project.label_map.keys, strict=True
                )
            ),
            *(
                Command(
                    f"video {v.id}",
                    video,
                    v.id,
                    "",
                    partial(session.set_video, v.id),
                )
                for v in project.videos
            ),
            *(
                Command(
                    f"layout {name}",
                    layout,
                    name,
                    "",
                    partial(self.layouts.restore, name),
                )
                for name in self.layouts.own
            ),
        ]

    # -- keys ---------------------------------------------------------------------

    def show_sheet(self) -> None:
        """Show all keys in a window of their own, or close it."""
        if self.sheet is None:
            self.sheet = KeySheet(self._window, self._sheet_rows, self.change_keys)
        if self.sheet.isVisible() and self.sheet.isActiveWindow():
            self.sheet.close()
        else:
            self.sheet.open()

    def _sheet_rows(self) -> Sequence[tuple[str, str, str]]:
        label_map = self._services.document.project.label_map
        pairs = zip(label_map.names, label_map.keys, strict=True)
        rows = [(self.tr("Classes"), name, key) for name, key in pairs if key]
        return [*self.actions.sheet(), *gesture_rows(), *rows]

    def change_keys(self) -> None:
        """Choose other keys."""
        names = [
            NamedCommand(
                e.id, plain(e.menu.partition(INSIDE)[0]), plain(e.text).rstrip("…")
            )
            for e in self.actions.entries
        ]
        editor = KeyEditor(
            self._window, names, self.actions.keymap, self._set_keymap, load_presets()
        )
        editor.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        editor.open()
        editor.activateWindow()

    def _set_keymap(self, keymap: Keymap) -> None:
        self._settings.keys = keymap.changes
        self.actions.set_keymap(keymap)

    def _on_keys_changed(self) -> None:
        self._docks.show_keys(self.actions.keys)
        if self.sheet is not None and self.sheet.isVisible():
            self.sheet.refresh()

    # -- toolbar and right clicks -------------------------------------------------

    def _make_toolbar(self) -> None:
        self.toolbar = Toolbar(
            [None if i == SEPARATOR else self.actions[i] for i in TOOLBAR]
        )
        bar = self._window.menuBar()
        if bar.isNativeMenuBar():
            row = self._window.addToolBar(self.tr("Toolbar"))
            row.setObjectName("Toolbar")
            row.setMovable(False)
            row.addWidget(self.toolbar)
        else:
            # Beside the menus it takes no height from the picture.
            bar.setCornerWidget(self.toolbar, Qt.Corner.TopRightCorner)
        self.toolbar.setVisible(self._settings.toolbar)

    @property
    def has_toolbar(self) -> bool:
        """Whether the toolbar is shown."""
        return self._settings.toolbar

    def toggle_toolbar(self) -> None:
        """Show the toolbar, or hide it."""
        self._settings.toolbar = not self._settings.toolbar
        if self.toolbar is not None:
            self.toolbar.setVisible(self._settings.toolbar)

    def _right_click(self, widget: QWidget, ids: Sequence[str]) -> None:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

        def show(where: QPoint) -> None:
            correcting = self._services.session.correcting and ids is PICTURE_MENU
            menu = self.actions.menu(CORRECTING_MENU if correcting else ids, widget)
            name = self._services.keypoint_editor.chosen_name if correcting else ""
            if name:
                title = QAction(name, menu)
                title.setEnabled(False)
                menu.insertAction(menu.actions()[0], title)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(widget.mapToGlobal(where))

        widget.customContextMenuRequested.connect(show)

    # -- layouts ------------------------------------------------------------------

    def save_layout(self) -> None:
        """Ask for a name and save where everything stands."""
        name, ok = QInputDialog.getText(
            self._window, self.tr("Save this layout"), self.tr("Name")
        )
        if ok and name.strip():
            self.layouts.save(name.strip())

    def delete_layout(self) -> None:
        """Ask which of one's own layouts to forget."""
        name, ok = QInputDialog.getItem(
            self._window,
            self.tr("Delete a layout"),
            self.tr("Layout"),
            self.layouts.own,
            0,
            False,
        )
        if ok:
            self.layouts.delete(name)

    def _fill_layouts(self) -> None:
        """Put one's own layouts at the end of the menu."""
        menu, named = self.actions.menus[LAYOUT_MENU], "own layout"
        for action in menu.actions():
            if action.property("part") == named:
                menu.removeAction(action)
                action.deleteLater()
        for name in self.layouts.own:
            action = menu.addAction(name.replace("&", "&&"))
            action.setProperty("part", named)
            action.triggered.connect(lambda _, n=name: self.layouts.restore(n))
