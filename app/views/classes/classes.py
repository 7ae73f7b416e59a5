"""The class dock: find a class by name, label with it, add, rename and edit classes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.kit.commands import command
from app.kit.key_policy import declare_keys, plain
from app.kit.keyboard import give_keyboard_in_dock
from app.kit.labels import Label
from app.services.labelling.class_editor import ClassEditor
from app.state.change import Change
from app.views.classes.class_list import ROW_PX, ClassList
from app.views.classes.class_menu import ClassQuestions
from app.views.classes.class_model import ClassFilter, ClassModel
from skelseg_core.labels.classes import LETTER, ActionClass
from skelseg_core.project.class_edits import groups_of
from skelseg_core.project.project import Project

_PAGE = 10
_WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)


class _FindField(QLineEdit):
    """The search field for classes: arrows move in the list, Return chooses."""

    focused = Signal(bool)
    stepped = Signal(int)
    entered = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {
            int(keys.Key_Up): -1,
            int(keys.Key_Down): 1,
            int(keys.Key_PageUp): -_PAGE,
            int(keys.Key_PageDown): _PAGE,
        }
        if event.key() in steps:
            self.stepped.emit(steps[event.key()])
        elif event.key() in (keys.Key_Return, keys.Key_Enter):
            self.entered.emit()
        elif event.key() == keys.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)


class ClassesView(QWidget):
    """Show and find classes; signal ``class_chosen`` (id), and ``left`` at Escape.

    `ClassEditor` edits the classes; `ClassQuestions` shows the dialogs.
    """

    class_chosen = Signal(object)
    left = Signal()

    def __init__(self, editor: ClassEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = editor
        self._document = editor.document
        self.questions = ClassQuestions(self, editor)
        self._added: Project | None = None
        self._stay, self._before, self._tier = False, "", editor.tier
        self._model = ClassModel(editor, self)
        self._shown = ClassFilter(self._model, self)
        self.filter = _FindField()
        self.groups = QComboBox()
        self.add_button = QToolButton()
        self.list = ClassList(self._shown, self)
        self.list.setMinimumHeight(ROW_PX)
        self.empty = Label()
        self.add_typed = QPushButton()
        self._build()
        self._connect()
        self._fill_groups()
        self._show_empty()

    def _build(self) -> None:
        self.filter.setPlaceholderText(self.tr("Find a class  /"))
        self.filter.setToolTip(
            self.tr(
                "Part of a name or the start of its words: wd or wadr for wash "
                "drawer. Return labels, Esc cancels"
            )
        )
        self.filter.setAccessibleName(self.tr("Find a class"))
        self.filter.setClearButtonEnabled(True)
        self.groups.setToolTip(self.tr("Show the classes of one group"))
        self.groups.setAccessibleName(self.tr("Group of classes"))
        self.groups.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.groups.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.add_button.setText("+")
        self.add_button.setToolTip(self.tr("Add a class"))
        self.add_button.setAccessibleName(self.tr("Add a class"))
        self.add_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.empty.setText(self.tr("No class matches."))
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(16, 24, 16, 8)
        self.add_typed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add_typed.setToolTip(self.tr("Add a class with this name"))
        for widget in (self.groups, self.add_button):
            widget.installEventFilter(self)
        declare_keys(self.add_button, lambda e: plain(e, *_WALKING))
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 8, 4)
        head.setSpacing(4)
        head.addWidget(self.filter, 1)
        head.addWidget(self.add_button)
        second = QHBoxLayout()
        second.setContentsMargins(12, 0, 12, 4)
        second.addWidget(self.groups)
        third = QHBoxLayout()
        third.setContentsMargins(12, 0, 12, 0)
        third.addStretch()
        third.addWidget(self.add_typed)
        third.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(second)
        layout.addWidget(self.empty)
        layout.addLayout(third)
        layout.addWidget(self.list, 1)
        layout.addStretch()
        for a, b in (
            (self.filter, self.list),
            (self.list, self.groups),
            (self.groups, self.add_button),
        ):
            QWidget.setTabOrder(a, b)

    def _connect(self) -> None:
        self._document.changed.connect(self._on_changed)
        self.filter.textChanged.connect(self._on_text)
        self.filter.focused.connect(self.list.set_highlighted)
        self.filter.stepped.connect(self.list.step)
        self.filter.entered.connect(self._on_entered)
        self.filter.left.connect(self.left)
        self.groups.currentIndexChanged.connect(self._on_group)
        self.add_button.clicked.connect(self.add)
        self.add_typed.clicked.connect(self._on_add_typed)
        self.list.doubleClicked.connect(lambda _: self.rename())
        self.list.chosen.connect(self.class_chosen)
        self.list.moved.connect(self.editor.move)
        self.list.left.connect(self.left)
        self.list.rename_requested.connect(self.rename)
        self.list.delete_requested.connect(self.delete)
        self.list.menu_requested.connect(self._on_menu)
        self.list.itemDelegate().closeEditor.connect(self._on_edited)

    # -- commands for the selected class
    # ------------------------------------------------

    @property
    def current(self) -> ActionClass | None:
        """The selected class if exactly one is selected, or None."""
        return (
            None
            if self.list.has_several
            else self.editor.all_classes.get(self.list.current)
        )

    @property
    def selected(self) -> list[ActionClass]:
        """All selected classes, from the top."""
        found = map(self.editor.all_classes.get, self.list.selected)
        return [c for c in found if c is not None]

    def _has_one(self) -> bool:
        return self.current is not None

    def _has_one_of_several(self) -> bool:
        item = self.current
        return item is not None and len(self.editor.classes_like(item)) > 1

    @command("class-find", "Find a class", "/")
    def find_class(self) -> None:
        """Move the focus to the search field, and show its dock."""
        self.list.select_one()
        give_keyboard_in_dock(self.filter)
        self.filter.selectAll()

    @command("class-add", "New class", acts_on="new class")
    def add(self) -> None:
        """Add a class and edit its name in place."""
        self._show_all()
        class_id = self.editor.add(self.editor.free_name())
        if class_id is not None:
            self._added = self._document.project
            self._model.fresh = class_id
            self._select(class_id)
            self._edit()

    @command(
        "class-rename", "Rename the class", enabled=_has_one, acts_on="chosen class"
    )
    def rename(self) -> None:
        """Edit the name of the selected class in place."""
        if self.current is not None:
            self._edit()

    def _edit(self) -> None:
        # Begun in the list, editing returns the focus there; else to the timeline.
        self._stay = self.list.hasFocus()
        self.list.scrollTo(self.list.currentIndex())
        self.list.edit(self.list.currentIndex())

    @command("class-color", "Change colour…", enabled=_has_one, acts_on="chosen class")
    def choose_color(self) -> None:
        """Choose the colour of the selected class."""
        if self.current is not None:
            self.questions.color(self.current)

    @command(
        "class-describe",
        "Describe the class…",
        enabled=_has_one,
        acts_on="chosen class",
    )
    def describe(self) -> None:
        """Edit the description of the selected class."""
        if self.current is not None:
            self.questions.describe(self.current)

    @command(
        "class-merge",
        "Merge the class into…",
        enabled=_has_one_of_several,
        acts_on="chosen class",
    )
    def merge(self) -> None:
        """Merge the selected class into another."""
        if self.current is not None:
            self.questions.merge(self.current)

    @command(
        "class-delete",
        "Delete the class…",
        enabled=_has_one_of_several,
        acts_on="chosen class",
    )
    def delete(self) -> None:
        """Delete the selected class."""
        if self.current is not None:
            self.questions.delete(self.current)

    def _on_menu(self, at: QPoint) -> None:
        item, menu = self.current, None
        if item is not None:
            menu = self.questions.menu(item, self.rename, self.list.shift)
        elif self.list.has_several:
            menu = self.questions.menu_of(self.selected)
        if menu is not None:
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(at)

    # -- choosing -------------------------------------------------------------------

    def _on_entered(self) -> None:
        class_id = self.list.current
        if class_id is None:
            return
        self.class_chosen.emit(class_id)
        self.filter.clear()
        self.left.emit()

    def _on_edited(self, _: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        hints = QAbstractItemDelegate.EndEditHint
        if hint in (hints.EditNextItem, hints.EditPreviousItem):
            return
        added, self._added = self._added, None
        reverted = hint == hints.RevertModelCache
        if reverted and added is not None and added is self._document.project:
            self._document.undo_stack.undo()
        self._model.fresh = None
        if not self._stay:
            self.left.emit()

    # -- updates
    # ------------------------------------------------------------------------

    def _on_changed(self, change: Change) -> None:
        if change.classes:
            self.show_classes()
        else:
            self._model.refresh(change)

    def show_classes(self) -> None:
        """Show the classes of the tiers that are looked at."""
        class_id, selected = self.list.current, self.list.selected
        self._model.show_classes()
        self._fill_groups()
        if class_id is not None:
            self._select(class_id)
            if len(selected) > 1:
                self.list.select_all_of(selected)
        self._show_empty()
        if self.editor.tier != self._tier:
            self._tier = self.editor.tier
            self._show_tier()

    def _show_tier(self) -> None:
        """Scroll to the classes of the tier that is labelled, under its heading."""
        heading = self._shown.mapFromSource(self._model.heading_of(self._tier))
        if heading.isValid():
            # Qt puts what is below at the lower edge, whatever it is asked for.
            self.list.scrollToBottom()
            self.list.scrollTo(heading, ClassList.ScrollHint.PositionAtTop)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_tier()

    def _select(self, class_id: int) -> None:
        if class_id in self.editor.classes_beside.ids:
            source = self._model.index(self._model.row_of(class_id))
            self.list.setCurrentIndex(self._shown.mapFromSource(source))

    def _show_all(self) -> None:
        self.filter.clear()
        self.groups.setCurrentIndex(0)

    def _on_text(self, text: str) -> None:
        before, self._before = self._before, text
        # A single first letter that is the key of a class labels with this class.
        keyed = self.editor.classes_beside.keyed(LETTER + text.casefold())
        first = len(text) == 1 and not before and self.filter.hasFocus()
        if first and keyed is not None:
            self.class_chosen.emit(keyed.id)
            self.filter.clear()
            self.left.emit()
            return
        self._shown.set_text(text)
        if text:
            self.list.setCurrentIndex(self._shown.best())
        self._show_empty()

    def _show_empty(self) -> None:
        none, typed = not self._shown.rowCount(), " ".join(self.filter.text().split())
        self.list.setVisible(not none)
        self.empty.setVisible(none)
        self.add_typed.setVisible(none and bool(typed))
        self.add_typed.setText(self.tr("Add “{name}”").format(name=typed))

    def _on_add_typed(self) -> None:
        class_id = self.editor.add(" ".join(self.filter.text().split()))
        if class_id is not None:
            self._show_all()
            self._select(class_id)
            self.left.emit()

    def _fill_groups(self) -> None:
        """List the groups in the combo box."""
        label_map, kept = self.editor.classes_beside, self.groups.currentData()
        rows = [(self.tr("All classes"), ""), *((g, g) for g in groups_of(label_map))]
        now = [self.groups.itemData(n) for n in range(self.groups.count())]
        if now != [data for _, data in rows]:
            self.groups.clear()
            for text, data in rows:
                self.groups.addItem(text, data)
            at = next((n for n, (_, d) in enumerate(rows) if d == kept), 0)
            self.groups.setCurrentIndex(at)
        self.groups.setVisible(len(rows) > 1)

    def _on_group(self, _: int) -> None:
        self._shown.set_group(self.groups.currentData())
        self._show_empty()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the dock when Escape is pressed, also on its buttons."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
        ):
            self.left.emit()
        return super().eventFilter(watched, event)
