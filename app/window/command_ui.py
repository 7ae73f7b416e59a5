"""Show the command palette, the key table and context menus."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from app.kit.commands import INSIDE, Command, Commands, command, plain
from app.kit.key_policy import KeyPolicy
from app.kit.keyboard import KeyboardHome
from app.kit.keymap import Keymap, with_arrow
from app.kit.language import tr
from app.services.services import Services
from app.views.keys.key_editor import KeyEditor
from app.views.keys.key_sheet import KeySheet
from app.views.keys.palette import CommandPalette, PaletteRow
from app.views.review.room import KEYS as ROOM_KEYS
from app.views.review.settle_words import KEYS as SETTLE_KEYS
from app.window.docks import Docks
from app.window.history_menu import HistoryMenu
from app.window.menus import (
    CORRECTING_MENU,
    LOUPE_MENU,
    NEEDS,
    NOT_NOW,
    PICTURE_MENU,
    VIDEOS_MENU,
    WORK,
)

CLASS_KEYS = "1, …, 0"
"""The keys that label, as the sheet of keys shows them."""


class CommandUi(QObject):
    """Make the command palette, key sheet and context menus."""

    def __init__(
        self,
        window: QMainWindow,
        services: Services,
        docks: Docks,
        commands: Commands,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._services, self._docks = window, services, docks
        self._settings, self._commands = services.settings, commands
        self.palette = CommandPalette(window)
        self.palette.called.connect(self._settings.add_recent_command)
        self.sheet: KeySheet | None = None
        self._policy: KeyPolicy | None = None
        self._home: KeyboardHome | None = None
        application = QApplication.instance()
        if isinstance(application, QApplication):
            self._policy = KeyPolicy(application, self)
            self._home = KeyboardHome(
                application, window, docks.take_keyboard, docks.go_back
            )
        docks.top.finder.clicked.connect(commands["palette"].trigger)
        commands.explain(docks.top.finder, "palette")
        commands.explain(docks.top.menu_button, "menu")
        for widget, ids in (
            (docks.loupe, LOUPE_MENU),
            (docks.end_loupe, LOUPE_MENU),
            (docks.videos, VIDEOS_MENU),
            (docks.video, PICTURE_MENU),
        ):
            self._right_click(widget, ids)
        if self._policy is not None:
            self._policy.keep_reserved(commands)
        room, settling = services.review.review_room, services.review.settling
        of_settling = [i for i, _ in SETTLE_KEYS if i.startswith("settle-")]
        commands.reserve((i for i, _ in ROOM_KEYS), room.in_room)
        commands.reserve(of_settling, lambda: settling.on and room.in_room())
        for name, button in docks.transport.buttons.items():
            commands.explain(button, name)
        docks.loupe.went_on.connect(self._go_on)
        docks.end_loupe.went_on.connect(self._go_on)
        docks.review.use(commands.__getitem__, lambda i: commands.key_texts.key(i))
        commands.explain(docks.transport.frame, "go-to")
        commands.explain(docks.messages.closing, "message")
        commands.explain(docks.model_line.prelabel, "prelabel")
        docks.model.next.prelabel.clicked.connect(commands["prelabel-all"].trigger)
        commands.explain(docks.model.next.prelabel, "prelabel-all")
        docks.model.training.unreviewed.linkActivated.connect(self._review_first)
        docks.export.review_asked.connect(self._review_first)
        pages = {"label": "page-label", "review": "room"}
        pages |= {name: name for name in ("train", "export")}
        docks.page_bar.use({page: commands[id_] for page, id_ in pages.items()})
        for page, id_ in pages.items():
            commands.explain(docks.page_bar.buttons[page], id_)
        docks.next_step.use(commands.__getitem__, commands.keys)
        commands.keys_changed.connect(self._on_keys_changed)
        self._on_keys_changed()

    def _review_first(self, _: str = "") -> None:
        """Open the room, in another video where this one is reviewed."""
        item = self._services.current_video.item
        elsewhere = item is None or item.reviewed
        self._commands["video-to-review" if elsewhere else "room"].trigger()

    def close(self) -> None:
        """Remove the event filters that were installed on the application."""
        if self._policy is not None:
            self._policy.close()
        if self._home is not None:
            self._home.close()
        if self.sheet is not None:
            self.sheet.close()

    # -- palette ------------------------------------------------------------------

    @command("palette", "Find a command…", "Ctrl+K", "Ctrl+Shift+P", icon="magnify")
    def toggle_palette(self) -> None:
        """Open the command palette, or close it."""
        if self.palette.isVisible():
            self.palette.leave()
        else:
            self._commands.refresh()
            self.palette.open(self.palette_rows(), self._settings.recent_commands)

    @command("history", "History…", "Ctrl+H")
    def show_history(self) -> None:
        """List the steps that can be undone or redone."""
        menu = HistoryMenu(self._services.document, self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        room = self._window.rect()
        left = (room.width() - menu.sizeHint().width()) // 2
        menu.popup(self._window.mapToGlobal(QPoint(left, room.height() // 8)))

    def palette_rows(self) -> list[PaletteRow]:
        """List what the palette finds: commands, classes, videos."""
        return [*map(self._palette_row, self._commands.all), *self._named()]

    def _palette_row(self, found: Command) -> PaletteRow:
        action, keys = self._commands[found.id], self._commands.keys(found.id)
        path = " › ".join(plain(part) for part in found.menu.split(INSIDE))
        why = ""
        if not action.isEnabled():
            why = tr(NEEDS.get(found.id) or NEEDS.get(found.menu) or NOT_NOW)
        return PaletteRow(found.id, path, plain(found.text), keys, action.trigger, why)

    def _named(self) -> list[PaletteRow]:
        """List classes to label with, and videos to go to."""
        project, item = (
            self._services.document.project,
            self._services.current_video.item,
        )
        editing, session = (
            self._services.labelling.segment_editor,
            self._services.session,
        )
        label, video = self.tr("Label"), self.tr("Video")
        classes = self._services.labelling.class_editor.classes_beside.classes
        return [
            *(
                PaletteRow(
                    f"class {c.id}",
                    label,
                    c.name,
                    c.key,
                    partial(editing.apply_class, c.id),
                    "" if item is not None else tr(NOT_NOW),
                )
                for c in classes
            ),
            *(
                PaletteRow(
                    f"video {v.video_id}",
                    video,
                    v.video_id,
                    "",
                    partial(session.set_video, v.id),
                )
                for v in project.first_tracks
            ),
        ]

    # -- keys ---------------------------------------------------------------------

    @command("keys", "Keyboard shortcuts", "?")
    def show_sheet(self) -> None:
        """Show all keys in a window, or close it."""
        if self.sheet is None:
            self.sheet = KeySheet(self._window, self._sheet_rows, self.change_keys)
        if self.sheet.isVisible() and self.sheet.isActiveWindow():
            self.sheet.close()
        else:
            self.sheet.open()

    def _sheet_rows(self) -> Sequence[tuple[str, str, str]]:
        texts = self._commands.key_texts
        beside = self._services.labelling.class_editor.classes_beside
        keyed = [c for c in beside.classes if c.key]
        rows = [(self.tr("Classes"), c.name, c.key) for c in keyed]
        first = [
            (
                self.tr("The work"),
                tr(text),
                ", ".join(with_arrow(k) for k in map(texts.key, ids) if k)
                or CLASS_KEYS,
            )
            for text, ids in WORK
        ]
        told = {i for _, ids in WORK for i in ids}
        return [*first, *texts.rows(besides=told), *gesture_rows(), *rows]

    @command(
        "shortcuts", "Change keyboard shortcuts…", tip="Change the keys of commands"
    )
    def change_keys(self) -> None:
        """Open the dialog for changing keys."""
        commands = self._commands
        editor = KeyEditor(
            self._window, commands.all, commands.keymap, self._set_keymap
        )
        editor.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        editor.open()
        editor.activateWindow()

    def _set_keymap(self, keymap: Keymap) -> None:
        self._settings.keys = keymap.changes
        self._commands.set_keymap(keymap)

    def _on_keys_changed(self) -> None:
        self._docks.show_keys(self._commands.keys)
        self._docks.top.finder.setText(self._commands.key_texts.key("palette"))
        if self.sheet is not None and self.sheet.isVisible():
            self.sheet.refresh()

    def _go_on(self) -> None:
        """Agree and go on after a click that did the rest, in the room or outside."""
        in_room = self._services.review.review_room.in_room()
        self._commands["room-right" if in_room else "review"].trigger()

    # -- context menus --------------------------------------------------------------

    def _right_click(self, widget: QWidget, ids: Sequence[str]) -> None:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

        def show(where: QPoint) -> None:
            correcting = self._services.session.correcting and ids is PICTURE_MENU
            menu = self._commands.menu(CORRECTING_MENU if correcting else ids, widget)
            name = (
                self._services.labelling.keypoint_editor.chosen_name
                if correcting
                else ""
            )
            if name:
                title = QAction(name, menu)
                title.setEnabled(False)
                menu.insertAction(menu.actions()[0], title)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(widget.mapToGlobal(where))

        widget.customContextMenuRequested.connect(show)


def gesture_rows() -> list[tuple[str, str, str]]:
    """Return place, effect and mouse movement of each gesture."""
    place = tr("Timeline")
    return [
        (place, tr("Move the playhead"), tr("Drag")),
        (place, tr("Go to a frame of the whole video"), tr("Drag in the top strip")),
        (place, tr("Show another part"), tr("Drag the box in the top strip")),
        (place, tr("Move a boundary"), tr("Drag a boundary")),
        (place, tr("Move a boundary without snapping"), tr("Alt+drag")),
        (place, tr("Move a whole segment"), tr("Ctrl+drag")),
        (place, tr("Mark a range"), tr("Shift+drag")),
        (place, tr("Paint a range"), tr("Class key+drag")),
        (place, tr("Add a segment to the selection"), tr("Ctrl+click")),
        (place, tr("Select segments"), tr("Ctrl+Shift+drag")),
        (place, tr("Cancel a drag"), tr("Escape")),
        (place, tr("Open the menu"), tr("Right-click")),
        (place, tr("Zoom, pan"), tr("Ctrl+wheel or wheel")),
        (place, tr("Label while playing"), tr("Class key")),
    ]
