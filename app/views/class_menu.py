"""What is asked and offered about one class: its menu and the few questions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QInputDialog,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.class_editing import ClassEditing
from app.views.class_colors import PaletteDialog
from skelseg_core.class_edits import groups_of
from skelseg_core.segmentation import KEYS, ActionClass


def swatch(color: str, size: int = 14) -> QIcon:
    """A rounded square of a colour."""
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
    """Asks what has to be said about a class and hands it to the verbs."""

    def __init__(self, parent: QWidget, verbs: ClassEditing) -> None:
        super().__init__(parent)
        self._parent, self._verbs = parent, verbs

    def color(self, item: ActionClass) -> None:
        """Choose a colour; those in use say so."""
        owners = {c.color.lower(): c.name for c in self._verbs.label_map.classes}
        title = self.tr("Colour of {name}").format(name=item.name)
        dialog = PaletteDialog(self._parent, title, item.color, owners)
        if dialog.exec():
            self._verbs.recolor(item.id, dialog.color)

    def describe(self, item: ActionClass) -> None:
        """Say in words when the class holds."""
        text, ok = QInputDialog.getMultiLineText(
            self._parent,
            self.tr("Describe {name}").format(name=item.name),
            self.tr("When does it begin and end, and what does not belong to it?"),
            item.description,
        )
        if ok:
            self._verbs.describe(item.id, text)

    def new_group(self, item: ActionClass) -> None:
        """Name a group that is not there yet."""
        text, ok = QInputDialog.getText(
            self._parent,
            self.tr("Group of {name}").format(name=item.name),
            self.tr("Name of the group"),
            text=item.group,
        )
        if ok:
            self._verbs.set_group(item.id, text)

    def merge(self, item: ActionClass) -> None:
        """Ask which class it becomes part of."""
        if len(self._verbs.label_map) < 2:
            return
        dialog = DestinationDialog(self._parent, self._verbs, item, merging=True)
        if dialog.exec():
            self._verbs.delete(item.id, dialog.destination)

    def delete(self, item: ActionClass) -> None:
        """Delete it; ask for the destination of its segments where it has any."""
        use = self._verbs.use(item.id)
        if not use.annotated + use.other or len(self._verbs.label_map) < 2:
            self._verbs.delete(item.id, None)
            return
        dialog = DestinationDialog(self._parent, self._verbs, item, merging=False)
        if dialog.exec():
            self._verbs.delete(item.id, dialog.destination)

    def menu(
        self,
        item: ActionClass,
        rename: Callable[[], object],
        shift: Callable[[int], object],
    ) -> QMenu:
        """Everything that can be done with a class."""
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
        menu.addMenu(self._groups(menu, item))
        menu.addSeparator()
        add(self.tr("Move up"), "Alt+Up", lambda: shift(-1))
        add(self.tr("Move down"), "Alt+Down", lambda: shift(1))
        menu.addSeparator()
        several = len(self._verbs.label_map) > 1
        merge = add(self.tr("Merge into…"), "", lambda: self.merge(item))
        delete = add(self.tr("Delete…"), "Del", lambda: self.delete(item))
        merge.setEnabled(several)
        delete.setEnabled(several)
        return menu

    def _keys(self, parent: QMenu, item: ActionClass) -> QMenu:
        owners = {c.key: c.name for c in self._verbs.label_map.classes if c.key}
        rows = [(key, f"{key}\t{owners.get(key, '')}") for key in KEYS]
        rows.append(("", self.tr("No key")))
        menu = QMenu(self.tr("Key"), parent)
        self._choice(
            menu, rows, item.key, lambda key: self._verbs.set_key(item.id, key)
        )
        return menu

    def _groups(self, parent: QMenu, item: ActionClass) -> QMenu:
        rows = [(g, g) for g in groups_of(self._verbs.label_map)]
        menu = QMenu(self.tr("Group"), parent)
        self._choice(
            menu,
            [*rows, ("", self.tr("No group"))],
            item.group,
            lambda group: self._verbs.set_group(item.id, group),
        )
        menu.addSeparator()
        new = menu.addAction(self.tr("New group…"))
        new.triggered.connect(lambda: self.new_group(item))
        return menu

    @staticmethod
    def _choice(
        menu: QMenu,
        rows: list[tuple[str, str]],
        now: str,
        choose: Callable[[str], object],
    ) -> None:
        """One of several values, the present one ticked."""
        group = QActionGroup(menu)
        for value, text in rows:
            action = menu.addAction(text.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(value == now)
            action.triggered.connect(lambda _=False, v=value: choose(v))
            group.addAction(action)


class DestinationDialog(QDialog):
    """Asks where the segments of a class go that is merged or deleted."""

    def __init__(
        self, parent: QWidget, verbs: ClassEditing, item: ActionClass, merging: bool
    ) -> None:
        super().__init__(parent)
        title = self.tr("Merge {name}") if merging else self.tr("Delete {name}")
        self.setWindowTitle(title.format(name=item.name))
        self.setMinimumWidth(360)
        said = QLabel(self._what_changes(verbs, item))
        said.setWordWrap(True)
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("Where its segments go"))
        self.choice.setToolTip(self.tr("The class that its segments get"))
        if not merging:
            self.choice.addItem(self.tr("Unlabelled"), None)
        for other in verbs.label_map.classes:
            if other.id != item.id:
                self.choice.addItem(swatch(other.color), other.name, other.id)
        if merging:
            # A guess would be taken by a Return that meant another.
            self.choice.setCurrentIndex(-1)
            self.choice.setPlaceholderText(self.tr("Choose a class"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        ok = buttons.addButton(
            self.tr("Merge") if merging else self.tr("Delete"),
            QDialogButtonBox.ButtonRole.AcceptRole,
        )
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        for widget in (said, self.choice, buttons):
            layout.addWidget(widget)
        # Only now is there a dialog that it may be the default of.
        ok.setDefault(True)
        ok.setEnabled(self.choice.currentIndex() >= 0)
        self.choice.currentIndexChanged.connect(lambda n: ok.setEnabled(n >= 0))

    @property
    def destination(self) -> int | None:
        """Id of the class that was chosen; None is unlabelled."""
        data = self.choice.currentData()
        return None if data is None else int(data)

    def _what_changes(self, verbs: ClassEditing, item: ActionClass) -> str:
        use = verbs.use(item.id)
        said = self.tr("Segments that are “{name}”: {n}. They become:")
        if use.other:
            said = self.tr(
                "Segments that are “{name}”: {n}, and {m} in predictions and other "
                "lanes. They become:"
            )
        return said.format(n=f"{use.annotated:,}", m=f"{use.other:,}", name=item.name)
