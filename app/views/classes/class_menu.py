"""The context menu of classes, and dialogs to colour, describe, merge or delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from string import ascii_lowercase

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QInputDialog,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.kit.labels import Label
from app.kit.plural import plural
from app.services.labelling.class_editor import ClassEditor
from skelseg_core.labels.classes import KEYS, LETTER, PALETTE, SHIFTED_KEYS, ActionClass
from skelseg_core.project.class_edits import groups_of, letter_keys


def swatch(color: str, size: int = 14) -> QIcon:
    """Return an icon with a rounded square of a colour."""
    picture = QPixmap(QSize(size, size) * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(0, 0, size, size, 3, 3)
    painter.end()
    return QIcon(picture)


class ClassQuestions(QObject):
    """Ask what an edit of a class needs, and pass the answer to `ClassEditor`."""

    def __init__(self, parent: QWidget, editor: ClassEditor) -> None:
        super().__init__(parent)
        self._parent, self._editor = parent, editor

    def color(self, item: ActionClass) -> None:
        """Ask for the colour of a class.

        Of our distinct colours those stand under "Custom colors" that no class has.
        """
        used = {c.color.lower() for c in self._editor.all_classes.classes}
        free = (color for color in PALETTE if color not in used)
        for place, color in zip(range(QColorDialog.customCount()), free, strict=False):
            QColorDialog.setCustomColor(place, QColor(color))
        dialog = QColorDialog(QColor(item.color), self._parent)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setWindowTitle(self.tr("Colour of {name}").format(name=item.name))
        if dialog.exec():
            self._editor.recolor(item.id, dialog.currentColor().name())
        dialog.deleteLater()

    def describe(self, item: ActionClass) -> None:
        """Ask for a description of when the class holds."""
        text, ok = QInputDialog.getMultiLineText(
            self._parent,
            self.tr("Describe {name}").format(name=item.name),
            self.tr("When does it begin and end? What does not belong to it?"),
            item.description,
        )
        if ok:
            self._editor.describe(item.id, text)

    def new_group(self, items: Sequence[ActionClass]) -> None:
        """Ask for the name of a new group."""
        title = self.tr("Group of {name}").format(name=items[0].name)
        if len(items) > 1:
            title = plural("Group of {n} class(es)", len(items))
        text, ok = QInputDialog.getText(
            self._parent, title, self.tr("Name of the group"), text=items[0].group
        )
        if ok:
            self._set_group([c.id for c in items], text)

    def merge(self, item: ActionClass) -> None:
        """Ask for the class that a class is merged into."""
        if len(self._editor.classes_like(item)) < 2:
            return
        dialog = DestinationDialog(self._parent, self._editor, item, merging=True)
        if dialog.exec() and dialog.destination is not None:
            self._editor.delete(item.id, dialog.destination)

    def delete(self, item: ActionClass) -> None:
        """Delete a class; ask for the destination of its segments if it has any."""
        use = self._editor.use(item.id)
        if not use.annotated + use.other or len(self._editor.classes_like(item)) < 2:
            self._editor.delete(item.id, None)
            return
        dialog = DestinationDialog(self._parent, self._editor, item, merging=False)
        if dialog.exec():
            self._editor.delete(item.id, dialog.destination)

    def menu(
        self,
        item: ActionClass,
        rename: Callable[[], object],
        shift: Callable[[int], object],
    ) -> QMenu:
        """Make the context menu of one class."""
        menu = QMenu(self._parent)
        menu.setToolTipsVisible(True)

        def add(text: str, key: str, run: Callable[[], object]) -> QAction:
            action = menu.addAction(f"{text}\t{key}" if key else text)
            action.triggered.connect(lambda: run())
            return action

        add(self.tr("Rename"), "F2", rename)
        add(self.tr("Colour…"), "", lambda: self.color(item))
        menu.addMenu(self._keys(menu, item))
        add(self.tr("Description…"), "", lambda: self.describe(item))
        menu.addMenu(self._groups(menu, [item]))
        menu.addSeparator()
        add(self.tr("Move up"), "Alt+Up", lambda: shift(-1))
        add(self.tr("Move down"), "Alt+Down", lambda: shift(1))
        menu.addSeparator()
        several = len(self._editor.classes_like(item)) > 1
        merge = add(self.tr("Merge into…"), "", lambda: self.merge(item))
        delete = add(self.tr("Delete…"), "Del", lambda: self.delete(item))
        merge.setEnabled(several)
        delete.setEnabled(several)
        return menu

    def menu_of(self, items: Sequence[ActionClass]) -> QMenu:
        """Make the context menu of several selected classes."""
        menu = QMenu(self._parent)
        title = menu.addAction(plural("{n} class(es)", len(items)))
        title.setEnabled(False)
        menu.addSeparator()
        menu.addMenu(self._keys_of(menu, items))
        menu.addMenu(self._groups(menu, items))
        return menu

    def _keys_of(self, parent: QMenu, items: Sequence[ActionClass]) -> QMenu:
        """Add a menu that gives several classes keys, in the order of the list."""
        ids = [c.id for c in items]
        others = [c for c in self._editor.all_classes.classes if c.id not in ids]
        letters = letter_keys([c.name for c in items], {c.key for c in others})
        rows: list[tuple[str, Sequence[str]]] = [
            (self.tr("1, 2, 3 … in this order"), KEYS),
            (self.tr("Shift+1, 2, 3 … in this order"), SHIFTED_KEYS),
            (self.tr("One letter each, typed after /"), letters),
            (self.tr("No key"), ()),
        ]
        menu = QMenu(self.tr("Keys"), parent)
        for text, given in rows:
            keys = dict(zip_longest(ids, given[: len(ids)], fillvalue=""))
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False, k=keys: self._editor.set_keys(k))
        return menu

    def _keys(self, parent: QMenu, item: ActionClass) -> QMenu:
        owners = {c.key: c.name for c in self._editor.all_classes.classes}
        menu = QMenu(self.tr("Key"), parent)
        for title, keys in (
            ("", tuple(KEYS)),
            (self.tr("With Shift"), SHIFTED_KEYS),
            (self.tr("A letter after /"), tuple(LETTER + c for c in ascii_lowercase)),
        ):
            rows = [(key, f"{key}\t{owners.get(key, '')}") for key in keys]
            part = menu.addMenu(title) if title else menu
            self._choice(
                part, rows, item.key, lambda key: self._editor.set_key(item.id, key)
            )
        none = [("", self.tr("No key"))]
        self._choice(menu, none, item.key, lambda _: self._editor.set_key(item.id, ""))
        return menu

    def _groups(self, parent: QMenu, items: Sequence[ActionClass]) -> QMenu:
        ids = [c.id for c in items]
        rows = [(g, g) for g in groups_of(self._editor.classes_beside)]
        menu = QMenu(self.tr("Group"), parent)
        now = {c.group for c in items}
        self._choice(
            menu,
            [*rows, ("", self.tr("No group"))],
            now.pop() if len(now) == 1 else None,
            lambda group: self._set_group(ids, group),
        )
        menu.addSeparator()
        new = menu.addAction(self.tr("New group…"))
        new.triggered.connect(lambda: self.new_group(items))
        return menu

    def _set_group(self, class_ids: Sequence[int], group: str) -> None:
        if len(class_ids) == 1:
            self._editor.set_group(class_ids[0], group)
        else:
            self._editor.set_groups(class_ids, group)

    @staticmethod
    def _choice(
        menu: QMenu,
        rows: list[tuple[str, str]],
        now: str | None,
        choose: Callable[[str], object],
    ) -> None:
        """Add checkable actions for several values, the present one checked."""
        group = QActionGroup(menu)
        for value, text in rows:
            action = menu.addAction(text.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(value == now)
            action.triggered.connect(lambda _=False, v=value: choose(v))
            group.addAction(action)


class DestinationDialog(QDialog):
    """Ask where the segments of a merged or deleted class go."""

    def __init__(
        self, parent: QWidget, editor: ClassEditor, item: ActionClass, merging: bool
    ) -> None:
        super().__init__(parent)
        title = self.tr("Merge {name}") if merging else self.tr("Delete {name}")
        self.setWindowTitle(title.format(name=item.name))
        self.setMinimumWidth(360)
        sentence = Label(self._what_changes(editor, item))
        sentence.setWordWrap(True)
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("New class of its segments"))
        self.choice.setToolTip(self.tr("New class of its segments"))
        if not merging:
            self.choice.addItem(self.tr("Unlabelled"), None)
        for other in editor.classes_like(item).classes:
            if other.id != item.id:
                self.choice.addItem(swatch(other.color), other.name, other.id)
        if merging:
            # No default: a hasty Return would accept a wrong class.
            self.choice.setCurrentIndex(-1)
            self.choice.setPlaceholderText(self.tr("Choose a class"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        ok = buttons.addButton(
            self.tr("Merge") if merging else self.tr("Delete"),
            QDialogButtonBox.ButtonRole.AcceptRole,
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        for widget in (sentence, self.choice, buttons):
            layout.addWidget(widget)
        # A button can become the default only once it is inside the dialog.
        ok.setDefault(True)
        ok.setEnabled(self.choice.currentIndex() >= 0)
        self.choice.currentIndexChanged.connect(lambda n: ok.setEnabled(n >= 0))

    @property
    def destination(self) -> int | None:
        """Id of the chosen class; None is unlabelled."""
        data = self.choice.currentData()
        return None if data is None else int(data)

    def _what_changes(self, editor: ClassEditor, item: ActionClass) -> str:
        use = editor.use(item.id)
        sentence = self.tr("Segments of “{name}”: {n}. They become:")
        if use.other:
            sentence = self.tr(
                "Segments of “{name}”: {n}, and {m} of other annotators. They become:"
            )
        return sentence.format(
            n=f"{use.annotated:,}", m=f"{use.other:,}", name=item.name
        )
